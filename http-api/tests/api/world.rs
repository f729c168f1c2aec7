//! A central or a site to talk to: a real node on a database in memory (or on a disk that can be filled), without a
//! network, with the country it needs to know.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::Router;
use axum::body::Body;
use axum::http::{Method, Request, Response, StatusCode, header};
use crdt_store::{
    Author, DeviceId, DocumentId, Failure, IncomingDocument, OpenOptions, Origin, StorageBackend, Store,
    Timestamp, Txn, VerifiedChange, VerifiedSnapshot,
};
use domain::{
    Caller, DomainSchema, Permission, Preset, Quantity, Role, item, password, period_schedule, programme,
    reason, site, stock_line, store, user,
};
use http_api::{AppState, Settings};
use replication::NodeConfig;
use replication::enrolment::SystemId;
use replication::shell::{Clock, NodeHandle, Recovery, Reopen, StartOptions, start};
use serde::de::DeserializeOwned;
use serde_json::Value;
use tower::ServiceExt;

pub const PASSWORD: &str = "tribu-taire";
pub const LOCAL_KEY: &str = "what lies in the node's directory";

/// The device of every world; a world is one node.
pub fn device() -> DeviceId {
    DeviceId::from_bytes([7; 16])
}

/// A node and its router.
pub struct World {
    pub router: Router,
    pub node: NodeHandle,
    pub country: Country,
}

/// What the country has from the start.
#[derive(Clone, Debug, Default)]
pub struct Country {
    /// The central medical store; central hosts it.
    pub cms: DocumentId,
    /// A district store; the site hosts it.
    pub district: DocumentId,
    /// Another district store; another site hosts it, or the same one in [`site_of_two_stores`].
    pub far: DocumentId,
    pub site: DocumentId,
    pub items: Vec<DocumentId>,
    pub reason_more: DocumentId,
    pub reason_less: DocumentId,
    pub users: BTreeMap<&'static str, DocumentId>,
}

async fn node(central: bool, mut options: impl FnMut() -> OpenOptions + Send + 'static) -> NodeHandle {
    let open: Reopen = Box::new(move || {
        let options = options().device(device()).seed([3; 32]).central(central);
        Store::open(options, Arc::new(DomainSchema))
    });
    let node = NodeConfig::new(Arc::new(DomainSchema));
    let recovery = Recovery::default();
    let options = StartOptions { node, open, recovery, clock: Clock::start(), network: None, courier: None };
    start(options).await.expect("a node starts")
}

fn settings(role: Role) -> Settings {
    Settings {
        role,
        system_name: "Testland".to_owned(),
        site_name: if role == Role::Central { "Central".to_owned() } else { "Boda".to_owned() },
        device: device(),
        system: Some(SystemId::from_bytes([9; 16])),
        tls: false,
        version: "0.0.0-test",
        local_key: Some(LOCAL_KEY.to_owned()),
    }
}

/// A node with the central role, in memory.
pub async fn central() -> World {
    let node = node(true, OpenOptions::memory).await;
    let country = found_country(&node, Home::Central).await;
    World { router: http_api::router(AppState::new(node.clone(), settings(Role::Central))), node, country }
}

/// Where the device of a world is enrolled.
#[derive(Clone, Copy, PartialEq)]
enum Home {
    Central,
    /// The site that hosts the district store.
    Boda,
    /// The same, and it hosts the store far away too.
    BodaWithFar,
}

/// A device of the site: what central would have sent is written by the same file opened as central before.
pub async fn site(directory: &Path) -> World {
    at_home(directory, Home::Boda).await
}

/// The same for a site with two stores.
pub async fn site_of_two_stores(directory: &Path) -> World {
    at_home(directory, Home::BodaWithFar).await
}

async fn at_home(directory: &Path, home: Home) -> World {
    let path = directory.join("site.redb");
    let as_central = {
        let path = path.clone();
        node(true, move || OpenOptions::file(&path)).await
    };
    let country = found_country(&as_central, home).await;
    as_central.shutdown().await;
    let node = node(false, move || OpenOptions::file(&path)).await;
    World { router: http_api::router(AppState::new(node.clone(), settings(Role::Site))), node, country }
}

/// The site of a store with a batch of which two devices noted different things: the keeper «dry» on this one a minute
/// after it was opened, and another user «wet» on the device «Tablette 2» a minute later.
pub async fn contested(directory: &Path) -> (World, DocumentId) {
    let world = site(directory).await;
    let line = stock(&world, world.country.district, world.country.items[0], "A1", 50).await;
    let (country, path) = (world.country.clone(), directory.join("site.redb"));
    let World { router, node: first, .. } = world;
    first.shutdown().await;
    drop(router);
    let (mut here, mut there) =
        (open(OpenOptions::file(&path), 7), open(OpenOptions::memory().central(true), 8));
    carry(&here, &mut there);
    let opened = here.reader().snapshot().expect("readable").history(line).expect("readable");
    let opened = opened.expect("it was made")[0].time;
    let site = country.site;
    run(&mut there, opened, country.users["admin"], |txn, caller| {
        let wish = site::EnrolDevice { device: DeviceId::from_bytes([8; 16]), name: "Tablette 2".into() };
        site::enrol_device(txn, caller, site, &wish).map(|_| ())
    });
    for (store, minutes, user, note) in [(&mut here, 1, "keeper", "dry"), (&mut there, 2, "looker", "wet")] {
        let wish = stock_line::UpdateStockLine { note: Some(Some(note.into())), ..Default::default() };
        run(store, opened.plus_millis(minutes * 60_000), country.users[user], |txn, caller| {
            stock_line::update(txn, caller, line, &wish)
        });
    }
    carry(&there, &mut here);
    drop(here);
    let node = node(false, move || OpenOptions::file(&path)).await;
    let router = http_api::router(AppState::new(node.clone(), settings(Role::Site)));
    (World { router, node, country }, line)
}

/// The site of a store whose two devices share the stock, this one and «Tablette 2», with a batch of 50 units that the
/// keeper holds.
pub async fn sharing(directory: &Path, keeper: DeviceId) -> (World, DocumentId) {
    let world = site(directory).await;
    let line = stock(&world, world.country.district, world.country.items[0], "A1", 50).await;
    let (country, path) = (world.country.clone(), directory.join("site.redb"));
    let World { router, node: first, .. } = world;
    first.shutdown().await;
    drop(router);
    let mut as_central = open(OpenOptions::file(&path).central(true), 7);
    let (site, district) = (country.site, country.district);
    run(&mut as_central, Timestamp::from_millis(1), country.users["admin"], |txn, caller| {
        let wish = site::EnrolDevice { device: other_device(), name: "Tablette 2".into() };
        site::enrol_device(txn, caller, site, &wish).map(|_| ())
    });
    run(&mut as_central, Timestamp::from_millis(2), country.users["admin"], |txn, caller| {
        let wish = store::UpdateStore { share_keeper: Some(Some(keeper)), ..Default::default() };
        store::update(txn, caller, district, &wish)
    });
    drop(as_central);
    let node = node(false, move || OpenOptions::file(&path)).await;
    let router = http_api::router(AppState::new(node.clone(), settings(Role::Site)));
    (World { router, node, country }, line)
}

/// The site of two stores of which the one far away is supplied by the district, and a programme of the first two items that
/// is reported by months.
pub async fn reporting(directory: &Path) -> (World, DocumentId) {
    let World { router, node: first, country } = site_of_two_stores(directory).await;
    first.shutdown().await;
    drop(router);
    let path = directory.join("site.redb");
    let mut as_central = open(OpenOptions::file(&path).central(true), 7);
    let (far, district, admin) = (country.far, country.district, country.users["admin"]);
    let [schedule, programme] = [1, 2].map(|byte| DocumentId::from_bytes([byte; 16]));
    run(&mut as_central, Timestamp::from_millis(1), admin, |txn, caller| {
        let first = "2020-01-01".parse().expect("a day");
        let wish = period_schedule::CreatePeriodSchedule {
            id: Some(schedule),
            name: "Months".into(),
            months: 1,
            first,
        };
        period_schedule::create(txn, caller, &wish).map(|_| ())
    });
    let items = country.items[..2].to_vec();
    run(&mut as_central, Timestamp::from_millis(2), admin, |txn, caller| {
        let wish = programme::CreateProgramme {
            id: Some(programme),
            code: "EPI".into(),
            name: "Immunisation".into(),
            immunisation: true,
            items,
            stores: vec![],
            schedule: Some(schedule),
        };
        programme::create(txn, caller, &wish).map(|_| ())
    });
    run(&mut as_central, Timestamp::from_millis(3), admin, |txn, caller| {
        let wish = store::UpdateStore { supplier: Some(Some(district)), ..Default::default() };
        store::update(txn, caller, far, &wish)
    });
    drop(as_central);
    let node = node(false, move || OpenOptions::file(&path)).await;
    let router = http_api::router(AppState::new(node.clone(), settings(Role::Site)));
    (World { router, node, country }, programme)
}

/// The other device of [`sharing`].
pub fn other_device() -> DeviceId {
    DeviceId::from_bytes([8; 16])
}

fn open(options: OpenOptions, device: u8) -> Store {
    let options = options.device(DeviceId::from_bytes([device; 16])).seed([device; 32]);
    Store::open(options, Arc::new(DomainSchema)).expect("a store opens")
}

fn run(
    store: &mut Store,
    now: Timestamp,
    user: DocumentId,
    command: impl FnOnce(&mut Txn<'_>, &Caller) -> Result<(), Failure>,
) {
    let author = Author { message: Some(user.to_string()) };
    let caller = Caller { user, ..Caller::system(Role::Central) };
    store
        .execute(now, &author, |txn| command(txn, &caller))
        .expect("a store that works")
        .expect("a fine command");
}

/// Gives one store all that another has, as central would.
fn carry(from: &Store, to: &mut Store) {
    let read = from.reader().snapshot().expect("readable");
    let origin = Origin { central: true, ..from.origin() };
    let now = Timestamp::from_millis(0);
    for scope in read.scopes().expect("readable") {
        for (_, id) in read.scope_log_after(&scope, 0, usize::MAX).expect("readable") {
            let whole = read.outgoing(id, 0, None).expect("readable");
            let incoming = IncomingDocument {
                id,
                snapshot: whole.snapshot.map(|bytes| VerifiedSnapshot::verify(bytes).expect("our own")),
                changes: whole
                    .changes
                    .into_iter()
                    .map(|bytes| VerifiedChange::verify(bytes).expect("our own"))
                    .collect(),
            };
            to.write(now, |batch| batch.ingest(&origin, &scope, incoming)).expect("a store that works");
        }
    }
}

/// A central on a disk that can be full.
pub async fn central_on(disk: &Disk) -> World {
    let disk = disk.clone();
    let node = node(true, move || OpenOptions::backend(Box::new(disk.clone()))).await;
    let country = found_country(&node, Home::Central).await;
    World { router: http_api::router(AppState::new(node.clone(), settings(Role::Central))), node, country }
}

/// A router over the same node with another state.
pub fn router_with(world: &World, state: impl FnOnce(NodeHandle, Settings) -> AppState) -> Router {
    http_api::router(state(world.node.clone(), settings(Role::Site)))
}

/// Carries out a command as the system itself.
pub async fn act<T>(
    node: &NodeHandle,
    run: impl FnOnce(&mut Txn<'_>, &Caller) -> Result<T, Failure> + Send + 'static,
) -> T
where
    T: serde::Serialize + DeserializeOwned + Send + 'static,
{
    let command = move |txn: &mut Txn<'_>| run(txn, &Caller::system(Role::Central));
    node.execute(None, Author::default(), command).await.expect("a fine command")
}

async fn found_country(node: &NodeHandle, home: Home) -> Country {
    let hash = password::hash(PASSWORD, &[1; 16]).expect("a fine password");
    act(node, move |txn, caller| {
        for (name, is_central) in [("Central", true), ("Boda", false), ("Far away", false)] {
            let wish = site::CreateSite {
                id: None,
                name: name.into(),
                is_central,
                multi_device: true,
                stores: vec![],
            };
            site::create(txn, caller, &wish)?;
        }
        for (kind, text) in [
            (reason::ReasonKind::PositiveAdjustment, "Found"),
            (reason::ReasonKind::NegativeAdjustment, "Broken"),
        ] {
            reason::create(txn, caller, &reason::CreateReason { id: None, kind, text: text.into() })?;
        }
        Ok(())
    })
    .await;
    found_rest(node, hash, home).await
}

/// What refers to sites: commands do not see what the same command made.
async fn found_rest(node: &NodeHandle, hash: String, home: Home) -> Country {
    let read = node.reader().snapshot().expect("readable");
    let sites = domain::query::reference::sites(&read).expect("readable");
    let of = |name: &str| sites.iter().find(|site| site.name == name).expect("made above").id;
    let (centre, boda, far_away) = (of("Central"), of("Boda"), of("Far away"));
    let host_of_far = if home == Home::BodaWithFar { boda } else { far_away };
    let device_at = if home == Home::Central { centre } else { boda };
    let reasons = domain::query::reference::reasons(&read).expect("readable");
    let reason = |text: &str| reasons.iter().find(|reason| reason.text == text).expect("made above").id;
    let stores = act(node, move |txn, caller| {
        let mut make = |code: &str, name: &str, level: u8, host: DocumentId| {
            let wish = store::CreateStore {
                id: None,
                code: code.into(),
                name: name.into(),
                level,
                supplier: None,
                site: Some(host),
            };
            store::create(txn, caller, &wish).map(|made| made.id)
        };
        Ok(vec![
            make("CMS", "Central medical store", 1, centre)?,
            make("BODA", "Boda", 2, boda)?,
            make("FAR", "Far away", 2, host_of_far)?,
        ])
    })
    .await;
    let (cms, district, far) = (stores[0], stores[1], stores[2]);
    act(node, move |txn, caller| {
        let wish = site::EnrolDevice { device: device(), name: "This one".into() };
        site::enrol_device(txn, caller, device_at, &wish).map(|_| ())
    })
    .await;
    let items = act(node, |txn, caller| {
        let mut make = |n: u32| {
            let wish = item::CreateItem {
                id: None,
                code: format!("ITM{n:03}"),
                name: format!("Amoxicilline {n:03} mg"),
                unit: "gélule".into(),
                strength: None,
                ven: Some(item::Ven::Vital),
                default_pack_size: Some(10),
                is_vaccine: false,
                doses_per_unit: None,
                universal_code: None,
            };
            item::create(txn, caller, &wish).map(|made| made.id)
        };
        (0..12).map(&mut make).collect::<Result<Vec<_>, _>>()
    })
    .await;
    let users = found_users(node, hash, [cms, district, far]).await;
    Country {
        cms,
        district,
        far,
        site: boda,
        items,
        reason_more: reason("Found"),
        reason_less: reason("Broken"),
        users,
    }
}

async fn found_users(
    node: &NodeHandle,
    hash: String,
    stores: [DocumentId; 3],
) -> BTreeMap<&'static str, DocumentId> {
    let [cms, district, far] = stores;
    let people: Vec<(&'static str, Preset, Vec<(DocumentId, Preset)>)> = vec![
        ("admin", Preset::Administrator, vec![(cms, Preset::Manager)]),
        ("looker", Preset::Viewer, vec![(district, Preset::Viewer)]),
        ("keeper", Preset::Viewer, vec![(district, Preset::Manager)]),
        ("wanderer", Preset::Viewer, vec![(district, Preset::Manager), (far, Preset::Manager)]),
    ];
    let mut users = BTreeMap::new();
    for (name, central, stores) in people {
        let hash = hash.clone();
        let made = act(node, move |txn, caller| {
            let central: std::collections::BTreeSet<Permission> = match central {
                Preset::Administrator => central.permissions(),
                _ => Default::default(),
            };
            let stores = stores.iter().map(|(store, preset)| (*store, preset.permissions())).collect();
            let wish = user::CreateUser {
                id: None,
                username: name.into(),
                name: None,
                password_hash: hash,
                language: Some("fr".into()),
                lease_days: None,
                central,
                stores,
            };
            user::create(txn, caller, &wish)
        })
        .await;
        users.insert(name, made.id);
    }
    users
}

/// Puts stock on a store's shelf: so many units of an item in one batch.
pub async fn stock(
    world: &World,
    store: DocumentId,
    item: DocumentId,
    batch: &str,
    units: i64,
) -> DocumentId {
    let batch = batch.to_owned();
    act(&world.node, move |txn, caller| {
        let wish = stock_line::CreateStockLine {
            id: None,
            store,
            item,
            batch: Some(batch),
            expiry: Some("2031-06-30".parse().expect("a day")),
            manufactured: None,
            pack_size: None,
            location: None,
            vvm: None,
            cost_price: None,
            sell_price: Some("1.250".parse().expect("money")),
            supplier: None,
            donor: None,
            note: None,
            quantity: Quantity::whole(units),
            at: None,
            variant: None,
            programme: None,
        };
        stock_line::create(txn, caller, &wish).map(|made| made.id)
    })
    .await
}

/// A question or a wish, and how it is sent.
pub struct Call {
    request: axum::http::request::Builder,
    body: Body,
}

pub fn call(method: Method, uri: impl AsRef<str>) -> Call {
    let request = Request::builder().method(method).uri(uri.as_ref()).header(header::HOST, "test.local");
    Call { request, body: Body::empty() }
}

pub fn get(uri: impl AsRef<str>) -> Call {
    call(Method::GET, uri)
}

pub fn post(uri: impl AsRef<str>, body: Value) -> Call {
    call(Method::POST, uri).json(body)
}

impl Call {
    pub fn json(self, body: Value) -> Self {
        self.header("content-type", "application/json").raw(body.to_string())
    }

    pub fn raw(mut self, body: impl Into<Body>) -> Self {
        self.body = body.into();
        self
    }

    pub fn header(mut self, name: &str, value: impl AsRef<str>) -> Self {
        self.request = self.request.header(name, value.as_ref());
        self
    }

    pub fn by(self, token: &str) -> Self {
        self.header("authorization", format!("Bearer {token}"))
    }

    /// Sends it; the whole answer.
    pub async fn send(self, router: &Router) -> Answer {
        let response = self.stream(router).await;
        let (parts, body) = response.into_parts();
        let body = axum::body::to_bytes(body, usize::MAX).await.expect("a whole body").to_vec();
        Answer { status: parts.status, headers: parts.headers, body }
    }

    /// Sends it; the answer as it comes.
    pub async fn stream(self, router: &Router) -> Response<Body> {
        let request = self.request.body(self.body).expect("a request");
        router.clone().oneshot(request).await.expect("a router never fails")
    }
}

/// An answer, read whole.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: axum::http::HeaderMap,
    pub body: Vec<u8>,
}

impl Answer {
    pub fn value(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.text()))
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// What a client of this type reads; a field too many or too few fails.
    #[track_caller]
    pub fn read<T: DeserializeOwned>(&self) -> T {
        assert!(self.status.is_success(), "{}: {}", self.status, self.text());
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.text()))
    }

    #[track_caller]
    pub fn done(self) -> Self {
        assert!(
            self.status.is_success() || self.status == StatusCode::NOT_MODIFIED,
            "{}: {}",
            self.status,
            self.text()
        );
        self
    }

    /// Checks that it is a problem with this status and code, and that it says something.
    #[track_caller]
    pub fn refused(&self, status: u16, code: &str) -> Value {
        let problem = self.value();
        assert_eq!((self.status.as_u16(), problem["code"].as_str()), (status, Some(code)), "{problem}");
        assert_eq!(self.header("content-type"), "application/problem+json");
        assert_eq!(problem["status"], status);
        assert!(!problem["detail"].as_str().expect("a detail").is_empty() && !problem["title"].is_null());
        problem
    }

    #[track_caller]
    pub fn id(&self) -> DocumentId {
        let value = self.value();
        value["id"].as_str().unwrap_or_else(|| panic!("no id in {value}")).parse().expect("an id")
    }
}

impl World {
    /// A bearer token of this user.
    pub async fn token(&self, username: &str) -> String {
        let login = serde_json::json!({ "username": username, "password": PASSWORD });
        let entered = post("/api/v1/session", login).send(&self.router).await.done();
        let cookie = entered.header("set-cookie").split(';').next().expect("a cookie").to_owned();
        let made = post("/api/v1/session/tokens", serde_json::json!({ "name": "test", "days": 1 }))
            .header("cookie", cookie)
            .send(&self.router)
            .await;
        made.value()["token"].as_str().expect("a token").to_owned()
    }

    /// The description of the API.
    pub async fn openapi(&self) -> Value {
        get("/api/openapi.json").send(&self.router).await.done().value()
    }
}

/// A disk in memory that can be full.
#[derive(Clone, Debug, Default)]
pub struct Disk {
    bytes: Arc<std::sync::Mutex<Vec<u8>>>,
    full: Arc<AtomicBool>,
}

impl Disk {
    pub fn set_full(&self, full: bool) {
        self.full.store(full, Ordering::SeqCst);
    }

    fn check(&self) -> std::io::Result<()> {
        match self.full.load(Ordering::SeqCst) {
            true => Err(std::io::ErrorKind::StorageFull.into()),
            false => Ok(()),
        }
    }
}

impl StorageBackend for Disk {
    fn len(&self) -> std::io::Result<u64> {
        Ok(self.bytes.lock().expect("no panic").len() as u64)
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> std::io::Result<()> {
        let bytes = self.bytes.lock().expect("no panic");
        let start = offset as usize;
        let found = bytes.get(start..start + out.len()).ok_or(std::io::ErrorKind::UnexpectedEof)?;
        out.copy_from_slice(found);
        Ok(())
    }

    fn set_len(&self, len: u64) -> std::io::Result<()> {
        self.check()?;
        self.bytes.lock().expect("no panic").resize(len as usize, 0);
        Ok(())
    }

    fn sync_data(&self) -> std::io::Result<()> {
        self.check()
    }

    fn write(&self, offset: u64, data: &[u8]) -> std::io::Result<()> {
        self.check()?;
        let mut bytes = self.bytes.lock().expect("no panic");
        let start = offset as usize;
        bytes[start..start + data.len()].copy_from_slice(data);
        Ok(())
    }
}
