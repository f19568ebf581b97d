//! The composition root: makes a running server from a configuration.

use crate::config::{CallServers, Config, ConfigError, Jwks, Secret, StoreKind};
use crate::counted::CountedStore;
use crate::demo::{self, DemoSecrets, PastClock};
use crate::engines::Engines;
use crate::push_renewal;
use crate::senders::{self, Senders};
use crate::serve::{self, Listening, serve};
use crate::system::SystemRandom;
use crate::tls::Tls;
use crate::unsubscribe::{self, Unsubscribe};
use crate::{bus, load, upkeep, web};
use axum::Router;
use jobline_api::app::{App, Parts};
use jobline_api::cors::Origins;
use jobline_api::ice::{IceServers, TurnServer};
use jobline_api::live::gateway::{AtGateway, GatewayOffer};
use jobline_api::live::{Live, Uses, connections};
use jobline_api::metrics::Metrics;
use jobline_api::push::PushOffer;
use jobline_api::service::Service;
use jobline_chat::{Announce, Chat, Clock, Settings, retention_warning};
use jobline_http::Address;
use jobline_identity::{HostKey, Identity, IdentitySettings};
use jobline_live::{Hub, MovedUsers};
use jobline_notify::push::Push;
use jobline_store::Store;
use jobline_tools::transfer;
use std::future::Future;
use std::io::Write;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinSet;

/// How long the store may take to close once nothing runs any more.
const CLOSE_WITHIN: Duration = Duration::from_secs(1);

/// The secrets of the demo, if this server is one: no user tokens are configured, and its folder holds no real data.
///
/// # Errors
/// The setting that is missing, where neither a demo nor a real server can start.
fn demo_secrets(config: &Config) -> Result<Option<DemoSecrets>, ConfigError> {
    if config.identity.is_set() {
        return Ok(None);
    }
    if !config.can_be_a_demo() {
        let matter = "is missing: a demo keeps everything in its folder (--store embedded, --files local), so user tokens \
                      are needed; set it, or --jwks-url or --jwks-file";
        return Err(ConfigError::new("jwt-secret", matter));
    }
    let secrets = demo::prepare(&config.data, &SystemRandom)
        .map_err(|error| ConfigError::new("data", format_args!("cannot be used: {error}")))?;
    if secrets.is_some() {
        return Ok(secrets);
    }
    let matter = format_args!(
        "is missing: {} holds conversations that no demo made; set it, or --jwks-url or --jwks-file, or choose an empty \
         folder for a demo",
        config.data.display()
    );
    Err(ConfigError::new("jwt-secret", matter))
}

/// `jobline serve`: until `shutdown`.
///
/// # Errors
/// What stopped the start.
pub async fn run(config: &Config, shutdown: impl Future<Output = ()>) -> Result<(), ConfigError> {
    config.check_exposure()?;
    config.check_server()?;
    // Before the engines are opened, since they need more descriptors than the usual soft limit.
    let config = &Config { max_connections: connections(config.max_connections), ..config.clone() };
    let tls = config.tls.clone().map(Tls::load).transpose()?.map(Arc::new);
    let in_use =
        |error| ConfigError::new("listen", format_args!("is {}, which cannot be used: {error}", config.listen));
    let listener = serve::listen(config.listen).map_err(in_use)?;
    let bound = listener.local_addr().map_err(in_use)?;
    let demo = demo_secrets(config)?;
    let engines = Engines::open(config, &config.base_url(bound)).await?;
    engines.claim_files(config).await?;
    warn_if_retention_grew(config, &engines).await;
    let (app, push) = app(config, &engines, &config.base_url(bound), demo).await?;
    for warning in [config.warning().as_deref(), config.identity.warning()].into_iter().flatten() {
        tracing::warn!("{warning}");
    }
    take_over(config, &app).await;
    let scheme = if tls.is_some() { "https" } else { "http" };
    announce(&format!("listening on {scheme}://{bound}"));
    let senders = Senders::new(config, &engines, &app, push)?;
    let background = background(&app, &engines, senders);
    let listening = Listening { tls, max_connections: config.max_connections };
    serve(Service::new(app.clone()), listener, listening, shutdown).await;
    drop(background);
    if let Some(live) = &app.live {
        live.leave().await;
    }
    drop(app);
    if tokio::time::timeout(CLOSE_WITHIN, engines.close()).await.is_err() {
        tracing::warn!("stopped before the store was closed; what was answered is on disk");
    }
    Ok(())
}

/// Resumes what an earlier process was doing. A data folder has one process at a time, a table may have several.
async fn take_over(config: &Config, app: &App) {
    if config.store == StoreKind::Embedded
        && let Err(error) = app.chat.take_over().await
    {
        tracing::warn!(%error, "what the last process was doing is resumed within half a minute");
    }
}

/// Warns that rows written before keep their shorter expiry. A store that takes no writes is no reason not to start.
async fn warn_if_retention_grew(config: &Config, engines: &Engines) {
    match retention_warning(&*engines.store, &*engines.random, settings(config, engines)).await {
        Ok(None) => {}
        Ok(Some(warning)) => tracing::warn!("{warning}"),
        Err(error) => tracing::warn!(%error, "the retention of this start was not noted"),
    }
}

/// The settings of the domain, from the configuration.
fn settings(config: &Config, engines: &Engines) -> Settings {
    Settings {
        send_rate: config.send_rate,
        edit_minutes: config.edit_minutes,
        delete_hours: config.delete_hours,
        upload_rate: config.upload_rate,
        presence: config.presence,
        crews: config.crews,
        outbox: config.webhook.is_some(),
        mail: config.mail.server.is_some(),
        push: config.push.is_some(),
        push_after_ms: Settings::default().push_after_ms,
        crew_sleeps_after_ms: Settings::default().crew_sleeps_after_ms,
        unread_after_ms: config.mail.after_ms,
        retention_days: config.retention_days,
        file_retention_days: config.file_retention_days,
        window_bytes: engines.window_bytes,
    }
}

/// How many connections may be open, after the limit of descriptors was raised to what the system permits.
fn connections(asked: usize) -> usize {
    let descriptors = serve::raise_descriptors();
    let connections = serve::connections(asked, descriptors);
    if connections < asked {
        tracing::warn!(
            asked,
            connections,
            descriptors,
            "fewer connections may be open than --max-connections says: the store needs descriptors too; raise the hard \
             limit (ulimit -Hn, LimitNOFILE)"
        );
    }
    connections
}

/// Prints a line from which other programs learn that this one accepts requests. It is fine if nobody reads it.
fn announce(line: &str) {
    let mut out = std::io::stdout();
    let _ = writeln!(out, "{line}").and_then(|()| out.flush());
}

/// The application over open engines, and the push services where notifications are sent.
///
/// # Errors
/// The setting to look at.
pub(crate) async fn app(
    config: &Config,
    engines: &Engines,
    base_url: &str,
    demo: Option<DemoSecrets>,
) -> Result<(App, Option<Push>), ConfigError> {
    if transfer::unfinished_import(&*engines.store).await.unwrap_or(false) {
        let matter = "holds an import that was not finished: run jobline import again first";
        return Err(ConfigError::new(config.store.setting(), matter));
    }
    let metrics = Arc::new(Metrics::new());
    let store: Arc<dyn Store> = Arc::new(CountedStore::new(Arc::clone(&engines.store), Arc::clone(&metrics)));
    let settings = settings(config, engines);
    let (clock, random) = (Arc::clone(&engines.clock), Arc::clone(&engines.random));
    let identity = Arc::new(identity(config, demo.as_ref(), clock.clone())?);
    if demo.is_some() {
        let unusable = |error| ConfigError::new("data", format_args!("cannot hold a demo: {error}"));
        seed(engines).await.map_err(unusable)?;
    }
    let origins = own_origins(base_url);
    let files = origins.iter().chain(&engines.file_origin).cloned().collect();
    let live = origins.iter().map(|origin| origin.replacen("http", "ws", 1));
    let live = live.chain(config.live_url.as_deref().map(origin)).collect();
    let address = Address::new(config.public_url.clone(), config.tls.is_some(), config.trust_proxy);
    let embedding =
        web::Embedding { files, live, frames: config.allowed_origins.clone(), path: address.path().to_owned() };
    let pages = pages(demo.is_some().then_some(&identity), &embedding);
    let key = config.host_key.clone().or_else(|| demo.map(|demo| Secret::new(demo.host_key)));
    let host_key = key.map(|key| HostKey::new(key.expose())).transpose();
    let (files, hub, moved) = (engines.files.clone(), bus::hub(config, &engines.secrets), MovedUsers::default());
    let announcer: Arc<dyn Announce> = match config.is_function {
        true => Arc::new(moved.clone()),
        false => Arc::new(hub.clone()),
    };
    let chat = Chat::with_announcer(
        store,
        files,
        Arc::clone(&clock),
        Arc::clone(&random),
        &engines.secrets,
        settings,
        announcer,
    );
    let uses = Uses { chat: &chat, identity: &identity, metrics: &metrics, clock: &clock, random: &random };
    let gateway = at_gateway(config, engines, moved, &uses);
    // A function cannot hold connections: it is frozen between events.
    let live = match config.is_function {
        true => None,
        false => Some(live_connections(config, engines, hub, &uses, base_url).await?),
    };
    let (push, offer) = senders::push_service(config, engines).await?.unzip();
    let extra_routes = extra_routes(config, engines, &chat, offer.as_ref()).merge(pages);
    let app = App::new(Parts {
        chat,
        identity,
        host_key: host_key.map_err(|error| ConfigError::new("host-key", format_args!("is not usable: {error}")))?,
        clock,
        random,
        metrics,
        address,
        origins: Origins::new(&[&config.allowed_origins[..], &origins].concat()),
        live,
        gateway,
        calls: config.calls.as_ref().map(ice_servers),
        push: offer,
        extra_routes,
    });
    Ok((app, push))
}

/// The routes of local files, of the link in mails and of renewed subscriptions, as far as they are configured.
fn extra_routes(config: &Config, engines: &Engines, chat: &Chat, push: Option<&PushOffer>) -> Router {
    let mails = config.mail.server.as_ref();
    let mails = mails.map(|_| unsubscribe::routes(chat.clone(), Unsubscribe::new(&engines.secrets)));
    let pushes = push.map(|offer| push_renewal::routes(chat.clone(), offer.clone()));
    [engines.file_routes.clone(), mails, pushes].into_iter().flatten().fold(Router::new(), Router::merge)
}

fn ice_servers(config: &CallServers) -> IceServers {
    let turn = config.turn.as_ref().map(|turn| TurnServer::new(turn.urls.clone(), turn.secret.expose()));
    IceServers { stun: config.stun.clone(), turn, is_direct: config.is_direct }
}

/// Live connections, together with those of other servers if they may share the rows.
async fn live_connections(
    config: &Config,
    engines: &Engines,
    hub: Hub,
    uses: &Uses<'_>,
    base_url: &str,
) -> Result<Live, ConfigError> {
    let live = Live::new(hub, uses, config.live_percent, base_url);
    let bus = bus::connect(config, &engines.secrets).await?;
    let alone = config.store == StoreKind::Embedded && bus.is_none();
    Ok(if alone { live } else { live.among_servers(uses.chat, bus) })
}

/// Live connections that a gateway holds, while they are not switched off.
fn at_gateway(config: &Config, engines: &Engines, moved: MovedUsers, uses: &Uses<'_>) -> Option<AtGateway> {
    let url = config.live_url.as_deref().filter(|_| config.live_percent > 0)?;
    let offer = GatewayOffer { url, percent: config.live_percent, knows_own_origin: config.public_url.is_some() };
    Some(connections::at_gateway(engines.gateway.clone()?, moved, uses, &offer))
}

/// The routes of the web app, and in a demo those that let people choose who they are.
fn pages(demo: Option<&Arc<Identity>>, embedding: &web::Embedding) -> Router {
    match demo {
        Some(identity) if web::is_embedded() => demo::routes(Arc::clone(identity)).merge(web::routes(embedding)),
        Some(identity) => demo::routes(Arc::clone(identity)).merge(demo::page()),
        None => web::routes(embedding),
    }
}

/// Scheme and host of a URL.
fn origin(url: &str) -> String {
    url.splitn(4, '/').take(3).collect::<Vec<_>>().join("/")
}

/// The origins under which a browser reaches this server. On this machine there are two, `127.0.0.1` and `localhost`: a
/// page may be opened under one while file URLs begin with the other.
fn own_origins(base_url: &str) -> Vec<String> {
    let Some((scheme, rest)) = base_url.split_once("://") else { return Vec::new() };
    let host = rest.split('/').next().unwrap_or_default();
    let mut hosts = vec![host.to_owned()];
    if let Some(port) = host.strip_prefix("127.0.0.1").filter(|port| port.is_empty() || port.starts_with(':')) {
        hosts.push(format!("localhost{port}"));
    }
    hosts.into_iter().map(|host| format!("{scheme}://{host}")).collect()
}

/// Writes the conversations of the demo into the past: with a clock that can be set back, and without a send rate.
async fn seed(engines: &Engines) -> jobline_chat::Result<()> {
    let past = Arc::new(PastClock::new(Arc::clone(&engines.clock)));
    let settings = Settings { send_rate: 0, upload_rate: 0, ..Settings::default() };
    let (store, files, random) = (engines.store.clone(), engines.files.clone(), engines.random.clone());
    demo::seed(&Chat::new(store, files, past.clone(), random, &engines.secrets, settings), &past).await
}

/// Creates the check of user tokens.
pub(crate) fn identity(
    config: &Config,
    demo: Option<&DemoSecrets>,
    clock: Arc<dyn Clock>,
) -> Result<Identity, ConfigError> {
    let configured = &config.identity;
    let (jwks_url, jwks_file) = match &configured.jwks {
        Some(Jwks::Url(url)) => (Some(url.clone()), None),
        Some(Jwks::File(file)) => (None, Some(file.clone())),
        None => (None, None),
    };
    let secret = configured.jwt_secret.as_ref().map(Secret::expose);
    let settings = IdentitySettings {
        jwt_secret: secret.or(demo.map(|demo| demo.jwt_secret.as_str())).map(str::to_owned),
        jwks_url,
        jwks_file,
        issuer: configured.issuer.clone(),
        audience: configured.audience.clone(),
    };
    let at_fault = match &configured.jwks {
        Some(Jwks::Url(_)) => "jwks-url",
        Some(Jwks::File(_)) => "jwks-file",
        None => "jwt-secret",
    };
    Identity::new(settings, clock).map_err(|error| ConfigError::new(at_fault, format_args!("is not usable: {error}")))
}

/// Starts the background tasks. They end when the result is dropped.
fn background(app: &App, engines: &Engines, senders: Senders) -> JoinSet<()> {
    let mut tasks = JoinSet::new();
    let live = app.clone();
    tasks.spawn(async move {
        if let Some(live) = &live.live {
            tokio::join!(live.tell_departures(), live.keep_together());
        }
    });
    let (keys, advised, swept, upkeep) = (app.clone(), app.clone(), app.clone(), engines.upkeep.clone());
    let tasked = app.clone();
    senders.spawn(app, &mut tasks);
    tasks.spawn(async move { keys.identity.keep_fresh().await });
    tasks.spawn(async move { load::advise(&advised).await });
    tasks.spawn(async move { upkeep::run_tasks(&tasked).await });
    tasks.spawn(async move { upkeep::sweep(&swept, upkeep.as_deref()).await });
    tasks
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_on_this_machine_has_two_names() {
        assert_eq!(own_origins("http://127.0.0.1:8080"), ["http://127.0.0.1:8080", "http://localhost:8080"]);
        assert_eq!(own_origins("https://chat.example.com/sub"), ["https://chat.example.com"]);
        assert_eq!(own_origins("http://127.0.0.10:80"), ["http://127.0.0.10:80"]);
        assert_eq!(
            origin("wss://x.execute-api.eu-west-1.amazonaws.com/live"),
            "wss://x.execute-api.eu-west-1.amazonaws.com"
        );
    }
}
