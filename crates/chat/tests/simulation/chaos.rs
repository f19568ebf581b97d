//! Disturbances: faults come and go, clocks jump, expired rows are deleted, the host opens and closes jobs.

use super::{
    dice::Dice,
    model::Check,
    world::{Response, World},
};
use jobline_chat::{JobId, UserId};
use jobline_store::{Commit, Condition, Store, Token, testing::FaultRates};
use jobline_wire::{HostJobInput, HostUserInput, JobStatus};
use std::time::Duration;

/// Disturbs the deployment until `over` says that all actors are done.
pub async fn disturb(world: &World, over: impl Fn() -> bool) -> Check {
    let mut dice = Dice::new(world.plan.seed, "weather");
    while !over() {
        for server in &world.servers {
            server.faulty.set_rates(rates(&mut dice));
            let skew = i64::try_from(world.plan.skew_ms).unwrap_or(0);
            let skewed = dice.up_to(2 * world.plan.skew_ms);
            server.clock.set_skew(i64::try_from(skewed).unwrap_or(0) - skew);
        }
        if world.plan.retention_ms().is_some() {
            sweep(world, &mut dice).await;
        }
        let wait = dice.up_to(4 * world.plan.pause_ms);
        tokio::time::sleep(Duration::from_millis(wait)).await;
    }
    Ok(())
}

/// Mostly no faults, sometimes all of them, and occasionally one of them nearly every time.
fn rates(dice: &mut Dice) -> FaultRates {
    match dice.up_to(9) {
        0..=2 => FaultRates::default(),
        3..=6 => FaultRates::all(),
        7 => FaultRates { unknown_done: 0.8, ..FaultRates::all() },
        8 => FaultRates { unknown_late: 0.5, unknown_lost: 0.3, ..FaultRates::default() },
        _ => FaultRates { unavailable: 0.4, conflict: 0.3, ..FaultRates::default() },
    }
}

/// Deletes some of the expired rows, as an engine does at any time.
async fn sweep(world: &World, dice: &mut Dice) {
    let mut after = None;
    loop {
        let page = world.rows.scan(after.as_ref(), 100).await.expect("an engine that is well");
        for (key, row) in page.rows {
            let expired = row.expires.is_some_and(|seconds| seconds * 1_000 + world.plan.skew_ms < world.now_ms());
            if expired && dice.chance(0.5) {
                let token = Token(u128::from(dice.up_to(u64::MAX)) << 64 | u128::from(dice.up_to(u64::MAX)));
                let drop = Commit::builder(token).delete(key, Condition::Version(row.version));
                let swept = world.gate.commit(&drop.build().expect("one operation")).await;
                world.note("engine", "drops an expired row", &swept);
                world.count("row swept");
            }
        }
        after = page.next;
        if after.is_none() {
            return;
        }
    }
}

/// The host opens and closes jobs.
pub async fn host(world: &World) -> Check {
    let mut dice = Dice::new(world.plan.seed, "host");
    for _ in 0..world.plan.host_steps {
        world.pause(&mut dice).await;
        world.pause(&mut dice).await;
        if dice.chance(0.3) {
            put_user(world, &mut dice).await?;
        }
        let job = dice.between(1, world.plan.jobs.len() as u64);
        let mut open = dice.chance(0.6);
        // Repeats the call until it is answered or abandoned.
        while !put_job(world, &mut dice, job, open).await? {
            tokio::time::sleep(Duration::from_millis(dice.up_to(200))).await;
            if dice.chance(0.3) {
                open = !open;
            }
        }
    }
    Ok(())
}

/// Gives a user another name, or the same again, or deletes them.
async fn put_user(world: &World, dice: &mut Dice) -> Check {
    let name = dice.pick(&world.plan.users).clone();
    let user = UserId::new(&name).expect("a user id");
    let chat = world.server(dice);
    if dice.chance(0.15) {
        let response = world.hear(dice, "host", format_args!("deletes {name}"), chat.delete_user(&user)).await;
        return response.answer("deleting a user").map(drop);
    }
    let input = HostUserInput { name: format!("{name} {}", dice.up_to(3)), ..HostUserInput::default() };
    let what = format!("{name} is {:?}", input.name);
    let response = world.hear(dice, "host", &what, chat.put_user(&user, input)).await;
    world.count("renamed");
    response.answer("putting a user").map(drop)
}

/// Puts a job; returns whether the call was answered.
pub async fn put_job(world: &World, dice: &mut Dice, job: u64, open: bool) -> Check<bool> {
    let users = &world.plan.jobs[usize::try_from(job).unwrap_or(1) - 1];
    let input = HostJobInput {
        title: format!("Job {job}"),
        participants: users.iter().map(|user| world.plan.users[*user].clone()).collect(),
        status: if open { JobStatus::Open } else { JobStatus::Closed },
        crew_history: None,
    };
    let begun = world.tick();
    world.model.borrow_mut().jobs.begin(job, open, begun);
    let id = JobId::parse(job).expect("a small number");
    let chat = world.server(dice);
    let response = world.hear(dice, "host", format_args!("job {job} open={open}"), chat.put_job(id, input)).await;
    let answered = matches!(response, Response::Answer(_));
    let ended = world.tick();
    world.model.borrow_mut().jobs.end(job, answered, ended);
    response.answer("putting a job").map(|_| answered)
}
