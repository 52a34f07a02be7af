//! Rule sets: what differs between one law and another, as data.
//!
//! A procedure pins the id and hash of its rule set when it is published and never changes them.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::sync::LazyLock;

use crate::hash::{canonical_hash, to_hex};
use crate::money::Currency;
use crate::time::LOCAL_ZONE;
use crate::vocabulary::{Aggregation, ProcurementMethod};

static PILOTO_2018: LazyLock<RuleSet> = LazyLock::new(|| {
    RuleSet::from_json(include_str!("../rules/piloto-2018.json"))
        .expect("a test reads every rule set of this crate")
});

/// A rule the law has and a rule set lays aside.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Waiver {
    /// No clarification meeting (junta de aclaraciones) has to be held.
    ClarificationMeeting,
    /// Acts may fall on a Saturday or a Sunday.
    WorkingDays,
}

/// A text that is no rule set.
#[derive(Debug, thiserror::Error)]
pub enum InvalidRuleSet {
    /// Not of the shape of a rule set.
    #[error("not of the shape of a rule set")]
    Shape(#[source] serde_json::Error),
    /// Days counted in a zone this code does not count in.
    #[error("days are counted in {LOCAL_ZONE} only")]
    TimeZone,
}

/// The id and hash of a rule set, as an envelope pins them (proof format §2, `ruleSet`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PinnedRuleSet {
    /// The rule set's id, e.g. `PILOTO-2018`.
    pub id: String,
    /// SHA-256 of the rule set's canonical JSON, `0x` and lower-case hexadecimal.
    pub hash: String,
}

/// The rules of one law, or of the pilot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleSet {
    rules: Rules,
    hash: String,
}

/// The members of a rule set; periods are natural days of [`LOCAL_ZONE`], the first day excluded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Rules {
    /// Its id.
    pub id: String,
    /// The currency of budgets and prices.
    pub currency: Currency,
    /// The zone days are counted in.
    pub time_zone: String,
    /// How suppliers may be chosen.
    pub procurement_methods: Vec<ProcurementMethod>,
    /// How citizens' scores may be aggregated.
    pub aggregations: Vec<Aggregation>,
    /// What the three weights add up to, in centipoints.
    pub weights_total: u32,
    /// The fewest sources a market research compares.
    pub minimum_quotes: u32,
    /// From the day of publication to the day of the technical opening, at least.
    pub minimum_days_publication_to_opening: u16,
    /// From the day of the technical opening to the day of the award, at most.
    pub maximum_days_opening_to_award: u16,
    /// From the day of the award to the last day to sign the contract, at most.
    pub maximum_days_award_to_contract: u16,
    /// What is laid aside.
    pub waivers: Vec<Waiver>,
}

impl RuleSet {
    /// The rule set of the 2018 pilot.
    #[must_use]
    pub fn piloto_2018() -> &'static Self {
        &PILOTO_2018
    }

    /// Reads a rule set and computes its hash.
    ///
    /// # Errors
    /// [`InvalidRuleSet`] for anything but exactly the members of [`Rules`].
    pub fn from_json(text: &str) -> Result<Self, InvalidRuleSet> {
        let value: Value = serde_json::from_str(text).map_err(InvalidRuleSet::Shape)?;
        let rules = Rules::deserialize(&value).map_err(InvalidRuleSet::Shape)?;
        if rules.time_zone != LOCAL_ZONE {
            return Err(InvalidRuleSet::TimeZone);
        }
        Ok(Self { rules, hash: to_hex(&canonical_hash(&value)) })
    }

    /// The rules.
    #[must_use]
    pub fn rules(&self) -> &Rules {
        &self.rules
    }

    /// What an envelope pins.
    #[must_use]
    pub fn pinned(&self) -> PinnedRuleSet {
        PinnedRuleSet { id: self.rules.id.clone(), hash: self.hash.clone() }
    }

    /// Whether a rule is laid aside.
    #[must_use]
    pub fn waives(&self, waiver: Waiver) -> bool {
        self.rules.waivers.contains(&waiver)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_of_the_pilots_rules_never_changes() {
        let pinned = RuleSet::piloto_2018().pinned();
        assert_eq!(pinned.id, "PILOTO-2018");
        assert_eq!(
            pinned.hash,
            "0xd34b415ae87c0177a4a777264fee78fffc0a77d7b8ae9c4a6d6315de406742b4"
        );
    }

    #[test]
    fn the_hash_does_not_depend_on_white_space_or_order() {
        let text = include_str!("../rules/piloto-2018.json");
        let mut members: Vec<String> = text
            .trim()
            .trim_matches(['{', '}'])
            .trim()
            .lines()
            .map(|line| line.trim().trim_end_matches(',').to_owned())
            .collect();
        members.reverse();
        let reordered = RuleSet::from_json(&format!("{{{}}}", members.join(",")));
        assert_eq!(reordered.unwrap().pinned(), RuleSet::piloto_2018().pinned());
    }

    #[test]
    fn an_unknown_rule_or_another_zone_is_refused() {
        let text = include_str!("../rules/piloto-2018.json");
        let unknown = text.replace("\"currency\"", "\"extra\": 1, \"currency\"");
        assert!(matches!(RuleSet::from_json(&unknown), Err(InvalidRuleSet::Shape(_))));
        let elsewhere = text.replace("America/Mexico_City", "Europe/Madrid");
        assert!(matches!(RuleSet::from_json(&elsewhere), Err(InvalidRuleSet::TimeZone)));
    }

    #[test]
    fn a_waiver_holds_only_where_it_is_written() {
        assert!(RuleSet::piloto_2018().waives(Waiver::WorkingDays));
        let text = include_str!("../rules/piloto-2018.json");
        let strict =
            RuleSet::from_json(&text.replace("\"workingDays\"", "\"clarificationMeeting\""));
        assert!(!strict.unwrap().waives(Waiver::WorkingDays));
    }
}
