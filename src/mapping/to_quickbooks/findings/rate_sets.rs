//! Which taxes a line of the store can have. WooCommerce charges of each priority the one rate that
//! fits the customer's place best; so a place has a *set* of rates for each tax class.

use rust_decimal::Decimal;
use woocommerce::StoreTaxRate;

use super::super::codes::rate_key;

/// With more rates than this, places of two rates are no longer put together: it grows with the square.
const MOST_MERGED: usize = 60;

/// Rates that are charged together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct RateSet<'a> {
    /// In the order of their priorities.
    pub(super) rates: Vec<&'a StoreTaxRate>,
    /// The tax class of the goods, as products have it: the standard one is empty.
    pub(super) class: &'a str,
}

impl RateSet<'_> {
    /// Their ids as the configuration writes them: `1+2`.
    pub(super) fn key(&self) -> String {
        key(self.rates.iter().copied())
    }

    /// The same without rates of nothing.
    pub(super) fn charged_key(&self) -> String {
        let charged = |rate: &&&StoreTaxRate| rate.percent.is_none_or(|it| !it.is_zero());
        key(self.rates.iter().filter(charged).copied())
    }

    /// All of them on an amount of 1, compound ones on top of the others; `None` where a percentage is
    /// unknown.
    pub(super) fn share(&self) -> Option<Decimal> {
        let (mut simple, mut compound) = (Decimal::ZERO, Vec::new());
        for rate in &self.rates {
            let share = rate.percent? / Decimal::ONE_HUNDRED;
            if rate.compound {
                compound.push(share);
            } else {
                simple += share;
            }
        }
        Some(compound.into_iter().fold(simple, |taxes, share| {
            let whole = taxes.saturating_add(Decimal::ONE);
            taxes.saturating_add(whole.saturating_mul(share))
        }))
    }

    /// The percentages, smallest first, without those of nothing.
    pub(super) fn percents(&self) -> Vec<Decimal> {
        let percents = self.rates.iter().filter_map(|rate| rate.percent);
        let mut percents: Vec<Decimal> = percents
            .filter(|percent| !percent.is_zero())
            .map(|percent| percent.normalize())
            .collect();
        percents.sort_unstable();
        percents
    }

    /// Whether one is taken of the others.
    pub(super) fn compound(&self) -> bool {
        self.rates.len() > 1 && self.rates.iter().any(|rate| rate.compound)
    }

    /// `GST (rate 1, 5 %) and QST (rate 2, 9.975 %) in CA QC`.
    pub(super) fn in_words(&self) -> String {
        let rates: Vec<String> = self
            .rates
            .iter()
            .map(|rate| match rate.percent {
                Some(percent) => {
                    format!(
                        "{} (rate {}, {} %)",
                        rate.name,
                        rate.id,
                        percent.normalize()
                    )
                }
                None => format!("{} (rate {})", rate.name, rate.id),
            })
            .collect();
        let place = self.place();
        let place = if place.is_empty() {
            place
        } else {
            format!(" in {place}")
        };
        format!("{}{place}", rates.join(" and "))
    }

    /// `CA QC`, or the city; empty: everywhere.
    fn place(&self) -> String {
        let narrowest = self.rates.iter().max_by_key(|rate| narrowness(rate));
        let Some(rate) = narrowest else {
            return String::new();
        };
        let mut words: Vec<&str> = vec![&rate.country, &rate.state];
        words.extend(rate.cities.first().map(String::as_str));
        words.retain(|word| !word.is_empty());
        words.join(" ")
    }

    /// Words that a fitting code's name may have in it.
    pub(super) fn hints(&self) -> String {
        let names: Vec<&str> = self.rates.iter().map(|rate| rate.name.as_str()).collect();
        format!("{} {}", names.join("/"), self.place())
    }
}

/// All sets that a line of goods or of shipping can have.
pub(super) fn rate_sets(rates: &[StoreTaxRate]) -> Vec<RateSet<'_>> {
    let mut sets: Vec<RateSet<'_>> = Vec::new();
    for class in classes(rates) {
        let of_class: Vec<&StoreTaxRate> = rates.iter().filter(|it| it.class == class).collect();
        let slug = if class == "standard" { "" } else { class };
        for place in places(&of_class) {
            add(&mut sets, set_at(&of_class, &place, slug));
        }
    }
    // shipping is charged by those of them that say so
    for set in sets.clone() {
        let rates = set.rates.into_iter().filter(|rate| rate.shipping);
        add(
            &mut sets,
            RateSet {
                rates: rates.collect(),
                class: "",
            },
        );
    }
    sets
}

fn add<'a>(sets: &mut Vec<RateSet<'a>>, set: RateSet<'a>) {
    let known = sets.iter().any(|known| known.key() == set.key());
    if !set.rates.is_empty() && !known {
        sets.push(set);
    }
}

fn classes(rates: &[StoreTaxRate]) -> Vec<&str> {
    let mut classes: Vec<&str> = Vec::new();
    for rate in rates {
        if !classes.contains(&rate.class.as_str()) {
            classes.push(&rate.class);
        }
    }
    classes
}

/// Where a customer can be, as far as rates tell places apart.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Place<'a> {
    country: &'a str,
    state: &'a str,
    postcodes: &'a [String],
    cities: &'a [String],
}

impl<'a> Place<'a> {
    fn of(rate: &'a StoreTaxRate) -> Self {
        Self {
            country: &rate.country,
            state: &rate.state,
            postcodes: &rate.postcodes,
            cities: &rate.cities,
        }
    }

    /// A place where both hold; `None` where there is none that is known.
    fn and(self, other: Self) -> Option<Self> {
        fn either<T: AsRef<[U]> + Copy + PartialEq, U>(left: T, right: T) -> Option<T> {
            match (left.as_ref().is_empty(), right.as_ref().is_empty()) {
                (true, _) => Some(right),
                (_, true) => Some(left),
                _ => (left == right).then_some(left),
            }
        }
        Some(Self {
            country: either::<&str, u8>(self.country, other.country)?,
            state: either::<&str, u8>(self.state, other.state)?,
            postcodes: either::<&[String], String>(self.postcodes, other.postcodes)?,
            cities: either::<&[String], String>(self.cities, other.cities)?,
        })
    }
}

fn places<'a>(rates: &[&'a StoreTaxRate]) -> Vec<Place<'a>> {
    let mut places: Vec<Place<'a>> = rates.iter().map(|rate| Place::of(rate)).collect();
    if rates.len() <= MOST_MERGED {
        let own = places.clone();
        for (index, place) in own.iter().enumerate() {
            let others = own.iter().skip(index + 1);
            places.extend(others.filter_map(|other| place.and(*other)));
        }
    }
    places
}

fn set_at<'a>(rates: &[&'a StoreTaxRate], place: &Place<'a>, class: &'a str) -> RateSet<'a> {
    let mut found: Vec<&StoreTaxRate> = Vec::new();
    let mut fitting: Vec<&StoreTaxRate> = rates
        .iter()
        .copied()
        .filter(|rate| fits(rate, place))
        .collect();
    fitting.sort_by_key(|rate| (rate.priority, std::cmp::Reverse(narrowness(rate)), rate.id));
    for rate in fitting {
        if found
            .last()
            .is_none_or(|last| last.priority != rate.priority)
        {
            found.push(rate);
        }
    }
    RateSet {
        rates: found,
        class,
    }
}

fn fits(rate: &StoreTaxRate, place: &Place<'_>) -> bool {
    let text = |rule: &str, place: &str| rule.is_empty() || rule == place;
    let list = |rule: &[String], place: &[String]| rule.is_empty() || rule == place;
    text(&rate.country, place.country)
        && text(&rate.state, place.state)
        && list(&rate.postcodes, place.postcodes)
        && list(&rate.cities, place.cities)
}

fn narrowness(rate: &StoreTaxRate) -> (bool, bool, bool, bool) {
    (
        !rate.country.is_empty(),
        !rate.state.is_empty(),
        !rate.postcodes.is_empty(),
        !rate.cities.is_empty(),
    )
}

fn key<'a>(rates: impl IntoIterator<Item = &'a StoreTaxRate>) -> String {
    let ids: Vec<String> = rates.into_iter().map(|rate| rate.id.to_string()).collect();
    rate_key(ids.iter().map(String::as_str))
}

#[cfg(test)]
mod tests {
    use rust_decimal::dec;

    use super::*;

    fn rate(id: u64, place: (&str, &str), percent: Decimal, priority: i64) -> StoreTaxRate {
        StoreTaxRate {
            id,
            country: place.0.to_owned(),
            state: place.1.to_owned(),
            percent: Some(percent),
            name: format!("tax {id}"),
            priority,
            shipping: true,
            class: "standard".to_owned(),
            ..StoreTaxRate::default()
        }
    }

    fn keys(rates: &[StoreTaxRate]) -> Vec<String> {
        rate_sets(rates).iter().map(RateSet::key).collect()
    }

    #[test]
    fn of_each_priority_the_narrowest_rate_is_charged() {
        let rates = [
            rate(1, ("CA", ""), dec!(5), 1),
            rate(2, ("CA", "QC"), dec!(9.975), 2),
            rate(3, ("CA", "ON"), dec!(8), 2),
            // a lower rate for one state in place of the country's
            rate(4, ("CA", "AB"), dec!(4), 1),
        ];
        assert_eq!(keys(&rates), ["1", "1+2", "1+3", "4"]);
    }

    #[test]
    fn shipping_has_the_rates_that_tax_it() {
        let mut rates = [
            rate(1, ("US", "CA"), dec!(7.25), 1),
            rate(2, ("US", "CA"), dec!(2.25), 2),
        ];
        rates[1].cities = vec!["LOS ANGELES".to_owned()];
        assert_eq!(keys(&rates), ["1", "1+2"]);
        rates[0].shipping = false;
        assert_eq!(keys(&rates), ["1", "1+2", "2"]);
        rates[1].shipping = false;
        assert_eq!(keys(&rates), ["1", "1+2"]);
    }

    #[test]
    fn a_place_that_only_two_rates_together_name_is_found() {
        let mut city = rate(2, ("", ""), dec!(1), 2);
        city.cities = vec!["OTTAWA".to_owned()];
        let rates = [rate(1, ("CA", "ON"), dec!(13), 1), city];
        assert_eq!(keys(&rates), ["1", "2", "1+2"]);
    }

    #[test]
    fn compound_rates_are_on_top_of_the_others_and_rates_of_nothing_do_not_count() {
        let mut rates = [
            rate(1, ("CA", ""), dec!(5), 1),
            rate(2, ("CA", "QC"), dec!(9.975), 2),
            rate(3, ("CA", "AB"), dec!(0), 2),
        ];
        rates[1].compound = true;
        let sets = rate_sets(&rates);
        let of = |key: &str| sets.iter().find(|set| set.key() == key).unwrap();
        assert_eq!(of("1+2").share(), Some(dec!(0.15473750)));
        assert!(of("1+2").compound() && !of("1+3").compound());
        assert_eq!(of("1+3").charged_key(), "1");
        assert_eq!(of("1+3").percents(), [dec!(5)]);
        assert_eq!(
            of("1+2").in_words(),
            "tax 1 (rate 1, 5 %) and tax 2 (rate 2, 9.975 %) in CA QC"
        );
    }
}
