//! `tributary init`: makes a directory a new central server.

use std::process::ExitCode;

use crdt_store::{Author, DocumentId, Failure as CommandFailure, Rejection, Store, Txn};
use domain::site::{CreateSite, EnrolDevice};
use domain::user::{CreateUser, valid_username};
use domain::{Caller, Preset, Role, password, valid_name};
use replication::shell::{Clock, random_seed};

use crate::cli::Init;
use crate::exit::Failure;
use crate::installation::Installation;
use crate::running::{CentralKeys, System};

/// Makes keys, authority, database, central's own site and the first administrator. What was typed is checked before
/// anything is made: whoever is refused corrects it and tries again in the same directory.
pub fn run(options: Init) -> Result<ExitCode, Failure> {
    let system = System::named(valid_name("/name", &options.name).map_err(|no| refused("--name", no))?);
    let admin = administrator(&options)?;
    let installation = Installation::at(&options.directory.dir);
    let directory = installation.directory().display();
    system.begin(&installation)?;
    let clock = Clock::start();
    let keys = CentralKeys::create(&installation, &clock)?;
    let mut store = installation.create_store(&keys.key, true)?;
    fill(&mut store, &keys, &clock, &admin)?;
    drop(store);
    system.save(&installation)?;
    say!("Central is ready in {directory}; its administrator is «{}».", admin.username);
    say!("Start it with: tributary serve --dir {directory}");
    Ok(ExitCode::SUCCESS)
}

fn administrator(options: &Init) -> Result<CreateUser, Failure> {
    let salt = random_seed();
    let salt = salt.first_chunk().expect("sixteen of 32 bytes");
    Ok(CreateUser {
        id: None,
        username: valid_username(&options.admin).map_err(|no| refused("--admin", no))?,
        name: None,
        password_hash: password::hash(&options.admin_password, salt)
            .map_err(|no| refused("--admin-password", no))?,
        language: None,
        lease_days: None,
        central: Preset::Administrator.permissions(),
        stores: Default::default(),
    })
}

fn refused(option: &str, rejection: Rejection) -> Failure {
    Failure::rejected(rejection.code, format!("{option}: {}", rejection.message))
}

fn fill(store: &mut Store, keys: &CentralKeys, clock: &Clock, admin: &CreateUser) -> Result<(), Failure> {
    let author = Author { message: Some("init".to_owned()) };
    let site = DocumentId::from_bytes(*keys.authority.system().as_bytes()).derived("central");
    let caller = Caller::system(Role::Central);
    let made = store.execute(clock.wall(), &author, |txn: &mut Txn<'_>| -> Result<(), CommandFailure> {
        let create = CreateSite {
            id: Some(site),
            name: "Central".to_owned(),
            is_central: true,
            multi_device: false,
            stores: Vec::new(),
        };
        domain::site::create(txn, &caller, &create)?;
        domain::user::create(txn, &caller, admin)?;
        Ok(())
    })?;
    made.map_err(|rejection| Failure::rejected(rejection.code, rejection.message))?;
    let enrol = EnrolDevice { device: keys.key.device(), name: "Central".to_owned() };
    store
        .execute(clock.wall(), &author, |txn| domain::site::enrol_device(txn, &caller, site, &enrol))?
        .map_err(|rejection| Failure::rejected(rejection.code, rejection.message))?;
    Ok(())
}
