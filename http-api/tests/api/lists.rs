//! Lists: pages, filters, files.

use std::collections::BTreeSet;

use http_api::replies::{Page, StockRow};
use serde_json::json;

use crate::world::{self, World, get, post};

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

    let filtered = format!("/api/v1/stock-lines.csv?storeId={}&search=B0100", world.country.cms);
    assert_eq!(get(filtered).by(&token).send(&world.router).await.done().header("tributary-row-count"), "1");
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
