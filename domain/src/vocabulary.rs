//! The closed lists of the field: roles, company sizes, methods, categories, aggregations.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

use crate::id::{AccountRef, InvalidId};

macro_rules! codes {
    ($(#[$doc:meta])* $name:ident, $kind:literal, $expected:literal,
        { $($(#[$variant_doc:meta])* $variant:ident = $code:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        pub enum $name {
            $($(#[$variant_doc])* #[serde(rename = $code)] $variant),+
        }

        impl $name {
            /// Every code, in the order of the list.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The code as it is recorded.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $code),+ }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl FromStr for $name {
            type Err = InvalidId;

            fn from_str(text: &str) -> Result<Self, InvalidId> {
                Self::ALL
                    .iter()
                    .copied()
                    .find(|code| code.as_str() == text)
                    .ok_or(InvalidId { kind: $kind, expected: $expected })
            }
        }
    };
}

codes!(
    /// What sort of actor did something.
    ActorKind, "actor kind", "official, company, evaluator, citizen, authority or system",
    {
        /// Somebody who acts for a buying unit.
        Official = "official",
        /// Somebody who acts for a company.
        Company = "company",
        /// A member of a citizen panel.
        Evaluator = "evaluator",
        /// Anyone.
        Citizen = "citizen",
        /// A control body or another authority.
        Authority = "authority",
        /// The system itself.
        System = "system",
    }
);

codes!(
    /// The role an account acts in.
    Role, "role", "one of the roles of this system",
    {
        /// Área requirente: needs something and plans it.
        Requesting = "requesting",
        /// Área técnica: specifies and scores.
        Technical = "technical",
        /// Unidad compradora, convocante: drafts and publishes calls.
        Contracting = "contracting",
        /// Autorizador: the second pair of eyes.
        Approver = "approver",
        /// Administrador del contrato.
        ContractAdmin = "contract_admin",
        /// Records payments.
        Finance = "finance",
        /// Testigo social.
        SocialWitness = "social_witness",
        /// Órgano Interno de Control.
        Oic = "oic",
        /// Keeps the catalogues.
        CatalogAdmin = "catalog_admin",
        /// Operates the platform; writes no one else's events.
        PlatformAdmin = "platform_admin",
        /// Represents a company.
        CompanyAdmin = "company_admin",
        /// Member of a citizens' panel.
        Evaluator = "evaluator",
        /// Anyone with an account.
        Citizen = "citizen",
        /// The system itself.
        System = "system",
    }
);

codes!(
    /// The size of a company, for the preference of small ones (MIPYME).
    CompanySize, "company size", "micro, pequena, mediana or grande",
    {
        /// Microempresa.
        Micro = "micro",
        /// Pequeña.
        Pequena = "pequena",
        /// Mediana.
        Mediana = "mediana",
        /// Neither micro, small nor medium.
        Grande = "grande",
    }
);

codes!(
    /// How suppliers are chosen (OCDS 1.1 codelist `method`).
    ProcurementMethod, "procurement method", "open, selective, limited or direct",
    {
        /// Licitación pública.
        Open = "open",
        /// Invitación a cuando menos tres personas.
        Selective = "selective",
        /// Adjudicación directa con cotizaciones.
        Limited = "limited",
        /// Adjudicación directa.
        Direct = "direct",
    }
);

codes!(
    /// What is bought (OCDS 1.1 codelist `procurementCategory`).
    Category, "category", "goods, works or services",
    {
        /// Bienes.
        Goods = "goods",
        /// Obra.
        Works = "works",
        /// Servicios.
        Services = "services",
    }
);

codes!(
    /// How the citizens' scores of one criterion become one number.
    Aggregation, "aggregation", "median, trimmedMean or mean",
    {
        /// The median: half of the panel would have to collude.
        Median = "median",
        /// The mean without the highest and the lowest.
        TrimmedMean = "trimmedMean",
        /// The mean; one colluding member can turn it.
        Mean = "mean",
    }
);

codes!(
    /// Why a proposal is not solvent.
    UnsolventCause, "cause", "technicalMinimum or budget",
    {
        /// Fewer technical points than the call asks for.
        TechnicalMinimum = "technicalMinimum",
        /// A price above the call's budget.
        Budget = "budget",
    }
);

codes!(
    /// How a tie of the first rank is broken.
    TieBreak, "tie-break", "companySize or draw",
    {
        /// The smaller company wins: micro, pequeña, mediana, grande.
        CompanySize = "companySize",
        /// By lot, with the seed of the panel's draw.
        Draw = "draw",
    }
);

codes!(
    /// A party of a contract.
    Party, "party", "buyer or supplier",
    {
        /// The buying unit.
        Buyer = "buyer",
        /// The company.
        Supplier = "supplier",
    }
);

/// Who did something, by a pseudonym; the `actor` of an envelope (proof format §2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Actor {
    /// What sort of actor.
    pub kind: ActorKind,
    /// The account's pseudonym.
    #[serde(rename = "ref")]
    pub account: AccountRef,
    /// The role it acted in.
    pub role: Role,
}

impl Role {
    /// The kind of actor that holds this role.
    #[must_use]
    pub fn actor_kind(self) -> ActorKind {
        match self {
            Self::Requesting
            | Self::Technical
            | Self::Contracting
            | Self::Approver
            | Self::ContractAdmin
            | Self::Finance
            | Self::CatalogAdmin
            | Self::PlatformAdmin => ActorKind::Official,
            Self::SocialWitness | Self::Citizen => ActorKind::Citizen,
            Self::Oic => ActorKind::Authority,
            Self::CompanyAdmin => ActorKind::Company,
            Self::Evaluator => ActorKind::Evaluator,
            Self::System => ActorKind::System,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_reads_back() {
        for role in Role::ALL {
            assert_eq!(role.as_str().parse::<Role>().as_ref(), Ok(role));
            let json = serde_json::to_value(role).unwrap();
            assert_eq!(json, serde_json::Value::from(role.as_str()));
        }
        assert!("Approver".parse::<Role>().is_err());
    }

    #[test]
    fn an_actor_is_recorded_as_kind_ref_and_role() {
        let account = AccountRef(uuid::Uuid::from_u128(7));
        let actor = Actor { kind: Role::Oic.actor_kind(), account, role: Role::Oic };
        let json = serde_json::to_value(actor).unwrap();
        assert_eq!(
            json,
            serde_json::json!({
                "kind": "authority",
                "ref": "00000000-0000-0000-0000-000000000007",
                "role": "oic"
            })
        );
    }
}
