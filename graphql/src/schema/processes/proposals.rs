//! Opened proposals and what is known of them.

use async_graphql::{Enum, SimpleObject};
use domain::content as d;
use projections::procedure as p;

use super::ActRef;
use crate::schema::codes::{Aggregation, CompanySize, UnsolventCause};
use crate::schema::parts::{Money, each, int};
use crate::schema::scalars::{Position, UuidText};

/// A document of a proposal, a ballot or a deliverable; `/documents/{sha256}` serves its bytes.
#[derive(SimpleObject, Debug, Clone)]
pub(crate) struct Document {
    /// Its file name.
    name: String,
    /// Its media type.
    media_type: String,
    /// `0x` hex SHA-256 of its bytes.
    sha256: String,
    /// How many bytes it has.
    bytes: i32,
}

impl From<d::Document> for Document {
    fn from(it: d::Document) -> Self {
        let d::Document { name, media_type, sha256, bytes } = it;
        Self { name, media_type, sha256, bytes: int(bytes) }
    }
}

/// A company, as the register had it at that moment.
#[derive(SimpleObject, Debug, Clone)]
pub(crate) struct Tenderer {
    /// Its id.
    company_id: UuidText,
    /// Razón social.
    legal_name: String,
    /// Its RFC.
    rfc: String,
    /// Its size.
    size: CompanySize,
}

impl From<d::Tenderer> for Tenderer {
    fn from(it: d::Tenderer) -> Self {
        Self {
            company_id: it.company_id.0.into(),
            legal_name: it.legal_name,
            rfc: it.rfc.into(),
            size: it.size.into(),
        }
    }
}

/// What became of a sealed entry at the opening.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum DispositionKind {
    /// It was opened.
    #[graphql(name = "opened")]
    Opened,
    /// A later entry stands in its place.
    #[graphql(name = "replaced")]
    Replaced,
    /// A later entry took it back.
    #[graphql(name = "withdrawn")]
    Withdrawn,
    /// It takes an earlier one back and says nothing else.
    #[graphql(name = "withdrawal")]
    Withdrawal,
    /// It could not be opened.
    #[graphql(name = "unopenable")]
    Unopenable,
}

/// A sealed entry of the tender's proposals, and what became of it at the opening.
#[derive(SimpleObject, Debug, Clone)]
pub(crate) struct Disposition {
    /// The entry.
    position: Position,
    /// What became of it.
    disposition: DispositionKind,
    /// The letter it is known by, if it was opened.
    mask: Option<String>,
    /// The later entry, if there is one.
    by: Option<Position>,
    /// Why it could not be opened.
    reason: Option<String>,
}

impl From<d::Disposition> for Disposition {
    fn from(it: d::Disposition) -> Self {
        use DispositionKind as K;
        use d::Disposition as D;
        let at = |position: u64, disposition| Self {
            position: position.into(),
            disposition,
            mask: None,
            by: None,
            reason: None,
        };
        match it {
            D::Opened { position, mask } => {
                Self { mask: Some(mask.into()), ..at(position, K::Opened) }
            }
            D::Replaced { position, by } => {
                Self { by: Some(by.into()), ..at(position, K::Replaced) }
            }
            D::Withdrawn { position, by } => {
                Self { by: Some(by.into()), ..at(position, K::Withdrawn) }
            }
            D::Withdrawal { position } => at(position, K::Withdrawal),
            D::Unopenable { position, reason } => {
                Self { reason: Some(reason), ..at(position, K::Unopenable) }
            }
        }
    }
}

/// The technical opening.
#[derive(SimpleObject, Debug, Clone)]
pub(crate) struct Opening {
    /// What recorded it.
    act: ActRef,
    /// How many proposals were opened.
    opened: i32,
    /// Every sealed entry of the tender's proposals, by position.
    dispositions: Vec<Disposition>,
}

impl From<p::Opening> for Opening {
    fn from(it: p::Opening) -> Self {
        let dispositions = each(it.dispositions);
        Self { act: it.act.into(), opened: int(it.opened), dispositions }
    }
}

/// An opened technical sheet.
#[derive(SimpleObject, Debug, Clone)]
pub(crate) struct TechnicalSheet {
    /// What opened it.
    act: ActRef,
    /// Position of the sealed entry.
    entry: Position,
    /// Centipoints, in the order of the call's technical criteria.
    scores: Vec<i32>,
    /// Why.
    justification: String,
}

impl From<p::TechnicalSheet> for TechnicalSheet {
    fn from(it: p::TechnicalSheet) -> Self {
        Self {
            act: it.act.into(),
            entry: it.entry.into(),
            scores: it.scores.into_iter().map(int).collect(),
            justification: it.justification,
        }
    }
}

/// An opened economic envelope: whose it is and what it costs.
#[derive(SimpleObject, Debug, Clone)]
pub(crate) struct RevealedOffer {
    /// What opened it.
    act: ActRef,
    /// The proposal.
    proposal_id: UuidText,
    /// Position of the company's sealed participation.
    participation: Position,
    /// The company.
    tenderer: Tenderer,
    /// The price, VAT excluded.
    price: Money,
    /// The documents of the economic envelope.
    documents: Vec<Document>,
}

impl From<p::RevealedOffer> for RevealedOffer {
    fn from(it: p::RevealedOffer) -> Self {
        Self {
            act: it.act.into(),
            proposal_id: it.proposal_id.0.into(),
            participation: it.participation.into(),
            tenderer: it.tenderer.into(),
            price: it.price.into(),
            documents: each(it.documents),
        }
    }
}

/// The points of a proposal by one way of aggregating, in centipoints.
#[derive(SimpleObject, Debug, Clone)]
pub(crate) struct AggregatedScore {
    /// The way.
    aggregation: Aggregation,
    /// The social points.
    social: i32,
    /// Technical, economic and social points.
    total: i32,
    /// Its rank, from 1; equal totals have equal ranks.
    rank: i32,
}

impl From<d::AggregatedScore> for AggregatedScore {
    fn from(it: d::AggregatedScore) -> Self {
        Self {
            aggregation: it.aggregation.into(),
            social: int(it.social),
            total: int(it.total),
            rank: int(it.rank),
        }
    }
}

/// The points of a solvent proposal, in centipoints.
#[derive(SimpleObject, Debug, Clone)]
pub(crate) struct ProposalScore {
    /// The technical points.
    technical: i32,
    /// The economic points.
    economic: i32,
    /// The rest, by every way of aggregating that the panel is large enough for; the call's counts.
    results: Vec<AggregatedScore>,
}

impl From<d::ProposalScore> for ProposalScore {
    fn from(it: d::ProposalScore) -> Self {
        let (technical, economic) = (int(it.technical), int(it.economic));
        Self { technical, economic, results: each(it.results) }
    }
}

/// A proposal that is not solvent.
#[derive(SimpleObject, Debug, Clone)]
pub(crate) struct Unsolvent {
    /// The proposal.
    mask: String,
    /// Why.
    cause: UnsolventCause,
}

impl From<d::Unsolvent> for Unsolvent {
    fn from(it: d::Unsolvent) -> Self {
        Self { mask: it.mask.into(), cause: it.cause.into() }
    }
}

/// An opened proposal.
#[derive(SimpleObject, Debug, Clone)]
pub(crate) struct Proposal {
    /// The letter it is known by.
    mask: String,
    /// What opened its technical envelope.
    act: ActRef,
    /// Position of the sealed entry.
    entry: Position,
    /// The documents of its technical envelope.
    documents: Vec<Document>,
    /// How the area that specified scored it; null until the economic opening.
    sheet: Option<TechnicalSheet>,
    /// Whose it is and what it costs; null until the economic opening.
    offer: Option<RevealedOffer>,
    /// Its points, if it was found solvent.
    score: Option<ProposalScore>,
    /// Why it is not solvent, if it is not.
    unsolvent: Option<UnsolventCause>,
}

impl From<p::Proposal> for Proposal {
    fn from(it: p::Proposal) -> Self {
        Self {
            mask: it.mask.into(),
            act: it.act.into(),
            entry: it.entry.into(),
            documents: each(it.documents),
            sheet: it.sheet.map(TechnicalSheet::from),
            offer: it.offer.map(RevealedOffer::from),
            score: it.score.map(ProposalScore::from),
            unsolvent: it.unsolvent.map(UnsolventCause::from),
        }
    }
}
