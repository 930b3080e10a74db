//! Connections to buckets.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use object_store::aws::{AmazonS3, AmazonS3Builder, AmazonS3ConfigKey, resolve_bucket_region};
use object_store::path::Path;
use object_store::{ClientOptions, RetryConfig};

use super::{S3Error, S3ErrorKind};

/// Where the objects are and who asks. What is `None` comes from the `AWS_*` variables, or from the machine's role.
#[derive(Debug, Clone, Default)]
pub struct S3Options {
    /// URL of the server; Amazon's if there is none.
    pub endpoint: Option<String>,
    pub region: Option<String>,
    pub access_key: Option<String>,
    pub secret_key: Option<String>,
    pub session_token: Option<String>,
    /// Accept any certificate.
    pub insecure: bool,
    /// How often a request is tried again.
    pub retries: usize,
}

/// Connections by bucket and server-side encryption, which is a property of the connection.
type Buckets = HashMap<(String, Option<String>), Arc<AmazonS3>>;

/// Speaks to the buckets of one account.
#[derive(Debug)]
pub struct S3Client {
    options: S3Options,
    buckets: Mutex<Buckets>,
}

impl S3Client {
    /// A client; nothing is connected before it is used.
    pub fn new(options: S3Options) -> Self {
        Self {
            options,
            buckets: Mutex::default(),
        }
    }

    /// The bucket of an `s3://bucket/key` address, and the key in it.
    ///
    /// # Errors
    /// When the address is none, or the connection cannot be set up.
    pub(super) async fn locate(
        &self,
        url: &str,
        encryption: Option<&str>,
    ) -> Result<(Arc<AmazonS3>, Path), S3Error> {
        let bad = || S3Error::new(S3ErrorKind::Address, format!("{url} is no S3 address"));
        let rest = url.strip_prefix("s3://").ok_or_else(bad)?;
        let (bucket, key) = rest.split_once('/').unwrap_or((rest, ""));
        if bucket.is_empty() {
            return Err(bad());
        }
        let key = Path::parse(key)
            .map_err(|error| S3Error::new(S3ErrorKind::Address, format!("{url}: {error}")))?;
        Ok((self.bucket(bucket, encryption).await?, key))
    }

    async fn bucket(&self, name: &str, encryption: Option<&str>) -> Result<Arc<AmazonS3>, S3Error> {
        let place = (name.to_owned(), encryption.map(str::to_owned));
        if let Some(known) = self.known().get(&place) {
            return Ok(Arc::clone(known));
        }
        let bucket = Arc::new(self.connect(name, encryption).await?);
        Ok(Arc::clone(self.known().entry(place).or_insert(bucket)))
    }

    fn known(&self) -> MutexGuard<'_, Buckets> {
        self.buckets.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn connect(&self, name: &str, encryption: Option<&str>) -> Result<AmazonS3, S3Error> {
        let options = &self.options;
        let client = ClientOptions::new()
            .with_allow_http(true)
            .with_allow_invalid_certificates(options.insecure)
            // A transfer may take as long as it takes, as long as something moves.
            .with_timeout_disabled()
            .with_connect_timeout(Duration::from_secs(20));
        let mut builder = AmazonS3Builder::from_env()
            .with_bucket_name(name)
            .with_client_options(client.clone())
            .with_retry(RetryConfig {
                max_retries: options.retries,
                ..RetryConfig::default()
            });
        let set = [
            (AmazonS3ConfigKey::Endpoint, &options.endpoint),
            (AmazonS3ConfigKey::AccessKeyId, &options.access_key),
            (AmazonS3ConfigKey::SecretAccessKey, &options.secret_key),
            (AmazonS3ConfigKey::Token, &options.session_token),
            (AmazonS3ConfigKey::Region, &options.region),
        ];
        for (key, value) in set {
            if let Some(value) = value {
                builder = builder.with_config(key, value);
            }
        }
        if let Some(encryption) = encryption {
            let key = "aws_server_side_encryption"
                .parse()
                .map_err(S3Error::from)?;
            builder = builder.with_config(key, encryption);
        }
        let at_amazon = builder
            .get_config_value(&AmazonS3ConfigKey::Endpoint)
            .is_none();
        if at_amazon
            && builder
                .get_config_value(&AmazonS3ConfigKey::Region)
                .is_none()
            && let Ok(region) = resolve_bucket_region(name, &client).await
        {
            builder = builder.with_region(region);
        }
        Ok(builder.build()?)
    }
}
