//! The parts of a draft as they are typed in, and how they are read.

use serde::{Deserialize, Serialize};

use crate::catalogue::{read_code, read_scheme};
use crate::content::{DraftItem, Quote, Requirement, SocialCriterion, TechnicalCriterion};
use crate::id::LocalId;
use crate::money::{CENTAVOS_MAX, Currency, InvalidMoney, Money};
use crate::rejection::{InputRejection, in_range, unique_ids};
use crate::text::{self, TITLE_CHARS_MAX};

/// The most lines, requirements, criteria or quotes a draft may have.
pub const ENTRIES_MAX: usize = 500;

/// The largest quantity of one line.
pub const QUANTITY_MAX: u32 = 1_000_000_000;

/// An amount as it is typed in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MoneyInput {
    /// Whole centavos in decimal.
    pub centavos: String,
    /// Three capital letters.
    pub currency: String,
}

/// A line of a plan or tender as it is typed in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ItemInput {
    /// The line's id.
    pub id: String,
    /// The catalogue.
    pub scheme: String,
    /// The item's code in it.
    pub item: String,
    /// How many.
    pub quantity: u32,
}

/// A quote as it is typed in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct QuoteInput {
    /// Who quoted.
    pub source: String,
    /// How much.
    pub amount: MoneyInput,
}

/// A requirement as it is typed in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RequirementInput {
    /// Its id.
    pub id: String,
    /// What must be shown.
    pub title: String,
    /// Whether a proposal without it is not solvent.
    pub mandatory: bool,
}

/// A technical criterion as it is typed in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TechnicalCriterionInput {
    /// Its id.
    pub id: String,
    /// What is scored.
    pub title: String,
    /// The most it gives, in centipoints.
    pub maximum: u32,
}

/// A social criterion as it is typed in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SocialCriterionInput {
    /// Its id.
    pub id: String,
    /// What is scored.
    pub title: String,
    /// Its share, in per cent.
    pub weight_percent: u32,
}

impl MoneyInput {
    pub(crate) fn read(&self, field: &str) -> Result<Money, InputRejection> {
        let invalid = |error| match error {
            InvalidMoney::Currency => InputRejection::Format {
                field: format!("{field}.currency"),
                expected: "la moneda con tres letras mayúsculas, como MXN",
            },
            InvalidMoney::Centavos => InputRejection::Format {
                field: format!("{field}.centavos"),
                expected: "el importe en centavos enteros, solo con dígitos",
            },
            InvalidMoney::TooLarge => InputRejection::OutOfRange {
                field: format!("{field}.centavos"),
                min: 0,
                max: CENTAVOS_MAX,
            },
        };
        let currency = Currency::try_from(self.currency.trim().to_owned()).map_err(invalid)?;
        Money::from_decimal(self.centavos.trim(), currency).map_err(invalid)
    }
}

/// Reads a list with `read`, which is given each entry's path, and refuses repeated ids.
pub(crate) fn read_list<I, T>(
    field: &str,
    inputs: &[I],
    read: impl Fn(&str, &I) -> Result<T, InputRejection>,
) -> Result<Vec<T>, InputRejection> {
    in_range(field, inputs.len() as u64, 0, ENTRIES_MAX as u64)?;
    inputs
        .iter()
        .enumerate()
        .map(|(index, input)| read(&format!("{field}[{index}]"), input))
        .collect()
}

pub(crate) fn read_id(at: &str, text: &str) -> Result<LocalId, InputRejection> {
    text.trim().parse().map_err(|_| InputRejection::Format {
        field: format!("{at}.id"),
        expected: "un identificador corto de letras y dígitos, como R1",
    })
}

pub(crate) fn read_items(
    field: &str,
    inputs: &[ItemInput],
) -> Result<Vec<DraftItem>, InputRejection> {
    let items = read_list(field, inputs, |at, input| {
        let max = u64::from(QUANTITY_MAX);
        in_range(&format!("{at}.quantity"), u64::from(input.quantity), 1, max)?;
        Ok(DraftItem {
            id: read_id(at, &input.id)?,
            scheme: read_scheme(&format!("{at}.scheme"), &input.scheme)?,
            item: read_code(&format!("{at}.item"), &input.item)?,
            quantity: input.quantity,
        })
    })?;
    unique_ids(field, items.iter().map(|item| &item.id))?;
    Ok(items)
}

pub(crate) fn read_quotes(
    field: &str,
    inputs: &[QuoteInput],
) -> Result<Vec<Quote>, InputRejection> {
    read_list(field, inputs, |at, input| {
        Ok(Quote {
            source: text::line(&format!("{at}.source"), &input.source, TITLE_CHARS_MAX)?,
            amount: input.amount.read(&format!("{at}.amount"))?,
        })
    })
}

pub(crate) fn read_requirements(
    field: &str,
    inputs: &[RequirementInput],
) -> Result<Vec<Requirement>, InputRejection> {
    let requirements = read_list(field, inputs, |at, input| {
        Ok(Requirement {
            id: read_id(at, &input.id)?,
            title: text::line(&format!("{at}.title"), &input.title, TITLE_CHARS_MAX)?,
            mandatory: input.mandatory,
        })
    })?;
    unique_ids(field, requirements.iter().map(|requirement| &requirement.id))?;
    Ok(requirements)
}

pub(crate) fn read_technical_criteria(
    field: &str,
    inputs: &[TechnicalCriterionInput],
) -> Result<Vec<TechnicalCriterion>, InputRejection> {
    let criteria = read_list(field, inputs, |at, input| {
        Ok(TechnicalCriterion {
            id: read_id(at, &input.id)?,
            title: text::line(&format!("{at}.title"), &input.title, TITLE_CHARS_MAX)?,
            maximum: input.maximum,
        })
    })?;
    unique_ids(field, criteria.iter().map(|criterion| &criterion.id))?;
    Ok(criteria)
}

pub(crate) fn read_social_criteria(
    field: &str,
    inputs: &[SocialCriterionInput],
) -> Result<Vec<SocialCriterion>, InputRejection> {
    let criteria = read_list(field, inputs, |at, input| {
        Ok(SocialCriterion {
            id: read_id(at, &input.id)?,
            title: text::line(&format!("{at}.title"), &input.title, TITLE_CHARS_MAX)?,
            weight_percent: input.weight_percent,
        })
    })?;
    unique_ids(field, criteria.iter().map(|criterion| &criterion.id))?;
    Ok(criteria)
}
