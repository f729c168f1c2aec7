//! `tributary status`: how a node is.

use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use axum::http::Method;
use http_api::{SyncConnection, SyncError, SyncNeighbour, SyncPeer, SyncStatus, describe_sync};
use replication::shell::{DeviceKey, DialState, FoundBy, LanState};
use replication::{Node, NodeConfig};
use serde::Serialize;

use crate::cli::Status;
use crate::exit::{Exit, Failure};
use crate::installation::{Installation, RunningNode};
use crate::running::{Belonging, block_on};
use crate::web_client::WebClient;

/// How long a running node may take to answer.
const ANSWER_MAX: Duration = Duration::from_secs(5);

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Output {
    directory: String,
    running: Option<Running>,
    /// The same for a node that runs and for one that does not; of the latter, as its database says.
    node: SyncStatus,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Running {
    process: u32,
    url: String,
    quic: Option<String>,
}

/// Asks a running node how it is, or opens the database of one that does not run.
pub fn run(options: Status) -> Result<ExitCode, Failure> {
    let directory = &options.directory.dir;
    let installation = Installation::at(directory);
    let (central, name) = match Belonging::of(&installation)? {
        Belonging::Central(system) => (true, system.name),
        Belonging::Site(membership) => (false, membership.grant.site_name),
    };
    let announced: Option<RunningNode> =
        std::fs::read(installation.running()).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok());
    let asked = announced.map(|running| block_on(ask(&running)).map(|status| (running, status))).transpose();
    let (running, node) = match asked {
        Ok(Some((running, status))) => (Some(running), status),
        Ok(None) => (None, stored_status(&installation, central, &name)?),
        // Left behind by a process that died; or it hangs, and then its database is locked.
        Err(unanswered) => match stored_status(&installation, central, &name) {
            Ok(status) => (None, status),
            Err(locked) if locked.exit == Exit::InUse => {
                let message = format!("the node runs and does not answer: {}", unanswered.message);
                return Err(Failure::in_use("no-answer", message));
            }
            Err(other) => return Err(other),
        },
    };
    let running = running.map(|RunningNode { process, url, quic, .. }| Running { process, url, quic });
    let output = Output { directory: directory.display().to_string(), running, node };
    match options.json {
        true => say!("{}", serde_json::to_string(&output).map_err(|error| Failure::failed("report", error))?),
        false => print(&output),
    }
    // A site owes what it has to central. Neighbours are a help: they come and go, and one that is gone is no disorder.
    let counts = |peer: &SyncPeer| peer.central || output.node.role == domain::Role::Central;
    let is_behind = |peer: &SyncPeer| {
        counts(peer) && !peer.in_sync && (output.running.is_some() || peer.to_send != Some(0))
    };
    let behind = output.node.peers.iter().any(is_behind) || !has_met_central(&output.node);
    Ok(if behind { ExitCode::from(Exit::NotInOrder as u8) } else { ExitCode::SUCCESS })
}

/// Whether a site has ever been in contact with central: one that has not holds nothing to work with.
fn has_met_central(node: &SyncStatus) -> bool {
    node.role == domain::Role::Central || node.peers.iter().any(|peer| peer.central)
}

/// Asks a running node, with the key that lies beside its database.
pub async fn ask(running: &RunningNode) -> Result<SyncStatus, Failure> {
    let unreadable = |error: &dyn std::fmt::Display| Failure::failed("no-answer", error);
    let address = running.url.trim_start_matches("http://").parse().map_err(|error| unreadable(&error))?;
    let key = running.key.clone().unwrap_or_default();
    let asked = async {
        let mut client = WebClient::connect_with_key(address, &key).await?;
        client.send(Method::GET, "/statusz", None).await?.expect_success()
    };
    let answer = tokio::time::timeout(ANSWER_MAX, asked).await.map_err(|_| {
        Failure::failed("no-answer", format!("no answer within {} s", ANSWER_MAX.as_secs()))
    })??;
    serde_json::from_slice(&answer).map_err(|error| unreadable(&error))
}

fn stored_status(installation: &Installation, central: bool, name: &str) -> Result<SyncStatus, Failure> {
    let key = DeviceKey::load(installation.directory())?;
    let store = installation.open_store(&key, central)?;
    let node = Node::new(store, NodeConfig::new(Arc::new(domain::DomainSchema)))?;
    let snapshot = node.reader().snapshot()?;
    describe_sync(&node.status(), &snapshot, name, None)
        .map_err(|problem| Failure::failed(problem.code, problem.detail))
}

fn print(output: &Output) {
    let Output { directory, running, node } = output;
    let role = match node.role {
        domain::Role::Central => "central",
        domain::Role::Site => "site",
    };
    say!("{role} «{}» in {directory}", node.name);
    match running {
        Some(running) => say!("running as process {}, at {}", running.process, running.url),
        None => say!("not running"),
    }
    say!("{} documents in {} scopes, log at {}", node.documents, node.scopes, node.head_seq);
    if node.parked + node.quarantined > 0 {
        say!("{} changes wait for others, {} were refused", node.parked, node.quarantined);
    }
    if !has_met_central(node) {
        say!("central was never met: start the node with `tributary serve` where it can reach central");
    }
    for peer in &node.peers {
        print_peer(peer);
    }
    if let (Some(_), domain::Role::Site) = (running, node.role) {
        print_neighbours(node);
    }
}

fn print_neighbours(node: &SyncStatus) {
    match node.lan.state {
        LanState::Off => say!("the local network is not searched for other devices"),
        LanState::Searching => say!("the local network is searched for other devices"),
        LanState::Waiting => say!("the local network is not searched at this moment"),
    }
    print_error(node.lan.last_error.as_ref());
    node.neighbours.iter().for_each(print_neighbour);
}

fn print_neighbour(neighbour: &SyncNeighbour) {
    let name = [&neighbour.site_name, &neighbour.name].into_iter().flatten().next();
    let name = name.map_or_else(|| "a device".to_owned(), |name| format!("«{name}»"));
    let found = match neighbour.found_by {
        FoundBy::Hand => "named",
        FoundBy::Lan => "found",
    };
    let state = match neighbour.state {
        DialState::Waiting => "waits for the next attempt",
        DialState::Dialing => "is being dialled",
        DialState::Connected => "connected",
        DialState::Cut => "the network of this node is cut",
        DialState::Resting => "visited again later",
        DialState::Yielding => "is to dial this one",
        DialState::KeptOut => "not dialled",
    };
    say!("neighbour {name}, {found} at {}: {state}", neighbour.address);
    print_error(neighbour.last_error.as_ref());
}

fn print_error(error: Option<&SyncError>) {
    if let Some(error) = error {
        say!("    last error: {} [{}]; {}", error.detail, error.code, error.next_step);
    }
}

fn print_peer(peer: &SyncPeer) {
    let name = [&peer.site_name, &peer.name].into_iter().flatten().next().cloned();
    let name = name.unwrap_or_else(|| peer.device.to_string());
    let count = |count: Option<u64>| count.map_or("?".to_owned(), |count| count.to_string());
    let more = if peer.to_send_is_more { "+" } else { "" };
    let state = if peer.in_sync { "in sync" } else { "not proven in sync" };
    let contact = peer.last_contact.map_or("never".to_owned(), domain::instant::text);
    say!(
        "{name}: {state}; last contact {contact}; to send {}{more}, to receive {}; {} B sent, {} B received",
        count(peer.to_send),
        count(peer.to_receive),
        peer.bytes_sent,
        peer.bytes_received
    );
    if let Some(connection) = &peer.connection {
        print_connection(connection);
    }
    for (what, at) in [("saved for it", peer.bundle_saved_at), ("from it loaded", peer.bundle_loaded_at)] {
        at.into_iter().for_each(|at| say!("    file {what} {}", domain::instant::text(at)));
    }
    print_error(peer.last_error.as_ref());
}

fn print_connection(connection: &SyncConnection) {
    let quality = match (connection.round_trip_ms, connection.packets_lost, connection.packets_sent) {
        (Some(millis), Some(lost), Some(sent)) => {
            format!("round trip {millis:.0} ms, {lost} of {sent} packets lost")
        }
        _ => "over TCP".to_owned(),
    };
    say!(
        "    connected to {} since {}; {quality}; {} B sent, {} B received",
        connection.address,
        domain::instant::text(connection.since),
        connection.bytes_sent,
        connection.bytes_received
    );
}
