//! samod, the automerge-repo of Rust: two repositories with all documents open, over TCP with the framing that samod
//! brings along, each with its storage in a directory. Bytes are the payload of the TCP stream at the site: lengths of
//! messages included, no TLS, no headers.
//!
//! A document is in sync when both sides know shared heads that are its heads: what
//! [`DocHandle::they_have_our_changes`] waits for. samod tells that document by document; of all documents together
//! nobody has to be told anything, so the last of them decides.

use std::convert::Infallible;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use automerge::transaction::{CommitOptions, Transactable};
use automerge::{Automerge, AutomergeError, ROOT, ScalarValue};
use futures_util::StreamExt;
use futures_util::future::BoxFuture;
use samod::storage::TokioFilesystemStorage;
use samod::{
    AcceptorEvent, AcceptorHandle, BackoffConfig, ConnectionId, DialError, Dialer, DialerHandle, DocHandle,
    PeerId, Repo, Transport, Url,
};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use crate::counted::{self, Counters};
use crate::job::{Edit, Fields, Job, NOTE, Value};
use crate::link::{Link, Way, loopback};
use crate::stages::{Failure, Peers, Touched, Traffic};

/// What samod gives no event for is looked at this often.
const LOOK_EVERY: Duration = Duration::from_millis(5);

/// Central and a site.
pub struct Repos {
    central: Repo,
    site: Repo,
    acceptor: AcceptorHandle,
    way: Way,
    counters: Arc<Counters>,
    /// The documents at central, in the order of the job.
    ours: Vec<DocHandle>,
    /// The same at the site, once they are there and open.
    theirs: Vec<DocHandle>,
    connection: Option<Connected>,
    _accepting: JoinSet<()>,
}

/// One connection, as both ends call it.
struct Connected {
    dialer: DialerHandle<Infallible>,
    at_central: ConnectionId,
    at_site: ConnectionId,
}

impl Peers for Repos {
    const NAME: &'static str = "samod";

    async fn start(directory: &Path, link: Link, job: Job) -> Result<Self, Failure> {
        let central = repo("central", directory).await;
        let site = repo("site", directory).await;
        let mut ours = Vec::new();
        for fields in job.all() {
            ours.push(central.create(document(fields)?).await?);
        }
        let listener = TcpListener::bind(loopback()).await?;
        let way = link.streams(listener.local_addr()?).await?;
        let acceptor = central.make_acceptor(url(listener.local_addr()?)?)?;
        let mut accepting = JoinSet::new();
        accepting.spawn(accept(listener, acceptor.clone()));
        Ok(Self {
            central,
            site,
            acceptor,
            way,
            counters: Arc::default(),
            ours,
            theirs: Vec::new(),
            connection: None,
            _accepting: accepting,
        })
    }

    async fn connect(&mut self) -> Result<(), Failure> {
        let mut events = self.acceptor.events();
        let dialer = Line { url: url(self.way.address)?, counters: self.counters.clone() };
        let dialer = self.site.dial(BackoffConfig::default(), Arc::new(dialer))?;
        dialer.established().await.map_err(|error| error.to_string())?;
        let at_site = dialer.connection_id().ok_or("the site's connection ended")?;
        let at_central = loop {
            match events.next().await.ok_or("central accepts no more")? {
                AcceptorEvent::ClientConnected { connection_id, .. } => break connection_id,
                AcceptorEvent::ClientDisconnected { .. } => {}
            }
        };
        self.connection = Some(Connected { dialer, at_central, at_site });
        Ok(())
    }

    async fn disconnect(&mut self) -> Result<(), Failure> {
        if let Some(connection) = self.connection.take() {
            connection.dialer.close();
        }
        while self.acceptor.connection_count() > 0 || !self.site.connected_peers().0.is_empty() {
            tokio::time::sleep(LOOK_EVERY).await;
        }
        Ok(())
    }

    /// Opens every document at the site; each is there already.
    async fn open(&mut self) -> Result<(), Failure> {
        for ours in &self.ours {
            let theirs = self.site.find(ours.document_id().clone()).await?;
            self.theirs.push(theirs.ok_or("the site lacks a document")?);
        }
        Ok(())
    }

    async fn edit(&mut self, edit: Edit) -> Result<(), Failure> {
        let write = move |document: &mut Automerge| put(document, vec![(NOTE, Value::Text(edit.note))]);
        Ok(self.theirs[edit.document].with_document_async(write).await??)
    }

    /// The site first: that central has its changes says that central is then asked about a state in which those are
    /// included. Before the site has opened its documents, its connection is asked about them instead.
    async fn in_sync(&mut self, touched: Touched) -> Result<(), Failure> {
        let connection = self.connection.as_ref().ok_or("not connected")?;
        let documents = match touched {
            Touched::Any => 0..self.ours.len(),
            Touched::One(document) => document..document + 1,
        };
        if !self.theirs.is_empty() {
            each_has(&self.theirs[documents.clone()], connection.at_site).await;
        }
        each_has(&self.ours[documents], connection.at_central).await;
        while self.theirs.is_empty() && !self.site_has_all(connection.at_site) {
            tokio::time::sleep(LOOK_EVERY).await;
        }
        Ok(())
    }

    fn traffic(&self) -> Traffic {
        self.counters.traffic()
    }

    fn document_bytes(&self) -> Result<usize, Failure> {
        let first = self.ours.first().ok_or("there are no documents")?;
        Ok(first.with_document(|document| document.save().len()))
    }

    async fn verify(&mut self, documents: usize) -> Result<(), Failure> {
        let same = |(ours, theirs): (&DocHandle, &DocHandle)| {
            let [ours, theirs] =
                [ours, theirs].map(|handle| handle.with_document(|document| document.get_heads()));
            ours == theirs && !ours.is_empty()
        };
        let equal = self.ours.iter().zip(&self.theirs).filter(|pair| same(*pair)).count();
        match equal == documents {
            true => Ok(()),
            false => Err(format!("only {equal} of {documents} documents are the same").into()),
        }
    }

    async fn stop(self) -> Result<(), Failure> {
        self.site.stop().await;
        self.central.stop().await;
        Ok(())
    }
}

impl Repos {
    /// Whether the site's connection shares the latest version of every document.
    fn site_has_all(&self, at_site: ConnectionId) -> bool {
        let (connections, _) = self.site.connected_peers();
        let shared =
            connections.iter().filter(|connection| connection.id == at_site).flat_map(|connection| {
                connection.docs.values().filter(|state| {
                    state.shared_heads == state.their_heads
                        && state.their_heads.as_ref().is_some_and(|it| !it.is_empty())
                })
            });
        shared.count() == self.ours.len()
    }
}

/// Waits until the peer is known to have every change of each document.
async fn each_has(documents: &[DocHandle], connection: ConnectionId) {
    for document in documents {
        document.they_have_our_changes(connection).await;
    }
}

async fn repo(name: &str, directory: &Path) -> Repo {
    let storage = TokioFilesystemStorage::new(directory.join(name));
    Repo::build_tokio().with_peer_id(PeerId::from(name)).with_storage(storage).load().await
}

fn url(address: std::net::SocketAddr) -> Result<Url, Failure> {
    Ok(format!("tcp://{address}").parse()?)
}

async fn accept(listener: TcpListener, acceptor: AcceptorHandle) {
    while let Ok((stream, _)) = listener.accept().await {
        if stream.set_nodelay(true).is_err() || acceptor.accept(Transport::from_tokio_io(stream)).is_err() {
            return;
        }
    }
}

/// The site's line to central.
struct Line {
    url: Url,
    counters: Arc<Counters>,
}

impl Dialer for Line {
    type Error = Infallible;

    fn url(&self) -> Url {
        self.url.clone()
    }

    fn connect(&self) -> BoxFuture<'static, Result<Transport, DialError<Infallible>>> {
        let (url, counters) = (self.url.clone(), self.counters.clone());
        Box::pin(async move {
            let address = (url.host_str().unwrap_or_default(), url.port().unwrap_or_default());
            let stream = TcpStream::connect(address).await.map_err(DialError::transient)?;
            stream.set_nodelay(true).map_err(DialError::transient)?;
            Ok(counted::transport(stream, &counters))
        })
    }
}

/// A document of the job, made in one change.
fn document(fields: Fields) -> Result<Automerge, AutomergeError> {
    let mut document = Automerge::new();
    put(&mut document, fields)?;
    Ok(document)
}

/// Puts values in one change, with its time to the second, as Tributary's changes have.
fn put(document: &mut Automerge, fields: Fields) -> Result<(), AutomergeError> {
    let seconds = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs() as i64);
    let options = |_: &()| CommitOptions::default().with_time(seconds);
    let write = |transaction: &mut automerge::transaction::Transaction<'_>| {
        fields.into_iter().try_for_each(|(name, value)| transaction.put(ROOT, name, scalar(value)))
    };
    document
        .transact_with::<_, _, AutomergeError, _>(options, write)
        .map(drop)
        .map_err(|failure| failure.error)
}

fn scalar(value: Value) -> ScalarValue {
    match value {
        Value::Text(text) => ScalarValue::Str(text.into()),
        Value::Number(number) => ScalarValue::Int(number),
        Value::Flag(flag) => ScalarValue::Boolean(flag),
        Value::Id(id) => ScalarValue::Bytes(id.to_vec()),
    }
}
