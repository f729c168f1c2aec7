//! What a run is told.

use serde::{Deserialize, Serialize};

/// Most sites of a world: more make a run long without making it stranger.
pub const SITES_MAX: u32 = 100;
/// Longest run, in virtual days.
pub const DAYS_MAX: u32 = 3_660;

/// A run. Seed, sites and days say everything; the rest is for tests.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Options {
    /// Draws the world: devices, links, faults, people.
    pub seed: u64,
    /// How many sites, 1 to [`SITES_MAX`].
    pub sites: u32,
    /// How many virtual days people work before everything heals, 1 to [`DAYS_MAX`].
    pub days: u32,
    /// Which kinds of faults happen.
    pub faults: FaultChoice,
    /// What is broken on purpose, to see whether the checks notice.
    pub mutant: Option<Mutant>,
    /// Whether the run is made twice, to see whether both are the same.
    pub twice: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self { seed: 1, sites: 3, days: 7, faults: FaultChoice::Swarm, mutant: None, twice: false }
    }
}

impl Options {
    /// The command that replays the run.
    pub fn replay(&self) -> String {
        format!("tributary simulate --seed {} --sites {} --days {}", self.seed, self.sites, self.days)
    }

    /// The same, with everything inside its limits.
    pub(crate) fn within_limits(&self) -> Self {
        Self { sites: self.sites.clamp(1, SITES_MAX), days: self.days.clamp(1, DAYS_MAX), ..self.clone() }
    }
}

/// Which kinds of faults happen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FaultChoice {
    /// Each kind with probability one half, drawn from the seed: a fault that is always there hides what only
    /// happens without it.
    #[default]
    Swarm,
    /// All of them.
    All,
    /// None: what fails then fails without help.
    None,
}

/// Something broken on purpose. A simulator that does not notice it is worth nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mutant {
    /// Disks say that they have synced, and have not; the power fails.
    IgnoredFsync,
    /// People are told «done» when their command is taken in, before it is durable.
    AnsweredBeforeCommit,
    /// A retry after a lost answer goes out under a new idempotency key.
    ForgottenKey,
    /// A device that was put back to a backup does not notice, and writes on as the actor it was.
    UnnoticedRestore,
    /// Peers' changes are merged without a look at who may write them, and a dishonest device makes use of it.
    UncheckedAuthor,
    /// A balance below zero makes no task.
    SilentOverIssue,
    /// A field that holds different values makes no task.
    SilentConflict,
    /// Counts that differ, or that came after the end of their stocktake, make no task.
    SilentCounts,
    /// What a device issues or gives is not taken from its share of the stock.
    UnpaidShares,
    /// Devices sign nothing of what they write.
    Unsigned,
    /// A device that is met without central is taken for central, and believed whatever it brings.
    BelievedNeighbour,
}

/// The kinds of faults of one run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Faults {
    /// Links are cut and healed.
    pub cuts: bool,
    /// Cuts are noticed late: connections stay half open.
    pub late_notice: bool,
    /// Links are slow, far, and lose packets.
    pub slow_links: bool,
    /// Programs are killed and started again.
    pub kills: bool,
    /// The power fails, in the middle of a commit, after it, and while recovering.
    pub power_cuts: bool,
    /// Disks fill up and report errors.
    pub bad_disks: bool,
    /// Clocks are wrong, by minutes or by years.
    pub wrong_clocks: bool,
    /// People press twice, and press again when there is no answer.
    pub double_presses: bool,
    /// Devices are put back to an old backup of their disk.
    pub restored_backups: bool,
    /// People carry files between devices and central: late, twice, out of order, or not at all.
    pub sticks: bool,
    /// A device with a valid certificate and a modified program writes what it may not.
    pub dishonest_device: bool,
    /// Devices meet without central, for a while.
    pub meetings: bool,
}

impl Faults {
    /// All of them, or none.
    pub(crate) fn all(on: bool) -> Self {
        Self {
            cuts: on,
            late_notice: on,
            slow_links: on,
            kills: on,
            power_cuts: on,
            bad_disks: on,
            wrong_clocks: on,
            double_presses: on,
            restored_backups: on,
            sticks: on,
            dishonest_device: on,
            meetings: on,
        }
    }

    /// Their names and whether they happen, in the order of reports.
    pub(crate) fn named(&self) -> [(&'static str, bool); 12] {
        [
            ("cuts", self.cuts),
            ("late notice", self.late_notice),
            ("slow links", self.slow_links),
            ("kills", self.kills),
            ("power cuts", self.power_cuts),
            ("bad disks", self.bad_disks),
            ("wrong clocks", self.wrong_clocks),
            ("double presses", self.double_presses),
            ("restored backups", self.restored_backups),
            ("sticks", self.sticks),
            ("dishonest device", self.dishonest_device),
            ("meetings", self.meetings),
        ]
    }
}
