//! The web app over the real router: the answers for browsers and caches.
//!
//! Most tests use an app of three small files, so that they run on a machine without Node. The last ones use the app in
//! this build, if it has one.

use crate::support::{Differs, Reply, TestApp};
use axum::body::Body;
use http::{Method, Request};
use jobline_server::web::{self, Embedding};
use jobline_web::{ABSENT, ASSETS, Asset};
use jobline_wire::Code;

const fn asset(path: &'static str, identity: &'static [u8]) -> Asset {
    Asset { path, identity, brotli: None, gzip: None }
}

static FILES: &[Asset] = &[
    Asset { brotli: Some(b"page in brotli"), gzip: Some(b"page in gzip"), ..asset("index.html", b"<!doctype html>") },
    Asset { gzip: Some(b"code in gzip"), ..asset("assets/app-4f2a.js", b"export {}") },
    asset("jobline-chat.js", b"customElements"),
    asset("jobline-live.js", b"WebSocket"),
    asset("jobline-emoji.js", b"emoji"),
    asset("sw.js", b"self"),
    asset("manifest.webmanifest", b"{}"),
];

fn embedding() -> Embedding {
    Embedding {
        files: vec!["https://files.example".to_owned(), "https://bucket.s3.eu-central-1.amazonaws.com".to_owned()],
        live: vec!["wss://chat.example".to_owned()],
        frames: vec!["https://market.example".to_owned()],
        path: String::new(),
    }
}

async fn app() -> TestApp {
    TestApp::with_routes(web::routes_of(FILES, &embedding())).await
}

async fn with(app: &TestApp, path: &str, headers: &[(&str, &str)]) -> Reply {
    let request = headers.iter().fold(Request::get(path), |request, (name, value)| request.header(*name, *value));
    app.ask(request.body(Body::empty()).unwrap()).await
}

#[tokio::test]
async fn the_page_is_at_the_root_and_under_its_name() {
    let app = app().await;
    for path in ["/", "/index.html"] {
        let page = app.get(path).await;
        assert_eq!((page.status.as_u16(), page.text()), (200, "<!doctype html>"));
        assert_eq!(page.header("content-type"), Some("text/html; charset=utf-8"));
    }
}

#[tokio::test]
async fn files_with_a_hash_in_their_name_are_cached_and_others_revalidated() {
    let app = app().await;
    for (path, kept) in [
        ("/assets/app-4f2a.js", "public, max-age=31536000, immutable"),
        ("/", "no-cache"),
        ("/sw.js", "no-cache"),
        ("/manifest.webmanifest", "no-cache"),
        ("/jobline-chat.js", "public, max-age=300, stale-while-revalidate=86400"),
        ("/jobline-live.js", "public, max-age=300, stale-while-revalidate=86400"),
        ("/jobline-emoji.js", "public, max-age=300, stale-while-revalidate=86400"),
    ] {
        assert_eq!(app.get(path).await.header("cache-control"), Some(kept), "{path}");
    }
}

#[tokio::test]
async fn an_unchanged_file_is_answered_304() {
    let app = app().await;
    for file in FILES {
        let path = format!("/{}", file.path);
        let first = app.get(&path).await;
        let tag = first.header("etag").unwrap().to_owned();
        for known in [tag.clone(), format!("W/{tag}"), format!("\"other\", {tag}"), "*".to_owned()] {
            let again = with(&app, &path, &[("if-none-match", &known)]).await;
            assert_eq!((again.status.as_u16(), again.body.len()), (304, 0), "{path} {known}");
            for name in ["etag", "cache-control", "vary", "content-security-policy"] {
                assert_eq!(again.header(name), first.header(name), "{path}: {name}");
            }
        }
        assert_eq!(with(&app, &path, &[("if-none-match", "\"other\"")]).await.status, 200);
    }
}

#[tokio::test]
async fn the_smallest_encoding_is_sent_of_those_that_the_client_likes_best() {
    let app = app().await;
    for (accepted, coding, body) in [
        ("gzip, deflate, br, zstd", Some("br"), "page in brotli"),
        ("BR", Some("br"), "page in brotli"),
        ("gzip;q=1.0, br;q=0.5", Some("gzip"), "page in gzip"),
        ("*", Some("br"), "page in brotli"),
        ("br;q=0, *", Some("gzip"), "page in gzip"),
        ("gzip", Some("gzip"), "page in gzip"),
        ("br;q=0, gzip", Some("gzip"), "page in gzip"),
        ("br;q=0, gzip;q=0.000", None, "<!doctype html>"),
        ("identity", None, "<!doctype html>"),
        ("brr, xgzip", None, "<!doctype html>"),
        ("", None, "<!doctype html>"),
    ] {
        let page = with(&app, "/", &[("accept-encoding", accepted)]).await;
        assert_eq!((page.header("content-encoding"), page.text()), (coding, body), "{accepted}");
        assert!(page.headers.get_all("vary").iter().any(|vary| vary == "accept-encoding"), "{accepted}");
    }
    // This file has no Brotli form, so gzip is sent.
    let code = with(&app, "/assets/app-4f2a.js", &[("accept-encoding", "br, gzip")]).await;
    assert_eq!(code.header("content-encoding"), Some("gzip"));
}

#[tokio::test]
async fn each_encoding_has_its_own_etag() {
    let app = app().await;
    let mut tags = Vec::new();
    for accepted in ["br", "gzip", "identity"] {
        let page = with(&app, "/", &[("accept-encoding", accepted)]).await;
        tags.push(page.header("etag").unwrap().to_owned());
        let same = [("accept-encoding", accepted), ("if-none-match", tags.last().unwrap())];
        assert_eq!(with(&app, "/", &same).await.status, 304);
    }
    let crossed = with(&app, "/", &[("accept-encoding", "gzip"), ("if-none-match", &tags[0])]).await;
    assert_eq!(crossed.status, 200, "the Brotli form is not the gzip form");
    tags.dedup();
    assert_eq!(tags.len(), 3);
}

#[tokio::test]
async fn head_has_the_headers_of_get() {
    let app = app().await;
    let request = Request::builder().method(Method::HEAD).uri("/").body(Body::empty()).unwrap();
    let (head, get) = (app.ask(request).await, app.get("/").await);
    assert_eq!((head.status.as_u16(), head.body.len()), (200, 0));
    assert_eq!(head.header("content-length"), Some("15"));
    for name in ["content-type", "etag", "cache-control", "content-security-policy"] {
        assert_eq!(head.header(name), get.header(name), "{name}");
    }
}

#[tokio::test]
async fn the_page_loads_scripts_and_styles_only_from_this_server() {
    let page = app().await.get("/").await;
    let policy: Vec<&str> = page.header("content-security-policy").unwrap().split("; ").collect();
    let files = "https://files.example https://bucket.s3.eu-central-1.amazonaws.com";
    let expected = [
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        &format!("img-src 'self' blob: data: https: {files}"),
        &format!("media-src 'self' blob: {files}"),
        &format!("connect-src 'self' {files} wss://chat.example"),
        "worker-src 'self'",
        "manifest-src 'self'",
        "frame-ancestors 'self' https://market.example",
        "base-uri 'none'",
        "form-action 'none'",
    ];
    assert_eq!(policy, expected);
    assert_eq!(page.header("x-content-type-options"), Some("nosniff"));
    assert_eq!(page.header("referrer-policy"), Some("no-referrer"));
    assert_eq!(page.header("cross-origin-opener-policy"), Some("same-origin"));
    assert_eq!(page.header("cross-origin-resource-policy"), Some("same-origin"));
    let permissions = page.header("permissions-policy").unwrap();
    assert!(permissions.contains("geolocation=()") && permissions.contains("camera=(self), display-capture=(self)"));
    assert!(permissions.contains("microphone=(self)"), "{permissions}");
}

#[tokio::test]
async fn without_other_origins_the_policy_names_none() {
    let policy = web::policy(&Embedding::default());
    let policy = policy.to_str().unwrap();
    assert!(
        policy.contains("img-src 'self' blob: data: https:; media-src 'self' blob:; connect-src 'self'; "),
        "{policy}"
    );
    assert!(policy.contains("frame-ancestors 'self'; "), "{policy}");
}

#[tokio::test]
async fn pages_of_other_origins_may_load_only_the_element() {
    let app = app().await;
    for origin in ["https://market.example", "https://elsewhere.example"] {
        for script in ["/jobline-chat.js", "/jobline-live.js?9f2c", "/jobline-emoji.js?9f2c"] {
            let element = with(&app, script, &[("origin", origin)]).await;
            let allowed = element.header("access-control-allow-origin").unwrap();
            assert!(allowed == "*" || allowed == origin, "{script}: {allowed}");
            assert_eq!(element.header("cross-origin-resource-policy"), Some("cross-origin"), "{script}");
        }
    }
    let page = with(&app, "/", &[("origin", "https://elsewhere.example")]).await;
    assert_eq!(page.header("access-control-allow-origin"), None);
}

#[tokio::test]
async fn an_unknown_file_is_a_problem_and_not_the_page() {
    let app = app().await;
    for path in [
        "/assets/app-gone.js",
        "/assets/",
        "/assets",
        "/assets/../index.html",
        "/assets/..%2findex.html",
        "/assets/%2e%2e/sw.js",
        "/..%2f..%2fetc/passwd",
        "//index.html",
        "/index.html/",
        "/INDEX.HTML",
        "/messages",
    ] {
        app.get(path).await.is_problem(Code::NotFound);
    }
    let posted = Request::post("/").body(Body::empty()).unwrap();
    app.ask(posted).await.is_problem(Code::MethodNotAllowed);
}

#[tokio::test]
async fn the_api_works_next_to_the_app() {
    let app = app().await;
    app.get("/messages/sync").await.is_problem(Code::Unauthenticated);
    assert_eq!(app.get("/healthz").await.status, 200);
    assert_eq!(app.get("/openapi.json").await.header("content-type"), Some("application/json"));
    app.host().knows(&["anna", "ben"]).await;
    app.host().job(7, &["anna", "ben"], "open").await.is(200);
    app.user("anna").send("ben", "Hello").await.is(200);
}

#[tokio::test]
async fn every_file_of_the_app_in_this_build_is_served() {
    let app = TestApp::with(Differs { extra_routes: web::routes(&embedding()), ..Differs::default() }).await;
    let page = app.get("/").await;
    assert_eq!(page.status, 200);
    if let Some(why) = ABSENT {
        assert!(page.text().contains(why) && page.text().contains("/openapi.json"), "{}", page.text());
        return;
    }
    let text = page.text();
    assert!(!text.contains("<style") && !text.contains(" style=") && !text.contains("onclick"), "{text}");
    let named = text.split(['"', '\'']).filter(|part| part.starts_with('/') || part.starts_with("./"));
    let files: Vec<&str> = named.filter(|path| path.rsplit('/').next().unwrap().contains('.')).collect();
    assert!(
        files.iter().any(|path| path.ends_with(".js")) && files.iter().any(|path| path.ends_with(".css")),
        "{text}"
    );
    for path in files {
        let file = app.get(&format!("/{}", path.trim_start_matches("./").trim_start_matches('/'))).await;
        assert_eq!(file.status, 200, "{path}");
        assert_ne!(file.header("content-type"), Some("application/octet-stream"), "{path}");
    }
    for name in ["sw.js", "manifest.webmanifest", "jobline-chat.js", "jobline-live.js", "jobline-emoji.js"] {
        assert!(ASSETS.iter().any(|asset| asset.path == name), "{name} is in the app");
    }
    let packed = ASSETS.iter().filter(|asset| asset.path.ends_with(".js") && asset.identity.len() > 1_000);
    for asset in packed {
        assert!(asset.brotli.unwrap().len() < asset.gzip.unwrap().len(), "{}", asset.path);
        assert!(asset.gzip.unwrap().len() < asset.identity.len(), "{}", asset.path);
    }
}

#[tokio::test]
async fn below_the_path_of_a_public_url_the_page_names_its_files_there() {
    static PAGES: &[Asset] = &[
        asset("index.html", b"<head><link href=\"/icon.svg\"><script src=\"/assets/app-4f2a.js\"></script></head>"),
        asset("manifest.webmanifest", b"{\"id\": \"/\", \"icons\": [{\"src\": \"/icon.svg\"}]}"),
    ];
    let app = TestApp::with_routes(web::routes_of(PAGES, &Embedding { path: "/chat".to_owned(), ..embedding() })).await;
    let page = app.get("/").await;
    assert_eq!(
        page.text(),
        "<head><meta name=\"jobline-base\" content=\"/chat/\" /><link href=\"/chat/icon.svg\">\
         <script src=\"/chat/assets/app-4f2a.js\"></script></head>"
    );
    let manifest = app.get("/manifest.webmanifest").await;
    assert_eq!(manifest.text(), "{\"id\": \"/chat/\", \"icons\": [{\"src\": \"/chat/icon.svg\"}]}");
    let small = with(&app, "/", &[("accept-encoding", "gzip")]).await;
    assert_eq!(small.header("content-encoding"), Some("gzip"));
    assert_ne!(small.header("etag"), page.header("etag"));
}
