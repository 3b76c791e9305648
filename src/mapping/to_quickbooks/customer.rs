//! Customers: accounts and guests of the store, recognised in the books or made there.

mod names;

use kit::{Currency, ListEntry, ListKind, PostingKind};
use quickbooks::{Customer, CustomerEntry, EmailAddress, PhysicalAddress, Ref, TelephoneNumber};
use woocommerce::{Address, Customer as Account, Order};

use super::address;
use super::hold::hold;
use super::list_object::{adopted, kept, list_document, list_draft, moved, named_role, sparse};
use super::order::Sale;
use super::resolved::Resolved;
use super::text::valid_email;
use crate::domain::{
    CustomerMatch, Customers, Document, Draft, Hold, IfPosted, Link, LinkKey, MappingRules, Match,
    MatchField, Needs, References, SourceKind, Wish,
};

/// Who a sale is booked to.
pub(super) struct Buyer<'a> {
    rules: &'a MappingRules,
    books: &'a Resolved,
    /// The identity in the store.
    pub(super) key: LinkKey,
    /// The same person's identity as a guest, who may have bought before the account was made.
    guest: Option<LinkKey>,
    person: Option<Person<'a>>,
    /// A foreign currency: a customer has one currency for good (FACTS: QuickBooks §7).
    foreign: Option<Currency>,
}

struct Person<'a> {
    company: &'a str,
    first: &'a str,
    last: &'a str,
    email: &'a str,
    phone: &'a str,
    billing: &'a Address,
    shipping: &'a Address,
    /// Tells two of one name apart where there is no e-mail address: "order 62".
    otherwise: String,
}

impl<'a> Buyer<'a> {
    /// The generic customer, who gets what belongs to nobody.
    pub(super) fn nobody(
        currency: Option<Currency>,
        rules: &'a MappingRules,
        books: &'a Resolved,
    ) -> Self {
        let foreign = currency.filter(|it| books.multi_currency && *it != books.home);
        let role = named_role("generic_customer", &rules.customers.generic);
        let key = customer_key(SourceKind::Role, &role, foreign);
        Self {
            rules,
            books,
            key,
            guest: None,
            person: None,
            foreign,
        }
    }

    /// Who bought an order.
    pub(super) fn of_order(order: &'a Order, rules: &'a MappingRules, books: &'a Resolved) -> Self {
        let foreign =
            (books.multi_currency && order.currency != books.home).then_some(order.currency);
        let key = |kind: SourceKind, id: &str| customer_key(kind, id, foreign);
        let billing = &order.billing;
        let email = guest_id(&billing.email);
        let named = [&billing.company, &billing.first_name, &billing.last_name]
            .iter()
            .any(|text| !text.trim().is_empty());
        let guest = (!email.is_empty()).then(|| key(SourceKind::Guest, &email));
        let account = order.customer_id != 0;
        let mode = if account {
            rules.customers.mode
        } else {
            rules.customers.guests
        };
        let nobody = !account && email.is_empty() && !named;
        if mode == Customers::One || rules.customers.mode == Customers::One || nobody {
            return Self::nobody(Some(order.currency), rules, books);
        }
        let (own, guest) = if account {
            (
                key(SourceKind::Customer, &order.customer_id.to_string()),
                guest,
            )
        } else {
            let by_order = || key(SourceKind::Guest, &format!("order:{}", order.id));
            (guest.unwrap_or_else(by_order), None)
        };
        let person = Person {
            company: &billing.company,
            first: &billing.first_name,
            last: &billing.last_name,
            email: &billing.email,
            phone: &billing.phone,
            billing,
            shipping: &order.shipping,
            otherwise: if account {
                format!("customer {}", order.customer_id)
            } else {
                format!("order {}", order.id)
            },
        };
        Self {
            rules,
            books,
            key: own,
            guest,
            person: Some(person),
            foreign,
        }
    }

    /// The owner of an account.
    pub(super) fn of_account(
        account: &'a Account,
        rules: &'a MappingRules,
        books: &'a Resolved,
    ) -> Self {
        let billing = &account.billing;
        let or = |own: &'a str, other: &'a str| if own.trim().is_empty() { other } else { own };
        let named = !(account.first_name.trim().is_empty() && account.last_name.trim().is_empty());
        let person = Person {
            company: &billing.company,
            first: if named {
                &account.first_name
            } else {
                &billing.first_name
            },
            last: if named {
                &account.last_name
            } else {
                &billing.last_name
            },
            email: or(&account.email, &billing.email),
            phone: &billing.phone,
            billing,
            shipping: &account.shipping,
            otherwise: format!("customer {}", account.id),
        };
        let email = guest_id(person.email);
        Self {
            rules,
            books,
            key: customer_key(SourceKind::Customer, &account.id.to_string(), None),
            guest: (!email.is_empty()).then(|| customer_key(SourceKind::Guest, &email, None)),
            person: Some(person),
            foreign: None,
        }
    }

    /// What must be known.
    pub(super) fn need(&self, needs: &mut Needs) {
        needs.links.insert(self.key.clone());
        needs.links.extend(self.guest.clone());
        for (_, look) in self.looks() {
            needs.matches.insert(look);
        }
    }

    /// The draft, where the customer is not in the books yet, or is another one there by now; held where
    /// it is no longer in use there and nobody can tell which one it is.
    pub(super) fn draft_if_missing(
        &self,
        known: &References,
        drafts: &mut Vec<Draft>,
    ) -> Result<(), Hold> {
        let link = known.links.get(&self.key);
        if link.is_some_and(|link| !link.gone) {
            return Ok(());
        }
        let draft = self.draft(known);
        match draft.wish {
            Wish::Hold(hold) if link.is_some() => return Err(hold),
            Wish::Post(_) | Wish::Adopt(_) if link.is_some() => {} // nobody took its place
            _ => drafts.push(draft),
        }
        Ok(())
    }

    /// The posting of an account's record.
    pub(super) fn draft(&self, known: &References) -> Draft {
        let wish = if self.rules.customers.mode == Customers::One && self.person.is_some() {
            Wish::Exclude {
                reason: "all sales are booked to one customer".to_owned(),
                if_posted: IfPosted::Ignore,
            }
        } else {
            self.wish(known)
        };
        list_draft(self.key.clone(), self.display_name(), wish)
    }

    fn wish(&self, known: &References) -> Wish {
        let link = known.links.get(&self.key);
        let guest = self.guest.as_ref().and_then(|key| known.links.get(key));
        match (link, guest) {
            (Some(link), _) if !link.gone => return self.as_before(link),
            (_, Some(guest)) if !guest.gone => return moved(kept(guest), link),
            _ => {}
        }
        for (field, look) in self.looks() {
            let fitting: Vec<&ListEntry> = known
                .matching(&look)
                .iter()
                .filter(|entry| self.fits(field, entry, known))
                .collect();
            match fitting.as_slice() {
                [] => {}
                [only] => return moved(adopted(only), link),
                several => {
                    let names: Vec<String> = several
                        .iter()
                        .map(|entry| format!("`{}`", entry.name))
                        .collect();
                    return Wish::Hold(hold(
                        "ambiguous_customer",
                        format!(
                            "{} customers in QuickBooks have the {} `{}`: {}",
                            several.len(),
                            match field {
                                MatchField::Key => "e-mail address",
                                MatchField::Name => "name",
                            },
                            look.value,
                            names.join(", ")
                        ),
                    ));
                }
            }
        }
        match (link, guest) {
            (Some(link), _) => self.as_before(link), // nobody took its place
            (None, Some(guest)) => kept(guest),
            (None, None) => Wish::Post(self.document()),
        }
    }

    fn as_before(&self, link: &Link) -> Wish {
        if link.adopted {
            kept(link)
        } else {
            Wish::Post(self.document())
        }
    }

    fn looks(&self) -> Vec<(MatchField, Match)> {
        let by =
            |field: MatchField, value: &str| (field, Match::new(ListKind::Customer, field, value));
        let Some(person) = &self.person else {
            return vec![by(MatchField::Name, &self.display_name())];
        };
        let look = |field: &CustomerMatch| match field {
            CustomerMatch::Email => {
                let email = valid_email(person.email)?;
                Some(by(MatchField::Key, &email))
            }
            CustomerMatch::Name => Some(by(MatchField::Name, &self.display_name())),
        };
        self.rules
            .customers
            .matching
            .iter()
            .filter_map(look)
            .collect()
    }

    /// Whether an entry can be this customer: of the currency, and with no other e-mail address where
    /// only the name agrees; then it is nobody else of the store either.
    fn fits(&self, field: MatchField, entry: &ListEntry, known: &References) -> bool {
        if self.books.multi_currency {
            let wanted = self.foreign.unwrap_or(self.books.home);
            let currency = serde_json::from_str::<CustomerEntry>(&entry.body)
                .map_or_else(|_| String::new(), |it| it.currency);
            if !currency.is_empty() && currency != wanted.as_str() {
                return false;
            }
        }
        match (field, &self.person) {
            (MatchField::Key, _) | (MatchField::Name, None) => true,
            (MatchField::Name, Some(person)) => {
                let (theirs, ours) = (entry.key.trim(), person.email.trim());
                let mut linked = known.linked_to(entry).iter();
                let alone = theirs.is_empty() && linked.all(|key| self.is_same(key, ours, known));
                ours.is_empty() || alone || theirs.eq_ignore_ascii_case(ours)
            }
        }
    }

    /// Whether a guest or account of the store is this person: a guest and an account of one e-mail
    /// address are.
    fn is_same(&self, key: &LinkKey, email: &str, known: &References) -> bool {
        let record = known.records.get(key).map(String::as_str);
        let account = record.and_then(|record| woocommerce::parse_customer(record).ok());
        let theirs = account.filter(|it| it.email.trim().eq_ignore_ascii_case(email));
        *key == self.key || theirs.is_some()
    }

    fn document(&self) -> Document {
        let texts = self.books.texts;
        let mut customer = Customer {
            display_name: self.display_name(),
            currency_ref: self
                .books
                .multi_currency
                .then(|| Ref::to(self.foreign.unwrap_or(self.books.home).as_str())),
            ..Customer::default()
        };
        if let Some(person) = &self.person {
            let name = |text: &str| Some(texts.name(text, 100)).filter(|it| !it.is_empty());
            let filled = |address: PhysicalAddress| Some(address).filter(|it| !it.is_empty());
            customer.given_name = name(person.first);
            customer.family_name = name(person.last);
            customer.company_name = texts.line(person.company, 100);
            customer.primary_email_addr =
                valid_email(person.email).map(|address| EmailAddress { address });
            customer.primary_phone = texts
                .line(person.phone, 30)
                .map(|free_form_number| TelephoneNumber { free_form_number });
            customer.bill_addr = filled(address::of_bill(person.billing, texts));
            customer.ship_addr = filled(address::of_shipment(person.shipping, texts));
        }
        let renamed = self
            .other_name()
            .map(|display_name| Customer {
                display_name,
                ..customer.clone()
            })
            .map(|it| (it.display_name.clone(), sparse(&it)));
        let email = customer.primary_email_addr.as_ref();
        list_document(
            &customer.display_name,
            email.map(|it| it.address.as_str()),
            sparse(&customer),
            renamed,
        )
    }
}

/// Who a sale is booked to; the draft goes to `drafts`, where the customer is not in the books yet.
pub(super) fn of_sale(
    sale: &Sale<'_>,
    kind: PostingKind,
    known: &References,
    drafts: &mut Vec<Draft>,
) -> Result<LinkKey, Hold> {
    if let Some(account) = former_account(sale, kind, known) {
        return Ok(account);
    }
    let buyer = Buyer::of_order(sale.order, sale.rules, sale.books);
    buyer.draft_if_missing(known, drafts)?;
    Ok(buyer.key)
}

/// The customer of a posted sale whose account was deleted since: the store makes its orders a guest's,
/// and who bought does not change by that.
pub(super) fn former_account(
    sale: &Sale<'_>,
    kind: PostingKind,
    known: &References,
) -> Option<LinkKey> {
    let order = sale.order;
    let booked_to = known.parents.get(&order.id.to_string())?.customer.as_ref();
    let account = booked_to.filter(|key| key.source_kind == SourceKind::Customer)?;
    let each = sale.rules.customers.mode == Customers::PerCustomer;
    let is_posted = known.links.contains_key(&sale.key(kind));
    (order.customer_id == 0 && each && is_posted).then(|| account.clone())
}

/// A guest's id: the e-mail address in lower case, without what could break a placeholder.
fn guest_id(email: &str) -> String {
    email.trim().to_lowercase().replace(char::is_control, "")
}

fn customer_key(kind: SourceKind, id: &str, foreign: Option<Currency>) -> LinkKey {
    let id = match foreign {
        Some(currency) => format!("{id}:{currency}"),
        None => id.to_owned(),
    };
    LinkKey::new(kind, id, PostingKind::Customer)
}
