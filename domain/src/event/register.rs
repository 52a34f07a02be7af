//! Registers: units, catalogues, companies, evaluators.

use serde::{Deserialize, Serialize};

use crate::id::{CatalogueScheme, CompanyId, EvaluatorId, ItemCode, Pseudonym, UnitKey};
use crate::rfc::Rfc;
use crate::vocabulary::CompanySize;

/// A buying unit entered the register.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct UnitRegistered {
    /// Its key.
    pub key: UnitKey,
    /// Its name.
    pub name: String,
    /// The body it buys for.
    pub buyer: String,
}

/// An item entered a catalogue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CatalogItemAdded {
    /// The catalogue.
    pub scheme: CatalogueScheme,
    /// The item's code in it.
    pub id: ItemCode,
    /// The code of the broader item it stands under.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<ItemCode>,
    /// What it is.
    pub description: String,
    /// What is counted, e.g. `Servicio`.
    pub unit: String,
}

/// The person who represents a company; personal data, never in clear in the log.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Contact {
    /// Given names.
    pub nombre: String,
    /// First family name.
    pub apellido_paterno: String,
    /// Second family name, which not everybody has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub apellido_materno: Option<String>,
    /// E-mail address.
    pub correo: String,
    /// Telephone in E.164, `+52` and ten digits.
    pub telefono: String,
}

impl std::fmt::Debug for Contact {
    /// Says nothing: whoever prints a command or an event must not print a person.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Contact(…)")
    }
}

/// A company asked to be registered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CompanyRegistered {
    /// Its id.
    pub company_id: CompanyId,
    /// Razón social.
    pub legal_name: String,
    /// Its RFC, of a persona moral.
    pub rfc: Rfc,
    /// Its size.
    pub size: CompanySize,
    /// Its representative: known when the event is made, absent when it is read from the log,
    /// whose envelope commits to it at `/data/contact`.
    #[serde(skip)]
    pub contact: Option<Contact>,
}

/// A company was approved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CompanyApproved {
    /// Its id.
    pub company_id: CompanyId,
}

/// A company was not approved; its RFC is free again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CompanyRejected {
    /// Its id.
    pub company_id: CompanyId,
    /// Why, for the company to read.
    pub reason: String,
}

/// Somebody asked to be a citizen evaluator; the account is the envelope's actor.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct EvaluatorApplied {
    /// Its id.
    pub evaluator_id: EvaluatorId,
    /// The name it is known by, e.g. `EV-7Q2`.
    pub pseudonym: Pseudonym,
    /// The organisation that puts it forward.
    pub organisation: String,
    /// Keys of buying units and RFCs of companies it is linked to: known when the event is made, absent
    /// when it is read from the log, whose envelope commits to it at `/data/interests`.
    #[serde(skip)]
    pub interests: Option<Vec<String>>,
}

impl std::fmt::Debug for EvaluatorApplied {
    /// Leaves the interests out: nobody else is shown them.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("EvaluatorApplied")
            .field("evaluator_id", &self.evaluator_id)
            .field("pseudonym", &self.pseudonym)
            .field("organisation", &self.organisation)
            .finish_non_exhaustive()
    }
}

/// An evaluator entered the register.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct EvaluatorAccredited {
    /// Its id.
    pub evaluator_id: EvaluatorId,
    /// The name it is known by.
    pub pseudonym: Pseudonym,
    /// The organisation that puts it forward.
    pub organisation: String,
}
