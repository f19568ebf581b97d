//! Calls procedures without HTTP, as another face of the API would.

use crate::support::{HOST_KEY, TestApp};
use jobline_api::procedure::Input;
use jobline_api::table;
use jobline_wire::Code;
use serde_json::{Value, json};

/// A face that calls procedures by name with a token, a target and JSON, and returns JSON or an error code.
async fn call(app: &TestApp, name: &str, token: &str, target: &str, input: &str) -> Result<Value, Code> {
    let procedure = table::procedures().into_iter().find(|one| one.name == name).unwrap();
    let steps = async {
        let call = procedure.authenticate(app.service.app(), token.into()).await?;
        call.decode(app.service.app(), target, Input::Json(input.as_bytes()))?.run().await
    };
    match steps.await {
        Ok(json) => Ok(serde_json::from_slice(&json).unwrap()),
        Err(jobline_http::Failure { problem, .. }) => Err(problem.code),
    }
}

#[tokio::test]
async fn every_procedure_can_be_called_by_its_name() {
    let app = TestApp::new().await;
    for user in ["anna|1", "ben"] {
        let told = call(&app, "putUser", HOST_KEY, user, &json!({"name": "Anna"}).to_string()).await.unwrap();
        assert_eq!(told["id"], user);
    }
    let job = json!({"title": "Paint", "participants": ["anna|1", "ben"], "status": "open"}).to_string();
    call(&app, "putJob", HOST_KEY, "7", &job).await.unwrap();
    let minted = call(&app, "mintToken", HOST_KEY, "anna|1", "{}").await.unwrap();
    let anna = minted["token"].as_str().unwrap();
    let sent = json!({"receiverId": "ben", "content": "Hello"}).to_string();
    let sent = call(&app, "send", anna, "", &sent).await.unwrap();
    let query = json!({"conversationId": sent["conversationId"], "limit": 1}).to_string();
    let listed = call(&app, "list", anna, "", &query).await.unwrap();
    assert_eq!(listed["messages"][0]["content"], "Hello");
    assert_eq!(call(&app, "deleteJob", HOST_KEY, "7", "{}").await, Ok(Value::Null), "no output");
}

#[tokio::test]
async fn the_input_is_not_read_before_the_caller_is_known() {
    let app = TestApp::new().await;
    for procedure in table::procedures() {
        let refused = call(&app, procedure.name, "no token", "no / target", "no JSON").await;
        assert_eq!(refused, Err(Code::Unauthenticated), "{}", procedure.name);
    }
    let anna = app.user("anna").key;
    for procedure in table::user_api() {
        assert_eq!(call(&app, procedure.name, &anna, "", "no JSON").await, Err(Code::InvalidRequest));
    }
    for procedure in table::host_api() {
        // Calls without a target may be valid without an input.
        let input = if procedure.parameter.is_some() { "{}" } else { "no JSON" };
        let refused = call(&app, procedure.name, HOST_KEY, "no / target", input).await;
        // A message with an invalid id is not found either.
        assert!(matches!(refused, Err(Code::InvalidRequest | Code::NotFound)), "{}: {refused:?}", procedure.name);
    }
}
