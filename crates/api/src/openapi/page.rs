//! `GET /docs`: the document for readers, one page without scripts.

use serde_json::{Map, Value};
use std::fmt::Write as _;

/// The styles of the page, served at `/docs.css`.
pub(super) const STYLES: &str = include_str!("page.css");

/// The page of a document. Links in it are relative, so that it works below the path of any public URL.
pub(super) fn of(document: &Value) -> String {
    let version = escaped(text(&document["info"]["version"]));
    format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
         <meta name=\"color-scheme\" content=\"light dark\"><title>Jobline: the API</title>\
         <link rel=\"stylesheet\" href=\"docs.css\"></head><body>\n<nav>{}</nav>\n<main>\
         <h1>The API of Jobline</h1><p>Version {version}. For programs: <a href=\"openapi.json\">openapi.json</a>.</p>\
         <p>{}</p>\n{}{}</main></body></html>\n",
        contents(document),
        prose(&document["info"]["description"]),
        operations(document),
        shapes(document),
    )
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// Text of the document, in which backticks enclose code.
fn prose(value: &Value) -> String {
    let parts = text(value).split('`').enumerate();
    parts.map(|(at, part)| if at % 2 == 1 { code(part) } else { escaped(part) }).collect()
}

fn code(text: &str) -> String {
    format!("<code>{}</code>", escaped(text))
}

fn entries(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().into_iter().flat_map(Map::iter)
}

fn items(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

/// The operations of a tag: path, method, description.
fn tagged<'a>(document: &'a Value, tag: &'a str) -> impl Iterator<Item = (&'a str, &'a str, &'a Value)> {
    let all = entries(&document["paths"])
        .flat_map(|(path, item)| entries(item).map(move |(method, one)| (path.as_str(), method.as_str(), one)));
    all.filter(move |(_, _, operation)| operation["tags"][0] == tag)
}

fn contents(document: &Value) -> String {
    let mut html = String::new();
    for tag in items(&document["tags"]).map(|tag| text(&tag["name"])) {
        let links: String = tagged(document, tag)
            .map(|(_, _, one)| format!("<li><a href=\"#{0}\">{0}</a></li>", escaped(text(&one["operationId"]))))
            .collect();
        let _ = write!(html, "<details open><summary>{}</summary><ul>{links}</ul></details>", escaped(tag));
    }
    html + "<a href=\"#shapes\">Shapes</a>"
}

fn operations(document: &Value) -> String {
    let mut html = String::new();
    for tag in items(&document["tags"]) {
        let _ = writeln!(html, "<h2>{}</h2><p>{}</p>", escaped(text(&tag["name"])), prose(&tag["description"]));
        html.extend(tagged(document, text(&tag["name"])).map(|(path, method, one)| operation(path, method, one)));
    }
    html
}

fn operation(path: &str, method: &str, operation: &Value) -> String {
    let id = escaped(text(&operation["operationId"]));
    let mut html = format!(
        "<section id=\"{id}\"><h3><a href=\"#{id}\">{id}</a></h3><p class=\"call\"><b>{}</b> {}{}</p><p>{}</p>",
        method.to_uppercase(),
        code(path),
        key(operation),
        prose(&operation["summary"])
    );
    if operation["description"].is_string() {
        let _ = write!(html, "<p>{}</p>", prose(&operation["description"]));
    }
    html += &parameters(operation);
    for (kind, content) in entries(&operation["requestBody"]["content"]) {
        let _ = write!(html, "<h4>Body</h4><p>{} {}</p>{}", code(kind), kind_of(&content["schema"]), example(content));
    }
    html + &answers(operation) + "</section>\n"
}

/// Which key opens an operation.
fn key(operation: &Value) -> &'static str {
    match &operation["security"][0] {
        scheme if scheme["userToken"].is_array() => " <span>user token</span>",
        scheme if scheme["hostKey"].is_array() => " <span>host key</span>",
        _ => "",
    }
}

fn parameters(operation: &Value) -> String {
    let rows: String = items(&operation["parameters"])
        .map(|one| {
            let place = if one["in"] == "path" { " <i>in the path</i>" } else { "" };
            let is_required = one["required"] == true;
            row(text(&one["name"]), &one["schema"], is_required, &format!("{}{place}", prose(&one["description"])))
        })
        .collect();
    if rows.is_empty() { rows } else { format!("<h4>Parameters</h4>{}", table(&rows)) }
}

fn table(rows: &str) -> String {
    format!("<div class=\"table\"><table>{rows}</table></div>")
}

fn row(name: &str, schema: &Value, is_required: bool, about: &str) -> String {
    let needed = if is_required { " <i>required</i>" } else { "" };
    format!("<tr><td>{}{needed}</td><td>{}</td><td>{about}</td></tr>", code(name), kind_of(schema))
}

fn answers(operation: &Value) -> String {
    let mut rows = String::new();
    let mut examples = String::new();
    for (status, answer) in entries(&operation["responses"]) {
        let content = entries(&answer["content"]).map(|(_, content)| content).next();
        let kind = content.map(|content| kind_of(&content["schema"])).unwrap_or_default();
        examples.extend(content.map(example));
        let about = prose(&answer["description"]);
        let _ = write!(rows, "<tr><td>{}</td><td>{kind}</td><td>{about}</td></tr>", code(status));
    }
    format!("<h4>Answers</h4>{}{examples}", table(&rows))
}

fn example(content: &Value) -> String {
    if content["example"].is_null() {
        return String::new();
    }
    let shown = serde_json::to_string_pretty(&content["example"]).unwrap_or_default();
    format!("<details><summary>Example</summary><pre tabindex=\"0\">{}</pre></details>", escaped(&shown))
}

/// What a schema accepts, in a few words.
fn kind_of(schema: &Value) -> String {
    if let Some(name) = text(&schema["$ref"]).rsplit('/').next().filter(|name| !name.is_empty()) {
        let name = escaped(name);
        return format!("<a href=\"#shape-{name}\">{name}</a>");
    }
    if let Some(choices) = schema["enum"].as_array() {
        return choices.iter().map(|choice| code(text(choice))).collect::<Vec<_>>().join(" ");
    }
    for any in ["anyOf", "oneOf", "allOf"] {
        if schema[any].is_array() {
            return items(&schema[any]).map(kind_of).collect::<Vec<_>>().join(" or ");
        }
    }
    if let Some(kinds) = schema["type"].as_array() {
        let kinds: Vec<_> = kinds.iter().map(|kind| escaped(text(kind))).collect();
        return kinds.join(" or ");
    }
    match text(&schema["type"]) {
        "array" => format!("list of {}", kind_of(&schema["items"])),
        kind => format!("{}{}", escaped(kind), limits(schema)),
    }
}

fn limits(schema: &Value) -> String {
    let named = [
        ("minimum", "from"),
        ("maximum", "to"),
        ("minLength", "length from"),
        ("maxLength", "length to"),
        ("pattern", "pattern"),
        ("default", "default"),
    ];
    named
        .iter()
        .filter(|(field, _)| !schema[*field].is_null())
        .map(|(field, word)| match &schema[*field] {
            Value::String(value) => format!(", {word} {}", code(value)),
            value => format!(", {word} {value}"),
        })
        .collect()
}

fn shapes(document: &Value) -> String {
    let all: String = entries(&document["components"]["schemas"]).map(|(name, schema)| shape(name, schema)).collect();
    format!("<h2 id=\"shapes\">Shapes</h2>{all}")
}

fn shape(name: &str, schema: &Value) -> String {
    let name = escaped(name);
    let fields: String = entries(&schema["properties"])
        .map(|(field, one)| {
            let is_required = items(&schema["required"]).any(|required| required == field);
            row(field, one, is_required, &prose(&one["description"]))
        })
        .collect();
    let body = if fields.is_empty() { format!("<p>{}</p>", kind_of(schema)) } else { table(&fields) };
    let about = prose(&schema["description"]);
    format!(
        "<section id=\"shape-{name}\"><h3><a href=\"#shape-{name}\">{name}</a></h3><p>{about}</p>{body}</section>\n"
    )
}
