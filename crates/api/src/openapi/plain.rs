//! Schemas in the words that generators of clients understand.

use serde_json::{Map, Value};

/// Rewrites every schema in `value`.
pub fn plain(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(plain),
        Value::Object(fields) => {
            fields.values_mut().for_each(plain);
            drop_null_type(fields);
            drop_null_choice(fields);
            list_constants(fields);
            sign(fields);
        }
        _ => {}
    }
}

/// `null` stays where it says something else than an absent field.
fn drop_null_type(fields: &mut Map<String, Value>) {
    if fields.remove("x-null-means").is_some() {
        return;
    }
    let Some(Value::Array(types)) = fields.get_mut("type") else { return };
    types.retain(|kind| kind != "null");
    if let [kind] = types.as_slice() {
        let kind = kind.clone();
        fields.insert("type".into(), kind);
    }
}

fn drop_null_choice(fields: &mut Map<String, Value>) {
    let Some(Value::Array(choices)) = fields.get_mut("anyOf") else { return };
    choices.retain(|choice| choice["type"] != "null");
    if let [Value::Object(only)] = choices.as_slice() {
        let only = only.clone();
        fields.remove("anyOf");
        fields.extend(only);
    }
}

/// A choice of constants becomes an `enum`; what each means moves beside it, where generators of clients look for it.
fn list_constants(fields: &mut Map<String, Value>) {
    let Some(Value::Array(choices)) = fields.get("oneOf") else { return };
    if !choices.iter().all(|choice| choice["const"].is_string()) {
        return;
    }
    let (values, meanings): (Vec<Value>, Vec<Value>) =
        choices.iter().map(|choice| (choice["const"].clone(), choice["description"].clone())).unzip();
    fields.remove("oneOf");
    fields.insert("type".into(), "string".into());
    fields.insert("enum".into(), values.into());
    if meanings.iter().all(Value::is_string) {
        fields.insert("x-enum-descriptions".into(), meanings.into());
    }
}

/// The formats of OpenAPI are signed. Without one that generators know, a number has 32 bits in many languages.
fn sign(fields: &mut Map<String, Value>) {
    let signed = match fields.get("format").and_then(Value::as_str) {
        Some("uint64") => "int64",
        Some("uint8" | "uint16" | "uint32") => "int32",
        _ => return,
    };
    fields.insert("format".into(), signed.into());
}
