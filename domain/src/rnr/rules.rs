//! What follows from a form's content: its status, how its lines stand, whether they are confirmed and can be right.

use crdt_store::{DocumentId, Rejection, Timestamp};

use super::types::{Column, Computed, Entered, LateCell, RnrForm, Status, Values};
use crate::Date;
use crate::formula::rnr::{self, Field, Figures, FormLine, Problem, Report, Terms};
use crate::quantity::Quantity;
use crate::reject;
use crate::shipment::{End, Event};

impl Values {
    /// The monthly consumptions that count besides this form's, newest first.
    pub fn previous_monthly(&self) -> Vec<Quantity> {
        self.monthly_before.into_iter().chain(self.monthly_before_that).collect()
    }

    /// All figures that follow.
    pub fn figures(&self, terms: Terms) -> Figures {
        Figures::of(self.report, terms, &self.previous_monthly())
    }

    /// The line as it stands where this was written over what was computed.
    fn of(computed: &Computed, entered: &Entered, terms: Terms) -> Self {
        let report = Report {
            initial_balance: entered.initial_balance.unwrap_or(computed.initial_balance),
            received: entered.received.unwrap_or(computed.received),
            consumed: entered.consumed.unwrap_or(computed.consumed),
            adjustments: entered.adjustments.unwrap_or(computed.adjustments),
            losses: entered.losses.unwrap_or(computed.losses),
            stock_out_days: entered.stock_out_days.unwrap_or(computed.stock_out_days),
        };
        let mut values = Self {
            report,
            final_balance: entered.final_balance.unwrap_or_else(|| report.final_balance()),
            requested: Quantity::ZERO,
            expiry: entered.expiry.or(computed.expiry),
            monthly_before: computed.monthly_before,
            monthly_before_that: computed.monthly_before_that,
        };
        values.requested = entered.requested.unwrap_or_else(|| values.figures(terms).requested);
        values
    }

    /// A mark of what is said of an item: whoever confirms it confirms this and nothing else.
    pub(super) fn mark(&self, item: DocumentId) -> i64 {
        let Report { initial_balance, received, consumed, adjustments, losses, stock_out_days } = self.report;
        let quantities =
            [initial_balance, received, consumed, adjustments, losses, self.final_balance, self.requested]
                .map(|quantity| quantity.thousandths().to_string());
        let expiry = self.expiry.map_or_else(String::new, |day| day.to_string());
        let derived = item.derived(&format!("confirmed/{}/{stock_out_days}/{expiry}", quantities.join("/")));
        derived.as_bytes().first_chunk().copied().map_or(0, i64::from_be_bytes)
    }

    /// What was entered that is not what stands here.
    pub(super) fn differing(&self, entered: &Entered) -> Vec<Column> {
        let Report { initial_balance, received, consumed, adjustments, losses, stock_out_days } = self.report;
        let other = |wish: Option<Quantity>, stands: Quantity| wish.is_some_and(|wish| wish != stands);
        let cells = [
            (Column::InitialBalance, other(entered.initial_balance, initial_balance)),
            (Column::Received, other(entered.received, received)),
            (Column::Consumed, other(entered.consumed, consumed)),
            (Column::Losses, other(entered.losses, losses)),
            (Column::Adjustments, other(entered.adjustments, adjustments)),
            (Column::FinalBalance, other(entered.final_balance, self.final_balance)),
            (Column::StockOutDays, entered.stock_out_days.is_some_and(|days| days != stock_out_days)),
            (Column::Requested, other(entered.requested, self.requested)),
            (Column::Expiry, entered.expiry.is_some() && entered.expiry != self.expiry),
        ];
        cells.into_iter().filter(|(_, differs)| *differs).map(|(column, _)| column).collect()
    }
}

impl RnrForm {
    /// The id of the form of a store, a programme and a period: the same wherever it is made.
    pub fn id_of(store: DocumentId, programme: DocumentId, from: Date) -> DocumentId {
        store.derived(&format!("rnr-form/{programme}/{from}"))
    }

    /// The id of the order that follows from a form: the same wherever it is finalised. It names who is asked, as an
    /// order to another supplier is another one.
    pub(super) fn order_of(id: DocumentId, supplier: End) -> DocumentId {
        id.derived(&format!("requisition/{}", supplier.id()))
    }

    /// Who is asked, if the document says so.
    pub fn supplier(&self) -> Option<End> {
        self.supplier_store.map(End::Store).or(self.supplier_partner.map(End::Partner))
    }

    /// How far it has come. What one device throws away while another finalises it is finalised: its order is sent.
    pub fn status(&self) -> Status {
        match (self.finalised(), self.discarded_at) {
            (Some(_), _) => Status::Finalised,
            (None, Some(_)) => Status::Discarded,
            (None, None) => Status::Draft,
        }
    }

    /// When it was finalised, and by whom.
    pub fn finalised(&self) -> Option<&Event> {
        self.events.get(&Status::Finalised)
    }

    /// When it reached the status it has.
    pub fn status_at(&self) -> Timestamp {
        match self.finalised() {
            Some(event) => event.at,
            None => self.discarded_at.unwrap_or(self.stamp.created_at),
        }
    }

    /// The items of its lines: of a finalised form, those it reports.
    pub fn items(&self) -> impl Iterator<Item = DocumentId> + '_ {
        let is_final = self.status() == Status::Finalised;
        let (reported, lines) = match is_final {
            true => (Some(self.reported.keys()), None),
            false => (None, Some(self.lines.keys())),
        };
        reported.into_iter().flatten().chain(lines.into_iter().flatten()).copied()
    }

    /// What people wrote of an item.
    pub fn entered(&self, item: DocumentId) -> Entered {
        Entered {
            initial_balance: self.initial_balance.get(&item).copied().flatten(),
            received: self.received.get(&item).copied().flatten(),
            consumed: self.consumed.get(&item).copied().flatten(),
            adjustments: self.adjustments.get(&item).copied().flatten(),
            losses: self.losses.get(&item).copied().flatten(),
            stock_out_days: self.stock_out_days.get(&item).copied().flatten(),
            final_balance: self.final_balance.get(&item).copied().flatten(),
            requested: self.requested.get(&item).copied().flatten(),
            expiry: self.expiry.get(&item).copied().flatten(),
        }
    }

    /// The columns in which people wrote something else of an item than was computed.
    pub fn overwritten(&self, item: DocumentId) -> Vec<Column> {
        let computed = self.lines.get(&item);
        let untouched = computed.map(|computed| Values::of(computed, &Entered::default(), self.terms));
        untouched.map_or_else(Vec::new, |values| values.differing(&self.entered(item)))
    }

    /// What people note of a line.
    pub fn note(&self, item: DocumentId) -> Option<&str> {
        self.notes.get(&item)?.as_deref()
    }

    /// A line as people left it, whether the form is finalised or not.
    pub(super) fn written(&self, item: DocumentId) -> Option<Values> {
        Some(Values::of(self.lines.get(&item)?, &self.entered(item), self.terms))
    }

    /// A line as it stands: of a finalised form, as it was finalised.
    pub fn values(&self, item: DocumentId) -> Option<Values> {
        match self.status() {
            Status::Finalised => self.reported.get(&item).copied(),
            _ => self.written(item),
        }
    }

    /// Whether somebody has confirmed a line as it stands.
    pub fn is_confirmed(&self, item: DocumentId) -> bool {
        match (self.status(), self.written(item)) {
            (Status::Finalised, _) => self.reported.contains_key(&item),
            (_, Some(values)) => self.confirmed.get(&item).copied().flatten() == Some(values.mark(item)),
            (_, None) => false,
        }
    }

    fn form_line(&self, item: DocumentId) -> Option<FormLine> {
        let Values { report, final_balance, requested, .. } = self.values(item)?;
        Some(FormLine { report, final_balance, requested, confirmed: self.is_confirmed(item) })
    }

    /// What stands against finalising a line, in the order of its fields.
    pub fn problems(&self, item: DocumentId) -> Vec<Problem> {
        let line = self.form_line(item).into_iter().collect::<Vec<_>>();
        rnr::problems(&line, self.terms.period_days)
    }

    /// The same, but for nobody having confirmed it.
    pub fn faults(&self, item: DocumentId) -> Vec<Problem> {
        let mut problems = self.problems(item);
        problems.retain(|problem| problem.field != Field::Confirmed);
        problems
    }

    /// Cells of a line of a finalised form that somebody wrote otherwise who did not know of the end.
    pub fn late(&self, item: DocumentId) -> Vec<LateCell> {
        let (Status::Finalised, Some(reported)) = (self.status(), self.reported.get(&item)) else {
            return Vec::new();
        };
        let entered = self.entered(item);
        let differing = reported.differing(&entered).into_iter();
        differing.map(|column| LateCell { column, value: entered.text(column) }).collect()
    }
}

impl Entered {
    /// What was written into a column, as the API writes it.
    fn text(&self, column: Column) -> String {
        let quantity = match column {
            Column::InitialBalance => self.initial_balance,
            Column::Received => self.received,
            Column::Consumed => self.consumed,
            Column::Losses => self.losses,
            Column::Adjustments => self.adjustments,
            Column::FinalBalance => self.final_balance,
            Column::Requested => self.requested,
            Column::StockOutDays => return self.stock_out_days.unwrap_or_default().to_string(),
            Column::Expiry => return self.expiry.map_or_else(String::new, |day| day.to_string()),
        };
        quantity.map_or_else(String::new, |quantity| quantity.to_string())
    }
}

/// The first of some problems as an answer, with how many others there are.
pub(super) fn refusal(problems: &[(DocumentId, Problem)]) -> Option<Rejection> {
    let (item, problem) = problems.first()?;
    let pointer = format!("/lines/{item}/{}", problem.field.name());
    let rejection = match problem.fault {
        rnr::Fault::NotConfirmed => Rejection::new("not-confirmed", "a line is not confirmed"),
        rnr::Fault::Negative { quantity } => {
            Rejection::new("negative-quantity", format!("{quantity} is below zero"))
                .with("quantity", quantity)
        }
        rnr::Fault::DoesNotAddUp { expected } => {
            let message = format!("the line adds up to {expected}");
            Rejection::new("does-not-add-up", message).with("expected", expected)
        }
        rnr::Fault::LongerThanPeriod { period_days } => {
            let message = format!("the period has {period_days} days");
            Rejection::new("longer-than-period", message).with("days", period_days)
        }
    };
    Some(rejection.at(pointer).with("item", item).with("others", problems.len() - 1))
}

/// Refuses what is only for forms that are being filled.
pub(super) fn require_draft(form: &RnrForm, wish: &str) -> Result<(), Rejection> {
    match form.status() {
        Status::Draft => Ok(()),
        status => Err(reject::wrong_status(status, wish)),
    }
}
