//! The OpenAPI document is kept as a snapshot, so that a review shows its changes. `UPDATE_SNAPSHOTS=1` rewrites it.

use crate::support::TestApp;
use axum::body::Body;
use http::Request;
use jobline_api::table;
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::Path;

async fn document() -> (String, Value) {
    let reply = TestApp::new().await.get("/openapi.json").await;
    assert_eq!(reply.header("content-type"), Some("application/json"));
    (reply.text().to_owned(), reply.is(200))
}

#[tokio::test]
async fn the_document_equals_the_reviewed_snapshot() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/snapshots/openapi.json");
    let (text, _) = document().await;
    if std::env::var_os("UPDATE_SNAPSHOTS").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, &text).unwrap();
    }
    let reviewed = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(text == reviewed, "openapi.json changed: run cargo xtask snapshots and look at the difference");
}

/// Calls `look` with every object in `value`.
fn walk(value: &Value, look: &mut impl FnMut(&serde_json::Map<String, Value>)) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| walk(item, look)),
        Value::Object(fields) => {
            look(fields);
            fields.values().for_each(|field| walk(field, look));
        }
        _ => {}
    }
}

#[tokio::test]
async fn every_reference_resolves() {
    let (_, document) = document().await;
    let mut references = BTreeSet::new();
    walk(&document, &mut |fields| {
        references.extend(fields.get("$ref").and_then(Value::as_str).map(str::to_owned));
        assert!(!fields.contains_key("$defs") && !fields.contains_key("$schema"), "{fields:?}");
    });
    assert!(references.len() > 10, "{references:?}");
    for reference in &references {
        let pointer = reference.strip_prefix('#').unwrap();
        assert!(document.pointer(pointer).is_some(), "{reference}");
    }
    let named = document["components"]["schemas"].as_object().unwrap().keys();
    for name in named {
        assert!(references.contains(&format!("#/components/schemas/{name}")), "{name} is used nowhere");
    }
}

#[tokio::test]
async fn every_procedure_is_described_once() {
    let (_, document) = document().await;
    assert_eq!(document["openapi"], "3.1.0");
    let mut ids = BTreeSet::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let id = operation["operationId"].as_str().unwrap_or_else(|| panic!("{method} {path} has no operationId"));
            assert!(ids.insert(id.to_owned()), "{id} is there twice");
            assert!(operation["summary"].as_str().is_some_and(|summary| !summary.is_empty()), "{id}");
            let parameters = operation["parameters"].as_array().cloned().unwrap_or_default();
            for (start, _) in path.match_indices('{') {
                let name = path[start + 1..].split('}').next().unwrap();
                assert!(parameters.iter().any(|one| one["name"] == name && one["in"] == "path"), "{id} {name}");
            }
        }
    }
    for procedure in table::procedures() {
        let operation = &document["paths"][procedure.route.path][procedure.route.method.as_str().to_lowercase()];
        assert_eq!(operation["operationId"], procedure.name);
        assert_eq!(operation["responses"]["401"]["content"].as_object().unwrap().len(), 1);
    }
}

#[tokio::test]
async fn absent_fields_are_not_null() {
    let (text, document) = document().await;
    // If `null` removes something it must be sent; all other fields are absent, never null.
    assert_eq!(text.matches("\"null\"").count(), 3, "emoji of react, until of mute, language of setPreferences");
    for (shape, field, is_required) in
        [("React", "emoji", true), ("Mute", "until", true), ("SetPreferences", "language", false)]
    {
        let shape = &document["components"]["schemas"][shape];
        assert_eq!(shape["properties"][field]["type"], serde_json::json!(["string", "null"]));
        let required = shape["required"].as_array().is_some_and(|fields| fields.contains(&field.into()));
        assert_eq!(required, is_required, "{field}");
    }
    let message = &document["components"]["schemas"]["Message"];
    assert_eq!(message["properties"]["fileUrl"]["type"], "string");
    assert!(!message["required"].as_array().unwrap().contains(&"fileUrl".into()));
}

#[tokio::test]
async fn choices_and_numbers_are_written_as_generators_of_clients_understand_them() {
    let (_, document) = document().await;
    let mut choices = 0;
    walk(&document, &mut |fields| {
        assert!(!fields.contains_key("const") && !fields.contains_key("oneOf"), "{fields:?}");
        if fields.get("type") == Some(&"integer".into()) {
            let format = fields.get("format").and_then(Value::as_str);
            assert!(matches!(format, Some("int32" | "int64")), "{fields:?}");
        }
        let Some(values) = fields.get("enum").and_then(Value::as_array) else { return };
        choices += 1;
        assert_eq!(fields["type"], "string");
        let meanings = fields.get("x-enum-descriptions").and_then(Value::as_array);
        assert!(meanings.is_none_or(|meanings| meanings.len() == values.len()), "{fields:?}");
    });
    assert!(choices >= 5, "{choices}");
    let shapes = &document["components"]["schemas"];
    assert_eq!(shapes["Status"]["enum"], serde_json::json!(["sent", "delivered", "read"]));
    assert_eq!(shapes["Message"]["properties"]["number"]["format"], "int64");
    let job = &document["paths"]["/host/jobs/{jobId}"]["get"]["parameters"][0]["schema"];
    assert_eq!((&job["format"], &job["maximum"]), (&"int64".into(), &9_007_199_254_740_991_u64.into()));
}

/// Generators for Go and C write the values of all enumerations into one namespace, by `x-enum-varnames` if it is present.
#[tokio::test]
async fn no_two_enumerations_have_a_value_of_the_same_name() {
    let (_, document) = document().await;
    let mut names = BTreeSet::new();
    for (shape, schema) in document["components"]["schemas"].as_object().unwrap() {
        let Some(values) = schema["enum"].as_array() else { continue };
        let given = schema["x-enum-varnames"].as_array().unwrap_or(values);
        assert_eq!(given.len(), values.len(), "{shape}");
        for name in given {
            let name = name.as_str().unwrap().to_uppercase();
            assert!(names.insert(name.clone()), "{shape} has {name} of another enumeration: give it x-enum-varnames");
        }
    }
    assert!(names.len() > 50, "{names:?}");
}

#[tokio::test]
async fn readers_get_a_page_of_every_operation_and_shape() {
    let app = TestApp::new().await;
    let page = app.get("/docs").await;
    assert_eq!(page.status, 200);
    assert_eq!(page.header("content-type"), Some("text/html; charset=utf-8"));
    let policy = page.header("content-security-policy").unwrap();
    assert!(policy.contains("default-src 'none'") && !policy.contains("unsafe"), "{policy}");
    let html = page.text();
    let (_, document) = document().await;
    for procedure in table::procedures() {
        assert!(html.contains(&format!("<section id=\"{}\">", procedure.name)), "{}", procedure.name);
    }
    for (name, _) in document["components"]["schemas"].as_object().unwrap() {
        assert!(html.contains(&format!("<section id=\"shape-{name}\">")), "{name}");
    }
    // Every link has a target, nothing is loaded from other origins, and there are no scripts.
    for target in html.split("href=\"").skip(1).filter_map(|rest| rest.split('"').next()) {
        match target.strip_prefix('#') {
            Some(id) => assert!(html.contains(&format!("id=\"{id}\"")), "{target}"),
            None => assert!(["docs.css", "openapi.json"].contains(&target), "{target}"),
        }
    }
    assert!(!html.contains("<script") && !html.contains("src=") && !html.contains("style="));
    assert_eq!(app.get("/docs.css").await.header("content-type"), Some("text/css; charset=utf-8"));
}

#[tokio::test]
async fn descriptions_are_compressed_and_sent_once() {
    let app = TestApp::new().await;
    for path in ["/docs", "/docs.css", "/openapi.json"] {
        let asked = Request::get(path).header("accept-encoding", "br").body(Body::empty()).unwrap();
        let compressed = app.ask(asked).await;
        assert_eq!(compressed.header("content-encoding"), Some("br"), "{path}");
        let again = Request::get(path).header("accept-encoding", "br");
        let again = again.header("if-none-match", compressed.header("etag").unwrap()).body(Body::empty()).unwrap();
        assert_eq!(app.ask(again).await.status, 304, "{path}");
    }
}
