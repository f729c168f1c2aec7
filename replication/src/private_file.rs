//! Files that only their owner may read, and that are whole or absent: keys and what was agreed at enrolment.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::Path;

/// Writes `bytes` to `path` so that a power cut leaves either what was there before or all of `bytes`, and so
/// that nobody but the owner can read it (mode 0600 where the system has modes).
///
/// # Errors
/// What the operating system said; the file at `path` is then as before.
pub fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    fs::create_dir_all(directory)?;
    let mut unfinished = path.as_os_str().to_owned();
    unfinished.push(".new");
    let unfinished = Path::new(&unfinished);
    // What a crash left behind may have the mode of another time.
    match fs::remove_file(unfinished) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut file = create_private(unfinished)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    drop(file);
    fs::rename(unfinished, path)?;
    sync_directory(directory)
}

/// Reads `path`; nothing when it does not exist.
///
/// # Errors
/// What the operating system said, or `InvalidData` for a file larger than `length_max` bytes.
pub fn read(path: &Path, length_max: u64) -> io::Result<Option<Vec<u8>>> {
    match fs::metadata(path) {
        Ok(metadata) if metadata.len() > length_max => {
            Err(io::Error::new(io::ErrorKind::InvalidData, format!("larger than {length_max} bytes")))
        }
        Ok(_) => fs::read(path).map(Some),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// Makes an empty file at `path`, or empties the one that is there; a new one is readable by its owner only.
///
/// # Errors
/// What the operating system said.
pub fn create_empty(path: &Path) -> io::Result<()> {
    open_private(path, OpenOptions::new().write(true).create(true).truncate(true)).map(drop)
}

fn create_private(path: &Path) -> io::Result<File> {
    open_private(path, OpenOptions::new().write(true).create_new(true))
}

fn open_private(path: &Path, options: &mut OpenOptions) -> io::Result<File> {
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(options, 0o600);
    options.open(path)
}

/// Makes the rename itself durable; only Unix lets a directory be synced.
fn sync_directory(directory: &Path) -> io::Result<()> {
    #[cfg(unix)]
    File::open(directory)?.sync_all()?;
    #[cfg(not(unix))]
    let _ = directory;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_private_file_is_replaced_whole_and_readable_by_its_owner_only() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("deeper").join("key");
        write(&path, b"first").expect("written");
        fs::write(directory.path().join("deeper").join("key.new"), b"left by a crash").expect("written");
        write(&path, b"second").expect("written");
        assert_eq!(read(&path, 100).expect("read").as_deref(), Some(&b"second"[..]));
        let empty = directory.path().join("database");
        create_empty(&empty).expect("made");
        #[cfg(unix)]
        for path in [path, empty] {
            use std::os::unix::fs::PermissionsExt;
            let mode = fs::metadata(&path).expect("there").permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
    }

    #[test]
    fn an_absent_file_is_nothing_and_an_absurd_one_is_refused() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("key");
        assert!(read(&path, 3).expect("read").is_none());
        write(&path, b"four").expect("written");
        assert_eq!(read(&path, 3).expect_err("too large").kind(), io::ErrorKind::InvalidData);
    }
}
