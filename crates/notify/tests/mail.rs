//! Mail against an SMTP server on loopback.
#![allow(clippy::unwrap_used, reason = "a test that panics has failed, and says where")]

use jobline_notify::{
    Language, Outcome,
    mail::{Letter, Mailer, SmtpUrl},
};
use std::net::SocketAddr;
use tokio::{
    io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader},
    net::TcpListener,
    task::JoinHandle,
};

/// An SMTP server for one connection. It answers `RCPT` with `to_recipient`, and hands out all lines that it was sent.
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

fn letter<'a>(lines: &'a [String], language: Language) -> Letter<'a> {
    Letter {
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
    let outcome = mailer.send(&letter(&["Hello <b>".to_owned()], language)).await;
    (outcome, talk.await.unwrap())
}

#[tokio::test]
async fn a_letter_has_text_html_and_one_click_unsubscribe() {
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
    let outcome = mailer.send(&letter(&[], Language::English)).await;
    assert!(matches!(outcome, Outcome::Failed { .. }), "{outcome:?}");
}
