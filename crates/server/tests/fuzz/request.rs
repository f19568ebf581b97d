//! A whole server in memory that gets requests of any bytes: paths, queries, JSON, tRPC, tokens, cursors, ids, signed
//! URLs, imports. Shared by the replay of the corpus and by the fuzz target.
//!
//! A case is text. Its first line is the caller (`anna`, `ben`, `eve`, `host`, `nobody`, or the text after `Bearer` in the
//! header), the second has method and target, then come headers, an empty line and the body. In all of it `{message}`,
//! `{call}`, `{list}`, `{conversations}`, `{sync}` (cursors of Anna), `{token}`, `{upload}`, `{file}` and `{download}`
//! stand for values that this server issued, so that cases pass the checks of seals and signatures.

use super::support::{HOST_KEY, Reply, TestApp};
use axum::body::Body;
use http::{Method, Request};
use serde_json::{Value, json};

/// Text that only the two members and the host may get in an answer.
const SECRET: &str = "under the mat";

/// The server, and the values that it issued.
pub struct Server {
    app: TestApp,
    given: Vec<(&'static str, String)>,
}

impl Server {
    pub async fn new() -> Self {
        let app = TestApp::with_job_and_users().await;
        let text = |value: &Value| value.as_str().expect("a text").to_owned();
        let (anna, ben) = (app.user("anna"), app.user("ben"));
        let sent = anna.send("ben", "The key is under the mat").await.is(200);
        let file = json!({"receiverId": "ben", "fileName": "a.txt", "fileSize": 24, "contentType": "text/plain"});
        let (first, second) = (upload(&app, &file).await, anna.post("/messages/uploadFile", &file).await.is(200));
        let shared = json!({"receiverId": "ben", "content": "", "type": "file", "fileUrl": first["fileUrl"]});
        let shared = anna.post("/messages/send", &shared).await.is(200);
        let cursor = async |path: &str| text(&ben.get(path).await.is(200)["cursor"]);
        let given = vec![
            ("{message}", text(&sent["message"]["id"])),
            ("{list}", cursor("/messages/list?conversationId=conv_anna_ben").await),
            ("{conversations}", cursor("/messages/conversations").await),
            ("{sync}", cursor("/messages/sync").await),
            ("{token}", ben.key.clone()),
            ("{upload}", target(&text(&second["uploadUrl"]))),
            ("{file}", text(&second["fileUrl"])),
            ("{download}", target(&text(&shared["message"]["fileUrl"]))),
        ];
        Self { app, given }
    }

    /// Sends the request in `case`, and checks the invariants of every answer. Returns the status; `None` if HTTP cannot
    /// carry the case.
    ///
    /// # Panics
    /// When an invariant is broken.
    pub async fn play(&self, case: &[u8]) -> Option<u16> {
        let (caller, request) = self.request(case)?;
        let (shown, is_trpc) = (format!("{} {}", request.method(), request.uri()), is_trpc(&request));
        let asked = String::from_utf8_lossy(case).into_owned();
        let reply = self.app.ask(request).await;
        let status = reply.status.as_u16();
        assert!(status < 500, "{shown} was answered {status}: {reply:?}");
        assert!(reply.header("x-request-id").is_some(), "{shown}: an answer without an id");
        if !["anna", "ben", "host"].contains(&&*caller) && !asked.contains('{') {
            let text = String::from_utf8_lossy(&reply.body);
            assert!(!text.contains(SECRET), "{shown} by {caller:?} tells {text}");
        }
        if (400..500).contains(&status) && !reply.body.is_empty() {
            explains(&shown, is_trpc, &reply);
        }
        Some(status)
    }

    fn request(&self, case: &[u8]) -> Option<(String, Request<Body>)> {
        let (head, body) = split(case);
        let head = self.expanded(&String::from_utf8_lossy(head));
        let body = match std::str::from_utf8(body) {
            Ok(text) => self.expanded(text).into_bytes(),
            Err(_) => body.to_vec(),
        };
        let mut lines = head.lines();
        let (caller, first) = (lines.next()?.to_owned(), lines.next()?);
        let (method, target) = first.split_once(' ')?;
        let mut request = Request::builder().method(Method::from_bytes(method.as_bytes()).ok()?).uri(target);
        let key = match &*caller {
            "anna" | "ben" | "eve" => Some(self.app.user(&caller).key),
            "host" => Some(HOST_KEY.to_owned()),
            "nobody" => None,
            other => Some(other.to_owned()),
        };
        if let Some(key) = key {
            request = request.header("authorization", format!("Bearer {key}"));
        }
        for line in lines {
            let (name, value) = line.split_once(':')?;
            request = request.header(name, value.trim());
        }
        Some((caller, request.body(Body::from(body)).ok()?))
    }

    fn expanded(&self, text: &str) -> String {
        self.given.iter().fold(text.to_owned(), |text, (name, value)| text.replace(name, value))
    }
}

/// Uploads a file that Anna announces.
async fn upload(app: &TestApp, file: &Value) -> Value {
    let grant = app.user("anna").post("/messages/uploadFile", file).await.is(200);
    let mut put = Request::put(grant["uploadUrl"].as_str().expect("a URL"));
    for (name, value) in grant["headers"].as_object().expect("headers") {
        put = put.header(name, value.as_str().expect("a header"));
    }
    let put = put.header("content-length", 24).body(Body::from(&b"The key is under the mat"[..])).expect("a request");
    assert!(app.ask(put).await.status.is_success());
    grant
}

/// Path and query of a URL.
fn target(url: &str) -> String {
    let path = url.find("/files/").expect("a URL of a file");
    url[path..].to_owned()
}

/// Head and body: the body begins after the first empty line.
fn split(case: &[u8]) -> (&[u8], &[u8]) {
    let end = case.windows(2).position(|two| two == b"\n\n");
    end.map_or((case, &[][..]), |end| (&case[..end], &case[end + 2..]))
}

fn is_trpc(request: &Request<Body>) -> bool {
    request.uri().path().starts_with("/trpc/")
}

/// A refusal is a complete problem, or the envelope of tRPC.
fn explains(shown: &str, is_trpc: bool, reply: &Reply) {
    let kind = reply.header("content-type").unwrap_or_default();
    // A path that is not tRPC's is answered like any other.
    if is_trpc && kind.starts_with("application/json") {
        let envelope: Value = serde_json::from_slice(&reply.body).expect("an envelope is JSON");
        return assert!(envelope.is_array() || envelope["error"].is_object(), "{shown}: {envelope}");
    }
    assert_eq!(kind, "application/problem+json", "{shown}: {reply:?}");
    let problem: Value = serde_json::from_slice(&reply.body).expect("a problem is JSON");
    assert!(problem["code"].is_string() && problem["detail"].is_string(), "{shown}: {problem}");
}
