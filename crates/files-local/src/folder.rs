//! Folders that only this program may look into.

use std::io;
use std::path::Path;

/// Makes a folder, and those above it, for nobody else on this machine: what people write to each other is in it.
///
/// # Errors
/// What the disk says.
pub fn private_folder(path: &Path) -> io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}
