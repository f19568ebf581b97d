//! The binary as a Lambda function, behind each front.

use crate::account::{Account, HOST_KEY};
use crate::front::{Asked, FRONTS, Front};
use crate::function::{Ended, Function, environment};
use serde_json::{Value, json};
use std::process::Stdio;

const PDF: &[u8] = b"%PDF-1.7 and so on";

/// A function behind a front.
pub struct Deployment {
    pub function: Function,
    front: Front,
    account: Account,
}

impl Deployment {
    async fn new(front: Front) -> Self {
        Self::with(front, &[]).await
    }

    /// With these settings in addition.
    pub async fn with(front: Front, settings: &[(&str, &str)]) -> Self {
        let account = Account::new().await;
        let mut program = account.program();
        program.envs(settings.iter().copied());
        Self { function: Function::start(&mut program).await, front, account }
    }

    pub async fn ask(&mut self, asked: Asked<'_>) -> crate::front::Answer {
        self.front.ask(&mut self.function, asked).await
    }

    pub async fn host(&mut self, method: &str, path: &str, body: Value) -> Value {
        let headers = vec![bearer(HOST_KEY), ("content-type", "application/json".to_owned())];
        self.ask(Asked { method, path, headers, body: Some(body), ..Asked::default() }).await.ok()
    }

    pub async fn post(&mut self, token: &str, path: &str, body: Value) -> Value {
        let headers = vec![bearer(token), ("content-type", "application/json".to_owned())];
        self.ask(Asked { method: "POST", path, headers, body: Some(body), ..Asked::default() }).await.ok()
    }

    pub async fn get(&mut self, token: &str, path: &str, query: &[(&str, &str)]) -> Value {
        self.ask(Asked { method: "GET", path, query, headers: vec![bearer(token)], ..Asked::default() }).await.ok()
    }

    /// Tokens of Anna and Ben, who share job 1.
    pub async fn people(&mut self) -> (String, String) {
        let mut tokens = Vec::new();
        for user in ["anna", "ben|1"] {
            self.host("PUT", &format!("/host/users/{user}"), json!({"name": user})).await;
            let minted = self.host("POST", &format!("/host/users/{user}/token"), json!({})).await;
            tokens.push(minted["token"].as_str().unwrap().to_owned());
        }
        let job = json!({"title": "Roof", "participants": ["anna", "ben|1"], "status": "open"});
        self.host("PUT", "/host/jobs/1", job).await;
        let ben = tokens.pop().unwrap();
        (tokens.pop().unwrap(), ben)
    }
}

fn bearer(token: &str) -> (&'static str, String) {
    ("authorization", format!("Bearer {token}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn users_write_to_each_other_through_every_front() {
    for front in FRONTS {
        let mut deployment = Deployment::new(front).await;
        let (anna, ben) = deployment.people().await;
        let sent =
            deployment.post(&anna, "/messages/send", json!({"receiverId": "ben|1", "content": "Grüße 👷"})).await;
        let conversation = sent["conversationId"].as_str().unwrap();
        let listed = deployment.get(&ben, "/messages/list", &[("conversationId", conversation)]).await;
        assert_eq!(listed["messages"][0]["content"], "Grüße 👷", "{front:?}");
        let cursor = listed["cursor"].as_str().unwrap();
        let query = [("conversationId", conversation), ("since", cursor), ("limit", "10")];
        assert_eq!(deployment.get(&ben, "/messages/list", &query).await["messages"], json!([]), "{front:?}");
        let since = [("conversationId", conversation), ("since", "2025-11-14T12:30:00.000+02:00")];
        let listed = deployment.get(&anna, "/messages/list", &since).await;
        assert_eq!(listed["messages"][0]["status"], "delivered", "{front:?}: a time with its plus sign");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn files_go_to_the_bucket_and_never_through_the_function() {
    let mut deployment = Deployment::new(Front::FunctionUrl).await;
    let (anna, ben) = deployment.people().await;
    let announced =
        json!({"receiverId": "ben|1", "fileName": "plan.pdf", "fileSize": PDF.len(), "contentType": "application/pdf"});
    let target = deployment.post(&anna, "/messages/uploadFile", announced).await;
    let put = ureq::put(target["uploadUrl"].as_str().unwrap()).header("content-type", "application/pdf").send(PDF);
    assert_eq!(put.unwrap().status(), 200);
    let message = json!({"receiverId": "ben|1", "content": "", "fileUrl": target["fileUrl"]});
    let sent = deployment.post(&anna, "/messages/send", message).await;
    let conversation = sent["conversationId"].as_str().unwrap();
    let listed = deployment.get(&ben, "/messages/list", &[("conversationId", conversation)]).await;
    let mut file = ureq::get(listed["messages"][0]["fileUrl"].as_str().unwrap()).call().unwrap();
    assert_eq!(file.body_mut().read_to_vec().unwrap(), PDF);
}

/// The page of the app comes from the function; its uploads and images go to the bucket, which its policy has to allow.
#[tokio::test(flavor = "multi_thread")]
async fn the_app_may_reach_the_bucket() {
    let mut deployment = Deployment::new(Front::FunctionUrl).await;
    let page = deployment.ask(Asked { method: "GET", path: "/", ..Asked::default() }).await;
    assert_eq!(page.status, 200, "{page:?}");
    let policy = page.headers["content-security-policy"].clone();
    let bucket = deployment.account.s3_endpoint.trim_end_matches('/').to_owned();
    for directive in ["img-src", "media-src", "connect-src"] {
        let allowed = policy.split("; ").find(|part| part.starts_with(directive)).unwrap();
        assert!(allowed.split(' ').any(|origin| origin == bucket), "{allowed} without {bucket}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_changes_of_a_front_to_requests_are_undone() {
    for front in FRONTS {
        let mut deployment = Deployment::new(front).await;
        let (anna, _) = deployment.people().await;
        let json_type = || ("content-type", "application/json".to_owned());
        let body = Some(json!({"receiverId": "ben|1", "content": "in base64 — 👷"}));
        let headers = vec![bearer(&anna), json_type()];
        let asked =
            Asked { method: "POST", path: "/messages/send", headers, body, in_base64: true, ..Asked::default() };
        assert_eq!(deployment.ask(asked).await.ok()["message"]["content"], "in base64 — 👷", "{front:?}");

        let path = "/messages/conversations";
        let twice = Asked {
            method: "GET",
            path,
            query: &[("limit", "1"), ("limit", "2")],
            headers: vec![bearer(&anna)],
            ..Asked::default()
        };
        let answer = deployment.ask(twice).await;
        assert_eq!((answer.status, &answer.json()["field"]), (400, &json!("limit")), "{front:?}: both values arrive");

        let given = vec![bearer(&anna), ("x-request-id", "mine".to_owned()), ("cookie", "a=1; b=2".to_owned())];
        let answer = deployment.ask(Asked { method: "GET", path, headers: given, ..Asked::default() }).await;
        assert_eq!(answer.headers["x-request-id"], "mine", "{front:?}");
        let answer = deployment.ask(Asked { method: "GET", path, ..Asked::default() }).await;
        assert_eq!((answer.status, &answer.headers["x-request-id"]), (401, &answer.invocation), "{front:?}");
        assert!(answer.headers.contains_key("www-authenticate"));
        let answer = deployment.ask(Asked { method: "GET", path: "/nothing/here", ..Asked::default() }).await;
        assert_eq!((answer.status, &answer.json()["code"]), (404, &json!("not_found")), "{front:?}");
        assert_eq!(deployment.ask(Asked { method: "GET", path: "/healthz", ..Asked::default() }).await.status, 200);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_that_is_not_a_request_fails_and_the_next_is_served() {
    let mut deployment = Deployment::new(Front::FunctionUrl).await;
    let (_, ended) = deployment.function.invoke(json!({"source": "aws.events", "detail": {}})).await;
    let Ended::Failed(error) = ended else { panic!("{ended:?}") };
    assert_eq!(error["errorType"], "Jobline.NotHttp");
    assert_eq!(deployment.ask(Asked { method: "GET", path: "/healthz", ..Asked::default() }).await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_function_with_data_on_its_disk_does_not_start() {
    let account = Account::new().await;
    for (change, named) in [
        (("JOBLINE_STORE", "embedded"), "--store"),
        (("JOBLINE_FILES", "local"), "--files"),
        (("JOBLINE_JWT_SECRET", ""), "--jwt-secret"),
        (("AWS_LAMBDA_FUNCTION_NAME", ""), "AWS_LAMBDA_FUNCTION_NAME"),
    ] {
        let mut command = account.program();
        environment(&mut command, "127.0.0.1:9");
        match change {
            (name, "") => command.env_remove(name),
            ("JOBLINE_STORE", value) => command.env("JOBLINE_STORE", value).env_remove("JOBLINE_DYNAMODB_TABLE"),
            (name, value) => command.env(name, value).env_remove("JOBLINE_S3_BUCKET"),
        };
        let output = command.stdin(Stdio::null()).output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!((output.status.code(), said.lines().count()), (Some(2), 1), "{said}");
        assert!(said.contains(named), "{said}");
    }
}
