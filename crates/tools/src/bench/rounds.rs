//! Measurements that are compared run in turns, in short rounds, so that other work of the machine affects all of them.

use super::args::BenchArgs;
use super::dataset::Dataset;
use super::hello::Hello;
use super::histogram::Histogram;
use super::load::Figures;
use super::machine;
use super::server::Server;
use std::path::Path;
use std::time::Duration;

const ROUNDS: u32 = 10;

/// The figures of one number of connections.
pub(super) struct Measured {
    pub bare_get: Figures,
    pub get: Figures,
    pub idle: Figures,
    /// Idle polls by tRPC.
    pub trpc: Figures,
    /// Batches of idle polls by tRPC.
    pub batch: Figures,
    pub page: Figures,
    pub bare_post: Figures,
    pub post: Figures,
    pub send: Figures,
    /// `fdatasync` alone.
    pub sync: Histogram,
}

impl Measured {
    fn nothing() -> Self {
        let none = Figures::none;
        let [bare_get, get, idle, trpc, batch, page] = std::array::from_fn(|_| none());
        let [bare_post, post, send] = std::array::from_fn(|_| none());
        Self { bare_get, get, idle, trpc, batch, page, bare_post, post, send, sync: Histogram::new() }
    }
}

/// Measures everything with this many connections.
pub(super) async fn measure(
    server: &dyn Server,
    dataset: &Dataset,
    folder: &Path,
    connections: usize,
    args: &BenchArgs,
) -> Result<Measured, String> {
    let length = Duration::from_secs_f64(args.seconds) / ROUNDS;
    let hello = Hello::start(server).await?;
    let mut all = Measured::nothing();
    for round in 0..ROUNDS {
        let [[bare_get, bare_post], [get, post]] = hello.measure(connections, length).await?;
        let run = format!("{connections}-{round}");
        let [idle, trpc, batch, page, send] =
            dataset.measure(server.address(), connections, length, args.shared, &run).await?;
        all.bare_get.add(&bare_get);
        all.get.add(&get);
        all.idle.add(&idle);
        all.trpc.add(&trpc);
        all.batch.add(&batch);
        all.page.add(&page);
        all.bare_post.add(&bare_post);
        all.post.add(&post);
        all.send.add(&send);
        all.sync.merge(&sync_alone(folder, length).await?);
    }
    hello.stop().await?;
    Ok(all)
}

async fn sync_alone(folder: &Path, length: Duration) -> Result<Histogram, String> {
    let folder = folder.to_owned();
    let measured = tokio::task::spawn_blocking(move || machine::fdatasync(&folder, length)).await;
    measured.map_err(|error| error.to_string())?.map_err(|error| error.to_string())
}
