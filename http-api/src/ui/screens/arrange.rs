//! Moving, holding and releasing the batches that were chosen in the stock list: what was done, and the way back.

use axum::http::StatusCode;
use axum::response::Response;
use crdt_store::DocumentId;
use domain::arrangement::{self, Displaced, HoldLines, MoveLines, Moved, PutBack};
use domain::query::names::Names;
use domain::query::stock;
use domain::{Permission, Quantity};
use maud::{Markup, html};

use crate::error::Problem;
use crate::ui::form::Form;
use crate::ui::icon::icon;
use crate::ui::layout::{self, Page, Section, done};
use crate::ui::lookup::once;
use crate::ui::parts::{or_dash, title};
use crate::ui::trouble::{self, Trouble};
use crate::ui::visit::Visit;
use crate::ui::words::t;

/// Where somebody came from: a page of ours, or the stock list.
fn back_of(form: &Form) -> String {
    let back = form.raw("back");
    let ours = back.starts_with('/') && !back.starts_with("//") && !back.contains('\\');
    if ours { back.to_owned() } else { "/stock".to_owned() }
}

fn chosen(form: &Form) -> Result<Vec<DocumentId>, Problem> {
    let lines: Vec<DocumentId> = form.all("line").filter_map(|id| id.parse().ok()).collect();
    if lines.is_empty() {
        Err(Problem::new("validation", "choose at least one batch").at("/lines"))
    } else {
        Ok(lines)
    }
}

/// Does what was pressed with the batches that were chosen.
pub(in crate::ui) async fn act(visit: Visit, form: Form) -> Result<Response, Trouble> {
    let own = visit.store(Permission::StockEdit)?.clone();
    let caller = visit.caller()?;
    let back = back_of(&form);
    let result = async {
        let (store, lines) = (own.id, chosen(&form)?);
        match form.raw("act") {
            "move" => {
                let to =
                    form.id("to").ok_or_else(|| Problem::new("validation", "choose a location").at("/to"))?;
                let command = MoveLines { store, lines, to: Some(to) };
                let moved = visit
                    .execute_once(&form, move |txn| arrangement::move_lines(txn, &caller, &command))
                    .await?;
                Ok::<_, Problem>(summary_of_move(&visit, store, Some(to), &moved, &back))
            }
            wish => {
                let on_hold = wish == "hold";
                let command = HoldLines { store, lines, on_hold };
                let held = visit
                    .execute_once(&form, move |txn| arrangement::hold_lines(txn, &caller, &command))
                    .await?;
                Ok(summary_of_hold(&visit, on_hold, &held, &back))
            }
        }
    };
    match result.await {
        Ok(summary) => summary,
        Err(problem) => Ok(refused(&visit, &problem, &back)),
    }
}

fn refused(visit: &Visit, problem: &Problem, back: &str) -> Response {
    let words = visit.words;
    let name = t!(words, "nothing-was-changed");
    let said = problem.errors.first().filter(|_| problem.code == "validation");
    let body = html! {
        (title(&name, html! {}, html! { a class="btn primary" href=(back) { (t!(words, "back-to-list")) } }))
        @match said {
            Some(error) => div class="alert bad" role="alert" { (icon("triangle-alert")) p class="strong" { (trouble::detail(words, &error.detail)) } },
            None => (trouble::alert(words, problem)),
        }
    };
    let mut response =
        layout::page(visit, Page::new(Section::Stock, name, body).below(t!(words, "nav-stock"), "/stock"));
    *response.status_mut() = if problem.status_code().is_client_error() {
        problem.status_code()
    } else {
        StatusCode::UNPROCESSABLE_ENTITY
    };
    response
}

/// The lines of an act by their names, in a table that says what was and what is.
fn table(visit: &Visit, lines: &[(DocumentId, String)], heading: &str, now: &str) -> Result<Markup, Trouble> {
    let words = visit.words;
    let read = visit.read()?;
    let mut rows = Vec::new();
    for (id, was) in lines {
        rows.push((stock::line(&read, *id, visit.today())?, was));
    }
    rows.sort_by(|(a, _), (b, _)| (&a.item_name, a.expiry, a.id).cmp(&(&b.item_name, b.expiry, b.id)));
    Ok(html! {
        div class="scroll" { table {
            thead { tr { th scope="col" { (t!(words, "item")) } th scope="col" { (t!(words, "batch")) } th scope="col" class="num phone-hide" { (t!(words, "on-hand")) } th scope="col" { (heading) } } }
            tbody { @for (row, was) in &rows {
                tr {
                    td { a class="row-link" href={ "/stock/lines/" (row.id) } { (row.item_name) } }
                    td class="nowrap" { (or_dash(row.batch.as_deref())) }
                    td class="num phone-hide" { (words.quantity(row.on_hand)) }
                    td class="nowrap" { span class="before" { (was) } " → " span class="strong" { (now) } }
                }
            } }
        } }
    })
}

/// What a move did, and the way back as long as nobody moves the batches on.
pub(in crate::ui) fn summary_of_move(
    visit: &Visit,
    store: DocumentId,
    to: Option<DocumentId>,
    moved: &Moved,
    back: &str,
) -> Result<Response, Trouble> {
    let words = visit.words;
    let read = visit.read()?;
    let mut names = Names::new(&read);
    let mut code = |place: Option<DocumentId>| -> Result<String, Trouble> {
        let row = match place {
            Some(place) => names.location(place)?,
            None => None,
        };
        Ok(row.map_or_else(|| "—".to_owned(), |row| row.code.clone()))
    };
    let target = code(to)?;
    let mut lines = Vec::new();
    for line in &moved.moved {
        lines.push((line.stock_line, code(line.from)?));
    }
    let sentence = t!(words, "moved-lines", n = moved.moved.len(), place = &target);
    let undo = html! {
        @if !moved.moved.is_empty() {
            form method="post" action="/stock/put-back" {
                input type="hidden" name="once" value=(once(&Form::default()));
                input type="hidden" name="back" value=(back);
                input type="hidden" name="store" value=(store);
                @if let Some(to) = to { input type="hidden" name="to" value=(to); }
                @for line in &moved.moved { input type="hidden" name={ "from." (line.stock_line) } value=(line.from.map(|from| from.to_string()).unwrap_or_default()); }
                button class="btn" { (icon("undo-2")) (t!(words, "undo")) }
            }
        }
    };
    let stayed = (moved.stayed > 0).then(|| t!(words, "moved-stayed", n = moved.stayed));
    let rows = table(visit, &lines, &t!(words, "location"), &target)?;
    Ok(summary(visit, &sentence, stayed, undo, rows, back))
}

fn summary_of_hold(
    visit: &Visit,
    on_hold: bool,
    held: &arrangement::Held,
    back: &str,
) -> Result<Response, Trouble> {
    let words = visit.words;
    let sentence = match on_hold {
        true => t!(words, "held-lines", n = held.changed.len()),
        false => t!(words, "released-lines", n = held.changed.len()),
    };
    let (was, is) = match on_hold {
        true => (t!(words, "hold-free"), t!(words, "on-hold")),
        false => (t!(words, "on-hold"), t!(words, "hold-free")),
    };
    let undo = html! {
        @if !held.changed.is_empty() {
            form method="post" action="/stock/arrange" {
                input type="hidden" name="once" value=(once(&Form::default()));
                input type="hidden" name="back" value=(back);
                @for line in &held.changed { input type="hidden" name="line" value=(line); }
                button class="btn" name="act" value=(if on_hold { "release" } else { "hold" }) { (icon("undo-2")) (t!(words, "undo")) }
            }
        }
    };
    let stayed = (held.unchanged > 0).then(|| t!(words, "held-already", n = held.unchanged));
    let lines: Vec<(DocumentId, String)> = held.changed.iter().map(|line| (*line, was.clone())).collect();
    let rows = table(visit, &lines, &t!(words, "status"), &is)?;
    Ok(summary(visit, &sentence, stayed, undo, rows, back))
}

fn summary(
    visit: &Visit,
    sentence: &str,
    more: Option<String>,
    undo: Markup,
    rows: Markup,
    back: &str,
) -> Response {
    let words = visit.words;
    let actions = html! { a class="btn primary" href=(back) { (t!(words, "back-to-list")) } };
    let body = html! {
        (title(sentence, html! { (more.unwrap_or_default()) }, actions))
        div class="alert good" role="status" { (icon("check")) div class="row grow" { p class="strong grow" { (sentence) } (undo) } }
        section class="card" { (rows) }
    };
    layout::page(visit, Page::new(Section::Stock, sentence, body).below(t!(words, "nav-stock"), "/stock"))
}

/// Puts what was moved back where it was.
pub(in crate::ui) async fn put_back(visit: Visit, form: Form) -> Result<Response, Trouble> {
    let own = visit.store(Permission::StockEdit)?.clone();
    let caller = visit.caller()?;
    let back = back_of(&form);
    let lines: Vec<Displaced> = form
        .ids_of("from")
        .into_iter()
        .map(|line| Displaced { stock_line: line, from: form.id(&format!("from.{line}")) })
        .collect();
    let command = PutBack { store: own.id, lines, to: form.id("to") };
    let undone = visit.execute_once(&form, move |txn| arrangement::put_back(txn, &caller, &command)).await;
    match undone {
        Ok(undone) => {
            let count = Quantity::whole(undone.moved.len() as i64).to_string();
            Ok(done(&back, /*key*/ "toast-put-back", &count))
        }
        Err(error) => Ok(refused(&visit, &Problem::from(error), &back)),
    }
}
