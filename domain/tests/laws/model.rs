//! Random work on three devices with random meetings, beside a trivially correct model: a balance is what all
//! documents, read one by one, add up to.

use std::collections::BTreeMap;

use crdt_store::{Document, DocumentId, ViewRead};
use domain::adjustment::{self, Adjustment};
use domain::shipment::{
    self, End, Receive, ReceiveLine, SetStatus, SettleLine, Shipment, Status, UpdateLine, Verdict,
};
use domain::stock_line::{self, StockLine};
use domain::{Quantity, query};
use proptest::prelude::*;
use query::PageRequest;

use crate::shipments::{of_item, of_stock, outbound};
use crate::stock::adjust;
use crate::world::{A, B, CENTRAL, D, World, today, units};

/// Something somebody does. Numbers choose among what is there, and wrap around.
#[derive(Clone, Debug)]
pub enum Act {
    Open { quantity: i64 },
    Adjust { line: usize, change: i64 },
    Ship { to_partner: bool, by_item: bool, line: usize, quantity: i64 },
    Press { shipment: usize, status: usize },
    Receive { shipment: usize, quantity: Option<i64> },
    Cancel { shipment: usize },
    Edit { shipment: usize, quantity: i64 },
    Strike { shipment: usize },
    Settle { shipment: usize, accept: bool },
    Meet,
}

pub fn acts() -> impl Strategy<Value = Vec<(usize, Act)>> {
    let act = prop_oneof![
        2 => (1i64..200).prop_map(|quantity| Act::Open { quantity }),
        2 => (0usize..9, -60i64..60).prop_map(|(line, change)| Act::Adjust { line, change }),
        4 => (any::<bool>(), any::<bool>(), 0usize..9, 1i64..80)
            .prop_map(|(to_partner, by_item, line, quantity)| Act::Ship { to_partner, by_item, line, quantity }),
        5 => (0usize..9, 1usize..7).prop_map(|(shipment, status)| Act::Press { shipment, status }),
        3 => (0usize..9, proptest::option::of(0i64..90))
            .prop_map(|(shipment, quantity)| Act::Receive { shipment, quantity }),
        1 => (0usize..9).prop_map(|shipment| Act::Cancel { shipment }),
        2 => (0usize..9, 1i64..80).prop_map(|(shipment, quantity)| Act::Edit { shipment, quantity }),
        1 => (0usize..9).prop_map(|shipment| Act::Strike { shipment }),
        1 => (0usize..9, any::<bool>()).prop_map(|(shipment, accept)| Act::Settle { shipment, accept }),
        3 => Just(Act::Meet),
    ];
    proptest::collection::vec((prop_oneof![Just(A), Just(B), Just(D)], act), 1..40)
}

fn of_class(world: &World, node: usize, class: &str) -> Vec<Document> {
    world.documents(node).into_values().filter(|document| document.class == class).collect()
}

/// Does it, or is rejected: both are fine.
pub fn perform(world: &mut World, node: usize, act: &Act) {
    let store = world.store_of(node);
    let lines = of_class(world, node, "stock_line");
    let lines: Vec<DocumentId> = lines
        .iter()
        .filter(|line| line.data::<StockLine>().expect("a stock line").store == store)
        .map(|line| line.id)
        .collect();
    let shipments = of_class(world, node, "shipment");
    let line_at = |at: usize| (!lines.is_empty()).then(|| lines[at % lines.len()]);
    let shipment_at = |at: usize| (!shipments.is_empty()).then(|| &shipments[at % shipments.len()]);
    let first_line = |document: &Document| {
        document.data::<Shipment>().expect("a shipment").lines.first_key_value().map(|(id, _)| *id)
    };
    match act {
        Act::Open { quantity } => {
            let command = world.stock(node, "L", "2028-01-01", *quantity);
            let _ = world.try_at(node, |txn, caller| stock_line::create(txn, caller, &command));
        }
        Act::Adjust { line, change } => {
            let Some(line) = line_at(*line) else { return };
            let command = adjustment::CreateAdjustment { store, ..adjust(world, line, units(*change)) };
            let _ = world.try_at(node, |txn, caller| adjustment::create(txn, caller, &command));
        }
        Act::Ship { to_partner, by_item, line, quantity } => {
            let other = if store == world.centre { world.district } else { world.centre };
            let to = if *to_partner { End::Partner(world.partner) } else { End::Store(other) };
            let wish = match (by_item, line_at(*line)) {
                (false, Some(line)) => of_stock(line, *quantity),
                _ => of_item(world.amoxicillin, *quantity),
            };
            let command = outbound(world, node, to, vec![wish]);
            let _ = world.try_at(node, |txn, caller| shipment::create_outbound(txn, caller, &command));
        }
        Act::Press { shipment, status } => {
            let Some(document) = shipment_at(*shipment) else { return };
            let (id, status) = (document.id, Status::WAY[*status]);
            let _ = world
                .try_at(node, |txn, caller| shipment::set_status(txn, caller, id, &SetStatus { status }));
        }
        Act::Receive { shipment, quantity } => {
            let Some(document) = shipment_at(*shipment) else { return };
            let (id, line) = (document.id, first_line(document));
            let wish = |line| ReceiveLine {
                line,
                quantity: quantity.map(units),
                location: None,
                verdict: None,
                note: None,
            };
            let command = Receive { lines: line.into_iter().map(wish).collect() };
            let _ = world.try_at(node, |txn, caller| shipment::receive(txn, caller, id, &command));
        }
        Act::Cancel { shipment } => {
            let Some(id) = shipment_at(*shipment).map(|document| document.id) else { return };
            let _ = world.try_at(node, |txn, caller| shipment::cancel(txn, caller, id));
        }
        Act::Edit { shipment, quantity } => {
            let Some((id, Some(line))) = shipment_at(*shipment).map(|found| (found.id, first_line(found)))
            else {
                return;
            };
            let command = UpdateLine { quantity: Some(units(*quantity)), ..UpdateLine::default() };
            let _ = world.try_at(node, |txn, caller| shipment::update_line(txn, caller, id, line, &command));
        }
        Act::Strike { shipment } => {
            let Some((id, Some(line))) = shipment_at(*shipment).map(|found| (found.id, first_line(found)))
            else {
                return;
            };
            let _ = world.try_at(node, |txn, caller| shipment::remove_line(txn, caller, id, line));
        }
        Act::Settle { shipment, accept } => {
            let Some((id, Some(line))) = shipment_at(*shipment).map(|found| (found.id, first_line(found)))
            else {
                return;
            };
            let command = SettleLine { accept: *accept };
            let _ = world.try_at(node, |txn, caller| shipment::settle_line(txn, caller, id, line, &command));
        }
        Act::Meet => world.meet(node, CENTRAL),
    }
}

/// On hand and allocated by (store, stock line), read off the documents one by one.
fn model(world: &World, node: usize) -> BTreeMap<(DocumentId, DocumentId), (i64, i64)> {
    let mut sums: BTreeMap<(DocumentId, DocumentId), (i64, i64)> = BTreeMap::new();
    let mut add = |store: DocumentId, line: DocumentId, on_hand: Quantity, allocated: Quantity| {
        let sum = sums.entry((store, line)).or_default();
        sum.0 += on_hand.thousandths();
        sum.1 += allocated.thousandths();
    };
    for document in world.documents(node).into_values() {
        match document.class.as_str() {
            "stock_line" => {
                let line: StockLine = document.data().expect("a stock line");
                add(line.store, document.id, line.opening, Quantity::ZERO);
            }
            "adjustment" => {
                let adjustment: Adjustment = document.data().expect("an adjustment");
                for line in adjustment.lines.values() {
                    add(adjustment.store, line.stock_line, line.quantity, Quantity::ZERO);
                }
            }
            "shipment" => add_shipment(&document.data().expect("a shipment"), &mut add),
            _ => {}
        }
    }
    sums
}

fn add_shipment(shipment: &Shipment, add: &mut impl FnMut(DocumentId, DocumentId, Quantity, Quantity)) {
    let has = |wanted: Status| {
        shipment.events.keys().any(|status| *status >= wanted && *status != Status::Cancelled)
    };
    let cancelled = shipment.events.contains_key(&Status::Cancelled);
    for (id, line) in &shipment.lines {
        if let (Some(store), Some(stock)) = (shipment.sender_store, line.stock_line) {
            if has(Status::Picked) {
                add(
                    store,
                    stock,
                    -line.spent.map(|spent| spent.quantity).or(line.issued).unwrap_or_default(),
                    Quantity::ZERO,
                );
            } else if !cancelled && !line.removed {
                add(store, stock, Quantity::ZERO, line.quantity);
            }
        }
        if let (Some(store), true) = (shipment.receiver_store, has(Status::Received))
            && line.verdict != Verdict::Rejected
        {
            add(store, id.derived("receive"), line.received.unwrap_or_default(), Quantity::ZERO);
        }
    }
}

pub fn assert_balances_are_what_documents_add_up_to(world: &World, node: usize) {
    let read = world.read(node);
    let mut by_item: BTreeMap<DocumentId, i64> = BTreeMap::new();
    for ((store, line), (on_hand, allocated)) in model(world, node) {
        *by_item.entry(store).or_default() += on_hand;
        if read.document(line).expect("memory reads").is_none() {
            // A receipt of nothing, or of a line whose document this node may not have.
            continue;
        }
        let row = query::stock::line(&read, line, today()).expect("a stock line");
        assert_eq!(row.on_hand.thousandths(), on_hand, "on hand of {line} at node {node}");
        assert_eq!(row.allocated.thousandths(), allocated, "allocated of {line} at node {node}");
        let ledger = query::ledger::of_line(&read, line, &PageRequest::first(500)).expect("a ledger").rows;
        let sum: Quantity = ledger.iter().map(|entry| entry.movement.quantity).sum();
        assert_eq!(sum.thousandths(), on_hand, "ledger of {line} at node {node}");
    }
    for (store, on_hand) in by_item {
        assert_eq!(world.on_hand(node, store).thousandths(), on_hand, "item in {store} at node {node}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn balances_are_what_documents_add_up_to_on_every_device_and_after_every_merge(acts in acts()) {
        let mut world = World::new();
        for (node, act) in &acts {
            perform(&mut world, *node, act);
        }
        for node in [A, B, D, CENTRAL] {
            assert_balances_are_what_documents_add_up_to(&world, node);
        }
        world.meet_all();
        world.assert_converged();
        for node in [A, D, CENTRAL] {
            assert_balances_are_what_documents_add_up_to(&world, node);
        }
    }
}
