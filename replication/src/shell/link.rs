//! The network of one node, as a switch: what the demo cuts and restores.

use std::sync::Arc;

use tokio::sync::watch;

use super::socket::{Gate, Traffic};

/// Cuts and restores the network of a node. Clones are the same switch.
///
/// A cut is that of a cable: packets vanish both ways, this node's connections end, and its peers learn of it only
/// when they have heard nothing for the idle time. The local network is neither told nor asked anything meanwhile.
/// Restoring dials at once, whatever the backoff was.
#[derive(Clone, Debug)]
pub struct LinkSwitch {
    gate: Arc<Gate>,
    state: Arc<watch::Sender<SwitchState>>,
}

/// What connections and dialers watch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SwitchState {
    /// Whether packets pass.
    pub up: bool,
    /// How often it was cut: a connection of before a cut does not outlive it, however short it was.
    pub cuts: u64,
    /// Raised to have every dialer dial now.
    pub hurry: u64,
}

impl LinkSwitch {
    pub(crate) fn new(gate: Arc<Gate>) -> Self {
        Self { gate, state: Arc::new(watch::Sender::new(SwitchState { up: true, cuts: 0, hurry: 0 })) }
    }

    /// Cuts the network; nothing happens when it is cut already.
    pub fn cut(&self) {
        self.gate.set_open(false);
        self.state.send_if_modified(|state| {
            let was_up = std::mem::replace(&mut state.up, false);
            state.cuts += u64::from(was_up);
            was_up
        });
    }

    /// Restores the network and dials at once; nothing happens when it is not cut.
    pub fn restore(&self) {
        self.gate.set_open(true);
        self.state.send_if_modified(|state| {
            let was_up = std::mem::replace(&mut state.up, true);
            state.hurry += u64::from(!was_up);
            !was_up
        });
    }

    /// Whether the network is there.
    pub fn is_up(&self) -> bool {
        self.gate.is_open()
    }

    /// What passed the socket so far.
    pub fn traffic(&self) -> Traffic {
        self.gate.traffic()
    }

    /// Has every dialer that waits dial now.
    pub(crate) fn hurry(&self) {
        self.state.send_modify(|state| state.hurry += 1);
    }

    pub(crate) fn watch(&self) -> watch::Receiver<SwitchState> {
        self.state.subscribe()
    }
}

/// Resolves when the link is cut after `seen`, or the switch is gone.
pub(crate) async fn cut_since(link: &mut watch::Receiver<SwitchState>, seen: u64) {
    // An error means that no switch is left, and with it the node.
    let _ = link.wait_for(|state| state.cuts != seen).await;
}

/// Resolves when somebody wants every dialer to dial now, after `seen`, or the switch is gone.
pub(crate) async fn hurried_since(link: &mut watch::Receiver<SwitchState>, seen: u64) {
    // An error means that no switch is left, and with it the node.
    let _ = link.wait_for(|state| state.hurry != seen).await;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cut_counts_once_however_often_it_is_asked_for() {
        let switch = LinkSwitch::new(Arc::default());
        let mut watch = switch.watch();
        switch.cut();
        switch.cut();
        assert_eq!(*watch.borrow_and_update(), SwitchState { up: false, cuts: 1, hurry: 0 });
        assert!(!switch.is_up());
        switch.restore();
        switch.restore();
        assert_eq!(*watch.borrow_and_update(), SwitchState { up: true, cuts: 1, hurry: 1 });
        assert!(switch.is_up());
    }
}
