//! `assets.rs`: the files of a built app as Rust.

use crate::tree;
use std::fmt::Write;
use std::fs;
use std::path::Path;

/// Writes the table of the app in a folder, or of none and why.
///
/// # Errors
/// What the disk says.
pub fn write(out: &Path, app: Result<&Path, &str>) -> Result<(), String> {
    let (assets, absent) = match app {
        Ok(dist) => (rows(dist).map_err(|error| format!("{}: {error}", dist.display()))?, None),
        Err(why) => (String::new(), Some(why)),
    };
    let text = format!(
        "/// Every file of the app, by path; none where it could not be built.\n\
         pub static ASSETS: &[Asset] = &[\n{assets}];\n\n\
         /// Why there is no app in this build, in words; `None` where there is one.\n\
         pub const ABSENT: Option<&str> = {absent:?};\n"
    );
    let path = out.join("assets.rs");
    fs::write(&path, text).map_err(|error| format!("{} cannot be written: {error}", path.display()))
}

fn rows(dist: &Path) -> std::io::Result<String> {
    let files = tree::files(dist)?;
    let bytes = |name: &str| format!("include_bytes!({:?})", dist.join(name).to_string_lossy());
    let beside = |name: String| if files.contains(&name) { format!("Some({})", bytes(&name)) } else { "None".into() };
    let mut text = String::new();
    for name in files.iter().filter(|name| ![".br", ".gz", ".map"].iter().any(|ending| name.ends_with(ending))) {
        let (brotli, gzip) = (beside(format!("{name}.br")), beside(format!("{name}.gz")));
        // Writing to a string does not fail.
        let _ = writeln!(
            text,
            "    Asset {{ path: {name:?}, identity: {}, brotli: {brotli}, gzip: {gzip} }},",
            bytes(name)
        );
    }
    Ok(text)
}
