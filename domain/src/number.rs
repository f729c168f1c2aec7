//! Numbers for people: store code, device block, counter (`KPU-b3-00042`). Unique without contact, never renumbered.
//!
//! Each device counts in its own block, and a new life of its database (a restored backup) in a series of its own, so
//! two devices never give out the same number. The counter is kept beside the documents and compared with the numbers
//! in them, so that a lost or reused file does not repeat one.

use std::ops::{Bound, ControlFlow};

use crdt_store::{DocumentId, Failure, Projection, StoreError, Txn, ViewRead, prefix_end};

use crate::site;
use crate::store::StoreRow;
use crate::text::{Key, hex};
use crate::views;

const NAMESPACE: &str = "number";

/// The next number of this device for a store. One command takes at most one.
pub(crate) fn next(txn: &mut Txn<'_>, store: &StoreRow) -> Result<String, Failure> {
    let series = format!("{}-{}", store.code, device_word(txn)?);
    let given = txn
        .local(NAMESPACE, series.as_bytes())?
        .and_then(|bytes| Some(u64::from_be_bytes(bytes.try_into().ok()?)));
    let counter = given.unwrap_or(0).max(latest(txn, &series)?) + 1;
    txn.set_local(NAMESPACE, series.as_bytes(), Some(&counter.to_be_bytes()));
    Ok(format!("{series}-{counter:05}"))
}

/// What this device in this life of its database is called in numbers: its block, from its site's document; a device that
/// is not there yet goes by the beginning of its id.
pub(crate) fn device_word(txn: &Txn<'_>) -> Result<String, StoreError> {
    let block = match site::device(txn, txn.device())? {
        Some(device) => format!("b{}", device.block),
        None => format!("d{}", hex(&txn.device().as_bytes()[..2])),
    };
    Ok(match txn.incarnation() {
        0 | 1 => block,
        life => format!("{block}.{life}"),
    })
}

/// The highest counter of a series that any document carries.
fn latest(read: &(impl ViewRead + ?Sized), series: &str) -> Result<u64, StoreError> {
    let prefix = Key::new().text(series).build();
    let end = prefix_end(&prefix);
    let upper = end.as_deref().map_or(Bound::Unbounded, Bound::Excluded);
    let mut latest = 0;
    read.scan(views::NUMBER, (Bound::Included(&prefix), upper), true, &mut |key, _| {
        let counter = key.get(prefix.len()..prefix.len() + 8).and_then(|bytes| bytes.try_into().ok());
        latest = counter.map_or(0, u64::from_be_bytes);
        ControlFlow::Break(())
    })?;
    Ok(latest)
}

/// Contributes a number to the index that [`next`] looks at and people search by.
pub(crate) fn project(id: DocumentId, number: &str, projection: &mut Projection) {
    if let Some((series, counter)) = number.rsplit_once('-')
        && let Ok(counter) = counter.parse()
    {
        let key = Key::new().text(series).number(counter).id(id).build();
        projection.rows.push(views::mark(views::NUMBER, key));
    }
}

/// The documents that carry this number: one, unless somebody copied a device.
pub(crate) fn holders(read: &(impl ViewRead + ?Sized), number: &str) -> Result<Vec<DocumentId>, StoreError> {
    let mut found = Vec::new();
    let Some((series, counter)) = number.trim().rsplit_once('-') else { return Ok(found) };
    let Ok(counter) = counter.parse() else { return Ok(found) };
    let prefix = Key::new().text(series).number(counter).build();
    let end = prefix_end(&prefix);
    let upper = end.as_deref().map_or(Bound::Unbounded, Bound::Excluded);
    read.scan(views::NUMBER, (Bound::Included(&prefix), upper), false, &mut |key, _| {
        found.extend(crate::text::id_at_end(key));
        ControlFlow::Continue(())
    })?;
    Ok(found)
}
