//! Mail against an SMTP server on loopback.
#![allow(clippy::unwrap_used, reason = "a test that panics has failed, and says where")]

use jobline_notify::{
    Language, Outcome,
    mail::{Mailer, SignInError, SmtpUrl, UnreadMail},
};
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::{
    io::{AsyncBufReadExt as _, AsyncRead, AsyncWrite, AsyncWriteExt as _, BufReader},
    net::TcpListener,
    task::JoinHandle,
};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        ServerConfig,
        pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer},
    },
};

/// An SMTP server for one connection. It answers `RCPT` with `to_recipient`, and returns all received lines.
async fn server(to_recipient: &'static str) -> (SocketAddr, JoinHandle<Vec<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let talk = tokio::spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        let (read, mut write) = stream.into_split();
        let mut lines = BufReader::new(read).lines();
        let (mut heard, mut in_mail) = (Vec::new(), false);
        write.write_all(b"220 mail.example\r\n").await.unwrap();
        while let Ok(Some(line)) = lines.next_line().await {
            let answer = match line.get(..4).unwrap_or_default() {
                _ if in_mail && line != "." => "",
                "EHLO" => "250-mail.example\r\n250 8BITMIME\r\n",
                "RCPT" => to_recipient,
                "DATA" => "354 go on\r\n",
                "QUIT" => "221 bye\r\n",
                _ => "250 ok\r\n",
            };
            in_mail = line == "DATA" || in_mail && line != ".";
            heard.push(line);
            write.write_all(answer.as_bytes()).await.unwrap();
            if answer.starts_with("221") || answer.starts_with('5') || heard.last().is_some_and(|line| line == ".") {
                break;
            }
        }
        heard
    });
    (address, talk)
}

fn mail<'a>(lines: &'a [String], language: Language) -> UnreadMail<'a> {
    UnreadMail {
        to: "jane@example.com",
        language,
        sender: Some("John <Smith>"),
        job: Some("Kitchen"),
        unread: 2,
        lines,
        link: "https://chat.example.com/#/c/conv_a_b",
        unsubscribe: "https://chat.example.com/unsubscribe?t=abc",
        id: "conv_a_b.7",
        thread: "conv_a_b",
    }
}

async fn send(to_recipient: &'static str, language: Language) -> (Outcome, Vec<String>) {
    let (address, talk) = server(to_recipient).await;
    let url = SmtpUrl::parse(&format!("smtp://{address}")).unwrap();
    let mailer = Mailer::new(&url, "Jobs <no-reply@example.com>", &[]).unwrap();
    let outcome = mailer.send(&mail(&["Hello <b>".to_owned()], language)).await;
    (outcome, talk.await.unwrap())
}

#[tokio::test]
async fn a_mail_has_text_html_and_one_click_unsubscribe() {
    for (language, tag) in [(Language::English, "en"), (Language::Spanish, "es"), (Language::Arabic, "ar")] {
        let (outcome, heard) = send("250 ok\r\n", language).await;
        assert_eq!(outcome, Outcome::Delivered);
        let has = |line: &str| assert!(heard.iter().any(|heard| heard == line), "{line} is missing in {heard:#?}");
        has("MAIL FROM:<no-reply@example.com>");
        has("RCPT TO:<jane@example.com>");
        has("List-Unsubscribe: <https://chat.example.com/unsubscribe?t=abc>");
        has("List-Unsubscribe-Post: List-Unsubscribe=One-Click");
        has("Auto-Submitted: auto-generated");
        has("Message-ID: <conv_a_b.7@example.com>");
        has(&format!("Content-Language: {tag}"));
        let mail = heard.join("\n");
        assert!(mail.contains("text/plain") && mail.contains("text/html"), "{mail}");
    }
}

#[tokio::test]
async fn an_unknown_recipient_is_refused_and_a_busy_server_is_tried_again() {
    let (outcome, _) = send("550 no such user\r\n", Language::English).await;
    assert_eq!(outcome, Outcome::Refused { why: "the mail server answered 550".to_owned() });
    let (outcome, _) = send("530 sign in first\r\n", Language::English).await;
    assert_eq!(outcome, Outcome::Failed { why: "the mail server answered 530".to_owned(), retry_after_ms: None });
    let nobody = SmtpUrl::parse("smtp://127.0.0.1:1").unwrap();
    let mailer = Mailer::new(&nobody, "no-reply@example.com", &[]).unwrap();
    let outcome = mailer.send(&mail(&[], Language::English)).await;
    assert!(matches!(outcome, Outcome::Failed { .. }), "{outcome:?}");
}

/// Answers like a mail server, and returns the received lines. It ends at STARTTLS and QUIT.
async fn talk(stream: impl AsyncRead + AsyncWrite + Unpin, offers: &str, to_account: &str) -> Vec<String> {
    let (read, mut write) = tokio::io::split(stream);
    let (mut lines, mut heard) = (BufReader::new(read).lines(), Vec::new());
    while let Ok(Some(line)) = lines.next_line().await {
        let answer = match line.get(..4).unwrap_or_default() {
            "EHLO" => format!("250-mail.example\r\n250 {offers}\r\n"),
            "AUTH" => format!("{to_account}\r\n"),
            _ => "220 ok\r\n".to_owned(),
        };
        let is_over = line == "STARTTLS" || line == "QUIT";
        heard.push(line);
        write.write_all(answer.as_bytes()).await.unwrap();
        if is_over {
            break;
        }
    }
    heard
}

/// Signs in by STARTTLS to a server with a self-signed certificate, which is trusted or not. Returns the outcome and
/// what the server received after it.
async fn signed_in(is_trusted: bool, to_account: &'static str) -> (Result<(), SignInError>, Vec<String>) {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let certificate = made.cert.der().clone();
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(made.signing_key.serialize_der()));
    let provider = Arc::new(tokio_rustls::rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let config = config.with_no_client_auth().with_single_cert(vec![certificate.clone()], key).unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let server = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        stream.write_all(b"220 mail.example\r\n").await.unwrap();
        assert_eq!(talk(&mut stream, "STARTTLS", to_account).await.last().unwrap(), "STARTTLS");
        match TlsAcceptor::from(Arc::new(config)).accept(stream).await {
            Ok(stream) => talk(stream, "AUTH PLAIN", to_account).await,
            Err(_) => Vec::new(),
        }
    });
    let url = SmtpUrl::parse(&format!("smtp://chat:letmein@localhost:{port}?tls=required")).unwrap();
    let roots = if is_trusted { vec![certificate.to_vec()] } else { Vec::new() };
    let mailer = Mailer::new(&url, "no-reply@example.com", &roots).unwrap();
    let outcome = mailer.sign_in().await;
    (outcome, server.await.unwrap())
}

#[tokio::test]
async fn signing_in_encrypts_shows_the_account_and_sends_nothing() {
    let (outcome, heard) = signed_in(true, "235 welcome").await;
    assert_eq!(outcome, Ok(()));
    let commands: Vec<&str> = heard.iter().map(|line| line.get(..4).unwrap_or_default()).collect();
    assert_eq!(commands, ["EHLO", "AUTH", "NOOP", "QUIT"]);
    assert_eq!(signed_in(true, "535 no").await.0, Err(SignInError::Refused(535)));
    let (outcome, heard) = signed_in(false, "235 welcome").await;
    assert_eq!(outcome, Err(SignInError::Tls));
    assert!(heard.is_empty(), "no password for a stranger: {heard:?}");
}
