//! Mail of the real binary, through an SMTP server on loopback, and the link in it that ends mail.

use crate::{
    binary::{SECRET, Started, jobline},
    crash::{Caller, HOST_KEY, pair},
    webhooks::until,
};
use serde_json::{Value, json};
use std::{
    io::{BufRead as _, BufReader, Write as _},
    net::{TcpListener, TcpStream},
    sync::{Arc, Mutex},
};
use tempfile::TempDir;

type Letters = Arc<Mutex<Vec<String>>>;

/// An SMTP server: its address, and the letters that it took, with each header on one line.
fn mail_server() -> (String, Letters) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let letters = Letters::default();
    let kept = Arc::clone(&letters);
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let kept = Arc::clone(&kept);
            std::thread::spawn(move || talk(stream.unwrap(), &kept));
        }
    });
    (address, letters)
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
