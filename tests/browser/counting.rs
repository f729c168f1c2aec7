//! Laws of counting, and of the screens around stock.

use std::time::{Duration, Instant};

use super::harness::{Browser, BrowserOptions, Device, Node, World, eventually};
use super::scenarios::{CENTRE, DISTRICT, PLENTY, at, at_centre, at_district, first_link, number, scan_into};

/// Begins a stocktake as a person does; gives its path. The browser then shows its sheet.
async fn begin(browser: &Browser, node: &Node, part: &str) -> String {
    browser.open(node, "/stocktakes/new").await;
    browser.click(&format!("label.choice:has(input[value={part}])")).await;
    if part == "item" {
        browser.fill("#f-item-search", PLENTY).await;
    }
    browser.click("form[action='/stocktakes/new'] button.primary").await;
    browser.find("form[action$='/counts']").await;
    path(browser).await
}

async fn path(browser: &Browser) -> String {
    browser.eval("location.pathname").await.as_str().unwrap_or_default().to_owned()
}

/// The stock lines of the page, in its order.
async fn lines_shown(browser: &Browser) -> Vec<String> {
    let lines =
        browser.eval("[...document.querySelectorAll('[data-line]')].map((row) => row.dataset.line)").await;
    serde_json::from_value(lines).expect("ids")
}

/// What a node knows of a line of a stocktake, as soon as it knows it.
async fn line_of(browser: &Browser, stocktake: &str, line: &str) -> serde_json::Value {
    eventually("the line is known", async || {
        let page = browser.json(&format!("/api/v1{stocktake}/lines?stockLine={line}")).await;
        page["rows"].get(0).cloned()
    })
    .await
}

/// Waits until a node knows that a line was counted as so many.
async fn knows_count(browser: &Browser, stocktake: &str, line: &str, quantity: f64) {
    eventually("the count is known", async || {
        let row = line_of(browser, stocktake, line).await;
        (row["count"]["quantity"].as_f64() == Some(quantity)).then_some(())
    })
    .await;
}

/// What is written in a cell of the sheet that nobody types in.
fn shows(cell: &str, line: &str, text: &str) -> String {
    format!("document.querySelector('[data-live=\"{cell}-{line}\"]').textContent.trim() === '{text}'")
}

/// Takes the first reason that is offered for a line.
async fn explain(browser: &Browser, line: &str) {
    browser.click(&format!("#r-{line} option:nth-child(2)")).await;
    browser
        .until(
            "the reason is saved",
            &format!("(() => {{ const select = document.getElementById('r-{line}'); return select.value && [...select.options].some((option) => option.defaultSelected && option.selected); }})()"),
        )
        .await;
}

pub async fn a_stocktake_is_counted_walking_down_explained_and_finalised(world: &World) {
    let (browser, node) = at(world, CENTRE, "awa").await;
    let stocktake = begin(&browser, &node, "full").await;
    assert!(browser.text(".facets").await.contains("Écarts"), "a French hand counts on a French sheet");
    let lines = lines_shown(&browser).await;
    browser.run("window.unreloaded = true").await;
    let mut counts = Vec::new();
    for (line, more) in lines.iter().zip([5, 0, -1]) {
        let on_hand = line_of(&browser, &stocktake, line).await["onHand"].as_f64().expect("a number");
        counts.push((line.as_str(), on_hand + f64::from(more)));
    }
    browser.click(&format!("#c-{}", lines[0])).await;
    for (line, quantity) in &counts {
        let here = format!("document.activeElement.id === 'c-{line}'");
        browser.until("Enter walks down", &here).await;
        browser.press(&format!("{}\u{e007}", quantity.to_string().replace('.', ","))).await;
    }
    browser.until("a surplus appears at once", &shows("d", &lines[0], "+5")).await;
    browser.until("and a loss", &shows("d", &lines[2], "−1")).await;
    let even = format!("document.querySelector('[data-live=\"d-{}\"] .t-good')", lines[1]);
    browser.until("and what is as expected", &even).await;
    browser
        .until(
            "the progress too",
            "document.querySelector('[data-live=progress]').textContent.trim().startsWith('3 /')",
        )
        .await;
    explain(&browser, &lines[0]).await;
    explain(&browser, &lines[2]).await;
    assert!(browser.holds("window.unreloaded").await, "and all of it without loading the page anew");
    browser.click(".bar a[data-last]").await;
    browser.find("form[action$='/finalise']").await;
    assert_eq!(browser.all("tbody tr").await.len(), 2, "two lines differ");
    let facts = browser.text("dl.facts").await;
    assert!(facts.contains("3 / "), "{facts}");
    browser.click("form[action$='/finalise'] button.primary").await;
    browser.until("it is closed", "document.querySelector('.title .chip.good')").await;
    let title = browser.text("h1").await;
    for (line, quantity) in &counts {
        let row = browser.json(&format!("/api/v1/stock-lines/{line}")).await;
        assert_eq!(row["onHand"].as_f64(), Some(*quantity), "the stock is what was counted");
    }
    browser.open(&node, "/stock/movements").await;
    let ledger = browser.text("#main table").await;
    assert!(ledger.contains(&title), "{title}: {ledger}");
    assert!(ledger.contains("Inventaire, trouvé") && ledger.contains("Inventaire, manquant"), "{ledger}");
    browser.quit().await;
}

/// Counts a line from another session, against what that session knows.
async fn count_elsewhere(browser: &Browser, stocktake: &str, line: &str, quantity: u32) {
    let state = line_of(browser, stocktake, line).await["state"].clone();
    let post = format!(
        "fetch('{stocktake}/lines/{line}', {{ method: 'POST', body: new URLSearchParams({{ quantity: '{quantity}', state: {state} }}) }}).then((answer) => answer.status)"
    );
    assert_eq!(browser.eval_later(&post).await, 200);
}

/// Logs in on a device as soon as it knows the person.
pub(super) async fn log_in_when_known(browser: &Browser, node: &Node, username: &str) {
    eventually("the person is known", async || {
        browser.open(node, "/login").await;
        browser.fill("input[name=username]", username).await;
        browser.fill("input[name=password]", "tributary").await;
        browser.click("form[action='/login'] button").await;
        browser.find(".frame, [role=alert]").await;
        browser.has(".frame").await.then_some(())
    })
    .await;
}

pub async fn a_push_never_destroys_what_is_being_counted(world: &World) {
    let device = Device::join(world, CENTRE);
    let (typing, node) = at(world, CENTRE, "awa").await;
    let stocktake = begin(&typing, &node, "full").await;
    let order = lines_shown(&typing).await;
    let [focused, unsaved, clean, distant] = &order[..4] else { panic!("four lines: {order:?}") };
    let (colleague, _) = at_centre(world).await;
    let elsewhere = super::scenarios::browser(world).await;
    log_in_when_known(&elsewhere, &device.node, "peter").await;
    line_of(&elsewhere, &stocktake, distant).await;

    // One cell is being typed in, one was typed in and is not saved, the others are clean.
    typing.run(NEVER_SAVES).await;
    typing.fill(&format!("#c-{unsaved}"), "77").await;
    typing.fill(&format!("#c-{focused}"), "42").await;
    let value = |line: &str| format!("document.getElementById('c-{line}').value");
    let offered = |line: &str, text: &str| {
        format!("document.getElementById('c-{line}-offer')?.textContent.includes('{text}')")
    };
    for (line, quantity) in [(focused, 11), (unsaved, 12), (clean, 13)] {
        count_elsewhere(&colleague, &stocktake, line, quantity).await;
    }
    count_elsewhere(&elsewhere, &stocktake, distant, 14).await;
    for (line, quantity) in [(clean, 13), (distant, 14)] {
        let taken = format!("{} === '{quantity}'", value(line));
        typing.until("a clean cell takes what was counted elsewhere", &taken).await;
        typing.until("and what follows from it", &format!("!({})", shows("d", line, "—"))).await;
    }
    typing.until("the cell being typed in offers both", &offered(focused, "11")).await;
    typing.until("and so does the one not saved", &offered(unsaved, "12")).await;
    // The other device hears of that count, and counts again.
    knows_count(&elsewhere, &stocktake, focused, 11.0).await;
    count_elsewhere(&elsewhere, &stocktake, focused, 21).await;
    typing.until("the newest is offered", &offered(focused, "21")).await;
    assert_eq!(typing.eval(&value(focused)).await, "42", "typed digits are never lost");
    assert_eq!(typing.eval(&value(unsaved)).await, "77");
    let here = format!("document.activeElement.id === 'c-{focused}'");
    assert!(typing.holds(&here).await, "the focus stays");
    assert_eq!(lines_shown(&typing).await, order, "rows never move");

    // Saved against what was seen before, it is refused in words and stays.
    typing.run("window.fetch = fetchAsIs; document.activeElement.blur()").await;
    let note =
        format!("document.getElementById('c-{focused}-note')?.textContent.includes('Compté entre-temps')");
    typing.until("the refusal is said", &note).await;
    assert_eq!(typing.eval(&value(focused)).await, "42", "and what was typed is kept");
    typing.fill("#list-search", "nothing is called so").await;
    typing
        .until(
            "a search does not replace it",
            "document.querySelector('.toasts').textContent.includes(document.body.dataset.unsaved)",
        )
        .await;
    assert_eq!(lines_shown(&typing).await, order);
    assert_eq!(typing.eval(&value(focused)).await, "42");
    typing.click(&format!("#c-{focused}-offer button:first-of-type")).await;
    knows_count(&colleague, &stocktake, focused, 42.0).await;
    typing.until("nothing is said any more", &format!("!document.getElementById('c-{focused}-note')")).await;
    typing.click(&format!("#c-{unsaved}-offer button:last-of-type")).await;
    assert_eq!(typing.eval(&value(unsaved)).await, "12", "the other count is taken by a press");
    assert_eq!(lines_shown(&typing).await, order);
    for browser in [typing, colleague, elsewhere] {
        browser.quit().await;
    }
}

/// A server that takes its time over what is sent, and one that never answers it.
const SLOW_TO_SAVE: &str = "window.fetchAsIs = fetch; window.fetch = async (url, wish) => { if (wish?.method === 'POST') await new Promise((late) => setTimeout(late, 700)); return fetchAsIs(url, wish); };";
const NEVER_SAVES: &str = "window.fetchAsIs = fetch; window.fetch = (url, wish) => wish?.method === 'POST' ? new Promise(() => {}) : fetchAsIs(url, wish);";

/// The moment that a hand needs from the keys to the scanner: what comes faster is one burst of a scanner.
async fn take_the_scanner(browser: &Browser) {
    browser.run("window.handFreeAt = performance.now() + 150").await;
    browser.until("the scanner is in the hand", "performance.now() > window.handFreeAt").await;
}

pub async fn a_scanned_box_leads_to_its_count(world: &World) {
    let (browser, node) = at_district(world).await;
    let stocktake = begin(&browser, &node, "item").await;
    let lines = lines_shown(&browser).await;
    let last = lines.last().expect("a line");
    let label = |line: &str| format!("TRIBUTARY:BATCH:{}", line.replace('-', "").to_uppercase());
    let counting = format!("document.activeElement.id === 'c-{last}'");
    scan_into(&browser, "body", &label(last)).await;
    browser.until("the cell of the batch has the focus", &counting).await;
    browser.open(&node, &format!("{stocktake}?part=counted")).await;
    assert!(!browser.has(&format!("#c-{last}")).await);
    scan_into(&browser, "body", &label(last)).await;
    browser.until("its line is found where it is", &format!("location.search.includes('line={last}')")).await;
    browser.until("and counted next", &counting).await;
    let stock = browser.json("/api/v1/stock-lines?facet=in-stock&limit=500").await;
    let other = stock["rows"]
        .as_array()
        .and_then(|rows| rows.iter().find(|row| row["itemCode"] != PLENTY && row["batch"].is_string()))
        .expect("a batch of something else");
    let text = |name: &str| other[name].as_str().unwrap_or_default().to_owned();
    // What was typed just before, and is not saved yet, is saved before the page is left.
    let cell = format!("#c-{last}");
    browser.run(SLOW_TO_SAVE).await;
    browser.fill(&cell, "7").await;
    take_the_scanner(&browser).await;
    scan_into(&browser, &cell, &label(&text("id"))).await;
    browser.until("a box that is not on the sheet is added", "location.pathname.endsWith('/add')").await;
    knows_count(&browser, &stocktake, last, 7.0).await;
    assert_eq!(browser.value("#f-batch").await, text("batch"));
    assert_eq!(browser.value("#f-expiry").await, text("expiry"));
    assert_eq!(browser.value("#f-packSize").await, other["packSize"].to_string());
    // What cannot be saved keeps the page, and says so.
    browser.open(&node, &stocktake).await;
    browser.run(NEVER_SAVES).await;
    browser.fill(&cell, "8").await;
    take_the_scanner(&browser).await;
    scan_into(&browser, &cell, &label(&text("id"))).await;
    browser
        .until(
            "the loss is named",
            "document.querySelector('.toasts').textContent.includes(document.body.dataset.unsaved)",
        )
        .await;
    assert_eq!(path(&browser).await, stocktake);
    assert_eq!(browser.value(&cell).await, "8", "what was typed is there");
    browser
        .run("window.fetch = fetchAsIs; delete document.querySelector('[data-dirty]').dataset.dirty")
        .await;
    browser.quit().await;
}

/// Pages of a store that stocktakes, shelves, ledgers, labels and imports brought.
const STORE_PAGES: &[&str] = &[
    "/stocktakes",
    "/stocktakes/new",
    "/locations",
    "/locations/new",
    "/stock/new",
    "/stock/items",
    "/stock/movements",
    "/repacks",
    "/programmes",
    "/location-types",
    "/imports?kind=opening-stock",
    "/labels",
    "/labels?kind=batch",
    "/scan",
    "/tasks",
];

/// The same of central.
const COUNTRY_PAGES: &[&str] = &[
    "/programmes",
    "/programmes/new",
    "/location-types",
    "/location-types/new",
    "/imports?kind=items",
    "/items",
];

/// How people in store-rooms see pages: a laptop, a tablet held upright.
const SCREENS: [(u32, u32); 2] = [(1280, 800), (768, 1024)];

/// Two devices of the centre write different notes of a batch without knowing of each other: a task.
async fn make_conflict(world: &World) -> String {
    let device = Device::join(world, CENTRE);
    let (here, node) = at_centre(world).await;
    let there = super::scenarios::browser(world).await;
    log_in_when_known(&there, &device.node, "peter").await;
    let stock = here.json("/api/v1/stock-lines?facet=in-stock&limit=1").await;
    let line = stock["rows"][0]["id"].as_str().expect("a batch").to_owned();
    let known = format!("fetch('/api/v1/stock-lines/{line}').then((answer) => answer.status)");
    eventually("the batch arrives", async || (there.eval_later(&known).await == 200).then_some(())).await;
    here.open(&node, "/sync").await;
    here.follow("#cut-kipuna").await;
    for (browser, note) in [(&here, "box torn"), (&there, "box wet")] {
        let write = format!(
            "fetch('/api/v1/stock-lines/{line}', {{ method: 'PATCH', headers: {{ 'content-type': 'application/json' }}, body: JSON.stringify({{ note: '{note}' }}) }}).then((answer) => answer.ok)"
        );
        assert_eq!(browser.eval_later(&write).await, true);
    }
    here.follow("#restore-kipuna").await;
    let versus =
        "fetch('/tasks').then((answer) => answer.text()).then((page) => page.includes('class=\"versus\"'))";
    eventually("the conflict is a task", async || (here.eval_later(versus).await == true).then_some(()))
        .await;
    there.quit().await;
    here.quit().await;
    line
}

/// Pages that are about one thing, with the addresses of things that are there.
async fn store_pages(browser: &Browser, node: &Node, line: &str) -> Vec<String> {
    let mut pages: Vec<String> = STORE_PAGES.iter().map(|page| (*page).to_owned()).collect();
    let row = browser.json(&format!("/api/v1/stock-lines/{line}")).await;
    let item = row["item"].as_str().expect("an item").to_owned();
    let stocktake = begin(browser, node, "full").await;
    let first = lines_shown(browser).await.remove(0);
    browser.fill(&format!("#c-{first}"), "1").await;
    browser.press("\u{e007}").await;
    browser.until("the count is saved", "!document.querySelector('[data-dirty]')").await;
    let location = first_link(browser, node, "/locations").await;
    pages.extend([
        stocktake.clone(),
        format!("{stocktake}?part=differing"),
        format!("{stocktake}/review"),
        format!("{stocktake}/paper"),
        format!("{stocktake}/add"),
        format!("{stocktake}/add?item={item}"),
        location.clone(),
        format!("{location}/edit"),
        format!("/stock/lines/{line}"),
        format!("/stock/lines/{line}/edit"),
        format!("/stock/lines/{line}/repack"),
        format!("/history/{line}"),
        format!("/stock/items/{item}?tab=movements"),
        format!("/stock/items/{item}"),
    ]);
    // The state of a day two weeks ago.
    let day = browser.eval("new Date(Date.now() - 14 * 864e5).toISOString().slice(0, 10)").await;
    let day = day.as_str().expect("a day");
    pages.extend([format!("/stock?asOf={day}"), format!("/stock/items/{item}?tab=batches&asOf={day}")]);
    pages
}

/// Looks at pages on each screen in each language; gives what is wrong with them.
async fn faults(world: &World, node: &Node, username: &str, pages: &[String]) -> Vec<String> {
    let mut faults = Vec::new();
    for ((width, height), language) in SCREENS.into_iter().flat_map(|screen| [(screen, "fr"), (screen, "en")])
    {
        let browser = world.browser(BrowserOptions { width, height, ..BrowserOptions::default() }).await;
        browser.log_in(node, username).await;
        let speak = format!(
            "fetch('/preferences', {{ method: 'POST', body: new URLSearchParams({{ language: '{language}', back: '/' }}) }}).then(() => true)"
        );
        browser.eval_later(&speak).await;
        for page in pages {
            browser.open(node, page).await;
            browser.find("h1").await;
            assert_eq!(browser.eval("document.documentElement.lang").await, language);
            let what = format!("{page} ({language}, {width} px)");
            faults.extend(browser.too_wide().await.map(|wide| format!("{what} is {wide}")));
            let found = super::scenarios::axe_finds(&browser).await;
            faults.extend(found.as_array().into_iter().flatten().map(|one| format!("{what}: {one}")));
        }
        browser.quit().await;
    }
    faults
}

pub async fn new_screens_fit_a_tablet_and_axe_finds_nothing_in_both_languages(world: &World) {
    let line = make_conflict(world).await;
    let (browser, node) = at_centre(world).await;
    let pages = store_pages(&browser, &node, &line).await;
    browser.quit().await;
    let mut found = faults(world, &node, "peter", &pages).await;
    let (browser, central) = at(world, "Central", "admin").await;
    let mut pages: Vec<String> = COUNTRY_PAGES.iter().map(|page| (*page).to_owned()).collect();
    for list in ["/programmes", "/location-types"] {
        pages.push(first_link(&browser, &central, list).await);
    }
    browser.quit().await;
    found.extend(faults(world, &central, "admin", &pages).await);
    assert!(found.is_empty(), "{} faults:\n{}", found.len(), found.join("\n"));
}

/// Lines of the big stocktake.
const MANY: usize = 3_000;
/// How many times slower than a machine of today the tablet is.
const SLOWER: u32 = 6;
/// A page that needs longer to open is broken; unless a small page needs a fifth of it already.
const OPENS_WITHIN: Duration = Duration::from_millis(2_500);

/// Fills a store with batches through an import; gives how many it has then.
async fn fill(browser: &Browser) -> usize {
    let items = browser.json("/api/v1/items?limit=100").await;
    let codes: Vec<&str> =
        items["rows"].as_array().expect("items").iter().filter_map(|item| item["code"].as_str()).collect();
    let rows: Vec<String> = (0..MANY)
        .map(|at| format!("{},Q{at:05},2029-06-30,1,{}", codes[at % codes.len()], 10 + at % 90))
        .collect();
    let table = format!("item code,batch,expiry,pack size,quantity\\n{}\\n", rows.join("\\n"));
    let read = format!(
        "fetch('/api/v1/imports?kind=opening-stock&file=many.csv', {{ method: 'POST', body: '{table}' }}).then((answer) => answer.json())"
    );
    let read = browser.eval_later(&read).await;
    let id = read["id"].as_str().unwrap_or_else(|| panic!("the table is not read: {read}")).to_owned();
    let apply = format!(
        "fetch('/api/v1/imports/{id}/apply', {{ method: 'POST', headers: {{ 'content-type': 'application/json' }}, body: '{{\"leaveOutErrors\":true}}' }}).then((answer) => answer.json())"
    );
    browser.eval_later(&apply).await;
    let state = eventually("the import ends", async || {
        let state = browser.json(&format!("/api/v1/imports/{id}")).await;
        (state["status"] != "running").then_some(state)
    })
    .await;
    assert_eq!(state["status"], "done", "{state}");
    state["created"].as_u64().expect("a number") as usize
}

pub async fn three_thousand_lines_open_and_are_counted_on_a_slow_tablet(world: &World) {
    let (browser, node) = at(world, DISTRICT, "moussa").await;
    let began = Instant::now();
    let made = fill(&browser).await;
    println!("     {made} batches imported in {} ms", began.elapsed().as_millis());
    let began = Instant::now();
    let stocktake = begin(&browser, &node, "full").await;
    println!("     stocktake begun in {} ms", began.elapsed().as_millis());
    browser.slow_down(SLOWER).await;
    // A page with nothing on it says how busy the machine is.
    let began = Instant::now();
    browser.open(&node, "/help").await;
    let usual = began.elapsed();
    let began = Instant::now();
    browser.open(&node, &stocktake).await;
    browser.click("input.quantity").await;
    let opened = began.elapsed();
    println!("     sheet open and ready for keys after {} ms, {SLOWER} times throttled", opened.as_millis());
    let all = number(&browser.text(".facets a").await.split('(').nth(1).expect("a number").replace(')', ""));
    assert!(all >= made as f64, "{all} lines");
    let lines = lines_shown(&browser).await;
    let began = Instant::now();
    for (at, line) in lines.iter().take(10).enumerate() {
        let here = format!("document.activeElement.id === 'c-{line}'");
        browser.until("Enter walks down", &here).await;
        browser.press(&format!("{}\u{e007}", 100_000 + at)).await;
    }
    let last = format!("!({})", shows("d", &lines[9], "—"));
    browser.until("the last difference is there", &last).await;
    let typed = began.elapsed();
    browser.until("all are saved", "!document.querySelector('[data-dirty]')").await;
    println!("     10 counts typed and their differences seen in {} ms", typed.as_millis());
    let began = Instant::now();
    browser.click(".facets a[href*='part=differing']").await;
    browser
        .until("only differences are shown", "document.querySelectorAll('[data-line]').length === 10")
        .await;
    println!("     differences filtered in {} ms", began.elapsed().as_millis());
    browser.open(&node, &stocktake).await;
    let began = Instant::now();
    browser.fill("#list-search", "Q00042").await;
    browser.until("the batch is found", "document.querySelectorAll('[data-line]').length === 1").await;
    println!("     searched in {} ms", began.elapsed().as_millis());
    browser.slow_down(1).await;
    browser.quit().await;
    assert!(opened < OPENS_WITHIN.max(usual * 5), "{opened:?}, where a small page opens in {usual:?}");
}
