//! Taxes without a code, with one of another percentage, and what is sold without tax.

use daybook::domain::{Finding, Point, TaxMode, Weight};
use rust_decimal::dec;
use sandbox::company::{AppliesTo, CompanyContents, Regime};
use sandbox::store::RecordedStore;

use super::{about, books, codes, compare, recorded, rules};

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
        "# [pipelines.mapping.tax]\n# account = \"Sales Tax Payable\"   # the nearest that fits, if it is meant\n"
    );

    // a store that charges none asks for none
    let mut untaxed = store;
    untaxed.settings.as_mut().unwrap().calculates_tax = false;
    let found = compare(&rules("America/New_York"), &without_tax, &untaxed);
    assert_eq!(codes(&found, Weight::Error), [] as [&str; 0]);
}
