//! Where rows and files are kept: on this machine, or in the cloud.

use super::{ConfigError, Result, wrong};
use crate::cli::Settings;

/// The engine of the rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StoreKind {
    /// In the data folder.
    Embedded,
    /// In a table of Amazon DynamoDB, or of an engine that speaks its protocol.
    #[cfg(feature = "aws")]
    DynamoDb {
        /// The table's name, or its ARN.
        table: String,
    },
}

impl StoreKind {
    /// The setting that names the place of the rows.
    #[must_use]
    pub fn setting(&self) -> &'static str {
        match self {
            Self::Embedded => "data",
            #[cfg(feature = "aws")]
            Self::DynamoDb { .. } => "dynamodb-table",
        }
    }
}

/// The engine of the files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FilesKind {
    /// In the data folder.
    Local,
    /// In a bucket of Amazon S3, or of a server that speaks its protocol.
    #[cfg(feature = "aws")]
    S3 {
        /// The bucket's name.
        bucket: String,
    },
}

/// A choice between two engines: the one of this machine, and one in the cloud, which needs the setting `place`.
struct Choice<'a> {
    flag: &'static str,
    value: Option<&'a str>,
    local: &'static str,
    cloud: &'static str,
    place: (&'static str, Option<&'a str>),
}

impl<'a> Choice<'a> {
    /// `None`: the engine of this machine. `Some`: the place of the engine in the cloud.
    fn place(&self) -> Result<Option<&'a str>> {
        let Self { flag, local, cloud, place: (place, told), .. } = *self;
        match (self.value.unwrap_or(local), told) {
            (value, Some(_)) if value == local => {
                let matter = format_args!("is set, but --{flag} is {local}; leave it out, or set --{flag} {cloud}");
                Err(ConfigError::new(place, matter))
            }
            (value, None) if value == local => Ok(None),
            (value, _) if value != cloud => Err(wrong(flag, value, &format!("{local} or {cloud}"))),
            _ if !cfg!(feature = "aws") => {
                let matter = format_args!(
                    "is {cloud}, which this build does not contain; accepted is {local}. Build with it: cargo build \
                     --release --features aws"
                );
                Err(ConfigError::new(flag, matter))
            }
            (_, None) => Err(ConfigError::new(place, format_args!("is missing: --{flag} {cloud} needs it"))),
            (_, told) => Ok(told),
        }
    }
}

pub(super) fn store(settings: &Settings) -> Result<StoreKind> {
    let place = ("dynamodb-table", settings.dynamodb_table.as_deref());
    let choice =
        Choice { flag: "store", value: settings.store.as_deref(), local: "embedded", cloud: "dynamodb", place };
    match choice.place()? {
        #[cfg(feature = "aws")]
        Some(table) => Ok(StoreKind::DynamoDb { table: table_name(table)? }),
        _ => Ok(StoreKind::Embedded),
    }
}

pub(super) fn files(settings: &Settings) -> Result<FilesKind> {
    let place = ("s3-bucket", settings.s3_bucket.as_deref());
    let choice = Choice { flag: "files", value: settings.files.as_deref(), local: "local", cloud: "s3", place };
    match choice.place()? {
        #[cfg(feature = "aws")]
        Some(bucket) => Ok(FilesKind::S3 { bucket: bucket_name(bucket)? }),
        _ => Ok(FilesKind::Local),
    }
}

#[cfg(feature = "aws")]
fn table_name(text: &str) -> Result<String> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    let arn = text.starts_with("arn:") && text.contains(":table/") && text.len() <= 1024;
    match arn || (3..=255).contains(&text.len()) && text.bytes().all(plain) {
        true => Ok(text.to_owned()),
        false => Err(wrong("dynamodb-table", text, "3 to 255 of A–Z a–z 0–9 . _ -, or a table's ARN")),
    }
}

#[cfg(feature = "aws")]
fn bucket_name(text: &str) -> Result<String> {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-.".contains(&byte);
    match (3..=63).contains(&text.len()) && text.bytes().all(plain) {
        true => Ok(text.to_owned()),
        false => Err(wrong("s3-bucket", text, "3 to 63 of a–z 0–9 . -")),
    }
}
