//! A node in a process of its own, and what `/proc` says of it: memory and processor time. Linux only.

use std::io::BufRead;
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use http_api::SyncStatus;
use replication::shell::CentralAddress;

use crate::command::status;
use crate::exit::Failure;
use crate::installation::{Installation, RunningNode};

/// How long memory may go on growing before it is taken as it is.
const WAIT_MAX: Duration = Duration::from_secs(120);
/// How long memory must stay as it is before a process counts as idle.
const SETTLED: Duration = Duration::from_secs(3);
/// Unit of processor times in `/proc`: 100 a second on every Linux that this project is built for.
const TICKS_PER_SECOND: f64 = 100.0;
/// Name of the thread that owns a node and its database.
const NODE_THREAD: &str = "node";

/// Processor time of a process, in seconds.
#[derive(Clone, Copy, Debug, Default)]
pub struct Processor {
    /// Of the node's thread: merging, projecting, committing, composing frames.
    pub node: f64,
    /// Of all others: QUIC, TLS, decoding and verifying.
    pub others: f64,
}

impl Processor {
    /// What was used since `before`.
    pub fn since(self, before: Self) -> Self {
        Self { node: self.node - before.node, others: self.others - before.others }
    }

    /// Of all threads.
    pub fn sum(self) -> f64 {
        self.node + self.others
    }
}

/// Name and ticks of a thread, from its line in `/proc` (proc_pid_stat(5), fields 2, 14 and 15).
fn of_thread(stat: &str) -> Option<(&str, u64)> {
    let (name, rest) = stat.split_once('(')?.1.rsplit_once(')')?;
    let mut fields = rest.split_whitespace().skip(11).map(str::parse::<u64>);
    Some((name, fields.next()?.ok()? + fields.next()?.ok()?))
}

/// A node in a process of its own, ended when dropped.
pub struct Process {
    child: Child,
    running: RunningNode,
}

impl Process {
    /// Starts the node of a directory, on any free ports of loopback, and waits until it answers.
    pub fn serve(installation: &Installation) -> Result<Self, Failure> {
        let mut child = Command::new(std::env::current_exe()?)
            .arg("serve")
            .arg("--dir")
            .arg(installation.directory())
            .args(["--http-port", "0", "--quic-address", "127.0.0.1", "--quic-port", "0", "--no-lan"])
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

    /// Where sites dial it, if it is central.
    pub fn quic(&self) -> Result<CentralAddress, Failure> {
        let quic = self.running.quic.as_deref().unwrap_or_default();
        format!("quic://{quic}").parse().map_err(|error| Failure::failed("central-address", error))
    }

    /// Where its web interface answers.
    pub fn address(&self) -> Result<SocketAddr, Failure> {
        let address = self.running.url.trim_start_matches("http://");
        address.parse().map_err(|error| Failure::failed("benchmark", error))
    }

    /// What it says of itself and of its peers, as `tributary status` shows it.
    pub async fn status(&self) -> Result<SyncStatus, Failure> {
        status::ask(&self.running).await
    }

    /// A line of `/proc/PID/status`, in MiB.
    pub fn memory(&self, line: &str) -> Result<f64, Failure> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let kib = status
            .lines()
            .find_map(|found| found.strip_prefix(line))
            .and_then(|rest| rest.trim().trim_end_matches(" kB").parse::<f64>().ok());
        kib.map(|kib| kib / 1024.0).ok_or_else(|| Failure::failed("benchmark", format!("no {line} in /proc")))
    }

    /// Processor time used so far, user and system, in seconds.
    pub fn processor(&self) -> Result<Processor, Failure> {
        let mut used = Processor::default();
        for task in std::fs::read_dir(format!("/proc/{}/task", self.child.id()))? {
            // A thread that ended meanwhile is not there any more.
            let Ok(stat) = std::fs::read_to_string(task?.path().join("stat")) else { continue };
            let Some((name, ticks)) = of_thread(&stat) else { continue };
            let seconds = ticks as f64 / TICKS_PER_SECOND;
            match name == NODE_THREAD {
                true => used.node += seconds,
                false => used.others += seconds,
            }
        }
        Ok(used)
    }

    /// Waits until its memory no longer grows.
    pub fn settle(&self) {
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
