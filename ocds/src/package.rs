//! Release packages and record packages (OCDS 1.1 "Packaging").

use serde_json::{Map, Value, json};

/// Who publishes and under which terms; the same in every package of a publisher.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Publication {
    /// Name of the publishing organisation.
    pub publisher_name: String,
    /// Web address of the publishing organisation.
    pub publisher_uri: Option<String>,
    /// Canonical URL of the licence of the data.
    pub license: Option<String>,
    /// URL of the publication policy.
    pub publication_policy: Option<String>,
    /// Where our extensions are served, see [`crate::extensions::BASE_URL`].
    pub extensions_base_url: String,
}

/// A contracting process with its releases in the order of their date.
#[derive(Clone, Debug, PartialEq)]
pub struct RecordParts {
    /// The contracting process.
    pub ocid: String,
    /// Its releases, oldest first: each whole, or each a [`linked_release`].
    pub releases: Vec<Value>,
    /// [`crate::merge::Compiled::release`] of exactly these releases.
    pub compiled_release: Value,
    /// [`crate::merge::Versioned::release`] of exactly these releases, where it was asked for.
    pub versioned_release: Option<Value>,
}

/// A release that stands elsewhere: `{url, date}` (OCDS 1.1 "Linked releases").
///
/// `url` is where it is served; its id is appended as the fragment, as the schema wants it.
#[must_use]
pub fn linked_release(url: &str, id: &str, date: &str) -> Value {
    json!({"url": format!("{url}#{id}"), "date": date})
}

impl Publication {
    /// A package of releases.
    ///
    /// `uri` is the package's own address; `published_date` is the date of its newest release (RFC 3339, UTC).
    #[must_use]
    pub fn release_package(&self, uri: &str, published_date: &str, releases: Vec<Value>) -> Value {
        let mut package = self.package(uri, published_date);
        package.insert("releases".to_owned(), Value::Array(releases));
        Value::Object(package)
    }

    /// A package of records; `uri` and `published_date` as for [`Self::release_package`].
    #[must_use]
    pub fn record_package(
        &self,
        uri: &str,
        published_date: &str,
        records: Vec<RecordParts>,
    ) -> Value {
        let mut package = self.package(uri, published_date);
        let records = records.into_iter().map(RecordParts::into_value).collect();
        package.insert("records".to_owned(), Value::Array(records));
        Value::Object(package)
    }

    fn package(&self, uri: &str, published_date: &str) -> Map<String, Value> {
        let mut publisher = Map::new();
        publisher.insert("name".to_owned(), Value::from(self.publisher_name.as_str()));
        insert(&mut publisher, "uri", self.publisher_uri.as_deref());
        let mut package = Map::new();
        package.insert("uri".to_owned(), Value::from(uri));
        package.insert("version".to_owned(), Value::from("1.1"));
        package.insert("publishedDate".to_owned(), Value::from(published_date));
        package.insert("publisher".to_owned(), Value::Object(publisher));
        insert(&mut package, "license", self.license.as_deref());
        insert(&mut package, "publicationPolicy", self.publication_policy.as_deref());
        let extensions = crate::extensions::urls(&self.extensions_base_url);
        package.insert("extensions".to_owned(), json!(extensions));
        package
    }
}

impl RecordParts {
    /// The record as it stands in a package or in a line of a bulk file.
    #[must_use]
    pub fn into_value(self) -> Value {
        let mut record = Map::new();
        record.insert("ocid".to_owned(), Value::String(self.ocid));
        record.insert("releases".to_owned(), Value::Array(self.releases));
        record.insert("compiledRelease".to_owned(), self.compiled_release);
        if let Some(versioned_release) = self.versioned_release {
            record.insert("versionedRelease".to_owned(), versioned_release);
        }
        Value::Object(record)
    }
}

fn insert(object: &mut Map<String, Value>, name: &str, value: Option<&str>) {
    if let Some(value) = value.filter(|it| !it.is_empty()) {
        object.insert(name.to_owned(), Value::from(value));
    }
}
