//! `POST /host/import`, which takes and answers lines and so is no procedure of the table.

use super::problem;
use jobline_wire::{Code, ImportLine, ImportedLine};
use schemars::SchemaGenerator;
use serde_json::{Value, json};

/// Its description. A schema is that of one line.
pub(super) fn operation(shapes: &mut SchemaGenerator) -> Value {
    let sent = json!({"user": {"id": "anna", "name": "Anna Berg"}});
    let answered = json!({"line": 1, "status": "ok"});
    json!({
        "operationId": "import",
        "summary": "Creates or replaces up to 10,000 users and jobs, one JSON object on each line of at most 10 MiB.",
        "description": "Each line is carried out by the rules of `putUser` or `putJob`, and has its line in the answer, in \
            order; a line that is refused stops no other. Empty lines have none. When the body has more lines, is larger, \
            breaks off, stops for 10 seconds or takes longer than a minute, the last line of the answer has an error: from \
            that line on nothing was done.",
        "tags": ["host"],
        "security": [{"hostKey": []}],
        "requestBody": {"required": true, "content": {"application/x-ndjson": {
            "schema": shapes.subschema_for::<ImportLine>(), "example": sent}}},
        "responses": {
            "200": {"description": "Each line was done or refused.", "content": {"application/x-ndjson": {
                "schema": shapes.subschema_for::<ImportedLine>(), "example": answered}}},
            "400": problem("400", &[Code::InvalidRequest]),
            "401": problem("401", &[Code::Unauthenticated]),
            "413": problem("413", &[Code::PayloadTooLarge]),
            "415": problem("415", &[Code::UnsupportedMediaType]),
            "503": problem("503", &[Code::Unavailable]),
        },
    })
}
