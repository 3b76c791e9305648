//! Document numbers: who gives them and whether they may repeat.
//! FACTS: QuickBooks §7, DocNumber.

use super::super::fault::Fault;
use super::super::index::Field;
use super::super::json;
use super::super::kind::Kind;
use super::super::quirks::NumberCheck;
use super::super::state::Company;
use super::Draft;

impl Company {
    /// The number a document gets: the one sent, else the one it had, else the
    /// next when the company numbers by itself.
    pub(super) fn document_number(&self, draft: &Draft<'_>) -> Result<Option<String>, Fault> {
        if let Some(sent) = json::text(&draft.body, "DocNumber") {
            self.check_number(draft, sent)?;
            return Ok(Some(sent.to_owned()));
        }
        if self.preferences.custom_txn_numbers {
            return Ok(None);
        }
        let had = draft.old.and_then(|old| json::text(old, "DocNumber"));
        if had.is_some() {
            return Ok(had.map(str::to_owned));
        }
        let numbered = draft.kind.is_sales_form() || draft.kind == Kind::JournalEntry;
        Ok(numbered.then(|| next_number(&self.last_number)))
    }

    fn check_number(&self, draft: &Draft<'_>, number: &str) -> Result<(), Fault> {
        let quirks = &self.quirks;
        let exempt = |kind: Kind| {
            kind == Kind::RefundReceipt && quirks.refund_receipts_exempt_from_number_check
        };
        let automatic = !self.preferences.custom_txn_numbers
            && quirks.duplicates_accepted_when_numbered_automatically;
        if draft.allow_duplicate_number || automatic || exempt(draft.kind) {
            return Ok(());
        }
        let kinds: Vec<Kind> = match quirks.number_check {
            NumberCheck::Off => Vec::new(),
            NumberCheck::PerType => vec![draft.kind],
            NumberCheck::AcrossTypes => Kind::ALL
                .into_iter()
                .filter(|k| k.is_transaction() && !exempt(*k))
                .collect(),
        };
        for kind in kinds {
            if let Some(id) = self.holder_of_number(kind, number, draft.id) {
                return Err(Fault::duplicate_number(number, kind, id));
            }
        }
        Ok(())
    }

    fn holder_of_number(&self, kind: Kind, number: &str, own: Option<u64>) -> Option<u64> {
        let candidates = self.books.candidates(kind, Field::DocNumber, number);
        candidates.into_iter().find(|id| {
            let stored = self.books.get(kind, *id);
            Some(*id) != own
                && stored.is_some_and(|stored| {
                    json::text(&stored.version.object(), "DocNumber") == Some(number)
                })
        })
    }

    /// The next automatic number follows the last one used, prefix included.
    pub(super) fn remember_number(&mut self, number: &str) {
        if number.ends_with(|letter: char| letter.is_ascii_digit()) && self.last_number != number {
            number.clone_into(&mut self.last_number);
        }
    }
}

fn next_number(last: &str) -> String {
    let digits = last
        .chars()
        .rev()
        .take_while(char::is_ascii_digit)
        .take(18)
        .count();
    let (prefix, number) = last.split_at(last.len() - digits);
    let next = number.parse::<u64>().map_or(1, |number| number + 1);
    format!("{prefix}{next:0digits$}")
}

#[cfg(test)]
mod tests {
    use super::next_number;

    #[test]
    fn the_next_number_keeps_prefix_and_width() {
        assert_eq!(next_number("1000"), "1001");
        assert_eq!(next_number("WC-0099"), "WC-0100");
        assert_eq!(next_number("9"), "10");
    }
}
