//! What a release repeats of the one before it.

use serde_json::{Map, Value, json};

use super::{parts::one, values::Object};

/// Roles whose holders every later release names again; tenderers who were not awarded are named once.
const REPEATED: [&str; 3] = ["buyer", "procuringEntity", "supplier"];

/// A contracting process as its newest release leaves it.
pub(super) struct Process {
    parties: Vec<Map<String, Value>>,
    buyer: Value,
    tender_id: Value,
    contract: Option<Contract>,
}

struct Contract {
    id: Value,
    award_id: Value,
}

impl Process {
    /// Reads what `release` names; `None` where it does not name a procedure and its parties.
    pub(super) fn of(release: &Value) -> Option<Self> {
        let parties = release.get("parties")?.as_array()?.iter().filter_map(Value::as_object);
        let parties = parties.filter(|it| REPEATED.iter().any(|role| has_role(it, role)));
        let contract = release.pointer("/contracts/0").and_then(|contract| {
            let member = |name| contract.get(name).cloned();
            Some(Contract { id: member("id")?, award_id: member("awardID")? })
        });
        Some(Self {
            parties: parties.cloned().collect(),
            buyer: release.get("buyer")?.clone(),
            tender_id: release.pointer("/tender/id")?.clone(),
            contract,
        })
    }

    pub(super) fn has_contract(&self) -> bool {
        self.contract.is_some()
    }

    /// The process has a contract from here on.
    pub(super) fn contracted(mut self, id: &str, award_id: &str) -> Self {
        self.contract = Some(Contract { id: id.into(), award_id: award_id.into() });
        self
    }

    /// Adds a party, or puts it in the place of the one with its id.
    pub(super) fn joined(mut self, party: Object) -> Self {
        let Value::Object(party) = Value::from(party) else { return self };
        self.parties.retain(|it| it.get("id") != party.get("id"));
        self.parties.push(party);
        self
    }

    /// Whoever has the role `holder` has the role `role` too.
    pub(super) fn granted(mut self, holder: &str, role: &str) -> Self {
        for party in self.parties.iter_mut().filter(|it| has_role(it, holder)) {
            if !has_role(party, role)
                && let Some(roles) = party.get_mut("roles").and_then(Value::as_array_mut)
            {
                roles.push(role.into());
            }
        }
        self
    }

    /// A reference to who has a role; empty where nobody has it.
    pub(super) fn reference(&self, role: &str) -> Object {
        let Some(party) = self.parties.iter().find(|it| has_role(it, role)) else {
            return Object::new();
        };
        let member = |name| party.get(name).cloned().unwrap_or(Value::Null);
        Object::new().with("id", member("id")).with("name", member("name"))
    }

    /// A release that says nothing new yet; `tender` is what it adds to the procedure.
    pub(super) fn with_tender(self, tender: Object) -> Object {
        let parties: Value = self.parties.into_iter().map(Value::Object).collect();
        let release = Object::new()
            .with("parties", parties)
            .with("buyer", self.buyer)
            .with("tender", tender.with("id", self.tender_id));
        match self.contract {
            Some(contract) => release.with("contracts", one(contract.add_to(Object::new()))),
            None => release,
        }
    }

    /// A release that adds `evaluation` to the procedure's evaluation.
    pub(super) fn with_evaluation(self, evaluation: Object) -> Object {
        self.with_tender(Object::new().with("evaluation", evaluation))
    }

    /// A release that adds `contract` to the contract.
    pub(super) fn with_contract(mut self, contract: Object) -> Object {
        let identified = self.contract.take().map(|it| it.add_to(contract));
        let release = self.with_tender(Object::new());
        match identified {
            Some(contract) => release.with("contracts", one(contract)),
            None => release,
        }
    }

    /// A release that adds `implementation` to the contract's execution.
    pub(super) fn with_implementation(self, implementation: Object) -> Object {
        self.with_contract(Object::new().with("implementation", implementation))
    }
}

impl Contract {
    fn add_to(self, contract: Object) -> Object {
        contract.with("id", self.id).with("awardID", self.award_id)
    }
}

fn has_role(party: &Map<String, Value>, role: &str) -> bool {
    party.get("roles").and_then(Value::as_array).is_some_and(|it| it.contains(&json!(role)))
}
