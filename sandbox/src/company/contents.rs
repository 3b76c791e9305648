//! What a company holds when it starts: a fresh one of each country, to be
//! changed before the server is started.

use jiff::civil::Date;
use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::json::Object;
use super::kind::Kind;
use super::money::Currency;
use super::preferences::Preferences;
use super::tax_tables::TaxTables;

/// Country and tax arithmetic of a company.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Regime {
    /// US, automated sales tax.
    UsAst,
    /// US, sales tax with codes chosen by hand.
    UsManual,
    /// US, no sales tax set up.
    UsNoTax,
    /// United Kingdom, VAT.
    Uk,
    /// Canada, GST, HST and provincial taxes.
    Ca,
    /// Australia, GST.
    Au,
}

impl Regime {
    /// Whether the US rules hold: pseudo codes TAX and NON.
    pub const fn is_us(self) -> bool {
        matches!(self, Self::UsAst | Self::UsManual | Self::UsNoTax)
    }

    /// The country in two letters.
    pub const fn country(self) -> &'static str {
        match self {
            Self::UsAst | Self::UsManual | Self::UsNoTax => "US",
            Self::Uk => "GB",
            Self::Ca => "CA",
            Self::Au => "AU",
        }
    }

    /// The country in three letters. FACTS: QuickBooks §6.
    pub const fn long_country(self) -> &'static str {
        match self {
            Self::UsAst | Self::UsManual | Self::UsNoTax => "USA",
            Self::Uk => "GBR",
            Self::Ca => "CAN",
            Self::Au => "AUS",
        }
    }

    const fn currency(self) -> Currency {
        match self {
            Self::UsAst | Self::UsManual | Self::UsNoTax => Currency::USD,
            Self::Uk => Currency::GBP,
            Self::Ca => Currency::CAD,
            Self::Au => Currency::AUD,
        }
    }
}

/// Everything in the company at the start.
#[derive(Clone, Debug)]
pub struct CompanyContents {
    /// Country and tax arithmetic.
    pub regime: Regime,
    /// The company's name.
    pub name: String,
    /// Its state or province, which automated sales tax falls back to.
    pub state: String,
    /// Its switches.
    pub preferences: Preferences,
    /// Its tax codes and rates.
    pub tax: TaxTables,
    /// Units of home currency for one unit of each foreign currency.
    pub exchange_rates: Vec<(Currency, Decimal)>,
    pub(super) objects: Vec<(Kind, Object)>,
}

/// Name, type, subtype and class of the accounts of a fresh company.
const ACCOUNTS: &[(&str, &str, &str, &str)] = &[
    ("Services", "Income", "ServiceFeeIncome", "Revenue"),
    (
        "Uncategorized Income",
        "Income",
        "ServiceFeeIncome",
        "Revenue",
    ),
    (
        "Uncategorized Expense",
        "Expense",
        "OtherMiscellaneousServiceCost",
        "Expense",
    ),
    (
        "Undeposited Funds",
        "Other Current Asset",
        "UndepositedFunds",
        "Asset",
    ),
    ("Checking", "Bank", "Checking", "Asset"),
    ("Savings", "Bank", "Savings", "Asset"),
    (
        "Accounts Receivable (A/R)",
        "Accounts Receivable",
        "AccountsReceivable",
        "Asset",
    ),
    (
        "Accounts Payable (A/P)",
        "Accounts Payable",
        "AccountsPayable",
        "Liability",
    ),
    (
        "Inventory Asset",
        "Other Current Asset",
        "Inventory",
        "Asset",
    ),
    ("Mastercard", "Credit Card", "CreditCard", "Liability"),
    (
        "Sales Tax Payable",
        "Other Current Liability",
        "GlobalTaxPayable",
        "Liability",
    ),
    (
        "Opening Balance Equity",
        "Equity",
        "OpeningBalanceEquity",
        "Equity",
    ),
    ("Retained Earnings", "Equity", "RetainedEarnings", "Equity"),
    ("Sales", "Income", "SalesOfProductIncome", "Revenue"),
    (
        "Sales of Product Income",
        "Income",
        "SalesOfProductIncome",
        "Revenue",
    ),
    ("Shipping Income", "Income", "ServiceFeeIncome", "Revenue"),
    (
        "Discounts given",
        "Income",
        "DiscountsRefundsGiven",
        "Revenue",
    ),
    (
        "Cost of Goods Sold",
        "Cost of Goods Sold",
        "SuppliesMaterialsCogs",
        "Expense",
    ),
    ("Merchant Fees", "Expense", "BankCharges", "Expense"),
    ("Bank Charges", "Expense", "BankCharges", "Expense"),
];

/// Name and type of the ways to be paid of a fresh company.
const PAYMENT_METHODS: &[(&str, &str)] = &[
    ("Cash", "NON_CREDIT_CARD"),
    ("Check", "NON_CREDIT_CARD"),
    ("Visa", "CREDIT_CARD"),
    ("MasterCard", "CREDIT_CARD"),
    ("Discover", "CREDIT_CARD"),
    ("American Express", "CREDIT_CARD"),
    ("Diners Club", "CREDIT_CARD"),
    ("Credit Card", "CREDIT_CARD"),
];

/// Name and days of the terms of a fresh company.
const TERMS: &[(&str, u32)] = &[("Due on receipt", 0), ("Net 15", 15), ("Net 30", 30)];

impl CompanyContents {
    /// A company as it is right after it was opened, its chart of accounts
    /// complete enough to sell: nothing was booked yet.
    pub fn fresh(regime: Regime) -> Self {
        let tax = match regime {
            Regime::UsAst => TaxTables::us_automated(),
            Regime::UsManual => TaxTables::us_manual(),
            Regime::UsNoTax => TaxTables::default(),
            Regime::Uk => TaxTables::united_kingdom(),
            Regime::Ca => TaxTables::canada(),
            Regime::Au => TaxTables::australia(),
        };
        let mut contents = Self {
            regime,
            name: "Larry's Landscaping".to_owned(),
            state: match regime {
                Regime::Ca => "ON".to_owned(),
                Regime::Au => "NSW".to_owned(),
                Regime::Uk => String::new(),
                _ => "CA".to_owned(),
            },
            preferences: fresh_preferences(regime),
            tax,
            exchange_rates: fresh_exchange_rates(regime.currency()),
            objects: Vec::new(),
        };
        contents.open_books();
        contents
    }

    fn open_books(&mut self) {
        for (name, kind, subtype, class) in ACCOUNTS {
            self.push_account(name, kind, subtype, class);
        }
        self.preferences.default_discount_account = self.account_id("Discounts given");
        self.preferences.default_shipping_account = self.account_id("Shipping Income");
        for (name, kind) in PAYMENT_METHODS {
            let method = json!({ "Name": name, "Active": true, "Type": kind });
            self.push(Kind::PaymentMethod, method);
        }
        for (name, days) in TERMS {
            let term = json!({
                "Name": name, "Active": true, "Type": "STANDARD", "DiscountPercent": 0,
                "DueDays": days, "DiscountDays": 0
            });
            self.push(Kind::Term, term);
        }
        let income = self.account_id("Services").unwrap_or_default();
        for name in ["Services", "Hours"] {
            let item = json!({
                "Name": name, "Type": "Service",
                "IncomeAccountRef": { "value": income }
            });
            self.push(Kind::Item, item);
        }
    }

    fn push(&mut self, kind: Kind, value: Value) {
        if let Value::Object(object) = value {
            self.objects.push((kind, object));
        }
    }

    fn push_account(&mut self, name: &str, kind: &str, subtype: &str, class: &str) {
        let account = json!({
            "Name": name, "Active": true, "Classification": class,
            "AccountType": kind, "AccountSubType": subtype
        });
        self.push(Kind::Account, account);
    }

    /// The id an account of the start has.
    pub fn account_id(&self, name: &str) -> Option<String> {
        let mut accounts = self
            .objects
            .iter()
            .filter(|(kind, _)| *kind == Kind::Account);
        let at = accounts.position(|(_, account)| account.get("Name") == Some(&Value::from(name)));
        at.map(|at| (at + 1).to_string())
    }

    /// With one more account, for example `Stripe Clearing`, `Bank`, `Checking`.
    #[must_use]
    pub fn with_account(mut self, name: &str, account_type: &str, subtype: &str) -> Self {
        let class = classification(account_type);
        self.push_account(name, account_type, subtype, class);
        self
    }

    /// With any object, written as a client would send it; it is checked when
    /// the company starts.
    #[must_use]
    pub fn with_object(mut self, kind: Kind, body: Value) -> Self {
        self.push(kind, body);
        self
    }

    /// With other switches.
    #[must_use]
    pub fn with_preferences(mut self, change: impl FnOnce(&mut Preferences)) -> Self {
        change(&mut self.preferences);
        self
    }

    /// With foreign currencies switched on.
    #[must_use]
    pub fn with_multi_currency(mut self, currencies: &[Currency]) -> Self {
        self.preferences.multi_currency = true;
        for currency in currencies {
            let body = json!({ "Code": currency.code(), "Name": currency.name(), "Active": true });
            self.push(Kind::CompanyCurrency, body);
        }
        self
    }

    /// With the books closed up to and including a day.
    #[must_use]
    pub fn with_books_closed(mut self, through: Date) -> Self {
        self.preferences.book_close_date = Some(through);
        self
    }

    /// The inner object of `GET companyinfo`, without stamps.
    pub(super) fn company_info(&self) -> Object {
        let info = json!({
            "CompanyName": self.name,
            "LegalName": self.name,
            "CompanyAddr": self.address(),
            "CustomerCommunicationAddr": self.address(),
            "LegalAddr": self.address(),
            "CompanyStartDate": "2024-01-01",
            "FiscalYearStartMonth": "January",
            "Country": self.regime.country(),
            "Email": { "Address": "books@example.com" },
            "WebAddr": {},
            "SupportedLanguages": "en",
            "NameValue": [
                { "Name": "NeoEnabled", "Value": "true" },
                { "Name": "IndustryType", "Value": "Online Retail Sales" },
                { "Name": "CompanyType", "Value": "Other" },
                { "Name": "SubscriptionStatus", "Value": "PAID" },
                { "Name": "OfferingSku", "Value": "QuickBooks Online Plus" },
                { "Name": "ItemCategoriesFeature", "Value": "true" },
                { "Name": "PayrollFeature", "Value": "false" },
                { "Name": "AccountantFeature", "Value": "false" }
            ]
        });
        match info {
            Value::Object(object) => object,
            _ => Object::new(),
        }
    }

    fn address(&self) -> Value {
        let mut address = json!({ "Id": "1", "Line1": "123 Sierra Way", "City": "San Pablo" });
        if let Some(object) = address.as_object_mut() {
            object.insert(
                "Country".to_owned(),
                Value::from(self.regime.long_country()),
            );
            if !self.state.is_empty() {
                object.insert(
                    "CountrySubDivisionCode".into(),
                    Value::from(self.state.as_str()),
                );
            }
            object.insert("PostalCode".to_owned(), Value::from("87999"));
        }
        address
    }
}

/// The class of an account type. FACTS: QuickBooks, `schema.json` `AccountTypeEnum`.
pub(super) fn classification(account_type: &str) -> &'static str {
    match account_type {
        "Bank" | "Accounts Receivable" | "Other Current Asset" | "Fixed Asset" | "Other Asset" => {
            "Asset"
        }
        "Accounts Payable" | "Credit Card" | "Other Current Liability" | "Long Term Liability" => {
            "Liability"
        }
        "Equity" => "Equity",
        "Income" | "Other Income" => "Revenue",
        _ => "Expense",
    }
}

fn fresh_preferences(regime: Regime) -> Preferences {
    Preferences {
        custom_txn_numbers: false,
        allow_discount: true,
        default_discount_account: None,
        allow_shipping: false,
        default_shipping_account: None,
        allow_deposit: false,
        using_sales_tax: regime != Regime::UsNoTax,
        partner_tax_enabled: (regime == Regime::UsAst).then_some(true),
        tax_group_code: (regime == Regime::UsManual).then(|| "2".to_owned()),
        multi_currency: false,
        home_currency: regime.currency(),
        track_departments: false,
        class_per_transaction: false,
        class_per_line: false,
        book_close_date: None,
        quantity_on_hand: true,
        custom_fields: Vec::new(),
    }
}

/// Round figures against the home currency; a test states its own.
fn fresh_exchange_rates(home: Currency) -> Vec<(Currency, Decimal)> {
    let in_dollars = [
        (Currency::USD, Decimal::ONE),
        (Currency::GBP, Decimal::new(13, 1)),
        (Currency::CAD, Decimal::new(72, 2)),
        (Currency::AUD, Decimal::new(65, 2)),
        (Currency::EUR, Decimal::new(115, 2)),
        (Currency::JPY, Decimal::new(67, 4)),
    ];
    let home_in_dollars = in_dollars.iter().find(|(currency, _)| *currency == home);
    let base = home_in_dollars.map_or(Decimal::ONE, |(_, rate)| *rate);
    in_dollars
        .into_iter()
        .filter(|(currency, _)| *currency != home)
        .map(|(currency, rate)| (currency, (rate / base).round_dp(6)))
        .collect()
}
