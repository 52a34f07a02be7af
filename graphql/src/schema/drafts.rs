//! Drafts: not public, for officials only.

use application::drafts::{Draft, DraftKind, list};
use async_graphql::connection::{Connection, EmptyFields};
use async_graphql::{Context, Json, Object, Result, SimpleObject};
use domain::{ActorKind, Role};
use serde_json::Value;

use super::codes::DraftStatus;
use super::faults::{coded, fault, refused};
use super::page::{Window, cost};
use super::scalars::{Instant, UuidText};
use super::{identity, state};

macro_rules! draft {
    ($(#[$doc:meta])* $name:ident, $id:ident) => {
        $(#[$doc])*
        #[derive(SimpleObject, Debug, Clone)]
        pub(crate) struct $name {
            /// The id of what it becomes.
            $id: UuidText,
            /// Where it stands.
            status: DraftStatus,
            /// Why it was sent back.
            reason: Option<String>,
            /// Pseudonym of who writes it.
            author: UuidText,
            /// Pseudonym of who approved it.
            approver: Option<UuidText>,
            /// When it was begun.
            created_at: Instant,
            /// When it was last changed.
            updated_at: Instant,
            /// What it says.
            content: Json<Value>,
        }

        impl From<Draft> for $name {
            fn from(draft: Draft) -> Self {
                Self {
                    $id: draft.id.into(),
                    status: draft.status.into(),
                    reason: draft.reason,
                    author: draft.author.0.into(),
                    approver: draft.approver.map(|account| account.0.into()),
                    created_at: draft.created_at.into(),
                    updated_at: draft.updated_at.into(),
                    content: Json(draft.content),
                }
            }
        }
    };
}

draft!(
    /// A plan that is not approved yet, or was.
    PlanDraft, plan_id
);
draft!(
    /// A call that is not published yet, or was.
    TenderDraft, tender_id
);

/// Which drafts are asked for.
struct Asked {
    kind: DraftKind,
    status: Option<DraftStatus>,
    first: Option<i32>,
    after: Option<String>,
}

async fn drafts<N: From<Draft> + async_graphql::OutputType>(
    ctx: &Context<'_>,
    asked: Asked,
) -> Result<Connection<String, N>> {
    let is_official =
        |role: &Role| role.actor_kind() == ActorKind::Official || matches!(role, Role::Oic);
    match &identity(ctx)?.account {
        None => {
            return Err(coded(
                "not-authenticated",
                "Los borradores son para funcionarios: entre con su cuenta.",
            ));
        }
        Some(account) if !account.roles.iter().any(is_official) => {
            return Err(coded("role-not-allowed", "Los borradores son para funcionarios."));
        }
        Some(_) => {}
    }
    let window = Window::read(asked.first)?;
    let after = asked.after.map(|after| UuidText(after).read("after")).transpose();
    let after = after.map_err(|rejection| refused(&rejection))?;
    let pool = state(ctx)?.application.pool();
    let status = asked.status.map(Into::into);
    let mut found =
        list(pool, asked.kind, status, after, window.size).await.map_err(|it| fault(&it))?;
    // A list of drafts gives 100 at most, so that whether there is a next page is a question of its own.
    if let Some(last) = found.last().filter(|_| found.len() == window.size as usize) {
        let next = list(pool, asked.kind, status, Some(last.id), 1).await;
        found.extend(next.map_err(|it| fault(&it))?);
    }
    let rows = found.into_iter().map(|it| (it.id.to_string(), N::from(it))).collect();
    Ok(window.show(rows, after.is_some(), EmptyFields))
}

/// Queries about drafts.
#[derive(Default)]
pub(crate) struct DraftQuery;

#[Object]
impl DraftQuery {
    /// Drafts of plans; for officials.
    #[graphql(complexity = "cost(first, child_complexity)")]
    async fn plan_drafts(
        &self,
        ctx: &Context<'_>,
        status: Option<DraftStatus>,
        first: Option<i32>,
        after: Option<String>,
    ) -> Result<Connection<String, PlanDraft>> {
        drafts(ctx, Asked { kind: DraftKind::Plan, status, first, after }).await
    }

    /// Drafts of calls; for officials.
    #[graphql(complexity = "cost(first, child_complexity)")]
    async fn tender_drafts(
        &self,
        ctx: &Context<'_>,
        status: Option<DraftStatus>,
        first: Option<i32>,
        after: Option<String>,
    ) -> Result<Connection<String, TenderDraft>> {
        drafts(ctx, Asked { kind: DraftKind::Tender, status, first, after }).await
    }
}
