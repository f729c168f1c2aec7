//! The public record of deliveries, lived again as orders, shipments and receipts, act by act, and then counted: what each
//! store has of each item must be what the file says it received, and the centre must have nothing left.

use std::collections::BTreeMap;
use std::time::Instant;

use central::import::{Delivery, Kind, Mapping, Rows, play, read_rows};
use crdt_store::{DocumentId, Snapshot};
use domain::query::{PageRequest, dashboard, items, reference, stock};
use replication::shell::{Clock, DeviceKey};

use super::{Ground, Table};
use crate::exit::Failure;
use crate::installation::Installation;

const MAPPING: &str = include_str!("../../docs/mappings/scms-deliveries.toml");

/// Units by name of store and item, in thousandths.
type Units = BTreeMap<(String, String), i64>;

/// Lives through the file, and counts.
pub fn measure(ground: &Ground<'_>, table: &mut Table) -> Result<(), Failure> {
    let Some(path) = ground.deliveries else {
        eprintln!("deliveries: left out; give the file with --deliveries");
        return Ok(());
    };
    let bytes = std::fs::read(path)
        .map_err(|error| Failure::rejected("file-unreadable", format!("{}: {error}", path.display())))?;
    let mapping = Mapping::parse(MAPPING).map_err(|error| Failure::failed("mapping", error))?;
    let rows = read_rows(&bytes, &mapping).map_err(|error| Failure::failed(error.code(), error))?;
    let installation = Installation::at(ground.directory);
    let key = DeviceKey::load_or_create(installation.directory())?;
    let mut store = installation.create_store(&key, true)?;
    let began = Instant::now();
    let played = play(&mut store, &rows, &mapping).map_err(|error| Failure::failed("deliveries", error))?;
    let seconds = began.elapsed().as_secs_f64();
    table.add("rows of deliveries lived through", played.rows as f64, "", None);
    table.add("orders made, sent, supplied, received and finalised", played.orders as f64, "", None);
    table.add("… their lines", played.order_lines as f64, "", None);
    table.add("purchases of the centre, received", played.purchases as f64, "", None);
    table.add("deliveries from vendors to stores, received", played.direct as f64, "", None);
    table.add("all of it", seconds, "s", None);
    table.add("… rows a second", played.rows as f64 / seconds, "rows/s", None);
    let size = std::fs::metadata(installation.database())?.len();
    table.add("database afterwards", size as f64 / f64::from(1 << 20), "MiB", None);
    count(&store.reader().snapshot()?, &rows, &mapping.centre.code, table)
}

/// What every store has, beside what the file says came to it.
fn count(read: &Snapshot, rows: &Rows, centre: &str, table: &mut Table) -> Result<(), Failure> {
    let (there, left) = on_hand(read, centre)?;
    let told = told(rows);
    let units = |of: &Units| of.values().sum::<i64>() as f64 / 1_000.0;
    table.add("units that the file says came to stores", units(&told), "units", None);
    table.add("units on hand in the stores", units(&there), "units", None);
    table.add("… units that the centre sent of it", sent(rows) as f64 / 1_000.0, "units", None);
    table.add("units left at the centre", left as f64 / 1_000.0, "units", Some("0"));
    let keys = told.keys().chain(there.keys());
    let differing: std::collections::BTreeSet<_> =
        keys.filter(|key| told.get(*key) != there.get(*key)).collect();
    table.add("stores' items counted", told.len() as f64, "", None);
    table.add("… that differ from the file", differing.len() as f64, "", Some("0"));
    for store in reference::stores(read)?.into_iter().filter(|store| store.code == centre) {
        let began = Instant::now();
        let today = domain::text::day_of(Clock::start().wall());
        let figures = dashboard::of_store(read, store.id, today).map_err(unread)?;
        table.add("the centre's dashboard", began.elapsed().as_secs_f64() * 1e3, "ms", None);
        let open = figures.iter().filter(|figure| UNDER_WAY.contains(&figure.code));
        table.add(
            "… under way, or to be settled",
            open.map(|figure| figure.count).sum::<u64>() as f64,
            "",
            Some("0"),
        );
    }
    match differing.first() {
        None if left == 0 => Ok(()),
        first => Err(Failure::failed("deliveries", format!("it does not add up: {first:?}, {left} left"))),
    }
}

fn unread(error: crdt_store::Failure) -> Failure {
    Failure::failed("benchmark", error)
}

/// Figures of what is not done with.
const UNDER_WAY: [&str; 4] = ["inbound-not-delivered", "outbound-not-shipped", "requisitions-open", "tasks"];

/// What the rows say came to each store of each item.
fn told(rows: &Rows) -> Units {
    let mut units = Units::new();
    for Delivery { store, item, units: count, .. } in &rows.deliveries {
        *units.entry((store.clone(), item.clone())).or_default() += count;
    }
    units
}

fn sent(rows: &Rows) -> i64 {
    let transfers = rows.deliveries.iter().filter(|delivery| delivery.kind == Kind::Transfer);
    transfers.map(|delivery| delivery.units).sum()
}

/// What is on hand in each store of each item, and at the centre in all.
fn on_hand(read: &Snapshot, centre: &str) -> Result<(Units, i64), Failure> {
    let all = all_items(read)?;
    let (mut found, mut left) = (Units::new(), 0);
    for store in reference::stores(read)? {
        for (item, name) in &all {
            let on_hand = stock::item_balance(read, store.id, *item)?.on_hand.thousandths();
            match store.code == centre {
                true => left += on_hand,
                false if on_hand != 0 => {
                    found.insert((store.name.clone(), name.clone()), on_hand);
                }
                false => {}
            }
        }
    }
    Ok((found, left))
}

fn all_items(read: &Snapshot) -> Result<Vec<(DocumentId, String)>, Failure> {
    let (mut found, mut request) = (Vec::new(), PageRequest::first(500));
    loop {
        let page = items::list(read, &Default::default(), &request).map_err(unread)?;
        found.extend(page.rows.into_iter().map(|item| (item.id, item.name)));
        match page.next {
            Some(next) => request.cursor = Some(next),
            None => return Ok(found),
        }
    }
}
