//! A deployment with its users and its faults, in virtual time and from one seed, checked by an independent model.
//!
//! `plan.rs` says what a history consists of, `world.rs` what is between a client and the store, `chaos.rs` what goes
//! wrong. `sender.rs` and the devices act; `model.rs` and `view.rs` check every answer; `quiescence.rs` checks the end.

mod actions;
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
mod sender;
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
    cell::{Cell, RefCell},
    collections::BTreeMap,
    panic::{AssertUnwindSafe, catch_unwind},
    pin::Pin,
    rc::Rc,
    time::Duration,
};
use world::World;

/// A history in which every promise was kept.
#[derive(Debug)]
pub struct Report {
    /// A hash of everything that happened.
    pub hash: String,
    pub lines: u64,
    /// How long it took in virtual time.
    pub virtual_ms: u64,
    /// How often each kind of event happened.
    pub tally: BTreeMap<&'static str, u64>,
}

/// Runs the history of `plan`. The error says which promise was broken, and what led to it.
pub fn run(plan: Plan) -> Result<Report, String> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
    let runtime = runtime.expect("a runtime");
    let kept: RefCell<Option<Rc<World>>> = RefCell::default();
    let (seed, about) = (plan.seed, format!("{plan:?}"));
    let took = Cell::new(Duration::ZERO);
    let lived = catch_unwind(AssertUnwindSafe(|| {
        runtime.block_on(async {
            let world = Rc::new(World::new(plan).await);
            *kept.borrow_mut() = Some(world.clone());
            let began = tokio::time::Instant::now();
            live(&world).await.inspect(|()| took.set(began.elapsed()))
        })
    }));
    let world = kept.take().expect("the world was made");
    let trace = world.trace.borrow();
    let failure = match lived {
        Ok(Ok(())) => {
            let mut tally = world.tally.borrow().clone();
            let model = world.model.borrow();
            tally.insert("messages", model.talks.values().map(|talk| talk.facts.len() as u64).sum());
            let virtual_ms = u64::try_from(took.get().as_millis()).unwrap_or(u64::MAX);
            return Ok(Report { hash: trace.hash(), lines: trace.lines(), virtual_ms, tally });
        }
        Ok(Err(failure)) => failure,
        Err(panic) => {
            let text = panic.downcast_ref::<String>().map(String::as_str);
            format!("panicked: {}", text.or(panic.downcast_ref::<&str>().copied()).unwrap_or("no message"))
        }
    };
    let last = trace.last();
    Err(format!("{about}\nthe last steps:\n{last}\n{failure}\n\nSIM_SEED={seed} reproduces this history exactly.\n"))
}

type Actor<'a> = Pin<Box<dyn Future<Output = Check<Option<Device<'a>>>> + 'a>>;

async fn live(world: &World) -> Check {
    let mut dice = Dice::new(world.plan.seed, "setup");
    for job in 1..=world.plan.jobs.len() as u64 {
        while !chaos::put_job(world, &mut dice, job, true).await? {}
    }
    let mut actors: FuturesUnordered<Actor<'_>> = FuturesUnordered::new();
    for device in (0..world.plan.devices.len()).filter_map(|number| Device::new(world, number)) {
        actors.push(Box::pin(async move { device.run().await.map(Some) }));
    }
    for user in 0..world.plan.users.len() {
        actors.push(Box::pin(async move { Sender::new(world, user).run().await.map(|()| None) }));
    }
    actors.push(Box::pin(async { chaos::host(world).await.map(|()| None) }));
    actors.push(Box::pin(async { host_lines::run(world).await.map(|()| None) }));
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
