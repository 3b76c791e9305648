//! What an order's page tells of its fee, and the page of a day's fees of its orders.

use maud::{Markup, html};

use super::super::router::App;
use super::words::story as said;
use super::{in_address, order_path, parts};
use crate::domain::{Posting, SourceKind};
use crate::store::StoreError;

/// Of an order in which day's expense its fee is; of such an expense the way to its orders.
pub(super) async fn section(app: &App, posting: &Posting) -> Result<Markup, StoreError> {
    let key = &posting.key;
    let found = match key.source_kind {
        SourceKind::Order => {
            app.store
                .fee_of_order(&posting.route, &key.source_id)
                .await?
        }
        SourceKind::GatewayDay => return Ok(orders_of(app, posting)),
        SourceKind::Customer
        | SourceKind::Guest
        | SourceKind::Product
        | SourceKind::Refund
        | SourceKind::Role => None,
    };
    let Some(fee) = found else {
        return Ok(parts::none());
    };
    let document = fee.document.as_ref().filter(|_| fee.counted);
    Ok(html! {
        p class="fee" {
            (said::FEE) (fee.in_words()) ". "
            @if let Some(row) = document {
                a href=(order_path(app, row)) { (row.number) } " " (parts::state(row.state, false))
            }
        }
    })
}

fn orders_of(app: &App, posting: &Posting) -> Markup {
    let gateway = posting.facets.gateway.as_str();
    let day = posting.date.map(|day| day.to_string()).unwrap_or_default();
    let query = [
        ("gateway", gateway),
        ("from", &day),
        ("to", &day),
        ("pipeline", in_address(app, &posting.route.pipeline)),
    ];
    html! {
        p { a href=(parts::link("/orders", &query)) { (said::orders_of(gateway, &day)) } }
    }
}
