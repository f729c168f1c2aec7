//! The import of deliveries against an independent reading of the same file.
//!
//! The real file is not part of the project: the environment variable TRIBUTARY_DELIVERIES_CSV gives its path where it is
//! at hand. Elsewhere the same tests run on a small sample of the same untidiness. What is expected is computed here, by a
//! reader that shares nothing with the importer.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock, Mutex};

use central::import::{Import, Mapping, Played, Progress, Report, import, play, read_rows};
use crdt_store::{Author, OpenOptions, Reader, Snapshot, Store, Timestamp};
use domain::item::{CreateItem, UpdateItem};
use domain::query::requisitions::{self, RequisitionFilter};
use domain::query::{PageRequest, dashboard, ledger, reference, shipments, stock};
use domain::requisition::Side;
use domain::shipment::{Direction, Status};
use domain::{Caller, DomainSchema, Role};

const NOW: Timestamp = Timestamp::from_millis(1_780_000_000_000);

/// A row as the independent reader understands it.
struct Expected {
    country: String,
    item: String,
    transfer: bool,
    vendor: String,
    note: String,
    day: (i32, u32, u32),
    units: i64,
}

/// The whole file as the independent reader understands it.
struct Oracle {
    rows: u64,
    good: Vec<Expected>,
}

impl Oracle {
    fn units_by_country_and_item(&self) -> BTreeMap<(String, String), i64> {
        let mut sums = BTreeMap::new();
        for row in &self.good {
            *sums.entry((row.country.clone(), row.item.clone())).or_default() += row.units;
        }
        sums
    }

    fn distinct<T: Ord>(&self, of: impl Fn(&Expected) -> T) -> BTreeSet<T> {
        self.good.iter().map(of).collect()
    }
}

/// Splits a CSV into rows of cells: commas, quotation marks doubled inside quotation marks, nothing else.
fn cells_of(text: &str) -> Vec<Vec<String>> {
    let (mut rows, mut row, mut cell, mut quoted) = (Vec::new(), Vec::new(), String::new(), false);
    let mut letters = text.trim_start_matches('\u{feff}').chars().peekable();
    while let Some(letter) = letters.next() {
        match (letter, quoted) {
            ('"', true) if letters.peek() == Some(&'"') => cell.extend(letters.next()),
            ('"', _) => quoted = !quoted,
            (',', false) => row.push(std::mem::take(&mut cell)),
            ('\n', false) => {
                row.push(std::mem::take(&mut cell));
                rows.push(std::mem::take(&mut row));
            }
            ('\r', false) => {}
            (other, _) => cell.push(other),
        }
    }
    rows.retain(|row: &Vec<String>| row.len() > 1);
    rows
}

fn day_of(text: &str) -> Option<(i32, u32, u32)> {
    const MONTHS: [&str; 12] =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let parts = |mark: char| text.split(mark).map(str::to_owned).collect::<Vec<_>>();
    let (year, month, day) = match (parts('-').as_slice(), parts('/').as_slice()) {
        ([day, month, year], _) if day.len() <= 2 => (
            2000 + year.parse::<i32>().ok()?,
            1 + MONTHS.iter().position(|m| m == month)? as u32,
            day.parse().ok()?,
        ),
        ([year, month, day], _) => (year.parse().ok()?, month.parse().ok()?, day.parse().ok()?),
        (_, [month, day, year]) => (2000 + year.parse::<i32>().ok()?, month.parse().ok()?, day.parse().ok()?),
        _ => return None,
    };
    let leap = u32::from(year % 4 == 0);
    let length = [31, 28 + leap, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month as usize - 1];
    (1..=length).contains(&day).then_some((year, month, day))
}

fn expected_row(cells: &[String], at: &BTreeMap<&str, usize>) -> Option<Expected> {
    let cell = |column: &str| cells[at[column]].split_whitespace().collect::<Vec<_>>().join(" ");
    let count = |column: &str| cell(column).parse::<i64>().ok().filter(|count| *count > 0);
    let transfer = match cell("Fulfill Via").as_str() {
        "From RDC" => true,
        "Direct Drop" => false,
        _ => return None,
    };
    let row = Expected {
        country: cell("Country"),
        item: cell("Item Description"),
        transfer,
        vendor: cell("Vendor"),
        note: cell("ASN/DN #"),
        day: day_of(&cell("Delivered to Client Date"))?,
        units: count("Line Item Quantity")? * count("Unit of Measure (Per Pack)")?,
    };
    let nobody = |name: &str| name.is_empty() || name == "N/A";
    let wrong = nobody(&row.country)
        || nobody(&row.item)
        || (!transfer && nobody(&row.vendor))
        || row.item.contains('\u{fffd}');
    (!wrong).then_some(row)
}

fn oracle(bytes: &[u8]) -> Oracle {
    let rows = cells_of(std::str::from_utf8(bytes).expect("UTF-8"));
    let at: BTreeMap<&str, usize> =
        rows[0].iter().enumerate().map(|(at, name)| (name.as_str(), at)).collect();
    let mut seen = BTreeSet::new();
    let mut good = Vec::new();
    for cells in rows[1..].iter().filter(|cells| cells.len() == at.len()) {
        let fresh = !seen.contains(&cells[at["ID"]]);
        if let (true, Some(row)) = (fresh, expected_row(cells, &at)) {
            seen.insert(cells[at["ID"]].clone());
            good.push(row);
        }
    }
    Oracle { rows: rows.len() as u64 - 1, good }
}

fn project_root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the crate is in the project").to_owned()
}

fn deliveries() -> (Vec<u8>, bool) {
    let given = std::env::var_os("TRIBUTARY_DELIVERIES_CSV").filter(|path| !path.is_empty());
    let path =
        given.clone().map_or_else(|| project_root().join("tests/data/deliveries-sample.csv"), PathBuf::from);
    (std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display())), given.is_some())
}

/// The file imported into a central of its own, once for all tests that leave it as it is.
struct Imported {
    bytes: Vec<u8>,
    real: bool,
    expected: Oracle,
    report: Report,
    progress: Vec<Progress>,
    reader: Reader,
    store: Mutex<Store>,
}

static IMPORTED: LazyLock<Imported> = LazyLock::new(|| {
    let (bytes, real) = deliveries();
    let (mut store, mut progress) = (central_store(), Vec::new());
    let report = import(&mut store, &bytes, &mapping(), NOW, &mut |step| progress.push(step));
    let report = report.expect("the import runs to its end");
    let (expected, reader) = (oracle(&bytes), store.reader());
    Imported { bytes, real, expected, report, progress, reader, store: Mutex::new(store) }
});

fn mapping() -> Mapping {
    let path = project_root().join("docs/mappings/scms-deliveries.toml");
    Mapping::parse(&std::fs::read_to_string(path).expect("the shipped mapping")).expect("a good mapping")
}

fn central_store() -> Store {
    let options = OpenOptions::memory().central(true).seed([5; 32]).cache_bytes(64 << 20);
    Store::open(options, Arc::new(DomainSchema)).expect("a new store")
}

fn run(store: &mut Store, bytes: &[u8]) -> Report {
    import(store, bytes, &mapping(), NOW, &mut |_| {}).expect("the import runs to its end")
}

impl Imported {
    fn snapshot(&self) -> Snapshot {
        self.reader.snapshot().expect("a snapshot")
    }
}

fn snapshot(store: &Store) -> Snapshot {
    store.reader().snapshot().expect("a snapshot")
}

/// Everything on hand, by name of store and item, in thousandths; the distribution centre apart.
fn on_hand(read: &Snapshot) -> (BTreeMap<(String, String), i64>, i64) {
    let items: BTreeMap<_, _> = all_items(read);
    let (mut found, mut centre) = (BTreeMap::new(), 0);
    for store in reference::stores(read).expect("stores") {
        for (item, name) in &items {
            let on_hand =
                stock::item_balance(read, store.id, *item).expect("a balance").on_hand.thousandths();
            match store.code.as_str() {
                "RDC" => centre += on_hand,
                _ if on_hand == 0 => {}
                _ => drop(found.insert((store.name.clone(), name.clone()), on_hand)),
            }
        }
    }
    (found, centre)
}

fn all_items(read: &Snapshot) -> BTreeMap<crdt_store::DocumentId, String> {
    pages(|page| domain::query::items::list(read, &Default::default(), page).expect("items"))
        .into_iter()
        .map(|item| (item.id, item.name))
        .collect()
}

fn pages<T>(list: impl Fn(&PageRequest) -> domain::query::Page<T>) -> Vec<T> {
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
fn every_row_is_accepted_or_listed_with_a_reason() {
    let Imported { expected, report, real, .. } = &*IMPORTED;
    assert_eq!(report.rows, expected.rows);
    assert_eq!(report.accepted, expected.good.len() as u64);
    assert_eq!(report.rejected.len() as u64, expected.rows - expected.good.len() as u64);
    assert_eq!(report.already_there, 0);
    let transfers = expected.good.iter().filter(|row| row.transfer).count() as u64;
    assert_eq!((report.transfer_rows, report.inbound_rows), (transfers, report.accepted - transfers));
    let codes: Vec<(u64, &str)> = report.rejected.iter().map(|row| (row.line, row.code.as_str())).collect();
    match *real {
        true => assert_eq!(codes, []),
        false => assert_eq!(
            codes,
            [
                (36, "duplicate-row"),
                (37, "missing-value"),
                (38, "not-a-date"),
                (39, "not-a-number"),
                (40, "not-positive"),
                (41, "not-positive"),
                (42, "missing-value"),
                (43, "unknown-kind"),
                (44, "missing-value"),
                (45, "not-a-number"),
                (46, "not-a-number"),
                (47, "ragged-row"),
                (48, "ragged-row"),
                (50, "empty-row"),
                (52, "damaged-text"),
            ]
        ),
    }
}

#[test]
fn the_public_record_has_the_size_it_is_known_to_have() {
    let Imported { expected, report, real, .. } = &*IMPORTED;
    let read = IMPORTED.snapshot();
    assert_eq!(all_items(&read).len(), expected.distinct(|row| row.item.clone()).len());
    assert_eq!(report.stores.len(), expected.distinct(|row| row.country.clone()).len());
    let vendors = expected.good.iter().filter(|row| !row.transfer).map(|row| row.vendor.clone());
    assert_eq!(report.documents["partner"].created, vendors.collect::<BTreeSet<_>>().len() as u64);
    assert_eq!(report.documents["shipment"].created, expected.distinct(|row| row.note.clone()).len() as u64);
    if *real {
        assert_eq!((report.rows, report.stores.len(), report.documents["item"].created), (10_324, 43, 184));
        assert_eq!((report.transfer_rows, report.inbound_rows), (5_404, 4_920));
    }
}

#[test]
fn on_hand_per_country_and_item_is_what_the_file_says() {
    let Imported { expected, report, .. } = &*IMPORTED;
    let (found, centre) = on_hand(&IMPORTED.snapshot());
    let wanted: BTreeMap<_, _> =
        expected.units_by_country_and_item().into_iter().map(|(key, units)| (key, units * 1_000)).collect();
    assert_eq!(found, wanted);
    assert_eq!(centre, 0, "the centre has sent all that it was opened with");
    assert_eq!(report.units.thousandths(), wanted.values().sum::<i64>());
    let by_store: i64 = report.stores.iter().map(|store| store.units.thousandths()).sum();
    assert_eq!(by_store, report.units.thousandths());
}

#[test]
fn the_centre_is_never_below_zero_on_any_day() {
    let read = IMPORTED.snapshot();
    let centre = reference::store_by_code(&read, "RDC").expect("a reading").expect("the centre");
    let mut movements = 0;
    for item in all_items(&read).into_keys() {
        for entry in pages(|page| ledger::of_item(&read, centre.id, item, page).expect("a ledger")) {
            movements += 1;
            assert!(!entry.balance.is_negative(), "{entry:?}");
        }
    }
    assert!(movements > 0);
    let tasks = pages(|page| domain::query::tasks::list(&read, None, page).expect("tasks"));
    assert!(tasks.is_empty(), "{tasks:?}");
}

#[test]
fn shipments_are_verified_and_dated_as_in_the_file() {
    let read = IMPORTED.snapshot();
    let mut found = BTreeMap::new();
    for store in reference::stores(&read).expect("stores").into_iter().filter(|store| store.code != "RDC") {
        let list = |page: &PageRequest| {
            shipments::list(&read, store.id, Direction::Inbound, &Default::default(), page)
                .expect("shipments")
        };
        for shipment in pages(list).into_iter().map(|row| row.shipment) {
            assert_eq!(shipment.status, Status::Verified);
            let day = domain::text::day_of(shipment.created_at);
            assert_eq!(day, domain::text::day_of(shipment.status_at));
            let note = shipment.reference.expect("the number in the file");
            found.insert((store.name.clone(), note), (day, shipment.lines));
        }
    }
    let mut wanted: BTreeMap<_, (_, u32)> = BTreeMap::new();
    for row in &IMPORTED.expected.good {
        let (year, month, day) = row.day;
        let day = domain::Date::new(year as i16, month as i8, day as i8).expect("a day");
        wanted.entry((row.country.clone(), row.note.clone())).or_insert((day, 0)).1 += 1;
    }
    assert_eq!(found, wanted);
}

#[test]
fn importing_twice_changes_nothing() {
    let Imported { bytes, report: first, store, .. } = &*IMPORTED;
    let mut store = store.lock().expect("nobody else writes");
    let scopes = snapshot(&store).scopes().expect("scopes");
    let prints = |store: &Store| -> Vec<_> {
        let read = snapshot(store);
        scopes.iter().map(|scope| read.fingerprint(scope).expect("a fingerprint")).collect()
    };
    let fingerprints = prints(&store);
    let second = run(&mut store, bytes);
    assert!(!first.changed_nothing() && second.changed_nothing());
    assert_eq!((second.accepted, second.already_there), (0, first.accepted));
    assert_eq!(second.rejected, first.rejected);
    assert_eq!((&second.stores, second.units), (&first.stores, first.units));
    assert_eq!(prints(&store), fingerprints);
    assert_eq!(snapshot(&store).scopes().expect("scopes"), scopes);
}

/// The sample's lines, header first; those tests that cut a file cut this one.
fn sample_lines() -> Vec<String> {
    let text =
        std::fs::read_to_string(project_root().join("tests/data/deliveries-sample.csv")).expect("the sample");
    text.split_inclusive('\n').map(str::to_owned).collect()
}

#[test]
fn a_file_may_be_imported_in_parts_and_in_any_order() {
    let lines = sample_lines();
    let (header, rows) = (lines[0].clone(), &lines[1..35]);
    let cut = rows.iter().position(|row| row.contains("DN-9105")).expect("a delivery to cut before");
    let part = |rows: &[String]| [std::slice::from_ref(&header), rows].concat().concat();
    let (mut whole, mut parts) = (central_store(), central_store());
    run(&mut whole, part(rows).as_bytes());
    // The later part first: the earlier one brings transfers of days before the centre was opened.
    let later = run(&mut parts, part(&rows[cut..]).as_bytes());
    let earlier = run(&mut parts, part(&rows[..cut]).as_bytes());
    assert_eq!((later.rejected.len(), earlier.rejected.len()), (0, 0));
    assert!(earlier.documents["stock_line"].corrected > 0, "{:?}", earlier.documents);
    assert_eq!(on_hand(&snapshot(&parts)), on_hand(&snapshot(&whole)));
    let read = snapshot(&parts);
    let centre = reference::store_by_code(&read, "RDC").expect("a reading").expect("the centre");
    for item in all_items(&read).into_keys() {
        let entries = pages(|page| ledger::of_item(&read, centre.id, item, page).expect("a ledger"));
        assert!(entries.iter().all(|entry| !entry.balance.is_negative()), "{entries:?}");
    }
}

#[test]
fn an_import_that_was_cut_is_finished_by_starting_it_again() {
    let Imported { bytes, report: once, .. } = &*IMPORTED;
    let mut cut = central_store();
    let mut begun = Import::prepare(bytes, &mapping()).expect("a plan");
    let steps: u64 = once.documents.values().map(|counts| counts.created).sum();
    for _ in 0..steps * 2 / 3 {
        let (command, pending) = begun.next_step().expect("a step");
        let reply = cut.execute(NOW, &Author::default(), command).expect("a store that works");
        begun.settle(pending, reply).expect("nothing is refused");
    }
    drop(begun);
    let again = run(&mut cut, bytes);
    assert!(again.already_there > 0 && again.accepted > 0);
    assert_eq!(again.accepted + again.already_there, once.accepted);
    assert_eq!(
        again.documents.get("stock_line").map(|counts| counts.corrected),
        Some(0),
        "nothing is opened twice"
    );
    assert_eq!(on_hand(&snapshot(&cut)), on_hand(&IMPORTED.snapshot()));
}

#[test]
fn a_row_that_is_new_to_a_verified_shipment_is_listed_and_not_added() {
    let lines = sample_lines();
    let without: String = lines.iter().filter(|line| !line.starts_with("46,")).cloned().collect();
    let mut store = central_store();
    run(&mut store, without.as_bytes());
    let before = on_hand(&snapshot(&store));
    let report = run(&mut store, lines.concat().as_bytes());
    let closed: Vec<_> = report.rejected.iter().filter(|row| row.code == "shipment-closed").collect();
    assert_eq!(closed.iter().filter_map(|row| row.row.as_deref()).collect::<Vec<_>>(), ["46"]);
    assert_eq!(report.accepted, 0);
    assert_eq!(on_hand(&snapshot(&store)), before);
}

#[test]
fn a_file_that_was_cut_within_a_shipment_leaves_the_rest_of_it_out_and_says_so() {
    let lines = sample_lines();
    let (header, rows) = (&lines[0], &lines[1..35]);
    let number = |row: &String| cells_of(row).concat()[4].clone();
    let has_begun = |at: &usize| rows[..*at].iter().any(|row| number(row) == number(&rows[*at]));
    let within = (1..rows.len()).find(has_begun).expect("a shipment of two rows");
    let part = |rows: &[String]| [std::slice::from_ref(header), rows].concat().concat();
    let mut store = central_store();
    assert_eq!(run(&mut store, part(&rows[..within]).as_bytes()).rejected, []);
    let whole = run(&mut store, part(rows).as_bytes());
    assert!(!whole.rejected.is_empty());
    assert!(whole.rejected.iter().all(|row| row.code == "shipment-closed"), "{:?}", whole.rejected);
}

#[test]
fn what_people_changed_since_is_left_alone() {
    let bytes = sample_lines().concat().into_bytes();
    let mut store = central_store();
    run(&mut store, &bytes);
    let (item, _) = all_items(&snapshot(&store)).into_iter().next().expect("an item");
    let renamed = UpdateItem { name: Some("Another name".to_owned()), ..UpdateItem::default() };
    let caller = Caller::system(Role::Central);
    let reply =
        store.execute(NOW, &Author::default(), |txn| domain::item::update(txn, &caller, item, &renamed));
    reply.expect("a store that works").expect("central may");
    assert!(run(&mut store, &bytes).changed_nothing());
    assert_eq!(all_items(&snapshot(&store))[&item], "Another name");
}

#[test]
fn an_item_code_that_another_item_has_ends_the_import_and_says_which() {
    let first = IMPORTED.snapshot();
    let taken = pages(|page| domain::query::items::list(&first, &Default::default(), page).expect("items"));
    let mut store = central_store();
    let caller = Caller::system(Role::Central);
    let command = CreateItem {
        id: None,
        code: taken[0].code.clone(),
        name: "Something else".to_owned(),
        unit: "piece".to_owned(),
        strength: None,
        ven: None,
        default_pack_size: None,
        is_vaccine: false,
        doses_per_unit: None,
        universal_code: None,
    };
    let reply = store.execute(NOW, &Author::default(), |txn| domain::item::create(txn, &caller, &command));
    reply.expect("a store that works").expect("central may");
    let error =
        import(&mut store, &IMPORTED.bytes, &mapping(), NOW, &mut |_| {}).expect_err("the code is taken");
    assert_eq!(error.code(), "document-refused");
    assert!(error.to_string().contains(&taken[0].name), "{error}");
}

#[test]
fn progress_runs_from_the_first_row_to_the_last() {
    let Imported { progress: seen, report, .. } = &*IMPORTED;
    assert!(seen.is_sorted_by_key(|progress| progress.rows_done));
    assert!(seen.iter().all(|progress| progress.rows == report.rows));
    assert_eq!(seen.last().map(|progress| progress.rows_done), Some(report.rows));
}

#[test]
fn the_same_text_in_windows_1252_is_the_same_import() {
    let text = sample_lines().concat();
    // All letters of the sample are in Latin-1, but for the mark of damage, whose row is rejected either way.
    let latin: Vec<u8> = text
        .trim_start_matches('\u{feff}')
        .chars()
        .map(|letter| u8::try_from(u32::from(letter)).unwrap_or(0x81))
        .collect();
    assert!(std::str::from_utf8(&latin).is_err());
    let (mut one, mut other) = (central_store(), central_store());
    let (utf_8, windows) = (run(&mut one, text.as_bytes()), run(&mut other, &latin));
    assert_eq!((utf_8.encoding.as_str(), windows.encoding.as_str()), ("UTF-8", "Windows-1252"));
    assert_eq!(on_hand(&snapshot(&one)), on_hand(&snapshot(&other)));
    assert_eq!(utf_8.rejected.len(), windows.rejected.len());
}

// ---- lived again ----

/// The same file as orders, shipments and receipts, in a central of its own.
fn lived() -> (Played, Store) {
    let (bytes, _) = deliveries();
    let rows = read_rows(&bytes, &mapping()).expect("a file that can be read");
    let mut store = central_store();
    let played = play(&mut store, &rows, &mapping()).expect("every day's rules allow it");
    (played, store)
}

#[test]
fn lived_again_every_unit_that_came_is_on_a_shelf_and_the_centre_has_nothing_left() {
    let Imported { expected, report, .. } = &*IMPORTED;
    let (played, store) = lived();
    let read = snapshot(&store);
    assert_eq!(played.rows, report.accepted);
    let (found, centre) = on_hand(&read);
    let came: BTreeMap<_, _> =
        expected.units_by_country_and_item().into_iter().map(|(key, units)| (key, units * 1_000)).collect();
    assert_eq!(found, came);
    assert_eq!(centre, 0);
    // What the centre bought is what it sent, and what stores ordered of it is what came.
    let bought = expected.good.iter().filter(|row| row.transfer).map(|row| row.units * 1_000).sum::<i64>();
    let stores = reference::stores(&read).expect("stores");
    let rdc = stores.iter().find(|store| store.code == "RDC").expect("the centre");
    let (mut came, mut left) = (0, 0);
    for item in all_items(&read).keys() {
        let rows = pages(|page| ledger::of_item(&read, rdc.id, *item, page).expect("a ledger"));
        for entry in rows {
            let quantity = entry.movement.quantity.thousandths();
            if quantity > 0 { came += quantity } else { left -= quantity }
        }
    }
    assert_eq!((came, left), (bought, bought));
    let mut ordered = 0;
    for store in &stores {
        let filter = RequisitionFilter::default();
        let orders =
            pages(|page| requisitions::list(&read, store.id, Side::Customer, &filter, page).expect("orders"));
        for order in orders {
            let today = domain::text::day_of(NOW);
            let detail = requisitions::detail(&read, order.requisition.id, today).expect("an order");
            assert!(detail.is_covered, "{} is covered", order.requisition.number);
            assert_eq!(order.requisition.status, domain::requisition::Status::Finalised);
            ordered += detail.line_details.iter().map(|line| line.requested.thousandths()).sum::<i64>();
        }
    }
    assert_eq!(ordered, bought);
}

#[test]
fn lived_again_nothing_is_left_to_do_and_the_numbers_of_documents_are_those_of_the_file() {
    let Imported { expected, .. } = &*IMPORTED;
    let (played, store) = lived();
    let read = snapshot(&store);
    let transfers =
        expected.distinct(|row| row.transfer.then(|| (row.note.clone(), row.country.clone(), row.day)));
    assert_eq!(played.orders, transfers.iter().flatten().count() as u64);
    let direct = |row: &Expected| {
        (!row.transfer).then(|| (row.note.clone(), row.country.clone(), row.vendor.clone(), row.day))
    };
    assert_eq!(played.direct, expected.distinct(direct).iter().flatten().count() as u64);
    let months = expected.distinct(|row| row.transfer.then_some((row.day.0, row.day.1)));
    assert_eq!(played.purchases, months.iter().flatten().count() as u64);
    for store in reference::stores(&read).expect("stores") {
        let figures = dashboard::of_store(&read, store.id, domain::text::day_of(NOW)).expect("figures");
        for code in
            ["inbound-not-delivered", "outbound-not-shipped", "requisitions-open", "orders-draft", "tasks"]
        {
            let count = figures.iter().find(|figure| figure.code == code).map(|figure| figure.count);
            assert_eq!(count, Some(0), "{code} of {}", store.name);
        }
    }
}
