//! The people whose live connections are measured.

use super::args::BenchArgs;
use super::fill::{Pair, end_of_sync, fill};
use super::live::{BESIDE, TALKS, Talk, Watcher};
use super::server::Server;
use futures_util::{StreamExt, TryStreamExt, stream};
use jobline_chat::UserId;

/// Their jobs come after those of other pairs.
const FIRST: usize = 500_000_000;
/// People whose cursors are taken at the same time.
const AT_ONCE: usize = 64;

/// Empty unless live connections are measured.
#[derive(Default)]
pub(super) struct Audience {
    /// Pairs in which one sends and the other sees it.
    pub talks: Vec<Talk>,
    /// Users who are connected while others write.
    pub watchers: Vec<Watcher>,
}

impl Audience {
    /// Creates as many as `args` says.
    pub(super) async fn fill(server: &dyn Server, args: &BenchArgs) -> Result<Self, String> {
        if args.live_connections == 0 && args.soak == 0 {
            return Ok(Self::default());
        }
        let pairs = TALKS + args.live_connections.max(BESIDE).div_ceil(2);
        let pairs = (FIRST..FIRST + pairs).map(Pair::new).collect::<Result<Vec<_>, _>>()?;
        fill(server.chat(), &pairs, 1).await?;
        let (talking, watching) = pairs.split_at(TALKS);
        let talks = stream::iter(talking).map(async |pair| {
            let (token, receiver) = (server.token(&pair.a)?, pair.b.to_string());
            Ok::<_, String>(Talk { token, receiver, watcher: watcher(server, &pair.b).await? })
        });
        let watchers = stream::iter(watching.iter().flat_map(|pair| [&pair.a, &pair.b]));
        let watchers = watchers.map(|user| watcher(server, user));
        Ok(Self {
            talks: talks.buffered(AT_ONCE).try_collect().await?,
            watchers: watchers.buffered(AT_ONCE).try_collect().await?,
        })
    }
}

async fn watcher(server: &dyn Server, user: &UserId) -> Result<Watcher, String> {
    Ok(Watcher { token: server.token(user)?, since: end_of_sync(server.chat(), user).await? })
}
