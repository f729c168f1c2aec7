//! Laws of the dashboard: each of its figures is how many rows the list has that it opens, whatever happened, in a store
//! and for the country; and each part of a list is what a look at every row would find.

use std::collections::BTreeSet;

use crdt_store::{DocumentId, Snapshot};
use domain::asset::{self, AddAssetLog, AssetDetails, AssetStatus, CreateAsset};
use domain::query::assets::{self, AssetFilter};
use domain::query::dashboard::{self, Figure};
use domain::query::requisitions::{self, Answer, RequisitionFilter};
use domain::query::shipments::{self, ShipmentFilter, ShipmentPart};
use domain::query::stock::{self, StockFilter};
use domain::query::stock_items::{self, FiguresFilter};
use domain::query::{Page, PageRequest, tasks};
use domain::requisition::{self, Approval, Approve, CreateRequisition, LineSelection, NewLine, Side};
use domain::shipment::{self, CreateInbound, Direction, End, Receive, ReceiveLine, Status};
use domain::stock_line::{self, UpdateStockLine};
use domain::{Date, TaskKind};
use proptest::prelude::*;

use crate::shipments::{detail, issue, of_item, of_stock, outbound};
use crate::world::{A, B, CENTRAL, D, World, today, units};

/// All rows of a list, in pages of two.
fn all<T>(page: impl Fn(&PageRequest) -> Page<T>) -> Vec<T> {
    let (mut rows, mut cursor) = (Vec::new(), None);
    loop {
        let found = page(&PageRequest { limit: Some(2), cursor });
        rows.extend(found.rows);
        match found.next {
            None => return rows,
            next => cursor = next,
        }
    }
}

/// The value of a figure's filter, as its list takes it.
fn wish<T: serde::de::DeserializeOwned>(figure: &Figure, name: &str) -> Option<T> {
    let value = match *figure.filter.get(name)? {
        "true" => true.into(),
        "false" => false.into(),
        word => word.into(),
    };
    Some(serde_json::from_value(value).expect("the list knows the filter"))
}

/// How many rows the list of a figure has.
fn opened(read: &Snapshot, store: Option<DocumentId>, figure: &Figure) -> usize {
    let of_store = || store.expect("a list of a store");
    match figure.list {
        "items" => {
            let filter = FiguresFilter { facet: wish(figure, "facet"), ..FiguresFilter::default() };
            all(|page| stock_items::list(read, of_store(), &filter, today(), page).expect("a page")).len()
        }
        "stock" => {
            let filter = StockFilter { facet: wish(figure, "facet"), ..StockFilter::default() };
            all(|page| stock::list(read, of_store(), &filter, today(), page).expect("a page")).len()
        }
        "inbound-shipments" => shipments_of(read, of_store(), Direction::Inbound, figure),
        "outbound-shipments" => shipments_of(read, of_store(), Direction::Outbound, figure),
        "internal-orders" => requisitions_of(read, of_store(), Side::Customer, figure),
        "customer-requisitions" => requisitions_of(read, of_store(), Side::Supplier, figure),
        "assets" => {
            let filter = AssetFilter {
                status: wish(figure, "status"),
                needs_replacement: wish(figure, "needsReplacement"),
                search: None,
            };
            all(|page| assets::list(read, store, &filter, page).expect("a page")).len()
        }
        "tasks" => {
            let kind = wish(figure, "kind");
            all(|page| tasks::list_of(read, store, kind, page).expect("a page")).len()
        }
        other => panic!("no list {other}"),
    }
}

fn shipments_of(read: &Snapshot, store: DocumentId, direction: Direction, figure: &Figure) -> usize {
    let filter = ShipmentFilter { status: wish(figure, "status"), kind: None, search: None };
    match wish::<ShipmentPart>(figure, "part") {
        None => all(|page| shipments::list(read, store, direction, &filter, page).expect("a page")).len(),
        Some(part) => part_of(read, store, direction, part).len(),
    }
}

fn part_of(
    read: &Snapshot,
    store: DocumentId,
    direction: Direction,
    part: ShipmentPart,
) -> BTreeSet<DocumentId> {
    let filter = ShipmentFilter::default();
    let part = (part, today());
    let rows = all(|page| shipments::list_part(read, store, direction, part, &filter, page).expect("a page"));
    let ids: BTreeSet<DocumentId> = rows.iter().map(|row| row.shipment.id).collect();
    assert_eq!(ids.len(), rows.len(), "no row comes twice");
    ids
}

fn requisitions_of(read: &Snapshot, store: DocumentId, side: Side, figure: &Figure) -> usize {
    let filter = RequisitionFilter {
        status: wish(figure, "status"),
        emergency: wish(figure, "emergency"),
        answer: wish(figure, "answer"),
        search: None,
    };
    all(|page| requisitions::list(read, store, side, &filter, page).expect("a page")).len()
}

fn figures(world: &World, node: usize, store: DocumentId) -> Vec<Figure> {
    dashboard::of_store(&world.read(node), store, today()).expect("figures")
}

fn count(figures: &[Figure], code: &str) -> u64 {
    figures.iter().find(|figure| figure.code == code).map_or(0, |figure| figure.count)
}

fn assert_figures_open_their_lists(world: &World, node: usize, store: DocumentId) {
    let read = world.read(node);
    let found = figures(world, node, store);
    let codes: BTreeSet<&str> = found.iter().map(|figure| figure.code).collect();
    assert_eq!(codes.len(), found.len(), "each code is told once");
    for figure in &found {
        assert_eq!(figure.count, opened(&read, Some(store), figure) as u64, "{figure:?}");
    }
}

/// The same by a look at every shipment of the store.
fn assert_parts_are_what_every_row_says(world: &World, node: usize, store: DocumentId) {
    let read = world.read(node);
    for direction in [Direction::Inbound, Direction::Outbound] {
        let filter = ShipmentFilter::default();
        let rows = all(|page| shipments::list(&read, store, direction, &filter, page).expect("a page"));
        for part in ShipmentPart::ALL {
            let is_in = |status: Status, expected: Option<Date>| {
                let days = expected.map(|day| (day - today()).get_days());
                let under_way = status < Status::Delivered;
                match part {
                    ShipmentPart::NotShipped => status < Status::Shipped,
                    ShipmentPart::NotDelivered => under_way,
                    ShipmentPart::DueToday => under_way && days == Some(0),
                    ShipmentPart::DueThisWeek => under_way && days.is_some_and(|days| (0..7).contains(&days)),
                    ShipmentPart::Overdue => under_way && days.is_some_and(|days| days < 0),
                }
            };
            let wanted = rows.iter().filter(|row| is_in(row.shipment.status, row.shipment.expected));
            let wanted: BTreeSet<DocumentId> = wanted.map(|row| row.shipment.id).collect();
            assert_eq!(part_of(&read, store, direction, part), wanted, "{part:?} {direction:?}");
        }
    }
}

/// What happens in the country, as far as the dashboard tells of it.
#[derive(Clone, Debug)]
enum Event {
    /// A partner sends to the health centre, to arrive in so many days; received or not.
    Bought { days: i64, received: bool },
    /// The district sends to the health centre as far as this status, to arrive in so many days; so much arrives.
    Sent { days: i64, status: Status, arrives: Option<i64> },
    /// The health centre orders of the district.
    Ordered { emergency: bool, stage: u8, answer: Option<Approval>, shipped: bool },
    /// Equipment in a state.
    Owned { status: Option<AssetStatus>, replace: bool },
    /// Both devices of the health centre give out the same last boxes, or say different things of them.
    Apart { give: bool },
    /// A batch that expires in so many days.
    Stocked { days: i64 },
}

fn event() -> impl Strategy<Value = Event> {
    let status = prop::sample::select(vec![
        Status::New,
        Status::Allocated,
        Status::Picked,
        Status::Shipped,
        Status::Delivered,
        Status::Cancelled,
    ]);
    let answer = prop::option::of(prop::sample::select(vec![Approval::Approved, Approval::Denied]));
    let states = vec![
        AssetStatus::Functioning,
        AssetStatus::FunctioningNeedsAttention,
        AssetStatus::NotInUse,
        AssetStatus::Decommissioned,
    ];
    prop_oneof![
        (-2i64..9, any::<bool>()).prop_map(|(days, received)| Event::Bought { days, received }),
        (-2i64..9, status, prop::option::of(0i64..11)).prop_map(|(days, status, arrives)| Event::Sent {
            days,
            status,
            arrives
        }),
        (any::<bool>(), 0u8..3, answer, any::<bool>()).prop_map(|(emergency, stage, answer, shipped)| {
            Event::Ordered { emergency, stage, answer, shipped }
        }),
        (prop::option::of(prop::sample::select(states)), any::<bool>())
            .prop_map(|(status, replace)| Event::Owned { status, replace }),
        any::<bool>().prop_map(|give| Event::Apart { give }),
        (-3i64..200).prop_map(|days| Event::Stocked { days }),
    ]
}

fn in_days(days: i64) -> Date {
    today().saturating_add(jiff::Span::new().days(days))
}

/// A country with stock at the district.
struct Country {
    world: World,
    stock: DocumentId,
    made: usize,
}

impl Country {
    fn begin() -> Self {
        let mut world = World::new();
        let stock = world.open_stock(D, "DD01", "2028-12-31", 1_000);
        world.meet_all();
        Self { world, stock, made: 0 }
    }

    fn happen(&mut self, event: &Event) {
        self.made += 1;
        match *event {
            Event::Bought { days, received } => self.buy(days, received),
            Event::Sent { days, status, arrives } => self.send(days, status, arrives),
            Event::Ordered { emergency, stage, answer, shipped } => {
                self.order(emergency, stage, answer, shipped);
            }
            Event::Owned { status, replace } => self.own(status, replace),
            Event::Apart { give } => self.work_apart(give),
            Event::Stocked { days } => {
                let expiry = in_days(days).to_string();
                self.world.open_stock(A, &format!("E{}", self.made), &expiry, 10);
            }
        }
        self.world.meet_all();
    }

    fn buy(&mut self, days: i64, received: bool) {
        let line = shipment::AddLine { batch: Some("P1".into()), ..of_item(self.world.paracetamol, 10) };
        let command = CreateInbound {
            store: self.world.centre,
            from: self.world.partner,
            lines: vec![line],
            reference: None,
            comment: None,
            expected: Some(in_days(days)),
        };
        let id = self.world.at(A, |txn, caller| shipment::create_inbound(txn, caller, &command)).id;
        if received {
            self.world.at(A, |txn, caller| shipment::receive(txn, caller, id, &Receive::default()));
        }
    }

    fn send(&mut self, days: i64, status: Status, arrives: Option<i64>) {
        let lines = vec![of_stock(self.stock, 10)];
        let mut command = outbound(&self.world, D, End::Store(self.world.centre), lines);
        command.expected = Some(in_days(days));
        let id = self.world.at(D, |txn, caller| shipment::create_outbound(txn, caller, &command)).id;
        let set = |status| shipment::SetStatus { status };
        if !matches!(status, Status::New | Status::Delivered) {
            self.world.at(D, |txn, caller| shipment::set_status(txn, caller, id, &set(status)));
        }
        if status == Status::Delivered {
            self.world.at(D, |txn, caller| shipment::set_status(txn, caller, id, &set(Status::Shipped)));
            self.world.meet_all();
            self.world.at(A, |txn, caller| shipment::set_status(txn, caller, id, &set(status)));
            if let Some(quantity) = arrives {
                let line = detail(&self.world, A, id).line_details[0].id;
                let quantity = Some(units(quantity));
                let line = ReceiveLine { line, quantity, location: None, verdict: None, note: None };
                let command = Receive { lines: vec![line] };
                self.world.at(A, |txn, caller| shipment::receive(txn, caller, id, &command));
            }
        }
    }

    fn order(&mut self, emergency: bool, stage: u8, answer: Option<Approval>, shipped: bool) {
        let world = &mut self.world;
        let command = CreateRequisition {
            store: world.centre,
            supplier: Some(End::Store(world.district)),
            programme: None,
            order_type: None,
            period: None,
            emergency,
            min_months: None,
            max_months: None,
            suggest: false,
            lines: vec![NewLine { item: world.amoxicillin, requested: Some(units(20)) }],
            reference: None,
            comment: None,
            expected: None,
        };
        let id = world.at(A, |txn, caller| requisition::create(txn, caller, &command)).id;
        if stage == 0 {
            return;
        }
        world.at(A, |txn, caller| requisition::send(txn, caller, id));
        world.meet_all();
        let every = LineSelection::default();
        if shipped {
            world.at(D, |txn, caller| requisition::supply_as_requested(txn, caller, id, &every));
            // Where the shelf is empty, a shipment still holds lines without batch.
            world.at(D, |txn, caller| requisition::ship(txn, caller, id, &every));
        }
        if let Some(approval) = answer {
            let command = Approve { approval, comment: None };
            world.at(D, |txn, caller| requisition::approve(txn, caller, id, &command));
        }
        if stage == 2 {
            world.at(D, |txn, caller| requisition::finalise(txn, caller, id));
        }
    }

    fn own(&mut self, status: Option<AssetStatus>, replace: bool) {
        let details = AssetDetails { needs_replacement: Some(replace), ..AssetDetails::default() };
        let number = format!("F-{}", self.made);
        let command = CreateAsset { id: None, store: self.world.centre, number, details };
        let id = self.world.at(A, |txn, caller| asset::create(txn, caller, &command)).id;
        if let Some(status) = status {
            let entry = AddAssetLog { status, reason: None, comment: None, at: None };
            self.world.at(A, |txn, caller| asset::log(txn, caller, id, &entry));
        }
    }

    fn work_apart(&mut self, give: bool) {
        let line = self.world.open_stock(A, &format!("K{}", self.made), "2028-12-31", 10);
        self.world.meet_all();
        for node in [A, B] {
            if give {
                let to = End::Partner(self.world.partner);
                let command = issue(&self.world, node, to, vec![of_stock(line, 10)], Status::Picked);
                self.world.at(node, |txn, caller| shipment::issue(txn, caller, &command));
            } else {
                let note = Some(Some(format!("seen by {node}")));
                let command = UpdateStockLine { note, ..UpdateStockLine::default() };
                self.world.at(node, |txn, caller| stock_line::update(txn, caller, line, &command));
            }
        }
    }
}

#[test]
fn each_job_of_the_day_has_its_figure() {
    let mut country = Country::begin();
    let ordered = |emergency, stage, answer, shipped| Event::Ordered { emergency, stage, answer, shipped };
    let sent = |days, status, arrives| Event::Sent { days, status, arrives };
    for event in [
        Event::Bought { days: 0, received: false },
        Event::Bought { days: 0, received: true },
        sent(0, Status::Shipped, None),
        sent(6, Status::Picked, None),
        sent(7, Status::Shipped, None),
        sent(-1, Status::Shipped, None),
        sent(-1, Status::Delivered, None),
        sent(3, Status::Allocated, None),
        sent(3, Status::Delivered, Some(4)),
        ordered(true, 0, None, false),
        ordered(true, 1, None, false),
        ordered(false, 1, None, false),
        ordered(false, 1, None, true),
        ordered(false, 1, Some(Approval::Approved), false),
        ordered(true, 1, Some(Approval::Denied), false),
        ordered(true, 2, Some(Approval::Approved), true),
        Event::Owned { status: Some(AssetStatus::Functioning), replace: true },
        Event::Owned { status: Some(AssetStatus::FunctioningNeedsAttention), replace: false },
        Event::Apart { give: true },
        Event::Apart { give: false },
        Event::Stocked { days: 90 },
        Event::Stocked { days: 91 },
        Event::Stocked { days: 181 },
    ] {
        country.happen(&event);
    }
    let world = &country.world;
    let (centre, district) = (figures(world, A, world.centre), figures(world, D, world.district));
    for (code, wanted) in [
        ("inbound-due-today", 2),
        ("inbound-due-this-week", 3),
        ("inbound-overdue", 1),
        ("inbound-not-delivered", 5),
        ("inbound-delivered", 1),
        ("inbound-received", 2),
        ("orders-draft", 1),
        ("orders-waiting", 5),
        ("orders-approved", 1),
        ("orders-denied", 1),
        ("assets-needing-attention", 1),
        ("assets-needing-replacement", 1),
        ("batches-expiring", 1),
        ("batches-expiring-later", 2),
        ("tasks-over-issued", 1),
        ("tasks-conflicting-values", 1),
        ("tasks-discrepancy", 1),
        ("tasks", 3),
        ("requisitions-new", 0),
    ] {
        assert_eq!(count(&centre, code), wanted, "{code} of the health centre");
    }
    for (code, wanted) in [
        // Of the goods under way, one allocated and one picked; and two shipments that answer orders.
        ("outbound-not-shipped", 4),
        ("requisitions-new", 2),
        ("requisitions-emergency", 2),
        ("requisitions-approved", 1),
        ("requisitions-open", 5),
        ("tasks-discrepancy", 1),
        ("orders-waiting", 0),
    ] {
        assert_eq!(count(&district, code), wanted, "{code} of the district");
    }
}

#[test]
fn a_part_of_a_list_keeps_its_place_from_page_to_page_and_takes_no_cursor_of_another() {
    let mut country = Country::begin();
    for days in [0, 1, 2] {
        country.happen(&Event::Sent { days, status: Status::Shipped, arrives: None });
    }
    let world = &country.world;
    let read = world.read(D);
    let page = |part, cursor: Option<String>| {
        let request = PageRequest { limit: Some(1), cursor };
        let filter = ShipmentFilter::default();
        let part = (part, today());
        shipments::list_part(&read, world.district, Direction::Outbound, part, &filter, &request)
    };
    let first = page(ShipmentPart::NotDelivered, None).expect("a page");
    let foreign = page(ShipmentPart::NotShipped, first.next.clone()).expect_err("beyond its statuses");
    let crdt_store::Failure::Rejected(rejection) = foreign else { panic!("a rejection") };
    assert_eq!(rejection.code, "invalid-cursor");
    let second = page(ShipmentPart::NotDelivered, first.next).expect("a page");
    assert_ne!(first.rows[0].shipment.id, second.rows[0].shipment.id);
}

#[test]
fn words_of_filters_are_those_of_the_interface() {
    let as_json = |value: serde_json::Value| value.as_str().map(str::to_owned);
    for part in ShipmentPart::ALL {
        assert_eq!(as_json(serde_json::json!(part)).as_deref(), Some(part.code()));
    }
    for answer in Answer::ALL {
        assert_eq!(as_json(serde_json::json!(answer)).as_deref(), Some(answer.code()));
    }
    for kind in TaskKind::ALL {
        assert_eq!(as_json(serde_json::json!(kind)).as_deref(), Some(kind.code()));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn every_figure_counts_the_rows_of_the_list_it_opens(events in prop::collection::vec(event(), 1..14)) {
        let mut country = Country::begin();
        for event in &events {
            country.happen(event);
        }
        let world = &country.world;
        for (node, store) in [(A, world.centre), (B, world.centre), (D, world.district), (CENTRAL, world.centre)] {
            assert_figures_open_their_lists(world, node, store);
            assert_parts_are_what_every_row_says(world, node, store);
        }
        let read = world.read(CENTRAL);
        let national = dashboard::national(&read).expect("figures");
        for figure in national.iter().filter(|figure| ["assets", "tasks"].contains(&figure.list)) {
            prop_assert_eq!(figure.count, opened(&read, None, figure) as u64, "{:?}", figure);
        }
    }
}
