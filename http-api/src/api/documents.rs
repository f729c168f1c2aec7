//! The document behind a row: its history, and the document itself.

use std::collections::BTreeMap;

use axum::extract::State;
use axum::http::{HeaderValue, Method, header};
use axum::response::{IntoResponse, Response};
use crdt_store::{
    DeviceId, DocumentHeader, DocumentId, HistoryEntry, Map, Snapshot, Timestamp, Value, ViewRead,
};
use domain::query::names::Names;
use domain::{Permission, ScopeKind};
use serde::{Deserialize, Serialize};

use super::input::{Bare, Empty, Ids};
use super::route::{Ask, Route, query};
use super::{requisitions, rnr_forms};
use crate::auth::Visitor;
use crate::error::Problem;
use crate::state::AppState;

/// The history of a document, oldest change first.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct History {
    rows: Vec<HistoryRow>,
}

/// One change of a document.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct HistoryRow {
    /// Identity of the change.
    hash: String,
    /// When, by the clock of the device that made it.
    #[serde(with = "domain::instant")]
    at: Timestamp,
    /// The user; null for the system.
    by: Option<DocumentId>,
    /// The name of the user.
    by_name: Option<String>,
    /// The device that wrote it; null where this device does not know it.
    device: Option<DeviceId>,
    /// Its name.
    device_name: Option<String>,
    /// The device's life that wrote it.
    actor: String,
    /// What it changed: JSON pointers and their values.
    changed: Vec<Changed>,
}

/// A value that a change changed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Changed {
    pointer: String,
    before: Option<String>,
    after: Option<String>,
}

/// A document as it was at an instant.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct PastState {
    /// The document.
    id: DocumentId,
    /// Its class.
    class: String,
    /// The instant asked for.
    #[serde(with = "domain::instant")]
    at: Timestamp,
    /// Its fields then, by JSON pointer.
    fields: Vec<PastField>,
}

/// A field of a document as it was.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct PastField {
    pointer: String,
    value: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct AtQuery {
    /// Everything done until then is in, by the clocks of the devices that did it.
    #[serde(with = "domain::instant")]
    at: Timestamp,
}

/// Which kinds of document stand behind an address; a kind whose documents hold secrets is not among them.
struct Noun {
    history: &'static str,
    as_of: &'static str,
    automerge: &'static str,
    tag: &'static str,
    class: &'static str,
}

macro_rules! nouns {
    ($($path:literal, $tag:literal, $class:literal;)*) => {
        &[$(Noun {
            history: concat!("/api/v1/", $path, "/{id}/history"),
            as_of: concat!("/api/v1/", $path, "/{id}/as-of"),
            automerge: concat!("/api/v1/", $path, "/{id}.automerge"),
            tag: $tag,
            class: $class,
        }),*]
    };
}

const NOUNS: &[Noun] = nouns! {
    "items", "Items", "item";
    "stores", "Stores", "store";
    "sites", "Sites", "site";
    "partners", "Partners", "partner";
    "reasons", "Reasons", "reason";
    "asset-reasons", "Reasons", "asset_reason";
    "locations", "Locations", "location";
    "location-types", "Locations", "location_type";
    "item-variants", "Items", "item_variant";
    "programmes", "Programmes", "programme";
    "period-schedules", "Programmes", "period_schedule";
    "repacks", "Repacks", "repack";
    "stock-lines", "Stock", "stock_line";
    "adjustments", "Adjustments", "adjustment";
    "stocktakes", "Stocktakes", "stocktake";
    "outbound-shipments", "Outbound shipments", "shipment";
    "inbound-shipments", "Inbound shipments", "shipment";
    "internal-orders", "Internal orders", "requisition";
    "customer-requisitions", "Customer requisitions", "requisition";
    "rnr-forms", "R&R forms", "rnr_form";
    "assets", "Equipment", "asset";
    "asset-logs", "Equipment", "asset_log";
    "barcodes", "Scanning", "barcode";
};

/// Whether the visitor may see what is in a scope.
pub(super) fn may_see(visitor: &Visitor, kind: Option<ScopeKind>) -> bool {
    let enters = |store| visitor.right(store).is_some();
    match kind {
        Some(ScopeKind::Reference) => true,
        Some(ScopeKind::Store(store)) => enters(store),
        Some(ScopeKind::Transfer(sender, receiver)) => enters(sender) || enters(receiver),
        Some(ScopeKind::Central | ScopeKind::StoreConfig(_) | ScopeKind::Site(_)) | None => {
            visitor.require(Permission::ServerAdmin).is_ok()
        }
    }
}

fn visible(
    read: &crdt_store::Snapshot,
    visitor: &Visitor,
    class: &str,
    id: DocumentId,
) -> Result<DocumentHeader, Problem> {
    let header = read.header(id)?.filter(|header| header.class == class);
    let header = header.ok_or_else(|| Problem::not_found("document"))?;
    let sees = match class {
        // Its scope does not say everything: a draft is not for the store that will be asked.
        "requisition" => requisitions::may_read(read, visitor, &header)?,
        // It tells of more than the store's stock.
        "rnr_form" => {
            may_see(visitor, ScopeKind::of(&header.scope)) && rnr_forms::may_read(read, visitor, id)?
        }
        _ => may_see(visitor, ScopeKind::of(&header.scope)),
    };
    if sees { Ok(header) } else { Err(Problem::not_found("document")) }
}

fn history_of(ask: &Ask<'_>, class: &str) -> Result<History, Problem> {
    visible(ask.read, ask.visitor, class, ask.ids.id)?;
    let entries = ask.read.history(ask.ids.id)?.unwrap_or_default();
    Ok(History { rows: rows(&mut Names::new(ask.read), &entries)? })
}

/// The document as it was; before it was made, there was none.
fn as_of(ask: &Ask<'_>, class: &str, at: Timestamp) -> Result<PastState, Problem> {
    visible(ask.read, ask.visitor, class, ask.ids.id)?;
    let document = ask.read.document_at(ask.ids.id, at)?.ok_or_else(|| Problem::not_found("document"))?;
    let field = |(pointer, value)| PastField { pointer, value };
    let fields = leaves(&document.root).into_iter().map(field).collect();
    Ok(PastState { id: document.id, class: document.class, at, fields })
}

fn rows(names: &mut Names<'_, Snapshot>, entries: &[HistoryEntry]) -> Result<Vec<HistoryRow>, Problem> {
    entries.iter().map(|entry| row(names, entry)).collect()
}

fn row(names: &mut Names<'_, Snapshot>, entry: &HistoryEntry) -> Result<HistoryRow, Problem> {
    let by = entry.message.as_deref().and_then(|user| user.parse().ok());
    let by = by.filter(|user| *user != DocumentId::NIL);
    let by_name = match by {
        Some(user) => names.user(user)?.map(str::to_owned),
        None => None,
    };
    let device = names.device(entry.actor)?;
    Ok(HistoryRow {
        hash: entry.hash.to_string(),
        at: entry.time,
        by,
        by_name,
        device: device.map(|row| row.device),
        device_name: device.map(|row| row.name.clone()),
        actor: format!("{:?}", entry.actor),
        changed: difference(&entry.before, &entry.after),
    })
}

fn difference(before: &Map, after: &Map) -> Vec<Changed> {
    let (before, after) = (leaves(before), leaves(after));
    let pointers: std::collections::BTreeSet<_> = before.keys().chain(after.keys()).collect();
    let differs = pointers.into_iter().filter(|pointer| before.get(*pointer) != after.get(*pointer));
    differs
        .map(|pointer| Changed {
            pointer: pointer.clone(),
            before: before.get(pointer).cloned(),
            after: after.get(pointer).cloned(),
        })
        .collect()
}

/// The leaves of a document by their JSON pointers, as text. Nothing that was never said is a leaf.
fn leaves(map: &Map) -> BTreeMap<String, String> {
    fn walk(pointer: &str, value: &Value, found: &mut BTreeMap<String, String>) {
        match value {
            Value::Map(map) => {
                for (key, value) in map {
                    walk(&format!("{pointer}/{}", key.replace('~', "~0").replace('/', "~1")), value, found);
                }
            }
            Value::Null => {}
            leaf => drop(found.insert(pointer.to_owned(), text_of(leaf))),
        }
    }

    let mut found = BTreeMap::new();
    map.iter().for_each(|(key, value)| walk(&format!("/{key}"), value, &mut found));
    found
}

fn text_of(leaf: &Value) -> String {
    match leaf {
        Value::Bool(flag) => flag.to_string(),
        Value::Int(int) => int.to_string(),
        Value::Text(text) => text.clone(),
        Value::Bytes(bytes) => DocumentId::try_from(bytes.as_slice())
            .map(|id| id.to_string())
            .unwrap_or_else(|_| bytes.iter().map(|byte| format!("{byte:02x}")).collect()),
        Value::List(values) => values.iter().map(text_of).collect::<Vec<_>>().join(", "),
        Value::Null | Value::Map(_) => String::new(),
    }
}

async fn file(state: AppState, visitor: Visitor, ids: Ids, class: &'static str) -> Result<Response, Problem> {
    let read = state.snapshot()?;
    visible(&read, &visitor, class, ids.id)?;
    let bytes = read.save(ids.id)?.ok_or_else(|| Problem::not_found("document"))?;
    let mut response = bytes.into_response();
    response
        .headers_mut()
        .insert(header::CONTENT_TYPE, HeaderValue::from_static("application/vnd.automerge"));
    let name = format!("attachment; filename=\"{}.automerge\"", ids.id);
    let disposition = HeaderValue::try_from(name);
    disposition
        .into_iter()
        .for_each(|name| drop(response.headers_mut().insert(header::CONTENT_DISPOSITION, name)));
    Ok(response)
}

/// The past of a document of one kind; a function cannot capture, so the kind is found again by the address.
fn past_routes(noun: &'static Noun) -> [Route; 2] {
    macro_rules! of {
        ($($class:literal)*) => {
            match noun.class {
                $($class => [
                    query::<Empty, History, _>(noun.history, noun.tag, HISTORY, |ask, _| history_of(ask, $class)),
                    query::<AtQuery, PastState, _>(noun.as_of, noun.tag, AS_OF, |ask, wish| as_of(ask, $class, wish.at)),
                ],)*
                other => unreachable!("{other} is not in the table above"),
            }
        };
    }
    const HISTORY: &str = "Its changes: who, when, on which device, what";
    const AS_OF: &str = "Its fields as they were at an instant, as the document keeps them";
    of!(
        "item" "item_variant" "programme" "period_schedule" "store" "site" "partner" "reason" "asset_reason" "location" "location_type"
        "stock_line" "adjustment" "repack" "stocktake" "shipment" "requisition" "rnr_form" "asset" "asset_log" "barcode"
    )
}

pub(super) fn routes() -> Vec<Route> {
    let automerge = |noun: &'static Noun| {
        let handler = move |State(state): State<AppState>, visitor: Visitor, _: Bare, ids: Ids| {
            file(state, visitor, ids, noun.class)
        };
        let summary = "The document itself, readable by any Automerge library";
        Route::raw(Method::GET, noun.automerge, noun.tag, summary, handler).media("application/vnd.automerge")
    };
    let of_noun = |noun| past_routes(noun).into_iter().chain([automerge(noun)]);
    NOUNS.iter().flat_map(of_noun).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_history_names_what_changed_and_nothing_else() {
        let map = |quantity: i64| {
            let line =
                Map::from([("quantity".to_owned(), Value::Int(quantity)), ("note".to_owned(), Value::Null)]);
            Map::from([
                ("name".to_owned(), Value::Text("A".to_owned())),
                ("lines".to_owned(), Value::Map(Map::from([("l/1".to_owned(), Value::Map(line))]))),
            ])
        };
        let changed = difference(&map(1), &map(2));
        assert_eq!(changed.len(), 1);
        assert_eq!(changed[0].pointer, "/lines/l~11/quantity");
        assert_eq!((changed[0].before.as_deref(), changed[0].after.as_deref()), (Some("1"), Some("2")));
        assert_eq!(difference(&Map::new(), &map(1)).len(), 2);
    }
}
