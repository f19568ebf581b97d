//! A server whose bus is down: it serves all the same, and reports it.

use crate::client::Live;
use crate::program::{Program, eventually};
use serde_json::json;
use std::net::TcpListener;

#[test]
fn without_its_bus_a_server_serves_and_tells_its_clients_to_poll() {
    // A listener that never sends anything.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let program = Program::start(&["--bus", &format!("nats://{}", silent.local_addr().unwrap())]);
    let (anna, ben) = (program.token("anna"), program.token("ben"));
    let (mut live, _) = Live::settled(&program, &ben);
    assert_eq!(live.frame(), json!({"op": "degraded", "pollMs": 3_000}));
    program.send(&anna, "ben", "Hello");
    assert_eq!(live.synced()["messages"][0]["content"], "Hello", "on the same server nothing is late");
    let mut late = Live::start(&program, &ben, None);
    let first = [late.frame(), late.frame()];
    assert!(first.contains(&json!({"op": "degraded", "pollMs": 3_000})), "who comes later hears it too: {first:?}");
    let (ready, _) = program.call("GET", "/readyz", "", None);
    assert_eq!(ready, 200);
    eventually("it is counted", || program.metric("jobline_bus_down").as_deref() == Some("1"));
    program.terminate();
    assert_eq!(program.ended().0, Some(0));
}
