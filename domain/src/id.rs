//! Identifiers as newtypes, so that the id of one thing never passes for another's.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;
use uuid::Uuid;

/// An identifier that is not of its type's shape.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{kind} is expected as {expected}")]
pub struct InvalidId {
    /// The kind of identifier, e.g. `unit key`.
    pub kind: &'static str,
    /// Its shape, as a person would describe it.
    pub expected: &'static str,
}

macro_rules! uuid_id {
    ($(#[$doc:meta])* $name:ident, $kind:literal $(, $stream:literal)?) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl $name {
            $(/// The stream that holds this aggregate's events.
            #[must_use]
            pub fn stream(&self) -> String {
                format!(concat!($stream, "-{}"), self.0)
            })?
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = InvalidId;

            fn from_str(text: &str) -> Result<Self, InvalidId> {
                let invalid = InvalidId { kind: $kind, expected: "a UUID in lower case with hyphens" };
                let id = Uuid::try_parse(text).map_err(|_| invalid.clone())?;
                if id.to_string() == text { Ok(Self(id)) } else { Err(invalid) }
            }
        }
    };
}

uuid_id!(
    /// A company of the register.
    CompanyId, "company id", "company"
);
uuid_id!(
    /// A plan, from its draft to its approval.
    PlanId, "plan id", "plan"
);
uuid_id!(
    /// A tender, from its draft to its award.
    TenderId, "tender id", "tender"
);
uuid_id!(
    /// A company's taking part in a tender; drawn at random, so that it tells nothing of either.
    ParticipationId, "participation id", "participation"
);
uuid_id!(
    /// A proposal; drawn at random, so that it tells nothing of its company.
    ProposalId, "proposal id", "proposal"
);
uuid_id!(
    /// A technical sheet; drawn at random, so that it tells nothing of its tender.
    SheetId, "sheet id", "sheet"
);
uuid_id!(
    /// A citizen evaluator of the register.
    EvaluatorId, "evaluator id", "evaluator"
);
uuid_id!(
    /// An award.
    AwardId, "award id"
);
uuid_id!(
    /// A contract.
    ContractId, "contract id", "contract"
);
uuid_id!(
    /// The pseudonym an account acts under in the log; says nothing about the person.
    AccountRef, "account reference"
);

macro_rules! text_id {
    ($(#[$doc:meta])* $name:ident, $kind:literal, $expected:literal, $is_valid:path) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// The identifier's text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl FromStr for $name {
            type Err = InvalidId;

            fn from_str(text: &str) -> Result<Self, InvalidId> {
                Self::try_from(text.to_owned())
            }
        }

        impl TryFrom<String> for $name {
            type Error = InvalidId;

            fn try_from(text: String) -> Result<Self, InvalidId> {
                if $is_valid(&text) {
                    Ok(Self(text))
                } else {
                    Err(InvalidId { kind: $kind, expected: $expected })
                }
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> Self {
                id.0
            }
        }
    };
}

text_id!(
    /// The key of a buying unit (unidad compradora), nine digits or capital letters.
    UnitKey, "unit key", "nine digits or capital letters", is_unit_key
);
text_id!(
    /// The scheme of an item catalogue, e.g. `MX-LOCAL`.
    CatalogueScheme,
    "catalogue scheme",
    "2 to 32 capital letters, digits or hyphens, a letter first",
    is_scheme
);
text_id!(
    /// The code of an item within its scheme, e.g. `33300001-ACC`.
    ItemCode, "item code", "1 to 64 capital letters, digits or hyphens", is_item_code
);
text_id!(
    /// The id of an item, requirement or criterion within its plan or tender, e.g. `R1`.
    LocalId, "id", "1 to 32 letters, digits, dots, hyphens or underscores", is_local_id
);
text_id!(
    /// The id of a contracting process, `{prefix}-{unitKey}-{fiscalYear}-{n}` (OCDS 1.1 §ocid).
    Ocid, "ocid", "ocds-xxxxxx-UNITKEY00-YYYY-N", is_ocid
);
text_id!(
    /// The registered prefix of a publisher's ocids, `^ocds-[a-z0-9]{6}$`.
    OcidPrefix, "ocid prefix", "ocds- and six lower-case letters or digits", is_ocid_prefix
);

text_id!(
    /// The letter or letters a proposal is known by while nobody may know whose it is: A, B, …, Z, AA, …
    Mask, "mask", "one or two capital letters", is_mask
);
text_id!(
    /// The name a citizen evaluator is known by, e.g. `EV-7Q2`.
    Pseudonym, "pseudonym", "EV- and 3 to 12 capital letters or digits", is_pseudonym
);

impl TenderId {
    /// The stream of the tender's evaluation: its panel, its ballots, its result.
    #[must_use]
    pub fn evaluation_stream(&self) -> String {
        format!("eval-{}", self.0)
    }
}

impl Mask {
    /// How many masks there are.
    pub const COUNT: usize = 26 + 26 * 26;

    /// The mask at a place in their order, from 0: A, B, …, Z, AA, AB, …; `None` beyond [`Self::COUNT`].
    #[must_use]
    pub fn at(place: usize) -> Option<Self> {
        let letter = |n: usize| u8::try_from(n).ok().map(|n| char::from(b'A' + n));
        let text = match place {
            0..26 => String::from(letter(place)?),
            26..Self::COUNT => [letter(place / 26 - 1)?, letter(place % 26)?].into_iter().collect(),
            _ => return None,
        };
        Some(Self(text))
    }
}

impl UnitKey {
    /// The stream that holds this unit's events.
    #[must_use]
    pub fn stream(&self) -> String {
        format!("unit-{self}")
    }
}

impl CatalogueScheme {
    /// The stream that holds this catalogue's events.
    #[must_use]
    pub fn stream(&self) -> String {
        format!("catalog-{self}")
    }
}

impl Ocid {
    /// Mints the `n`-th ocid of a unit's fiscal year; `n` counts from 1.
    ///
    /// # Errors
    /// [`InvalidId`] when `n` is 0 or the year is not between 1970 and 9999.
    pub fn mint(
        prefix: &OcidPrefix,
        unit: &UnitKey,
        fiscal_year: u16,
        n: u64,
    ) -> Result<Self, InvalidId> {
        Self::try_from(format!("{prefix}-{unit}-{fiscal_year}-{n}"))
    }

    /// The stream that records which releases of this process were published.
    #[must_use]
    pub fn releases_stream(&self) -> String {
        format!("releases-{self}")
    }
}

fn is_mask(text: &str) -> bool {
    has_length(text, 1, 2) && text.bytes().all(|byte| byte.is_ascii_uppercase())
}

fn is_pseudonym(text: &str) -> bool {
    text.strip_prefix("EV-")
        .is_some_and(|rest| has_length(rest, 3, 12) && rest.bytes().all(is_capital_or_digit))
}

fn has_length(text: &str, min: usize, max: usize) -> bool {
    (min..=max).contains(&text.len())
}

fn is_capital_or_digit(byte: u8) -> bool {
    byte.is_ascii_uppercase() || byte.is_ascii_digit()
}

fn is_unit_key(text: &str) -> bool {
    text.len() == 9 && text.bytes().all(is_capital_or_digit)
}

fn is_scheme(text: &str) -> bool {
    has_length(text, 2, 32)
        && text.bytes().next().is_some_and(|first| first.is_ascii_uppercase())
        && text.bytes().all(|byte| is_capital_or_digit(byte) || byte == b'-')
}

fn is_item_code(text: &str) -> bool {
    has_length(text, 1, 64) && text.bytes().all(|byte| is_capital_or_digit(byte) || byte == b'-')
}

fn is_local_id(text: &str) -> bool {
    has_length(text, 1, 32)
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte))
}

fn is_ocid_prefix(text: &str) -> bool {
    text.strip_prefix("ocds-").is_some_and(|rest| {
        rest.len() == 6
            && rest.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
    })
}

fn is_ocid(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let [ocds, prefix, unit, year, n] = parts.as_slice() else { return false };
    is_ocid_prefix(&format!("{ocds}-{prefix}"))
        && is_unit_key(unit)
        && is_counting_number(year)
        && (1970..=9999).contains(&year.parse().unwrap_or(0))
        && is_counting_number(n)
}

fn is_counting_number(text: &str) -> bool {
    has_length(text, 1, 19) && text.bytes().all(|b| b.is_ascii_digit()) && !text.starts_with('0')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ocid_is_minted_from_its_four_parts() {
        let prefix = "ocds-000000".parse().unwrap();
        let unit = "009000999".parse().unwrap();
        let ocid = Ocid::mint(&prefix, &unit, 2018, 1).unwrap();
        assert_eq!(ocid.as_str(), "ocds-000000-009000999-2018-1");
        assert_eq!(ocid.releases_stream(), "releases-ocds-000000-009000999-2018-1");
        assert!(Ocid::mint(&prefix, &unit, 2018, 0).is_err());
    }

    #[test]
    fn ids_of_another_shape_are_refused() {
        for text in ["", "00900099", "00900099a", "0090009990"] {
            assert!(text.parse::<UnitKey>().is_err(), "{text}");
        }
        for text in ["OCDS-000000", "ocds-00000", "ocds-0000000", "ocds-00000A"] {
            assert!(text.parse::<OcidPrefix>().is_err(), "{text}");
        }
        assert!("ocds-000000-009000999-2018-01".parse::<Ocid>().is_err());
        assert!("a b".parse::<LocalId>().is_err());
        assert!("0190A0B0-0000-7000-8000-000000000000".parse::<CompanyId>().is_err());
    }

    #[test]
    fn a_recorded_id_of_another_shape_does_not_deserialise() {
        assert!(serde_json::from_str::<UnitKey>("\"x\"").is_err());
        assert!(serde_json::from_str::<UnitKey>("\"009000999\"").is_ok());
    }
}
