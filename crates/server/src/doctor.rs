//! `jobline doctor`: checks of everything that a configuration needs, with what to do where one fails.

use crate::cli::Settings;
use crate::config::{CallServers, Config, Jwks, MailServer, StoreKind, WebhookConfig, turn_url_parts};
use crate::engines::Engines;
use crate::start::identity;
use crate::system::{SystemClock, SystemRandom};
use crate::tls::Tls;
use jobline_api::ice::TurnServer;
use jobline_chat::{Clock as _, Random as _, UserId};
use jobline_notify::SystemResolver;
use jobline_notify::mail::{Mailer, SignInError};
use jobline_notify::webhook::Webhook;
use jobline_store::{Consistency, Key};
use jobline_tools::doctor::{Account, Findings, Helper, PublicUrl, Surroundings, Transport, look};
use std::fs::OpenOptions;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::timeout;

/// The default port of NATS.
const NATS_PORT: u16 = 4222;
/// How long signing in to the mail server may take: some look up the caller's name first.
const MAIL_WITHIN: Duration = Duration::from_secs(20);
/// The user for whom a token and credentials of the TURN server are minted.
const DOCTOR: &str = "jobline-doctor";
/// How long that token is valid: clocks that disagree more are told as such.
const TOKEN_LIFE: Duration = Duration::from_secs(600);
/// What to do about what the start refuses.
const NO_START: &str = "The server does not start with it.";

/// Checks everything that `settings` name, and writes a line for each to `findings`.
pub async fn run(settings: &Settings, findings: &mut Findings<'_>) {
    let config = match Config::new(settings) {
        Ok(config) => config,
        Err(error) => {
            findings.wrong("settings", error, "Set it right and run jobline doctor again: nothing else was looked at.");
            return;
        }
    };
    look_at_secrets(&config, findings);
    look_at_keys(&config, findings);
    look_at_certificate(&config, findings);
    look_at_store(&config, findings).await;
    look_at_mail(&config, findings).await;
    look_at_webhook(&config, findings).await;
    look(&surroundings(settings, &config), SystemClock.now_ms(), &SystemRandom, findings);
}

/// Lengths and forms were checked when the settings were read.
fn look_at_secrets(config: &Config, findings: &mut Findings<'_>) {
    findings.ok("settings", "each can be read");
    match (config.check_exposure(), config.identity.is_set()) {
        (Err(error), _) => findings.wrong("user tokens", error, "Without it the server does not start."),
        (Ok(()), false) => findings.skipped("user tokens", "no secret and no keys are set, so this is the demo"),
        (Ok(()), true) if config.identity.jwt_secret.is_some() => {
            findings.ok("user tokens", "the JWT secret is long enough");
        }
        (Ok(()), true) => {}
    }
    match &config.host_key {
        Some(_) => findings.ok("host key", "it is long enough"),
        None if !config.identity.is_set() => findings.skipped("host key", "the demo makes its own"),
        None => {
            let to_do = "Set --host-key (JOBLINE_HOST_KEY), such as from openssl rand -hex 32.";
            findings.wrong("host key", "it is not set, so your server cannot say who shares a job", to_do);
        }
    }
    if let Some(warning) = config.identity.warning() {
        let to_do = "Set what the tokens of your sign-in have as iss or aud: docs/quick-starts/identity.md.";
        findings.wrong("user tokens", warning, to_do);
    }
    if let Some(warning) = config.warning() {
        findings.wrong("listen", warning, "Set --tls-cert and --tls-key, or listen on 127.0.0.1 behind the proxy.");
    }
}

/// Reads the public keys of user tokens where they are in a file.
fn look_at_keys(config: &Config, findings: &mut Findings<'_>) {
    let Some(Jwks::File(file)) = &config.identity.jwks else { return };
    match identity(config, None, Arc::new(SystemClock)) {
        Ok(_) => findings.ok("user tokens", format!("{} holds public keys", file.display())),
        Err(error) => findings.wrong("user tokens", error, NO_START),
    }
}

fn look_at_certificate(config: &Config, findings: &mut Findings<'_>) {
    const NAME: &str = "certificate";
    match config.tls.clone().map(Tls::load) {
        None => findings.skipped(NAME, "--tls-cert is not set; a proxy has to encrypt"),
        Some(Ok(_)) => findings.ok(NAME, "it can be used with its key"),
        Some(Err(error)) => findings.wrong(NAME, error, NO_START),
    }
}

/// Rows and files, wherever they are.
async fn look_at_store(config: &Config, findings: &mut Findings<'_>) {
    const NAME: &str = "store";
    if config.store == StoreKind::Embedded && !config.data.join("store").exists() {
        return look_at_new_folder(&config.data, findings);
    }
    let engines = match Engines::open(config, &config.base_url(config.listen)).await {
        Ok(engines) => engines,
        Err(error) if error.to_string().contains("in use by another process") => {
            return findings.ok(NAME, format!("a server runs with the folder {}", config.data.display()));
        }
        Err(error) => {
            let to_do = "Check that it exists, and that this user may read and write it.";
            return findings.wrong(NAME, error, to_do);
        }
    };
    let rows = engines.store.get(&Key::new("SYSTEM", "DOCTOR"), Consistency::Strong).await;
    match rows {
        Ok(_) => findings.ok(NAME, "rows can be read"),
        Err(error) => {
            findings.wrong(NAME, format!("rows cannot be read: {error}"), "Check the table and the permissions.")
        }
    }
    match engines.files.list(None, 1).await {
        Ok(_) => findings.ok("files", "files can be listed"),
        Err(error) => {
            let to_do = "Check the folder or the bucket, and the permissions.";
            findings.wrong("files", format!("files cannot be listed: {error}"), to_do);
        }
    }
    engines.close().await;
}

/// Checks whether the first start can create the data folder.
fn look_at_new_folder(data: &Path, findings: &mut Findings<'_>) {
    let Some(exists) = data.ancestors().find(|folder| folder.as_os_str().is_empty() || folder.exists()) else {
        return findings.wrong("store", format!("{} is in no folder", data.display()), "Set --data to another one.");
    };
    let exists = if exists.as_os_str().is_empty() { Path::new(".") } else { exists };
    let trial = exists.join(format!(".jobline-doctor-{:032x}", SystemRandom.bits()));
    match OpenOptions::new().write(true).create_new(true).open(&trial) {
        Ok(_) => {
            let _ = std::fs::remove_file(&trial);
            findings.ok("store", format!("the folder {} can be made by the first start", data.display()));
        }
        Err(error) => {
            let what = format!("the folder {} cannot be written: {error}", data.display());
            findings.wrong(
                "store",
                what,
                "Set --data to a folder that the server's user may write, on a disk of its own.",
            );
        }
    }
}

/// Signs in to the mail server as for a mail, and sends none.
async fn look_at_mail(config: &Config, findings: &mut Findings<'_>) {
    const NAME: &str = "mail";
    let Some(MailServer { url, from, .. }) = &config.mail.server else {
        return findings.skipped(NAME, "--smtp-url is not set, so users get no mail about unread messages");
    };
    let mailer = match Mailer::new(url, from, &[]) {
        Ok(mailer) => mailer,
        Err(why) => return findings.wrong(NAME, why, "Set --smtp-url and --mail-from right."),
    };
    let (host, port) = url.address();
    let signed_in = timeout(MAIL_WITHIN, mailer.sign_in()).await.unwrap_or(Err(SignInError::TimedOut));
    let to_do = match &signed_in {
        Ok(()) if url.has_account() => {
            return findings.ok(NAME, format!("the mail server at {host}:{port} takes user and password"));
        }
        Ok(()) => return findings.ok(NAME, format!("the mail server at {host}:{port} answers")),
        Err(SignInError::NoConnection | SignInError::TimedOut) => {
            "Check --smtp-url, and that the firewall lets this machine send mail; many clouds forbid port 25."
        }
        Err(SignInError::Tls) => {
            "Use smtps:// where it encrypts from the beginning (port 465) and smtp:// for STARTTLS (587), and the name that is \
             in its certificate."
        }
        Err(SignInError::Unsupported(_)) => {
            "Use smtps:// where it has no STARTTLS, and leave user and password out where it wants none."
        }
        Err(SignInError::Refused(530..540)) => {
            "Check user and password in --smtp-url, with percent signs for what is special in them."
        }
        Err(SignInError::Refused(_)) => "Look at its log: it may not take this machine, or not now.",
    };
    if let Err(why) = signed_in {
        findings.wrong(NAME, format!("{host}:{port} {why}"), to_do);
    }
}

/// Connects to the host's server as for an event, and sends none.
async fn look_at_webhook(config: &Config, findings: &mut Findings<'_>) {
    const NAME: &str = "webhook";
    let Some(WebhookConfig { url, secrets, allow_private, .. }) = config.webhook.clone() else {
        return findings.skipped(NAME, "--webhook-url is not set, so your server gets no events");
    };
    // The path may hold a secret.
    let origin = url.origin().ascii_serialization();
    match Webhook::new(url, secrets, allow_private, Arc::new(SystemResolver)).try_connection().await {
        Ok(()) => findings.ok(NAME, format!("{origin} accepts connections")),
        Err(why) => {
            let to_do = "Check --webhook-url, the certificate of your server, and the firewall between.";
            findings.wrong(NAME, format!("{origin} cannot be reached from here: {why}"), to_do);
        }
    }
}

/// The services that are reached over the network.
fn surroundings(settings: &Settings, config: &Config) -> Surroundings {
    let public_url = config.public_url.clone().map(|url| PublicUrl {
        url,
        host_key: config.host_key.as_ref().map(|key| key.expose().to_owned()),
        token: token(config),
        origins: config.allowed_origins.clone(),
    });
    let jwks_url = match &config.identity.jwks {
        Some(Jwks::Url(url)) => Some(url.clone()),
        _ => None,
    };
    let helpers = config.calls.as_ref().map(helpers).unwrap_or_default();
    let bus = settings.bus.as_deref().unwrap_or_default();
    let bus = bus.split(',').filter_map(|url| nats_server(url.trim())).collect();
    Surroundings { public_url, jwks_url, bus, helpers }
}

/// A token as the host makes them, for a user who is in no conversation.
fn token(config: &Config) -> Option<String> {
    config.identity.jwt_secret.as_ref()?;
    let identity = identity(config, None, Arc::new(SystemClock)).ok()?;
    identity.mint(&UserId::new(DOCTOR)?, TOKEN_LIFE).ok().map(|minted| minted.token)
}

/// The servers for calls: those for TURN with credentials such as devices get.
fn helpers(calls: &CallServers) -> Vec<Helper> {
    let stun = calls.stun.iter().filter_map(|url| helper(url, None));
    let turn = calls.turn.iter().flat_map(|turn| {
        let minted = TurnServer::new(turn.urls.clone(), turn.secret.expose()).credentials(DOCTOR, SystemClock.now_ms());
        let account = Account { name: minted.0, credential: minted.1 };
        turn.urls.iter().filter_map(move |url| helper(url, Some(account.clone())))
    });
    stun.chain(turn).collect()
}

/// Host and port of a URL of NATS, which may hold a password.
fn nats_server(url: &str) -> Option<(String, u16)> {
    let url = url::Url::parse(url).ok()?;
    Some((url.host_str()?.to_owned(), url.port().unwrap_or(NATS_PORT)))
}

fn helper(url: &str, account: Option<Account>) -> Option<Helper> {
    let parts = turn_url_parts(url)?;
    let is_tls = parts.scheme.ends_with('s');
    let transport = match (is_tls, url.ends_with("transport=tcp")) {
        (true, _) => Transport::Tls,
        (false, true) => Transport::Tcp,
        (false, false) => Transport::Udp,
    };
    let port = parts.port.unwrap_or(if is_tls { 5349 } else { 3478 });
    Some(Helper { url: url.to_owned(), host: parts.host.to_owned(), port, transport, account })
}
