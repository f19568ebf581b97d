//! Whether two users may write to each other: they share an open job.

use super::job_row::JobRow;
use crate::{
    base::{
        error::{Error, Result},
        id::{JobId, UserId},
    },
    context::Context,
    keys,
};
use jobline_store::{CommitBuilder, Condition, Consistency, Key, Page, Range, Row};
use jobline_wire::{Code, JobStatus};
use std::{collections::BTreeSet, sync::Arc};

/// What permits a message.
pub(crate) struct Permit {
    pub job: Arc<JobRow>,
    /// The sender's copy of the job.
    key: Key,
    /// The condition that the copy is unchanged.
    as_read: Condition,
}

impl Permit {
    /// Makes `commit` fail when the job has changed since it was read.
    pub fn check(&self, commit: CommitBuilder) -> CommitBuilder {
        commit.check(self.key.clone(), self.as_read)
    }
}

/// The job under which `me` may write to `other` now: the `wanted` one, otherwise the job `last`, about which they wrote
/// last, otherwise any that is open and shared.
///
/// Only copies of `me` and `other` are read, so that a job of others looks like one that does not exist, in time, too.
/// One read where `last` is open, or there is none; else one more. A refusal takes them twice, with one of the closed jobs
/// between. With more open jobs than a page holds, as many as the one of the two with fewer jobs has pages.
///
/// # Errors
/// `not_job_participant`, `job_closed`, `unavailable`.
pub(crate) async fn check(
    cx: &Context,
    (me, other): (&UserId, &UserId),
    wanted: Option<JobId>,
    last: Option<u64>,
    consistency: Consistency,
) -> Result<Permit> {
    if let Some(id) = wanted {
        return check_job(cx, (me, other), id, consistency).await;
    }
    let last = last.and_then(|id| JobId::parse(id).ok());
    if let Some(permit) = find_open(cx, (me, other), last, consistency).await? {
        return Ok(permit);
    }
    // Nothing will be sent. Whether there is a closed job in common only decides which error it is.
    if Search::new((me, other), keys::closed_jobs).next(cx).await?.is_some() {
        return Err(closed());
    }
    // A job that was opened between the two reads was in neither.
    find_open(cx, (me, other), last, Consistency::Strong).await?.ok_or_else(no_participant)
}

/// The job of a crew, in which `me` may write now.
///
/// # Errors
/// `not_job_participant`, `job_closed`, `unavailable`.
pub(crate) async fn check_crew(cx: &Context, me: &UserId, job: JobId) -> Result<Permit> {
    let key = keys::job(job);
    let found = cx.db.get(&key, Consistency::Strong).await?;
    let permit = permit(cx, &key, found.as_ref(), me)?.ok_or_else(no_participant_any_more)?;
    if permit.job.status == JobStatus::Open { Ok(permit) } else { Err(closed()) }
}

async fn check_job(
    cx: &Context,
    (me, other): (&UserId, &UserId),
    id: JobId,
    consistency: Consistency,
) -> Result<Permit> {
    let open = keys::open_job(me, id);
    let found = cx.db.get(&open, consistency).await?;
    if let Some(permit) = permit(cx, &open, found.as_ref(), other)? {
        return Ok(permit);
    }
    // Both at once: a job that is opened or closed between two reads would be in neither.
    let copies = [open, keys::closed_job(me, id)];
    let found = cx.db.get_many(&copies, Consistency::Strong).await?;
    if let Some(permit) = permit(cx, &copies[0], found[0].as_ref(), other)? {
        return Ok(permit);
    }
    let was_shared = permit(cx, &copies[1], found[1].as_ref(), other)?.is_some();
    Err(if was_shared { closed() } else { no_participant() })
}

/// The open job that the two share: `last` if it is one.
async fn find_open(
    cx: &Context,
    (me, other): (&UserId, &UserId),
    last: Option<JobId>,
    consistency: Consistency,
) -> Result<Option<Permit>> {
    if let Some(last) = last {
        let key = keys::open_job(me, last);
        let found = cx.db.get(&key, consistency).await?;
        if let Some(permit) = permit(cx, &key, found.as_ref(), other)? {
            return Ok(Some(permit));
        }
    }
    let page = cx.db.page(&keys::open_jobs(me, consistency)).await?;
    let first = shared(cx, &page, other)?.into_iter().next();
    if first.is_some() || page.next.is_none() {
        return Ok(first);
    }
    let mut search = Search::new((me, other), |user| keys::open_jobs(user, consistency));
    while let Some(found) = search.next(cx).await? {
        // My copy decides. The one that was found may be closed by now, and another one be open.
        for job in found {
            let Ok(id) = JobId::parse(job.id) else { continue };
            let key = keys::open_job(me, id);
            let found = cx.db.get(&key, consistency).await?;
            if let Some(permit) = permit(cx, &key, found.as_ref(), other)? {
                return Ok(Some(permit));
            }
        }
    }
    Ok(None)
}

/// A search for jobs that two users share, in the copies of both, page after page. It ends when one of the two lists
/// ends.
struct Search<'a> {
    ranges: [(Range, &'a UserId); 2],
    turn: usize,
    over: bool,
}

impl<'a> Search<'a> {
    fn new((me, other): (&'a UserId, &'a UserId), copies: impl Fn(&UserId) -> Range) -> Self {
        Self { ranges: [(copies(me), other), (copies(other), me)], turn: 0, over: false }
    }

    /// The next ones, at least one; `None` when there are no more.
    async fn next(&mut self, cx: &Context) -> Result<Option<Vec<Arc<JobRow>>>> {
        while !self.over {
            let (range, shared_with) = &mut self.ranges[self.turn];
            self.turn = 1 - self.turn;
            let page = cx.db.page(range).await?;
            let found = shared(cx, &page, shared_with)?;
            match page.next {
                Some(next) => *range = range.after(&next),
                None => self.over = true,
            }
            if !found.is_empty() {
                return Ok(Some(found.into_iter().map(|permit| permit.job).collect()));
            }
        }
        Ok(None)
    }
}

/// The copies in `page` of jobs that include `other`.
fn shared(cx: &Context, page: &Page, other: &UserId) -> Result<Vec<Permit>> {
    let permits = page.rows.iter().map(|(key, row)| permit(cx, key, Some(row), other));
    permits.filter_map(Result::transpose).collect()
}

fn permit(cx: &Context, key: &Key, row: Option<&Row>, other: &UserId) -> Result<Option<Permit>> {
    let Some(row) = row else { return Ok(None) };
    let job = cx.memos.jobs.shared(key, row)?;
    let as_read = Condition::Version(row.version);
    Ok(job.includes(other).then(|| Permit { job, key: key.clone(), as_read }))
}

/// The users with whom `me` shares an open job.
///
/// # Errors
/// `unavailable`.
pub(crate) async fn sharing_open_jobs(cx: &Context, me: &UserId, consistency: Consistency) -> Result<BTreeSet<UserId>> {
    let open = jobs(cx, keys::open_jobs(me, consistency)).await?;
    let open = open.iter().filter(|job| job.status == JobStatus::Open && job.includes(me));
    let people = open.flat_map(|job| &job.participants).filter_map(|id| UserId::new(id));
    Ok(people.filter(|user| user != me).collect())
}

async fn jobs(cx: &Context, copies: Range) -> Result<Vec<JobRow>> {
    let rows = cx.db.range_all(copies).await?;
    rows.iter().map(|(key, row)| cx.memos.jobs.decode(key, row)).collect()
}

pub(crate) fn closed() -> Error {
    let detail = "The job is closed: its conversations can be read, but nothing more can be written in them.";
    Error::new(Code::JobClosed, detail)
}

pub(crate) fn no_participant_any_more() -> Error {
    Error::new(Code::NotJobParticipant, "You do not take part in this job any more. The host has to add you again.")
}

fn no_participant() -> Error {
    let detail = "You share no open job with this user. The host has to add both of you to one before you can write.";
    Error::new(Code::NotJobParticipant, detail)
}
