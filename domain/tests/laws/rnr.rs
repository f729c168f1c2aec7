//! Laws of R&R forms: what a period's report says by itself, who may say otherwise, what stands against its end, and that
//! it is one form, and one order, however many devices had a hand in it.
//!
//! The worked example, of October at the health centre, in tablets. The programme reports by months, and averages want 6
//! months at most and 3 at least.
//!
//! ```text
//!               amoxicillin                                        paracetamol
//! 20 Sept.      100 when the records begin                         40 when the records begin
//! 2 October     500 received
//! 11 October                                                       40 given out: from the 12th on there is none
//! 12 October    450 given out
//! 15 October    20 written off after a count, 5 broken
//!
//! final         100 + 500 − 450 − 20 − 5 = 125                     40 − 40 = 0
//! out           0 days                                             20 of 31
//! monthly       450 / (31/30) = 435.484                            40 × 31/11 / (31/30) = 109.091
//! maximum       6 × 450 × 30/31 = 2,612.903                        6 × 40 × 30/11 = 654.545
//! requested     2,612.903 − 125 = 2,487.903                        654.545
//! ```

use crdt_store::DocumentId;
use domain::adjustment::{self, AdjustLine};
use domain::formula::rnr::{Field, LowStock};
use domain::period_schedule::{self, CreatePeriodSchedule};
use domain::programme::{self, CreateProgramme, UpdateProgramme};
use domain::query::PageRequest;
use domain::query::rnr_forms::{self, RnrFormDetail, RnrFormFilter, RnrFormLine};
use domain::reason::{self, CreateReason, ReasonKind};
use domain::requisition::Side;
use domain::rnr::{
    self, Cells, Column, ConfirmLines, CreateRnrForm, FillLine, FillLines, LateCell, RnrForm, Status,
    UpdateRnrForm,
};
use domain::shipment::{self, CreateInbound, End, Receive, Status as ShipmentStatus};
use domain::store::UpdateStore;
use domain::{Date, Quantity, TaskKind, query};

use crate::merging::in_any_order;
use crate::shipments::{self, issue, of_item, of_stock, tasks};
use crate::stock::adjust;
use crate::world::{A, B, CENTRAL, D, World, day, units};

const OCTOBER: &str = "2026-10-01";
const NOVEMBER: &str = "2026-11-01";

/// What the health centre reports by, and the two batches it keeps.
struct Country {
    programme: DocumentId,
    amoxicillin: DocumentId,
    paracetamol: DocumentId,
}

fn quantity(text: &str) -> Quantity {
    text.parse().expect("a quantity")
}

/// Eight in the morning of a day.
fn set_clock(world: &mut World, today: &str) {
    world.now = domain::text::start_of_day(day(today)).as_millis() + 8 * 3_600_000;
}

fn make_programme(world: &mut World, items: Vec<DocumentId>) -> DocumentId {
    let command = CreatePeriodSchedule { id: None, name: "Mois".into(), months: 1, first: day("2026-01-01") };
    let schedule = world.central(|txn, caller| period_schedule::create(txn, caller, &command)).id;
    let command = CreateProgramme {
        id: None,
        code: "EPI".into(),
        name: "PEV".into(),
        immunisation: false,
        items,
        stores: Vec::new(),
        schedule: Some(schedule),
    };
    world.central(|txn, caller| programme::create(txn, caller, &command)).id
}

/// A health centre that the district supplies and whose records begin in September.
fn founded(world: &mut World) -> Country {
    let (centre, district) = (world.centre, world.district);
    let command = UpdateStore { supplier: Some(Some(district)), ..UpdateStore::default() };
    world.central(|txn, caller| domain::store::update(txn, caller, centre, &command));
    let items = vec![world.amoxicillin, world.paracetamol];
    let programme = make_programme(world, items);
    world.meet_all();
    set_clock(world, "2026-09-20");
    let amoxicillin = world.open_stock(A, "KA01", "2027-03-31", 100);
    let command = domain::stock_line::CreateStockLine {
        item: world.paracetamol,
        ..world.stock(A, "KP01", "2027-01-31", 40)
    };
    let paracetamol = world.at(A, |txn, caller| domain::stock_line::create(txn, caller, &command)).id;
    world.meet_all();
    Country { programme, amoxicillin, paracetamol }
}

fn give_out(world: &mut World, node: usize, stock: DocumentId, count: i64) {
    let to = End::Partner(world.partner);
    let command = issue(world, node, to, vec![of_stock(stock, count)], ShipmentStatus::Shipped);
    world.at(node, |txn, caller| shipment::issue(txn, caller, &command));
}

/// Receives from a partner; gives the batch that it becomes.
fn receive(world: &mut World, item: DocumentId, count: i64) -> DocumentId {
    let line = shipment::AddLine { expiry: Some(day("2027-12-31")), ..of_item(item, count) };
    let command = CreateInbound {
        store: world.centre,
        from: world.partner,
        lines: vec![line],
        reference: None,
        comment: None,
        expected: None,
    };
    let id = world.at(A, |txn, caller| shipment::create_inbound(txn, caller, &command)).id;
    world.at(A, |txn, caller| shipment::receive(txn, caller, id, &Receive::default()));
    shipment::Shipment::received_line(shipments::detail(world, A, id).line_details[0].id)
}

fn make_reason(world: &mut World, kind: ReasonKind, text: &str) -> DocumentId {
    let command = CreateReason { id: None, kind, text: text.into() };
    world.central(|txn, caller| reason::create(txn, caller, &command)).id
}

/// The October of the worked example, up to the first of November.
fn october(world: &mut World) -> Country {
    let country = founded(world);
    let correction = make_reason(world, ReasonKind::NegativeAdjustment, "Correction");
    let broken = make_reason(world, ReasonKind::ClosedVialWastage, "Cassé");
    world.meet_all();
    set_clock(world, "2026-10-02");
    let item = world.amoxicillin;
    let received = receive(world, item, 500);
    set_clock(world, "2026-10-11");
    give_out(world, A, country.paracetamol, 40);
    set_clock(world, "2026-10-12");
    let from_all = shipment::AddLine { whole_packs: false, ..of_item(item, 450) };
    let to = End::Partner(world.partner);
    let command = issue(world, A, to, vec![from_all], ShipmentStatus::Shipped);
    world.at(A, |txn, caller| shipment::issue(txn, caller, &command));
    set_clock(world, "2026-10-15");
    for (count, reason) in [(-20, correction), (-5, broken)] {
        let mut command = adjust(world, received, units(count));
        command.lines[0] = AdjustLine { reason: Some(reason), ..command.lines[0].clone() };
        world.at(A, |txn, caller| adjustment::create(txn, caller, &command));
    }
    set_clock(world, "2026-11-01");
    world.meet_all();
    country
}

fn wanted(world: &World, country: &Country, period: &str) -> CreateRnrForm {
    CreateRnrForm {
        store: world.centre,
        programme: country.programme,
        period: day(period),
        supplier: None,
        comment: None,
    }
}

fn make(world: &mut World, node: usize, country: &Country, period: &str) -> DocumentId {
    let command = wanted(world, country, period);
    world.at(node, |txn, caller| rnr::create(txn, caller, &command)).id
}

fn refused(world: &mut World, country: &Country, period: &str) -> (String, Option<String>) {
    let command = wanted(world, country, period);
    let rejected = world.try_at(A, |txn, caller| rnr::create(txn, caller, &command)).expect_err("refused");
    (rejected.code, rejected.pointer)
}

fn detail(world: &World, node: usize, id: DocumentId) -> RnrFormDetail {
    rnr_forms::detail(&world.read(node), id).expect("a form")
}

fn line(world: &World, node: usize, id: DocumentId, item: DocumentId) -> RnrFormLine {
    let found = detail(world, node, id).line_details;
    found.into_iter().find(|line| line.item == item).expect("a line")
}

fn fill(world: &mut World, node: usize, id: DocumentId, item: DocumentId, set: Cells) {
    let lines = vec![FillLine { item, set, was: Cells::default() }];
    world.at(node, |txn, caller| rnr::fill(txn, caller, id, &FillLines { lines }));
}

fn consumed(count: i64) -> Cells {
    Cells { consumed: Some(Some(units(count))), ..Cells::default() }
}

fn confirm_all(world: &mut World, node: usize, id: DocumentId) {
    let command = ConfirmLines { items: None, confirmed: true };
    world.at(node, |txn, caller| rnr::confirm(txn, caller, id, &command));
}

fn finalise(world: &mut World, node: usize, id: DocumentId) -> Option<DocumentId> {
    world.at(node, |txn, caller| rnr::finalise(txn, caller, id)).requisition
}

/// The code and the pointer with which finalising is refused, and how many other things stand against it.
fn against(world: &mut World, id: DocumentId) -> (String, String, String) {
    let refused =
        world.try_at(A, |txn, caller| rnr::finalise(txn, caller, id)).expect_err("something stands");
    (refused.code, refused.pointer.expect("a pointer"), refused.parameters["others"].clone())
}

fn pointer(item: DocumentId, field: Field) -> String {
    format!("/lines/{item}/{}", field.name())
}

/// The form of October, finalised on a device.
fn reported(world: &mut World, node: usize, country: &Country) -> DocumentId {
    let id = make(world, node, country, OCTOBER);
    confirm_all(world, node, id);
    finalise(world, node, id);
    id
}

fn orders(world: &World, node: usize) -> Vec<query::requisitions::RequisitionListRow> {
    let (store, side) = (world.store_of(node), if node == D { Side::Supplier } else { Side::Customer });
    let filter = query::requisitions::RequisitionFilter::default();
    let found = query::requisitions::list(&world.read(node), store, side, &filter, &PageRequest::default());
    found.expect("a list").rows
}

fn listed(world: &World, node: usize) -> Vec<(Date, Status)> {
    let filter = RnrFormFilter::default();
    let page = rnr_forms::list(&world.read(node), world.centre, &filter, &PageRequest::default());
    page.expect("a list").rows.into_iter().map(|row| (row.form.from, row.form.status)).collect()
}

// ---- what a form says by itself ----

#[test]
fn a_form_is_filled_from_the_ledger_of_its_period() {
    let mut world = World::new();
    let country = october(&mut world);
    let id = make(&mut world, A, &country, OCTOBER);
    let (amoxicillin, paracetamol) = (world.amoxicillin, world.paracetamol);
    let found = line(&world, A, id, amoxicillin);
    let report = found.figures.report;
    assert_eq!(
        [report.initial_balance, report.received, report.consumed, report.adjustments, report.losses],
        [units(100), units(500), units(450), units(-20), units(5)]
    );
    assert_eq!((report.stock_out_days, found.final_balance), (0, units(125)));
    assert_eq!(found.figures.monthly, quantity("435.484"));
    assert_eq!(found.figures.maximum, quantity("2612.903"));
    assert_eq!((found.requested, found.figures.low_stock), (quantity("2487.903"), LowStock::BelowQuarter));
    assert_eq!(found.expiry, Some(day("2027-12-31")), "the first batch is used up");
    let found = line(&world, A, id, paracetamol);
    assert_eq!((found.figures.report.initial_balance, found.final_balance), (units(40), units(0)));
    assert_eq!((found.figures.report.stock_out_days, found.figures.monthly), (20, quantity("109.091")));
    assert_eq!((found.requested, found.expiry), (quantity("654.545"), None));
    let form = detail(&world, A, id);
    assert_eq!((form.terms.period_days, form.form.form.to), (31, day("2026-10-31")));
    assert_eq!((form.form.form.lines, form.form.form.confirmed, form.form.form.faulty), (2, 0, 0));
    world.assert_views_follow_from_documents(A);
}

#[test]
fn what_moved_after_the_period_is_not_in_it_and_what_is_left_of_it_is_said_without_it() {
    let mut world = World::new();
    let country = october(&mut world);
    set_clock(&mut world, "2026-11-05");
    let item = world.amoxicillin;
    receive(&mut world, item, 1_000);
    let id = make(&mut world, A, &country, OCTOBER);
    let found = line(&world, A, id, world.amoxicillin);
    assert_eq!((found.figures.report.initial_balance, found.final_balance), (units(100), units(125)));
}

#[test]
fn a_period_that_still_runs_is_told_until_today_and_the_ledger_may_be_looked_at_again() {
    let mut world = World::new();
    let country = founded(&mut world);
    set_clock(&mut world, "2026-10-11");
    give_out(&mut world, A, country.paracetamol, 40);
    set_clock(&mut world, "2026-10-14");
    let id = make(&mut world, A, &country, OCTOBER);
    let (paracetamol, amoxicillin) = (world.paracetamol, world.amoxicillin);
    assert_eq!(line(&world, A, id, paracetamol).figures.report.stock_out_days, 3, "the 12th to the 14th");
    fill(&mut world, A, id, amoxicillin, consumed(7));
    set_clock(&mut world, "2026-10-20");
    give_out(&mut world, A, country.amoxicillin, 30);
    assert_eq!(line(&world, A, id, paracetamol).figures.report.stock_out_days, 3, "what was said is frozen");
    world.at(A, |txn, caller| rnr::refresh(txn, caller, id));
    assert_eq!(line(&world, A, id, paracetamol).figures.report.stock_out_days, 9);
    let found = line(&world, A, id, amoxicillin);
    assert_eq!(found.computed.expect("the ledger").consumed, units(30));
    assert_eq!(found.figures.report.consumed, units(7), "what a person wrote stays");
}

#[test]
fn lines_are_the_programmes_items_and_what_is_kept_for_it_or_was_left_over() {
    let mut world = World::new();
    let country = october(&mut world);
    let other = world.make_item("ZIN20", "Zinc 20 mg", 10);
    let elsewhere = world.make_item("ORS1", "SRO", 10);
    world.meet_all();
    set_clock(&mut world, "2026-10-16");
    for (item, programme) in [(other, Some(country.programme)), (elsewhere, None)] {
        let command =
            domain::stock_line::CreateStockLine { item, programme, ..world.stock(A, "Z1", "2027-03-31", 60) };
        world.at(A, |txn, caller| domain::stock_line::create(txn, caller, &command));
    }
    set_clock(&mut world, "2026-11-01");
    let id = reported(&mut world, A, &country);
    let items = |world: &World, id| -> Vec<DocumentId> {
        detail(world, A, id).line_details.into_iter().map(|line| line.item).collect()
    };
    assert_eq!(items(&world, id), [world.amoxicillin, world.paracetamol, other]);
    assert_eq!(line(&world, A, id, other).figures.report.adjustments, units(60), "when the records began");
    // The programme does without paracetamol and amoxicillin; of the latter something is left.
    let remove_items = vec![world.amoxicillin, world.paracetamol];
    let command = UpdateProgramme { remove_items, ..UpdateProgramme::default() };
    world.central(|txn, caller| programme::update(txn, caller, country.programme, &command));
    world.meet_all();
    let next = make(&mut world, A, &country, NOVEMBER);
    assert_eq!(items(&world, next), [world.amoxicillin, other]);
}

#[test]
fn the_final_balance_flows_on_into_the_next_form_and_consumption_is_averaged() {
    let mut world = World::new();
    let country = october(&mut world);
    let id = make(&mut world, A, &country, OCTOBER);
    let (amoxicillin, paracetamol) = (world.amoxicillin, world.paracetamol);
    // Somebody counted 10 more than the ledger says.
    let counted = Cells {
        final_balance: Some(Some(units(135))),
        adjustments: Some(Some(units(-10))),
        ..Cells::default()
    };
    fill(&mut world, A, id, amoxicillin, counted);
    confirm_all(&mut world, A, id);
    finalise(&mut world, A, id);
    set_clock(&mut world, "2026-11-10");
    let next = make(&mut world, A, &country, NOVEMBER);
    let found = line(&world, A, next, amoxicillin);
    assert_eq!(found.figures.report.initial_balance, units(135), "not the 125 of the ledger");
    assert_eq!(found.figures.previous_monthly, [quantity("435.484")]);
    // (435.484 + 0) / 2 = 217.742; × 6 = 1,306.452; less 135.
    assert_eq!(found.figures.average_monthly, quantity("217.742"));
    assert_eq!(found.requested, quantity("1171.452"));
    assert_eq!(line(&world, A, next, paracetamol).figures.previous_monthly, [quantity("109.091")]);
    let previous: Vec<DocumentId> = detail(&world, A, next).previous.into_iter().map(|row| row.id).collect();
    assert_eq!(previous, [id]);
}

#[test]
fn at_most_two_forms_before_count_for_an_average() {
    let mut world = World::new();
    let country = founded(&mut world);
    let amoxicillin = world.amoxicillin;
    let mut given_out = [("2026-09-01", 30), ("2026-10-01", 31), ("2026-11-01", 60)].into_iter();
    let mut last = DocumentId::NIL;
    set_clock(&mut world, "2026-12-03");
    for period in ["2026-09-01", "2026-10-01", "2026-11-01", "2026-12-01"] {
        last = make(&mut world, A, &country, period);
        let Some((_, count)) = given_out.next() else { break };
        let set = Cells { initial_balance: Some(Some(units(500))), ..consumed(count) };
        fill(&mut world, A, last, amoxicillin, set);
        confirm_all(&mut world, A, last);
        finalise(&mut world, A, last);
    }
    // November: 60 in 30 days. October: 31 in 31 days, 30 a month. September's 30 does not count any more.
    assert_eq!(line(&world, A, last, amoxicillin).figures.previous_monthly, [units(60), units(30)]);
}

// ---- which form may be made ----

#[test]
fn a_form_is_of_a_period_that_has_begun() {
    let mut world = World::new();
    let country = october(&mut world);
    let at_period = Some("/period".to_owned());
    assert_eq!(refused(&mut world, &country, "2026-12-01"), ("validation".to_owned(), at_period.clone()));
    assert_eq!(refused(&mut world, &country, "2026-10-02"), ("validation".to_owned(), at_period));
    assert_eq!(listed(&world, A), []);
}

#[test]
fn a_form_is_of_a_programme_with_periods_and_of_a_store_with_a_supplier() {
    let mut world = World::new();
    let country = october(&mut world);
    let (centre, programme) = (world.centre, country.programme);
    let command = UpdateStore { supplier: Some(None), ..UpdateStore::default() };
    world.central(|txn, caller| domain::store::update(txn, caller, centre, &command));
    world.meet_all();
    let nobody = ("validation".to_owned(), Some("/supplier".to_owned()));
    assert_eq!(refused(&mut world, &country, OCTOBER), nobody);
    let command = UpdateProgramme { schedule: Some(None), ..UpdateProgramme::default() };
    world.central(|txn, caller| programme::update(txn, caller, programme, &command));
    world.meet_all();
    let never = ("validation".to_owned(), Some("/programme".to_owned()));
    assert_eq!(refused(&mut world, &country, OCTOBER), never);
}

#[test]
fn forms_follow_each_other_and_the_one_before_is_finalised_first() {
    let mut world = World::new();
    let country = october(&mut world);
    set_clock(&mut world, "2026-12-02");
    let due = |world: &World| {
        let today = domain::text::day_of(crdt_store::Timestamp::from_millis(world.now));
        rnr_forms::due(&world.read(A), world.centre, today).expect("what is due")
    };
    let first = due(&world);
    assert_eq!((first[0].period.from, first[0].is_over, first[0].form), (day(NOVEMBER), true, None));
    let id = make(&mut world, A, &country, OCTOBER);
    assert_eq!(due(&world)[0].form, Some(id), "what is begun comes first");
    let at_period = Some("/period".to_owned());
    assert_eq!(refused(&mut world, &country, NOVEMBER), ("previous-form-open".to_owned(), at_period.clone()));
    confirm_all(&mut world, A, id);
    finalise(&mut world, A, id);
    assert_eq!(
        refused(&mut world, &country, "2026-12-01"),
        ("previous-form-missing".to_owned(), at_period.clone())
    );
    assert_eq!(refused(&mut world, &country, "2026-09-01"), ("form-follows".to_owned(), at_period));
    assert_eq!((due(&world)[0].period.from, due(&world)[0].form), (day(NOVEMBER), None));
    make(&mut world, A, &country, NOVEMBER);
    assert_eq!(
        listed(&world, A),
        [(day(NOVEMBER), Status::Draft), (day(OCTOBER), Status::Finalised)],
        "the newest period first"
    );
}

#[test]
fn making_a_form_twice_is_making_it_once() {
    let mut world = World::new();
    let country = october(&mut world);
    let id = make(&mut world, A, &country, OCTOBER);
    let item = world.amoxicillin;
    fill(&mut world, A, id, item, consumed(400));
    assert_eq!(make(&mut world, A, &country, OCTOBER), id);
    assert_eq!(line(&world, A, id, item).figures.report.consumed, units(400));
}

#[test]
fn a_draft_is_thrown_away_and_made_again_empty() {
    let mut world = World::new();
    let country = october(&mut world);
    let id = make(&mut world, A, &country, OCTOBER);
    let item = world.amoxicillin;
    fill(&mut world, A, id, item, consumed(400));
    confirm_all(&mut world, A, id);
    world.at(A, |txn, caller| rnr::discard(txn, caller, id));
    assert_eq!(listed(&world, A), []);
    let gone = world.try_at(A, |txn, caller| rnr::finalise(txn, caller, id)).expect_err("it is gone");
    assert_eq!(gone.code, "wrong-status");
    assert_eq!(make(&mut world, A, &country, OCTOBER), id);
    let found = line(&world, A, id, item);
    assert_eq!((found.figures.report.consumed, found.confirmed), (units(450), false));
    let id = reported(&mut world, A, &country);
    let late = world.try_at(A, |txn, caller| rnr::discard(txn, caller, id)).expect_err("it is reported");
    assert_eq!(late.code, "wrong-status");
}

#[test]
fn forms_are_filled_by_those_who_may() {
    let mut world = World::new();
    let country = october(&mut world);
    let command = wanted(&world, &country, OCTOBER);
    let mut caller = world.caller(A);
    caller.permissions.remove(&domain::Permission::RnrForms);
    let refused = world.try_as(A, &caller, |txn, caller| rnr::create(txn, caller, &command));
    assert_eq!(refused.expect_err("no right").code, "not-permitted");
}

// ---- filling and confirming ----

#[test]
fn what_a_person_writes_stands_over_what_was_computed_and_null_gives_it_back() {
    let mut world = World::new();
    let country = october(&mut world);
    let id = make(&mut world, A, &country, OCTOBER);
    let item = world.amoxicillin;
    let set =
        Cells { requested: Some(Some(units(2_500))), note: Some(Some("Campagne".into())), ..consumed(430) };
    fill(&mut world, A, id, item, set);
    let found = line(&world, A, id, item);
    assert_eq!((found.figures.report.consumed, found.final_balance), (units(430), units(145)));
    assert_eq!((found.requested, found.note.as_deref()), (units(2_500), Some("Campagne")));
    assert_eq!(found.entered, [Column::Consumed, Column::Requested]);
    assert_eq!(found.computed.expect("the ledger").consumed, units(450), "kept beside it");
    let back = Cells { consumed: Some(None), requested: Some(None), ..Cells::default() };
    fill(&mut world, A, id, item, back);
    let found = line(&world, A, id, item);
    assert_eq!((found.figures.report.consumed, found.requested), (units(450), quantity("2487.903")));
    assert_eq!(found.entered, []);
}

#[test]
fn a_cell_that_somebody_else_changed_meanwhile_is_not_overwritten_unseen() {
    let mut world = World::new();
    let country = october(&mut world);
    let id = make(&mut world, A, &country, OCTOBER);
    let item = world.amoxicillin;
    // Nobody has written there yet.
    let unwritten = || Cells { consumed: Some(None), ..Cells::default() };
    let lines = vec![FillLine { item, set: consumed(430), was: unwritten() }];
    world.at(A, |txn, caller| rnr::fill(txn, caller, id, &FillLines { lines }));
    let lines = vec![FillLine { item, set: consumed(440), was: unwritten() }];
    let stale = world.try_at(A, |txn, caller| rnr::fill(txn, caller, id, &FillLines { lines }));
    assert_eq!(stale.expect_err("somebody has").code, "stale-cell");
    let lines = vec![FillLine { item, set: consumed(440), was: consumed(450) }];
    let stale = world.try_at(A, |txn, caller| rnr::fill(txn, caller, id, &FillLines { lines }));
    let stale = stale.expect_err("450 does not stand there any more");
    assert_eq!((stale.code.as_str(), stale.parameters["value"].as_str()), ("stale-cell", "430"));
    assert_eq!(stale.pointer.as_deref(), Some("/lines/0/was/consumed"));
    let lines = vec![FillLine { item, set: consumed(440), was: consumed(430) }];
    world.at(A, |txn, caller| rnr::fill(txn, caller, id, &FillLines { lines }));
    assert_eq!(line(&world, A, id, item).figures.report.consumed, units(440));
}

#[test]
fn a_confirmation_is_of_the_line_as_it_stands() {
    let mut world = World::new();
    let country = october(&mut world);
    let id = make(&mut world, A, &country, OCTOBER);
    let item = world.amoxicillin;
    confirm_all(&mut world, A, id);
    assert_eq!(detail(&world, A, id).form.form.confirmed, 2);
    fill(&mut world, A, id, item, consumed(449));
    assert!(!line(&world, A, id, item).confirmed, "it says something else now");
    fill(&mut world, A, id, item, consumed(450));
    assert!(line(&world, A, id, item).confirmed, "it says again what was confirmed");
    let command = ConfirmLines { items: Some(vec![item]), confirmed: false };
    world.at(A, |txn, caller| rnr::confirm(txn, caller, id, &command));
    assert_eq!(detail(&world, A, id).form.form.confirmed, 1);
}

#[test]
fn all_that_add_up_are_confirmed_at_once_and_what_does_not_is_refused_by_name() {
    let mut world = World::new();
    let country = october(&mut world);
    let id = make(&mut world, A, &country, OCTOBER);
    let (item, other) = (world.amoxicillin, world.paracetamol);
    let set = Cells { final_balance: Some(Some(units(120))), ..Cells::default() };
    fill(&mut world, A, id, item, set);
    confirm_all(&mut world, A, id);
    assert_eq!([line(&world, A, id, item).confirmed, line(&world, A, id, other).confirmed], [false, true]);
    let command = ConfirmLines { items: Some(vec![item]), confirmed: true };
    let refused = world.try_at(A, |txn, caller| rnr::confirm(txn, caller, id, &command)).expect_err("120");
    assert_eq!(refused.code, "does-not-add-up");
    assert_eq!(refused.parameters["expected"], "125");
}

// ---- finalising ----

#[test]
fn a_form_is_finalised_when_every_line_is_confirmed() {
    let mut world = World::new();
    let country = october(&mut world);
    let id = make(&mut world, A, &country, OCTOBER);
    let (item, other) = (world.amoxicillin, world.paracetamol);
    let first = item.min(other);
    let one = "1".to_owned();
    assert_eq!(against(&mut world, id), ("not-confirmed".to_owned(), pointer(first, Field::Confirmed), one));
    let command = ConfirmLines { items: Some(vec![item, other]), confirmed: true };
    world.at(A, |txn, caller| rnr::confirm(txn, caller, id, &command));
    finalise(&mut world, A, id);
    assert_eq!(detail(&world, A, id).form.form.status, Status::Finalised);
}

#[test]
fn a_form_whose_balance_does_not_add_up_is_not_finalised() {
    let mut world = World::new();
    let country = october(&mut world);
    let id = make(&mut world, A, &country, OCTOBER);
    confirm_all(&mut world, A, id);
    let item = world.amoxicillin;
    fill(&mut world, A, id, item, Cells { final_balance: Some(Some(units(130))), ..Cells::default() });
    let expected = ("does-not-add-up".to_owned(), pointer(item, Field::FinalBalance), "1".to_owned());
    assert_eq!(against(&mut world, id), expected, "and that it is not confirmed as it stands");
}

#[test]
fn a_form_with_a_value_below_zero_is_not_finalised() {
    let mut world = World::new();
    let country = october(&mut world);
    let id = make(&mut world, A, &country, OCTOBER);
    confirm_all(&mut world, A, id);
    let item = world.amoxicillin;
    let set = Cells { losses: Some(Some(units(-5))), ..Cells::default() };
    fill(&mut world, A, id, item, set);
    let (code, at, _) = against(&mut world, id);
    assert_eq!((code, at), ("negative-quantity".to_owned(), pointer(item, Field::Losses)));
    let problems: Vec<Field> =
        line(&world, A, id, item).problems.into_iter().map(|problem| problem.field).collect();
    assert_eq!(problems, [Field::Losses, Field::Confirmed]);
    assert_eq!(detail(&world, A, id).form.form.faulty, 1);
}

#[test]
fn a_form_with_more_days_out_of_stock_than_its_period_has_is_not_finalised() {
    let mut world = World::new();
    let country = october(&mut world);
    let id = make(&mut world, A, &country, OCTOBER);
    let item = world.amoxicillin;
    let days = |days| Cells { stock_out_days: Some(Some(days)), ..Cells::default() };
    fill(&mut world, A, id, item, days(32));
    confirm_all(&mut world, A, id);
    let (code, at, _) = against(&mut world, id);
    assert_eq!((code, at), ("longer-than-period".to_owned(), pointer(item, Field::StockOutDays)));
    fill(&mut world, A, id, item, days(31));
    confirm_all(&mut world, A, id);
    finalise(&mut world, A, id);
}

#[test]
fn finalising_sends_the_order_of_what_is_requested() {
    let mut world = World::new();
    let country = october(&mut world);
    let id = make(&mut world, A, &country, OCTOBER);
    let (item, other) = (world.amoxicillin, world.paracetamol);
    let comment = UpdateRnrForm { comment: Some(Some("Avant les pluies".into())) };
    world.at(A, |txn, caller| rnr::update(txn, caller, id, &comment));
    fill(&mut world, A, id, other, Cells { requested: Some(Some(units(0))), ..Cells::default() });
    confirm_all(&mut world, A, id);
    let order = finalise(&mut world, A, id).expect("something is requested");
    world.meet_all();
    assert_eq!(orders(&world, D).len(), 1);
    let found = query::requisitions::detail(&world.read(D), order, day(NOVEMBER)).expect("an order");
    assert_eq!(
        (found.requisition.status.code(), found.requisition.number.as_str()),
        ("sent", "KPU-EPI-2026-10")
    );
    assert_eq!(
        (found.requisition.rnr_form, found.requisition.programme),
        (Some(id), Some(country.programme))
    );
    assert_eq!(found.requisition.comment.as_deref(), Some("Avant les pluies"));
    assert_eq!(found.line_details.len(), 1, "of what nothing is requested there is no line");
    let line = &found.line_details[0];
    let grounds = line.grounds.expect("it was sent");
    assert_eq!((line.item, line.requested, grounds.on_hand), (item, quantity("2487.903"), units(125)));
    assert_eq!((grounds.monthly, grounds.suggested), (quantity("435.484"), quantity("2487.903")));
    let form = detail(&world, B, id);
    assert_eq!(
        (form.form.form.requisition, form.requisition_number.as_deref()),
        (Some(order), Some("KPU-EPI-2026-10"))
    );
    assert_eq!(
        rnr_forms::row(&world.read(D), id).expect("views"),
        None,
        "the form itself is the store's own"
    );
    for node in [A, D, CENTRAL] {
        world.assert_views_follow_from_documents(node);
    }
}

#[test]
fn a_form_that_requests_nothing_is_finalised_without_an_order() {
    let mut world = World::new();
    let country = october(&mut world);
    let id = make(&mut world, A, &country, OCTOBER);
    for item in [world.amoxicillin, world.paracetamol] {
        fill(&mut world, A, id, item, Cells { requested: Some(Some(units(0))), ..Cells::default() });
    }
    confirm_all(&mut world, A, id);
    assert_eq!(finalise(&mut world, A, id), None);
    assert_eq!((listed(&world, A), orders(&world, A).len()), (vec![(day(OCTOBER), Status::Finalised)], 0));
}

#[test]
fn a_finalised_form_is_only_read() {
    let mut world = World::new();
    let country = october(&mut world);
    let id = reported(&mut world, A, &country);
    let item = world.amoxicillin;
    let lines = vec![FillLine { item, set: consumed(1), was: Cells::default() }];
    let confirm = ConfirmLines { items: None, confirmed: false };
    let codes = [
        world.try_at(A, |txn, caller| rnr::fill(txn, caller, id, &FillLines { lines })).err(),
        world.try_at(A, |txn, caller| rnr::confirm(txn, caller, id, &confirm)).err(),
        world.try_at(A, |txn, caller| rnr::refresh(txn, caller, id)).err(),
        world.try_at(A, |txn, caller| rnr::update(txn, caller, id, &UpdateRnrForm::default())).err(),
    ];
    for code in codes {
        assert_eq!(code.expect("refused").code, "wrong-status");
    }
    let order = orders(&world, A)[0].requisition.id;
    assert_eq!(finalise(&mut world, A, id), Some(order), "a second press changes nothing");
    assert_eq!(orders(&world, A).len(), 1);
}

// ---- on two devices ----

#[test]
fn a_form_made_and_filled_on_two_devices_is_one_and_nothing_written_is_lost() {
    in_any_order(|world| {
        let country = october(world);
        let (item, other) = (world.amoxicillin, world.paracetamol);
        let id = make(world, A, &country, OCTOBER);
        assert_eq!(make(world, B, &country, OCTOBER), id);
        fill(world, A, id, item, consumed(430));
        fill(world, A, id, other, Cells { note: Some(Some("vu".into())), ..Cells::default() });
        fill(world, B, id, item, Cells { losses: Some(Some(units(25))), ..Cells::default() });
        fill(world, B, id, other, Cells { stock_out_days: Some(Some(21)), ..Cells::default() });
        Box::new(move |world| {
            assert_eq!(listed(world, A), [(day(OCTOBER), Status::Draft)]);
            let found = line(world, A, id, item);
            assert_eq!((found.figures.report.consumed, found.figures.report.losses), (units(430), units(25)));
            assert_eq!(found.figures.report.received, units(500), "what nobody wrote is what was computed");
            let found = line(world, B, id, other);
            assert_eq!((found.figures.report.stock_out_days, found.note.as_deref()), (21, Some("vu")));
            assert_eq!(tasks(world, A), [], "and nothing of it contradicts anything");
        })
    });
}

#[test]
fn a_cell_filled_on_two_devices_is_a_conflict_until_somebody_settles_it() {
    let mut world = World::new();
    let country = october(&mut world);
    let item = world.amoxicillin;
    let id = make(&mut world, A, &country, OCTOBER);
    make(&mut world, B, &country, OCTOBER);
    fill(&mut world, A, id, item, consumed(430));
    fill(&mut world, B, id, item, consumed(440));
    world.meet_all();
    let found = tasks(&world, A);
    assert_eq!(found.len(), 1);
    let conflict = found[0].conflict.as_ref().expect("a conflict");
    assert_eq!((conflict.subject.as_deref(), conflict.choices.len()), (Some("EPI 2026-10-01"), 2));
    assert_eq!((conflict.pointer.as_str(), found[0].task.item), (&*format!("/consumed/{item}"), Some(item)));
    let chosen = conflict.choices.iter().find(|choice| choice.value.as_deref() == Some("430"));
    let command = domain::conflict::SettleConflict {
        pointer: conflict.pointer.clone(),
        change: chosen.expect("what A wrote").change.clone(),
    };
    world.at(B, |txn, caller| domain::conflict::settle(txn, caller, id, &command));
    world.meet_all();
    assert_eq!((tasks(&world, A).len(), line(&world, A, id, item).figures.report.consumed), (0, units(430)));
    world.assert_converged();
}

#[test]
fn a_confirmation_that_did_not_know_of_an_edit_does_not_confirm_it() {
    let mut world = World::new();
    let country = october(&mut world);
    let item = world.amoxicillin;
    let id = make(&mut world, A, &country, OCTOBER);
    world.meet_all();
    confirm_all(&mut world, A, id);
    fill(&mut world, B, id, item, consumed(440));
    world.meet_all();
    assert!(!line(&world, A, id, item).confirmed);
    assert_eq!(detail(&world, B, id).form.form.confirmed, 1);
}

#[test]
fn a_form_finalised_on_two_devices_is_reported_once_and_has_one_order() {
    in_any_order(|world| {
        let country = october(world);
        let item = world.amoxicillin;
        let id = make(world, A, &country, OCTOBER);
        make(world, B, &country, OCTOBER);
        fill(world, B, id, item, consumed(440));
        for node in [A, B] {
            confirm_all(world, node, id);
        }
        let order = finalise(world, A, id);
        assert_eq!(finalise(world, B, id), order, "the order's id follows from the form");
        Box::new(move |world| {
            let found = orders(world, D);
            assert_eq!(found.iter().map(|row| Some(row.requisition.id)).collect::<Vec<_>>(), [order]);
            let form = detail(world, CENTRAL, id);
            assert_eq!((form.form.form.status, form.form.form.requisition), (Status::Finalised, order));
            // One of the two is believed about a line wholly: it adds up.
            let line = line(world, A, id, item);
            assert!(
                [(units(450), units(125)), (units(440), units(135))]
                    .contains(&(line.figures.report.consumed, line.final_balance))
            );
            assert_eq!(line.final_balance, line.figures.final_balance);
            assert_eq!(line.problems, []);
        })
    });
}

#[test]
fn an_order_that_was_lost_with_its_device_is_sent_by_a_second_press() {
    let mut world = World::new();
    let country = october(&mut world);
    let id = make(&mut world, A, &country, OCTOBER);
    confirm_all(&mut world, A, id);
    let order = finalise(&mut world, A, id);
    // Only the form gets through before the tablet falls into the river.
    world.carry_only(A, CENTRAL, &[id]);
    world.meet(B, CENTRAL);
    assert_eq!(detail(&world, B, id).requisition_number, None);
    assert_eq!(finalise(&mut world, B, id), order);
    world.meet(B, CENTRAL);
    world.meet(D, CENTRAL);
    let found = orders(&world, D);
    assert_eq!(found.iter().map(|row| Some(row.requisition.id)).collect::<Vec<_>>(), [order]);
    // It was found again after all.
    world.meet_all();
    assert_eq!(orders(&world, D).len(), 1);
    world.assert_converged();
}

#[test]
fn what_the_supplier_wrote_into_one_of_two_orders_stays_when_the_other_arrives() {
    let mut world = World::new();
    let country = october(&mut world);
    let item = world.amoxicillin;
    let mut orders_made = Vec::new();
    for node in [A, B] {
        let id = make(&mut world, node, &country, OCTOBER);
        confirm_all(&mut world, node, id);
        orders_made.extend(finalise(&mut world, node, id));
    }
    let order = orders_made[0];
    for (first, second) in [(A, B), (B, A)] {
        world.meet(first, CENTRAL);
        world.meet(D, CENTRAL);
        let supply = domain::requisition::Supply { supply: Some(units(2_000)), note: None };
        world.at(D, |txn, caller| domain::requisition::supply(txn, caller, order, item, &supply));
        world.meet(second, CENTRAL);
        world.meet_all();
        for node in [A, B, D] {
            let found =
                query::requisitions::detail(&world.read(node), order, day(NOVEMBER)).expect("an order");
            let line = found.line_details.iter().find(|line| line.item == item).expect("a line");
            assert_eq!(line.progress.supply, units(2_000));
        }
    }
    world.assert_converged();
}

#[test]
fn what_did_not_know_of_the_end_changes_no_report_and_is_a_task_until_it_is_put_aside() {
    in_any_order(|world| {
        let country = october(world);
        let item = world.amoxicillin;
        let id = make(world, A, &country, OCTOBER);
        world.meet_all();
        fill(world, B, id, item, consumed(440));
        confirm_all(world, A, id);
        finalise(world, A, id);
        Box::new(move |world| {
            let found = line(world, B, id, item);
            let late = LateCell { column: Column::Consumed, value: "440".to_owned() };
            assert_eq!((found.figures.report.consumed, found.late), (units(450), vec![late]));
            let found = tasks(world, B);
            let kinds: Vec<_> = found.iter().map(|entry| (entry.task.kind, entry.task.document)).collect();
            assert_eq!(kinds, [(TaskKind::ReportAmended, id)]);
            assert_eq!(found[0].task.number.as_deref(), Some("EPI 2026-10-01"));
        })
    });
}

#[test]
fn what_came_too_late_is_put_aside() {
    let mut world = World::new();
    let country = october(&mut world);
    let item = world.amoxicillin;
    let id = make(&mut world, A, &country, OCTOBER);
    world.meet_all();
    fill(&mut world, B, id, item, consumed(440));
    confirm_all(&mut world, A, id);
    finalise(&mut world, A, id);
    world.meet_all();
    world.at(B, |txn, caller| rnr::put_aside(txn, caller, id));
    world.meet_all();
    assert_eq!((tasks(&world, A).len(), line(&world, A, id, item).late), (0, vec![]));
    assert_eq!(line(&world, A, id, item).figures.report.consumed, units(450));
    world.assert_converged();
}

#[test]
fn what_one_device_throws_away_while_another_finalises_it_is_finalised() {
    in_any_order(|world| {
        let country = october(world);
        let id = make(world, A, &country, OCTOBER);
        world.meet_all();
        world.at(B, |txn, caller| rnr::discard(txn, caller, id));
        confirm_all(world, A, id);
        let order = finalise(world, A, id);
        Box::new(move |world| {
            assert_eq!(listed(world, B), [(day(OCTOBER), Status::Finalised)]);
            assert_eq!(detail(world, B, id).form.form.requisition, order);
        })
    });
}

#[test]
fn the_id_of_a_form_follows_from_its_store_programme_and_period() {
    let ids = [1, 2, 3].map(|byte| DocumentId::from_bytes([byte; 16]));
    let id = RnrForm::id_of(ids[0], ids[1], day(OCTOBER));
    assert_eq!(id, RnrForm::id_of(ids[0], ids[1], day(OCTOBER)));
    for other in [
        RnrForm::id_of(ids[0], ids[1], day(NOVEMBER)),
        RnrForm::id_of(ids[0], ids[2], day(OCTOBER)),
        RnrForm::id_of(ids[2], ids[1], day(OCTOBER)),
    ] {
        assert_ne!(id, other);
    }
}
