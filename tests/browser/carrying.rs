//! Files that people carry between devices that no network connects.

use std::path::PathBuf;

use super::harness::{Browser, Node, World};
use super::scenarios::{at, at_district, axe_here};

/// The district of the demo, as its site is called.
const DISTRICT: &str = "Lokana";

/// Saves what a node has for a peer, by the form of the peer's button, where the file is then.
async fn save(browser: &Browser, node: &Node, peer: &str, directory: &tempfile::TempDir) -> PathBuf {
    browser.open(node, "/sync").await;
    browser.find(".peer form[action^='/sync/bundles/save/']").await;
    let script = format!(
        "(async () => {{
            const form = [...document.querySelectorAll('.peer')]
                .find((row) => row.textContent.includes('{peer}')).querySelector('form');
            const answer = await fetch(form.action, {{ method: 'POST', body: new URLSearchParams(new FormData(form)) }});
            const bytes = new Uint8Array(await answer.arrayBuffer());
            const digits = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
            return {{ name: answer.headers.get('content-disposition'), digits }};
        }})()"
    );
    let answer = browser.eval_later(&script).await;
    let name = answer["name"].as_str().and_then(|name| name.split('"').nth(1)).expect("a name").to_owned();
    let digits = answer["digits"].as_str().expect("bytes");
    let bytes: Vec<u8> = (0..digits.len() / 2)
        .map(|at| u8::from_str_radix(&digits[2 * at..2 * at + 2], 16).expect("two digits"))
        .collect();
    let path = directory.path().join(name);
    std::fs::write(&path, bytes).expect("written");
    path
}

/// Loads a file, by the form that takes one; what the page then says.
async fn load(browser: &Browser, node: &Node, file: &std::path::Path) -> String {
    browser.open(node, "/sync").await;
    let input = browser.find("#f-bundle").await;
    input.send_keys(file.to_str().expect("UTF-8")).await.expect("a file is chosen");
    browser.follow("#load-bundle").await;
    browser.text("main .alert").await
}

pub async fn a_cut_site_and_central_merge_by_files(world: &World) {
    let files = tempfile::tempdir().expect("a directory");
    let (district, lokana) = at_district(world).await;
    let (central, centre) = at(world, "Central", "admin").await;
    district.open(&lokana, "/sync").await;
    district.click("#cut-lokana").await;
    district.find(".network.cut #restore-lokana").await;
    let store = district.json("/api/v1/session").await["store"].as_str().expect("a store").to_owned();
    let create = format!(
        "fetch('/api/v1/locations', {{ method: 'POST', headers: {{ 'content-type': 'application/json' }},
            body: JSON.stringify({{ store: '{store}', code: 'STICK', name: 'Made without a network' }}) }})
            .then((answer) => answer.json())"
    );
    assert!(district.eval_later(&create).await["id"].is_string(), "the site works on");

    let up = save(&district, &lokana, "Central", &files).await;
    let name = up.file_name().and_then(|name| name.to_str()).expect("a name").to_owned();
    assert!(name.starts_with("lokana-central-") && name.ends_with(".tributary"), "{name}");
    let said = load(&central, &centre, &up).await;
    assert!(said.contains(DISTRICT) && said.contains("something new"), "{said}");
    axe_here(&central, "/sync").await;
    let said = load(&central, &centre, &up).await;
    assert!(said.contains("already"), "twice is once: {said}");

    let down = save(&central, &centre, DISTRICT, &files).await;
    let said = load(&district, &lokana, &down).await;
    assert!(said.contains("Nothing is left"), "{said}");
    let waiting = "/^0/.test([...document.querySelectorAll('.peer .k')].find((name) => /to send/i.test(name.textContent)).nextElementSibling.textContent)";
    district.until("what has arrived is not to be sent any more", waiting).await;
    let said = load(&district, &lokana, &up).await;
    assert!(said.contains("itself"), "a file goes to the other device: {said}");
    assert!(district.too_wide().await.is_none());
    district.open(&lokana, "/sync").await;
    district.click("#restore-lokana").await;
    district.until("and the network finds nothing to do", "document.querySelector('.peer .chip.good')").await;
    district.quit().await;
    central.quit().await;
}
