//! Checks of the template that the emulator does not make: its table and its bucket must be as the engines expect them.

#![expect(clippy::unwrap_used, reason = "a check that panics has failed, and says where")]

use std::{fs, path::Path};

fn read(path: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().join(path)).unwrap()
}

/// The text between `const NAME: &str = "` and the next quotation mark.
fn constant(source: &str, name: &str) -> String {
    let rest = source.split_once(&format!("const {name}: &str = \"")).unwrap_or_else(|| panic!("no constant {name}")).1;
    rest.split_once('"').unwrap().0.to_owned()
}

#[test]
fn the_table_has_the_keys_and_the_expiry_of_the_engine() {
    let (template, engine) = (read("deploy/template.yaml"), read("crates/store-dynamodb/src/item.rs"));
    let [partition, sort, expires] = ["PARTITION", "SORT", "EXPIRES"].map(|name| constant(&engine, name));
    for line in [
        format!("- {{ AttributeName: {partition}, KeyType: HASH }}"),
        format!("- {{ AttributeName: {sort}, KeyType: RANGE }}"),
        format!("TimeToLiveSpecification: {{ AttributeName: {expires}, Enabled: true }}"),
        "PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true }".to_owned(),
        "BillingMode: PAY_PER_REQUEST".to_owned(),
    ] {
        assert!(template.contains(&line), "deploy/template.yaml should say {line}");
    }
}

#[test]
fn the_bucket_deletes_uploads_that_nobody_sent() {
    let (template, engine) = (read("deploy/template.yaml"), read("crates/files-s3/src/prefix.rs"));
    for prefix in ["incoming/", "kept/", "files/"] {
        assert!(engine.contains(prefix), "the engine's prefixes have other names");
    }
    let uploads = template.split_once("Id: uploads-that-nobody-sent").unwrap().1;
    let uploads = uploads.split_once("# Where both").unwrap().0;
    assert!(uploads.contains("Prefix: incoming/") && uploads.contains("ExpirationInDays: 2"), "{uploads}");
    for prefix in ["Prefix: files/", "Prefix: kept/"] {
        assert_eq!(template.matches(prefix).count(), 2, "two retentions, of messages and of files: {prefix}");
    }
}

#[test]
fn deleting_the_stack_keeps_table_and_bucket() {
    let template = read("deploy/template.yaml");
    for resource in ["Table", "Bucket"] {
        let properties = template.split_once(&format!("\n  {resource}:\n")).unwrap().1;
        let head = properties.split_once("Properties:").unwrap().0;
        assert!(head.contains("DeletionPolicy: RetainExceptOnCreate"), "{resource}: {head}");
        assert!(head.contains("UpdateReplacePolicy: Retain"), "{resource}: {head}");
    }
}
