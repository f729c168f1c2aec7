//! Four stages in the life of two peers, measured the same way for every system.

use std::error::Error;
use std::ops::Sub;
use std::path::Path;
use std::time::{Duration, Instant};

use crate::job::{Edit, Job};
use crate::link::Link;

/// What can go wrong here; nobody handles it, somebody reads it.
pub type Failure = Box<dyn Error + Send + Sync>;

/// How long no byte must pass before a stage counts as over. What passes after the proof counts, the time does not.
const QUIET: Duration = Duration::from_secs(1);

/// Bytes and messages since some beginning, both ways.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Traffic {
    /// Bytes, each system's as its module says.
    pub bytes: u64,
    /// Messages of the replication protocol.
    pub messages: u64,
}

impl Sub for Traffic {
    type Output = Self;

    fn sub(self, earlier: Self) -> Self {
        Self { bytes: self.bytes - earlier.bytes, messages: self.messages - earlier.messages }
    }
}

/// What has been edited since both sides were last in sync.
#[derive(Clone, Copy, Debug)]
pub enum Touched {
    /// Perhaps every document: both sides were apart.
    Any,
    /// This document and no other.
    One(usize),
}

/// Two peers of one system: central, which has the documents at first, and a site, which dials it and works offline.
pub trait Peers: Sized {
    /// What people call the system.
    const NAME: &'static str;

    /// Starts both, apart: central with the documents of the job, the site with nothing.
    async fn start(directory: &Path, link: Link, job: Job) -> Result<Self, Failure>;

    /// Has the site dial central.
    async fn connect(&mut self) -> Result<(), Failure>;

    /// Ends the connection at both ends.
    async fn disconnect(&mut self) -> Result<(), Failure>;

    /// What the site needs before it can edit documents that it has received.
    async fn open(&mut self) -> Result<(), Failure>;

    /// Edits a document at the site.
    async fn edit(&mut self, edit: Edit) -> Result<(), Failure>;

    /// Resolves when each side knows that the other has what it has.
    async fn in_sync(&mut self, touched: Touched) -> Result<(), Failure>;

    /// What passed the site's socket since the start.
    fn traffic(&self) -> Traffic;

    /// Length in bytes of the first document, as Automerge saves it at central.
    fn document_bytes(&self) -> Result<usize, Failure>;

    /// Fails unless both sides hold the same, and this many documents.
    async fn verify(&mut self, documents: usize) -> Result<(), Failure>;

    /// Stops both.
    async fn stop(self) -> Result<(), Failure>;
}

/// A stage of the life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Everything, to a peer that has nothing.
    First,
    /// A new connection between two that have the same.
    Quiet,
    /// A new connection after a day's edits at the site.
    Day,
    /// An edit at the site while connected.
    Live,
}

/// What one stage took.
#[derive(Clone, Copy, Debug)]
pub struct Measured {
    /// Which stage.
    pub stage: Stage,
    /// From the dial, or the edit, until each side knew that the other has what it has.
    pub time: Duration,
    /// What passed from then until nothing passed any more.
    pub traffic: Traffic,
}

/// What two peers lived through.
#[derive(Clone, Debug)]
pub struct Life {
    /// All stages in their order; none if the first took too long.
    pub measured: Vec<Measured>,
    /// Length in bytes of one document, as Automerge saves it.
    pub document_bytes: usize,
}

/// How a life goes.
#[derive(Clone, Copy, Debug)]
pub struct Terms {
    /// What the peers do.
    pub job: Job,
    /// How far they are from each other.
    pub link: Link,
    /// What the first stage may take, which tells how long the others would; beyond it the life ends.
    pub patience: Duration,
}

/// Lives through all stages.
pub async fn live<P: Peers>(directory: &Path, terms: Terms) -> Result<Life, Failure> {
    let Terms { job, link, patience } = terms;
    let mut peers = P::start(directory, link, job).await?;
    let mut life = Life { measured: Vec::new(), document_bytes: peers.document_bytes()? };
    match tokio::time::timeout(patience, meeting(&mut peers, Stage::First)).await {
        Ok(measured) => life.measured.push(measured?),
        Err(_) => return Ok(life),
    }
    peers.open().await?;

    peers.disconnect().await?;
    life.measured.push(meeting(&mut peers, Stage::Quiet).await?);

    peers.disconnect().await?;
    for edit in job.day() {
        peers.edit(edit).await?;
    }
    life.measured.push(meeting(&mut peers, Stage::Day).await?);

    life.measured.push(live_edit(&mut peers, job.afterthought()).await?);
    peers.verify(job.documents).await?;
    peers.stop().await?;
    Ok(life)
}

async fn meeting<P: Peers>(peers: &mut P, stage: Stage) -> Result<Measured, Failure> {
    let (before, began) = (peers.traffic(), Instant::now());
    peers.connect().await?;
    peers.in_sync(Touched::Any).await?;
    let time = began.elapsed();
    Ok(Measured { stage, time, traffic: quiet(peers).await - before })
}

async fn live_edit<P: Peers>(peers: &mut P, edit: Edit) -> Result<Measured, Failure> {
    let touched = Touched::One(edit.document);
    let (before, began) = (peers.traffic(), Instant::now());
    peers.edit(edit).await?;
    peers.in_sync(touched).await?;
    let time = began.elapsed();
    Ok(Measured { stage: Stage::Live, time, traffic: quiet(peers).await - before })
}

/// The traffic when nothing has passed for a while.
async fn quiet<P: Peers>(peers: &P) -> Traffic {
    loop {
        let before = peers.traffic();
        tokio::time::sleep(QUIET).await;
        if peers.traffic() == before {
            return before;
        }
    }
}
