//! Boxes that are scanned on a shipment's page, and what a saved cell is told.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::Path;
use axum::response::{IntoResponse, Response};
use crdt_store::DocumentId;
use domain::query::shipments::{self, LineDetail, ShipmentDetail};
use domain::shipment::{self, BoxWarning, Direction, End, ScanBox, ScannedBox, Status};
use domain::{Permission, Quantity};
use maud::{Markup, html};
use serde::Serialize;

use super::outbound::check_mark;
use super::{money, path_of};
use crate::error::Problem;
use crate::ui::form::Form;
use crate::ui::icon::icon;
use crate::ui::layout::done;
use crate::ui::trouble::{self, Trouble};
use crate::ui::visit::Visit;
use crate::ui::words::{Words, t};

/// Where boxes are scanned: what a scanner reads anywhere on the page counts, and what is typed here.
pub(super) fn scan_box(words: Words, direction: Direction, id: DocumentId) -> Markup {
    let action = format!("{}/{id}/scan", path_of(direction));
    let label = match direction {
        Direction::Outbound => t!(words, "scan-to-pick"),
        Direction::Inbound => t!(words, "scan-to-receive"),
    };
    html! {
        section class="card pad no-print" data-scan-count=(action) {
            form class="row" method="post" action=(action) data-scan-form {
                div class="seek grow" {
                    (icon("scan-barcode"))
                    input type="search" name="text" data-scan-field data-slash autocomplete="off" placeholder=(label) aria-label=(label);
                    kbd aria-hidden="true" { "/" }
                }
                button class="btn" { (t!(words, "count-box")) }
            }
            p class="muted small" data-scan-said role="status" { (t!(words, "scan-boxes-text")) }
        }
    }
}

/// What a saved cell or a scanned box is told: what to say, which read-only cells to patch, which fields to fill.
#[derive(Default, Serialize)]
struct Saved {
    said: String,
    cells: BTreeMap<String, String>,
    fields: BTreeMap<String, String>,
}

/// The same for a box: whether something is wrong, which row it is, and among what to choose.
#[derive(Default, Serialize)]
struct Told {
    #[serde(flatten)]
    saved: Saved,
    warn: bool,
    row: Option<String>,
    choices: Vec<(DocumentId, String)>,
}

/// The end from which the reader looks, with the shipment as it is now.
fn look(visit: &Visit, id: DocumentId) -> Result<(Direction, ShipmentDetail), Trouble> {
    let own = visit.store(Permission::StockView)?;
    let detail = shipments::detail(&visit.read()?, id)?;
    match detail.shipment.receiver == End::Store(own.id) {
        true => Ok((Direction::Inbound, detail)),
        false => Ok((Direction::Outbound, detail)),
    }
}

fn cells(
    visit: &Visit,
    detail: &ShipmentDetail,
    direction: Direction,
    line: &LineDetail,
    said: String,
) -> Saved {
    let words = visit.words;
    let mut saved = Saved { said, ..Saved::default() };
    let mut cell = |name: String, content: Markup| saved.cells.insert(name, content.into_string());
    match direction {
        Direction::Outbound => {
            cell(format!("v-{}", line.id), money(words, line.value));
            cell(format!("kc-{}", line.id), check_mark(visit, line));
            cell("total".to_owned(), money(words, detail.shipment.value));
            cell("worth".to_owned(), money(words, detail.shipment.value));
            saved.fields.insert(format!("k-{}", line.id), words.input(line.checked));
        }
        Direction::Inbound => {
            let received = detail.shipment.status >= Status::Received;
            cell(format!("v-{}", line.id), money(words, line.received_value.or(line.value)));
            cell(
                "total".to_owned(),
                money(words, if received { detail.received_value } else { detail.shipment.value }),
            );
            if let Some(received) = line.received {
                saved.fields.insert(format!("r-{}", line.id), words.input(received));
            }
        }
    }
    saved
}

/// The answer to a cell of a line that saved itself.
pub(super) fn saved(visit: &Visit, id: DocumentId, line: DocumentId) -> Result<Response, Trouble> {
    let (direction, detail) = look(visit, id)?;
    let said = t!(visit.words, "saved-now");
    let line = detail.line_details.iter().find(|found| found.id == line);
    let saved = match line {
        Some(line) => cells(visit, &detail, direction, line, said),
        None => Saved { said, ..Saved::default() },
    };
    Ok(Json(saved).into_response())
}

/// What is said of a box, in one line: the item, how many of how many, what to look at.
fn sentence(words: Words, line: Option<&LineDetail>, found: &ScannedBox) -> String {
    let counted = line.map(|line| {
        let (counted, expected) = (words.quantity(found.counted), words.quantity(found.expected));
        t!(words, "box-counted", item = line.item_name.as_str(), counted = counted, expected = expected)
    });
    let warnings = found.warnings.iter().map(|warning| words.code("box", warning.code()));
    counted.into_iter().chain(warnings).collect::<Vec<_>>().join(" · ")
}

fn told(visit: &Visit, id: DocumentId, found: &ScannedBox) -> Result<Told, Trouble> {
    let words = visit.words;
    let (direction, detail) = look(visit, id)?;
    let line = |id: DocumentId| detail.line_details.iter().find(|line| line.id == id);
    let counted = found.line.and_then(line);
    let said = sentence(words, counted, found);
    let name = |line: &LineDetail| {
        let batch = line.batch.clone().unwrap_or_else(|| t!(words, "no-batch-name"));
        line.expiry.map_or(batch.clone(), |day| format!("{batch} · {}", words.day(day)))
    };
    Ok(Told {
        saved: match counted {
            Some(line) => cells(visit, &detail, direction, line, said),
            None => Saved { said, ..Saved::default() },
        },
        warn: !found.warnings.is_empty(),
        row: found.line.map(|line| format!("row-{line}")),
        choices: found.choices.iter().filter_map(|id| Some((*id, name(line(*id)?)))).collect(),
    })
}

/// The answer to a scan: for a script what to patch, for a form the page with a sentence.
fn answer(
    visit: &Visit,
    id: DocumentId,
    direction: Direction,
    result: Result<ScannedBox, Problem>,
) -> Result<Response, Trouble> {
    let by_script = visit.setting.part.as_deref() == Some("scan");
    match result {
        Ok(found) if by_script => Ok(Json(told(visit, id, &found)?).into_response()),
        Err(problem) if by_script => {
            let saved = Saved { said: trouble::message(visit.words, &problem), ..Saved::default() };
            Ok(Json(Told { saved, warn: true, ..Told::default() }).into_response())
        }
        Ok(found) => {
            let counts = found.line.is_some() && !found.warnings.contains(&BoxWarning::TooMany);
            let toast = if counts {
                /*key*/
                "toast-box-counted"
            } else {
                /*key*/
                "toast-box-refused"
            };
            let packs = found.units.thousandths() / Quantity::whole(1).thousandths();
            Ok(done(&format!("{}/{id}", path_of(direction)), toast, &packs.to_string()))
        }
        Err(problem) => Err(problem.into()),
    }
}

fn scan_of(form: &Form) -> ScanBox {
    ScanBox { text: form.raw("text").to_owned(), line: form.id("line") }
}

/// Counts a box towards what is picked.
pub(in crate::ui) async fn scan_out(
    visit: Visit,
    Path(id): Path<DocumentId>,
    form: Form,
) -> Result<Response, Trouble> {
    let scan = scan_of(&form);
    let result = visit.carry_out(move |txn, caller| shipment::scan_out(txn, caller, id, &scan)).await;
    answer(&visit, id, Direction::Outbound, result)
}

/// Counts a box towards what arrived.
pub(in crate::ui) async fn scan_in(
    visit: Visit,
    Path(id): Path<DocumentId>,
    form: Form,
) -> Result<Response, Trouble> {
    let scan = scan_of(&form);
    let result = visit.carry_out(move |txn, caller| shipment::scan_in(txn, caller, id, &scan)).await;
    answer(&visit, id, Direction::Inbound, result)
}
