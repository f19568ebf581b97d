//! Common mistakes of hosts: for each the running program answers, or logs once, what to do.

use crate::{
    binary::{SECRET, Started, jobline},
    crash::{Caller, HOST_KEY, pair},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use jobline_wire::Code;
use ring::hmac;
use serde_json::{Value, json};
use std::{
    io::{BufRead as _, BufReader, Read as _},
    process::Command,
    time::{SystemTime, UNIX_EPOCH},
};
use tempfile::TempDir;

const ISSUER: &str = "https://market.example";

fn configured(folder: &TempDir) -> Command {
    let mut command = jobline(folder);
    command.env("JOBLINE_JWT_SECRET", SECRET).env("JOBLINE_HOST_KEY", HOST_KEY);
    command.env("JOBLINE_JWT_ISSUER", ISSUER).env("JOBLINE_JWT_AUDIENCE", "chat");
    command
}

fn now_s() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()
}

/// A valid token, except for the claims that `changed` replaces, or removes with `null`.
fn token(secret: &str, changed: &Value) -> String {
    let mut claims = json!({"sub": "anna", "exp": now_s() + 600, "iss": ISSUER, "aud": "chat"});
    for (claim, value) in changed.as_object().unwrap() {
        match value {
            Value::Null => claims.as_object_mut().unwrap().remove(claim),
            value => claims.as_object_mut().unwrap().insert(claim.clone(), value.clone()),
        };
    }
    let signed = format!(
        "{}.{}",
        URL_SAFE_NO_PAD.encode(r#"{"alg":"HS256"}"#),
        URL_SAFE_NO_PAD.encode(serde_json::to_vec(&claims).unwrap())
    );
    let signature = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes()), signed.as_bytes());
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
}

/// Asserts that a problem has this code, and that its detail has all of `words`.
#[track_caller]
fn says(what: &str, (status, problem): &(u16, Value), code: Code, words: &[&str]) {
    assert_eq!((*status, &problem["code"]), (code.status(), &json!(code.as_str())), "{what}: {problem}");
    let detail = problem["detail"].as_str().unwrap();
    for word in words {
        assert!(detail.contains(word), "{what}: {word:?} is not in {detail:?}");
    }
}

#[test]
fn a_refused_token_gets_the_reason() {
    let folder = TempDir::new().unwrap();
    let server = Started::new(&mut configured(&folder));
    let ask = |key: &str| Caller::new(&server, key).call("GET", "/messages/sync", None).unwrap();
    assert_eq!(ask(&token(SECRET, &json!({}))).0, 200, "the token that the others differ from");
    let other_secret = "another secret, of another deployment of the host";
    let signed = |changed: Value| token(SECRET, &changed);
    for (what, key, words) in [
        ("a token that is empty", String::new(), &["Bearer <token>"][..]),
        ("text that is no token", "hello".to_owned(), &["signed JWT"]),
        ("the host key", HOST_KEY.to_owned(), &["This is the host key", "/token"]),
        ("another secret", token(other_secret, &json!({})), &["not signed by a known key", "HS256"]),
        ("expired", signed(json!({"exp": now_s() - 100})), &["expired", "Get a new one", "clocks"]),
        ("no end", signed(json!({"exp": null})), &["exp", "Unix second"]),
        ("an end in milliseconds", signed(json!({"exp": (now_s() + 600) * 1_000})), &["milliseconds", "1,000"]),
        ("a clock ahead", signed(json!({"nbf": now_s() + 300})), &["not valid yet", "clock"]),
        ("a begin in milliseconds", signed(json!({"nbf": now_s() * 1_000})), &["milliseconds"]),
        ("no user", signed(json!({"sub": null})), &["sub", "user id"]),
        ("a user that is no id", signed(json!({"sub": "Anna Berg"})), &["sub", "Accepted are"]),
        ("another issuer", signed(json!({"iss": "https://other.example"})), &["iss", "--jwt-issuer"]),
        ("another audience", signed(json!({"aud": "shop"})), &["aud", "--jwt-audience"]),
        ("no audience", signed(json!({"aud": null})), &["--jwt-audience", "ID tokens"]),
    ] {
        says(what, &ask(&key), Code::Unauthenticated, words);
    }
}

#[test]
fn a_refused_call_of_the_host_gets_the_reason() {
    let folder = TempDir::new().unwrap();
    let server = Started::new(&mut configured(&folder));
    let host = Caller::new(&server, HOST_KEY);
    let (anna, _) = pair(&host);
    let keyed = |key: &str| Caller::new(&server, key);
    let job =
        |participants: Value, status: &str| json!({"title": "Fence", "participants": participants, "status": status});
    let text = json!({"receiverId": "carl", "content": "Hello"});
    let (unauthenticated, invalid, lost) = (Code::Unauthenticated, Code::InvalidRequest, Code::NotFound);
    for (what, caller, call, body, code, words) in [
        ("a host key that is empty", keyed(""), "GET /host/jobs/1", None, unauthenticated, &["Bearer <host key>"][..]),
        ("a wrong host key", keyed("wrong"), "GET /host/jobs/1", None, unauthenticated, &["JOBLINE_HOST_KEY"]),
        ("a user token", anna.clone(), "GET /host/jobs/1", None, unauthenticated, &["user token", "your server"]),
        ("an unknown job", host.clone(), "GET /host/jobs/99", None, lost, &["job", "Check the id"]),
        ("a person who is not there", host.clone(), "GET /host/users/carl", None, lost, &["user", "Check the id"]),
        (
            "a conversation that is not there",
            host.clone(),
            "POST /host/messages",
            Some(json!({"conversationId": "conv_anna_carl", "content": "Hi"})),
            lost,
            &["conversation"],
        ),
        (
            "somebody without a job",
            anna.clone(),
            "POST /messages/send",
            Some(text),
            Code::NotJobParticipant,
            &["no open job", "host"],
        ),
        (
            "a status of one's own",
            host.clone(),
            "PUT /host/jobs/2",
            Some(job(json!(["a", "b"]), "active")),
            invalid,
            &["`open` or `closed`"],
        ),
        (
            "a name for an id",
            host.clone(),
            "PUT /host/jobs/2",
            Some(job(json!(["Anna Berg"]), "open")),
            invalid,
            &["participants", "user id"],
        ),
        (
            "a job id that is text",
            host.clone(),
            "PUT /host/jobs/fence",
            Some(job(json!(["a", "b"]), "open")),
            invalid,
            &["whole number"],
        ),
        (
            "a field with another name",
            host.clone(),
            "PUT /host/users/anna",
            Some(json!({"name": "Anna", "avatar": "x"})),
            invalid,
            &["There is no such field"],
        ),
        ("a path that is not there", host.clone(), "GET /host/job/1", None, lost, &["/docs", "/openapi.json"]),
        ("a method that is not there", host, "POST /host/jobs/1", Some(json!({})), Code::MethodNotAllowed, &["Allow"]),
    ] {
        let (method, path) = call.split_once(' ').unwrap();
        says(what, &caller.call(method, path, body.as_ref()).unwrap(), code, words);
    }
}

/// Lines of a log that hold all of `words`.
fn lines(log: &str, words: &[&str]) -> usize {
    log.lines().filter(|line| words.iter().all(|word| line.contains(word))).count()
}

#[test]
fn a_failure_without_a_response_is_logged_once() {
    let folder = TempDir::new().unwrap();
    let mut command = configured(&folder);
    command.env("JOBLINE_ALLOWED_ORIGINS", "https://market.example");
    command.env("JOBLINE_WEBHOOK_URL", "https://127.0.0.1:9/hook");
    let server = Started::new(command.env("JOBLINE_WEBHOOK_SECRET", "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"));
    let (anna, _) = pair(&Caller::new(&server, HOST_KEY));
    for number in 0..3 {
        assert_eq!(anna.send("ben", "Hello", &number.to_string()).unwrap().0, 200);
        for origin in ["https://www.market.example", "https://market.example"] {
            let preflight = http::Request::options(format!("http://{}/messages/send", server.address));
            let preflight = preflight.header("origin", origin).header("access-control-request-method", "POST");
            let answer = ureq::Agent::new_with_defaults().run(preflight.body(String::new()).unwrap()).unwrap();
            assert_eq!(
                answer.headers().contains_key("access-control-allow-origin"),
                origin == "https://market.example"
            );
        }
    }
    let log = log_with(server, "webhook");
    let origin = ["\"WARN\"", "https://www.market.example", "--allowed-origins"];
    assert_eq!(lines(&log, &origin), 1, "{log}");
    assert_eq!(lines(&log, &["--allowed-origins"]), 1, "an origin that may call is not told: {log}");
    let webhook = ["\"WARN\"", "webhook", "its address is private", "--webhook-allow-private", "/host/webhooks/failed"];
    assert_eq!(lines(&log, &webhook), 1, "{log}");
}

/// Waits until a line of the log contains `word`, stops the server, and returns its whole log.
fn log_with(mut server: Started, word: &str) -> String {
    let mut reader = BufReader::new(server.child.stderr.take().unwrap());
    let mut log = String::new();
    while !log.contains(word) {
        assert_ne!(reader.read_line(&mut log).unwrap(), 0, "{word} is never logged: {log}");
    }
    let id = server.child.id().to_string();
    assert!(Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
    reader.read_to_string(&mut log).unwrap();
    log
}

#[test]
fn shared_signing_keys_are_warned_about_at_the_start() {
    let folder = TempDir::new().unwrap();
    let keys = folder.path().join("keys.json");
    std::fs::write(&keys, r#"{"keys": []}"#).unwrap();
    let log = |issuer: Option<&str>| {
        let mut command = jobline(&folder);
        command.env("JOBLINE_JWKS_FILE", &keys).envs(issuer.map(|issuer| ("JOBLINE_JWT_ISSUER", issuer)));
        Started::new(&mut command).stop().1
    };
    assert_eq!(lines(&log(None), &["\"WARN\"", "--jwt-issuer", "another application"]), 1);
    assert_eq!(lines(&log(Some(ISSUER)), &["another application"]), 0);
}
