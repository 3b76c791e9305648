//! How WooCommerce sums an order: taxes by rate, coupons spread over lines,
//! rounding per line or at the subtotal. FACTS: WooCommerce §6. Tests recompute
//! recorded orders from their inputs.

pub(crate) mod coupon;
pub(crate) mod tax;
pub(crate) mod totals;

#[cfg(test)]
mod tests;
