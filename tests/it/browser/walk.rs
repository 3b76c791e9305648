//! A walk through everything there is to see: every page, and the states in which pages look otherwise.

use std::sync::atomic::{AtomicUsize, Ordering};

use daybook::http::Access;
use jiff::ToSpan as _;
use jiff::tz::TimeZone;
use kit::Clock as _;
use sandbox::company::{Effect, Fault, When};
use sandbox::store::{Address, Cart, GenerateOptions, Seed, StoreContents};

use super::driver::Browser;
use super::site::Site;
use super::visitors::{OPERATOR, guarded, sign_in};
use crate::http::PAGES;
use crate::support::Setup;

/// The same store each time, but for its days.
const SEED: Seed = Seed(20_261_121);
/// Who buys something today.
const TODAY: [(&str, &str); 4] = [
    ("Ana", "Müller"),
    ("Tom", "Okafor"),
    ("Grace", "Lindqvist"),
    ("Wen", "Zhao"),
];

/// Goes through all of a store with so many orders, and looks at each stop, which has a name.
pub(super) async fn walk(browser: &Browser, orders: usize, mut look: impl AsyncFnMut(&str)) {
    let site = Site::new(store(orders), 0, guarded()).await;
    sell_today(&site);
    browser.open(&site.url("/")).await;
    look("login").await;
    browser.keys("guessed").await;
    browser.press("Sign in").await;
    browser.sees("This is not the token of this daybook.").await;
    look("login-refused").await;
    sign_in(browser, OPERATOR).await;
    browser.sees("No run was made yet.").await;
    look("overview-new").await;
    first_run(browser, &site, orders, &mut look).await;
    for path in PAGES {
        browser.open(&site.url(path)).await;
        let name = path.trim_start_matches('/');
        look(if name.is_empty() { "overview" } else { name }).await;
    }
    stories(browser, &site, &mut look).await;
    browser.open(&site.url("/runs")).await;
    browser.run("document.querySelector('a.row').click()").await;
    browser.sees("Streams").await;
    look("run").await;
    browser.open(&site.url("/orders/nope")).await;
    look("not-found").await;
    browser.open(&site.url("/")).await;
    site.cut_the_line();
    browser.sees("The live line to daybook is cut").await;
    look("line-cut").await;
    a_plan(browser, orders, &mut look).await;
}

/// Stories of orders: one of several lines that is in the books, and one that waits.
async fn stories(browser: &Browser, site: &Site, look: &mut impl AsyncFnMut(&str)) {
    for order in site.world.shop().orders().iter().rev() {
        browser
            .open(&site.url(&format!("/orders/{}", order.number)))
            .await;
        let posted = "document.querySelector('.answer .posted')";
        let lines = "document.querySelectorAll('.compare tbody tr').length > 3";
        if browser.value(&format!("{posted} && {lines}")).await == true {
            break;
        }
    }
    browser.sees("What happened").await;
    look("order").await;
    browser.open(&site.url("/orders?state=held")).await;
    browser.run("document.querySelector('a.row').click()").await;
    browser.sees("What happened").await;
    look("order-held").await;
    browser
        .run("document.querySelectorAll('details').forEach((it) => { it.open = true; })")
        .await;
    look("order-held-opened").await;
}

/// The first run, looked at in its middle.
async fn first_run(
    browser: &Browser,
    site: &Site,
    orders: usize,
    look: &mut impl AsyncFnMut(&str),
) {
    let refused = site.world.shop().orders()[orders / 2].number.clone();
    let fault = Fault::business("Something is wrong with this one");
    let books = site.world.books();
    books.plan(When::DocNumber(refused), Effect::Refuse(fault));
    // half of the sales are on their way, in batch calls or singly, as the limits happen to let them
    let (half, seen) = (orders / 2, AtomicUsize::new(0));
    let pause = books.hold_answer(When::matching(move |request| {
        let sales = if request.is_batch {
            request.body.matches("\"SalesReceipt\"").count()
        } else {
            usize::from(request.is_write && request.path.ends_with("/salesreceipt"))
        };
        let before = seen.fetch_add(sales, Ordering::SeqCst);
        before < half && before + sales >= half
    }));
    browser.press("Sync now").await;
    browser.sees("running").await;
    pause.reached().await;
    // figures move while the run does, under the eyes of who looks
    let enough = if orders < 100 { 1 } else { orders / 4 };
    let posted = "Number(document.querySelector('.figure dd a').textContent)";
    browser.mark().await;
    browser.until(&format!("{posted} >= {enough}")).await;
    browser.is_still_the_same().await;
    look("overview-running").await;
    browser.open(&site.url("/runs")).await;
    look("runs-running").await;
    pause.release();
    site.run_is_over().await;
}

/// A plan that waits for approval.
async fn a_plan(browser: &Browser, orders: usize, look: &mut impl AsyncFnMut(&str)) {
    let mut setup = store(orders / 4);
    "posting = \"review\"".clone_into(&mut setup.mapping);
    let site = Site::new(setup, 0, Access::default()).await;
    site.sync().await;
    browser.open(&site.url("/plan")).await;
    browser.sees("for your approval").await;
    look("plan-waiting").await;
}

/// A store that sold until yesterday.
fn store(orders: usize) -> Setup {
    let today = kit::SystemClock.now().to_zoned(TimeZone::UTC).date();
    let options = GenerateOptions {
        orders,
        customers: u64::try_from(orders / 4).unwrap().max(3),
        first_day: today - 26.days(),
        last_day: today - 1.day(),
        ..GenerateOptions::default()
    };
    Setup::of(StoreContents::generate(SEED, &options))
}

fn sell_today(site: &Site) {
    for (first_name, last_name) in TODAY {
        let buyer = Address {
            first_name: first_name.to_owned(),
            last_name: last_name.to_owned(),
            email: format!("{}@example.com", first_name.to_lowercase()),
            state: "NY".to_owned(),
            country: "US".to_owned(),
            ..Address::default()
        };
        let cart = Cart::new().bill_to(buyer).line("MUG-001", 2);
        site.world.an_hour_ago(|shop| {
            shop.place_paid_order(&cart).unwrap();
        });
    }
}
