//! A deployment with its users and its faults, in virtual time and from one seed, checked by an independent model.
//!
//! `plan.rs` defines what a history consists of, `world.rs` what is between a client and the store, `chaos.rs` what goes
//! wrong. `sender.rs` and the devices act; `model.rs` and `view.rs` check every answer; `quiescence.rs` checks the end.

mod actions;
mod blocks;
pub mod calls;
mod changes;
mod chaos;
pub mod crew_calls;
pub mod crews;
mod device;
mod dice;
mod host_lines;
mod jobs;
mod list_device;
mod model;
pub mod mutant;
mod overview_device;
pub mod plan;
mod quiescence;
mod reads;
pub mod restores;
mod sender;
mod switch;
mod sync_device;
mod trace;
mod view;
mod world;

use device::Device;
use dice::Dice;
use futures_util::{StreamExt, stream::FuturesUnordered};
use model::Check;
use plan::Plan;
use sender::Sender;
use std::{
    cell::Cell,
    collections::BTreeMap,
    convert::Infallible,
    panic::{AssertUnwindSafe, catch_unwind},
    pin::Pin,
};
use trace::Trace;
use world::World;

/// A history in which every promise was kept.
#[derive(Debug, Default)]
pub struct Report {
    /// A hash of everything that happened, if the plan has tracing on.
    pub hash: String,
    pub lines: u64,
    /// How long it took in virtual time.
    pub virtual_ms: u64,
    /// How often each kind of event happened.
    pub tally: BTreeMap<&'static str, u64>,
}

/// A kind of histories: the plan of a seed, and the run of a plan.
#[derive(Clone, Copy)]
pub struct History {
    /// The name of the kind in errors.
    pub name: &'static str,
    pub plan: fn(u64) -> Plan,
    pub run: fn(Plan) -> Result<Report, String>,
}

pub const EVERYTHING: History = History { name: "everything", plan: Plan::of, run };
pub const CALLS: History = History { name: "calls", plan: calls::plan, run: calls::run };
pub const CREW: History = History { name: "a crew", plan: crews::plan, run: crews::run };
pub const CREW_CALLS: History = History { name: "a crew's calls", plan: crew_calls::plan, run: crew_calls::run };
pub const RESTORE: History = History { name: "a restored store", plan: restores::plan, run: restores::run };
/// All kinds of histories: each seed has one of each.
pub const ALL: [History; 5] = [EVERYTHING, CALLS, CREW, CREW_CALLS, RESTORE];

/// Runs the history of `plan`. The error names the broken promise, with the trace before it.
///
/// # Errors
/// The broken promise.
pub fn run(plan: Plan) -> Result<Report, String> {
    history("everything", plan, live)
}

/// Runs a history in which `live` is what happens. If it fails it is run again with tracing.
fn history(name: &str, plan: Plan, live: impl AsyncFn(&World) -> Check) -> Result<Report, String> {
    let (seed, about) = (plan.seed, format!("{plan:?}"));
    let (lived, trace) = once(&plan, &live);
    let Err(failure) = lived else { return lived };
    let (again, written) = if plan.traced { (Err(failure.clone()), trace) } else { once(&plan.written_down(), &live) };
    let last = match again {
        Err(again) if again == failure => written.last(),
        // A seed has to give one history: some code reads the real time, or depends on the order of a map.
        other => format!("another run of the same seed ended differently: {other:?}\n"),
    };
    let last = format!("{about}\nthe last steps:\n{last}");
    Err(format!("{last}\n{failure}\n\nSIM_SEED={seed} reproduces this history of {name} exactly.\n"))
}

/// One run: its outcome and its trace.
fn once(plan: &Plan, live: impl AsyncFn(&World) -> Check) -> (Result<Report, String>, Trace) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
    let runtime = runtime.expect("a runtime");
    let world = runtime.block_on(World::new(plan.clone()));
    let began = world.now_ms();
    let lived = catch_unwind(AssertUnwindSafe(|| runtime.block_on(async { Box::pin(live(&world)).await })));
    let lived = lived.unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<String>().map(String::as_str);
        Err(format!("panicked: {}", text.or(panic.downcast_ref::<&str>().copied()).unwrap_or("no message")))
    });
    let virtual_ms = runtime.block_on(async { world.now_ms() }) - began;
    let trace = world.trace.take();
    let mut tally = world.tally.take();
    let facts = world.model.borrow().talks.values().map(|talk| talk.facts.len() as u64).sum();
    tally.insert("messages", facts);
    (lived.map(|()| Report { hash: trace.hash(), lines: trace.lines(), virtual_ms, tally }), trace)
}

/// An actor of a history.
type Actor<'a, T = ()> = Pin<Box<dyn Future<Output = Check<T>> + 'a>>;

/// Lets all of `actors` act until each is done, while `beside` runs.
///
/// The actor that was woken first acts next, and no other is polled, so the same seed gives the same order.
async fn together<'a>(actors: Vec<Actor<'a>>, beside: impl Future<Output = Check<Infallible>> + 'a) -> Check {
    let count = actors.len();
    let all: FuturesUnordered<Actor<'a>> = actors.into_iter().collect();
    all.push(Box::pin(async { match beside.await? {} }));
    // `beside` ends only if it fails.
    let mut done = all.take(count);
    while let Some(one) = done.next().await {
        one?;
    }
    Ok(())
}

async fn live(world: &World) -> Check {
    let mut dice = Dice::new(world.plan.seed, "setup");
    for job in 1..=world.plan.jobs.len() as u64 {
        while !chaos::put_job(world, &mut dice, job, true).await? {}
    }
    let mut actors: FuturesUnordered<Actor<'_, Option<Device<'_>>>> = FuturesUnordered::new();
    for device in (0..world.plan.devices.len()).filter_map(|number| Device::new(world, number)) {
        actors.push(Box::pin(async move { device.run().await.map(Some) }));
    }
    for user in 0..world.plan.users.len() {
        actors.push(Box::pin(async move { Sender::new(world, user).run().await.map(|()| None) }));
    }
    actors.push(Box::pin(async { chaos::host(world).await.map(|()| None) }));
    actors.push(Box::pin(async { host_lines::run(world).await.map(|()| None) }));
    actors.push(Box::pin(async { blocks::run(world).await.map(|()| None) }));
    let over = Cell::new(false);
    let acting = async {
        let mut devices = Vec::new();
        while let Some(done) = actors.next().await {
            devices.extend(done?);
        }
        over.set(true);
        Ok(devices)
    };
    let (mut devices, ()) = futures_util::try_join!(acting, chaos::disturb(world, || over.get()))?;
    quiescence::check(world, &mut devices).await
}
