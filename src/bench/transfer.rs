//! What the whole life of a shipment costs on the wire: made, allocated, picked and shipped at one site, delivered, received
//! and verified at another, with central between them; three nodes over real QUIC sockets.
//!
//! Two ways: with both sites connected and every act sent as it is done; and with the sender's network cut while it makes
//! and ships the goods, so that they go in one meeting. Frames are what the nodes say to each other; datagrams are
//! what their sockets carry, with QUIC's own. Handshakes are told apart, as a meeting with nothing to say.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use crdt_store::{DocumentId, Failure as CommandFailure, Txn};
use domain::query::shipments;
use domain::shipment::{AddLine, CreateOutbound, End, SetStatus, Status};
use domain::{Caller, DomainSchema, Numbered, Quantity, Role};
use replication::shell::{CentralAddress, NodeHandle};

use super::fleet::{self, Member, Size};
use super::sync::{cut, in_sync, link_of, until};
use super::{Ground, Table, fixture};
use crate::exit::Failure;
use crate::installation::Installation;
use crate::running::{CentralNetwork, System, block_on, start_central_with};

/// Lines of the shipments.
const LINES: [usize; 2] = [10, 200];
/// Items, and stock lines of each store: one of each item, with a thousand units.
const ITEMS: usize = 200;
/// Units of a line: so few that all shipments together are in stock.
const UNITS: i64 = 10;
/// Shipments of each size and way; the median is told.
const RUNS: usize = 5;
/// What the field's system sends for a shipment of ten lines before the receiver has its copy, measured elsewhere, in bytes.
const ELSEWHERE_BYTES: f64 = 46_000.0;

/// Both ends of the shipments.
struct Ends {
    sender: NodeHandle,
    receiver: NodeHandle,
    from: Member,
    to: Member,
}

/// Bytes of one shipment at its sender's and its receiver's.
#[derive(Clone, Copy, Default)]
struct Bytes {
    sender_frames: u64,
    sender_sent: u64,
    sender_received: u64,
    receiver_sent: u64,
    receiver_received: u64,
}

/// Measures both sizes, each both ways.
pub fn measure(ground: &Ground<'_>, table: &mut Table) -> Result<(), Failure> {
    let place = Installation::at(&ground.directory.join("transfer"));
    let size = Size { sites: 2, devices: 1, items: ITEMS, lines: ITEMS };
    let members = fleet::fill(&place, size)?;
    block_on(lives(&place, members, table))
}

async fn lives(place: &Installation, members: Vec<Member>, table: &mut Table) -> Result<(), Failure> {
    let bind = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let network = CentralNetwork { bind, tcp: false, congestion: Default::default() };
    let central = start_central_with(place, &System::named("Benchmark"), network).await?;
    let address = central.quic().ok_or_else(|| Failure::failed("benchmark", "central has no network"))?;
    let Ok([from, to]) = <[Member; 2]>::try_from(members) else {
        return Err(Failure::failed("benchmark", "there are two sites"));
    };
    let node = async |member: &Member| {
        member.start(CentralAddress::from(address), Arc::new(DomainSchema), Default::default()).await
    };
    let ends = Ends { sender: node(&from).await?, receiver: node(&to).await?, from, to };
    in_sync(&ends.sender).await?;
    in_sync(&ends.receiver).await?;
    // What two sites say of each other's transfers for the first time is not part of a shipment.
    ends.connected(1).await?;
    let quiet = ends.quiet_meeting().await?;
    for lines in LINES {
        let connected = ends.median(async |ends| ends.connected(lines).await).await?;
        let met = ends.median(async |ends| ends.in_one_meeting(lines).await).await?;
        report(table, lines, connected, met, quiet);
    }
    for node in [ends.sender, ends.receiver, central.node] {
        node.shutdown().await;
    }
    Ok(())
}

fn report(table: &mut Table, lines: usize, connected: Bytes, met: Bytes, quiet: Bytes) {
    let aim = (lines == 10).then_some("≤ 2,300");
    let told = format!("a shipment of {lines} lines, its whole life");
    table.add(format!("{told}, connected: sender's frames"), connected.sender_frames as f64, "B", aim);
    table.add("… sender's datagrams, sent", connected.sender_sent as f64, "B", None);
    table.add("… sender's datagrams, received", connected.sender_received as f64, "B", None);
    table.add("… receiver's datagrams, sent", connected.receiver_sent as f64, "B", None);
    table.add("… receiver's datagrams, received", connected.receiver_received as f64, "B", None);
    table.add(format!("{told}, sent in one meeting: sender's frames"), met.sender_frames as f64, "B", aim);
    table.add("… sender's datagrams, sent, handshake included", met.sender_sent as f64, "B", None);
    table.add("… of which a meeting with nothing to say has", quiet.sender_sent as f64, "B", None);
    if lines == 10 {
        let ratio = |bytes: u64| ELSEWHERE_BYTES / bytes as f64;
        let what = "46 KB, which the field's system sends for ten lines, beside the frames";
        table.add(format!("{what}, connected"), ratio(connected.sender_frames), "times", Some("≥ 20"));
        table.add("… in one meeting", ratio(met.sender_frames), "times", Some("≥ 20"));
        table.add("… beside all datagrams of that meeting", ratio(met.sender_sent), "times", None);
    }
}

impl Ends {
    async fn median(&self, life: impl AsyncFn(&Self) -> Result<Bytes, Failure>) -> Result<Bytes, Failure> {
        let mut found = Vec::with_capacity(RUNS);
        for _ in 0..RUNS {
            found.push(life(self).await?);
        }
        found.sort_by_key(|bytes| bytes.sender_frames);
        Ok(found[RUNS / 2])
    }

    /// All acts, each sent as it is done.
    async fn connected(&self, lines: usize) -> Result<Bytes, Failure> {
        let before = self.bytes();
        let id = self.make(lines).await?;
        for status in [Status::Allocated, Status::Picked, Status::Shipped] {
            in_sync(&self.sender).await?;
            advance(&self.sender, id, status).await?;
        }
        self.arrive(id).await?;
        Ok(self.bytes().since(before))
    }

    /// All acts, those of the sender in one meeting.
    async fn in_one_meeting(&self, lines: usize) -> Result<Bytes, Failure> {
        cut(&self.sender).await?;
        let before = self.bytes();
        let id = self.make(lines).await?;
        for status in [Status::Allocated, Status::Picked, Status::Shipped] {
            advance(&self.sender, id, status).await?;
        }
        link_of(&self.sender)?.restore();
        self.arrive(id).await?;
        Ok(self.bytes().since(before))
    }

    /// What a meeting costs that has nothing to say.
    async fn quiet_meeting(&self) -> Result<Bytes, Failure> {
        cut(&self.sender).await?;
        let before = self.bytes();
        link_of(&self.sender)?.restore();
        in_sync(&self.sender).await?;
        Ok(self.bytes().since(before))
    }

    /// Makes an outbound shipment of so many lines.
    async fn make(&self, lines: usize) -> Result<DocumentId, Failure> {
        let lines = self.from.lines[..lines].iter().map(|line| of_stock(*line)).collect();
        let create = CreateOutbound {
            store: self.from.store,
            to: End::Store(self.to.store),
            lines,
            reference: None,
            comment: None,
            expected: None,
        };
        let made: Numbered =
            act(&self.sender, move |txn, caller| domain::shipment::create_outbound(txn, caller, &create))
                .await?;
        Ok(made.id)
    }

    /// The other end takes the goods in, and the sender hears of it.
    async fn arrive(&self, id: DocumentId) -> Result<(), Failure> {
        stands_at(&self.receiver, id, Status::Shipped).await?;
        for status in [Status::Delivered, Status::Received, Status::Verified] {
            advance(&self.receiver, id, status).await?;
            in_sync(&self.receiver).await?;
        }
        stands_at(&self.sender, id, Status::Verified).await?;
        in_sync(&self.sender).await
    }

    fn bytes(&self) -> Bytes {
        let traffic = |node: &NodeHandle| node.link().map(|link| link.traffic()).unwrap_or_default();
        let (sender, receiver) = (traffic(&self.sender), traffic(&self.receiver));
        Bytes {
            sender_frames: self.sender.status().peers.iter().map(|peer| peer.bytes_out).sum(),
            sender_sent: sender.bytes_sent,
            sender_received: sender.bytes_received,
            receiver_sent: receiver.bytes_sent,
            receiver_received: receiver.bytes_received,
        }
    }
}

impl Bytes {
    fn since(self, before: Self) -> Self {
        Self {
            sender_frames: self.sender_frames - before.sender_frames,
            sender_sent: self.sender_sent - before.sender_sent,
            sender_received: self.sender_received - before.sender_received,
            receiver_sent: self.receiver_sent - before.receiver_sent,
            receiver_received: self.receiver_received - before.receiver_received,
        }
    }
}

fn of_stock(line: DocumentId) -> AddLine {
    AddLine {
        item: None,
        stock_line: Some(line),
        quantity: Quantity::whole(UNITS),
        batch: None,
        expiry: None,
        manufactured: None,
        pack_size: None,
        price: None,
        note: None,
        returns: None,
        reason: None,
        whole_packs: false,
    }
}

/// Carries out a command as somebody of the site does.
async fn act<T>(
    node: &NodeHandle,
    command: impl FnOnce(&mut Txn<'_>, &Caller) -> Result<T, CommandFailure> + Send + 'static,
) -> Result<T, Failure>
where
    T: serde::Serialize + serde::de::DeserializeOwned + Send + 'static,
{
    let command = move |txn: &mut Txn<'_>| command(txn, &Caller::system(Role::Site));
    Ok(node.execute(None, fixture::author(), command).await?)
}

async fn advance(node: &NodeHandle, id: DocumentId, status: Status) -> Result<(), Failure> {
    act(node, move |txn, caller| domain::shipment::set_status(txn, caller, id, &SetStatus { status })).await
}

/// Waits until a shipment has come to a node at this status.
async fn stands_at(node: &NodeHandle, id: DocumentId, status: Status) -> Result<(), Failure> {
    until(node, "the shipment does not arrive", |_| {
        let read = node.reader().snapshot()?;
        match shipments::detail(&read, id) {
            Ok(detail) => Ok(detail.shipment.status >= status),
            Err(CommandFailure::Rejected(_)) => Ok(false),
            Err(CommandFailure::Store(error)) => Err(error.into()),
        }
    })
    .await
}
