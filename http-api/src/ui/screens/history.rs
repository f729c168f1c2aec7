//! The history of a document: who changed what, when, on which device.

use std::collections::{BTreeMap, BTreeSet};

use axum::extract::Path;
use axum::response::Response;
use crdt_store::{
    Actor, DeviceId, Document, DocumentId, HistoryEntry, Map, Snapshot, Timestamp, Value, ViewRead,
};
use domain::query::names::Devices;
use domain::query::requisitions;
use domain::{Permission, ScopeKind, conflict, location, requisition, stock_line};
use maud::{Markup, html};

use crate::error::Problem;
use crate::ui::form::{Asked, Form, address};
use crate::ui::icon::icon;
use crate::ui::layout::{self, Page, Section};
use crate::ui::lookup::Names;
use crate::ui::parts::{empty, title};
use crate::ui::trouble::{self, Trouble};
use crate::ui::values::{field_name, field_of};
use crate::ui::visit::Visit;
use crate::ui::words::{Words, t};

/// Kinds of document whose history is shown; those that hold secrets are not among them.
const SHOWN: [&str; 20] = [
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
    "requisition",
    "rnr_form",
    "asset",
    "asset_log",
    "barcode",
    "stocktake",
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

/// Whether this reader's store is told of a requisition: a draft is the customer's own.
fn tells_of(visit: &Visit, read: &Snapshot, id: DocumentId) -> bool {
    let row = requisitions::row(read, id).ok().flatten();
    row.is_some_and(|row| {
        row.status != requisition::Status::Draft || visit.visitor.right(row.customer).is_some()
    })
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
const THOUSANDTHS: [&str; 30] = [
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
    "requested",
    "supply",
    "amended",
    "suggested",
    "monthly",
    "on_hand",
    "on_order",
    "consumed",
    "losses",
    "adjustments",
    "initial_balance",
    "initialBalance",
    "final_balance",
    "finalBalance",
    "monthlyBefore",
    "monthlyBeforeThat",
    "min_months",
    "max_months",
];

fn shown(words: Words, names: &Names<'_>, field: &str, value: &Value) -> String {
    match value {
        Value::Bool(true) => t!(words, "yes"),
        Value::Bool(false) => t!(words, "no"),
        Value::Int(number) if THOUSANDTHS.contains(&field) => {
            words.quantity(domain::Quantity::from_thousandths(*number))
        }
        // The mark of a line as somebody confirmed it says nothing else.
        Value::Int(_) if field == "confirmed" => t!(words, "yes"),
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
            "kind" => words.code("value", text),
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
    let name = |field: &str| field_name(words, field);
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
        // Columns of lines, and lines that were frozen, by item.
        [field, item] | ["sent" | "reported", item, .., field] => match item.parse() {
            Ok(item) => format!("{} · {}", names.anything(item), name(field)),
            Err(_) => name(path),
        },
        [.., _] => name(path),
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

/// The user behind a change; none for the system.
fn author(entry: &HistoryEntry) -> Option<DocumentId> {
    entry.message.as_deref().and_then(|user| user.parse().ok()).filter(|user| *user != DocumentId::NIL)
}

/// A change as it is told, and where it made a difference.
struct Told<'e> {
    entry: &'e HistoryEntry,
    places: Vec<String>,
}

impl<'e> Told<'e> {
    fn of(entry: &'e HistoryEntry) -> Self {
        let (old, new) = (leaves(&entry.before), leaves(&entry.after));
        let all: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
        let differs = |path: &&&String| old.get(**path) != new.get(**path);
        let told = |path: &&&String| says_something(path, old.get(**path), new.get(**path));
        let places = all.iter().filter(differs).filter(told).map(|path| (**path).clone()).collect();
        Self { entry, places }
    }
}

/// An instant as an input for day and time holds it, in UTC.
fn typed(time: Timestamp) -> String {
    domain::instant::text(time).chars().take("2026-11-22T08:00:00".len()).collect()
}

/// What such an input says; a minute is meant with all its seconds.
fn read_instant(text: &str) -> Option<Timestamp> {
    let seconds = if text.len() == "2026-11-22T08:00".len() { ":59" } else { "" };
    domain::instant::parse(&format!("{text}{seconds}Z"))
}

fn change(visit: &Visit, names: &Names<'_>, told: &Told<'_>, device: &str, here: &Here<'_>) -> Markup {
    let words = visit.words;
    let (old, new) = (leaves(&told.entry.before), leaves(&told.entry.after));
    let order = order_of(&told.entry.after);
    let places = &told.places;
    html! {
        li {
            p {
                span class="strong" { @match author(told.entry) { Some(user) => (names.user(user)), None => (t!(words, "the-system")) } }
                " · " span class="when" { (words.instant(told.entry.time)) " · " (icon("monitor")) " " (device) }
            }
            table { tbody {
                @for path in places.iter().take(FIELDS_MAX) {
                    @let field = field_of(path);
                    tr {
                        td class="muted" { (place(words, names, path, &order)) }
                        td {
                            @if let Some(value) = old.get(path) { span class="before" { (shown(words, names, field, value)) } " → " }
                            @match new.get(path) { Some(value) => (shown(words, names, field, value)), None => (t!(words, "value-none")) }
                        }
                    }
                }
            } }
            @if places.len() > FIELDS_MAX { p class="muted" { (t!(words, "more-fields", n = places.len() - FIELDS_MAX)) } }
            a class="btn quiet no-print" href=(here.at(&typed(told.entry.time))) { (icon("clock")) (t!(words, "seen-then")) }
        }
    }
}

/// The devices as which changes were written, by the names people gave them.
struct Writers {
    devices: Devices,
    own: DeviceId,
}

impl Writers {
    fn of(visit: &Visit, read: &Snapshot) -> Result<Self, Trouble> {
        Ok(Self { devices: Devices::of(read)?, own: visit.state.node().status().device })
    }

    fn name(&mut self, words: Words, actor: Actor) -> String {
        match self.devices.wrote_as(actor) {
            Some(row) if row.device == self.own => format!("{} ({})", row.name, t!(words, "this-device")),
            Some(row) => row.name.clone(),
            None if Actor::of(self.own, 1) == actor => t!(words, "this-device"),
            None => t!(words, "unknown-device"),
        }
    }
}

/// What is asked of the page: whose changes, of which field, and as of when the document is shown.
struct Here<'a> {
    path: String,
    user: &'a str,
    field: &'a str,
    at: &'a str,
}

impl Here<'_> {
    /// The same page as of another instant.
    fn at(&self, at: &str) -> String {
        address(&self.path, &[("user", self.user), ("field", self.field), ("at", at)])
    }

    fn shows(&self, told: &Told<'_>) -> bool {
        let by = self.user.is_empty() || author(told.entry).unwrap_or_default().to_string() == self.user;
        by && (self.field.is_empty() || told.places.iter().any(|path| field_of(path) == self.field))
    }
}

/// Whose changes and of which field are shown, and as of when the document.
fn filter(words: Words, names: &Names<'_>, here: &Here<'_>, told: &[Told<'_>]) -> Markup {
    let users: BTreeSet<DocumentId> =
        told.iter().map(|told| author(told.entry).unwrap_or_default()).collect();
    let fields: BTreeMap<String, &str> = told
        .iter()
        .flat_map(|told| &told.places)
        .map(|path| (field_name(words, path), field_of(path)))
        .collect();
    let user_name = |user: DocumentId| match user {
        DocumentId::NIL => t!(words, "the-system"),
        user => names.user(user),
    };
    html! {
        form class="card pad row no-print" method="get" action=(here.path) {
            div class="field" {
                label for="f-user" { (t!(words, "history-user")) }
                select class="input" id="f-user" name="user" {
                    option value="" { (t!(words, "history-everybody")) }
                    @for user in users { @let id = user.to_string(); option value=(id) selected[here.user == id] { (user_name(user)) } }
                }
            }
            div class="field" {
                label for="f-field" { (t!(words, "history-field")) }
                select class="input" id="f-field" name="field" {
                    option value="" { (t!(words, "history-all-fields")) }
                    @for (name, field) in &fields { option value=(field) selected[here.field == *field] { (name) } }
                }
            }
            div class="field" {
                label for="f-at" { (t!(words, "history-as-of")) }
                input class="input" id="f-at" name="at" type="datetime-local" step="1" value=(here.at);
            }
            div class="field end" { button class="btn" { (icon("eye")) (t!(words, "history-look")) } }
        }
    }
}

/// The document as it was: a warning that this is the past, and its fields.
fn past(
    visit: &Visit,
    read: &Snapshot,
    here: &Here<'_>,
    id: DocumentId,
    now: &Map,
) -> Result<Markup, Trouble> {
    let words = visit.words;
    if here.at.is_empty() {
        return Ok(html! {});
    }
    let Some(at) = read_instant(here.at) else {
        return Ok(
            html! { div class="alert bad" role="alert" { (icon("triangle-alert")) p { (t!(words, "history-not-an-instant")) } } },
        );
    };
    let document = read.document_at(id, at)?;
    Ok(html! {
        div class="alert warn" role="status" {
            (icon("clock"))
            div {
                p class="strong" { (t!(words, "history-past")) " " (words.instant(at)) }
                p { @if document.is_some() { (t!(words, "history-past-text")) } @else { (t!(words, "history-past-none")) } }
                div class="row no-print" { a class="btn" href=(here.at("")) { (icon("x")) (t!(words, "history-now")) } }
            }
        }
        @if let Some(document) = &document { (past_fields(visit, &Names::new(read), here, document, now)) }
    })
}

/// The fields of a past state beside those of today: what differs first.
fn past_fields(visit: &Visit, names: &Names<'_>, here: &Here<'_>, document: &Document, now: &Map) -> Markup {
    let words = visit.words;
    let (then, today) = (leaves(&document.root), leaves(now));
    let order = order_of(&document.root);
    let all: BTreeSet<&String> = then.keys().chain(today.keys()).collect();
    let tells = |path: &&String| {
        let (old, new) = (then.get(*path), today.get(*path));
        says_something(path, if old == new { None } else { Some(&&Value::Null) }, new.or(old))
    };
    let mut places: Vec<&String> = all.into_iter().filter(tells).collect();
    places.sort_by_key(|path| then.get(*path) == today.get(*path));
    let said = |path: &str, value: Option<&&Value>| match value {
        Some(value) => shown(words, names, field_of(path), value),
        None => t!(words, "value-none"),
    };
    html! {
        section class="card" {
            div class="scroll" { table {
                thead { tr {
                    th scope="col" { (t!(words, "history-field")) }
                    th scope="col" { (t!(words, "history-then")) }
                    th scope="col" { (t!(words, "history-today")) }
                    th scope="col" { span class="visually-hidden" { (t!(words, "actions")) } }
                } }
                tbody {
                    @for path in places.into_iter().take(PAST_FIELDS_MAX) {
                        @let (old, new) = (then.get(path), today.get(path));
                        tr {
                            td class="muted" { (place(words, names, path, &order)) }
                            td class="strong" { (said(path, old)) }
                            td { @if old == new { span class="muted" { (t!(words, "history-same")) } } @else { (said(path, new)) } }
                            td {
                                @if old != new && may_restore(visit, &document.class, &document.root, path) {
                                    form class="no-print" method="post" action={ (here.path) "/restore" } {
                                        input type="hidden" name="field" value=(path);
                                        input type="hidden" name="at" value=(here.at);
                                        button class="btn" { (icon("history")) (t!(words, "restore-value")) }
                                    }
                                }
                            }
                        }
                    }
                }
            } }
        }
    }
}

/// Fields of a past state that are shown: a shipment of many lines has more, which are in its file.
const PAST_FIELDS_MAX: usize = 400;

/// Fields that can be set to what they were: those that an update of the document sets.
const RESTORABLE: [(&str, &[&str], Permission); 2] = [
    (
        "stock_line",
        &["batch", "expiry", "location", "on_hold", "vvm", "cost_price", "sell_price", "note"],
        Permission::StockEdit,
    ),
    ("location", &["code", "name", "kind", "on_hold"], Permission::LocationEdit),
];

fn may_restore(visit: &Visit, class: &str, root: &Map, path: &str) -> bool {
    let store = root.get("store").and_then(Value::as_bytes).and_then(|id| DocumentId::try_from(id).ok());
    let own = visit.own_store().is_some_and(|own| Some(own.id) == store);
    let known = |(of, fields, permission): &(&str, &[&str], Permission)| {
        *of == class && fields.contains(&path) && visit.may(*permission)
    };
    own && RESTORABLE.iter().any(known)
}

/// A word as it begins a line.
fn capital(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

/// The update that sets one field to a value that the document once had.
fn restoring<T: serde::de::DeserializeOwned>(class: &str, field: &str, value: &Value) -> Result<T, Problem> {
    let words = field.split('_').enumerate().map(|(at, word)| match (at, word.split_at_checked(1)) {
        (1.., Some((first, rest))) => format!("{}{rest}", first.to_uppercase()),
        _ => word.to_owned(),
    });
    let value = match value {
        Value::Bool(flag) => serde_json::Value::Bool(*flag),
        value => conflict::text_of(class, field, value).map_or(serde_json::Value::Null, Into::into),
    };
    let command = serde_json::Map::from_iter([(words.collect::<String>(), value)]);
    serde_json::from_value(command.into())
        .map_err(|error| Problem::new("validation", error.to_string()).at("/field"))
}

/// Sets a field to what it was: a change like any other, with all the checks of an edit.
pub(in crate::ui) async fn restore(
    visit: Visit,
    Path(id): Path<DocumentId>,
    form: Form,
) -> Result<Response, Trouble> {
    let at = form.raw("at").to_owned();
    let back = address(&format!("/history/{id}"), &[("at", &at)]);
    let wanted = || Trouble::not_found("field");
    let read = visit.read()?;
    let then = read.document_at(id, read_instant(&at).ok_or_else(wanted)?)?.ok_or_else(wanted)?;
    let field = form.raw("field");
    if !may_restore(&visit, &then.class, &then.root, field) {
        return Err(wanted());
    }
    let value = then.root.get(field).ok_or_else(wanted)?;
    let caller = visit.caller()?;
    let outcome = if then.class == "location" {
        let command = restoring(&then.class, field, value)?;
        visit.execute(move |txn| location::update(txn, &caller, id, &command)).await
    } else {
        let command = restoring(&then.class, field, value)?;
        visit.execute(move |txn| stock_line::update(txn, &caller, id, &command)).await
    };
    match outcome {
        Ok(()) => Ok(layout::done(&format!("/history/{id}"), /*key*/ "toast-restored-value", "")),
        Err(error) => {
            let problem = Problem::from(error);
            let status = problem.status_code();
            let body = trouble::alert(visit.words, &problem);
            let page = Page::new(Section::Other, t!(visit.words, "history"), body);
            let mut response = layout::page(&visit, page.below(t!(visit.words, "history"), back));
            *response.status_mut() = status;
            Ok(response)
        }
    }
}

/// What people call the document: its number or its name, as it stands now.
fn called(words: Words, names: &Names<'_>, after: &Map) -> Option<String> {
    let text = |field: &str| after.get(field).and_then(Value::as_text).map(str::to_owned);
    let batch = || {
        let item = names.anything(DocumentId::try_from(after.get("item")?.as_bytes()?).ok()?);
        Some(
            text("batch")
                .map_or_else(|| item.clone(), |batch| format!("{item} · {} {batch}", t!(words, "batch"))),
        )
    };
    ["number", "name", "text", "code"].iter().find_map(|field| text(field)).or_else(batch)
}

/// Where the document itself is shown to this reader.
fn way_back(visit: &Visit, class: &str, id: DocumentId, after: &Map) -> Option<String> {
    let own = visit.own_store().map(|own| own.id);
    let id_of = |field: &str| match after.get(field) {
        Some(Value::Bytes(bytes)) => DocumentId::try_from(bytes.as_slice()).ok(),
        _ => None,
    };
    let sent_by_us = own.is_some() && id_of("sender_store") == own;
    match class {
        "item" if own.is_some() => Some(format!("/stock/items/{id}")),
        "item" => Some(format!("/items/{id}")),
        "shipment" if sent_by_us => Some(format!("/outbound-shipments/{id}")),
        "shipment" => Some(format!("/inbound-shipments/{id}")),
        "requisition" if id_of("customer") == own => Some(format!("/internal-orders/{id}")),
        "requisition" => Some(format!("/customer-requisitions/{id}")),
        "rnr_form" => Some(format!("/rnr-forms/{id}")),
        "stock_line" => own.map(|_| format!("/stock/lines/{id}")),
        "stocktake" => Some(format!("/stocktakes/{id}")),
        "adjustment" => Some(format!("/adjustments/{id}")),
        "repack" => Some(format!("/repacks/{id}")),
        "location" => Some(format!("/locations/{id}")),
        "programme" => Some(format!("/programmes/{id}")),
        "asset" => Some(format!("/equipment/{id}")),
        _ => None,
    }
}

/// The page.
pub(in crate::ui) async fn show(
    visit: Visit,
    Path(id): Path<DocumentId>,
    asked: Asked,
) -> Result<Response, Trouble> {
    let words = visit.words;
    let read = visit.read()?;
    let header = read.header(id)?.filter(|header| SHOWN.contains(&header.class.as_str()));
    let header = header
        .filter(|header| may_see(&visit, ScopeKind::of(&header.scope)))
        .filter(|header| header.class != "requisition" || tells_of(&visit, &read, id))
        .filter(|header| {
            !["requisition", "rnr_form"].contains(&header.class.as_str())
                || visit.may(Permission::RequisitionView)
        })
        .ok_or_else(|| Trouble::not_found("document"))?;
    let entries = read.history(id)?.unwrap_or_default();
    let mut writers = Writers::of(&visit, &read)?;
    let names = Names::new(&read);
    let told: Vec<Told<'_>> = entries.iter().map(Told::of).collect();
    let here = Here {
        path: format!("/history/{id}"),
        user: asked.raw("user"),
        field: asked.raw("field"),
        at: asked.raw("at"),
    };
    let subject = capital(&words.code("what", &header.class.replace('_', "-")));
    let now = read.document(id)?.map_or_else(Map::new, |document| document.root);
    let name = called(words, &names, &now).unwrap_or_else(|| names.anything(id));
    let listed: Vec<&Told<'_>> = told.iter().rev().filter(|told| here.shows(told)).collect();
    let body = html! {
        (title(&t!(words, "history"), html! { (subject) " · " (name) " · " (t!(words, "changes-count", n = entries.len())) }, html! {}))
        div class="stack" {
            (filter(words, &names, &here, &told))
            (past(&visit, &read, &here, id, &now)?)
            section class="card" {
            @if listed.is_empty() { (empty("history", &t!(words, "no-history"), &t!(words, "no-history-text"), html! {})) }
            ol class="trail pad" {
                @for told in listed.into_iter().take(ENTRIES_MAX) {
                    (change(&visit, &names, told, &writers.name(words, told.entry.actor), &here))
                }
            }
            }
        }
    };
    let mut page = Page::new(Section::Other, t!(words, "history"), body);
    if let Some(back) = way_back(&visit, &header.class, id, &now) {
        page = page.below(name, back);
    }
    Ok(layout::page(&visit, page))
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::location::UpdateLocation;
    use domain::stock_line::UpdateStockLine;

    #[test]
    fn an_instant_that_was_typed_reads_back_and_a_minute_means_all_of_it() {
        let time = Timestamp::from_millis(1_795_334_405_000);
        assert_eq!(read_instant(&typed(time)), Some(time));
        let minute: String = typed(time).chars().take(16).collect();
        assert_eq!(read_instant(&minute), Some(Timestamp::from_millis(1_795_334_459_000)));
        assert_eq!(read_instant("yesterday"), None);
    }

    #[test]
    fn every_field_that_can_be_restored_is_one_that_an_update_sets() {
        for (class, fields, _) in RESTORABLE {
            for field in fields {
                let value = match *field {
                    "on_hold" => Value::Bool(true),
                    "expiry" => "2027-06-30".into(),
                    "vvm" => "stage2".into(),
                    "kind" => "cold".into(),
                    "cost_price" | "sell_price" => Value::Int(1_250),
                    "location" => DocumentId::from_bytes([7; 16]).into(),
                    _ => "words".into(),
                };
                let sets = match class {
                    "location" => {
                        restoring::<UpdateLocation>(class, field, &value).map(|new| new != Default::default())
                    }
                    _ => restoring::<UpdateStockLine>(class, field, &value)
                        .map(|new| new != Default::default()),
                };
                assert!(
                    sets.unwrap_or_else(|problem| panic!("{class} {field}: {problem:?}")),
                    "{class} {field}"
                );
            }
        }
    }
}
