//! Live connections of a function: a WebSocket API holds them, and the function sends pokes through it.

use crate::connections::Connections;
use crate::front::{Asked, Front};
use crate::function::Ended;
use crate::lambda::Deployment;
use serde_json::{Value, json};

/// A function, and the WebSocket API in front of it.
struct Live {
    deployment: Deployment,
    connections: Connections,
}

impl Live {
    async fn new(settings: &[(&str, &str)]) -> Self {
        let connections = Connections::start().await;
        let settings = [&[("JOBLINE_LIVE_URL", connections.url.as_str())], settings].concat();
        let deployment = Deployment::with(Front::FunctionUrl, &settings).await;
        Self { deployment, connections }
    }

    async fn happens(&mut self, event: Value) -> Value {
        match self.deployment.function.invoke(event).await {
            (_, Ended::Answered(reply)) => reply,
            (_, Ended::Failed(error)) => panic!("{error}"),
        }
    }

    /// A client connects. Nothing may be sent to it before it is accepted.
    async fn connect(&mut self, id: &str, token: &str) -> Value {
        self.connections.posts();
        let reply = self.happens(Connections::connects(id, &protocols(token), None)).await;
        assert_eq!(self.connections.posts(), 0, "nothing is sent to a connection that is not open");
        if reply["statusCode"] == 200 {
            self.connections.opens(id);
        }
        reply
    }

    async fn say(&mut self, id: &str, frame: Value) {
        let reply = self.happens(Connections::says(id, &frame.to_string())).await;
        assert_eq!((&reply["statusCode"], &reply["body"]), (&json!(200), &json!("")), "frames come over @connections");
    }

    /// Connects and starts, up to the poke that asks for a poll.
    async fn join(&mut self, id: &str, token: &str) {
        assert_eq!(self.connect(id, token).await["statusCode"], 200);
        self.say(id, json!({"op": "start"})).await;
        assert_eq!(self.ops(id), ["ready", "poke"]);
    }

    /// The kinds of the frames that came over a connection since the last call.
    fn ops(&self, id: &str) -> Vec<String> {
        let frames = self.connections.heard(id).unwrap();
        frames.iter().map(|frame| frame["op"].as_str().unwrap().to_owned()).collect()
    }

    async fn send(&mut self, token: &str, content: &str) {
        let message =
            json!({"receiverId": if content.contains("Anna") { "anna" } else { "ben|1" }, "content": content});
        self.deployment.post(token, "/messages/send", message).await;
    }
}

fn protocols(token: &str) -> String {
    format!("jobline.v1, bearer.{token}")
}

const NOTHING: [&str; 0] = [];

#[tokio::test(flavor = "multi_thread")]
async fn connected_users_are_poked_before_the_sender_gets_the_answer() {
    let mut live = Live::new(&[]).await;
    let (anna, ben) = live.deployment.people().await;
    let offer = live.deployment.get(&ben, "/messages/sync", &[]).await["live"].clone();
    assert_eq!(offer, json!({"url": live.connections.url, "afterMs": 20_000}));

    let reply = live.connect("ben=", &ben).await;
    assert_eq!(
        (&reply["statusCode"], &reply["headers"]["Sec-WebSocket-Protocol"]),
        (&json!(200), &json!("jobline.v1"))
    );
    live.say("ben=", json!({"op": "start", "since": "c1"})).await;
    let frames = live.connections.heard("ben=").unwrap();
    assert_eq!((&frames[0]["op"], &frames[0]["pokes"]), (&json!("ready"), &json!(true)));
    assert!(frames[0]["heartbeatMs"].as_u64().unwrap() < 600_000, "API Gateway ends what is silent for ten minutes");
    assert!(frames[0]["tokenExpiresAt"].as_str().unwrap().ends_with('Z'));
    assert_eq!(frames[1..], [json!({"op": "poke"})], "what moved before it was open is polled for");

    live.join("anna=", &anna).await;
    live.send(&anna, "Hello, Ben").await;
    assert_eq!(live.connections.heard("ben=").unwrap(), [json!({"op": "poke"})], "it says nothing of what moved");
    assert_eq!(live.ops("anna="), NOTHING, "the sender knows");
    live.join("phone=", &anna).await;
    live.send(&anna, "Are you there?").await;
    assert_eq!((live.ops("anna="), live.ops("phone="), live.ops("ben=")), (poke(), poke(), poke()));

    live.say("ben=", json!({"op": "ping"})).await;
    assert_eq!(live.ops("ben="), ["pong"]);
    for quiet in [json!({}), json!({"op": "watch", "conversationId": null}), json!({"op": "dance"})] {
        live.say("ben=", quiet).await;
    }
    assert_eq!(live.ops("ben="), NOTHING);
}

fn poke() -> Vec<String> {
    vec!["poke".to_owned()]
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_is_gone_is_forgotten() {
    let mut live = Live::new(&[]).await;
    let (anna, ben) = live.deployment.people().await;
    live.join("old=", &ben).await;
    live.join("new=", &ben).await;
    live.connections.posts();
    live.connections.loses("old=");
    live.send(&anna, "One").await;
    assert_eq!((live.ops("new="), live.connections.posts()), (poke(), 2), "the one that is gone was tried");
    live.send(&anna, "Two").await;
    assert_eq!((live.ops("new="), live.connections.posts()), (poke(), 1), "and is not tried again");
}

#[tokio::test(flavor = "multi_thread")]
async fn frames_of_a_client_are_carried_out_for_its_user() {
    let mut live = Live::new(&[]).await;
    let (anna, ben) = live.deployment.people().await;
    live.join("ben=", &ben).await;
    live.join("anna=", &anna).await;
    live.say("ben=", json!({"op": "active", "active": true})).await;
    let people = live.deployment.get(&anna, "/messages/presence", &[("userIds", "ben|1")]).await["people"].clone();
    assert_eq!(people[0]["state"], "online", "{people}");

    live.send(&anna, "Hello, Ben").await;
    let synced = live.deployment.get(&ben, "/messages/sync", &[]).await;
    live.connections.heard("anna=");
    live.say("ben=", json!({"op": "have", "since": synced["cursor"]})).await;
    assert_eq!(live.ops("anna="), ["poke"], "the sender hears of the delivery");
    let conversation = synced["messages"][0]["conversationId"].as_str().unwrap();
    let listed = live.deployment.get(&anna, "/messages/list", &[("conversationId", conversation)]).await;
    assert_eq!(listed["messages"][0]["status"], "delivered");

    live.connections.heard("ben=");
    live.say("ben=", json!({"op": "token", "token": ben})).await;
    assert_eq!(live.connections.heard("ben="), Some(vec![]));
    live.say("ben=", json!({"op": "token", "token": anna})).await;
    assert_eq!(live.connections.heard("ben="), None, "a token of somebody else ends the connection");
    live.say("anna=", json!({"op": "have"})).await;
    assert_eq!(live.connections.heard("anna="), None, "so does what is no frame of the contract");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stranger_is_not_let_in() {
    let settings =
        [("JOBLINE_PUBLIC_URL", "https://chat.example.com"), ("JOBLINE_ALLOWED_ORIGINS", "https://host.example")];
    let mut live = Live::new(&settings).await;
    let (anna, _) = live.deployment.people().await;
    let good = protocols(&anna);
    for (offered, origin, status) in [
        ("jobline.v1, bearer.nonsense", None, 401),
        ("jobline.v1", None, 401),
        (&good["jobline.v1, ".len()..], None, 400),
        (&good, Some("https://elsewhere.example"), 403),
        (&good, Some("https://chat.example.com"), 200),
        (&good, Some("https://host.example"), 200),
    ] {
        let reply = live.happens(Connections::connects("some=", offered, origin)).await;
        assert_eq!(reply["statusCode"], status, "{offered} from {origin:?}: {reply}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn with_live_off_nobody_connects_and_everything_else_works() {
    let mut live = Live::new(&[("JOBLINE_LIVE", "off")]).await;
    let (anna, ben) = live.deployment.people().await;
    live.send(&anna, "Hello").await;
    let synced = live.deployment.get(&ben, "/messages/sync", &[]).await;
    assert_eq!((&synced["live"], synced["messages"].as_array().unwrap().len()), (&Value::Null, 1));
    assert_eq!(live.connect("ben=", &ben).await["statusCode"], 403);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_eleventh_connection_ends_the_oldest() {
    let mut live = Live::new(&[]).await;
    let (anna, _) = live.deployment.people().await;
    for number in 0..10 {
        assert_eq!(live.connect(&format!("{number}="), &anna).await["statusCode"], 200);
    }
    let eleventh = live.happens(Connections::connects("10=", &protocols(&anna), None)).await;
    assert_eq!(eleventh["statusCode"], 200);
    let open: Vec<u32> = (0..10).filter(|number| live.connections.heard(&format!("{number}=")).is_some()).collect();
    assert_eq!(open, (1..10).collect::<Vec<_>>());
}

/// `crates/live/tests/gateway.rs` tests in virtual time that it waits no longer than 300 ms.
#[tokio::test(flavor = "multi_thread")]
async fn a_gateway_that_does_not_answer_holds_up_no_message() {
    let mut live = Live::new(&[]).await;
    let (anna, ben) = live.deployment.people().await;
    live.join("ben=", &ben).await;
    live.connections.stalls();
    live.send(&anna, "Hello").await;
    let synced = live.deployment.get(&ben, "/messages/sync", &[]).await;
    assert_eq!(synced["messages"][0]["content"], "Hello");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_app_may_connect_to_the_gateway() {
    let mut live = Live::new(&[]).await;
    let page = live.deployment.ask(Asked { method: "GET", path: "/", ..Asked::default() }).await;
    let policy = page.headers["content-security-policy"].clone();
    let allowed = policy.split("; ").find(|part| part.starts_with("connect-src")).unwrap();
    let origin = live.connections.url.trim_end_matches("/live");
    assert!(allowed.split(' ').any(|one| one == origin), "{allowed} without {origin}");
}
