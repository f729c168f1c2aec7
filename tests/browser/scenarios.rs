//! The laws, one function each.

use std::time::{Duration, Instant};

use thirtyfour::prelude::*;

use super::harness::{Browser, BrowserOptions, Node, World, eventually};

const AXE: &str = include_str!("../assets/axe.min.js");
const REFUSED_EN: &str = "Operation is only permitted on central server";
const REFUSED_FR: &str = "Cette opération n'est permise que sur le serveur central";

/// An item that the district and the centre have plenty of, by its code: a name fits several.
pub(super) const PLENTY: &str = "AMOX250D";

pub(super) const DISTRICT: &str = "Lokana";
pub(super) const CENTRE: &str = "Kipuna";

pub(super) async fn browser(world: &World) -> Browser {
    world.browser(BrowserOptions::default()).await
}

pub(super) async fn at(world: &World, site: &str, username: &str) -> (Browser, Node) {
    let node = world.node(site).clone();
    let browser = browser(world).await;
    browser.log_in(&node, username).await;
    (browser, node)
}

/// Logged in at the district with its store chosen.
pub(super) async fn at_district(world: &World) -> (Browser, Node) {
    at(world, DISTRICT, "grace").await
}

/// Logged in at the health centre, in English.
pub(super) async fn at_centre(world: &World) -> (Browser, Node) {
    at(world, CENTRE, "peter").await
}

/// A number as pages write it, in either language.
pub(super) fn number(text: &str) -> f64 {
    let plain: String = text
        .chars()
        .filter_map(|letter| match letter {
            '−' => Some('-'),
            '0'..='9' | '.' | '-' => Some(letter),
            _ => None,
        })
        .collect();
    plain.parse().unwrap_or_else(|_| panic!("«{text}» is no number"))
}

pub async fn people_log_in_in_their_own_language(world: &World) {
    let node = world.node(CENTRE);
    let french = browser(world).await;
    french.log_in(node, "awa").await;
    assert!(french.text("h1").await.starts_with("Bonjour"), "Awa's language is French");
    assert_eq!(french.eval("document.documentElement.lang").await, "fr");
    french.quit().await;
    let english = browser(world).await;
    english.log_in(node, "peter").await;
    assert!(english.text("h1").await.starts_with("Hello"), "Peter's is English");
    english.click(".head details.menu summary").await;
    english.click(".head .sheet button[name=language]").await;
    english.until("the switch leads to French", "document.documentElement.lang === 'fr'").await;
    english.quit().await;
    let guest = browser(world).await;
    guest.open(node, "/login").await;
    guest.click("button[value=fr]").await;
    guest.until("the door speaks French", "document.querySelector('h1').textContent === 'Bienvenue'").await;
    guest.quit().await;
}

pub async fn a_wrong_password_keeps_the_name_and_says_so(world: &World) {
    let browser = browser(world).await;
    browser.open(world.node(CENTRE), "/login").await;
    browser.fill("input[name=username]", "awa").await;
    browser.fill("input[name=password]", "not the password").await;
    browser.click("form[action='/login'] button").await;
    assert!(browser.text("[role=alert]").await.contains("wrong"));
    assert_eq!(browser.value("input[name=username]").await, "awa");
    assert_eq!(browser.value("input[name=password]").await, "");
    browser.quit().await;
}

pub async fn every_figure_opens_the_list_it_counts(world: &World) {
    let (browser, node) = at_centre(world).await;
    let figures = browser
        .eval("[...document.querySelectorAll('a.figure')].map((a) => [a.id, a.getAttribute('href'), a.querySelector('.value').textContent])")
        .await;
    let figures: Vec<(String, String, String)> = serde_json::from_value(figures).expect("three texts each");
    assert!(figures.len() >= 8, "a dashboard of figures: {figures:?}");
    for (id, href, value) in figures {
        browser.open(&node, &href).await;
        browser.find("h1").await;
        let rows = match id.as_str() {
            "figure-tasks" => browser.all("#rows .stack > .card").await.len(),
            "figure-to-receive" => {
                browser.all("#rows section:not(:last-child) tbody tr, #rows section tbody tr").await.len()
            }
            _ => browser.all("#list tbody tr").await.len(),
        };
        let counted = number(&value) as usize;
        let shown = if id == "figure-to-receive" { rows >= counted } else { rows == counted.min(100) };
        assert!(shown, "{id} says {counted}, {href} shows {rows}");
    }
    browser.quit().await;
}

pub async fn a_list_is_filtered_while_one_types_and_the_address_keeps_it(world: &World) {
    let (browser, node) = at_centre(world).await;
    browser.open(&node, "/stock").await;
    let all = browser.all("#list tbody tr").await.len();
    browser.driver.active_element().await.expect("a page").send_keys("/").await.expect("a key");
    browser.until("the slash leads to the search", "document.activeElement.id === 'list-search'").await;
    browser.fill("#list-search", "amox").await;
    browser
        .until(
            "only what fits is shown",
            "[...document.querySelectorAll('#list tbody tr')].every((row) => /amox/i.test(row.textContent)) && document.querySelector('#list tbody tr')",
        )
        .await;
    assert!(browser.all("#list tbody tr").await.len() < all);
    browser.until("the address keeps the search", "location.search.includes('search=amox')").await;
    assert_eq!(browser.eval("document.activeElement.id").await, "list-search", "the focus stays");
    browser.driver.active_element().await.expect("a page").send_keys(Key::Down + "").await.expect("a key");
    browser
        .until(
            "the arrow leads to the first row",
            "document.activeElement === document.querySelector('#list a.row-link')",
        )
        .await;
    browser.driver.active_element().await.expect("a page").send_keys(Key::Enter + "").await.expect("a key");
    browser.until("and Enter opens it", "location.pathname.startsWith('/stock/items/')").await;
    browser.open(&node, "/stock?search=amox&facet=zero").await;
    assert_eq!(browser.value("#list-search").await, "amox");
    assert!(browser.has(".facets a[aria-current=true][href*='facet=zero']").await);
    browser.quit().await;
}

pub async fn the_stock_opens_on_what_is_there_and_everything_is_one_press_away(world: &World) {
    let (browser, node) = at_centre(world).await;
    browser.open(&node, "/stock").await;
    let empty = "[...document.querySelectorAll('#list tbody tr')].filter((row) => row.children[5].textContent.trim() === '0').length";
    assert!(browser.has("#list tbody tr").await);
    assert_eq!(browser.eval(empty).await, 0, "what is used up is not shown unasked");
    browser.click(".facets a[href*='facet=all']").await;
    browser.until("the address says that everything is shown", "location.search.includes('facet=all')").await;
    browser.until("and used-up batches are", &format!("{empty} > 0")).await;
    browser.open(&node, "/stock?search=nothing+is+called+so").await;
    browser.click(".empty a[href*='facet=all']").await;
    browser
        .until(
            "the same search goes on in everything",
            "location.search.includes('search=nothing') && location.search.includes('facet=all')",
        )
        .await;
    browser.quit().await;
}

pub async fn a_page_about_one_store_asks_which_one(world: &World) {
    let (browser, node) = at(world, "Central", "admin").await;
    for page in ["/stock", "/issue", "/outbound-shipments"] {
        let status = format!("fetch('{page}').then((answer) => answer.status)");
        assert_eq!(browser.eval_later(&status).await, 200, "{page} is a question, not an error");
        browser.open(&node, page).await;
        assert!(browser.has("button.tile[name=store]").await, "{page}");
        assert!(browser.has("a.tile[href='/national']").await, "{page}");
    }
    browser.open(&node, "/stock?view=items").await;
    browser.click("button.tile[name=store]").await;
    browser
        .until(
            "the page that was asked for opens",
            "location.pathname + location.search === '/stock?view=items' && document.querySelector('#list')",
        )
        .await;
    browser.quit().await;
}

/// Pages that most people see.
const SITE_PAGES: [&str; 21] = [
    "/",
    "/stock",
    "/stock?view=items",
    "/stock?facet=expired",
    "/issue",
    "/receive",
    "/receive/new",
    "/outbound-shipments",
    "/inbound-shipments",
    "/adjustments",
    "/adjustments/new",
    "/equipment",
    "/tasks",
    "/sync",
    "/items",
    "/users",
    "/help",
    "/scan",
    "/scan?text=9521234543213",
    "/labels",
    "/labels?kind=batch",
];
const CENTRAL_PAGES: [&str; 11] = [
    "/",
    "/national",
    "/equipment",
    "/tasks",
    "/sync",
    "/items",
    "/items/new",
    "/stores",
    "/sites",
    "/sites/new",
    "/users/new",
];

pub async fn pages_never_scroll_sideways(world: &World) {
    for (width, height) in [(500, 900), (820, 1180), (1280, 800)] {
        let options = BrowserOptions { width, height, ..BrowserOptions::default() };
        let browser = world.browser(options).await;
        let node = world.node(CENTRE).clone();
        browser.log_in(&node, "awa").await;
        for page in SITE_PAGES {
            browser.open(&node, page).await;
            browser.find("h1").await;
            let wide = browser.too_wide().await;
            assert!(wide.is_none(), "{page} at {width} px is {}", wide.unwrap_or_default());
        }
        browser.quit().await;
    }
}

async fn axe(browser: &Browser, node: &Node, page: &str) {
    browser.open(node, page).await;
    browser.find("h1").await;
    axe_here(browser, page).await;
}

/// The same for what is on the screen now.
pub(super) async fn axe_here(browser: &Browser, page: &str) {
    assert_eq!(axe_finds(browser).await, serde_json::json!([]), "{page}");
}

/// What axe finds on the screen.
pub(super) async fn axe_finds(browser: &Browser) -> serde_json::Value {
    browser.driver.execute(AXE, Vec::new()).await.expect("axe loads");
    // What happens to lie half under a bar that stays in place is no small target: one scrolls it free.
    let release = "for (const element of document.querySelectorAll('*')) { \
         if (['sticky', 'fixed'].includes(getComputedStyle(element).position)) element.style.position = 'static'; }";
    browser.driver.execute(release, Vec::new()).await.expect("bars let go");
    browser
        .eval_later(
            "axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'] })\
             .then((result) => result.violations.map((one) => one.id + ': ' + one.nodes.slice(0, 3).map((node) => node.html).join(' | ')))",
        )
        .await
}

pub async fn axe_finds_nothing_on_the_main_pages(world: &World) {
    let door = browser(world).await;
    axe(&door, world.node(CENTRE), "/login").await;
    door.quit().await;
    let (browser, node) = at_centre(world).await;
    for theme in ["light", "dark"] {
        browser.open(&node, "/").await;
        let set = format!(
            "fetch('/preferences', {{ method: 'POST', body: new URLSearchParams({{ theme: '{theme}', back: '/' }}) }}).then(() => true)"
        );
        browser.eval_later(&set).await;
        for page in SITE_PAGES {
            axe(&browser, &node, page).await;
        }
        let (shipment, item) = (
            first_link(&browser, &node, "/inbound-shipments").await,
            first_link(&browser, &node, "/stock").await,
        );
        let asset = first_link(&browser, &node, "/equipment").await;
        for page in [shipment, item.clone(), item.replace("batches", "movements"), asset] {
            axe(&browser, &node, &page).await;
        }
    }
    browser.quit().await;
    let (browser, node) = at(world, "Central", "admin").await;
    for page in CENTRAL_PAGES {
        axe(&browser, &node, page).await;
    }
    browser.quit().await;
}

pub(super) async fn first_link(browser: &Browser, node: &Node, list: &str) -> String {
    browser.open(node, list).await;
    browser
        .find("a.row-link")
        .await
        .attr("href")
        .await
        .ok()
        .flatten()
        .unwrap_or_else(|| panic!("{list} is empty"))
}

pub async fn central_wears_its_colour_and_its_name(world: &World) {
    let (browser, _) = at(world, "Central", "admin").await;
    assert!(browser.text(".foot .central-mark").await.to_lowercase().contains("central server"));
    assert!(browser.holds("document.querySelector('.band').getBoundingClientRect().height === 6").await);
    let colours = browser.eval("['.band', '.foot'].map((part) => getComputedStyle(document.querySelector(part)).backgroundColor)").await;
    assert_eq!(colours[0], colours[1], "the bars at the top and the bottom are one colour");
    browser.quit().await;
    let (site, _) = at_centre(world).await;
    assert!(!site.has(".band, .central-mark").await, "a site does not look like central");
    site.quit().await;
}

pub async fn an_attempt_at_central_data_on_a_site_shows_the_alert(world: &World) {
    for (username, sentence) in [("peter", REFUSED_EN), ("awa", REFUSED_FR)] {
        let (browser, node) = at(world, CENTRE, username).await;
        for list in ["/items", "/stores", "/sites", "/users", "/partners"] {
            browser.open(&node, list).await;
            browser.click("a.btn.locked").await;
            assert!(browser.text("dialog[open]").await.contains(sentence), "{list}");
            browser.open(&node, &format!("{list}/new")).await;
            assert!(browser.text("[role=alert]").await.contains(sentence), "{list}/new");
            let post = format!(
                "fetch('{list}/new', {{ method: 'POST', body: new URLSearchParams({{ code: 'X', name: 'X', unit: 'X', username: 'xx', password: 'long enough' }}) }}).then(async (answer) => [answer.status, await answer.text()])"
            );
            let answer = browser.eval_later(&post).await;
            assert_eq!(answer[0], 403, "{list}: a form from elsewhere is refused too");
            let page = answer[1].as_str().unwrap_or_default().replace("&#39;", "'");
            assert!(page.contains(sentence), "{list}: {page}");
        }
        browser.quit().await;
    }
}

/// On hand of the first item that a search finds.
pub(super) async fn on_hand(browser: &Browser, node: &Node, search: &str) -> f64 {
    browser.open(node, "/stock").await;
    let page = browser.json(&format!("/api/v1/stock-items?search={search}")).await;
    page["rows"][0]["onHand"].as_f64().expect("a number")
}

/// Chooses the first item that a search finds in the form of an issue, and types a quantity.
async fn add_line(browser: &Browser, search: &str, quantity: &str) {
    browser.fill("#find", search).await;
    browser.find("#found button").await;
    browser.find("#find").await.send_keys(Key::Enter + "").await.expect("a key");
    browser
        .until(
            "the new line has the focus",
            "document.activeElement.matches('input.quantity') && document.activeElement.value === ''",
        )
        .await;
    browser.driver.active_element().await.expect("a page").send_keys(quantity).await.expect("keys");
}

pub async fn stock_is_issued_in_three_taps_and_first_expired_goes_first(world: &World) {
    let (browser, node) = at_district(world).await;
    let before = on_hand(&browser, &node, PLENTY).await;
    browser.open(&node, "/").await;
    browser.click(".quick a[href='/issue']").await;
    add_line(&browser, PLENTY, "100").await;
    browser.find(".proposal .chip.accent").await;
    browser.click("button[name=confirm]").await;
    browser.until("the shipment is shown", "location.pathname.startsWith('/outbound-shipments/')").await;
    browser.find(".steps li.now").await;
    assert!(browser.text(".toasts").await.contains("LOK"));
    assert!(
        (before - on_hand(&browser, &node, PLENTY).await - 100.0).abs() < 0.001,
        "what was picked has left"
    );
    browser.quit().await;
}

pub async fn an_unfinished_issue_survives_a_reload(world: &World) {
    let (browser, node) = at_district(world).await;
    browser.open(&node, "/issue").await;
    add_line(&browser, "amox", "7").await;
    add_line(&browser, "parac", "12").await;
    browser.driver.active_element().await.expect("a page").send_keys(Key::Up + "").await.expect("a key");
    browser
        .until(
            "the arrow leads to the quantity above",
            "document.activeElement === document.querySelectorAll('input.quantity')[0]",
        )
        .await;
    browser.driver.active_element().await.expect("a page").send_keys(Key::Enter + "").await.expect("a key");
    browser
        .until(
            "Enter leads to the next quantity",
            "document.activeElement === document.querySelectorAll('input.quantity')[1]",
        )
        .await;
    browser.driver.refresh().await.expect("a reload");
    browser
        .until(
            "both lines are there again",
            "[...document.querySelectorAll('input.quantity')].map((input) => input.value).join() === '7,12'",
        )
        .await;
    browser.open(&node, "/issue").await;
    browser.click("form.alert button").await;
    browser
        .until(
            "and again after the page was left",
            "[...document.querySelectorAll('input.quantity')].map((input) => input.value).join() === '7,12'",
        )
        .await;
    browser.click("[data-remove]").await;
    browser.until("a line can be removed", "document.querySelectorAll('input.quantity').length === 1").await;
    browser.quit().await;
}

/// Ships items from the district to the centre; gives the number.
async fn ship_to_centre(world: &World, wishes: &[(&str, &str)]) -> String {
    let (browser, node) = at_district(world).await;
    browser.open(&node, "/issue").await;
    let chosen =
        browser.holds("document.evaluate(\"//label[contains(., 'Kipuna')]\", document).iterateNext()").await;
    assert!(chosen, "the centre is among the likely destinations");
    browser
        .driver
        .find(By::XPath("//label[contains(., 'Kipuna')]"))
        .await
        .expect("a choice")
        .click()
        .await
        .expect("a press");
    for (search, quantity) in wishes {
        add_line(&browser, search, quantity).await;
    }
    // The label is what people press; the input in it lies above its words.
    browser.click("label.choice:has(input[value=shipped])").await;
    browser.click("button[name=confirm]").await;
    browser.until("it is on its way", "location.pathname.startsWith('/outbound-shipments/')").await;
    let number = browser.text("h1").await;
    browser.quit().await;
    number
}

/// Opens a shipment at the centre as soon as it has arrived there.
async fn open_inbound(browser: &Browser, node: &Node, number: &str) {
    eventually("the shipment arrives", async || {
        browser.open(node, &format!("/inbound-shipments?search={number}")).await;
        browser.has("#list a.row-link").await.then_some(())
    })
    .await;
    browser.click("#list a.row-link").await;
    browser.find("form[action$='/receive']").await;
}

pub async fn goods_are_received_line_by_line_and_a_difference_is_kept(world: &World) {
    let number = ship_to_centre(world, &[(PLENTY, "200"), ("parac", "300")]).await;
    let (browser, node) = at_centre(world).await;
    open_inbound(&browser, &node, &number).await;
    let first = browser.value("tbody tr:nth-child(1) input.quantity").await;
    let less = first.parse::<u32>().expect("a whole number") - 10;
    browser.fill("tbody tr:nth-child(1) input.quantity", &less.to_string()).await;
    browser.fill("tbody tr:nth-child(1) input[name^=note]", "ten broken").await;
    browser
        .until(
            "each cell saves itself",
            "document.querySelectorAll('[data-dirty]').length === 0 || document.activeElement.blur()",
        )
        .await;
    browser.click(".bar .btn.primary").await;
    browser.until("it is in stock", "document.querySelectorAll('.steps .done').length >= 6").await;
    assert!(browser.value("tbody tr:nth-child(1) input.quantity").await == less.to_string());
    browser.quit().await;
    let (sender, district) = at_district(world).await;
    eventually("the sender hears of the difference", async || {
        sender.open(&district, &format!("/outbound-shipments?search={number}")).await;
        sender.click("#list a.row-link").await;
        sender.has("tbody .chip.warn").await.then_some(())
    })
    .await;
    assert!(sender.text("table").await.contains("ten broken"));
    sender.quit().await;
}

pub async fn forms_work_without_scripts(world: &World) {
    let options = BrowserOptions { scripts: false, ..BrowserOptions::default() };
    let browser = world.browser(options).await;
    let node = world.node(DISTRICT).clone();
    browser.log_in(&node, "grace").await;
    browser.open(&node, "/issue").await;
    browser.fill("#find", PLENTY).await;
    browser.click("button[name=find]").await;
    browser.click("#found button[name=add]").await;
    browser.fill("input.quantity", "100").await;
    browser.click("button[name=confirm]").await;
    browser.find(".steps li.now").await;
    assert!(browser.address().await.contains("/outbound-shipments/"));
    browser.quit().await;
}

/// Says through the API what arrived of the first line, as a colleague on another tablet would.
async fn colleague_counts(browser: &Browser, lines: &[(usize, u32)]) {
    for (row, quantity) in lines {
        let script = format!(
            "(() => {{ const url = document.querySelectorAll('tbody tr')[{row}].querySelector('input.quantity').dataset.save; \
             return fetch(url, {{ method: 'POST', body: new URLSearchParams({{ quantity: '{quantity}' }}) }}).then((answer) => answer.status); }})()"
        );
        assert_eq!(browser.eval_later(&script).await, 200);
    }
}

pub async fn a_push_never_destroys_what_is_being_typed(world: &World) {
    let number = ship_to_centre(world, &[(PLENTY, "200"), ("parac", "300"), ("zinc", "100")]).await;
    let (typing, node) = at(world, CENTRE, "awa").await;
    open_inbound(&typing, &node, &number).await;
    let (colleague, _) = at_centre(world).await;
    open_inbound(&colleague, &node, &number).await;
    // One row is being typed in, one was typed in and not saved, one is clean.
    typing.driver.execute("window.fetchAsIs = fetch; window.fetch = (url, wish) => wish && wish.method === 'POST' ? new Promise(() => {}) : fetchAsIs(url, wish);", Vec::new()).await.expect("a script");
    typing.fill("tbody tr:nth-child(2) input.quantity", "77").await;
    typing.fill("tbody tr:nth-child(1) input.quantity", "42").await;
    let focused = typing.eval("document.activeElement.id").await;
    colleague_counts(&colleague, &[(0, 151), (1, 152), (2, 53)]).await;
    typing
        .until(
            "the clean input takes the new value",
            "document.querySelectorAll('tbody tr')[2].querySelector('input.quantity').value === '53'",
        )
        .await;
    assert_eq!(
        typing.value("tbody tr:nth-child(1) input.quantity").await,
        "42",
        "the one being typed in keeps its own"
    );
    assert_eq!(
        typing.value("tbody tr:nth-child(2) input.quantity").await,
        "77",
        "and so does the one not saved yet"
    );
    assert_eq!(typing.eval("document.activeElement.id").await, focused, "and the focus stays");
    assert!(typing.text("tbody tr:nth-child(1) .offer").await.contains("151"), "both values are offered");
    typing.click("tbody tr:nth-child(1) .offer button:last-child").await;
    assert_eq!(typing.value("tbody tr:nth-child(1) input.quantity").await, "151", "and the reader chooses");
    // A read-only cell of the same page is patched.
    let script = "(() => fetch(document.querySelector('form.card').action, { method: 'POST', body: new URLSearchParams(new FormData(document.querySelector('form.card'))) }).then((answer) => answer.ok))()";
    assert_eq!(colleague.eval_later(script).await, true);
    typing
        .until("the way of the shipment is patched", "document.querySelectorAll('.steps .done').length >= 6")
        .await;
    assert_eq!(typing.value("tbody tr:nth-child(2) input.quantity").await, "77");
    colleague.quit().await;
    typing.quit().await;
}

pub async fn equipment_gets_a_status_with_a_reason_of_that_status(world: &World) {
    let (browser, node) = at_centre(world).await;
    let asset = first_link(&browser, &node, "/equipment?status=functioning").await;
    browser.open(&node, &asset).await;
    browser.click("label.choice:has(input[value=not-functioning])").await;
    let offered = browser.eval("[...document.querySelectorAll('#f-reason option')].filter((option) => !option.disabled && option.value).every((option) => option.dataset.of === 'not-functioning')").await;
    assert_eq!(offered, true, "only reasons of the status are offered");
    browser.click("#log .bar button").await;
    browser
        .until(
            "a broken one needs a reason",
            "document.querySelector('#f-reason[aria-invalid=true], [role=alert], .error')",
        )
        .await;
    assert!(
        browser.holds("document.querySelector('input[value=not-functioning]').checked").await,
        "what was chosen stays"
    );
    browser
        .driver
        .execute("const select = document.querySelector('#f-reason'); select.value = [...select.options].find((option) => option.dataset.of === 'not-functioning').value;", Vec::new())
        .await
        .expect("a reason");
    browser.fill("#f-comment", "compressor silent since the morning").await;
    browser.click("#log .bar button").await;
    browser
        .until(
            "the log has it",
            "document.querySelector('.trail li')?.textContent.includes('compressor silent')",
        )
        .await;
    assert!(browser.has(".title .chip.bad").await, "and the head shows it");
    browser.quit().await;
}

/// Waits until a peer of the sync page looks as wanted; gives how long it took.
async fn sync_shows(browser: &Browser, what: &str, script: &str) -> Duration {
    let began = Instant::now();
    browser.until(what, script).await;
    began.elapsed()
}

/// After the network is back, everything is merged within a second; an unoptimised build on a busy machine that
/// drives two browsers besides gets more.
const MERGED_WITHIN: Duration = Duration::from_secs(5);

pub async fn work_on_both_sides_of_a_cut_merges_when_it_ends(world: &World) {
    let (district, lokana) = at_district(world).await;
    let (centre, kipuna) = at_centre(world).await;
    district.open(&lokana, "/sync").await;
    sync_shows(&district, "in sync before the cut", "document.querySelector('.peer .chip.good')").await;
    district.click("#cut-lokana").await;
    sync_shows(
        &district,
        "the page says that the network is cut",
        "document.querySelector('.network.cut #restore-lokana')",
    )
    .await;
    let shipped = ship_to_centre(world, &[(PLENTY, "100")]).await;
    let before = on_hand(&centre, &kipuna, PLENTY).await;
    district.open(&lokana, "/sync").await;
    sync_shows(
        &district,
        "what waits is counted, or not claimed to be known",
        "/[1-9?]/.test([...document.querySelectorAll('.peer .k')].find((name) => /to send/i.test(name.textContent)).nextElementSibling.textContent)",
    )
    .await;
    centre.open(&kipuna, &format!("/inbound-shipments?search={shipped}")).await;
    assert!(!centre.has("#list a.row-link").await, "nothing passes a cut");
    assert!((on_hand(&centre, &kipuna, PLENTY).await - before).abs() < 0.001);
    centre.open(&kipuna, &format!("/inbound-shipments?search={shipped}")).await;
    district.click("#restore-lokana").await;
    let began = Instant::now();
    centre
        .until(
            "the shipment arrives",
            "(window.arrived ||= (async () => { for (;;) { const page = await (await fetch(location.href)).text(); if (page.includes('row-link')) return (window.there = true); } })(), window.there)",
        )
        .await;
    let took = began.elapsed();
    println!("     merged {} ms after the restoration", took.as_millis());
    assert!(took < MERGED_WITHIN, "{took:?}");
    sync_shows(&district, "and the sync page says so", "document.querySelector('.peer .chip.good')").await;
    district.quit().await;
    centre.quit().await;
}

/// Types as a scanner does: all at once, with Enter behind it, wherever the focus is.
pub(super) async fn scan_into(browser: &Browser, css: &str, text: &str) {
    let place = browser.find(css).await;
    place.send_keys(format!("{text}\u{e007}")).await.unwrap_or_else(|error| panic!("{css}: {error}"));
}

/// A batch of the store that can leave: what the API says of it.
async fn some_batch(browser: &Browser) -> serde_json::Value {
    let ask = format!(
        "fetch('/api/v1/stock-lines?facet=in-stock&limit=500&search={PLENTY}').then((answer) => answer.json())"
    );
    let page = browser.eval_later(&ask).await;
    let rows = page["rows"].as_array().expect("rows");
    let good = |row: &&serde_json::Value| {
        let fits = |field: &str| row[field].as_str().is_some_and(|text| !text.is_empty());
        let alone = rows.iter().filter(|other| other["batch"] == row["batch"]).count() == 1;
        alone
            && fits("batch")
            && fits("expiry")
            && row["status"] == "good"
            && row["available"].as_f64() > Some(0.0)
    };
    rows.iter().find(good).unwrap_or_else(|| panic!("no batch to scan: {page}")).clone()
}

pub async fn a_scanner_works_on_any_page_and_never_eats_what_a_person_types(world: &World) {
    let (browser, node) = at_district(world).await;
    browser.open(&node, "/stock").await;
    let batch = some_batch(&browser).await;
    let text = |name: &str| batch[name].as_str().expect("a text").to_owned();
    let (line, item) = (text("id"), text("item"));
    let label = format!("010952123454321317{}10{}", text("expiry")[2..].replace('-', ""), text("batch"));
    // The first time the store asks which item it is, and then goes on with the scan.
    scan_into(&browser, "body", &label).await;
    browser.find("dialog [data-scan-learn]").await;
    let dialog = browser.text("dialog").await;
    assert!(dialog.contains("09521234543213") && dialog.contains(&text("batch")), "{dialog}");
    axe_here(&browser, "the question which item it is").await;
    browser.fill("#scan-pack", "10").await;
    browser.fill("#scan-find", PLENTY).await;
    browser.find("#scan-found button").await;
    browser.find("#scan-find").await.send_keys("\u{e007}").await.expect("Enter");
    let opened = format!("location.pathname.endsWith('{item}') && location.hash === '#line-{line}'");
    browser.until("the batch that was scanned is opened", &opened).await;

    // On the page of issues it becomes a line, and each further scan adds a box.
    browser.open(&node, "/issue").await;
    let quantity = format!("[data-line='{line}'] input.quantity");
    let holds = |value: &str| format!("document.querySelector(\"{quantity}\")?.value === '{value}'");
    scan_into(&browser, "body", &label).await;
    browser.until("the batch is a line with one box", &holds("10")).await;
    browser
        .until("the cursor is where work goes on", &format!("document.activeElement.matches(\"{quantity}\")"))
        .await;
    browser.fill(&quantity, "7").await;
    // A hand goes from the keys to the scanner: pace is what tells the two apart.
    browser.eval_later("new Promise((done) => setTimeout(done, 300))").await;
    scan_into(&browser, &quantity, &label).await;
    browser.until("what was typed is kept and a box is added", &holds("17")).await;
    assert!(browser.holds("location.pathname === '/issue' && !document.querySelector('dialog')").await);
    // A text that is none of a label stays where it is typed, however fast.
    browser.fill("input[name=comment]", "").await;
    browser.find("input[name=comment]").await.send_keys("quickly typed 4711").await.expect("keys");
    assert_eq!(browser.value("input[name=comment]").await, "quickly typed 4711");
    browser.until("the draft has the line", "location.search.includes('batch.')").await;

    // Where a partner's goods are written down, batch and expiry are filled in.
    browser.open(&node, "/receive/new").await;
    scan_into(&browser, "body", &label).await;
    browser.find("[data-line] input[name^='batch.']").await;
    assert_eq!(browser.value("[data-line] input[name^='batch.']").await, text("batch"));
    assert_eq!(browser.value("[data-line] input[name^='expiry.']").await, text("expiry"));
    browser.until("one box", "document.querySelector('[data-line] input.quantity').value === '10'").await;
    browser.click(".toast button").await;
    browser.until("and it is undone", "!document.querySelector('[data-line]')").await;

    // A code that was read badly says so, and a key opens the box for one that is typed.
    scan_into(&browser, "body", "9521234543214").await;
    browser.find("dialog [data-scan-refused] .alert").await;
    axe_here(&browser, "the scan box").await;
    browser.quit().await;
}

pub async fn labels_are_read_back_by_the_scan_box(world: &World) {
    let (browser, node) = at_centre(world).await;
    browser.open(&node, "/labels?kind=batch").await;
    browser.find("form[action='/labels/print'] input[name=id]").await;
    browser.click("form[action='/labels/print'] .bar button").await;
    browser.find(".labels.sheet .label .qr").await;
    axe_here(&browser, "labels").await;
    let batch = some_batch(&browser).await;
    let id = batch["id"].as_str().expect("an id");
    let code = format!("TRIBUTARY:BATCH:{}", id.replace('-', "").to_uppercase());
    browser.open(&node, "/stock").await;
    browser.find("body").await.send_keys("\u{e032}").await.expect("F2");
    browser.find("dialog [data-scan-field]").await;
    browser.fill("dialog [data-scan-field]", &code).await;
    browser.click("dialog [data-scan-form] button").await;
    browser.until("the batch is opened", &format!("location.hash === '#line-{id}'")).await;
    browser.quit().await;
}

pub async fn keys_that_act_alone_can_be_switched_off(world: &World) {
    let (browser, node) = at_centre(world).await;
    browser.open(&node, "/stock").await;
    browser.find("body").await.send_keys("?").await.expect("a key");
    browser.find("dialog input[data-setting=keys]").await;
    assert!(browser.holds("document.querySelector('dialog input[data-setting=keys]').checked").await);
    browser.click("dialog input[data-setting=keys]").await;
    browser.click("dialog button[data-close]").await;
    browser.until("the dialog is closed", "!document.querySelector('dialog')").await;
    browser.find("body").await.send_keys("?/").await.expect("keys");
    assert!(
        browser.holds("!document.querySelector('dialog') && !document.activeElement.matches('input')").await
    );
    browser.open(&node, "/help").await;
    assert!(browser.holds("!document.querySelector('input[data-setting=keys]').checked").await);
    browser.quit().await;
}
