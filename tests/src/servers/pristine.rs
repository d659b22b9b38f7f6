//! Caches files that take long to create.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use super::tool::{run, tool};
use crate::Trouble;

/// Returns a temporary folder with a copy of the files that `make` creates in the folder that it gets.
///
/// The files are created once for each `key` and cached below the build folder. If several tests or processes need
/// them at the same time, the first creates them and the others wait. Files left incomplete by a killed process are
/// not used.
pub(super) fn copy(
    name: &str,
    key: &[&str],
    make: impl FnOnce(&Path) -> Result<(), Trouble>,
) -> Result<PathBuf, Trouble> {
    let kept = kept(name, key, make)?;
    once(|folder| copy_into(&kept, folder))
}

/// Copies the content of a folder into another one.
pub(super) fn copy_into(kept: &Path, folder: &Path) -> Result<(), Trouble> {
    // The database files are sparse.
    run(tool("cp").args(["--archive", "--sparse=always"]).arg(kept.join(".")).arg(folder)).map(drop)
}

/// Returns a temporary folder with the files that `make` creates, without caching them. The caller removes it.
pub(super) fn once(make: impl FnOnce(&Path) -> Result<(), Trouble>) -> Result<PathBuf, Trouble> {
    let folder = tempfile::Builder::new().prefix("gotosync-").tempdir()?;
    make(folder.path())?;
    Ok(folder.keep())
}

/// Returns the cached folder that `make` filled, which must not be changed; see [`copy`].
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

/// Removes cached files that have not been used for a long time, and incomplete files of killed processes.
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

/// Returns cargo's target folder, which is marked as a cache.
fn target_folder() -> PathBuf {
    let program = std::env::current_exe().unwrap_or_default();
    let marked = program.ancestors().find(|folder| folder.join("CACHEDIR.TAG").exists());
    marked.map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../target"), Path::to_path_buf)
}

const LONG: Duration = Duration::from_hours(30 * 24);
