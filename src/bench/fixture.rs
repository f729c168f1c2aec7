//! A central whose one store holds many stock lines: what most benchmarks work on.

use crdt_store::{Author, DocumentId, Failure as CommandFailure, Store, Txn};
use domain::item::CreateItem;
use domain::site::{CreateSite, EnrolDevice};
use domain::stock_line::CreateStockLine;
use domain::store::CreateStore;
use domain::user::CreateUser;
use domain::{Caller, Preset, Quantity, Role, password};
use replication::shell::Clock;

use crate::exit::Failure;
use crate::installation::Installation;
use crate::running::{CentralKeys, System};

/// The user who works in the benchmarks, and the password.
pub const USER: &str = "bench";
/// See [`USER`].
pub const PASSWORD: &str = "benchmark";
/// The site that enrols where a benchmark needs one.
pub const SITE: &str = "Bench";
/// See [`SITE`].
pub const SITE_PASSWORD: &str = "bench-joins";
/// Items that the stock lines are spread over.
const ITEMS: usize = 1_000;
/// Commands in one transaction while filling.
const BATCH: usize = 500;

/// What was filled in.
pub struct Filled {
    /// The store.
    pub store: DocumentId,
    /// The items; a stock line is of the item at its own index, modulo their number.
    pub items: Vec<DocumentId>,
    /// Its stock lines.
    pub lines: Vec<DocumentId>,
}

/// Makes central in a directory, with one store of `lines` stock lines, hosted by central itself or by a site that
/// can enrol.
pub fn fill(
    installation: &Installation,
    lines: usize,
    hosted_by_site: bool,
) -> Result<(Store, Filled), Failure> {
    fill_with(installation, ITEMS, lines, hosted_by_site)
}

/// The same with so many items.
pub fn fill_with(
    installation: &Installation,
    item_count: usize,
    lines: usize,
    hosted_by_site: bool,
) -> Result<(Store, Filled), Failure> {
    let clock = Clock::start();
    let Founded { mut store, keys, central: central_site } = found(installation, &clock)?;
    let system = DocumentId::from_bytes(*keys.authority.system().as_bytes());
    let id = |role: &str| system.derived(role);
    let (site, store_id) = (id("site"), id("store"));
    let caller = Caller::system(Role::Central);

    run(&mut store, &clock, |txn| domain::site::create(txn, &caller, &site_named(site, SITE)).map(drop))?;
    let host = if hosted_by_site { site } else { central_site };
    run(&mut store, &clock, |txn| {
        let create = CreateStore {
            id: Some(store_id),
            code: "BEN".to_owned(),
            name: "Benchmark store".to_owned(),
            level: 2,
            supplier: None,
            site: Some(host),
        };
        domain::store::create(txn, &caller, &create).map(drop)
    })?;
    let verifier = central::enrolment::verifier(keys.authority.system(), site, SITE_PASSWORD);
    let secret = central::enrolment::secret(&verifier, true);
    let password_hash = password::hash(PASSWORD, system.as_bytes())
        .map_err(|rejection| Failure::failed(rejection.code, rejection.message))?;
    run(&mut store, &clock, |txn| {
        domain::site::set_secret(txn, &caller, site, &secret)?;
        let user = CreateUser {
            id: None,
            username: USER.to_owned(),
            name: None,
            password_hash,
            language: None,
            lease_days: None,
            central: Preset::Viewer.permissions(),
            stores: [(store_id, Preset::Manager.permissions())].into(),
        };
        domain::user::create(txn, &caller, &user).map(drop)
    })?;
    let items: Vec<DocumentId> = (0..item_count).map(|index| id(&format!("item {index}"))).collect();
    batches(&mut store, &clock, item_count, |txn, index| {
        let item = item(items[index], index);
        domain::item::create(txn, &caller, &item).map(drop)
    })?;
    let ids: Vec<DocumentId> = (0..lines).map(|index| id(&format!("line {index}"))).collect();
    let today = domain::text::day_of(clock.wall());
    batches(&mut store, &clock, lines, |txn, index| {
        let line = stock_line(ids[index], store_id, items[index % item_count], index, today);
        domain::stock_line::create(txn, &caller, &line).map(drop)
    })?;
    Ok((store, Filled { store: store_id, items, lines: ids }))
}

/// A new central with nothing in it.
pub struct Founded {
    /// Its database.
    pub store: Store,
    /// Its keys.
    pub keys: CentralKeys,
    /// Its own site.
    pub central: DocumentId,
}

/// Makes a central in a directory.
pub fn found(installation: &Installation, clock: &Clock) -> Result<Founded, Failure> {
    let name = System::named("Benchmark");
    name.begin(installation)?;
    let keys = CentralKeys::create(installation, clock)?;
    let mut store = installation.create_store(&keys.key, true)?;
    name.save(installation)?;
    let central = DocumentId::from_bytes(*keys.authority.system().as_bytes()).derived("central");
    let caller = Caller::system(Role::Central);
    run(&mut store, clock, |txn| {
        let create = CreateSite { is_central: true, multi_device: false, ..site_named(central, "Central") };
        domain::site::create(txn, &caller, &create).map(drop)
    })?;
    let device = EnrolDevice { device: keys.key.device(), name: "Central".to_owned() };
    run(&mut store, clock, |txn| domain::site::enrol_device(txn, &caller, central, &device).map(drop))?;
    Ok(Founded { store, keys, central })
}

/// A site on which any number of devices may enrol.
pub fn site_named(id: DocumentId, name: &str) -> CreateSite {
    CreateSite {
        id: Some(id),
        name: name.to_owned(),
        is_central: false,
        multi_device: true,
        stores: Vec::new(),
    }
}

/// The item of a number.
pub fn item(id: DocumentId, index: usize) -> CreateItem {
    CreateItem {
        id: Some(id),
        code: format!("B{index:05}"),
        name: format!("Benchmark medicine number {index}, tablet"),
        unit: "tablet".to_owned(),
        strength: Some("500 mg".to_owned()),
        ven: None,
        default_pack_size: Some(100),
        is_vaccine: false,
        doses_per_unit: None,
        universal_code: None,
    }
}

/// The stock line of a number, with a thousand units on hand.
pub fn stock_line(
    id: DocumentId,
    store: DocumentId,
    item: DocumentId,
    index: usize,
    today: jiff::civil::Date,
) -> CreateStockLine {
    CreateStockLine {
        id: Some(id),
        store,
        item,
        batch: Some(format!("L{index:06}")),
        expiry: today.checked_add(jiff_days(30 + index % 900)).ok(),
        manufactured: None,
        pack_size: Some(100),
        location: None,
        vvm: None,
        cost_price: None,
        sell_price: None,
        supplier: None,
        donor: None,
        note: None,
        quantity: Quantity::from_thousandths(1_000_000),
        at: None,
        variant: None,
        programme: None,
    }
}

fn jiff_days(days: usize) -> jiff::Span {
    jiff::Span::new().days(days as i64)
}

/// Who the changes of a benchmark say that they are by.
pub fn author() -> Author {
    Author { message: Some("bench".to_owned()) }
}

/// Carries out one command.
pub fn run(
    store: &mut Store,
    clock: &Clock,
    command: impl FnOnce(&mut Txn<'_>) -> Result<(), CommandFailure>,
) -> Result<(), Failure> {
    let done = store.execute(clock.wall(), &author(), command)?;
    done.map_err(|rejection| Failure::failed(rejection.code, rejection.message))
}

/// Carries out commands, several hundred to a transaction.
pub fn batches(
    store: &mut Store,
    clock: &Clock,
    count: usize,
    command: impl Fn(&mut Txn<'_>, usize) -> Result<(), CommandFailure>,
) -> Result<(), Failure> {
    let author = author();
    for start in (0..count).step_by(BATCH) {
        let (done, _) = store.write(clock.wall(), |batch| {
            for index in start..count.min(start + BATCH) {
                if let Err(rejection) = batch.execute(&author, |txn| command(txn, index))? {
                    return Ok(Err(rejection));
                }
            }
            Ok(Ok(()))
        })?;
        done.map_err(|rejection| Failure::failed(rejection.code, rejection.message))?;
    }
    Ok(())
}
