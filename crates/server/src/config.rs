//! The configuration: every setting, checked before anything starts.
//!
//! A wrong setting is a [`ConfigError`]: one line that names the setting and says what is accepted. The environment is
//! read by [`crate::cli`] and not here; tests fill in [`Settings`] themselves.

use crate::cli::Settings;
use jobline_wire::limits::SECRET_BYTES;
use std::fmt;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;

mod bus;
mod calls;
mod function;
mod live;
mod mail;
mod origins;
mod places;
mod push;
mod secret;
mod urls;
mod values;
mod webhook;

use origins::origins;
use urls::public_url;
pub(crate) use values::seconds;
use values::{level, number, switch};

pub use bus::Addresses;
pub(crate) use calls::parts as turn_url_parts;
pub use calls::{CallServers, TurnSettings};
pub use mail::{MailConfig, MailServer};
pub use places::{FilesKind, StoreKind};
pub use push::PushConfig;
pub use secret::Secret;
pub use webhook::WebhookConfig;

/// The longest retention, in days: a hundred years.
const DAYS_MAX: u32 = 36_500;
/// A year.
const HOURS_MAX: u32 = 366 * 24;
const MINUTES_MAX: u32 = HOURS_MAX * 60;

/// The checked settings.
#[derive(Debug, Clone)]
pub struct Config {
    /// The address to listen on.
    pub listen: SocketAddr,
    /// The URL under which browsers reach this server, without a slash at the end; `None`: derived from the address.
    pub public_url: Option<String>,
    /// Whether a proxy in front says by which scheme and host it was called.
    pub trust_proxy: bool,
    /// The certificate; `None`: the server speaks HTTP.
    pub tls: Option<TlsFiles>,
    /// Origins whose pages may call.
    pub allowed_origins: Vec<String>,
    /// How many connections may be open at a time.
    pub max_connections: usize,
    /// The level of the log.
    pub log: tracing_subscriber::filter::LevelFilter,
    /// How user tokens are checked.
    pub identity: IdentityConfig,
    /// The key of the host API; without it that API is closed.
    pub host_key: Option<Secret>,
    /// Folder of the embedded store and local files.
    pub data: PathBuf,
    /// Where rows are kept.
    pub store: StoreKind,
    /// Where files are kept.
    pub files: FilesKind,
    /// Days after which messages and files disappear; 0: never.
    pub retention_days: u32,
    /// Days after which files disappear; 0: never.
    pub file_retention_days: u32,
    /// Messages a minute for one sender; 0: no limit.
    pub send_rate: u32,
    /// Minutes for which the sender may edit a message; 0: never.
    pub edit_minutes: u32,
    /// Hours for which the sender may delete a message; 0: never.
    pub delete_hours: u32,
    /// Files a minute that one user may announce; 0: no limit.
    pub upload_rate: u32,
    /// The share of users to whom live connections are offered, in percent; 0 where they are off.
    pub live_percent: u32,
    /// The WebSocket API of API Gateway that holds the live connections of a function.
    pub live_url: Option<String>,
    /// The bus over which several servers on one table notify each other of changes.
    pub bus: Option<Addresses>,
    /// Whether online status is on.
    pub presence: bool,
    /// Whether jobs have crews.
    pub crews: bool,
    /// The settings of calls; `None` if they are off.
    pub calls: Option<CallServers>,
    /// When messages count as left unread, and who sends mail about them.
    pub mail: MailConfig,
    /// Push notifications; `None`: there are none.
    pub push: Option<PushConfig>,
    /// Where the host receives events.
    pub webhook: Option<WebhookConfig>,
    /// Whether AWS Lambda started the program.
    pub is_function: bool,
}

/// How user tokens are checked. Without a secret and keys, none is accepted.
#[derive(Debug, Clone, Default)]
pub struct IdentityConfig {
    /// The HS256 secret.
    pub jwt_secret: Option<Secret>,
    /// Where the public keys are.
    pub jwks: Option<Jwks>,
    /// What `iss` must be.
    pub issuer: Option<String>,
    /// What `aud` must be or contain.
    pub audience: Option<String>,
}

impl IdentityConfig {
    /// Whether any user token could be accepted.
    #[must_use]
    pub fn is_set(&self) -> bool {
        self.jwt_secret.is_some() || self.jwks.is_some()
    }

    /// A warning about keys that also sign tokens for other services.
    #[must_use]
    pub fn warning(&self) -> Option<&'static str> {
        let anybody = self.jwks.is_some() && self.issuer.is_none() && self.audience.is_none();
        anybody.then_some(
            "neither --jwt-issuer nor --jwt-audience is set: a token for another application is accepted if it is signed \
             with the same keys",
        )
    }
}

/// Where the public keys of the user tokens are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Jwks {
    /// At an http or https URL.
    Url(String),
    /// In a file.
    File(PathBuf),
}

/// The PEM files of HTTPS.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlsFiles {
    /// The certificate chain.
    pub cert: PathBuf,
    /// Its private key.
    pub key: PathBuf,
}

/// A setting that is wrong or missing: one line for the operator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigError(String);

impl ConfigError {
    /// An error about `flag`, which it names together with its environment variable.
    #[must_use]
    pub fn new(flag: &str, matter: impl fmt::Display) -> Self {
        Self(format!("--{flag} ({}) {matter}", environment_variable(flag)))
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for ConfigError {}

/// The environment variable of `flag`.
fn environment_variable(flag: &str) -> String {
    format!("JOBLINE_{}", flag.to_uppercase().replace('-', "_"))
}

/// An error about a `value` that is not accepted.
fn wrong(flag: &str, value: &str, accepted: &str) -> ConfigError {
    let shown: String = value.chars().filter(|char| !char.is_control()).take(80).collect();
    ConfigError::new(flag, format_args!("is \"{shown}\"; accepted is {accepted}"))
}

type Result<T> = std::result::Result<T, ConfigError>;

impl Config {
    /// The configuration that `settings` describe.
    ///
    /// # Errors
    /// The first setting that is wrong.
    pub fn new(settings: &Settings) -> Result<Self> {
        let config = Self {
            listen: address(settings.listen.as_deref().unwrap_or("127.0.0.1:8080"))?,
            public_url: settings.public_url.as_deref().map(public_url).transpose()?,
            trust_proxy: switch("trust-proxy", settings.trust_proxy.as_deref(), false)?,
            tls: tls(settings)?,
            allowed_origins: settings.allowed_origins.as_deref().map(origins).transpose()?.unwrap_or_default(),
            max_connections: number("max-connections", settings.max_connections.as_deref(), 10_000, 1..=1_000_000)?
                as usize,
            log: level(settings.log.as_deref().unwrap_or("info"))?,
            identity: identity(settings)?,
            host_key: secret("host-key", settings.host_key.as_deref())?,
            data: folder(settings.data.as_deref().unwrap_or("./jobline-data"))?,
            store: places::store(settings)?,
            files: places::files(settings)?,
            retention_days: number("retention-days", settings.retention_days.as_deref(), 0, 0..=DAYS_MAX)?,
            file_retention_days: number(
                "file-retention-days",
                settings.file_retention_days.as_deref(),
                0,
                0..=DAYS_MAX,
            )?,
            send_rate: number("send-rate", settings.send_rate.as_deref(), 10, 0..=1_000_000)?,
            edit_minutes: number("edit-minutes", settings.edit_minutes.as_deref(), 15, 0..=MINUTES_MAX)?,
            delete_hours: number("delete-hours", settings.delete_hours.as_deref(), 24, 0..=HOURS_MAX)?,
            upload_rate: number("upload-rate", settings.upload_rate.as_deref(), 20, 0..=1_000_000)?,
            live_percent: live::percent(settings)?,
            live_url: settings.live_url.as_deref().map(urls::live_url).transpose()?,
            bus: settings.bus.as_deref().map(bus::addresses).transpose()?,
            presence: switch("presence", settings.presence.as_deref(), true)?,
            crews: switch("crews", settings.crews.as_deref(), true)?,
            calls: calls::servers(settings)?,
            mail: mail::mail(settings)?,
            push: push::push(settings)?,
            webhook: webhook::webhook(settings)?,
            is_function: settings.lambda_runtime_api.is_some(),
        };
        config.host_key_fits_a_header()?;
        Ok(config)
    }

    /// Without user tokens there is only the demo, and only if nobody else can reach it and no setting is that of a
    /// real deployment.
    ///
    /// # Errors
    /// The setting that is missing.
    pub fn check_exposure(&self) -> Result<()> {
        if self.identity.is_set() {
            return Ok(());
        }
        let why = match self.setting_of_a_deployment() {
            _ if !self.listen.ip().is_loopback() => format!("{} can be reached from other machines", self.listen),
            Some(flag) => format!("--{flag} ({}) is set, so this is no demo", environment_variable(flag)),
            None => return Ok(()),
        };
        let matter = format_args!(
            "is missing: {why}, and user tokens are needed; set it, or --jwks-url or --jwks-file; a demo listens on \
             127.0.0.1 and has none of these settings"
        );
        Err(ConfigError::new("jwt-secret", matter))
    }

    /// A setting that a demo would not have, if there is one.
    fn setting_of_a_deployment(&self) -> Option<&'static str> {
        let settings = [
            ("host-key", self.host_key.is_some()),
            ("public-url", self.public_url.is_some()),
            ("allowed-origins", !self.allowed_origins.is_empty()),
            ("tls-cert", self.tls.is_some()),
            ("trust-proxy", self.trust_proxy),
        ];
        settings.into_iter().find(|(_, set)| *set).map(|(flag, _)| flag)
    }

    /// Whether rows and files are in the data folder. Only there a demo can tell its own conversations from real ones.
    #[must_use]
    pub fn can_be_a_demo(&self) -> bool {
        (&self.store, &self.files) == (&StoreKind::Embedded, &FilesKind::Local)
    }

    /// A warning to log at the start, if there is reason for one.
    #[must_use]
    pub fn warning(&self) -> Option<String> {
        (self.tls.is_none() && !self.listen.ip().is_loopback()).then(|| {
            format!(
                "{} is not a loopback address and --tls-cert is not set: a proxy in front of this server must encrypt, \
                 or tokens and messages can be read on the way",
                self.listen
            )
        })
    }

    /// The URL under which browsers reach a server that listens on `bound`.
    #[must_use]
    pub fn base_url(&self, bound: SocketAddr) -> String {
        let scheme = if self.tls.is_some() { "https" } else { "http" };
        let mut reached = bound;
        if bound.ip().is_unspecified() {
            reached.set_ip(Ipv4Addr::LOCALHOST.into());
        }
        self.public_url.clone().unwrap_or_else(|| format!("{scheme}://{reached}"))
    }

    /// The key is sent in a header, which cannot carry other bytes.
    fn host_key_fits_a_header(&self) -> Result<()> {
        match &self.host_key {
            Some(key) if !key.expose().bytes().all(|byte| byte.is_ascii_graphic()) => {
                Err(ConfigError::new("host-key", "holds spaces or other bytes; accepted are visible ASCII characters"))
            }
            _ => Ok(()),
        }
    }
}

fn address(text: &str) -> Result<SocketAddr> {
    let named = text.strip_prefix("localhost:").map(|port| format!("127.0.0.1:{port}"));
    let accepted = "an IP address and a port, such as 127.0.0.1:8080, 0.0.0.0:8080 or [::1]:8080";
    named.as_deref().unwrap_or(text).parse().map_err(|_| wrong("listen", text, accepted))
}

fn folder(text: &str) -> Result<PathBuf> {
    let path = PathBuf::from(text);
    if text.is_empty() || path.is_file() {
        return Err(wrong("data", text, "a folder, which is made if it does not exist"));
    }
    Ok(path)
}

fn secret(flag: &str, text: Option<&str>) -> Result<Option<Secret>> {
    match text {
        Some(text) if text.len() < SECRET_BYTES => Err(ConfigError::new(
            flag,
            format_args!("has {} bytes; accepted are at least {SECRET_BYTES}: openssl rand -hex 32", text.len()),
        )),
        text => Ok(text.map(Secret::new)),
    }
}

fn tls(settings: &Settings) -> Result<Option<TlsFiles>> {
    match (&settings.tls_cert, &settings.tls_key) {
        (None, None) => Ok(None),
        (Some(cert), Some(key)) => Ok(Some(TlsFiles { cert: cert.into(), key: key.into() })),
        (Some(_), None) => Err(ConfigError::new("tls-key", "is missing: --tls-cert needs the private key with it")),
        (None, Some(_)) => Err(ConfigError::new("tls-cert", "is missing: --tls-key needs the certificate with it")),
    }
}

fn identity(settings: &Settings) -> Result<IdentityConfig> {
    let jwks = match (&settings.jwks_url, &settings.jwks_file) {
        (Some(_), Some(_)) => {
            return Err(ConfigError::new("jwks-file", "and --jwks-url are both set; accepted is one of them"));
        }
        (Some(url), None) => Some(Jwks::Url(urls::jwks_url(url)?)),
        (None, Some(file)) => Some(Jwks::File(file.into())),
        (None, None) => None,
    };
    let config = IdentityConfig {
        jwt_secret: secret("jwt-secret", settings.jwt_secret.as_deref())?,
        jwks,
        issuer: not_empty("jwt-issuer", settings.jwt_issuer.as_deref())?,
        audience: not_empty("jwt-audience", settings.jwt_audience.as_deref())?,
    };
    let pinned = [("jwt-issuer", config.issuer.is_some()), ("jwt-audience", config.audience.is_some())];
    match pinned.into_iter().find(|(_, set)| *set && !config.is_set()) {
        Some((flag, _)) => {
            Err(ConfigError::new(flag, "is set without keys: it needs --jwt-secret, --jwks-url or --jwks-file with it"))
        }
        None => Ok(config),
    }
}

fn not_empty(flag: &str, text: Option<&str>) -> Result<Option<String>> {
    match text {
        Some("") => Err(wrong(flag, "", "a text, or leave it out")),
        text => Ok(text.map(str::to_owned)),
    }
}
