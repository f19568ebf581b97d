//! Checks of the source tree: directions of dependencies, size budgets, and what must not be in it.
//!
//! The budgets: handler ≤ 30 lines; function ≤ 70, nine of ten ≤ 25, the median ≤ 8; file ≤ 400, tests included, apart from
//! a test module at its end; comments 8 to 15 % of the lines, 20 to 32 % in ports; `store` ≤ 5 direct dependencies from
//! outside of this workspace, `chat` ≤ 9.

#![expect(clippy::unwrap_used, reason = "a check that panics has failed, and says where")]

mod circles;
mod dependencies;
mod rust_imports;
mod sizes;
mod walks;
mod web_imports;

use serde_json::Value;
use sizes::Functions;
use std::{
    fs,
    path::{Path, PathBuf},
};
use syn::visit::Visit;

/// Folders of generated files.
const LEFT_OUT: [&str; 8] =
    ["target", ".git", "node_modules", "jobline-data", "dist", "generated", "test-results", "playwright-report"];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// Files below `folder` whose name ends in `ending`.
fn files(folder: &Path, ending: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() && !LEFT_OUT.contains(&name.as_str()) {
            found.extend(files(&path, ending));
        } else if name.ends_with(ending) && path.is_file() {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// The Rust sources of the product, tests apart.
fn sources() -> Vec<PathBuf> {
    let crates = root().join("crates");
    let all = files(&crates, ".rs").into_iter().chain(files(&root().join("xtask"), ".rs"));
    all.filter(|path| !is_test(path)).collect()
}

fn is_test(path: &Path) -> bool {
    let relative = path.strip_prefix(root()).unwrap().to_string_lossy().into_owned();
    ["/test/", "/tests/", "/examples/", "/testing/", "/tests.rs", "_tests.rs"]
        .iter()
        .any(|part| relative.contains(part))
}

/// The sources of SDK, app and browser tests.
fn web_sources() -> Vec<PathBuf> {
    let endings = [".ts", ".tsx", ".mjs", ".css"];
    endings.iter().flat_map(|ending| files(&root().join("web"), ending)).collect()
}

/// A file of JSON below the root.
fn json(path: &str) -> Value {
    serde_json::from_str(&fs::read_to_string(root().join(path)).unwrap()).unwrap()
}

/// A source without the test module at its end.
fn without_tests(path: &Path) -> String {
    let text = fs::read_to_string(path).unwrap();
    text.split("\n#[cfg(test)]\nmod tests {").next().unwrap_or_default().to_owned()
}

fn shown(path: &Path) -> String {
    path.strip_prefix(root()).unwrap().display().to_string()
}

#[test]
fn the_architecture_names_functions_that_exist() {
    let text = fs::read_to_string(root().join("ARCHITECTURE.md")).unwrap();
    let walks = walks::of_document(&text);
    assert_eq!(walks.keys().map(String::as_str).collect::<Vec<_>>(), ["Poll", "Send", "Upload"]);
    let mut faults: Vec<String> = walks.iter().flat_map(|(title, steps)| walks::faults(title, steps)).collect();
    for (file, function) in text.lines().flat_map(walks::named) {
        let path = root().join(&file);
        let mut functions = Functions::default();
        if path.is_file() {
            functions.visit_file(&syn::parse_file(&without_tests(&path)).unwrap());
        }
        if functions.0.iter().all(|(name, ..)| *name != function) {
            faults.push(format!("there is no {file}:{function}"));
        }
    }
    assert!(faults.is_empty(), "{faults:#?}");
}

#[test]
fn the_documents_for_developers_name_files_that_exist() {
    for document in ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md"] {
        let text = fs::read_to_string(root().join(document)).unwrap();
        let paths: Vec<String> = text.lines().flat_map(walks::paths).collect();
        let missing: Vec<&String> = paths.iter().filter(|path| !root().join(path).exists()).collect();
        assert!(missing.is_empty(), "{document}: {missing:#?}");
        assert!(document == "README.md" || paths.len() > 30, "{document} names {} files", paths.len());
    }
}

#[test]
fn no_placeholder_or_debug_output_is_left_in_the_code() {
    // Spelled in halves, so that this file does not hold them.
    let words =
        [["TO", "DO"], ["FIX", "ME"], ["XX", "X"], ["unimple", "mented!"], ["db", "g!("]].map(|halves| halves.concat());
    for path in files(&root(), ".rs").into_iter().chain(web_sources()) {
        let text = fs::read_to_string(&path).unwrap();
        for word in &words {
            assert!(!text.contains(word.as_str()), "{} has {word}", shown(&path));
        }
    }
}

#[test]
fn the_readme_is_short_and_every_link_leads_somewhere() {
    let readme = fs::read_to_string(root().join("README.md")).unwrap();
    assert!(readme.lines().count() <= 100, "README.md has {} lines", readme.lines().count());
    for path in files(&root(), ".md") {
        let text = fs::read_to_string(&path).unwrap();
        // Every other part is a block of code, which may look like links.
        let text: String = text.split("\n```").step_by(2).collect();
        for target in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let file = target.split('#').next().unwrap_or_default();
            if file.is_empty() || file.contains("://") || file.starts_with("mailto:") {
                continue;
            }
            assert!(path.parent().unwrap().join(file).exists(), "{} links to {target}", shown(&path));
        }
    }
}
