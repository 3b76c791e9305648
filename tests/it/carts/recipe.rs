//! What a generated cart is made of, how the store's till makes an order and refunds of it, and how
//! a cart that fails is made smaller.

use rust_decimal::{Decimal, RoundingStrategy};
use sandbox::store::{Address, Cart, DiscountKind, RefundRequest, Sale, Till};

use super::regimes::Regime;

/// A cart, and what happens to its order.
#[derive(Clone, Debug)]
pub(super) struct Recipe {
    /// Which of the regime's shops sells it.
    pub(super) shop: usize,
    /// Tax is rounded once, not line by line.
    pub(super) round_at_subtotal: bool,
    pub(super) lines: Vec<Line>,
    pub(super) coupons: Vec<Coupon>,
    /// Net.
    pub(super) shipping: Vec<Decimal>,
    pub(super) fees: Vec<Fee>,
    pub(super) refunds: Vec<Back>,
}

#[derive(Clone, Debug)]
pub(super) struct Line {
    pub(super) goods: Goods,
    pub(super) quantity: i64,
}

#[derive(Clone, Debug)]
pub(super) enum Goods {
    /// A product at its price as shown.
    Product {
        price: Decimal,
        class: &'static str,
        taxable: bool,
    },
    /// A product whose net amounts were set by hand.
    Override {
        class: &'static str,
        taxable: bool,
        before: Decimal,
        after: Decimal,
    },
    /// No product, a net amount.
    Custom { net: Decimal },
}

#[derive(Clone, Debug)]
pub(super) struct Coupon {
    pub(super) kind: DiscountKind,
    pub(super) amount: Decimal,
    /// For the first product of the cart alone.
    pub(super) first_only: bool,
}

#[derive(Clone, Debug)]
pub(super) struct Fee {
    pub(super) net: Decimal,
    pub(super) taxable: bool,
}

/// Money back.
#[derive(Clone, Debug)]
pub(super) enum Back {
    /// Units of lines (place, quantity), with shipping, with fees; and more than they come to, per mille
    /// of what is left then.
    Units {
        lines: Vec<(usize, i64)>,
        shipping: bool,
        fees: bool,
        more: Option<i64>,
    },
    /// All lines, shipping and fees that were not given back yet.
    Rest,
    /// Per mille of what is left, without lines.
    Amount(i64),
    /// Tax of a line alone, in the smallest unit.
    Tax(usize, i64),
    /// Per mille of a line's net, with its tax.
    Part(usize, i64),
}

impl Recipe {
    /// The shop, with the cart's products on its shelf, and the order.
    pub(super) fn sell(&self, regime: &Regime) -> (Till, Sale) {
        let mut till = (regime.shops[self.shop])()
            .round_at_subtotal(self.round_at_subtotal)
            .decimals(regime.decimals)
            .prices_include_tax(regime.inclusive);
        let mut cart = Cart::new().currency(regime.currency, "¤").bill_to(Address {
            first_name: "Nia".to_owned(),
            last_name: "Park".to_owned(),
            email: "nia@example.com".to_owned(),
            ..Address::default()
        });
        let mut first = None;
        for line in &self.lines {
            let quantity = line.quantity;
            cart = match &line.goods {
                Goods::Product {
                    price,
                    class,
                    taxable,
                } => {
                    let id = till.product(*price, class, *taxable);
                    first = first.or(Some(id));
                    cart.product(id, quantity)
                }
                Goods::Override {
                    class,
                    taxable,
                    before,
                    after,
                } => {
                    let id = till.product(*before, class, *taxable);
                    first = first.or(Some(id));
                    cart.line_at(&format!("P-{id}"), quantity, *before, *after)
                }
                Goods::Custom { net } => cart.custom_line("Made by hand", quantity, *net),
            };
        }
        for coupon in &self.coupons {
            let only: Vec<u64> = first.into_iter().filter(|_| coupon.first_only).collect();
            let code = till.coupon(coupon.kind, coupon.amount, &only);
            cart = cart.coupon(&code);
        }
        for net in &self.shipping {
            cart = cart.shipping("Flat rate", *net);
        }
        for fee in &self.fees {
            cart = if fee.taxable {
                cart.fee("Fee", fee.net)
            } else {
                cart.untaxed_fee("Tip", fee.net)
            };
        }
        let sale = till.sell(&cart).expect("the shop sells its own goods");
        (till, sale)
    }

    /// The same cart with something left out, one thing at a time.
    pub(super) fn smaller(&self) -> Vec<Self> {
        let mut all = Vec::new();
        let mut with = |change: &dyn Fn(&mut Self)| {
            let mut less = self.clone();
            change(&mut less);
            all.push(less);
        };
        for at in 0..self.refunds.len() {
            with(&|it| _ = it.refunds.remove(at));
        }
        for at in 0..self.coupons.len() {
            with(&|it| _ = it.coupons.remove(at));
        }
        for at in 0..self.fees.len() {
            with(&|it| _ = it.fees.remove(at));
        }
        for at in 0..self.shipping.len() {
            with(&|it| _ = it.shipping.remove(at));
        }
        for at in 0..self.lines.len() {
            if self.lines.len() > 1 {
                with(&|it| _ = it.lines.remove(at));
            }
            if self.lines[at].quantity > 1 {
                with(&|it| it.lines[at].quantity = 1);
            }
        }
        all
    }
}

/// What of an order was not given back yet.
pub(super) struct Remaining {
    units: Vec<i64>,
    shipping: bool,
    fees: bool,
    /// Money went back without a unit: from then on only the store knows what is left of a line.
    by_money: bool,
}

impl Remaining {
    pub(super) fn of(recipe: &Recipe) -> Self {
        Self {
            units: recipe.lines.iter().map(|line| line.quantity).collect(),
            shipping: true,
            fees: true,
            by_money: false,
        }
    }

    /// Refunds as the shop's administrator does, and never what is not there any more. `false` where
    /// nothing was given back.
    pub(super) fn refund(
        &mut self,
        back: &Back,
        till: &mut Till,
        sale: &mut Sale,
        decimals: u32,
    ) -> bool {
        let left = sale.left();
        if left <= Decimal::ZERO {
            return false;
        }
        let share = |of: Decimal, per_mille: i64| {
            let part = (of * Decimal::new(per_mille, 3)).round_dp(decimals);
            part.min(of.round_dp_with_strategy(decimals, RoundingStrategy::ToZero))
        };
        let request = match back {
            Back::Amount(per_mille) => RefundRequest::amount_only(share(left, *per_mille)),
            _ if self.by_money => return false,
            Back::Units {
                lines,
                shipping,
                fees,
                more,
            } => {
                let request = self.units(lines, *shipping, *fees);
                match more {
                    None => request,
                    Some(per_mille) => {
                        let mut trial = (till.clone(), sale.clone());
                        if trial.0.refund(&mut trial.1, &request).is_err() {
                            return false;
                        }
                        let parts = left - trial.1.left();
                        request.of_amount(parts + share(left - parts, *per_mille))
                    }
                }
            }
            Back::Rest => {
                let all: Vec<(usize, i64)> = self.units.iter().copied().enumerate().collect();
                self.units(&all, true, true)
            }
            Back::Tax(line, _) if self.units[*line] == 0 => return false,
            Back::Tax(line, units) => {
                RefundRequest::tax_of_line(*line, Decimal::new(*units, decimals))
            }
            Back::Part(line, _) if self.units[*line] == 0 => return false,
            Back::Part(line, per_mille) => {
                RefundRequest::part_of_line(*line, share(sale.line_total(*line), *per_mille))
            }
        };
        self.by_money |= match back {
            Back::Units { more, .. } => more.is_some(),
            Back::Rest => false,
            Back::Amount(_) | Back::Tax(..) | Back::Part(..) => true,
        };
        till.refund(sale, &request).is_ok()
    }

    fn units(&mut self, lines: &[(usize, i64)], shipping: bool, fees: bool) -> RefundRequest {
        let mut there = Vec::new();
        for (at, units) in lines {
            let Some(left) = self.units.get_mut(*at) else {
                continue;
            };
            let units = (*units).min(*left);
            *left -= units;
            if units > 0 {
                there.push((*at, units));
            }
        }
        let mut request = RefundRequest::lines(&there);
        if shipping && std::mem::take(&mut self.shipping) {
            request = request.with_shipping();
        }
        if fees && std::mem::take(&mut self.fees) {
            request = request.with_fees();
        }
        request
    }
}
