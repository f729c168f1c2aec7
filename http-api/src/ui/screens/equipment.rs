//! Equipment: what there is, whether it works, and its log.

use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;
use crdt_store::DocumentId;
use domain::Permission;
use domain::asset::{self, AddAssetLog, AssetDetails, AssetStatus, CreateAsset};
use domain::query::assets::{self, AssetDetail, AssetFilter, AssetListRow, AssetLogEntry};
use domain::query::{self};
use maud::{Markup, html};

use crate::error::Problem;
use crate::ui::form::{Asked, Fields, Form, Input};
use crate::ui::icon::icon;
use crate::ui::layout::{self, Page, Section, done};
use crate::ui::lookup;
use crate::ui::parts::{
    Tone, below, chip, empty, facets, fact, narrowed, or_dash, pager, row_ids, search, title,
};
use crate::ui::sheets::{all_shown, export};
use crate::ui::trouble::{self, Trouble};
use crate::ui::values::{Contested, flag, other_flags};
use crate::ui::visit::Visit;
use crate::ui::words::{Words, t};

/// A status as a chip.
fn status_chip(words: Words, status: Option<AssetStatus>) -> Markup {
    let Some(status) = status else { return chip(Tone::Calm, "circle-help", &t!(words, "status-unknown")) };
    let (tone, drawing) = match status {
        AssetStatus::Functioning => (Tone::Good, "circle-check"),
        AssetStatus::FunctioningNeedsAttention => (Tone::Warn, "triangle-alert"),
        AssetStatus::NotFunctioning => (Tone::Bad, "circle-x"),
        AssetStatus::NotInUse => (Tone::Calm, "pause"),
        AssetStatus::Decommissioned | AssetStatus::Unserviceable => (Tone::Calm, "ban"),
    };
    chip(tone, drawing, &words.code("asset", status.code()))
}

/// What a piece of equipment is called: type, maker, model.
fn label(row: &AssetListRow) -> String {
    let parts = [&row.asset.kind, &row.asset.manufacturer, &row.asset.model];
    let text: Vec<&str> = parts.into_iter().filter_map(|part| part.as_deref()).collect();
    if text.is_empty() { row.asset.number.clone() } else { text.join(" · ") }
}

/// The store whose equipment is shown: the reader's own; on central, with none chosen, all.
fn scope(visit: &Visit) -> Result<Option<DocumentId>, Trouble> {
    match visit.sees_country() {
        true => {
            visit.visitor.require(Permission::AssetView)?;
            Ok(None)
        }
        false => Ok(Some(visit.store(Permission::AssetView)?.id)),
    }
}

/// The same in two lines of a list: what it is, then whose make, which model and which one.
fn label_cell(row: &AssetListRow) -> Markup {
    let parts = [&row.asset.manufacturer, &row.asset.model, &row.asset.serial];
    let make: Vec<&str> = parts.into_iter().filter_map(|part| part.as_deref()).collect();
    html! { (row.asset.kind.as_deref().unwrap_or(&row.asset.number)) @if !make.is_empty() { span class="two" { (make.join(" · ")) } } }
}

fn table(visit: &Visit, rows: &[AssetListRow]) -> Markup {
    let words = visit.words;
    html! {
        div class="scroll" id="rows" data-rows=(row_ids(rows.iter().map(|row| row.asset.id))) { table {
            thead { tr {
                th scope="col" { (t!(words, "number")) } th scope="col" class="phone-hide" { (t!(words, "equipment")) }
                @if visit.sees_country() { th scope="col" class="phone-hide" { (t!(words, "store")) } }
                th scope="col" { (t!(words, "status")) } th scope="col" class="phone-hide" { (t!(words, "since")) } th scope="col" class="phone-hide" { (t!(words, "location")) }
            } }
            tbody { @for row in rows {
                tr {
                    td { a class="row-link nowrap" href={ "/equipment/" (row.asset.id) } { (row.asset.number) } (below(html! { (label(row)) })) }
                    td class="phone-hide" { (label_cell(row)) }
                    @if visit.sees_country() { td class="phone-hide" { (row.store_name) } }
                    td data-live={ "as-" (row.asset.id) } { (status_chip(words, row.status)) @if row.asset.needs_replacement { " " (chip(Tone::Warn, "refresh-cw", &t!(words, "needs-replacement"))) } @if let Some(reason) = &row.reason_text { span class="two" { (reason) } } }
                    td class="phone-hide nowrap" { @match row.status_at { Some(at) => (words.brief_instant(at)), None => (or_dash(None)) } }
                    td class="phone-hide" { (or_dash(row.location_code.as_deref())) }
                }
            } }
        } }
    }
}

/// The list.
pub(in crate::ui) async fn list(visit: Visit, asked: Asked) -> Result<Response, Trouble> {
    let words = visit.words;
    let store = scope(&visit)?;
    let (wanted, chosen, cursor) = (asked.raw("search"), asked.raw("status"), asked.text("cursor"));
    let status = AssetStatus::ALL.into_iter().find(|status| status.code() == chosen);
    let needs_replacement = (asked.raw("needsReplacement") == "true").then_some(true);
    let filter = AssetFilter { status, needs_replacement, search: asked.owned("search") };
    let page = assets::list(&visit.read()?, store, &filter, &lookup::page_request(cursor))?;
    let offered: Vec<(&str, String)> = std::iter::once(("", t!(words, "facet-all")))
        .chain(AssetStatus::ALL.iter().map(|status| (status.code(), words.code("asset", status.code()))))
        .collect();
    let replaced = needs_replacement.map_or("", |_| "true");
    let kept = [("search", wanted), ("status", chosen), ("needsReplacement", replaced)];
    let by: Vec<_> =
        needs_replacement.map(|_| ("needsReplacement", t!(words, "needs-replacement"))).into_iter().collect();
    let name = t!(words, "nav-equipment");
    let known = all_shown(page.rows.len(), cursor, page.next.as_deref());
    let actions = html! { (export(words, "assets", &kept, known)) @if visit.may(Permission::AssetEdit) { a class="btn primary" href="/equipment/new" { (icon("plus")) (t!(words, "new-equipment")) } } };
    let sub = html! { @match store.and(visit.own_store()) { Some(own) => (own.name), None => (t!(words, "all-stores")) } };
    let body = html! {
        (title(&name, sub, actions))
        div class="card" {
            div class="filters" { (search(words, "/equipment", &t!(words, "search-equipment"), wanted, &kept[1..])) }
            div id="list" {
                div class="filters" { (facets(&t!(words, "filter"), "/equipment", "status", chosen, &[kept[0], kept[2]], &offered)) }
                (narrowed(words, "/equipment", &kept, &by))
                @if page.rows.is_empty() {
                    @if wanted.is_empty() && status.is_none() && by.is_empty() { (empty("snowflake", &t!(words, "equipment-empty"), &t!(words, "equipment-empty-text"), html! {})) }
                    @else { (empty("search", &t!(words, "nothing-found"), &t!(words, "nothing-found-text"), html! { a class="btn" href="/equipment" { (t!(words, "show-all")) } })) }
                } @else {
                    (table(&visit, &page.rows))
                    (pager(words, "/equipment", &kept, page.rows.len(), cursor, page.next.as_deref()))
                }
            }
        }
    };
    Ok(layout::page(&visit, Page::new(Section::Equipment, name, body).searching()))
}

fn trail(words: Words, id: DocumentId, log: &[AssetLogEntry]) -> Markup {
    html! {
        section class="card" {
            header {
                h2 class="grow" { (t!(words, "status-log")) }
                @if !log.is_empty() { (export(words, &format!("assets/{id}/log"), &[], None)) }
            }
            @if log.is_empty() { (empty("history", &t!(words, "log-empty"), &t!(words, "log-empty-text"), html! {})) }
            @else {
                ol class="trail pad" data-live="log" data-quiet {
                    @for line in log {
                        li {
                            (status_chip(words, Some(line.entry.status))) " " @if let Some(reason) = &line.reason_text { span class="strong" { (reason) } }
                            @if let Some(comment) = &line.entry.comment { p { (comment) } }
                            p class="when" { (words.instant(line.entry.at)) " · " (line.by_name.as_deref().unwrap_or("—")) }
                        }
                    }
                }
            }
        }
    }
}

fn log_form(
    visit: &Visit,
    id: DocumentId,
    current: Option<AssetStatus>,
    form: &Form,
    problem: Option<&Problem>,
) -> Result<Markup, Trouble> {
    let words = visit.words;
    let fields = Fields { words, form, problem };
    let reasons = query::reference::asset_reasons(&visit.read()?)?;
    // As it is until somebody says otherwise: a broken one is not repaired by a press of the button.
    let chosen = form.text("status").unwrap_or(current.unwrap_or(AssetStatus::Functioning).code());
    let reason_error = fields.error("/reason");
    let active =
        |status: AssetStatus| reasons.iter().filter(move |reason| reason.active && reason.status == status);
    Ok(html! {
        form class="card" id="log" method="post" action={ "/equipment/" (id) "/log" } {
            header { h2 { (t!(words, "note-status")) } }
            div class="pad stack" {
                (fields.alert(&["status", "reason", "comment", "at"]))
                fieldset {
                    legend { (t!(words, "status")) }
                    div class="choices" {
                        @for status in AssetStatus::ALL {
                            label class="choice" { input type="radio" name="status" value=(status.code()) checked[status.code() == chosen] data-rules; span { (words.code("asset", status.code())) } }
                        }
                    }
                    @if let Some(error) = fields.error("/status") { div class="error" { (icon("triangle-alert")) span { (error) } } }
                }
                div class="fields" {
                    div class="field" {
                        label for="f-reason" { (t!(words, "reason")) }
                        select class="input" id="f-reason" name="reason" data-ruled aria-invalid=[reason_error.is_some().then_some("true")] aria-describedby="d-reason" {
                            option value="" { "—" }
                            @for status in AssetStatus::ALL {
                                @for reason in active(status) {
                                    option value=(reason.id) data-of=(status.code()) selected[form.raw("reason") == reason.id.to_string()] {
                                        (reason.text) @if reason.comment_required { " *" }
                                    }
                                }
                            }
                        }
                        div id="d-reason" {
                            @if let Some(error) = &reason_error { div class="error" { (icon("triangle-alert")) span { (error) } } }
                            span class="hint" { (t!(words, "comment-star")) }
                        }
                    }
                }
                (fields.area("comment", &t!(words, "comment")))
            }
            div class="bar" { button class="btn primary" { (icon("check")) (t!(words, "note-status")) } }
        }
    })
}

/// The piece of equipment, if the reader may see it.
fn load(visit: &Visit, id: DocumentId) -> Result<AssetDetail, Trouble> {
    let store = scope(visit)?;
    let detail = assets::detail(&visit.read()?, id)?;
    match store {
        Some(store) if store != detail.asset.asset.store => Err(Trouble::not_found("asset")),
        _ => Ok(detail),
    }
}

fn facts(words: Words, contested: &Contested, row: &AssetListRow) -> Markup {
    let asset = &row.asset;
    let flagged =
        |pointer: &str, value: Markup| html! { (value) (flag(words, contested, asset.id, pointer)) };
    let day = |day: Option<domain::Date>| html! { @match day { Some(day) => (words.day(day)), None => (or_dash(None)) } };
    html! {
        section class="card pad" { dl class="facts" {
            (fact(&t!(words, "number"), flagged("/number", html! { (asset.number) })))
            (fact(&t!(words, "serial"), flagged("/serial", or_dash(asset.serial.as_deref()))))
            (fact(&t!(words, "manufacturer"), flagged("/manufacturer", or_dash(asset.manufacturer.as_deref()))))
            (fact(&t!(words, "model"), flagged("/model", or_dash(asset.model.as_deref()))))
            (fact(&t!(words, "catalogue-code"), flagged("/catalogue_code", or_dash(asset.catalogue_code.as_deref()))))
            (fact(&t!(words, "store"), html! { (row.store_name) }))
            (fact(&t!(words, "location"), flagged("/location", or_dash(row.location_code.as_deref()))))
            (fact(&t!(words, "installed"), flagged("/installed", day(asset.installed))))
            (fact(&t!(words, "replacement"), flagged("/replacement", day(asset.replacement))))
            (fact(&t!(words, "warranty-end"), flagged("/warranty_end", day(asset.warranty_end))))
            (fact(&t!(words, "partner-donor-of"), flagged("/donor", or_dash(asset.donor.as_deref()))))
            (fact(&t!(words, "note"), flagged("/note", or_dash(asset.note.as_deref()))))
        } (other_flags(words, contested, asset.id, &FACTS)) }
    }
}

/// Fields that have a place among the facts.
const FACTS: [&str; 11] = [
    "/number",
    "/serial",
    "/manufacturer",
    "/model",
    "/catalogue_code",
    "/location",
    "/installed",
    "/replacement",
    "/warranty_end",
    "/donor",
    "/note",
];

fn page(
    visit: &Visit,
    detail: &AssetDetail,
    form: &Form,
    problem: Option<&Problem>,
) -> Result<Response, Trouble> {
    let words = visit.words;
    let row = &detail.asset;
    let id = row.asset.id;
    let may =
        visit.may(Permission::AssetStatus) && visit.own_store().is_some_and(|own| own.id == row.asset.store);
    let contested = query::tasks::contested(&visit.read()?, row.asset.store)?;
    let sub = html! {
        (row.asset.number) " · " span data-live="status" { (status_chip(words, row.status)) } @if row.asset.needs_replacement { " " (chip(Tone::Warn, "refresh-cw", &t!(words, "needs-replacement"))) }
    };
    let actions = html! {
        @if may { a class="btn primary" href="#log" { (icon("pencil")) (t!(words, "note-status")) } }
        a class="btn" href={ "/history/" (id) } { (icon("history")) (t!(words, "history")) }
    };
    let body = html! {
        (title(&label(row), sub, actions))
        @if let Some(problem) = problem.filter(|problem| problem.errors.is_empty()) { (trouble::alert(words, problem)) }
        (facts(words, &contested, row))
        div class="grid" { @if may { (log_form(visit, id, row.status, form, problem)?) } (trail(words, id, &detail.log)) }
    };
    let mut response = layout::page(
        visit,
        Page::new(Section::Equipment, label(row), body).below(t!(words, "nav-equipment"), "/equipment"),
    );
    if let Some(problem) = problem {
        *response.status_mut() = problem.status_code();
    }
    Ok(response)
}

/// One piece of equipment with its log.
pub(in crate::ui) async fn show(visit: Visit, Path(id): Path<DocumentId>) -> Result<Response, Trouble> {
    page(&visit, &load(&visit, id)?, &Form::default(), None)
}

/// Records whether it works.
pub(in crate::ui) async fn log(
    visit: Visit,
    Path(id): Path<DocumentId>,
    form: Form,
) -> Result<Response, Trouble> {
    let wanted = AssetStatus::ALL.into_iter().find(|status| status.code() == form.raw("status"));
    let result = async {
        let caller = visit.visitor.caller_in(None)?;
        let command = AddAssetLog {
            status: wanted.ok_or_else(|| Problem::new("validation", "choose a status").at("/status"))?,
            reason: form.id("reason"),
            comment: form.owned("comment"),
            at: None,
        };
        Ok::<_, Problem>(visit.execute(move |txn| asset::log(txn, &caller, id, &command)).await?)
    };
    match result.await {
        Ok(_) => Ok(done(&format!("/equipment/{id}"), /*key*/ "toast-logged", "")),
        Err(problem) => page(&visit, &load(&visit, id)?, &form, Some(&problem)),
    }
}

const NEW_FIELDS: [&str; 9] =
    ["number", "kind", "manufacturer", "model", "serial", "catalogueCode", "location", "installed", "note"];

fn new_page(visit: &Visit, form: &Form, problem: Option<&Problem>) -> Result<Response, Trouble> {
    let words = visit.words;
    let own = visit.store(Permission::AssetEdit)?;
    visit.caller()?;
    let places: Vec<(String, String)> = std::iter::once((String::new(), "—".to_owned()))
        .chain(
            query::reference::locations(&visit.read()?, own.id)?
                .into_iter()
                .map(|row| (row.id.to_string(), format!("{} · {}", row.code, row.name))),
        )
        .collect();
    let fields = Fields { words, form, problem };
    let plain = Input::default();
    let name = t!(words, "new-equipment");
    let body = html! {
        (title(&name, html! { (own.name) }, html! {}))
        form class="card" method="post" action="/equipment/new" {
            div class="pad stack" {
                (fields.alert(&NEW_FIELDS))
                div class="fields" {
                    (fields.input("number", &t!(words, "number"), Input { required: true, ..plain }))
                    (fields.input("kind", &t!(words, "kind"), plain))
                    (fields.input("manufacturer", &t!(words, "manufacturer"), plain))
                    (fields.input("model", &t!(words, "model"), plain))
                    (fields.input("serial", &t!(words, "serial"), plain))
                    (fields.input("catalogueCode", &t!(words, "catalogue-code"), plain))
                    (fields.select("location", &t!(words, "location"), false, &places))
                    (fields.input("installed", &t!(words, "installed"), Input { kind: "date", ..plain }))
                    (fields.area("note", &t!(words, "note")))
                }
            }
            div class="bar" { button class="btn primary" { (icon("check")) (t!(words, "save")) } a class="btn quiet" href="/equipment" { (t!(words, "cancel")) } }
        }
    };
    let mut response = layout::page(
        visit,
        Page::new(Section::Equipment, name, body).below(t!(words, "nav-equipment"), "/equipment"),
    );
    if problem.is_some() {
        *response.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
    }
    Ok(response)
}

/// The form of a new piece of equipment.
pub(in crate::ui) async fn new(visit: Visit) -> Result<Response, Trouble> {
    new_page(&visit, &Form::default(), None)
}

/// Registers a piece of equipment.
pub(in crate::ui) async fn create(visit: Visit, form: Form) -> Result<Response, Trouble> {
    let own = visit.store(Permission::AssetEdit)?.clone();
    let caller = visit.caller()?;
    let made = async {
        let said = |name: &str| form.owned(name).map(Some);
        let details = AssetDetails {
            kind: said("kind"),
            manufacturer: said("manufacturer"),
            model: said("model"),
            serial: said("serial"),
            catalogue_code: said("catalogueCode"),
            location: form.id("location").map(Some),
            installed: form.day("installed", "/installed")?.map(Some),
            note: said("note"),
            ..AssetDetails::default()
        };
        let command = CreateAsset { id: None, store: own.id, number: form.raw("number").to_owned(), details };
        Ok::<_, Problem>(visit.execute(move |txn| asset::create(txn, &caller, &command)).await?)
    };
    match made.await {
        Ok(made) => Ok(done(&format!("/equipment/{}", made.id), /*key*/ "toast-saved", "")),
        Err(problem) => new_page(&visit, &form, Some(&problem)),
    }
}
