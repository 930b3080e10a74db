//! `flowdev s3`: what `metaflow.S3` in a flow has done here, so that it needs no library of its own.
//!
//! A conversation in JSON lines. The first line on standard input says where the objects are; each further one asks for
//! operations, which are carried out side by side, and is answered by one line with their results in the order of the
//! question. It ends when standard input does. docs/WORKER.md has the messages.

use std::io::BufRead;
use std::path::PathBuf;
use std::sync::Arc;

use futures::{StreamExt, stream};
use serde::{Deserialize, Serialize};

use super::error::{CliError, ExitKind};
use super::{job, out};
use crate::store::s3::{ByteRange, Entry, Info, S3Client, S3Error, S3ErrorKind, S3Options, Upload};

/// Serve the S3 client of a flow (used by the Python package)
#[derive(Debug, clap::Args)]
#[command(hide = true)]
pub struct Args {}

#[derive(Deserialize)]
struct Open {
    endpoint: Option<String>,
    region: Option<String>,
    access_key: Option<String>,
    secret_key: Option<String>,
    session_token: Option<String>,
    #[serde(default)]
    insecure: bool,
    retries: usize,
    /// Operations at once.
    workers: usize,
}

#[derive(Deserialize)]
struct Question {
    operations: Vec<Operation>,
}

#[derive(Deserialize)]
#[serde(tag = "op", rename_all = "lowercase")]
enum Operation {
    Info {
        url: String,
    },
    Get {
        url: String,
        offset: Option<u64>,
        length: Option<u64>,
        last: Option<u64>,
        to: PathBuf,
    },
    Put {
        url: String,
        from: PathBuf,
        content_type: Option<String>,
        metadata: Option<String>,
        encryption: Option<String>,
        overwrite: bool,
    },
    List {
        url: String,
        recursive: bool,
    },
}

#[derive(Serialize)]
#[serde(rename_all = "lowercase")]
enum Answer {
    Object(ObjectInfo),
    Written(bool),
    Listing(Vec<(String, Option<u64>)>),
    Error(Failure),
}

#[derive(Serialize)]
struct ObjectInfo {
    size: u64,
    offset: u64,
    length: u64,
    last_modified: i64,
    content_type: Option<String>,
    metadata: Option<String>,
}

#[derive(Serialize)]
struct Failure {
    kind: &'static str,
    message: String,
}

pub fn main(_: &Args) -> Result<ExitKind, CliError> {
    let mut lines = std::io::stdin().lock().lines();
    let Some(first) = lines.next().transpose()? else {
        return Ok(ExitKind::Success);
    };
    let open: Open = parse(&first)?;
    let workers = open.workers.max(1);
    let client = Arc::new(S3Client::new(S3Options {
        endpoint: open.endpoint,
        region: open.region,
        access_key: open.access_key,
        secret_key: open.secret_key,
        session_token: open.session_token,
        insecure: open.insecure,
        retries: open.retries,
    }));
    let runtime = job::runtime()?;
    for line in lines {
        let question: Question = parse(&line?)?;
        let answers: Vec<Answer> = runtime.block_on(
            stream::iter(question.operations)
                .map(|operation| carry_out(Arc::clone(&client), operation))
                .buffered(workers)
                .collect(),
        );
        out::json(&answers)?;
    }
    Ok(ExitKind::Success)
}

fn parse<'a, T: Deserialize<'a>>(line: &'a str) -> Result<T, CliError> {
    serde_json::from_str(line).map_err(|error| CliError::Usage {
        message: format!("not a message of this protocol: {error}"),
        hint: "this command is for the Python package; use metaflow.S3".to_owned(),
    })
}

async fn carry_out(client: Arc<S3Client>, operation: Operation) -> Answer {
    let object = |found: Result<Info, S3Error>| found.map(Answer::from);
    let done = match operation {
        Operation::Info { url } => object(client.info(&url).await),
        Operation::Get {
            url,
            offset,
            length,
            last,
            to,
        } => {
            let range = match (offset, length, last) {
                (_, _, Some(count)) => Some(ByteRange::Last(count)),
                (offset, Some(length), None) => Some(ByteRange::Bounded {
                    offset: offset.unwrap_or(0),
                    length,
                }),
                (Some(offset), None, None) => Some(ByteRange::From(offset)),
                (None, None, None) => None,
            };
            object(client.get(&url, range, &to).await)
        }
        Operation::Put {
            url,
            from,
            content_type,
            metadata,
            encryption,
            overwrite,
        } => {
            let upload = Upload {
                content_type,
                metadata,
                encryption,
                overwrite,
            };
            client.put(&url, &from, &upload).await.map(Answer::Written)
        }
        Operation::List { url, recursive } => client
            .list(&url, recursive)
            .await
            .map(|found| Answer::Listing(found.into_iter().map(pair).collect())),
    };
    done.unwrap_or_else(|error| {
        Answer::Error(Failure {
            kind: word(error.kind),
            message: error.message,
        })
    })
}

fn pair(entry: Entry) -> (String, Option<u64>) {
    (entry.url, entry.size)
}

fn word(kind: S3ErrorKind) -> &'static str {
    match kind {
        S3ErrorKind::NotFound => "not_found",
        S3ErrorKind::Address => "address",
        S3ErrorKind::AccessDenied => "access_denied",
        S3ErrorKind::Range => "range",
        S3ErrorKind::DiskFull => "disk_full",
        S3ErrorKind::Other => "other",
    }
}

impl From<Info> for Answer {
    fn from(info: Info) -> Self {
        Self::Object(ObjectInfo {
            size: info.size,
            offset: info.fetched.0,
            length: info.fetched.1,
            last_modified: info.last_modified,
            content_type: info.content_type,
            metadata: info.metadata,
        })
    }
}
