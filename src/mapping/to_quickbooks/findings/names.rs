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

/// What QuickBooks takes as the account that money goes to.
const DEPOSIT: &[&str] = &["Bank", "Other Current Asset"];
/// What is said of a name that was only found by its likeness.
const NEAREST: &str = "the nearest that fits, if it is meant";

pub(super) fn findings(seen: Seen<'_>) -> Vec<Finding> {
    let accounts: Vec<(String, Finding)> = wanted_accounts(seen)
        .iter()
        .filter_map(|wanted| Some((wanted.path(), wanted.check(seen)?)))
        .collect();
    let problems = Resolved::new(seen.rules, seen.books).err();
    // an account of a wrong type is said once, with one that fits
    let said = |problem: &&Problem| accounts.iter().any(|(path, _)| *path == problem.key);
    let mut findings: Vec<Finding> = problems
        .iter()
        .flatten()
        .filter(|problem| !said(problem))
        .map(|problem| unresolved(problem, seen))
        .collect();
    findings.extend(accounts.into_iter().map(|(_, finding)| finding));
    findings
}

fn unresolved(problem: &Problem, seen: Seen<'_>) -> Finding {
    let mut finding = error(
        Point::UnresolvedName,
        problem.to_string(),
        "No run begins before it is settled.",
        "Correct it in the configuration, or make in QuickBooks what is missing.",
    );
    finding.lines = suggested(problem, seen).into_iter().collect();
    finding
}

/// A line that settles the problem. What is only the nearest waits for somebody to say that it is meant.
fn suggested(problem: &Problem, seen: Seen<'_>) -> Option<Line> {
    let (section, key) = place_of(&problem.key)?;
    let line = |value: &str| Line::text(section, key, value);
    if let Some(nearest) = &problem.nearest {
        let Some(fits) = account_for(&problem.key, seen) else {
            return Some(line(nearest).later().noted(NEAREST));
        };
        let name = named(&problem.key, seen)?;
        let account = nearest_account(&name, seen, &*fits)?;
        return Some(line(&account.name).later().noted(NEAREST));
    }
    match problem.key.as_str() {
        "tax.mode" => Some(line("auto")),
        "tracking.class" | "tracking.location" => Some(
            line("")
                .later()
                .noted("instead of switching it on in QuickBooks"),
        ),
        "discounts.post_as" => Some(
            line("net")
                .later()
                .noted("instead of switching discounts on in QuickBooks"),
        ),
        _ => None,
    }
}

/// Whether an account can stand at a place.
type Fits<'s> = Box<dyn Fn(&Account) -> bool + 's>;

/// Which accounts can stand at this place; `None` where none stands there.
fn account_for<'s>(path: &str, seen: Seen<'s>) -> Option<Fits<'s>> {
    let of_kinds = |kinds: &'static [&'static str]| {
        Box::new(move |account: &Account| kinds.contains(&account.kind.as_str())) as Fits<'s>
    };
    if path.starts_with("payments.") {
        return match path.rsplit_once('.')?.1 {
            "deposit_to" => Some(of_kinds(DEPOSIT)),
            "fee_account" => Some(of_kinds(EXPENSE)),
            _ => None,
        };
    }
    let wanted = wanted_accounts(seen);
    let wanted = wanted.into_iter().find(|wanted| wanted.path() == path)?;
    Some(Box::new(move |account| wanted.fits(account)))
}

/// What the rules name at a place of an account.
fn named(path: &str, seen: Seen<'_>) -> Option<String> {
    let Some(rest) = path.strip_prefix("payments.") else {
        let wanted = wanted_accounts(seen);
        let wanted = wanted.into_iter().find(|wanted| wanted.path() == path)?;
        return Some(wanted.name.to_owned());
    };
    let (gateway, key) = rest.rsplit_once('.')?;
    let payments = &seen.rules.payments;
    let rules = match gateway {
        "default" => &payments.default,
        gateway => payments.gateways.get(gateway)?,
    };
    match key {
        "deposit_to" => rules.deposit_to.clone(),
        _ => rules.fee_account.clone(),
    }
}

/// The account whose name is nearest among those that fit.
fn nearest_account<'s>(
    name: &str,
    seen: Seen<'s>,
    fits: &dyn Fn(&Account) -> bool,
) -> Option<&'s Account> {
    let folded = name.to_lowercase();
    let close = |account: &Account| strsim::jaro_winkler(&folded, &account.name.to_lowercase());
    let active = seen.books.accounts.iter().filter(|it| it.active);
    active
        .filter(|account| fits(account))
        .max_by(|left, right| close(left).total_cmp(&close(right)))
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
    /// Its key below `mapping`.
    fn path(&self) -> String {
        format!("{}.{}", self.section, self.key)
    }

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
        if let Some(nearest) = nearest_account(self.name, seen, &|account| self.fits(account)) {
            let line = Line::text(self.section, self.key, &nearest.name);
            finding.lines = vec![line.later().noted(NEAREST)];
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
