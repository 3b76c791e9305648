//! Which members a statement may name, and what it may ask of them.

use super::super::fault::Fault;
use super::super::index::Field;
use super::super::kind::Kind;
use super::super::members;

/// A property of a kind, in its canonical spelling.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Property {
    Id,
    Active,
    Created,
    Updated,
    Member(&'static str),
}

impl Property {
    pub(super) fn find(kind: Kind, text: &str) -> Result<Self, Fault> {
        let unknown = || {
            Fault::query_invalid(&format!(
                "Property {text} not found for Entity {}",
                kind.name()
            ))
        };
        let (head, tail) = text
            .split_once('.')
            .map_or((text, None), |(h, t)| (h, Some(t)));
        let member = members::canonical(kind.name(), head).ok_or_else(unknown)?;
        match (member, tail) {
            ("Id", None) => Ok(Self::Id),
            ("Active", None) => Ok(Self::Active),
            ("MetaData", Some(tail)) if tail.eq_ignore_ascii_case("CreateTime") => {
                Ok(Self::Created)
            }
            ("MetaData", Some(tail)) if tail.eq_ignore_ascii_case("LastUpdatedTime") => {
                Ok(Self::Updated)
            }
            ("MetaData", _) => Err(unknown()),
            (member, _) => Ok(Self::Member(member)),
        }
    }

    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Id => "Id",
            Self::Active => "Active",
            Self::Created | Self::Updated => "MetaData",
            Self::Member(member) => member,
        }
    }

    /// FACTS: QuickBooks §9: what may stand in WHERE.
    pub(super) fn is_queryable(&self, kind: Kind) -> bool {
        let Self::Member(member) = self else {
            return true;
        };
        let transaction = [
            "DocNumber",
            "TxnDate",
            "CustomerRef",
            "TotalAmt",
            "Balance",
            "DueDate",
        ];
        let party = [
            "DisplayName",
            "GivenName",
            "MiddleName",
            "FamilyName",
            "CompanyName",
        ];
        match kind {
            Kind::Customer => {
                party.contains(member)
                    || matches!(
                        *member,
                        "FullyQualifiedName" | "PrimaryEmailAddr" | "Balance"
                    )
            }
            Kind::Vendor | Kind::Employee => party.contains(member) || *member == "Balance",
            Kind::Item => {
                matches!(
                    *member,
                    "Name" | "FullyQualifiedName" | "Sku" | "Type" | "Description"
                )
            }
            Kind::Account => matches!(
                *member,
                "Name" | "FullyQualifiedName" | "AccountType" | "AccountSubType" | "Classification"
            ),
            Kind::CompanyCurrency => matches!(*member, "Code" | "Name"),
            Kind::TaxAgency => *member == "DisplayName",
            Kind::Payment => transaction.contains(member) || *member == "PaymentRefNum",
            _ if kind.is_transaction() => transaction.contains(member),
            _ => matches!(
                *member,
                "Name" | "FullyQualifiedName" | "Type" | "Description"
            ),
        }
    }

    pub(super) fn index(&self) -> Option<Field> {
        match self {
            Self::Member("DisplayName" | "Name") => Some(Field::Name),
            Self::Member("FullyQualifiedName") => Some(Field::FullName),
            Self::Member("PrimaryEmailAddr") => Some(Field::Email),
            Self::Member("Sku") => Some(Field::Sku),
            Self::Member("DocNumber") => Some(Field::DocNumber),
            Self::Member("CustomerRef") => Some(Field::Customer),
            _ => None,
        }
    }
}
