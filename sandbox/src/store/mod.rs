//! The simulated WooCommerce store.
