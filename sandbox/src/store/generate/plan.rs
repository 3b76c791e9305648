//! What becomes of each order, before what is in it: status, buyer, gateway,
//! refunds and the moments of all that. Cheap, since it is made for every
//! order when a store starts.

use super::super::cart::Gateway;
use super::dice::Dice;

/// The statuses of a generated store; one is a plugin's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Status {
    Completed,
    Processing,
    OnHold,
    Pending,
    Cancelled,
    Failed,
    Refunded,
    CheckoutDraft,
    Trash,
    PartialShip,
}

impl Status {
    pub(crate) const ALL: [Self; 10] = [
        Self::Completed,
        Self::Processing,
        Self::OnHold,
        Self::Pending,
        Self::Cancelled,
        Self::Failed,
        Self::Refunded,
        Self::CheckoutDraft,
        Self::Trash,
        Self::PartialShip,
    ];

    pub(crate) fn slug(self) -> &'static str {
        match self {
            Self::Completed => "completed",
            Self::Processing => "processing",
            Self::OnHold => "on-hold",
            Self::Pending => "pending",
            Self::Cancelled => "cancelled",
            Self::Failed => "failed",
            Self::Refunded => "refunded",
            Self::CheckoutDraft => "checkout-draft",
            Self::Trash => "trash",
            Self::PartialShip => "partial-ship",
        }
    }

    /// Its place in [`Status::ALL`].
    pub(crate) fn number(self) -> u8 {
        let at = Self::ALL
            .iter()
            .position(|status| *status == self)
            .unwrap_or(0);
        u8::try_from(at).unwrap_or(0)
    }
}

/// The shape of a refund.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RefundShape {
    Everything,
    AmountOnlyAll,
    ByHand,
    OneUnit,
    Shipping,
    AmountOnly,
    LessThanLines,
    TaxOnly,
}

/// One order's life. Moments are seconds since 1970.
#[derive(Debug, Clone)]
pub(crate) struct Plan {
    pub status: Status,
    pub gateway: Gateway,
    /// The buyer's account; `None` for guests.
    pub account: Option<u64>,
    /// A guest who types the e-mail of this account, in other letters.
    pub email_of: Option<u64>,
    pub paid: Option<u32>,
    pub completed: Option<u32>,
    pub refunds: Vec<(RefundShape, u32)>,
    pub modified: u32,
    /// Nothing to pay: a coupon for all of it, or a sample.
    pub free: bool,
}

/// In every thousand orders the shop completes this many with one click, in one second.
const BULK_EVERY: usize = 1000;
const BULK: usize = 130;

/// The plan of the `index`th order; `born` tells when any order was made.
pub(crate) fn plan(
    dice: &mut Dice,
    index: usize,
    accounts: u64,
    end: u32,
    born: impl Fn(usize) -> u32,
) -> Plan {
    let created = born(index);
    let gateway = gateway(dice);
    let free = dice.chance(12);
    let bulk = (index % BULK_EVERY < BULK && index >= BULK_EVERY)
        .then(|| born(index / BULK_EVERY * BULK_EVERY + BULK - 1).saturating_add(3 * 3600))
        .filter(|moment| *moment < end);
    let status = match bulk {
        Some(_) => Status::Completed,
        None => status(dice, &gateway, free, created, end),
    };
    let mut plan = Plan {
        status,
        gateway,
        account: None,
        email_of: None,
        paid: None,
        completed: None,
        refunds: Vec::new(),
        modified: created,
        free,
    };
    buyer(dice, &mut plan, accounts);
    moments(dice, &mut plan, created, end, bulk);
    plan
}

fn gateway(dice: &mut Dice) -> Gateway {
    let choice = dice.weighted(&[(56, 0), (22, 1), (8, 2), (8, 3), (3, 4), (3, 5)], 0);
    match choice {
        1 => Gateway::PayPal,
        2 => Gateway::CashOnDelivery,
        3 => Gateway::BankTransfer,
        4 => Gateway::Cheque,
        5 => Gateway::None,
        _ => Gateway::Stripe,
    }
}

fn status(dice: &mut Dice, gateway: &Gateway, free: bool, created: u32, end: u32) -> Status {
    let recent = end.saturating_sub(created) < 4 * 86_400;
    let shares: &[(u64, Status)] = if free {
        &[(60, Status::Completed), (40, Status::Processing)]
    } else if recent {
        &[
            (60, Status::Processing),
            (18, Status::Completed),
            (6, Status::Pending),
            (6, Status::CheckoutDraft),
            (4, Status::Failed),
            (4, Status::Cancelled),
            (2, Status::PartialShip),
        ]
    } else {
        &[
            (800, Status::Completed),
            (60, Status::Processing),
            (20, Status::Pending),
            (32, Status::Cancelled),
            (25, Status::Failed),
            (38, Status::Refunded),
            (8, Status::CheckoutDraft),
            (8, Status::Trash),
            (9, Status::PartialShip),
        ]
    };
    let status = dice.weighted(shares, Status::Completed);
    let late = !free && matches!(gateway, Gateway::BankTransfer | Gateway::Cheque);
    if late && (status == Status::Pending || status == Status::Processing || dice.chance(120)) {
        return Status::OnHold;
    }
    status
}

fn buyer(dice: &mut Dice, plan: &mut Plan, accounts: u64) {
    if accounts == 0 {
        return;
    }
    // Some accounts buy often, most once or twice.
    let often = dice.below(accounts).min(dice.below(accounts));
    if dice.chance(550) {
        plan.account = Some(often);
    } else if dice.chance(60) {
        plan.email_of = Some(often);
    }
}

fn moments(dice: &mut Dice, plan: &mut Plan, created: u32, end: u32, bulk: Option<u32>) {
    let last = end.saturating_sub(1);
    let mut after = |from: u32, least: i64, most: i64| {
        let wait = u32::try_from(dice.between(least, most)).unwrap_or(0);
        from.saturating_add(wait).min(last.max(created))
    };
    let at_once = matches!(
        plan.gateway,
        Gateway::Stripe | Gateway::PayPal | Gateway::None
    );
    let touched = after(created, 2, 90);
    let settled = after(created, 20_000, 500_000);
    let given_back = after(settled, 3_600, 1_500_000);
    let again = after(given_back, 60, 600_000);
    let sold = matches!(
        plan.status,
        Status::Completed | Status::Processing | Status::Refunded | Status::PartialShip
    );
    if sold && (at_once || plan.free) {
        plan.paid = Some(touched);
    }
    plan.modified = touched;
    if plan.status == Status::CheckoutDraft {
        plan.modified = created;
    }
    if matches!(plan.status, Status::Completed | Status::Refunded) {
        let done = bulk.map_or(settled, |moment| moment.max(touched));
        plan.completed = Some(done);
        // Money on delivery, by bank or by cheque has come by then.
        plan.paid = plan.paid.or(Some(done));
        plan.modified = done;
    }
    if matches!(
        plan.status,
        Status::PartialShip | Status::Cancelled | Status::Trash
    ) {
        plan.modified = settled;
    }
    refunds(dice, plan, given_back, again, bulk.is_some());
    if let Some((_, moment)) = plan.refunds.last() {
        plan.modified = plan.modified.max(*moment);
    }
}

fn refunds(dice: &mut Dice, plan: &mut Plan, first: u32, second: u32, bulk: bool) {
    if plan.status == Status::Refunded && !plan.free {
        let shapes = [
            (60, RefundShape::Everything),
            (20, RefundShape::AmountOnlyAll),
            (20, RefundShape::ByHand),
        ];
        let whole = dice.weighted(&shapes, RefundShape::Everything);
        if dice.chance(150) {
            plan.refunds.push((RefundShape::OneUnit, first));
            plan.refunds.push((RefundShape::ByHand, second));
        } else {
            plan.refunds.push((whole, first));
        }
    } else if plan.status == Status::Completed && !plan.free && !bulk && dice.chance(45) {
        let shapes = [
            (40, RefundShape::OneUnit),
            (20, RefundShape::AmountOnly),
            (15, RefundShape::Shipping),
            (15, RefundShape::LessThanLines),
            (10, RefundShape::TaxOnly),
        ];
        plan.refunds
            .push((dice.weighted(&shapes, RefundShape::OneUnit), first));
        if dice.chance(100) {
            plan.refunds.push((RefundShape::AmountOnly, second));
        }
    }
}
