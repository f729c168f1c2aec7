//! Closing a stocktake: what it comes to, and counts that came too late.

use axum::extract::Path;
use axum::response::Response;
use crdt_store::DocumentId;
use domain::query::PageRequest;
use domain::query::stocktakes::{self as query, LineFilter, LinePart, StocktakeEntry, StocktakeLine};
use domain::stocktake::{self, Finalise, SettleLate};
use domain::{Permission, Quantity};
use maud::{Markup, html};

use super::sheet::{back, load};
use super::{about, progress};
use crate::error::Problem;
use crate::ui::form::Form;
use crate::ui::icon::icon;
use crate::ui::layout::{self, Page, Section, done};
use crate::ui::parts::{below, empty, expiry, fact, or_dash, title};
use crate::ui::trouble::{self, Trouble};
use crate::ui::visit::Visit;
use crate::ui::words::t;

/// Differing lines on the review; the sheet shows them all.
const SHOWN_MAX: usize = 200;

fn part(visit: &Visit, id: DocumentId, part: LinePart) -> Result<(Vec<StocktakeLine>, bool), Trouble> {
    let filter = LineFilter { part: Some(part), ..LineFilter::default() };
    let page = query::lines(&visit.read()?, id, &filter, &PageRequest::first(SHOWN_MAX))?;
    Ok((page.rows, page.next.is_some()))
}

fn many(words: crate::ui::words::Words, found: &[StocktakeLine], more: bool) -> String {
    let count = words.whole(found.len() as i64);
    if more { format!("{count}+") } else { count }
}

fn review_page(visit: &Visit, id: DocumentId, problem: Option<&Problem>) -> Result<Response, Trouble> {
    let words = visit.words;
    let entry = load(visit, &visit.read()?, id)?;
    let (differing, more) = part(visit, id, LinePart::Differing)?;
    let (unexplained, more_unexplained) = part(visit, id, LinePart::Unexplained)?;
    let base = format!("/stocktakes/{id}");
    let uncounted = entry.counts.lines.saturating_sub(entry.counts.counted);
    let name = t!(words, "review-title", number = entry.stocktake.number.as_str());
    let body = html! {
        (title(&name, html! { (or_dash(entry.stocktake.description.as_deref())) " · " (about(words, &entry)) }, html! { a class="btn" href=(base) { (t!(words, "back-to-sheet")) } }))
        @if let Some(problem) = problem { (trouble::alert(words, problem)) }
        section class="card pad" { dl class="facts" {
            (fact(&t!(words, "counted"), progress(words, &entry)))
            (fact(&t!(words, "differences"), html! { a href={ (base) "?part=differing" } { (words.whole(i64::from(entry.counts.differing))) } }))
            (fact(&t!(words, "count-part-unexplained"), html! { a href={ (base) "?part=unexplained" } { (many(words, &unexplained, more_unexplained)) } }))
            (fact(&t!(words, "will-drop-out"), html! { a href={ (base) "?part=uncounted" } { (words.whole(i64::from(uncounted))) } }))
        } }
        (differences(visit, &base, &differing))
        @if more { p class="muted" { a href={ (base) "?part=differing" } { (t!(words, "show-all-differences")) } } }
        form class="card" method="post" action={ (base) "/finalise" } {
            div class="pad stack" {
                p { (t!(words, "finalise-text")) }
                @if entry.counts.rivals > 0 {
                    label class="check" { input type="checkbox" name="latest" value="yes"; span { (t!(words, "accept-latest", n = entry.counts.rivals)) } }
                    p { a href={ (base) "?part=doubtful" } { (t!(words, "decide-line-by-line")) } }
                }
            }
            div class="bar" {
                button class="btn primary big" disabled[entry.counts.counted == 0] { (icon("check")) (t!(words, "finalise")) }
                a class="btn quiet" href=(base) { (t!(words, "back-to-sheet")) }
            }
        }
    };
    let page = Page::new(Section::Stocktakes, t!(words, "review"), body)
        .below(t!(words, "nav-stocktakes"), "/stocktakes")
        .below(entry.stocktake.number.clone(), base);
    let mut response = layout::page(visit, page);
    if let Some(problem) = problem {
        *response.status_mut() = problem.status_code();
    }
    Ok(response)
}

fn differences(visit: &Visit, base: &str, lines: &[StocktakeLine]) -> Markup {
    let words = visit.words;
    let unexplained = format!("{base}?part=unexplained");
    html! {
        section class="card" {
            @if lines.is_empty() { (empty("circle-check", &t!(words, "no-differences"), &t!(words, "no-differences-text"), html! {})) }
            @else { div class="scroll" { table {
                thead { tr {
                    th scope="col" { (t!(words, "item")) } th scope="col" class="phone-hide" { (t!(words, "batch")) }
                    th scope="col" class="num" { (t!(words, "counted-expected")) } th scope="col" class="num" { (t!(words, "counted")) } th scope="col" class="num" { (t!(words, "difference")) }
                    th scope="col" class="phone-hide" { (t!(words, "reason")) }
                } }
                tbody { @for line in lines {
                    @let count = line.count.as_ref();
                    @let difference = count.map_or(Quantity::ZERO, |count| count.difference);
                    tr {
                        td { span class="strong" { (line.item_name) } span class="two" { (line.item_code) } (below(html! { (or_dash(line.batch.as_deref())) " · " (expiry(words, line.expiry, visit.today())) })) }
                        td class="nowrap phone-hide" { (or_dash(line.batch.as_deref())) span class="two" { (expiry(words, line.expiry, visit.today())) } }
                        td class="num" { @if let Some(count) = count { (words.quantity(count.balance)) } }
                        td class="num strong" { @if let Some(count) = count { (words.quantity(count.quantity)) } }
                        td class={ "num strong " @if difference.is_negative() { "t-bad" } @else { "t-warn" } } { (words.signed(difference)) }
                        td class="phone-hide" { @match &line.reason_text { Some(text) => (text), None => a href=(unexplained) { (t!(words, "choose-reason")) } } }
                    }
                } }
            } } }
        }
    }
}

/// What the stocktake comes to, before it is closed.
pub(in crate::ui) async fn review(visit: Visit, Path(id): Path<DocumentId>) -> Result<Response, Trouble> {
    visit.store(Permission::Stocktake)?;
    review_page(&visit, id, None)
}

/// Adjusts stock by what was counted.
pub(in crate::ui) async fn finalise(
    visit: Visit,
    Path(id): Path<DocumentId>,
    form: Form,
) -> Result<Response, Trouble> {
    let entry: StocktakeEntry = load(&visit, &visit.read()?, id)?;
    let caller = visit.caller()?;
    let command = Finalise { accept_latest: form.has("latest") };
    let result = visit.execute(move |txn| stocktake::finalise(txn, &caller, id, &command)).await;
    match result.map_err(Problem::from) {
        Ok(()) => Ok(done(
            &format!("/stocktakes/{id}"),
            /*key*/ "toast-stocktake-finalised",
            &entry.stocktake.number,
        )),
        Err(problem) => review_page(&visit, id, Some(&problem)),
    }
}

/// Gives a stocktake up.
pub(in crate::ui) async fn cancel(visit: Visit, Path(id): Path<DocumentId>) -> Result<Response, Trouble> {
    let entry: StocktakeEntry = load(&visit, &visit.read()?, id)?;
    let caller = visit.caller()?;
    visit.execute(move |txn| stocktake::cancel(txn, &caller, id)).await?;
    Ok(done("/stocktakes", /*key*/ "toast-stocktake-cancelled", &entry.stocktake.number))
}

/// Applies a late count, or puts it aside.
pub(in crate::ui) async fn settle_late(
    visit: Visit,
    Path(id): Path<DocumentId>,
    form: Form,
) -> Result<Response, Trouble> {
    load(&visit, &visit.read()?, id)?;
    let caller = visit.caller()?;
    let apply = form.has("apply");
    let line = form.id(if apply { "apply" } else { "aside" });
    let command = SettleLate { stock_lines: line.map(|line| vec![line]), apply };
    visit.execute(move |txn| stocktake::settle_late(txn, &caller, id, &command)).await?;
    Ok(done(&back(&form, id), /*key*/ "toast-saved", ""))
}
