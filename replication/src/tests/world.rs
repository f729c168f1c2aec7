//! Nodes, links that can be cut, and time that passes when told to.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::io;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use crdt_store::{
    Author, ChangeHash, DeviceId, DocumentId, Map, OpenOptions, Rejection, SigningKey, StorageBackend, Store,
    Timestamp, Txn, Value, ViewRead, Witness,
};

use super::schema::{REF, TestSchema, URGENT, scope, signing_key};
use crate::{
    ConnectionId, Event, IdempotencyKey, Monotonic, Node, NodeConfig, NodeStatus, Now, Peer, PeerStatus,
    Side, Taken, Ticket, Transmit, decode,
};

/// One way of every link takes this long.
const LATENCY: Duration = Duration::from_millis(10);

/// A disk that survives its node, and can be copied.
#[derive(Clone, Debug, Default)]
pub(super) struct Disk(Arc<Mutex<Vec<u8>>>);

impl Disk {
    pub(super) fn copy(&self) -> Self {
        Self(Arc::new(Mutex::new(self.0.lock().unwrap().clone())))
    }
}

impl StorageBackend for Disk {
    fn len(&self) -> io::Result<u64> {
        Ok(self.0.lock().unwrap().len() as u64)
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        let bytes = self.0.lock().unwrap();
        out.copy_from_slice(&bytes[offset as usize..offset as usize + out.len()]);
        Ok(())
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.0.lock().unwrap().resize(len as usize, 0);
        Ok(())
    }

    fn sync_data(&self) -> io::Result<()> {
        Ok(())
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        self.0.lock().unwrap()[offset as usize..offset as usize + data.len()].copy_from_slice(data);
        Ok(())
    }
}

/// Index of a node.
pub(super) type Place = usize;

struct Seat {
    key: SigningKey,
    device: DeviceId,
    central: bool,
    strict: bool,
    disk: Disk,
    witness: Option<Witness>,
    boots: u8,
    node: Node,
    replies: BTreeMap<Ticket, Result<Vec<u8>, Rejection>>,
    events: Vec<Event>,
    dirty: bool,
}

struct Link {
    dialer: Place,
    acceptor: Place,
    conn: ConnectionId,
    /// On their way, with the time of arrival: to the acceptor, to the dialer.
    ways: [VecDeque<(Monotonic, Transmit)>; 2],
}

/// A frame as it went over a link.
#[derive(Clone, Debug)]
pub(super) struct Seen {
    pub(super) from: Place,
    pub(super) kind: &'static str,
    pub(super) bytes: usize,
    pub(super) documents: usize,
    pub(super) at: Monotonic,
}

pub(super) struct World {
    now: Monotonic,
    seats: Vec<Seat>,
    links: Vec<Link>,
    last: u64,
    /// How fast links are; what is sent at once arrives one after the other.
    pub(super) bytes_per_milli: u64,
    pub(super) wire: Vec<Seen>,
    /// Close codes, as the shell was told.
    pub(super) closed: Vec<(Place, String)>,
}

impl World {
    pub(super) fn new() -> Self {
        let (now, last) = (Monotonic::ZERO, 0);
        Self {
            now,
            seats: Vec::new(),
            links: Vec::new(),
            last,
            bytes_per_milli: 1_000_000,
            wire: Vec::new(),
            closed: Vec::new(),
        }
    }

    /// A central and `sites` sites, each granted `store/N` and all granted `shared`; connected and in sync.
    pub(super) fn with_sites(sites: usize) -> Self {
        let mut world = Self::new();
        let central = world.add(true);
        for site in 1..=sites {
            let place = world.add(false);
            world.grant(central, place, &format!("store/{site}"));
            world.grant(central, place, "shared");
            world.connect(place, central);
        }
        world.settle();
        world
    }

    pub(super) fn add(&mut self, central: bool) -> Place {
        self.add_with(central, true)
    }

    pub(super) fn add_with(&mut self, central: bool, strict: bool) -> Place {
        let place = self.seats.len();
        let key = signing_key(place);
        let device = key.public().device();
        let disk = Disk::default();
        let (node, witness) = open(&key, central, strict, &disk, 0, None);
        self.seats.push(Seat {
            key,
            device,
            central,
            strict,
            disk,
            witness,
            boots: 0,
            node,
            replies: BTreeMap::new(),
            events: Vec::new(),
            dirty: true,
        });
        place
    }

    pub(super) fn now(&self) -> Now {
        let wall = Timestamp::from_millis(1_700_000_000_000 + self.now.as_micros() as i64 / 1_000);
        Now { monotonic: self.now, wall }
    }

    pub(super) fn device(&self, place: Place) -> DeviceId {
        self.seats[place].device
    }

    pub(super) fn node(&mut self, place: Place) -> &mut Node {
        self.seats[place].dirty = true;
        &mut self.seats[place].node
    }

    pub(super) fn status(&self, place: Place) -> NodeStatus {
        self.seats[place].node.status()
    }

    /// What `place` says of `peer`.
    pub(super) fn peer(&self, place: Place, peer: Place) -> PeerStatus {
        self.status(place).peer(self.device(peer)).expect("they have met").clone()
    }

    pub(super) fn events(&mut self, place: Place) -> Vec<Event> {
        std::mem::take(&mut self.seats[place].events)
    }

    // ---- wishes

    pub(super) fn execute(
        &mut self,
        place: Place,
        key: Option<IdempotencyKey>,
        command: impl FnOnce(&mut Txn<'_>) -> Result<Vec<u8>, crdt_store::Failure> + Send + 'static,
    ) -> Ticket {
        self.last += 1;
        let ticket = Ticket(self.last);
        self.node(place).execute(ticket, key, Author::default(), Box::new(command));
        ticket
    }

    pub(super) fn reply(&self, place: Place, ticket: Ticket) -> Option<&Result<Vec<u8>, Rejection>> {
        self.seats[place].replies.get(&ticket)
    }

    /// Sets one key of a note, which is made if need be.
    pub(super) fn edit(&mut self, place: Place, scope: &str, note: &str, key: &str, value: i64) -> Ticket {
        let (scope, id, key) = (scope.to_owned(), note_id(scope, note), key.to_owned());
        self.execute(place, None, move |txn| {
            if txn.header(id)?.is_none() {
                let root = [("class", Value::from("note")), ("scope", Value::from(scope))];
                txn.create(id, root.into_iter().map(|(key, value)| (key.to_owned(), value)).collect());
            }
            txn.put(id, &[&key], value);
            Ok(Vec::new())
        })
    }

    /// Makes a note of the class that goes ahead.
    pub(super) fn edit_urgent(&mut self, place: Place, scope: &str, note: &str, value: i64) -> Ticket {
        let (scope, id) = (scope.to_owned(), note_id(scope, note));
        self.execute(place, None, move |txn| {
            let root =
                [("class", Value::from(URGENT)), ("scope", Value::from(scope)), ("k", Value::from(value))];
            txn.create(id, root.into_iter().map(|(key, value)| (key.to_owned(), value)).collect());
            Ok(Vec::new())
        })
    }

    /// Lets a place's device read a scope.
    pub(super) fn grant(&mut self, central: Place, to: Place, name: &str) {
        let (device, name) = (self.device(to), name.to_owned());
        let id = note_id(REF, &format!("grant {to} {name}"));
        self.execute(central, None, move |txn| {
            let root: Map = [
                ("class", Value::from("grant")),
                ("scope", Value::from(REF)),
                ("device", Value::Bytes(device.as_bytes().to_vec())),
                ("to", Value::from(name)),
            ]
            .into_iter()
            .map(|(key, value)| (key.to_owned(), value))
            .collect();
            txn.create(id, root);
            Ok(Vec::new())
        });
    }

    pub(super) fn revoke(&mut self, central: Place, from: Place, name: &str) {
        let id = note_id(REF, &format!("grant {from} {name}"));
        self.execute(central, None, move |txn| {
            txn.put(id, &["to"], Value::Null);
            Ok(Vec::new())
        });
    }

    // ---- what happens

    pub(super) fn connect(&mut self, dialer: Place, acceptor: Place) -> ConnectionId {
        self.last += 1;
        let conn = ConnectionId(self.last);
        let now = self.now();
        for (place, other, side) in [(dialer, acceptor, Side::Dialed), (acceptor, dialer, Side::Accepted)] {
            let peer = self.as_peer(other);
            self.node(place).handle_connected(now, conn, peer, side);
        }
        self.links.push(Link { dialer, acceptor, conn, ways: Default::default() });
        conn
    }

    pub(super) fn is_connected(&self, one: Place, other: Place) -> bool {
        self.links.iter().any(|link| link.joins(one, other))
    }

    // ---- bundles

    /// Another node, as its certificate and the registry say.
    pub(super) fn as_peer(&self, place: Place) -> Peer {
        let Seat { device, central, .. } = self.seats[place];
        Peer { device, central, name: Some(format!("node {place}")) }
    }

    /// Saves what one node has for another.
    pub(super) fn save(&mut self, from: Place, to: Place) -> Stick {
        self.flush_all();
        let (now, peer) = (self.now(), self.as_peer(to));
        let mut export = self.node(from).export(now, &peer).expect("a disk in memory does not fail");
        let mut frames = Vec::new();
        while let Some(frame) = export.next_frame().expect("a disk in memory does not fail") {
            frames.push(frame);
        }
        let documents = export.documents();
        self.node(from).handle_exported(now, &peer, export);
        self.flush_all();
        Stick { from, frames, documents }
    }

    /// Loads at a node what another one saved, `per_flush` frames in each transaction.
    pub(super) fn load_in_steps(&mut self, at: Place, stick: &Stick, per_flush: usize) -> Taken {
        self.last += 1;
        let conn = ConnectionId(self.last);
        let (now, peer) = (self.now(), self.as_peer(stick.from));
        self.node(at).handle_bundle(now, conn, &peer).expect("there is room");
        for frames in stick.frames.chunks(per_flush) {
            for frame in frames {
                let frame = decode(frame).expect("a node writes frames");
                self.node(at).handle_bundle_frame(conn, frame);
            }
            self.flush_all();
        }
        self.node(at).handle_bundle_end(conn);
        self.flush_all();
        let (answered, taken) = self.node(at).poll_bundle().expect("all of it is durable");
        assert_eq!(answered, conn);
        taken.expect("a node says what may be said")
    }

    pub(super) fn load(&mut self, at: Place, stick: &Stick) -> Taken {
        self.load_in_steps(at, stick, 3)
    }

    /// Carries from one node to another.
    pub(super) fn carry(&mut self, from: Place, to: Place) -> Taken {
        let stick = self.save(from, to);
        self.load(to, &stick)
    }

    // ---- cuts

    /// Cuts every link between two nodes; what was on its way is lost.
    pub(super) fn cut(&mut self, one: Place, other: Place) {
        let (cut, kept) =
            std::mem::take(&mut self.links).into_iter().partition(|link| link.joins(one, other));
        self.links = kept;
        let cut: Vec<Link> = cut;
        for link in cut {
            self.hang_up(link);
        }
    }

    fn hang_up(&mut self, link: Link) {
        let now = self.now();
        for place in [link.dialer, link.acceptor] {
            self.node(place).handle_disconnected(now, link.conn, crate::code::DISCONNECTED, "cut");
        }
    }

    /// The machine stops: what was not flushed is gone, and so are its connections. It starts again at once.
    pub(super) fn crash(&mut self, place: Place) {
        let disk = self.seats[place].disk.clone();
        self.boot(place, disk);
    }

    pub(super) fn image(&self, place: Place) -> Disk {
        self.seats[place].disk.copy()
    }

    /// The machine starts again from an older image of its disk; its side file has seen a later start, and
    /// tells.
    pub(super) fn restore(&mut self, place: Place, image: &Disk) {
        self.crash(place);
        self.boot(place, image.copy());
    }

    fn boot(&mut self, place: Place, disk: Disk) {
        let (cut, kept) = std::mem::take(&mut self.links)
            .into_iter()
            .partition(|link| link.dialer == place || link.acceptor == place);
        self.links = kept;
        let cut: Vec<Link> = cut;
        let now = self.now();
        for link in cut {
            let other = if link.dialer == place { link.acceptor } else { link.dialer };
            self.node(other).handle_disconnected(now, link.conn, crate::code::DISCONNECTED, "reset");
        }
        let Seat { ref key, central, strict, witness, boots, .. } = self.seats[place];
        let key = key.clone();
        // The old node must let go of its disk before the new one takes it.
        let stand_in = open(&key, central, strict, &Disk::default(), 0, None).0;
        drop(std::mem::replace(&mut self.seats[place].node, stand_in));
        let (node, witness) = open(&key, central, strict, &disk, boots + 1, witness);
        let seat = &mut self.seats[place];
        (seat.node, seat.witness, seat.disk, seat.boots, seat.dirty) = (node, witness, disk, boots + 1, true);
    }

    /// Bytes come on a connection that are no frame.
    pub(super) fn deliver_garbage(&mut self, place: Place, conn: ConnectionId, bytes: &[u8]) {
        let error = decode(bytes).expect_err("garbage");
        let now = self.now();
        self.node(place).handle_bad_frame(now, conn, error);
    }

    // ---- time

    pub(super) fn settle(&mut self) {
        self.run_for(Duration::from_secs(2));
    }

    /// Flushes every node that has something to flush, without time passing.
    pub(super) fn flush_all(&mut self) {
        for place in 0..self.seats.len() {
            self.flush(place);
        }
    }

    pub(super) fn run_for(&mut self, duration: Duration) {
        let end = self.now.plus(duration);
        loop {
            self.flush_all();
            let arrivals = self
                .links
                .iter()
                .flat_map(|link| &link.ways)
                .filter_map(|way| way.front())
                .map(|(at, _)| *at);
            let timeouts = self.seats.iter().filter_map(|seat| seat.node.poll_timeout());
            let next = arrivals.chain(timeouts).min().unwrap_or(end).max(self.now);
            if next > end {
                self.now = end;
                return;
            }
            self.now = next;
            self.deliver();
            self.time_out();
        }
    }

    fn flush(&mut self, place: Place) {
        if !std::mem::take(&mut self.seats[place].dirty) {
            return;
        }
        let now = self.now();
        let seat = &mut self.seats[place];
        seat.node.flush(now).expect("a disk in memory does not fail");
        seat.replies.extend(std::iter::from_fn(|| seat.node.poll_reply()));
        seat.events.extend(std::iter::from_fn(|| seat.node.poll_event()));
        let transmits: Vec<Transmit> = std::iter::from_fn(|| seat.node.poll_transmit()).collect();
        for transmit in transmits {
            self.transmit(place, transmit);
        }
    }

    fn transmit(&mut self, from: Place, transmit: Transmit) {
        let conn = match &transmit {
            Transmit::Frame { conn, bytes } => {
                let frame = decode(bytes).expect("a node sends frames");
                let (kind, documents) = (frame.kind(), frame.documents());
                self.wire.push(Seen { from, kind, bytes: bytes.len(), documents, at: self.now });
                *conn
            }
            Transmit::Close { conn, code, .. } => {
                self.closed.push((from, code.clone()));
                *conn
            }
        };
        let bytes = if let Transmit::Frame { bytes, .. } = &transmit { bytes.len() as u64 } else { 0 };
        let takes = Duration::from_micros(bytes * 1_000 / self.bytes_per_milli);
        if let Some(link) = self.links.iter_mut().find(|link| link.conn == conn) {
            let way = &mut link.ways[usize::from(link.acceptor == from)];
            let free = way.back().map_or(self.now, |(at, _)| *at).max(self.now.plus(LATENCY));
            way.push_back((free.plus(takes), transmit));
        }
    }

    fn deliver(&mut self) {
        let now = self.now();
        let mut closed = BTreeSet::new();
        for index in 0..self.links.len() {
            for way in 0..2 {
                while self.links[index].ways[way].front().is_some_and(|(at, _)| *at <= self.now) {
                    let link = &mut self.links[index];
                    let to = if way == 0 { link.acceptor } else { link.dialer };
                    let conn = link.conn;
                    match link.ways[way].pop_front() {
                        Some((_, Transmit::Frame { bytes, .. })) => {
                            let mut frame = decode(&bytes).expect("a node sends frames");
                            // Every other frame comes prepared, as far as what is stored lets it.
                            if bytes.len() % 2 == 0 {
                                frame.prepare(&self.node(to).reader(), || true);
                            }
                            self.node(to).handle_frame(now, conn, frame);
                        }
                        _ => {
                            closed.insert(conn);
                        }
                    }
                }
            }
        }
        let (cut, kept) =
            std::mem::take(&mut self.links).into_iter().partition(|link| closed.contains(&link.conn));
        self.links = kept;
        let cut: Vec<Link> = cut;
        cut.into_iter().for_each(|link| self.hang_up(link));
    }

    fn time_out(&mut self) {
        let now = self.now();
        for place in 0..self.seats.len() {
            if self.seats[place].node.poll_timeout().is_some_and(|due| due <= now.monotonic) {
                self.node(place).handle_timeout(now);
            }
        }
    }

    // ---- what is true

    /// A scope's documents and their versions.
    pub(super) fn heads(&self, place: Place, name: &str) -> BTreeMap<DocumentId, Vec<ChangeHash>> {
        let snapshot = self.seats[place].node.reader().snapshot().unwrap();
        let mut heads = BTreeMap::new();
        snapshot
            .headers(&mut |header| {
                if header.scope == scope(name) {
                    heads.insert(header.id, header.heads);
                }
                std::ops::ControlFlow::Continue(())
            })
            .unwrap();
        heads
    }

    pub(super) fn value(&self, place: Place, scope: &str, note: &str, key: &str) -> Option<i64> {
        let snapshot = self.seats[place].node.reader().snapshot().unwrap();
        let document = snapshot.document(note_id(scope, note)).unwrap()?;
        document.at(&[key]).and_then(Value::as_int)
    }

    /// Whether what `place` takes for acknowledged by `peer` is there: of each document that stands in the log where it is
    /// covered, the version.
    pub(super) fn lies(&mut self, place: Place, peer: Place) -> Vec<String> {
        let mut lies = Vec::new();
        let theirs = self.seats[peer].node.reader().snapshot().unwrap();
        let ours = self.seats[place].node.reader().snapshot().unwrap();
        let device = self.device(peer);
        for (scope, through) in self.seats[place].node.acknowledged(device) {
            for (seq, id) in ours.scope_log_after(&scope, 0, usize::MAX).unwrap() {
                let header = ours.header(id).unwrap().expect("it stands in the log");
                let held: BTreeSet<ChangeHash> =
                    theirs.history(id).unwrap().into_iter().flatten().map(|entry| entry.hash).collect();
                if seq <= through && !header.heads.iter().all(|head| held.contains(head)) {
                    lies.push(format!("{scope:?}: {id} at {seq} of {through}"));
                }
            }
        }
        lies
    }

    pub(super) fn both_in_sync(&self, one: Place, other: Place) -> bool {
        self.peer(one, other).in_sync && self.peer(other, one).in_sync
    }

    /// Documents that went over the wire since `from`.
    pub(super) fn documents_since(&self, from: usize) -> usize {
        self.wire[from..].iter().map(|seen| seen.documents).sum()
    }

    pub(super) fn kinds_since(&self, from: usize) -> Vec<&'static str> {
        self.wire[from..].iter().map(|seen| seen.kind).collect()
    }
}

/// What somebody carries from one node to another.
#[derive(Clone, Debug)]
pub(super) struct Stick {
    pub(super) from: Place,
    pub(super) frames: Vec<Vec<u8>>,
    pub(super) documents: u64,
}

impl Stick {
    pub(super) fn bytes(&self) -> usize {
        self.frames.iter().map(Vec::len).sum()
    }
}

impl Link {
    fn joins(&self, one: Place, other: Place) -> bool {
        (self.dialer, self.acceptor) == (one, other) || (self.dialer, self.acceptor) == (other, one)
    }
}

pub(super) fn note_id(scope: &str, note: &str) -> DocumentId {
    DocumentId::NIL.derived(&format!("{scope}/{note}"))
}

fn open(
    key: &SigningKey,
    central: bool,
    strict: bool,
    disk: &Disk,
    boots: u8,
    witness: Option<Witness>,
) -> (Node, Option<Witness>) {
    let device = key.public().device();
    let mut seed = [boots; 32];
    seed[..16].copy_from_slice(device.as_bytes());
    let schema = Arc::new(TestSchema { strict });
    let options = OpenOptions::backend(Box::new(disk.clone()))
        .device(device)
        .signing(key.clone())
        .central(central)
        .seed(seed)
        .cache_bytes(1 << 20)
        .witness(*device.as_bytes(), witness);
    let store = Store::open(options, schema.clone()).expect("the disk in memory opens");
    let witness = store.witness();
    let config = NodeConfig { entitlement_scopes: vec![scope(REF)], ..NodeConfig::new(schema) };
    (Node::new(store, config).expect("a node over an open store"), witness)
}
