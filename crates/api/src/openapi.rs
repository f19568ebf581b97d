//! `GET /openapi.json`: OpenAPI 3.1, made from [`crate::table`] and the shapes of `jobline-wire`.

mod examples;
mod import;
mod page;
mod plain;

use crate::caller::Scheme;
use crate::procedure::Procedure;
use crate::route::InputIn;
use crate::table;
use crate::target::Parameter;
use jobline_wire::limits::JOB_ID_MAX;
use jobline_wire::{Code, Problem};
use schemars::SchemaGenerator;
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// Where the document has the shapes.
const SHAPES: &str = "/components/schemas";

/// The document as it is served.
#[must_use]
pub fn text() -> bytes::Bytes {
    let mut text = serde_json::to_vec_pretty(&document()).unwrap_or_default();
    text.push(b'\n');
    text.into()
}

/// The document as a page for readers.
#[must_use]
pub fn page() -> bytes::Bytes {
    page::of(&document()).into()
}

/// The styles of that page.
#[must_use]
pub fn styles() -> bytes::Bytes {
    page::STYLES.into()
}

/// The document.
#[must_use]
pub fn document() -> Value {
    let mut shapes = generator(false);
    let mut paths: BTreeMap<&str, Map<String, Value>> = BTreeMap::new();
    for procedure in table::procedures() {
        let operation = operation(&procedure, &mut shapes);
        let method = procedure.route.method.as_str().to_lowercase();
        paths.entry(procedure.route.path).or_default().insert(method, operation);
    }
    for (path, id, summary) in OPERATIONS {
        let answer = json!({"get": {"operationId": id, "summary": summary, "tags": ["operations"], "security": [],
            "responses": {"200": {"description": "OK."}, "503": problem("503", &[Code::Unavailable])}}});
        paths.insert(path, answer.as_object().cloned().unwrap_or_default());
    }
    let import = json!({"post": import::operation(&mut shapes)});
    paths.insert(crate::handlers::import::PATH, import.as_object().cloned().unwrap_or_default());
    shapes.subschema_for::<Problem>();
    let mut document = json!({
        "openapi": "3.1.0",
        "info": {"title": "Jobline", "version": env!("CARGO_PKG_VERSION"), "license": {"name": "MIT", "identifier": "MIT"},
            "description": "Messaging for job marketplaces. Adding to these shapes is free: ignore fields you do not know."},
        "servers": [{"url": "."}],
        "tags": [{"name": "messages", "description": "For users, with a user token."},
            {"name": "calls", "description": "Calls, for users as well."},
            {"name": "host", "description": "For the host's own servers, with the host key."},
            {"name": "operations", "description": "For those who run the server."}],
        "paths": paths,
        "components": {
            "schemas": shapes.take_definitions(true),
            "securitySchemes": {
                "userToken": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT",
                    "description": "A JWT whose `sub` is the user id; `exp` is required."},
                "hostKey": {"type": "http", "scheme": "bearer", "description": "The key of --host-key."},
            },
        },
    });
    plain::plain(&mut document);
    document
}

const OPERATIONS: [(&str, &str, &str); 3] = [
    ("/healthz", "healthz", "The process lives."),
    ("/readyz", "readyz", "The store answers."),
    ("/metrics", "metrics", "Counters and durations, as Prometheus text."),
];

fn generator(inline: bool) -> SchemaGenerator {
    let mut settings = SchemaSettings::draft2020_12();
    settings.definitions_path = SHAPES.into();
    settings.inline_subschemas = inline;
    settings.into_generator()
}

fn operation(procedure: &Procedure, shapes: &mut SchemaGenerator) -> Value {
    let (tag, scheme) = match procedure.scheme {
        Scheme::User if procedure.route.path.starts_with("/calls/") => ("calls", "userToken"),
        Scheme::User => ("messages", "userToken"),
        Scheme::Host => ("host", "hostKey"),
    };
    let mut operation = json!({
        "operationId": procedure.name,
        "summary": procedure.summary,
        "tags": [tag],
        "security": [{scheme: []}],
        "responses": responses(procedure, shapes),
    });
    let mut parameters: Vec<Value> = procedure.parameter.iter().map(path_parameter).collect();
    match procedure.route.input() {
        InputIn::Query => parameters.extend(query_parameters(procedure)),
        InputIn::Body => operation["requestBody"] = request_body(procedure, shapes),
    }
    if !parameters.is_empty() {
        operation["parameters"] = parameters.into();
    }
    operation
}

fn path_parameter(parameter: &Parameter) -> Value {
    let schema = if parameter.number {
        json!({"type": "integer", "format": "int64", "minimum": 1, "maximum": JOB_ID_MAX})
    } else {
        match parameter.pattern {
            Some(pattern) => json!({"type": "string", "pattern": pattern}),
            None => json!({"type": "string"}),
        }
    };
    json!({"name": parameter.name, "in": "path", "required": true, "description": parameter.description,
        "schema": schema})
}

fn query_parameters(procedure: &Procedure) -> Vec<Value> {
    let input = (procedure.input)(&mut generator(true)).to_value();
    let required = input["required"].as_array().cloned().unwrap_or_default();
    let one = |(name, schema): (&String, &Value)| {
        let mut schema = schema.clone();
        let description = schema.as_object_mut().and_then(|schema| schema.remove("description"));
        let parameter = json!({"name": name, "in": "query", "required": required.contains(&json!(name)),
            "description": description, "schema": schema});
        parameter
    };
    input["properties"].as_object().map(|fields| fields.iter().map(one).collect()).unwrap_or_default()
}

fn request_body(procedure: &Procedure, shapes: &mut SchemaGenerator) -> Value {
    let input = (procedure.input)(&mut generator(true)).to_value();
    let required = input["required"].as_array().is_some_and(|fields| !fields.is_empty()) || procedure.name == "send";
    let mut content = json!({"schema": (procedure.input)(shapes)});
    if let Some(example) = examples::input(procedure.name) {
        content["example"] = example;
    }
    json!({"required": required, "content": {"application/json": content}})
}

fn responses(procedure: &Procedure, shapes: &mut SchemaGenerator) -> Value {
    let mut responses = Map::new();
    match procedure.output {
        Some(output) => {
            let mut content = json!({"schema": output(shapes)});
            if let Some(example) = examples::output(procedure.name) {
                content["example"] = example;
            }
            let done = json!({"description": "It is done.", "content": {"application/json": content}});
            responses.insert("200".into(), done);
        }
        None => {
            responses.insert("204".into(), json!({"description": "It is done, or was done before."}));
        }
    }
    let mut codes: BTreeMap<String, Vec<Code>> = BTreeMap::new();
    for code in failures(procedure) {
        codes.entry(code.status().to_string()).or_default().push(code);
    }
    responses.extend(codes.into_iter().map(|(status, codes)| (status.clone(), problem(&status, &codes))));
    responses.into()
}

/// The errors of every procedure of this kind, and those of this one.
fn failures(procedure: &Procedure) -> Vec<Code> {
    let mut codes = vec![Code::InvalidRequest, Code::Unauthenticated, Code::Unavailable];
    if procedure.route.input() == InputIn::Body {
        codes.extend([Code::PayloadTooLarge, Code::UnsupportedMediaType]);
    }
    codes.extend_from_slice(procedure.fails);
    codes
}

fn problem(status: &str, codes: &[Code]) -> Value {
    let codes: Vec<String> = codes.iter().map(|code| format!("`{}`", code.as_str())).collect();
    let mut answer = json!({
        "description": codes.join(", "),
        "content": {"application/problem+json": {"schema": {"$ref": format!("#{SHAPES}/Problem")}}},
    });
    let headers = match status {
        "401" => json!({"WWW-Authenticate": {"schema": {"type": "string"}}}),
        "429" | "503" => {
            json!({"Retry-After": {"description": "Seconds.", "schema": {"type": "integer", "format": "int32"}}})
        }
        _ => return answer,
    };
    answer["headers"] = headers;
    answer
}
