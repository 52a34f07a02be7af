//! The GraphQL schema: thin, everything it does is a call into `application`, `projections` or `anchor`.

#![expect(
    clippy::struct_field_names,
    reason = "the names of members are those of the recorded events"
)]

mod accounts;
mod bid_inputs;
mod call_inputs;
mod codes;
mod commands;
mod contract_inputs;
mod drafts;
mod evaluators;
mod faults;
mod inputs;
mod log;
mod mutation;
mod page;
mod parts;
mod plans;
mod procedure_inputs;
mod procedure_mutation;
mod processes;
mod records;
mod registers;
mod scalars;
mod subscription;
mod tenders;

use std::time::Duration;

use async_graphql::dataloader::DataLoader;
use async_graphql::parser::parse_query;
use async_graphql::parser::types::{
    DocumentOperations, ExecutableDocument, OperationType, Selection,
};
use async_graphql::{Context, Error, MergedObject, Pos, Request, Response, Schema};
use futures::StreamExt as _;
use futures::stream::BoxStream;

pub(crate) use faults::{coded, passes, report};
pub(crate) use scalars::{Instant, Position};

use crate::State;
use crate::auth::Identity;
use accounts::AccountQuery;
use drafts::DraftQuery;
use evaluators::EvaluatorQuery;
use log::{AnchorLoader, LogQuery};
use mutation::RegisterMutation;
use plans::PlanQuery;
use procedure_mutation::{ContractMutation, ProcedureMutation};
use processes::ProcessQuery;
use records::RecordQuery;
use registers::RegisterQuery;
use subscription::Live;
use tenders::TenderQuery;

/// How deep a query may nest.
const DEPTH_MAX: usize = 12;
/// How much a query may cost: one a field, times the size of the lists it is in.
const COMPLEXITY_MAX: usize = 2_000;
/// How deep a query of the schema itself may nest: that of the tools is 14 deep.
const INTROSPECTION_DEPTH_MAX: usize = 20;

/// Everything that can be read.
#[derive(MergedObject, Default)]
pub(crate) struct Query(
    LogQuery,
    AccountQuery,
    RegisterQuery,
    PlanQuery,
    DraftQuery,
    TenderQuery,
    RecordQuery,
    ProcessQuery,
    EvaluatorQuery,
);

/// Everything that can be asked for.
#[derive(MergedObject, Default)]
pub(crate) struct Mutation(RegisterMutation, ProcedureMutation, ContractMutation);

type Root = Schema<Query, Mutation, Live>;

/// The schema, and a second one for questions about the schema only, which nest deeper.
#[derive(Clone)]
pub(crate) struct Executor {
    root: Root,
    introspection: Root,
}

impl Executor {
    pub(crate) fn new() -> Self {
        let root = || Schema::build(Query::default(), Mutation::default(), Live);
        Self {
            root: root().limit_depth(DEPTH_MAX).limit_complexity(COMPLEXITY_MAX).finish(),
            introspection: root()
                .limit_depth(INTROSPECTION_DEPTH_MAX)
                .limit_complexity(COMPLEXITY_MAX)
                .introspection_only()
                .finish(),
        }
    }

    pub(crate) async fn execute(
        &self,
        request: Request,
        state: &State,
        identity: Identity,
    ) -> Response {
        let request = with_data(request, state).data(identity);
        let asks_for_schema_only =
            parse_query(&request.query).is_ok_and(|it| is_introspection(&it));
        let mut response = if asks_for_schema_only {
            self.introspection.execute(request).await
        } else {
            self.root.execute(request).await
        };
        for error in &mut response.errors {
            name_the_rule(error);
        }
        response
    }

    /// Answers of a subscription, as they come about; of anything else one error.
    pub(crate) fn follow(
        &self,
        mut request: Request,
        state: &State,
    ) -> BoxStream<'static, Response> {
        // A document that cannot be read gets its error from the schema.
        if let Some(refused) = request.parsed_query().ok().and_then(cannot_be_followed) {
            let refused = Response::from_errors(vec![refused.into_server_error(Pos::default())]);
            return futures::stream::once(async { refused }).boxed();
        }
        let answers = self.root.execute_stream(with_data(request, state));
        let named = answers.map(|mut response| {
            response.errors.iter_mut().for_each(name_the_rule);
            response
        });
        named.boxed()
    }
}

fn with_data(request: Request, state: &State) -> Request {
    let loader = AnchorLoader(state.anchors.clone());
    request.data(state.clone()).data(DataLoader::new(loader, tokio::spawn).delay(Duration::ZERO))
}

/// The schema's definition, as it is committed.
#[must_use]
pub fn sdl() -> String {
    Executor::new().root.sdl()
}

fn is_introspection(document: &ExecutableDocument) -> bool {
    let is_of_schema = |selection: &Selection| match selection {
        Selection::Field(field) => field.node.name.node.as_str().starts_with("__"),
        Selection::FragmentSpread(_) | Selection::InlineFragment(_) => false,
    };
    let only_of_schema = |operation: &async_graphql::parser::types::OperationDefinition| {
        operation.selection_set.node.items.iter().all(|item| is_of_schema(&item.node))
    };
    match &document.operations {
        DocumentOperations::Single(operation) => only_of_schema(&operation.node),
        DocumentOperations::Multiple(operations) => {
            operations.values().all(|operation| only_of_schema(&operation.node))
        }
    }
}

fn is_subscription(document: &ExecutableDocument) -> bool {
    document.operations.iter().all(|(_, it)| it.node.ty == OperationType::Subscription)
}

/// Why nothing of a document is followed.
fn cannot_be_followed(document: &ExecutableDocument) -> Option<Error> {
    if !is_subscription(document) {
        return Some(coded(
            "not-a-subscription",
            "Por aquí solo se atienden suscripciones: envíe lo demás por POST a /graphql.",
        ));
    }
    (!is_one_field(document)).then(|| {
        coded(
            "one-field-a-subscription",
            "Cada suscripción pide exactamente un campo, sin fragmento: envíe las demás por separado.",
        )
    })
}

/// Whether an operation is exactly one field: each would be a feed of its own, and those of a fragment are never
/// looked at.
fn is_one_field(document: &ExecutableDocument) -> bool {
    document.operations.iter().all(|(_, operation)| {
        let items = &operation.node.selection_set.node.items;
        matches!(items.as_slice(), [item] if matches!(item.node, Selection::Field(_)))
    })
}

/// Errors of the language itself (syntax, unknown field, too deep, …) get a slug too.
fn name_the_rule(error: &mut async_graphql::ServerError) {
    let extensions = error.extensions.get_or_insert_default();
    if extensions.get("code").is_none() {
        let code = match error.message.as_str() {
            "Query is nested too deep." => "query-too-deep",
            "Query is too complex." => "query-too-complex",
            _ => "invalid-query",
        };
        extensions.set("code", code);
    }
}

fn state<'a>(ctx: &Context<'a>) -> Result<&'a State, Error> {
    ctx.data()
}

fn identity<'a>(ctx: &Context<'a>) -> Result<&'a Identity, Error> {
    ctx.data()
}
