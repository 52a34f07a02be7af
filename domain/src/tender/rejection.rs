//! How a call is refused, and what to do about it.

use crate::id::{CatalogueScheme, ItemCode, UnitKey};
use crate::money::{Currency, Money};
use crate::rejection::{InputRejection, Refusal};
use crate::tender::stage::StageRejection;
use crate::time::{Day, Timestamp};

/// How a tender is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TenderRejection {
    /// A member of the input is not of its shape.
    #[error(transparent)]
    Input(#[from] InputRejection),
    /// A stage after the publication says no.
    #[error(transparent)]
    Stage(#[from] StageRejection),
    /// The rules do not choose suppliers this way.
    #[error("the procurement method is not among the rules'")]
    MethodNotAllowed,
    /// The rules do not aggregate scores this way.
    #[error("the aggregation is not among the rules'")]
    AggregationNotAllowed,
    /// The budget is in a currency that the rules do not buy in.
    #[error("the budget is not in {currency}")]
    Currency {
        /// The currency of the rules.
        currency: Currency,
    },
    /// Nothing costs nothing.
    #[error("the budget is zero")]
    ZeroBudget,
    /// A list that needs an entry has none.
    #[error("{field} has no entry")]
    NothingIn {
        /// The list's path.
        field: &'static str,
    },
    /// The three weights do not add up.
    #[error("the weights add up to {sum}, not {expected} centipoints")]
    WeightsSum {
        /// What they add up to.
        sum: u64,
        /// What they have to.
        expected: u32,
    },
    /// The technical criteria do not add up to the technical weight.
    #[error("the technical maxima add up to {sum}, not {expected} centipoints")]
    TechnicalCriteriaSum {
        /// What they add up to.
        sum: u64,
        /// The technical weight.
        expected: u32,
    },
    /// The social criteria do not add up to the whole.
    #[error("the social weights add up to {sum}, not {expected} per cent")]
    SocialCriteriaSum {
        /// What they add up to.
        sum: u64,
        /// 100, or 0 if there is no social weight.
        expected: u32,
    },
    /// No proposal could reach the technical minimum.
    #[error("the technical minimum {minimum} is above the weight {weight}")]
    TechnicalMinimum {
        /// The minimum, in centipoints.
        minimum: u32,
        /// The technical weight, in centipoints.
        weight: u32,
    },
    /// Two hours of the schedule are in the wrong order.
    #[error("{later} is not after {earlier}")]
    ScheduleOrder {
        /// The member that comes first.
        earlier: &'static str,
        /// The member that comes too early.
        later: &'static str,
        /// The hour of the first.
        earlier_at: Timestamp,
    },
    /// A day of the call is before another, or not the day of its hour.
    #[error("{field} has to be {relation} {day}")]
    CallDay {
        /// The member.
        field: &'static str,
        /// `on`, `from` or `until`.
        relation: DayRelation,
        /// The day it is compared with.
        day: Day,
    },
    /// An act on a Saturday or a Sunday, which the rules do not waive.
    #[error("{field} is not on a working day")]
    NotAWorkingDay {
        /// The member.
        field: &'static str,
        /// The day.
        day: Day,
    },
    /// The plan is not approved.
    #[error("the plan is not approved")]
    PlanNotApproved,
    /// Another tender carries out the plan.
    #[error("the plan has a tender")]
    PlanHasTender,
    /// The procedure's number names another unit than the plan's.
    #[error("the procedure number is not of unit {unit_key}")]
    ProcedureNumberUnit {
        /// The plan's unit.
        unit_key: UnitKey,
    },
    /// Another tender has the procedure's number.
    #[error("the procedure number is taken")]
    ProcedureNumberTaken {
        /// The number.
        number: String,
    },
    /// The budget is above the plan's amount.
    #[error("the budget is above the plan's amount {amount}")]
    BudgetAbovePlan {
        /// The plan's amount.
        amount: Money,
    },
    /// An item is not in its catalogue.
    #[error("item {item} is not in catalogue {scheme}")]
    UnknownItem {
        /// The line's place in the list, from 0.
        index: usize,
        /// The catalogue.
        scheme: CatalogueScheme,
        /// The code.
        item: ItemCode,
    },
    /// Proposals would have been received before the call was known.
    #[error("receipt started at {receipt_start}")]
    ReceiptStarted {
        /// When.
        receipt_start: Timestamp,
        /// The hour of the command.
        now: Timestamp,
    },
    /// Too few days between publication and opening.
    #[error("the technical opening may not be before {earliest}")]
    MinimumPeriod {
        /// The first legal instant of the opening, were the call published now.
        earliest: Timestamp,
        /// The rules' minimum, in natural days.
        minimum_days: u16,
    },
    /// Its author does not approve a call.
    #[error("the approver is the call's author")]
    ApproverIsAuthor,
    /// The call is not approved.
    #[error("the call is not approved")]
    CallNotApproved,
    /// It was published before.
    #[error("the call was published already")]
    AlreadyPublished,
}

/// How a day of the call stands to the day it is compared with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DayRelation {
    /// The same day.
    On,
    /// That day or later.
    From,
    /// That day or earlier.
    Until,
}

impl std::fmt::Display for DayRelation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::On => "on",
            Self::From => "from",
            Self::Until => "until",
        })
    }
}

impl Refusal for TenderRejection {
    fn code(&self) -> &'static str {
        match self {
            Self::Input(input) => input.code(),
            Self::Stage(stage) => stage.code(),
            Self::MethodNotAllowed => "method-not-allowed",
            Self::AggregationNotAllowed => "aggregation-not-allowed",
            Self::Currency { .. } => "currency-not-allowed",
            Self::ZeroBudget => "amount-zero",
            Self::NothingIn { .. } => "list-empty",
            Self::WeightsSum { .. } => "weights-sum",
            Self::TechnicalCriteriaSum { .. } => "technical-criteria-sum",
            Self::SocialCriteriaSum { .. } => "social-criteria-sum",
            Self::TechnicalMinimum { .. } => "technical-minimum",
            Self::ScheduleOrder { .. } => "schedule-order",
            Self::CallDay { .. } => "call-days",
            Self::NotAWorkingDay { .. } => "not-a-working-day",
            Self::PlanNotApproved => "plan-not-approved",
            Self::PlanHasTender => "plan-has-tender",
            Self::ProcedureNumberUnit { .. } => "procedure-number-unit",
            Self::ProcedureNumberTaken { .. } => "procedure-number-taken",
            Self::BudgetAbovePlan { .. } => "budget-above-plan",
            Self::UnknownItem { .. } => "catalogue-item-unknown",
            Self::ReceiptStarted { .. } => "receipt-started",
            Self::MinimumPeriod { .. } => "minimum-period",
            Self::ApproverIsAuthor => "approver-is-author",
            Self::CallNotApproved => "call-not-approved",
            Self::AlreadyPublished => "call-already-published",
        }
    }

    fn message_es(&self) -> String {
        match self {
            Self::Input(input) => input.message_es(),
            Self::Stage(stage) => stage.message_es(),
            Self::WeightsSum { sum, expected } => points_sum("Los tres pesos", *sum, *expected),
            Self::TechnicalCriteriaSum { sum, expected } => {
                points_sum("Los máximos de los criterios técnicos", *sum, *expected)
            }
            Self::SocialCriteriaSum { sum, expected } => format!(
                "Los criterios sociales suman {sum} % y deben sumar {expected} %: ajústelos."
            ),
            Self::TechnicalMinimum { minimum, weight } => format!(
                "El mínimo técnico ({} puntos) supera el peso técnico ({} puntos): redúzcalo.",
                points(u64::from(*minimum)),
                points(u64::from(*weight))
            ),
            Self::Currency { currency } => {
                format!(
                    "El presupuesto va en {currency}: convierta el importe y escríbalo de nuevo."
                )
            }
            Self::NothingIn { field } => {
                let field = member_es(field);
                format!("La lista «{field}» está vacía: agregue al menos un elemento.")
            }
            Self::ScheduleOrder { earlier, later, .. } => format!(
                "En el calendario, «{}» debe ser posterior a «{}»: corrija las horas.",
                member_es(later),
                member_es(earlier)
            ),
            Self::CallDay { field, relation, day } => {
                let when = match relation {
                    DayRelation::On => "el",
                    DayRelation::From => "a partir del",
                    DayRelation::Until => "a más tardar el",
                };
                format!(
                    "En la convocatoria, «{field}» debe ser {when} {}: corrija la fecha.",
                    day.in_spanish()
                )
            }
            Self::NotAWorkingDay { field, day } => {
                let (field, day) = (member_es(field), day.in_spanish());
                format!("«{field}» cae en un día inhábil ({day}): elija un día hábil.")
            }
            Self::ProcedureNumberUnit { unit_key } => format!(
                "El número de procedimiento no es de la unidad compradora {unit_key} del plan: \
                 corrija la clave dentro del número."
            ),
            Self::ProcedureNumberTaken { number } => {
                format!("El número {number} ya se usó en otro procedimiento: escriba el siguiente.")
            }
            Self::BudgetAbovePlan { amount } => format!(
                "El presupuesto supera lo aprobado en el plan ({amount}): redúzcalo o apruebe otro plan."
            ),
            Self::UnknownItem { scheme, item, .. } => format!(
                "La partida {item} no está activa en el catálogo {scheme}: agréguela o elija otra."
            ),
            Self::MinimumPeriod { earliest, minimum_days } => format!(
                "Entre la publicación y la apertura debe haber al menos {minimum_days} día(s) \
                 natural(es): programe la apertura técnica a partir del {}.",
                earliest.in_spanish()
            ),
            other => other.fixed_message_es().to_owned(),
        }
    }

    fn field(&self) -> Option<String> {
        let field = match self {
            Self::Input(input) => return input.field(),
            Self::Stage(stage) => return stage.field(),
            Self::UnknownItem { index, .. } => return Some(format!("items[{index}].item")),
            Self::ScheduleOrder { later, .. } => return Some(format!("schedule.{later}")),
            Self::CallDay { field, .. } => return Some(format!("call.{field}")),
            Self::NotAWorkingDay { field, .. } => return Some(format!("schedule.{field}")),
            Self::MethodNotAllowed => "procurementMethod",
            Self::AggregationNotAllowed => "aggregation",
            Self::Currency { .. } => "budget.currency",
            Self::ZeroBudget | Self::BudgetAbovePlan { .. } => "budget.centavos",
            Self::NothingIn { field } => field,
            Self::WeightsSum { .. } => "weights",
            Self::TechnicalCriteriaSum { .. } => "technicalCriteria",
            Self::SocialCriteriaSum { .. } => "socialCriteria",
            Self::TechnicalMinimum { .. } => "technicalMinimum",
            Self::PlanNotApproved | Self::PlanHasTender => "planId",
            Self::ProcedureNumberUnit { .. } | Self::ProcedureNumberTaken { .. } => {
                "procedureNumber"
            }
            Self::ReceiptStarted { .. } => "schedule.receiptStart",
            Self::MinimumPeriod { .. } => "schedule.technicalOpening",
            Self::ApproverIsAuthor | Self::CallNotApproved | Self::AlreadyPublished => return None,
        };
        Some(field.to_owned())
    }

    fn details(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::Input(input) => input.details(),
            Self::Stage(stage) => stage.details(),
            Self::WeightsSum { sum, expected }
            | Self::TechnicalCriteriaSum { sum, expected }
            | Self::SocialCriteriaSum { sum, expected } => {
                vec![("sum", sum.to_string()), ("expected", expected.to_string())]
            }
            Self::TechnicalMinimum { minimum, weight } => {
                vec![("minimum", minimum.to_string()), ("weight", weight.to_string())]
            }
            Self::Currency { currency } => vec![("expected", currency.to_string())],
            Self::ScheduleOrder { earlier, earlier_at, .. } => {
                vec![("after", (*earlier).to_owned()), ("afterInstant", earlier_at.to_string())]
            }
            Self::CallDay { relation, day, .. } => {
                vec![("relation", relation.to_string()), ("day", day.to_string())]
            }
            Self::NotAWorkingDay { day, .. } => vec![("day", day.to_string())],
            Self::ProcedureNumberUnit { unit_key } => vec![("unitKey", unit_key.to_string())],
            Self::ProcedureNumberTaken { number } => vec![("procedureNumber", number.clone())],
            Self::BudgetAbovePlan { amount } => {
                vec![("planCentavos", amount.centavos().to_string())]
            }
            Self::UnknownItem { scheme, item, .. } => {
                vec![("scheme", scheme.to_string()), ("item", item.to_string())]
            }
            Self::ReceiptStarted { receipt_start, now } => {
                vec![("receiptStart", receipt_start.to_string()), ("now", now.to_string())]
            }
            Self::MinimumPeriod { earliest, minimum_days } => {
                vec![("earliest", earliest.to_string()), ("minimumDays", minimum_days.to_string())]
            }
            _ => Vec::new(),
        }
    }
}

impl TenderRejection {
    /// The sentences that name nothing of the input.
    fn fixed_message_es(&self) -> &'static str {
        match self {
            Self::MethodNotAllowed => {
                "Las reglas del procedimiento no admiten este tipo de contratación: elija otro."
            }
            Self::AggregationNotAllowed => {
                "Las reglas del procedimiento no admiten esta forma de agregar los votos: elija la \
                 mediana."
            }
            Self::ZeroBudget => "El presupuesto debe ser mayor que cero: escríbalo.",
            Self::PlanNotApproved => {
                "El plan citado no está aprobado: espere su aprobación o cite otro plan."
            }
            Self::PlanHasTender => {
                "El plan ya tiene una licitación publicada: cite otro plan aprobado."
            }
            Self::ReceiptStarted { .. } => {
                "El inicio de recepción ya pasó: devuelva la convocatoria y programe fechas nuevas."
            }
            Self::ApproverIsAuthor => {
                "Quien redactó la convocatoria no puede aprobarla: pídalo a otra persona \
                 autorizadora."
            }
            Self::CallNotApproved => {
                "La convocatoria no está aprobada: envíela a revisión y espere la aprobación."
            }
            Self::AlreadyPublished => {
                "La convocatoria ya está publicada: consúltela en la página de licitaciones."
            }
            _ => "La convocatoria no cumple las reglas: revise los datos señalados.",
        }
    }
}

fn points_sum(what: &str, sum: u64, expected: u32) -> String {
    let expected = points(u64::from(expected));
    format!("{what} suman {} puntos y deben sumar {expected}: ajústelos.", points(sum))
}

/// Centipoints as points with two decimals.
fn points(centipoints: u64) -> String {
    format!("{}.{:02}", centipoints / 100, centipoints % 100)
}

/// How the page calls a member of the call.
fn member_es(member: &str) -> &str {
    match member {
        "items" => "Partidas",
        "requirements" => "Requisitos",
        "receiptStart" => "Inicio de recepción",
        "receiptEnd" => "Fin de recepción",
        "technicalOpening" => "Apertura técnica",
        "panelDraw" => "Sorteo del panel",
        "commitStart" => "Inicio del sellado de votos",
        "commitEnd" => "Fin del sellado de votos",
        "revealStart" => "Inicio de la revelación de votos",
        "revealEnd" => "Fin de la revelación de votos",
        "economicOpening" => "Apertura económica",
        "awardAt" => "Fallo",
        "tenderStart" => "Inicio de licitación",
        "tenderEnd" => "Fin de licitación",
        "awardStart" => "Inicio de adjudicación",
        "awardEnd" => "Fin de adjudicación",
        "contractingStart" => "Inicio de contratación",
        "contractingEnd" => "Fin de contratación",
        other => other,
    }
}
