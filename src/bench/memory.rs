//! Memory of real processes: central and a site of 20,000 documents, idle and busy. Reads `/proc`, so Linux only.

use std::io::BufRead;
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use replication::shell::{PATIENCE, Wish};

use super::fixture::{self, Filled};
use super::{Ground, LINES, Table, http};
use crate::command::join;
use crate::exit::Failure;
use crate::installation::{Installation, RunningNode};
use crate::running::block_on;

/// How long a process may take to start, and a site to receive its data.
const WAIT_MAX: Duration = Duration::from_secs(120);
/// How long memory must stay as it is before a process counts as idle.
const SETTLED: Duration = Duration::from_secs(3);
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
    let quic = central.running.quic.clone().unwrap_or_default();
    let port = quic.rsplit(':').next().unwrap_or_default();
    let wish = Wish {
        central: format!("quic://127.0.0.1:{port}")
            .parse()
            .map_err(|error| Failure::failed("address", error))?,
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

/// A node in a process of its own, ended when dropped.
struct Process {
    child: Child,
    running: RunningNode,
}

impl Process {
    fn serve(installation: &Installation) -> Result<Self, Failure> {
        let mut child = Command::new(std::env::current_exe()?)
            .arg("serve")
            .arg("--dir")
            .arg(installation.directory())
            .args(["--http-port", "0", "--quic-address", "127.0.0.1", "--quic-port", "0"])
            .stdout(Stdio::piped())
            .spawn()?;
        // Its first line is printed when it answers.
        let stdout = child.stdout.take().ok_or_else(|| std::io::Error::other("no standard output"))?;
        let mut line = String::new();
        std::io::BufReader::new(stdout).read_line(&mut line)?;
        let bytes = std::fs::read(installation.running())?;
        let running = serde_json::from_slice(&bytes).map_err(|error| Failure::failed("benchmark", error))?;
        Ok(Self { child, running })
    }

    fn address(&self) -> Result<SocketAddr, Failure> {
        let address = self.running.url.trim_start_matches("http://");
        address.parse().map_err(|error| Failure::failed("benchmark", error))
    }

    /// A line of `/proc/PID/status`, in MiB.
    fn memory(&self, line: &str) -> Result<f64, Failure> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let kib = status
            .lines()
            .find_map(|found| found.strip_prefix(line))
            .and_then(|rest| rest.trim().trim_end_matches(" kB").parse::<f64>().ok());
        kib.map(|kib| kib / 1024.0).ok_or_else(|| Failure::failed("benchmark", format!("no {line} in /proc")))
    }

    /// Waits until its memory no longer grows.
    fn settle(&self) {
        let began = Instant::now();
        let mut last = self.memory("VmHWM:").unwrap_or(0.0);
        while began.elapsed() < WAIT_MAX {
            std::thread::sleep(SETTLED);
            let now = self.memory("VmHWM:").unwrap_or(0.0);
            if now <= last {
                return;
            }
            last = now;
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Asked first, so that its database is closed; then made to.
        #[cfg(unix)]
        let _ = Command::new("kill").arg(self.child.id().to_string()).status();
        #[cfg(not(unix))]
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
