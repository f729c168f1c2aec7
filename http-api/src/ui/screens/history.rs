//! The history of a document: who changed what, when, on which device.

use std::collections::BTreeMap;

use axum::extract::Path;
use axum::response::Response;
use crdt_store::{Actor, DocumentId, HistoryEntry, Map, Snapshot, Value, ViewRead};
use domain::{ScopeKind, query};
use maud::{Markup, html};

use crate::ui::icon::icon;
use crate::ui::layout::{self, Page, Section};
use crate::ui::lookup::Names;
use crate::ui::parts::{empty, title};
use crate::ui::trouble::Trouble;
use crate::ui::visit::Visit;
use crate::ui::words::{Words, t};

/// Kinds of document whose history is shown; those that hold secrets are not among them.
const SHOWN: [&str; 16] = [
    "item",
    "store",
    "site",
    "partner",
    "reason",
    "asset_reason",
    "location",
    "location_type",
    "item_variant",
    "programme",
    "stock_line",
    "adjustment",
    "repack",
    "shipment",
    "asset",
    "asset_log",
];

/// What documents carry for the program, and references that another field says in words.
const UNSAID: [&str; 6] = ["class", "schema", "created_at", "created_by", "stock_line", "block"];

/// Changes on one page: the newest; a document of more has its older ones in its file.
const ENTRIES_MAX: usize = 200;
/// Fields of one change that are shown: a first change has as many as the document.
const FIELDS_MAX: usize = 40;

fn may_see(visit: &Visit, kind: Option<ScopeKind>) -> bool {
    let enters = |store| visit.visitor.right(store).is_some();
    match kind {
        Some(ScopeKind::Reference) => true,
        Some(ScopeKind::Store(store)) => enters(store),
        Some(ScopeKind::Transfer(sender, receiver)) => enters(sender) || enters(receiver),
        _ => false,
    }
}

/// The leaves of a document by where they stand.
fn leaves(map: &Map) -> BTreeMap<String, &Value> {
    fn walk<'v>(path: &str, value: &'v Value, found: &mut BTreeMap<String, &'v Value>) {
        match value {
            Value::Map(map) => {
                map.iter().for_each(|(key, value)| walk(&format!("{path}/{key}"), value, found))
            }
            Value::Null => {}
            leaf => drop(found.insert(path.to_owned(), leaf)),
        }
    }
    let mut found = BTreeMap::new();
    map.iter().for_each(|(key, value)| walk(key, value, &mut found));
    found
}

/// Fields of documents that hold thousandths.
const THOUSANDTHS: [&str; 12] = [
    "quantity",
    "issued",
    "received",
    "opening",
    "cost_price",
    "sell_price",
    "price",
    "expected_quantity",
    "found",
    "volume",
    "min",
    "max",
];

fn shown(words: Words, names: &Names<'_>, field: &str, value: &Value) -> String {
    match value {
        Value::Bool(true) => t!(words, "yes"),
        Value::Bool(false) => t!(words, "no"),
        Value::Int(number) if THOUSANDTHS.contains(&field) => {
            words.quantity(domain::Quantity::from_thousandths(*number))
        }
        // Milliseconds since 1970 are the only numbers of this size in documents.
        Value::Int(number) if *number > 100_000_000_000 => {
            words.day(domain::text::day_of(crdt_store::Timestamp::from_millis(*number)))
        }
        Value::Int(number) => words.whole(*number),
        Value::Text(text) => match field {
            "ven" => words.code("ven", text),
            "vvm" => words.code("vvm", text),
            "verdict" => words.code("verdict", text),
            "status" => words.code("asset", text),
            _ => text.parse().map_or_else(|_| text.clone(), |day| words.day(day)),
        },
        Value::Bytes(bytes) => {
            DocumentId::try_from(bytes.as_slice()).map_or_else(|_| "…".to_owned(), |id| names.anything(id))
        }
        Value::List(values) => {
            values.iter().map(|value| shown(words, names, field, value)).collect::<Vec<_>>().join(", ")
        }
        Value::Null | Value::Map(_) => "—".to_owned(),
    }
}

/// A place in a document in words: the field, and the line it belongs to by its number.
fn place(words: Words, names: &Names<'_>, path: &str, order: &BTreeMap<String, usize>) -> String {
    let parts: Vec<&str> = path.split('/').collect();
    let name = |field: &str| words.code("field", &field.replace('_', "-"));
    match parts.as_slice() {
        ["lines", key, field] => match order.get(*key) {
            Some(at) => format!("{} · {}", t!(words, "line-number", n = at + 1), name(field)),
            None => name(field),
        },
        ["events", status, field] => format!("{} · {}", words.code("status", status), name(field)),
        ["devices", _, field] => format!("{} · {}", t!(words, "device"), name(field)),
        ["former_sites", ..] => name("former_sites"),
        [list @ ("items" | "stores"), id] => {
            id.parse().map_or_else(|_| name(list), |id| format!("{} · {}", name(list), names.anything(id)))
        }
        [.., field] => name(field),
        [] => String::new(),
    }
}

/// Whether a reader learns something from a field: not from those of the program, nor from a «no» at the beginning.
fn says_something(path: &str, old: Option<&&Value>, new: Option<&&Value>) -> bool {
    let field = path.rsplit('/').next().unwrap_or_default();
    let a_first_no = old.is_none() && matches!(new, Some(Value::Bool(false)));
    !UNSAID.contains(&field) && !a_first_no
}

/// Keys of lines in their order, for people to tell them apart.
fn order_of(after: &Map) -> BTreeMap<String, usize> {
    let lines = after.get("lines").and_then(Value::as_map);
    lines.into_iter().flat_map(|lines| lines.keys().cloned().enumerate()).map(|(at, key)| (key, at)).collect()
}

fn change(words: Words, names: &Names<'_>, before: &Map, entry: &HistoryEntry, device: &str) -> Markup {
    let (old, new) = (leaves(before), leaves(&entry.after));
    let order = order_of(&entry.after);
    let mut places: Vec<&String> =
        old.keys().chain(new.keys()).filter(|path| old.get(*path) != new.get(*path)).collect();
    places.retain(|path| says_something(path, old.get(*path), new.get(*path)));
    places.sort();
    places.dedup();
    let author =
        entry.message.as_deref().and_then(|user| user.parse().ok()).filter(|user| *user != DocumentId::NIL);
    let field_of = |path: &str| path.rsplit('/').next().unwrap_or_default().to_owned();
    html! {
        li {
            p { span class="strong" { @match author { Some(user) => (names.user(user)), None => (t!(words, "the-system")) } } " · " span class="when" { (words.instant(entry.time)) " · " (icon("monitor")) " " (device) } }
            table { tbody {
                @for path in places.iter().take(FIELDS_MAX) {
                    @let field = field_of(path);
                    tr {
                        td class="muted" { (place(words, names, path, &order)) }
                        td {
                            @if let Some(value) = old.get(*path) { span class="before" { (shown(words, names, &field, value)) } " → " }
                            @match new.get(*path) { Some(value) => (shown(words, names, &field, value)), None => "—" }
                        }
                    }
                }
            } }
            @if places.len() > FIELDS_MAX { p class="muted" { (t!(words, "more-fields", n = places.len() - FIELDS_MAX)) } }
        }
    }
}

/// Which device wrote as which actor, as far as this device knows: each life of a device is an actor of its own.
fn devices(visit: &Visit, read: &Snapshot) -> Result<BTreeMap<Actor, String>, Trouble> {
    let status = visit.state.node().status();
    let mut known = BTreeMap::new();
    let own = (status.device, t!(visit.words, "this-device"));
    let others = query::reference::devices(read)?.into_iter().map(|row| (row.device, row.name));
    for (device, name) in others.chain([own]) {
        for life in 0..LIVES_MAX {
            known.insert(Actor::of(device, life), name.clone());
        }
    }
    Ok(known)
}

/// Lives of a device that are recognised: a restored backup begins a new one.
const LIVES_MAX: u32 = 20;

/// What people call the document: its number or its name, as it stands now.
fn called(after: &Map) -> Option<&str> {
    ["number", "name", "text", "code"].iter().find_map(|field| match after.get(*field) {
        Some(Value::Text(text)) => Some(text.as_str()),
        _ => None,
    })
}

/// Where the document itself is shown to this reader.
fn way_back(visit: &Visit, class: &str, id: DocumentId, after: &Map) -> Option<String> {
    let own = visit.own_store().map(|own| own.id);
    let sent_by_us = match after.get("sender_store") {
        Some(Value::Bytes(bytes)) => DocumentId::try_from(bytes.as_slice()).ok() == own,
        _ => false,
    };
    match class {
        "item" if own.is_some() => Some(format!("/stock/items/{id}")),
        "item" => Some(format!("/items/{id}")),
        "shipment" if sent_by_us => Some(format!("/outbound-shipments/{id}")),
        "shipment" => Some(format!("/inbound-shipments/{id}")),
        "adjustment" => Some(format!("/adjustments/{id}")),
        "repack" => Some(format!("/repacks/{id}")),
        "stock_line" => Some(format!("/stock/lines/{id}")),
        "location" => Some(format!("/locations/{id}")),
        "programme" => Some(format!("/programmes/{id}")),
        "asset" => Some(format!("/equipment/{id}")),
        _ => None,
    }
}

/// The page.
pub(in crate::ui) async fn show(visit: Visit, Path(id): Path<DocumentId>) -> Result<Response, Trouble> {
    let words = visit.words;
    let read = visit.read()?;
    let header = read.header(id)?.filter(|header| SHOWN.contains(&header.class.as_str()));
    let header = header
        .filter(|header| may_see(&visit, ScopeKind::of(&header.scope)))
        .ok_or_else(|| Trouble::not_found("document"))?;
    let entries = read.history(id)?.unwrap_or_default();
    let devices = devices(&visit, &read)?;
    let names = Names::new(&read);
    let nothing = Map::new();
    let before = std::iter::once(&nothing).chain(entries.iter().map(|entry| &entry.after));
    let pairs: Vec<(&HistoryEntry, &Map)> = entries.iter().zip(before).collect();
    let unknown = t!(words, "unknown-device");
    let subject = words.code("what", &header.class.replace('_', "-"));
    let now = entries.last().map_or(&nothing, |entry| &entry.after);
    let name = called(now).map_or_else(|| names.anything(id), str::to_owned);
    let body = html! {
        (title(&t!(words, "history"), html! { (subject) " · " (name) " · " (t!(words, "changes-count", n = entries.len())) }, html! {}))
        section class="card" {
            @if entries.is_empty() { (empty("history", &t!(words, "no-history"), &t!(words, "no-history-text"), html! {})) }
            ol class="trail pad" {
                @for (entry, before) in pairs.iter().rev().take(ENTRIES_MAX) {
                    (change(words, &names, before, entry, devices.get(&entry.actor).unwrap_or(&unknown)))
                }
            }
        }
    };
    let mut page = Page::new(Section::Other, t!(words, "history"), body);
    if let Some(back) = way_back(&visit, &header.class, id, now) {
        page = page.below(name, back);
    }
    Ok(layout::page(&visit, page))
}
