//! A page uploads to the bucket across origins, in a real browser.

use crate::account::{Account, HOST_KEY};
use axum::Router;
use axum::body::Bytes;
use axum::response::Html;
use axum::routing::{get, post};
use serde_json::{Value, json};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use tokio::sync::mpsc;

/// The path of Chromium on Debian, and its names elsewhere.
const BROWSERS: [&str; 3] = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

/// It is ended when the test ends.
struct Browser(Child);

impl Browser {
    fn open(url: &str, profile: &Path) -> Self {
        let program = BROWSERS.iter().find(|path| Path::new(path).exists());
        let program = program.expect("Chromium is missing: apt-get install chromium");
        let child = Command::new(program)
            .args(["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"])
            .args(["--disable-background-networking", "--disable-component-update", "--disable-sync"])
            .arg(format!("--user-data-dir={}", profile.display()))
            .arg(url)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        Self(child.unwrap())
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn call(address: &str, method: &str, path: &str, body: Value) -> Value {
    let request = http::Request::builder().method(method).uri(format!("http://{address}{path}"));
    let request =
        request.header("authorization", format!("Bearer {HOST_KEY}")).header("content-type", "application/json");
    let mut answer = ureq::run(request.body(body.to_string()).unwrap()).unwrap();
    serde_json::from_str(&answer.body_mut().read_to_string().unwrap()).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_uploads_what_it_announced_and_nothing_else() {
    let account = Account::new().await;
    let (page, mut found) = mpsc::channel(1);
    let extra_routes = Router::new().route("/page", get(|| async { Html(include_str!("upload.html")) })).route(
        "/found",
        post(move |body: Bytes| {
            let page = page.clone();
            async move { page.send(serde_json::from_slice::<Value>(&body).unwrap()).await.unwrap() }
        }),
    );
    let address = account.serve(extra_routes).await.to_string();
    for user in ["anna", "ben"] {
        call(&address, "PUT", &format!("/host/users/{user}"), json!({"name": user}));
    }
    call(&address, "PUT", "/host/jobs/1", json!({"title": "Roof", "participants": ["anna", "ben"], "status": "open"}));
    let token = call(&address, "POST", "/host/users/anna/token", json!({}))["token"].as_str().unwrap().to_owned();

    let profile = tempfile::tempdir().unwrap();
    let _browser = Browser::open(&format!("http://{address}/page?token={token}"), profile.path());
    let found =
        tokio::time::timeout(Duration::from_secs(60), found.recv()).await.expect("the page's findings").unwrap();
    assert_eq!(
        found,
        json!({
            "crossOrigin": true,
            "tooShort": 403,
            "tooLong": 403,
            "otherType": 403,
            "otherBytes": 400,
            "right": 200,
            "type": "image",
            "same": true,
            "disposition": "inline; filename=\"roof.png\"; filename*=UTF-8''roof.png",
        })
    );
}
