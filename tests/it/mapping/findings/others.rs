//! Everything but tax: names, accounts, gateways, statuses, preferences, days, numbers.

use daybook::domain::{
    Finding, GatewayFees, GatewayRules, MissingProduct, Point, PostDiscountAs, ProductType,
    ShippingItem, TaxMode, Weight,
};
use daybook::mapping::to_quickbooks::{Around, Neighbour, findings};
use jiff::Timestamp;
use sandbox::company::{CompanyContents, Currency, Regime};
use sandbox::store::RecordedStore;

use super::{about, books, codes, compare, recorded, rules, served, told};

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
        "# [pipelines.mapping.shipping]\n# income_account = \"Shipping Income\"   # the nearest",
        "# [pipelines.mapping.payments.ppcp-gateway]\n# deposit_to = \"Checking\"   # the nearest",
        "# [pipelines.mapping.products]\n# income_account = \"Sales of Product Income\"   # the",
        "# expense_account = \"Cost of Goods Sold\"   # the nearest",
        "# [pipelines.mapping.discounts]\n# account = \"",
    ] {
        assert!(lines.contains(line), "`{line}` is not in {lines}");
    }
}

#[tokio::test]
async fn stock_of_today_is_to_be_adjusted_once_where_items_are_made_with_it() {
    let books = books(CompanyContents::fresh(Regime::UsAst)).await;
    let store = recorded(RecordedStore::Us).await;
    let mut rules = rules("America/New_York");
    rules.products.kind = ProductType::Inventory;
    let found = compare(&rules, &books, &store);
    let stock = about(&found, Point::StockCounted);
    assert_eq!(stock.weight, Weight::Remark);
    assert!(
        stock.remedy.contains("adjust the quantities"),
        "{}",
        stock.remedy
    );
    rules.products.missing = MissingProduct::Generic;
    let found = compare(&rules, &books, &store);
    assert!(found.iter().all(|it| it.point != Point::StockCounted));
}

#[tokio::test]
async fn a_name_that_is_missing_is_never_taken_for_one_of_another_type() {
    let store = recorded(RecordedStore::Us).await;
    let contents =
        CompanyContents::fresh(Regime::UsAst).with_account("Stripe Clearing", "Bank", "Checking");
    let fresh = books(contents).await;
    let mut spoilt = rules("America/New_York");
    spoilt.discounts.account = "Accounts Payable".to_owned();
    let paypal = GatewayRules {
        deposit_to: Some("PayPal Clearing".to_owned()),
        ..GatewayRules::default()
    };
    let gateways = &mut spoilt.payments.gateways;
    gateways.insert("ppcp-gateway".to_owned(), paypal);
    let found = compare(&spoilt, &fresh, &store);
    let errors: Vec<&Finding> = found
        .iter()
        .filter(|it| it.point == Point::UnresolvedName)
        .collect();
    assert_eq!(errors.len(), 2, "{errors:?}");
    let lines: Vec<_> = errors.iter().flat_map(|it| &it.lines).collect();
    for line in &lines {
        assert!(!line.ready, "{line:?}");
        let accounts = fresh.accounts.iter();
        let mut named = accounts.filter(|it| line.value == format!("\"{}\"", it.name));
        let kind = named.next().unwrap().kind.as_str();
        if line.key == "deposit_to" {
            assert_eq!(kind, "Bank", "{line:?}");
        } else {
            assert!(
                kind.contains("Income") || kind.contains("Expense"),
                "{line:?} {kind}"
            );
        }
    }
    assert_eq!(lines.len(), 2);
}

#[tokio::test]
async fn a_setting_that_does_not_fit_the_company_comes_with_the_line_that_does() {
    let store = recorded(RecordedStore::Uk).await;
    let fresh = books(CompanyContents::fresh(Regime::Uk)).await;
    let mut spoilt = rules("Europe/London");
    spoilt.tax.mode = TaxMode::UsManual;
    spoilt.tracking.class = "Web".to_owned();
    let found = compare(&spoilt, &fresh, &store);
    let errors = found.iter().filter(|it| it.weight == Weight::Error);
    let lines = daybook::domain::finding::toml(errors);
    for line in [
        "[pipelines.mapping.tax]\nmode = \"auto\"\n",
        "# [pipelines.mapping.tracking]\n# class = \"\"   # instead of switching it on in QuickBooks\n",
    ] {
        assert!(lines.contains(line), "`{line}` is not in {lines}");
    }
    let mut taxed = rules("Europe/London");
    taxed.tax.exempt_code = "20.0% S".to_owned();
    let found = compare(&taxed, &fresh, &store);
    let line = about(&found, Point::TaxPercentDiffers).toml();
    assert!(
        line.starts_with("[pipelines.mapping.tax]\nexempt_code = \""),
        "{line}"
    );
    assert!(
        !line.starts_with("[pipelines.mapping.tax]\nexempt_code = \"20"),
        "{line}"
    );
}

#[tokio::test]
async fn a_status_that_the_store_does_not_have_is_an_error_with_the_nearest() {
    let store = recorded(RecordedStore::Us).await;
    let fresh = books(CompanyContents::fresh(Regime::UsAst)).await;
    let mut misspelt = rules("America/New_York");
    misspelt.orders.statuses = ["procesing", "completed"].map(str::to_owned).to_vec();
    let found = compare(&misspelt, &fresh, &store);
    let unknown = about(&found, Point::StatusUnknown);
    assert_eq!(unknown.weight, Weight::Error);
    assert!(
        unknown.what.contains("no status `procesing`"),
        "{unknown:?}"
    );
    assert!(
        unknown
            .toml()
            .contains("# statuses = [\"processing\", \"completed\"]")
    );
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
         # fee_meta = \"_ppcp_paypal_fees\"   # once its clearing account is there\n\
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
async fn each_of_paypals_gateways_notes_its_fee_in_its_own_way() {
    let store = served(RecordedStore::Us).await;
    for gateway in ["ppcp-gateway", "ppec_paypal", "paypal"] {
        store.handle().add_gateway(gateway, "PayPal");
    }
    let setup = told(&store, store.consumer_key()).await;
    let contents =
        CompanyContents::fresh(Regime::UsAst).with_account("PayPal Clearing", "Bank", "Checking");
    let found = compare(&rules("America/New_York"), &books(contents).await, &setup);
    let lines = daybook::domain::finding::toml(&found);
    for (gateway, meta) in [
        ("ppcp-gateway", "_ppcp_paypal_fees"),
        ("ppec_paypal", "_paypal_transaction_fee"),
        ("paypal", "PayPal Transaction Fee"),
    ] {
        let wanted = format!(
            "[pipelines.mapping.payments.{gateway}]\ndeposit_to = \"PayPal Clearing\"\nfee_meta = \"{meta}\"\n"
        );
        assert!(lines.contains(&wanted), "{wanted} is not in {lines}");
    }
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
        neighbours: vec![Neighbour {
            source: "main".to_owned(),
            orders: "{number}".to_owned(),
            refunds: "{number}-R{refund_id}".to_owned(),
        }],
    };
    let now = Timestamp::UNIX_EPOCH;
    let found = findings(&of_new_york, &fresh, Some(&store), &around, now);
    assert_eq!(
        about(&found, Point::SharedNumbers).toml(),
        "[pipelines.mapping.orders]\nnumber = \"OUTLET-{number}\"\n\
         [pipelines.mapping.refunds]\nnumber = \"OUTLET-{number}-R{refund_id}\"\n"
    );
    // names that begin alike get prefixes that do not
    let prefix = |own: &str, others: &[&str]| {
        let around = Around {
            source: own.to_owned(),
            neighbours: others
                .iter()
                .map(|other| Neighbour {
                    source: (*other).to_owned(),
                    orders: "{number}".to_owned(),
                    refunds: "{number}-R{refund_id}".to_owned(),
                })
                .collect(),
        };
        let found = findings(&of_new_york, &fresh, Some(&store), &around, now);
        about(&found, Point::SharedNumbers).lines[0].value.clone()
    };
    assert_eq!(
        [
            prefix("store_uk", &["store_us", "store_us2"]),
            prefix("store_us", &["store_uk", "store_us2"]),
            prefix("store_us2", &["store_uk", "store_us"]),
        ],
        [
            "\"STOREU-{number}\"",
            "\"STORUS-{number}\"",
            "\"STORS2-{number}\""
        ]
    );
    // a refund has the order's bare number unless its own template says otherwise
    of_new_york.orders.number = "OUTLET-{number}".to_owned();
    let found = findings(&of_new_york, &fresh, Some(&store), &around, now);
    let refunds = about(&found, Point::SharedNumbers);
    assert_eq!(
        refunds.what,
        "`main` posts to the same company with the same document numbers (`refunds.number` = \
         \"{number}-R{refund_id}\")"
    );
    assert_eq!(
        refunds.toml(),
        "[pipelines.mapping.refunds]\nnumber = \"OUTLET-{number}-R{refund_id}\"\n"
    );
    of_new_york.refunds.number = "OUTLET-{number}-R{refund_id}".to_owned();
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
