//! Origins and addresses of browsers: accepted ones, and those that could never match.

use super::{accepted, refused, says};

#[test]
fn a_public_url_is_an_http_url_without_query_and_credentials() {
    for text in [
        "example.com",
        "ftp://example.com",
        "https://",
        "https://a/?b",
        "https://a/#b",
        "https://u:p@a",
        "https://a:x",
        "https://a/b//c",
        "https://a/%41",
        "https://a/b\"c",
    ] {
        says(&refused(|s| s.public_url = Some(text.into())), &["--public-url", "https://chat.example.com"]);
    }
    let url = |text: &str| accepted(|s| s.public_url = Some(text.into())).public_url.unwrap();
    assert_eq!(url("https://Chat.Example.com/"), "https://chat.example.com");
    assert_eq!(url("http://localhost:8080"), "http://localhost:8080");
    assert_eq!(url("https://example.com/chat/"), "https://example.com/chat");
}

#[test]
fn allowed_origins_are_normalized_and_wildcards_refused() {
    says(&refused(|s| s.allowed_origins = Some("*".into())), &["--allowed-origins", "every page"]);
    for text in ["example.com", "https://a.example/", "https://a.example/x", "https://a.example,,", "null", ""] {
        says(&refused(|s| s.allowed_origins = Some(text.into())), &["--allowed-origins", "https://example.com"]);
    }
    let config = accepted(|s| s.allowed_origins = Some("https://A.example:443, http://b.example:8080".into()));
    assert_eq!(config.allowed_origins, ["https://a.example", "http://b.example:8080"]);
}

#[test]
fn whatever_a_browser_sends_as_an_origin_can_be_named() {
    for (text, sent) in [
        ("capacitor://localhost", "capacitor://localhost"),
        ("ionic://localhost", "ionic://localhost"),
        ("tauri://localhost", "tauri://localhost"),
        ("http://tauri.localhost", "http://tauri.localhost"),
        ("chrome-extension://abcdefghijklmnop", "chrome-extension://abcdefghijklmnop"),
        ("moz-extension://0b2c-11", "moz-extension://0b2c-11"),
        ("app://obsidian.md", "app://obsidian.md"),
        ("HTTPS://Example.COM", "https://example.com"),
        ("http://localhost:5173", "http://localhost:5173"),
        ("https://example.com:0443", "https://example.com"),
        ("http://192.168.0.10:8080", "http://192.168.0.10:8080"),
        ("http://[0:0:0:0:0:0:0:1]:80", "http://[::1]"),
        ("http://[::ffff:1.2.3.4]", "http://[::ffff:102:304]"),
        ("https://xn--mnchen-3ya.example", "https://xn--mnchen-3ya.example"),
        ("https://a_b.example.", "https://a_b.example."),
    ] {
        assert_eq!(accepted(|s| s.allowed_origins = Some(text.into())).allowed_origins, [sent]);
    }
}

#[test]
fn an_origin_that_could_never_match_is_refused() {
    for text in [
        "https://*.example.com",
        "https://münchen.example",
        "https://a.example:0",
        "https://a.example:99999",
        "https://a.example:",
        "https://u@a.example",
        "https://a%2eexample",
        "https://a..example",
        "https://a.example?x",
        "https://a.example#x",
        "http://127.1",
        "http://0x7f.0.0.1",
        "http://256.0.0.1",
        "http://[::1",
        "http://[::g]",
        "capacitor://",
        "capacitor://localhost/",
        "1app://localhost",
        "file:///",
        "file://localhost",
        "ws://a.example",
        "data:text/html,x",
    ] {
        says(&refused(|s| s.allowed_origins = Some(text.into())), &["--allowed-origins", "https://example.com"]);
    }
    says(&refused(|s| s.allowed_origins = Some("null".into())), &["sandboxed frame"]);
}

#[test]
fn the_base_url_follows_the_address() {
    let bound = |text: &str| text.parse().unwrap();
    let config = accepted(|_| {});
    assert_eq!(config.base_url(bound("127.0.0.1:4321")), "http://127.0.0.1:4321");
    assert_eq!(config.base_url(bound("0.0.0.0:80")), "http://127.0.0.1:80");
    let told = accepted(|s| s.public_url = Some("https://chat.example.com".into()));
    assert_eq!(told.base_url(bound("0.0.0.0:80")), "https://chat.example.com");
}
