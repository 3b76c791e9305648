//! Several stores can have orders of one number: each is told by itself.

use super::super::router::App;
use crate::domain::PipelineName;
use crate::store::PostingRow;

/// What one store has of a number for one company, of the first where none is asked for; and one posting
/// of each other that has an order of it, too. A customer or product of that name stands behind orders.
pub(super) fn of_one_store(
    app: &App,
    rows: Vec<PostingRow>,
    asked: Option<&PipelineName>,
) -> (Vec<PostingRow>, Vec<PostingRow>) {
    let books = |name: &PipelineName| {
        let pipeline = app.config.pipeline(name.as_str())?;
        Some((&pipeline.source, &pipeline.target))
    };
    let is_told = |row: &&PostingRow| row.source_kind.is_told();
    let first = rows.iter().find(is_told).or(rows.first());
    let Some(of) = asked.or(first.map(|row| &row.pipeline)).cloned() else {
        return (rows, Vec::new());
    };
    let here = |row: &PostingRow| row.pipeline == of || books(&row.pipeline) == books(&of);
    let (mut rows, mut elsewhere): (Vec<_>, Vec<_>) = rows.into_iter().partition(here);
    if rows.iter().any(|row| row.source_kind.is_told()) {
        rows.retain(|row| row.source_kind.is_told());
    }
    elsewhere.retain(|row| row.source_kind.is_told());
    elsewhere.sort_by(|left, right| left.pipeline.cmp(&right.pipeline));
    elsewhere.dedup_by(|left, right| left.pipeline == right.pipeline);
    (rows, elsewhere)
}
