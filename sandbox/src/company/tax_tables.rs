//! The tax codes and rates a company has, country by country. FACTS: QuickBooks §8.

use rust_decimal::Decimal;

/// What a rate is a percentage of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AppliesTo {
    /// The net amount.
    Amount,
    /// The net amount and the taxes before it: compound tax.
    AmountAndTax,
}

/// A percentage owed to an agency. Its id is its place in the table, from 1.
#[derive(Clone, Debug)]
pub struct TaxRate {
    /// As shown.
    pub name: String,
    /// In percent: 8.875.
    pub percent: Decimal,
    /// Place of its agency in the table, from 1.
    pub agency: usize,
}

/// What is written on a line (outside the US) or a transaction (US).
#[derive(Clone, Debug)]
pub struct TaxCode {
    /// As shown, `20.0% S`.
    pub name: String,
    /// Whether anything under it is taxable at all (zero-rated is).
    pub taxable: bool,
    /// Ids of its rates, in the order they are applied.
    pub rates: Vec<(usize, AppliesTo)>,
}

/// Agencies, rates and codes of one company.
#[derive(Clone, Debug, Default)]
pub struct TaxTables {
    /// Whom tax is owed to.
    pub agencies: Vec<String>,
    /// Ids from 1.
    pub rates: Vec<TaxRate>,
    /// Ids from 2, since 2 is the default code of the recorded companies.
    pub codes: Vec<TaxCode>,
    /// Under automated sales tax: the id of the code of each state where tax is due.
    pub states: Vec<(String, String, usize)>,
}

/// The id of the first code.
const FIRST_CODE: usize = 2;

impl TaxTables {
    /// Adds an agency and returns its id.
    pub fn add_agency(&mut self, name: &str) -> usize {
        self.agencies.push(name.to_owned());
        self.agencies.len()
    }

    /// Adds a rate and returns its id.
    pub fn add_rate(&mut self, name: &str, percent: Decimal, agency: usize) -> usize {
        self.rates.push(TaxRate {
            name: name.to_owned(),
            percent,
            agency,
        });
        self.rates.len()
    }

    /// Adds a code and returns its id.
    pub fn add_code(&mut self, name: &str, taxable: bool, rates: &[(usize, AppliesTo)]) -> usize {
        self.codes.push(TaxCode {
            name: name.to_owned(),
            taxable,
            rates: rates.to_vec(),
        });
        self.codes.len() + FIRST_CODE - 1
    }

    /// The code of an id.
    pub fn code(&self, id: usize) -> Option<&TaxCode> {
        self.codes.get(id.checked_sub(FIRST_CODE)?)
    }

    /// The id of the code of that name.
    pub fn code_named(&self, name: &str) -> Option<usize> {
        self.codes
            .iter()
            .position(|code| code.name == name)
            .map(|at| at + FIRST_CODE)
    }

    /// The rate of an id.
    pub fn rate(&self, id: usize) -> Option<&TaxRate> {
        self.rates.get(id.checked_sub(1)?)
    }

    /// Ids and codes.
    pub(super) fn numbered_codes(&self) -> impl Iterator<Item = (usize, &TaxCode)> {
        self.codes
            .iter()
            .enumerate()
            .map(|(at, code)| (at + FIRST_CODE, code))
    }

    /// The code of a state, by its letters or its name.
    pub(super) fn code_of_state(&self, state: &str) -> Option<usize> {
        let state = state.trim();
        let found = self.states.iter().find(|(letters, name, _)| {
            letters.eq_ignore_ascii_case(state) || name.eq_ignore_ascii_case(state)
        });
        found.map(|(_, _, code)| *code)
    }

    fn simple(&mut self, name: &str, rate: &str, percent: Decimal, agency: usize) -> usize {
        let rate = self.add_rate(rate, percent, agency);
        self.add_code(name, true, &[(rate, AppliesTo::Amount)])
    }

    /// Manual US tax as in the recorded sample company: code 2 is California, 8 %.
    pub(super) fn us_manual() -> Self {
        let mut tables = Self::default();
        let arizona = tables.add_agency("Arizona Dept. of Revenue");
        let board = tables.add_agency("Board of Equalization");
        let state = tables.add_rate("AZ State tax", Decimal::new(71, 1), arizona);
        let city = tables.add_rate("Tucson City", Decimal::new(2, 0), arizona);
        tables.simple("California", "California", Decimal::new(8, 0), board);
        let both = [(state, AppliesTo::Amount), (city, AppliesTo::Amount)];
        tables.add_code("Tucson", true, &both);
        tables
    }

    /// Automated US tax: the states where the company is registered.
    pub(super) fn us_automated() -> Self {
        let mut tables = Self::default();
        let california = tables.add_agency("California Department of Tax and Fee Administration");
        let new_york = tables.add_agency("New York Department of Taxation and Finance");
        let texas = tables.add_agency("Texas Comptroller of Public Accounts");
        let in_california = tables.add_rate("California State", Decimal::new(725, 2), california);
        let in_new_york = tables.add_rate("New York State", Decimal::new(4, 0), new_york);
        let city = tables.add_rate("New York City", Decimal::new(45, 1), new_york);
        let commuter = tables.add_rate("Metropolitan Commuter", Decimal::new(375, 3), new_york);
        let in_texas = tables.add_rate("Texas State", Decimal::new(625, 2), texas);
        let on = AppliesTo::Amount;
        let code = tables.add_code("California", true, &[(in_california, on)]);
        tables.states.push(("CA".into(), "California".into(), code));
        let rates = [(in_new_york, on), (city, on), (commuter, on)];
        let code = tables.add_code("New York", true, &rates);
        tables.states.push(("NY".into(), "New York".into(), code));
        let code = tables.add_code("Texas", true, &[(in_texas, on)]);
        tables.states.push(("TX".into(), "Texas".into(), code));
        tables
    }

    /// The United Kingdom's VAT.
    pub(super) fn united_kingdom() -> Self {
        let mut tables = Self::default();
        let hmrc = tables.add_agency("HMRC");
        tables.simple("20.0% S", "20.0% S (Sales)", Decimal::new(20, 0), hmrc);
        tables.simple("5.0% R", "5.0% R (Sales)", Decimal::new(5, 0), hmrc);
        tables.simple("0.0% Z", "0.0% Z (Sales)", Decimal::ZERO, hmrc);
        tables.simple("Exempt", "Exempt (Sales)", Decimal::ZERO, hmrc);
        tables.add_code("No VAT", false, &[]);
        tables.simple("0.0% ECG", "0.0% ECG (Sales)", Decimal::ZERO, hmrc);
        tables
    }

    /// Canada's GST, HST, PST and QST, the last also in its compound form of before 2013.
    pub(super) fn canada() -> Self {
        let mut tables = Self::default();
        let federal = tables.add_agency("Receiver General");
        let quebec = tables.add_agency("Revenu Québec");
        let columbia = tables.add_agency("Ministry of Finance British Columbia");
        let manitoba = tables.add_agency("Manitoba Finance");
        let on = AppliesTo::Amount;
        let gst = tables.add_rate("GST", Decimal::new(5, 0), federal);
        let qst = tables.add_rate("QST", Decimal::new(9975, 3), quebec);
        let pst_bc = tables.add_rate("PST (BC)", Decimal::new(7, 0), columbia);
        let pst_mb = tables.add_rate("RST (MB)", Decimal::new(7, 0), manitoba);
        let old_qst = tables.add_rate("QST 9.5", Decimal::new(95, 1), quebec);
        tables.add_code("GST", true, &[(gst, on)]);
        tables.simple("HST ON", "HST (ON)", Decimal::new(13, 0), federal);
        tables.simple("HST NB 2016", "HST (NB) 2016", Decimal::new(15, 0), federal);
        tables.add_code("GST/QST QC - 9.975", true, &[(gst, on), (qst, on)]);
        tables.add_code("GST/PST BC", true, &[(gst, on), (pst_bc, on)]);
        tables.add_code("GST/PST MB", true, &[(gst, on), (pst_mb, on)]);
        tables.add_code("PST BC", true, &[(pst_bc, on)]);
        tables.add_code("QST QC - 9.975", true, &[(qst, on)]);
        let compound = [(gst, on), (old_qst, AppliesTo::AmountAndTax)];
        tables.add_code("GST/QST QC - 9.5", true, &compound);
        tables.simple("Zero-rated", "GST/HST (ZR)", Decimal::ZERO, federal);
        tables.add_code("Exempt", false, &[]);
        tables.add_code("Out of Scope", false, &[]);
        tables
    }

    /// Australia's GST.
    pub(super) fn australia() -> Self {
        let mut tables = Self::default();
        let office = tables.add_agency("Australian Taxation Office");
        tables.simple("GST", "GST (sales)", Decimal::new(10, 0), office);
        tables.simple("GST free", "GST-free (sales)", Decimal::ZERO, office);
        tables.simple("Input tax", "Input tax (sales)", Decimal::ZERO, office);
        tables.simple("GST on exports", "GST on exports", Decimal::ZERO, office);
        tables.add_code("Out of Scope", false, &[]);
        tables
    }
}
