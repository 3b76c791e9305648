//! Customers, vendors and employees: one set of names. FACTS: QuickBooks §7.

use serde_json::Value;

use super::super::books::Card;
use super::super::contents::Regime;
use super::super::fault::Fault;
use super::super::index::{Field, narrow};
use super::super::json::{self, Object};
use super::super::kind::Kind;
use super::super::money::Currency;
use super::super::quirks::NameComparison;
use super::super::state::Company;
use super::checks::check_name_letters;
use super::{Composer, Draft};

/// What an inactive object's name ends in. FACTS: QuickBooks §6.
const DELETED: &str = " (deleted)";

const NAME_PARTS: &[&str] = &["Title", "GivenName", "MiddleName", "FamilyName", "Suffix"];

impl Company {
    pub(super) fn compose_party(&mut self, draft: Draft<'_>) -> Result<Object, Fault> {
        let body = &draft.body;
        let forbidden = [':', '\t', '\n'];
        check_name_letters(body, NAME_PARTS, &forbidden)?;
        check_name_letters(body, &["DisplayName", "PrintOnCheckName"], &forbidden)?;
        check_email(body, "PrimaryEmailAddr")?;
        let active = json::boolean(body, "Active").unwrap_or(true);
        let name = mark_deleted(&display_name(&draft)?, active);
        self.check_party_name(draft.kind, &name, draft.id)?;
        let (full_name, level) = self.full_party_name(&draft, &name)?;
        let currency = self.party_currency(&draft)?;
        let term = self.named_reference(body, "SalesTermRef", Kind::Term)?;
        let method = self.named_reference(body, "PaymentMethodRef", Kind::PaymentMethod)?;
        let tax_code = self.default_tax_code(&draft)?;
        let addresses = self.addresses(&draft);

        let mut composer = Composer::new(draft.body);
        composer.keep(NAME_PARTS);
        if draft.kind == Kind::Customer {
            composer.put("FullyQualifiedName", full_name);
        }
        composer.keep(&["CompanyName"]);
        composer.put("DisplayName", name.as_str());
        let on_check = json::text(&composer.source, "PrintOnCheckName").map(str::to_owned);
        composer.put("PrintOnCheckName", on_check.unwrap_or(name));
        composer.put("Active", active);
        composer.keep(&[
            "PrimaryPhone",
            "AlternatePhone",
            "Mobile",
            "Fax",
            "PrimaryEmailAddr",
        ]);
        composer.keep(&["WebAddr"]);
        composer.put_some("DefaultTaxCodeRef", tax_code);
        if draft.kind == Kind::Customer {
            composer.flag("Taxable", true);
        }
        for (key, address) in addresses {
            composer.put(key, address);
        }
        composer.keep(&["Notes"]);
        if draft.kind == Kind::Customer {
            composer.put("Job", level > 0);
            composer.flag("BillWithParent", false);
            if level > 0 {
                composer.put("Level", level);
            }
        }
        if draft.kind == Kind::Vendor {
            composer.put("Balance", 0);
            composer.flag("Vendor1099", false);
        }
        composer.put_some("SalesTermRef", term);
        composer.put_some("PaymentMethodRef", method);
        composer.put(
            "CurrencyRef",
            json::make_reference(currency.code(), Some(currency.name())),
        );
        if draft.kind == Kind::Customer && !composer.source.contains_key("PreferredDeliveryMethod")
        {
            composer.put("PreferredDeliveryMethod", "Print");
        }
        Ok(composer.finish(&["Balance", "OverDueBalance", "TotalRevenue", "Level"]))
    }

    /// FACTS: QuickBooks §5.3: the wording tells whether the clash is in the
    /// same list or in another.
    fn check_party_name(&self, kind: Kind, name: &str, own: Option<u64>) -> Result<(), Fault> {
        let others = [Kind::Customer, Kind::Vendor, Kind::Employee];
        let same_first = std::iter::once(kind).chain(others.into_iter().filter(|k| *k != kind));
        for other in same_first {
            if !self.name_taken(other, Field::Name, "DisplayName", name, own) {
                continue;
            }
            return Err(if other == kind {
                Fault::duplicate_name_same(&kind.name().to_lowercase())
            } else {
                Fault::duplicate_name_elsewhere()
            });
        }
        Ok(())
    }

    /// Whether another object of a list has this name.
    pub(super) fn name_taken(
        &self,
        kind: Kind,
        field: Field,
        key: &str,
        name: &str,
        own: Option<u64>,
    ) -> bool {
        let wanted = comparable(name, self.quirks.names);
        self.books
            .candidates(kind, field, name)
            .into_iter()
            .any(|id| {
                let stored = self.books.get(kind, id);
                Some(id) != own
                    && stored.is_some_and(|stored| {
                        let object = stored.version.object();
                        let held = json::text(&object, key).unwrap_or_default();
                        comparable(held, self.quirks.names) == wanted
                    })
            })
    }

    fn full_party_name(&self, draft: &Draft<'_>, name: &str) -> Result<(String, usize), Fault> {
        let Some(parent) = json::reference(&draft.body, "ParentRef") else {
            return Ok((name.to_owned(), 0));
        };
        let parent = self.resolve(draft.kind, parent, "ParentRef")?;
        let full = format!("{}:{name}", parent.card.name());
        let level = full.matches(':').count();
        if level > 4 {
            return Err(Fault::business("The maximum number of levels is 5"));
        }
        Ok((full, level))
    }

    /// FACTS: QuickBooks §7: fixed at creation; §8: home unless several are on.
    fn party_currency(&self, draft: &Draft<'_>) -> Result<Currency, Fault> {
        let home = self.preferences.home_currency;
        let fixed = draft
            .old
            .and_then(|old| json::reference(old, "CurrencyRef"));
        let wanted = fixed.or_else(|| json::reference(&draft.body, "CurrencyRef"));
        let Some(code) = wanted else { return Ok(home) };
        let currency = Currency::from_code(code)
            .ok_or_else(|| Fault::invalid_reference("Currencies", code, "CurrencyRef"))?;
        self.check_currency(currency)?;
        Ok(currency)
    }

    /// FACTS: QuickBooks §7: not settable under automated sales tax.
    fn default_tax_code(&self, draft: &Draft<'_>) -> Result<Option<Value>, Fault> {
        if draft.kind != Kind::Customer || self.regime == Regime::UsAst {
            return Ok(None);
        }
        if let Some(code) = json::reference(&draft.body, "DefaultTaxCodeRef") {
            self.resolve(Kind::TaxCode, code, "DefaultTaxCodeRef")?;
            return Ok(Some(json::make_reference(code, None)));
        }
        let default = self.preferences.tax_group_code.as_deref();
        Ok(default.map(|code| json::make_reference(code, None)))
    }

    /// Addresses with an Id each; an unchanged one keeps its Id.
    pub(super) fn addresses(&mut self, draft: &Draft<'_>) -> Vec<(&'static str, Value)> {
        let mut addresses = Vec::new();
        for key in ["BillAddr", "ShipAddr", "PrimaryAddr"] {
            let Some(sent) = json::inner(&draft.body, key) else {
                continue;
            };
            let mut address = sent.clone();
            address.remove("Id");
            if address.is_empty() {
                continue;
            }
            let old = draft.old.and_then(|old| json::inner(old, key));
            let kept = old.filter(|old| {
                let mut plain = (*old).clone();
                plain.remove("Id");
                plain == address
            });
            let id = if let Some(id) = kept.and_then(|old| json::text(old, "Id")) {
                id.to_owned()
            } else {
                self.last_address += 1;
                self.last_address.to_string()
            };
            let mut numbered = Object::new();
            json::set(&mut numbered, "Id", id);
            numbered.append(&mut address);
            addresses.push((key, Value::Object(numbered)));
        }
        addresses
    }

    /// Refuses a foreign currency the company does not use.
    pub(super) fn check_currency(&self, currency: Currency) -> Result<(), Fault> {
        if currency == self.preferences.home_currency {
            return Ok(());
        }
        if !self.preferences.multi_currency {
            let text = "Multi Currency should be enabled to perform this operation";
            return Err(Fault::business(text));
        }
        let known = self.books.all(Kind::CompanyCurrency).any(|stored| {
            let code = matches!(&stored.card, Card::Listed { .. })
                .then(|| stored.version.object())
                .and_then(|object| json::text(&object, "Code").map(str::to_owned));
            stored.version.active && code.as_deref() == Some(currency.code())
        });
        if known {
            Ok(())
        } else {
            Err(Fault::invalid_reference(
                "Currencies",
                currency.code(),
                "CurrencyRef",
            ))
        }
    }
}

/// DisplayName as sent, or built from the parts. FACTS: `schema.json`, Customer.
fn display_name(draft: &Draft<'_>) -> Result<String, Fault> {
    let sent = json::text(&draft.body, "DisplayName").map(str::trim);
    if let Some(name) = sent.filter(|name| !name.is_empty()) {
        return Ok(name.to_owned());
    }
    let parts = NAME_PARTS
        .iter()
        .filter_map(|part| json::text(&draft.body, part));
    let name = parts.collect::<Vec<_>>().join(" ");
    if !name.trim().is_empty() {
        return Ok(name.trim().to_owned());
    }
    let kept = draft.old.and_then(|old| json::text(old, "DisplayName"));
    kept.map(str::to_owned).ok_or_else(|| {
        let parts = "DisplayName or Title, GivenName, MiddleName, FamilyName, Suffix";
        Fault::required_at(parts, "DisplayName")
    })
}

/// The name with or without the suffix of inactive objects.
pub(super) fn mark_deleted(name: &str, active: bool) -> String {
    let bare = name.strip_suffix(DELETED).unwrap_or(name);
    if active {
        bare.to_owned()
    } else {
        format!("{bare}{DELETED}")
    }
}

/// A name in the form it is compared in.
pub(super) fn comparable(name: &str, comparison: NameComparison) -> String {
    match comparison {
        NameComparison::Exact => name.to_owned(),
        NameComparison::IgnoresCaseAndOuterSpaces => name.trim().to_lowercase(),
        NameComparison::IgnoresCaseSpacesAndWidth => {
            let letters = name
                .chars()
                .filter(|letter| !letter.is_whitespace())
                .map(narrow);
            letters.collect::<String>().to_lowercase()
        }
    }
}

/// FACTS: QuickBooks §7: an address must contain @ and a dot.
pub(super) fn check_email(body: &Object, key: &str) -> Result<(), Fault> {
    let address = json::inner(body, key).and_then(|email| json::text(email, "Address"));
    match address {
        Some(address) if !address.contains('@') || !address.contains('.') => {
            let detail = "Email Address does not conform to the syntax rules of RFC 822.";
            Err(Fault::validation(
                2210,
                "Invalid Email Address format",
                detail,
                key,
            ))
        }
        _ => Ok(()),
    }
}
