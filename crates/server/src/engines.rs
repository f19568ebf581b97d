//! Which engines a configuration means: the one place that names them.

use crate::config::{Config, ConfigError, FilesKind, StoreKind};
use crate::linked::LinkedFiles;
use crate::system::{SystemClock, SystemRandom};
use async_trait::async_trait;
use axum::Router;
use jobline_chat::{Clock, Files, Random, Secrets, Settings};
use jobline_files_local::{self as files, LocalFiles};
use jobline_store::{Error, Scan, Store};
use jobline_store_embedded::{EmbeddedStore, Options};
use jobline_tools::transfer;
use std::fmt::Display;
use std::sync::Arc;

#[cfg(feature = "aws")]
mod aws;
#[cfg(feature = "aws")]
pub use aws::{check_table, create_table};

/// The engines of a configuration, open.
pub struct Engines {
    /// The rows, one by one.
    pub store: Arc<dyn Store>,
    /// The rows, all of them.
    pub scan: Arc<dyn Scan>,
    /// The files.
    pub files: Arc<dyn Files>,
    /// The routes behind the URLs of files that this server keeps itself.
    pub file_routes: Option<Router>,
    /// Where files are that this server does not keep itself: what a page of it has to be allowed to reach.
    pub file_origin: Option<String>,
    /// What the engine of the rows leaves to the server.
    pub upkeep: Option<Arc<dyn Upkeep>>,
    /// See [`Settings::window_bytes`].
    pub window_bytes: usize,
    /// How an import writes rows.
    pub pace: transfer::Pace,
    /// What cursors and URLs are signed with.
    pub secrets: Secrets,
    /// The wall clock.
    pub clock: Arc<dyn Clock>,
    /// The machine's chance.
    pub random: Arc<dyn Random>,
}

/// What only some engines need to be told.
#[async_trait]
pub trait Upkeep: Send + Sync {
    /// Removes at most `rows` rows that expired before a Unix second; answers how many it did.
    ///
    /// # Errors
    /// What the engine says.
    async fn sweep_expired(&self, second: u64, rows: usize) -> Result<usize, Error>;

    /// Everything is done: lets go of what is held.
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

/// What is chosen by `--store`.
struct Rows {
    store: Arc<dyn Store>,
    scan: Arc<dyn Scan>,
    upkeep: Option<Arc<dyn Upkeep>>,
    window_bytes: usize,
    pace: transfer::Pace,
}

/// What is chosen by `--files`.
struct Kept {
    files: Arc<dyn Files>,
    routes: Option<Router>,
    origin: Option<String>,
}

impl Engines {
    /// Opens the engines that `config` names; files that this server keeps itself have URLs under its public URL, or as the
    /// request says that asks for them, and under `base_url` where none does.
    ///
    /// # Errors
    /// The setting to look at.
    pub async fn open(config: &Config, base_url: &str) -> Result<Self, ConfigError> {
        let (clock, random) = (Arc::new(SystemClock), Arc::new(SystemRandom));
        #[cfg(feature = "aws")]
        let cloud = aws::Cloud::new(!config.is_function);
        let Rows { store, scan, upkeep, window_bytes, pace } = match &config.store {
            StoreKind::Embedded => embedded(config)?,
            #[cfg(feature = "aws")]
            StoreKind::DynamoDb { table } => cloud.dynamodb(table).await?,
        };
        let secrets = Secrets::load(&*store, &*random).await;
        let secrets = secrets.map_err(|error| unusable(config.store.setting(), &error))?;
        let kept = match &config.files {
            FilesKind::Local => local(config, base_url, &secrets, clock.clone())?,
            #[cfg(feature = "aws")]
            FilesKind::S3 { bucket } => cloud.s3(bucket, clock.clone()).await?,
        };
        let Kept { files, routes: file_routes, origin: file_origin } = kept;
        Ok(Self { store, scan, files, file_routes, file_origin, upkeep, window_bytes, pace, secrets, clock, random })
    }

    /// What export and import work on.
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

    /// Everything is done: lets go of what is held.
    pub async fn close(&self) {
        if let Some(upkeep) = &self.upkeep {
            upkeep.close().await;
        }
    }
}

fn embedded(config: &Config) -> Result<Rows, ConfigError> {
    let store = EmbeddedStore::open(&config.data.join("store"), Options::default());
    let store = Arc::new(store.map_err(|error| unusable("data", &error))?);
    let window_bytes = Settings::default().window_bytes;
    Ok(Rows {
        store: store.clone(),
        scan: store.clone(),
        upkeep: Some(store),
        window_bytes,
        pace: transfer::Pace::GROUPS,
    })
}

fn local(config: &Config, base_url: &str, secrets: &Secrets, clock: Arc<dyn Clock>) -> Result<Kept, ConfigError> {
    let files = LocalFiles::new(config.data.join("files"), "", &secrets.derive("file urls"), clock);
    let files = Arc::new(files.map_err(|error| unusable("data", &error))?);
    let routes = Some(files::router(Arc::clone(&files)));
    let linked = LinkedFiles::new(files, config.public_url.clone(), base_url.to_owned());
    Ok(Kept { routes, files: Arc::new(linked), origin: None })
}

fn unusable(setting: &str, error: &dyn Display) -> ConfigError {
    ConfigError::new(setting, format_args!("cannot be used: {error}"))
}
