//! Crews: the group chat of a job, whose members are the job's participants.
//!
//! The job's row is authoritative; the crew's row follows it. Every operation on a crew reads both and, if they differ,
//! updates the crew first: so a job change that was answered before a call began applies to it, though `PUT /host/jobs`
//! itself touches no crew. A task does the same for crews that nobody uses.
//!
//! Joining and leaving is an event in the log. New members see the log from their own event on, members who left see it
//! up to theirs: positions in one log, nothing is copied.

use super::{
    crew_row::JobThen,
    parts,
    row::ConversationRow,
    update::{ConversationUpdate, put_membership},
};
use crate::{
    base::{
        attempts::Attempts,
        author::MEMBERS_EVER,
        clock::nanoid,
        error::{Error, Result},
        id::{ConversationId, JobId, MessageId, UserId},
        rows::{self, LAYOUT},
    },
    context::Context,
    host::{job_row::JobRow, permission},
    keys,
    log::{append, change::ChangeRow},
    messages::{
        kind::MessageKind,
        row::{MemberEvent, MessageRow},
    },
};
use futures_util::try_join;
use jobline_store::{CommitBuilder, Condition, Consistency, Outcome, Row};
use jobline_wire::{Code, CrewHistory, JobStatus, limits::CREW_MEMBERS};
use std::sync::Arc;

/// How many members join or leave in one commit, which has at most 100 operations.
const CHANGES_AT_ONCE: usize = 8;

/// The size in bytes from which a roster accepts no new member. An entry grows when its member leaves, to at most 1.2
/// KB; a row has at most 400 KB.
const ROSTER_BYTES: usize = 320 * 1024;

/// How often creating a crew is attempted.
const CREATE_ATTEMPTS: usize = 4;

/// A job and its crew.
pub(crate) struct Crew {
    pub job: Option<JobRow>,
    /// `None` where nobody has written in it.
    pub row: Option<ConversationRow>,
}

/// The crew of a job, brought up to date with the job. It waits for its turn at the crew's row, so an operation that
/// holds a turn must not call it.
///
/// # Errors
/// `unavailable`.
pub(crate) async fn current(cx: &Context, job: JobId) -> Result<Crew> {
    let id = ConversationId::crew(job);
    let mut attempts = Attempts::strong(&cx.db);
    loop {
        let crew = read(cx, job, &id).await?;
        let outcome = match &crew.row {
            Some(row) if row.job != Some(job_revision(job, crew.job.as_ref())) => {
                follow(cx, job, crew.job.as_ref(), row).await?
            }
            _ => return Ok(crew),
        };
        if let Outcome::Conflict(keys) = outcome {
            attempts.after_conflict(&keys).await?;
        }
    }
}

/// Which member `me` is or was, and the row of the crew without read marks.
///
/// # Errors
/// `not_found`, the same for a crew of others and for one that does not exist; `unavailable`.
pub(crate) async fn member(
    cx: &Context,
    id: &ConversationId,
    job: JobId,
    me: &UserId,
) -> Result<(usize, ConversationRow)> {
    let row = current(cx, job).await?.row.filter(ConversationRow::has_messages);
    row.and_then(|row| Some((row.member(id, me)?, row))).ok_or_else(|| Error::not_found("conversation"))
}

/// Which member `me` is in a crew that they may write in now; creates it if needed.
///
/// # Errors
/// `not_offered`, `not_found`, `not_job_participant`, `job_closed`, `unavailable`.
pub(crate) async fn writer(cx: &Context, id: &ConversationId, job: JobId, me: &UserId) -> Result<usize> {
    for _ in 0..CREATE_ATTEMPTS {
        let crew = current(cx, job).await?;
        let Some(job_row) = may_write(cx, &crew, id, me)? else { return Err(Error::not_found("conversation")) };
        if let Some(member) = crew.row.as_ref().and_then(|row| row.member(id, me)) {
            return Ok(member);
        }
        // A conflict means that another request created it, so the next read finds it.
        let _is_ours = create(cx, id, job_row).await?;
    }
    Err(Error::unavailable(format!("{} could not be created in {CREATE_ATTEMPTS} attempts", id.as_str())))
}

/// Creates a crew in which the host is about to write.
///
/// # Errors
/// `not_offered`, `unavailable`.
pub(crate) async fn open(cx: &Context, id: &ConversationId, job: JobId) -> Result<()> {
    if !cx.settings.crews {
        return Err(not_offered());
    }
    if let Crew { row: None, job: Some(job) } = current(cx, job).await?
        && job.fits_crew()
    {
        // A conflict means that another request created it.
        let _is_ours = create(cx, id, &job).await?;
    }
    Ok(())
}

/// The job under which `me` may write in a crew, if `me` belongs to it; an error if they do but may not write.
///
/// # Errors
/// `not_offered`, `not_job_participant`, `job_closed`.
pub(crate) fn may_write<'a>(
    cx: &Context,
    crew: &'a Crew,
    id: &ConversationId,
    me: &UserId,
) -> Result<Option<&'a JobRow>> {
    let row = crew.row.as_ref().filter(|row| row.has_messages());
    let member = row.and_then(|row| row.member(id, me));
    if !cx.settings.crews && (member.is_some() || crew.job.as_ref().is_some_and(|job| job.includes(me))) {
        return Err(not_offered());
    }
    match crew.job.as_ref().filter(|job| job.includes(me)) {
        // A former member of a job that has become too large.
        Some(_) if row.zip(member).is_some_and(|(row, member)| !row.is_in(member)) => {
            Err(permission::no_participant_any_more())
        }
        // Not created yet: a job that is too large has no crew.
        Some(job) if row.is_none() && !job.fits_crew() => Ok(None),
        // A new participant for whom there is no room.
        Some(_) if row.is_some() && member.is_none() => Ok(None),
        Some(job) if !job.fits_crew() => Err(too_many()),
        Some(job) if job.status == JobStatus::Open => Ok(Some(job)),
        Some(_) => Err(permission::closed()),
        None if member.is_some() => Err(permission::no_participant_any_more()),
        None => Ok(None),
    }
}

/// The job has become too large: its crew no longer follows it, and its members would write without the others.
fn too_many() -> Error {
    let detail = format!(
        "The job has more than {CREW_MEMBERS} participants now. What was written in its group chat can be read."
    );
    Error::new(Code::NotOffered, detail).at("conversationId")
}

/// Crews are off: existing ones can be read.
fn not_offered() -> Error {
    Error::new(Code::NotOffered, "Jobs have no group chats here: the operator has set --crews off.")
        .at("conversationId")
}

async fn read(cx: &Context, job: JobId, id: &ConversationId) -> Result<Crew> {
    let key = keys::job(job);
    let (mut found, stored) = try_join!(cx.db.get(&key, Consistency::Strong), parts::crew(cx, id))?;
    let decode = |found: Option<&Row>| found.map(|row| cx.memos.jobs.decode(&key, row)).transpose();
    let (mut decoded, row) = (decode(found.as_ref())?, stored.map(|stored| stored.row));
    if row.as_ref().is_some_and(|row| row.job != Some(job_revision(job, decoded.as_ref()))) {
        // The crew must not be updated from an older state of the job than before.
        found = cx.db.get(&key, Consistency::Strong).await?;
        decoded = decode(found.as_ref())?;
    }
    Ok(Crew { job: decoded, row })
}

/// What a crew's row records of `job` once it is up to date. A deleted job has no revision.
fn job_revision(id: JobId, job: Option<&JobRow>) -> (u64, u64) {
    (id.get(), job.map_or(0, |job| job.revision))
}

/// Creates a crew. No list shows it before the first message.
async fn create(cx: &Context, id: &ConversationId, job: &JobRow) -> Result<Outcome> {
    let (users, row) = (participants(job), empty_crew(job, cx.now()));
    let key = keys::job_conversation(JobId::parse(job.id)?, id);
    let stored = rows::encode(&parts::stripped(&row));
    let mut commit = cx.db.begin().put(keys::conversation(id), Condition::Absent, stored, None);
    commit = commit.put(key, Condition::Any, rows::encode(&LAYOUT), None);
    if let Some(roster) = parts::roster(&row) {
        commit = commit.put(keys::roster(id), Condition::Any, roster, None);
    }
    for user in &users {
        commit = put_membership(commit, user, id);
    }
    cx.db.commit(commit).await
}

/// The row of a crew without messages.
pub(crate) fn empty_crew(job: &JobRow, now: u64) -> ConversationRow {
    let shows_all = job.crew_history == CrewHistory::All;
    let row = ConversationRow::new_crew(&participants(job), shows_all, Some(JobThen::of(job)), now);
    ConversationRow { job: Some((job.id, job.revision)), ..row }
}

fn participants(job: &JobRow) -> Vec<UserId> {
    job.participants.iter().filter_map(|user| UserId::new(user)).collect()
}

/// Brings a crew one commit closer to its job.
async fn follow(cx: &Context, id: JobId, job: Option<&JobRow>, row: &ConversationRow) -> Result<Outcome> {
    let conversation = ConversationId::crew(id);
    let joining = newcomers(&conversation, job, row);
    let leaving = leavers(&conversation, row, job);
    let users = row.users(&conversation);
    let changing: Vec<UserId> =
        leaving.iter().filter_map(|member| users.get(*member)).chain(&joining).cloned().collect();
    let mut update = ConversationUpdate::load_crew(cx, &conversation, &changing).await?;
    if (update.row.log, &update.row.crew, update.row.job) != (row.log, &row.crew, row.job) {
        return Ok(Outcome::Conflict(vec![keys::conversation(&conversation)]));
    }
    let is_last = changing.len() <= CHANGES_AT_ONCE;
    let now = cx.now();
    if row.has_messages() && row.is_asleep() && !changing.is_empty() {
        // All heads and all joins and leaves do not fit into one commit, so waking it is a commit of its own.
        update.tell(&[], row.log, now)?;
        return update.commit(cx, cx.db.begin()).await;
    }
    let room = CHANGES_AT_ONCE.saturating_sub(leaving.len());
    let known = update.row.crew.as_ref().and_then(|crew| crew.roster.job.clone());
    if is_last || !row.has_messages() {
        update.row.job = Some(job_revision(id, job));
    }
    // Newcomers know the job as it is now, if they leave again before all of them are in. Nobody else is left to go then.
    let takes_in = room > 0 && !joining.is_empty();
    if is_last || !row.has_messages() || takes_in {
        set_job(&mut update.row, job);
    }
    if !row.has_messages() {
        return restart(cx, update, job, now).await;
    }
    if leaving.is_empty() && joining.is_empty() {
        let (change, members) = (ChangeRow::job(&update.row, now), update.row.all_in());
        return append::change(cx, &mut update, &change, &members, now).await;
    }
    let leaving = leaving.into_iter().take(CHANGES_AT_ONCE).collect();
    let joining = joining.into_iter().take(room).collect();
    exchange(cx, update, (leaving, known), joining, now).await
}

/// Records what the members know of the job.
fn set_job(row: &mut ConversationRow, job: Option<&JobRow>) {
    let Some(crew) = row.crew.as_mut() else { return };
    let roster = Arc::make_mut(&mut crew.roster);
    roster.job = job.map(JobThen::of);
    let shows_all = job.map(|job| job.crew_history == CrewHistory::All);
    roster.shows_all = shows_all.unwrap_or(roster.shows_all);
}

/// A crew without messages gets a new member list from the job: nobody has seen the old one.
async fn restart(cx: &Context, mut update: ConversationUpdate, job: Option<&JobRow>, now: u64) -> Result<Outcome> {
    let users = job.filter(|job| job.fits_crew()).map(participants).unwrap_or_default();
    let shows_all = update.row.crew.as_ref().is_some_and(|crew| crew.roster.shows_all);
    let fresh = ConversationRow::new_crew(&users, shows_all, job.map(JobThen::of), now);
    update.row.members = fresh.members;
    if let (Some(crew), Some(fresh)) = (&mut update.row.crew, fresh.crew) {
        crew.roster = fresh.roster;
    }
    let commit = users.iter().fold(cx.db.begin(), |commit, user| put_membership(commit, user, &update.id));
    update.commit(cx, commit).await
}

/// In a crew that is awake, removes members, who keep seeing the job as it was until now, and adds users, each with an
/// event that all members at that time see.
async fn exchange(
    cx: &Context,
    mut update: ConversationUpdate,
    (leaving, known): (Vec<usize>, Option<JobThen>),
    joining: Vec<UserId>,
    now: u64,
) -> Result<Outcome> {
    let before = update.row.log;
    let mut commit = cx.db.begin();
    for member in &leaving {
        commit = put_event(cx, commit, &mut update, (MemberEvent::Left, *member), now);
        update.row.leave(*member, known.clone());
        update.bump_heads(&[*member], before, now)?;
        update.set_awake_for(*member, false)?;
    }
    let mut joined = Vec::with_capacity(joining.len());
    for user in joining {
        let from = update.row.log;
        let member = update.join(&user, now);
        commit = put_event(cx, commit, &mut update, (MemberEvent::Joined, member), now);
        commit = put_membership(commit, &user, &update.id);
        update.row.read_all(member);
        joined.push((member, from));
    }
    for (member, from) in &joined {
        update.bump_heads(&[*member], *from, now)?;
        update.set_awake_for(*member, true)?;
    }
    update.tell(&[], before, now)?;
    update.commit(cx, commit).await
}

/// Adds the event that a member joined or left.
fn put_event(
    cx: &Context,
    commit: CommitBuilder,
    update: &mut ConversationUpdate,
    (event, member): (MemberEvent, usize),
    now: u64,
) -> CommitBuilder {
    let id = MessageId::make(update.row.next_at(now), &nanoid(&*cx.random));
    update.row.append_host_line(&id, true);
    let text = match event {
        MemberEvent::Joined => "A member joined.",
        MemberEvent::Left | MemberEvent::Unknown => "A member left.",
    };
    let row = MessageRow::of_host(&update.row, &id, MessageKind::Event, text.to_owned());
    let row = MessageRow { member_event: Some((event, member)), ..row };
    commit.put(keys::message(&update.id, &id), Condition::Any, rows::encode(&row), cx.retention.expires(row.at))
}

/// The participants of the job who are not members yet, as far as there is room.
fn newcomers(id: &ConversationId, job: Option<&JobRow>, row: &ConversationRow) -> Vec<UserId> {
    let Some(job) = job.filter(|job| job.fits_crew()) else { return Vec::new() };
    let is_out = |user: &UserId| !row.member(id, user).is_some_and(|member| row.is_in(member));
    let mut places = MEMBERS_EVER.saturating_sub(row.members.len());
    let has_place = |user: &UserId| {
        let returns = row.member(id, user).is_some();
        let has_place = returns || places > 0;
        places -= usize::from(has_place && !returns);
        has_place
    };
    let newcomers: Vec<UserId> = participants(job).into_iter().filter(is_out).filter(has_place).collect();
    let is_full = || parts::roster(row).is_some_and(|roster| roster.len() > ROSTER_BYTES);
    if newcomers.is_empty() || is_full() { Vec::new() } else { newcomers }
}

/// The members who are no longer participants of the job. A deleted job removes nobody: its crew can be read.
fn leavers(id: &ConversationId, row: &ConversationRow, job: Option<&JobRow>) -> Vec<usize> {
    let Some(job) = job else { return Vec::new() };
    let users = row.users(id);
    let is_out = |member: &usize| users.get(*member).is_some_and(|user| !job.includes(user));
    row.all_in().into_iter().filter(is_out).collect()
}
