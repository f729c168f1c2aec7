//! A month between a health centre and the district that supplies it, with the link cut for most of it.

use super::harness::{Browser, Node, World, eventually};
use super::scenarios::{PLENTY, at_centre, at_district, axe_here, on_hand};

/// Another item that both keep.
const OTHER: &str = "PARA500T";

/// What an order is about, as the API tells it.
struct Order {
    id: String,
    /// Where the customer finds it.
    ours: String,
    /// Where the supplier finds it.
    theirs: String,
}

/// The item with a code: its id.
async fn item(browser: &Browser, code: &str) -> String {
    let page = browser.json(&format!("/api/v1/items?search={code}")).await;
    page["rows"][0]["id"].as_str().unwrap_or_else(|| panic!("there is no {code}")).to_owned()
}

/// Makes an order by the form, and adds what is wanted by code.
async fn write_order(browser: &Browser, node: &Node, wishes: &[(&str, &str)]) -> Order {
    browser.open(node, "/internal-orders/new").await;
    browser.find("#order-form").await;
    browser.run("document.querySelector('input[name=suggest]').checked = false").await;
    browser.follow("#order-form .btn.primary").await;
    browser.until("the draft is shown", "/internal-orders\\/[0-9a-f-]{36}$/.test(location.pathname)").await;
    for (code, quantity) in wishes {
        browser.run("document.querySelector('details:has(#add-code)').open = true").await;
        browser.fill("#add-code", code).await;
        browser.fill("#add-requested", quantity).await;
        browser.follow("form[action$='/lines'] button").await;
        browser.find("#rows tbody tr").await;
    }
    // What is not what was suggested has a reason: the first that there is to choose.
    for row in browser.all("#rows select[id^='w-']").await {
        let id = row.attr("id").await.expect("an element").expect("it has one");
        browser
            .run(&format!(
                "const reason = document.getElementById('{id}'); reason.selectedIndex = 1; \
                 reason.dispatchEvent(new Event('input', {{ bubbles: true }})); \
                 reason.dispatchEvent(new Event('change', {{ bubbles: true }}));"
            ))
            .await;
    }
    browser.until("the reasons are saved", "document.querySelectorAll('[data-dirty]').length === 0").await;
    let path = browser.eval("location.pathname").await.as_str().expect("a path").to_owned();
    let id = path.rsplit('/').next().expect("an id").to_owned();
    Order { ours: format!("/internal-orders/{id}"), theirs: format!("/customer-requisitions/{id}"), id }
}

/// Presses a button that asks first, and says yes.
async fn press_and_confirm(browser: &Browser, css: &str) {
    browser.click(css).await;
    browser.follow("dialog[open] [data-close=yes]").await;
}

/// Types into a cell that saves itself, and leaves it.
async fn type_cell(browser: &Browser, css: &str, text: &str) {
    browser.fill(css, text).await;
    browser
        .until(
            "the cell saves itself",
            "document.querySelectorAll('[data-dirty]').length === 0 || document.activeElement.blur()",
        )
        .await;
}

/// Cuts or restores a site's network by the button on the page of a node.
async fn switch(browser: &Browser, node: &Node, button: &str, shown: &str) {
    browser.open(node, "/sync").await;
    browser.click(button).await;
    browser.find(shown).await;
}

async fn cut(browser: &Browser, node: &Node) {
    switch(browser, node, "#cut-kipuna", "#restore-kipuna").await;
}

async fn restore(browser: &Browser, node: &Node) {
    switch(browser, node, "#restore-kipuna", "#cut-kipuna").await;
}

/// The requisition as a node knows it; nothing before it has heard of it.
async fn known(browser: &Browser, resource: &str, order: &Order) -> Option<serde_json::Value> {
    let reply = browser.json(&format!("/api/v1/{resource}/{}", order.id)).await;
    reply["status"].is_string().then_some(reply)
}

async fn line(browser: &Browser, resource: &str, order: &Order, item: &str, field: &str) -> Option<f64> {
    let reply = known(browser, resource, order).await?;
    let lines = reply["lineDetails"].as_array()?.clone();
    let line = lines.into_iter().find(|line| line["item"] == item)?;
    line.pointer(field)?.as_f64()
}

/// Makes a shipment of what remains, and sends it on its way; its number.
async fn ship(browser: &Browser, node: &Node, order: &Order) -> String {
    browser.open(node, &order.theirs).await;
    browser.follow("form[action$='/ship'] button").await;
    browser.until("the shipment is shown", "location.pathname.startsWith('/outbound-shipments/')").await;
    let number = browser.text("h1").await;
    browser.follow("button[name=status][value=shipped]").await;
    browser.find("main [data-live=status], main .steps").await;
    number
}

/// Opens what has arrived and takes it into stock, with so much less in the first line than was sent; how much of an item
/// came.
async fn receive(browser: &Browser, node: &Node, number: &str, missing: u32, item: &str) -> f64 {
    eventually("the shipment arrives", async || {
        browser.open(node, &format!("/inbound-shipments?search={number}")).await;
        browser.has("#list a.row-link").await.then_some(())
    })
    .await;
    browser.follow("#list a.row-link").await;
    browser.find("form[action$='/receive']").await;
    let sent: u32 = browser.value("tbody tr:nth-child(1) input.quantity").await.parse().expect("a number");
    let came = sent - missing;
    if missing > 0 {
        type_cell(browser, "tbody tr:nth-child(1) input.quantity", &came.to_string()).await;
    }
    browser.click("form[action$='/receive'] .btn.primary, .bar .btn.primary").await;
    browser.until("it is in stock", "document.querySelectorAll('.steps .done').length >= 6").await;
    let id = browser.eval("location.pathname.split('/')[2]").await.as_str().expect("an id").to_owned();
    let shipment = browser.json(&format!("/api/v1/inbound-shipments/{id}")).await;
    let lines = shipment["lineDetails"].as_array().expect("lines").iter();
    lines.filter(|line| line["item"] == item).filter_map(|line| line["received"].as_f64()).sum()
}

pub async fn a_month_of_orders_with_the_link_cut_for_most_of_it(world: &World) {
    let (centre, kipuna) = at_centre(world).await;
    let (district, lokana) = at_district(world).await;
    centre.open(&kipuna, "/").await;
    let (amoxicillin, paracetamol) = (item(&centre, PLENTY).await, item(&centre, OTHER).await);
    let at_first = on_hand(&centre, &kipuna, PLENTY).await;

    // First week: the link is there. The centre orders, the district hears of it, and the link is cut.
    let order = write_order(&centre, &kipuna, &[(PLENTY, "500"), (OTHER, "1000")]).await;
    axe_here(&centre, &order.ours).await;
    assert!(centre.too_wide().await.is_none());
    press_and_confirm(&centre, "form[action$='/send'] button").await;
    eventually("the district hears of it", async || {
        known(&district, "customer-requisitions", &order).await.filter(|found| found["status"] == "sent")
    })
    .await;
    cut(&centre, &kipuna).await;

    // Second week, without contact: the district gives and ships; the centre wants more of one item.
    district.open(&lokana, &order.theirs).await;
    axe_here(&district, &order.theirs).await;
    district.follow("form[action$='/supply-as-requested'] button").await;
    let given = line(&district, "customer-requisitions", &order, &amoxicillin, "/progress/supply").await;
    assert_eq!(given, Some(500.0));
    let first = ship(&district, &lokana, &order).await;
    centre.open(&kipuna, &order.ours).await;
    type_cell(&centre, &format!("#q-{amoxicillin}"), "800").await;
    let wish = line(&centre, "internal-orders", &order, &amoxicillin, "/amendment").await;
    assert_eq!(wish, Some(800.0));
    centre.open(&kipuna, &format!("/inbound-shipments?search={first}")).await;
    assert!(!centre.has("#list a.row-link").await, "nothing passes a cut");

    // An hour of contact: the wish goes up, the goods' paper comes down.
    restore(&centre, &kipuna).await;
    eventually("the wish is the district's to settle", async || {
        line(&district, "customer-requisitions", &order, &amoxicillin, "/amendment").await
    })
    .await;
    eventually("the centre sees what is coming", async || {
        let shipped = line(&centre, "internal-orders", &order, &amoxicillin, "/progress/shipped").await;
        shipped.filter(|shipped| *shipped >= 500.0)
    })
    .await;
    cut(&centre, &kipuna).await;

    // Third week, without contact: the box arrives, a little short; the district takes the wish and ships the rest.
    let came_first = receive(&centre, &kipuna, &first, 10, &amoxicillin).await;
    district.open(&lokana, &order.theirs).await;
    district.follow(&format!("form[action$='{amoxicillin}/amendment'] button[value=yes]")).await;
    district.follow("form[action$='/supply-as-requested'] button").await;
    let second = ship(&district, &lokana, &order).await;
    let after_first = on_hand(&centre, &kipuna, PLENTY).await;

    // Fourth week: the link is back, and both see the same truth.
    restore(&centre, &kipuna).await;
    eventually("the district hears that ten are missing", async || {
        district.open(&lokana, &format!("/outbound-shipments?search={first}")).await;
        district.follow("#list a.row-link").await;
        district.has("tbody .chip.warn").await.then_some(())
    })
    .await;
    let came_second = receive(&centre, &kipuna, &second, 0, &amoxicillin).await;
    district.open(&lokana, &order.theirs).await;
    press_and_confirm(&district, "form[action$='/finalise'] button").await;
    eventually("it is closed at both ends", async || {
        known(&centre, "internal-orders", &order).await.filter(|found| found["status"] == "finalised")
    })
    .await;
    for (browser, resource) in [(&centre, "internal-orders"), (&district, "customer-requisitions")] {
        let told = async |item: &str, field: &str| line(browser, resource, &order, item, field).await;
        assert_eq!(told(&amoxicillin, "/requested").await, Some(800.0), "{resource}");
        assert!(told(&amoxicillin, "/progress/shipped").await >= Some(800.0), "{resource}");
        assert!(told(&paracetamol, "/progress/shipped").await >= Some(1_000.0), "{resource}");
    }
    let now = on_hand(&centre, &kipuna, PLENTY).await;
    assert!((after_first - at_first - came_first).abs() < 0.001, "{at_first} + {came_first} = {after_first}");
    assert!((now - after_first - came_second).abs() < 0.001, "{after_first} + {came_second} = {now}");
    centre.quit().await;
    district.quit().await;
}
