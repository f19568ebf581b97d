//! Mail about unread messages, by SMTP: text and HTML in the reader's language, with one-click unsubscribe (RFC 8058).

mod html;
mod smtp;
mod unread_mail;
mod write;

pub use smtp::{SmtpUrl, SmtpUrlError};
pub use unread_mail::UnreadMail;

use crate::outcome::Outcome;
use lettre::{
    AsyncSmtpTransport, AsyncTransport, Tokio1Executor,
    message::Mailbox,
    transport::smtp::{Error, response::Severity},
};
use std::{error::Error as _, fmt, io};

/// Sends mail through one server.
pub struct Mailer {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
}

/// Whether `text` can be the sender of mail: an address, or a name with the address in angle brackets.
#[must_use]
pub fn is_sender(text: &str) -> bool {
    text.parse::<Mailbox>().is_ok()
}

impl Mailer {
    /// Mail from `from`, for which [`is_sender`] holds, through the server at `url`. `more_roots`: certificates in DER that
    /// are trusted besides the certificate authorities of the public web.
    ///
    /// # Errors
    /// One line that says what is wrong with the settings.
    pub fn new(url: &SmtpUrl, from: &str, more_roots: &[Vec<u8>]) -> Result<Self, String> {
        let from = from.parse().map_err(|error| format!("the sender is no mail address: {error}"))?;
        let transport = url.transport(more_roots).map_err(|error| format!("TLS cannot be set up: {error}"))?;
        Ok(Self { transport, from })
    }

    /// Signs in to the server as for a mail, and out again: greeting, STARTTLS and account, as the settings say.
    ///
    /// # Errors
    /// [`SignInError`].
    pub async fn sign_in(&self) -> Result<(), SignInError> {
        match self.transport.test_connection().await {
            Ok(true) => Ok(()),
            Ok(false) => Err(SignInError::NoConnection),
            Err(error) => Err(SignInError::from(&error)),
        }
    }

    /// Makes one attempt to hand a mail to the server. An address that the server will never accept is
    /// [`Outcome::Refused`].
    pub async fn send(&self, mail: &UnreadMail<'_>) -> Outcome {
        let message = match mail.message(&self.from) {
            Ok(message) => message,
            Err(why) => return Outcome::refused(why),
        };
        match self.transport.send(message).await {
            Ok(_) => Outcome::Delivered,
            Err(error) => failure(&error),
        }
    }
}

/// Why signing in to a mail server failed. As text it is the rest of a sentence after the name of the server, without the
/// server's own text, which may name an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SignInError {
    /// It cannot be reached.
    NoConnection,
    /// It did not answer in time.
    TimedOut,
    /// The connection could not be encrypted.
    Tls,
    /// It lacks what the settings need, such as STARTTLS.
    Unsupported(String),
    /// It answered with this code.
    Refused(u16),
}

impl fmt::Display for SignInError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoConnection => f.write_str("cannot be reached from here as a mail server"),
            Self::TimedOut => f.write_str("does not answer in time"),
            Self::Tls => f.write_str("does not encrypt the connection with a certificate that is trusted"),
            Self::Unsupported(what) => write!(f, "does not do what is asked of it: {what}"),
            Self::Refused(code @ 530..540) => write!(f, "does not take user and password (it answered {code})"),
            Self::Refused(code) => write!(f, "takes no mail from here (it answered {code})"),
        }
    }
}

/// Whether TLS ended the connection: its errors come as those of a stream whose data are invalid.
fn is_tls_failure(error: &Error) -> bool {
    let mut sources = std::iter::successors(error.source(), |&source| source.source());
    sources.any(|source| {
        let io = source.downcast_ref::<io::Error>();
        io.is_some_and(|error| error.kind() == io::ErrorKind::InvalidData)
    })
}

impl From<&Error> for SignInError {
    fn from(error: &Error) -> Self {
        match error.status() {
            Some(code) => Self::Refused(u16::from(code)),
            None if error.is_timeout() => Self::TimedOut,
            None if error.is_tls() || is_tls_failure(error) => Self::Tls,
            // Text of lettre itself, which names no account.
            None if error.is_client() => {
                Self::Unsupported(error.source().map_or_else(|| error.to_string(), ToString::to_string))
            }
            None => Self::NoConnection,
        }
    }
}

/// The server's text is left out, because it may name the recipient.
fn failure(error: &Error) -> Outcome {
    let Some(code) = error.status() else { return Outcome::failed(kind(error)) };
    let number = u16::from(code);
    let why = format!("the mail server answered {number}");
    // 530 to 538 are about this server's account, which the operator may correct.
    match code.severity == Severity::PermanentNegativeCompletion && !(530..540).contains(&number) {
        true => Outcome::refused(why),
        false => Outcome::failed(why),
    }
}

/// What went wrong before the server answered.
fn kind(error: &Error) -> &'static str {
    if error.is_timeout() {
        "the mail server did not answer in time"
    } else if error.is_tls() {
        "the connection to the mail server could not be encrypted"
    } else if error.is_client() {
        "the mail server offers no way to sign in that is known here"
    } else {
        "no connection to the mail server"
    }
}
