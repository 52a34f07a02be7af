//! Catalogues of items that plans and tenders cite.

use std::collections::BTreeMap;

use crate::aggregate::{Aggregate, aggregate_events};
use crate::content::{DraftItem, Item};
use crate::event::{CatalogItemAdded, CorruptHistory};
use crate::id::{CatalogueScheme, ItemCode};
use crate::rejection::{InputRejection, Refusal};
use crate::text::{self, PROSE_CHARS_MAX, TITLE_CHARS_MAX};
use crate::time::Timestamp;

/// What may be asked of a catalogue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CatalogueCommand {
    /// Add an item.
    AddItem(AddCatalogueItem),
}

/// What is written to add an item.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AddCatalogueItem {
    /// The catalogue, e.g. `MX-LOCAL`.
    pub scheme: String,
    /// The item's code.
    pub id: String,
    /// The code of the broader item, if there is one.
    pub parent: Option<String>,
    /// What it is.
    pub description: String,
    /// What is counted.
    pub unit: String,
}

aggregate_events!(
    /// What is recorded of a catalogue.
    CatalogueEvent of "catalogue" {
        /// An item was added.
        ItemAdded(CatalogItemAdded),
    }
);

/// How a command to a catalogue is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CatalogueRejection {
    /// A member of the input is not of its shape.
    #[error(transparent)]
    Input(#[from] InputRejection),
    /// The code is in the catalogue.
    #[error("item {item} is in catalogue {scheme}")]
    ItemExists {
        /// The catalogue.
        scheme: CatalogueScheme,
        /// The code.
        item: ItemCode,
    },
    /// An item cannot stand under itself.
    #[error("item {item} names itself as its parent")]
    OwnParent {
        /// The code.
        item: ItemCode,
    },
}

impl Refusal for CatalogueRejection {
    fn code(&self) -> &'static str {
        match self {
            Self::Input(input) => input.code(),
            Self::ItemExists { .. } => "catalogue-item-exists",
            Self::OwnParent { .. } => "catalogue-item-own-parent",
        }
    }

    fn message_es(&self) -> String {
        match self {
            Self::Input(input) => input.message_es(),
            Self::ItemExists { scheme, item } => format!(
                "La partida {item} ya existe en el catálogo {scheme}: use la existente o escriba otra clave."
            ),
            Self::OwnParent { item } => format!(
                "La partida {item} no puede depender de sí misma: escriba la clave superior o déjela vacía."
            ),
        }
    }

    fn field(&self) -> Option<String> {
        match self {
            Self::Input(input) => input.field(),
            Self::ItemExists { .. } => Some("id".to_owned()),
            Self::OwnParent { .. } => Some("parent".to_owned()),
        }
    }

    fn details(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::Input(input) => input.details(),
            Self::ItemExists { scheme, item } => {
                vec![("scheme", scheme.to_string()), ("item", item.to_string())]
            }
            Self::OwnParent { item } => vec![("item", item.to_string())],
        }
    }
}

/// A catalogue: its items by code.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Catalogue {
    items: BTreeMap<ItemCode, CatalogItemAdded>,
}

impl Catalogue {
    /// The item of that code, if it may be cited.
    #[must_use]
    pub fn active(&self, code: &ItemCode) -> Option<&CatalogItemAdded> {
        self.items.get(code)
    }
}

impl Aggregate for Catalogue {
    type Command = CatalogueCommand;
    type Event = CatalogueEvent;
    type Rejection = CatalogueRejection;

    fn decide(
        &self,
        command: CatalogueCommand,
        _now: Timestamp,
    ) -> Result<Vec<CatalogueEvent>, CatalogueRejection> {
        let CatalogueCommand::AddItem(input) = command;
        let scheme = read_scheme("scheme", &input.scheme)?;
        let item = read_code("id", &input.id)?;
        let parent = text::optional_line("parent", input.parent.as_deref(), 64)?
            .map(|parent| read_code("parent", &parent))
            .transpose()?;
        if parent.as_ref() == Some(&item) {
            return Err(CatalogueRejection::OwnParent { item });
        }
        if self.items.contains_key(&item) {
            return Err(CatalogueRejection::ItemExists { scheme, item });
        }
        Ok(vec![CatalogueEvent::ItemAdded(Box::new(CatalogItemAdded {
            scheme,
            id: item,
            parent,
            description: text::line("description", &input.description, PROSE_CHARS_MAX)?,
            unit: text::line("unit", &input.unit, TITLE_CHARS_MAX)?,
        }))])
    }

    fn evolve(mut self, event: &CatalogueEvent) -> Result<Self, CorruptHistory> {
        let CatalogueEvent::ItemAdded(item) = event;
        match self.items.insert(item.id.clone(), (**item).clone()) {
            None => Ok(self),
            Some(_) => Err(CorruptHistory::OutOfOrder {
                aggregate: "catalogue",
                status: "holding the item",
                event_type: "CatalogItemAdded",
            }),
        }
    }
}

/// Reads the scheme of a catalogue.
///
/// # Errors
/// [`InputRejection`] that names `field`.
pub fn read_scheme(field: &str, text: &str) -> Result<CatalogueScheme, InputRejection> {
    text.trim().parse().map_err(|_| InputRejection::Format {
        field: field.to_owned(),
        expected: "la clave del catálogo en mayúsculas, como MX-LOCAL",
    })
}

/// Reads the code of an item.
///
/// # Errors
/// [`InputRejection`] that names `field`.
pub fn read_code(field: &str, text: &str) -> Result<ItemCode, InputRejection> {
    text.trim().to_uppercase().parse().map_err(|_| InputRejection::Format {
        field: field.to_owned(),
        expected: "la clave de la partida, con letras, dígitos o guiones",
    })
}

/// The lines of a draft with what the catalogue says of each; `Err` holds the index and the line
/// that cites an item which is not among `cited`.
pub(crate) fn resolve<'a>(
    items: &'a [DraftItem],
    cited: &[CatalogItemAdded],
) -> Result<Vec<Item>, (usize, &'a DraftItem)> {
    items
        .iter()
        .enumerate()
        .map(|(index, line)| {
            let found = cited.iter().find(|it| it.scheme == line.scheme && it.id == line.item);
            found.ok_or((index, line)).map(|item| Item {
                id: line.id.clone(),
                scheme: line.scheme.clone(),
                item: line.item.clone(),
                description: item.description.clone(),
                unit: item.unit.clone(),
                quantity: line.quantity,
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aggregate::tests::given;

    fn add() -> AddCatalogueItem {
        AddCatalogueItem {
            scheme: "MX-LOCAL".to_owned(),
            id: "33300001-acc".to_owned(),
            parent: Some("33300001".to_owned()),
            description: "Servicios accesibilidad".to_owned(),
            unit: "Servicio".to_owned(),
        }
    }

    fn added() -> CatalogueEvent {
        CatalogueEvent::ItemAdded(Box::new(CatalogItemAdded {
            scheme: "MX-LOCAL".parse().unwrap(),
            id: "33300001-ACC".parse().unwrap(),
            parent: Some("33300001".parse().unwrap()),
            description: "Servicios accesibilidad".to_owned(),
            unit: "Servicio".to_owned(),
        }))
    }

    #[test]
    fn an_item_enters_the_catalogue() {
        given::<Catalogue>([]).when(CatalogueCommand::AddItem(add())).then([added()]);
    }

    #[test]
    fn a_blank_parent_is_no_parent() {
        let command = AddCatalogueItem { parent: Some(" ".to_owned()), ..add() };
        let events = given::<Catalogue>([]).when(CatalogueCommand::AddItem(command)).then_events();
        let CatalogueEvent::ItemAdded(item) = &events[0];
        assert_eq!(item.parent, None);
    }

    #[test]
    fn a_code_is_added_once() {
        given::<Catalogue>([added()]).when(CatalogueCommand::AddItem(add())).then_rejected(
            CatalogueRejection::ItemExists {
                scheme: "MX-LOCAL".parse().unwrap(),
                item: "33300001-ACC".parse().unwrap(),
            },
        );
    }

    #[test]
    fn an_item_does_not_stand_under_itself() {
        let command = AddCatalogueItem { parent: Some("33300001-ACC".to_owned()), ..add() };
        given::<Catalogue>([])
            .when(CatalogueCommand::AddItem(command))
            .then_rejected(CatalogueRejection::OwnParent { item: "33300001-ACC".parse().unwrap() });
    }

    #[test]
    fn a_scheme_in_small_letters_is_refused() {
        let command = AddCatalogueItem { scheme: "mx-local".to_owned(), ..add() };
        given::<Catalogue>([]).when(CatalogueCommand::AddItem(command)).then_rejected(
            InputRejection::Format {
                field: "scheme".to_owned(),
                expected: "la clave del catálogo en mayúsculas, como MX-LOCAL",
            }
            .into(),
        );
    }

    #[test]
    fn the_same_item_twice_in_history_is_corrupt() {
        assert!(Catalogue::replay(&[added(), added()]).is_err());
    }
}
