//! The table itself: made, and looked at.

use crate::DynamoDbStore;
use crate::failure::{Effect, Failure};
use crate::item::{self, EXPIRES, PARTITION, SORT};
use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, KeySchemaElement, KeyType, PointInTimeRecoverySpecification,
    PointInTimeRecoveryStatus, ScalarAttributeType, TableDescription, TableStatus, TimeToLiveSpecification,
    TimeToLiveStatus,
};
use std::error::Error as StdError;
use std::fmt;
use std::time::Duration;

/// How often a table is looked at until it is there.
const LOOKS: u32 = 120;
const BETWEEN_LOOKS: Duration = Duration::from_millis(500);

/// Something about a table that does not fit. Its text says what to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Flaw {
    /// Nothing can be stored there.
    Unusable(String),
    /// It works, but not as it should.
    Lacking(String),
    /// It cannot be told, for want of a permission.
    Hidden(String),
}

impl fmt::Display for Flaw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (Self::Unusable(text) | Self::Lacking(text) | Self::Hidden(text)) = self;
        f.write_str(text)
    }
}

/// Why a table could be neither made nor looked at; the text says what to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableError(pub String);

impl fmt::Display for TableError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl StdError for TableError {}

/// What became of a request about the table.
enum Answer<T> {
    Is(T),
    Missing,
    Forbidden(String),
    /// The table is being changed, or its backups are not there yet, which may take a minute: what was said.
    Busy(String),
    /// An engine that speaks DynamoDB's protocol and has no such thing.
    Unheard,
}

impl<T> Answer<T> {
    fn map<U>(self, change: impl FnOnce(T) -> U) -> Answer<U> {
        match self {
            Self::Is(answer) => Answer::Is(change(answer)),
            Self::Missing => Answer::Missing,
            Self::Forbidden(said) => Answer::Forbidden(said),
            Self::Busy(said) => Answer::Busy(said),
            Self::Unheard => Answer::Unheard,
        }
    }
}

impl DynamoDbStore {
    /// Makes the table, on demand, with time to live and point-in-time recovery. Of a table that is there already, keys
    /// that fit are kept and the rest is switched on where it is off. Answers whether the table is new.
    ///
    /// # Errors
    /// What is in the way.
    pub async fn create_table(&self) -> Result<bool, TableError> {
        let new = match self.describe().await? {
            Answer::Is(table) => {
                if let Some(flaw) = keys_that_do_not_fit(&self.table, &table) {
                    return Err(TableError(flaw));
                }
                false
            }
            // Whoever may make a table need not be allowed to look at it.
            Answer::Missing | Answer::Forbidden(_) | Answer::Busy(_) | Answer::Unheard => self.make().await?,
        };
        self.wait_until_active().await?;
        self.switch_on_expiry().await?;
        self.switch_on_recovery().await?;
        Ok(new)
    }

    /// What about the table does not fit; nothing if all is well.
    ///
    /// # Errors
    /// When DynamoDB does not answer.
    pub async fn check_table(&self) -> Result<Vec<Flaw>, TableError> {
        let name = &self.table;
        let mut flaws = Vec::new();
        match self.describe().await? {
            Answer::Missing => return Ok(vec![Flaw::Unusable(missing(name))]),
            // Use shows what may not be looked at.
            Answer::Forbidden(said) => match self.use_it().await? {
                Some(unusable) => return Ok(vec![unusable]),
                None => flaws.push(Flaw::Hidden(said)),
            },
            Answer::Busy(_) | Answer::Unheard => flaws.extend(self.use_it().await?),
            Answer::Is(table) => {
                flaws.extend(keys_that_do_not_fit(name, &table).map(Flaw::Unusable));
                flaws.extend(status_that_does_not_serve(name, &table).map(Flaw::Unusable));
            }
        }
        flaws.extend(self.check_expiry().await?);
        flaws.extend(self.check_recovery().await?);
        Ok(flaws)
    }

    /// Asks for a row that nobody wrote: what keeps one from being read.
    async fn use_it(&self) -> Result<Option<Flaw>, TableError> {
        let row = || self.client.get_item().table_name(&self.table).set_key(Some(item::key("check", "check"))).send();
        Ok(match self.ask("GetItem", row).await? {
            Answer::Is(_) => None,
            Answer::Missing => Some(Flaw::Unusable(missing(&self.table))),
            Answer::Forbidden(said) => Some(Flaw::Unusable(format!("{said}: see docs/deploy.md"))),
            Answer::Busy(said) => Some(Flaw::Unusable(said)),
            Answer::Unheard => Some(Flaw::Unusable("this engine has no GetItem; see its own documentation".into())),
        })
    }

    async fn describe(&self) -> Result<Answer<TableDescription>, TableError> {
        let answer = self.ask("DescribeTable", || self.client.describe_table().table_name(&self.table).send());
        Ok(match answer.await?.map(|output| output.table) {
            Answer::Is(Some(table)) => Answer::Is(table),
            Answer::Is(None) | Answer::Missing => Answer::Missing,
            Answer::Forbidden(said) => Answer::Forbidden(said),
            Answer::Busy(said) => Answer::Busy(said),
            Answer::Unheard => Answer::Unheard,
        })
    }

    /// Whether this made it; somebody else may have been faster.
    async fn make(&self) -> Result<bool, TableError> {
        let attribute = |name: &str| {
            let built = AttributeDefinition::builder().attribute_name(name).attribute_type(ScalarAttributeType::S);
            built.build().expect("name and type are set")
        };
        let key = |name: &str, kind| {
            let built = KeySchemaElement::builder().attribute_name(name).key_type(kind);
            built.build().expect("name and type are set")
        };
        let request = self
            .client
            .create_table()
            .table_name(&self.table)
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
        self.granted(answer.await?)
    }

    async fn wait_until_active(&self) -> Result<(), TableError> {
        for _ in 0..LOOKS {
            match self.describe().await? {
                Answer::Is(table) if table.table_status() == Some(&TableStatus::Active) => return Ok(()),
                // Nobody may look; what follows will say whether it is there.
                Answer::Forbidden(_) | Answer::Unheard => return Ok(()),
                Answer::Is(_) | Answer::Missing | Answer::Busy(_) => tokio::time::sleep(BETWEEN_LOOKS).await,
            }
        }
        Err(TableError(format!("table {} is being made and not there yet: try again in a minute", self.table)))
    }

    async fn expiry(&self) -> Result<Answer<(Option<TimeToLiveStatus>, String)>, TableError> {
        let answer =
            self.ask("DescribeTimeToLive", || self.client.describe_time_to_live().table_name(&self.table).send());
        Ok(answer.await?.map(|output| {
            let said = output.time_to_live_description;
            let attribute = said.as_ref().and_then(|said| said.attribute_name()).unwrap_or_default().to_owned();
            (said.and_then(|said| said.time_to_live_status), attribute)
        }))
    }

    async fn check_expiry(&self) -> Result<Option<Flaw>, TableError> {
        use TimeToLiveStatus::{Enabled, Enabling};
        let name = &self.table;
        Ok(match self.expiry().await? {
            Answer::Forbidden(said) | Answer::Busy(said) => Some(Flaw::Hidden(said)),
            Answer::Unheard => Some(Flaw::Lacking(format!(
                "the engine of table {name} knows no time to live, so rows past their retention stay"
            ))),
            Answer::Is((Some(Enabled | Enabling), attribute)) if attribute == EXPIRES => None,
            Answer::Is((Some(Enabled | Enabling), attribute)) => Some(Flaw::Lacking(looks_elsewhere(name, &attribute))),
            Answer::Is(_) | Answer::Missing => Some(Flaw::Lacking(format!(
                "time to live of table {name} is off, so rows past their retention stay: jobline table create switches \
                 it on for the attribute {EXPIRES:?}"
            ))),
        })
    }

    async fn switch_on_expiry(&self) -> Result<(), TableError> {
        use TimeToLiveStatus::{Enabled, Enabling};
        match self.expiry().await? {
            // Rows past their retention stay, which a check says; nothing else needs it.
            Answer::Unheard => return Ok(()),
            Answer::Is((Some(Enabled | Enabling), attribute)) if attribute == EXPIRES => return Ok(()),
            Answer::Is((Some(Enabled | Enabling), attribute)) => {
                return Err(TableError(looks_elsewhere(&self.table, &attribute)));
            }
            _ => {}
        }
        let built = TimeToLiveSpecification::builder().attribute_name(EXPIRES).enabled(true).build();
        let specification = built.expect("attribute and state are set");
        let request =
            self.client.update_time_to_live().table_name(&self.table).time_to_live_specification(specification);
        let answer = self.ask_until_free("UpdateTimeToLive", || {
            let sent = request.clone().send();
            async {
                match sent.await {
                    // As when nobody was allowed to look whether it is on.
                    Err(error) if error.message().is_some_and(|said| said.contains("already enabled")) => Ok(()),
                    done => done.map(drop),
                }
            }
        });
        match answer.await? {
            Answer::Unheard => Ok(()),
            answer => self.granted(answer),
        }
    }

    async fn check_recovery(&self) -> Result<Option<Flaw>, TableError> {
        let name = &self.table;
        let answer =
            self.ask("DescribeContinuousBackups", || self.client.describe_continuous_backups().table_name(name).send());
        let status = |description: Option<aws_sdk_dynamodb::types::ContinuousBackupsDescription>| {
            description?.point_in_time_recovery_description?.point_in_time_recovery_status
        };
        Ok(match answer.await?.map(|output| status(output.continuous_backups_description)) {
            Answer::Forbidden(said) | Answer::Busy(said) => Some(Flaw::Hidden(said)),
            Answer::Unheard | Answer::Is(Some(PointInTimeRecoveryStatus::Enabled)) => None,
            Answer::Is(_) | Answer::Missing => Some(Flaw::Lacking(format!(
                "point-in-time recovery of table {name} is off, so what is deleted by mistake is lost: jobline table \
                 create switches it on"
            ))),
        })
    }

    async fn switch_on_recovery(&self) -> Result<(), TableError> {
        let built = PointInTimeRecoverySpecification::builder().point_in_time_recovery_enabled(true).build();
        let specification = built.expect("the state is set");
        let request = self
            .client
            .update_continuous_backups()
            .table_name(&self.table)
            .point_in_time_recovery_specification(specification);
        let answer = self.ask_until_free("UpdateContinuousBackups", || request.clone().send());
        match answer.await? {
            Answer::Unheard => Ok(()),
            answer => self.granted(answer.map(drop)),
        }
    }

    fn granted<T>(&self, answer: Answer<T>) -> Result<T, TableError> {
        match answer {
            Answer::Is(answer) => Ok(answer),
            Answer::Missing => Err(TableError(format!("there is no table {} in this region", self.table))),
            Answer::Forbidden(said) | Answer::Busy(said) => Err(TableError(said)),
            Answer::Unheard => Err(TableError("this engine cannot do that; see its own documentation".into())),
        }
    }

    /// As [`Self::ask`], and again for as long as a new table may take to be whole.
    async fn ask_until_free<T, E, F>(&self, operation: &str, request: impl Fn() -> F) -> Result<Answer<T>, TableError>
    where
        F: Future<Output = Result<T, SdkError<E>>>,
        E: ProvideErrorMetadata + StdError + 'static,
    {
        for _ in 0..LOOKS {
            match self.ask(operation, &request).await? {
                Answer::Busy(_) => tokio::time::sleep(BETWEEN_LOOKS).await,
                answer => return Ok(answer),
            }
        }
        self.ask(operation, &request).await
    }

    /// A request about the table, made again while it is of use.
    async fn ask<T, E, F>(&self, operation: &str, request: impl Fn() -> F) -> Result<Answer<T>, TableError>
    where
        F: Future<Output = Result<T, SdkError<E>>>,
        E: ProvideErrorMetadata + StdError + 'static,
    {
        let mut patience = self.patience();
        loop {
            let error = match request().await {
                Ok(answer) => return Ok(Answer::Is(answer)),
                Err(error) => error,
            };
            match error.code() {
                Some("ResourceNotFoundException" | "TableNotFoundException") => return Ok(Answer::Missing),
                Some("AccessDeniedException") => {
                    let said = format!("the role has no permission for dynamodb:{operation} on table {}", self.table);
                    return Ok(Answer::Forbidden(said));
                }
                Some("UnknownOperationException") => return Ok(Answer::Unheard),
                _ => {}
            }
            let failure = Failure::of(operation, &error);
            if matches!(error.code(), Some("ContinuousBackupsUnavailableException" | "ResourceInUseException")) {
                return Ok(Answer::Busy(failure.reason));
            }
            if failure.effect == Effect::Refused || !patience.pause().await {
                return Err(TableError(failure.reason));
            }
        }
    }
}

fn looks_elsewhere(name: &str, attribute: &str) -> String {
    format!(
        "time to live of table {name} looks at the attribute {attribute:?}, so rows past their retention stay: switch it \
         off there, and on for {EXPIRES:?}"
    )
}

fn missing(name: &str) -> String {
    format!("there is no table {name} in this region: jobline table create makes it")
}

/// What is wrong with the keys of a table, in words.
fn keys_that_do_not_fit(name: &str, table: &TableDescription) -> Option<String> {
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
         and jobline table create makes the table",
        shown.join(", ")
    ))
}

fn status_that_does_not_serve(name: &str, table: &TableDescription) -> Option<String> {
    match table.table_status() {
        None | Some(TableStatus::Active | TableStatus::Updating) => None,
        Some(status) => Some(format!("table {name} is {}: wait until it is ACTIVE", status.as_str())),
    }
}
