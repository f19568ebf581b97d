//! Checks of the database's folder and tables, before the database changes anything there.
//!
//! fjall deletes a keyspace without its `current` file as unfinished, and creates a new database where the
//! `version` file is missing. Here both are damage.

use crate::error::Fault;
use fjall::{AbstractTree, Keyspace};
use std::fs::{self, File};
use std::io::Read;
use std::path::Path;
use std::time::{Duration, Instant};
use xxhash_rust::xxh3::{Xxh3, xxh3_128};

/// Where the folders of the keyspaces are, in the folder of the database.
pub(crate) const FOLDER: &str = "keyspaces";
/// The folders of the keyspaces: fjall's own, and the rows.
const KEYSPACES: [&str; 2] = ["0", "1"];

/// Checks that `folder` has the files of a database of this program, and that the lists of tables match their checksums.
pub(crate) fn verify_folder(folder: &Path) -> Result<(), Fault> {
    if !folder.join("version").is_file() {
        return Err(Fault::damaged("the file version of its database is missing"));
    }
    // An empty file that fjall locks and does not create in an existing database.
    if !folder.join("lock").exists() {
        File::create(folder.join("lock"))?;
    }
    let keyspaces = folder.join(FOLDER);
    for name in KEYSPACES {
        verify_keyspace(&keyspaces.join(name)).map_err(|fault| match fault {
            Fault::Damaged(what) => Fault::Damaged(format!("keyspace {name} of its database: {what}")),
            other => other,
        })?;
    }
    for entry in fs::read_dir(&keyspaces)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() && !KEYSPACES.iter().any(|name| entry.file_name() == *name) {
            return Err(Fault::damaged(format!("{} is not one of its folders", entry.path().display())));
        }
    }
    Ok(())
}

/// Checks the list of tables. `current` holds the number of the newest list, the list's checksum and its kind of checksum.
fn verify_keyspace(folder: &Path) -> Result<(), Fault> {
    let current = fs::read(folder.join("current")).map_err(|error| named(error, "current"))?;
    let Ok::<[u8; 25], _>(current) = current.as_slice().try_into() else {
        return Err(Fault::damaged("the file current does not have 25 bytes"));
    };
    let (number, checksum) = current.split_at(8);
    let number = number.iter().rev().fold(0u64, |number, byte| number << 8 | u64::from(*byte));
    let name = format!("v{number}");
    let list = fs::read(folder.join(&name)).map_err(|error| named(error, &name))?;
    if current[24] != 0 || xxh3_128(&list).to_le_bytes() != checksum[..16] {
        return Err(Fault::damaged(format!("the list of tables {name} does not match its checksum")));
    }
    Ok(())
}

fn named(error: std::io::Error, file: &str) -> Fault {
    match error.kind() {
        std::io::ErrorKind::NotFound => Fault::damaged(format!("the file {file} is missing")),
        _ => Fault::Io(error),
    }
}

/// Compares the checksums of tables for at most `budget`. The other tables are checked block by block when they are read.
pub(crate) fn verify_contents(rows: &Keyspace, budget: Duration) -> Result<(), Fault> {
    let begin = Instant::now();
    let mut chunk = vec![0; 128 * 1024];
    for table in rows.tree.current_version().iter_tables() {
        let mut file = match File::open(&**table.path) {
            // A compaction has replaced it since the list was read.
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => continue,
            other => other?,
        };
        let mut checksum = Xxh3::new();
        loop {
            if begin.elapsed() > budget {
                return Ok(());
            }
            match file.read(&mut chunk)? {
                0 => break,
                read => checksum.update(&chunk[..read]),
            }
        }
        if checksum.digest128() != table.checksum().into_u128() {
            return Err(Fault::damaged(format!("the table {} does not match its checksum", table.path.display())));
        }
    }
    Ok(())
}
