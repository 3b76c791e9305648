//! Currencies of transactions and their worth at home.

use rust_decimal::Decimal;

use super::super::fault::Fault;
use super::super::json;
use super::super::money::Currency;
use super::super::state::Company;
use super::{Composer, Draft};

/// The currency of a transaction and what one unit is worth at home.
#[derive(Clone, Copy, Debug)]
pub(super) struct Exchange {
    pub(super) currency: Currency,
    pub(super) rate: Decimal,
}

impl Company {
    /// FACTS: QuickBooks §8, Currency.
    pub(super) fn exchange(
        &self,
        draft: &Draft<'_>,
        customer: Option<Currency>,
    ) -> Result<Exchange, Fault> {
        let home = self.preferences.home_currency;
        let currency = match json::reference(&draft.body, "CurrencyRef") {
            Some(code) => Currency::from_code(code)
                .ok_or_else(|| Fault::invalid_reference("Currencies", code, "CurrencyRef"))?,
            None if self.preferences.multi_currency => {
                return Err(Fault::required("CurrencyRef"));
            }
            None => home,
        };
        self.check_currency(currency)?;
        if customer.is_some_and(|customer| customer != currency) {
            let text = "The transaction currency must be the same as the customer's currency";
            return Err(Fault::business(text));
        }
        if currency == home {
            return Ok(Exchange {
                currency,
                rate: Decimal::ONE,
            });
        }
        let sent = json::decimal(&draft.body, "ExchangeRate");
        let known = self
            .exchange_rates
            .iter()
            .find(|(known, _)| *known == currency);
        let rate = sent
            .or(known.map(|(_, rate)| *rate))
            .filter(|rate| *rate > Decimal::ZERO);
        let rate = rate.ok_or_else(|| Fault::required("ExchangeRate"))?;
        Ok(Exchange { currency, rate })
    }

    pub(super) fn put_exchange(&self, composer: &mut Composer, exchange: Exchange) {
        let currency = exchange.currency;
        composer.put(
            "CurrencyRef",
            json::make_reference(currency.code(), Some(currency.name())),
        );
        let rate = self
            .preferences
            .multi_currency
            .then(|| json::plain(exchange.rate));
        composer.put_some("ExchangeRate", rate);
    }

    pub(super) fn put_home_total(
        &self,
        composer: &mut Composer,
        exchange: Exchange,
        total: Decimal,
    ) {
        if self.preferences.multi_currency {
            let home = self.preferences.home_currency;
            let amount = home.round(total * exchange.rate);
            composer.put("HomeTotalAmt", json::money(amount, home.decimals()));
        }
    }
}
