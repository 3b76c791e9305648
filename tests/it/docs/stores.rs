//! `docs/recorded-stores.md` is what becomes of the recorded stores.

use super::root;
use crate::support::recorded::{
    CA, CA_WITH_TODAYS_CODE, LEGACY, OLD, UK, UK_BY_DEFAULT, US, US_WITH_CURRENCIES,
};

const PAGE: &str = "docs/recorded-stores.md";
const HEAD: &str = "\
# The recorded stores and their books

<!-- Made by `UPDATE_DOCS=1 cargo test --test it docs` from what the tests post: nothing here is written by hand. -->

Orders of five real WooCommerce stores were recorded, each in its country's taxes and with every oddity that could be made: those of `us`, `uk` and `ca`
whole, of `legacy` and `old`, two other set-ups of the shop of `us`, a part. The tests serve what was recorded over
HTTP as it was, post it with the whole program into a simulated QuickBooks company of the country, and compare: **each
document has the store's total and tax to the cent, or there is none.** What is held names its cause (all are in [causes](causes.md)); what is left
out is no sale. A basket that was never bought is not read at all. `just stores` prints these tables anew.

Where the tax agrees, two computations agree in the British and Canadian companies: the store's, and QuickBooks' by the tax code. The British orders 21 and
26 and the refund 25 are the exception, whose tax is given by tax lines, and so are all documents of the US companies, where tax is automated: QuickBooks
takes the tax that it is told, and the tables show that it was told the store's.

The totals and taxes on the left are the store's, those on the right QuickBooks'. Refunds are negative in the store and positive in the books. Where a
store appears twice, the second table shows what another mapping or another company makes of it.
";

#[tokio::test]
async fn the_page_of_recorded_stores_is_current() {
    let mut wanted = HEAD.to_owned();
    for recording in [
        &US,
        &US_WITH_CURRENCIES,
        &UK,
        &UK_BY_DEFAULT,
        &CA,
        &CA_WITH_TODAYS_CODE,
        &LEGACY,
        &OLD,
    ] {
        let rows = recording.post().await;
        wanted.push('\n');
        wanted.push_str(&recording.page(&rows));
    }
    let path = root().join(PAGE);
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&path, wanted).expect("the page can be written");
        return;
    }
    let found = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        found == wanted,
        "{PAGE} is not current: UPDATE_DOCS=1 cargo test --test it docs"
    );
}
