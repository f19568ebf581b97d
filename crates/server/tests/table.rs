//! `jobline table`, and how a server starts on a table: what a wrong one is told.
#![allow(clippy::unwrap_used, reason = "a test that panics has failed, and says where")]

use jobline_store_dynamodb::testing::Emulator;
use jobline_store_dynamodb::testing::sdk::Client;
use jobline_store_dynamodb::testing::sdk::types::{
    AttributeDefinition, BillingMode, KeySchemaElement, KeyType, ScalarAttributeType, TimeToLiveSpecification,
};
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

const SECRET: &str = "a JWT secret that is long enough for the tests";

/// The binary, in an account whose only service is `emulator`.
fn jobline(emulator: &Emulator, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_jobline"));
    let endpoint = format!("http://{}", emulator.address());
    command
        .env_clear()
        .envs([("AWS_ACCESS_KEY_ID", "test"), ("AWS_SECRET_ACCESS_KEY", "test"), ("AWS_REGION", "eu-central-1")])
        .envs([("AWS_ENDPOINT_URL_DYNAMODB", endpoint.as_str()), ("JOBLINE_STORE", "dynamodb")])
        .envs([("JOBLINE_DYNAMODB_TABLE", "rows"), ("JOBLINE_JWT_SECRET", SECRET), ("JOBLINE_LISTEN", "127.0.0.1:0")])
        .args(arguments);
    command
}

fn output(emulator: &Emulator, arguments: &[&str]) -> (Option<i32>, String) {
    let Output { status, stdout, stderr } = jobline(emulator, arguments).stdin(Stdio::null()).output().unwrap();
    (status.code(), String::from_utf8([stdout, stderr].concat()).unwrap())
}

#[track_caller]
fn says(said: &(Option<i32>, String), code: i32, parts: &[&str]) {
    assert_eq!(said.0, Some(code), "{}", said.1);
    for part in parts {
        assert!(said.1.contains(part), "{part:?} is not in {:?}", said.1);
    }
}

/// A table with the key `names`, all of them strings.
async fn make(client: &Client, names: &[(&str, KeyType)]) {
    let mut request = client.create_table().table_name("rows").billing_mode(BillingMode::PayPerRequest);
    for (name, kind) in names {
        let attribute = AttributeDefinition::builder().attribute_name(*name).attribute_type(ScalarAttributeType::S);
        let key = KeySchemaElement::builder().attribute_name(*name).key_type(kind.clone());
        request = request.attribute_definitions(attribute.build().unwrap()).key_schema(key.build().unwrap());
    }
    request.send().await.unwrap();
}

/// A started server and the line that says so; killed at the end of the test.
struct Server(Child, String);

impl Server {
    fn start(emulator: &Emulator, folder: &Path) -> Self {
        let mut command = jobline(emulator, &["--data", folder.to_str().unwrap()]);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        Self(child, line)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill().and_then(|()| self.0.wait());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_table_is_made_and_served() {
    let emulator = Emulator::start().await;
    let folder = tempfile::tempdir().unwrap();
    let missing = ["there is no table rows", "jobline table create"];
    says(&output(&emulator, &["table", "check"]), 1, &missing);
    says(&output(&emulator, &["serve"]), 2, &["--dynamodb-table", missing[0], missing[1]]);
    says(&output(&emulator, &["table", "create"]), 0, &["table rows is made"]);
    says(&output(&emulator, &["table", "create"]), 0, &["was there already"]);
    let checked = output(&emulator, &["table", "check"]);
    says(&checked, 0, &["table rows can be used"]);
    assert_eq!(checked.1.lines().count(), 1, "{}", checked.1);
    let server = Server::start(&emulator, folder.path());
    assert!(server.1.starts_with("listening on http://127.0.0.1:"), "{:?}", server.1);
    assert!(!folder.path().join("store").exists(), "no rows are kept in the folder");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_with_other_keys_is_refused() {
    for names in [&[("id", KeyType::Hash)][..], &[("sk", KeyType::Hash), ("pk", KeyType::Range)]] {
        let emulator = Emulator::start().await;
        make(&Client::from_conf(emulator.config().build()), names).await;
        for (arguments, code) in [(&["table", "check"][..], 1), (&["table", "create"], 1), (&["serve"], 2)] {
            let said = output(&emulator, arguments);
            says(&said, code, &["table rows has the key", names[0].0, "pk (HASH, S), sk (RANGE, S)"]);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn time_to_live_is_looked_at() {
    let emulator = Emulator::start().await;
    let client = Client::from_conf(emulator.config().build());
    make(&client, &[("pk", KeyType::Hash), ("sk", KeyType::Range)]).await;
    says(&output(&emulator, &["table", "check"]), 0, &["can be used", "time to live of table rows is off"]);
    let other = TimeToLiveSpecification::builder().attribute_name("ttl").enabled(true).build().unwrap();
    client.update_time_to_live().table_name("rows").time_to_live_specification(other).send().await.unwrap();
    says(&output(&emulator, &["table", "check"]), 0, &["looks at the attribute \"ttl\"", "\"expires\""]);
    says(&output(&emulator, &["table", "create"]), 1, &["looks at the attribute \"ttl\""]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_embedded_store_has_no_table() {
    let emulator = Emulator::start().await;
    let mut command = jobline(&emulator, &["table", "check", "--store", "embedded"]);
    let said = command.env_remove("JOBLINE_DYNAMODB_TABLE").output().unwrap();
    assert_eq!(said.status.code(), Some(2));
    assert!(String::from_utf8(said.stderr).unwrap().contains("--store"));
}
