//! The operations: each on one address, bytes streamed between the network and a file.

use std::path::Path as FilePath;

use futures::{StreamExt, TryStreamExt, stream};
use object_store::aws::AmazonS3;
use object_store::path::Path;
use object_store::{
    Attribute, AttributeValue, Attributes, Error, GetOptions, GetRange, GetResult, ObjectMeta,
    ObjectStore, ObjectStoreExt, PutMultipartOptions, PutOptions, PutPayload, WriteMultipart,
};
use tokio::fs::File;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::{S3Client, S3Error, S3ErrorKind};

/// The header (after `x-amz-meta-`) in which Metaflow keeps the user's metadata, as JSON text.
const USER_METADATA: &str = "metaflow-user-attributes";
/// Larger objects travel in pieces of this size, several at a time.
const PIECE: u64 = 16 << 20;
const PIECES_AT_ONCE: usize = 4;

/// Which bytes of an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ByteRange {
    /// From an offset, so many bytes (or what there is of them).
    Bounded { offset: u64, length: u64 },
    /// From an offset to the end.
    From(u64),
    /// The last so many bytes.
    Last(u64),
}

/// What the store says about an object.
#[derive(Debug, Clone)]
pub struct Info {
    /// Bytes of the whole object.
    pub size: u64,
    /// First byte and number of bytes that were fetched.
    pub fetched: (u64, u64),
    /// Unix time in seconds.
    pub last_modified: i64,
    pub content_type: Option<String>,
    /// The user's metadata, as the JSON text in which it is kept.
    pub metadata: Option<String>,
}

/// An object or, without a size, a prefix of objects.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    pub url: String,
    pub size: Option<u64>,
}

/// What goes with an upload.
#[derive(Debug, Clone, Default)]
pub struct Upload {
    pub content_type: Option<String>,
    /// The user's metadata as JSON text.
    pub metadata: Option<String>,
    /// `AES256` or `aws:kms`.
    pub encryption: Option<String>,
    /// Replace an object that is there.
    pub overwrite: bool,
}

impl S3Client {
    /// What is known of an object, without its bytes.
    ///
    /// # Errors
    /// See [`S3ErrorKind`].
    pub async fn info(&self, url: &str) -> Result<Info, S3Error> {
        let (bucket, key) = self.locate(url, None).await?;
        let options = GetOptions {
            head: true,
            ..GetOptions::default()
        };
        Ok(info(&bucket.get_opts(&key, options).await?))
    }

    /// Writes an object, or some of its bytes, to a file.
    ///
    /// # Errors
    /// See [`S3ErrorKind`].
    pub async fn get(
        &self,
        url: &str,
        range: Option<ByteRange>,
        to: &FilePath,
    ) -> Result<Info, S3Error> {
        let (bucket, key) = self.locate(url, None).await?;
        let options = GetOptions {
            range: range.map(|range| match range {
                ByteRange::Bounded { offset, length } => {
                    GetRange::Bounded(offset..offset.saturating_add(length))
                }
                ByteRange::From(offset) => GetRange::Offset(offset),
                ByteRange::Last(count) => GetRange::Suffix(count),
            }),
            ..GetOptions::default()
        };
        let answer = bucket.get_opts(&key, options).await?;
        let info = info(&answer);
        let mut file = File::create(to).await?;
        if range.is_none() && answer.meta.size > PIECE {
            let meta = answer.meta.clone();
            drop(answer);
            in_pieces(&bucket, &key, &meta, &mut file).await?;
        } else {
            let mut bytes = answer.into_stream();
            while let Some(piece) = bytes.try_next().await? {
                file.write_all(&piece).await?;
            }
        }
        file.flush().await?;
        Ok(info)
    }

    /// Uploads a file; false if an object was there and was to be left alone.
    ///
    /// # Errors
    /// See [`S3ErrorKind`].
    pub async fn put(&self, url: &str, from: &FilePath, upload: &Upload) -> Result<bool, S3Error> {
        let (bucket, key) = self.locate(url, upload.encryption.as_deref()).await?;
        if !upload.overwrite {
            match bucket.head(&key).await {
                Ok(_) => return Ok(false),
                Err(Error::NotFound { .. }) => {}
                Err(error) => return Err(error.into()),
            }
        }
        let mut attributes = Attributes::new();
        let mut say = |attribute, value: &Option<String>| {
            if let Some(value) = value {
                attributes.insert(attribute, AttributeValue::from(value.clone()));
            }
        };
        say(Attribute::ContentType, &upload.content_type);
        say(Attribute::Metadata(USER_METADATA.into()), &upload.metadata);
        let mut file = File::open(from).await?;
        if file.metadata().await?.len() <= PIECE {
            let mut bytes = Vec::new();
            file.read_to_end(&mut bytes).await?;
            let options = PutOptions::from(attributes);
            bucket
                .put_opts(&key, PutPayload::from(bytes), options)
                .await?;
            return Ok(true);
        }
        let options = PutMultipartOptions::from(attributes);
        let parts = bucket.put_multipart_opts(&key, options).await?;
        let mut writer = WriteMultipart::new_with_chunk_size(parts, piece_size());
        let mut buffer = vec![0; 1 << 20];
        loop {
            writer.wait_for_capacity(PIECES_AT_ONCE).await?;
            match file.read(&mut buffer).await? {
                0 => break,
                count => writer.write(&buffer[..count]),
            }
        }
        writer.finish().await?;
        Ok(true)
    }

    /// What lies below an address: the next level (objects, then prefixes), or every object. Sorted.
    ///
    /// # Errors
    /// See [`S3ErrorKind`].
    pub async fn list(&self, url: &str, recursive: bool) -> Result<Vec<Entry>, S3Error> {
        let (bucket, key) = self.locate(url.trim_end_matches('/'), None).await?;
        let root = url
            .strip_prefix("s3://")
            .and_then(|rest| rest.split('/').next())
            .unwrap_or_default();
        let file = |meta: ObjectMeta| Entry {
            url: format!("s3://{root}/{}", meta.location),
            size: Some(meta.size),
        };
        let sorted = |mut entries: Vec<Entry>| {
            entries.sort_by(|a, b| a.url.cmp(&b.url));
            entries
        };
        if recursive {
            let found = bucket.list(Some(&key)).map_ok(file).try_collect().await?;
            return Ok(sorted(found));
        }
        let found = bucket.list_with_delimiter(Some(&key)).await?;
        let prefixes = found.common_prefixes.iter().map(|prefix| Entry {
            url: format!("s3://{root}/{prefix}/"),
            size: None,
        });
        let mut entries = sorted(found.objects.into_iter().map(file).collect());
        entries.extend(sorted(prefixes.collect()));
        Ok(entries)
    }
}

/// `PIECE`, for lengths in memory.
fn piece_size() -> usize {
    usize::try_from(PIECE).unwrap_or(usize::MAX)
}

/// Fetches an object by ranges; each must still be of the same version.
async fn in_pieces(
    bucket: &AmazonS3,
    key: &Path,
    meta: &ObjectMeta,
    file: &mut File,
) -> Result<(), S3Error> {
    let starts = (0..meta.size).step_by(piece_size());
    let mut pieces = stream::iter(starts)
        .map(|start| {
            let options = GetOptions {
                range: Some(GetRange::Bounded(start..(start + PIECE).min(meta.size))),
                if_match: meta.e_tag.clone(),
                ..GetOptions::default()
            };
            async move { bucket.get_opts(key, options).await?.bytes().await }
        })
        .buffered(PIECES_AT_ONCE);
    while let Some(piece) = pieces.next().await {
        file.write_all(&piece.map_err(changed)?).await?;
    }
    Ok(())
}

fn changed(error: Error) -> S3Error {
    match error {
        Error::Precondition { path, .. } => S3Error::new(
            S3ErrorKind::Other,
            format!("{path} was replaced while it was downloaded"),
        ),
        error => error.into(),
    }
}

fn info(answer: &GetResult) -> Info {
    let attribute = |attribute: &Attribute| {
        answer
            .attributes
            .get(attribute)
            .map(|value| value.to_string())
    };
    Info {
        size: answer.meta.size,
        fetched: (answer.range.start, answer.range.end - answer.range.start),
        last_modified: answer.meta.last_modified.timestamp(),
        content_type: attribute(&Attribute::ContentType),
        metadata: attribute(&Attribute::Metadata(USER_METADATA.into())),
    }
}
