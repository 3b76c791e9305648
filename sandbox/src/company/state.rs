//! The company itself: books, switches and rules under one lock. Time is
//! handed in with each operation.

use jiff::Timestamp;
use jiff::civil::Date;
use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::books::{self, Books, Card, NON, Stored, TAX, Version};
use super::contents::{CompanyContents, Regime};
use super::fault::Fault;
use super::json::{self, Object};
use super::kind::Kind;
use super::money::Currency;
use super::preferences::Preferences;
use super::quirks::CompanyQuirks;
use super::stamp::Stamps;
use super::tax_tables::{AppliesTo, TaxTables};
use super::write::{Operation, Write};

/// What a write came to.
#[derive(Clone, Debug)]
pub(super) enum Answer {
    /// The object as it is now.
    Object(Kind, Version),
    /// It is gone.
    Deleted(Kind, u64),
    /// Success without an entity: the void of a journal entry does nothing.
    Nothing,
}

/// Everything the company knows.
#[derive(Debug)]
pub(super) struct Company {
    pub(super) books: Books,
    pub(super) regime: Regime,
    pub(super) preferences: Preferences,
    pub(super) preferences_changes: u32,
    pub(super) tax: TaxTables,
    pub(super) exchange_rates: Vec<(Currency, Decimal)>,
    pub(super) quirks: CompanyQuirks,
    pub(super) stamps: Stamps,
    pub(super) info: Object,
    pub(super) state: String,
    pub(super) opened: Timestamp,
    /// False once the subscription has ended: every write is refused with 6190.
    pub(super) can_write: bool,
    pub(super) last_number: String,
    pub(super) last_address: u64,
}

impl Company {
    /// Opens the books. Errors are those of an object in the contents.
    pub(super) fn open(
        contents: CompanyContents,
        quirks: CompanyQuirks,
        now: Timestamp,
    ) -> Result<Self, Fault> {
        let info = contents.company_info();
        let mut company = Self {
            books: Books::default(),
            regime: contents.regime,
            preferences: contents.preferences,
            preferences_changes: 0,
            tax: contents.tax,
            exchange_rates: contents.exchange_rates,
            quirks,
            stamps: Stamps::pacific(),
            info,
            state: contents.state,
            opened: now,
            can_write: true,
            last_number: "1000".to_owned(),
            last_address: 1,
        };
        company.enter_tax(now);
        for (kind, body) in contents.objects {
            let write = Write {
                kind,
                operation: Operation::Create,
                body,
                allow_duplicate_number: false,
            };
            company.write(write, now)?;
        }
        company.books.skip_ids(
            Kind::Invoice,
            company.books.count(Kind::Invoice) as u64 + 100,
        );
        Ok(company)
    }

    fn enter_tax(&mut self, now: Timestamp) {
        let mut objects: Vec<(Kind, u64, Value)> = Vec::new();
        for (name, id) in self.tax.agencies.iter().zip(1..) {
            let agency = json!({
                "TaxTrackedOnPurchases": false, "TaxTrackedOnSales": true, "DisplayName": name
            });
            objects.push((Kind::TaxAgency, id, agency));
        }
        for (rate, id) in self.tax.rates.iter().zip(1..) {
            let body = json!({
                "Name": rate.name, "Description": rate.name, "Active": true,
                "RateValue": json::plain(rate.percent),
                "AgencyRef": { "value": rate.agency.to_string() },
                "SpecialTaxType": "NONE", "DisplayType": "ReadOnly"
            });
            objects.push((Kind::TaxRate, id, body));
        }
        for (id, code) in self.tax.numbered_codes() {
            let rates: Vec<Value> = code
                .rates
                .iter()
                .zip(0..)
                .map(|((rate, applies), order)| {
                    let name = self.tax.rate(*rate).map(|rate| rate.name.as_str());
                    let applicable = match applies {
                        AppliesTo::Amount => "TaxOnAmount",
                        AppliesTo::AmountAndTax => "TaxOnAmountPlusTax",
                    };
                    json!({
                        "TaxRateRef": json::make_reference(&rate.to_string(), name),
                        "TaxTypeApplicable": applicable, "TaxOrder": order
                    })
                })
                .collect();
            let body = json!({
                "Name": code.name, "Description": code.name, "Active": true,
                "Taxable": code.taxable, "TaxGroup": true,
                "SalesTaxRateList": { "TaxRateDetail": rates }, "PurchaseTaxRateList": {}
            });
            objects.push((Kind::TaxCode, id as u64, body));
        }
        if self.regime.is_us() {
            for (id, name, taxable) in [(TAX, "TAX", true), (NON, "NON", false)] {
                let body = json!({
                    "Name": name, "Description": name, "Taxable": taxable, "TaxGroup": false
                });
                objects.push((Kind::TaxCode, id, body));
            }
        }
        for (kind, id, body) in objects {
            if let Value::Object(body) = body {
                self.books.insert(kind, id, &body, now);
            }
        }
    }

    /// An object of the right kind, or the fault of a read. An inactive list
    /// object can still be read.
    pub(super) fn read(&self, kind: Kind, id: &str) -> Result<&Stored, Fault> {
        let Some(number) = books::parse_id(kind, id) else {
            return Err(Fault::invalid_id(id));
        };
        if let Some(stored) = self.books.get(kind, number) {
            return Ok(stored);
        }
        Err(match self.books.kind_of(kind.id_space(), number) {
            Some(found) if kind.is_transaction() => Fault::other_type(kind, found),
            _ => Fault::not_found(),
        })
    }

    /// The object a reference points to. FACTS: QuickBooks §5.3: 2500 when it
    /// does not exist, 610 when it is inactive.
    pub(super) fn resolve(&self, kind: Kind, id: &str, element: &str) -> Result<&Stored, Fault> {
        let list = list_label(kind);
        let number = books::parse_id(kind, id);
        let stored = number.and_then(|number| self.books.get(kind, number));
        let Some(stored) = stored else {
            return Err(Fault::invalid_reference(list, id, element));
        };
        if stored.version.active {
            Ok(stored)
        } else {
            Err(Fault::not_found())
        }
    }

    /// Resolves a reference member if it is there, and names it.
    pub(super) fn named_reference(
        &self,
        body: &Object,
        key: &str,
        kind: Kind,
    ) -> Result<Option<Value>, Fault> {
        let Some(id) = json::reference(body, key) else {
            return Ok(None);
        };
        let stored = self.resolve(kind, id, key)?;
        Ok(Some(json::make_reference(id, Some(stored.card.name()))))
    }

    /// The account that holds money not yet brought to the bank.
    pub(super) fn undeposited_funds(&self) -> Option<&Stored> {
        self.books.all(Kind::Account).find(|stored| {
            matches!(&stored.card, Card::Account { subtype, .. } if &**subtype == "UndepositedFunds")
        })
    }

    /// Refuses a date in a closed period.
    pub(super) fn check_open(&self, date: Date) -> Result<(), Fault> {
        match self.preferences.book_close_date {
            Some(closed) if date <= closed => {
                Err(Fault::closed_period(self.quirks.closed_period_code))
            }
            _ => Ok(()),
        }
    }

    /// The whole object as an answer shows it.
    pub(super) fn show(&self, kind: Kind, version: &Version) -> String {
        self.books.show(kind, version, &self.stamps)
    }

    /// `"SalesReceipt":{…}`: the answer to a write, without envelope.
    pub(super) fn show_answer(&self, answer: &Answer) -> String {
        match answer {
            Answer::Object(kind, version) => {
                format!("\"{}\":{}", kind.name(), self.show(*kind, version))
            }
            Answer::Deleted(kind, id) => format!(
                "\"{}\":{{\"domain\":\"QBO\",\"status\":\"Deleted\",\"Id\":\"{id}\"}}",
                kind.name()
            ),
            Answer::Nothing => "\"BatchItemResponse\":[]".to_owned(),
        }
    }

    /// `CompanyInfo` as an answer shows it.
    pub(super) fn show_info(&self) -> String {
        let mut info = self.info.clone();
        if self.quirks.three_letter_countries {
            json::set(&mut info, "Country", self.regime.long_country());
        }
        self.show_single(&info, 0)
    }

    /// `CompanyInfo` or `Preferences` with their id and stamps.
    pub(super) fn show_single(&self, object: &Object, changes: u32) -> String {
        let at = self.stamps.seconds(self.opened);
        let mut shown = object.clone();
        json::set(&mut shown, "domain", "QBO");
        json::set(&mut shown, "sparse", false);
        json::set(&mut shown, "Id", "1");
        json::set(&mut shown, "SyncToken", changes.to_string());
        json::set(
            &mut shown,
            "MetaData",
            json!({ "CreateTime": at, "LastUpdatedTime": at }),
        );
        json::to_text(&shown)
    }
}

fn list_label(kind: Kind) -> &'static str {
    match kind {
        Kind::Customer | Kind::Vendor | Kind::Employee => "Names",
        Kind::Account => "Accounts",
        Kind::Item => "Items",
        Kind::Class => "Classes",
        Kind::Department => "Departments",
        Kind::Term => "Terms",
        Kind::PaymentMethod => "PaymentMethods",
        Kind::TaxCode => "TaxCodes",
        other => other.name(),
    }
}
