//! Returns: goods that go back to a supplier, and goods that a customer brings back. Either of them begins with a shipment,
//! whose lines are offered with what can still go back of them, or with nothing, and batches or items are looked for.

use std::collections::BTreeMap;

use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use crdt_store::{DocumentId, Snapshot};
use domain::item::ItemRow;
use domain::query::shipments::{LineDetail, ShipmentDetail};
use domain::query::stock::{self, StockFacet, StockFilter, StockRow};
use domain::query::{self, PageRequest};
use domain::reason::ReasonRow;
use domain::shipment::{self, AddLine, Direction, End, ReturnGoods, Status, TakeBack, Verdict};
use domain::{Date, Permission, Quantity};
use maud::{Markup, html};

use super::{load, path_of, return_reasons, section_of};
use crate::error::Problem;
use crate::ui::form::{Asked, Fields, Form, Input};
use crate::ui::icon::icon;
use crate::ui::layout::{self, Page, done};
use crate::ui::lookup::{self, end_text, once, parse_end};
use crate::ui::parts::{empty, expiry, or_dash, title};
use crate::ui::screens::issue::{item_line, status_choice};
use crate::ui::screens::items::count;
use crate::ui::screens::shipments::name_of;
use crate::ui::trouble::{self, Trouble};
use crate::ui::visit::{OwnStore, Visit};
use crate::ui::words::{Words, t};

/// Batches that a search shows.
const FOUND_MAX: usize = 30;

/// Which way goods go back.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    /// From this store to whoever sent them.
    ToSupplier,
    /// From a customer to this store.
    FromCustomer,
}

impl Way {
    const fn path(self) -> &'static str {
        match self {
            Self::ToSupplier => "/supplier-returns/new",
            Self::FromCustomer => "/customer-returns/new",
        }
    }

    /// Where the return is listed.
    const fn direction(self) -> Direction {
        match self {
            Self::ToSupplier => Direction::Outbound,
            Self::FromCustomer => Direction::Inbound,
        }
    }

    /// Where the shipment is listed that goods go back from.
    const fn original(self) -> Direction {
        match self {
            Self::ToSupplier => Direction::Inbound,
            Self::FromCustomer => Direction::Outbound,
        }
    }

    fn name(self, words: Words) -> String {
        match self {
            Self::ToSupplier => t!(words, "supplier-return"),
            Self::FromCustomer => t!(words, "customer-return"),
        }
    }
}

/// A row of the form: what may go back, and how much of it.
struct Row {
    key: DocumentId,
    item: DocumentId,
    name: String,
    code: String,
    unit: String,
    batch: Option<String>,
    expiry: Option<Date>,
    /// How much can go back; unknown of what a customer brings without its shipment.
    left: Option<Quantity>,
    /// How much is offered before anybody typed.
    offered: Option<Quantity>,
}

/// How much of a line of the shipment returned can go back still.
fn left(visit: &Visit, read: &Snapshot, way: Way, line: &LineDetail) -> Result<Quantity, Trouble> {
    let left = match (way, line.received_line) {
        (Way::FromCustomer, _) => line.issued - line.given_back,
        (Way::ToSupplier, _) if line.verdict == Verdict::Rejected => {
            line.received.unwrap_or(line.issued) - line.given_back
        }
        (Way::ToSupplier, Some(stock)) => stock::line(read, stock, visit.today())?.available,
        (Way::ToSupplier, None) => Quantity::ZERO,
    };
    Ok(left.max(Quantity::ZERO))
}

/// What is likely to go back: what was rejected, what came beyond what was sent; of one line where one is asked for.
fn offered(way: Way, line: &LineDetail, left: Quantity, asked: Option<DocumentId>) -> Option<Quantity> {
    let beyond = line.received.map_or(Quantity::ZERO, |received| received - line.issued);
    let amount = match way {
        Way::FromCustomer => Quantity::ZERO,
        Way::ToSupplier if line.verdict == Verdict::Rejected => left,
        Way::ToSupplier => beyond.min(left),
    };
    Some(amount).filter(|amount| amount.is_positive() && asked.is_none_or(|asked| asked == line.id))
}

fn rows_of_shipment(
    visit: &Visit,
    read: &Snapshot,
    way: Way,
    detail: &ShipmentDetail,
    asked: Option<DocumentId>,
) -> Result<Vec<Row>, Trouble> {
    let mut rows = Vec::new();
    for line in &detail.line_details {
        let left = left(visit, read, way, line)?;
        if left.is_positive() {
            rows.push(Row {
                key: line.id,
                item: line.item,
                name: line.item_name.clone(),
                code: line.item_code.clone(),
                unit: line.unit.clone(),
                batch: line.batch.clone(),
                expiry: line.expiry,
                left: Some(left),
                offered: offered(way, line, left, asked),
            });
        }
    }
    Ok(rows)
}

fn row_of_stock(stock: StockRow) -> Row {
    Row {
        key: stock.id,
        item: stock.item,
        name: stock.item_name,
        code: stock.item_code,
        unit: stock.unit,
        batch: stock.batch,
        expiry: stock.expiry,
        left: Some(stock.available.max(Quantity::ZERO)),
        offered: None,
    }
}

fn row_of_item(key: DocumentId, item: ItemRow) -> Row {
    Row {
        key,
        item: item.id,
        name: item.name,
        code: item.code,
        unit: item.unit,
        batch: None,
        expiry: None,
        left: None,
        offered: None,
    }
}

/// A batch of the store; one of another store is not there.
fn own_batch(visit: &Visit, read: &Snapshot, own: DocumentId, id: DocumentId) -> Result<Row, Trouble> {
    let row = stock::line(read, id, visit.today())?;
    if row.store == own { Ok(row_of_stock(row)) } else { Err(Trouble::not_found("stock line")) }
}

/// Rows as they were typed, without the one that is taken off, with the one that is added.
fn rows_typed(
    visit: &Visit,
    read: &Snapshot,
    own: DocumentId,
    way: Way,
    form: &Form,
) -> Result<Vec<Row>, Trouble> {
    let removed = form.id("remove");
    let mut keys = form.ids_of("quantity");
    keys.retain(|key| Some(*key) != removed);
    let added = form.id("add");
    match way {
        Way::ToSupplier => {
            keys.extend(added.filter(|added| !keys.contains(added)));
            keys.into_iter().map(|key| own_batch(visit, read, own, key)).collect()
        }
        Way::FromCustomer => {
            let known = keys.into_iter().filter_map(|key| Some((key, form.id(&format!("item.{key}"))?)));
            let all = known.chain(added.map(|item| (new_key(), item)));
            all.map(|(key, item)| Ok(row_of_item(key, query::items::detail(read, item)?))).collect()
        }
    }
}

/// A key for a row: the same item may come back in several batches.
fn new_key() -> DocumentId {
    DocumentId::from_bytes(rand::random())
}

/// How rows are shown.
struct Rows<'a> {
    visit: &'a Visit,
    reasons: &'a [ReasonRow],
    form: &'a Form,
    way: Way,
    /// Whether rows are looked for, added and removed; otherwise a shipment gives them.
    free: bool,
}

impl Rows<'_> {
    /// Whether what is printed on the boxes is typed: of what a customer brings without its shipment.
    fn typed_boxes(&self) -> bool {
        self.free && self.way == Way::FromCustomer
    }

    fn value(&self, field: &str, key: DocumentId) -> &str {
        self.form.raw(&format!("{field}.{key}"))
    }

    fn small(&self, field: &str, kind: &str, label: &str, row: &Row) -> Markup {
        let key = row.key;
        html! { input class="input small" type=(kind) name={ (field) "." (key) } value=(self.value(field, key)) aria-label={ (label) " " (row.name) } autocomplete="off"; }
    }

    fn reason(&self, row: &Row) -> Markup {
        let words = self.visit.words;
        let chosen = self.value("reason", row.key);
        html! {
            select class="input small" name={ "reason." (row.key) } aria-label={ (t!(words, "reason")) " " (row.name) } {
                option value="" selected[chosen.is_empty()] { (t!(words, "choose")) }
                @for reason in self.reasons { option value=(reason.id) selected[reason.id.to_string() == chosen] { (reason.text) } }
            }
        }
    }

    /// What is printed on the box: known of what was in stock, typed of what a customer brings.
    fn printed(&self, row: &Row) -> Markup {
        let words = self.visit.words;
        let pack = Some(self.value("pack", row.key)).filter(|pack| !pack.is_empty());
        html! {
            @if self.typed_boxes() {
                td data-label=(t!(words, "batch")) { (self.small("batch", "text", &t!(words, "batch"), row)) }
                td data-label=(t!(words, "expiry")) { (self.small("expiry", "date", &t!(words, "expiry"), row)) }
                td data-label=(t!(words, "pack-size")) { input class="input small num" name={ "pack." (row.key) } value=[pack] inputmode="numeric" autocomplete="off" aria-label={ (t!(words, "pack-size")) " " (row.name) }; }
            } @else {
                td class="nowrap" data-label=(t!(words, "batch")) { (or_dash(row.batch.as_deref())) }
                td class="nowrap" data-label=(t!(words, "expiry")) { (expiry(words, row.expiry, self.visit.today())) }
                td class="num" data-label=(t!(words, "can-go-back")) { @if let Some(left) = row.left { (words.quantity(left)) } }
            }
        }
    }

    fn row(&self, row: &Row, error: Option<&str>, land: bool) -> Markup {
        let words = self.visit.words;
        let key = row.key;
        let typed = match self.form.has(&format!("quantity.{key}")) {
            true => self.value("quantity", key).to_owned(),
            false => row.offered.map(|offered| words.input(offered)).unwrap_or_default(),
        };
        html! {
            tr data-line=(key) data-item=(row.item) {
                td {
                    @if self.typed_boxes() { input type="hidden" name={ "item." (key) } value=(row.item); }
                    span class="strong" { (row.name) } span class="two" { (row.code) " · " (row.unit) }
                    @if let Some(error) = error { div class="error" { (icon("triangle-alert")) span { (error) } } }
                }
                (self.printed(row))
                td data-label=(t!(words, "quantity")) { input class="input small quantity" id={ "q-" (key) } name={ "quantity." (key) } value=(typed) inputmode="decimal" autocomplete="off" data-land[land]
                    aria-label={ (t!(words, "quantity")) " " (row.name) } aria-invalid=[error.is_some().then_some("true")]; }
                td data-label=(t!(words, "reason")) { (self.reason(row)) }
                @if !self.typed_boxes() { td data-label=(t!(words, "note")) { (self.small("note", "text", &t!(words, "note"), row)) } }
                @if self.free {
                    td class="num" { button class="btn quiet" name="remove" value=(key) formnovalidate data-remove title=(t!(words, "remove")) { (icon("trash-2")) span class="visually-hidden" { (t!(words, "remove")) " " (row.name) } } }
                }
            }
        }
    }

    fn heads(&self) -> Markup {
        let words = self.visit.words;
        let third = if self.typed_boxes() { t!(words, "pack-size") } else { t!(words, "can-go-back") };
        html! {
            th scope="col" { (t!(words, "item")) } th scope="col" class={ @if self.typed_boxes() { "w-quantity" } } { (t!(words, "batch")) } th scope="col" { (t!(words, "expiry")) } th scope="col" class="num" { (third) }
            th scope="col" class="w-quantity" { (t!(words, "quantity")) } th scope="col" class="w-choice" { (t!(words, "reason")) } @if !self.typed_boxes() { th scope="col" class="w-note" { (t!(words, "note")) } }
            @if self.free { th scope="col" { span class="visually-hidden" { (t!(words, "actions")) } } }
        }
    }
}

/// Batches of a store that a search finds, whatever their condition: what nobody may use is what goes back.
fn found_batches(visit: &Visit, read: &Snapshot, own: DocumentId, search: &str) -> Result<Vec<Row>, Trouble> {
    let filter = StockFilter {
        search: Some(search.to_owned()),
        facet: Some(StockFacet::InStock),
        ..StockFilter::default()
    };
    let rows = stock::list(read, own, &filter, visit.today(), &PageRequest::first(FOUND_MAX))?.rows;
    Ok(rows.into_iter().map(row_of_stock).collect())
}

fn found_list(visit: &Visit, found: &[Row]) -> Markup {
    let words = visit.words;
    let already = t!(words, "already-there");
    html! {
        @for row in found {
            button name="add" value=(row.key) formnovalidate data-pick=(already) hx-get={ "/supplier-returns/line/" (row.key) } hx-target="#lines" hx-swap="beforeend" {
                span class="strong" { (row.name) }
                span class="tabular strong" { @if let Some(left) = row.left { (words.quantity(left)) } " " span class="muted" { (row.unit) } }
                span class="muted small" { (row.batch.clone().unwrap_or_else(|| t!(words, "no-batch-name"))) @if let Some(day) = row.expiry { " · " (words.day(day)) } }
                span class="muted small" { (row.code) }
            }
        }
        @if found.is_empty() { p class="muted" { (t!(words, "no-stock-found")) } }
    }
}

fn found_items(words: Words, found: &[ItemRow]) -> Markup {
    html! {
        @for item in found {
            button name="add" value=(item.id) formnovalidate { span class="strong" { (item.name) } span class="muted" { (item.unit) } span class="muted small" { (item.code) } }
        }
        @if found.is_empty() { p class="muted" { (t!(words, "nothing-found")) } }
    }
}

/// The search for what goes back. With a script batches are found while one types; items of a customer are searched by a
/// button, which brings the page with what was typed.
fn finder(words: Words, way: Way, form: &Form, found: Markup) -> Markup {
    let label = match way {
        Way::ToSupplier => t!(words, "add-batch-to-return"),
        Way::FromCustomer => t!(words, "add-item"),
    };
    let live = (way == Way::ToSupplier).then_some("/supplier-returns/batches");
    html! {
        div class="pad" data-finder {
            label class="visually-hidden" for="find" { (label) }
            div class="row" {
                div class="seek grow" {
                    (icon("search"))
                    input type="search" id="find" name="search" value=(form.raw("search")) placeholder=(label) autocomplete="off" data-slash
                        hx-get=[live] hx-trigger=[live.map(|_| "input changed delay:200ms, search")] hx-target="#found" hx-sync="this:replace";
                    kbd aria-hidden="true" { "/" }
                }
                button class="btn" name="find" value="yes" formnovalidate { (t!(words, "search")) }
            }
            div class="found" id="found" role="status" { (found) }
        }
    }
}

/// Who may be at the other end: suppliers, whoever supplies the store first; or customers.
fn ends(read: &Snapshot, own: &OwnStore, way: Way) -> Result<Vec<(String, String)>, Trouble> {
    let mut ends = Vec::new();
    if way == Way::ToSupplier {
        let supplier = query::reference::store(read, own.id)?.supplier;
        let mut stores = lookup::stores(read)?;
        stores.retain(|store| store.id != own.id && !store.disabled);
        stores.sort_by_key(|store| Some(store.id) != supplier);
        ends.extend(stores.into_iter().map(|store| (end_text(End::Store(store.id)), store.name)));
    }
    let partners = lookup::partners(read, way == Way::FromCustomer)?;
    ends.extend(partners.into_iter().map(|row| (end_text(End::Partner(row.id)), row.name)));
    Ok(ends)
}

/// The keys of rows that say how much: those that are sent.
fn typed(form: &Form) -> Vec<DocumentId> {
    let mut keys = form.ids_of("quantity");
    keys.retain(|key| form.text(&format!("quantity.{key}")).is_some());
    keys
}

/// What is wrong with rows that were sent.
fn errors(words: Words, form: &Form, problem: Option<&Problem>) -> BTreeMap<DocumentId, String> {
    let sent = typed(form);
    let mut errors = BTreeMap::new();
    let Some(problem) = problem else { return errors };
    for error in &problem.errors {
        let at = error.pointer.strip_prefix("/lines/").and_then(|rest| rest.split('/').next());
        if let Some(key) = at.and_then(|at| at.parse::<usize>().ok()).and_then(|at| sent.get(at)) {
            let said = match problem.code.as_str() {
                "validation" => trouble::detail(words, &error.detail),
                _ => trouble::message(words, problem),
            };
            errors.insert(*key, said);
        }
    }
    errors
}

/// The shipment that goods go back from, if the form begins with one.
fn original(visit: &Visit, way: Way, form: &Form) -> Result<Option<ShipmentDetail>, Trouble> {
    form.id("shipment").map(|id| load(visit, id, way.original())).transpose()
}

fn page(visit: &Visit, way: Way, form: &Form, problem: Option<&Problem>) -> Result<Response, Trouble> {
    let words = visit.words;
    let own = visit.store(Permission::Returns)?;
    visit.caller()?;
    let read = visit.read()?;
    let original = original(visit, way, form)?;
    let rows = match &original {
        Some(detail) => rows_of_shipment(visit, &read, way, detail, form.id("line"))?,
        None => rows_typed(visit, &read, own.id, way, form)?,
    };
    let found = match (form.text("search").filter(|_| form.has("find")), way) {
        (None, _) => html! {},
        (Some(search), Way::ToSupplier) => found_list(visit, &found_batches(visit, &read, own.id, search)?),
        (Some(search), Way::FromCustomer) => found_items(words, &lookup::found_items(&read, search)?),
    };
    let reasons = return_reasons(visit)?;
    let free = original.is_none();
    let shown = Rows { visit, reasons: &reasons, form, way, free };
    let errors = errors(words, form, problem);
    let fields = Fields { words, form, problem };
    let (end, label) = match way {
        Way::ToSupplier => ("to", t!(words, "return-to")),
        Way::FromCustomer => ("from", t!(words, "return-from")),
    };
    let ends: Vec<(String, String)> =
        std::iter::once((String::new(), t!(words, "choose"))).chain(ends(&read, own, way)?).collect();
    let nothing = original.is_some() && rows.is_empty();
    let name = way.name(words);
    let body = html! {
        (title(&name, html! { (own.name) @if let Some(detail) = &original { " · " (t!(words, "gives-back")) " " (detail.shipment.number) " · " (if way == Way::ToSupplier { &detail.sender_name } else { &detail.receiver_name }) } }, html! {}))
        @if let Some(problem) = problem.filter(|problem| problem.errors.is_empty()) { (trouble::alert(words, problem)) }
        form method="post" action=(way.path()) data-draft=[free.then_some(way.path())] class="stack" {
            input type="hidden" name="once" value=(once(form));
            @if let Some(detail) = &original { input type="hidden" name="shipment" value=(detail.shipment.id); }
            section class="card pad" { div class="fields" {
                @if free { (fields.select(end, &label, true, &ends)) }
                (fields.input("reference", &t!(words, "reference"), Input::default()))
                (fields.input("comment", &t!(words, "comment"), Input::default()))
            } }
            section class="card" {
                header { h2 class="grow" { (t!(words, "what-goes-back")) } span class="count" { span data-count { (rows.len()) } span class="visually-hidden" { " " (t!(words, "lines-title")) } } }
                @if free { (finder(words, way, form, found)) }
                div class="scroll" { table class="cards" {
                    thead data-when-lines[free] hidden[rows.is_empty()] { tr { (shown.heads()) } }
                    tbody id="lines" { @for row in &rows { (shown.row(row, errors.get(&row.key).map(String::as_str), form.id("line") == Some(row.key))) } }
                } }
                @if free { div data-when-empty hidden[!rows.is_empty()] { (empty("undo-2", &t!(words, "return-empty"), &t!(words, "return-empty-text"), html! {})) } }
                @if nothing { (empty("undo-2", &t!(words, "nothing-goes-back"), &t!(words, "nothing-goes-back-text"), html! {})) }
                @if let Some(error) = fields.error("/lines") { div class="pad error" { (icon("triangle-alert")) span { (error) } } }
            }
            @if !nothing { section class="card" {
                @if way == Way::ToSupplier { div class="pad" { (status_choice(words, form)) } }
                div class="bar" {
                    button class="btn primary big" name="confirm" value="yes" data-last { (icon("check")) (t!(words, "return-confirm")) }
                    span class="muted small" { @if way == Way::ToSupplier { (t!(words, "supplier-return-note")) } @else { (t!(words, "customer-return-note")) } }
                }
            } }
        }
    };
    let mut page = Page::new(section_of(way.direction()), name, body);
    page = match &original {
        Some(detail) => {
            let path = path_of(way.original());
            page.below(name_of(words, way.original()), path)
                .below(detail.shipment.number.clone(), format!("{path}/{}", detail.shipment.id))
        }
        None => page.below(name_of(words, way.direction()), path_of(way.direction())),
    };
    let mut response = layout::page(visit, page.searching());
    if problem.is_some() {
        *response.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
    }
    Ok(response)
}

fn lines_of(words: Words, way: Way, form: &Form) -> Result<Vec<AddLine>, Problem> {
    let given = form.id("shipment").is_some();
    let lines = typed(form).into_iter().enumerate().map(|(at, key)| {
        let field = |name: &str| format!("{name}.{key}");
        let quantity = form.quantity(words, &field("quantity"), &format!("/lines/{at}/quantity"))?;
        let line = AddLine {
            item: None,
            note: form.owned(&field("note")),
            reason: form.id(&field("reason")),
            ..item_line(key, quantity)
        };
        Ok(match way {
            _ if given => AddLine { returns: Some(key), ..line },
            Way::ToSupplier => AddLine { stock_line: Some(key), ..line },
            Way::FromCustomer => AddLine {
                item: form.id(&field("item")),
                batch: form.owned(&field("batch")),
                expiry: form.day(&field("expiry"), &format!("/lines/{at}/expiry"))?,
                pack_size: count(form, &field("pack")).map_err(|_| {
                    Problem::new("validation", "this is not a number").at(format!("/lines/{at}/packSize"))
                })?,
                ..line
            },
        })
    });
    let lines = lines.collect::<Result<Vec<_>, Problem>>()?;
    if lines.is_empty() {
        return Err(Problem::new("validation", "nothing to return").at("/lines"));
    }
    Ok(lines)
}

/// What is sent back, as it was typed.
fn goods_of(visit: &Visit, own: &OwnStore, form: &Form) -> Result<ReturnGoods, Problem> {
    let status = [Status::Allocated, Status::Picked, Status::Shipped];
    Ok(ReturnGoods {
        store: own.id,
        returns: form.id("shipment"),
        to: form.text("to").and_then(parse_end),
        lines: lines_of(visit.words, Way::ToSupplier, form)?,
        status: status.into_iter().find(|status| status.code() == form.raw("status")),
        reference: form.owned("reference"),
        comment: form.owned("comment"),
    })
}

/// What a customer brings back, as it was typed.
fn brought_of(visit: &Visit, own: &OwnStore, form: &Form) -> Result<TakeBack, Problem> {
    let from = form.text("from").and_then(parse_end);
    Ok(TakeBack {
        store: own.id,
        returns: form.id("shipment"),
        from: from.and_then(|end| if let End::Partner(id) = end { Some(id) } else { None }),
        lines: lines_of(visit.words, Way::FromCustomer, form)?,
        reference: form.owned("reference"),
        comment: form.owned("comment"),
    })
}

/// Makes the return, or (without a script) searches, adds and removes.
async fn make(visit: Visit, way: Way, mut form: Form) -> Result<Response, Trouble> {
    if !form.has("confirm") {
        return page(&visit, way, &form, None);
    }
    let own = visit.store(Permission::Returns)?.clone();
    let caller = visit.caller()?;
    let made = async {
        Ok::<_, Problem>(match way {
            Way::ToSupplier => {
                let command = goods_of(&visit, &own, &form)?;
                visit.execute_once(&form, move |txn| shipment::return_goods(txn, &caller, &command)).await?
            }
            Way::FromCustomer => {
                let command = brought_of(&visit, &own, &form)?;
                visit.execute_once(&form, move |txn| shipment::take_back(txn, &caller, &command)).await?
            }
        })
    };
    match made.await {
        Ok(made) => {
            let path = path_of(way.direction());
            Ok(done(&format!("{path}/{}", made.id), /*key*/ "toast-made", &made.number))
        }
        Err(problem) => {
            form.set("once", String::new());
            form.set("search", String::new());
            page(&visit, way, &form, Some(&problem))
        }
    }
}

/// The form of goods that go back to a supplier.
pub(in crate::ui) async fn supplier_return(visit: Visit, asked: Asked) -> Result<Response, Trouble> {
    page(&visit, Way::ToSupplier, &asked.0, None)
}

/// Makes a return to a supplier.
pub(in crate::ui) async fn make_supplier_return(visit: Visit, form: Form) -> Result<Response, Trouble> {
    make(visit, Way::ToSupplier, form).await
}

/// The form of goods that a customer brings back.
pub(in crate::ui) async fn customer_return(visit: Visit, asked: Asked) -> Result<Response, Trouble> {
    page(&visit, Way::FromCustomer, &asked.0, None)
}

/// Makes a return of a customer.
pub(in crate::ui) async fn make_customer_return(visit: Visit, form: Form) -> Result<Response, Trouble> {
    make(visit, Way::FromCustomer, form).await
}

/// Batches that a search finds, to choose from.
pub(in crate::ui) async fn batches(visit: Visit, asked: Asked) -> Result<Response, Trouble> {
    let own = visit.store(Permission::StockView)?;
    let Some(search) = asked.text("search") else { return Ok(html! {}.into_response()) };
    let found = found_batches(&visit, &visit.read()?, own.id, search)?;
    Ok(found_list(&visit, &found).into_response())
}

/// A row for a batch that was chosen.
pub(in crate::ui) async fn batch_line(visit: Visit, Path(id): Path<DocumentId>) -> Result<Response, Trouble> {
    let own = visit.store(Permission::StockView)?;
    let row = own_batch(&visit, &visit.read()?, own.id, id)?;
    let reasons = return_reasons(&visit)?;
    let form = Form::default();
    let rows = Rows { visit: &visit, reasons: &reasons, form: &form, way: Way::ToSupplier, free: true };
    Ok(rows.row(&row, None, true).into_response())
}
