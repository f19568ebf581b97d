//! Links in answers: they begin like the request's URL, or as the server is configured.

use crate::binary::{SECRET, Started, jobline};
use serde_json::{Value, json};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::Command;
use tempfile::TempDir;

const HOST_KEY: &str = "a-host-key-that-is-long-enough-for-the-tests";

struct Answer {
    head: String,
    body: String,
}

impl Answer {
    fn status(&self) -> &str {
        &self.head["HTTP/1.1 ".len()..][..3]
    }

    fn json(&self) -> Value {
        assert_eq!(self.status(), "200", "{}{}", self.head, self.body);
        serde_json::from_str(&self.body).unwrap()
    }
}

fn ask(server: &Started, key: &str, request: &str, headers: &str, body: &str) -> Answer {
    let mut stream = TcpStream::connect(&server.address).unwrap();
    write!(
        stream,
        "{request} HTTP/1.1\r\nauthorization: Bearer {key}\r\nconnection: close\r\n{headers}content-length: {}\r\n\r\n{body}",
        body.len()
    )
    .unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    let answer = String::from_utf8_lossy(&answer).into_owned();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    Answer { head: head.to_owned(), body: body.to_owned() }
}

const JSON: &str = "host: any\r\ncontent-type: application/json\r\n";

/// A server where anna and ben share a job, and anna's token.
fn start(folder: &TempDir, settings: &[(&str, &str)]) -> (Started, String) {
    let secrets = [("JOBLINE_JWT_SECRET", SECRET), ("JOBLINE_HOST_KEY", HOST_KEY)];
    let server = Started::new(jobline(folder).envs(secrets).envs(settings.iter().copied()));
    for user in ["anna", "ben"] {
        ask(&server, HOST_KEY, &format!("PUT /host/users/{user}"), JSON, &json!({"name": user}).to_string()).json();
    }
    let job = json!({"title": "Fence", "participants": ["anna", "ben"], "status": "open"});
    ask(&server, HOST_KEY, "PUT /host/jobs/7", JSON, &job.to_string()).json();
    let minted = ask(&server, HOST_KEY, "POST /host/users/anna/token", JSON, "{}").json();
    (server, minted["token"].as_str().unwrap().to_owned())
}

/// The upload URL of a file of anna, requested at this path with these headers.
fn announced(server: &Started, token: &str, path: &str, headers: &str) -> Value {
    let file = json!({"receiverId": "ben", "fileName": "a.txt", "fileSize": 5, "contentType": "text/plain"});
    let headers = format!("content-type: application/json\r\n{headers}");
    ask(server, token, &format!("POST {path}"), &headers, &file.to_string()).json()
}

/// Uploads the announced file to `path`, sends it, and returns the link that its reader gets at `host`.
fn sent(server: &Started, token: &str, target: &Value, upload_path: &str, host: &str) -> String {
    let put = ask(server, "", &format!("PUT {upload_path}"), "host: any\r\ncontent-type: text/plain\r\n", "hello");
    assert_eq!(put.status(), "200", "{}{}", put.head, put.body);
    let message = json!({"receiverId": "ben", "content": "Here", "fileUrl": target["fileUrl"]});
    let headers = format!("content-type: application/json\r\nhost: {host}\r\n");
    let message = ask(server, token, "POST /messages/send", &headers, &message.to_string()).json();
    message["message"]["fileUrl"].as_str().unwrap().to_owned()
}

#[test]
fn links_begin_as_the_request_did() {
    let folder = TempDir::new().unwrap();
    let (server, token) = start(&folder, &[]);
    let target = announced(&server, &token, "/messages/uploadFile", "host: chat.lan:8080\r\n");
    let upload = target["uploadUrl"].as_str().unwrap();
    let path = upload.strip_prefix("http://chat.lan:8080").unwrap_or_else(|| panic!("{upload}"));
    // Sent under another name of the same machine.
    let link = sent(&server, &token, &target, path, "10.0.0.7:8080");
    let path = link.strip_prefix("http://10.0.0.7:8080").unwrap_or_else(|| panic!("{link}"));
    assert_eq!(ask(&server, "", &format!("GET {path}"), "host: any\r\n", "").body, "hello");
    let spoofed = "host: chat.lan\r\nx-forwarded-host: evil.example\r\nx-forwarded-proto: https\r\n";
    let target = announced(&server, &token, "/messages/uploadFile", spoofed);
    assert!(target["fileUrl"].as_str().unwrap().starts_with("http://chat.lan/files/"), "{target}");
}

#[test]
fn a_trusted_proxy_says_how_it_was_reached() {
    let folder = TempDir::new().unwrap();
    let (server, token) = start(&folder, &[("JOBLINE_TRUST_PROXY", "on")]);
    let told = "host: 127.0.0.1:8080\r\nx-forwarded-host: chat.example\r\nx-forwarded-proto: https\r\n";
    let target = announced(&server, &token, "/messages/uploadFile", told);
    assert!(target["fileUrl"].as_str().unwrap().starts_with("https://chat.example/files/"), "{target}");
}

#[test]
fn a_public_url_with_a_path_works_whether_a_proxy_strips_it_or_not() {
    let folder = TempDir::new().unwrap();
    let (server, token) = start(&folder, &[("JOBLINE_PUBLIC_URL", "https://x.example/chat")]);
    for (prefix, text) in [("", "stripped"), ("/chat", "left on")] {
        let target = announced(&server, &token, &format!("{prefix}/messages/uploadFile"), "host: inner\r\n");
        let upload = target["uploadUrl"].as_str().unwrap();
        let path = upload.strip_prefix("https://x.example/chat").unwrap_or_else(|| panic!("{text}: {upload}"));
        let link = sent(&server, &token, &target, &format!("{prefix}{path}"), "inner");
        let path = link.strip_prefix("https://x.example/chat").unwrap_or_else(|| panic!("{text}: {link}"));
        let got = ask(&server, "", &format!("GET {prefix}{path}"), "host: inner\r\n", "");
        assert_eq!((got.status(), got.body.as_str()), ("200", "hello"), "{text}");
        assert_eq!(ask(&server, "", &format!("GET {prefix}/"), "host: inner\r\n", "").status(), "200", "{text}");
    }
    let moved = ask(&server, "", "GET /chat?a=b", "host: inner\r\n", "");
    assert_eq!(moved.status(), "308");
    assert!(moved.head.to_lowercase().contains("location: /chat/?a=b"), "{}", moved.head);
}

#[test]
fn settings_of_a_deployment_start_no_demo() {
    for (name, value) in [
        ("JOBLINE_HOST_KEY", HOST_KEY),
        ("JOBLINE_PUBLIC_URL", "https://chat.example.com"),
        ("JOBLINE_ALLOWED_ORIGINS", "capacitor://localhost"),
        ("JOBLINE_TRUST_PROXY", "on"),
    ] {
        let folder = TempDir::new().unwrap();
        let output = Command::output(jobline(&folder).env(name, value)).unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(said.contains("--jwt-secret (JOBLINE_JWT_SECRET) is missing") && said.contains(name), "{said}");
        assert!(!folder.path().join("jobline-data").exists(), "nothing was made");
    }
}
