//! The URL of a mail server, as a setting names it.

use lettre::{
    AsyncSmtpTransport, Tokio1Executor,
    transport::smtp::{
        Error,
        authentication::Credentials,
        client::{Certificate, CertificateStore, Tls, TlsParameters},
    },
};
use std::{fmt, net::IpAddr, time::Duration};
use url::{Host, Url};

/// How long one step of a conversation with the server may take.
const STEP_WITHIN: Duration = Duration::from_secs(10);

/// How the connection is encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Encryption {
    /// From its beginning: `smtps`.
    Wrapped,
    /// By the command STARTTLS, or no mail is sent.
    StartTls,
    /// Not at all.
    None,
}

/// A mail server. Its password is never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct SmtpUrl {
    host: String,
    port: u16,
    encryption: Encryption,
    account: Option<(String, String)>,
}

impl fmt::Debug for SmtpUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SmtpUrl({}:{})", self.host, self.port)
    }
}

/// What is wrong with the URL of a mail server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SmtpUrlError {
    /// It does not have the form of one.
    Form,
    /// A password would be sent without encryption to another machine.
    PasswordInClear,
}

impl SmtpUrl {
    /// `smtps://user:password@host:465` encrypts from the beginning. `smtp://user:password@host:587` needs STARTTLS,
    /// except on this machine or with `?tls=none`; `?tls=required` asks for it everywhere. Special characters in user
    /// and password are percent-encoded.
    ///
    /// # Errors
    /// [`SmtpUrlError`].
    pub fn parse(text: &str) -> Result<Self, SmtpUrlError> {
        let url = Url::parse(text).map_err(|_| SmtpUrlError::Form)?;
        let host = url.host().ok_or(SmtpUrlError::Form)?;
        let (host, is_here) = (plain(&host), is_here(&host));
        let plain_path = ["", "/"].contains(&url.path()) && url.fragment().is_none();
        let encryption = match (url.scheme(), url.query()) {
            ("smtps", None) => Encryption::Wrapped,
            ("smtp", None) if is_here => Encryption::None,
            ("smtp", None | Some("tls=required")) => Encryption::StartTls,
            ("smtp", Some("tls=none")) => Encryption::None,
            _ => return Err(SmtpUrlError::Form),
        };
        if host.is_empty() || !plain_path {
            return Err(SmtpUrlError::Form);
        }
        let account = account(&url)?;
        if account.is_some() && encryption == Encryption::None && !is_here {
            return Err(SmtpUrlError::PasswordInClear);
        }
        let usual = if encryption == Encryption::Wrapped { 465 } else { 587 };
        Ok(Self { host, port: url.port().unwrap_or(usual), encryption, account })
    }

    /// Its host and port.
    #[must_use]
    pub fn address(&self) -> (&str, u16) {
        (&self.host, self.port)
    }

    /// Whether the URL has a user and a password to sign in with.
    #[must_use]
    pub fn has_account(&self) -> bool {
        self.account.is_some()
    }

    pub(super) fn transport(&self, more_roots: &[Vec<u8>]) -> Result<AsyncSmtpTransport<Tokio1Executor>, Error> {
        let tls = match self.encryption {
            Encryption::Wrapped => Tls::Wrapper(self.tls(more_roots)?),
            Encryption::StartTls => Tls::Required(self.tls(more_roots)?),
            Encryption::None => Tls::None,
        };
        let mut builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(&self.host)
            .port(self.port)
            .timeout(Some(STEP_WITHIN))
            .tls(tls);
        if let Some((user, password)) = &self.account {
            builder = builder.credentials(Credentials::new(user.clone(), password.clone()));
        }
        Ok(builder.build())
    }

    fn tls(&self, more_roots: &[Vec<u8>]) -> Result<TlsParameters, Error> {
        let mut builder = TlsParameters::builder(self.host.clone()).certificate_store(CertificateStore::WebpkiRoots);
        for root in more_roots {
            builder = builder.add_root_certificate(Certificate::from_der(root.clone())?);
        }
        builder.build_rustls()
    }
}

/// User and password, if the URL names them: both or neither.
fn account(url: &Url) -> Result<Option<(String, String)>, SmtpUrlError> {
    let decode = |text: &str| percent_decode(text).ok_or(SmtpUrlError::Form);
    match (url.username(), url.password()) {
        ("", None) => Ok(None),
        (user, Some(password)) if !user.is_empty() => Ok(Some((decode(user)?, decode(password)?))),
        _ => Err(SmtpUrlError::Form),
    }
}

/// Percent-decoded text; `None` if it is not UTF-8.
fn percent_decode(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        match byte {
            b'%' => {
                let digit = |byte: u8| char::from(byte).to_digit(16);
                let value = digit(rest.next()?)? * 16 + digit(rest.next()?)?;
                bytes.push(u8::try_from(value).ok()?);
            }
            _ => bytes.push(byte),
        }
    }
    String::from_utf8(bytes).ok()
}

fn plain(host: &Host<&str>) -> String {
    match host {
        Host::Domain(name) => (*name).to_owned(),
        Host::Ipv4(address) => address.to_string(),
        Host::Ipv6(address) => address.to_string(),
    }
}

/// Whether the server is on this machine.
fn is_here(host: &Host<&str>) -> bool {
    match host {
        // In a URL of this scheme an IPv4 address is parsed as a name.
        Host::Domain(name) => {
            name.eq_ignore_ascii_case("localhost") || name.parse().is_ok_and(|address: IpAddr| address.is_loopback())
        }
        Host::Ipv4(address) => IpAddr::V4(*address).is_loopback(),
        Host::Ipv6(address) => IpAddr::V6(*address).is_loopback(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_url_says_how_the_connection_is_encrypted() {
        let of = |text: &str| SmtpUrl::parse(text).map(|url| (url.host, url.port, url.encryption));
        let parts = |host: &str, port, encryption| Ok((host.to_owned(), port, encryption));
        assert_eq!(of("smtps://mail.example.com"), parts("mail.example.com", 465, Encryption::Wrapped));
        assert_eq!(of("smtp://u:p@mail.example.com"), parts("mail.example.com", 587, Encryption::StartTls));
        assert_eq!(of("smtp://mail.example.com:25/"), parts("mail.example.com", 25, Encryption::StartTls));
        assert_eq!(of("smtp://127.0.0.1:1025"), parts("127.0.0.1", 1025, Encryption::None));
        assert_eq!(of("smtp://u:p@localhost:1025"), parts("localhost", 1025, Encryption::None));
        assert_eq!(of("smtp://[::1]:25?tls=required"), parts("::1", 25, Encryption::StartTls));
        assert_eq!(of("smtp://mailpit:1025?tls=none"), parts("mailpit", 1025, Encryption::None));
    }

    #[test]
    fn a_url_that_is_not_a_mail_server_is_refused() {
        for bad in [
            "mail.example.com",
            "https://mail.example.com",
            "smtp://",
            "smtp://u@mail.example.com",
            "smtp://:p@a.example",
            "smtp://a.example/path",
            "smtp://a.example?tls=maybe",
            "smtps://a.example?tls=none",
            "smtp://a.example#x",
            "smtp://u:%ff@a.example",
            "",
        ] {
            assert_eq!(SmtpUrl::parse(bad), Err(SmtpUrlError::Form), "{bad}");
        }
        let clear = SmtpUrl::parse("smtp://u:p@mail.example.com?tls=none");
        assert_eq!(clear, Err(SmtpUrlError::PasswordInClear));
    }

    #[test]
    fn the_password_is_decoded_and_never_shown() {
        let url = SmtpUrl::parse("smtp://AKIA%2FX:p%40ss%20w%C3%B6rd@mail.example.com").unwrap();
        assert_eq!(url.account, Some(("AKIA/X".to_owned(), "p@ss wörd".to_owned())));
        assert_eq!(format!("{url:?}"), "SmtpUrl(mail.example.com:587)");
    }
}
