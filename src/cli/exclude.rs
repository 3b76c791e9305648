//! `daybook exclude`: leaves held and failed postings out for good. The journal alone is changed, so
//! it works beside a running daemon and without one.

use kit::PostingId;
use serde_json::json;

use super::output::{Exit, Stopped, complain, line};
use super::{ExcludeArguments, Global, retry, setup};
use crate::domain::PostingState;
use crate::wiring;

pub(super) async fn run(global: &Global, arguments: &ExcludeArguments) -> Result<Exit, Stopped> {
    let config = setup::config(global)?;
    let store = wiring::open_store(&config, &setup::world()?).await?;
    let ids: Vec<PostingId> = arguments.ids.iter().map(PostingId::new).collect();
    retry::known(&store, &ids).await?;
    let excluded = store.exclude_held(&ids, "command line").await?;
    let rows = store.posting_rows(&ids).await?;
    store.close().await;
    if global.json {
        let postings: Vec<_> = rows
            .iter()
            .map(|row| json!({ "id": row.id, "kind": row.kind, "number": row.number, "state": row.state }))
            .collect();
        line(&json!({ "excluded": excluded, "postings": postings }).to_string());
    } else {
        for row in &rows {
            let name = format!("{} {}", row.kind.in_words(), row.number);
            match (excluded.contains(&row.id), row.state) {
                (true, PostingState::Posted) => {
                    line(&format!(
                        "{name}: the document in the books is left as it is"
                    ));
                }
                (true, _) => line(&format!("{name}: left out")),
                (false, state) => complain(&format!("{name}: is not held, it is {state}")),
            }
        }
    }
    let all = rows.iter().all(|row| excluded.contains(&row.id));
    Ok(if all { Exit::Done } else { Exit::Failed })
}
