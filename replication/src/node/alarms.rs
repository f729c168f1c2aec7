//! When each connection is next due, so that a node with thousands of them looks only at those that are.

use std::collections::{BTreeMap, BTreeSet};

use crate::peer::ConnectionId;
use crate::time::Monotonic;

/// One alarm for each connection.
#[derive(Debug, Default)]
pub(super) struct Alarms {
    set: BTreeMap<ConnectionId, Monotonic>,
    in_order: BTreeSet<(Monotonic, ConnectionId)>,
}

impl Alarms {
    /// Sets a connection's alarm, in place of the one it had.
    pub(super) fn set(&mut self, conn: ConnectionId, at: Monotonic) {
        match self.set.insert(conn, at) {
            Some(before) if before == at => return,
            Some(before) => drop(self.in_order.remove(&(before, conn))),
            None => {}
        }
        self.in_order.insert((at, conn));
    }

    /// Forgets a connection's alarm.
    pub(super) fn forget(&mut self, conn: ConnectionId) {
        if let Some(at) = self.set.remove(&conn) {
            self.in_order.remove(&(at, conn));
        }
    }

    /// When a connection's alarm is due.
    pub(super) fn of(&self, conn: ConnectionId) -> Option<Monotonic> {
        self.set.get(&conn).copied()
    }

    /// When the first is due.
    pub(super) fn first(&self) -> Option<Monotonic> {
        self.in_order.first().map(|(at, _)| *at)
    }

    /// The connections whose alarms are due, in the order of their ids; the alarms stay as they are.
    pub(super) fn due(&self, now: Monotonic) -> BTreeSet<ConnectionId> {
        self.in_order.iter().take_while(|(at, _)| *at <= now).map(|(_, conn)| *conn).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_alarm_is_the_last_that_was_set_and_rings_until_it_is_set_anew() {
        let [one, two] = [ConnectionId(1), ConnectionId(2)];
        let [early, late, later] = [10, 20, 30].map(Monotonic::from_micros);
        let mut alarms = Alarms::default();
        alarms.set(two, early);
        alarms.set(one, late);
        assert_eq!(alarms.first(), Some(early));
        alarms.set(two, later);
        assert_eq!((alarms.first(), alarms.due(early)), (Some(late), BTreeSet::new()));
        assert_eq!(alarms.due(later), BTreeSet::from([one, two]));
        assert_eq!(alarms.due(late), BTreeSet::from([one]));
        alarms.forget(one);
        assert_eq!(alarms.first(), Some(later));
        alarms.forget(two);
        assert_eq!(alarms.first(), None);
    }
}
