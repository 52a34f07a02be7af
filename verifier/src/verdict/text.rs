//! The verdict as a page of text.

use std::fmt;

use super::{AnchorFacts, EventFacts, Outcome, Report};
use crate::encoding::{hex, instant};
use crate::entry::Clock;

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.outcome)?;
        if let Some(event) = &self.event {
            write_event(f, event)?;
        }
        if let Some(log) = &self.log {
            writeln!(f, "  batch        {} of its contract, log size {}", log.batch, log.size)?;
            writeln!(f, "  log root     {}", hex(&log.root))?;
            writeln!(f, "  witnesses    {}", log.witnesses)?;
        }
        if let Some(anchor) = &self.anchor {
            write_anchor(f, anchor)?;
        }
        if let Some(block) = self.ancestry {
            writeln!(f, "  ancestry     from the genesis block, as followed to block {block}")?;
        }
        if let Some(release) = &self.release {
            writeln!(f, "  release      {} of {}", release.release_id, release.ocid)?;
            writeln!(f, "  found as     {}", release.found)?;
        }
        writeln!(f, "  policy       {}", hex(&self.policy))?;
        if !matches!(self.outcome, Outcome::Refused(_)) {
            for gap in self.not_examined() {
                writeln!(f, "  not examined {gap}")?;
            }
        }
        Ok(())
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Anchored { .. } => write!(f, "ANCHORED")?,
            Self::Unsealed { .. } => {
                write!(f, "ANCHORED IN A DEVELOPMENT CHAIN, where nothing is sealed by anybody")?;
            }
            Self::NotAnchored => write!(f, "INCLUDED, NOT ANCHORED")?,
            Self::Refused(refusal) => {
                write!(f, "REFUSED by the check \"{}\": {}", refusal.check, refusal.cause)?;
            }
        }
        if self.is_late() { write!(f, ", LATE: after the promised delay") } else { Ok(()) }
    }
}

pub(crate) fn write_event(f: &mut fmt::Formatter<'_>, event: &EventFacts) -> fmt::Result {
    writeln!(f, "  log          {}", event.log)?;
    writeln!(f, "  position     {}", event.seq)?;
    writeln!(f, "  event        {}", event.id)?;
    match &event.name {
        Some((stream, ver, kind)) => writeln!(f, "  what         {kind}, {stream} version {ver}")?,
        None => writeln!(f, "  what         sealed, its content is not disclosed")?,
    }
    writeln!(f, "  recorded     {}", instant(event.at_ms.into()))?;
    if let Some(effective) = event.effective_at_ms {
        writeln!(f, "  effective    {}", instant(effective.into()))?;
    }
    match event.clock {
        Clock::Wall => {}
        Clock::Simulated => writeln!(f, "  clock        SIMULATED: a demonstration or rehearsal")?,
        Clock::Imported => writeln!(f, "  clock        IMPORTED: it happened elsewhere, earlier")?,
    }
    writeln!(f, "  withheld     {} values, {} disclosed", event.withheld, event.disclosed)?;
    writeln!(
        f,
        "  signatures   {} committed, {} disclosed, 0 verified",
        event.signatures, event.signatures_disclosed
    )?;
    writeln!(f, "  leaf         {}", hex(&event.leaf))
}

pub(crate) fn write_anchor(f: &mut fmt::Formatter<'_>, anchor: &AnchorFacts) -> fmt::Result {
    writeln!(f, "  contract     {}", hex(&anchor.contract))?;
    writeln!(f, "  block        {} of {}", anchor.block, instant(anchor.block_ms))?;
    writeln!(f, "  block hash   {}", hex(&anchor.block_hash))?;
    match &anchor.sealing {
        Some(sealing) => writeln!(
            f,
            "  sealed by    {} of {} signers in {} blocks, of {} organisations ({} in all)",
            sealing.sealers,
            sealing.signers,
            anchor.headers,
            sealing.sealer_organisations,
            sealing.organisations
        ),
        None => writeln!(f, "  sealed by    nobody"),
    }
}
