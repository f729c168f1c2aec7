//! Laws of lists: pages, orders, filters.

use std::cell::Cell;
use std::collections::BTreeSet;
use std::ops::ControlFlow;

use crdt_store::{
    Document, DocumentHeader, DocumentId, KeyRange, Snapshot, StoreError, Totals, View, ViewRead,
};
use domain::{adjustment, query, stock_line};
use query::stock::{ItemStockFilter, StockFacet, StockFilter, StockSort};
use query::{Page, PageRequest};

use crate::stock::adjust;
use crate::world::{A, World, today, units};

/// All rows of a list, page by page.
fn all<T>(limit: usize, mut page: impl FnMut(&PageRequest) -> Page<T>) -> Vec<T> {
    let mut rows = Vec::new();
    let mut request = PageRequest::first(limit);
    loop {
        let found = page(&request);
        assert!(found.rows.len() <= limit);
        rows.extend(found.rows);
        match found.next {
            Some(next) => request.cursor = Some(next),
            None => return rows,
        }
    }
}

/// Thirty items with three batches each, of which every third is empty.
fn stocked() -> World {
    let mut world = World::new();
    let items: Vec<DocumentId> = (0..30)
        .map(|at| world.make_item(&format!("C{at:03}"), &format!("Article {:02}", (at * 7) % 30), 10))
        .collect();
    world.meet_all();
    for (at, item) in items.iter().enumerate() {
        for batch in 0..3 {
            let mut command = world.stock(A, &format!("L{at}-{batch}"), "", if batch == 2 { 0 } else { 10 });
            command.item = *item;
            command.expiry =
                (batch > 0).then(|| crate::world::day(&format!("202{}-0{}-15", 6 + batch, 1 + at % 9)));
            world.at(A, |txn, caller| stock_line::create(txn, caller, &command));
        }
    }
    world
}

#[test]
fn pages_of_any_length_make_up_the_same_list_in_the_order_of_names_and_expiry() {
    let world = stocked();
    let read = world.read(A);
    let list = |filter: &StockFilter, limit| {
        all(limit, |request| {
            query::stock::list(&read, world.centre, filter, today(), request).expect("a page")
        })
    };
    let everything = StockFilter::default();
    let whole = list(&everything, 500);
    assert_eq!(whole.len(), 90);
    let order: Vec<_> =
        whole.iter().map(|row| (row.item_name.clone(), row.expiry.is_none(), row.expiry)).collect();
    assert!(order.is_sorted());
    for limit in [1, 7, 100] {
        assert_eq!(list(&everything, limit), whole);
    }
    let by_expiry = StockFilter { sort: Some(StockSort::Expiry), ..StockFilter::default() };
    let whole = list(&by_expiry, 500);
    let order: Vec<_> = whole.iter().map(|row| (row.expiry.is_none(), row.expiry)).collect();
    assert!(whole.len() == 90 && order.is_sorted());
    assert_eq!(list(&by_expiry, 7), whole);
}

#[test]
fn facets_and_search_find_what_they_say() {
    let world = stocked();
    let read = world.read(A);
    let list = |filter: &StockFilter| {
        all(10, |request| query::stock::list(&read, world.centre, filter, today(), request).expect("a page"))
    };
    let facet = |facet| StockFilter { facet: Some(facet), ..StockFilter::default() };
    assert_eq!(list(&facet(StockFacet::InStock)).len(), 60);
    assert_eq!(list(&facet(StockFacet::Zero)).len(), 30);
    assert_eq!(list(&facet(StockFacet::OnHold)).len(), 0);
    assert_eq!(list(&facet(StockFacet::Expired)).len(), 0);
    let expiring = list(&facet(StockFacet::Expiring));
    assert!(
        !expiring.is_empty()
            && expiring.iter().all(|row| row.expiry <= Some(crate::world::day("2027-02-20")))
    );
    let search = |text: &str| StockFilter { search: Some(text.into()), ..StockFilter::default() };
    // All words, in the name or the code: «Article 07» and C007.
    assert_eq!(list(&search("ARTICLE 07")).len(), 6);
    assert_eq!(list(&search("c011")).len(), 3);
    assert_eq!(
        list(&search("l5-1")).iter().map(|row| row.batch.as_deref()).collect::<Vec<_>>(),
        [Some("L5-1")]
    );
    assert_eq!(list(&search("rien de tel")).len(), 0);
    let items = ItemStockFilter { search: None, in_stock: Some(true) };
    let rows = all(7, |request| query::stock::items(&read, world.centre, &items, request).expect("a page"));
    assert_eq!(rows.len(), 30);
    assert!(rows.iter().all(|row| row.on_hand == units(20)));
}

#[test]
fn the_running_balance_is_carried_from_page_to_page() {
    let mut world = World::new();
    let line = world.open_stock(A, "L1", "2027-06-30", 100);
    for at in 0..25 {
        let command = adjust(&world, line, units(if at % 3 == 0 { -2 } else { 5 }));
        world.at(A, |txn, caller| adjustment::create(txn, caller, &command));
    }
    let read = world.read(A);
    let (store, item) = (world.centre, world.amoxicillin);
    let whole = all(500, |request| query::ledger::of_item(&read, store, item, request).expect("a page"));
    assert_eq!((whole.len(), whole[0].balance), (26, world.on_hand(A, store)));
    for pair in whole.windows(2) {
        assert_eq!(pair[0].balance - pair[0].movement.quantity, pair[1].balance);
    }
    assert_eq!(whole.last().map(|entry| entry.balance), Some(units(100)));
    assert_eq!(all(4, |request| query::ledger::of_item(&read, store, item, request).expect("a page")), whole);
    assert_eq!(all(4, |request| query::ledger::of_line(&read, line, request).expect("a page")), whole);
}

#[test]
fn a_cursor_of_another_list_or_an_absurd_limit_is_refused() {
    let world = stocked();
    let read = world.read(A);
    let page =
        query::stock::list(&read, world.centre, &StockFilter::default(), today(), &PageRequest::first(5));
    let cursor = page.expect("a page").next;
    let code = |request: &PageRequest| match query::items::list(&read, &Default::default(), request)
        .expect_err("refused")
    {
        crdt_store::Failure::Rejected(rejection) => rejection.code,
        crdt_store::Failure::Store(error) => panic!("{error}"),
    };
    assert_eq!(code(&PageRequest { limit: None, cursor }), "invalid-cursor");
    assert_eq!(code(&PageRequest { limit: None, cursor: Some("xyz".into()) }), "invalid-cursor");
    for limit in [0, 501] {
        assert_eq!(code(&PageRequest::first(limit)), "validation");
    }
}

#[test]
fn rows_are_json_that_a_client_can_read() {
    let mut world = World::new();
    let mut command = world.stock(A, "L1", "2027-06-30", 10);
    command.quantity = "10.5".parse().expect("a quantity");
    command.sell_price = Some("1250".parse().expect("money"));
    let line = world.at(A, |txn, caller| stock_line::create(txn, caller, &command)).id;
    let row = query::stock::line(&world.read(A), line, today()).expect("a line");
    let json = serde_json::to_value(&row).expect("json");
    assert_eq!(json["onHand"], 10.5);
    assert_eq!(json["sellPrice"], "1250");
    assert_eq!(json["id"], line.to_string());
    assert_eq!(json["expiry"], "2027-06-30");
    assert_eq!(json["status"], "good");
    let parsed: domain::stock_line::UpdateStockLine =
        serde_json::from_str(r#"{"batch":null,"onHold":true}"#).expect("json");
    assert_eq!((parsed.batch, parsed.on_hold, parsed.expiry), (Some(None), Some(true), None));
    assert!(serde_json::from_str::<domain::stock_line::UpdateStockLine>(r#"{"onHand":5}"#).is_err());
    let quantity: domain::Quantity = serde_json::from_str("0.25").expect("json");
    assert_eq!(quantity.thousandths(), 250);
    assert!(serde_json::from_str::<domain::Quantity>("0.0001").is_err());
}

#[test]
fn every_id_in_a_page_is_there_once() {
    let world = stocked();
    let read = world.read(A);
    let rows = all(13, |request| {
        query::stock::list(&read, world.centre, &StockFilter::default(), today(), request).expect("a page")
    });
    let ids: BTreeSet<_> = rows.iter().map(|row| row.id).collect();
    assert_eq!(ids.len(), rows.len());
}

/// Counts what a query reads.
struct Counting<'s> {
    snapshot: &'s Snapshot,
    gets: Cell<usize>,
    scans: Cell<usize>,
    documents: Cell<usize>,
}

impl<'s> Counting<'s> {
    fn new(snapshot: &'s Snapshot) -> Self {
        Self { snapshot, gets: Cell::new(0), scans: Cell::new(0), documents: Cell::new(0) }
    }
}

fn count(cell: &Cell<usize>) {
    cell.set(cell.get() + 1);
}

impl ViewRead for Counting<'_> {
    fn get(&self, view: View, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        count(&self.gets);
        self.snapshot.get(view, key)
    }

    fn scan(
        &self,
        view: View,
        range: KeyRange<'_>,
        backwards: bool,
        visit: &mut dyn FnMut(&[u8], &[u8]) -> ControlFlow<()>,
    ) -> Result<(), StoreError> {
        count(&self.scans);
        self.snapshot.scan(view, range, backwards, visit)
    }

    fn totals(&self, view: View, key: &[u8]) -> Result<Totals, StoreError> {
        count(&self.gets);
        self.snapshot.totals(view, key)
    }

    fn scan_totals(
        &self,
        view: View,
        range: KeyRange<'_>,
        visit: &mut dyn FnMut(&[u8], &Totals) -> ControlFlow<()>,
    ) -> Result<(), StoreError> {
        count(&self.scans);
        self.snapshot.scan_totals(view, range, visit)
    }

    fn document(&self, id: DocumentId) -> Result<Option<Document>, StoreError> {
        count(&self.documents);
        self.snapshot.document(id)
    }

    fn document_at(
        &self,
        id: DocumentId,
        at: crdt_store::Timestamp,
    ) -> Result<Option<crdt_store::Document>, StoreError> {
        count(&self.documents);
        self.snapshot.document_at(id, at)
    }

    fn header(&self, id: DocumentId) -> Result<Option<DocumentHeader>, StoreError> {
        count(&self.documents);
        self.snapshot.header(id)
    }

    fn local(&self, namespace: &'static str, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        self.snapshot.local(namespace, key)
    }
}

#[test]
fn a_page_of_stock_costs_a_bounded_number_of_reads_per_row_and_loads_no_document() {
    let world = stocked();
    let snapshot = world.read(A);
    for sort in [StockSort::Name, StockSort::Expiry] {
        let read = Counting::new(&snapshot);
        let filter = StockFilter { sort: Some(sort), ..StockFilter::default() };
        let page = query::stock::list(&read, world.centre, &filter, today(), &PageRequest::first(60))
            .expect("a page");
        assert_eq!(page.rows.len(), 60);
        assert_eq!(read.documents.get(), 0);
        // Each row: its balance, and by expiry its own row and now and then its item.
        assert!(read.gets.get() <= 3 * 61 + 5, "{sort:?}: {} reads", read.gets.get());
        // By name each item: its lines; beside them the index of names and the items kept.
        assert!(read.scans.get() <= 60 / 3 + 5, "{sort:?}: {} scans", read.scans.get());
    }
}

#[test]
fn a_page_of_a_ledger_costs_the_same_however_long_the_ledger() {
    let mut world = World::new();
    let line = world.open_stock(A, "L1", "2027-06-30", 100);
    let mut reads = Vec::new();
    for _ in 0..2 {
        for _ in 0..30 {
            let command = adjust(&world, line, units(1));
            world.at(A, |txn, caller| adjustment::create(txn, caller, &command));
        }
        let snapshot = world.read(A);
        let read = Counting::new(&snapshot);
        let page = query::ledger::of_item(&read, world.centre, world.amoxicillin, &PageRequest::first(10));
        assert_eq!(page.expect("a page").rows.len(), 10);
        reads.push((read.gets.get(), read.scans.get(), read.documents.get()));
    }
    assert_eq!(reads[0], reads[1]);
}
