//! Lists: pages, filters, files.

use std::collections::BTreeSet;
use std::io::Cursor;

use axum::http::Method;
use calamine::{Data, Reader, Xlsx};
use http_api::replies::{Page, StockRow};
use serde_json::json;

use crate::world::{self, World, call, get, post};

const LINES: usize = 230;

async fn with_stock() -> (World, String) {
    let world = world::central().await;
    for n in 0..LINES {
        let item = world.country.items[n % world.country.items.len()];
        let batch = if n == 0 { "=cmd|x".to_owned() } else { format!("B{n:04}") };
        world::stock(&world, world.country.cms, item, &batch, n as i64 + 1).await;
    }
    let token = world.token("admin").await;
    (world, token)
}

#[tokio::test]
async fn pages_and_files_hold_every_row_exactly_once() {
    let (world, token) = with_stock().await;
    let base = format!("/api/v1/stock-lines?storeId={}", world.country.cms);
    for sort in ["name", "expiry"] {
        let (mut seen, mut cursor, mut pages) = (BTreeSet::new(), None, 0);
        loop {
            let next = cursor.map(|cursor: String| format!("&cursor={cursor}")).unwrap_or_default();
            let page: Page<StockRow> =
                get(format!("{base}&sort={sort}&limit=37{next}")).by(&token).send(&world.router).await.read();
            pages += 1;
            for row in page.rows {
                assert!(seen.insert(row.id), "{} is there twice", row.id);
            }
            match page.next {
                Some(next) => cursor = Some(next),
                None => break,
            }
        }
        assert_eq!((seen.len(), pages), (LINES, LINES.div_ceil(37)), "{sort}");
    }

    let file = get(format!("/api/v1/stock-lines.csv?storeId={}", world.country.cms))
        .by(&token)
        .send(&world.router)
        .await
        .done();
    assert_eq!(file.header("tributary-row-count"), LINES.to_string());
    assert_eq!(file.header("content-type"), "text/csv; charset=utf-8");
    let text = file.text();
    assert!(text.starts_with('\u{feff}') && text.contains("Amoxicilline"));
    assert_eq!(text.trim_end().split("\r\n").count(), LINES + 1);
    assert!(text.contains(",'=cmd|x,") && !text.contains(",=cmd"), "no cell is a formula");

    let counted = format!("/api/v1/stock-lines.xlsx?storeId={}", world.country.cms);
    let counted = call(Method::HEAD, counted).by(&token).send(&world.router).await.done();
    assert_eq!((counted.header("tributary-row-count"), counted.body.len()), (LINES.to_string().as_str(), 0));

    let filtered = format!("/api/v1/stock-lines.csv?storeId={}&search=B0100", world.country.cms);
    assert_eq!(get(filtered).by(&token).send(&world.router).await.done().header("tributary-row-count"), "1");
}

fn sheet(file: &[u8], at: usize) -> Vec<Vec<Data>> {
    let mut book: Xlsx<_> = calamine::open_workbook_from_rs(Cursor::new(file)).expect("a workbook");
    let name = book.sheet_names()[at].clone();
    let range = book.worksheet_range(&name).expect("a sheet");
    range.rows().map(<[Data]>::to_vec).collect()
}

#[tokio::test]
async fn a_workbook_holds_numbers_days_and_texts_as_such_and_says_what_it_is() {
    let (world, token) = with_stock().await;
    let address = format!("/api/v1/stock-lines.xlsx?storeId={}&sort=name&language=fr", world.country.cms);
    let file = get(address).by(&token).send(&world.router).await.done();
    assert_eq!(file.header("tributary-row-count"), LINES.to_string());
    assert!(file.header("content-disposition").contains(".xlsx\""));
    let rows = sheet(&file.body, 0);
    assert_eq!(rows.len(), LINES + 1, "the heading and every row");
    let text = |cell: &Data| cell.to_string();
    let heading: Vec<String> = rows[0].iter().map(text).collect();
    assert_eq!(heading[..5], ["Code article", "Article", "Unité", "Lot", "Péremption"]);
    let at = |name: &str| heading.iter().position(|found| found == name).expect("a column");
    let first =
        rows[1..].iter().find(|row| text(&row[at("Lot")]) == "=cmd|x").expect("a text, not a formula");
    assert_eq!(first[at("En stock")], Data::Float(1.0));
    assert_eq!(first[at("Bloqué")], Data::Bool(false));
    let Data::DateTime(day) = &first[at("Péremption")] else { panic!("a day is a day") };
    assert_eq!(day.to_ymd_hms_milli(), (2031, 6, 30, 0, 0, 0, 0));

    let about: Vec<String> = sheet(&file.body, 1).iter().map(|row| text(&row[1])).collect();
    assert!(about.iter().any(|fact| fact.contains("Central medical store (CMS)")), "{about:?}");
    assert!(about.contains(&"name".to_owned()), "the filter: {about:?}");
    assert_eq!(about.last(), Some(&LINES.to_string()));
    get("/api/v1/items.xlsx?language=xx")
        .by(&token)
        .send(&world.router)
        .await
        .refused(400, "invalid-parameter");
}

#[tokio::test]
async fn every_list_is_a_file_of_either_kind_with_as_many_rows() {
    let (world, token) = with_stock().await;
    let (cms, item) = (world.country.cms, world.country.items[0]);
    let description = world.openapi().await;
    let paths = description["paths"].as_object().expect("paths");
    let mut seen = 0;
    let lists = paths.keys().filter(|path| !path.starts_with("/api/v1/import"));
    for path in lists.filter_map(|path| path.strip_suffix(".csv")) {
        assert!(paths.contains_key(&format!("{path}.xlsx")), "{path} is a workbook too");
        let described = &paths[&format!("{path}.csv")]["get"]["parameters"];
        let of_store = described.as_array().expect("parameters").iter().any(|one| one["name"] == "storeId");
        let of_store = if of_store { format!("?storeId={cms}") } else { String::new() };
        let path = path.replace("{id}", &item.to_string());
        let csv = get(format!("{path}.csv{of_store}")).by(&token).send(&world.router).await;
        if csv.status == 404 {
            continue;
        }
        let xlsx = get(format!("{path}.xlsx{of_store}")).by(&token).send(&world.router).await.done();
        let (rows, text) = (csv.header("tributary-row-count").to_owned(), csv.done().text());
        assert_eq!(rows, xlsx.header("tributary-row-count"), "{path}");
        assert_eq!(
            sheet(&xlsx.body, 0).len().to_string(),
            (rows.parse::<usize>().expect("a count") + 1).to_string()
        );
        assert_eq!(
            text.trim_end().split("\r\n").count(),
            rows.parse::<usize>().expect("a count") + 1,
            "{path}"
        );
        seen += 1;
    }
    assert!(seen >= 18, "{seen} lists");
}

#[tokio::test]
async fn one_request_brings_all_that_a_screen_of_a_hundred_lines_shows() {
    let (world, token) = with_stock().await;
    let page: Page<StockRow> = get(format!("/api/v1/stock-lines?storeId={}", world.country.cms))
        .by(&token)
        .send(&world.router)
        .await
        .read();
    assert_eq!(page.rows.len(), 100);
    for row in &page.rows {
        assert!(
            row.item_code.starts_with("ITM")
                && row.item_name.starts_with("Amoxicilline")
                && row.unit == "gélule"
        );
        assert!(row.on_hand.is_positive() && row.available == row.on_hand && row.batch.is_some());
        assert_eq!(
            (row.pack_size, row.sell_price.map(|price| price.to_string())),
            (10, Some("1.25".to_owned()))
        );
    }
    let by_item = get(format!("/api/v1/stock-items?storeId={}", world.country.cms))
        .by(&token)
        .send(&world.router)
        .await;
    let by_item: Page<http_api::replies::ItemFigures> = by_item.read();
    assert_eq!(by_item.rows.len(), 12);
    let all: i64 = by_item.rows.iter().map(|row| row.on_hand.thousandths()).sum();
    assert_eq!(all, (1..=LINES as i64).sum::<i64>() * 1000);
}

#[tokio::test]
async fn a_ledger_tells_every_movement_with_the_balance_after_it() {
    let world = world::central().await;
    let (cms, item) = (world.country.cms, world.country.items[0]);
    let line = world::stock(&world, cms, item, "A1", 100).await;
    let token = world.token("admin").await;
    for quantity in ["0.5", "-20", "7"] {
        let reason =
            if quantity.starts_with('-') { world.country.reason_less } else { world.country.reason_more };
        let wish =
            json!({ "store": cms, "lines": [{ "stockLine": line, "quantity": quantity, "reason": reason }] });
        post("/api/v1/adjustments", wish).by(&token).send(&world.router).await.done();
    }
    for uri in
        [format!("/api/v1/items/{item}/ledger?storeId={cms}"), format!("/api/v1/stock-lines/{line}/ledger")]
    {
        let page: Page<http_api::replies::LedgerEntry> =
            get(&uri).by(&token).send(&world.router).await.read();
        // Movements of one millisecond may stand in any order; their balances follow from it all the same.
        assert_eq!((page.rows.len(), page.rows[0].balance.to_string().as_str()), (4, "87.5"), "{uri}");
        for pair in page.rows.windows(2) {
            assert_eq!(pair[0].balance - pair[0].quantity, pair[1].balance, "{uri}");
        }
        let broken = page.rows.iter().find(|entry| entry.quantity.is_negative()).expect("taken");
        assert_eq!(broken.reason_text.as_deref(), Some("Broken"));
        assert_eq!(broken.by_name.as_deref(), Some("admin"));
        let file = uri.replace("/ledger", "/ledger.csv");
        let file = get(file).by(&token).send(&world.router).await.done();
        assert_eq!(file.header("tributary-row-count"), "4");
        assert!(file.text().contains(",-20,"), "{}", file.text());
    }
    let adjustments =
        get(format!("/api/v1/adjustments?storeId={cms}")).by(&token).send(&world.router).await.done().value();
    assert_eq!(adjustments["rows"].as_array().expect("rows").len(), 3);
    let mut changed = Vec::new();
    for row in adjustments["rows"].as_array().expect("rows") {
        let id = row["id"].as_str().expect("an id");
        let detail: http_api::replies::AdjustmentDetail =
            get(format!("/api/v1/adjustments/{id}")).by(&token).send(&world.router).await.read();
        changed.push(detail.lines[0].quantity.to_string());
        assert!(row["at"].as_str().expect("an instant").ends_with('Z'));
    }
    changed.sort();
    assert_eq!(changed, ["-20", "0.5", "7"]);
}
