//! The description of the API as a page: made on the server, without a script, readable with no network.

use std::collections::BTreeMap;

use maud::{DOCTYPE, Markup, html};
use serde_json::{Map, Value};

use crate::openapi;

/// How the page looks.
pub(crate) const STYLE: &str = "\
:root { color-scheme: light dark; font: 1rem/1.5 system-ui, sans-serif; }
body { max-width: 60rem; margin: 0 auto; padding: 1rem; }
code, .path { font-family: ui-monospace, monospace; }
details { border: 1px solid #8886; border-radius: .4rem; margin: .4rem 0; padding: .3rem .7rem; }
summary { cursor: pointer; min-height: 1.8rem; }
.method { display: inline-block; min-width: 4.5rem; font-weight: 700; }
table { border-collapse: collapse; margin: .5rem 0; width: 100%; }
th, td { text-align: start; vertical-align: top; padding: .2rem .6rem .2rem 0; border-bottom: 1px solid #8884; }
nav li { display: inline-block; margin-inline-end: 1rem; }
nav ul { padding: 0; }
.muted { opacity: .75; }
";

/// The page of a description.
pub(crate) fn page(document: &str) -> Markup {
    let document: Value = serde_json::from_str(document).unwrap_or_default();
    let by_tag = operations(&document);
    let empty = Map::new();
    let schemas = document.pointer("/components/schemas").and_then(Value::as_object).unwrap_or(&empty);
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { "Tributary API" }
                link rel="stylesheet" href="/api/docs.css";
            }
            body {
                h1 { "Tributary API " span.muted { (text(&document, "/info/version")) } }
                @for paragraph in text(&document, "/info/description").split('\n').filter(|line| !line.is_empty()) {
                    p { (paragraph.trim_start_matches("* ")) }
                }
                p { "For programs: " a href="/api/openapi.json" { "/api/openapi.json" } " (OpenAPI 3.1)." }
                nav aria-label="Contents" {
                    ul {
                        @for tag in by_tag.keys() { li { a href={ "#" (anchor(tag)) } { (tag) } } }
                        li { a href="#problems" { "Problems" } }
                        li { a href="#schemas" { "Types" } }
                    }
                }
                main {
                    @for (tag, operations) in &by_tag {
                        h2 id=(anchor(tag)) { (tag) }
                        @for operation in operations { (operation_details(operation)) }
                    }
                    h2 id="problems" { "Problems" }
                    (problems())
                    h2 id="schemas" { "Types" }
                    @for (name, schema) in schemas { (schema_details(name, schema)) }
                }
            }
        }
    }
}

struct Operation<'d> {
    method: String,
    path: &'d str,
    details: &'d Value,
}

fn operations(document: &Value) -> BTreeMap<&str, Vec<Operation<'_>>> {
    let mut by_tag: BTreeMap<&str, Vec<_>> = BTreeMap::new();
    for (path, item) in document["paths"].as_object().into_iter().flatten() {
        for (method, details) in item.as_object().into_iter().flatten() {
            let tag = details["tags"][0].as_str().unwrap_or("Other");
            by_tag.entry(tag).or_default().push(Operation { method: method.to_uppercase(), path, details });
        }
    }
    by_tag
}

fn text<'d>(value: &'d Value, pointer: &str) -> &'d str {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}

fn anchor(tag: &str) -> String {
    tag.to_lowercase().replace(' ', "-")
}

fn operation_details(operation: &Operation<'_>) -> Markup {
    let details = operation.details;
    html! {
        details id=(text(details, "/operationId")) {
            summary {
                span.method { (operation.method) } " "
                span.path { (operation.path) } " "
                span.muted { (text(details, "/summary")) }
            }
            @if let Some(parameters) = details["parameters"].as_array() {
                table {
                    thead { tr { th { "Parameter" } th { "In" } th { "Type" } th { "Meaning" } } }
                    tbody {
                        @for parameter in parameters {
                            tr {
                                td { code { (text(parameter, "/name")) } @if parameter["required"] == true { " (required)" } }
                                td { (text(parameter, "/in")) }
                                td { (kind(&parameter["schema"])) }
                                td { (text(parameter, "/description")) }
                            }
                        }
                    }
                }
            }
            @if let Some(body) = details.pointer("/requestBody/content/application~1json/schema") {
                p { "Body: " (kind(body)) }
            }
            table {
                thead { tr { th { "Status" } th { "Answer" } } }
                tbody {
                    @for (status, response) in details["responses"].as_object().into_iter().flatten() {
                        tr {
                            td { (status) }
                            td {
                                (text(response, "/description").replace('`', ""))
                                @for (media, content) in response["content"].as_object().into_iter().flatten() {
                                    @if media != "application/problem+json" { " " (kind(&content["schema"])) " (" (media) ")" }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn problems() -> Markup {
    html! {
        table {
            thead { tr { th { "Code" } th { "Status" } th { "Meaning" } th { "What to do" } } }
            tbody {
                @for known in openapi::codes() {
                    tr id={ "problem-" (known.code) } {
                        td { code { (known.code) } }
                        td { (known.status) }
                        td { (known.title) }
                        td { (known.advice) }
                    }
                }
            }
        }
    }
}

fn schema_details(name: &str, schema: &Value) -> Markup {
    let required: Vec<_> =
        schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    html! {
        details id={ "schema-" (name) } {
            summary { code { (name) } }
            @if let Some(properties) = schema["properties"].as_object() {
                table {
                    thead { tr { th { "Field" } th { "Type" } } }
                    tbody {
                        @for (field, schema) in properties {
                            tr {
                                td { code { (field) } @if required.contains(&field.as_str()) { " (required)" } }
                                td { (kind(schema)) }
                            }
                        }
                    }
                }
            } @else {
                p { (kind(schema)) }
            }
        }
    }
}

/// A type in a few words, with links to the types it is made of.
fn kind(schema: &Value) -> Markup {
    if let Some(name) = text(schema, "/$ref").strip_prefix("#/components/schemas/") {
        return html! { a href={ "#schema-" (name) } { code { (name) } } };
    }
    if let Some(words) = schema["enum"].as_array() {
        let words: Vec<_> = words.iter().filter_map(Value::as_str).collect();
        return html! { (words.join(" · ")) };
    }
    if let Some(choices) = schema["oneOf"].as_array() {
        return html! { @for (at, choice) in choices.iter().enumerate() { @if at > 0 { " or " } (kind(choice)) } };
    }
    if let Some(items) = schema.get("items") {
        return html! { "list of " (kind(items)) };
    }
    if let Some(properties) = schema["properties"].as_object() {
        return html! { "{ " @for (name, schema) in properties { code { (name) } ": " (kind(schema)) " " } "}" };
    }
    if let Some(values) = schema.get("additionalProperties") {
        return html! { "map to " (kind(values)) };
    }
    let types: Vec<_> = match &schema["type"] {
        Value::String(kind) => vec![kind.as_str()],
        Value::Array(kinds) => kinds.iter().filter_map(Value::as_str).collect(),
        _ => vec!["anything"],
    };
    let format = text(schema, "/format");
    html! { (types.join(" or ")) @if !format.is_empty() { " (" (format) ")" } }
}
