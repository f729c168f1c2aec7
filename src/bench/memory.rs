//! Memory of real processes: central and a site of 20,000 documents, idle and busy. Reads `/proc`, so Linux only.

use std::path::Path;

use replication::shell::{PATIENCE, Wish};

use super::fixture::{self, Filled};
use super::process::Process;
use super::{Ground, LINES, Table, http};
use crate::command::join;
use crate::exit::Failure;
use crate::installation::Installation;
use crate::running::block_on;

/// Adjustments that make a process busy.
const BUSY: usize = 3_000;

/// Starts central and a site as processes of their own and looks at them from outside.
pub fn measure(ground: &Ground<'_>, table: &mut Table) -> Result<(), Failure> {
    if !Path::new("/proc/self/status").exists() {
        eprintln!("memory: left out; it is read from /proc, which this system does not have");
        return Ok(());
    }
    let central_place = Installation::at(&ground.directory.join("central"));
    let site_place = Installation::at(&ground.directory.join("site"));
    let filled = fixture::fill(&central_place, LINES, true)?.1;
    let central = Process::serve(&central_place)?;
    let wish = Wish {
        central: central.quic()?,
        site_name: fixture::SITE.to_owned(),
        password: fixture::SITE_PASSWORD.to_owned(),
        patience: PATIENCE,
    };
    block_on(async { join(&site_place, &wish).await.map(drop) })?;
    let site = Process::serve(&site_place)?;
    site.settle();
    table.add(
        "a site of 20,000 documents after its first sync: highest",
        site.memory("VmHWM:")?,
        "MiB",
        None,
    );
    drop(site);
    let site = Process::serve(&site_place)?;
    site.settle();
    table.add("a site of 20,000 documents, idle", site.memory("VmRSS:")?, "MiB", Some("≤ 60"));
    busy(&site, &filled)?;
    table.add(
        "a site, busy (32 connections adjusting): highest",
        site.memory("VmHWM:")?,
        "MiB",
        Some("≤ 150"),
    );
    central.settle();
    table.add("central with one site, idle after it", central.memory("VmRSS:")?, "MiB", None);
    table.add("central: highest", central.memory("VmHWM:")?, "MiB", None);
    Ok(())
}

fn busy(site: &Process, filled: &Filled) -> Result<(), Failure> {
    let address = site.address()?;
    block_on(async {
        let cookie = http::log_in(address, filled).await?;
        http::adjust_at(address, &cookie, filled, 32, BUSY).await.map(drop)
    })
}
