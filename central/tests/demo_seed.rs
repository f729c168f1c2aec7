//! The demo's history, looked at as its users will: is there what a tour of the screens needs, and does it add up?

use std::collections::BTreeSet;
use std::sync::{Arc, OnceLock};

use central::demo::{self, PASSWORD, SITES, STORES, USERS};
use crdt_store::{OpenOptions, Reader, Snapshot, Store, Timestamp};
use domain::query::requisitions::{self, RequisitionFilter, RequisitionListRow};
use domain::query::stock::StockFilter;
use domain::query::{
    Page, PageRequest, access, assets, items, ledger, reference, rnr_forms, shipments, stock, tasks,
};
use domain::requisition::{Side, Status as Asked};
use domain::rnr;
use domain::shipment::{Direction, Status};
use domain::{DomainSchema, TaskKind, password};

const NOW: Timestamp = Timestamp::from_millis(1_790_012_345_678);

fn empty() -> Store {
    let options = OpenOptions::memory().central(true).seed([7; 32]).cache_bytes(64 << 20);
    Store::open(options, Arc::new(DomainSchema)).expect("a new store")
}

fn seeded(seed: u64) -> Store {
    let mut store = empty();
    demo::seed(&mut store, seed, NOW, &mut |_| {}).expect("the demo fits an empty store");
    store
}

/// The demo of seed 1, made once for all tests that only read it.
fn demo_of_seed_1() -> Snapshot {
    static DEMO: OnceLock<Reader> = OnceLock::new();
    DEMO.get_or_init(|| seeded(1).reader()).snapshot().expect("a snapshot")
}

fn snapshot(store: &Store) -> Snapshot {
    store.reader().snapshot().expect("a snapshot")
}

fn pages<T>(list: impl Fn(&PageRequest) -> Page<T>) -> Vec<T> {
    let mut found = Vec::new();
    let mut request = PageRequest::first(500);
    loop {
        let page = list(&request);
        found.extend(page.rows);
        match page.next {
            Some(next) => request.cursor = Some(next),
            None => return found,
        }
    }
}

#[test]
fn the_demo_has_the_size_that_was_promised() {
    let read = demo_of_seed_1();
    assert!(pages(|page| items::list(&read, &Default::default(), page).expect("items")).len() >= 90);
    assert_eq!(reference::stores(&read).expect("stores").len(), STORES.len());
    let sites = reference::sites(&read).expect("sites");
    assert_eq!(sites.len(), SITES.len());
    for site in SITES {
        let row = sites.iter().find(|row| row.name == site.name).expect("a site");
        let hosted = reference::stores_of_site(&read, row.id).expect("stores");
        assert_eq!(hosted.iter().map(|store| store.code.as_str()).collect::<Vec<_>>(), site.stores);
    }
    let equipment = pages(|page| assets::list(&read, None, &Default::default(), page).expect("assets"));
    assert!(equipment.len() >= 15 && equipment.iter().all(|piece| piece.status.is_some()));
    let kept = |code: &str| store_stock(&read, code).len();
    assert!(kept("CMS") > 100 && kept("LOK") > 150 && kept("KPU") > 150);
}

fn store_id(code: &str) -> crdt_store::DocumentId {
    STORES.iter().find(|store| store.code == code).expect("a store").id()
}

fn store_stock(read: &Snapshot, code: &str) -> Vec<stock::StockRow> {
    let today = domain::text::day_of(NOW);
    let filter = StockFilter::default();
    pages(|page| stock::list(read, store_id(code), &filter, today, page).expect("stock"))
}

#[test]
fn balances_are_never_below_zero_and_add_up_to_the_ledger() {
    let read = demo_of_seed_1();
    let mut movements = 0;
    for place in STORES {
        for item in pages(|page| stock::items(&read, place.id(), &Default::default(), page).expect("items")) {
            let entries =
                pages(|page| ledger::of_item(&read, place.id(), item.item.id, page).expect("a ledger"));
            movements += entries.len();
            assert!(entries.iter().all(|entry| !entry.balance.is_negative()), "{} {entries:?}", place.code);
            let sum: i64 = entries.iter().map(|entry| entry.movement.quantity.thousandths()).sum();
            assert_eq!(sum, item.on_hand.thousandths());
            assert!(entries.iter().all(
                |entry| entry.movement.at < NOW && NOW.millis_since(entry.movement.at) < 93 * 86_400_000
            ));
        }
    }
    assert!(movements > 5_000, "{movements}");
}

#[test]
fn a_health_centre_has_something_of_everything_to_look_at() {
    let read = demo_of_seed_1();
    for code in ["LOK", "KPU"] {
        let lines = store_stock(&read, code);
        let count =
            |status| lines.iter().filter(|line| line.on_hand.is_positive() && line.status == status).count();
        assert!(count(stock::StockStatus::Expired) >= 1, "{code}: expired");
        assert!(count(stock::StockStatus::Expiring) >= 3, "{code}: soon to expire");
        assert!(count(stock::StockStatus::Good) >= 60, "{code}: good");
        let items =
            pages(|page| stock::items(&read, store_id(code), &Default::default(), page).expect("items"));
        let out = items.iter().filter(|item| !item.on_hand.is_positive()).count();
        assert!((3..=20).contains(&out), "{code}: {out} out of stock of {}", items.len());
    }
    assert!(store_stock(&read, "LOK").iter().any(|line| line.on_hold));
}

#[test]
fn there_is_work_under_way() {
    let read = demo_of_seed_1();
    let at = |code: &str, direction, status| {
        shipments::count(&read, store_id(code), direction, status).expect("a count")
    };
    assert_eq!(at("KPU", Direction::Inbound, Status::Shipped), 1, "a delivery on its way");
    assert_eq!(at("CMS", Direction::Inbound, Status::New), 1, "an order expected");
    assert_eq!(at("LOK", Direction::Outbound, Status::New), 1, "a draft");
    assert_eq!(at("LOK", Direction::Outbound, Status::Allocated), 1, "a promise");
    assert!(at("KPU", Direction::Inbound, Status::Verified) >= 4);
    assert!(at("KPU", Direction::Outbound, Status::Shipped) >= 30);
    let tasks = pages(|page| tasks::list(&read, None, page).expect("tasks"));
    let kinds: BTreeSet<_> = tasks.iter().map(|task| task.task.kind).collect();
    assert_eq!(kinds, [TaskKind::Discrepancy].into());
}

#[test]
fn a_health_centre_has_reported_a_month_and_is_reporting_the_next() {
    let read = demo_of_seed_1();
    let rows =
        pages(|page| rnr_forms::list(&read, store_id("KPU"), &Default::default(), page).expect("forms"));
    let found: Vec<_> = rows.iter().map(|row| (row.form.from.to_string(), row.form.status)).collect();
    // The demo of 21 September.
    assert_eq!(
        found,
        [("2026-08-01".to_owned(), rnr::Status::Draft), ("2026-07-01".to_owned(), rnr::Status::Finalised)]
    );
    assert!(rows[0].form.confirmed > 0 && rows[0].form.confirmed < rows[0].form.lines);
    assert_eq!(rows[0].form.faulty, 1, "one line waits to be corrected");
    assert!(rows[1].form.requisition.is_some());
}

#[test]
fn there_are_orders_in_every_state() {
    let read = demo_of_seed_1();
    let today = domain::text::day_of(NOW);
    let filter = RequisitionFilter::default();
    let list = |code: &str, side| {
        pages(|page| requisitions::list(&read, store_id(code), side, &filter, page).expect("requisitions"))
    };
    let state = |row: &RequisitionListRow| {
        let detail = requisitions::detail(&read, row.requisition.id, today).expect("a requisition");
        (row.requisition.status, row.requisition.emergency, row.requisition.approval, detail.shipments.len())
    };
    let ours: Vec<_> = list("KPU", Side::Customer).iter().map(state).collect();
    // The oldest is the one that followed from the report of the month.
    let reported = (Asked::Sent, false, None, 0);
    assert_eq!(ours, [(Asked::Draft, false, None, 0), (Asked::Sent, true, None, 0), reported]);
    let draft = requisitions::detail(&read, list("KPU", Side::Customer)[0].requisition.id, today);
    let lines = draft.expect("a draft").line_details;
    assert!(lines.len() > 5 && lines.iter().all(|line| line.requested.is_positive()), "{}", lines.len());
    let theirs: Vec<_> = list("LOK", Side::Supplier).iter().map(state).collect();
    assert_eq!(
        theirs,
        [
            (Asked::Sent, true, None, 0),
            (Asked::Sent, false, None, 0),
            (Asked::Sent, false, None, 1),
            reported
        ]
    );
    let approved = Some(domain::requisition::Approval::Approved);
    assert_eq!(
        list("CMS", Side::Supplier).iter().map(state).collect::<Vec<_>>(),
        [(Asked::Sent, false, approved, 0)]
    );
}

#[test]
fn everybody_can_log_in_with_the_password_of_the_demo() {
    let read = demo_of_seed_1();
    for user in USERS {
        let master = access::master(&read, user.username).expect("a reading").expect("a user");
        assert_eq!((master.language.as_str(), master.active), (user.language, true));
        assert!(password::verify(PASSWORD, &master.password_hash));
        assert_eq!(access::by_username(&read, user.username).expect("a reading").len(), user.stores.len());
    }
    let hashes: BTreeSet<String> = USERS
        .iter()
        .map(|user| access::master(&read, user.username).expect("a reading").expect("a user").password_hash)
        .collect();
    assert_eq!(hashes.len(), USERS.len(), "every hash has a salt of its own");
}

/// The history without the ids that the store's generator made.
fn story(read: &Snapshot) -> Vec<(String, String, i64, i64)> {
    let mut story = Vec::new();
    for place in STORES {
        for item in pages(|page| stock::items(read, place.id(), &Default::default(), page).expect("items")) {
            for entry in
                pages(|page| ledger::of_item(read, place.id(), item.item.id, page).expect("a ledger"))
            {
                let (at, quantity) = (entry.movement.at.as_millis(), entry.movement.quantity.thousandths());
                story.push((place.code.to_owned(), item.item.code.clone(), at, quantity));
            }
        }
    }
    story.sort();
    story
}

#[test]
fn the_same_seed_tells_the_same_story_with_its_progress() {
    let mut store = empty();
    let mut seen = Vec::new();
    demo::seed(&mut store, 1, NOW, &mut |progress| seen.push(progress))
        .expect("the demo fits an empty store");
    assert!(seen.is_sorted_by_key(|progress| progress.done) && seen.len() > 50);
    assert_eq!(seen.last().map(|progress| progress.done), seen.last().map(|progress| progress.total));
    assert_eq!(story(&snapshot(&store)), story(&demo_of_seed_1()));
    let again = demo::seed(&mut store, 1, NOW, &mut |_| {}).expect_err("the store is not empty");
    assert_eq!(again.code(), "demo-refused");
}

#[test]
fn another_seed_tells_another_story_by_the_same_rules() {
    let other = story(&snapshot(&seeded(2)));
    assert!(other.len() > 5_000);
    assert_ne!(other, story(&demo_of_seed_1()));
}
