//! What people do about R&R forms: make them, write into them, confirm and finalise them; often on two devices at once.

use crdt_store::{DocumentId, StoreError};
use domain::query::PageRequest;
use domain::query::rnr_forms::{self, DueForm, RnrFormFilter};
use domain::rnr::{Cells, ConfirmLines, CreateRnrForm, FillLine, FillLines, RnrFormRow, Status};
use domain::text::day_of;

use crate::look;
use crate::people::Person;
use crate::wish::Deed;

type Act = Option<(Deed, bool)>;

impl Person<'_> {
    /// Makes the next form, fills the one that is there, and finalises it.
    pub(crate) fn report(&mut self, store: DocumentId) -> Result<Act, StoreError> {
        let due = rnr_forms::due(self.read, store, day_of(self.now))?;
        let mine: Vec<DueForm> =
            due.into_iter().filter(|form| form.programme == self.country.programme).collect();
        let Some(due) = mine.first() else { return self.look_back(store) };
        let Some(form) = due.form else {
            let command = CreateRnrForm {
                store,
                programme: due.programme,
                period: due.period.from,
                supplier: None,
                comment: None,
            };
            return Ok(Some((Deed::MakeForm(command), false)));
        };
        let item = self.dice.pick(&self.country.items).copied();
        let deed = match (self.dice.between(0, 11), item) {
            (0..=4, Some(item)) => Deed::FillForm(form, FillLines { lines: vec![self.cell(item)] }),
            (5, Some(item)) => {
                let confirmed = self.dice.chance(700);
                Deed::ConfirmForm(form, ConfirmLines { items: Some(vec![item]), confirmed })
            }
            (6..=8, _) => Deed::ConfirmForm(form, ConfirmLines { items: None, confirmed: true }),
            (9, _) if self.dice.chance(300) => Deed::DiscardForm(form),
            (9, _) => Deed::RefreshForm(form),
            _ => Deed::FinaliseForm(form),
        };
        Ok(Some((deed, false)))
    }

    /// Puts aside what came too late for a form, or presses once more what was pressed.
    fn look_back(&mut self, store: DocumentId) -> Result<Act, StoreError> {
        let filter = RnrFormFilter { status: Some(Status::Finalised), ..RnrFormFilter::default() };
        let page = rnr_forms::list(self.read, store, &filter, &PageRequest::default());
        let rows: Vec<RnrFormRow> =
            page.map_err(look::broken)?.rows.into_iter().map(|row| row.form).collect();
        let late = rows.iter().find(|row| row.late > 0);
        Ok(match (late, self.dice.pick(&rows)) {
            (Some(row), _) => Some((Deed::PutFormAside(row.id), false)),
            (None, Some(row)) => Some((Deed::FinaliseForm(row.id), false)),
            (None, None) => None,
        })
    }

    /// Somebody knows better than the ledger; sometimes so that the line does not add up.
    fn cell(&mut self, item: DocumentId) -> FillLine {
        let some = Some(Some(self.some_units()));
        let set = match self.dice.between(0, 9) {
            0..=3 => Cells { consumed: some, ..Cells::default() },
            4 => Cells { losses: some, ..Cells::default() },
            5..=6 => Cells { requested: some, ..Cells::default() },
            7 => Cells { stock_out_days: Some(Some(self.dice.between(0, 33) as u32)), ..Cells::default() },
            8 => Cells { final_balance: some, ..Cells::default() },
            // Back to what the ledger says.
            _ => Cells {
                consumed: Some(None),
                losses: Some(None),
                final_balance: Some(None),
                ..Cells::default()
            },
        };
        FillLine { item, set, was: Cells::default() }
    }
}
