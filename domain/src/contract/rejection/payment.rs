//! How invoices and payments are refused.

use crate::money::Money;
use crate::rejection::Refusal;

/// Why a deliverable cannot be invoiced or paid.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PaymentRejection {
    /// A late deliverable is invoiced after its penalty is applied.
    #[error("the penalty is not applied")]
    PenaltyMissing,
    /// The invoice is not the deliverable's value less its penalty.
    #[error("the invoice has to be {expected}")]
    InvoiceAmount {
        /// What it has to be.
        expected: Money,
        /// What it is.
        actual: Money,
    },
    /// The deliverable has an invoice.
    #[error("the invoice was registered already")]
    InvoiceAlreadyRegistered,
    /// Another deliverable has this invoice.
    #[error("the invoice {invoice_id} is another deliverable's")]
    InvoiceIdTaken {
        /// The invoice's id.
        invoice_id: String,
    },
    /// There is no invoice to pay.
    #[error("no invoice is registered")]
    InvoiceMissing,
    /// Its payment was ordered before.
    #[error("the payment was ordered already")]
    PaymentAlreadyOrdered,
    /// Nobody ordered the payment.
    #[error("the payment was not ordered")]
    PaymentNotOrdered,
    /// It was paid before.
    #[error("the payment was recorded already")]
    PaymentAlreadyRecorded,
    /// Another amount than the one ordered.
    #[error("the payment has to be {expected}")]
    PaymentAmount {
        /// What it has to be.
        expected: Money,
        /// What it is.
        actual: Money,
    },
}

impl Refusal for PaymentRejection {
    fn code(&self) -> &'static str {
        match self {
            Self::PenaltyMissing => "penalty-missing",
            Self::InvoiceAmount { .. } => "invoice-amount",
            Self::InvoiceAlreadyRegistered => "invoice-already-registered",
            Self::InvoiceIdTaken { .. } => "invoice-id-taken",
            Self::InvoiceMissing => "invoice-missing",
            Self::PaymentAlreadyOrdered => "payment-already-ordered",
            Self::PaymentNotOrdered => "payment-not-ordered",
            Self::PaymentAlreadyRecorded => "payment-already-recorded",
            Self::PaymentAmount { .. } => "payment-amount",
        }
    }

    fn message_es(&self) -> String {
        match self {
            Self::PenaltyMissing => {
                "El entregable llegó tarde y falta aplicar su pena: espere a que la aplique quien \
                 administra el contrato."
            }
            Self::InvoiceAmount { expected, .. } => {
                return format!(
                    "La factura debe ser por {expected}, el valor del entregable menos su pena: \
                     corrija el importe."
                );
            }
            Self::InvoiceAlreadyRegistered => {
                "El entregable ya tiene su factura: espere a que se ordene el pago."
            }
            Self::InvoiceIdTaken { invoice_id } => {
                return format!(
                    "La factura {invoice_id} ya se registró para otro entregable: revise el folio \
                     fiscal."
                );
            }
            Self::InvoiceMissing => {
                "El entregable no tiene factura: espere a que la registre la empresa proveedora."
            }
            Self::PaymentAlreadyOrdered => {
                "El pago de este entregable ya está ordenado: no hace falta ordenarlo de nuevo."
            }
            Self::PaymentNotOrdered => {
                "El pago no está ordenado: espere la orden de quien administra el contrato."
            }
            Self::PaymentAlreadyRecorded => {
                "El pago de este entregable ya está registrado: no hace falta registrarlo de nuevo."
            }
            Self::PaymentAmount { expected, .. } => {
                return format!(
                    "El pago debe ser por {expected}, lo que se ordenó: corrija el importe."
                );
            }
        }
        .to_owned()
    }

    fn field(&self) -> Option<String> {
        let field = match self {
            Self::InvoiceAmount { .. } | Self::PaymentAmount { .. } => "amount.centavos",
            Self::InvoiceIdTaken { .. } => "invoiceId",
            Self::PenaltyMissing
            | Self::InvoiceAlreadyRegistered
            | Self::InvoiceMissing
            | Self::PaymentAlreadyOrdered
            | Self::PaymentNotOrdered
            | Self::PaymentAlreadyRecorded => "milestoneId",
        };
        Some(field.to_owned())
    }

    fn details(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::InvoiceAmount { expected, actual } | Self::PaymentAmount { expected, actual } => {
                vec![
                    ("expectedCentavos", expected.centavos().to_string()),
                    ("actualCentavos", actual.centavos().to_string()),
                ]
            }
            Self::InvoiceIdTaken { invoice_id } => vec![("invoiceId", invoice_id.clone())],
            Self::PenaltyMissing
            | Self::InvoiceAlreadyRegistered
            | Self::InvoiceMissing
            | Self::PaymentAlreadyOrdered
            | Self::PaymentNotOrdered
            | Self::PaymentAlreadyRecorded => Vec::new(),
        }
    }
}
