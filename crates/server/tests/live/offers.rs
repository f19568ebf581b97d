//! To whom live connections are offered, and whom the server refuses before the upgrade.

use crate::client::{Live, contents};
use crate::program::Program;
use serde_json::{Value, json};

fn refusal(program: &Program, headers: &[(&str, &str)]) -> (u16, Value) {
    match Live::try_connect(program, headers) {
        Ok(_) => panic!("let in with {headers:?}"),
        Err((status, problem)) => (status, problem["code"].clone()),
    }
}

#[test]
fn sync_offers_the_address_that_works() {
    let program = Program::start(&[]);
    let offer = program.get("/messages/sync", &program.token("ben"))["live"].clone();
    assert_eq!(offer, json!({"url": format!("ws://{}/messages/live", program.address), "afterMs": 0}));
}

#[test]
fn with_live_off_there_is_no_offer_and_polls_continue() {
    for settings in [&["--live", "off"][..], &["--live-percent", "0"]] {
        let program = Program::start(settings);
        let (anna, ben) = (program.token("anna"), program.token("ben"));
        let synced = program.get("/messages/sync", &ben);
        assert_eq!(synced.get("live"), None);
        let protocols = format!("jobline.v1, bearer.{ben}");
        assert_eq!(refusal(&program, &[("sec-websocket-protocol", &protocols)]), (403, json!("not_offered")));
        program.send(&anna, "ben", "Hello");
        let path = format!("/messages/sync?wait=20&since={}", synced["cursor"].as_str().unwrap());
        assert_eq!(contents(&program.get(&path, &ben)), ["Hello"]);
    }
}

/// The closing code for a page, since a browser hides the answer to a refused upgrade.
fn page_hears(program: &Program, user: &str) -> (Value, u16) {
    let (protocols, own) = (format!("jobline.v1, bearer.{user}"), format!("http://{}", program.address));
    let mut page =
        Live::try_connect(program, &[("sec-websocket-protocol", &protocols), ("origin", &own)]).ok().unwrap();
    page.bye()
}

#[test]
fn the_closing_code_says_that_nothing_is_offered_or_the_server_is_full() {
    let program = Program::start(&["--live", "off"]);
    let (bye, code) = page_hears(&program, &program.token("ben"));
    assert_eq!((&bye["reason"], &bye["retryAfterMs"], code), (&json!("not_offered"), &json!(600_000), 4403));
    let program = Program::start(&["--max-connections", "20"]);
    let users: Vec<String> = (0..18).map(|number| program.token(&format!("user{number}"))).collect();
    let open: Vec<Live> = users.iter().map(|token| Live::connect(&program, token)).collect();
    let (bye, code) = page_hears(&program, &program.token("ben"));
    assert_eq!((&bye["reason"], code), (&json!("full"), 1013));
    assert!((10_000..30_000).contains(&bye["retryAfterMs"].as_u64().unwrap()), "{bye}");
    drop(open);
}

#[test]
fn forbidden_connections_are_refused_before_the_upgrade() {
    let program = Program::start(&["--allowed-origins", "https://market.example"]);
    let ben = program.token("ben");
    let (good, own) = (format!("jobline.v1, bearer.{ben}"), format!("http://{}", program.address));
    let protocols = |text: &str| refusal(&program, &[("sec-websocket-protocol", text)]);
    assert_eq!(refusal(&program, &[]), (401, json!("unauthenticated")));
    assert_eq!(protocols("jobline.v1"), (401, json!("unauthenticated")));
    assert_eq!(protocols("jobline.v1, bearer.a.b.c"), (401, json!("unauthenticated")));
    assert_eq!(protocols(&format!("{good}, bearer.{ben}")), (401, json!("unauthenticated")));
    assert_eq!(protocols(&format!("bearer.{ben}")), (400, json!("invalid_request")));
    let from = |origin: &str| [("sec-websocket-protocol", good.clone()), ("origin", origin.to_owned())];
    for origin in ["https://evil.example", "null", "http://localhost:1"] {
        let headers = from(origin);
        let headers: Vec<_> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
        assert_eq!(refusal(&program, &headers), (403, json!("not_offered")), "{origin}");
    }
    for origin in ["https://market.example", &own] {
        let headers = from(origin);
        let headers: Vec<_> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
        assert!(Live::try_connect(&program, &headers).is_ok(), "{origin}");
    }
    let (status, problem) = program.call("GET", "/messages/live", &ben, None);
    assert_eq!((status, &problem["code"]), (401, &json!("unauthenticated")), "a header is not where it is looked for");
}

#[test]
fn a_plain_request_gets_an_explanation() {
    let program = Program::start(&[]);
    let request = ureq::get(format!("http://{}/messages/live", program.address));
    let request = request.header("sec-websocket-protocol", format!("jobline.v1, bearer.{}", program.token("ben")));
    let mut response = request.config().http_status_as_error(false).build().call().unwrap();
    let problem: Value = serde_json::from_str(&response.body_mut().read_to_string().unwrap()).unwrap();
    assert_eq!((response.status().as_u16(), &problem["code"]), (400, &json!("invalid_request")));
    assert!(problem["detail"].as_str().unwrap().contains("WebSocket"), "{problem}");
}

#[test]
fn a_full_server_says_when_to_retry() {
    // A tenth of the connections is reserved for polls.
    let program = Program::start(&["--max-connections", "20"]);
    let users: Vec<String> = (0..18).map(|number| program.token(&format!("user{number}"))).collect();
    let open: Vec<Live> = users.iter().map(|token| Live::connect(&program, token)).collect();
    let protocols = format!("jobline.v1, bearer.{}", program.token("ben"));
    let (status, problem) = Live::try_connect(&program, &[("sec-websocket-protocol", &protocols)]).err().unwrap();
    assert_eq!((status, &problem["code"], &problem["retryAfterMs"]), (503, &json!("unavailable"), &json!(10_000)));
    drop(open);
}

#[test]
fn a_wrong_setting_is_named() {
    for settings in [["--live", "maybe"], ["--live-percent", "101"]] {
        let output = std::process::Command::new(env!("CARGO_BIN_EXE_jobline")).env_clear().args(settings).output();
        let said = String::from_utf8(output.unwrap().stderr).unwrap();
        assert!(said.contains(settings[0]) && said.contains("accepted is"), "{said}");
    }
}
