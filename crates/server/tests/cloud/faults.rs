//! The bucket is unavailable for a while: the answers to callers, and that nothing is lost.

use crate::account::{Account, HOST_KEY};
use axum::Router;
use jobline_files_s3::testing::{self as s3, Link, LinkState};
use jobline_server::system::{SystemClock, SystemRandom};
use jobline_tools::check::{self, Target};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::{Duration, Instant};

const PDF: &[u8] = b"%PDF-1.7 and so on";

/// Calls the server at `address`: status, `Retry-After`, body.
fn call(address: &str, method: &str, path: &str, key: &str, body: &Value) -> (u16, Option<String>, Value) {
    let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
    let request = http::Request::builder().method(method).uri(format!("http://{address}{path}"));
    let request = request.header("authorization", format!("Bearer {key}")).header("content-type", "application/json");
    let body = if method == "GET" { String::new() } else { body.to_string() };
    let mut answer = agent.run(request.body(body).unwrap()).unwrap();
    let retry_after = answer.headers().get("retry-after").map(|value| value.to_str().unwrap().to_owned());
    let text = answer.body_mut().read_to_string().unwrap();
    (answer.status().as_u16(), retry_after, serde_json::from_str(&text).unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn without_the_bucket_files_are_unavailable_and_messages_work() {
    let mut account = Account::new().await;
    let link = Link::to(s3::endpoint()).await;
    account.s3_endpoint = link.endpoint.clone();
    let address = account.serve(Router::new()).await.to_string();
    for user in ["anna", "ben"] {
        call(&address, "PUT", &format!("/host/users/{user}"), HOST_KEY, &json!({"name": user}));
    }
    let job = json!({"title": "Roof", "participants": ["anna", "ben"], "status": "open"});
    call(&address, "PUT", "/host/jobs/1", HOST_KEY, &job);
    let (_, _, minted) = call(&address, "POST", "/host/users/anna/token", HOST_KEY, &json!({}));
    let token = minted["token"].as_str().unwrap();
    let announced =
        json!({"receiverId": "ben", "fileName": "plan.pdf", "fileSize": PDF.len(), "contentType": "application/pdf"});
    let (_, _, target) = call(&address, "POST", "/messages/uploadFile", token, &announced);
    ureq::put(target["uploadUrl"].as_str().unwrap()).header("content-type", "application/pdf").send(PDF).unwrap();

    let with_file = json!({"receiverId": "ben", "content": "", "fileUrl": target["fileUrl"], "clientId": "1"});
    for link_state in [LinkState::Cut, LinkState::Silent] {
        link.set(link_state);
        let begun = Instant::now();
        let (status, retry_after, problem) = call(&address, "POST", "/messages/send", token, &with_file);
        assert_eq!((status, &problem["code"]), (503, &json!("unavailable")), "{link_state:?}: {problem}");
        assert!(retry_after.is_some_and(|seconds| seconds.parse::<u64>().unwrap() >= 1), "{link_state:?}");
        assert!(begun.elapsed() < Duration::from_secs(10), "{link_state:?}");
        let text = json!({"receiverId": "ben", "content": format!("meanwhile, {link_state:?}")});
        assert_eq!(call(&address, "POST", "/messages/send", token, &text).0, 200, "messages need no bucket");
        link.set(LinkState::Open);
    }
    let (status, _, sent) = call(&address, "POST", "/messages/send", token, &with_file);
    assert_eq!(
        (status, &sent["message"]["number"]),
        (200, &json!(3)),
        "it recovers by itself, and nothing was half done"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deployment_in_the_cloud_passes_the_check() {
    let account = Account::new().await;
    let address = account.serve(Router::new()).await;
    let target = Target {
        url: format!("http://{address}"),
        host_key: Some(HOST_KEY.to_owned()),
        jwt_secret: None,
        timeout: Duration::from_secs(10),
    };
    let (well, said) = tokio::task::spawn_blocking(move || {
        let mut said = Vec::new();
        let well = check::run(&target, Arc::new(SystemClock), &SystemRandom, &mut said);
        (well, String::from_utf8(said).unwrap())
    })
    .await
    .unwrap();
    assert!(well, "{said}");
}
