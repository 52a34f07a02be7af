//! The acts of the case, in the order of its calendar.

use std::path::Path;

use anyhow::{Context as _, Result};
use jiff::civil::{DateTime, date};
use serde_json::{Value, json};

use crate::account::Accounts;
use crate::anchoring;
use crate::api::Api;
use crate::case::{Case, Company};
use crate::report::Report;
use crate::stage::{Stage, money};
use crate::system::System;
use crate::{award, bids, contract, history, panel};

/// Everybody who acts.
pub struct Cast<'a> {
    catalogues: Api<'a>,
    requesting: Api<'a>,
    pub contracting: Api<'a>,
    approver: Api<'a>,
    pub technical: Api<'a>,
    pub contract_admin: Api<'a>,
    pub finance: Api<'a>,
    pub oic: Api<'a>,
    pub companies: Vec<Api<'a>>,
    /// In the order of the case's candidates.
    pub candidates: Vec<Api<'a>>,
    /// Citizens who rate the work.
    pub citizens: Vec<Api<'a>>,
}

/// Plays from the first registration to the last rating; the receipts are put into a folder.
pub fn play(case: &Case, system: &System, receipts: &Path, report: &mut Report) -> Result<()> {
    println!("Playing the case “{}” on the log {}", case.name, system.state.origin);
    let people = cast(case, system)?;
    let mut stage = Stage { case, system, report, receipts, now: String::new() };
    stage.clock_at(case.plan.created_at)?;
    stage.set_up(&people)?;
    let plan = stage.draft_plan(&people)?;
    let companies = stage.register_companies(&people)?;
    stage.approve_companies(&people, &companies)?;
    let ocid = stage.approve_plan(&people, &plan)?;
    stage.report.ocid = Some(ocid);
    let planned = stage.report.accepted.last().context("nothing was recorded")?.0;
    anchoring::wait_for_batch(system, planned)?;
    panel::accredit(&mut stage, &people)?;
    let tender = stage.draft_tender(&people, &plan)?;
    stage.publish(&people, &tender)?;
    bids::receive(&mut stage, &people, &tender, &companies)?;
    let proposals = bids::open(&mut stage, &people, &tender)?;
    let seats = panel::draw(&mut stage, &people, &tender)?;
    bids::score(&mut stage, &people, &tender, &proposals)?;
    panel::vote(&mut stage, &people, &tender, &seats, &proposals)?;
    if award::award(&mut stage, &people, &tender, &proposals)? {
        contract::carry_out(&mut stage, &people, &tender)?;
    }
    anchoring::wait_for_publication(&mut stage)?;
    history::check(&mut stage)
}

fn cast<'a>(case: &Case, system: &'a System) -> Result<Cast<'a>> {
    let mut accounts = Accounts::open(system)?;
    let unit = case.unit.key.as_str();
    Ok(Cast {
        catalogues: accounts.official("u-catalogos", "catalog_admin", unit)?,
        requesting: accounts.official("u-requirente", "requesting", unit)?,
        contracting: accounts.official("u-convocante", "contracting", unit)?,
        approver: accounts.official("u-autoriza", "approver", unit)?,
        technical: accounts.official("u-tecnica", "technical", unit)?,
        contract_admin: accounts.official("u-administra", "contract_admin", unit)?,
        finance: accounts.official("u-finanzas", "finance", unit)?,
        oic: accounts.official("u-oic", "oic", unit)?,
        companies: case
            .companies
            .iter()
            .map(|company| accounts.citizen(&format!("empresa-{}", company.key.to_lowercase())))
            .collect::<Result<_>>()?,
        candidates: case
            .candidates
            .iter()
            .map(|candidate| accounts.citizen(&candidate.pseudonym.to_lowercase()))
            .collect::<Result<_>>()?,
        citizens: (1..=case.contract.ratings.len())
            .map(|number| accounts.citizen(&format!("ciudadania-{number}")))
            .collect::<Result<_>>()?,
    })
}

impl Stage<'_> {
    fn set_up(&mut self, people: &Cast) -> Result<()> {
        let unit = &self.case.unit;
        let input = json!({"key": unit.key, "name": unit.name, "buyer": unit.buyer});
        self.done("unit", "catalog_admin", &people.catalogues, "registerUnit", input)?;
        let item = &self.case.catalogue_item;
        let input = json!({"scheme": item.scheme, "id": item.id, "parent": item.parent,
            "description": item.description, "unit": item.unit});
        let company = &people.companies[0];
        self.refused("item-by-company", "company", company, "addCatalogueItem", input.clone())?;
        self.done("item", "catalog_admin", &people.catalogues, "addCatalogueItem", input).map(drop)
    }

    fn draft_plan(&mut self, people: &Cast) -> Result<String> {
        let plan = &self.case.plan;
        let quotes: Vec<Value> = plan
            .quotes
            .iter()
            .map(|quote| json!({"source": quote.source, "amount": money(&quote.centavos)}))
            .collect();
        let input = json!({"plan": {"unitKey": self.case.unit.key, "need": plan.need,
            "fiscalYear": plan.fiscal_year, "budgetLine": plan.budget_line,
            "amount": money(&plan.amount_centavos), "items": [], "quotes": quotes}});
        let id = self
            .done("plan-draft", "requesting", &people.requesting, "savePlanDraft", input)?
            .subject;
        let input = json!({"planId": id});
        self.done("plan-submit", "requesting", &people.requesting, "submitPlan", input)?;
        Ok(id)
    }

    fn register_companies(&mut self, people: &Cast) -> Result<Vec<String>> {
        let case = self.case;
        let mut ids = Vec::new();
        for (company, api) in case.companies.iter().zip(&people.companies) {
            self.clock_at(company.registered_at)?;
            let step = format!("company-{}", company.key);
            ids.push(
                self.done(&step, "company", api, "registerCompany", registration(company))?.subject,
            );
        }
        let (first, other) = (&case.companies[0], &people.companies[1]);
        self.refused("same-rfc", "company", other, "registerCompany", registration(first))?;
        let mut no_date = registration(first);
        no_date["rfc"] = "CMP140231QX5".into();
        self.refused("rfc-date", "company", other, "registerCompany", no_date)?;
        Ok(ids)
    }

    fn approve_companies(&mut self, people: &Cast, ids: &[String]) -> Result<()> {
        let case = self.case;
        let input = json!({"companyId": ids[0]});
        self.refused("approve-own", "company", &people.companies[0], "approveCompany", input)?;
        for (company, id) in case.companies.iter().zip(ids) {
            self.clock_at(company.approved_at)?;
            let step = format!("approve-{}", company.key);
            let input = json!({"companyId": id});
            self.done(&step, "approver", &people.approver, "approveCompany", input)?;
        }
        Ok(())
    }

    fn approve_plan(&mut self, people: &Cast, plan: &str) -> Result<String> {
        self.clock_at(self.case.plan.approved_at)?;
        let input = json!({"planId": plan});
        self.refused("plan-own", "requesting", &people.requesting, "approvePlan", input.clone())?;
        let ocid = self.done("plan", "approver", &people.approver, "approvePlan", input)?.ocid;
        ocid.context("an approved plan has no ocid")
    }

    fn draft_tender(&mut self, people: &Cast, plan: &str) -> Result<String> {
        self.clock_at(self.case.tender.registered_at)?;
        let contracting = &people.contracting;
        let mut unbalanced = self.tender(plan)?;
        unbalanced["tender"]["weights"]["social"] = json!(1);
        let role = "contracting";
        // A draft may be unfinished; what is unfinished cannot be submitted.
        let id = self.done("unbalanced", role, contracting, "saveTenderDraft", unbalanced)?.subject;
        self.refused("weights", role, contracting, "submitCall", json!({"tenderId": id}))?;
        let input = self.tender(plan)?;
        let id = self.done("tender-draft", role, contracting, "saveTenderDraft", input)?.subject;
        let input = json!({"tenderId": id});
        self.done("tender-submit", role, contracting, "submitCall", input.clone())?;
        // Four eyes: two days before publication, as the case's calendar has it.
        let reviewed = date(2018, 4, 10).at(10, 0, 0, 0);
        self.clock_at(reviewed.min(self.case.tender.published_at))?;
        self.refused("call-own", role, contracting, "approveCall", input.clone())?;
        self.done("tender-approve", "approver", &people.approver, "approveCall", input)?;
        Ok(id)
    }

    fn publish(&mut self, people: &Cast, tender: &str) -> Result<()> {
        self.clock_at(self.case.tender.published_at)?;
        let input = json!({"tenderId": tender});
        let (role, api) = ("contracting", &people.contracting);
        self.refused(
            "publish-other",
            "requesting",
            &people.requesting,
            "publishCall",
            input.clone(),
        )?;
        self.done("publish", role, api, "publishCall", input).map(drop)
    }

    fn tender(&self, plan: &str) -> Result<Value> {
        let tender = &self.case.tender;
        let items: Vec<Value> = tender
            .items
            .iter()
            .map(|item| {
                let scheme = &self.case.catalogue_item.scheme;
                json!({"id": item.id, "scheme": scheme, "item": item.code, "quantity": item.quantity})
            })
            .collect();
        Ok(json!({"tender": {
            "planId": plan, "procedureNumber": tender.procedure_number, "title": tender.title,
            "description": tender.description, "procurementMethod": tender.procurement_method,
            "category": tender.category, "budget": money(&tender.budget_centavos), "items": items,
            "requirements": tender.requirements, "weights": tender.weights,
            "technicalMinimum": tender.technical_minimum,
            "aggregation": if tender.aggregation == "trimmed_mean" { "trimmedMean" } else { &tender.aggregation },
            "technicalCriteria": tender.technical_criteria, "socialCriteria": tender.social_criteria,
            "schedule": self.schedule()?, "call": tender.call,
        }}))
    }

    fn schedule(&self) -> Result<Value> {
        let tender = &self.case.tender;
        let instant = |local: DateTime| self.case.instant(local);
        Ok(json!({
            "receiptStart": instant(tender.receipt_start)?, "receiptEnd": instant(tender.receipt_end)?,
            "technicalOpening": instant(tender.technical_opening)?, "panelDraw": instant(tender.panel_draw)?,
            "commitStart": instant(tender.commit_start)?, "commitEnd": instant(tender.commit_end)?,
            "revealStart": instant(tender.reveal_start)?, "revealEnd": instant(tender.reveal_end)?,
            "economicOpening": instant(tender.economic_opening)?, "awardAt": instant(tender.award_at)?,
        }))
    }
}

fn registration(company: &Company) -> Value {
    let size = if company.size == "ninguna" { "grande" } else { &company.size };
    json!({"legalName": company.legal_name, "rfc": company.rfc, "size": size, "contact": company.contact})
}
