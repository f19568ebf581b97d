//! `jobline table`, and what a start prints about a wrong table.

use crate::program::{Server, jobline, output, says};
use jobline_store_dynamodb::testing::sdk::Client;
use jobline_store_dynamodb::testing::sdk::types::{
    AttributeDefinition, BillingMode, KeySchemaElement, KeyType, ScalarAttributeType, TimeToLiveSpecification,
};
use jobline_store_dynamodb::testing::{Emulator, FaultRates, Proxy, Refusal};

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

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_table_is_created_and_served() {
    let emulator = Emulator::start().await;
    let folder = tempfile::tempdir().unwrap();
    let missing = ["there is no table rows", "jobline table create"];
    says(&output(emulator.address(), &["table", "check"]), 1, &missing);
    says(&output(emulator.address(), &["serve"]), 2, &["--dynamodb-table", missing[0], missing[1]]);
    says(&output(emulator.address(), &["table", "create"]), 0, &["table rows is made"]);
    says(&output(emulator.address(), &["table", "create"]), 0, &["was there already"]);
    let checked = output(emulator.address(), &["table", "check"]);
    says(&checked, 0, &["table rows can be used"]);
    assert_eq!(checked.1.lines().count(), 1, "{}", checked.1);
    let server = Server::start(emulator.address(), folder.path());
    assert!(server.said.starts_with("listening on http://127.0.0.1:"), "{:?}", server.said);
    assert!(!folder.path().join("store").exists(), "no rows are kept in the folder");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_with_other_keys_is_refused() {
    for names in [&[("id", KeyType::Hash)][..], &[("sk", KeyType::Hash), ("pk", KeyType::Range)]] {
        let emulator = Emulator::start().await;
        make(&Client::from_conf(emulator.config().build()), names).await;
        for (arguments, code) in [(&["table", "check"][..], 1), (&["table", "create"], 1), (&["serve"], 2)] {
            let said = output(emulator.address(), arguments);
            says(&said, code, &["table rows has the key", names[0].0, "pk (HASH, S), sk (RANGE, S)"]);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_without_time_to_live_is_reported() {
    let emulator = Emulator::start().await;
    let client = Client::from_conf(emulator.config().build());
    make(&client, &[("pk", KeyType::Hash), ("sk", KeyType::Range)]).await;
    says(&output(emulator.address(), &["table", "check"]), 0, &["can be used", "time to live of table rows is off"]);
    let other = TimeToLiveSpecification::builder().attribute_name("ttl").enabled(true).build().unwrap();
    client.update_time_to_live().table_name("rows").time_to_live_specification(other).send().await.unwrap();
    says(&output(emulator.address(), &["table", "check"]), 0, &["uses the attribute \"ttl\"", "\"expires\""]);
    says(&output(emulator.address(), &["table", "create"]), 1, &["uses the attribute \"ttl\""]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_embedded_store_has_no_table() {
    let emulator = Emulator::start().await;
    let mut command = jobline(emulator.address(), &["table", "check", "--store", "embedded"]);
    let said = command.env_remove("JOBLINE_DYNAMODB_TABLE").output().unwrap();
    assert_eq!(said.status.code(), Some(2));
    assert!(String::from_utf8(said.stderr).unwrap().contains("--store"));
}

/// A table behind a service that refuses, for `refusal`, what `reach` accepts.
async fn refusing(refusal: Refusal, reach: fn(&str) -> bool) -> (Emulator, Proxy) {
    let emulator = Emulator::start().await;
    emulator.store("rows", jobline_store_dynamodb::Options::default()).await;
    let proxy = Proxy::start(emulator.address(), 1, FaultRates::default()).await;
    proxy.set_reach(reach);
    proxy.set_refusal(Some(refusal));
    (emulator, proxy)
}

#[track_caller]
fn says_in_one_line(said: &(Option<i32>, String), code: i32, parts: &[&str]) {
    says(said, code, parts);
    assert_eq!(said.1.trim_end().lines().count(), 1, "{}", said.1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_role_without_permissions_gets_the_name_of_the_first_missing_one() {
    let (_emulator, proxy) = refusing(Refusal::AccessDenied, |_| true).await;
    let checked = output(proxy.address(), &["table", "check"]);
    says_in_one_line(&checked, 1, &["no permission for dynamodb:GetItem on table rows", "docs/deploy.md"]);
    let made = output(proxy.address(), &["table", "create"]);
    says_in_one_line(&made, 1, &["no permission for dynamodb:CreateTable on table rows"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn permissions_to_use_the_table_are_enough_to_serve() {
    let (_emulator, proxy) = refusing(Refusal::AccessDenied, |operation| operation.starts_with("Describe")).await;
    let checked = output(proxy.address(), &["table", "check"]);
    says(&checked, 0, &["table rows can be used", "but the role has no permission for dynamodb:DescribeTable"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_keys_show_at_the_first_use_when_the_table_cannot_be_described() {
    let emulator = Emulator::start().await;
    make(&Client::from_conf(emulator.config().build()), &[("id", KeyType::Hash)]).await;
    let proxy = Proxy::start(emulator.address(), 1, FaultRates::default()).await;
    proxy.set_reach(|operation| operation.starts_with("Describe"));
    proxy.set_refusal(Some(Refusal::AccessDenied));
    let checked = output(proxy.address(), &["table", "check"]);
    says_in_one_line(&checked, 1, &["GetItem", "ValidationException"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_credentials_are_reported_in_one_line() {
    let expired = (Refusal::ExpiredToken, "ExpiredTokenException");
    for (refusal, name) in [expired, (Refusal::UnrecognizedClient, "UnrecognizedClientException")] {
        let (_emulator, proxy) = refusing(refusal, |_| true).await;
        for arguments in [["table", "check"], ["table", "create"]] {
            let said = output(proxy.address(), &arguments);
            says_in_one_line(&said, 1, &["DescribeTable", name, "the credentials are expired or wrong"]);
        }
    }
}
