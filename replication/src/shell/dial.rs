//! One node that is dialled, again and again, as the [`Dialer`] says: central, or a neighbour.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use crdt_store::DeviceId;
use tokio::sync::{broadcast, watch};

use super::address::CentralAddress;
use super::carrier::Carrier;
use super::close::{CloseCode, Ending};
use super::connection::{self, Ended};
use super::handle::NodeHandle;
use super::ladder::{Ladder, Rung};
use super::link::{SwitchState, cut_since, hurried_since};
use super::network::{DialState, Network, Place, Ways};
use super::quic::Profile;
use super::roster::{Roster, Stay};
use super::tcp;
use super::tls::{self, CENTRAL_NAME, NEIGHBOUR_NAME, Purpose};
use super::visit::{self, Contact};
use crate::code;
use crate::dialer::Dialer;
use crate::peer::{Peer, Side};
use crate::status::Event;
use crate::time::Monotonic;

/// On a good link, a handshake that takes longer than its packets' third repetition is lost.
const HANDSHAKE_FAST: Duration = Duration::from_secs(if cfg!(test) { 2 } else { 10 });
/// Three round trips of ten seconds: longer ones are left to the patient way.
const HANDSHAKE_TCP: Duration = Duration::from_secs(30);
/// Two round trips of a minute.
const HANDSHAKE_SLOW: Duration = Duration::from_secs(120);
/// Two devices that have found each other would both dial, and each connection would replace the other. The one with the
/// higher id leaves it to the other for so long; then it dials all the same, because a firewall may let it out and not in.
const YIELD_FOR: Duration = Duration::from_secs(20);

/// Where a device is said to be counts at once, but not oftener than this: anybody on the local network may say so.
const ANEW_EVERY: Duration = Duration::from_secs(5);

/// Urgent work brings the next visit forward, but not oftener than this: a person who issues goods does it line by line.
const VISITS_APART: Duration = Duration::from_secs(if cfg!(test) { 1 } else { 30 });

/// Who is dialled.
pub(crate) enum Callee {
    /// Central, at an address that people know.
    Central(CentralAddress),
    /// Whichever device answers at an address that a person named.
    Named { address: CentralAddress, roster: Arc<Roster> },
    /// A device that is said to be at these addresses; nowhere ends its line.
    Found { device: DeviceId, addresses: watch::Receiver<Vec<SocketAddr>>, roster: Arc<Roster> },
}

impl Callee {
    fn name(&self) -> String {
        match self {
            Self::Central(address) | Self::Named { address, .. } => address.to_string(),
            Self::Found { device, .. } => format!("device {device}"),
        }
    }

    fn roster(&self) -> Option<&Arc<Roster>> {
        match self {
            Self::Central(_) => None,
            Self::Named { roster, .. } | Self::Found { roster, .. } => Some(roster),
        }
    }

    fn ladder(&self, profile: Profile, tcp: bool) -> Ladder {
        match self {
            Self::Central(_) | Self::Named { .. } => Ladder::from(profile, tcp),
            Self::Found { .. } => Ladder::near(tcp),
        }
    }

    async fn addresses(&self) -> Result<Vec<SocketAddr>, Ending> {
        match self {
            Self::Central(address) | Self::Named { address, .. } => address
                .resolve()
                .await
                .map_err(|error| Ending::new("address-not-resolved", error.to_string())),
            Self::Found { addresses, .. } => Ok(addresses.borrow().clone()),
        }
    }

    /// Whether the device is found no more.
    fn is_gone(&self) -> bool {
        matches!(self, Self::Found { addresses, .. } if addresses.borrow().is_empty())
    }

    /// Resolves when the device is said to be elsewhere.
    async fn moved(&mut self) {
        if let Self::Found { addresses, .. } = self
            && addresses.changed().await.is_ok()
        {
            return;
        }
        // Nobody tells, or nobody tells any more.
        std::future::pending().await
    }
}

/// One callee's dialling, until the node stops.
struct Line {
    network: Arc<Network>,
    node: NodeHandle,
    callee: Callee,
    place: Place,
    /// The device that was found there last.
    device: Option<DeviceId>,
    /// Whether that device is connected, whoever dialled: then nothing is dialled.
    met: bool,
    ladder: Ladder,
    dialer: Dialer,
    /// When it was dialled last.
    dialed_at: Option<Monotonic>,
    /// What happens at this node, between two visits.
    calls: Option<broadcast::Receiver<Event>>,
    switch: watch::Receiver<SwitchState>,
}

/// Dials `callee`, the one at `place` of the status, until the node stops or the callee is found no more.
pub(crate) async fn run(network: Arc<Network>, node: NodeHandle, callee: Callee, place: Place) {
    let mut line = Line::new(network.clone(), node, callee, place);
    let mut hurried = line.switch.borrow_and_update().hurry;
    let mut changes = network.changes();
    while !line.callee.is_gone() {
        let link = *line.switch.borrow_and_update();
        if !link.up {
            line.dialer.cut();
            line.show(DialState::Cut);
        } else if line.dialer.is_off() || link.hurry != hurried {
            hurried = link.hurry;
            line.dialer.restore(line.now());
        }
        changes.mark_unchanged();
        line.look_who_is_connected();
        let due = line.dialer.due().map(|at| line.node.shared().clock.until(at));
        if due == Some(Duration::ZERO) {
            line.call(link).await;
            continue;
        }
        tokio::select! {
            biased;
            () = network.stopping() => return,
            changed = line.switch.changed() => if changed.is_err() { return },
            () = line.callee.moved() => line.start_anew(),
            changed = changes.changed(), if line.device.is_some() => if changed.is_err() { return },
            () = call(&mut line.calls) => line.called(),
            () = wait(due) => {}
        }
    }
}

/// Resolves when something urgent comes up between two visits.
async fn call(calls: &mut Option<broadcast::Receiver<Event>>) {
    match calls {
        Some(events) => visit::is_called_for(events).await,
        None => std::future::pending().await,
    }
}

/// Waits for a time, or for ever.
async fn wait(time: Option<Duration>) {
    match time {
        Some(time) => tokio::time::sleep(time).await,
        None => std::future::pending().await,
    }
}

impl Line {
    fn new(network: Arc<Network>, node: NodeHandle, callee: Callee, place: Place) -> Self {
        let ladder = callee.ladder(network.profile, network.ways(place).tcp.is_some());
        let device = match &callee {
            Callee::Found { device, .. } => Some(*device),
            Callee::Central(_) | Callee::Named { .. } => None,
        };
        let switch = network.link.watch();
        let dialer = Dialer::new(rand::random());
        let mut line = Self {
            network,
            node,
            callee,
            place,
            device,
            met: false,
            ladder,
            dialer,
            dialed_at: None,
            calls: None,
            switch,
        };
        if line.yields() {
            line.fail(None);
        }
        line
    }

    fn now(&self) -> Monotonic {
        self.node.shared().clock.now().monotonic
    }

    fn show(&self, state: DialState) {
        self.network.set_dial(self.place, |dial| (dial.state, dial.next_at) = (state, None));
    }

    /// Whether the other one is to dial first.
    fn yields(&self) -> bool {
        matches!(self.callee, Callee::Found { device, .. } if self.network.device() > device)
    }

    /// Nothing stands: when to dial next.
    fn fail(&mut self, retry_after: Option<Duration>) {
        let patience = self.yields().then_some(YIELD_FOR);
        self.dialer.failed(self.now(), retry_after.max(patience));
        self.show(if self.yields() { DialState::Yielding } else { DialState::Waiting });
    }

    /// The callee is said to be elsewhere, as after a start: what was learnt of the way there is worth nothing.
    fn start_anew(&mut self) {
        let now = self.now();
        let is_soon = self.dialed_at.is_some_and(|at| now.since(at) < ANEW_EVERY);
        self.ladder.restart();
        if !is_soon && !self.yields() && !self.dialer.is_off() {
            self.dialer.restore(now);
        }
    }

    /// A neighbour that is connected needs no second connection, whoever dialled.
    fn look_who_is_connected(&mut self) {
        let neighbour = self.device.filter(|_| self.callee.roster().is_some());
        let met = neighbour.is_some_and(|device| self.network.is_linked(device));
        match (met, std::mem::replace(&mut self.met, met)) {
            (true, false) => {
                self.dialer.connected(self.now());
                self.show(DialState::Connected);
            }
            (false, true) if !self.dialer.is_off() => self.fail(None),
            _ => {}
        }
    }

    /// Dials and, if somebody answers, stays until the connection ends.
    async fn call(&mut self, link: SwitchState) {
        self.dialer.dialing();
        self.calls = None;
        self.dialed_at = Some(self.now());
        self.show(DialState::Dialing);
        let (mut switch, mut hurry) = (self.switch.clone(), self.switch.clone());
        let rung = self.ladder.rung(self.now());
        let dialed = tokio::select! {
            biased;
            () = self.network.stopping() => return,
            () = hurried_since(&mut hurry, link.hurry) => {
                self.ladder.restart();
                return self.dialer.failed(self.now(), None);
            }
            () = cut_since(&mut switch, link.cuts) => Err(Ending::of(CloseCode::LinkCut, "this node's network was cut")),
            dialed = self.dial(rung) => dialed,
        };
        let ended = match dialed {
            Ok((carrier, peer, _stay)) => self.converse(carrier, peer, link).await,
            Err(ending) => {
                self.ladder.failed(ending.code == code::UNREACHABLE);
                self.network.count(|counters| &counters.dials_failed);
                Ended { ending, retry_after: None }
            }
        };
        self.end(ended);
    }

    async fn converse(&mut self, carrier: Carrier, peer: Peer, link: SwitchState) -> Ended {
        self.dialer.connected(self.now());
        self.device = Some(peer.device);
        self.network.count(|counters| &counters.dialed);
        self.network.set_dial(self.place, |dial| {
            (dial.state, dial.next_at) = (DialState::Connected, None);
            dial.device = Some(peer.device);
            dial.last_error = dial.last_error.take().filter(|_| self.callee.roster().is_none());
        });
        let handle = carrier.handle();
        let (node, device) = (self.node.clone(), peer.device);
        let is_visit = self.visits().is_some();
        let mut events = self.node.subscribe();
        let leave = async {
            match is_visit {
                true => visit::is_over(&node, device, &mut events).await,
                false => std::future::pending().await,
            }
        };
        let ended =
            connection::run(&self.network, &self.node, carrier, peer, Side::Dialed, link, leave).await;
        // What is written while a visit ends is not lost on the way to the next.
        self.calls = is_visit.then_some(events);
        self.ladder.answered(self.now(), handle.round_trip());
        ended
    }

    /// From one visit to the next, where it does not stay connected: with central alone, as a neighbour costs nothing.
    fn visits(&self) -> Option<Duration> {
        match (&self.callee, self.network.contact) {
            (Callee::Central(_), Contact::Visits { every }) => Some(every),
            _ => None,
        }
    }

    /// All was said: the next visit is due in a while, or when something urgent comes up.
    fn rest(&mut self, every: Duration) {
        self.dialer.rest(self.now(), every);
        let clock = &self.node.shared().clock;
        let next = self.dialer.due().map(|at| clock.wall().plus_millis(clock.until(at).as_millis() as i64));
        self.network.set_dial(self.place, |dial| {
            dial.state = DialState::Resting;
            dial.next_at = next;
        });
    }

    /// Something urgent came up between two visits.
    fn called(&mut self) {
        self.calls = None;
        let soonest = self.dialed_at.map_or(self.now(), |at| at.plus(VISITS_APART));
        self.dialer.bring_forward(soonest.max(self.now()));
    }

    fn end(&mut self, ended: Ended) {
        if let (Some(every), true) = (self.visits(), ended.ending.code == code::VISIT_OVER) {
            return self.rest(every);
        }
        // Two neighbours dialled each other, and the newer connection is the one that stays.
        let is_replaced = ended.ending.code == code::REPLACED && self.callee.roster().is_some();
        let error = (!is_replaced).then(|| self.network.note(&self.callee.name(), &ended.ending));
        if self.callee.is_gone() {
            return;
        }
        self.fail(ended.retry_after);
        if error.is_some() {
            self.network.set_dial(self.place, |dial| dial.last_error = error);
        }
    }

    async fn dial(&self, rung: Rung) -> Result<(Carrier, Peer, Option<Stay>), Ending> {
        let mut latest = Ending::new(code::UNREACHABLE, "the name has no address");
        for address in self.callee.addresses().await? {
            let ways = self.network.ways(self.place);
            let dialed = match (rung, &ways.tcp) {
                (Rung::Tcp, Some(config)) => self.dial_tcp(address, config.clone()).await,
                (Rung::Patient, _) => self.dial_quic(address, ways, Profile::Slow, HANDSHAKE_SLOW).await,
                (Rung::Quick | Rung::Tcp, _) => {
                    self.dial_quic(address, ways, Profile::Fast, HANDSHAKE_FAST).await
                }
            };
            match dialed {
                Ok((carrier, purpose)) => match self.recognise(&carrier, purpose).await {
                    Ok((peer, stay)) => return Ok((carrier, peer, stay)),
                    Err(ending) => {
                        carrier.handle().close(CloseCode::Done, CloseCode::Done.as_str());
                        latest = ending;
                    }
                },
                Err(ending) => latest = ending,
            }
        }
        Err(latest)
    }

    /// Who answered. Of central TLS has proven it; of a neighbour the registry has to know it, and whoever it is, it is
    /// never central.
    async fn recognise(&self, carrier: &Carrier, purpose: Purpose) -> Result<(Peer, Option<Stay>), Ending> {
        let Purpose::Sync(device) = purpose else {
            return Err(Ending::new(code::PROTOCOL_VERSION, "what answered does not replicate"));
        };
        let Some(roster) = self.callee.roster() else {
            return Ok((Peer { device, central: true, name: None }, None));
        };
        if let Callee::Found { device: wanted, .. } = &self.callee
            && device != *wanted
        {
            return Err(Ending::new(code::OTHER_DEVICE, format!("device {device} answered")));
        }
        if device == self.network.device() {
            return Err(Ending::new(code::SELF_CONNECTION, "this device answered itself"));
        }
        let peer = roster.recognise(device).await.map_err(|refused| {
            let code = if refused.code == "revoked-device" { code::NEIGHBOUR_REVOKED } else { refused.code };
            Ending::new(code, refused.detail)
        })?;
        let full = || Ending::new(code::TOO_MANY_NEIGHBOURS, "as many neighbours as may be are connected");
        let stay = roster.enter(device, carrier.handle()).ok_or_else(full)?;
        Ok((peer, Some(stay)))
    }

    async fn dial_quic(
        &self,
        address: SocketAddr,
        ways: &Ways,
        profile: Profile,
        within: Duration,
    ) -> Result<(Carrier, Purpose), Ending> {
        let config = self.network.dial_config(ways, profile, self.ladder.round_trip());
        let connecting = self
            .network
            .endpoint
            .connect_with(config, address, self.name())
            .map_err(|error| Ending::new(code::UNREACHABLE, format!("{address}: {error}")))?;
        let connected =
            tokio::time::timeout(within, connecting).await.map_err(|_| silence(address, within))?;
        let connection = connected.map_err(|error| Ending::of_connection(&error))?;
        let purpose = tls::purpose(&connection);
        Ok((Carrier::Quic(connection), purpose))
    }

    async fn dial_tcp(
        &self,
        address: SocketAddr,
        config: Arc<rustls::ClientConfig>,
    ) -> Result<(Carrier, Purpose), Ending> {
        let dialed = tcp::dial(address, self.name(), config, self.network.gate.clone());
        let dialed = tokio::time::timeout(HANDSHAKE_TCP, dialed).await;
        let (carrier, purpose) = dialed.map_err(|_| silence(address, HANDSHAKE_TCP))??;
        Ok((Carrier::Tcp(carrier), purpose))
    }

    /// What is dialled is called in the handshake.
    fn name(&self) -> &'static str {
        match self.callee {
            Callee::Central(_) => CENTRAL_NAME,
            Callee::Named { .. } | Callee::Found { .. } => NEIGHBOUR_NAME,
        }
    }
}

fn silence(address: SocketAddr, within: Duration) -> Ending {
    Ending::new(code::UNREACHABLE, format!("{address}: no answer within {within:?}"))
}
