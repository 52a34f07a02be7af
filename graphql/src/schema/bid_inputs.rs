//! Inputs of what companies do in a tender, all of it sealed.

use application::{BidAct, Command, DocumentInput as Bytes, ProposalInput};
use async_graphql::InputObject;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::rejection::InputRejection;
use domain::{CompanyId, TenderId};

use super::inputs::{CommandInput, MoneyInput, command, numbered};
use super::scalars::{UuidText, format};

/// A document to keep; known to everybody by the SHA-256 of its bytes once it is public.
///
/// A list of them holds 20 at most. A request of a logged-in account holds 4 MiB: both envelopes of a proposal, full.
#[derive(InputObject)]
pub(crate) struct DocumentInput {
    /// Its file name.
    name: String,
    /// Its media type: text/plain, text/markdown, text/csv, application/json or application/pdf.
    media_type: String,
    /// Its bytes in base64 with padding, 64 KiB at most.
    content: String,
}

/// What is sealed has no place in a log line.
impl std::fmt::Debug for DocumentInput {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("DocumentInput")
    }
}

pub(super) fn documents(
    field: &'static str,
    documents: Vec<DocumentInput>,
) -> Result<Vec<Bytes>, InputRejection> {
    numbered(documents, |index, it| {
        let bytes = STANDARD
            .decode(&it.content)
            .map_err(|_| format(&format!("{field}[{index}].content"), "el contenido en base64"))?;
        Ok(Bytes { name: it.name, media_type: it.media_type, bytes })
    })
}

fn bid(tender: &UuidText, company: &UuidText, act: BidAct) -> Result<Command, InputRejection> {
    Ok(Command::Bid {
        tender_id: TenderId(tender.read("tenderId")?),
        company_id: CompanyId(company.read("companyId")?),
        act,
    })
}

command!(
    /// A company that takes part in a tender.
    RegisterParticipantInput {
        /// The tender.
        tender_id: UuidText,
        /// The company; the account must be the one that registered it.
        company_id: UuidText,
        /// That nobody of the company has an interest in the buying unit.
        declares_no_conflict: bool,
    }
    it => {
        let act = BidAct::RegisterParticipant { declares_no_conflict: it.declares_no_conflict };
        bid(&it.tender_id, &it.company_id, act)?
    }
);

macro_rules! proposals {
    ($($(#[$doc:meta])* $name:ident => $act:ident;)+) => {$(
        command!(
            $(#[$doc])*
            $name {
                /// The tender.
                tender_id: UuidText,
                /// The company.
                company_id: UuidText,
                /// The technical envelope.
                technical: Vec<DocumentInput>,
                /// The price, VAT excluded.
                price: MoneyInput,
                /// The documents of the economic envelope.
                economic: Vec<DocumentInput>,
            }
            it => {
                let act = BidAct::$act(Box::new(ProposalInput {
                    technical: documents("technical", it.technical)?,
                    price: it.price.into(),
                    economic: documents("economic", it.economic)?,
                }));
                bid(&it.tender_id, &it.company_id, act)?
            }
        );
    )+};
}

proposals!(
    /// A proposal: two envelopes, sealed until their hours.
    SubmitProposalInput => SubmitProposal;
    /// A proposal in the place of the company's earlier one.
    ReplaceProposalInput => ReplaceProposal;
);

command!(
    /// A proposal to take back.
    WithdrawProposalInput {
        /// The tender.
        tender_id: UuidText,
        /// The company.
        company_id: UuidText,
    }
    it => bid(&it.tender_id, &it.company_id, BidAct::WithdrawProposal)?
);
