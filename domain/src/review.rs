//! The review of drafts: written by one account, approved by another.
//!
//! Drafts of plans and calls are rows, not events; this is the one place that says how they move.

use serde::{Deserialize, Serialize};

use crate::id::AccountRef;
use crate::rejection::{InputRejection, Refusal};
use crate::text::{self, PROSE_CHARS_MAX};

/// Where a draft stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DraftStatus {
    /// Being written.
    Draft,
    /// Waiting for a decision; nobody may change it.
    InReview,
    /// Sent back to its author with a reason.
    Returned,
    /// Approved as it is; nobody may change it, but it can be sent back until it is acted upon.
    Approved,
}

impl DraftStatus {
    /// The status as it is stored.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::InReview => "in_review",
            Self::Returned => "returned",
            Self::Approved => "approved",
        }
    }

    /// The status of that name, as it is stored.
    #[must_use]
    pub fn from_stored(text: &str) -> Option<Self> {
        let all = [Self::Draft, Self::InReview, Self::Returned, Self::Approved];
        all.into_iter().find(|status| status.as_str() == text)
    }

    fn label_es(self) -> &'static str {
        match self {
            Self::Draft => "en borrador",
            Self::InReview => "en revisión",
            Self::Returned => "devuelto",
            Self::Approved => "aprobado",
        }
    }
}

/// What may be done with a draft.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReviewAct {
    /// Change its content.
    Save,
    /// Ask for a decision.
    Submit,
    /// Send it back.
    Return {
        /// Why, for the author to read.
        reason: String,
    },
    /// Approve it as it is.
    Approve,
}

/// How an act on a draft is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReviewRejection {
    /// A member of the input is not of its shape.
    #[error(transparent)]
    Input(#[from] InputRejection),
    /// There is no such draft.
    #[error("there is no such draft")]
    Unknown,
    /// Only its author changes a draft and asks for a decision.
    #[error("the account is not the draft's author")]
    NotTheAuthor,
    /// Its author does not decide on a draft.
    #[error("the approver is the draft's author")]
    ApproverIsAuthor,
    /// The draft is being decided on, or was.
    #[error("a draft that is {} cannot be changed", status.as_str())]
    NotEditable {
        /// Where it stands.
        status: DraftStatus,
    },
    /// Nobody asked for a decision on it.
    #[error("a draft that is {} cannot be decided on", status.as_str())]
    NotInReview {
        /// Where it stands.
        status: DraftStatus,
    },
}

impl Refusal for ReviewRejection {
    fn code(&self) -> &'static str {
        match self {
            Self::Input(input) => input.code(),
            Self::Unknown => "draft-unknown",
            Self::NotTheAuthor => "not-the-author",
            Self::ApproverIsAuthor => "approver-is-author",
            Self::NotEditable { .. } => "draft-not-editable",
            Self::NotInReview { .. } => "draft-not-in-review",
        }
    }

    fn message_es(&self) -> String {
        match self {
            Self::Input(input) => input.message_es(),
            Self::Unknown => "No hay ningún borrador con ese identificador: revíselo.".to_owned(),
            Self::NotTheAuthor => {
                "Solo quien creó el borrador puede cambiarlo o enviarlo a revisión: pídaselo."
                    .to_owned()
            }
            Self::ApproverIsAuthor => {
                "Quien redactó no puede aprobar ni devolver lo propio: pídalo a otra persona \
                 autorizadora."
                    .to_owned()
            }
            Self::NotEditable { status } => format!(
                "El borrador está {} y ya no se puede cambiar: si hace falta, pida que se devuelva.",
                status.label_es()
            ),
            Self::NotInReview { status } => format!(
                "El borrador está {} y no en revisión: pida a quien lo redactó que lo envíe.",
                status.label_es()
            ),
        }
    }

    fn field(&self) -> Option<String> {
        match self {
            Self::Input(input) => input.field(),
            _ => None,
        }
    }

    fn details(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::Input(input) => input.details(),
            Self::NotEditable { status } | Self::NotInReview { status } => {
                vec![("status", status.as_str().to_owned())]
            }
            Self::Unknown | Self::NotTheAuthor | Self::ApproverIsAuthor => Vec::new(),
        }
    }
}

/// What follows from an act on a draft.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reviewed {
    /// Where the draft stands now.
    pub status: DraftStatus,
    /// Why it was sent back, if it was.
    pub reason: Option<String>,
}

/// Answers an act of `account` on a draft of `author` that stands at `status`.
///
/// # Errors
/// [`ReviewRejection`], first who, then where the draft stands.
pub fn decide(
    status: DraftStatus,
    author: AccountRef,
    act: ReviewAct,
    account: AccountRef,
) -> Result<Reviewed, ReviewRejection> {
    let is_author = account == author;
    let is_editable = matches!(status, DraftStatus::Draft | DraftStatus::Returned);
    let moved = |status| Ok(Reviewed { status, reason: None });
    match act {
        ReviewAct::Save | ReviewAct::Submit if !is_author => Err(ReviewRejection::NotTheAuthor),
        ReviewAct::Save | ReviewAct::Submit if !is_editable => {
            Err(ReviewRejection::NotEditable { status })
        }
        // A returned draft stays returned, with its reason, until it is submitted again.
        ReviewAct::Save => moved(status),
        ReviewAct::Submit => moved(DraftStatus::InReview),
        ReviewAct::Return { .. } | ReviewAct::Approve if is_author => {
            Err(ReviewRejection::ApproverIsAuthor)
        }
        // An approved call whose hours passed before it was published has a way back.
        ReviewAct::Return { .. } if is_editable => Err(ReviewRejection::NotInReview { status }),
        ReviewAct::Approve if status != DraftStatus::InReview => {
            Err(ReviewRejection::NotInReview { status })
        }
        ReviewAct::Return { reason } => {
            let reason = text::line("reason", &reason, PROSE_CHARS_MAX)?;
            Ok(Reviewed { status: DraftStatus::Returned, reason: Some(reason) })
        }
        ReviewAct::Approve => moved(DraftStatus::Approved),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    const AUTHOR: AccountRef = AccountRef(Uuid::from_u128(1));
    const OTHER: AccountRef = AccountRef(Uuid::from_u128(2));

    fn status(answer: Result<Reviewed, ReviewRejection>) -> DraftStatus {
        answer.unwrap().status
    }

    #[test]
    fn a_draft_goes_from_writing_over_review_to_approval() {
        use DraftStatus::{Approved, Draft, InReview};
        assert_eq!(status(decide(Draft, AUTHOR, ReviewAct::Save, AUTHOR)), Draft);
        assert_eq!(status(decide(Draft, AUTHOR, ReviewAct::Submit, AUTHOR)), InReview);
        assert_eq!(status(decide(InReview, AUTHOR, ReviewAct::Approve, OTHER)), Approved);
    }

    #[test]
    fn a_returned_draft_carries_its_reason_and_can_be_submitted_again() {
        use DraftStatus::{InReview, Returned};
        let act = ReviewAct::Return { reason: " Falta la partida ".to_owned() };
        let returned = decide(InReview, AUTHOR, act, OTHER).unwrap();
        assert_eq!(returned.status, Returned);
        assert_eq!(returned.reason.as_deref(), Some("Falta la partida"));
        assert_eq!(status(decide(Returned, AUTHOR, ReviewAct::Save, AUTHOR)), Returned);
        assert_eq!(status(decide(Returned, AUTHOR, ReviewAct::Submit, AUTHOR)), InReview);
    }

    #[test]
    fn an_author_does_not_decide_on_their_own_draft() {
        for act in [ReviewAct::Approve, ReviewAct::Return { reason: "x".to_owned() }] {
            let answer = decide(DraftStatus::InReview, AUTHOR, act, AUTHOR);
            assert_eq!(answer, Err(ReviewRejection::ApproverIsAuthor));
        }
    }

    #[test]
    fn only_the_author_writes_and_submits() {
        for act in [ReviewAct::Save, ReviewAct::Submit] {
            let answer = decide(DraftStatus::Draft, AUTHOR, act, OTHER);
            assert_eq!(answer, Err(ReviewRejection::NotTheAuthor));
        }
    }

    #[test]
    fn nothing_changes_while_or_after_it_is_decided() {
        for status in [DraftStatus::InReview, DraftStatus::Approved] {
            for act in [ReviewAct::Save, ReviewAct::Submit] {
                let answer = decide(status, AUTHOR, act, AUTHOR);
                assert_eq!(answer, Err(ReviewRejection::NotEditable { status }));
            }
        }
    }

    #[test]
    fn only_what_is_in_review_is_decided() {
        for status in [DraftStatus::Draft, DraftStatus::Returned, DraftStatus::Approved] {
            let answer = decide(status, AUTHOR, ReviewAct::Approve, OTHER);
            assert_eq!(answer, Err(ReviewRejection::NotInReview { status }));
        }
    }

    #[test]
    fn what_was_approved_can_still_be_sent_back() {
        let act = || ReviewAct::Return { reason: "Las fechas ya pasaron".to_owned() };
        let returned = decide(DraftStatus::Approved, AUTHOR, act(), OTHER);
        assert_eq!(status(returned), DraftStatus::Returned);
        for status in [DraftStatus::Draft, DraftStatus::Returned] {
            let answer = decide(status, AUTHOR, act(), OTHER);
            assert_eq!(answer, Err(ReviewRejection::NotInReview { status }));
        }
    }

    #[test]
    fn a_return_needs_a_reason() {
        let act = ReviewAct::Return { reason: String::new() };
        let empty = InputRejection::Empty { field: "reason".to_owned() };
        assert_eq!(decide(DraftStatus::InReview, AUTHOR, act, OTHER), Err(empty.into()));
    }
}
