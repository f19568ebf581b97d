//! Push notifications about messages that a member did not read: to every browser of theirs.

use super::{
    lease::{self, Leased},
    notice,
    port::{Delivery, Push, PushNotice, Pushed},
    silence::Silence,
};
use crate::{
    base::{error::Result, id::UserId},
    context::Context,
    presence::preferences,
    user::pushes::{self, Browser},
};
use futures_util::future::join_all;

/// The shortest time until an active user is checked again.
const SHORTEST_CHECK_MS: u64 = 1_000;

/// What is to be done with a notice after an attempt.
pub(super) enum Attempt {
    /// It was delivered to so many browsers, and is finished.
    Done(usize),
    /// It is checked again at an instant: the user is active now, or a push service failed.
    Again(u64),
    /// The lease was lost.
    Lost,
}

/// Notifies the browsers of `member` that do not have the notification yet: `count` messages are unread.
pub(super) async fn push(
    cx: &Context,
    leased: &mut Leased,
    (member, silence): (usize, &Silence),
    count: u64,
    port: &dyn Push,
) -> Result<Attempt> {
    let users = leased.conversation.users(&leased.id);
    let Some(user) = users.get(member).cloned() else { return Ok(Attempt::Done(0)) };
    let browsers = browsers(cx, leased, member, &user).await?;
    if browsers.is_empty() {
        return Ok(Attempt::Done(0));
    }
    let preferences = preferences::stored(cx, &user).await?;
    if !preferences.push {
        return Ok(Attempt::Done(0));
    }
    if port.is_active(&user) {
        return Ok(Attempt::Again(next_check(cx, leased.row.notices[member].begun())));
    }
    if !lease::has_time(cx, leased).await? {
        return Ok(Attempt::Lost);
    }
    let contents = notice::contents(cx, leased, member, silence).await?;
    let language = notice::language(cx, &user, preferences).await?;
    let line = contents.lines.last().filter(|_| port.takes_content()).cloned();
    let conversation = leased.id.clone();
    let notice =
        PushNotice { user, conversation, sender: contents.sender, job: contents.job, unread: count, line, language };
    let answers = join_all(browsers.iter().map(|browser| port.send(&browser.subscription, &notice))).await;
    settle(cx, leased, member, browsers.into_iter().zip(answers).collect()).await
}

/// The browsers of `member` to notify: all of them, or after a failure those for which it failed.
async fn browsers(cx: &Context, leased: &Leased, member: usize, user: &UserId) -> Result<Vec<Browser>> {
    let mut browsers = pushes::list(cx, user).await?;
    let left = &leased.row.notices[member].left;
    browsers.retain(|browser| left.is_empty() || left.contains(&browser.key.sort));
    Ok(browsers)
}

/// While the user is active, each wait is as long as all before it. So the checks cost little however long the user
/// stays, and a user who leaves without reading is still notified.
fn next_check(cx: &Context, due: u64) -> u64 {
    let age = cx.now().saturating_sub(due) + cx.settings.push_after_ms;
    cx.now() + age.max(SHORTEST_CHECK_MS)
}

/// Forgets subscriptions that have ended, and records which browsers failed. A browser whose service fails delays nobody else.
async fn settle(cx: &Context, leased: &mut Leased, member: usize, answers: Vec<(Browser, Pushed)>) -> Result<Attempt> {
    let (mut delivered, mut left, mut asked) = (0, Vec::new(), None);
    for (browser, answer) in answers {
        match answer {
            Pushed::Gone => pushes::forget(cx, browser).await?,
            Pushed::Tried(Delivery::Delivered) => delivered += 1,
            Pushed::Tried(Delivery::Refused { why }) => {
                cx.push.failed(&why);
                cx.push.gave_up();
            }
            Pushed::Tried(Delivery::Failed { why, retry_after_ms }) => {
                cx.push.failed(&why);
                asked = asked.max(retry_after_ms);
                left.push(browser.key.sort);
            }
        }
    }
    if left.is_empty() {
        return Ok(Attempt::Done(delivered));
    }
    let notice = &mut leased.row.notices[member];
    let again = cx.now() + lease::pause(notice.failures, asked);
    notice.failures += 1;
    notice.left = left;
    Ok(Attempt::Again(again))
}
