//! Compared measurements run in turns, in short rounds, so that other work of the machine affects all of them.

use super::Run;
use super::changes::Change;
use super::dataset::Polls;
use super::histogram::Histogram;
use super::load::{self, Figures, Pace};
use super::program::{HelloProgram, Program};
use super::{grouped_log, hello, machine};
use std::path::Path;
use std::time::Duration;

const ROUNDS: u32 = 10;
/// The shares of the highest rate at which the latency of sends is measured.
const SHARES: [f64; 5] = [0.1, 0.25, 0.5, 0.75, 0.9];

/// The figures of one number of connections.
pub(super) struct Measured {
    pub bare_get: Figures,
    pub get: Figures,
    /// GET on axum alone of as many bytes as an idle poll brings.
    pub bare_idle: Figures,
    pub polls: Polls,
    /// GET on axum alone of as many bytes as a poll of fifty messages brings.
    pub bare_page: Figures,
    pub bare_post: Figures,
    pub post: Figures,
    pub send: Figures,
    /// Sends into crews of fifty.
    pub crew: Figures,
    pub react: Figures,
    pub edit: Figures,
    /// Requests of files: three for each.
    pub upload: Figures,
    /// The founding document's mix.
    pub mix: Figures,
    /// Sends at these shares of the rate of `send`.
    pub paced: Vec<(f64, Figures)>,
    /// Appending to a bare log that is synced in groups.
    pub log: Figures,
    /// `fdatasync` alone.
    pub sync: Histogram,
}

impl Measured {
    fn nothing() -> Self {
        let none = Figures::none;
        Self {
            bare_get: none(),
            get: none(),
            bare_idle: none(),
            polls: Polls::none(),
            bare_page: none(),
            bare_post: none(),
            post: none(),
            send: none(),
            crew: none(),
            react: none(),
            edit: none(),
            upload: none(),
            mix: none(),
            paced: Vec::new(),
            log: none(),
            sync: Histogram::new(),
        }
    }
}

/// Measures everything with this many connections.
pub(super) async fn measure(
    server: &Program,
    hellos: &HelloProgram,
    run: &Run<'_>,
    connections: usize,
) -> Result<Measured, String> {
    let Run { dataset, folder, args, number, .. } = *run;
    let length = Duration::from_secs_f64(args.seconds) / ROUNDS;
    let [bare, in_serve_loop] = hellos.addresses;
    let [idle_bytes, page_bytes] = dataset.answer_bytes(server.address).await?;
    let mut all = Measured::nothing();
    for round in 0..ROUNDS {
        let run = format!("{number}-{connections}-{round}");
        let senders = |what: &str| dataset.senders(connections, args.shared, &format!("{run}-{what}"));
        let [bare_get, bare_post] = hello::measure(bare, connections, length).await?;
        let [get, post] = hello::measure(in_serve_loop, connections, length).await?;
        all.bare_get.add(&bare_get);
        all.bare_post.add(&bare_post);
        all.get.add(&get);
        all.post.add(&post);
        all.bare_idle.add(&hello::measure_page(bare, connections, length, idle_bytes).await?);
        all.bare_page.add(&hello::measure_page(bare, connections, length, page_bytes).await?);
        all.polls.add(&dataset.poll(server.address, connections, length).await?);
        all.send.add(&load::run(server.address, senders("send"), length, Pace::AsFast).await?);
        all.crew.add(&load::run(server.address, dataset.crew_senders(connections, &run), length, Pace::AsFast).await?);
        for (change, figures) in [(Change::React, &mut all.react), (Change::Edit, &mut all.edit)] {
            figures.add(&dataset.changers.measure(server.address, change, connections, length).await?);
        }
        all.upload.add(&load::run(server.address, dataset.uploaders(connections), length, Pace::AsFast).await?);
        all.mix.add(&load::run(server.address, dataset.mixed(connections), length, Pace::AsFast).await?);
        let (log, sync) = on_the_disk(folder, connections, length).await?;
        all.log.add(&log);
        all.sync.merge(&sync);
    }
    for share in SHARES {
        let pace = Pace::Rate((all.send.per_second() * share).max(1.0));
        let senders = dataset.senders(connections, args.shared, &format!("{number}-{connections}-paced-{share}"));
        all.paced.push((share, load::run(server.address, senders, length * ROUNDS, pace).await?));
    }
    Ok(all)
}

async fn on_the_disk(folder: &Path, writers: usize, length: Duration) -> Result<(Figures, Histogram), String> {
    let folder = folder.to_owned();
    let measured = tokio::task::spawn_blocking(move || {
        Ok::<_, std::io::Error>((grouped_log::measure(&folder, writers, length)?, machine::fdatasync(&folder, length)?))
    });
    measured.await.map_err(|error| error.to_string())?.map_err(|error| error.to_string())
}
