//! The input of `send`, checked as far as that needs no row.

use super::idempotency::Repetition;
use crate::{
    base::{
        error::{Error, Result},
        id::{ConversationId, JobId, MessageId, UserId},
        rows, text,
    },
    context::Context,
    conversation::{access, crew},
    files::{proof, row::Voice},
    keys,
};
use jobline_calls::CallRow;
use jobline_store::Key;
use jobline_wire::{
    CallMedia, Code, MessageType, SendMessage,
    limits::{VOICE_MS, WAVEFORM_CHARS},
};

/// A send whose form is right.
pub(crate) struct SendRequest {
    pub me: UserId,
    pub conversation: ConversationId,
    /// Which member of the conversation sends.
    pub sender: usize,
    /// The conversation was named by its id, so it has to exist.
    pub must_exist: bool,
    pub text: String,
    pub kind: Option<MessageType>,
    /// The file's id.
    pub file: Option<String>,
    /// Of a voice message.
    pub voice: Option<Voice>,
    pub job: Option<JobId>,
    pub client_id: Option<String>,
    /// The message that it replies to.
    pub reply_to: Option<MessageId>,
    /// The call that it begins.
    pub call: Option<NewCall>,
}

/// A call that begins.
#[derive(Debug, Clone)]
pub(crate) struct NewCall {
    pub media: CallMedia,
    /// The device that calls.
    pub device: String,
}

impl NewCall {
    /// The call of the member `caller`, which begins to ring at `at`.
    pub fn row(&self, is_crew: bool, caller: usize, at: u64) -> CallRow {
        match is_crew {
            true => CallRow::new_in_crew(self.media, caller, &self.device, at),
            false => CallRow::new(self.media, caller, &self.device),
        }
    }
}

impl SendRequest {
    /// Checks `input`, which `me` sends.
    ///
    /// # Errors
    /// `invalid_request`, `not_found`, `invalid_file`, `content_empty`, `content_too_long`; in a crew also `job_closed`,
    /// `not_job_participant`, `unavailable`.
    pub async fn check(cx: &Context, me: &UserId, input: SendMessage) -> Result<Self> {
        let (conversation, must_exist) =
            access::addressed(me, input.receiver_id.as_deref(), input.conversation_id.as_deref())?;
        let file = match &input.file_url {
            Some(url) => Some(cx.files.file_id(url).ok_or_else(proof::not_your_file)?),
            None => None,
        };
        check_kind(input.kind.as_ref(), file.is_some())?;
        let voice = check_voice(input.kind.as_ref(), input.duration_ms, input.waveform)?;
        text::client_id(input.client_id.as_deref())?;
        let text = text::content(input.content, file.is_some())?;
        let job = input.job_id.map(JobId::parse).transpose()?;
        let reply_to = input.reply_to.as_deref().map(reply_to).transpose()?;
        Ok(Self {
            me: me.clone(),
            sender: sender(cx, me, &conversation, job).await?,
            conversation,
            must_exist,
            text,
            kind: input.kind,
            file,
            voice,
            job,
            client_id: input.client_id,
            reply_to,
            call: None,
        })
    }

    /// By what a repetition of it is known.
    pub fn repetition(&self) -> Repetition<'_> {
        Repetition {
            conversation: &self.conversation,
            viewer: self.sender,
            key: self.sent_key(),
            fingerprint: self.fingerprint(),
        }
    }

    /// Where a send with this `clientId` is remembered.
    pub fn sent_key(&self) -> Option<Key> {
        Some(keys::sent(&self.conversation, self.me.as_str(), self.client_id.as_deref()?))
    }

    /// A hash of the input, which distinguishes a repeated send from another one with the same `clientId`.
    pub fn fingerprint(&self) -> String {
        let parts = (&self.text, &self.file, self.job.map(JobId::get));
        let reply_to = self.reply_to.as_ref().map(MessageId::as_str);
        // Absent fields are left out, so that rows of older servers still match.
        let parts = match (reply_to, &self.voice) {
            (None, None) => rows::encode(&parts),
            (Some(reply_to), None) => rows::encode(&(parts, reply_to)),
            (reply_to, Some(voice)) => rows::encode(&(parts, reply_to, voice)),
        };
        blake3::hash(&parts).to_hex()[..32].to_owned()
    }
}

/// Which member `me` is in the conversation. A crew without a row gets it here.
async fn sender(cx: &Context, me: &UserId, id: &ConversationId, about: Option<JobId>) -> Result<usize> {
    let Some(job) = id.crew_job() else {
        return id.side(me).map(|(member, _)| member).ok_or_else(|| Error::not_found("conversation"));
    };
    let member = match crew::writer(cx, id, job, me).await {
        // A repetition returns the accepted message, whatever is permitted now: the send itself refuses anything else.
        Err(refusal) if matches!(refusal.code, Code::JobClosed | Code::NotJobParticipant) => {
            crew::member(cx, id, job, me).await.map_err(|_| refusal)?.0
        }
        member => member?,
    };
    match about {
        Some(about) if about != job => Err(Error::invalid("jobId", "A crew is about its own job. Leave jobId out.")),
        _ => Ok(member),
    }
}

fn reply_to(text: &str) -> Result<MessageId> {
    MessageId::new(text).ok_or_else(|| Error::not_found("message").at("replyTo"))
}

fn check_kind(kind: Option<&MessageType>, with_file: bool) -> Result<()> {
    let detail = match (kind, with_file) {
        (None, _)
        | (Some(MessageType::Text), false)
        | (Some(MessageType::Image | MessageType::File | MessageType::Voice), true) => {
            return Ok(());
        }
        (Some(MessageType::Text), true) => "type is text, but the message has a file. Leave type out.",
        (Some(MessageType::Image | MessageType::File | MessageType::Voice), false) => {
            "type says that the message has a file, but fileUrl is missing."
        }
        (Some(_), _) => "type is text, image, file or voice; it can be left out.",
    };
    Err(Error::invalid("type", detail))
}

/// Duration and waveform, which voice messages have and no others.
fn check_voice(kind: Option<&MessageType>, ms: Option<u64>, waveform: Option<String>) -> Result<Option<Voice>> {
    let wrong = |field, detail: &str| Err(Error::invalid(field, detail));
    match (kind, ms, waveform) {
        (Some(MessageType::Voice), ms, waveform) => {
            let Some(ms) = ms.filter(|ms| (1..=VOICE_MS).contains(ms)) else {
                return wrong("durationMs", "durationMs says how long a voice message plays: 1 to 300000 (5 minutes).");
            };
            let Some(waveform) = waveform.filter(|waveform| is_waveform(waveform)) else {
                return wrong("waveform", "waveform has 64 characters 0 to 9 and a to v, from silent to loudest.");
            };
            Ok(Some(Voice { ms, waveform }))
        }
        (_, None, None) => Ok(None),
        (_, Some(_), _) => wrong("durationMs", "Only messages of type voice have durationMs. Leave it out."),
        (_, None, Some(_)) => wrong("waveform", "Only messages of type voice have a waveform. Leave it out."),
    }
}

fn is_waveform(text: &str) -> bool {
    text.len() == WAVEFORM_CHARS && text.bytes().all(|step| matches!(step, b'0'..=b'9' | b'a'..=b'v'))
}
