//! The lines of an order beside those of its document. Lines are paired by amount, since that is what
//! has to agree; what finds no partner stands alone and shows.

use rust_decimal::Decimal;

use crate::domain::{Paper, PaperLine};

/// One line of both.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Row {
    pub(super) text: String,
    pub(super) quantity: Option<Decimal>,
    pub(super) store: Option<Decimal>,
    pub(super) books: Option<Decimal>,
}

impl Row {
    pub(super) fn of(text: &str, store: Option<Decimal>, books: Option<Decimal>) -> Self {
        Self {
            text: text.to_owned(),
            quantity: None,
            store,
            books,
        }
    }

    /// What the books have more or less than the store; `None` where one side is missing.
    pub(super) fn difference(&self) -> Option<Decimal> {
        Some(self.books? - self.store?)
    }
}

/// The lines of both, in the store's order. Where the document has discounts as lines of their own, the
/// store's lines count before discounts, else after them.
pub(super) fn lines(record: &Paper, document: &Paper) -> Vec<Row> {
    let discounted = document.lines.iter().any(|line| line.is_discount);
    let amount = |line: &PaperLine| {
        if discounted && !line.is_discount {
            line.before_discount
        } else {
            line.amount
        }
    };
    let nothing_there = document.lines.is_empty();
    let store = record
        .lines
        .iter()
        .filter(|line| discounted || nothing_there || !line.is_discount);
    let mut left: Vec<&PaperLine> = document.lines.iter().collect();
    let mut rows = Vec::new();
    for line in store {
        let amount = if nothing_there && !line.is_discount {
            line.before_discount
        } else {
            amount(line)
        };
        let same = left.iter().position(|other| other.amount == amount);
        let books = same.map(|index| left.remove(index));
        rows.push(Row {
            text: line.text.clone(),
            quantity: line.quantity,
            store: Some(amount),
            books: books.map(|line| line.amount),
        });
    }
    // what is left on both sides differs: shown in order
    let mut left = left.into_iter().filter(|line| !line.amount.is_zero());
    for row in rows.iter_mut().filter(|row| row.books.is_none()) {
        row.books = left.next().map(|line| line.amount);
    }
    rows.extend(left.map(|line| Row {
        text: line.text.clone(),
        quantity: line.quantity,
        store: None,
        books: Some(line.amount),
    }));
    rows
}

#[cfg(test)]
mod tests {
    use rust_decimal::{Decimal, dec};

    use super::lines;
    use crate::domain::{Paper, PaperLine};

    fn line(text: &str, amount: Decimal, before: Decimal) -> PaperLine {
        PaperLine {
            text: text.to_owned(),
            amount,
            before_discount: before,
            is_discount: amount.is_sign_negative(),
            ..PaperLine::default()
        }
    }

    fn paper(lines: Vec<PaperLine>) -> Paper {
        Paper {
            lines,
            ..Paper::default()
        }
    }

    fn amounts(record: &Paper, document: &Paper) -> Vec<(Option<Decimal>, Option<Decimal>)> {
        let rows = lines(record, document);
        rows.iter().map(|row| (row.store, row.books)).collect()
    }

    fn order() -> Paper {
        paper(vec![
            line("Mug", dec!(18), dec!(20)),
            line("Post", dec!(5), dec!(5)),
            line("Discount", dec!(-2), dec!(0)),
        ])
    }

    #[test]
    fn a_discount_line_stands_beside_the_stores_discount() {
        let document = paper(vec![
            line("", dec!(5), dec!(5)),
            line("", dec!(20), dec!(20)),
            line("", dec!(-2), dec!(-2)),
        ]);
        let both = |amount| (Some(amount), Some(amount));
        assert_eq!(
            amounts(&order(), &document),
            [both(dec!(20)), both(dec!(5)), both(dec!(-2))]
        );
    }

    #[test]
    fn lines_after_discounts_need_no_discount() {
        let document = paper(vec![
            line("", dec!(18), dec!(18)),
            line("", dec!(5), dec!(5)),
        ]);
        let both = |amount| (Some(amount), Some(amount));
        assert_eq!(
            amounts(&order(), &document),
            [both(dec!(18)), both(dec!(5))]
        );
    }

    #[test]
    fn what_differs_stands_side_by_side_and_what_is_missing_shows() {
        let document = paper(vec![
            line("", dec!(18.01), dec!(18.01)),
            line("", dec!(5), dec!(5)),
            line("Rounding", dec!(7), dec!(7)),
        ]);
        assert_eq!(
            amounts(&order(), &document),
            [
                (Some(dec!(18)), Some(dec!(18.01))),
                (Some(dec!(5)), Some(dec!(5))),
                (None, Some(dec!(7)))
            ]
        );
        let nothing = amounts(&order(), &Paper::default());
        assert_eq!(nothing[0], (Some(dec!(20)), None));
        assert_eq!(nothing.len(), 3);
    }
}
