//! What following a chain showed, for people and for programs.

use std::fmt;

use super::followed::{Followed, Reorganisation};
use super::sync::Synced;
use crate::encoding::{hex, instant};
use crate::json::{Value, canonical_profile, object};
use crate::merkle::Hash;
use crate::policy::Policy;
use crate::refusal::Refusal;
use crate::verdict::json::count;

/// A chain that was followed from its genesis block to its newest, or the first block that was refused.
#[derive(Debug)]
pub struct ChainReport<'a> {
    /// The chain as far as every check held.
    pub followed: &'a Followed,
    /// What was new, or why it was refused.
    pub outcome: Result<Synced, Refusal>,
    /// SHA-256 of the policy's JCS.
    pub policy: Hash,
}

impl<'a> ChainReport<'a> {
    /// A report of a chain that was followed with `policy`.
    #[must_use]
    pub const fn new(
        followed: &'a Followed,
        outcome: Result<Synced, Refusal>,
        policy: &Policy,
    ) -> Self {
        Self { followed, outcome, policy: policy.fingerprint }
    }

    /// 0 followed, 1 refused.
    #[must_use]
    pub const fn exit_code(&self) -> u8 {
        if self.outcome.is_ok() { 0 } else { 1 }
    }

    /// The report as one line of canonical JSON.
    #[must_use]
    pub fn to_json(&self) -> String {
        let head = self.followed.head();
        let confirmed = self.followed.newest_confirmed();
        let signers = self.followed.signers().into_iter().map(|(from, signers)| {
            let signers = signers.iter().map(|signer| hex(signer).into()).collect();
            object([("fromBlock", from.to_string().into()), ("signers", Value::Array(signers))])
        });
        let pending = head.pending().into_iter().map(|(subject, votes)| {
            object([("subject", hex(&subject).into()), ("votes", count(votes))])
        });
        let synced = self.outcome.as_ref().ok();
        let reorganisations = synced.map_or(&[][..], |synced| &synced.reorganisations);
        let refusal = self.outcome.as_ref().err().map_or(Value::Null, |refusal| {
            object([
                ("check", refusal.check.to_string().into()),
                ("evidence", refusal.cause.to_string().into()),
            ])
        });
        canonical_profile(&object([
            ("block", head.number.to_string().into()),
            ("blockHash", hex(&head.hash).into()),
            ("blockTime", instant(i128::from(head.timestamp_s) * 1000).into()),
            ("checked", synced.map_or(Value::Null, |synced| synced.headers.to_string().into())),
            (
                "confirmedBlock",
                confirmed.map_or(Value::Null, |block| block.header.number.to_string().into()),
            ),
            ("exitCode", Value::Integer(self.exit_code().into())),
            ("genesisHash", self.followed.hash(0).map_or(Value::Null, |hash| hex(&hash).into())),
            ("pendingVotes", Value::Array(pending.collect())),
            ("policy", hex(&self.policy).into()),
            ("refusal", refusal),
            ("reorganisations", Value::Array(reorganisations.iter().map(reorganisation).collect())),
            ("signers", Value::Array(signers.collect())),
            ("totalDifficulty", head.total_difficulty.to_string().into()),
            ("verdict", if self.outcome.is_ok() { "followed" } else { "refused" }.into()),
        ]))
    }
}

fn reorganisation(reorganisation: &Reorganisation) -> Value {
    object([
        ("ancestor", reorganisation.ancestor.to_string().into()),
        ("replaced", reorganisation.replaced.to_string().into()),
        ("replacedConfirmed", reorganisation.replaced_confirmed.into()),
    ])
}

impl fmt::Display for ChainReport<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.outcome {
            Ok(synced) => {
                writeln!(f, "FOLLOWED from the genesis block, {} headers new", synced.headers)?;
            }
            Err(refusal) => {
                writeln!(f, "REFUSED by the check \"{}\": {}", refusal.check, refusal.cause)?;
            }
        }
        let head = self.followed.head();
        if let Some(genesis) = self.followed.hash(0) {
            writeln!(f, "  genesis      {}", hex(&genesis))?;
        }
        let time = instant(i128::from(head.timestamp_s) * 1000);
        writeln!(f, "  block        {} of {time}", head.number)?;
        writeln!(f, "  block hash   {}", hex(&head.hash))?;
        match self.followed.newest_confirmed() {
            Some(block) => writeln!(f, "  confirmed    block {}", block.header.number)?,
            None => writeln!(f, "  confirmed    no block yet")?,
        }
        writeln!(f, "  difficulty   {} in all", head.total_difficulty)?;
        for (from, signers) in self.followed.signers() {
            writeln!(f, "  signers      from block {from}:")?;
            for signer in signers {
                writeln!(f, "               {}", hex(&signer))?;
            }
        }
        for (subject, votes) in head.pending() {
            writeln!(f, "  vote         {votes} on {}", hex(&subject))?;
        }
        for found in self.outcome.iter().flat_map(|synced| &synced.reorganisations) {
            writeln!(f, "  replaced     {found}")?;
        }
        writeln!(f, "  policy       {}", hex(&self.policy))
    }
}

impl fmt::Display for Reorganisation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { ancestor, replaced, replaced_confirmed } = self;
        write!(f, "{replaced} blocks after block {ancestor}")?;
        if *replaced_confirmed {
            write!(f, ", CONFIRMED ONES AMONG THEM: signers went back on their word")?;
        }
        Ok(())
    }
}
