//! Where a posting stands, in the words of `daybook show order`.

use kit::PostingKind;
use rust_decimal::Decimal;

use crate::domain::{Intent, Posting, PostingState, SourceKind};
use crate::store::Chapter;

/// Whether it is a refund's.
pub(super) fn is_refund(posting: &Posting) -> bool {
    posting.key.source_kind == SourceKind::Refund
}

/// Whether its document is to be made as it is planned, or was.
pub(super) fn is_to_be(posting: &Posting) -> bool {
    let out = matches!(
        posting.state,
        PostingState::Excluded | PostingState::Reversed
    );
    posting.intent == Intent::Post && !out && !posting.body.is_empty()
}

/// Whether its document stands in the books as a voided one; other kinds are deleted instead.
pub(super) fn is_voided(posting: &Posting) -> bool {
    let deletes = matches!(
        posting.key.kind,
        PostingKind::CreditMemo | PostingKind::Expense
    );
    posting.state == PostingState::Reversed && !deletes
}

/// What the number that the books gave it is to be taken for.
pub(super) fn place_in_words(chapter: &Chapter) -> &'static str {
    let loaded = &chapter.detail.loaded;
    match loaded.link {
        Some(_) => "in the books",
        None if is_voided(&loaded.posting) => "voided in the books",
        None => "was in the books",
    }
}

/// The sign of a state, the same everywhere.
pub(super) fn sign(posting: &Posting, differs: bool) -> &'static str {
    match posting.state {
        PostingState::Posted if posting.warning.is_some() || differs => "▲",
        PostingState::Posted => "✓",
        PostingState::Held => "‖",
        PostingState::Failed => "!",
        PostingState::Queued => "○",
        PostingState::Posting => "◔",
        PostingState::Excluded => "–",
        PostingState::Reversed => "↶",
    }
}

/// What it is, over how much and where it stands; `other` is its sum in the books, where that is another.
pub(super) fn headline(posting: &Posting, other: Option<Decimal>) -> String {
    let kind = posting.key.kind.in_words();
    let name = if is_refund(posting) {
        format!("{kind} of refund {}", posting.key.source_id)
    } else {
        kind.to_owned()
    };
    let in_store = if other.is_some() { " in the store" } else { "" };
    let amount = posting.store_amount;
    let amount = amount.map(|amount| format!(", {amount}{in_store}"));
    let over = other.map(|total| format!(" over {total}"));
    let state = match (posting.state, &over) {
        (PostingState::Posted, Some(over)) => format!("in the books{over}"),
        (_, Some(over)) => format!("in the books{over}, {}", state_in_words(posting)),
        (_, None) => state_in_words(posting).to_owned(),
    };
    let why = posting.hold.as_ref().map(|hold| {
        let code = Some(&hold.cause).filter(|cause| !cause.is_empty());
        let code = code.map(|code| format!(" ({code})"));
        format!(": {}{}", hold.reason, code.unwrap_or_default())
    });
    format!(
        "{name}{}, {state}{}",
        amount.unwrap_or_default(),
        why.unwrap_or_default()
    )
}

fn state_in_words(posting: &Posting) -> &'static str {
    match (posting.state, posting.intent) {
        (PostingState::Queued, Intent::Post) => "to be sent",
        (PostingState::Queued, Intent::Void) => "to be voided",
        (PostingState::Queued, Intent::Undo) => "to be deleted again",
        (PostingState::Posting, _) => "sent, without an answer yet",
        (PostingState::Posted, _) => "in the books",
        (PostingState::Held, _) => "held",
        (PostingState::Failed, _) => "not understood",
        (PostingState::Excluded, _) => "left out",
        (PostingState::Reversed, _) => "voided in the books",
    }
}
