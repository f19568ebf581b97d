//! The tree checks itself: directions of dependencies, budgets of size, things that must not be there.
//!
//! The budgets: handler ≤ 30 lines; function ≤ 70, nine of ten ≤ 25, the median ≤ 8; file ≤ 400 without its tests; `store`
//! ≤ 5 direct dependencies from outside of this workspace, `chat` ≤ 9.

#![expect(clippy::unwrap_used, reason = "a check that panics has failed, and says where")]

mod circles;
mod rust_imports;
mod walks;
mod web_imports;

use serde_json::Value;
use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::Command,
};
use syn::{spanned::Spanned, visit::Visit};

const FILE_LINES: usize = 400;
const FUNCTION_LINES: usize = 70;
/// The most lines of the median function, and of nine functions in ten.
const MEDIAN_LINES: usize = 8;
const MOST_LINES: usize = 25;
const HANDLER_LINES: usize = 30;
/// The largest share of the lines, tests apart, that one crate may have.
const CRATE_PERCENT: usize = 30;

/// Folders that tools fill.
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

fn manifests() -> BTreeMap<String, Vec<String>> {
    let arguments = ["metadata", "--no-deps", "--format-version", "1", "--offline"];
    let output = Command::new(env!("CARGO")).args(arguments).current_dir(root()).output().unwrap();
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    let normal = |package: &Value| {
        let all = package["dependencies"].as_array().unwrap().iter();
        all.filter(|one| one["kind"].is_null()).map(|one| one["name"].as_str().unwrap().to_owned()).collect()
    };
    let packages = metadata["packages"].as_array().unwrap().iter();
    packages.map(|package| (package["name"].as_str().unwrap().to_owned(), normal(package))).collect()
}

#[test]
fn dependencies_point_downwards() {
    let allowed: BTreeMap<&str, &[&str]> = BTreeMap::from([
        (
            "jobline",
            &[
                "jobline-api",
                "jobline-bus-nats",
                "jobline-chat",
                "jobline-files-local",
                "jobline-files-s3",
                "jobline-http",
                "jobline-identity",
                "jobline-live",
                "jobline-notify",
                "jobline-store",
                "jobline-store-dynamodb",
                "jobline-store-embedded",
                "jobline-tools",
                "jobline-web",
                "jobline-wire",
            ][..],
        ),
        ("jobline-api", &["jobline-chat", "jobline-http", "jobline-identity", "jobline-live", "jobline-wire"]),
        ("jobline-bus-nats", &["jobline-live"]),
        ("jobline-base", &["jobline-media", "jobline-store", "jobline-wire"]),
        ("jobline-calls", &["jobline-wire"]),
        (
            "jobline-chat",
            &["jobline-base", "jobline-calls", "jobline-media", "jobline-rows", "jobline-store", "jobline-wire"],
        ),
        ("jobline-files-local", &["jobline-chat", "jobline-http", "jobline-wire"]),
        ("jobline-files-s3", &["jobline-chat", "jobline-wire"]),
        ("jobline-http", &["jobline-chat", "jobline-wire"]),
        ("jobline-identity", &["jobline-chat", "jobline-wire"]),
        ("jobline-live", &["jobline-chat"]),
        ("jobline-media", &["jobline-wire"]),
        ("jobline-notify", &[]),
        ("jobline-rows", &["jobline-base", "jobline-store"]),
        ("jobline-store", &[]),
        ("jobline-store-dynamodb", &["jobline-store"]),
        ("jobline-store-embedded", &["jobline-store"]),
        ("jobline-tools", &["jobline-chat", "jobline-identity", "jobline-store", "jobline-wire"]),
        ("jobline-web", &[]),
        ("jobline-wire", &[]),
        ("xtask", &[]),
    ]);
    for (name, dependencies) in manifests() {
        let ours = dependencies.iter().filter(|one| one.starts_with("jobline"));
        let allowed = allowed.get(name.as_str()).unwrap_or_else(|| panic!("{name} is new: say what it may depend on"));
        for dependency in ours {
            assert!(allowed.contains(&dependency.as_str()), "{name} must not depend on {dependency}");
        }
    }
}

#[test]
fn the_port_and_the_domain_stay_light() {
    let manifests = manifests();
    for (name, budget) in [("jobline-store", 5), ("jobline-chat", 9)] {
        let foreign: Vec<&String> = manifests[name].iter().filter(|one| !one.starts_with("jobline")).collect();
        assert!(foreign.len() <= budget, "{name} has {} dependencies: {foreign:?}", foreign.len());
    }
}

#[test]
fn engines_are_named_where_they_are_chosen_and_nowhere_else() {
    let allowed = ["engines.rs", "engines/aws.rs", "measured.rs"].map(|file| format!("crates/server/src/{file}"));
    for engine in ["jobline_store_embedded", "jobline_store_dynamodb", "LocalFiles", "jobline_files_s3"] {
        for path in files(&root().join("crates/server/src"), ".rs") {
            let named = without_tests(&path).contains(engine);
            assert!(!named || allowed.contains(&shown(&path)), "{} names {engine}", shown(&path));
        }
    }
}

/// Each file with its path below `folder` and its text, test modules left out.
fn texts(folder: &Path, paths: impl Iterator<Item = PathBuf>) -> Vec<(String, String)> {
    let named = |path: PathBuf| {
        let relative = path.strip_prefix(folder).unwrap().to_string_lossy().into_owned();
        (relative, without_tests(&path))
    };
    paths.map(named).collect()
}

#[test]
fn no_file_of_a_crate_imports_from_one_that_imports_from_it() {
    let mut found = Vec::new();
    for manifest in files(&root(), "Cargo.toml") {
        let folder = manifest.parent().unwrap().join("src");
        if folder.is_dir() {
            let sources = files(&folder, ".rs").into_iter().filter(|path| !is_test(path));
            let circles = circles::circles(&rust_imports::of_crate(&texts(&folder, sources)));
            found.extend(circles.into_iter().map(|circle| format!("{}: {circle}", shown(&folder))));
        }
    }
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn no_file_of_the_web_packages_imports_from_one_that_imports_from_it() {
    let web = root().join("web");
    let sources = web_sources().into_iter().filter(|path| !is_test(path) && path.extension().unwrap() != "css");
    let found = circles::circles(&web_imports::of_packages(&texts(&web, sources)));
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn no_crate_holds_more_than_its_share() {
    let mut lines: BTreeMap<String, usize> = BTreeMap::new();
    for path in sources().iter().filter(|path| shown(path).starts_with("crates/")) {
        let name = shown(path).split('/').nth(1).unwrap().to_owned();
        *lines.entry(name).or_default() += without_tests(path).lines().count();
    }
    let all: usize = lines.values().sum();
    for (name, lines) in lines {
        assert!(lines * 100 <= all * CRATE_PERCENT, "crates/{name} has {lines} of {all} lines");
    }
}

#[test]
fn the_domain_reads_no_clock_draws_no_number_and_opens_nothing() {
    let forbidden =
        ["SystemTime", "Instant::now", "rand::", "std::fs", "std::net", "std::env", "tokio::", "http", "axum"];
    let domain = ["chat", "rows"].map(|name| files(&root().join("crates").join(name).join("src"), ".rs"));
    for path in domain.concat() {
        for (number, line) in without_tests(&path).lines().enumerate() {
            let code = line.split("//").next().unwrap_or_default();
            let code = code.split('"').step_by(2).collect::<String>();
            for word in forbidden {
                assert!(!code.contains(word), "{}:{} has {word}", shown(&path), number + 1);
            }
        }
    }
}

#[test]
fn files_are_short() {
    let long: Vec<String> = sources()
        .iter()
        .chain(web_sources().iter().filter(|path| !is_test(path)))
        .map(|path| (path, without_tests(path).lines().count()))
        .filter(|(_, lines)| *lines > FILE_LINES)
        .map(|(path, lines)| format!("{} has {lines} lines", shown(path)))
        .collect();
    assert!(long.is_empty(), "at most {FILE_LINES}: {long:#?}");
}

/// The functions of a file with their lengths.
#[derive(Default)]
struct Functions(Vec<(String, usize, bool)>);

impl Functions {
    fn add(&mut self, signature: &syn::Signature, block: &syn::Block) {
        let lines = block.span().end().line - block.span().start().line + 1;
        self.0.push((signature.ident.to_string(), lines, signature.asyncness.is_some()));
    }
}

impl<'a> Visit<'a> for Functions {
    fn visit_item_fn(&mut self, function: &'a syn::ItemFn) {
        self.add(&function.sig, &function.block);
        syn::visit::visit_item_fn(self, function);
    }

    fn visit_impl_item_fn(&mut self, function: &'a syn::ImplItemFn) {
        self.add(&function.sig, &function.block);
        syn::visit::visit_impl_item_fn(self, function);
    }
}

#[test]
fn the_walks_name_functions_that_exist() {
    let text = fs::read_to_string(root().join("ARCHITECTURE.md")).unwrap();
    let walks = walks::of_document(&text);
    assert_eq!(walks.keys().map(String::as_str).collect::<Vec<_>>(), ["Poll", "Send", "Upload"]);
    let mut faults: Vec<String> = walks.iter().flat_map(|(title, steps)| walks::faults(title, steps)).collect();
    for (file, function) in walks.into_values().flatten().flatten() {
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
fn functions_are_short() {
    let mut all = Vec::new();
    let mut long = Vec::new();
    for path in sources() {
        let mut functions = Functions::default();
        functions.visit_file(&syn::parse_file(&without_tests(&path)).unwrap());
        let handlers = shown(&path).contains("api/src/handlers/");
        for (name, lines, is_async) in functions.0 {
            let budget = if handlers && is_async { HANDLER_LINES } else { FUNCTION_LINES };
            if lines > budget {
                long.push(format!("{} {name}: {lines} lines, at most {budget}", shown(&path)));
            }
            all.push(lines);
        }
    }
    assert!(long.is_empty(), "{long:#?}");
    all.sort_unstable();
    let [median, most] = [all[all.len() / 2], all[all.len() * 9 / 10]];
    assert!((4..=MEDIAN_LINES).contains(&median), "the median function has {median} lines");
    assert!(most <= MOST_LINES, "nine of ten functions have at most {most} lines");
}

#[test]
fn nothing_is_left_behind() {
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
fn lock_files_name_the_public_registry_alone() {
    let lock = fs::read_to_string(root().join("Cargo.lock")).unwrap();
    for line in lock.lines().filter(|line| line.starts_with("source = ")) {
        assert_eq!(line, "source = \"registry+https://github.com/rust-lang/crates.io-index\"");
    }
}

/// What a package of `web/` needs when it runs.
fn web_dependencies(package: &str) -> Vec<String> {
    let manifest = json(&format!("web/{package}/package.json"));
    let named = |field: &str| manifest[field].as_object().into_iter().flatten().map(|(name, _)| name.clone());
    ["dependencies", "peerDependencies", "optionalDependencies"].into_iter().flat_map(named).collect()
}

#[test]
fn the_client_needs_nothing_but_a_browser() {
    assert_eq!(web_dependencies("sdk"), [] as [&str; 0], "the SDK has no dependency at run time");
    assert_eq!(web_dependencies("app"), ["@jobline/sdk", "preact"]);
    assert_eq!(web_dependencies("react"), ["@jobline/sdk", "react"]);
    for path in files(&root().join("web/sdk/src"), ".ts") {
        let text = fs::read_to_string(&path).unwrap();
        for name in text.split(" from '").skip(1).filter_map(|rest| rest.split('\'').next()) {
            assert!(name.starts_with('.'), "{} imports {name}", shown(&path));
        }
    }
}

#[test]
fn the_web_lock_files_name_the_public_registry_and_every_platform() {
    for file in ["web/package-lock.json", "web/hosts/package-lock.json"] {
        let lock = json(file);
        let packages = lock["packages"].as_object().unwrap();
        for (path, package) in packages {
            if let Some(from) = package["resolved"].as_str().filter(|_| package["link"] != true) {
                assert!(from.starts_with("https://registry.npmjs.org/"), "{path} comes from {from}");
            }
            // npm leaves out what it could not look up, and then refuses to install on those platforms.
            for name in package["optionalDependencies"].as_object().into_iter().flatten().map(|(name, _)| name) {
                let is_locked = packages.keys().any(|locked| locked.ends_with(&format!("node_modules/{name}")));
                assert!(is_locked, "{file}: {name}, an option of {path}, is not locked");
            }
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
