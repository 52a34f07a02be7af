//! A bucket of an object store that speaks S3.

use std::time::Duration;

use alloy::transports::http::reqwest::{Client, Response, StatusCode, header};
use rusty_s3::{
    Bucket as Address, BucketError as AddressError, Credentials, S3Action as _, UrlStyle,
};

use super::Place;
use crate::Url;

/// How long a signed request is good for, and how long an answer may take.
const SIGNED_FOR: Duration = Duration::from_mins(5);
const TIMEOUT: Duration = Duration::from_secs(30);

/// Where a bucket is.
#[derive(Debug, Clone)]
pub struct BucketAddress {
    /// The store, `https://s3.example`.
    pub endpoint: Url,
    /// Name of the bucket.
    pub name: String,
    /// The store's region; `us-east-1` where it has none.
    pub region: String,
    /// What stands in front of every name, without slashes at its ends; may be empty.
    pub prefix: String,
}

/// A log in a bucket.
pub struct Bucket {
    address: Address,
    credentials: Credentials,
    prefix: String,
    client: Client,
}

/// Why an object cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub enum BucketError {
    /// The address is none.
    #[error("the address of the bucket")]
    Address(#[source] AddressError),
    /// No answer.
    #[error("the object store did not answer for {name}")]
    Transport {
        /// The object.
        name: String,
        /// Why; without the signed address.
        #[source]
        source: alloy::transports::http::reqwest::Error,
    },
    /// Another status than expected.
    #[error("the object store answered {status} for {name}: check bucket, region and credentials")]
    Status {
        /// The object.
        name: String,
        /// The status code.
        status: StatusCode,
    },
    /// The object is longer than what it should hold.
    #[error("{name} is longer than a checkpoint can be")]
    TooLong {
        /// The object.
        name: String,
    },
}

impl Bucket {
    /// The bucket at `address`, with an access key and its secret.
    ///
    /// # Errors
    /// If the address cannot be one, or no client can be made.
    pub fn new(address: &BucketAddress, key: &str, secret: &str) -> Result<Self, BucketError> {
        let (endpoint, name) = (address.endpoint.clone(), address.name.clone());
        let region = address.region.clone();
        let bucket = Address::new(endpoint, UrlStyle::Path, name, region);
        let client = Client::builder().timeout(TIMEOUT).build();
        let client = client.map_err(|source| transport("the client", source))?;
        Ok(Self {
            address: bucket.map_err(BucketError::Address)?,
            credentials: Credentials::new(key, secret),
            prefix: address.prefix.clone(),
            client,
        })
    }

    fn object(&self, name: &str) -> String {
        if self.prefix.is_empty() { name.to_owned() } else { format!("{}/{name}", self.prefix) }
    }
}

impl Place for Bucket {
    type Error = BucketError;

    async fn read(&self, name: &str, bytes_max: usize) -> Result<Option<Vec<u8>>, BucketError> {
        let object = self.object(name);
        let url = self.address.get_object(Some(&self.credentials), &object).sign(SIGNED_FOR);
        let answer = self.client.get(url).send().await.map_err(|error| transport(name, error))?;
        match answer.status() {
            StatusCode::OK => body(name, answer, bytes_max).await.map(Some),
            StatusCode::NOT_FOUND => Ok(None),
            status => Err(BucketError::Status { name: name.to_owned(), status }),
        }
    }

    async fn write(&self, name: &str, content: Vec<u8>, changes: bool) -> Result<(), BucketError> {
        let object = self.object(name);
        let (kind, caching) = if changes {
            ("text/plain; charset=utf-8", "no-cache")
        } else {
            ("application/octet-stream", "public, max-age=31536000, immutable")
        };
        let mut action = self.address.put_object(Some(&self.credentials), &object);
        action.headers_mut().insert("content-type", kind);
        action.headers_mut().insert("cache-control", caching);
        let request = self.client.put(action.sign(SIGNED_FOR)).body(content);
        let request = request.header(header::CONTENT_TYPE, kind);
        let request = request.header(header::CACHE_CONTROL, caching);
        let answer = request.send().await.map_err(|error| transport(name, error))?;
        let status = answer.status();
        if status.is_success() {
            Ok(())
        } else {
            Err(BucketError::Status { name: name.to_owned(), status })
        }
    }
}

async fn body(name: &str, mut answer: Response, bytes_max: usize) -> Result<Vec<u8>, BucketError> {
    let mut bytes = Vec::new();
    while let Some(part) = answer.chunk().await.map_err(|error| transport(name, error))? {
        bytes.extend_from_slice(&part);
        if bytes.len() > bytes_max {
            return Err(BucketError::TooLong { name: name.to_owned() });
        }
    }
    Ok(bytes)
}

fn transport(name: &str, source: alloy::transports::http::reqwest::Error) -> BucketError {
    BucketError::Transport { name: name.to_owned(), source: source.without_url() }
}
