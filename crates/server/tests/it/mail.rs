//! Mail of the real binary, through an SMTP server on loopback, and the link in it that ends mail.

use crate::{
    binary::{SECRET, Started, jobline},
    crash::{Caller, HOST_KEY, pair},
    support::listening,
    webhooks::until,
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value, json};
use std::{
    io::{BufRead as _, BufReader, Write as _},
    net::TcpStream,
    sync::{Arc, Mutex},
};
use tempfile::TempDir;

type Letters = Arc<Mutex<Vec<String>>>;

/// An SMTP server: its address, and the received mails, with each header on one line.
fn mail_server() -> (String, Letters) {
    let letters = Letters::default();
    let kept = Arc::clone(&letters);
    (listening(move |stream| talk(stream, &kept)).to_string(), letters)
}

fn talk(mut stream: TcpStream, letters: &Letters) {
    let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
    let mut letter: Option<String> = None;
    let mut say = |text: &str| stream.write_all(text.as_bytes()).is_ok();
    say("220 mail.example\r\n");
    while let Some(Ok(line)) = lines.next() {
        let answer = match (letter.as_mut(), line.get(..4).unwrap_or_default()) {
            (Some(text), _) if line != "." => {
                text.push_str(&format!("{line}\n"));
                continue;
            }
            (Some(_), _) => {
                letters.lock().unwrap().extend(letter.take().map(|text| text.replace("\n ", " ")));
                "250 ok\r\n"
            }
            (None, "EHLO") => "250-mail.example\r\n250 8BITMIME\r\n",
            (None, "DATA") => {
                letter = Some(String::new());
                "354 go on\r\n"
            }
            (None, "QUIT") => "221 bye\r\n",
            (None, _) => "250 ok\r\n",
        };
        if !say(answer) || answer.starts_with("221") {
            return;
        }
    }
}

fn server(folder: &TempDir, mail: &str) -> Started {
    let mut command = jobline(folder);
    command.env("JOBLINE_JWT_SECRET", SECRET).env("JOBLINE_HOST_KEY", HOST_KEY).env("JOBLINE_LOG", "off");
    command.env("JOBLINE_PUBLIC_URL", "http://chat.example").env("JOBLINE_SMTP_URL", format!("smtp://{mail}"));
    command.env("JOBLINE_MAIL_FROM", "Example <chat@example.com>").env("JOBLINE_MAIL_AFTER", "1s");
    Started::new(command.env("JOBLINE_DATA", folder.path().join("data")))
}

fn header<'a>(letter: &'a str, name: &str) -> &'a str {
    letter
        .lines()
        .find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
        .unwrap_or_else(|| panic!("{name}: {letter}"))
}

#[test]
fn an_unread_message_becomes_one_mail_whose_link_ends_mail() {
    let folder = TempDir::new().unwrap();
    let (address, letters) = mail_server();
    let running = server(&folder, &address);
    let host = Caller::new(&running, HOST_KEY);
    let (anna, ben) = pair(&host);
    for (id, name) in [("anna", "Anna Berg"), ("ben", "Ben Okafor")] {
        let user = json!({ "name": name, "email": format!("{id}@example.com") });
        assert_eq!(host.call("PUT", &format!("/host/users/{id}"), Some(&user)).unwrap().0, 200);
    }
    assert_eq!(anna.send("ben", "a secret text", "1").unwrap().0, 200);
    let letter = until("mail", || letters.lock().unwrap().first().cloned());
    assert_eq!(header(&letter, "To"), "ben@example.com");
    assert_eq!(header(&letter, "Subject"), "New message from Anna Berg");
    assert!(header(&letter, "From").contains("chat@example.com"), "{letter}");
    assert_eq!(header(&letter, "List-Unsubscribe-Post"), "List-Unsubscribe=One-Click");
    assert!(!letter.contains("a secret text"), "no text unless it was asked for: {letter}");

    let link = header(&letter, "List-Unsubscribe").trim_matches(['<', '>']);
    let link = link.strip_prefix("http://chat.example").unwrap_or_else(|| panic!("{link}"));
    let page = |method: &str, link: &str| {
        let request = http::Request::builder().method(method).uri(format!("http://{}{link}", running.address));
        let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
        let mut answer = agent.run(request.body("List-Unsubscribe=One-Click").unwrap()).unwrap();
        (answer.status().as_u16(), answer.body_mut().read_to_string().unwrap())
    };
    let wants_mail = || ben.call("GET", "/messages/preferences", None).unwrap().1["mail"].clone();
    for wrong in ["/unsubscribe".to_owned(), link.replace("user=ben", "user=anna"), format!("{link}0")] {
        assert_eq!(page("POST", &wrong).0, 404, "{wrong}");
    }
    let asked = {
        let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
        agent.get(format!("http://{}{link}", running.address)).call().unwrap().body_mut().read_to_string().unwrap()
    };
    assert!(asked.contains("<form method=\"post\">"), "{asked}");
    assert_eq!(wants_mail(), Value::Bool(true), "looking changes nothing");
    let (status, text) = page("POST", link);
    assert_eq!((status, text.contains("no more e-mail")), (200, true), "{text}");
    assert_eq!(wants_mail(), Value::Bool(false));
    assert_eq!(page("POST", link).0, 200, "again changes nothing");
    assert_eq!(letters.lock().unwrap().len(), 1);
}

/// The text of the part of a mail that has this type.
fn part(letter: &str, content_type: &str) -> String {
    let (_, part) = letter.split_once(&format!("Content-Type: {content_type}")).unwrap();
    let (headers, rest) = part.split_once("\n\n").unwrap();
    let lines: Vec<&str> = rest.lines().take_while(|line| !line.starts_with("--")).collect();
    let bytes = match headers.contains("base64") {
        true => STANDARD.decode(lines.concat()).unwrap(),
        false => quoted_printable(&lines.join("\n").replace("=\n", "")),
    };
    String::from_utf8(bytes).unwrap()
}

fn quoted_printable(text: &str) -> Vec<u8> {
    let mut parts = text.split('=');
    let mut bytes = parts.next().unwrap().as_bytes().to_vec();
    for part in parts {
        bytes.push(u8::from_str_radix(&part[..2], 16).unwrap());
        bytes.extend(&part.as_bytes()[2..]);
    }
    bytes
}

#[test]
fn mail_and_its_page_are_in_the_language_of_the_reader() {
    let folder = TempDir::new().unwrap();
    let (address, letters) = mail_server();
    let running = server(&folder, &address);
    let host = Caller::new(&running, HOST_KEY);
    let (anna, ben) = pair(&host);
    let user = json!({ "name": "Ben", "email": "ben@example.com", "language": "es-MX" });
    assert_eq!(
        host.call("PUT", "/host/users/ben", Some(&user)).unwrap(),
        (200, {
            let mut user = user.clone();
            user["id"] = json!("ben");
            user
        })
    );
    let wrong = json!({ "name": "Ben", "language": "no language" });
    let (status, problem) = host.call("PUT", "/host/users/ben", Some(&wrong)).unwrap();
    assert_eq!((status, &problem["field"]), (400, &json!("language")));
    assert_eq!(anna.send("ben", "Hola", "1").unwrap().0, 200);
    let letter = until("mail", || letters.lock().unwrap().first().cloned());
    assert_eq!((header(&letter, "Content-Language"), header(&letter, "Subject")), ("es", "Nuevo mensaje de anna"));

    let chosen = json!({ "language": "ar" });
    assert_eq!(ben.call("PUT", "/messages/preferences", Some(&chosen)).unwrap().1["language"], "ar");
    assert_eq!(ben.call("GET", "/messages/preferences", None).unwrap().1["language"], "ar");
    let read = json!({ "conversationId": "conv_anna_ben" });
    assert_eq!(ben.call("POST", "/messages/markAsRead", Some(&read)).unwrap().0, 200);
    assert_eq!(anna.send("ben", "Hello", "2").unwrap().0, 200);
    let letter = until("the second mail", || letters.lock().unwrap().get(1).cloned());
    assert_eq!(header(&letter, "Content-Language"), "ar");
    let (text, html) = (part(&letter, "text/plain"), part(&letter, "text/html"));
    assert!(text.contains("القراءة والرد") && text.contains("\u{2068}anna\u{2069}"), "{text}");
    assert!(html.starts_with("<!doctype html><html lang=\"ar\" dir=\"rtl\">"), "{html}");
    let link = header(&letter, "List-Unsubscribe").trim_matches(['<', '>']);
    let link = link.replace("http://chat.example", &format!("http://{}", running.address));
    let page = |link: &str| {
        let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
        let asked = agent.get(link).header("accept-language", "es").call();
        asked.unwrap().body_mut().read_to_string().unwrap()
    };
    assert!(page(&link).starts_with("<!doctype html><html lang=\"ar\" dir=\"rtl\">"), "that of the letter");
    let metrics = page(&format!("http://{}/metrics", running.address));
    for line in [
        "jobline_deliveries_total{channel=\"mail\",outcome=\"delivered\"} 2",
        "jobline_deliveries_total{channel=\"push\",outcome=\"gone\"} 0",
        "jobline_deliveries_given_up_total{channel=\"webhook\"} 0",
    ] {
        assert!(metrics.lines().any(|one| one == line), "{line} in {metrics}");
    }
    let unknown = page(&format!("{link}0"));
    assert!(unknown.contains("Este enlace no está completo"), "that of the browser: {unknown}");
}
