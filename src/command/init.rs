//! `tributary init`: makes a directory a new central server.

use std::process::ExitCode;

use crdt_store::{Author, DocumentId, Failure as CommandFailure, Txn};
use domain::site::{CreateSite, EnrolDevice};
use domain::user::CreateUser;
use domain::{Caller, Preset, Role, password};
use replication::shell::{Clock, random_seed};

use crate::cli::Init;
use crate::exit::Failure;
use crate::installation::Installation;
use crate::running::{CentralKeys, System};

/// Makes keys, authority, database, central's own site and the first administrator.
pub fn run(options: Init) -> Result<ExitCode, Failure> {
    let installation = Installation::at(&options.directory.dir)?;
    let directory = installation.directory().display().to_string();
    if installation.database().exists() {
        let message = format!("{directory} has a database already; choose another directory with --dir");
        return Err(Failure::rejected("already-initialised", message));
    }
    let salt = random_seed();
    let salt = salt.first_chunk().expect("sixteen of 32 bytes");
    let password_hash = password::hash(&options.admin_password, salt)
        .map_err(|rejection| Failure::rejected(rejection.code, rejection.message))?;

    let clock = Clock::start();
    let keys = CentralKeys::load_or_create(&installation, &clock)?;
    let device = keys.key.device();
    let mut store = installation.open_store(device, true)?;
    let author = Author { message: Some("init".to_owned()) };
    let admin = CreateUser {
        id: None,
        username: options.admin.clone(),
        name: None,
        password_hash,
        language: None,
        lease_days: None,
        central: Preset::Administrator.permissions(),
        stores: Default::default(),
    };
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
        domain::user::create(txn, &caller, &admin)?;
        Ok(())
    })?;
    made.map_err(|rejection| Failure::rejected(rejection.code, rejection.message))?;
    let enrol = EnrolDevice { device, name: "Central".to_owned() };
    store
        .execute(clock.wall(), &author, |txn| domain::site::enrol_device(txn, &caller, site, &enrol))?
        .map_err(|rejection| Failure::rejected(rejection.code, rejection.message))?;
    drop(store);
    // Last: a directory with this file is a central server that is complete.
    System { name: options.name }.save(&installation)?;
    say!("Central is ready in {directory}; its administrator is «{}».", options.admin);
    say!("Start it with: tributary serve --dir {directory}");
    Ok(ExitCode::SUCCESS)
}
