//! `tributary status`: how a node is.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::ExitCode;
use std::time::Duration;

use replication::shell::{DeviceKey, Membership};
use replication::{Node, NodeConfig, NodeStatus};
use serde::Serialize;
use std::sync::Arc;

use crate::cli::Status;
use crate::exit::{Exit, Failure};
use crate::installation::{Installation, RunningNode};
use crate::running::System;

/// How long a running node may take to answer.
const ANSWER_MAX: Duration = Duration::from_secs(5);

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Output {
    role: &'static str,
    site: String,
    directory: String,
    running: Option<RunningNode>,
    ready: bool,
    /// Of a node that does not run: what its database says. A running node says it on its sync page.
    #[serde(skip_serializing_if = "Option::is_none")]
    node: Option<NodeStatus>,
}

/// Asks a running node whether it is ready, or opens the database of one that does not run.
pub fn run(options: Status) -> Result<ExitCode, Failure> {
    let installation = Installation::at(&options.directory.dir)?;
    let directory = installation.directory().display().to_string();
    let (role, site) = match (System::load(&installation)?, Membership::load(installation.directory())?) {
        (Some(system), _) => ("central", system.name),
        (None, Some(membership)) => ("site", membership.grant.site_name),
        (None, None) => {
            return Err(Failure::rejected(
                "not-enrolled",
                format!("{directory} is not a node's; see tributary --help"),
            ));
        }
    };
    let running: Option<RunningNode> =
        std::fs::read(installation.running()).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok());
    let ready = running.as_ref().is_some_and(|running| answers(&running.url));
    let running = running.filter(|_| ready);
    let node = match ready {
        true => None,
        false => Some(stored_status(&installation, role == "central")?),
    };
    let output = Output { role, site, directory, running, ready, node };
    match options.json {
        true => {
            say!("{}", serde_json::to_string(&output).map_err(|error| Failure::failed("report", error))?)
        }
        false => print(&output),
    }
    let known_behind = output.node.iter().flat_map(|node| &node.peers).any(|peer| peer.to_send != Some(0));
    Ok(if known_behind { ExitCode::from(Exit::NotInOrder as u8) } else { ExitCode::SUCCESS })
}

fn stored_status(installation: &Installation, central: bool) -> Result<NodeStatus, Failure> {
    let device = DeviceKey::load_or_create(installation.directory())?.device();
    let store = installation.open_store(device, central)?;
    let node = Node::new(store, NodeConfig::new(Arc::new(domain::DomainSchema)))?;
    Ok(node.status())
}

/// Whether the node at this address says that it is ready.
fn answers(url: &str) -> bool {
    let Some(address) = url.strip_prefix("http://") else { return false };
    let ask = || -> std::io::Result<bool> {
        let mut stream =
            TcpStream::connect_timeout(&address.parse().map_err(std::io::Error::other)?, ANSWER_MAX)?;
        stream.set_read_timeout(Some(ANSWER_MAX))?;
        write!(stream, "GET /readyz HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n")?;
        let mut answer = String::new();
        stream.take(4_096).read_to_string(&mut answer)?;
        Ok(answer.starts_with("HTTP/1.1 200"))
    };
    ask().unwrap_or(false)
}

fn print(output: &Output) {
    say!("{} «{}» in {}", output.role, output.site, output.directory);
    match &output.running {
        Some(running) => say!("running as process {}, at {}", running.process, running.url),
        None => say!("not running"),
    }
    let Some(node) = &output.node else { return };
    say!("{} documents in {} scopes, log at {}", node.documents, node.scopes, node.head_seq);
    for peer in &node.peers {
        let name = peer.name.clone().unwrap_or_else(|| peer.device.to_string());
        let to_send = peer.to_send.map_or("?".to_owned(), |count| count.to_string());
        say!("{name}: {to_send} documents to send");
    }
}
