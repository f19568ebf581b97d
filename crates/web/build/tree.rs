//! Folders: what of `web/` a build depends on, and copies of it.

use std::fs;
use std::io;
use std::path::Path;

/// What building the app does not need: made by tools, or only for tests.
const LEFT_OUT: [&str; 8] = ["node_modules", "dist", "e2e", "test", "tests", "coverage", "test-results", "fixtures"];

/// Tells cargo what to look at: the files of `web/` and of its packages one by one, since `node_modules` is beside them,
/// and the folders in the packages as a whole.
pub fn watch(web: &Path) {
    for entry in entries(web) {
        let path = web.join(&entry);
        if !path.is_dir() {
            println!("cargo::rerun-if-changed={}", path.display());
            continue;
        }
        for inner in entries(&path) {
            println!("cargo::rerun-if-changed={}", path.join(inner).display());
        }
    }
}

/// The names in a folder that matter, sorted.
fn entries(folder: &Path) -> Vec<String> {
    let Ok(read) = fs::read_dir(folder) else { return Vec::new() };
    let names = read.flatten().map(|entry| entry.file_name().to_string_lossy().into_owned());
    let mut names: Vec<String> =
        names.filter(|name| !name.starts_with('.') && !LEFT_OUT.contains(&name.as_str())).collect();
    names.sort();
    names
}

/// Makes `to` a copy of what matters in `from`. What is installed in `to` stays.
///
/// # Errors
/// What the disk says.
pub fn replace(from: &Path, to: &Path) -> io::Result<()> {
    clear(to)?;
    copy(from, to)
}

fn clear(folder: &Path) -> io::Result<()> {
    if !folder.is_dir() {
        return Ok(());
    }
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_name() == "node_modules" {
            continue;
        }
        if entry.file_type()?.is_dir() {
            clear(&entry.path())?;
            // Stays when packages are installed in it.
            let _ = fs::remove_dir(entry.path());
        } else {
            fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

fn copy(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir_all(to)?;
    for name in entries(from) {
        let (source, target) = (from.join(&name), to.join(&name));
        if source.is_dir() {
            copy(&source, &target)?;
        } else {
            fs::copy(&source, &target)?;
        }
    }
    Ok(())
}

/// Every file below `folder`, as paths relative to it with `/` between the parts, sorted.
///
/// # Errors
/// What the disk says.
pub fn files(folder: &Path) -> io::Result<Vec<String>> {
    let mut all = Vec::new();
    for name in entries(folder) {
        let path = folder.join(&name);
        if path.is_dir() {
            all.extend(files(&path)?.into_iter().map(|inner| format!("{name}/{inner}")));
        } else {
            all.push(name);
        }
    }
    Ok(all)
}
