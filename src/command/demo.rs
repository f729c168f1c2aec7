//! `tributary demo`: a central and two sites on this machine, with data.

use std::io::IsTerminal;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::pin::pin;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use central::authority::Authority;
use central::demo::{self, DemoSite, DemoUser, PASSWORD, SITES, USERS};
use crdt_store::Author;
use domain::{Caller, Role};
use http_api::{AppState, DemoNetwork, DemoNode};
use indicatif::{ProgressBar, ProgressStyle};
use replication::shell::{CentralAddress, Clock, Membership, NodeHandle, PATIENCE, Wish};
use serde::Serialize;
use tokio::net::TcpListener;

use crate::cli::Demo;
use crate::command::enrol::join;
use crate::exit::Failure;
use crate::installation::Installation;
use crate::interface::{Interface, listen};
use crate::running::{
    CentralKeys, SiteNetwork, Started, System, announce, asked_to_stop, block_on, retract, start_central,
    start_site,
};

/// The demo's history is always the same.
const SEED: u64 = 2026;
/// How long a site may take to receive its data before the demo goes on without waiting.
const FIRST_SYNC_MAX: Duration = Duration::from_secs(60);
/// What the demo's system is called.
const SYSTEM_NAME: &str = "Tributary demo";

/// One line of `--json`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct NodeLine {
    role: Role,
    site: &'static str,
    stores: &'static [&'static str],
    url: String,
    api: String,
    quic: Option<String>,
    users: Vec<UserLine>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct UserLine {
    username: &'static str,
    password: &'static str,
    name: &'static str,
    language: &'static str,
}

/// Starts the demo and runs until asked to stop.
pub fn run(options: Demo) -> Result<ExitCode, Failure> {
    block_on(async move {
        let teller = Teller { quiet: options.json };
        // Ports first: a taken port should not be found out after seeding.
        let mut listeners = Vec::new();
        for index in 0..SITES.len() as u16 {
            let port = if options.port == 0 { 0 } else { options.port.saturating_add(index) };
            listeners.push(listen(SocketAddr::from((Ipv4Addr::LOCALHOST, port)), "--port", "--port").await?);
        }
        // One wish for all of it: a signal between two waits would be missed.
        let mut stop = pin!(asked_to_stop());
        let nodes = tokio::select! {
            nodes = start_all(&options.dir, &teller) => nodes?,
            () = &mut stop => {
                teller.say("Stopped before everything was ready; the next start does what is missing.");
                return Ok(ExitCode::SUCCESS);
            }
        };
        let running = open_all(nodes, listeners)?;
        tell(&running, options.json)?;
        stop.await;
        teller.say("Stopping …");
        for node in &running {
            retract(&node.installation);
        }
        for node in running {
            node.interface.close().await;
            node.started.node.shutdown().await;
        }
        teller.say("Stopped. The data stays; the next start goes on with it.");
        Ok(ExitCode::SUCCESS)
    })
}

struct Running {
    site: &'static DemoSite,
    installation: Installation,
    started: Started,
    interface: Interface,
}

type Begun = (&'static DemoSite, Installation, Started);

/// Seeds central if need be, starts it, enrols the sites that have not, starts them, and waits for their data.
async fn start_all(directory: &Path, teller: &Teller) -> Result<Vec<Begun>, Failure> {
    let (central_site, sites) = SITES.split_first().expect("the demo has a central");
    let installation = Installation::at(&directory.join(slug(central_site)));
    let system = System::named(SYSTEM_NAME);
    refuse_other_system(directory, &installation, sites)?;
    let seeding = (installation.clone(), system.clone(), teller.clone());
    tokio::task::spawn_blocking(move || seed(&seeding.0, &seeding.1, &seeding.2))
        .await
        .map_err(std::io::Error::other)??;
    let started = start_central(&installation, &system, SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).await?;
    let port = started.quic().map_or(0, |address| address.port());
    let central: CentralAddress = format!("quic://127.0.0.1:{port}")
        .parse()
        .map_err(|error| Failure::failed("central-address", error))?;
    let mut nodes = vec![(central_site, installation, started)];
    for site in sites {
        let installation = Installation::at(&directory.join(slug(site)));
        let membership = match Membership::load(installation.directory())? {
            Some(membership) => membership,
            None => {
                teller.say(&format!("Enrolling {} …", site.name));
                let wish = Wish {
                    central: central.clone(),
                    site_name: site.name.to_owned(),
                    password: site.password.to_owned(),
                    patience: PATIENCE,
                };
                join(&installation, &wish).await?
            }
        };
        // Alone with central: what a cut of the switch shows should be the switch's doing, and what is on the networks of
        // whoever tries the demo is none of its business.
        let network = SiteNetwork::with_central_alone();
        let started = start_site(&installation, membership, Some(central.clone()), network).await?;
        nodes.push((site, installation, started));
    }
    for (site, _, started) in &nodes[1..] {
        first_sync(site.name, &started.node, teller).await;
    }
    Ok(nodes)
}

/// Refuses sites that belong to another central than the one that is there, or that is about to be made: they would
/// never find theirs.
fn refuse_other_system(directory: &Path, central: &Installation, sites: &[DemoSite]) -> Result<(), Failure> {
    let own = match System::load(central) {
        Ok(Some(_)) => Some(Authority::load(central.directory())?.system()),
        Ok(None) => None,
        // One that was never finished has never been met.
        Err(unfinished) if unfinished.code == System::UNFINISHED => None,
        Err(other) => return Err(other),
    };
    for site in sites {
        let membership = Membership::load(&directory.join(slug(site)))?;
        if membership.is_some_and(|membership| Some(membership.grant.system) != own) {
            let message = format!(
                "{} belongs to another central than the one of this demo; delete the directory {} to begin anew",
                site.name,
                directory.display()
            );
            return Err(Failure::rejected("other-system", message));
        }
    }
    Ok(())
}

/// Makes central with the demo's data, unless it is there.
fn seed(installation: &Installation, system: &System, teller: &Teller) -> Result<(), Failure> {
    match System::load(installation) {
        Ok(Some(_)) => return Ok(()),
        Ok(None) => {}
        Err(unfinished) if unfinished.code == System::UNFINISHED => {
            teller.say("An earlier start was interrupted while seeding; beginning anew.");
        }
        Err(other) => return Err(other),
    }
    system.begin(installation)?;
    let clock = Clock::start();
    let keys = CentralKeys::create(installation, &clock)?;
    let mut store = installation.create_store(&keys.key, true)?;
    let bar = teller.bar("Making three months of history");
    demo::seed(&mut store, SEED, clock.wall(), &mut |progress| {
        bar.set_length(progress.total as u64);
        bar.set_position(progress.done as u64);
    })
    .map_err(|error| Failure::failed(error.code(), error))?;
    bar.finish_and_clear();
    admit_sites(&mut store, &keys, &clock)?;
    system.save(installation)
}

/// Gives central its place in its own registry, and the sites the passwords that they enrol with.
fn admit_sites(store: &mut crdt_store::Store, keys: &CentralKeys, clock: &Clock) -> Result<(), Failure> {
    let caller = Caller::system(Role::Central);
    let author = Author { message: Some("demo".to_owned()) };
    for site in SITES {
        let done = if site.is_central {
            let enrol = domain::site::EnrolDevice { device: keys.key.device(), name: site.name.to_owned() };
            store.execute(clock.wall(), &author, |txn| {
                domain::site::enrol_device(txn, &caller, site.id(), &enrol).map(drop)
            })?
        } else {
            let verifier = central::enrolment::verifier(keys.authority.system(), site.id(), site.password);
            let secret = central::enrolment::secret(&verifier, true);
            store.execute(clock.wall(), &author, |txn| {
                domain::site::set_secret(txn, &caller, site.id(), &secret).map(drop)
            })?
        };
        done.map_err(|rejection| Failure::failed(rejection.code, rejection.message))?;
    }
    Ok(())
}

/// Waits until a site is proven to hold what it should, telling how far it is.
async fn first_sync(name: &str, node: &NodeHandle, teller: &Teller) {
    let bar = teller.bar(&format!("{name} receives its data"));
    let began = Instant::now();
    let mut events = node.subscribe();
    while began.elapsed() < FIRST_SYNC_MAX {
        let status = node.status();
        let central = status.peers.iter().find(|peer| peer.central);
        let to_receive = central.and_then(|peer| peer.to_receive).unwrap_or(0);
        bar.set_length(status.documents + to_receive);
        bar.set_position(status.documents);
        if central.is_some_and(|peer| peer.in_sync) {
            break;
        }
        // Woken by what happens; and now and then, because the status may change without an event.
        let _ = tokio::time::timeout(Duration::from_millis(200), events.recv()).await;
    }
    bar.finish_and_clear();
}

fn open_all(nodes: Vec<Begun>, listeners: Vec<TcpListener>) -> Result<Vec<Running>, Failure> {
    let mut switches = Vec::new();
    for ((site, _, started), listener) in nodes.iter().zip(&listeners) {
        switches.push(DemoNode {
            slug: slug(site),
            name: site.name.to_owned(),
            url: format!("http://{}", listener.local_addr()?),
            role: started.settings.role,
            device: started.device(),
            switch: if site.is_central { None } else { started.node.link() },
        });
    }
    let network = DemoNetwork::new(switches);
    let mut running = Vec::new();
    for ((site, installation, started), listener) in nodes.into_iter().zip(listeners) {
        let state =
            AppState::with(started.node.clone(), started.settings.clone(), Some(network.clone()), None);
        let interface = Interface::open(listener, state)?;
        announce(&installation, &started, &interface)?;
        running.push(Running { site, installation, started, interface });
    }
    Ok(running)
}

/// Says where to look.
fn tell(running: &[Running], json: bool) -> Result<(), Failure> {
    for node in running {
        let users: Vec<UserLine> = users_of(node.site).map(user_line).collect();
        if json {
            let line = NodeLine {
                role: node.started.settings.role,
                site: node.site.name,
                stores: node.site.stores,
                api: format!("{}/api/v1", node.interface.url()),
                url: node.interface.url(),
                quic: node.started.quic().map(|address| address.to_string()),
                users,
            };
            say!("{}", serde_json::to_string(&line).map_err(|error| Failure::failed("report", error))?);
        } else {
            let names: Vec<&str> = users.iter().map(|user| user.username).collect();
            say!("{:<10} {}   users: {}", node.site.name, node.interface.url(), names.join(", "));
        }
    }
    if !json {
        say!("Every password is «{PASSWORD}». Cut and restore a site's network on its sync page.");
        say!("Stop with Ctrl-C.");
    }
    Ok(())
}

fn user_line(user: &'static DemoUser) -> UserLine {
    UserLine { username: user.username, password: PASSWORD, name: user.name, language: user.language }
}

/// The users who can log in at a site: at central those with rights there, elsewhere those of its stores.
fn users_of(site: &'static DemoSite) -> impl Iterator<Item = &'static DemoUser> {
    USERS
        .iter()
        .filter(move |user| site.is_central || user.stores.iter().any(|store| site.stores.contains(store)))
}

fn slug(site: &DemoSite) -> String {
    site.name.to_lowercase()
}

/// What the demo says while it starts: on standard error, and nothing for scripts.
#[derive(Clone)]
struct Teller {
    quiet: bool,
}

impl Teller {
    fn say(&self, text: &str) {
        if !self.quiet {
            eprintln!("{text}");
        }
    }

    fn bar(&self, what: &str) -> ProgressBar {
        if self.quiet || !std::io::stderr().is_terminal() {
            self.say(&format!("{what} …"));
            return ProgressBar::hidden();
        }
        let style = ProgressStyle::with_template("{msg} {bar:30} {percent:>3} %")
            .expect("the template is well formed");
        ProgressBar::new(0).with_style(style).with_message(what.to_owned())
    }
}
