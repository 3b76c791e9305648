//! Names that do not resolve, and accounts of a type that QuickBooks does not take.

use quickbooks::Account;

use super::super::books::{Problem, find};
use super::super::resolved::Resolved;
use super::{Seen, error, listed};
use crate::domain::finding::key;
use crate::domain::{
    Finding, Line, MissingProduct, Point, PostDiscountAs, ProductType, TaxMode, Weight,
};

/// What QuickBooks takes as the account of an item's sales.
const INCOME: &[&str] = &["Income", "Other Income", "Other Current Liability"];
/// … of its cost.
const EXPENSE: &[&str] = &["Cost of Goods Sold", "Expense", "Other Expense"];
/// … of its discounts.
const DISCOUNT: &[&str] = &[
    "Income",
    "Other Income",
    "Expense",
    "Other Expense",
    "Cost of Goods Sold",
];

pub(super) fn findings(seen: Seen<'_>) -> Vec<Finding> {
    let mut findings: Vec<Finding> = match Resolved::new(seen.rules, seen.books) {
        Ok(_) => Vec::new(),
        Err(problems) => problems.iter().map(unresolved).collect(),
    };
    findings.extend(wanted_accounts(seen).iter().filter_map(|it| it.check(seen)));
    findings
}

fn unresolved(problem: &Problem) -> Finding {
    let mut finding = error(
        Point::UnresolvedName,
        problem.to_string(),
        "No run begins before it is settled.",
        "Correct it in the configuration, or make in QuickBooks what is missing.",
    );
    if let (Some(nearest), Some((section, key))) = (&problem.nearest, place_of(&problem.key)) {
        finding.lines = vec![Line::text(section, key, nearest)];
    }
    finding
}

/// Section and key as the configuration writes them.
fn place_of(path: &str) -> Option<(String, String)> {
    if let Some(rest) = path.strip_prefix("payments.") {
        let (gateway, name) = rest.rsplit_once('.')?;
        return Some((format!("payments.{}", key(gateway)), name.to_owned()));
    }
    // `tax.rates."1+2"` has its key in quotes
    if let Some((section, quoted)) = path.split_once(".\"") {
        return Some((section.to_owned(), format!("\"{quoted}")));
    }
    let (section, name) = path.rsplit_once('.')?;
    Some((section.to_owned(), name.to_owned()))
}

/// An account that the rules name for a purpose.
struct Wanted<'a> {
    section: &'static str,
    key: &'static str,
    name: &'a str,
    kinds: &'static [&'static str],
    subtype: Option<&'static str>,
    /// Whether QuickBooks refuses others, or they are merely odd.
    weight: Weight,
}

fn wanted_accounts(seen: Seen<'_>) -> Vec<Wanted<'_>> {
    let rules = seen.rules;
    let products = &rules.products;
    let stocked = products.kind == ProductType::Inventory;
    let in_stock = |subtype: &'static str| stocked.then_some(subtype);
    let mut wanted = Vec::new();
    let mut add = |section, key, name, kinds, subtype| {
        wanted.push(Wanted {
            section,
            key,
            name,
            kinds,
            subtype,
            weight: Weight::Error,
        });
    };
    let income = in_stock("SalesOfProductIncome");
    add(
        "products",
        "income_account",
        products.income_account.as_str(),
        INCOME,
        income,
    );
    if products.missing == MissingProduct::Create && products.kind != ProductType::Service {
        let kinds = if stocked {
            &["Cost of Goods Sold"]
        } else {
            EXPENSE
        };
        add(
            "products",
            "expense_account",
            &products.expense_account,
            kinds,
            None,
        );
    }
    if products.missing == MissingProduct::Create && stocked {
        let subtype = Some("Inventory");
        add(
            "products",
            "asset_account",
            &products.asset_account,
            &["Other Current Asset"],
            subtype,
        );
    }
    add(
        "shipping",
        "income_account",
        &rules.shipping.income_account,
        INCOME,
        None,
    );
    if let Some(name) = &rules.fees.income_account {
        add("fees", "income_account", name, INCOME, None);
    }
    if let Some(name) = &rules.refunds.income_account {
        add("refunds", "income_account", name, INCOME, None);
    }
    if rules.discounts.post_as != PostDiscountAs::Net {
        add(
            "discounts",
            "account",
            &rules.discounts.account,
            DISCOUNT,
            None,
        );
    }
    if rules.tax.mode == TaxMode::Line {
        wanted.push(Wanted {
            section: "tax",
            key: "account",
            name: &rules.tax.account,
            kinds: &["Other Current Liability"],
            subtype: None,
            weight: Weight::Remark,
        });
    }
    wanted
}

impl Wanted<'_> {
    fn fits(&self, account: &Account) -> bool {
        let subtype = self.subtype.is_none_or(|it| account.subtype == it);
        self.kinds.contains(&account.kind.as_str()) && subtype
    }

    /// A name that does not resolve is told of elsewhere.
    fn check(&self, seen: Seen<'_>) -> Option<Finding> {
        let account = find(&seen.books.accounts, self.name).ok()?;
        // what an answer does not say is no reason to doubt
        if account.kind.is_empty() || self.fits(account) {
            return None;
        }
        let kinds = match self.subtype {
            Some(subtype) => format!("{} with the detail type `{subtype}`", listed(self.kinds)),
            None => listed(self.kinds),
        };
        let mut finding = error(
            Point::AccountType,
            format!(
                "`mapping.{}.{}`: `{}` is an account of the type `{}`, and this one must be of the type {kinds}",
                self.section, self.key, account.name, account.kind
            ),
            "QuickBooks refuses what is booked there.",
            "Name another account, or make one of the right type in QuickBooks.",
        );
        if self.weight == Weight::Remark {
            finding.weight = Weight::Remark;
            "What is owed to the tax office would not stand among the liabilities."
                .clone_into(&mut finding.why);
        }
        let active = seen.books.accounts.iter().filter(|it| it.active);
        let nearest = active
            .filter(|account| self.fits(account))
            .max_by(|left, right| {
                let close = |account: &Account| strsim::jaro_winkler(self.name, &account.name);
                close(left).total_cmp(&close(right))
            });
        if let Some(nearest) = nearest {
            finding.lines = vec![Line::text(self.section, self.key, &nearest.name)];
        }
        Some(finding)
    }
}

#[cfg(test)]
mod tests {
    use super::place_of;

    #[test]
    fn the_place_of_a_key_is_written_as_toml_does() {
        let place = |path: &str| place_of(path).unwrap();
        let pair = |left: &str, right: &str| (left.to_owned(), right.to_owned());
        assert_eq!(place("tracking.class"), pair("tracking", "class"));
        assert_eq!(place("tax.rates.\"1+2\""), pair("tax.rates", "\"1+2\""));
        assert_eq!(place("tax.classes.\"\""), pair("tax.classes", "\"\""));
        assert_eq!(
            place("payments.ppcp-gateway.deposit_to"),
            pair("payments.ppcp-gateway", "deposit_to")
        );
        assert_eq!(place("payments..method"), pair("payments.\"\"", "method"));
        assert_eq!(place_of(""), None);
    }
}
