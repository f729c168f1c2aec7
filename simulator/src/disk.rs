//! A disk that keeps its promises, breaks down, or lies, as told.
//!
//! ```text
//!   write, set_len ──> live image ──────────────── read
//!         │
//!         └──> log of what is not synced ──sync──> durable image
//!
//!   power cut:  durable image, and of each 512-byte sector written since the last sync any version it has had
//! ```
//!
//! A [`Disk`] outlives the database that is opened on it: a crash takes the database's handle away (its later calls
//! fail, so that a dying database cannot tidy up), decides what was really written, and lets the next one open it.

use std::collections::BTreeMap;
use std::io;
use std::ops::Bound;
use std::sync::{Arc, Mutex, MutexGuard};

use redb::{BackendError, StorageBackend};

use crate::seed::Dice;

/// What a disk writes in one piece or not at all.
const SECTOR_BYTES: usize = 512;

/// What a disk does when it is told to sync.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fsync {
    /// What it says.
    Honest,
    /// Nothing, and says it has: every write since the first may be lost. Checkers must notice.
    Ignored,
}

/// A breakdown to come, after so many further calls or bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Breakdown {
    /// The power goes after this many further calls: they and all after them fail.
    PowerLoss(u32),
    /// Reading and writing fail after this many further calls.
    Errors(u32),
    /// There is no space for this many further written bytes.
    Full(u64),
}

/// A disk, shared between the world and the database on it.
#[derive(Clone, Debug)]
pub(crate) struct Disk(Arc<Mutex<Platter>>);

struct Platter {
    fsync: Fsync,
    live: Vec<u8>,
    durable: Vec<u8>,
    unsynced: Vec<Unsynced>,
    breakdown: Option<Breakdown>,
    broken: bool,
    /// Which handle is the valid one.
    mounted: u64,
    syncs: u64,
}

enum Unsynced {
    Write { offset: usize, bytes: Vec<u8> },
    SetLen(usize),
}

impl std::fmt::Debug for Platter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Platter")
            .field("bytes", &self.live.len())
            .field("unsynced", &self.unsynced.len())
            .finish()
    }
}

impl Disk {
    /// An empty disk.
    pub(crate) fn new(fsync: Fsync) -> Self {
        Self(Arc::new(Mutex::new(Platter {
            fsync,
            live: Vec::new(),
            durable: Vec::new(),
            unsynced: Vec::new(),
            breakdown: None,
            broken: false,
            mounted: 0,
            syncs: 0,
        })))
    }

    /// A handle for a database to be opened on the disk. Earlier handles stop working.
    pub(crate) fn mount(&self) -> Box<dyn StorageBackend> {
        let mut platter = self.platter();
        platter.mounted += 1;
        platter.breakdown = None;
        platter.broken = false;
        Box::new(Mount { disk: self.clone(), number: platter.mounted })
    }

    /// Lets something go wrong at one of the next calls.
    pub(crate) fn will_break(&self, breakdown: Breakdown) {
        self.platter().breakdown = Some(breakdown);
    }

    /// Nothing will go wrong any more, if nothing has.
    pub(crate) fn mend(&self) {
        self.platter().breakdown = None;
    }

    /// Takes the database's handle away, as when its process is killed: what was written stays written.
    pub(crate) fn unmount(&self) {
        self.platter().mounted += 1;
    }

    /// The power goes: handles stop working, and of what was not synced each sector keeps any version it has had
    /// since. Says how many sectors lost something.
    pub(crate) fn cut_power(&self, dice: &mut Dice) -> usize {
        let mut platter = self.platter();
        platter.mounted += 1;
        platter.lose_unsynced(dice)
    }

    /// A copy of what is durable, as a backup program makes it.
    pub(crate) fn backup(&self) -> Vec<u8> {
        self.platter().durable.clone()
    }

    /// Puts a backup in the place of what was there; handles stop working.
    pub(crate) fn restore(&self, image: &[u8]) {
        let mut platter = self.platter();
        platter.mounted += 1;
        platter.unsynced.clear();
        platter.live = image.to_vec();
        platter.durable = image.to_vec();
    }

    /// How many syncs it was asked for.
    pub(crate) fn syncs(&self) -> u64 {
        self.platter().syncs
    }

    fn platter(&self) -> MutexGuard<'_, Platter> {
        // Calls into a platter do not panic halfway through a change: after a panic elsewhere it is still whole.
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

impl Platter {
    /// Accounts for a call; fails it if the disk is broken, or breaks now.
    fn call(&mut self, number: u64, writes: u64) -> io::Result<()> {
        if number != self.mounted || self.broken {
            return Err(io::Error::other("the disk does not answer"));
        }
        match &mut self.breakdown {
            Some(Breakdown::PowerLoss(calls) | Breakdown::Errors(calls)) => match calls.checked_sub(1) {
                Some(left) => *calls = left,
                None => {
                    self.broken = true;
                    return Err(io::Error::other("the disk does not answer"));
                }
            },
            Some(Breakdown::Full(bytes)) => match bytes.checked_sub(writes) {
                Some(left) => *bytes = left,
                None => return Err(io::Error::from(io::ErrorKind::StorageFull)),
            },
            None => {}
        }
        Ok(())
    }

    fn sync(&mut self) {
        self.syncs += 1;
        if self.fsync == Fsync::Ignored {
            return;
        }
        for done in std::mem::take(&mut self.unsynced) {
            match done {
                Unsynced::Write { offset, bytes } => {
                    self.durable[offset..offset + bytes.len()].copy_from_slice(&bytes);
                }
                Unsynced::SetLen(len) => self.durable.resize(len, 0),
            }
        }
    }

    fn lose_unsynced(&mut self, dice: &mut Dice) -> usize {
        let unsynced = std::mem::take(&mut self.unsynced);
        let mut lens = vec![self.durable.len()];
        // Each sector's versions since the last sync, oldest first, the durable one among them.
        let mut versions: BTreeMap<usize, Vec<Vec<u8>>> = BTreeMap::new();
        for done in unsynced {
            match done {
                Unsynced::SetLen(len) => lens.push(len),
                Unsynced::Write { offset, bytes } => {
                    for (sector, start, part) in sectors(offset, &bytes) {
                        let history = versions.entry(sector).or_insert_with(|| vec![self.sector(sector)]);
                        let mut version = history.last().expect("the durable version").clone();
                        version[start..start + part.len()].copy_from_slice(part);
                        history.push(version);
                    }
                }
            }
        }
        let len = *dice.pick(&lens).expect("one length at least");
        let mut image = std::mem::take(&mut self.durable);
        image.resize(len, 0);
        let mut lost = 0;
        for (sector, history) in versions {
            let kept = dice.between(0, history.len() as u64 - 1) as usize;
            lost += usize::from(kept + 1 < history.len());
            let start = sector * SECTOR_BYTES;
            let end = len.min(start + SECTOR_BYTES);
            if start < end {
                image[start..end].copy_from_slice(&history[kept][..end - start]);
            }
        }
        self.live = image.clone();
        self.durable = image;
        lost
    }

    /// A sector of the durable image; zeros behind its end.
    fn sector(&self, sector: usize) -> Vec<u8> {
        let start = (sector * SECTOR_BYTES).min(self.durable.len());
        let end = (start + SECTOR_BYTES).min(self.durable.len());
        let mut bytes = self.durable[start..end].to_vec();
        bytes.resize(SECTOR_BYTES, 0);
        bytes
    }
}

/// Divides a write into sectors: which, from where in it, what.
fn sectors(offset: usize, bytes: &[u8]) -> impl Iterator<Item = (usize, usize, &[u8])> {
    let mut at = offset;
    let mut rest = bytes;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let start = at % SECTOR_BYTES;
        let (part, after) = rest.split_at(rest.len().min(SECTOR_BYTES - start));
        let sector = at / SECTOR_BYTES;
        at += part.len();
        rest = after;
        Some((sector, start, part))
    })
}

/// One database's hold on a disk.
#[derive(Debug)]
struct Mount {
    disk: Disk,
    number: u64,
}

impl StorageBackend for Mount {
    fn len(&self) -> io::Result<u64> {
        let mut platter = self.disk.platter();
        platter.call(self.number, 0)?;
        Ok(platter.live.len() as u64)
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        let mut platter = self.disk.platter();
        platter.call(self.number, 0)?;
        let start = usize::try_from(offset).map_err(io::Error::other)?;
        let found = start.checked_add(out.len()).and_then(|end| platter.live.get(start..end));
        out.copy_from_slice(found.ok_or(io::ErrorKind::UnexpectedEof)?);
        Ok(())
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        let mut platter = self.disk.platter();
        let len = usize::try_from(len).map_err(io::Error::other)?;
        let grown = len.saturating_sub(platter.live.len()) as u64;
        platter.call(self.number, grown)?;
        platter.live.resize(len, 0);
        platter.unsynced.push(Unsynced::SetLen(len));
        Ok(())
    }

    fn sync_data(&self) -> io::Result<()> {
        let mut platter = self.disk.platter();
        platter.call(self.number, 0)?;
        platter.sync();
        Ok(())
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        let mut platter = self.disk.platter();
        platter.call(self.number, data.len() as u64)?;
        let start = usize::try_from(offset).map_err(io::Error::other)?;
        let end = start.checked_add(data.len()).filter(|end| *end <= platter.live.len());
        let end = end.ok_or(io::ErrorKind::UnexpectedEof)?;
        platter.live[start..end].copy_from_slice(data);
        platter.unsynced.push(Unsynced::Write { offset: start, bytes: data.to_vec() });
        Ok(())
    }

    fn try_lock_range(&self, _: Bound<u64>, _: Bound<u64>) -> Result<bool, BackendError> {
        // Mounting has already taken the disk from whoever had it.
        Ok(true)
    }

    fn try_lock_shared_range(&self, _: Bound<u64>, _: Bound<u64>) -> Result<bool, BackendError> {
        Ok(true)
    }

    fn unlock_range(&self, _: Bound<u64>, _: Bound<u64>) -> Result<(), BackendError> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use redb::{Database, ReadableDatabase, TableDefinition};

    use super::*;
    use crate::seed::Seed;

    const TABLE: TableDefinition<'_, u64, u64> = TableDefinition::new("counter");

    fn open(disk: &Disk) -> Option<Database> {
        let mut builder = Database::builder();
        builder.set_cache_size(1 << 20).set_check_integrity_on_open(true);
        builder.create_with_backend(Remount(disk.mount())).ok()
    }

    /// redb takes backends by value and its trait is not implemented for boxes.
    #[derive(Debug)]
    struct Remount(Box<dyn StorageBackend>);

    impl StorageBackend for Remount {
        fn len(&self) -> io::Result<u64> {
            self.0.len()
        }
        fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
            self.0.read(offset, out)
        }
        fn set_len(&self, len: u64) -> io::Result<()> {
            self.0.set_len(len)
        }
        fn sync_data(&self) -> io::Result<()> {
            self.0.sync_data()
        }
        fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
            self.0.write(offset, data)
        }
    }

    fn count_up(database: &Database, to: u64) -> Result<(), redb::Error> {
        let txn = database.begin_write()?;
        txn.open_table(TABLE)?.insert(0, to)?;
        txn.open_table(TABLE)?.insert(to, to)?;
        txn.commit()?;
        Ok(())
    }

    fn counter(database: &Database) -> u64 {
        let txn = database.begin_read().expect("a snapshot");
        match txn.open_table(TABLE) {
            Ok(table) => table.get(0).expect("a read").map_or(0, |value| value.value()),
            Err(_) => 0,
        }
    }

    /// Commits until the power goes at a random call, over and over. Says whether everything that had been
    /// committed was there each time.
    fn survives(fsync: Fsync, seed: u64, cuts: usize) -> bool {
        let mut dice = Seed::of(seed).fork("cuts");
        let disk = Disk::new(fsync);
        let mut committed = 0;
        for _ in 0..cuts {
            let Some(database) = open(&disk) else { return false };
            let found = counter(&database);
            if found < committed || found > committed + 1 {
                return false;
            }
            committed = found;
            disk.will_break(Breakdown::PowerLoss(dice.between(1, 60) as u32));
            while count_up(&database, committed + 1).is_ok() {
                committed += 1;
            }
            disk.cut_power(&mut dice);
        }
        true
    }

    #[test]
    fn an_honest_disk_loses_nothing_committed_in_a_power_cut() {
        for seed in 0..8 {
            assert!(survives(Fsync::Honest, seed, 12), "seed {seed}");
        }
    }

    #[test]
    fn a_disk_that_ignores_syncs_is_found_out() {
        assert!((0..8).all(|seed| !survives(Fsync::Ignored, seed, 12)));
    }

    #[test]
    fn a_full_disk_says_so_and_keeps_what_it_had() {
        let disk = Disk::new(Fsync::Honest);
        let database = open(&disk).expect("a new database");
        count_up(&database, 1).expect("space enough");
        disk.will_break(Breakdown::Full(0));
        let error = count_up(&database, 2).expect_err("no space");
        assert!(matches!(error, redb::Error::Io(error) if error.kind() == io::ErrorKind::StorageFull));
        drop(database);
        assert_eq!(counter(&open(&disk).expect("reopens")), 1);
    }

    #[test]
    fn a_database_that_lost_its_disk_cannot_write_to_it_any_more() {
        let disk = Disk::new(Fsync::Honest);
        let database = open(&disk).expect("a new database");
        count_up(&database, 1).expect("it works");
        disk.unmount();
        assert!(count_up(&database, 2).is_err());
    }
}
