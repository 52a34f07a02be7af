//! The rules of procurement: what may be asked, what is answered, what is recorded.
//!
//! Every aggregate is a pure pair: `decide(command, now)` answers with events or a refusal, and
//! `evolve(event)` adds one recorded event to the state. Rules that change with the law are data
//! ([`RuleSet`]), pinned by id and hash to each procedure when it is published.
//!
//! What this crate does not do: it never reads a clock, draws a random number, makes an id, does
//! I/O or waits. Time and ids come in as arguments. It does not know Postgres, GraphQL or OCDS.
//!
//! Recorded members follow the proof format §1: NFC texts, small integers, amounts as strings.

pub mod aggregate;
pub mod catalogue;
pub mod company;
pub mod content;
pub mod contract;
pub mod document;
pub mod draw;
pub mod evaluation;
pub mod evaluator;
pub mod event;
mod hash;
pub mod id;
pub mod input;
pub mod money;
pub mod participation;
pub mod plan;
pub mod proposal;
mod ratio;
pub mod rejection;
pub mod review;
pub mod rfc;
pub mod rule_set;
pub mod scoring;
pub mod sheet;
pub mod tender;
pub mod text;
pub mod time;
pub mod unit;
pub mod vocabulary;

#[cfg(test)]
mod golden;
#[cfg(test)]
mod sample;

pub use aggregate::Aggregate;
pub use event::{CorruptHistory, DomainEvent, PrivatePart};
pub use id::{
    AccountRef, AwardId, CatalogueScheme, CompanyId, ContractId, EvaluatorId, ItemCode, LocalId,
    Mask, Ocid, OcidPrefix, ParticipationId, PlanId, ProposalId, Pseudonym, SheetId, TenderId,
    UnitKey,
};
pub use money::{Currency, Money};
pub use rejection::{InputRejection, Refusal};
pub use rfc::Rfc;
pub use rule_set::{PinnedRuleSet, RuleSet};
pub use time::{Day, Timestamp};
pub use vocabulary::{
    Actor, ActorKind, Aggregation, Category, CompanySize, Party, ProcurementMethod, Role, TieBreak,
    UnsolventCause,
};
