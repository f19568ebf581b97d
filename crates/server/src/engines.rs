//! The engines of a configuration. Only this module and the bench name engines.

use crate::config::{Config, ConfigError, FilesKind, StoreKind};
use crate::linked::LinkedFiles;
use crate::system::{SystemClock, SystemRandom};
use async_trait::async_trait;
use axum::Router;
use jobline_chat::{Clock, Files, Random, Secrets, Settings};
use jobline_files_local::{self as files, LocalFiles};
use jobline_live::GatewayApi;
use jobline_store::{Error, Scan, Store};
use jobline_store_embedded::{EmbeddedStore, Options};
use jobline_tools::transfer;
use std::fmt::Display;
use std::sync::Arc;

#[cfg(feature = "aws")]
mod aws;
#[cfg(feature = "aws")]
mod gateway;
#[cfg(feature = "aws")]
pub use aws::{check_table, create_table};

/// The opened engines of a configuration.
pub struct Engines {
    /// The rows, one by one.
    pub store: Arc<dyn Store>,
    /// The rows, all of them.
    pub scan: Arc<dyn Scan>,
    /// The files.
    pub files: Arc<dyn Files>,
    /// The routes behind the URLs of files that this server keeps itself.
    pub file_routes: Option<Router>,
    /// The origin of files on another server, from which pages have to be allowed to load.
    pub file_origin: Option<String>,
    /// Claims the files for this deployment; `None` if nothing else can use them.
    claim: Option<Arc<dyn Claim>>,
    /// The work that the engine of the rows leaves to the server; `None`: it leaves none.
    pub upkeep: Option<Arc<dyn Upkeep>>,
    /// The gateway that holds the live connections of a function, if there is one.
    pub gateway: Option<Arc<dyn GatewayApi>>,
    /// See [`Settings::window_bytes`].
    pub window_bytes: usize,
    /// How fast an import may write rows.
    pub pace: transfer::Pace,
    /// The keys that sign cursors and URLs.
    pub secrets: Secrets,
    /// The wall clock.
    pub clock: Arc<dyn Clock>,
    /// The random numbers.
    pub random: Arc<dyn Random>,
}

/// Work that only some engines leave to the server.
#[async_trait]
pub trait Upkeep: Send + Sync {
    /// Removes at most `rows` rows that expired before the Unix second `second`; returns how many it removed.
    ///
    /// # Errors
    /// The error of the engine.
    async fn sweep_expired(&self, second: u64, rows: usize) -> Result<usize, Error>;

    /// Closes the engine, which releases its files and locks.
    async fn close(&self);
}

#[async_trait]
impl Upkeep for EmbeddedStore {
    async fn sweep_expired(&self, second: u64, rows: usize) -> Result<usize, Error> {
        Self::sweep_expired(self, second, rows).await
    }

    async fn close(&self) {
        Self::close(self).await;
    }
}

/// Checks that the files of a deployment are where its rows say, and belong to no other deployment.
#[async_trait]
trait Claim: Send + Sync {
    /// Marks the files as those of this deployment, whose rows are in `store`, or checks that mark.
    async fn claim(&self, deployment: &str, store: &str) -> Result<(), ConfigError>;
}

/// The engine that `--store` chose.
struct RowEngine {
    store: Arc<dyn Store>,
    scan: Arc<dyn Scan>,
    upkeep: Option<Arc<dyn Upkeep>>,
    window_bytes: usize,
    pace: transfer::Pace,
}

/// The engine that `--files` chose.
struct FileEngine {
    files: Arc<dyn Files>,
    routes: Option<Router>,
    origin: Option<String>,
    claim: Option<Arc<dyn Claim>>,
}

impl Engines {
    /// Opens the engines that `config` names; files that this server keeps itself have URLs under its public URL, or as the
    /// request says that asks for them, and under `base_url` where none does.
    ///
    /// # Errors
    /// The setting to look at.
    pub async fn open(config: &Config, base_url: &str) -> Result<Self, ConfigError> {
        Self::open_or_make(config, base_url, true).await
    }

    /// Opens existing engines: a command that only reads must not create a store.
    ///
    /// # Errors
    /// The setting to look at.
    pub async fn open_existing(config: &Config, base_url: &str) -> Result<Self, ConfigError> {
        Self::open_or_make(config, base_url, false).await
    }

    async fn open_or_make(config: &Config, base_url: &str, make: bool) -> Result<Self, ConfigError> {
        let (clock, random) = (Arc::new(SystemClock), Arc::new(SystemRandom));
        #[cfg(feature = "aws")]
        let cloud = aws::Cloud::new(!config.is_function);
        let RowEngine { store, scan, upkeep, window_bytes, pace } = match &config.store {
            StoreKind::Embedded if !make && !config.data.join("store").is_dir() => {
                let folder = config.data.display();
                return Err(ConfigError::new(
                    "data",
                    format_args!("must be the folder of a store; {folder} holds none"),
                ));
            }
            StoreKind::Embedded => embedded(config)?,
            #[cfg(feature = "aws")]
            StoreKind::DynamoDb { table } => cloud.dynamodb(table).await?,
        };
        let secrets = Secrets::load(&*store, &*random).await;
        let secrets = secrets.map_err(|error| unusable(config.store.setting(), &error))?;
        let file_engine = match &config.files {
            FilesKind::Local => local(config, base_url, &secrets, clock.clone())?,
            #[cfg(feature = "aws")]
            FilesKind::S3 { bucket } => cloud.s3(bucket, clock.clone()).await?,
        };
        #[cfg(feature = "aws")]
        let gateway = match &config.live_url {
            Some(url) if config.is_function => Some(cloud.gateway(url).await),
            _ => None,
        };
        #[cfg(not(feature = "aws"))]
        let gateway = None;
        let FileEngine { files, routes: file_routes, origin: file_origin, claim } = file_engine;
        Ok(Self {
            store,
            scan,
            files,
            file_routes,
            file_origin,
            claim,
            upkeep,
            gateway,
            window_bytes,
            pace,
            secrets,
            clock,
            random,
        })
    }

    /// Checks, before anything is served or swept, that the files belong to this deployment alone. A function does not: it
    /// sweeps nothing, and starts too often.
    ///
    /// # Errors
    /// The setting to look at.
    pub async fn claim_files(&self, config: &Config) -> Result<(), ConfigError> {
        let store = match &config.store {
            StoreKind::Embedded => "a folder".to_owned(),
            #[cfg(feature = "aws")]
            StoreKind::DynamoDb { table } => format!("the table {table}"),
        };
        #[cfg(feature = "aws")]
        if let (StoreKind::DynamoDb { .. }, FilesKind::Local) = (&config.store, &config.files) {
            return self.claim_folder(config, &store).await;
        }
        match &self.claim {
            Some(claim) if !config.is_function => claim.claim(&self.deployment_id(), &store).await,
            _ => Ok(()),
        }
    }

    /// An id of this deployment that does not reveal its secrets: 32 hexadecimal digits.
    fn deployment_id(&self) -> String {
        self.secrets.derive("deployment").iter().take(16).map(|byte| format!("{byte:02x}")).collect()
    }

    /// Checks that the folder is the one that the table names: several servers may share a table.
    #[cfg(feature = "aws")]
    async fn claim_folder(&self, config: &Config, store: &str) -> Result<(), ConfigError> {
        let folder = files::folder_id(&config.data.join("files"), &*self.random);
        let folder = folder.map_err(|error| unusable("data", &error))?;
        let claimed = jobline_chat::claim_folder(&*self.store, &*self.random, store, &folder).await;
        if claimed.map_err(|error| unusable(config.store.setting(), &error))? {
            return Ok(());
        }
        let matter = format_args!(
            "is local, but the files of {store} are in another folder, perhaps on another machine: several servers share \
             their files with --files s3; for one server, set --data to the folder with the files"
        );
        Err(ConfigError::new("files", matter))
    }

    /// The engines, as export and import need them.
    #[must_use]
    pub fn transfer(&self) -> transfer::Engines<'_> {
        transfer::Engines {
            store: &*self.store,
            scan: &*self.scan,
            files: &*self.files,
            clock: &*self.clock,
            random: &*self.random,
            pace: self.pace,
        }
    }

    /// Closes the engine, which releases its files and locks.
    pub async fn close(&self) {
        if let Some(upkeep) = &self.upkeep {
            upkeep.close().await;
        }
    }
}

fn embedded(config: &Config) -> Result<RowEngine, ConfigError> {
    let store = EmbeddedStore::open(&config.data.join("store"), Options::default());
    let store = Arc::new(store.map_err(|error| unusable("data", &error))?);
    let window_bytes = Settings::default().window_bytes;
    Ok(RowEngine {
        store: store.clone(),
        scan: store.clone(),
        upkeep: Some(store),
        window_bytes,
        pace: transfer::Pace::GROUPS,
    })
}

fn local(config: &Config, base_url: &str, secrets: &Secrets, clock: Arc<dyn Clock>) -> Result<FileEngine, ConfigError> {
    let files = LocalFiles::alone(config.data.join("files"), "", &secrets.derive("file urls"), clock);
    let files = Arc::new(files.map_err(|error| unusable("data", &error))?);
    let routes = Some(files::router(Arc::clone(&files)));
    let linked = LinkedFiles::new(files, config.public_url.clone(), base_url.to_owned());
    Ok(FileEngine { routes, files: Arc::new(linked), origin: None, claim: None })
}

fn unusable(setting: &str, error: &dyn Display) -> ConfigError {
    ConfigError::new(setting, format_args!("cannot be used: {error}"))
}
