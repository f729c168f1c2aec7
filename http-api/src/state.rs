//! What every handler has at hand: the node, what it is called, and who is at the door.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Instant;

use crdt_store::{DeviceId, DocumentId, Snapshot, Timestamp};
use domain::{Date, Role};
use replication::enrolment::SystemId;
use replication::shell::{ExecuteError, Health, LinkSwitch, NodeHandle};
use serde::{Deserialize, Serialize};
use tokio::sync::Semaphore;

use crate::error::Problem;
use crate::imports::Uploads;
use crate::limiter::LoginLimiter;
use crate::metrics::Metrics;

/// What a node is called and how it is reached; fixed while it runs.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Whether this device is the central server.
    pub role: Role,
    /// Name of the whole system, such as a ministry's.
    pub system_name: String,
    /// Name of the site this device belongs to, or of the central server.
    pub site_name: String,
    /// This device.
    pub device: DeviceId,
    /// The installation, on central, where it salts the passwords of sites; nothing at a site.
    pub system: Option<SystemId>,
    /// Whether browsers reach it over TLS; cookies are then `Secure`.
    pub tls: bool,
    /// Version of the program.
    pub version: &'static str,
    /// A secret that lies in the node's directory while it runs: whoever can read it there may ask for the node's
    /// status and figures.
    pub local_key: Option<String>,
}

/// What every handler has at hand. Clones are the same.
#[derive(Clone)]
pub struct AppState(Arc<Inner>);

struct Inner {
    node: NodeHandle,
    settings: Settings,
    demo: Option<DemoNetwork>,
    enrolment: Option<EnrolmentControl>,
    logins: LoginLimiter,
    hashing: Semaphore,
    metrics: Metrics,
    uploads: Uploads,
    started: Instant,
}

impl AppState {
    /// The state of a node outside the demo that is enrolled (or is central).
    pub fn new(node: NodeHandle, settings: Settings) -> Self {
        Self::with(node, settings, None, None)
    }

    /// The state of a node of the demo, or of a device that can still be enrolled, or of both.
    pub fn with(
        node: NodeHandle,
        settings: Settings,
        demo: Option<DemoNetwork>,
        enrolment: Option<EnrolmentControl>,
    ) -> Self {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        Self(Arc::new(Inner {
            node,
            settings,
            demo,
            enrolment,
            logins: LoginLimiter::default(),
            hashing: Semaphore::new(cores),
            metrics: Metrics::default(),
            uploads: Uploads::default(),
            started: Instant::now(),
        }))
    }

    /// The node: commands, readers, status.
    pub fn node(&self) -> &NodeHandle {
        &self.0.node
    }

    /// The store as of its latest commit. Take one per request and drop it with the request.
    ///
    /// # Errors
    /// `storage-failed` and its like when the database cannot be read; while it is being opened anew, why that is.
    pub fn snapshot(&self) -> Result<Snapshot, Problem> {
        self.0.node.reader().snapshot().map_err(|error| match self.0.node.health() {
            Health::Recovering { code, message } => ExecuteError::Store { code, message }.into(),
            Health::Running | Health::Stopped { .. } => error.into(),
        })
    }

    /// What the node is called and how it is reached.
    pub fn settings(&self) -> &Settings {
        &self.0.settings
    }

    /// Whether this is the central server or a site.
    pub fn role(&self) -> Role {
        self.0.settings.role
    }

    /// Whether this is the central server.
    pub fn is_central(&self) -> bool {
        self.role() == Role::Central
    }

    /// Wall time, which an empty battery cannot set back.
    pub fn now(&self) -> Timestamp {
        self.0.node.wall_now()
    }

    /// The day it is, in UTC.
    pub fn today(&self) -> Date {
        domain::text::day_of(self.now())
    }

    /// The network switches of the demo; nothing outside it.
    pub fn demo(&self) -> Option<&DemoNetwork> {
        self.0.demo.as_ref()
    }

    /// How to enrol this device; nothing on central and where it cannot be done from here.
    pub fn enrolment(&self) -> Option<&EnrolmentControl> {
        self.0.enrolment.as_ref()
    }

    /// Whether this device may be worked with: it is central, or enrolled.
    pub fn is_enrolled(&self) -> bool {
        self.enrolment().is_none_or(EnrolmentControl::is_enrolled)
    }

    /// Name of the cookie that holds a session's token. It names the device, because cookies do not tell ports
    /// apart and a demo runs three nodes on one host.
    pub fn cookie_name(&self) -> String {
        let device = self.0.settings.device.to_string();
        let prefix = if self.0.settings.tls { "__Host-" } else { "" };
        format!("{prefix}tributary-{}", &device[..8])
    }

    pub(crate) fn logins(&self) -> &LoginLimiter {
        &self.0.logins
    }

    /// One permit per core: each verification of a password holds 19 MiB.
    pub(crate) fn hashing(&self) -> &Semaphore {
        &self.0.hashing
    }

    /// Files that people look at before they are imported.
    pub(crate) fn uploads(&self) -> &Uploads {
        &self.0.uploads
    }

    pub(crate) fn metrics(&self) -> &Metrics {
        &self.0.metrics
    }

    /// Microseconds since the server started, by a clock that nobody sets.
    pub(crate) fn uptime_us(&self) -> u64 {
        u64::try_from(self.0.started.elapsed().as_micros()).unwrap_or(u64::MAX)
    }

    /// Milliseconds since the server started, by a clock that nobody sets.
    pub(crate) fn uptime_ms(&self) -> u64 {
        u64::try_from(self.0.started.elapsed().as_millis()).unwrap_or(u64::MAX)
    }
}

/// The network switches of all nodes of a demo, shared by all of them. Clones are the same switches.
#[derive(Clone)]
pub struct DemoNetwork {
    nodes: Arc<Vec<DemoNode>>,
}

/// One node of a demo.
pub struct DemoNode {
    /// Short name in addresses, such as `boda`.
    pub slug: String,
    /// What people call it.
    pub name: String,
    /// Where its interface is, such as `http://127.0.0.1:8101`.
    pub url: String,
    /// What it is.
    pub role: Role,
    /// Its device.
    pub device: DeviceId,
    /// Its network; nothing for a node that cannot be cut.
    pub switch: Option<LinkSwitch>,
}

/// A node of the demo, as people see it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DemoNodeStatus {
    /// Short name in addresses.
    pub site: String,
    /// What people call it.
    pub name: String,
    /// Where its interface is.
    pub url: String,
    /// What it is.
    pub role: Role,
    /// Its device.
    pub device: DeviceId,
    /// Whether its network can be cut.
    pub can_cut: bool,
    /// Whether its network is there.
    pub up: bool,
    /// Whether it is the node that answers.
    pub this: bool,
}

impl DemoNetwork {
    /// The nodes of a demo, in the order in which people should see them.
    pub fn new(nodes: Vec<DemoNode>) -> Self {
        Self { nodes: Arc::new(nodes) }
    }

    /// All nodes, and which networks are there; `this` is the device that answers.
    pub fn status(&self, this: DeviceId) -> Vec<DemoNodeStatus> {
        let status = |node: &DemoNode| DemoNodeStatus {
            site: node.slug.clone(),
            name: node.name.clone(),
            url: node.url.clone(),
            role: node.role,
            device: node.device,
            can_cut: node.switch.is_some(),
            up: node.switch.as_ref().is_none_or(LinkSwitch::is_up),
            this: node.device == this,
        };
        self.nodes.iter().map(status).collect()
    }

    /// The switch of the node with this slug.
    pub fn switch(&self, slug: &str) -> Option<&LinkSwitch> {
        self.nodes.iter().find(|node| node.slug == slug)?.switch.as_ref()
    }
}

/// What somebody typed to enrol this device.
#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Enrol {
    /// Where central is, such as `quic://central.example.org:7443`.
    pub central_url: String,
    /// The site's name.
    pub site_name: String,
    /// The site's password.
    pub password: String,
}

/// How far the enrolment of this device is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct EnrolmentStatus {
    /// Whether the device is enrolled.
    pub enrolled: bool,
    /// The site it belongs to.
    pub site: Option<DocumentId>,
    /// The site's name.
    pub site_name: Option<String>,
}

/// What an enrolment will have come to.
pub type Enrolling = Pin<Box<dyn Future<Output = Result<EnrolmentStatus, Problem>> + Send>>;

/// How to enrol this device; the binary knows, because it owns keys, files and the node's connections.
#[derive(Clone)]
pub struct EnrolmentControl {
    status: Arc<dyn Fn() -> EnrolmentStatus + Send + Sync>,
    enrol: Arc<dyn Fn(Enrol) -> Enrolling + Send + Sync>,
}

impl EnrolmentControl {
    /// A control of two functions: how far it is, and how to do it.
    pub fn new(
        status: impl Fn() -> EnrolmentStatus + Send + Sync + 'static,
        enrol: impl Fn(Enrol) -> Enrolling + Send + Sync + 'static,
    ) -> Self {
        Self { status: Arc::new(status), enrol: Arc::new(enrol) }
    }

    /// How far it is.
    pub fn status(&self) -> EnrolmentStatus {
        (self.status)()
    }

    /// Whether the device is enrolled.
    pub fn is_enrolled(&self) -> bool {
        self.status().enrolled
    }

    /// Enrols the device; the problem carries the code of the refusal, such as `wrong-password`.
    ///
    /// # Errors
    /// Every way in which central refuses or is not reached.
    pub async fn enrol(&self, wish: Enrol) -> Result<EnrolmentStatus, Problem> {
        (self.enrol)(wish).await
    }
}
