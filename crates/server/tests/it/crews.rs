//! A crew over HTTP: REST, tRPC and the host's API.

use crate::support::TestApp;
use jobline_wire::Code;
use serde_json::{Value, json};

fn job(participants: &[&str]) -> Value {
    json!({"title": "Roof", "participants": participants, "status": "open"})
}

fn texts(answer: &Value) -> Vec<&str> {
    answer["messages"].as_array().unwrap().iter().map(|message| message["content"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn three_people_talk_in_the_crew_of_a_job() {
    let app = TestApp::with_job_and_users().await;
    let host = app.host();
    let put = host.put("/host/jobs/77", &job(&["anna", "ben", "carl"])).await.is(200);
    assert!(put.get("crewHistory").is_none());
    let (anna, ben, carl, eve) = (app.user("anna"), app.user("ben"), app.user("carl"), app.user("eve"));

    let before = ben.get("/messages/conversation?conversationId=crew_77").await.is(200);
    assert_eq!((&before["canSend"], &before["conversation"]["kind"]), (&json!(true), &json!("crew")));
    let sent = anna.post("/messages/send", &json!({"conversationId": "crew_77", "content": "Hello all"})).await.is(200);
    assert_eq!(sent["conversationId"], "crew_77");
    assert_eq!((&sent["message"]["receiverId"], &sent["message"]["senderId"]), (&json!("crew_77"), &json!("anna")));
    let answered =
        ben.post("/trpc/messages.send", &json!({"conversationId": "crew_77", "content": "Hi"})).await.is(200);
    assert_eq!(answered["result"]["data"]["message"]["number"], 2);

    let seen = carl.get("/messages/list?conversationId=crew_77").await.is(200);
    assert_eq!(texts(&seen), ["Hello all", "Hi"]);
    let synced = carl.get("/messages/sync").await.is(200);
    let crew = &synced["conversations"][0];
    assert_eq!((&crew["id"], &crew["unreadCount"]["carl"]), (&json!("crew_77"), &json!(2)));
    assert_eq!(crew["participants"], json!(["anna", "ben", "carl"]));
    assert_eq!(crew["job"]["title"], "Roof");
    carl.post("/messages/markAsRead", &json!({"conversationId": "crew_77"})).await.is(200);
    let members = anna.get("/messages/members?conversationId=crew_77").await.is(200);
    assert_eq!(members["members"][2]["readUpTo"], 2);

    for stranger in ["crew_77", "crew_78"] {
        let path = format!("/messages/list?conversationId={stranger}");
        eve.get(&path).await.is_problem(Code::NotFound);
    }
    eve.post("/messages/send", &json!({"conversationId": "crew_77", "content": "x"})).await.is_problem(Code::NotFound);
}

#[tokio::test]
async fn members_come_and_go_with_the_job() {
    let app = TestApp::with_job_and_users().await;
    let host = app.host();
    host.put("/host/jobs/77", &job(&["anna", "ben"])).await.is(200);
    let (anna, ben, carl) = (app.user("anna"), app.user("ben"), app.user("carl"));
    let say = |text: &str| json!({"conversationId": "crew_77", "content": text});
    anna.post("/messages/send", &say("before")).await.is(200);
    host.put("/host/jobs/77", &job(&["anna", "carl"])).await.is(200);
    anna.post("/messages/send", &say("after")).await.is(200);

    let of_ben = ben.get("/messages/list?conversationId=crew_77").await.is(200);
    assert_eq!(texts(&of_ben), ["before", "A member left."]);
    assert_eq!(of_ben["messages"][1]["event"], json!({"kind": "left", "userId": "ben"}));
    assert_eq!(
        (&of_ben["messages"][1]["type"], &of_ben["messages"][1]["senderId"]),
        (&json!("event"), &json!("#host"))
    );
    ben.post("/messages/send", &say("hello?")).await.is_problem(Code::NotJobParticipant);
    let of_carl = carl.get("/messages/list?conversationId=crew_77").await.is(200);
    assert_eq!(texts(&of_carl), ["A member joined.", "after"]);

    let mut all = job(&["anna", "carl"]);
    all["crewHistory"] = json!("all");
    let put = host.put("/host/jobs/77", &all).await.is(200);
    assert_eq!(put["crewHistory"], "all");
    assert_eq!(texts(&carl.get("/messages/list?conversationId=crew_77").await.is(200)).len(), 4);
    let line = json!({"conversationId": "crew_77", "content": "Keys are at the office"});
    host.post("/host/messages", &line).await.is(200);
    let unread = carl.get("/messages/conversation?conversationId=crew_77").await.is(200);
    assert_eq!(unread["conversation"]["unreadCount"]["carl"], 2);
    all["status"] = json!("closed");
    host.put("/host/jobs/77", &all).await.is(200);
    carl.post("/messages/send", &say("too late")).await.is_problem(Code::JobClosed);
    let start = json!({"conversationId": "crew_77", "media": "audio", "deviceId": "phone"});
    carl.post("/calls/start", &start).await.is_problem(Code::NotOffered);
}
