//! All answers of the API about a data folder.

use crate::program::Program;
use serde_json::{Map, Value, json};

const USERS: [&str; 3] = ["anna", "ben", "cy"];

/// The answers to users and the host, without parts that differ from request to request. Files are replaced by their bytes.
pub fn everything(program: &Program) -> Value {
    let users = USERS.iter().map(|user| ((*user).to_owned(), of_user(program, user)));
    let mut all: Map<String, Value> = users.collect();
    let host = |path: &str| plain(program.call("GET", path, crate::program::HOST_KEY, None).1);
    all.insert("jobs".to_owned(), json!([host("/host/jobs/7"), host("/host/jobs/8")]));
    all.insert("users".to_owned(), USERS.iter().map(|user| host(&format!("/host/users/{user}"))).collect());
    all.insert("reports".to_owned(), host("/host/reports"));
    Value::Object(all)
}

fn of_user(program: &Program, user: &str) -> Value {
    let token = program.token(user);
    let get = |path: &str| program.get(path, &token);
    let conversations = get("/messages/conversations")["conversations"].clone();
    let (mut lists, mut versions, mut members) = (Map::new(), Map::new(), Map::new());
    for conversation in conversations.as_array().unwrap() {
        let id = conversation["id"].as_str().unwrap();
        let list = get(&format!("/messages/list?conversationId={id}"))["messages"].clone();
        for message in list.as_array().unwrap().iter().filter(|message| message.get("revision").is_some()) {
            let of = message["id"].as_str().unwrap();
            let path = format!("/messages/versions?conversationId={id}&messageId={of}");
            versions.insert(of.to_owned(), get(&path)["versions"].clone());
        }
        lists.insert(id.to_owned(), plain(list));
        members.insert(id.to_owned(), get(&format!("/messages/members?conversationId={id}"))["members"].clone());
    }
    let synced = plain(get("/messages/sync"));
    json!({
        "conversations": plain(conversations),
        "lists": lists,
        "versions": versions,
        "members": members,
        "synced": synced["messages"],
        "preferences": get("/messages/preferences"),
    })
}

/// `value` with file URLs replaced by the bytes of the files, and without cursors and polling advice.
fn plain(value: Value) -> Value {
    match value {
        Value::Object(fields) => {
            let kept =
                fields.into_iter().filter(|(name, _)| !["cursor", "nextPollMs", "live"].contains(&name.as_str()));
            let told = kept.map(|(name, value)| match (name.as_str(), value) {
                ("fileUrl", Value::String(url)) => (name, Value::String(bytes(&url))),
                (_, value) => (name, plain(value)),
            });
            Value::Object(told.collect())
        }
        Value::Array(values) => values.into_iter().map(plain).collect(),
        other => other,
    }
}

/// A hash of the content at a URL.
fn bytes(url: &str) -> String {
    let bytes = ureq::get(url).call().unwrap().body_mut().read_to_vec().unwrap();
    format!("{} bytes, {}", bytes.len(), blake3::hash(&bytes).to_hex())
}

/// Fails unless `answer` has everything that is in `expected`. Later releases may only add fields.
pub fn contains(place: &str, answer: &Value, expected: &Value) {
    match (answer, expected) {
        (Value::Object(answer), Value::Object(expected)) => {
            for (name, value) in expected {
                contains(&format!("{place}.{name}"), answer.get(name).unwrap_or(&Value::Null), value);
            }
        }
        (Value::Array(answer), Value::Array(expected)) => {
            assert_eq!(answer.len(), expected.len(), "{place}");
            for (index, (answer, expected)) in answer.iter().zip(expected).enumerate() {
                contains(&format!("{place}[{index}]"), answer, expected);
            }
        }
        (answer, expected) => assert_eq!(answer, expected, "{place}"),
    }
}
