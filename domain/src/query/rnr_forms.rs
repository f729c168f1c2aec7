//! R&R forms of a store: lists, forms with their lines and figures, and which are to be filled.

use crdt_store::{DocumentId, Failure, StoreError, ViewRead, ViewReadExt, decode_row};
use serde::{Deserialize, Serialize};

use super::names::Names;
use super::page::{self, Page, PageRequest};
use super::programmes;
use crate::Date;
use crate::formula::rnr::{Figures, Problem, Terms};
use crate::period_schedule::Period;
use crate::programme::ProgrammeRow;
use crate::quantity::Quantity;
use crate::requisition::RequisitionRow;
use crate::rnr::{self, Column, Computed, LateCell, RnrForm, RnrFormRow, Status};
use crate::text::Key;
use crate::{record, reject, views};

/// Which forms are wanted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct RnrFormFilter {
    /// Only those of this programme.
    pub programme: Option<DocumentId>,
    /// Only those at this status.
    pub status: Option<Status>,
}

/// A form in a list.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RnrFormListRow {
    /// The form.
    #[serde(flatten)]
    pub form: RnrFormRow,
    /// The programme's name.
    pub programme_name: String,
    /// The name of who is asked.
    pub supplier_name: String,
}

/// A form with its lines.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RnrFormDetail {
    /// As in lists.
    #[serde(flatten)]
    pub form: RnrFormListRow,
    /// The name of the store that reports.
    pub store_name: String,
    /// Who finalised it.
    pub finalised_by_name: Option<String>,
    /// What its lines are computed with.
    pub terms: Terms,
    /// The number of the order that follows from it.
    pub requisition_number: Option<String>,
    /// The finalised forms that count for its averages, newest first.
    pub previous: Vec<RnrFormRow>,
    /// Lines by item name.
    pub line_details: Vec<RnrFormLine>,
}

/// A line of a form.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RnrFormLine {
    /// The item.
    pub item: DocumentId,
    /// Its code.
    pub item_code: String,
    /// Its name.
    pub item_name: String,
    /// Its base unit.
    pub unit: String,
    /// What the ledger said of it.
    pub computed: Option<Computed>,
    /// In which columns a person wrote something else.
    pub entered: Vec<Column>,
    /// What it reports, and all that follows from that.
    pub figures: Figures,
    /// Units at the end of the period, as it says.
    pub final_balance: Quantity,
    /// Units requested, as it says.
    pub requested: Quantity,
    /// Last day of use of the batch that expires soonest.
    pub expiry: Option<Date>,
    /// What people note of it.
    pub note: Option<String>,
    /// Whether somebody has confirmed it as it stands.
    pub confirmed: bool,
    /// What stands against finalising it; its `line` is the place in the list of lines.
    pub problems: Vec<Problem>,
    /// Cells of a finalised form that somebody wrote otherwise who did not know of the end.
    pub late: Vec<LateCell>,
}

/// A form that is to be filled, or filled on.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DueForm {
    /// The programme.
    pub programme: DocumentId,
    /// Its code.
    pub programme_code: String,
    /// Its name.
    pub programme_name: String,
    /// The period it reports.
    pub period: Period,
    /// Whether the period is over, so that the form can be filled whole.
    pub is_over: bool,
    /// The form, if it is made already.
    pub form: Option<DocumentId>,
}

/// The forms of a store, those of the newest period first.
pub fn list(
    read: &(impl ViewRead + ?Sized),
    store: DocumentId,
    filter: &RnrFormFilter,
    request: &PageRequest,
) -> Result<Page<RnrFormListRow>, Failure> {
    let of_store = Key::new().id(store);
    let (view, prefix) = match filter.programme {
        None => (views::RNR_FORM_BY_PERIOD, of_store.build()),
        Some(programme) => (views::RNR_FORM_BY_PROGRAMME, of_store.id(programme).build()),
    };
    let mut names = Names::new(read);
    page::scan(read, view, &prefix, true, request, |_, value| {
        let form: RnrFormRow = decode_row(view, value)?;
        match filter.status.is_none_or(|status| status == form.status) {
            true => listed(read, &mut names, form).map(Some),
            false => Ok(None),
        }
    })
}

fn listed<R: ViewRead + ?Sized>(
    read: &R,
    names: &mut Names<'_, R>,
    form: RnrFormRow,
) -> Result<RnrFormListRow, StoreError> {
    let programme = crate::programme::find(read, form.programme)?;
    Ok(RnrFormListRow {
        programme_name: programme.map_or_else(String::new, |row| row.name),
        supplier_name: names.end(form.supplier)?.unwrap_or_default().to_owned(),
        form,
    })
}

/// A form as in lists, without loading its document; nothing for one that was thrown away.
pub fn row(read: &(impl ViewRead + ?Sized), id: DocumentId) -> Result<Option<RnrFormRow>, StoreError> {
    read.row(views::RNR_FORM, id.as_bytes())
}

/// A form with its lines: loads one document.
pub fn detail(read: &(impl ViewRead + ?Sized), id: DocumentId) -> Result<RnrFormDetail, Failure> {
    let row = row(read, id)?.ok_or_else(|| reject::not_found("R&R form", id))?;
    let form: RnrForm = record::load(read, id)?;
    let mut names = Names::new(read);
    let mut line_details = Vec::new();
    for item in form.items() {
        line_details.extend(line(&mut names, &form, item)?);
    }
    line_details.sort_by(|a, b| (&a.item_name, a.item).cmp(&(&b.item_name, b.item)));
    for (at, line) in (0..).zip(&mut line_details) {
        line.problems.iter_mut().for_each(|problem| problem.line = at);
    }
    let order: Option<RequisitionRow> = match row.requisition {
        Some(order) => read.row(views::REQUISITION, order.as_bytes())?,
        None => None,
    };
    let finalised_by_name = match row.finalised_by {
        Some(user) => names.user(user)?.map(str::to_owned),
        None => None,
    };
    Ok(RnrFormDetail {
        store_name: names.store_or_partner(row.store)?.unwrap_or_default().to_owned(),
        finalised_by_name,
        terms: form.terms,
        requisition_number: order.map(|order| order.number),
        previous: rnr::previous(read, row.store, row.programme, row.from)?,
        line_details,
        form: listed(read, &mut names, row)?,
    })
}

fn line<R: ViewRead + ?Sized>(
    names: &mut Names<'_, R>,
    form: &RnrForm,
    item: DocumentId,
) -> Result<Option<RnrFormLine>, StoreError> {
    let Some(values) = form.values(item) else { return Ok(None) };
    let row = names.item(item)?.cloned();
    Ok(Some(RnrFormLine {
        item,
        item_code: row.as_ref().map_or_else(String::new, |row| row.code.clone()),
        item_name: row.as_ref().map_or_else(String::new, |row| row.name.clone()),
        unit: row.map_or_else(String::new, |row| row.unit),
        computed: form.lines.get(&item).copied(),
        entered: form.overwritten(item),
        figures: values.figures(form.terms),
        final_balance: values.final_balance,
        requested: values.requested,
        expiry: values.expiry,
        note: form.note(item).map(str::to_owned),
        confirmed: form.is_confirmed(item),
        problems: form.problems(item),
        late: form.late(item),
    }))
}

/// The periods for which a store may make a form of a programme now, newest first.
pub fn openings(
    read: &(impl ViewRead + ?Sized),
    store: DocumentId,
    programme: &ProgrammeRow,
    today: Date,
) -> Result<Vec<Period>, StoreError> {
    rnr::openings(read, store, programme, today)
}

/// The form of each programme that a store is to fill next, the earliest first: the one it has begun, else the one that follows
/// the last; a first form is for the last period that is over.
pub fn due(
    read: &(impl ViewRead + ?Sized),
    store: DocumentId,
    today: Date,
) -> Result<Vec<DueForm>, StoreError> {
    let mut due = Vec::new();
    for programme in programmes::of_store(read, store)? {
        let begun = rnr::chain(read, store, programme.id)?.pop().filter(|row| row.status == Status::Draft);
        let (period, form) = match begun {
            Some(row) => (Some(Period { from: row.from, to: row.to }), Some(row.id)),
            None => {
                let open = rnr::openings(read, store, &programme, today)?;
                let over = open.iter().find(|period| period.to < today).copied();
                (over.or(open.first().copied()), None)
            }
        };
        due.extend(period.map(|period| DueForm {
            programme: programme.id,
            programme_code: programme.code,
            programme_name: programme.name,
            period,
            is_over: period.to < today,
            form,
        }));
    }
    due.sort_by(|a, b| (a.period, &a.programme_name).cmp(&(b.period, &b.programme_name)));
    Ok(due)
}
