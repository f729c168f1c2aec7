//! One batch on the shelf: what is known of it, where it was put and by whom, what its vial monitor showed.

use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;
use crdt_store::{DocumentId, Snapshot, Timestamp};
use domain::arrangement::{self, MoveLines};
use domain::item::ItemRow;
use domain::query::moves::{self, Did, ShelfLog};
use domain::query::stock::{self, StockRow};
use domain::query::{self, programmes, reference};
use domain::stock_line::{self, ObserveVvm, UpdateStockLine, Vvm};
use domain::{Money, Permission, Quantity};
use maud::{Markup, html};

use super::shares;
use super::stock::{expiry, mark};
use crate::error::Problem;
use crate::ui::form::{Fields, Form, Input};
use crate::ui::icon::icon;
use crate::ui::layout::{self, Page, Section, done};
use crate::ui::lookup::{self, Names};
use crate::ui::parts::{Tone, chip, empty, fact, or_dash, quantity, title};
use crate::ui::trouble::{self, Trouble};
use crate::ui::visit::Visit;
use crate::ui::words::{Words, t};

pub(in crate::ui) const STAGES: [Vvm; 4] = [Vvm::Stage1, Vvm::Stage2, Vvm::Stage3, Vvm::Stage4];

pub(in crate::ui) fn vvm_code(vvm: Vvm) -> &'static str {
    match vvm {
        Vvm::Stage1 => "stage1",
        Vvm::Stage2 => "stage2",
        Vvm::Stage3 => "stage3",
        Vvm::Stage4 => "stage4",
    }
}

pub(in crate::ui) fn vvm_of(code: &str) -> Option<Vvm> {
    STAGES.into_iter().find(|vvm| vvm_code(*vvm) == code)
}

/// What a vial monitor shows, as a chip with words.
pub(in crate::ui) fn vvm_chip(words: Words, vvm: Option<Vvm>) -> Markup {
    let Some(vvm) = vvm else { return or_dash(None) };
    let (tone, drawing) = match vvm {
        Vvm::Stage1 => (Tone::Good, "circle-check"),
        Vvm::Stage2 => (Tone::Warn, "hourglass"),
        Vvm::Stage3 | Vvm::Stage4 => (Tone::Bad, "ban"),
    };
    chip(tone, drawing, &words.code("vvm", vvm_code(vvm)))
}

/// The batch, if it lies in the store that the reader works in.
pub(super) fn load(visit: &Visit, id: DocumentId) -> Result<StockRow, Trouble> {
    let own = visit.store(Permission::StockView)?;
    let row = stock::line(&visit.read()?, id, visit.today())?;
    if row.store == own.id { Ok(row) } else { Err(Trouble::not_found("stock line")) }
}

/// A price as it is read.
fn price(words: Words, price: Option<Money>) -> Markup {
    let shown = price.map(|price| words.price(price));
    or_dash(shown.as_deref())
}

/// Units in packs: «12 × 100», and what does not fill one.
pub(super) fn packs(words: Words, quantity: Quantity, pack_size: u32) -> String {
    let whole = quantity.round_down_to_packs(pack_size);
    let count = whole.thousandths() / (i64::from(pack_size.max(1)) * 1000);
    let rest = quantity.max(Quantity::ZERO) - whole;
    let packs = t!(words, "packs-of", n = count, size = words.whole(pack_size.into()));
    match (count, rest == Quantity::ZERO) {
        (_, true) => packs,
        (0, false) => words.quantity(rest),
        (_, false) => format!("{packs} + {}", words.quantity(rest)),
    }
}

fn facts(visit: &Visit, read: &Snapshot, row: &StockRow) -> Result<Markup, Trouble> {
    let words = visit.words;
    let names = Names::new(read);
    let called = |id: Option<DocumentId>| id.map(|id| names.anything(id));
    let variant = row.variant.and_then(|id| reference::variant(read, id).ok());
    let programme = row.programme.and_then(|id| programmes::detail(read, id).ok());
    let path = match row.location {
        Some(place) => {
            let tree = query::locations::Tree::of_store(read, row.store)?;
            let codes: Vec<String> = tree.path(place).iter().map(|row| row.code.clone()).collect();
            Some((place, codes.join(" › ")))
        }
        None => None,
    };
    Ok(html! {
        section class="card pad" { dl class="facts" {
            div { dt { (t!(words, "on-hand")) } dd class="big" { span data-live="oh" { (quantity(words, row.on_hand)) } " " small class="muted" { (row.unit) } } }
            div { dt { (t!(words, "available")) } dd class="big" { span data-live="av" { (quantity(words, row.available)) } } }
            (fact(&t!(words, "packs"), html! { (packs(words, row.on_hand, row.pack_size)) }))
            (fact(&t!(words, "expiry"), expiry(words, row, visit.today())))
            (fact(&t!(words, "location"), html! { @match &path { Some((id, codes)) => a href={ "/locations/" (id) } { (codes) }, None => (or_dash(None)) } }))
            @if row.vvm.is_some() {
                div { dt { (t!(words, "vvm")) } dd { (vvm_chip(words, row.vvm)) @if let Some(at) = row.vvm_at { span class="two" { (words.instant(at)) } } @if let Some(note) = &row.vvm_note { span class="two" { (note) } } } }
            }
            (fact(&t!(words, "made-on"), html! { @match row.manufactured { Some(day) => (words.day(day)), None => (or_dash(None)) } }))
            (fact(&t!(words, "variant"), or_dash(variant.as_ref().map(|row| row.name.as_str()))))
            (fact(&t!(words, "programme"), or_dash(programme.as_ref().map(|row| row.name.as_str()))))
            (fact(&t!(words, "partner-donor"), or_dash(called(row.donor).as_deref())))
            (fact(&t!(words, "supplier"), or_dash(called(row.supplier).as_deref())))
            (fact(&t!(words, "cost-price"), price(words, row.cost_price)))
            (fact(&t!(words, "sell-price"), price(words, row.sell_price)))
            (fact(&t!(words, "note"), or_dash(row.note.as_deref())))
        } }
    })
}

// ---- what happened on the shelf ----

fn who(words: Words, did: &Did) -> Markup {
    html! {
        p class="when" {
            (words.instant(did.at)) " · "
            @match (&did.by_name, did.by) { (Some(name), _) => (name), (None, Some(_)) => "—", (None, None) => (t!(words, "the-system")) }
            " · " (icon("monitor")) " " (did.device.clone().unwrap_or_else(|| t!(words, "unknown-device")))
        }
    }
}

fn trail(words: Words, log: &ShelfLog, ways: Markup) -> Markup {
    let place = |code: &Option<String>| code.clone().unwrap_or_else(|| t!(words, "no-location"));
    let mut entries: Vec<(Timestamp, Markup)> = Vec::new();
    for entry in &log.moves {
        let said = match (entry.first, &entry.to_code) {
            (true, _) => t!(words, "log-placed", place = place(&entry.to_code)),
            (false, _) => {
                t!(words, "log-moved", from = place(&entry.from_code), to = place(&entry.to_code))
            }
        };
        entries.push((entry.did.at, html! { li { p { (icon("arrow-right")) " " span class="strong" { (said) } } (who(words, &entry.did)) } }));
    }
    for entry in &log.vvm {
        let body = html! { li {
            p { (icon("thermometer")) " " (vvm_chip(words, entry.vvm)) @if let Some(at) = entry.observed_at { " " span class="muted" { (t!(words, "seen-at")) " " (words.instant(at)) } } }
            @if let Some(note) = &entry.note { p { (note) } }
            (who(words, &entry.did))
        } };
        entries.push((entry.did.at, body));
    }
    for entry in &log.holds {
        let said = if entry.on_hold { t!(words, "on-hold") } else { t!(words, "released") };
        entries.push((entry.did.at, html! { li { p { (icon("pause")) " " span class="strong" { (said) } } (who(words, &entry.did)) } }));
    }
    entries.sort_by_key(|(at, _)| std::cmp::Reverse(*at));
    html! {
        section class="card" id="log" {
            header { h2 { (t!(words, "on-the-shelf")) } }
            @if entries.is_empty() { (empty("history", &t!(words, "no-moves"), &t!(words, "no-moves-text"), html! {})) }
            @else { ol class="trail pad" data-quiet { @for (_, entry) in &entries { (entry) } } }
            footer { (ways) }
        }
    }
}

// ---- what one can do ----

fn move_form(
    visit: &Visit,
    read: &Snapshot,
    row: &StockRow,
    form: &Form,
    problem: Option<&Problem>,
) -> Result<Markup, Trouble> {
    let words = visit.words;
    let fields = Fields { words, form, problem };
    let own = row.location.map(|id| id.to_string());
    let mut places = super::locations::choices(read, row.store)?;
    places.retain(|(id, _)| Some(id) != own.as_ref());
    Ok(html! {
        form class="card" method="post" action={ "/stock/lines/" (row.id) "/move" } {
            header { h2 { (t!(words, "move")) } }
            div class="pad stack" {
                @if places.len() > 1 { (fields.select("to", &t!(words, "to-location"), false, &places)) }
                @else { p class="muted" { (t!(words, "no-other-location")) } }
            }
            @if places.len() > 1 { div class="pad row" { button class="btn primary" { (icon("arrow-right")) (t!(words, "move")) } } }
        }
    })
}

fn vvm_form(visit: &Visit, row: &StockRow, form: &Form, problem: Option<&Problem>) -> Markup {
    let words = visit.words;
    let fields = Fields { words, form, problem };
    let chosen = form.text("vvm").or(row.vvm.map(vvm_code)).unwrap_or_default();
    html! {
        form class="card" method="post" action={ "/stock/lines/" (row.id) "/vvm" } {
            header { h2 { (t!(words, "vvm-look")) } }
            div class="pad stack" {
                fieldset {
                    legend { (t!(words, "vvm-shows")) }
                    div class="choices" {
                        @for vvm in STAGES {
                            label class="choice" { input type="radio" name="vvm" value=(vvm_code(vvm)) checked[vvm_code(vvm) == chosen] required; span { (words.code("vvm", vvm_code(vvm))) } }
                        }
                    }
                    @if let Some(error) = fields.error("/vvm") { div class="error" { (icon("triangle-alert")) span { (error) } } }
                }
                (fields.input("vvmNote", &t!(words, "note"), Input::default()))
            }
            div class="pad row" { button class="btn primary" { (icon("check")) (t!(words, "vvm-record")) } }
        }
    }
}

fn actions(visit: &Visit, row: &StockRow) -> Markup {
    let words = visit.words;
    html! {
        @if visit.may(Permission::StockEdit) {
            form method="post" action={ "/stock/lines/" (row.id) "/hold" } {
                input type="hidden" name="hold" value=(if row.on_hold { "no" } else { "yes" });
                input type="hidden" name="back" value="line";
                button class="btn" { @if row.on_hold { (icon("check")) (t!(words, "release")) } @else { (icon("pause")) (t!(words, "hold")) } }
            }
            a class="btn" href={ "/stock/lines/" (row.id) "/edit" } { (icon("pencil")) (t!(words, "edit")) }
        }
        @if visit.may(Permission::Adjust) { a class="btn" href={ "/adjustments/new?item=" (row.item) "#line-" (row.id) } { (icon("scale")) (t!(words, "quick-adjust-name")) } }
        @if visit.may(Permission::Repack) { a class="btn primary" href={ "/stock/lines/" (row.id) "/repack" } { (icon("package-open")) (t!(words, "repack")) } }
    }
}

/// What people call a batch: its number, or that it has none.
pub(super) fn called(words: Words, row: &StockRow) -> String {
    row.batch.clone().unwrap_or_else(|| t!(words, "no-batch-number"))
}

pub(super) fn page(
    visit: &Visit,
    id: DocumentId,
    form: &Form,
    problem: Option<&Problem>,
) -> Result<Response, Trouble> {
    let words = visit.words;
    let row = load(visit, id)?;
    let read = visit.read()?;
    let item = query::items::detail(&read, row.item)?;
    let log = moves::of_line(&read, id)?;
    let may = visit.may(Permission::StockEdit);
    let sub = html! {
        a href={ "/stock/items/" (row.item) "?tab=batches" } { (row.item_name) } " · " (row.item_code) " " (mark(words, row.status))
    };
    let ways = html! {
        a class="btn quiet" href={ "/stock/items/" (row.item) "?tab=movements&line=" (row.id) } { (icon("file-text")) (t!(words, "movements")) }
        a class="btn quiet" href={ "/history/" (row.id) } { (icon("history")) (t!(words, "history")) }
    };
    let at_field = |problem: &&Problem| {
        let own = ["/to", "/vvm", "/vvmNote"].into_iter().chain(shares::FIELDS);
        own.into_iter().any(|field| problem.errors.iter().any(|error| error.pointer == field))
    };
    let shares = shares::section(visit, &read, &row, form, problem)?;
    let shared = !shares.0.is_empty();
    let body = html! {
        (title(&called(words, &row), sub, actions(visit, &row)))
        @if let Some(problem) = problem.filter(|problem| !at_field(problem)) { (trouble::alert(words, problem)) }
        (facts(visit, &read, &row)?)
        div class="grid" {
            @if may || shared { div class="stack" {
                (shares)
                @if may { (move_form(visit, &read, &row, form, problem)?) }
                @if may && item.is_vaccine { (vvm_form(visit, &row, form, problem)) }
            } }
            (trail(words, &log, ways))
        }
    };
    let below = Page::new(Section::Stock, called(words, &row), body)
        .below(t!(words, "nav-stock"), "/stock")
        .below(row.item_name.clone(), format!("/stock/items/{}?tab=batches", row.item));
    let mut response = layout::page(visit, below);
    if let Some(problem) = problem {
        *response.status_mut() = problem.status_code();
    }
    Ok(response)
}

/// One batch.
pub(in crate::ui) async fn show(visit: Visit, Path(id): Path<DocumentId>) -> Result<Response, Trouble> {
    page(&visit, id, &Form::default(), None)
}

/// Puts a batch in another location.
pub(in crate::ui) async fn move_to(
    visit: Visit,
    Path(id): Path<DocumentId>,
    form: Form,
) -> Result<Response, Trouble> {
    let row = load(&visit, id)?;
    let caller = visit.caller()?;
    let moved = async {
        let to = form.id("to").ok_or_else(|| Problem::new("validation", "choose a location").at("/to"))?;
        let command = MoveLines { store: row.store, lines: vec![id], to: Some(to) };
        Ok::<_, Problem>(visit.execute(move |txn| arrangement::move_lines(txn, &caller, &command)).await?)
    };
    match moved.await {
        Ok(_) => Ok(done(&format!("/stock/lines/{id}"), /*key*/ "toast-moved", "")),
        Err(problem) => page(&visit, id, &form, Some(&problem)),
    }
}

/// Records what the vial monitor shows.
pub(in crate::ui) async fn observe(
    visit: Visit,
    Path(id): Path<DocumentId>,
    form: Form,
) -> Result<Response, Trouble> {
    load(&visit, id)?;
    let caller = visit.caller()?;
    let seen = async {
        let vvm = vvm_of(form.raw("vvm"))
            .ok_or_else(|| Problem::new("validation", "what does the vial monitor show").at("/vvm"))?;
        let command = ObserveVvm { vvm, at: None, note: form.owned("vvmNote") };
        Ok::<_, Problem>(visit.execute(move |txn| stock_line::observe_vvm(txn, &caller, id, &command)).await?)
    };
    match seen.await {
        Ok(()) => Ok(done(&format!("/stock/lines/{id}"), /*key*/ "toast-vvm", "")),
        Err(problem) => page(&visit, id, &form, Some(&problem)),
    }
}

// ---- the form ----

const FIELDS: [&str; 9] =
    ["batch", "expiry", "manufactured", "variant", "programme", "donor", "costPrice", "sellPrice", "note"];

/// Choices that a batch is described by: a variant of its item, a programme of its store, a donor.
pub(super) fn choices(
    read: &Snapshot,
    store: DocumentId,
    item: &ItemRow,
) -> Result<[Vec<(String, String)>; 3], Trouble> {
    let none = || std::iter::once((String::new(), "—".to_owned()));
    let variants = reference::variants_of(read, item.id)?;
    let variants = variants.into_iter().filter(|row| row.active).map(|row| (row.id.to_string(), row.name));
    let programmes = programmes::of_store(read, store)?.into_iter().map(|row| (row.id.to_string(), row.name));
    let donors = lookup::donors(read)?.into_iter().map(|row| (row.id.to_string(), row.name));
    Ok([none().chain(variants).collect(), none().chain(programmes).collect(), none().chain(donors).collect()])
}

/// A choice that keeps what was chosen before, though nobody may choose it anew.
fn keeping(
    mut choices: Vec<(String, String)>,
    chosen: &str,
    name: impl FnOnce() -> String,
) -> Vec<(String, String)> {
    if !choices.iter().any(|(id, _)| id == chosen) {
        choices.push((chosen.to_owned(), name()));
    }
    choices
}

/// A price that was typed; an error at its field when it is none.
pub(super) fn price_of(words: Words, form: &Form, name: &str) -> Result<Option<Money>, Problem> {
    match form.text(name) {
        None => Ok(None),
        Some(_) => {
            let typed = form.quantity(words, name, &format!("/{name}"))?;
            Ok(Some(Money::from_thousandths(typed.thousandths())))
        }
    }
}

fn edit_page(
    visit: &Visit,
    row: &StockRow,
    form: &Form,
    problem: Option<&Problem>,
) -> Result<Response, Trouble> {
    let words = visit.words;
    visit.store(Permission::StockEdit)?;
    visit.caller()?;
    let read = visit.read()?;
    let item = query::items::detail(&read, row.item)?;
    let [variants, programmes, donors] = choices(&read, row.store, &item)?;
    let names = Names::new(&read);
    let unknown = |id: &str| id.parse().map_or_else(|_| "—".to_owned(), |id| names.anything(id));
    let kept = |choices, field: &str| keeping(choices, form.raw(field), || unknown(form.raw(field)));
    let fields = Fields { words, form, problem };
    let plain = Input::default();
    let day = Input { kind: "date", ..plain };
    let money = Input { inputmode: Some("decimal"), ..plain };
    let name = called(words, row);
    let back = format!("/stock/lines/{}", row.id);
    let body = html! {
        (title(&name, html! { (row.item_name) }, html! {}))
        form class="card" method="post" action={ (back) "/edit" } {
            div class="pad stack" {
                (fields.alert(&FIELDS))
                div class="fields" {
                    (fields.input("batch", &t!(words, "batch"), plain))
                    (fields.input("expiry", &t!(words, "expiry"), day))
                    (fields.input("manufactured", &t!(words, "made-on"), day))
                    (fields.select("variant", &t!(words, "variant"), false, &kept(variants, "variant")))
                    (fields.select("programme", &t!(words, "programme"), false, &kept(programmes, "programme")))
                    (fields.select("donor", &t!(words, "partner-donor"), false, &kept(donors, "donor")))
                    (fields.input("costPrice", &t!(words, "cost-price"), money))
                    (fields.input("sellPrice", &t!(words, "sell-price"), money))
                    (fields.area("note", &t!(words, "note")))
                }
            }
            div class="bar" { button class="btn primary" { (icon("check")) (t!(words, "save")) } a class="btn quiet" href=(back) { (t!(words, "cancel")) } }
        }
    };
    let mut response = layout::page(
        visit,
        Page::new(Section::Stock, t!(words, "edit"), body)
            .below(t!(words, "nav-stock"), "/stock")
            .below(name, back),
    );
    if problem.is_some() {
        *response.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
    }
    Ok(response)
}

/// The form of what is known of a batch.
pub(in crate::ui) async fn edit(visit: Visit, Path(id): Path<DocumentId>) -> Result<Response, Trouble> {
    let row = load(&visit, id)?;
    let words = visit.words;
    let id_text = |id: Option<DocumentId>| id.map(|id| id.to_string()).unwrap_or_default();
    let day = |day: Option<domain::Date>| day.map(|day| day.to_string()).unwrap_or_default();
    let money = |price: Option<Money>| {
        price.map(|price| words.input(Quantity::from_thousandths(price.thousandths()))).unwrap_or_default()
    };
    let form = Form::with(&[
        ("batch", row.batch.clone().unwrap_or_default()),
        ("expiry", day(row.expiry)),
        ("manufactured", day(row.manufactured)),
        ("variant", id_text(row.variant)),
        ("programme", id_text(row.programme)),
        ("donor", id_text(row.donor)),
        ("costPrice", money(row.cost_price)),
        ("sellPrice", money(row.sell_price)),
        ("note", row.note.clone().unwrap_or_default()),
    ]);
    edit_page(&visit, &row, &form, None)
}

/// Changes what is known of a batch.
pub(in crate::ui) async fn update(
    visit: Visit,
    Path(id): Path<DocumentId>,
    form: Form,
) -> Result<Response, Trouble> {
    let row = load(&visit, id)?;
    let caller = visit.caller()?;
    let changed = async {
        let words = visit.words;
        let command = UpdateStockLine {
            batch: Some(form.owned("batch")),
            expiry: Some(form.day("expiry", "/expiry")?),
            manufactured: Some(form.day("manufactured", "/manufactured")?),
            variant: Some(form.id("variant")),
            programme: Some(form.id("programme")),
            donor: Some(form.id("donor")),
            cost_price: Some(price_of(words, &form, "costPrice")?),
            sell_price: Some(price_of(words, &form, "sellPrice")?),
            note: Some(form.owned("note")),
            ..UpdateStockLine::default()
        };
        Ok::<_, Problem>(visit.execute(move |txn| stock_line::update(txn, &caller, id, &command)).await?)
    };
    match changed.await {
        Ok(()) => Ok(done(&format!("/stock/lines/{id}"), /*key*/ "toast-saved", "")),
        Err(problem) => edit_page(&visit, &row, &form, Some(&problem)),
    }
}
