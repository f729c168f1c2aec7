//! Imports: why a table can be imported twice, on two devices, in pieces, and taken back, and nothing is ever counted
//! twice or lost.

use crdt_store::{DocumentId, Rejection};
use domain::adjustment::{self, AdjustLine, CreateAdjustment};
use domain::import::{
    self, Begin, Begun, Chunk, ImportKind, Outcome, Preview, Raw, Style, Table, TableRow, Tally, Undo,
    Undone, Values,
};
use domain::programme::{self, CreateProgramme};
use domain::query::stocktakes::{self as lines_query, LineFilter, LinePart, StocktakeLine};
use domain::query::{PageRequest, items, ledger, requisitions, stock};
use domain::requisition::{self, CreateRequisition, NewLine, UpdateLine};
use domain::shipment::End;
use domain::stocktake::{
    self, CountLine, CountLines, CreateStocktake, Finalise, Selection, SheetOrder, UpdateStocktake,
};
use domain::{Quantity, stock_line};

use crate::world::{A, B, CENTRAL, D, World, units};

fn table(header: &[&str], rows: &[&[&str]]) -> Table {
    let cell = |text: &&str| if text.is_empty() { Raw::Empty } else { Raw::Text((*text).to_owned()) };
    let row = |(at, cells): (usize, &&[&str])| TableRow {
        line: at as u32 + 2,
        cells: cells.iter().map(cell).collect(),
    };
    Table {
        header: header.iter().map(|name| (*name).to_owned()).collect(),
        rows: rows.iter().enumerate().map(row).collect(),
        errors: Vec::new(),
    }
}

const SHELF: [&str; 5] = ["Code article", "Lot", "Péremption", "Quantité", "Cond."];

fn shelf(rows: &[&[&str]]) -> Table {
    table(&["Code article", "Lot", "Péremption", "Quantité"], rows)
}

const ROWS: &[&[&str]] = &[
    &["AMX250", "L1", "30/06/2027", "1 200"],
    &["amx250", "L2", "07/2027", "50,5"],
    &["PCM500", "", "", "10"],
];

fn preview(world: &World, node: usize, kind: ImportKind, table: &Table) -> Preview {
    let mapping = import::recognise(kind.columns(), &table.header);
    let typed = import::typed(kind, table, &mapping, Style::default());
    let store = kind.of_store().then(|| world.store_of(node));
    import::check(kind, &world.read(node), &world.caller(node), store, typed).expect("permitted")
}

/// Imports a table as a person does; the import, what came of it, and the rejection of what could not begin.
fn import(
    world: &mut World,
    node: usize,
    kind: ImportKind,
    table: &Table,
) -> Result<(DocumentId, Tally, Begun), Rejection> {
    let preview = preview(world, node, kind, table);
    let store = kind.of_store().then(|| world.store_of(node));
    let rows: Vec<(u32, Values)> = preview.rows.into_iter().map(|row| (row.line, row.values)).collect();
    let id = import::id_of(&world.read(node), kind, store, rows.iter().map(|(_, values)| values))
        .expect("memory reads");
    let begin = Begin { kind, store, file: "stock.csv".into(), about: None, id, rows: rows.len() as u32 };
    let begun = world.try_at(node, |txn, caller| import::begin(txn, caller, &begin))?;
    let mut tally = Tally::default();
    if begun == Begun::Open {
        for rows in rows.chunks(2) {
            let chunk: Chunk = world.try_at(node, |txn, caller| import::apply(txn, caller, id, rows))?;
            tally += chunk.tally;
        }
        world.try_at(node, |txn, caller| import::finish(txn, caller, id, &tally))?;
    }
    Ok((id, tally, begun))
}

fn undo(world: &mut World, node: usize, id: DocumentId) -> Undone {
    let undone = world.at(node, |txn, caller| import::undo(txn, caller, id, &Undo::default()));
    let kept = undone.errors.len() as u32;
    world.at(node, |txn, caller| import::settle_undo(txn, caller, id, kept));
    undone
}

fn stock_of(world: &World, node: usize) -> Vec<(String, String, Quantity)> {
    let filter =
        stock::StockFilter { facet: Some(stock::StockFacet::InStock), ..stock::StockFilter::default() };
    let store = world.store_of(node);
    let page =
        stock::list(&world.read(node), store, &filter, crate::world::today(), &PageRequest::first(100))
            .expect("reads");
    page.rows.into_iter().map(|row| (row.item_code, row.batch.unwrap_or_default(), row.on_hand)).collect()
}

#[test]
fn a_table_becomes_what_it_says_and_the_same_table_again_nothing() {
    let mut world = World::new();
    let (id, tally, _) = import(&mut world, A, ImportKind::OpeningStock, &shelf(ROWS)).expect("fine");
    assert_eq!(tally, Tally { created: 3, ..Tally::default() });
    assert_eq!(
        stock_of(&world, A),
        [
            ("AMX250".into(), "L1".into(), units(1_200)),
            ("AMX250".into(), "L2".into(), Quantity::from_thousandths(50_500)),
            ("PCM500".into(), String::new(), units(10)),
        ]
    );
    let before = world.views(A);
    let (again, tally, begun) = import(&mut world, A, ImportKind::OpeningStock, &shelf(ROWS)).expect("fine");
    assert_eq!((again, tally, begun), (id, Tally::default(), Begun::Done));
    assert_eq!(world.views(A), before);
    let [same, create] = [Outcome::Same, Outcome::Create]
        .map(|outcome| preview(&world, A, ImportKind::OpeningStock, &shelf(ROWS)).count(outcome));
    assert_eq!((same, create), (3, 0));
}

#[test]
fn an_import_that_was_cut_off_is_finished_by_the_same_table() {
    let mut world = World::new();
    let kind = ImportKind::OpeningStock;
    let rows: Vec<(u32, Values)> =
        preview(&world, A, kind, &shelf(ROWS)).rows.into_iter().map(|row| (row.line, row.values)).collect();
    let store = Some(world.centre);
    let id =
        import::id_of(&world.read(A), kind, store, rows.iter().map(|(_, values)| values)).expect("reads");
    let begin = Begin { kind, store, file: "stock.csv".into(), about: None, id, rows: 3 };
    world.at(A, |txn, caller| import::begin(txn, caller, &begin));
    world.at(A, |txn, caller| import::apply(txn, caller, id, &rows[..2]));
    // The power fails here; the same chunk pressed again does nothing either.
    let chunk = world.at(A, |txn, caller| import::apply(txn, caller, id, &rows[..2]));
    assert_eq!((chunk.tally.created, chunk.tally.same), (0, 2));
    let (again, tally, begun) = import(&mut world, A, kind, &shelf(ROWS)).expect("fine");
    assert_eq!((again, begun, tally.created, tally.same), (id, Begun::Open, 1, 2));
    assert_eq!(stock_of(&world, A).len(), 3);
}

#[test]
fn two_devices_that_import_one_table_offline_make_one_stock_of_it() {
    let mut world = World::new();
    let (of_a, ..) = import(&mut world, A, ImportKind::OpeningStock, &shelf(ROWS)).expect("fine");
    let (of_b, ..) = import(&mut world, B, ImportKind::OpeningStock, &shelf(ROWS)).expect("fine");
    assert_eq!(of_a, of_b);
    world.meet_all();
    world.assert_converged();
    assert_eq!(world.on_hand(A, world.centre), Quantity::from_thousandths(1_250_500));
    // Another version of the table: one line all the same, with one of the two quantities.
    let mut world = World::new();
    import(&mut world, A, ImportKind::OpeningStock, &shelf(&[&["AMX250", "L1", "2027-06-30", "100"]]))
        .expect("fine");
    import(&mut world, B, ImportKind::OpeningStock, &shelf(&[&["AMX250", "L1", "2027-06-30", "120"]]))
        .expect("fine");
    world.meet_all();
    world.assert_converged();
    assert!([units(100), units(120)].contains(&world.on_hand(A, world.centre)));
}

#[test]
fn an_undo_takes_back_what_was_opened_but_not_what_was_used_and_the_table_can_be_imported_anew() {
    let mut world = World::new();
    let kind = ImportKind::OpeningStock;
    let (id, ..) = import(&mut world, A, kind, &shelf(ROWS)).expect("fine");
    let lines = import::made(&world.read(A), id, None, 100).expect("reads");
    let used = lines
        .iter()
        .copied()
        .find(|line| world.balance(A, *line).0 == units(1_200))
        .expect("the first batch");
    let wish = CreateAdjustment {
        store: world.centre,
        lines: vec![AdjustLine { stock_line: used, quantity: units(-200), reason: None, note: None }],
        comment: None,
    };
    world.at(A, |txn, caller| adjustment::create(txn, caller, &wish));
    let undone = undo(&mut world, A, id);
    assert_eq!(undone.undone, 2);
    let [error] = &undone.errors[..] else { panic!("one batch was used: {:?}", undone.errors) };
    assert_eq!((error.document, error.code.as_str()), (used, "used-since"));
    assert!(error.name.contains("AMX250") && error.name.contains("L1"));
    assert_eq!(stock_of(&world, A), [("AMX250".into(), "L1".into(), units(1_000))]);

    // Each line tells its story: what was opened left again.
    let back = *lines.iter().find(|line| **line != used).expect("two others");
    let story = ledger::of_line(&world.read(A), back, &PageRequest::first(10)).expect("reads").rows;
    assert_eq!((story.len(), story[0].balance), (2, Quantity::ZERO));
    assert_eq!(undo(&mut world, A, id).undone, 2, "twice is once");

    let again = preview(&world, A, kind, &shelf(ROWS));
    assert_eq!((again.count(Outcome::Create), again.count(Outcome::Same)), (2, 1));
    let (another, tally, _) = import(&mut world, A, kind, &shelf(ROWS)).expect("fine");
    assert!(another != id && tally.created == 2);
    assert_eq!(stock_of(&world, A).len(), 3);
    world.meet_all();
    world.assert_converged();
}

#[test]
fn two_devices_that_take_one_import_back_offline_take_it_back_once() {
    let mut world = World::new();
    let (id, ..) = import(&mut world, A, ImportKind::OpeningStock, &shelf(ROWS)).expect("fine");
    world.meet_all();
    undo(&mut world, A, id);
    undo(&mut world, B, id);
    world.meet_all();
    world.assert_converged();
    assert_eq!(world.on_hand(A, world.centre), Quantity::ZERO);
}

#[test]
fn a_batch_that_is_in_stock_is_never_opened_twice() {
    let mut world = World::new();
    world.open_stock(A, "L1", "2027-06-30", 70);
    let found = preview(&world, A, ImportKind::OpeningStock, &shelf(ROWS));
    assert_eq!(found.count(Outcome::Create), 2);
    assert_eq!((found.errors[0].line, found.errors[0].code.as_str()), (2, "already-in-stock"));
    // What is checked again at the last moment is refused then.
    let rows: Vec<(u32, Values)> = found.rows.into_iter().map(|row| (row.line, row.values)).collect();
    world.open_stock(A, "L2", "2027-07-31", 9);
    let kind = ImportKind::OpeningStock;
    let begin = Begin {
        kind,
        store: Some(world.centre),
        file: "x".into(),
        about: None,
        id: world.centre.derived("x"),
        rows: 2,
    };
    world.at(A, |txn, caller| import::begin(txn, caller, &begin));
    let chunk = world.at(A, |txn, caller| import::apply(txn, caller, begin.id, &rows));
    assert_eq!(
        (chunk.tally.created, chunk.tally.refused, chunk.errors[0].code.as_str()),
        (1, 1, "already-in-stock")
    );
}

#[test]
fn every_wrong_row_is_named_by_its_line_column_and_code_and_the_others_stay() {
    let world = World::new();
    let rows: &[&[&str]] = &[
        &["AMX250", "L1", "30/06/2027", "12"],
        &["NOPE", "L1", "30/06/2027", "12"],
        &["AMX250", "L2", "", "1,5,0"],
        &["AMX250", "L3", "", "-4"],
        &["AMX250", "L4", "", ""],
        &["AMX250", "L1", "30/06/2027", "13"],
        &["AMX250", "L5", "31/02/2027", "1"],
    ];
    let found = preview(&world, A, ImportKind::OpeningStock, &shelf(rows));
    let told: Vec<(u32, Option<&str>, &str)> =
        found.errors.iter().map(|error| (error.line, error.column.as_deref(), error.code.as_str())).collect();
    assert_eq!(
        told,
        [
            (3, Some("itemCode"), "unknown-item"),
            (4, Some("quantity"), "not-a-number"),
            (5, Some("quantity"), "validation"),
            (6, Some("quantity"), "missing-value"),
            (7, None, "duplicate-row"),
            (8, Some("expiry"), "not-a-day"),
        ]
    );
    assert_eq!(found.rows.len(), 1);
    assert_eq!(import::recognise(ImportKind::OpeningStock.columns(), &SHELF.map(str::to_owned)).len(), 4);
}

#[test]
fn a_batch_is_kept_for_the_programme_that_its_row_names_by_code_or_name() {
    let mut world = World::new();
    let create = |code: &str, name: &str, stores: Vec<DocumentId>| CreateProgramme {
        id: None,
        code: code.into(),
        name: name.into(),
        immunisation: false,
        items: Vec::new(),
        stores,
        schedule: None,
    };
    let centre = world.centre;
    let elsewhere = vec![world.district];
    let malaria = create("MAL", "Lutte contre le paludisme", Vec::new());
    let malaria = world.central(|txn, caller| programme::create(txn, caller, &malaria)).id;
    for command in [
        create("DIS", "District only", elsewhere),
        create("T1", "Tuberculose", vec![centre]),
        create("T2", "Tuberculose", vec![centre]),
    ] {
        world.central(|txn, caller| programme::create(txn, caller, &command));
    }
    world.meet_all();
    let rows: &[&[&str]] = &[
        &["AMX250", "L1", "12", "mal"],
        &["AMX250", "L2", "12", "lutte contre le Paludisme"],
        &["AMX250", "L3", "12", ""],
        &["AMX250", "L4", "12", "NOPE"],
        &["AMX250", "L5", "12", "DIS"],
        &["AMX250", "L6", "12", "tuberculose"],
    ];
    let table = table(&["Code article", "Lot", "Quantité", "Programme"], rows);
    let found = preview(&world, A, ImportKind::OpeningStock, &table);
    let told: Vec<(u32, Option<&str>, &str)> =
        found.errors.iter().map(|error| (error.line, error.column.as_deref(), error.code.as_str())).collect();
    let unknown = |line| (line, Some("programme"), "unknown-programme");
    assert_eq!(told, [unknown(5), unknown(6), unknown(7)], "unknown, not seen here, and two of one name");
    let (made, ..) = import(&mut world, A, ImportKind::OpeningStock, &table).expect("permitted");
    let lines = import::made(&world.read(A), made, None, 10).expect("a view");
    let mut kept: Vec<(String, Option<DocumentId>)> = lines
        .iter()
        .map(|line| stock::line(&world.read(A), *line, crate::world::today()).expect("a line"))
        .map(|row| (row.batch.unwrap_or_default(), row.programme))
        .collect();
    kept.sort();
    let for_malaria = Some(malaria);
    assert_eq!(
        kept,
        [("L1".to_owned(), for_malaria), ("L2".to_owned(), for_malaria), ("L3".to_owned(), None)]
    );
}

#[test]
fn items_are_made_changed_and_put_back_on_central_only() {
    let mut world = World::new();
    let kind = ImportKind::Items;
    let header = ["code", "name", "unit", "pack size", "ven", "vaccine"];
    let rows: &[&[&str]] = &[
        &["BCG20", "BCG", "dose", "20", "Vital", "oui"],
        &["amx250", "Amoxicilline 250 mg", "comprimé", "500", "essentiel", ""],
        &["PCM500", "Paracétamol 500 mg", "comprimé", "1000", "", ""],
    ];
    let store = None;
    let refused = {
        let typed = import::typed(kind, &table(&header, rows), &Default::default(), Style::default());
        import::check(kind, &world.read(A), &world.caller(A), store, typed).expect_err("a site")
    };
    assert!(refused.to_string().contains("central"), "{refused}");

    let (id, tally, _) = import(&mut world, CENTRAL, kind, &table(&header, rows)).expect("fine");
    assert_eq!((tally.created, tally.changed, tally.same), (1, 1, 1));
    let item = |world: &World, code: &str| items::by_code(&world.read(CENTRAL), code).expect("reads");
    let bcg = item(&world, "BCG20").expect("made");
    assert!(bcg.is_vaccine && bcg.default_pack_size == 20);
    assert_eq!(item(&world, "AMX250").expect("there").default_pack_size, 500);

    world.meet_all();
    let undone = undo(&mut world, CENTRAL, id);
    assert!(undone.errors.is_empty(), "{:?}", undone.errors);
    assert!(item(&world, "BCG20").is_none(), "its code is free");
    assert_eq!(items::detail(&world.read(CENTRAL), bcg.id).expect("its name is known").name, "BCG");
    assert_eq!(item(&world, "AMX250").expect("there").default_pack_size, 100);
    let (again, tally, _) = import(&mut world, CENTRAL, kind, &table(&header, rows)).expect("fine");
    assert!(again != id && tally.created == 1 && tally.changed == 1);
    world.meet_all();
    world.assert_converged();
}

#[test]
fn an_item_that_was_used_or_changed_since_its_import_stays() {
    let mut world = World::new();
    let kind = ImportKind::Items;
    let rows: &[&[&str]] =
        &[&["BCG20", "BCG", "dose"], &["OPV10", "VPO", "dose"], &["AMX250", "Amoxicilline", "comprimé"]];
    let (id, ..) = import(&mut world, CENTRAL, kind, &table(&["code", "name", "unit"], rows)).expect("fine");
    let bcg = items::by_code(&world.read(CENTRAL), "BCG20").expect("reads").expect("made").id;
    world.meet_all();
    let mut opening = world.stock(D, "B1", "", 5);
    opening.item = bcg;
    world.at(D, |txn, caller| stock_line::create(txn, caller, &opening));
    world.meet_all();
    let amoxicillin = world.amoxicillin;
    let rename = domain::item::UpdateItem { name: Some("Amoxi".into()), ..Default::default() };
    world.central(|txn, caller| domain::item::update(txn, caller, amoxicillin, &rename));
    let undone = undo(&mut world, CENTRAL, id);
    let codes: Vec<&str> = undone.errors.iter().map(|error| error.code.as_str()).collect();
    assert_eq!((undone.undone, codes.len()), (1, 2));
    assert!(codes.contains(&"used-since") && codes.contains(&"changed-since"));
    assert!(items::by_code(&world.read(CENTRAL), "BCG20").expect("reads").is_some());
}

// ---- counts ----

const SHEET: [&str; 7] = ["Code article", "Lot", "Péremption", "Compté", "line", "Remarque", "found"];

fn counting(world: &mut World, node: usize, blank: bool) -> DocumentId {
    let command = CreateStocktake {
        store: world.centre,
        description: None,
        comment: None,
        selection: Selection { blank, ..Selection::default() },
        order: SheetOrder::Item,
        blind: false,
        initial: false,
    };
    world.at(node, |txn, caller| stocktake::create(txn, caller, &command)).id
}

fn counts_of(world: &World, node: usize, id: DocumentId, rows: &[&[&str]], add_found: bool) -> Preview {
    let kind = ImportKind::Counts;
    let table = table(&SHEET, rows);
    let mapping = import::recognise(kind.columns(), &table.header);
    let typed = import::typed(kind, &table, &mapping, Style::default()).about(id, add_found);
    import::check(kind, &world.read(node), &world.caller(node), Some(world.centre), typed).expect("permitted")
}

fn import_counts(
    world: &mut World,
    node: usize,
    id: DocumentId,
    rows: &[&[&str]],
    add_found: bool,
) -> (DocumentId, Tally, Begun) {
    let kind = ImportKind::Counts;
    let preview = counts_of(world, node, id, rows, add_found);
    let rows: Vec<(u32, Values)> = preview.rows.into_iter().map(|row| (row.line, row.values)).collect();
    let store = Some(world.centre);
    let import =
        import::id_of(&world.read(node), kind, store, rows.iter().map(|(_, values)| values)).expect("reads");
    let begin =
        Begin { kind, store, file: "sheet.csv".into(), about: Some(id), id: import, rows: rows.len() as u32 };
    let begun = world.at(node, |txn, caller| import::begin(txn, caller, &begin));
    let mut tally = Tally::default();
    if begun == Begun::Open {
        let chunk = world.at(node, |txn, caller| import::apply(txn, caller, import, &rows));
        assert!(chunk.errors.is_empty(), "{:?}", chunk.errors);
        tally += chunk.tally;
        world.at(node, |txn, caller| import::finish(txn, caller, import, &tally));
    }
    (import, tally, begun)
}

fn sheet(world: &World, node: usize, id: DocumentId, part: Option<LinePart>) -> Vec<StocktakeLine> {
    let filter = LineFilter { part, ..LineFilter::default() };
    lines_query::lines(&world.read(node), id, &filter, &PageRequest::first(500)).expect("lines").rows
}

fn counted(world: &World, node: usize, id: DocumentId) -> Vec<(String, Option<Quantity>)> {
    let of = |line: StocktakeLine| (line.batch.unwrap_or_default(), line.count.map(|count| count.quantity));
    sheet(world, node, id, None).into_iter().map(of).collect()
}

fn count_by_hand(world: &mut World, node: usize, id: DocumentId, line: DocumentId, quantity: i64) {
    let line = CountLine { stock_line: line, quantity: Some(Some(units(quantity))), ..CountLine::default() };
    let command = CountLines { lines: vec![line] };
    world.at(node, |txn, caller| stocktake::count(txn, caller, id, &command));
}

#[test]
fn a_sheet_that_was_filled_in_becomes_counts_and_rows_without_one_are_left_alone() {
    let mut world = World::new();
    let (one, two) =
        (world.open_stock(A, "L1", "2027-06-30", 100), world.open_stock(A, "L2", "2027-07-31", 50));
    world.open_stock(A, "L3", "2027-08-31", 5);
    let id = counting(&mut world, A, false);
    let rows: &[&[&str]] = &[
        &["amx250", "", "", "95", "1", "torn box", ""],
        &["AMX250", "l2", "07/2027", "50", "", "", ""],
        &["AMX250", "L3", "2027-08-31", "", "", "", ""],
        &["AMX250", "L3", "nonsense", "", "3", "", ""],
    ];
    let seen = counts_of(&world, A, id, rows, false);
    assert_eq!((seen.count(Outcome::Create), seen.errors.len(), seen.blank), (2, 0, 2));
    let (import, tally, _) = import_counts(&mut world, A, id, rows, false);
    assert_eq!(tally, Tally { created: 2, ..Tally::default() });
    let wanted = [("L1".into(), Some(units(95))), ("L2".into(), Some(units(50))), ("L3".to_owned(), None)];
    assert_eq!(counted(&world, A, id), wanted);
    assert_eq!(sheet(&world, A, id, None)[0].note.as_deref(), Some("torn box"));
    let before = world.views(A);
    assert_eq!(import_counts(&mut world, A, id, rows, false), (import, Tally::default(), Begun::Done));
    assert_eq!(world.views(A), before);
    assert_eq!(counts_of(&world, A, id, rows, false).count(Outcome::Same), 2);
    world.at(A, |txn, caller| stocktake::finalise(txn, caller, id, &Finalise::default()));
    assert_eq!((world.balance(A, one).0, world.balance(A, two).0), (units(95), units(50)));
    world.assert_views_follow_from_documents(A);
}

#[test]
fn a_batch_that_is_not_on_the_sheet_is_added_and_one_not_on_paper_only_when_somebody_says_so() {
    let mut world = World::new();
    let known = world.open_stock(A, "L1", "2027-06-30", 100);
    let id = counting(&mut world, A, true);
    let rows: &[&[&str]] = &[
        &["AMX250", "L1", "2027-06-30", "95", "", "", ""],
        &["AMX250", "NEW", "2028-03-31", "7", "", "", ""],
        &["PCM500", "", "", "8", "", "", "oui"],
    ];
    let seen = counts_of(&world, A, id, rows, false);
    assert_eq!((seen.errors[0].line, seen.errors[0].code.as_str()), (3, "unknown-batch"));
    assert_eq!(seen.count(Outcome::Create), 2);
    let (import, tally, _) = import_counts(&mut world, A, id, rows, true);
    assert_eq!(tally.created, 3);
    let positions: Vec<u32> = sheet(&world, A, id, None).iter().map(|line| line.position).collect();
    assert_eq!(positions, [1, 2, 3]);
    assert_eq!(counts_of(&world, A, id, rows, true).count(Outcome::Same), 3);
    // An undo takes the counts back, and what it added off the sheet.
    let undone = undo(&mut world, A, import);
    assert_eq!((undone.undone, undone.errors.len()), (3, 0));
    assert!(sheet(&world, A, id, None).is_empty());
    // The same table is a new import then.
    let (again, ..) = import_counts(&mut world, A, id, rows, true);
    assert_ne!(again, import);
    world.at(A, |txn, caller| stocktake::finalise(txn, caller, id, &Finalise::default()));
    assert_eq!(world.balance(A, known).0, units(95));
    assert_eq!(world.on_hand(A, world.centre), units(102));
    world.assert_views_follow_from_documents(A);
}

#[test]
fn a_row_that_could_be_several_lines_or_another_item_is_an_error() {
    let mut world = World::new();
    for _ in 0..2 {
        world.open_stock(A, "L1", "2027-06-30", 100);
    }
    let id = counting(&mut world, A, false);
    let rows: &[&[&str]] = &[
        &["AMX250", "L1", "2027-06-30", "95", "", "", ""],
        &["PCM500", "L1", "2027-06-30", "95", "1", "", ""],
        &["AMX250", "", "", "95", "9", "", ""],
        &["", "L1", "2027-06-30", "95", "", "", ""],
        &["AMX250", "", "", "95", "1", "", ""],
        &["AMX250", "L1", "2027-06-30", "-1", "2", "", ""],
    ];
    let seen = counts_of(&world, A, id, rows, true);
    let codes: Vec<(u32, &str)> = seen.errors.iter().map(|error| (error.line, error.code.as_str())).collect();
    let wanted = [
        (2, "ambiguous-line"),
        (3, "line-mismatch"),
        (4, "line-mismatch"),
        (5, "missing-value"),
        (7, "validation"),
    ];
    assert_eq!(codes, wanted);
    assert!(seen.errors[0].value.as_deref().is_some_and(|value| value.contains("L1 2027-06-30")));
    assert_eq!(seen.rows.len(), 1);
}

#[test]
fn one_table_of_counts_on_two_devices_agrees_and_two_tables_that_differ_are_flagged() {
    for (of_b, rivals) in [("95", 0), ("97", 1)] {
        let mut world = World::new();
        world.open_stock(A, "L1", "2027-06-30", 100);
        let id = counting(&mut world, A, false);
        world.meet_all();
        let row = |count: &'static str| ["AMX250", "L1", "2027-06-30", count, "", "", ""];
        let found = ["AMX250", "NEW", "2028-03-31", "7", "", "", ""];
        import_counts(&mut world, A, id, &[&row("95"), &found], true);
        let (import, ..) = import_counts(&mut world, B, id, &[&row(of_b), &found], true);
        world.meet_all();
        world.assert_converged();
        assert_eq!(sheet(&world, A, id, Some(LinePart::Doubtful)).len(), rivals);
        assert_eq!(sheet(&world, A, id, None).len(), 2, "the batch that both found is one");
        if rivals == 0 {
            let undone = undo(&mut world, B, import);
            assert!(undone.errors.is_empty(), "{:?}", undone.errors);
            world.meet_all();
            world.assert_converged();
            assert_eq!(counted(&world, A, id), [("L1".to_owned(), None)]);
        }
    }
}

#[test]
fn an_undo_brings_the_count_before_back_and_leaves_what_was_counted_since() {
    let mut world = World::new();
    let (one, two) =
        (world.open_stock(A, "L1", "2027-06-30", 100), world.open_stock(A, "L2", "2027-07-31", 50));
    let id = counting(&mut world, A, false);
    count_by_hand(&mut world, A, id, one, 99);
    let rows: &[&[&str]] = &[
        &["AMX250", "L1", "2027-06-30", "95", "", "damp", ""],
        &["AMX250", "L2", "2027-07-31", "49", "", "", ""],
    ];
    let (import, tally, _) = import_counts(&mut world, A, id, rows, false);
    assert_eq!((tally.created, tally.changed), (1, 1));
    count_by_hand(&mut world, A, id, two, 48);
    let undone = undo(&mut world, A, import);
    assert_eq!(undone.errors.iter().map(|error| error.code.as_str()).collect::<Vec<_>>(), ["counted-since"]);
    let wanted = [("L1".into(), Some(units(99))), ("L2".to_owned(), Some(units(48)))];
    assert_eq!(counted(&world, A, id), wanted);
    assert_eq!(sheet(&world, A, id, None)[0].note, None);
    // Once more is the same.
    assert_eq!(undo(&mut world, A, import).undone, 1);
    assert_eq!(counted(&world, A, id), wanted);
    world.assert_views_follow_from_documents(A);
}

#[test]
fn a_stocktake_that_cannot_be_counted_takes_no_table() {
    let mut world = World::new();
    world.open_stock(A, "L1", "2027-06-30", 100);
    let id = counting(&mut world, A, false);
    let code = |world: &World| {
        let (read, caller) = (world.read(A), world.caller(A));
        match import::require_stocktake(&read, &caller, Some(world.centre), id) {
            Err(crdt_store::Failure::Rejected(rejection)) => rejection.code,
            other => panic!("{other:?}"),
        }
    };
    let row: &[&[&str]] = &[&["AMX250", "L1", "2027-06-30", "95", "", "", ""]];
    let hold = |on_hold| UpdateStocktake { on_hold: Some(on_hold), ..UpdateStocktake::default() };
    world.at(A, |txn, caller| stocktake::update(txn, caller, id, &hold(true)));
    assert_eq!(code(&world), "on-hold");
    assert_eq!(counts_of(&world, A, id, row, false).errors[0].code, "on-hold");
    world.at(A, |txn, caller| stocktake::update(txn, caller, id, &hold(false)));
    world.at(A, |txn, caller| stocktake::cancel(txn, caller, id));
    assert_eq!(code(&world), "wrong-status");
}

// ---- lines of an order ----

/// A draft order of the health centre's to its district, with a line of paracetamol.
fn draft(world: &mut World, node: usize, programme: Option<DocumentId>) -> DocumentId {
    let command = CreateRequisition {
        store: world.centre,
        supplier: Some(End::Store(world.district)),
        programme,
        order_type: None,
        period: None,
        emergency: false,
        min_months: None,
        max_months: None,
        suggest: false,
        lines: vec![NewLine { item: world.paracetamol, requested: Some(units(5)) }],
        reference: None,
        comment: None,
        expected: None,
    };
    let id = world.at(node, |txn, caller| requisition::create(txn, caller, &command)).id;
    world.meet_all();
    id
}

const ORDER: [&str; 3] = ["Code article", "Quantité", "Remarque"];

/// What each line asks for, and its note, by the item's code.
fn asked(world: &World, node: usize, order: DocumentId) -> Vec<(String, Quantity, Option<String>)> {
    let detail =
        requisitions::detail(&world.read(node), order, crate::world::today()).expect("a requisition");
    detail.line_details.into_iter().map(|line| (line.item_code, line.requested, line.note)).collect()
}

fn order_preview(world: &World, node: usize, order: DocumentId, table: &Table) -> Preview {
    let kind = ImportKind::OrderLines;
    let mapping = import::recognise(kind.columns(), &table.header);
    let typed = import::typed(kind, table, &mapping, Style::default()).of_order(order);
    let store = Some(world.store_of(node));
    import::check(kind, &world.read(node), &world.caller(node), store, typed).expect("permitted")
}

/// Fills an order in from a table, all rows in one command.
fn fill_in(
    world: &mut World,
    node: usize,
    order: DocumentId,
    table: &Table,
) -> Result<(DocumentId, Tally, Begun), Rejection> {
    let kind = ImportKind::OrderLines;
    let rows: Vec<(u32, Values)> =
        order_preview(world, node, order, table).rows.into_iter().map(|row| (row.line, row.values)).collect();
    let store = Some(world.store_of(node));
    let values = rows.iter().map(|(_, values)| values);
    let id = import::id_of(&world.read(node), kind, store, values).expect("memory reads");
    let file = "order.csv".to_owned();
    let begin = Begin { kind, store, file, about: Some(order), id, rows: rows.len() as u32 };
    let begun = world.try_at(node, |txn, caller| import::begin(txn, caller, &begin))?;
    if begun == Begun::Done {
        return Ok((id, Tally::default(), begun));
    }
    let chunk: Chunk = world.try_at(node, |txn, caller| import::apply(txn, caller, id, &rows))?;
    world.try_at(node, |txn, caller| import::finish(txn, caller, id, &chunk.tally))?;
    Ok((id, chunk.tally, begun))
}

fn changes_of(world: &World, node: usize, document: DocumentId) -> usize {
    world.read(node).outgoing(document, 0, None).expect("memory reads").changes.len()
}

#[test]
fn lines_of_an_order_are_filled_in_by_one_change_and_asking_again_sets_the_quantity() {
    let mut world = World::new();
    let order = draft(&mut world, A, None);
    let filled = table(&ORDER, &[&["amx250", "1 200", "pour la salle"], &["PCM500", "30,5", ""]]);
    let preview = order_preview(&world, A, order, &filled);
    assert_eq!([Outcome::Create, Outcome::Change].map(|outcome| preview.count(outcome)), [1, 1]);
    let before = changes_of(&world, A, order);
    let (id, tally, _) = fill_in(&mut world, A, order, &filled).expect("imported");
    assert_eq!((tally.created, tally.changed, tally.refused), (1, 1, 0));
    assert_eq!(changes_of(&world, A, order), before + 1, "one act is one change");
    let half = "30.5".parse().expect("a quantity");
    assert_eq!(
        asked(&world, A, order),
        [
            ("AMX250".to_owned(), units(1_200), Some("pour la salle".to_owned())),
            ("PCM500".to_owned(), half, None)
        ]
    );
    // The same table again is the same import.
    let (again, _, begun) = fill_in(&mut world, A, order, &filled).expect("nothing to do");
    assert_eq!((again, begun), (id, Begun::Done));
    // Another file that says the same of one line changes the other alone; a note that is not there stays.
    let other = table(&ORDER, &[&["AMX250", "1300", ""], &["PCM500", "30.5", ""]]);
    let (_, tally, _) = fill_in(&mut world, A, order, &other).expect("imported");
    assert_eq!((tally.created, tally.changed, tally.same), (0, 1, 1));
    assert_eq!(asked(&world, A, order)[0].2.as_deref(), Some("pour la salle"));
    world.meet_all();
    world.assert_converged();
}

#[test]
fn rows_of_an_order_that_cannot_be_are_named_and_rows_without_a_quantity_are_left_alone() {
    let mut world = World::new();
    let command = CreateProgramme {
        id: None,
        code: "PEV".into(),
        name: "PEV".into(),
        immunisation: false,
        items: vec![world.paracetamol],
        stores: Vec::new(),
        schedule: None,
    };
    let programme = world.central(|txn, caller| programme::create(txn, caller, &command)).id;
    world.meet_all();
    let order = draft(&mut world, A, Some(programme));
    let rows: &[&[&str]] = &[
        &["NONE", "3", ""],
        &["AMX250", "3", ""],
        &["PCM500", "-1", ""],
        &["pcm500", "4", ""],
        &["PCM500", "", "rien"],
        &["", "7", ""],
    ];
    let preview = order_preview(&world, A, order, &table(&ORDER, rows));
    let codes: Vec<(u32, &str)> =
        preview.errors.iter().map(|error| (error.line, error.code.as_str())).collect();
    assert_eq!(
        codes,
        [
            (2, "unknown-item"),
            (3, "validation"),
            (4, "validation"),
            (5, "duplicate-row"),
            (7, "missing-value")
        ]
    );
    assert_eq!((preview.rows.len(), preview.blank), (0, 1));
}

#[test]
fn an_import_of_lines_is_taken_back_but_for_what_was_changed_since_and_never_after_sending() {
    let mut world = World::new();
    let order = draft(&mut world, A, None);
    let extra = world.make_item("ORS", "Sels de réhydratation", 1);
    world.meet_all();
    let before = asked(&world, A, order);
    let filled = table(&ORDER, &[&["AMX250", "70", "urgent"], &["PCM500", "9", ""], &["ORS", "8", ""]]);
    let (id, ..) = fill_in(&mut world, A, order, &filled).expect("imported");
    // Somebody asks for something else of one of them, on another device.
    world.meet_all();
    let command = UpdateLine { requested: Some(units(11)), ..UpdateLine::default() };
    world.at(B, |txn, caller| requisition::update_line(txn, caller, order, extra, &command));
    world.meet_all();
    let undone = undo(&mut world, A, id);
    assert_eq!((undone.undone, undone.errors.len()), (2, 1));
    assert_eq!((undone.errors[0].document, undone.errors[0].code.as_str()), (extra, "changed-since"));
    let left: Vec<_> = asked(&world, A, order).into_iter().filter(|(code, ..)| code != "ORS").collect();
    assert_eq!(left, before);
    // Taken back, the same table is a new import; it cannot be taken back from what the supplier has.
    let (again, ..) = fill_in(&mut world, A, order, &filled).expect("imported");
    assert_ne!(again, id);
    world.at(A, |txn, caller| requisition::send(txn, caller, order));
    let refused = world
        .try_at(A, |txn, caller| import::undo(txn, caller, again, &Undo::default()))
        .expect_err("it was sent");
    assert_eq!(refused.code, "wrong-status");
    let refused = import::require_order(&world.read(A), &world.caller(A), Some(world.centre), order);
    assert!(matches!(refused, Err(crdt_store::Failure::Rejected(why)) if why.code == "wrong-status"));
    world.meet_all();
    world.assert_converged();
}

#[test]
fn only_the_store_that_asks_fills_its_order_in() {
    let mut world = World::new();
    let order = draft(&mut world, A, None);
    let refused = import::require_order(&world.read(D), &world.caller(D), Some(world.district), order);
    assert!(matches!(refused, Err(crdt_store::Failure::Rejected(why)) if why.code == "not-found"));
    let keeper = domain::Caller { permissions: domain::Preset::Viewer.permissions(), ..world.caller(A) };
    let refused = ImportKind::OrderLines.permit(&world.read(A), &keeper, Some(world.centre));
    assert!(matches!(refused, Err(crdt_store::Failure::Rejected(why)) if why.code == "not-permitted"));
}
