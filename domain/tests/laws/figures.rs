//! Laws of figures: consumption, months of stock, what is on order, ledgers under filters, and the past. Each is tried
//! against a trivially correct model: all movements of the ledger, added up one by one.

use std::collections::BTreeMap;

use crdt_store::{DocumentId, Snapshot, Timestamp};
use domain::consumption::Window;
use domain::query::ledger::{self, LedgerFilter};
use domain::query::stock_items::{self, FiguresFilter, ItemFacet, ItemFigures, ItemSort};
use domain::query::{Page, PageRequest, consumption, dashboard, stock};
use domain::shipment::{self, End, Issue, RecordLine, RecordShipment, Status};
use domain::store::UpdateStore;
use domain::text::{day_of, start_of_day};
use domain::{Date, LedgerRow, MovementKind, Quantity, adjustment, stock_line, store};
use proptest::prelude::*;

use crate::shipments::{of_item, outbound};
use crate::stock::adjust;
use crate::world::{A, CENTRAL, D, World, day, today, units};

const DAY_MS: i64 = 86_400_000;

fn all<T>(limit: usize, page: impl Fn(&PageRequest) -> Page<T>) -> Vec<T> {
    let (mut rows, mut cursor) = (Vec::new(), None);
    loop {
        let found = page(&PageRequest { limit: Some(limit), cursor });
        rows.extend(found.rows);
        match found.next {
            None => return rows,
            next => cursor = next,
        }
    }
}

/// A stock line that was opened so many days ago.
fn opened(world: &mut World, item: DocumentId, count: i64, days_ago: i64) -> DocumentId {
    let mut command = world.stock(A, &format!("L{days_ago}"), "2028-06-30", count);
    command.item = item;
    command.at = Some(Timestamp::from_millis(world.now - days_ago * DAY_MS));
    world.at(A, |txn, caller| stock_line::create(txn, caller, &command)).id
}

/// Goods that left a line for the partner so many days ago, as central records the past.
fn given_out(world: &mut World, item: DocumentId, line: DocumentId, count: i64, days_ago: i64) {
    let command = RecordShipment {
        id: None,
        from: End::Store(world.centre),
        to: End::Partner(world.partner),
        lines: vec![RecordLine {
            item,
            stock_line: Some(line),
            quantity: units(count),
            batch: None,
            expiry: None,
            pack_size: None,
            price: None,
            note: None,
        }],
        status: Status::Shipped,
        sent_at: Timestamp::from_millis(world.now - days_ago * DAY_MS),
        received_at: None,
        reference: None,
        comment: None,
        transport: None,
    };
    world.meet(A, CENTRAL);
    world.central(|txn, caller| shipment::record(txn, caller, &command));
    world.meet(A, CENTRAL);
}

fn prefer(world: &mut World, command: &UpdateStore) {
    let id = world.centre;
    world.central(|txn, caller| store::update(txn, caller, id, command));
    world.meet(A, CENTRAL);
}

fn figures(world: &World, filter: &FiguresFilter) -> Vec<ItemFigures> {
    let read = world.read(A);
    all(2, |request| stock_items::list(&read, world.centre, filter, today(), request).expect("a page"))
}

fn of(world: &World, item: DocumentId) -> ItemFigures {
    let rows = figures(world, &FiguresFilter::default());
    rows.into_iter().find(|row| row.stock.item.id == item).expect("a kept item")
}

fn quantity(text: &str) -> Quantity {
    text.parse().expect("a quantity")
}

#[test]
fn average_consumption_is_what_left_within_the_window_by_month() {
    let mut world = World::new();
    let item = world.amoxicillin;
    let line = opened(&mut world, item, 1_000, 200);
    // 91 days that end today: 90 days ago is the first of them, 91 days ago is before.
    given_out(&mut world, item, line, 400, 91);
    given_out(&mut world, item, line, 100, 90);
    given_out(&mut world, item, line, 200, 0);
    let loss = adjust(&world, line, units(-50));
    world.at(A, |txn, caller| adjustment::create(txn, caller, &loss));
    let found = of(&world, item);
    // A loss is no consumption: 300 in 3 months; 250 of 1,000 are left.
    assert_eq!((found.consumed, found.amc), (units(300), units(100)));
    assert_eq!((found.stock.on_hand, found.months_of_stock), (units(250), Some(quantity("2.5"))));
    assert_eq!(found.facets, [ItemFacet::InStock, ItemFacet::Low]);
    // Looked back over one month, only today's counts: 30 days.
    prefer(&mut world, &UpdateStore { look_back_months: Some(1), ..UpdateStore::default() });
    let found = of(&world, item);
    assert_eq!(
        (found.consumed, found.amc, found.months_of_stock),
        (units(200), units(200), Some(quantity("1.25")))
    );
    world.assert_views_follow_from_documents(A);
}

#[test]
fn what_is_not_consumed_has_no_months_of_stock_and_is_neither_low_nor_over() {
    let mut world = World::new();
    let item = world.amoxicillin;
    opened(&mut world, item, 1_000, 10);
    let found = of(&world, item);
    assert_eq!((found.amc, found.months_of_stock), (Quantity::ZERO, None));
    assert_eq!(found.facets, [ItemFacet::InStock]);
}

#[test]
fn days_out_of_stock_raise_the_average_only_where_the_store_prefers_it() {
    let mut world = World::new();
    let item = world.amoxicillin;
    let line = opened(&mut world, item, 300, 200);
    // Used up 31 days ago: out on the 30 days after it and today.
    given_out(&mut world, item, line, 300, 31);
    let found = of(&world, item);
    assert_eq!((found.days_out, found.amc), (31, units(100)));
    assert_eq!(found.months_of_stock, Some(Quantity::ZERO));
    assert_eq!(found.facets, [ItemFacet::OutOfStock, ItemFacet::OutWithConsumption, ItemFacet::Low]);
    prefer(&mut world, &UpdateStore { adjust_for_days_out: Some(true), ..UpdateStore::default() });
    // 300 / 3 × 91 / 60 = 151.666…
    assert_eq!(of(&world, item).amc, quantity("151.667"));
    let told = stock_items::explain(&world.read(A), world.centre, item, today(), None).expect("told");
    assert_eq!((told.figures, told.adjusted, told.window.days), (of(&world, item), true, 91));
    assert_eq!((told.minimum, told.maximum), (units(455), units(910)));
}

#[test]
fn a_store_is_not_out_of_what_it_did_not_keep() {
    let mut world = World::new();
    let item = world.amoxicillin;
    opened(&mut world, item, 300, 5);
    assert_eq!(of(&world, item).days_out, 0);
}

#[test]
fn preferences_out_of_bounds_or_crossed_are_refused_and_old_stores_have_the_usual_ones() {
    let mut world = World::new();
    let id = world.centre;
    let mut refused = |command: UpdateStore| {
        world
            .try_at(CENTRAL, |txn, caller| store::update(txn, caller, id, &command))
            .expect_err("refused")
            .pointer
    };
    let none = UpdateStore::default;
    assert_eq!(
        refused(UpdateStore { look_back_months: Some(0), ..none() }).as_deref(),
        Some("/lookBackMonths")
    );
    assert_eq!(
        refused(UpdateStore { days_in_month_e4: Some(30), ..none() }).as_deref(),
        Some("/daysInMonthE4")
    );
    assert_eq!(
        refused(UpdateStore { understock_months: Some(7), ..none() }).as_deref(),
        Some("/understockMonths")
    );
    assert_eq!(
        refused(UpdateStore { overstock_months: Some(2), ..none() }).as_deref(),
        Some("/overstockMonths")
    );
    assert_eq!(refused(UpdateStore { expiring_days: Some(181), ..none() }).as_deref(), Some("/expiringDays"));
    let both = UpdateStore { understock_months: Some(7), overstock_months: Some(7), ..none() };
    world.central(|txn, caller| store::update(txn, caller, id, &both));
    // What an older version wrote has two preferences only.
    let old: domain::store::Preferences =
        serde_json::from_str(r#"{"look_back_months":6,"expiring_days":60}"#).expect("read");
    assert_eq!((old.look_back_months, old.expiring_days, old.overstock_months), (6, 60, 6));
    assert!(!old.adjust_for_days_out && !old.vvm_first);
}

#[test]
fn on_order_is_what_open_shipments_bring_until_it_is_received() {
    let mut world = World::new();
    let item = world.amoxicillin;
    world.open_stock(D, "L1", "2028-06-30", 1_000);
    let on_order = |world: &World, node| {
        let store = world.centre;
        let sum = stock_items::item_balance(&world.read(node), store, item).expect("a sum").on_order;
        let rows = stock_items::on_order(&world.read(node), store, item).expect("rows");
        assert_eq!(
            rows.iter().map(|entry| entry.row.quantity).sum::<Quantity>(),
            sum,
            "the list is what is summed"
        );
        sum
    };
    let command = outbound(&world, D, End::Store(world.centre), vec![of_item(item, 300)]);
    let id = world.at(D, |txn, caller| shipment::create_outbound(txn, caller, &command)).id;
    assert_eq!(on_order(&world, D), Quantity::ZERO, "the receiver does not see it before it is picked");
    let press = |world: &mut World, node, status| {
        let set = shipment::SetStatus { status };
        world.at(node, |txn, caller| shipment::set_status(txn, caller, id, &set));
    };
    press(&mut world, D, Status::Picked);
    world.meet_all();
    assert_eq!((on_order(&world, A), on_order(&world, CENTRAL)), (units(300), units(300)));
    press(&mut world, D, Status::Shipped);
    world.meet_all();
    assert_eq!(on_order(&world, A), units(300));
    assert_eq!(of(&world, item).facets, [ItemFacet::OutOfStock, ItemFacet::OnOrder]);
    let receive = shipment::Receive::default();
    world.at(A, |txn, caller| shipment::receive(txn, caller, id, &receive));
    assert_eq!((on_order(&world, A), world.on_hand(A, world.centre)), (Quantity::ZERO, units(300)));
    world.meet_all();
    world.assert_converged();
}

#[test]
fn every_figure_of_items_and_batches_counts_the_rows_of_the_list_it_opens() {
    let mut world = World::new();
    let (amoxicillin, paracetamol) = (world.amoxicillin, world.paracetamol);
    let line = opened(&mut world, amoxicillin, 500, 100);
    given_out(&mut world, amoxicillin, line, 500, 20);
    opened(&mut world, paracetamol, 400, 40);
    for (at, expiry) in
        ["2026-11-21", "2026-11-22", "2027-02-20", "2027-02-21", "2027-05-21", "2027-05-22", ""]
            .into_iter()
            .enumerate()
    {
        let item = world.make_item(&format!("X{at}"), &format!("Article {at}"), 10);
        world.meet_all();
        let mut command = world.stock(A, &format!("E{at}"), expiry, 10);
        command.item = item;
        let made = world.at(A, |txn, caller| stock_line::create(txn, caller, &command)).id;
        if at % 2 == 1 {
            given_out(&mut world, item, made, at as i64, 1);
        }
    }
    let read = world.read(A);
    let shown = dashboard::of_store(&read, world.centre, today()).expect("figures");
    let mut seen = 0;
    for figure in shown.iter().filter(|figure| ["items", "stock"].contains(&figure.list)) {
        let facet = figure.filter.get("facet").copied();
        let rows = match figure.list {
            "items" => {
                let facet = facet.map(|code| {
                    ItemFacet::ALL.into_iter().find(|facet| facet.code() == code).expect("known")
                });
                figures(&world, &FiguresFilter { facet, ..FiguresFilter::default() }).len()
            }
            _ => {
                let facet = facet.map(|code| serde_json::from_value(code.into()).expect("known"));
                let filter = stock::StockFilter { facet, ..stock::StockFilter::default() };
                all(50, |request| {
                    stock::list(&read, world.centre, &filter, today(), request).expect("a page")
                })
                .len()
            }
        };
        assert_eq!(figure.count, rows as u64, "{}", figure.code);
        seen += figure.count.min(1);
    }
    assert!(seen >= 6, "the case has something to count: {shown:?}");
    let by = |facet| figures(&world, &FiguresFilter { facet: Some(facet), ..FiguresFilter::default() }).len();
    // The 22nd is today, 90 days on is 20 February, 180 days on is 21 May.
    assert_eq!([by(ItemFacet::Expired), by(ItemFacet::Expiring), by(ItemFacet::ExpiringLater)], [1, 2, 4]);
}

#[test]
fn items_by_months_of_stock_come_in_pages_with_the_shortest_first() {
    let mut world = World::new();
    for at in 0..7i64 {
        let item = world.make_item(&format!("X{at}"), &format!("Article {at}"), 10);
        world.meet_all();
        let line = opened(&mut world, item, 100, 50);
        if at > 1 {
            given_out(&mut world, item, line, 10 * at, 3);
        }
    }
    let by_months = FiguresFilter { sort: Some(ItemSort::MonthsOfStock), ..FiguresFilter::default() };
    let rows = figures(&world, &by_months);
    let names: Vec<&str> = rows.iter().map(|row| row.stock.item.name.as_str()).collect();
    assert_eq!(
        names,
        ["Article 6", "Article 5", "Article 4", "Article 3", "Article 2", "Article 0", "Article 1"]
    );
    let searched = FiguresFilter { search: Some("article 3".into()), ..by_months };
    assert_eq!(figures(&world, &searched).len(), 1);
}

#[test]
fn a_filtered_ledger_leaves_movements_out_and_never_changes_a_balance() {
    let mut world = World::new();
    let item = world.amoxicillin;
    let line = opened(&mut world, item, 1_000, 60);
    let other = opened(&mut world, item, 500, 59);
    for days_ago in [40, 30, 20, 10] {
        given_out(&mut world, item, line, days_ago, days_ago);
    }
    let more = adjust(&world, other, units(7));
    world.at(A, |txn, caller| adjustment::create(txn, caller, &more));
    let read = world.read(A);
    let store = world.centre;
    let rows = |filter: &LedgerFilter, limit| {
        all(limit, |request| ledger::of_item_filtered(&read, store, item, filter, request).expect("a page"))
    };
    let whole = rows(&LedgerFilter::default(), 100);
    assert_eq!(whole.len(), 7);
    let issued = LedgerFilter { kind: Some(MovementKind::Issue), ..LedgerFilter::default() };
    let days = LedgerFilter {
        from: Some(day("2026-10-23")),
        until: Some(day("2026-11-02")),
        ..LedgerFilter::default()
    };
    let batch = LedgerFilter { batch: Some("l59".into()), ..LedgerFilter::default() };
    for (filter, count) in [(issued, 4), (days, 2), (batch, 2)] {
        let found = rows(&filter, 100);
        assert_eq!(found.len(), count, "{filter:?}");
        assert!(
            found.iter().all(|entry| whole.contains(entry)),
            "balances stay those of the whole: {filter:?}"
        );
        assert_eq!(rows(&filter, 1), found);
    }
    let of_line = |filter: &LedgerFilter| {
        all(1, |request| ledger::of_line_filtered(&read, line, filter, request).expect("a page"))
    };
    let until = LedgerFilter { until: Some(day("2026-10-13")), ..LedgerFilter::default() };
    let balances: Vec<Quantity> = of_line(&until).iter().map(|entry| entry.balance).collect();
    assert_eq!(balances, [units(960), units(1_000)]);
}

#[test]
fn the_ledger_of_a_store_tells_the_movements_of_all_its_items_in_their_order() {
    let mut world = World::new();
    let (one, two) = (world.amoxicillin, world.paracetamol);
    let (first, second) = (opened(&mut world, one, 100, 60), opened(&mut world, two, 100, 50));
    given_out(&mut world, one, first, 10, 40);
    given_out(&mut world, two, second, 20, 30);
    let read = world.read(A);
    let store = world.centre;
    let rows = |filter: &LedgerFilter, limit| {
        all(limit, |request| ledger::of_store(&read, store, filter, request).expect("a page"))
    };
    let whole = rows(&LedgerFilter::default(), 100);
    assert!(whole.is_sorted_by(|a, b| a.movement.at >= b.movement.at));
    let amounts: Vec<Quantity> = whole.iter().map(|entry| entry.movement.quantity).collect();
    assert_eq!(amounts, [units(-20), units(-10), units(100), units(100)]);
    assert_eq!(rows(&LedgerFilter::default(), 1), whole);
    assert_eq!(whole[0].item_name, "Paracétamol 500 mg");
    let issued = LedgerFilter {
        kind: Some(MovementKind::Issue),
        until: Some(day("2026-10-13")),
        ..LedgerFilter::default()
    };
    assert_eq!(rows(&issued, 1), whole[1..2]);
}

#[test]
fn consumption_by_month_adds_up_the_issues_of_each_month() {
    let mut world = World::new();
    let item = world.amoxicillin;
    let line = opened(&mut world, item, 1_000, 300);
    // 22 November less 22 days is 31 October; less 21 days is 1 November.
    for (count, days_ago) in [(100, 22), (30, 21), (5, 0)] {
        given_out(&mut world, item, line, count, days_ago);
    }
    let read = world.read(A);
    let of_store = consumption::months_of_store(&read, world.centre, today(), 12).expect("months");
    assert_eq!(
        of_store,
        consumption::months_of_item(&read, world.centre, item, today(), 12).expect("months")
    );
    assert_eq!(
        (of_store.len(), of_store[0].month, of_store[11].month),
        (12, day("2025-12-01"), day("2026-11-01"))
    );
    let last: Vec<_> = of_store[9..].iter().map(|month| (month.consumed, month.movements)).collect();
    assert_eq!(last, [(units(0), 0), (units(100), 1), (units(35), 2)]);
}

#[test]
fn vials_whose_monitor_has_gone_further_are_issued_first_where_the_store_prefers_it() {
    let mut world = World::new();
    let item = world.amoxicillin;
    crate::shelf::make_vaccine(&mut world, item);
    let mut old = world.stock(A, "OLD", "2027-06-30", 50);
    old.vvm = Some(stock_line::Vvm::Stage1);
    let mut warm = world.stock(A, "WARM", "2028-06-30", 50);
    warm.vvm = Some(stock_line::Vvm::Stage2);
    let [old, warm] =
        [old, warm].map(|command| world.at(A, |txn, caller| stock_line::create(txn, caller, &command)).id);
    let issue = |world: &mut World| {
        let lines = vec![of_item(world.amoxicillin, 20)];
        let command = Issue {
            store: world.centre,
            to: End::Partner(world.partner),
            lines,
            status: None,
            reference: None,
            comment: None,
        };
        world.at(A, |txn, caller| shipment::issue(txn, caller, &command));
    };
    prefer(&mut world, &UpdateStore { vvm_first: Some(true), ..UpdateStore::default() });
    issue(&mut world);
    // Whole packs of a hundred, as far as there are any.
    assert_eq!((world.balance(A, old).0, world.balance(A, warm).0), (units(50), units(0)));
}

/// All movements of a store, by the ledger of each item.
fn movements(read: &Snapshot, store: DocumentId, items: &[DocumentId]) -> Vec<LedgerRow> {
    let of =
        |item: &DocumentId| all(500, |request| ledger::of_item(read, store, *item, request).expect("a page"));
    items.iter().flat_map(of).map(|entry| entry.movement).collect()
}

/// A history: what is opened, given out, lost or found, each so many hours ago.
#[derive(Clone, Debug)]
enum Past {
    Give { line: usize, count: i64, hours_ago: i64 },
    Change { line: usize, count: i64 },
}

fn history() -> impl Strategy<Value = Vec<Past>> {
    let act = prop_oneof![
        3 => (0usize..4, 1i64..40, 0i64..2_500).prop_map(|(line, count, hours_ago)| Past::Give { line, count, hours_ago }),
        1 => (0usize..4, -9i64..20).prop_map(|(line, count)| Past::Change { line, count }),
    ];
    proptest::collection::vec(act, 0..14)
}

fn lived(history: &[Past]) -> (World, Vec<DocumentId>, Vec<DocumentId>) {
    let mut world = World::new();
    let items = vec![world.amoxicillin, world.paracetamol];
    let lines: Vec<DocumentId> = (0..4usize)
        .map(|at| opened(&mut world, items[at % 2], 30 * at as i64, [120, 80, 40, 2][at]))
        .collect();
    for act in history {
        match act {
            Past::Give { line, count, hours_ago } => {
                let sent = *hours_ago;
                let item = items[line % 2];
                let command = RecordShipment {
                    id: None,
                    from: End::Store(world.centre),
                    to: End::Partner(world.partner),
                    lines: vec![RecordLine {
                        item,
                        stock_line: Some(lines[*line]),
                        quantity: units(*count),
                        batch: None,
                        expiry: None,
                        pack_size: None,
                        price: None,
                        note: None,
                    }],
                    status: Status::Picked,
                    sent_at: Timestamp::from_millis(world.now - sent * 3_600_000),
                    received_at: None,
                    reference: None,
                    comment: None,
                    transport: None,
                };
                world.meet(A, CENTRAL);
                let _ = world.try_at(CENTRAL, |txn, caller| shipment::record(txn, caller, &command));
            }
            Past::Change { line, count } => {
                let command = adjust(&world, lines[*line], units(*count));
                let _ = world.try_at(A, |txn, caller| adjustment::create(txn, caller, &command));
            }
        }
    }
    world.meet(A, CENTRAL);
    (world, items, lines)
}

/// Consumption and days out of stock by a walk over all movements, day by day.
fn modelled(moved: &[&LedgerRow], window: &Window) -> (Quantity, u32) {
    let Some(first) = moved.iter().map(|movement| day_of(movement.at)).min() else {
        return (Quantity::ZERO, 0);
    };
    let consumed = moved
        .iter()
        .filter(|movement| movement.kind == MovementKind::Issue)
        .filter(|movement| (window.first..=window.last).contains(&day_of(movement.at)))
        .map(|movement| -movement.quantity)
        .sum();
    let mut out = 0;
    let mut date: Date = window.first.max(first);
    while date <= window.last {
        let (morning, evening) = (start_of_day(date), start_of_day(date.tomorrow().expect("a day")));
        let before: Quantity =
            moved.iter().filter(|movement| movement.at < morning).map(|movement| movement.quantity).sum();
        let of_day = moved.iter().filter(|movement| movement.at >= morning && movement.at < evening);
        let came: Quantity = of_day.map(|movement| movement.quantity.max(Quantity::ZERO)).sum();
        out += u32::from(!(before + came).is_positive());
        date = date.tomorrow().expect("a day");
    }
    (consumed, out)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn consumption_of_all_items_by_days_equals_that_of_each_by_its_ledger_and_a_model(history in history()) {
        let (world, items, _) = lived(&history);
        let read = world.read(A);
        let moved = movements(&read, world.centre, &items);
        for row in figures(&world, &FiguresFilter::default()) {
            let item = row.stock.item.id;
            let told = stock_items::explain(&read, world.centre, item, today(), None).expect("told");
            prop_assert_eq!(&told.figures, &row);
            let own: Vec<&LedgerRow> = moved.iter().filter(|movement| movement.item == item).collect();
            prop_assert_eq!((row.consumed, row.days_out), modelled(&own, &told.window));
            let by_kind: Quantity = told.movements.iter().map(|total| total.quantity).sum();
            prop_assert_eq!(by_kind, row.stock.on_hand, "the explanation adds up");
        }
    }

    #[test]
    fn as_of_an_instant_equals_a_replay_of_what_had_moved_by_then(history in history(), hours_ago in 0i64..3_000) {
        let (world, items, lines) = lived(&history);
        let read = world.read(A);
        let store = world.centre;
        let instant = Timestamp::from_millis(world.now - hours_ago * 3_600_000);
        let moved = movements(&read, store, &items);
        let by_then: Vec<&LedgerRow> = moved.iter().filter(|movement| movement.at <= instant).collect();

        let mut of_items: BTreeMap<DocumentId, Quantity> = BTreeMap::new();
        let mut of_lines: BTreeMap<DocumentId, Quantity> = BTreeMap::new();
        for movement in &by_then {
            let balance = of_items.entry(movement.item).or_default();
            *balance = *balance + movement.quantity;
            let balance = of_lines.entry(movement.stock_line).or_default();
            *balance = *balance + movement.quantity;
        }
        let filter = FiguresFilter { as_of: Some(instant), ..FiguresFilter::default() };
        let rows = figures(&world, &filter);
        let found: BTreeMap<_, _> = rows.iter().map(|row| (row.stock.item.id, row.stock.on_hand)).collect();
        prop_assert_eq!(&found, &of_items);
        for row in &rows {
            let item = row.stock.item.id;
            let told = stock_items::explain(&read, store, item, today(), Some(instant)).expect("told");
            prop_assert_eq!(&told.figures, row);
            let own: Vec<&LedgerRow> = by_then.iter().copied().filter(|movement| movement.item == item).collect();
            prop_assert_eq!((row.consumed, row.days_out), modelled(&own, &told.window));
        }
        let filter = stock::StockFilter { as_of: Some(instant), ..stock::StockFilter::default() };
        let listed = all(3, |request| stock::list(&read, store, &filter, today(), request).expect("a page"));
        let listed: BTreeMap<_, _> = listed.iter().map(|row| (row.id, row.on_hand)).collect();
        prop_assert_eq!(&listed, &of_lines);
        for line in lines {
            let then = ledger::line_on_hand_at(&read, store, line, instant).expect("a balance");
            prop_assert_eq!(then, of_lines.get(&line).copied());
        }
        for item in items {
            let filter = LedgerFilter { as_of: Some(instant), ..LedgerFilter::default() };
            let page = ledger::of_item_filtered(&read, store, item, &filter, &PageRequest::default()).expect("a page");
            let newest = page.rows.first().map(|entry| entry.balance);
            prop_assert_eq!(newest, of_items.get(&item).copied());
        }
    }
}
