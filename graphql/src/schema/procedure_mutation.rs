//! One mutation a command, from the sealed proposals to the last payment.

use async_graphql::{Context, Object, Result};

use super::bid_inputs::{
    RegisterParticipantInput, ReplaceProposalInput, SubmitProposalInput, WithdrawProposalInput,
};
use super::commands::{CommandResult, execute};
use super::contract_inputs::{
    AcceptDeliverableInput, ApplyPenaltyInput, CompleteContractInput, LodgeGuaranteeInput,
    OrderPaymentInput, RatePerformanceInput, RateWorkInput, RecordPaymentInput,
    RegisterInvoiceInput, ReturnDeliverableInput, SignContractInput, SubmitDeliverableInput,
};
use super::procedure_inputs::{
    AcceptAssignmentInput, AccreditEvaluatorInput, ApplyAsEvaluatorInput, BreakTieInput,
    CommitBallotInput, ComputeEvaluationInput, DeclareConflictInput, DeclareDesertedInput,
    DrawPanelInput, IssueAwardInput, IssueRulingInput, OpenEconomicInput, OpenTechnicalInput,
    PrepareContractInput, RevealBallotInput, ScheduleDrawInput, SignTechnicalSheetInput,
};

macro_rules! mutations {
    ($(#[$doc:meta])* $name:ident {
        $($(#[$function_doc:meta])* $function:ident($input:ty)),+ $(,)?
    }) => {
        $(#[$doc])*
        #[derive(Default)]
        pub(crate) struct $name;

        #[Object]
        impl $name {
            $($(#[$function_doc])*
            async fn $function(&self, ctx: &Context<'_>, input: $input) -> Result<CommandResult> {
                execute(ctx, input).await
            })+
        }
    };
}

mutations!(
    /// What is asked for in a procedure.
    ProcedureMutation {
        /// Asks to be a citizen evaluator.
        apply_as_evaluator(ApplyAsEvaluatorInput),
        /// Enters an evaluator in the register.
        accredit_evaluator(AccreditEvaluatorInput),
        /// Takes part in a tender; sealed.
        register_participant(RegisterParticipantInput),
        /// Submits a proposal; sealed. Until custodians hold the keys, the server can read it.
        submit_proposal(SubmitProposalInput),
        /// Submits another proposal in the place of the company's own; sealed.
        replace_proposal(ReplaceProposalInput),
        /// Takes the company's own proposal back; sealed.
        withdraw_proposal(WithdrawProposalInput),
        /// Opens the technical envelopes, under letters that are drawn.
        open_technical(OpenTechnicalInput),
        /// Scores a proposal; sealed until the last ballot is revealed.
        sign_technical_sheet(SignTechnicalSheetInput),
        /// Announces the draw of a panel.
        schedule_draw(ScheduleDrawInput),
        /// Draws the panel, once the announcement is anchored.
        draw_panel(DrawPanelInput),
        /// Takes one's seat on a panel.
        accept_assignment(AcceptAssignmentInput),
        /// Leaves one's seat because of a conflict of interest; the next alternate enters.
        declare_conflict(DeclareConflictInput),
        /// Commits to a ballot; an earlier one is void.
        commit_ballot(CommitBallotInput),
        /// Reveals the ballot that was committed to.
        reveal_ballot(RevealBallotInput),
        /// Opens the technical sheets and the economic envelopes, after the last reveal.
        open_economic(OpenEconomicInput),
        /// Computes all sub-scores.
        compute_evaluation(ComputeEvaluationInput),
        /// Breaks a tie of the first rank.
        break_tie(BreakTieInput),
        /// Issues the ruling (dictamen).
        issue_ruling(IssueRulingInput),
        /// Issues the award (fallo).
        issue_award(IssueAwardInput),
        /// Declares that nobody is awarded.
        declare_deserted(DeclareDesertedInput),
        /// Prepares the contract for signature.
        prepare_contract(PrepareContractInput),
    }
);

mutations!(
    /// What is asked for of a contract.
    ContractMutation {
        /// Lodges the guarantee of performance.
        lodge_guarantee(LodgeGuaranteeInput),
        /// Signs for one party; when both have signed the contract is in force.
        sign_contract(SignContractInput),
        /// Hands in a deliverable.
        submit_deliverable(SubmitDeliverableInput),
        /// Sends a deliverable back.
        return_deliverable(ReturnDeliverableInput),
        /// Accepts a deliverable.
        accept_deliverable(AcceptDeliverableInput),
        /// Charges for a late deliverable.
        apply_penalty(ApplyPenaltyInput),
        /// Sends the invoice of an accepted deliverable.
        register_invoice(RegisterInvoiceInput),
        /// Orders the payment of an invoice.
        order_payment(OrderPaymentInput),
        /// Records that it was paid.
        record_payment(RecordPaymentInput),
        /// Closes the contract and its accounts.
        complete_contract(CompleteContractInput),
        /// Rates how the supplier performed.
        rate_performance(RatePerformanceInput),
        /// Rates the work, once an account.
        rate_work(RateWorkInput),
    }
);
