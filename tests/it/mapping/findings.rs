//! Rules held against a recorded store and the books of its country: what would hold orders, what is
//! worth knowing, and the lines that settle it.

use std::sync::Arc;

use daybook::domain::{
    Finding, GatewayFees, GatewayRules, MappingRules, Point, PostDiscountAs, ProductType,
    ShippingItem, TaxMode, Weight,
};
use daybook::mapping::to_quickbooks::{Around, Books, findings};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use kit::{Chance, SystemClock};
use rust_decimal::dec;
use sandbox::company::{
    AppliesTo, CompanyContents, CompanyOptions, CompanyServer, Currency, Limits, Regime,
};
use sandbox::store::{RecordedStore, StoreContents, StoreOptions, StoreServer};
use woocommerce::{Settings, StoreSetup, WooCommerce};

use super::lists::lists;

/// What a store tells of itself to this key, read through the real connector.
async fn told(store: &StoreServer, key: &str) -> StoreSetup {
    let url = store.url().parse().unwrap();
    let secret = store.consumer_secret().into();
    let settings = Settings::new(url, key.to_owned(), secret);
    let chance = Arc::new(Chance::seeded(1));
    let source = WooCommerce::new(settings, Arc::new(SystemClock), chance).unwrap();
    source.store_setup().await.unwrap()
}

async fn served(store: RecordedStore) -> StoreServer {
    let options = StoreOptions::new(StoreContents::recorded(store));
    StoreServer::start(options).await.unwrap()
}

async fn recorded(store: RecordedStore) -> StoreSetup {
    let store = served(store).await;
    told(&store, store.consumer_key()).await
}

async fn books(contents: CompanyContents) -> Books {
    let regime = contents.regime;
    let options = CompanyOptions {
        limits: Limits::off(),
        contents,
        ..CompanyOptions::fresh(regime)
    };
    let company = CompanyServer::start(options).await.unwrap();
    Books::new(&lists(&company).await).unwrap()
}

/// Rules that count days as the store does.
fn rules(timezone: &str) -> MappingRules {
    MappingRules {
        timezone: TimeZone::get(timezone).unwrap(),
        ..MappingRules::default()
    }
}

fn compare(rules: &MappingRules, books: &Books, store: &StoreSetup) -> Vec<Finding> {
    let around = Around {
        source: "store".to_owned(),
        ..Around::default()
    };
    let now: Timestamp = "2026-11-22T12:00:00Z".parse().unwrap();
    findings(rules, books, Some(store), &around, now)
}

/// What they are about, errors first; each with the lines to paste.
fn codes(findings: &[Finding], weight: Weight) -> Vec<&'static str> {
    let of_weight = findings.iter().filter(|it| it.weight == weight);
    of_weight.map(|it| it.point.code()).collect()
}

fn about(findings: &[Finding], point: Point) -> &Finding {
    let mut found = findings.iter().filter(|it| it.point == point);
    let first = found
        .next()
        .unwrap_or_else(|| panic!("nothing about {point:?}: {findings:#?}"));
    assert_eq!(found.next(), None, "said once");
    first
}

#[tokio::test]
async fn a_fresh_us_company_needs_no_mapping_and_says_what_is_worth_knowing() {
    let books = books(CompanyContents::fresh(Regime::UsAst)).await;
    let store = recorded(RecordedStore::Us).await;
    let found = compare(&rules("America/New_York"), &books, &store);
    assert_eq!(codes(&found, Weight::Error), [] as [&str; 0]);
    assert_eq!(
        codes(&found, Weight::Remark),
        ["gateway_account", "custom_numbers"]
    );
    // cash and cheques rightly wait among undeposited funds
    let gateways = about(&found, Point::GatewayAccount);
    assert!(gateways.what.contains("`bacs`") && !gateways.what.contains("cod"));
    assert_eq!(
        gateways.toml(),
        "# [pipelines.mapping.payments.bacs]\n\
         # deposit_to = \"Checking\"   # the account that transfers arrive in\n"
    );
}

#[tokio::test]
async fn a_british_store_lacks_the_code_of_german_tax_and_that_of_exports() {
    let store = recorded(RecordedStore::Uk).await;
    let fresh = books(CompanyContents::fresh(Regime::Uk)).await;
    let found = compare(&rules("Europe/London"), &fresh, &store);
    assert_eq!(
        codes(&found, Weight::Error),
        ["unmapped_tax_rate", "untaxed_goods"]
    );
    let german = about(&found, Point::UnmappedTaxRate);
    assert_eq!(
        german.what,
        "no tax code is named for MwSt. (rate 4, 19 %) in DE"
    );
    assert_eq!(
        german.remedy,
        "No code of the books is 19 %; the nearest is `20.0% S` with 20 %, by which the tax would not come \
         out. Make one in QuickBooks (Taxes), then name it under `tax.rates`."
    );
    assert!(
        german
            .toml()
            .starts_with("# [pipelines.mapping.tax.rates]\n# \"4\" = ")
    );
    assert_eq!(
        about(&found, Point::UntaxedGoods).toml(),
        "[pipelines.mapping.tax]\n\
         exempt_code = \"0.0% Z\"   # or `Exempt`, `No VAT` and `0.0% ECG`\n"
    );

    // once there is a code of 19 %, it is the one
    let mut contents = CompanyContents::fresh(Regime::Uk);
    let agency = contents.tax.add_agency("One Stop Shop");
    let rate = contents.tax.add_rate("DE 19", dec!(19), agency);
    contents
        .tax
        .add_code("19.0% DE OSS", true, &[(rate, AppliesTo::Amount)]);
    let with_code = books(contents).await;
    let found = compare(&rules("Europe/London"), &with_code, &store);
    assert_eq!(
        about(&found, Point::UnmappedTaxRate).toml(),
        "[pipelines.mapping.tax.rates]\n\"4\" = \"19.0% DE OSS\"   # 19 %\n"
    );
}

#[tokio::test]
async fn compound_tax_of_quebec_is_told_from_the_code_of_today() {
    let store = recorded(RecordedStore::Ca).await;
    let fresh = books(CompanyContents::fresh(Regime::Ca)).await;
    let found = compare(&rules("America/Toronto"), &fresh, &store);
    assert_eq!(
        codes(&found, Weight::Error),
        [
            "unmapped_tax_rate",
            "unmapped_tax_rate",
            "unmapped_tax_rate",
            "unmapped_tax_rate",
            "tax_class_without_rates",
            "untaxed_goods",
        ]
    );
    let lines: String = found
        .iter()
        .filter(|it| it.point == Point::UnmappedTaxRate)
        .map(Finding::toml)
        .collect();
    for line in [
        "\"1\" = \"GST\"   # 5 %\n",
        "# \"1+2\" = \"NAME OF THE TAX CODE",
        "\"1+3\" = \"HST ON\"   # 13 %\n",
        // a rate of nothing beside it changes nothing
        "\"1+4\" = \"GST\"   # 5 %\n",
    ] {
        assert!(lines.contains(line), "`{line}` is not in {lines}");
    }
    let quebec = found.iter().find(|it| it.what.contains("QST")).unwrap();
    assert!(
        quebec.remedy.contains(
            "combines 5 % and 9.975 %, the last taken of the amount and the taxes before it"
        ),
        "{}",
        quebec.remedy
    );
    let classes = about(&found, Point::TaxClassWithoutRates);
    assert!(classes.what.ends_with("`reduced-rate` and `zero-rate`"));

    // today's code is another tax than the customers pay
    let mut with_rates = rules("America/Toronto");
    for (key, code) in [
        ("1", "GST"),
        ("1+2", "GST/QST QC - 9.975"),
        ("1+3", "HST ON"),
    ] {
        with_rates.tax.rates.insert(key.to_owned(), code.to_owned());
    }
    with_rates.tax.exempt_code = "Zero-rated".to_owned();
    let found = compare(&with_rates, &fresh, &store);
    assert_eq!(codes(&found, Weight::Error), ["tax_percent_differs"]);
    assert!(about(&found, Point::TaxPercentDiffers).what.starts_with(
        "`GST/QST QC - 9.975` is 14.975 %, and the store charges 15.47375 %: GST/TPS"
    ));
}

#[tokio::test]
async fn of_two_codes_of_one_percentage_that_of_the_same_parts_is_taken() {
    let mut store = recorded(RecordedStore::Ca).await;
    for rate in store.tax_rates.as_mut().unwrap() {
        rate.compound = false;
    }
    let fresh = books(CompanyContents::fresh(Regime::Ca)).await;
    let found = compare(&rules("America/Toronto"), &fresh, &store);
    let quebec = found.iter().find(|it| it.what.contains("QST")).unwrap();
    // 9.5 % of price and GST is 14.975 % in all, too
    assert_eq!(
        quebec.toml(),
        "[pipelines.mapping.tax.rates]\n\
         \"1+2\" = \"GST/QST QC - 9.975\"   # 14.975 %; `GST/QST QC - 9.5` would fit, too\n"
    );
}

#[tokio::test]
async fn a_us_company_with_codes_of_its_own_needs_one_for_each_tax() {
    let store = recorded(RecordedStore::Us).await;
    let fresh = books(CompanyContents::fresh(Regime::UsManual)).await;
    let found = compare(&rules("America/New_York"), &fresh, &store);
    let what: Vec<&str> = found
        .iter()
        .filter(|it| it.point == Point::UnmappedTaxRate)
        .map(|it| it.what.as_str())
        .collect();
    assert_eq!(
        what,
        [
            "no tax code is named for CA State Tax (rate 1, 7.25 %) in US CA",
            "no tax code is named for CA State Tax (rate 1, 7.25 %) and Los Angeles County & City (rate 2, \
             2.25 %) in US CA LOS ANGELES",
            "no tax code is named for NY Sales Tax (rate 3, 8.875 %) in US NY",
            "no tax code is named for TX Sales Tax (rate 4, 8.25 %) in US TX",
            "no tax code is named for NY Reduced (rate 6, 4 %) in US NY",
        ],
        "what is not taxed needs none"
    );
    assert!(found.iter().all(|it| it.point != Point::UntaxedGoods));
}

#[tokio::test]
async fn tax_that_the_books_do_not_know_is_an_error_unless_it_is_a_line() {
    let store = recorded(RecordedStore::Us).await;
    let without_tax = books(CompanyContents::fresh(Regime::UsNoTax)).await;
    let mut of_new_york = rules("America/New_York");
    let found = compare(&of_new_york, &without_tax, &store);
    assert_eq!(codes(&found, Weight::Error), ["tax_off"]);
    assert!(
        about(&found, Point::TaxOff)
            .what
            .contains("sales tax is off in QuickBooks")
    );

    of_new_york.tax.mode = TaxMode::Line;
    let found = compare(&of_new_york, &without_tax, &store);
    assert_eq!(codes(&found, Weight::Error), [] as [&str; 0]);
    assert!(
        about(&found, Point::TaxAsLine)
            .why
            .contains("returns show no tax")
    );
    of_new_york.tax.account = "Sales".to_owned();
    let found = compare(&of_new_york, &without_tax, &store);
    let account = about(&found, Point::AccountType);
    assert_eq!(account.weight, Weight::Remark);
    assert_eq!(
        account.toml(),
        "[pipelines.mapping.tax]\naccount = \"Sales Tax Payable\"\n"
    );

    // a store that charges none asks for none
    let mut untaxed = store;
    untaxed.settings.as_mut().unwrap().calculates_tax = false;
    let found = compare(&rules("America/New_York"), &without_tax, &untaxed);
    assert_eq!(codes(&found, Weight::Error), [] as [&str; 0]);
}

#[tokio::test]
async fn names_and_accounts_that_do_not_fit_come_with_the_nearest_that_do() {
    let store = recorded(RecordedStore::Us).await;
    let fresh = books(CompanyContents::fresh(Regime::UsAst)).await;
    let mut spoilt = rules("America/New_York");
    spoilt.shipping.income_account = "Shiping Income".to_owned();
    spoilt.products.income_account = "Merchant Fees".to_owned();
    spoilt.products.kind = ProductType::Inventory;
    spoilt.products.expense_account = "Bank Charges".to_owned();
    spoilt.discounts.account = "Checking".to_owned();
    let paypal = GatewayRules {
        method: Some("Pay Pal".to_owned()),
        deposit_to: Some("Checkin".to_owned()),
        ..GatewayRules::default()
    };
    let gateways = &mut spoilt.payments.gateways;
    gateways.insert("ppcp-gateway".to_owned(), paypal);
    let found = compare(&spoilt, &fresh, &store);
    assert_eq!(
        codes(&found, Weight::Error),
        [
            "unresolved_name",
            "unresolved_name",
            "unresolved_name",
            "account_type",
            "account_type",
            "account_type",
        ]
    );
    let errors: Vec<&Finding> = found
        .iter()
        .filter(|it| it.weight == Weight::Error)
        .collect();
    let lines = daybook::domain::finding::toml(errors.iter().copied());
    for line in [
        "[pipelines.mapping.shipping]\nincome_account = \"Shipping Income\"\n",
        "[pipelines.mapping.payments.ppcp-gateway]\ndeposit_to = \"Checking\"\n",
        "[pipelines.mapping.products]\nincome_account = \"Sales of Product Income\"\n\
         expense_account = \"Cost of Goods Sold\"\n",
        "[pipelines.mapping.discounts]\naccount = \"",
    ] {
        assert!(lines.contains(line), "`{line}` is not in {lines}");
    }
}

#[tokio::test]
async fn a_gateway_whose_clearing_account_is_there_gets_it_with_its_fee() {
    let store = served(RecordedStore::Us).await;
    store.handle().add_gateway("stripe", "Credit card (Stripe)");
    store.handle().add_gateway("ppcp-gateway", "PayPal");
    let setup = told(&store, store.consumer_key()).await;
    let contents =
        CompanyContents::fresh(Regime::UsAst).with_account("Stripe Clearing", "Bank", "Checking");
    let with_account = books(contents).await;
    let mut of_new_york = rules("America/New_York");
    let found = compare(&of_new_york, &with_account, &setup);
    assert_eq!(codes(&found, Weight::Error), [] as [&str; 0]);
    let lines = daybook::domain::finding::toml(&found);
    assert_eq!(
        lines,
        "# [pipelines.mapping.payments.bacs]\n\
         # deposit_to = \"Checking\"   # the account that transfers arrive in\n\
         [pipelines.mapping.payments.stripe]\n\
         deposit_to = \"Stripe Clearing\"\n\
         fee_meta = \"_stripe_fee\"\n\
         fee_account = \"Merchant Fees\"\n\
         # [pipelines.mapping.payments.ppcp-gateway]\n\
         # deposit_to = \"PayPal Clearing\"   # once there is this account, of the type Bank\n\
         # fee_meta = \"_paypal_transaction_fee\"   # once its clearing account is there\n\
         # fee_account = \"Merchant Fees\"   # once its clearing account is there\n"
    );

    let stripe = GatewayRules {
        deposit_to: Some("Stripe Clearing".to_owned()),
        fee_meta: Some("_stripe_fee".to_owned()),
        fee_account: Some("Merchant Fees".to_owned()),
        fees: Some(GatewayFees::PerOrder),
        ..GatewayRules::default()
    };
    let gateways = &mut of_new_york.payments.gateways;
    gateways.insert("stripe".to_owned(), stripe);
    let found = compare(&of_new_york, &with_account, &setup);
    let still: Vec<&Finding> = found
        .iter()
        .filter(|it| it.what.contains("stripe"))
        .collect();
    assert_eq!(still, [] as [&Finding; 0]);
}

#[tokio::test]
async fn a_status_of_a_plugin_is_named_beside_those_that_are_booked() {
    let store = recorded(RecordedStore::Legacy).await;
    let fresh = books(CompanyContents::fresh(Regime::UsAst)).await;
    let mut of_new_york = rules("America/New_York");
    let found = compare(&of_new_york, &fresh, &store);
    assert_eq!(
        about(&found, Point::StatusNotNamed).toml(),
        "[pipelines.mapping.orders]\n\
         statuses = [\"processing\", \"completed\", \"refunded\", \"partial-ship\"]\n"
    );
    of_new_york.orders.statuses.push("partial-ship".to_owned());
    let found = compare(&of_new_york, &fresh, &store);
    assert!(found.iter().all(|it| it.point != Point::StatusNotNamed));
}

#[tokio::test]
async fn what_the_company_has_switched_off_is_named_where_the_mapping_meets_it() {
    let store = recorded(RecordedStore::Uk).await;
    let us = |change: fn(&mut sandbox::company::Preferences)| {
        books(CompanyContents::fresh(Regime::UsAst).with_preferences(change))
    };
    let london = rules("Europe/London");
    let off = us(|it| it.allow_discount = false).await;
    let found = compare(&london, &off, &store);
    assert_eq!(about(&found, Point::Discounts).weight, Weight::Remark);
    let currency = about(&found, Point::CurrencyOff);
    assert!(currency.what.contains("GBP") && currency.weight == Weight::Error);
    let mut lines_wanted = london.clone();
    lines_wanted.discounts.post_as = PostDiscountAs::Line;
    let found = compare(&lines_wanted, &off, &store);
    assert!(
        about(&found, Point::UnresolvedName)
            .what
            .contains("does not allow discounts")
    );

    let on = us(|it| {
        it.custom_txn_numbers = true;
        it.allow_shipping = true;
    });
    let on = on.await;
    let mut named = london.clone();
    named.shipping.item = ShippingItem::Named("Postage".to_owned());
    let found = compare(&named, &on, &store);
    assert!(found.iter().all(|it| it.point != Point::CustomNumbers));
    assert!(
        about(&found, Point::ShippingField)
            .what
            .contains("`Postage`")
    );
    let found = compare(&london, &on, &store);
    assert!(found.iter().all(|it| it.point != Point::ShippingField));

    let contents = CompanyContents::fresh(Regime::UsAst).with_multi_currency(&[Currency::GBP]);
    let found = compare(&london, &books(contents).await, &store);
    assert_eq!(about(&found, Point::ForeignCurrency).weight, Weight::Remark);
    assert!(found.iter().all(|it| it.point != Point::CurrencyOff));
}

#[tokio::test]
async fn days_that_are_counted_otherwise_and_days_that_are_closed_are_named() {
    let store = recorded(RecordedStore::Ca).await;
    let contents =
        CompanyContents::fresh(Regime::Ca).with_books_closed("2026-06-30".parse().unwrap());
    let closed = books(contents).await;
    let mut tokyo = rules("Asia/Tokyo");
    tokyo.start_date = Some("2026-06-01".parse().unwrap());
    let found = compare(&tokyo, &closed, &store);
    assert!(
        about(&found, Point::TimeZone)
            .what
            .contains("America/Toronto")
    );
    assert!(
        about(&found, Point::BooksClosed)
            .what
            .contains("until 2026-06-30")
    );
    // another name of the same time is none
    let mut new_york = rules("America/New_York");
    new_york.start_date = Some("2026-07-01".parse().unwrap());
    let found = compare(&new_york, &closed, &store);
    assert!(
        found
            .iter()
            .all(|it| it.point != Point::TimeZone && it.point != Point::BooksClosed)
    );
}

#[tokio::test]
async fn stores_that_share_a_company_need_numbers_of_their_own() {
    let store = recorded(RecordedStore::Us).await;
    let fresh = books(CompanyContents::fresh(Regime::UsAst)).await;
    let mut of_new_york = rules("America/New_York");
    let around = Around {
        source: "outlet-shop".to_owned(),
        neighbours: vec![("main".to_owned(), "{number}".to_owned())],
    };
    let now = Timestamp::UNIX_EPOCH;
    let found = findings(&of_new_york, &fresh, Some(&store), &around, now);
    assert_eq!(
        about(&found, Point::SharedNumbers).toml(),
        "[pipelines.mapping.orders]\nnumber = \"OUTLET-{number}\"\n\
         [pipelines.mapping.refunds]\nnumber = \"OUTLET-{number}-R{refund_id}\"\n"
    );
    of_new_york.orders.number = "OUTLET-{number}".to_owned();
    let found = findings(&of_new_york, &fresh, Some(&store), &around, now);
    assert!(found.iter().all(|it| it.point != Point::SharedNumbers));
}

#[tokio::test]
async fn what_a_key_does_not_show_is_a_remark_and_no_failure() {
    let store = served(RecordedStore::Uk).await;
    let setup = told(&store, store.clerk_key()).await;
    let fresh = books(CompanyContents::fresh(Regime::Uk)).await;
    let found = compare(&rules("Europe/London"), &fresh, &setup);
    assert_eq!(codes(&found, Weight::Error), ["untaxed_goods"]);
    assert_eq!(
        about(&found, Point::NotSeen).what,
        "the store's key does not show its settings, tax rates, tax classes, gateways"
    );
    let found = findings(
        &rules("Europe/London"),
        &fresh,
        None,
        &Around::default(),
        Timestamp::UNIX_EPOCH,
    );
    assert!(
        about(&found, Point::NotSeen)
            .what
            .contains("was not asked yet")
    );
}
