//! The kinds of objects the company keeps, with the names they go by in paths,
//! queries and on the screen. FACTS: QuickBooks §1, §7.

/// A kind of object; the order is that of the variants, lists before documents.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// A customer, one of the three name lists that share their names.
    Customer,
    /// A vendor, one of the three name lists that share their names.
    Vendor,
    /// An employee, one of the three name lists that share their names.
    Employee,
    /// A product or service.
    Item,
    /// An account of the chart of accounts.
    Account,
    /// A way of being paid: cash, cheque, a card.
    PaymentMethod,
    /// A class for tracking.
    Class,
    /// A department, on the screen a location.
    Department,
    /// A term of payment.
    Term,
    /// A foreign currency the company uses.
    CompanyCurrency,
    /// A tax code: what is written on a line or a transaction.
    TaxCode,
    /// A tax rate: a percentage owed to one agency.
    TaxRate,
    /// Whom the tax is owed to.
    TaxAgency,
    /// A sale that was paid at once.
    SalesReceipt,
    /// A sale that will be paid later.
    Invoice,
    /// Money received for invoices.
    Payment,
    /// Money given back.
    RefundReceipt,
    /// A credit against invoices.
    CreditMemo,
    /// Money moved from Undeposited Funds to a bank account.
    Deposit,
    /// A general journal entry.
    JournalEntry,
    /// An expense that was paid at once.
    Purchase,
}

/// Kinds of one space never share an id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum IdSpace {
    /// Customer, vendor, employee.
    Parties,
    /// All transactions.
    Transactions,
    /// Any other kind has numbers of its own.
    Own(Kind),
}

impl Kind {
    /// Every kind there is.
    pub const ALL: [Self; 21] = [
        Self::Customer,
        Self::Vendor,
        Self::Employee,
        Self::Item,
        Self::Account,
        Self::PaymentMethod,
        Self::Class,
        Self::Department,
        Self::Term,
        Self::CompanyCurrency,
        Self::TaxCode,
        Self::TaxRate,
        Self::TaxAgency,
        Self::SalesReceipt,
        Self::Invoice,
        Self::Payment,
        Self::RefundReceipt,
        Self::CreditMemo,
        Self::Deposit,
        Self::JournalEntry,
        Self::Purchase,
    ];

    /// The name in queries and answers, `SalesReceipt`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Customer => "Customer",
            Self::Vendor => "Vendor",
            Self::Employee => "Employee",
            Self::Item => "Item",
            Self::Account => "Account",
            Self::PaymentMethod => "PaymentMethod",
            Self::Class => "Class",
            Self::Department => "Department",
            Self::Term => "Term",
            Self::CompanyCurrency => "CompanyCurrency",
            Self::TaxCode => "TaxCode",
            Self::TaxRate => "TaxRate",
            Self::TaxAgency => "TaxAgency",
            Self::SalesReceipt => "SalesReceipt",
            Self::Invoice => "Invoice",
            Self::Payment => "Payment",
            Self::RefundReceipt => "RefundReceipt",
            Self::CreditMemo => "CreditMemo",
            Self::Deposit => "Deposit",
            Self::JournalEntry => "JournalEntry",
            Self::Purchase => "Purchase",
        }
    }

    /// The name on the screen and in the detail of fault 6140, `Sales Receipt`.
    pub const fn label(self) -> &'static str {
        match self {
            Self::SalesReceipt => "Sales Receipt",
            Self::RefundReceipt => "Refund",
            Self::CreditMemo => "Credit Memo",
            Self::JournalEntry => "Journal Entry",
            Self::Purchase => "Expense",
            Self::PaymentMethod => "payment method",
            other => other.name(),
        }
    }

    /// The kind of that name, in any case (FACTS: QuickBooks §1: accept any case).
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|kind| kind.name().eq_ignore_ascii_case(name))
    }

    /// Whether it is a transaction: has a date, lines and can be deleted.
    pub const fn is_transaction(self) -> bool {
        matches!(
            self,
            Self::SalesReceipt
                | Self::Invoice
                | Self::Payment
                | Self::RefundReceipt
                | Self::CreditMemo
                | Self::Deposit
                | Self::JournalEntry
                | Self::Purchase
        )
    }

    /// Whether it is one of the four sales forms that share lines and tax.
    pub const fn is_sales_form(self) -> bool {
        matches!(
            self,
            Self::SalesReceipt | Self::Invoice | Self::RefundReceipt | Self::CreditMemo
        )
    }

    /// Whether it is one of the three name lists that share one set of names.
    pub const fn is_party(self) -> bool {
        matches!(self, Self::Customer | Self::Vendor | Self::Employee)
    }

    /// Whether only reads are allowed. FACTS: QuickBooks §8.
    pub const fn is_read_only(self) -> bool {
        matches!(self, Self::TaxCode | Self::TaxRate | Self::TaxAgency)
    }

    /// Which numbers its ids are taken from.
    pub(super) const fn id_space(self) -> IdSpace {
        if self.is_party() {
            IdSpace::Parties
        } else if self.is_transaction() {
            IdSpace::Transactions
        } else {
            IdSpace::Own(self)
        }
    }
}
