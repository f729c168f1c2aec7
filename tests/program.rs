//! The program as people and scripts meet it: exit codes, what is printed, and what lies in a directory before and after.
//!
//! Each test has directories of its own, everything is on the loopback, and ports are chosen by the system.

mod common;

use std::io::Read;
use std::net::{TcpListener, UdpSocket};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, LazyLock};
use std::time::{Duration, Instant};

use central::authority::Authority;
use common::lines;
use crdt_store::{Author, DocumentId, OpenOptions, Store, Timestamp};
use domain::site::CreateSite;
use domain::store::CreateStore;
use domain::{Caller, DomainSchema, Role};
use replication::shell::DeviceKey;
use tempfile::TempDir;

/// How long anything may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);
/// How often one looks.
const GLANCE: Duration = Duration::from_millis(25);
const NOW: Timestamp = Timestamp::from_millis(1_790_000_000_000);
const SITE: &str = "Kipuna";
const PASSWORD: &str = "a-good-password";

static PROGRAM: LazyLock<PathBuf> = LazyLock::new(common::program);

fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(&*PROGRAM);
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("TRIBUTARY_") {
            command.env_remove(name);
        }
    }
    command
        .args(arguments)
        .env("TRIBUTARY_ADMIN_PASSWORD", PASSWORD)
        .env("TRIBUTARY_SITE_PASSWORD", PASSWORD);
    command
}

/// What a command answered.
#[derive(Debug)]
struct Answer {
    exit: i32,
    out: String,
    err: String,
}

impl Answer {
    /// Checks how a command ended, and the code that it printed.
    #[track_caller]
    fn is(self, exit: i32, code: &str) -> Self {
        assert_eq!(self.exit, exit, "{self:?}");
        assert!(code.is_empty() || self.err.contains(&format!("[{code}]")), "{code}: {self:?}");
        self
    }

    #[track_caller]
    fn says(self, text: &str) -> Self {
        assert!(self.out.contains(text) || self.err.contains(text), "«{text}»: {self:?}");
        self
    }
}

fn run(arguments: &[&str]) -> Answer {
    let output = command(arguments).output().expect("the program runs");
    Answer {
        exit: output.status.code().unwrap_or(-1),
        out: String::from_utf8_lossy(&output.stdout).into_owned(),
        err: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

/// A temporary directory with a node's directory in it, which is not there yet.
struct Place {
    ground: TempDir,
    directory: PathBuf,
}

impl Place {
    fn new() -> Self {
        let ground = tempfile::tempdir().expect("a directory");
        let directory = ground.path().join("node");
        Self { ground, directory }
    }

    /// A central that is ready.
    fn central() -> Self {
        let place = Self::new();
        place.run(&["init", "--name", "Programme"]).is(0, "");
        place
    }

    /// Runs a command on the directory.
    fn run(&self, arguments: &[&str]) -> Answer {
        run(&[arguments, &["--dir", self.directory.to_str().expect("a path in UTF-8")]].concat())
    }

    fn file(&self, name: &str) -> PathBuf {
        self.directory.join(name)
    }

    fn beside(&self, name: &str) -> PathBuf {
        self.ground.path().join(name)
    }

    fn serve(&self, more: &[&str]) -> Running {
        let loopback = ["--quic-address", "127.0.0.1", "--quic-port", "0", "--no-lan"];
        let mut command = command(&[&["serve", "--http-port", "0"], &loopback[..], more].concat());
        Running::start(command.arg("--dir").arg(&self.directory), "answers at")
    }

    /// What `status` says of the node, for programs.
    fn status(&self) -> serde_json::Value {
        let answer = self.run(&["status", "--json"]);
        let said: serde_json::Value =
            serde_json::from_str(&answer.out).unwrap_or_else(|_| panic!("{answer:?}"));
        said["node"].clone()
    }

    /// Waits until `holds` of what `status` says.
    fn until(&self, holds: impl Fn(&serde_json::Value) -> bool) {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let status = self.status();
            if holds(&status) {
                return;
            }
            assert!(Instant::now() < deadline, "never so: {status:#}");
            std::thread::sleep(GLANCE);
        }
    }

    /// Waits until `status` answers so, and gives the answer.
    fn status_until(&self, exit: i32) -> Answer {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let answer = self.run(&["status"]);
            if answer.exit == exit {
                return answer;
            }
            assert!(Instant::now() < deadline, "never {exit}: {answer:?}");
            std::thread::sleep(GLANCE);
        }
    }
}

/// A process that runs until it is told to stop.
struct Running(Child);

impl Running {
    /// Starts it and waits for a line of its output.
    fn start(command: &mut Command, line: &str) -> Self {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts");
        let (out, err) = (child.stdout.take().expect("piped"), child.stderr.take().expect("piped"));
        let running = Self(child);
        let deadline = Instant::now() + PATIENCE;
        let mut said = Vec::new();
        // Two readers, because either may say it; the one that does not is read on in the background.
        let (send, receive) = std::sync::mpsc::channel();
        for output in [Box::new(out) as Box<dyn Read + Send>, Box::new(err)] {
            let send = send.clone();
            std::thread::spawn(move || lines(output, deadline).for_each(|line| drop(send.send(line))));
        }
        drop(send);
        while let Ok(found) = receive.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
            if found.contains(line) {
                return running;
            }
            said.push(found);
        }
        panic!("«{line}» is never said, but: {said:?}")
    }

    /// Sends a signal and waits for the end; the exit code.
    fn end(&mut self, signal: &str) -> Option<i32> {
        let sent = Command::new("kill").args([signal, &self.0.id().to_string()]).status().expect("kill runs");
        assert!(sent.success());
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let Some(status) = self.0.try_wait().expect("a child of ours") {
                return status.code();
            }
            assert!(Instant::now() < deadline, "{signal} does not end it");
            std::thread::sleep(GLANCE);
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Copies a directory as a person does who makes a backup: the files are new ones.
fn copy(from: &Path, to: &Path) {
    std::fs::create_dir(to).expect("a new directory");
    for entry in std::fs::read_dir(from).expect("a directory") {
        let entry = entry.expect("an entry");
        std::fs::copy(entry.path(), to.join(entry.file_name())).expect("copied");
    }
}

/// Gives a central a site that a device can enrol at.
fn make_site(central: &Place) {
    let key = DeviceKey::load(&central.directory).expect("its key");
    let system = Authority::load(&central.directory).expect("its authority").system();
    let options =
        OpenOptions::file(&central.file("store.redb")).device(key.device()).central(true).seed([3; 32]);
    let mut store = Store::open(options, Arc::new(DomainSchema)).expect("its database");
    let (site, caller) = (DocumentId::from_bytes([5; 16]), Caller::system(Role::Central));
    let secret = central::enrolment::secret(&central::enrolment::verifier(system, site, PASSWORD), true);
    let made = store.execute(NOW, &Author::default(), |txn| {
        let create = CreateSite {
            id: Some(site),
            name: SITE.into(),
            is_central: false,
            multi_device: true,
            stores: Vec::new(),
        };
        domain::site::create(txn, &caller, &create).map(drop)
    });
    made.expect("the disk works").expect("central may");
    let made = store.execute(NOW, &Author::default(), |txn| {
        domain::site::set_secret(txn, &caller, site, &secret)?;
        let create = CreateStore {
            id: None,
            code: "KPU".into(),
            name: SITE.into(),
            level: 3,
            supplier: None,
            site: Some(site),
        };
        domain::store::create(txn, &caller, &create)
    });
    made.expect("the disk works").expect("central may");
}

fn quic_url(central: &Place) -> String {
    let bytes = std::fs::read(central.file("running.json")).expect("it says where it runs");
    let running: serde_json::Value = serde_json::from_slice(&bytes).expect("JSON");
    format!("quic://{}", running["quic"].as_str().expect("an address"))
}

fn incarnation(place: &Place) -> u32 {
    let key = DeviceKey::load(&place.directory).expect("its key");
    let options = OpenOptions::file(&place.file("store.redb")).device(key.device()).existing();
    Store::open(options, Arc::new(DomainSchema)).expect("its database").incarnation()
}

#[test]
fn the_help_of_every_command_explains_the_exit_codes() {
    let commands: &[&[&str]] = &[
        &[],
        &["demo"],
        &["init"],
        &["enrol"],
        &["serve"],
        &["import"],
        &["import", "deliveries"],
        &["import", "items"],
        &["import", "stock"],
        &["simulate"],
        &["bench"],
        &["status"],
        &["verify"],
        &["bundle"],
        &["bundle", "export"],
        &["bundle", "import"],
        &["bundle", "show"],
    ];
    for words in commands {
        run(&[*words, &["--help"]].concat()).is(0, "").says("Exit codes:").says("4  done, and what was");
    }
    run(&["serve", "--no-such-option"]).is(2, "");
}

#[test]
fn looking_at_a_directory_that_is_not_there_does_not_make_it() {
    let place = Place::new();
    let (file, mapping) = (place.beside("file.csv"), place.beside("mapping.toml"));
    std::fs::write(&file, CSV).expect("written");
    std::fs::write(&mapping, MAPPING).expect("written");
    place.run(&["status"]).is(3, "not-enrolled");
    place.run(&["serve", "--http-port", "0"]).is(3, "not-enrolled");
    let (file, mapping) = (file.to_str().expect("UTF-8"), mapping.to_str().expect("UTF-8"));
    place.run(&["import", "deliveries", file, "--mapping", mapping]).is(3, "central-only");
    place.run(&["enrol", "--url", "http://x", "--site", SITE]).is(3, "central-address");
    assert!(!place.directory.exists());
}

#[test]
fn a_table_of_items_is_imported_once_and_its_errors_keep_it_out() {
    let place = Place::central();
    let file = place.beside("items.csv");
    let path = file.to_str().expect("UTF-8").to_owned();
    std::fs::write(&file, "code;nom;unité\nA1;Un;flacon\n;Deux;flacon\n").expect("written");
    place.run(&["import", "items", &path]).is(3, "import-has-errors").says("line 3, code");
    place.run(&["import", "items", &path, "--leave-out-errors"]).is(0, "").says("1 new");
    place.run(&["import", "items", &path, "--leave-out-errors"]).is(0, "").says("imported already");
    std::fs::write(&file, "code article;quantité\nA1;1 200\n").expect("written");
    place.run(&["import", "stock", &path, "--store", "NOPE"]).is(3, "unknown-store");
    place.run(&["import", "items", &path]).is(3, "missing-columns").says("name");
    let nowhere = Place::new();
    nowhere.run(&["import", "items", &path]).is(3, "missing-columns");
    assert!(!nowhere.directory.exists());
}

#[test]
fn enrolling_where_nobody_answers_says_what_it_does_and_leaves_nothing_behind() {
    let silent = UdpSocket::bind("127.0.0.1:0").expect("a port");
    let url = format!("quic://{}", silent.local_addr().expect("its address"));
    let place = Place::new();
    let answer = place.run(&["enrol", "--url", &url, "--site", SITE, "--wait", "1"]).is(1, "unreachable");
    answer.says(&format!("Trying {url}"));
    assert!(!place.directory.exists());
}

#[test]
fn init_looks_at_everything_before_it_makes_anything() {
    let place = Place::new();
    place.run(&["init", "--name", " "]).is(3, "validation").says("--name");
    place.run(&["init", "--name", "Pro\u{202e}gramme"]).is(3, "validation").says("invisible");
    place.run(&["init", "--name", "Programme", "--admin", "the admin"]).is(3, "validation").says("--admin");
    let short = ["init", "--name", "Programme", "--admin-password", "x"];
    place.run(&short).is(3, "validation").says("--admin-password");
    assert!(!place.directory.exists());
    place.run(&["init", "--name", "Programme"]).is(0, "");
    place.run(&["status"]).is(0, "");
    place.run(&["init", "--name", "Programme"]).is(3, "already-initialised");
    place.run(&["enrol", "--url", "quic://127.0.0.1:9", "--site", SITE]).is(3, "is-central");
}

#[test]
fn an_init_that_was_cut_is_done_again_and_nothing_else_is_ever_removed() {
    let place = Place::central();
    let finished = std::fs::read(place.file("system.json")).expect("there");
    // As it is between the first file and the last.
    std::fs::write(place.file("system.json"), br#"{"name":"Programme","unfinished":true}"#).expect("written");
    std::fs::write(place.file("store.redb"), b"half a database").expect("written");
    place.run(&["serve", "--http-port", "0"]).is(3, "init-unfinished");
    place.run(&["status"]).is(3, "init-unfinished");
    place.run(&["init", "--name", "Programme"]).is(0, "");
    assert_eq!(std::fs::read(place.file("system.json")).expect("there"), finished);
    place.run(&["status"]).is(0, "");
    // A central that has lost this file alone is not taken for one that was never finished.
    std::fs::remove_file(place.file("system.json")).expect("removed");
    place.run(&["init", "--name", "Programme"]).is(3, "already-initialised");
    std::fs::write(place.file("system.json"), finished).expect("written");
    place.run(&["status"]).is(0, "");
}

#[test]
fn what_is_missing_in_a_central_is_named_and_never_made_anew() {
    let place = Place::central();
    let cases = [
        ("store.redb", "database-missing"),
        ("authority.pem", "authority-missing"),
        ("device.key", "device-key-missing"),
    ];
    for (name, code) in cases {
        let (file, aside) = (place.file(name), place.beside(name));
        std::fs::rename(&file, &aside).expect("moved aside");
        place.run(&["serve", "--http-port", "0"]).is(1, code).says("restore a backup of the whole directory");
        if name != "authority.pem" {
            place.run(&["status"]).is(1, code);
        }
        assert!(!file.exists(), "{name}");
        std::fs::rename(&aside, &file).expect("moved back");
    }
    std::fs::rename(place.file("store.redb"), place.beside("store.redb")).expect("moved aside");
    std::fs::write(place.file("store.redb"), b"").expect("written");
    place.run(&["status"]).is(1, "database-missing");
    assert_eq!(std::fs::metadata(place.file("store.redb")).expect("there").len(), 0);
    std::fs::rename(place.beside("store.redb"), place.file("store.redb")).expect("moved back");
    place.run(&["status"]).is(0, "");
    assert_eq!(incarnation(&place), 1, "a file that was moved aside and back is the same file");
}

#[test]
fn a_damaged_database_is_called_the_same_everywhere() {
    let place = Place::central();
    let whole = std::fs::read(place.file("store.redb")).expect("there");
    let mut middle = whole.clone();
    middle[20_000..40_000].fill(0x5a);
    for damaged in [&whole[..whole.len() / 2], &middle[..], b"not a database at all"] {
        std::fs::write(place.file("store.redb"), damaged).expect("written");
        for words in [&["status"][..], &["serve", "--http-port", "0", "--quic-port", "0"]] {
            let answer =
                place.run(words).is(1, "database-damaged").says("restore a backup of the whole directory");
            assert!(!answer.err.contains("enrol"), "{answer:?}");
        }
    }
}

#[test]
fn a_port_that_is_taken_and_an_address_that_is_not_ours_are_told_apart() {
    let place = Place::central();
    let (web, udp) =
        (TcpListener::bind("127.0.0.1:0").expect("a port"), UdpSocket::bind("127.0.0.1:0").expect("one"));
    let web = web.local_addr().expect("bound").port().to_string();
    let port = udp.local_addr().expect("bound").port().to_string();
    place.run(&["serve", "--http-port", &web]).is(5, "http-port").says("--http-port");
    let serve = ["serve", "--http-port", "0", "--quic-address", "127.0.0.1", "--quic-port"];
    place.run(&[&serve[..], &[&port]].concat()).is(5, "udp-port").says("--quic-port");
    place.run(&[&serve[..], &[&web]].concat()).is(5, "tcp-port").says("--quic-port");
    // 192.0.2.0/24 is nobody's (RFC 5737).
    let foreign = ["serve", "--http-port", "0", "--quic-address", "192.0.2.1", "--quic-port", "0"];
    place.run(&foreign).is(3, "udp-address").says("--quic-address");
    place.run(&["serve", "--http-address", "192.0.2.1"]).is(3, "http-address").says("--http-address");
    let _running = place.serve(&[]);
    place.run(&["serve", "--http-port", "0", "--quic-port", "0"]).is(5, "database-locked");
    place.run(&["status"]).is(0, "").says("running as process");
}

#[test]
fn serve_ends_cleanly_when_it_is_asked_to() {
    let place = Place::central();
    for signal in ["-INT", "-TERM"] {
        let mut running = place.serve(&[]);
        assert!(place.file("running.json").exists());
        assert_eq!(running.end(signal), Some(0), "{signal}");
        assert!(!place.file("running.json").exists());
    }
}

/// A central that runs, and the directory of a device that has just enrolled with it.
struct Country {
    central: Place,
    _running: Running,
    site: Place,
}

impl Country {
    fn new() -> Self {
        let central = Place::central();
        make_site(&central);
        let country = Self { _running: central.serve(&[]), central, site: Place::new() };
        country.enrol().is(0, "").says("Enrolled at site");
        country
    }

    fn enrol(&self) -> Answer {
        self.site.run(&["enrol", "--url", &quic_url(&self.central), "--site", SITE])
    }

    /// Runs the site until it is in sync, and stops it.
    fn meet(&self) {
        let mut running = self.site.serve(&[]);
        self.site.status_until(0).says("in sync");
        assert_eq!(running.end("-TERM"), Some(0));
    }
}

#[test]
fn a_stopped_site_is_in_order_when_it_has_met_central_and_not_before() {
    let country = Country::new();
    country.enrol().is(3, "already-enrolled");
    country.site.run(&["status"]).is(4, "").says("central was never met");
    country.meet();
    let answer = country.site.run(&["status"]).is(0, "").says("not running").says("to send 0");
    assert!(!answer.out.contains("never met"), "{answer:?}");
}

#[test]
fn a_restored_directory_begins_a_new_life_and_a_restarted_one_does_not() {
    let country = Country::new();
    let site = &country.site;
    country.meet();
    copy(&site.directory, &site.beside("backup"));
    country.meet();
    assert_eq!(incarnation(site), 1);

    // Both files of the backup agree; only that they are other files tells.
    std::fs::rename(&site.directory, site.beside("lost")).expect("moved aside");
    std::fs::rename(site.beside("backup"), &site.directory).expect("put back");
    country.meet();
    assert_eq!(incarnation(site), 2);
    country.meet();
    assert_eq!(incarnation(site), 2, "once is enough");
}

#[test]
fn a_site_that_lost_its_database_is_told_to_enrol_again_and_never_begins_it_anew() {
    let country = Country::new();
    let site = &country.site;
    std::fs::remove_file(site.file("store.redb")).expect("removed");
    for words in [&["status"][..], &["serve", "--http-port", "0"]] {
        site.run(words).is(1, "database-missing").says("move the directory aside and enrol again");
    }
    // The device may have written; a new database under its key would write other things under the same names.
    std::fs::remove_file(site.file("enrolment.cbor")).expect("removed");
    country.enrol().is(1, "database-missing");
    std::fs::rename(&site.directory, site.beside("aside")).expect("moved aside");
    country.enrol().is(0, "");
}

#[test]
fn two_devices_of_a_store_exchange_while_central_is_gone() {
    let central = Place::central();
    make_site(&central);
    let table = central.beside("items.csv");
    let path = table.to_str().expect("UTF-8").to_owned();
    std::fs::write(&table, "code;name;unit\nA1;Aspirin;tablet\n").expect("written");
    central.run(&["import", "items", &path]).is(0, "").says("1 new");
    let mut at_central = central.serve(&[]);
    let devices = [Place::new(), Place::new()];
    for device in &devices {
        device.run(&["enrol", "--url", &quic_url(&central), "--site", SITE]).is(0, "");
    }
    // Both are enrolled, so each hears of the other from central.
    let mut running = devices.each_ref().map(|device| device.serve(&[]));
    for device in &devices {
        device.until(|status| status["peers"][0]["inSync"] == true);
    }
    for device in running.iter_mut().chain([&mut at_central]) {
        assert_eq!(device.end("-TERM"), Some(0));
    }

    let [first, second] = &devices;
    std::fs::write(&table, "code;quantity\nA1;1200\n").expect("written");
    first.run(&["import", "stock", &path, "--store", "KPU"]).is(0, "").says("1 new");
    let _first = first.serve(&[]);
    let address = quic_url(first);
    let _second = second.serve(&["--neighbour", &address, "--no-tcp"]);
    let counted = first.status()["documents"].clone();
    second.until(|status| status["documents"] == counted);
    second.until(|status| {
        let neighbour = &status["neighbours"][0];
        let met = status["peers"].as_array().is_some_and(|peers| {
            peers.iter().any(|peer| peer["device"] == neighbour["device"] && peer["inSync"] == true)
        });
        met && neighbour["foundBy"] == "hand" && neighbour["state"] == "connected"
    });
    second.run(&["status"]).is(4, "").says("is not searched").says("named at").says("connected");
}

const CSV: &str = "ID,Note,Day,Store,Vendor,Item,Packs,Size\n1,DN-1,2024-05-01,Kipuna,Baobab,Aspirin,5,10\n";
const MAPPING: &str = r#"
format = 1
name = "test"
[centre]
code = "RDC"
name = "Distribution centre"
[fields]
row = { column = "ID" }
kind = { constant = "inbound" }
shipment = { column = "Note" }
date = { column = "Day", formats = ["%Y-%m-%d"] }
store = { column = "Store" }
vendor = { column = "Vendor" }
item = { column = "Item" }
packs = { column = "Packs" }
units_per_pack = { column = "Size" }
"#;

/// A central, and a site that has enrolled and never met it again.
fn central_and_enrolled_site() -> (Place, Place) {
    let (central, site) = (Place::central(), Place::new());
    make_site(&central);
    let mut serving = central.serve(&[]);
    site.run(&["enrol", "--url", &quic_url(&central), "--site", SITE]).is(0, "");
    assert_eq!(serving.end("-TERM"), Some(0));
    (central, site)
}

#[test]
fn a_site_and_central_live_by_files_whether_their_nodes_run_or_not() {
    let (central, site) = central_and_enrolled_site();
    let stick = tempfile::tempdir().expect("a directory");
    let path = |name: &str| stick.path().join(name).to_str().expect("UTF-8").to_owned();
    let (first, second, back) = (path("first.tributary"), path("second.tributary"), path("back.tributary"));

    site.run(&["bundle", "export", &back]).is(3, "bundle-recipient-unknown").says("load");
    central.run(&["bundle", "export", &first]).is(3, "bundle-recipient-unknown").says("--to");
    central.run(&["bundle", "export", &first, "--to", "Nowhere"]).is(3, "bundle-recipient-unknown");
    central.run(&["bundle", "export", &first, "--to", SITE]).is(0, "").says(&format!("for {SITE}"));
    site.run(&["bundle", "show", &first]).is(0, "").says("the central server").says("this device");
    site.run(&["bundle", "import", &first]).is(0, "").says("with something new");
    site.run(&["status"]).is(0, "").says("file from it loaded");
    site.run(&["bundle", "import", &first]).is(0, "").says(", 0 with something new");
    central.run(&["bundle", "import", &first]).is(3, "bundle-own");

    let table = central.beside("items.csv");
    std::fs::write(&table, "code;name;unit\nA1;One;vial\n").expect("written");
    central.run(&["import", "items", table.to_str().expect("UTF-8")]).is(0, "");
    let serving = central.serve(&[]);
    central.run(&["bundle", "export", &second, "--to", SITE]).is(0, "");
    drop(serving);
    let mut serving = site.serve(&[]);
    let loaded = site.run(&["bundle", "import", &second, "--json"]).is(0, "");
    let loaded: serde_json::Value = serde_json::from_str(&loaded.out).expect("JSON");
    assert!(loaded["news"].as_u64().is_some_and(|news| news > 0) && loaded["about"]["fromCentral"] == true);
    site.run(&["bundle", "import", &second]).is(0, "").says(", 0 with something new");
    site.run(&["bundle", "export", &back]).is(0, "").says("for Central");
    site.run(&["bundle", "show", &back]).is(0, "").says(SITE);
    site.run(&["bundle", "import", &back]).is(3, "bundle-own");
    assert_eq!(serving.end("-TERM"), Some(0));
    central.run(&["status"]).is(4, "").says("to send ?");
    central.run(&["bundle", "import", &back]).is(0, "");
    central.run(&["status"]).is(0, "").says("to send 0");
}

#[test]
fn a_file_that_was_changed_cut_or_is_another_is_refused_by_its_code() {
    let (central, site) = central_and_enrolled_site();
    let file = central.beside("first.tributary");
    let path = file.to_str().expect("UTF-8");
    central.run(&["bundle", "export", path, "--to", SITE]).is(0, "");
    let whole = std::fs::read(&file).expect("written");
    let mut changed = whole.clone();
    changed[whole.len() / 2] ^= 1;
    for (bytes, code) in [
        (&changed[..], "bundle-tampered"),
        (&whole[..whole.len() - 10], "bundle-truncated"),
        (&b"code;name\n"[..], "not-a-bundle"),
    ] {
        std::fs::write(&file, bytes).expect("written");
        site.run(&["bundle", "import", path]).is(3, code);
        site.run(&["bundle", "show", path]).is(3, code);
    }
    site.run(&["bundle", "import", "no-such-file"]).is(3, "file-unreadable");
    let (_, other) = central_and_enrolled_site();
    std::fs::write(&file, &whole).expect("written");
    other.run(&["bundle", "import", path]).is(3, "bundle-other-system");
    site.run(&["status"]).is(4, "").says("never met");
}

#[test]
fn an_import_says_what_is_wrong_with_each_row_and_by_its_exit_code_whether_any_was_taken() {
    let place = Place::central();
    let import = |csv: &str, mapping: &str, more: &[&str]| {
        let (file, rules) = (place.beside("file.csv"), place.beside("mapping.toml"));
        std::fs::write(&file, csv).expect("written");
        std::fs::write(&rules, mapping).expect("written");
        let (file, rules) = (file.to_str().expect("UTF-8"), rules.to_str().expect("UTF-8"));
        place.run(&[&["import", "deliveries", file, "--mapping", rules], more].concat())
    };
    import(CSV, &MAPPING.replace("%Y-", "%Q-"), &[]).is(3, "mapping-invalid").says("%Q-%m-%d");
    let nowhere = place.beside("no/such/place.json");
    import(CSV, MAPPING, &["--report", nowhere.to_str().expect("UTF-8")]).is(3, "report-file");
    let wrong = CSV.replace(",5,", ",9000000000000,");
    let answer = import(&wrong, MAPPING, &[]).is(4, "");
    answer.says("line 2, column «Packs», value «9000000000000»: it is too large a number [out-of-range]");
    let report = place.beside("report.json");
    let path = report.to_str().expect("UTF-8");
    import("", MAPPING, &["--report", path]).is(3, "file-empty");
    assert!(!report.exists(), "an import that failed leaves no report");
    import(CSV, MAPPING, &["--report", path]).is(0, "").says("1 accepted now");
    let written: serde_json::Value =
        serde_json::from_slice(&std::fs::read(&report).expect("written")).expect("JSON");
    assert_eq!(written["accepted"], 1, "nothing had been imported before");
    import(CSV, MAPPING, &[]).is(0, "").says("1 were there already");
}

#[test]
fn the_demo_survives_interruptions_and_directories_that_are_deleted() {
    let ground = tempfile::tempdir().expect("a directory");
    let directory = ground.path().join("demo");
    let start = |line: &str| {
        let mut command = command(&["demo", "--port", "0", "--dir"]);
        Running::start(command.arg(&directory), line)
    };
    let mut seeding = start("Making three months");
    assert_eq!(seeding.end("-TERM"), Some(0));
    let mut running = start("Stop with Ctrl-C");
    assert_eq!(running.end("-INT"), Some(0));
    std::fs::remove_dir_all(directory.join("kipuna")).expect("removed");
    let mut running = start("Stop with Ctrl-C");
    let status = run(&["status", "--dir", directory.join("kipuna").to_str().expect("UTF-8")]);
    status.is(0, "").says("in sync");
    assert_eq!(running.end("-INT"), Some(0));
    std::fs::remove_dir_all(directory.join("central")).expect("removed");
    let answer = run(&["demo", "--port", "0", "--dir", directory.to_str().expect("UTF-8")]);
    answer.is(3, "other-system").says("delete the directory");
}
