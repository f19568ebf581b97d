//! How live connections reconnect after a restart of the server.

use super::client::{LiveClient, Watcher};
use crate::bench::Run;
use crate::bench::load::{self, Caller, Figures, Pace};
use crate::bench::program::Program;
use std::net::SocketAddr;
use std::time::{Duration, Instant};
use tokio::sync::watch;
use tokio::task::JoinSet;

/// The longest that reconnecting may take.
const BACK_WITHIN: Duration = Duration::from_secs(90);
/// Polls a second while connections reconnect.
const POLLS: f64 = 200.0;

/// How connections reconnect.
pub(super) struct Back {
    /// From when the new server listens until the last connection is live.
    pub all_live: Duration,
    /// Polls of others meanwhile.
    pub polls: Figures,
}

/// Restarts `server` and returns the new one. Lets `clients` reconnect when their server told them to, while `pollers` poll.
pub(super) async fn come_back(
    server: Program,
    run: &Run<'_>,
    clients: Vec<LiveClient>,
    watchers: &[Watcher],
    pollers: Vec<Box<dyn Caller>>,
) -> Result<(Back, Program), String> {
    let (started, address) = watch::channel(None);
    let mut returning = JoinSet::new();
    for (client, watcher) in clients.into_iter().zip(watchers.iter().cloned()) {
        returning.spawn(come_back_once(client, watcher, address.clone()));
    }
    server.stop().await?;
    let server = Program::start(run.program, run.folder).await?;
    let listening = Instant::now();
    // An error means that no client is left.
    let _ = started.send(Some(server.address));
    let all = async {
        let mut live = Vec::with_capacity(watchers.len());
        while let Some(client) = returning.join_next().await {
            live.push(client.map_err(|error| error.to_string())??);
        }
        Ok::<_, String>(listening.elapsed())
    };
    let length = Duration::from_millis(watchers.len() as u64 * 2).max(Duration::from_secs(1));
    let all = tokio::time::timeout(BACK_WITHIN, all);
    let (all_live, polls) = tokio::join!(all, load::run(server.address, pollers, length, Pace::Rate(POLLS)));
    let all_live = all_live.map_err(|_| "not all connections were live again within 90 s".to_owned())??;
    Ok((Back { all_live, polls: polls? }, server))
}

async fn come_back_once(
    client: LiveClient,
    watcher: Watcher,
    mut address: watch::Receiver<Option<SocketAddr>>,
) -> Result<LiveClient, String> {
    let after = client.goodbye().await.ok_or("the server stopped without a goodbye")?;
    let due = Instant::now() + after;
    let listening = address.wait_for(Option::is_some).await.map_err(|error| error.to_string())?.to_owned();
    let listening = listening.ok_or("the server did not start")?;
    tokio::time::sleep_until(due.into()).await;
    LiveClient::start(listening, &watcher).await
}
