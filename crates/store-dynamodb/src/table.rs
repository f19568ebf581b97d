//! Creating and checking the table.

use crate::failure::{Effect, Failure};
use crate::item::{self, EXPIRES, PARTITION, SORT};
use crate::store::DynamoDbStore;
use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, KeySchemaElement, KeyType, PointInTimeRecoverySpecification,
    PointInTimeRecoveryStatus, ScalarAttributeType, TableDescription, TableStatus, TimeToLiveSpecification,
    TimeToLiveStatus,
};
use std::error::Error as StdError;
use std::fmt;
use std::time::Duration;

/// How often a new table is asked for until it is active.
const POLLS: u32 = 120;
const POLL_PAUSE: Duration = Duration::from_millis(500);

/// Something wrong with a table. Its text says what to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Flaw {
    /// The table cannot be used.
    Unusable(String),
    /// The table can be used, but lacks something.
    Lacking(String),
    /// Part of the table could not be checked, because the role lacks the permission.
    Hidden(String),
}

impl fmt::Display for Flaw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (Self::Unusable(text) | Self::Lacking(text) | Self::Hidden(text)) = self;
        f.write_str(text)
    }
}

/// Why a table could not be created or checked. The text says what to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableError(pub String);

impl fmt::Display for TableError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl StdError for TableError {}

/// The reply to a request about the table.
enum Reply<T> {
    Done(T),
    Missing,
    Forbidden(String),
    /// The table is being changed, or its backups are not ready yet, which may take a minute; with DynamoDB's message.
    Busy(String),
    /// The engine speaks DynamoDB's protocol and does not have this operation.
    Unsupported,
}

impl<T> Reply<T> {
    fn map<U>(self, change: impl FnOnce(T) -> U) -> Reply<U> {
        match self {
            Self::Done(answer) => Reply::Done(change(answer)),
            Self::Missing => Reply::Missing,
            Self::Forbidden(message) => Reply::Forbidden(message),
            Self::Busy(message) => Reply::Busy(message),
            Self::Unsupported => Reply::Unsupported,
        }
    }
}

impl DynamoDbStore {
    /// Creates the table, billed on demand, with time to live and point-in-time recovery. If it exists with the right keys,
    /// the other two are switched on if they are off. Returns whether the table is new.
    ///
    /// # Errors
    /// When the table exists with other keys or settings that do not fit, or DynamoDB refuses or does not answer.
    pub async fn create_table(&self) -> Result<bool, TableError> {
        let new = match self.describe().await? {
            Reply::Done(table) => {
                if let Some(flaw) = key_flaw(&self.table.name, &table) {
                    return Err(TableError(flaw));
                }
                false
            }
            // A role may be allowed to create a table and not to describe it.
            Reply::Missing | Reply::Forbidden(_) | Reply::Busy(_) | Reply::Unsupported => self.create().await?,
        };
        self.wait_until_active().await?;
        self.switch_on_expiry().await?;
        self.switch_on_recovery().await?;
        Ok(new)
    }

    /// What is wrong with the table; empty if nothing is.
    ///
    /// # Errors
    /// When DynamoDB does not answer.
    pub async fn check_table(&self) -> Result<Vec<Flaw>, TableError> {
        let name = &self.table.name;
        let mut flaws = Vec::new();
        match self.describe().await? {
            Reply::Missing => return Ok(vec![Flaw::Unusable(missing(name))]),
            // Without the permission to describe the table, reading shows whether it can be used.
            Reply::Forbidden(message) => match self.try_reading().await? {
                Some(unusable) => return Ok(vec![unusable]),
                None => flaws.push(Flaw::Hidden(message)),
            },
            Reply::Busy(_) | Reply::Unsupported => flaws.extend(self.try_reading().await?),
            Reply::Done(table) => {
                flaws.extend(key_flaw(name, &table).map(Flaw::Unusable));
                flaws.extend(status_flaw(name, &table).map(Flaw::Unusable));
            }
        }
        flaws.extend(self.check_expiry().await?);
        flaws.extend(self.check_recovery().await?);
        Ok(flaws)
    }

    /// Reads a row that does not exist, to find out whether the table can be read.
    async fn try_reading(&self) -> Result<Option<Flaw>, TableError> {
        let row = || {
            self.table.client.get_item().table_name(&self.table.name).set_key(Some(item::key("check", "check"))).send()
        };
        Ok(match self.ask("GetItem", row).await? {
            Reply::Done(_) => None,
            Reply::Missing => Some(Flaw::Unusable(missing(&self.table.name))),
            Reply::Forbidden(message) => Some(Flaw::Unusable(format!("{message}: see docs/deploy.md"))),
            Reply::Busy(message) => Some(Flaw::Unusable(message)),
            Reply::Unsupported => Some(Flaw::Unusable("this engine has no GetItem; see its own documentation".into())),
        })
    }

    async fn describe(&self) -> Result<Reply<TableDescription>, TableError> {
        let answer =
            self.ask("DescribeTable", || self.table.client.describe_table().table_name(&self.table.name).send());
        Ok(match answer.await?.map(|output| output.table) {
            Reply::Done(Some(table)) => Reply::Done(table),
            Reply::Done(None) | Reply::Missing => Reply::Missing,
            Reply::Forbidden(message) => Reply::Forbidden(message),
            Reply::Busy(message) => Reply::Busy(message),
            Reply::Unsupported => Reply::Unsupported,
        })
    }

    /// Returns whether this call created the table; another one may have been first.
    async fn create(&self) -> Result<bool, TableError> {
        let attribute = |name: &str| {
            let built = AttributeDefinition::builder().attribute_name(name).attribute_type(ScalarAttributeType::S);
            built.build().expect("name and type are set")
        };
        let key = |name: &str, kind| {
            let built = KeySchemaElement::builder().attribute_name(name).key_type(kind);
            built.build().expect("name and type are set")
        };
        let request = self
            .table
            .client
            .create_table()
            .table_name(&self.table.name)
            .attribute_definitions(attribute(PARTITION))
            .attribute_definitions(attribute(SORT))
            .key_schema(key(PARTITION, KeyType::Hash))
            .key_schema(key(SORT, KeyType::Range))
            .billing_mode(BillingMode::PayPerRequest);
        let answer = self.ask("CreateTable", || {
            let sent = request.clone().send();
            async {
                match sent.await {
                    Err(error) if error.code() == Some("ResourceInUseException") => Ok(false),
                    made => made.map(|_| true),
                }
            }
        });
        self.require(answer.await?)
    }

    async fn wait_until_active(&self) -> Result<(), TableError> {
        for _ in 0..POLLS {
            match self.describe().await? {
                Reply::Done(table) if table.table_status() == Some(&TableStatus::Active) => return Ok(()),
                // It cannot be described; the next requests show whether it exists.
                Reply::Forbidden(_) | Reply::Unsupported => return Ok(()),
                Reply::Done(_) | Reply::Missing | Reply::Busy(_) => tokio::time::sleep(POLL_PAUSE).await,
            }
        }
        Err(TableError(format!("table {} is being created and not active yet: try again in a minute", self.table.name)))
    }

    async fn expiry(&self) -> Result<Reply<(Option<TimeToLiveStatus>, String)>, TableError> {
        let answer = self.ask("DescribeTimeToLive", || {
            self.table.client.describe_time_to_live().table_name(&self.table.name).send()
        });
        Ok(answer.await?.map(|output| {
            let found = output.time_to_live_description;
            let attribute = found.as_ref().and_then(|found| found.attribute_name()).unwrap_or_default().to_owned();
            (found.and_then(|found| found.time_to_live_status), attribute)
        }))
    }

    async fn check_expiry(&self) -> Result<Option<Flaw>, TableError> {
        use TimeToLiveStatus::{Enabled, Enabling};
        let name = &self.table.name;
        Ok(match self.expiry().await? {
            Reply::Forbidden(message) | Reply::Busy(message) => Some(Flaw::Hidden(message)),
            Reply::Unsupported => Some(Flaw::Lacking(format!(
                "the engine of table {name} has no time to live, so rows past their retention stay"
            ))),
            Reply::Done((Some(Enabled | Enabling), attribute)) if attribute == EXPIRES => None,
            Reply::Done((Some(Enabled | Enabling), attribute)) => {
                Some(Flaw::Lacking(wrong_expiry_attribute(name, &attribute)))
            }
            Reply::Done(_) | Reply::Missing => Some(Flaw::Lacking(format!(
                "time to live of table {name} is off, so rows past their retention stay: jobline table create switches \
                 it on for the attribute {EXPIRES:?}"
            ))),
        })
    }

    async fn switch_on_expiry(&self) -> Result<(), TableError> {
        use TimeToLiveStatus::{Enabled, Enabling};
        match self.expiry().await? {
            // Rows past their retention stay, which the check reports; nothing else needs it.
            Reply::Unsupported => return Ok(()),
            Reply::Done((Some(Enabled | Enabling), attribute)) if attribute == EXPIRES => return Ok(()),
            Reply::Done((Some(Enabled | Enabling), attribute)) => {
                return Err(TableError(wrong_expiry_attribute(&self.table.name, &attribute)));
            }
            _ => {}
        }
        let built = TimeToLiveSpecification::builder().attribute_name(EXPIRES).enabled(true).build();
        let specification = built.expect("attribute and state are set");
        let request = self
            .table
            .client
            .update_time_to_live()
            .table_name(&self.table.name)
            .time_to_live_specification(specification);
        let answer = self.ask_until_not_busy("UpdateTimeToLive", || {
            let sent = request.clone().send();
            async {
                match sent.await {
                    // It was on, and the role could not describe it.
                    Err(error) if error.message().is_some_and(|message| message.contains("already enabled")) => Ok(()),
                    done => done.map(drop),
                }
            }
        });
        match answer.await? {
            Reply::Unsupported => Ok(()),
            answer => self.require(answer),
        }
    }

    async fn check_recovery(&self) -> Result<Option<Flaw>, TableError> {
        let name = &self.table.name;
        let answer = self.ask("DescribeContinuousBackups", || {
            self.table.client.describe_continuous_backups().table_name(name).send()
        });
        let status = |description: Option<aws_sdk_dynamodb::types::ContinuousBackupsDescription>| {
            description?.point_in_time_recovery_description?.point_in_time_recovery_status
        };
        Ok(match answer.await?.map(|output| status(output.continuous_backups_description)) {
            Reply::Forbidden(message) | Reply::Busy(message) => Some(Flaw::Hidden(message)),
            Reply::Unsupported | Reply::Done(Some(PointInTimeRecoveryStatus::Enabled)) => None,
            Reply::Done(_) | Reply::Missing => Some(Flaw::Lacking(format!(
                "point-in-time recovery of table {name} is off, so what is deleted by mistake is lost: jobline table \
                 create switches it on"
            ))),
        })
    }

    async fn switch_on_recovery(&self) -> Result<(), TableError> {
        let built = PointInTimeRecoverySpecification::builder().point_in_time_recovery_enabled(true).build();
        let specification = built.expect("the state is set");
        let request = self
            .table
            .client
            .update_continuous_backups()
            .table_name(&self.table.name)
            .point_in_time_recovery_specification(specification);
        let answer = self.ask_until_not_busy("UpdateContinuousBackups", || request.clone().send());
        match answer.await? {
            Reply::Unsupported => Ok(()),
            answer => self.require(answer.map(drop)),
        }
    }

    fn require<T>(&self, answer: Reply<T>) -> Result<T, TableError> {
        match answer {
            Reply::Done(answer) => Ok(answer),
            Reply::Missing => Err(TableError(format!("there is no table {} in this region", self.table.name))),
            Reply::Forbidden(message) | Reply::Busy(message) => Err(TableError(message)),
            Reply::Unsupported => Err(TableError("this engine cannot do that; see its own documentation".into())),
        }
    }

    /// As [`Self::ask`], repeated while a new table is still being set up.
    async fn ask_until_not_busy<T, E, F>(
        &self,
        operation: &str,
        request: impl Fn() -> F,
    ) -> Result<Reply<T>, TableError>
    where
        F: Future<Output = Result<T, SdkError<E>>>,
        E: ProvideErrorMetadata + StdError + 'static,
    {
        for _ in 0..POLLS {
            match self.ask(operation, &request).await? {
                Reply::Busy(_) => tokio::time::sleep(POLL_PAUSE).await,
                answer => return Ok(answer),
            }
        }
        self.ask(operation, &request).await
    }

    /// Sends a request about the table, and sends it again while that may help.
    async fn ask<T, E, F>(&self, operation: &str, request: impl Fn() -> F) -> Result<Reply<T>, TableError>
    where
        F: Future<Output = Result<T, SdkError<E>>>,
        E: ProvideErrorMetadata + StdError + 'static,
    {
        let mut retries = self.table.retries();
        loop {
            let error = match request().await {
                Ok(answer) => return Ok(Reply::Done(answer)),
                Err(error) => error,
            };
            match error.code() {
                Some("ResourceNotFoundException" | "TableNotFoundException") => return Ok(Reply::Missing),
                Some("AccessDeniedException") => {
                    let message =
                        format!("the role has no permission for dynamodb:{operation} on table {}", self.table.name);
                    return Ok(Reply::Forbidden(message));
                }
                Some("UnknownOperationException") => return Ok(Reply::Unsupported),
                _ => {}
            }
            let failure = Failure::of(operation, &error);
            if matches!(error.code(), Some("ContinuousBackupsUnavailableException" | "ResourceInUseException")) {
                return Ok(Reply::Busy(failure.reason));
            }
            if failure.effect == Effect::Refused || !retries.pause().await {
                return Err(TableError(failure.reason));
            }
        }
    }
}

fn wrong_expiry_attribute(name: &str, attribute: &str) -> String {
    format!(
        "time to live of table {name} uses the attribute {attribute:?}, so rows past their retention stay: switch it \
         off there, and on for {EXPIRES:?}"
    )
}

fn missing(name: &str) -> String {
    format!("there is no table {name} in this region: create it with jobline table create")
}

/// What is wrong with the keys of a table.
fn key_flaw(name: &str, table: &TableDescription) -> Option<String> {
    let kind = |name: &str| {
        let mut definitions = table.attribute_definitions().iter();
        definitions.find(|one| one.attribute_name() == name).map_or("?", |one| one.attribute_type().as_str())
    };
    let mut keys: Vec<(&str, &str, &str)> = table
        .key_schema()
        .iter()
        .map(|key| (key.key_type().as_str(), key.attribute_name(), kind(key.attribute_name())))
        .collect();
    keys.sort_unstable();
    if keys == [("HASH", PARTITION, "S"), ("RANGE", SORT, "S")] {
        return None;
    }
    let shown: Vec<String> = keys.iter().map(|(role, name, kind)| format!("{name} ({role}, {kind})")).collect();
    Some(format!(
        "table {name} has the key {}, and Jobline needs {PARTITION} (HASH, S), {SORT} (RANGE, S): choose another name, \
         and create the table with jobline table create",
        shown.join(", ")
    ))
}

fn status_flaw(name: &str, table: &TableDescription) -> Option<String> {
    match table.table_status() {
        None | Some(TableStatus::Active | TableStatus::Updating) => None,
        Some(status) => Some(format!("table {name} is {}: wait until it is ACTIVE", status.as_str())),
    }
}
