//! The query language. FACTS: QuickBooks §9.

mod evaluate;
mod parse;
mod property;
mod test;
mod tokens;

use super::fault::Fault;
use super::state::Company;

/// Answers a statement with the inner object of `QueryResponse`.
pub(super) fn run(company: &Company, statement: &str) -> Result<String, Fault> {
    let select = parse::parse(statement)?;
    evaluate::evaluate(company, &select)
}
