//! Cases with their endings: the source of the shared vectors, and what this verifier is held to.

pub mod asked;
mod chain;
pub mod chains;
mod checkpoints;
mod disclosures;
pub mod dossiers;
mod entries;
pub mod flips;
mod forgeries;
mod headers;
mod honest;
pub mod logs;
pub mod no_policies;
mod paths;
pub mod policies;
pub mod receipts;
pub mod releases;
mod storage;
pub mod votes;

use std::sync::LazyLock;

use serde_json::Value;

use crate::world::{World, jcs};

/// The batch most attacks are on, and an entry in it.
const BATCH: usize = 1;
const SEQ: u64 = 5;

/// The honest world, which every case starts from.
pub static HONEST: LazyLock<World> = LazyLock::new(World::new);

/// A bundle, the policy it is checked against, and how that must end.
#[derive(Clone)]
pub struct Case {
    /// What is special about it.
    pub name: String,
    /// The policy's name.
    pub policy: &'static str,
    pub bundle: Vec<u8>,
    /// A release to compare, in cases of releases.
    pub release: Option<Vec<u8>>,
    /// `anchored`, `late`, `included`, `development`, or the check that must refuse.
    pub ending: &'static str,
    /// Numbers of the attacks it stands for.
    pub attacks: &'static [&'static str],
}

impl Case {
    pub fn verdict(&self) -> &'static str {
        match self.ending {
            "anchored" | "late" => "anchored",
            verdict @ ("included" | "development") => verdict,
            _ => "refused",
        }
    }

    pub fn check(&self) -> Option<&'static str> {
        (self.verdict() == "refused").then_some(self.ending)
    }
}

/// Cases as they are made, group by group.
#[derive(Default)]
pub struct Cases {
    pub all: Vec<Case>,
    attacks: &'static [&'static str],
}

impl Cases {
    /// The attacks the next cases stand for.
    fn of(&mut self, attacks: &'static [&'static str]) {
        self.attacks = attacks;
    }

    /// Any bytes, checked against the policy of that name.
    fn bytes(
        &mut self,
        name: impl Into<String>,
        policy: &'static str,
        bundle: impl Into<Vec<u8>>,
        ending: &'static str,
    ) {
        let (name, bundle, attacks) = (name.into(), bundle.into(), self.attacks);
        self.all.push(Case { name, policy, bundle, release: None, ending, attacks });
    }

    fn under(
        &mut self,
        policy: &'static str,
        name: impl Into<String>,
        bundle: &Value,
        ending: &'static str,
    ) {
        self.bytes(name, policy, jcs(bundle), ending);
    }

    /// A bundle checked against the honest world's policy.
    fn judge(&mut self, name: impl Into<String>, bundle: &Value, ending: &'static str) {
        self.under("honest", name, bundle, ending);
    }

    /// The honest bundle after an edit.
    fn edit(
        &mut self,
        name: impl Into<String>,
        ending: &'static str,
        edit: impl FnOnce(&mut Value),
    ) {
        let mut bundle = HONEST.bundle(SEQ);
        edit(&mut bundle);
        self.judge(name, &bundle, ending);
    }
}

/// Every case of a bundle.
pub fn bundles() -> Vec<Case> {
    let mut cases = Cases::default();
    honest::add(&mut cases);
    entries::add(&mut cases);
    disclosures::add(&mut cases);
    paths::add(&mut cases);
    checkpoints::add(&mut cases);
    forgeries::add(&mut cases);
    chain::add(&mut cases);
    storage::add(&mut cases);
    headers::add(&mut cases);
    cases.all
}
