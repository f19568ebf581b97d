//! Folders that only this user can read, and names that outlive a power cut.

use std::fs::{DirBuilder, File};
use std::io;
use std::path::Path;

/// Creates a folder and its parents, readable by nobody else on this machine, because it holds private messages. Their names
/// are on stable storage.
///
/// # Errors
/// Those of the disk.
pub fn private_folder(path: &Path) -> io::Result<()> {
    let missing: Vec<&Path> = path.ancestors().take_while(|folder| !folder.exists()).collect();
    create(path)?;
    missing.into_iter().filter_map(Path::parent).try_for_each(sync_folder)
}

/// [`private_folder`] without the sync: for one that need not outlive a power cut.
pub(crate) fn create(path: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

/// A name is durable once its folder is on stable storage.
#[cfg(unix)]
pub(crate) fn sync_folder(folder: &Path) -> io::Result<()> {
    // The folder of a name alone is the current one.
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    File::open(folder)?.sync_all()
}

/// Elsewhere folders cannot be opened; names are journalled.
#[cfg(not(unix))]
pub(crate) fn sync_folder(_: &Path) -> io::Result<()> {
    Ok(())
}
