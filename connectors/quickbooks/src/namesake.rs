//! Whether an entry of a list that has a name we asked for is the one we asked for: another customer may
//! have the same name, and so may another product.
//!
//! What we sent is known by its second key (e-mail address, SKU) and by when it was made: not before the
//! call that asked for it. Where the two do not agree nobody can tell, and nothing is guessed.

use jiff::Timestamp;
use kit::{Found, Member, PostingKind};

use crate::entity::Entity;
use crate::find::{describe, ours};

/// What the rows tell about a customer or item that was to be made as `name` not before `since`.
pub(crate) fn judge_name(member: &Member, name: &str, rows: &[Entity], since: Timestamp) -> Found {
    let mut named: Vec<Verdict> = rows
        .iter()
        .filter(|row| is_named(member.kind, name, row))
        .map(|row| verdict(member, name, row, since))
        .collect();
    named.sort_by_key(Verdict::rank);
    match named.into_iter().next() {
        Some(Verdict::Ours(found) | Verdict::Unclear(found) | Verdict::Theirs(found)) => found,
        None => Found::Nothing,
    }
}

/// What one entry of the name is, most telling first.
enum Verdict {
    Ours(Found),
    Unclear(Found),
    Theirs(Found),
}

impl Verdict {
    fn rank(&self) -> u8 {
        match self {
            Self::Ours(_) => 0,
            Self::Unclear(_) => 1,
            Self::Theirs(_) => 2,
        }
    }
}

fn is_named(kind: PostingKind, name: &str, row: &Entity) -> bool {
    // an item below another may have the same name; its full name tells it apart
    let own = match kind {
        PostingKind::Customer => row.display_name.as_ref(),
        _ => row.fully_qualified_name.as_ref().or(row.name.as_ref()),
    };
    own.is_some_and(|own| fold(own) == fold(name))
}

fn verdict(member: &Member, name: &str, row: &Entity, since: Timestamp) -> Verdict {
    let what = describe(member.kind, row);
    if row.active == Some(false) {
        let kind = member.kind.in_words();
        let inactive = format!(
            "the {kind} `{name}` is inactive in QuickBooks (id {})",
            row.id
        );
        return Verdict::Unclear(Found::Foreign(inactive));
    }
    let wanted = fold(member.expected.key.as_deref().unwrap_or_default());
    let there = fold(row.second_key());
    let contradict = !wanted.is_empty() && !there.is_empty() && wanted != there;
    match row.created_at().map(|made| made >= since) {
        _ if contradict => Verdict::Theirs(Found::Namesake(what)),
        Some(true) if wanted == there => Verdict::Ours(ours(row)),
        // not of this call; unless the same person's, by an earlier one or by hand
        Some(false) if wanted != there || wanted.is_empty() => {
            Verdict::Theirs(Found::Namesake(what))
        }
        Some(_) | None => Verdict::Unclear(Found::Foreign(what)),
    }
}

fn fold(text: &str) -> String {
    text.trim().to_lowercase()
}
