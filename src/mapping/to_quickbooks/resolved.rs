//! The rules with all their names looked up: what mapping works with. Every name that is used is
//! looked up once, and all that do not resolve are reported together.

use std::collections::HashMap;

use jiff::civil::Date;
use kit::Currency;

use super::books::{Books, Named, Problem, Trouble, find};
use super::codes::{Codes, resolve_codes};
use super::gateways::{self, Gateway};
use super::item_accounts::{ItemAccounts, id_in, item_accounts};
use super::text::Texts;
use crate::domain::{MappingRules, PostDiscountAs, ShippingItem, TaxMode, TaxRules};

/// How tax reaches the books, decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mode {
    /// US, automated sales tax.
    UsAutomated,
    /// US, the company computes by one code.
    UsManual,
    /// A code on each line.
    Codes,
    /// A line of its own.
    Line,
    /// No tax.
    None,
}

/// An item that is named in the configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum NamedItem {
    /// QuickBooks' own shipping field.
    ShippingField,
    /// The item with this id.
    Id(String),
    /// The item of this name, made with this income account where it is missing.
    Name { name: String, account: String },
}

/// The rules with their names looked up.
#[derive(Clone, Debug)]
pub(super) struct Resolved {
    /// How text is cleaned.
    pub(super) texts: Texts,
    /// US rules of tax hold.
    pub(super) us: bool,
    /// The currency of the books.
    pub(super) home: Currency,
    /// Documents need a currency.
    pub(super) multi_currency: bool,
    /// How tax is booked.
    pub(super) mode: Mode,
    /// Tax codes and what picks them.
    pub(super) codes: Codes,
    /// Discount lines are shown, and booked to this account.
    pub(super) discount_account: Option<String>,
    /// The item of shipping.
    pub(super) shipping: NamedItem,
    /// The item of fees.
    pub(super) fees: NamedItem,
    /// The item of amounts paid back without a line.
    pub(super) refunds: NamedItem,
    /// The item of lines without a product.
    pub(super) generic_item: NamedItem,
    /// The item of tax in the mode `line`.
    pub(super) tax_item: Option<NamedItem>,
    /// Ids of the accounts of items.
    pub(super) income: String,
    /// For items that are bought, too.
    pub(super) expense: Option<String>,
    /// For items in stock.
    pub(super) asset: Option<String>,
    /// Gateways with rules of their own.
    pub(super) gateways: HashMap<String, Gateway>,
    /// All others.
    pub(super) other_gateways: Gateway,
    /// Id of the class of every document.
    pub(super) class: Option<String>,
    /// The class stands on lines.
    pub(super) class_on_lines: bool,
    /// Id of the location of every document.
    pub(super) location: Option<String>,
    /// Definition id of a custom field, and what fills it.
    pub(super) custom_fields: Vec<(String, String)>,
    /// The last closed day.
    pub(super) closed_until: Option<Date>,
}

impl Resolved {
    /// The gateway of an order.
    pub(super) fn gateway(&self, slug: &str) -> &Gateway {
        self.gateways.get(slug).unwrap_or(&self.other_gateways)
    }

    /// Looks all names up.
    pub(super) fn new(rules: &MappingRules, books: &Books) -> Result<Self, Vec<Problem>> {
        let mut look = Lookup::new(books);
        let mode = look.mode(rules);
        let codes = resolve_codes(&rules.tax, mode, &mut look);
        let ItemAccounts {
            income,
            expense,
            asset,
        } = item_accounts(&rules.products, &mut look);
        let own_income = |look: &mut Lookup<'_>, key: &str, name: &Option<String>| match name {
            Some(name) => look.account(key, name),
            None => income.clone(),
        };
        let fees = look.named_item("fees.item", &rules.fees.item, |look| {
            own_income(look, "fees.income_account", &rules.fees.income_account)
        });
        let refunds = look.named_item("refunds.item", &rules.refunds.item, |look| {
            own_income(
                look,
                "refunds.income_account",
                &rules.refunds.income_account,
            )
        });
        let generic = &rules.products.generic;
        let generic_item = look.named_item("products.generic", generic, |_| income.clone());
        let shipping = look.shipping(rules);
        let tax_item = (mode == Mode::Line).then(|| look.tax_item(&rules.tax));
        let discount_account = look.discount_account(rules);
        let (other_gateways, gateways) = gateways::resolve(&rules.payments, &mut look);
        let home = look.home();
        let (class, class_on_lines, location) = look.tracking(rules);
        let custom_fields = look.custom_fields(rules);
        let Lookup { problems, .. } = look;
        let Some(home) = home.filter(|_| problems.is_empty()) else {
            return Err(problems);
        };
        Ok(Self {
            texts: Texts {
                latin1_only: books.company.is_us(),
            },
            us: books.company.is_us(),
            home,
            multi_currency: books.preferences.multi_currency_enabled,
            mode,
            codes,
            discount_account,
            shipping,
            fees,
            refunds,
            generic_item,
            tax_item,
            income,
            expense,
            asset,
            gateways,
            other_gateways,
            class,
            class_on_lines,
            location,
            custom_fields,
            closed_until: books.preferences.book_close_date,
        })
    }
}

/// Looks names up and collects what is wrong.
pub(super) struct Lookup<'a> {
    /// Where.
    pub(super) books: &'a Books,
    problems: Vec<Problem>,
}

impl<'a> Lookup<'a> {
    /// Nothing was looked up yet.
    pub(super) fn new(books: &'a Books) -> Self {
        Self {
            books,
            problems: Vec::new(),
        }
    }
}

impl Lookup<'_> {
    /// Reports a problem.
    pub(super) fn problem(&mut self, key: &str, trouble: impl Into<Trouble>) {
        let Trouble { reason, nearest } = trouble.into();
        self.problems.push(Problem {
            key: key.to_owned(),
            reason,
            nearest,
        });
    }

    /// The id of an entry; a problem and no id where it is not there.
    pub(super) fn id<T: Named>(&mut self, key: &str, list: &[T], name: &str) -> String {
        match find(list, name) {
            Ok(entry) => entry.id().to_owned(),
            Err(reason) => {
                self.problem(key, reason);
                String::new()
            }
        }
    }

    /// The id of an account.
    pub(super) fn account(&mut self, key: &str, name: &str) -> String {
        self.id(key, &self.books.accounts, name)
    }

    /// How tax reaches the books.
    pub(super) fn mode(&mut self, rules: &MappingRules) -> Mode {
        let us = self.books.company.is_us();
        let preferences = &self.books.preferences;
        let (automated, taxes) = (
            preferences.automated_sales_tax(),
            preferences.using_sales_tax,
        );
        let mut refuse = |reason: &str| self.problem("tax.mode", reason);
        match rules.tax.mode {
            TaxMode::Auto if !taxes => Mode::None,
            TaxMode::Auto if us && automated => Mode::UsAutomated,
            TaxMode::Auto if us => Mode::UsManual,
            TaxMode::Auto => Mode::Codes,
            TaxMode::UsAutomated => {
                if !(us && automated) {
                    refuse("the company has no automated US sales tax: use `auto`");
                }
                Mode::UsAutomated
            }
            TaxMode::UsManual => {
                if !us || automated || !taxes {
                    refuse("the company has no US sales tax with codes of its own: use `auto`");
                }
                Mode::UsManual
            }
            TaxMode::Codes => {
                if us || !taxes {
                    refuse("the lines of this company cannot have tax codes: use `auto`");
                }
                Mode::Codes
            }
            TaxMode::Line => Mode::Line,
            TaxMode::None => Mode::None,
        }
    }

    fn home(&mut self) -> Option<Currency> {
        let code = self.books.preferences.home_currency.as_str();
        let currency = code.parse().ok();
        if currency.is_none() {
            self.problem(
                "",
                format!("the company's home currency `{code}` is not a currency"),
            );
        }
        currency
    }

    fn named_item(
        &mut self,
        key: &str,
        name: &str,
        account: impl FnOnce(&mut Self) -> String,
    ) -> NamedItem {
        if let Some(id) = id_in(name) {
            self.id(key, &self.books.items, name);
            return NamedItem::Id(id);
        }
        NamedItem::Name {
            name: name.to_owned(),
            account: account(self),
        }
    }

    /// The item of tax. One of another account would make income of the tax.
    fn tax_item(&mut self, rules: &TaxRules) -> NamedItem {
        let account = self.account("tax.account", &rules.account);
        if let Ok(item) = find(&self.books.items, &rules.item)
            && id_in(&rules.item).is_some()
            && !item.income_account.is_empty()
            && item.income_account != account
        {
            let reason = format!(
                "the item `{}` is booked to another account than `tax.account`, `{}`",
                item.name, rules.account
            );
            self.problem("tax.item", reason);
        }
        self.named_item("tax.item", &rules.item, |_| account)
    }

    fn shipping(&mut self, rules: &MappingRules) -> NamedItem {
        let account = &rules.shipping.income_account;
        match &rules.shipping.item {
            ShippingItem::Auto if self.books.preferences.allow_shipping => NamedItem::ShippingField,
            ShippingItem::Auto => self.named_item("shipping.item", "Shipping", |look| {
                look.account("shipping.income_account", account)
            }),
            ShippingItem::Named(name) => self.named_item("shipping.item", name, |look| {
                look.account("shipping.income_account", account)
            }),
        }
    }

    fn discount_account(&mut self, rules: &MappingRules) -> Option<String> {
        let allowed = self.books.preferences.allow_discount;
        let wanted = match rules.discounts.post_as {
            PostDiscountAs::Net => false,
            PostDiscountAs::Auto => allowed,
            PostDiscountAs::Line => {
                if !allowed {
                    self.problem(
                        "discounts.post_as",
                        "the company does not allow discounts: switch them on in QuickBooks, or use \
                         `net`",
                    );
                }
                true
            }
        };
        wanted.then(|| self.account("discounts.account", &rules.discounts.account))
    }

    fn tracking(&mut self, rules: &MappingRules) -> (Option<String>, bool, Option<String>) {
        let preferences = &self.books.preferences;
        let (class, location) = (rules.tracking.class.trim(), rules.tracking.location.trim());
        let mut class_id = None;
        if !class.is_empty() {
            if !preferences.class_tracking_per_txn && !preferences.class_tracking_per_txn_line {
                self.problem(
                    "tracking.class",
                    "the company does not track classes: switch them on in QuickBooks, or leave it empty",
                );
            }
            class_id = Some(self.id("tracking.class", &self.books.classes, class));
        }
        let mut location_id = None;
        if !location.is_empty() {
            if !preferences.track_departments {
                self.problem(
                    "tracking.location",
                    "the company does not track locations: switch them on in QuickBooks, or leave it \
                     empty",
                );
            }
            location_id = Some(self.id("tracking.location", &self.books.departments, location));
        }
        (
            class_id,
            preferences.class_tracking_per_txn_line,
            location_id,
        )
    }

    fn custom_fields(&mut self, rules: &MappingRules) -> Vec<(String, String)> {
        let names = &self.books.preferences.sales_custom_names;
        let mut fields = Vec::new();
        for (name, source) in &rules.custom_fields {
            let wanted = name.trim().to_lowercase();
            let place = names
                .iter()
                .position(|it| it.trim().to_lowercase() == wanted);
            if let Some(place) = place.filter(|_| !wanted.is_empty()) {
                fields.push(((place + 1).to_string(), source.clone()));
                continue;
            }
            let there: Vec<String> = names
                .iter()
                .filter(|name| !name.is_empty())
                .map(|name| format!("`{name}`"))
                .collect();
            let hint = if there.is_empty() {
                "none".to_owned()
            } else {
                there.join(", ")
            };
            self.problem(
                &format!("custom_fields.{name}"),
                format!(
                    "sales forms in QuickBooks have no custom field `{name}`; there are: {hint}"
                ),
            );
        }
        fields
    }
}
