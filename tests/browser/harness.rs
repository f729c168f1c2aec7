//! A demo, a driver, and browsers: started once, shared by all scenarios, stopped at the end.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use thirtyfour::common::command::FormatRequestData;
use thirtyfour::prelude::*;
use thirtyfour::{RequestData, SessionId};

use crate::common::{lines, program};

/// How long anything may take to appear on a busy machine.
const PATIENCE: Duration = Duration::from_secs(20);
/// How long something between devices may take: a login that comes too early several times waits a minute.
const LONG_PATIENCE: Duration = Duration::from_secs(120);
/// How often one looks.
const GLANCE: Duration = Duration::from_millis(25);
/// How long the demo may take to make its history, unoptimised.
const SEEDING: Duration = Duration::from_secs(300);

/// What to do when there is no browser.
const NO_BROWSER: &str = "the browser tests need Chromium and chromedriver: run scripts/install-browser.sh";

/// One node of the demo.
#[derive(Clone, Debug)]
pub struct Node {
    /// What it is called.
    pub site: String,
    /// Where its pages are.
    pub url: String,
    /// Where it takes connections of sites; only central does.
    quic: Option<String>,
}

/// A running demo and a driver of browsers.
pub struct World {
    demo: Child,
    driver: Child,
    driver_url: String,
    chromium: PathBuf,
    /// Central, then the sites.
    pub nodes: Vec<Node>,
    directory: tempfile::TempDir,
}

impl World {
    /// Starts everything; panics with what to do where something is missing.
    pub fn start() -> Self {
        let directory = tempfile::tempdir().expect("a directory for the demo");
        let chromium = ["chromium", "chromium-browser", "google-chrome"]
            .into_iter()
            .find_map(in_path)
            .expect(NO_BROWSER);
        let (driver, driver_url) = start_driver();
        let (demo, nodes) = start_demo(directory.path());
        Self { demo, driver, driver_url, chromium, nodes, directory }
    }

    /// A node by the name of its site.
    pub fn node(&self, site: &str) -> &Node {
        self.nodes.iter().find(|node| node.site == site).unwrap_or_else(|| panic!("the demo has no {site}"))
    }

    /// A new browser that knows nothing.
    pub async fn browser(&self, options: BrowserOptions) -> Browser {
        let mut wishes = DesiredCapabilities::chrome();
        let profile = self.directory.path().join(format!("profile-{:08x}", rand_name()));
        let flags = [
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--disable-dev-shm-usage",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--force-color-profile=srgb",
        ];
        wishes.set_binary(self.chromium.to_str().expect("a path in UTF-8")).expect("a capability");
        for flag in flags {
            wishes.add_arg(flag).expect("a flag");
        }
        wishes.add_arg(&format!("--user-data-dir={}", profile.display())).expect("a flag");
        wishes.add_arg(&format!("--window-size={},{}", options.width, options.height)).expect("a flag");
        wishes.add_arg(&format!("--lang={}", options.language)).expect("a flag");
        let languages = serde_json::json!({ "intl.accept_languages": options.language });
        let scripts = if options.scripts { 1 } else { 2 };
        let mut preferences = languages;
        preferences["profile.managed_default_content_settings.javascript"] = scripts.into();
        wishes.add_experimental_option("prefs", preferences).expect("preferences");
        let driver = WebDriver::new(&self.driver_url, wishes).await.expect(NO_BROWSER);
        Browser { driver }
    }
}

/// Another device of a site of the demo: a node of its own, with a database of its own.
pub struct Device {
    child: Child,
    /// Where it is.
    pub node: Node,
    _directory: tempfile::TempDir,
}

impl Device {
    /// Joins a site of the demo with its password, and starts.
    pub fn join(world: &World, site: &str) -> Self {
        let directory = tempfile::tempdir().expect("a directory for the device");
        let central = world.node("Central").quic.clone().expect("central takes connections");
        let joined = Command::new(program())
            .args(["enrol", "--url", &format!("quic://{central}"), "--site", site, "--dir"])
            .arg(directory.path())
            .env("TRIBUTARY_SITE_PASSWORD", format!("{}-joins", site.to_lowercase()))
            .stdout(Stdio::null())
            .status()
            .expect("the program starts");
        assert!(joined.success(), "another device joins {site}");
        let mut child = Command::new(program())
            .args([
                "serve",
                "--http-port",
                "0",
                "--quic-address",
                "127.0.0.1",
                "--quic-port",
                "0",
                "--no-lan",
                "--dir",
            ])
            .arg(directory.path())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn()
            .expect("the program starts");
        let output = child.stdout.take().expect("its output is piped");
        let url = lines(output, Instant::now() + PATIENCE)
            .find_map(|line| Some(line.split(" answers at ").nth(1)?.trim().trim_end_matches('/').to_owned()))
            .expect("it says where it answers");
        Self { child, node: Node { site: site.to_owned(), url, quic: None }, _directory: directory }
    }
}

impl Drop for Device {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for World {
    fn drop(&mut self) {
        for child in [&mut self.demo, &mut self.driver] {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// How a browser is.
#[derive(Clone, Copy)]
pub struct BrowserOptions {
    /// Width of the window in pixels.
    pub width: u32,
    /// Height of the window in pixels.
    pub height: u32,
    /// What it asks for in `Accept-Language`.
    pub language: &'static str,
    /// Whether scripts run.
    pub scripts: bool,
}

impl Default for BrowserOptions {
    fn default() -> Self {
        Self { width: 1280, height: 900, language: "en", scripts: true }
    }
}

/// What a question is answered with in the end; `None` is not yet.
pub async fn eventually<T>(what: &str, mut ask: impl AsyncFnMut() -> Option<T>) -> T {
    let began = Instant::now();
    loop {
        if let Some(answer) = ask().await {
            return answer;
        }
        assert!(began.elapsed() < LONG_PATIENCE, "{what}: never");
        tokio::time::sleep(GLANCE).await;
    }
}

/// A browser and the words to use it with.
pub struct Browser {
    /// The driver, for what has no word of its own.
    pub driver: WebDriver,
}

impl Browser {
    /// Opens a page of a node.
    pub async fn open(&self, node: &Node, path: &str) {
        self.driver
            .goto(format!("{}{path}", node.url))
            .await
            .unwrap_or_else(|error| panic!("{path}: {error}"));
    }

    /// Logs in with the password that all users of the demo have.
    pub async fn log_in(&self, node: &Node, username: &str) {
        self.open(node, "/login").await;
        self.fill("input[name=username]", username).await;
        self.fill("input[name=password]", "tributary").await;
        self.click("form[action='/login'] button").await;
        self.find(".frame, form[action='/choose-store']").await;
    }

    /// The first element that fits, as soon as there is one.
    pub async fn find(&self, css: &str) -> WebElement {
        let began = Instant::now();
        loop {
            match self.driver.find(By::Css(css)).await {
                Ok(element) => return element,
                Err(error) if began.elapsed() > PATIENCE => {
                    panic!("no {css} at {}: {error}", self.address().await)
                }
                Err(_) => tokio::time::sleep(GLANCE).await,
            }
        }
    }

    /// All elements that fit now.
    pub async fn all(&self, css: &str) -> Vec<WebElement> {
        self.driver.find_all(By::Css(css)).await.unwrap_or_default()
    }

    /// Whether an element fits now.
    pub async fn has(&self, css: &str) -> bool {
        !self.all(css).await.is_empty()
    }

    /// The text of the first element that fits.
    pub async fn text(&self, css: &str) -> String {
        self.find(css).await.text().await.unwrap_or_default()
    }

    /// Types into an input in place of what it holds; again when a push replaced the input meanwhile.
    pub async fn fill(&self, css: &str, text: &str) {
        self.insist(css, async |input| {
            input.clear().await?;
            input.send_keys(text).await
        })
        .await;
    }

    /// What an input holds.
    pub async fn value(&self, css: &str) -> String {
        self.find(css).await.prop("value").await.ok().flatten().unwrap_or_default()
    }

    /// Presses the first element that fits, brought into view.
    pub async fn click(&self, css: &str) {
        self.insist(css, async |element| {
            element.scroll_into_view().await?;
            element.click().await
        })
        .await;
    }

    /// Presses what leads to another page, and waits until that page has taken the place of this one: a script
    /// that begins while the page is being left is cut off with it.
    pub async fn follow(&self, css: &str) {
        self.run("document.documentElement.dataset.left = 'true'").await;
        self.click(css).await;
        self.until(
            &format!("the page after {css}"),
            "document.readyState === 'complete' && !document.documentElement.dataset.left",
        )
        .await;
    }

    /// Does something with the first element that fits, until it can be done.
    async fn insist(&self, css: &str, act: impl AsyncFn(WebElement) -> Result<(), WebDriverError>) {
        let began = Instant::now();
        loop {
            match act(self.find(css).await).await {
                Ok(()) => return,
                Err(error) if began.elapsed() > PATIENCE => panic!("{css} cannot be used: {error}"),
                Err(_) => tokio::time::sleep(GLANCE).await,
            }
        }
    }

    /// Waits until a script gives true.
    pub async fn until(&self, what: &str, script: &str) {
        let began = Instant::now();
        while !self.holds(script).await {
            assert!(began.elapsed() < PATIENCE, "{what}: never at {}", self.address().await);
            tokio::time::sleep(GLANCE).await;
        }
    }

    /// Whether a script gives true now.
    pub async fn holds(&self, script: &str) -> bool {
        let answer = self.driver.execute(format!("return Boolean({script})"), Vec::new()).await;
        answer.is_ok_and(|answer| answer.json() == &serde_json::Value::Bool(true))
    }

    /// What a script gives, as JSON.
    pub async fn eval(&self, script: &str) -> serde_json::Value {
        let answer = self.driver.execute(format!("return ({script})"), Vec::new()).await;
        answer.unwrap_or_else(|error| panic!("{script}: {error}")).json().clone()
    }

    /// What a promise in a script gives, as JSON.
    pub async fn eval_later(&self, script: &str) -> serde_json::Value {
        let wrapped = format!(
            "const done = arguments[arguments.length - 1]; ({script}).then(done, (error) => done(String(error)));"
        );
        let answer = self.driver.execute_async(wrapped, Vec::new()).await;
        answer.unwrap_or_else(|error| panic!("{script}: {error}")).json().clone()
    }

    /// What reaches over the right edge of the page, which would scroll sideways; `None` when all fits.
    pub async fn too_wide(&self) -> Option<String> {
        let wide = "document.scrollingElement.scrollWidth - document.documentElement.clientWidth";
        let over = self.eval(wide).await.as_f64().filter(|over| *over > 0.0)?;
        let parts = "[...document.querySelectorAll('body *')].filter((part) => part.getBoundingClientRect().right > document.documentElement.clientWidth + 1).slice(0, 8).map((part) => `${part.tagName}.${part.className} “${part.textContent.trim().slice(0, 40)}”`).join(', ')";
        Some(format!("{over} px too wide: {}", self.eval(parts).await))
    }

    /// Presses keys where the focus is.
    pub async fn press(&self, keys: &str) {
        let place = self.driver.active_element().await.expect("a page");
        place.send_keys(keys).await.unwrap_or_else(|error| panic!("{keys}: {error}"));
    }

    /// Runs a script for what it does.
    pub async fn run(&self, script: &str) {
        self.driver.execute(script, Vec::new()).await.unwrap_or_else(|error| panic!("{script}: {error}"));
    }

    /// What an address of the node answers, as JSON.
    pub async fn json(&self, path: &str) -> serde_json::Value {
        self.eval_later(&format!("fetch('{path}').then((answer) => answer.json())")).await
    }

    /// Makes the processor so many times slower, as one of a cheap tablet is.
    pub async fn slow_down(&self, times: u32) {
        self.driver.handle().cmd(SlowDown(times)).await.expect("the processor is slowed down");
    }

    /// Where the browser is.
    pub async fn address(&self) -> String {
        self.driver.current_url().await.map(String::from).unwrap_or_default()
    }

    /// Closes it.
    pub async fn quit(self) {
        let _ = self.driver.quit().await;
    }
}

/// What the driver has no word of its own for.
#[derive(Debug)]
struct SlowDown(u32);

impl FormatRequestData for SlowDown {
    fn format_request(&self, session: &SessionId) -> RequestData {
        let wish =
            serde_json::json!({ "cmd": "Emulation.setCPUThrottlingRate", "params": { "rate": self.0 } });
        RequestData::new("POST".parse().expect("a method"), format!("session/{session}/goog/cdp/execute"))
            .add_body(wish)
    }
}

fn in_path(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|directory| directory.join(name)).find(|file| file.is_file())
}

fn rand_name() -> u64 {
    use std::hash::{BuildHasher, Hasher};
    std::collections::hash_map::RandomState::new().build_hasher().finish()
}

fn start_driver() -> (Child, String) {
    let driver = in_path("chromedriver").expect(NO_BROWSER);
    let mut child = Command::new(driver)
        .arg("--port=0")
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect(NO_BROWSER);
    let output = child.stdout.take().expect("its output is piped");
    // Some versions first repeat the port they were asked for, which is none.
    let port_of =
        |line: String| line.split("on port ").nth(1)?.trim_end_matches('.').trim().parse::<u16>().ok();
    let port = lines(output, Instant::now() + PATIENCE)
        .filter_map(port_of)
        .find(|port| *port != 0)
        .expect("chromedriver says its port");
    (child, format!("http://127.0.0.1:{port}"))
}

fn start_demo(directory: &Path) -> (Child, Vec<Node>) {
    let mut child = Command::new(program())
        .args(["demo", "--json", "--port", "0", "--dir"])
        .arg(directory.join("demo"))
        .stdout(Stdio::piped())
        .stderr(Stdio::inherit())
        .spawn()
        .expect("the demo starts");
    let output = child.stdout.take().expect("its output is piped");
    let node = |line: String| {
        let line: serde_json::Value = serde_json::from_str(&line).ok()?;
        let text = |name: &str| line[name].as_str().map(str::to_owned);
        Some(Node { site: text("site")?, url: text("url")?, quic: text("quic") })
    };
    let nodes: Vec<Node> = lines(output, Instant::now() + SEEDING).filter_map(node).take(3).collect();
    assert_eq!(nodes.len(), 3, "the demo names a central and two sites");
    (child, nodes)
}
