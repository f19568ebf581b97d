//! Whether two users may write to each other: they share an open job.

use super::job_row::JobRow;
use crate::{
    base::{
        error::{Error, Result},
        id::UserId,
        rows,
    },
    context::Context,
    keys,
};
use jobline_store::{Consistency, Range, Row};
use jobline_wire::{Code, JobStatus};
use std::collections::BTreeSet;

/// The job under which `me` may write to `other` now: the wanted one, otherwise the job `last`, about which they wrote
/// last, otherwise any that is open and shared.
///
/// `wanted` is the stored row of the job that the sender named, if they named one. No read is made then; otherwise one, or
/// two more for a refusal.
///
/// # Errors
/// `not_job_participant`, `job_closed`, `unavailable`.
pub(crate) async fn check(
    cx: &Context,
    (me, other): (&UserId, &UserId),
    wanted: Option<Option<&Row>>,
    last: Option<u64>,
    consistency: Consistency,
) -> Result<JobRow> {
    if let Some(row) = wanted {
        let job: Option<JobRow> = row.map(rows::decode).transpose()?;
        return first_open(job.into_iter(), me, other);
    }
    let mut shared = shared_open(cx, me, other, consistency).await?;
    if shared.is_empty() {
        // Nothing will be sent. Whether there is a closed job in common only decides which error it is.
        let closed = jobs(cx, keys::closed_jobs(me)).await?;
        let refusal = first_open(closed.into_iter(), me, other);
        if !matches!(&refusal, Err(error) if error.code == Code::NotJobParticipant) {
            return refusal;
        }
        // A job that was opened between the two reads was in neither.
        shared = shared_open(cx, me, other, Consistency::Strong).await?;
        if shared.is_empty() {
            return refusal;
        }
    }
    let index = shared.iter().position(|job| Some(job.id) == last).unwrap_or(0);
    Ok(shared.swap_remove(index))
}

/// The users with whom `me` shares an open job.
///
/// # Errors
/// `unavailable`.
pub(crate) async fn sharing_open_jobs(cx: &Context, me: &UserId) -> Result<BTreeSet<UserId>> {
    let open = jobs(cx, keys::open_jobs(me, Consistency::Eventual)).await?;
    let open = open.iter().filter(|job| job.status == JobStatus::Open && job.includes(me));
    let people = open.flat_map(|job| &job.participants).filter_map(|id| UserId::new(id));
    Ok(people.filter(|user| user != me).collect())
}

async fn shared_open(cx: &Context, me: &UserId, other: &UserId, consistency: Consistency) -> Result<Vec<JobRow>> {
    let open = jobs(cx, keys::open_jobs(me, consistency)).await?;
    Ok(open.into_iter().filter(|job| job.includes(other)).collect())
}

async fn jobs(cx: &Context, copies: Range) -> Result<Vec<JobRow>> {
    let rows = cx.db.range_all(copies).await?;
    rows.iter().map(|(key, row)| cx.memos.jobs.decode(key, row)).collect()
}

/// The first of `jobs` that lets `me` write to `other`, or why none does.
fn first_open(jobs: impl Iterator<Item = JobRow>, me: &UserId, other: &UserId) -> Result<JobRow> {
    let mut closed = false;
    for job in jobs.filter(|job| job.includes(me) && job.includes(other)) {
        match job.status {
            JobStatus::Open => return Ok(job),
            JobStatus::Closed => closed = true,
        }
    }
    if closed {
        let detail = "The job is closed: its conversations can be read, but nothing more can be written in them.";
        return Err(Error::new(Code::JobClosed, detail));
    }
    let detail = "You share no open job with this user. The host has to add both of you to one before you can write.";
    Err(Error::new(Code::NotJobParticipant, detail))
}
