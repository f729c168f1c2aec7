//! A store whose two devices share its stock, as people see it.

use super::counting::log_in_when_known;
use super::harness::{Browser, Device, Node, World, eventually};
use super::scenarios::{CENTRE, at, at_centre, axe_here, browser};

/// Has central say which device of the centre holds what comes in: the one the demo began with, or none.
async fn share(central: &Browser, node: &Node, first: bool) {
    let stores = central.json("/api/v1/stores").await;
    let store = stores["rows"]
        .as_array()
        .and_then(|rows| rows.iter().find(|row| row["code"] == "KPU"))
        .and_then(|row| row["id"].as_str())
        .expect("the centre's store")
        .to_owned();
    central.open(node, &format!("/stores/{store}")).await;
    let sites = central.json("/api/v1/sites").await;
    let site = sites["rows"]
        .as_array()
        .and_then(|rows| rows.iter().find(|row| row["name"] == CENTRE))
        .and_then(|row| row["id"].as_str())
        .expect("the centre's site")
        .to_owned();
    let devices = central.json(&format!("/api/v1/sites/{site}/devices")).await;
    let oldest = devices["rows"]
        .as_array()
        .and_then(|rows| rows.iter().min_by_key(|row| row["block"].as_u64()))
        .expect("a device");
    let chosen = if first { oldest["device"].as_str().expect("an id") } else { "" };
    central.click(&format!("select[name=shareKeeper] option[value='{chosen}']")).await;
    central.click("main form button.primary").await;
    central.until("the store is saved", "location.pathname === '/stores'").await;
}

/// What a device holds of a batch, by its own account.
async fn here(browser: &Browser, line: &str) -> f64 {
    browser.json(&format!("/api/v1/stock-lines/{line}/shares")).await["here"].as_f64().unwrap_or_default()
}

pub async fn two_devices_that_share_issue_only_what_each_holds(world: &World) {
    let device = Device::join(world, CENTRE);
    let (central, central_node) = at(world, "Central", "admin").await;
    share(&central, &central_node, true).await;
    let (keeper, node) = at_centre(world).await;
    let other = browser(world).await;
    log_in_when_known(&other, &device.node, "peter").await;

    // A batch that both know, of which the second device holds nothing.
    keeper.open(&node, "/stock").await;
    let stock = keeper.json("/api/v1/stock-lines?facet=in-stock&limit=500").await;
    let row = stock["rows"]
        .as_array()
        .and_then(|rows| {
            rows.iter().find(|row| row["status"] == "good" && row["available"].as_f64() >= Some(20.0))
        })
        .expect("a batch with something on it")
        .clone();
    let line = row["id"].as_str().expect("an id").to_owned();
    let page = format!("/stock/lines/{line}");
    eventually("the second device shares", async || {
        other.open(&device.node, &page).await;
        other.has("#shares").await.then_some(())
    })
    .await;
    axe_here(&other, "shares of a batch").await;
    assert_eq!(here(&other, &line).await, 0.0);
    other.open(&device.node, &format!("/issue?batch.{line}=10")).await;
    other.click("main form button.primary").await;
    other
        .until("it is told why not", "/holds only 0/.test(document.querySelector('main').textContent)")
        .await;
    assert_eq!(
        other.value(&format!("[data-line='{line}'] input.quantity")).await,
        "10",
        "what was typed stays"
    );

    // It asks, the keeper's program answers by itself, and the page shows the share without being asked again.
    other.open(&device.node, &page).await;
    other.fill("#shares input[name=askQuantity]", "10").await;
    other.click("#shares form[action$=ask] button").await;
    let answered = eventually("the share arrives", async || {
        let held = here(&other, &line).await;
        (held >= 10.0).then_some(held)
    })
    .await;
    let pack = row["packSize"].as_f64().expect("a pack size");
    assert!(answered < 10.0 + pack, "{answered} in whole packs of {pack}");
    assert_eq!(here(&keeper, &line).await, row["available"].as_f64().expect("a number") - answered);
    other.open(&device.node, &format!("/issue?batch.{line}=10")).await;
    other.click("button[name=confirm]").await;
    other.until("now it is issued", "location.pathname.startsWith('/outbound-shipments/')").await;

    other.open(&device.node, "/stock/shares").await;
    assert!(other.has("#rows tbody tr").await);
    assert_eq!(other.too_wide().await, None);
    axe_here(&other, "shares of the store").await;
    share(&central, &central_node, false).await;
    for browser in [central, keeper, other] {
        browser.quit().await;
    }
}
