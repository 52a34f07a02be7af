//! How a member of the panel stands to those who take part in the tender.

use crate::id::AccountRef;
use crate::rfc::Rfc;

/// Somebody who takes part in a tender, as a member of the panel is compared with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Participant {
    /// Who registered the company, as far as it is known.
    pub account: Option<AccountRef>,
    /// The company's RFC.
    pub rfc: Rfc,
}

/// How a member of the panel stands to those who take part. Which of them it is linked to is for nobody to
/// read: neither side learns of the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Link {
    /// To nobody, by its account and by what it declared.
    Free,
    /// It registered a company that takes part, or declared an interest in one.
    Linked,
    /// What it declared cannot be read any more: that is not the same as nothing.
    Unknown,
}

impl Link {
    /// Compares a member, by its account and its declared interests, with everybody who takes part.
    #[must_use]
    pub fn between(
        account: AccountRef,
        interests: Option<&[String]>,
        participants: &[Participant],
    ) -> Self {
        if participants.iter().any(|participant| participant.account == Some(account)) {
            return Self::Linked;
        }
        let Some(interests) = interests else { return Self::Unknown };
        let is_interest = |participant: &Participant| {
            // In normal form, whatever the check digit: a misspelt interest is one all the same.
            interests.iter().any(|text| Rfc::parse(text, true).as_ref() == Ok(&participant.rfc))
        };
        if participants.iter().any(is_interest) { Self::Linked } else { Self::Free }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    const MEMBER: AccountRef = AccountRef(Uuid::from_u128(1));
    const OTHER: AccountRef = AccountRef(Uuid::from_u128(2));

    fn participants(account: Option<AccountRef>) -> [Participant; 2] {
        let rfc = |text| Rfc::parse(text, true).unwrap();
        [
            Participant { account: Some(OTHER), rfc: rfc("AIM160905H25") },
            Participant { account, rfc: rfc("TWD110728KB1") },
        ]
    }

    fn link(account: Option<AccountRef>, interests: &[&str]) -> Link {
        let interests: Vec<String> = interests.iter().map(|&it| it.to_owned()).collect();
        Link::between(MEMBER, Some(&interests), &participants(account))
    }

    #[test]
    fn whoever_registered_a_participant_is_linked() {
        assert_eq!(link(Some(MEMBER), &[]), Link::Linked);
        assert_eq!(Link::between(MEMBER, None, &participants(Some(MEMBER))), Link::Linked);
        assert_eq!(link(None, &[]), Link::Free);
    }

    #[test]
    fn a_declared_rfc_is_compared_in_normal_form() {
        for text in ["TWD110728KB1", "twd-110728-kb1", " TWD 110728 KB1 "] {
            assert_eq!(link(None, &["009000999", text]), Link::Linked, "{text}");
        }
        assert_eq!(link(None, &["009000999", "CMP140312QX5"]), Link::Free);
    }

    #[test]
    fn interests_that_are_lost_are_not_none() {
        assert_eq!(Link::between(MEMBER, None, &participants(None)), Link::Unknown);
        assert_eq!(Link::between(MEMBER, None, &[]), Link::Unknown);
    }
}
