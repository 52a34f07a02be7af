//! Seats and ballots: each revealed ballot is the last one its seat committed to.

use std::collections::BTreeMap;

use super::case::Case;
use super::contradiction::Contradiction;
use super::event::Event;
use super::opening::masks;
use super::opinion::Found;
use super::record::Record;
use crate::commitment::commitment;
use crate::encoding::{base64url, unbase64url_array};
use crate::json::{Value, object};

/// The path a ballot is committed to at.
const PATH: &str = "/data/ballot";
/// The highest score of a ballot.
const SCORE_MAX: u32 = 100;
/// The most seats of a panel.
pub(super) const SEATS_MAX: usize = 15;

/// Who holds a seat, and how far its ballot is.
struct Member<'a> {
    evaluator_id: &'a str,
    pseudonym: &'a str,
    accepted: bool,
    committed: Option<&'a str>,
    /// Revealed, or missed.
    done: bool,
}

impl<'a> Member<'a> {
    fn read(seat: Record<'a>) -> Result<Self, Contradiction> {
        Ok(Self {
            evaluator_id: seat.text("evaluatorId")?,
            pseudonym: seat.text("pseudonym")?,
            accepted: false,
            committed: None,
            done: false,
        })
    }
}

/// The panel as its stream tells it.
struct Panel<'a> {
    schedule: Record<'a>,
    criteria: usize,
    masks: Vec<&'a str>,
    seats: BTreeMap<u32, Member<'a>>,
    alternates: std::vec::IntoIter<Record<'a>>,
    revealed: usize,
}

/// Checks seats and ballots.
pub(super) fn check(case: &Case) -> Result<Found, Contradiction> {
    let Some(drawn) = case.one("PanelDrawn")? else {
        return Ok(Found::Absent("the panel is not drawn so far"));
    };
    let call = case.call(drawn)?;
    let places = drawn.record().list("panel")?;
    drawn.require(places.len() <= SEATS_MAX, "it has more than 15 seats")?;
    let mut seats = BTreeMap::new();
    for seat in places {
        seats.insert(seat.number("seat")?, Member::read(seat)?);
    }
    let mut panel = Panel {
        schedule: call.get("schedule")?,
        criteria: call.list("socialCriteria")?.len(),
        masks: masks(case)?,
        seats,
        alternates: drawn.record().list("alternates")?.into_iter(),
        revealed: 0,
    };
    for event in case.events.iter().filter(|event| !event.sealed) {
        match event.kind() {
            "AssignmentAccepted" => panel.accept(event)?,
            "ConflictDeclared" => panel.leave(event)?,
            "BallotCommitted" => panel.commit(event)?,
            "BallotRevealed" => panel.reveal(event)?,
            "BallotMissed" => panel.miss(event)?,
            // From here on prices are known: a ballot that is revealed later could have been chosen.
            "EconomicOpened" => panel.close(event)?,
            _ => continue,
        }
        event.require(drawn.position < event.position, "the panel was not drawn before it")?;
    }
    let (revealed, open) = (panel.revealed, panel.seats.values().filter(|it| !it.done).count());
    if revealed == 0 {
        return Ok(Found::Absent("no ballot is revealed so far"));
    }
    let rest = if open == 0 { String::new() } else { format!(", {open} seats still open") };
    Ok(Found::Proven(format!("{revealed} ballots are the ones last committed to{rest}")))
}

impl<'a> Panel<'a> {
    fn member(&mut self, event: &Event) -> Result<&mut Member<'a>, Contradiction> {
        let seat = event.record().number("seat")?;
        let member = self.seats.get_mut(&seat);
        member.ok_or_else(|| event.refuse("nobody has its seat", seat))
    }

    /// The member whom the event names.
    fn named(&mut self, event: &Event) -> Result<&mut Member<'a>, Contradiction> {
        let member = self.member(event)?;
        event.same("who has its seat", event.record().text("pseudonym")?, member.pseudonym)?;
        Ok(member)
    }

    fn accept(&mut self, event: &Event) -> Result<(), Contradiction> {
        let member = self.named(event)?;
        let id = event.record().text("evaluatorId")?;
        event.same("who has its seat", id, member.evaluator_id)?;
        event.require(!member.accepted && !member.done, "its seat was taken before")?;
        member.accepted = true;
        Ok(())
    }

    fn leave(&mut self, event: &'a Event) -> Result<(), Contradiction> {
        let member = self.named(event)?;
        let free = member.committed.is_none() && !member.done;
        event.require(free, "its seat committed to a ballot before")?;
        let seat = event.record().number("seat")?;
        let next = self.alternates.next().map(Member::read).transpose()?;
        let entered = next.as_ref().map_or(Value::Null, |next| {
            object([
                ("seat", Value::Integer(seat.into())),
                ("evaluatorId", next.evaluator_id.into()),
                ("pseudonym", next.pseudonym.into()),
            ])
        });
        let said = event.data.get("replacement").unwrap_or(&Value::Null);
        event.require(*said == entered, "who enters is not the next alternate")?;
        match next {
            Some(next) => self.seats.insert(seat, next),
            None => self.seats.remove(&seat),
        };
        Ok(())
    }

    fn commit(&mut self, event: &'a Event) -> Result<(), Contradiction> {
        self.within(event, "commitStart", "commitEnd")?;
        let member = self.named(event)?;
        event.require(member.accepted && !member.done, "its seat could not commit to a ballot")?;
        member.committed = Some(event.record().text("commitment")?);
        Ok(())
    }

    fn reveal(&mut self, event: &Event) -> Result<(), Contradiction> {
        self.within(event, "revealStart", "revealEnd")?;
        let record = event.record();
        check_scores(event, &self.masks, self.criteria)?;
        let salt = unbase64url_array(record.text("salt")?);
        let salt = salt.ok_or_else(|| event.refuse("its salt is not 32 bytes", ""))?;
        let ballot = record.get("ballot")?;
        let computed = base64url(&commitment(PATH, &salt, ballot.value));
        let member = self.member(event)?;
        event.same("whose ballot it is", ballot.text("pseudonym")?, member.pseudonym)?;
        event.require(!member.done, "its seat revealed or missed before")?;
        let committed = member.committed.unwrap_or("nothing");
        event.same("its ballot is not what was committed to", computed.as_str(), committed)?;
        member.done = true;
        self.revealed += 1;
        Ok(())
    }

    fn miss(&mut self, event: &Event) -> Result<(), Contradiction> {
        let over = event.effective_at_ms() >= self.schedule.instant("revealEnd")?;
        event.require(over, "it came before the end of the reveal")?;
        let member = self.named(event)?;
        event.require(!member.done, "its seat revealed or missed before")?;
        let committed = event.record().flag("committed")?;
        event.same("whether it had committed", committed, member.committed.is_some())?;
        member.done = true;
        Ok(())
    }

    /// Nobody who took a seat may still have a ballot to reveal.
    fn close(&self, event: &Event) -> Result<(), Contradiction> {
        let over = event.effective_at_ms() >= self.schedule.instant("revealEnd")?;
        let open = self.seats.values().any(|member| member.accepted && !member.done);
        event.require(over || !open, "a ballot could still be revealed")
    }

    /// Whether the event came within two hours of the call, the end not included.
    fn within(
        &self,
        event: &Event,
        start: &'static str,
        end: &'static str,
    ) -> Result<(), Contradiction> {
        let hours = self.schedule.instant(start)?..self.schedule.instant(end)?;
        event.require(hours.contains(&event.effective_at_ms()), "it came outside its hours")
    }
}

/// Whether a ballot gives every opened proposal one score a criterion; returns the scores by
/// proposal.
pub(super) fn check_scores(
    event: &Event,
    masks: &[&str],
    criteria: usize,
) -> Result<Vec<Vec<u32>>, Contradiction> {
    let proposals = event.record().get("ballot")?.list("proposals")?;
    event.same("how many proposals it scores", proposals.len(), masks.len())?;
    let mut all = Vec::with_capacity(masks.len());
    for (proposal, mask) in proposals.into_iter().zip(masks) {
        event.same("its proposals", proposal.text("mask")?, *mask)?;
        let scores = proposal.numbers("scores")?;
        event.same("how many criteria it scores", scores.len(), criteria)?;
        let within = scores.iter().all(|score| *score <= SCORE_MAX);
        event.require(within, "a score is above 100")?;
        all.push(scores);
    }
    Ok(all)
}
