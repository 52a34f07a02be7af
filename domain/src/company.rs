//! Companies (empresas): registered, then approved or rejected by another account.

use crate::aggregate::{Aggregate, aggregate_events};
use crate::event::{CompanyApproved, CompanyRegistered, CompanyRejected, Contact, CorruptHistory};
use crate::id::{AccountRef, CompanyId};
use crate::rejection::{InputRejection, Refusal};
use crate::rfc::{Rfc, RfcRejection};
use crate::text::{self, PROSE_CHARS_MAX, TITLE_CHARS_MAX};
use crate::time::Timestamp;
use crate::vocabulary::CompanySize;

/// What may be asked of a company's registration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CompanyCommand {
    /// Ask for registration.
    Register {
        /// The id the company will have.
        company_id: CompanyId,
        /// What was written.
        input: Box<RegisterCompany>,
    },
    /// Approve the registration.
    Approve {
        /// Who approves.
        approver: AccountRef,
        /// Who registered it: the account in the envelope of its `CompanyRegistered`.
        registrant: AccountRef,
    },
    /// Refuse the registration.
    Reject {
        /// Who refuses.
        approver: AccountRef,
        /// Who registered it: the account in the envelope of its `CompanyRegistered`.
        registrant: AccountRef,
        /// Why, for the company to read.
        reason: String,
    },
}

/// What is written to register a company.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RegisterCompany {
    /// Razón social.
    pub legal_name: String,
    /// Its RFC, in any case, with or without hyphens.
    pub rfc: String,
    /// Whether a check digit that does not fit was confirmed.
    pub confirm_rfc: bool,
    /// Its size.
    pub size: CompanySize,
    /// Its representative.
    pub contact: Contact,
}

aggregate_events!(
    /// What is recorded of a company.
    CompanyEvent of "company" {
        /// It asked to be registered.
        Registered(CompanyRegistered),
        /// It was approved.
        Approved(CompanyApproved),
        /// It was not approved.
        Rejected(CompanyRejected),
    }
);

/// How a command to a company is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CompanyRejection {
    /// A member of the input is not of its shape.
    #[error(transparent)]
    Input(#[from] InputRejection),
    /// The RFC is not one that can be registered.
    #[error(transparent)]
    Rfc(#[from] RfcRejection),
    /// The RFC is a natural person's, which may not be written in clear.
    #[error("the RFC is a natural person's")]
    NaturalPerson,
    /// Another company that was not rejected has the RFC.
    #[error("the RFC is registered to another company")]
    RfcTaken {
        /// The RFC.
        rfc: Rfc,
    },
    /// The id is another company's.
    #[error("the company is registered already")]
    AlreadyRegistered,
    /// No company has the id.
    #[error("the company is not registered")]
    Unknown,
    /// Whoever registered a company does not decide on it.
    #[error("the approver registered the company")]
    ApproverIsAuthor,
    /// It was approved before.
    #[error("the company was approved already")]
    AlreadyApproved,
    /// It was rejected before.
    #[error("the company was rejected already")]
    AlreadyRejected,
}

impl Refusal for CompanyRejection {
    fn code(&self) -> &'static str {
        match self {
            Self::Input(input) => input.code(),
            Self::Rfc(rfc) => rfc.code(),
            Self::NaturalPerson => "rfc-natural-person",
            Self::RfcTaken { .. } => "rfc-taken",
            Self::AlreadyRegistered => "company-already-registered",
            Self::Unknown => "company-unknown",
            Self::ApproverIsAuthor => "approver-is-author",
            Self::AlreadyApproved => "company-already-approved",
            Self::AlreadyRejected => "company-already-rejected",
        }
    }

    fn message_es(&self) -> String {
        match self {
            Self::Input(input) => return input.message_es(),
            Self::Rfc(rfc) => return rfc.message_es(),
            Self::NaturalPerson => {
                "El RFC es de una persona física (13 caracteres). Por ahora solo se registran \
                 personas morales: escriba un RFC de 12 caracteres."
            }
            Self::RfcTaken { .. } => {
                "Ya hay una empresa registrada con este RFC: revise el RFC o pida acceso a quien \
                 la registró."
            }
            Self::AlreadyRegistered => {
                "Esta empresa ya está registrada: envíe el registro nuevo con otro identificador."
            }
            Self::Unknown => "No hay ninguna empresa con ese identificador: revíselo en el padrón.",
            Self::ApproverIsAuthor => {
                "Quien registró la empresa no puede decidir sobre ella: pídalo a otra persona \
                 autorizadora."
            }
            Self::AlreadyApproved => "La empresa ya fue aprobada: no hace falta decidir de nuevo.",
            Self::AlreadyRejected => {
                "La empresa ya fue rechazada: debe registrarse de nuevo para que se decida."
            }
        }
        .to_owned()
    }

    fn field(&self) -> Option<String> {
        match self {
            Self::Input(input) => input.field(),
            Self::Rfc(rfc) => rfc.field(),
            Self::NaturalPerson | Self::RfcTaken { .. } => Some("rfc".to_owned()),
            Self::AlreadyRegistered
            | Self::Unknown
            | Self::AlreadyApproved
            | Self::AlreadyRejected => Some("companyId".to_owned()),
            Self::ApproverIsAuthor => None,
        }
    }

    fn details(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::Input(input) => input.details(),
            Self::Rfc(rfc) => rfc.details(),
            Self::RfcTaken { rfc } => vec![("rfc", rfc.to_string())],
            Self::NaturalPerson
            | Self::AlreadyRegistered
            | Self::Unknown
            | Self::ApproverIsAuthor
            | Self::AlreadyApproved
            | Self::AlreadyRejected => Vec::new(),
        }
    }
}

/// A company.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Company {
    /// No company yet.
    #[default]
    Unregistered,
    /// Waiting for a decision.
    Submitted(Box<CompanyRegistered>),
    /// In the register.
    Approved(Box<CompanyRegistered>),
    /// Refused; its RFC is free.
    Rejected(Box<CompanyRegistered>),
}

impl Company {
    /// What was registered, whatever was decided on it.
    #[must_use]
    pub fn registration(&self) -> Option<&CompanyRegistered> {
        match self {
            Self::Unregistered => None,
            Self::Submitted(company) | Self::Approved(company) | Self::Rejected(company) => {
                Some(company)
            }
        }
    }

    /// The company that a decision is about, if this account may decide on it now.
    fn open_case(
        &self,
        approver: AccountRef,
        registrant: AccountRef,
    ) -> Result<CompanyId, CompanyRejection> {
        match self {
            Self::Unregistered => Err(CompanyRejection::Unknown),
            Self::Approved(_) => Err(CompanyRejection::AlreadyApproved),
            Self::Rejected(_) => Err(CompanyRejection::AlreadyRejected),
            Self::Submitted(_) if approver == registrant => Err(CompanyRejection::ApproverIsAuthor),
            Self::Submitted(company) => Ok(company.company_id),
        }
    }
}

impl Aggregate for Company {
    type Command = CompanyCommand;
    type Event = CompanyEvent;
    type Rejection = CompanyRejection;

    fn decide(
        &self,
        command: CompanyCommand,
        _now: Timestamp,
    ) -> Result<Vec<CompanyEvent>, CompanyRejection> {
        match command {
            CompanyCommand::Register { company_id, input } => {
                if self.registration().is_some() {
                    return Err(CompanyRejection::AlreadyRegistered);
                }
                Ok(vec![CompanyEvent::Registered(Box::new(register(company_id, &input)?))])
            }
            CompanyCommand::Approve { approver, registrant } => {
                let company_id = self.open_case(approver, registrant)?;
                Ok(vec![CompanyEvent::Approved(Box::new(CompanyApproved { company_id }))])
            }
            CompanyCommand::Reject { approver, registrant, reason } => {
                let company_id = self.open_case(approver, registrant)?;
                let reason = text::line("reason", &reason, PROSE_CHARS_MAX)?;
                Ok(vec![CompanyEvent::Rejected(Box::new(CompanyRejected { company_id, reason }))])
            }
        }
    }

    fn evolve(self, event: &CompanyEvent) -> Result<Self, CorruptHistory> {
        let (status, event_type) = match (self, event) {
            (Self::Unregistered, CompanyEvent::Registered(company)) => {
                return Ok(Self::Submitted(company.clone()));
            }
            (Self::Submitted(company), CompanyEvent::Approved(_)) => {
                return Ok(Self::Approved(company));
            }
            (Self::Submitted(company), CompanyEvent::Rejected(_)) => {
                return Ok(Self::Rejected(company));
            }
            (Self::Unregistered, CompanyEvent::Approved(_)) => ("unregistered", "CompanyApproved"),
            (Self::Unregistered, CompanyEvent::Rejected(_)) => ("unregistered", "CompanyRejected"),
            (Self::Submitted(_), CompanyEvent::Registered(_)) => ("submitted", "CompanyRegistered"),
            (Self::Approved(_) | Self::Rejected(_), CompanyEvent::Registered(_)) => {
                ("decided", "CompanyRegistered")
            }
            (Self::Approved(_) | Self::Rejected(_), CompanyEvent::Approved(_)) => {
                ("decided", "CompanyApproved")
            }
            (Self::Approved(_) | Self::Rejected(_), CompanyEvent::Rejected(_)) => {
                ("decided", "CompanyRejected")
            }
        };
        Err(CorruptHistory::OutOfOrder { aggregate: "company", status, event_type })
    }
}

fn register(
    company_id: CompanyId,
    input: &RegisterCompany,
) -> Result<CompanyRegistered, CompanyRejection> {
    let legal_name = text::line("legalName", &input.legal_name, TITLE_CHARS_MAX)?;
    let rfc = Rfc::parse(&input.rfc, input.confirm_rfc)?;
    if rfc.is_natural_person() {
        return Err(CompanyRejection::NaturalPerson);
    }
    let contact = &input.contact;
    let second_name = contact.apellido_materno.as_deref();
    let contact = Contact {
        nombre: text::line("contact.nombre", &contact.nombre, 100)?,
        apellido_paterno: text::line("contact.apellidoPaterno", &contact.apellido_paterno, 100)?,
        apellido_materno: text::optional_line("contact.apellidoMaterno", second_name, 100)?,
        correo: text::email("contact.correo", &contact.correo)?,
        telefono: text::phone("contact.telefono", &contact.telefono)?,
    };
    Ok(CompanyRegistered { company_id, legal_name, rfc, size: input.size, contact: Some(contact) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aggregate::tests::given;
    use proptest::prelude::*;
    use uuid::Uuid;

    const ID: CompanyId = CompanyId(Uuid::from_u128(1));
    const REGISTRANT: AccountRef = AccountRef(Uuid::from_u128(10));
    const APPROVER: AccountRef = AccountRef(Uuid::from_u128(11));

    fn input() -> RegisterCompany {
        RegisterCompany {
            legal_name: "CONSULTORES MARKEC DE PRUEBA, S.A. DE C.V.".to_owned(),
            rfc: "cmp-140312-qx5".to_owned(),
            confirm_rfc: false,
            size: CompanySize::Mediana,
            contact: Contact {
                nombre: "Luis".to_owned(),
                apellido_paterno: "Pérez".to_owned(),
                apellido_materno: Some("Chávez".to_owned()),
                correo: "luis.perez@example.mx".to_owned(),
                telefono: "55 1234 1063".to_owned(),
            },
        }
    }

    fn register(input: RegisterCompany) -> CompanyCommand {
        CompanyCommand::Register { company_id: ID, input: Box::new(input) }
    }

    fn registered() -> CompanyEvent {
        CompanyEvent::Registered(Box::new(CompanyRegistered {
            company_id: ID,
            legal_name: "CONSULTORES MARKEC DE PRUEBA, S.A. DE C.V.".to_owned(),
            rfc: Rfc::parse("CMP140312QX5", false).unwrap(),
            size: CompanySize::Mediana,
            contact: Some(Contact { telefono: "+525512341063".to_owned(), ..input().contact }),
        }))
    }

    fn approved() -> CompanyEvent {
        CompanyEvent::Approved(Box::new(CompanyApproved { company_id: ID }))
    }

    fn rejected() -> CompanyEvent {
        let reason = "Falta el acta constitutiva".to_owned();
        CompanyEvent::Rejected(Box::new(CompanyRejected { company_id: ID, reason }))
    }

    fn approve() -> CompanyCommand {
        CompanyCommand::Approve { approver: APPROVER, registrant: REGISTRANT }
    }

    fn reject(reason: &str) -> CompanyCommand {
        let reason = reason.to_owned();
        CompanyCommand::Reject { approver: APPROVER, registrant: REGISTRANT, reason }
    }

    #[test]
    fn a_company_asks_to_be_registered() {
        given::<Company>([]).when(register(input())).then([registered()]);
    }

    #[test]
    fn a_second_family_name_may_be_left_out() {
        let mut without = input();
        without.contact.apellido_materno = Some(String::new());
        let events = given::<Company>([]).when(register(without)).then_events();
        let CompanyEvent::Registered(company) = &events[0] else { panic!("not registered") };
        assert_eq!(company.contact.as_ref().unwrap().apellido_materno, None);
    }

    #[test]
    fn a_natural_persons_rfc_is_refused() {
        let command = register(RegisterCompany { rfc: "GUHR890715G54".to_owned(), ..input() });
        given::<Company>([]).when(command).then_rejected(CompanyRejection::NaturalPerson);
    }

    #[test]
    fn a_wrong_check_digit_needs_confirmation() {
        let wrong = RegisterCompany { rfc: "CMP140312QX6".to_owned(), ..input() };
        given::<Company>([])
            .when(register(wrong.clone()))
            .then_rejected(RfcRejection::CheckDigit { expected: '5', actual: '6' }.into());
        let confirmed = RegisterCompany { confirm_rfc: true, ..wrong };
        given::<Company>([]).when(register(confirmed)).then_events();
    }

    #[test]
    fn a_contact_without_a_mail_address_is_refused() {
        let mut wrong = input();
        wrong.contact.correo = "luis".to_owned();
        given::<Company>([]).when(register(wrong)).then_rejected(
            InputRejection::Format {
                field: "contact.correo".to_owned(),
                expected: "un correo como nombre@dominio.mx",
            }
            .into(),
        );
    }

    #[test]
    fn an_id_is_registered_once() {
        given::<Company>([registered()])
            .when(register(input()))
            .then_rejected(CompanyRejection::AlreadyRegistered);
    }

    #[test]
    fn another_account_approves() {
        given::<Company>([registered()]).when(approve()).then([approved()]);
    }

    #[test]
    fn another_account_rejects_with_a_reason() {
        given::<Company>([registered()])
            .when(reject(" Falta el acta constitutiva "))
            .then([rejected()]);
        given::<Company>([registered()])
            .when(reject(" "))
            .then_rejected(InputRejection::Empty { field: "reason".to_owned() }.into());
    }

    #[test]
    fn whoever_registered_a_company_does_not_decide_on_it() {
        let approve = CompanyCommand::Approve { approver: REGISTRANT, registrant: REGISTRANT };
        given::<Company>([registered()])
            .when(approve)
            .then_rejected(CompanyRejection::ApproverIsAuthor);
        let reject = CompanyCommand::Reject {
            approver: REGISTRANT,
            registrant: REGISTRANT,
            reason: "x".to_owned(),
        };
        given::<Company>([registered()])
            .when(reject)
            .then_rejected(CompanyRejection::ApproverIsAuthor);
    }

    #[test]
    fn a_company_is_decided_on_once() {
        given::<Company>([]).when(approve()).then_rejected(CompanyRejection::Unknown);
        given::<Company>([registered(), approved()])
            .when(reject("tarde"))
            .then_rejected(CompanyRejection::AlreadyApproved);
        given::<Company>([registered(), rejected()])
            .when(approve())
            .then_rejected(CompanyRejection::AlreadyRejected);
    }

    #[test]
    fn an_approval_of_nobody_in_history_is_corrupt() {
        assert!(Company::replay(&[approved()]).is_err());
        assert!(Company::replay(&[registered(), approved(), rejected()]).is_err());
    }

    proptest! {
        #[test]
        fn what_decide_emits_evolve_accepts(steps in prop::collection::vec(0_u8..4, 0..6)) {
            let mut company = Company::default();
            let now = Timestamp::from_millis(0).unwrap();
            for step in steps {
                let command = match step {
                    0 => register(input()),
                    1 => approve(),
                    2 => reject("motivo"),
                    _ => CompanyCommand::Approve { approver: REGISTRANT, registrant: REGISTRANT },
                };
                for event in company.decide(command, now).unwrap_or_default() {
                    company = company.evolve(&event).unwrap();
                }
            }
        }
    }
}
