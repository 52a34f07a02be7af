//! The citizens' panel: candidates, draw, seats, ballots.

use std::fmt::Debug;
use std::future::Future;
use std::pin::Pin;

use domain::content::{Ballot, Document};
use domain::draw::Candidate;
use domain::evaluation::{
    CloseReveal, CommitBallot, DrawPanel, Evaluation, EvaluationCommand, EvaluationRejection, Link,
    Participant, Reveal, ScheduleDraw,
};
use domain::evaluator::{Evaluator, REGISTER_STREAM};
use domain::rejection::InputRejection;
use domain::text;
use domain::{DomainEvent, EvaluatorId, Mask, TenderId, Timestamp};
use eventstore::EventStore;
use merkle::hash::{hash_from_base64url, hash_from_hex, sha256, to_hex};
use merkle::{Commitment, Salt};

use crate::acts::RevealInput;
use crate::append::Decision;
use crate::command::Request;
use crate::execute::Application;
use crate::history::{Loaded, domain_event, load, load_known};
use crate::opening::Procedure;
use crate::outcome::{ExecuteError, Fault, rejected};
use crate::sealed::SealedEntry;

/// Where a ballot's commitment stands.
const BALLOT_PATH: &str = "/data/ballot";
/// How the justification of a ballot is named as a document.
const JUSTIFICATION_NAME: &str = "justificacion.txt";

/// Says which block anchored an event: the chance that nobody chooses.
pub trait Beacon: Debug + Send + Sync {
    /// Number and hash of the block that anchors the event at `position`, once a quorum stands behind it.
    ///
    /// # Errors
    /// Whatever keeps it from knowing; the caller may ask again.
    fn block_of(&self, position: u64) -> BlockAnswer<'_>;
}

/// Number and hash of a block.
pub type Block = (u64, [u8; 32]);

/// A beacon's answer, to be waited for.
pub type BlockAnswer<'a> =
    Pin<Box<dyn Future<Output = Result<Option<Block>, BeaconError>> + Send + 'a>>;

/// Why a beacon could not say which block anchored an event.
#[derive(Debug, thiserror::Error)]
#[error("the block that anchors an event cannot be looked up")]
pub struct BeaconError(#[source] pub Box<dyn std::error::Error + Send + Sync>);

impl<S: EventStore> Application<S> {
    /// Announces a draw. The operator's number is kept under the stream's key, by the hash that is announced.
    pub(crate) async fn schedule_draw(
        &self,
        procedure: Procedure,
        (seats, alternates): (u32, u32),
        now: Timestamp,
    ) -> Result<Decision, ExecuteError> {
        let (candidates, register) = self.candidates(None).await?;
        let mut contribution = [0; 32];
        self.parts().entropy.fill(&mut contribution);
        let command = EvaluationCommand::ScheduleDraw(Box::new(ScheduleDraw {
            call: procedure.tender.state.published().cloned(),
            candidates,
            seats,
            alternates,
            contribution,
        }));
        let mut decision = procedure.decide_evaluation(command, now)?;
        self.keep(&decision.stream, &contribution).await?;
        decision.unchanged.push(register);
        Ok(decision)
    }

    pub(crate) async fn draw_panel(
        &self,
        procedure: Procedure,
        now: Timestamp,
    ) -> Result<Decision, ExecuteError> {
        // Whoever came into the register after the announcement is no candidate.
        let announced = procedure.evaluation.begun_at;
        let (candidates, register) = self.candidates(announced).await?;
        let command = EvaluationCommand::DrawPanel(Box::new(DrawPanel {
            call: procedure.tender.state.published().cloned(),
            candidates,
            contribution: self.contribution(&procedure.evaluation).await?,
            block: self.beacon(&procedure.evaluation).await?,
        }));
        let mut decision = procedure.decide_evaluation(command, now)?;
        decision.unchanged.push(register);
        Ok(decision)
    }

    pub(crate) async fn accept_assignment(
        &self,
        request: &Request<'_>,
        procedure: Procedure,
        tender_id: TenderId,
        now: Timestamp,
    ) -> Result<Decision, ExecuteError> {
        let evaluator_id = self.seat_of(request, &procedure.evaluation).await?;
        let link = self.link(request, evaluator_id, &procedure, tender_id).await?;
        let command = EvaluationCommand::Accept { evaluator_id, link };
        procedure.decide_evaluation(command, now)
    }

    pub(crate) async fn declare_conflict(
        &self,
        request: &Request<'_>,
        procedure: Procedure,
        reason: &str,
        now: Timestamp,
    ) -> Result<Decision, ExecuteError> {
        let evaluator_id = self.seat_of(request, &procedure.evaluation).await?;
        let call = procedure.tender.state.published().cloned().map(Box::new);
        let not_after = call.as_ref().map(|call| call.schedule.commit_end);
        let reason = reason.to_owned();
        let command = EvaluationCommand::DeclareConflict { call, evaluator_id, reason };
        Ok(Decision { not_after, ..procedure.decide_evaluation(command, now)? })
    }

    pub(crate) async fn commit_ballot(
        &self,
        request: &Request<'_>,
        procedure: Procedure,
        tender_id: TenderId,
        commitment: &str,
        now: Timestamp,
    ) -> Result<Decision, ExecuteError> {
        let call = procedure.tender.state.published().cloned();
        let not_after = call.as_ref().map(|call| call.schedule.commit_end);
        let evaluator_id = self.seat_of(request, &procedure.evaluation).await?;
        let link = self.link(request, evaluator_id, &procedure, tender_id).await?;
        let commitment = commitment.to_owned();
        let is_opened = !procedure.tender.state.opened().is_empty();
        let ballot = CommitBallot { call, evaluator_id, link, is_opened, commitment };
        let command = EvaluationCommand::Commit(Box::new(ballot));
        Ok(Decision { not_after, ..procedure.decide_evaluation(command, now)? })
    }

    pub(crate) async fn reveal_ballot(
        &self,
        request: &Request<'_>,
        procedure: Procedure,
        tender_id: TenderId,
        input: &RevealInput,
        now: Timestamp,
    ) -> Result<Decision, ExecuteError> {
        let call = procedure.tender.state.published().cloned();
        let not_after = call.as_ref().map(|call| call.schedule.reveal_end);
        let evaluator_id = self.seat_of(request, &procedure.evaluation).await?;
        let seat = evaluator_id.and_then(|id| procedure.evaluation.state.seat_of(id));
        let pseudonym =
            seat.ok_or_else(|| rejected(EvaluationRejection::NotOnThePanel))?.pseudonym.clone();
        let (justification, document) = justification(&input.justification)?;
        let ballot = Ballot {
            tender_id,
            pseudonym,
            proposals: input.proposals.clone(),
            justification: document,
            delivery_probability_percent: input.delivery_probability_percent,
        };
        let computed = commitment(&ballot, &input.salt)?;
        let masks: Vec<Mask> =
            procedure.tender.state.opened().iter().map(|opened| opened.mask.clone()).collect();
        let command = EvaluationCommand::Reveal(Box::new(Reveal {
            call,
            masks,
            evaluator_id,
            ballot,
            salt: input.salt.clone(),
            computed,
        }));
        let decision = procedure.decide_evaluation(command, now)?;
        self.keep(&decision.stream, justification.as_bytes()).await?;
        Ok(Decision { not_after, ..decision })
    }

    /// The timer's decision when the time to reveal ends.
    ///
    /// No floor of the clock is needed: a reveal is in the same stream, so one that comes in between is seen.
    pub(crate) async fn close_reveal(&self, tender_id: TenderId) -> Result<Decision, ExecuteError> {
        let now = self.now().await?;
        let procedure = self.procedure(tender_id).await?;
        let call = procedure.tender.state.published().cloned();
        let not_before = call.as_ref().map(|call| call.schedule.reveal_end);
        let command = EvaluationCommand::CloseReveal(Box::new(CloseReveal { call }));
        let decision = procedure.decide_evaluation(command, now)?;
        Ok(Decision { not_before, rules: self.pinned(true), ..decision })
    }

    /// Everybody who came into the register, before the position `until` if there is one, with the interests they
    /// declared, which nobody else is shown; and the register's stream at the version that was read.
    async fn candidates(
        &self,
        until: Option<u64>,
    ) -> Result<(Vec<Candidate>, (String, u64)), Fault> {
        let recorded = self.store().read_stream(REGISTER_STREAM).await?;
        let version = recorded.len() as u64;
        let mut candidates = Vec::new();
        for entry in recorded.iter().filter(|it| until.is_none_or(|until| it.position < until)) {
            let Some(DomainEvent::EvaluatorAccredited(accredited)) = domain_event(entry)? else {
                continue;
            };
            let stream = accredited.evaluator_id.stream();
            let evaluator: Loaded<Evaluator> = load_known(self.store(), stream).await?;
            let interests = evaluator.state.application().and_then(|it| it.interests.clone());
            candidates.push(Candidate {
                evaluator_id: accredited.evaluator_id,
                pseudonym: accredited.pseudonym,
                organisation: accredited.organisation,
                interests,
            });
        }
        Ok((candidates, (REGISTER_STREAM.to_owned(), version)))
    }

    /// The caller's place on the panel.
    async fn seat_of(
        &self,
        request: &Request<'_>,
        evaluation: &Loaded<Evaluation>,
    ) -> Result<Option<EvaluatorId>, Fault> {
        for seat in evaluation.state.seats() {
            let evaluator: Loaded<Evaluator> =
                load(self.store(), seat.evaluator_id.stream()).await?;
            if evaluator.begun_by == Some(request.account()) {
                return Ok(Some(seat.evaluator_id));
            }
        }
        Ok(None)
    }

    /// How the caller, in its seat, stands to those who take part: known from what is sealed, and shown to nobody.
    async fn link(
        &self,
        request: &Request<'_>,
        evaluator_id: Option<EvaluatorId>,
        procedure: &Procedure,
        tender_id: TenderId,
    ) -> Result<Link, Fault> {
        // Without a seat nothing is asked for that a link could forbid.
        let Some(evaluator_id) = evaluator_id else { return Ok(Link::Unknown) };
        let evaluator: Loaded<Evaluator> = load_known(self.store(), evaluator_id.stream()).await?;
        let interests = evaluator.state.application().and_then(|it| it.interests.as_deref());
        let entries = self.sealed_entries(tender_id, &procedure.tender).await?;
        let participant = |entry: &SealedEntry| match &entry.event {
            DomainEvent::ParticipantRegistered(it) => {
                Some(Participant { account: entry.actor, rfc: it.tenderer.rfc.clone() })
            }
            _ => None,
        };
        let participants: Vec<Participant> = entries.iter().filter_map(participant).collect();
        Ok(Link::between(request.account(), interests, &participants))
    }

    /// The operator's number that was announced by its hash; zeros when it is lost, which the rules refuse.
    async fn contribution(&self, evaluation: &Loaded<Evaluation>) -> Result<[u8; 32], Fault> {
        let scheduled = evaluation.state.scheduled();
        let hash = scheduled.and_then(|it| hash_from_hex(&it.contribution_hash));
        let Some(hash) = hash else { return Ok([0; 32]) };
        let kept = self.document(&hash).await?;
        Ok(kept.and_then(|bytes| bytes.try_into().ok()).unwrap_or_default())
    }

    async fn beacon(&self, evaluation: &Loaded<Evaluation>) -> Result<Option<Block>, Fault> {
        match evaluation.begun_at {
            // The announcement is the first event of its stream.
            Some(position) => Ok(self.parts().beacon.block_of(position).await?),
            None => Ok(None),
        }
    }
}

/// The text and, as it stands in the ballot, the document.
fn justification(text: &str) -> Result<(String, Document), ExecuteError> {
    let text = text::justification("justification", text).map_err(rejected)?;
    let document = Document {
        name: JUSTIFICATION_NAME.to_owned(),
        media_type: "text/plain".to_owned(),
        sha256: to_hex(&sha256(text.as_bytes())),
        bytes: u32::try_from(text.len()).unwrap_or(u32::MAX),
    };
    Ok((text, document))
}

/// What the ballot and the salt commit to.
fn commitment(ballot: &Ballot, salt: &str) -> Result<String, ExecuteError> {
    let malformed = || {
        rejected(InputRejection::Format {
            field: "salt".to_owned(),
            expected: "la sal del compromiso: 32 bytes en base64url sin relleno",
        })
    };
    let salt = Salt(hash_from_base64url(salt).ok_or_else(malformed)?);
    let value = serde_json::to_value(ballot).expect("a ballot is plain data");
    let commitment =
        Commitment::to(BALLOT_PATH, &salt, &value).map_err(|_| Fault::Stored("ballot"))?;
    Ok(commitment.to_text())
}
