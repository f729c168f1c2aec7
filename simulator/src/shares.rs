//! Shares, looked at from outside: they are what the documents add up to, and where nothing but shares left a shelf,
//! never more left than was there.

use std::collections::{BTreeMap, BTreeSet};

use crdt_store::{DeviceId, Document, DocumentId, Snapshot, StoreError, Value};
use domain::share::Holdings;

use crate::look;
use crate::recount::Recount;

/// What is wrong with the shares of a store, if anything; nothing is where it does not share its stock.
pub(crate) fn differ(
    read: &Snapshot,
    store: DocumentId,
    recount: &Recount,
) -> Result<Option<String>, StoreError> {
    let Some(holdings) = Holdings::of(read, store, DeviceId::NIL).map_err(look::broken)? else {
        return Ok(None);
    };
    let blocks: BTreeMap<DeviceId, i64> =
        holdings.devices().iter().map(|row| (row.device, i64::from(row.block))).collect();
    for shelf in look::shelves(read, store)? {
        let held = holdings.of_line(shelf.line.id)?;
        let sum: i64 = held.iter().map(|holding| holding.quantity.thousandths()).sum();
        if sum != shelf.on_hand {
            let line = shelf.line.id;
            return Ok(Some(format!("shares of {line} come to {sum}, on hand is {}", shelf.on_hand)));
        }
        for holding in held.iter().filter(|holding| !holding.is_keeper) {
            let key = (shelf.line.id, blocks[&holding.device]);
            let counted = recount.shares.get(&key).copied().unwrap_or(0);
            if counted != holding.quantity.thousandths() {
                let (line, name) = (shelf.line.id, &holding.name);
                let shown = holding.quantity;
                return Ok(Some(format!(
                    "{name} shows to hold {shown} of {line}, its documents say {counted}"
                )));
            }
        }
    }
    Ok(None)
}

/// A stock line of a store that shares which is below zero, though nothing has touched it in which two devices may
/// contradict each other: no count, no receipt, no table.
pub(crate) fn over_issued(
    read: &Snapshot,
    store: DocumentId,
    documents: &BTreeMap<DocumentId, Document>,
) -> Result<Option<DocumentId>, StoreError> {
    if Holdings::of(read, store, DeviceId::NIL).map_err(look::broken)?.is_none() {
        return Ok(None);
    }
    let counted: BTreeSet<&str> = documents
        .values()
        .filter(|document| document.class == "stocktake")
        .filter_map(|document| document.root.get("adjusted").and_then(Value::as_map))
        .flat_map(|adjusted| adjusted.keys().map(String::as_str))
        .collect();
    let received: BTreeSet<DocumentId> = documents
        .values()
        .filter(|document| document.class == "shipment")
        .filter_map(|document| document.root.get("lines").and_then(Value::as_map))
        .flat_map(|lines| lines.keys().filter_map(|line| line.parse::<DocumentId>().ok()))
        .map(|line| line.derived("receive"))
        .collect();
    let of_table = |document: &&Document| matches!(document.root.get("import"), Some(Value::Bytes(_)));
    let brought: BTreeSet<DocumentId> =
        documents.values().filter(of_table).map(|document| document.id).collect();
    let shelves = look::shelves(read, store)?;
    let below = shelves.iter().map(|shelf| (shelf.line.id, shelf.on_hand)).find(|(line, on_hand)| {
        *on_hand < 0
            && !brought.contains(line)
            && !counted.contains(line.to_string().as_str())
            && !received.contains(line)
    });
    Ok(below.map(|(line, _)| line))
}
