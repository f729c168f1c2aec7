//! Locations: rooms, shelves and fridges of a store, one within another, how full they are and what lies in them.

use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;
use crdt_store::{DocumentId, Snapshot};
use domain::arrangement::{self, MoveContents};
use domain::location::{self, CreateLocation, LocationKind, UpdateLocation};
use domain::query::locations::{self, LocationDetail};
use domain::query::stock::{self, StockFacet, StockFilter, StockRow};
use domain::query::{PageRequest, reference};
use domain::{Permission, Volume};
use maud::{Markup, html};

use super::stock::{expiry, mark};
use crate::error::Problem;
use crate::ui::form::{Asked, Fields, Form, Input, address};
use crate::ui::icon::icon;
use crate::ui::layout::{self, Page, Section, done};
use crate::ui::lookup;
use crate::ui::parts::{Tone, below, chip, empty, fact, or_dash, quantity, row_ids, title};
use crate::ui::trouble::{self, Trouble};
use crate::ui::visit::Visit;
use crate::ui::words::{Words, t};

const FIELDS: [&str; 6] = ["code", "name", "parent", "locationType", "volume", "kind"];

/// Batches of one location on its page; the stock list shows the others.
const BATCHES_MAX: usize = 100;

fn kind_code(kind: LocationKind) -> &'static str {
    match kind {
        LocationKind::Ambient => "ambient",
        LocationKind::Cold => "cold",
        LocationKind::Frozen => "frozen",
        LocationKind::UltraCold => "ultra-cold",
    }
}

const KINDS: [LocationKind; 4] =
    [LocationKind::Ambient, LocationKind::Cold, LocationKind::Frozen, LocationKind::UltraCold];

/// At what temperature a location keeps things: its type, or roughly.
fn kept_at(words: Words, row: &LocationDetail) -> String {
    row.type_name.clone().unwrap_or_else(|| words.code("location-kind", kind_code(row.kind)))
}

fn hold_mark(words: Words, row: &LocationDetail) -> Markup {
    html! {
        @if row.on_hold { (chip(Tone::Warn, "pause", &t!(words, "on-hold"))) }
        @else if row.held { (chip(Tone::Warn, "pause", &t!(words, "held-from-above"))) }
    }
}

/// Litres as a person needs them: whole ones where there are many, else to a tenth.
fn rough(words: Words, volume: Volume) -> String {
    let step = if volume >= Volume::whole(100) { 1_000 } else { 100 };
    let rounded = (volume.thousandths() + step / 2) / step * step;
    words.quantity(domain::Quantity::from_thousandths(rounded))
}

/// How full a location is: a bar with its percentage in words, and what is not known of it.
fn fullness(words: Words, row: &LocationDetail) -> Markup {
    let litres = |volume: Volume| rough(words, volume);
    let unmeasured = html! {
        @if row.unmeasured > 0 { span class="two phone-hide" { (t!(words, "volume-unmeasured", n = row.unmeasured)) } }
    };
    let Some(room) = row.volume else {
        return html! {
            @if row.volume_used == Volume::ZERO { (or_dash(None)) } @else { span class="nowrap" { (litres(row.volume_used)) " l" } }
            (unmeasured)
        };
    };
    let percent = row.volume_used.thousandths().saturating_mul(100) / room.thousandths().max(1);
    let tone = if percent > 100 {
        "bad"
    } else if percent >= 85 {
        "warn"
    } else {
        ""
    };
    html! {
        div class={ "gauge " (tone) } {
            meter min="0" max="100" value=(percent.clamp(0, 100)) aria-label=(t!(words, "volume-used")) { (percent) " %" }
            span class="tabular nowrap" { (words.whole(percent)) "\u{202f}%" }
        }
        span class="two nowrap" { (t!(words, "volume-of", used = litres(row.volume_used), room = litres(room))) }
        (unmeasured)
    }
}

fn tree_row(words: Words, row: &LocationDetail) -> Markup {
    html! {
        tr class={ @if row.held { "is-held" } } {
            td {
                div class={ "depth-" (row.depth.min(8)) } {
                    @if row.depth > 0 { span class="muted" aria-hidden="true" { "└ " } }
                    a class="row-link" href={ "/locations/" (row.id) } { span class="strong" { (row.code) } " · " (row.name) } " " (hold_mark(words, row))
                    (below(html! { (kept_at(words, row)) }))
                }
            }
            td class="phone-hide" { (kept_at(words, row)) }
            td class="num" {
                @if row.lines_below > 0 { a href=(address("/stock", &[("location", &row.id.to_string())])) { (words.whole(row.lines_below.into())) } }
                @else { (or_dash(None)) }
            }
            td { (fullness(words, row)) }
        }
    }
}

/// The tree.
pub(in crate::ui) async fn list(visit: Visit) -> Result<Response, Trouble> {
    let words = visit.words;
    let own = visit.store(Permission::StockView)?;
    let rows = locations::tree(&visit.read()?, own.id)?;
    let name = t!(words, "nav-locations");
    let make = html! {
        @if visit.may(Permission::LocationEdit) { a class="btn primary" href="/locations/new" { (icon("plus")) (t!(words, "new-location")) } }
    };
    let body = html! {
        (title(&name, html! { (own.name) }, html! { @if !rows.is_empty() { a class="btn" href="/labels" { (icon("tag")) (t!(words, "labels-title")) } } (make) }))
        div class="card" {
            @if rows.is_empty() { (empty("warehouse", &t!(words, "locations-empty"), &t!(words, "locations-empty-text"), make)) }
            @else {
                div class="scroll" id="rows" data-rows=(row_ids(rows.iter().map(|row| row.id))) { table {
                    thead { tr {
                        th scope="col" { (t!(words, "location")) }
                        th scope="col" class="phone-hide" { (t!(words, "location-type")) }
                        th scope="col" class="num" { (t!(words, "batches")) }
                        th scope="col" { (t!(words, "volume-used")) }
                    } }
                    tbody { @for row in &rows { (tree_row(words, row)) } }
                } }
                footer class="pager" { span { (t!(words, "rows", n = rows.len())) } span class="end" {} a class="btn quiet" href="/location-types" { (icon("thermometer")) (t!(words, "location-types")) } }
            }
        }
    };
    Ok(layout::page(&visit, Page::new(Section::Locations, name, body)))
}

/// The locations of a store as a choice, each with what it stands in before it.
pub(in crate::ui) fn choices(read: &Snapshot, store: DocumentId) -> Result<Vec<(String, String)>, Trouble> {
    let tree = locations::Tree::of_store(read, store)?;
    let named = tree.in_order().into_iter().map(|(depth, row)| {
        (row.id.to_string(), format!("{}{} · {}", "\u{2003}".repeat(depth), row.code, row.name))
    });
    Ok(std::iter::once((String::new(), "—".to_owned())).chain(named).collect())
}

// ---- one location ----

/// The location, if it belongs to the store that the reader works in.
fn load(visit: &Visit, id: DocumentId) -> Result<LocationDetail, Trouble> {
    let own = visit.store(Permission::StockView)?;
    let detail = locations::detail(&visit.read()?, id)?;
    if detail.store == own.id { Ok(detail) } else { Err(Trouble::not_found("location")) }
}

fn contents(visit: &Visit, rows: &[StockRow], more: bool, id: DocumentId) -> Markup {
    let words = visit.words;
    html! {
        div class="scroll" { table {
            thead { tr {
                th scope="col" { (t!(words, "item")) }
                th scope="col" class="phone-hide" { (t!(words, "batch")) }
                th scope="col" class="phone-hide" { (t!(words, "expiry")) }
                th scope="col" class="phone-hide" { (t!(words, "location")) }
                th scope="col" class="num" { (t!(words, "on-hand")) }
            } }
            tbody { @for row in rows {
                tr class={ @if row.held { "is-held" } } {
                    td {
                        a class="row-link" href={ "/stock/lines/" (row.id) } { (row.item_name) } " " (mark(words, row.status))
                        (below(html! { (or_dash(row.batch.as_deref())) " · " (expiry(words, row, visit.today())) }))
                    }
                    td class="phone-hide nowrap" { (or_dash(row.batch.as_deref())) }
                    td class="phone-hide nowrap" { (expiry(words, row, visit.today())) }
                    td class="phone-hide" { (or_dash(row.location_code.as_deref())) }
                    td class="num strong" { (quantity(words, row.on_hand)) " " span class="muted" { (row.unit) } }
                }
            } }
        } }
        @if more { footer class="pager" { a class="btn" href=(address("/stock", &[("location", &id.to_string())])) { (t!(words, "all-batches")) } } }
    }
}

fn move_form(
    visit: &Visit,
    read: &Snapshot,
    row: &LocationDetail,
    form: &Form,
    problem: Option<&Problem>,
) -> Result<Markup, Trouble> {
    let words = visit.words;
    let fields = Fields { words, form, problem };
    let mut places = choices(read, row.store)?;
    places.retain(|(id, _)| *id != row.id.to_string());
    Ok(html! {
        form class="pad row" method="post" action={ "/locations/" (row.id) "/move-contents" } {
            input type="hidden" name="once" value=(lookup::once(form));
            (fields.select("to", &t!(words, "move-everything-to"), true, &places))
            button class="btn" { (icon("arrow-right")) (t!(words, "move-everything", n = row.lines)) }
        }
    })
}

fn hold_form(words: Words, row: &LocationDetail) -> Markup {
    html! {
        form method="post" action={ "/locations/" (row.id) "/hold" } {
            input type="hidden" name="hold" value=(if row.on_hold { "no" } else { "yes" });
            button class="btn" { @if row.on_hold { (icon("check")) (t!(words, "release")) } @else { (icon("pause")) (t!(words, "hold")) } }
        }
    }
}

fn page(visit: &Visit, id: DocumentId, form: &Form, problem: Option<&Problem>) -> Result<Response, Trouble> {
    let words = visit.words;
    let row = load(visit, id)?;
    let read = visit.read()?;
    let filter =
        StockFilter { location: Some(id), facet: Some(StockFacet::InStock), ..StockFilter::default() };
    let lines = stock::list(&read, row.store, &filter, visit.today(), &PageRequest::first(BATCHES_MAX))?;
    let within = row.within.and_then(|id| locations::row(&read, id).ok());
    let actions = html! {
        @if visit.may(Permission::LocationEdit) {
            (hold_form(words, &row))
            a class="btn" href={ "/locations/" (id) "/edit" } { (icon("pencil")) (t!(words, "edit")) }
        }
        a class="btn" href={ "/history/" (id) } { (icon("history")) (t!(words, "history")) }
    };
    let body = html! {
        (title(&format!("{} · {}", row.code, row.name), hold_mark(words, &row), actions))
        @if let Some(problem) = problem.filter(|problem| problem.errors.iter().all(|error| error.pointer != "/to")) { (trouble::alert(words, problem)) }
        section class="card pad" { dl class="facts few" {
            (fact(&t!(words, "location-type"), html! { (kept_at(words, &row)) }))
            (fact(&t!(words, "within"), html! { @match &within { Some(above) => a href={ "/locations/" (above.id) } { (above.code) " · " (above.name) }, None => (or_dash(None)) } }))
            (fact(&t!(words, "volume-used"), fullness(words, &row)))
            (fact(&t!(words, "batches"), html! { (words.whole(row.lines_below.into())) }))
        } }
        section class="card" {
            header { h2 class="grow" { (t!(words, "what-lies-here")) } @if visit.may(Permission::StockEdit) { a class="btn" href=(address("/stock", &[("location", &id.to_string())])) { (icon("list-checks")) (t!(words, "choose-some")) } } }
            @if lines.rows.is_empty() { (empty("package", &t!(words, "location-empty"), &t!(words, "location-empty-text"), html! {})) }
            @else {
                @if row.lines > 0 && visit.may(Permission::StockEdit) { (move_form(visit, &read, &row, form, problem)?) }
                (contents(visit, &lines.rows, lines.next.is_some(), id))
            }
        }
    };
    let mut response = layout::page(
        visit,
        Page::new(Section::Locations, row.code.clone(), body).below(t!(words, "nav-locations"), "/locations"),
    );
    if let Some(problem) = problem {
        *response.status_mut() = problem.status_code();
    }
    Ok(response)
}

/// One location.
pub(in crate::ui) async fn show(visit: Visit, Path(id): Path<DocumentId>) -> Result<Response, Trouble> {
    page(&visit, id, &Form::default(), None)
}

/// Holds a location, or releases it.
pub(in crate::ui) async fn hold(
    visit: Visit,
    Path(id): Path<DocumentId>,
    form: Form,
) -> Result<Response, Trouble> {
    load(&visit, id)?;
    let caller = visit.caller()?;
    let on_hold = form.raw("hold") == "yes";
    let command = UpdateLocation { on_hold: Some(on_hold), ..UpdateLocation::default() };
    match visit.execute(move |txn| location::update(txn, &caller, id, &command)).await {
        Ok(()) if on_hold => Ok(done(&format!("/locations/{id}"), /*key*/ "toast-location-held", "")),
        Ok(()) => Ok(done(&format!("/locations/{id}"), /*key*/ "toast-location-released", "")),
        Err(error) => page(&visit, id, &Form::default(), Some(&Problem::from(error))),
    }
}

/// Puts everything that lies in a location in another.
pub(in crate::ui) async fn move_contents(
    visit: Visit,
    Path(id): Path<DocumentId>,
    mut form: Form,
) -> Result<Response, Trouble> {
    let row = load(&visit, id)?;
    let caller = visit.caller()?;
    let moved = async {
        let to = form.id("to").ok_or_else(|| Problem::new("validation", "choose a location").at("/to"))?;
        let command = MoveContents { to };
        let run = move |txn: &mut crdt_store::Txn<'_>| arrangement::move_contents(txn, &caller, id, &command);
        Ok::<_, Problem>((to, visit.execute_once(&form, run).await?))
    };
    match moved.await {
        Ok((to, moved)) => {
            super::arrange::summary_of_move(&visit, row.store, Some(to), &moved, &format!("/locations/{id}"))
        }
        Err(problem) => {
            form.set("once", String::new());
            page(&visit, id, &form, Some(&problem))
        }
    }
}

// ---- the form ----

fn form_page(
    visit: &Visit,
    id: Option<DocumentId>,
    form: &Form,
    problem: Option<&Problem>,
) -> Result<Response, Trouble> {
    let words = visit.words;
    let own = visit.store(Permission::LocationEdit)?;
    visit.caller()?;
    let read = visit.read()?;
    let fields = Fields { words, form, problem };
    let mut places = choices(&read, own.id)?;
    places.retain(|(place, _)| id.is_none_or(|own| *place != own.to_string()));
    let types = std::iter::once((String::new(), "—".to_owned())).chain(
        reference::location_types(&read)?
            .into_iter()
            .filter(|row| row.active || form.raw("locationType") == row.id.to_string())
            .map(|row| (row.id.to_string(), row.name)),
    );
    let types: Vec<(String, String)> = types.collect();
    let kinds: Vec<(String, String)> =
        KINDS.map(|kind| (kind_code(kind).to_owned(), words.code("location-kind", kind_code(kind)))).to_vec();
    let name = id.map_or_else(|| t!(words, "new-location"), |_| form.raw("name").to_owned());
    let (action, back) = match id {
        Some(id) => (format!("/locations/{id}/edit"), format!("/locations/{id}")),
        None => ("/locations/new".to_owned(), "/locations".to_owned()),
    };
    let needed = Input { required: true, ..Input::default() };
    let litres =
        Input { inputmode: Some("decimal"), hint: Some(&t!(words, "volume-hint")), ..Input::default() };
    let body = html! {
        (title(&name, html! { (own.name) }, html! {}))
        form class="card" method="post" action=(action) {
            div class="pad stack" {
                (fields.alert(&FIELDS))
                div class="fields" {
                    (fields.input("code", &t!(words, "code"), Input { maxlength: Some(50), autofocus: id.is_none(), ..needed }))
                    (fields.input("name", &t!(words, "name"), needed))
                    (fields.select("parent", &t!(words, "within"), false, &places))
                    @if types.len() > 1 { (fields.select("locationType", &t!(words, "location-type"), false, &types)) }
                    @else { (fields.select("kind", &t!(words, "location-type"), true, &kinds)) }
                    (fields.input("volume", &t!(words, "volume-litres"), litres))
                }
            }
            div class="bar" {
                button class="btn primary" { (icon("check")) (t!(words, "save")) }
                a class="btn quiet" href=(back) { (t!(words, "cancel")) }
            }
        }
    };
    let page = Page::new(Section::Locations, name, body).below(t!(words, "nav-locations"), "/locations");
    let mut response = layout::page(visit, page);
    if problem.is_some() {
        *response.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
    }
    Ok(response)
}

fn kind_of(form: &Form) -> Option<LocationKind> {
    KINDS.into_iter().find(|kind| kind_code(*kind) == form.raw("kind"))
}

fn volume_of(words: Words, form: &Form) -> Result<Option<Volume>, Problem> {
    match form.text("volume") {
        None => Ok(None),
        Some(_) => {
            let litres = form.quantity(words, "volume", "/volume")?;
            Ok(Some(Volume::from_thousandths(litres.thousandths())))
        }
    }
}

/// The form of a new location.
pub(in crate::ui) async fn new(visit: Visit, asked: Asked) -> Result<Response, Trouble> {
    form_page(&visit, None, &asked.0, None)
}

/// Makes a location.
pub(in crate::ui) async fn create(visit: Visit, form: Form) -> Result<Response, Trouble> {
    let own = visit.store(Permission::LocationEdit)?.clone();
    let caller = visit.caller()?;
    let made = async {
        let command = CreateLocation {
            store: own.id,
            code: form.raw("code").to_owned(),
            name: form.raw("name").to_owned(),
            kind: kind_of(&form).unwrap_or_default(),
            parent: form.id("parent"),
            location_type: form.id("locationType"),
            volume: volume_of(visit.words, &form)?,
        };
        Ok::<_, Problem>(visit.execute(move |txn| location::create(txn, &caller, &command)).await?)
    };
    match made.await {
        Ok(_) => Ok(done("/locations", /*key*/ "toast-saved", "")),
        Err(problem) => form_page(&visit, None, &form, Some(&problem)),
    }
}

/// The form of a location that is there.
pub(in crate::ui) async fn edit(visit: Visit, Path(id): Path<DocumentId>) -> Result<Response, Trouble> {
    let row = load(&visit, id)?;
    let id_text = |id: Option<DocumentId>| id.map(|id| id.to_string()).unwrap_or_default();
    let volume =
        row.volume.map(|volume| visit.words.input(domain::Quantity::from_thousandths(volume.thousandths())));
    let form = Form::with(&[
        ("code", row.code.clone()),
        ("name", row.name.clone()),
        ("parent", id_text(row.parent)),
        ("locationType", id_text(row.location_type)),
        ("kind", kind_code(row.kind).to_owned()),
        ("volume", volume.unwrap_or_default()),
    ]);
    form_page(&visit, Some(id), &form, None)
}

/// Changes a location.
pub(in crate::ui) async fn update(
    visit: Visit,
    Path(id): Path<DocumentId>,
    form: Form,
) -> Result<Response, Trouble> {
    let row = load(&visit, id)?;
    let caller = visit.caller()?;
    let changed = async {
        let parent = form.id("parent");
        let command = UpdateLocation {
            code: Some(form.raw("code").to_owned()),
            name: Some(form.raw("name").to_owned()),
            kind: kind_of(&form),
            // What was not changed here is not said again: it may be half of a circle that came from elsewhere.
            parent: (parent != row.parent).then_some(parent),
            location_type: form.has("locationType").then(|| form.id("locationType")),
            volume: Some(volume_of(visit.words, &form)?),
            on_hold: None,
        };
        Ok::<_, Problem>(visit.execute(move |txn| location::update(txn, &caller, id, &command)).await?)
    };
    match changed.await {
        Ok(()) => Ok(done(&format!("/locations/{id}"), /*key*/ "toast-saved", "")),
        Err(problem) => form_page(&visit, Some(id), &form, Some(&problem)),
    }
}
