//! Import of the public record of deliveries.

use std::time::Instant;

use central::import::{Mapping, import};
use replication::shell::{Clock, DeviceKey};

use super::{Ground, Table};
use crate::exit::Failure;
use crate::installation::Installation;

const MAPPING: &str = include_str!("../../docs/mappings/scms-deliveries.toml");

/// The import into an empty central, and the same again.
pub fn measure(ground: &Ground<'_>, table: &mut Table) -> Result<(), Failure> {
    let Some(path) = ground.deliveries else {
        eprintln!("import: left out; give the file with --deliveries");
        return Ok(());
    };
    let bytes = std::fs::read(path)
        .map_err(|error| Failure::rejected("file-unreadable", format!("{}: {error}", path.display())))?;
    let mapping = Mapping::parse(MAPPING).map_err(|error| Failure::failed("mapping", error))?;
    let installation = Installation::at(ground.directory);
    let clock = Clock::start();
    let key = DeviceKey::load_or_create(installation.directory())?;
    let mut store = installation.create_store(&key, true)?;
    for (what, aim) in [("first", None), ("again, which changes nothing", None)] {
        let began = Instant::now();
        let report = import(&mut store, &bytes, &mapping, clock.wall(), &mut |_| {})
            .map_err(|error| Failure::failed(error.code(), error))?;
        let seconds = began.elapsed().as_secs_f64();
        table.add(format!("import of {} rows, {what}", report.rows), seconds, "s", aim);
        table.add(format!("… rows a second, {what}"), report.rows as f64 / seconds, "rows/s", None);
    }
    let size = std::fs::metadata(installation.database())?.len();
    table.add("database afterwards", size as f64 / f64::from(1 << 20), "MiB", None);
    Ok(())
}
