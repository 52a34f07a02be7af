//! The closed lists of `domain`, with the very codes that are recorded.

use anchor::BatchState as AnchoredState;
use async_graphql::Enum;

macro_rules! codes {
    ($(#[$doc:meta])* $name:ident = $domain:path {
        $($(#[$variant_doc:meta])* $variant:ident = $code:literal),+ $(,)?
    }) => {
        $(#[$doc])*
        #[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
        pub(crate) enum $name {
            $($(#[$variant_doc])* #[graphql(name = $code)] $variant),+
        }

        impl From<$domain> for $name {
            fn from(code: $domain) -> Self {
                use $domain as D;
                match code { $(D::$variant => Self::$variant),+ }
            }
        }

        impl From<$name> for $domain {
            fn from(code: $name) -> Self {
                use $domain as D;
                match code { $($name::$variant => D::$variant),+ }
            }
        }
    };
}

codes!(
    /// The role an account acts in.
    Role = domain::Role {
        Requesting = "requesting",
        Technical = "technical",
        Contracting = "contracting",
        Approver = "approver",
        ContractAdmin = "contract_admin",
        Finance = "finance",
        SocialWitness = "social_witness",
        Oic = "oic",
        CatalogAdmin = "catalog_admin",
        PlatformAdmin = "platform_admin",
        CompanyAdmin = "company_admin",
        Evaluator = "evaluator",
        Citizen = "citizen",
        System = "system",
    }
);
codes!(
    /// The size of a company.
    CompanySize = domain::CompanySize {
        Micro = "micro",
        Pequena = "pequena",
        Mediana = "mediana",
        Grande = "grande",
    }
);
codes!(
    /// Where a company's registration stands.
    CompanyStatus = projections::CompanyStatus {
        Registered = "registered",
        Approved = "approved",
        Rejected = "rejected",
    }
);
codes!(
    /// How suppliers are chosen.
    ProcurementMethod = domain::ProcurementMethod {
        Open = "open",
        Selective = "selective",
        Limited = "limited",
        Direct = "direct",
    }
);
codes!(
    /// What sort of thing is bought.
    Category = domain::Category {
        Goods = "goods",
        Works = "works",
        Services = "services",
    }
);
codes!(
    /// How the citizens' scores of one criterion become one number.
    Aggregation = domain::Aggregation {
        Median = "median",
        TrimmedMean = "trimmedMean",
        Mean = "mean",
    }
);
codes!(
    /// Where a draft stands.
    DraftStatus = domain::review::DraftStatus {
        Draft = "draft",
        InReview = "in_review",
        Returned = "returned",
        Approved = "approved",
    }
);
codes!(
    /// How far a batch is: cut, sent, in a block, or with a quorum of signers behind it.
    BatchState = AnchoredState {
        Pending = "pending",
        Submitted = "submitted",
        Mined = "mined",
        Confirmed = "confirmed",
    }
);
codes!(
    /// What the business clock is worth.
    Clock = merkle::Clock {
        Wall = "wall",
        Simulated = "simulated",
        Imported = "imported",
    }
);
codes!(
    /// How far a contracting process is, by its last decisive event; the panel votes beside this line.
    ProcedureStatus = projections::procedure::ProcedureStatus {
        /// Its plan is approved.
        Planned = "planned",
        /// The call is published.
        Published = "published",
        /// Receipt is closed.
        ReceiptClosed = "receiptClosed",
        /// The technical envelopes are open.
        Opened = "opened",
        /// The economic envelopes are open.
        EconomicOpened = "economicOpened",
        /// All sub-scores are computed.
        Evaluated = "evaluated",
        /// The ruling is issued.
        Ruled = "ruled",
        /// The award is issued.
        Awarded = "awarded",
        /// Nobody is awarded.
        Deserted = "deserted",
        /// The contract is in force.
        Contracted = "contracted",
        /// Everything is delivered, accepted and paid.
        Completed = "completed",
    }
);
codes!(
    /// How far a deliverable is.
    MilestoneStatus = projections::procedure::MilestoneStatus {
        /// Nothing was delivered yet.
        Pending = "pending",
        /// It was delivered and waits for a decision.
        Delivered = "delivered",
        /// It was sent back and waits for another delivery.
        Returned = "returned",
        /// It was accepted and waits for its invoice.
        Accepted = "accepted",
        /// Its invoice is registered; the time to pay runs.
        Invoiced = "invoiced",
        /// Its payment is ordered.
        Ordered = "ordered",
        /// It is paid; nothing is left to do.
        Paid = "paid",
    }
);
codes!(
    /// Where an evaluator's accreditation stands.
    EvaluatorStatus = projections::EvaluatorStatus {
        Applied = "applied",
        Accredited = "accredited",
    }
);
codes!(
    /// Why a proposal is not solvent.
    UnsolventCause = domain::vocabulary::UnsolventCause {
        TechnicalMinimum = "technicalMinimum",
        Budget = "budget",
    }
);
codes!(
    /// How a tie of the first rank is broken.
    TieBreak = domain::vocabulary::TieBreak {
        CompanySize = "companySize",
        Draw = "draw",
    }
);
codes!(
    /// A party of a contract.
    Party = domain::vocabulary::Party {
        Buyer = "buyer",
        Supplier = "supplier",
    }
);
