//! Numbers, memos and markers of documents.

use kit::Currency;
use quickbooks as api;
use sha2::{Digest, Sha256};

use super::hold::hold_with;
use super::text::Texts;
use crate::domain::{GatewayDay, Hold, MappingRules};

/// What a document is called.
pub(super) struct Names {
    /// The document's number.
    pub(super) doc_number: String,
    /// The first line of the private note, which only this document has.
    pub(super) marker: String,
}

/// Number and marker of the sale of an order.
pub(super) fn of_sale(rules: &MappingRules, texts: Texts, number: &str) -> Result<Names, Hold> {
    Ok(Names {
        doc_number: doc_number(
            texts,
            "orders.number",
            &fill(&rules.orders.number, number, None),
        )?,
        marker: marker(rules, texts, number),
    })
}

/// Number and marker of a refund.
pub(super) fn of_refund(
    rules: &MappingRules,
    texts: Texts,
    number: &str,
    refund_id: u64,
) -> Result<Names, Hold> {
    let filled = fill(&rules.refunds.number, number, Some(refund_id));
    Ok(Names {
        doc_number: doc_number(texts, "refunds.number", &filled)?,
        marker: format!("Refund {refund_id} of {}", marker(rules, texts, number)),
    })
}

/// Number of the expense of a gateway's fees of a day: `FEE-stripe-20261001`, with the currency behind
/// the gateway where it is not that of the books, and inside `orders.number`, whose prefix keeps several
/// stores apart. A gateway that is too long is cut, and four digits tell it from others that begin alike.
pub(super) fn of_day(
    rules: &MappingRules,
    texts: Texts,
    day: &GatewayDay,
    home: Currency,
) -> Result<String, Hold> {
    let mut gateway = day.gateway.clone();
    if day.currency != home {
        gateway = format!("{gateway}-{}", day.currency);
    }
    let date = day.date.strftime("%Y%m%d");
    let number = |gateway: &str| {
        let filled = fill(&rules.orders.number, &format!("FEE-{gateway}-{date}"), None);
        texts.line(&filled, usize::MAX).unwrap_or_default()
    };
    let length = |text: &str| text.encode_utf16().count();
    let whole = number(&gateway);
    if length(&whole) <= api::DOC_NUMBER_LENGTH {
        return doc_number(texts, "orders.number", &whole);
    }
    let mut digits = hex::encode(Sha256::digest(gateway.as_bytes()));
    digits.truncate(4);
    let room = api::DOC_NUMBER_LENGTH.saturating_sub(length(&number(&digits)));
    let begins: String = gateway
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .take(room)
        .collect();
    doc_number(
        texts,
        "orders.number",
        &number(&format!("{begins}{digits}")),
    )
}

/// The marker of what only follows the sale: `what` is "Payment" or "Fee".
pub(super) fn follower_marker(
    what: &str,
    rules: &MappingRules,
    texts: Texts,
    number: &str,
) -> String {
    format!("{what} of {}", marker(rules, texts, number))
}

/// The memo of the order. The number is added where the template forgets it, since this text is how
/// a document is recognised.
pub(super) fn marker(rules: &MappingRules, texts: Texts, number: &str) -> String {
    let template = &rules.orders.memo;
    let filled = if template.contains("{number}") {
        fill(template, number, None)
    } else {
        format!("{template} (order {number})")
    };
    texts.line(&filled, 1000).unwrap_or_default()
}

fn fill(template: &str, number: &str, refund_id: Option<u64>) -> String {
    let filled = template.replace("{number}", number);
    match refund_id {
        Some(id) => filled.replace("{refund_id}", &id.to_string()),
        None => filled,
    }
}

fn doc_number(texts: Texts, key: &str, filled: &str) -> Result<String, Hold> {
    let number = texts.line(filled, usize::MAX).unwrap_or_default();
    let length = number.encode_utf16().count();
    if length == 0 {
        return Err(hold_with(
            "unsupported_order",
            "the document would have no number",
            format!("Correct `{key}` in the configuration, then retry."),
        ));
    }
    if length > api::DOC_NUMBER_LENGTH {
        return Err(hold_with(
            "unsupported_order",
            format!(
                "the number `{number}` has {length} characters, and QuickBooks takes {}",
                api::DOC_NUMBER_LENGTH
            ),
            format!("Shorten `{key}` in the configuration, then retry."),
        ));
    }
    Ok(number)
}

/// The gateway's reference as it fits, and the whole of it for the memo where it does not.
pub(super) fn payment_reference(
    texts: Texts,
    transaction: Option<&str>,
) -> (Option<String>, Option<String>) {
    let Some(whole) = transaction.and_then(|text| texts.line(text, 1000)) else {
        return (None, None);
    };
    let cut = api::clean_text(&whole, 21);
    let memo = (cut != whole).then(|| format!("Transaction {whole}"));
    (Some(cut), memo)
}

/// The private note: the marker alone on its first line, then what else there is to say.
pub(super) fn note(marker: &str, more: &[Option<String>]) -> String {
    let mut note = marker.to_owned();
    for line in more.iter().flatten() {
        note.push('\n');
        note.push_str(line);
    }
    api::clean_text_lines(&note, 4000)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXTS: Texts = Texts { latin1_only: true };

    #[test]
    fn a_number_is_prefixed_and_never_cut() {
        let mut rules = MappingRules::default();
        rules.orders.number = "WEB-{number}".to_owned();
        let names = of_sale(&rules, TEXTS, "1043").unwrap();
        assert_eq!(names.doc_number, "WEB-1043");
        assert_eq!(names.marker, "WooCommerce order 1043");
        let held = of_sale(&rules, TEXTS, "2026-SHOP-000001043").err().unwrap();
        assert_eq!(held.cause, "unsupported_order");
    }

    #[test]
    fn the_number_of_a_days_fees_fits_and_tells_gateways_currencies_and_stores_apart() {
        let usd: Currency = "USD".parse().unwrap();
        let mut rules = MappingRules::default();
        let number = |rules: &MappingRules, day: &str| {
            let day: GatewayDay = day.parse().unwrap();
            of_day(rules, TEXTS, &day, usd)
        };
        for (day, expected) in [
            ("2026-10-01/stripe/USD", "FEE-stripe-20261001"),
            ("2026-10-01/bacs/EUR", "FEE-bacs-EUR-20261001"),
            ("2026-10-01/stripe/EUR", "FEE-stri3b70-20261001"),
            (
                "2026-10-01/woocommerce_payments/USD",
                "FEE-woocb6b3-20261001",
            ),
            ("2026-10-01/woocommerce_other/USD", "FEE-woocd1ca-20261001"),
        ] {
            let found = number(&rules, day).unwrap();
            assert_eq!(found, expected);
            assert!(found.len() <= api::DOC_NUMBER_LENGTH);
        }
        rules.orders.number = "W2-{number}".to_owned();
        let found = number(&rules, "2026-10-01/stripe/USD").unwrap();
        assert!(
            found.starts_with("W2-FEE-s") && found.ends_with("-20261001"),
            "{found}"
        );
        rules.orders.number = "WEBSHOP-{number}".to_owned();
        let held = number(&rules, "2026-10-01/stripe/USD").unwrap_err();
        assert!(held.remedy.contains("`orders.number`"), "{held:?}");
    }

    #[test]
    fn a_refund_names_its_order() {
        let names = of_refund(&MappingRules::default(), TEXTS, "1043", 77).unwrap();
        assert_eq!(names.doc_number, "1043-R77");
        assert_eq!(names.marker, "Refund 77 of WooCommerce order 1043");
    }

    #[test]
    fn a_memo_without_the_number_gets_it() {
        let mut rules = MappingRules::default();
        rules.orders.memo = "Web sale".to_owned();
        assert_eq!(marker(&rules, TEXTS, "7"), "Web sale (order 7)");
    }

    #[test]
    fn a_long_transaction_stays_whole_in_the_memo() {
        let (cut, memo) = payment_reference(TEXTS, Some("pi_3PqRsTuVwXyZ0123456789"));
        assert_eq!(cut.as_deref(), Some("pi_3PqRsTuVwXyZ012345"));
        assert_eq!(
            memo.as_deref(),
            Some("Transaction pi_3PqRsTuVwXyZ0123456789")
        );
        assert_eq!(
            payment_reference(TEXTS, Some("ch_1")),
            (Some("ch_1".into()), None)
        );
    }
}
