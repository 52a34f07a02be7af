//! Registers: buying units, catalogues, companies.

use async_graphql::{ComplexObject, Context, Object, Result, SimpleObject};
use domain::catalogue::read_scheme;
use domain::event::{CatalogItemAdded, UnitRegistered};
use domain::{AccountRef, CatalogueScheme, Role};
use eventstore::EventStore as _;
use projections::{CompanyPage, Page};
use uuid::Uuid;

use super::codes::{CompanySize, CompanyStatus};
use super::faults::{broken, refused, unprojected, unread};
use super::log::{Anchor, EventRef, anchor_of};
use super::page::{ReadConnection, ViewWindow, cost, view};
use super::scalars::{Instant, Position, UuidText};
use super::{identity, state};

/// A buying unit.
#[derive(SimpleObject, Debug, Clone)]
#[graphql(complex)]
pub(crate) struct Unit {
    /// Its key, nine digits or capital letters.
    key: String,
    /// Its name.
    name: String,
    /// The body it buys for.
    buyer: String,
    /// What recorded it.
    event: EventRef,
}

#[ComplexObject]
impl Unit {
    /// Where it is anchored; null while it is in no batch.
    async fn anchor(&self, ctx: &Context<'_>) -> Result<Option<Anchor>> {
        anchor_of(ctx, &self.event.position).await
    }
}

impl From<Page<UnitRegistered>> for Unit {
    fn from(page: Page<UnitRegistered>) -> Self {
        let stream = page.data.key.stream();
        Self {
            key: page.data.key.into(),
            name: page.data.name,
            buyer: page.data.buyer,
            event: EventRef::new(page.event_id, page.position, "UnitRegistered", stream),
        }
    }
}

/// An item of a catalogue.
#[derive(SimpleObject, Debug, Clone)]
pub(crate) struct CatalogueItem {
    /// The catalogue.
    scheme: String,
    /// The item's code in it.
    id: String,
    /// The code of the broader item it stands under.
    parent: Option<String>,
    /// What it is.
    description: String,
    /// What is counted.
    unit: String,
    /// What recorded it.
    event: EventRef,
}

impl From<Page<CatalogItemAdded>> for CatalogueItem {
    fn from(page: Page<CatalogItemAdded>) -> Self {
        let stream = page.data.scheme.stream();
        Self {
            scheme: page.data.scheme.into(),
            id: page.data.id.into(),
            parent: page.data.parent.map(String::from),
            description: page.data.description,
            unit: page.data.unit,
            event: EventRef::new(page.event_id, page.position, "CatalogItemAdded", stream),
        }
    }
}

/// A company of the register.
#[derive(SimpleObject, Debug, Clone)]
#[graphql(complex)]
pub(crate) struct Company {
    /// Its id.
    company_id: UuidText,
    /// Razón social.
    legal_name: String,
    /// Its RFC.
    rfc: String,
    /// Its size.
    size: CompanySize,
    /// Where its registration stands.
    status: CompanyStatus,
    /// Why it was rejected, if it was.
    reason: Option<String>,
    /// When it asked to be registered.
    registered_at: Instant,
    /// When it was decided on.
    decided_at: Option<Instant>,
    /// What recorded its registration.
    event: EventRef,
    #[graphql(skip)]
    event_id: Uuid,
    #[graphql(skip)]
    registrant: Option<String>,
}

/// The person who represents a company.
#[derive(SimpleObject, Debug, Clone)]
pub(crate) struct Contact {
    /// Given names.
    nombre: String,
    /// First family name.
    apellido_paterno: String,
    /// Second family name, which not everybody has.
    apellido_materno: Option<String>,
    /// E-mail address.
    correo: String,
    /// Telephone, E.164.
    telefono: String,
}

#[ComplexObject]
impl Company {
    /// Where its registration is anchored; null while it is in no batch.
    async fn anchor(&self, ctx: &Context<'_>) -> Result<Option<Anchor>> {
        anchor_of(ctx, &self.event.position).await
    }

    /// Personal data: for the company itself, approvers and catalogue administrators; null for everybody else,
    /// and once it was erased.
    #[graphql(complexity = "5 + child_complexity")]
    async fn contact(&self, ctx: &Context<'_>) -> Result<Option<Contact>> {
        let is_own = |account: AccountRef| self.registrant == Some(account.to_string());
        let may_see = identity(ctx)?.account.as_ref().is_some_and(|account| {
            is_own(account.account)
                || account.roles.iter().any(|it| matches!(it, Role::Approver | Role::CatalogAdmin))
        });
        if !may_see {
            return Ok(None);
        }
        let disclosed = state(ctx)?.store.disclose(self.event_id, "/data/contact").await;
        let Some(disclosed) = disclosed.map_err(|error| unread(&error))? else { return Ok(None) };
        // The value itself never goes into an error or a log line.
        let contact: domain::event::Contact =
            serde_json::from_value(disclosed.value).map_err(|_| broken(&std::fmt::Error))?;
        Ok(Some(Contact {
            nombre: contact.nombre,
            apellido_paterno: contact.apellido_paterno,
            apellido_materno: contact.apellido_materno,
            correo: contact.correo,
            telefono: contact.telefono,
        }))
    }
}

impl From<CompanyPage> for Company {
    fn from(company: CompanyPage) -> Self {
        let Page { position, event_id, effective_at_ms, data } = company.page;
        let stream = data.company_id.stream();
        Self {
            company_id: data.company_id.0.into(),
            legal_name: data.legal_name,
            rfc: data.rfc.to_string(),
            size: data.size.into(),
            status: company.status.into(),
            reason: company.reason,
            registered_at: Instant::from_millis(effective_at_ms),
            decided_at: company.decided_at_ms.map(Instant::from_millis),
            event: EventRef::new(event_id, position, "CompanyRegistered", stream),
            event_id,
            registrant: company.registrant,
        }
    }
}

/// Queries about the registers.
#[derive(Default)]
pub(crate) struct RegisterQuery;

#[Object]
impl RegisterQuery {
    /// Buying units, oldest first.
    #[graphql(complexity = "cost(first, child_complexity)")]
    async fn units(
        &self,
        ctx: &Context<'_>,
        first: Option<i32>,
        after: Option<String>,
        min_position: Option<Position>,
    ) -> Result<ReadConnection<Unit>> {
        let window = ViewWindow::open(ctx, first, after.as_deref(), min_position.as_ref()).await?;
        let units = window.view.units(window.after, window.window.limit).await;
        let units = units.map_err(|error| unprojected(&error))?;
        Ok(window.show(units.into_iter().map(|it| (it.position, it.into())).collect()))
    }

    /// Items of one catalogue or of all, oldest first.
    #[graphql(complexity = "cost(first, child_complexity)")]
    async fn catalogue_items(
        &self,
        ctx: &Context<'_>,
        scheme: Option<String>,
        first: Option<i32>,
        after: Option<String>,
        min_position: Option<Position>,
    ) -> Result<ReadConnection<CatalogueItem>> {
        let scheme = scheme.map(|scheme| read_scheme("scheme", &scheme)).transpose();
        let scheme = scheme.map_err(|rejection| refused(&rejection))?;
        let window = ViewWindow::open(ctx, first, after.as_deref(), min_position.as_ref()).await?;
        let limit = window.window.limit;
        let scheme = scheme.as_ref().map(CatalogueScheme::as_str);
        let items = window.view.catalogue_items(scheme, window.after, limit).await;
        let items = items.map_err(|error| unprojected(&error))?;
        Ok(window.show(items.into_iter().map(|it| (it.position, it.into())).collect()))
    }

    /// Companies of one status or of all, oldest first.
    #[graphql(complexity = "cost(first, child_complexity)")]
    async fn companies(
        &self,
        ctx: &Context<'_>,
        status: Option<CompanyStatus>,
        first: Option<i32>,
        after: Option<String>,
        min_position: Option<Position>,
    ) -> Result<ReadConnection<Company>> {
        let window = ViewWindow::open(ctx, first, after.as_deref(), min_position.as_ref()).await?;
        let limit = window.window.limit;
        let companies = window.view.companies(status.map(Into::into), window.after, limit).await;
        let companies = companies.map_err(|error| unprojected(&error))?;
        Ok(window.show(companies.into_iter().map(|it| (it.page.position, it.into())).collect()))
    }

    /// A company by its id.
    async fn company(
        &self,
        ctx: &Context<'_>,
        company_id: UuidText,
        min_position: Option<Position>,
    ) -> Result<Option<Company>> {
        let id = company_id.read("companyId").map_err(|rejection| refused(&rejection))?;
        let company = view(ctx, min_position.as_ref()).await?.company(id).await;
        Ok(company.map_err(|error| unprojected(&error))?.map(Company::from))
    }
}
