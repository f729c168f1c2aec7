//! One central that is dialled, again and again, as the [`Dialer`] says.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

use super::address::CentralAddress;
use super::carrier::Carrier;
use super::close::{CloseCode, Ending};
use super::connection::{self, Ended};
use super::handle::NodeHandle;
use super::ladder::{Ladder, Rung};
use super::link::{SwitchState, cut_since, hurried_since};
use super::network::{DialState, Network};
use super::quic::Profile;
use super::tcp;
use super::tls::{self, CENTRAL_NAME, Purpose};
use crate::code;
use crate::dialer::Dialer;
use crate::peer::{Peer, Side};

/// On a good link, a handshake that takes longer than its packets' third repetition is lost.
const HANDSHAKE_FAST: Duration = Duration::from_secs(if cfg!(test) { 2 } else { 10 });
/// Three round trips of ten seconds: longer ones are left to the patient way.
const HANDSHAKE_TCP: Duration = Duration::from_secs(30);
/// Two round trips of a minute.
const HANDSHAKE_SLOW: Duration = Duration::from_secs(120);

/// One central's dialling, until the node stops.
struct Line {
    network: Arc<Network>,
    node: NodeHandle,
    central: CentralAddress,
    index: usize,
    ladder: Ladder,
    switch: watch::Receiver<SwitchState>,
}

/// Dials `central`, the one at `index` of the status, until the node stops.
pub(crate) async fn run(network: Arc<Network>, node: NodeHandle, central: CentralAddress, index: usize) {
    let switch = network.link.watch();
    let ladder = Ladder::from(network.profile, network.tcp_dial.is_some());
    let mut line = Line { network: network.clone(), node, central, index, ladder, switch };
    let mut dialer = Dialer::new(rand::random());
    let mut hurried = line.switch.borrow_and_update().hurry;
    loop {
        let link = *line.switch.borrow_and_update();
        if !link.up {
            dialer.cut();
            line.show(DialState::Cut);
        } else if dialer.is_off() || link.hurry != hurried {
            hurried = link.hurry;
            dialer.restore(line.now());
        }
        let due = dialer.due().map(|at| line.node.shared().clock.until(at));
        if due == Some(Duration::ZERO) {
            line.call(&mut dialer, link).await;
            continue;
        }
        tokio::select! {
            biased;
            () = network.stopping() => return,
            changed = line.switch.changed() => if changed.is_err() { return },
            () = wait(due) => {}
        }
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
    fn now(&self) -> crate::time::Monotonic {
        self.node.shared().clock.now().monotonic
    }

    fn show(&self, state: DialState) {
        self.network.set_dial(self.index, |dial| dial.state = state);
    }

    /// Dials and, if somebody answers, stays until the connection ends.
    async fn call(&mut self, dialer: &mut Dialer, link: SwitchState) {
        dialer.dialing();
        self.show(DialState::Dialing);
        let (mut switch, mut hurry) = (self.switch.clone(), self.switch.clone());
        let rung = self.ladder.rung(self.now());
        let dialed = tokio::select! {
            biased;
            () = self.network.stopping() => return,
            () = hurried_since(&mut hurry, link.hurry) => {
                self.ladder.restart();
                dialer.failed(self.now(), None);
                return;
            }
            () = cut_since(&mut switch, link.cuts) => Err(Ending::of(CloseCode::LinkCut, "this node's network was cut")),
            dialed = self.dial(rung) => dialed,
        };
        let ended = match dialed {
            Ok((carrier, peer)) => {
                dialer.connected(self.now());
                self.network.count(|counters| &counters.dialed);
                self.network.set_dial(self.index, |dial| {
                    dial.state = DialState::Connected;
                    dial.device = Some(peer.device);
                });
                let handle = carrier.handle();
                let ended =
                    connection::run(&self.network, &self.node, carrier, peer, Side::Dialed, link).await;
                self.ladder.answered(self.now(), handle.round_trip());
                ended
            }
            Err(ending) => {
                self.ladder.failed(ending.code == code::UNREACHABLE);
                self.network.count(|counters| &counters.dials_failed);
                Ended { ending, retry_after: None }
            }
        };
        dialer.failed(self.now(), ended.retry_after);
        let error = self.network.note(&self.central.to_string(), &ended.ending);
        self.network.set_dial(self.index, |dial| {
            dial.state = DialState::Waiting;
            dial.last_error = Some(error);
        });
    }

    async fn dial(&self, rung: Rung) -> Result<(Carrier, Peer), Ending> {
        let unresolved = |error: std::io::Error| Ending::new("address-not-resolved", error.to_string());
        let mut latest = Ending::new(code::UNREACHABLE, "the name has no address");
        for address in self.central.resolve().await.map_err(unresolved)? {
            let dialed = match (rung, &self.network.tcp_dial) {
                (Rung::Tcp, Some(config)) => self.dial_tcp(address, config.clone()).await,
                (Rung::Patient, _) => self.dial_quic(address, Profile::Slow, HANDSHAKE_SLOW).await,
                (Rung::Quick | Rung::Tcp, _) => self.dial_quic(address, Profile::Fast, HANDSHAKE_FAST).await,
            };
            match dialed {
                Ok((carrier, Purpose::Sync(device))) => {
                    return Ok((carrier, Peer { device, central: true, name: None }));
                }
                Ok((carrier, _)) => {
                    let code = CloseCode::CertificateRequired;
                    carrier.handle().close(code, code.as_str());
                    return Err(Ending::new("protocol-version", "what answered does not replicate"));
                }
                Err(ending) => latest = ending,
            }
        }
        Err(latest)
    }

    async fn dial_quic(
        &self,
        address: SocketAddr,
        profile: Profile,
        within: Duration,
    ) -> Result<(Carrier, Purpose), Ending> {
        let config = self.network.dial_config(profile);
        let connecting = self
            .network
            .endpoint
            .connect_with(config, address, CENTRAL_NAME)
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
        let dialed = tcp::dial(address, config, self.network.gate.clone());
        let dialed = tokio::time::timeout(HANDSHAKE_TCP, dialed).await;
        let (carrier, purpose) = dialed.map_err(|_| silence(address, HANDSHAKE_TCP))??;
        Ok((Carrier::Tcp(carrier), purpose))
    }
}

fn silence(address: SocketAddr, within: Duration) -> Ending {
    Ending::new(code::UNREACHABLE, format!("{address}: no answer within {within:?}"))
}
