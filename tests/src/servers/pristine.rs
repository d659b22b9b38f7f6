//! Files that take long to make, made once.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use super::tool::{run, tool};
use crate::Trouble;

/// A temporary folder with a copy of what `make` leaves in the folder it is given.
///
/// That is made once for each `key` and kept below the build folder. Several tests and several processes may ask at
/// once: the first makes it, the others wait. What was being made when somebody was killed is not taken for the whole.
pub(super) fn copy(
    name: &str,
    key: &[&str],
    make: impl FnOnce(&Path) -> Result<(), Trouble>,
) -> Result<PathBuf, Trouble> {
    let kept = kept(name, key, make)?;
    once(|folder| copy_into(&kept, folder))
}

/// Copies all that is in a folder into another one.
pub(super) fn copy_into(kept: &Path, folder: &Path) -> Result<(), Trouble> {
    // The databases are mostly holes.
    run(tool("cp").args(["--archive", "--sparse=always"]).arg(kept.join(".")).arg(folder)).map(drop)
}

/// A temporary folder with what `make` leaves in it, which somebody else removes.
pub(super) fn once(make: impl FnOnce(&Path) -> Result<(), Trouble>) -> Result<PathBuf, Trouble> {
    let folder = tempfile::Builder::new().prefix("gotosync-").tempdir()?;
    make(folder.path())?;
    Ok(folder.keep())
}

/// The folder that `make` left full, which nobody changes; see [`copy`].
pub(super) fn kept(
    name: &str,
    key: &[&str],
    make: impl FnOnce(&Path) -> Result<(), Trouble>,
) -> Result<PathBuf, Trouble> {
    let mut hasher = blake3::Hasher::new();
    for part in key {
        hasher.update(&(part.len() as u64).to_le_bytes()).update(part.as_bytes());
    }
    let hash = hasher.finalize().to_hex();
    let servers = target_folder().join("servers");
    fs::create_dir_all(&servers)?;
    let kept = servers.join(format!("{name}-{}", &hash[..24]));
    let lock = File::create(kept.with_extension("lock"))?;
    lock.lock()?;
    lock.set_modified(SystemTime::now())?;
    if !kept.exists() {
        forget(&servers)?;
        let making = tempfile::Builder::new().prefix("making-").tempdir_in(&servers)?;
        make(making.path())?;
        fs::rename(making.keep(), &kept)?;
    }
    Ok(kept)
}

/// Removes what nobody has asked for in a long time, and what somebody who was killed left half made.
fn forget(servers: &Path) -> Result<(), Trouble> {
    for entry in fs::read_dir(servers)? {
        let path = entry?.path();
        let asked = path.metadata().and_then(|metadata| metadata.modified());
        let old = asked.is_ok_and(|asked| asked.elapsed().is_ok_and(|age| age > LONG));
        let half = path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("making-"));
        if !old {
            continue;
        }
        if half {
            fs::remove_dir_all(&path)?;
        } else if path.extension().is_some_and(|end| end == "lock") && File::open(&path)?.try_lock().is_ok() {
            if path.with_extension("").exists() {
                fs::remove_dir_all(path.with_extension(""))?;
            }
            fs::remove_file(&path)?;
        }
    }
    Ok(())
}

/// Where cargo builds, which it marks as a folder that can be made again.
fn target_folder() -> PathBuf {
    let program = std::env::current_exe().unwrap_or_default();
    let marked = program.ancestors().find(|folder| folder.join("CACHEDIR.TAG").exists());
    marked.map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../target"), Path::to_path_buf)
}

const LONG: Duration = Duration::from_hours(30 * 24);
