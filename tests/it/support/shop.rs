//! A store in which nothing is odd, for tests that are about something else.

use sandbox::store::{Address, Cart, GenerateOptions, Seed, StoreContents};

use super::{Setup, World};

/// A store without orders, on the system's clock: see [`World::sell_mugs`].
pub(crate) fn plain_store() -> Setup {
    let options = GenerateOptions {
        orders: 0,
        customers: 2,
        products: 2,
        ..GenerateOptions::default()
    };
    let mut setup = Setup::of(StoreContents::generate(Seed(5), &options));
    setup.real_time = true;
    setup
}

impl World {
    /// So many guests buy a mug each; all of it can be posted.
    pub(crate) fn sell_mugs(&self, count: usize) {
        let before = self.shop().order_count();
        for number in before..before + count {
            let guest = Address {
                first_name: "Guest".to_owned(),
                last_name: format!("Number {number}"),
                email: format!("guest{number}@example.com"),
                state: "NY".to_owned(),
                country: "US".to_owned(),
                ..Address::default()
            };
            let cart = Cart::new().bill_to(guest).line("MUG-001", 1);
            self.an_hour_ago(|shop| {
                shop.place_paid_order(&cart).unwrap();
            });
        }
    }
}
