//! One mutation a command, up to the published call.

use async_graphql::{Context, Object, Result};

use super::accounts::{AccountResult, LoginResult, create_account, log_in, log_out};
use super::call_inputs::{
    ApproveCallInput, PublishCallInput, ReturnCallInput, SaveTenderDraftInput, SubmitCallInput,
};
use super::commands::{CommandResult, execute};
use super::inputs::{
    AddCatalogueItemInput, ApproveCompanyInput, ApprovePlanInput, RegisterCompanyInput,
    RegisterUnitInput, RejectCompanyInput, ReturnPlanInput, SavePlanDraftInput, SubmitPlanInput,
};

/// Accounts, registers, plans and calls.
#[derive(Default)]
pub(crate) struct RegisterMutation;

#[Object]
impl RegisterMutation {
    /// Makes an account with the role citizen.
    async fn create_account(
        &self,
        ctx: &Context<'_>,
        login: String,
        password: String,
    ) -> Result<AccountResult> {
        create_account(ctx, &login, &password).await
    }

    /// Begins a session: answers its bearer token, and sets it as a cookie that scripts cannot read.
    async fn login(
        &self,
        ctx: &Context<'_>,
        login: String,
        password: String,
    ) -> Result<LoginResult> {
        log_in(ctx, &login, &password).await
    }

    /// Ends the session; false when there was none.
    async fn logout(&self, ctx: &Context<'_>) -> Result<bool> {
        log_out(ctx).await
    }

    /// Enters a buying unit in the register.
    async fn register_unit(
        &self,
        ctx: &Context<'_>,
        input: RegisterUnitInput,
    ) -> Result<CommandResult> {
        execute(ctx, input).await
    }

    /// Adds an item to a catalogue.
    async fn add_catalogue_item(
        &self,
        ctx: &Context<'_>,
        input: AddCatalogueItemInput,
    ) -> Result<CommandResult> {
        execute(ctx, input).await
    }

    /// Asks for the registration of a company.
    async fn register_company(
        &self,
        ctx: &Context<'_>,
        input: RegisterCompanyInput,
    ) -> Result<CommandResult> {
        execute(ctx, input).await
    }

    /// Approves a company.
    async fn approve_company(
        &self,
        ctx: &Context<'_>,
        input: ApproveCompanyInput,
    ) -> Result<CommandResult> {
        execute(ctx, input).await
    }

    /// Refuses a company.
    async fn reject_company(
        &self,
        ctx: &Context<'_>,
        input: RejectCompanyInput,
    ) -> Result<CommandResult> {
        execute(ctx, input).await
    }

    /// Begins a plan's draft or changes it.
    async fn save_plan_draft(
        &self,
        ctx: &Context<'_>,
        input: SavePlanDraftInput,
    ) -> Result<CommandResult> {
        execute(ctx, input).await
    }

    /// Asks for a decision on a plan.
    async fn submit_plan(
        &self,
        ctx: &Context<'_>,
        input: SubmitPlanInput,
    ) -> Result<CommandResult> {
        execute(ctx, input).await
    }

    /// Sends a plan back to its author.
    async fn return_plan(
        &self,
        ctx: &Context<'_>,
        input: ReturnPlanInput,
    ) -> Result<CommandResult> {
        execute(ctx, input).await
    }

    /// Approves a plan: it gets its ocid.
    async fn approve_plan(
        &self,
        ctx: &Context<'_>,
        input: ApprovePlanInput,
    ) -> Result<CommandResult> {
        execute(ctx, input).await
    }

    /// Begins a call's draft or changes it.
    async fn save_tender_draft(
        &self,
        ctx: &Context<'_>,
        input: SaveTenderDraftInput,
    ) -> Result<CommandResult> {
        execute(ctx, input).await
    }

    /// Asks for a decision on a call.
    async fn submit_call(
        &self,
        ctx: &Context<'_>,
        input: SubmitCallInput,
    ) -> Result<CommandResult> {
        execute(ctx, input).await
    }

    /// Sends a call back to its author.
    async fn return_call(
        &self,
        ctx: &Context<'_>,
        input: ReturnCallInput,
    ) -> Result<CommandResult> {
        execute(ctx, input).await
    }

    /// Approves a call.
    async fn approve_call(
        &self,
        ctx: &Context<'_>,
        input: ApproveCallInput,
    ) -> Result<CommandResult> {
        execute(ctx, input).await
    }

    /// Publishes an approved call.
    async fn publish_call(
        &self,
        ctx: &Context<'_>,
        input: PublishCallInput,
    ) -> Result<CommandResult> {
        execute(ctx, input).await
    }
}
