//! The sandbox's company and a connector to it.

use std::sync::Arc;
use std::time::Duration;

use daybook_quickbooks::{
    Environment, Line, Payment, PaymentLine, QuickBooks, Ref, SalesItemLineDetail, SalesReceipt,
    Settings,
};
use kit::{
    Chance, Expected, Learned, Limiter, Member, Operation, Outcome, PostingId, PostingKind, Quotas,
    Receipt, RequestId, SystemClock,
};
use rust_decimal::Decimal;
use sandbox::company::{
    CompanyContents, CompanyHandle, CompanyOptions, CompanyServer, Kind, Limits, Regime,
};
use secrecy::SecretString;

use crate::fake::Events;
use crate::vault::MemoryVault;

/// A fresh US company whose numbers must be unique, and a connector to it.
pub(crate) struct World {
    pub(crate) books: QuickBooks,
    pub(crate) company: CompanyHandle,
    pub(crate) limiter: Arc<Limiter>,
    customer: String,
    item: String,
    _server: CompanyServer,
}

impl World {
    pub(crate) async fn new() -> Self {
        Self::with(|_| {}).await
    }

    /// With other settings of the connector.
    pub(crate) async fn with(adjust: impl FnOnce(&mut Settings)) -> Self {
        let contents = CompanyContents::fresh(Regime::UsAst)
            .with_preferences(|preferences| preferences.custom_txn_numbers = true);
        let options = CompanyOptions {
            contents,
            limits: Limits::off(),
            ..CompanyOptions::fresh(Regime::UsAst)
        };
        let server = CompanyServer::start(options).await.unwrap();
        let company = server.handle();
        let secret = SecretString::from(server.client_secret());
        let mut settings = Settings::new(
            Environment::Sandbox,
            server.realm_id(),
            server.client_id(),
            secret,
        )
        .unwrap();
        settings.base_url = server.base_url().parse().unwrap();
        settings.token_url = server.token_url().parse().unwrap();
        settings.authorize_url = server.authorize_url().parse().unwrap();
        settings.revoke_url = server.revoke_url().parse().unwrap();
        settings.refresh_token = Some(SecretString::from(server.refresh_token()));
        adjust(&mut settings);
        let quotas = Quotas {
            requests_per_minute: 60_000_000,
            requests_per_second: 1_000_000,
            batch_calls_per_minute: 6_000_000,
            concurrency: 10,
        };
        let clock = Arc::new(SystemClock);
        let limiter = Arc::new(Limiter::new(quotas, Learned::default(), clock.clone()));
        let vault = Arc::new(MemoryVault::new(Events::default()));
        let chance = Arc::new(Chance::seeded(1));
        let books = QuickBooks::new(settings, vault, limiter.clone(), clock, chance).unwrap();
        Self {
            books,
            customer: company.add_customer("Ann Lee", "ann@example.com").unwrap(),
            item: company.id_named(Kind::Item, "Services").unwrap(),
            company,
            limiter,
            _server: server,
        }
    }

    /// The sales receipt of order `number`, to be made.
    pub(crate) fn receipt(&self, slot: u32, number: &str) -> Member {
        self.sale(slot, number, "58.20", Operation::Create)
    }

    /// What `operation` does with the sales receipt of order `number` over `total`.
    pub(crate) fn sale(
        &self,
        slot: u32,
        number: &str,
        total: &str,
        operation: Operation,
    ) -> Member {
        let total: Decimal = total.parse().unwrap();
        let date = jiff::civil::date(2026, 11, 2);
        let note = format!("WooCommerce order {number}");
        let detail = SalesItemLineDetail {
            item_ref: Some(Ref::to(&self.item)),
            tax_code_ref: Some(Ref::to("NON")),
            ..SalesItemLineDetail::default()
        };
        let document = SalesReceipt {
            doc_number: Some(number.to_owned()),
            txn_date: Some(date),
            private_note: Some(note.clone()),
            customer_ref: Some(Ref::to(&self.customer)),
            line: vec![Line::sale(total, detail)],
            ..SalesReceipt::default()
        };
        Member {
            slot,
            posting: PostingId::new(format!("posting-{number}")),
            kind: PostingKind::SalesReceipt,
            operation,
            expected: Expected {
                name: None,
                key: None,
                doc_number: Some(number.to_owned()),
                date: Some(date),
                total: Some(total),
                currency: None,
                tax: Some(Decimal::ZERO),
                form: None,
                marker: Some(note),
            },
            document: serde_json::to_string(&document).unwrap(),
        }
    }

    /// Sales receipts of the orders from 1 on, in slots from 0 on.
    pub(crate) fn receipts(&self, count: u32) -> Vec<Member> {
        (0..count)
            .map(|slot| self.receipt(slot, &format!("{}", slot + 1)))
            .collect()
    }

    /// A payment of 40.00 for order `number`, without an invoice.
    pub(crate) fn payment(&self, number: &str) -> Member {
        let payment = Payment {
            txn_date: Some(jiff::civil::date(2026, 11, 2)),
            customer_ref: Ref::to(&self.customer),
            total_amt: Decimal::new(4000, 2),
            private_note: Some(format!("WooCommerce order {number}")),
            line: Vec::<PaymentLine>::new(),
            ..Payment::default()
        };
        Member {
            kind: PostingKind::Payment,
            expected: Expected {
                doc_number: None,
                tax: None,
                total: Some(Decimal::new(4000, 2)),
                ..self.receipt(0, number).expected
            },
            document: serde_json::to_string(&payment).unwrap(),
            ..self.receipt(0, number)
        }
    }
}

/// A request id made from a number.
pub(crate) fn request(number: u32) -> RequestId {
    RequestId::new(format!("{number:032x}"))
}

/// What a member that took effect left behind.
pub(crate) fn done(outcome: &Outcome) -> &Receipt {
    match outcome {
        Outcome::Done(receipt) => receipt,
        Outcome::Failed(failure) => panic!("{failure}"),
    }
}

/// The cause code of a member that did not.
pub(crate) fn cause(outcome: &Outcome) -> &str {
    match outcome {
        Outcome::Done(receipt) => panic!("took effect as {}", receipt.target_id),
        Outcome::Failed(failure) => failure.code(),
    }
}

/// A time limit for tests that wait for it.
pub(crate) const SHORT: Duration = Duration::from_millis(300);
