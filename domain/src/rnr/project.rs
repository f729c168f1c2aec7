//! What a form contributes to views: rows, and the task of what came too late.

use crdt_store::{Document, Projection};

use super::types::{RnrForm, RnrFormRow, Status};
use crate::quantity::Quantity;
use crate::task::{self, TaskKind, TaskRow};
use crate::text::Key;
use crate::views;

pub(crate) fn project(document: &Document, form: &RnrForm, projection: &mut Projection) {
    let Some(supplier) = form.supplier() else { return };
    if form.status() == Status::Discarded {
        return;
    }
    let id = document.id;
    let count =
        |is: &dyn Fn(crdt_store::DocumentId) -> bool| form.items().filter(|item| is(*item)).count() as u32;
    let row = RnrFormRow {
        id,
        store: form.store,
        programme: form.programme,
        from: form.from,
        to: form.to,
        supplier,
        status: form.status(),
        status_at: form.status_at(),
        created_at: form.stamp.created_at,
        created_by: form.stamp.created_by,
        finalised_by: form.finalised().map(|event| event.by),
        requisition: form.requisition,
        lines: form.items().count() as u32,
        confirmed: count(&|item| form.is_confirmed(item)),
        faulty: count(&|item| !form.faults(item).is_empty()),
        late: count(&|item| !form.late(item).is_empty()),
        comment: form.comment.clone(),
    };
    let by_period = Key::new().id(form.store).day(Some(form.from)).id(form.programme).id(id).build();
    let by_programme = Key::new().id(form.store).id(form.programme).day(Some(form.from)).id(id).build();
    projection.rows.push(views::row(views::RNR_FORM, Key::new().id(id).build(), &row));
    projection.rows.push(views::row(views::RNR_FORM_BY_PERIOD, by_period, &row));
    projection.rows.push(views::row(views::RNR_FORM_BY_PROGRAMME, by_programme, &row));
    if row.late > 0 {
        task::project(&late_task(&row), projection);
    }
}

fn late_task(row: &RnrFormRow) -> TaskRow {
    TaskRow {
        kind: TaskKind::ReportAmended,
        store: row.store,
        document: row.id,
        number: None,
        line: None,
        item: None,
        stock_line: None,
        expected: Quantity::ZERO,
        found: Quantity::ZERO,
    }
}
