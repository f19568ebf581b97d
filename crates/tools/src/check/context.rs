//! The state that steps share: the client, the keys, and the results of earlier steps.

use super::Target;
use super::client::Client;
use super::outcome::{StepError, StepResult};
use jobline_chat::{Clock, ConversationId, JOB_ID_MAX, Random, UserId};
use jobline_wire::Message;
use std::sync::Arc;

pub(super) struct Context {
    pub client: Client,
    pub host_key: String,
    pub jwt_secret: Option<String>,
    pub clock: Arc<dyn Clock>,
    /// The two users, in the order of their ids.
    pub users: [UserId; 2],
    pub conversation: ConversationId,
    pub job: u64,
    pub registered: bool,
    pub job_registered: bool,
    pub tokens: Option<[String; 2]>,
    /// The first message, sent by the first user.
    pub first: Option<Message>,
    /// The cursor of the second user after that message.
    pub cursor: Option<String>,
    /// The URL of the uploaded picture.
    pub picture_url: Option<String>,
    /// The message with the picture.
    pub picture: Option<Message>,
}

impl Context {
    pub(super) fn new(target: &Target, clock: Arc<dyn Clock>, random: &dyn Random) -> Result<Self, String> {
        let client = Client::new(&target.url, target.timeout)?;
        let Some(host_key) = target.host_key.clone() else {
            return Err("--host-key (JOBLINE_HOST_KEY) is missing: it registers the two users of the check".to_owned());
        };
        let run = format!("{:032x}", random.bits());
        let user = |side: &str| UserId::new(&format!("jobline-check-{}-{side}", &run[..16]));
        let (Some(a), Some(b)) = (user("a"), user("b")) else { return Err("user ids cannot be created".to_owned()) };
        let conversation = ConversationId::of(&a, &b).ok_or("user ids cannot be created")?;
        Ok(Self {
            client,
            host_key,
            jwt_secret: target.jwt_secret.clone(),
            clock,
            users: [a, b],
            conversation,
            job: high_job(random.bits()),
            registered: false,
            job_registered: false,
            tokens: None,
            first: None,
            cursor: None,
            picture_url: None,
            picture: None,
        })
    }

    /// The token of the first user.
    pub(super) fn a(&self) -> StepResult<&str> {
        self.tokens.as_ref().map(|tokens| tokens[0].as_str()).ok_or(StepError::Missing("user tokens"))
    }

    /// The token of the second user.
    pub(super) fn b(&self) -> StepResult<&str> {
        self.tokens.as_ref().map(|tokens| tokens[1].as_str()).ok_or(StepError::Missing("user tokens"))
    }

    pub(super) fn host(&self) -> Option<&str> {
        Some(&self.host_key)
    }

    /// The first message.
    pub(super) fn first(&self) -> StepResult<&Message> {
        self.first.as_ref().ok_or(StepError::Missing("a sent message"))
    }

    /// The path that lists the conversation; `more` is appended to the query.
    pub(super) fn list(&self, more: &str) -> String {
        format!("/messages/list?conversationId={}{more}", self.conversation.as_str())
    }
}

/// A job id in the upper half of the allowed range, which hosts that count from 1 do not reach.
fn high_job(bits: u128) -> u64 {
    let half = JOB_ID_MAX / 2;
    half + u64::try_from(bits % u128::from(half)).unwrap_or_default()
}

/// Escapes text for a query.
pub(super) fn query(text: &str) -> String {
    percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string()
}
