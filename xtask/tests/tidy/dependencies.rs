//! What may depend on what: crates, files, packages, and where packages come from.

use super::{circles, files, is_test, json, root, rust_imports, shown, web_imports, web_sources, without_tests};
use serde_json::Value;
use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

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
fn the_domain_reads_no_clock_draws_no_number_and_opens_nothing() {
    let forbidden =
        ["SystemTime", "Instant::now", "rand::", "std::fs", "std::net", "std::env", "tokio::", "http", "axum"];
    let domain = ["chat", "rows"].map(|name| files(&root().join("crates").join(name).join("src"), ".rs"));
    for path in domain.concat() {
        for (number, line) in without_tests(&path).lines().enumerate() {
            let code = line.split("//").next().unwrap_or_default();
            // A queue needs no runtime.
            let code = code.split('"').step_by(2).collect::<String>().replace("tokio::sync::", "");
            for word in forbidden {
                assert!(!code.contains(word), "{}:{} has {word}", shown(&path), number + 1);
            }
        }
    }
}

#[test]
fn lock_files_name_only_the_public_registry() {
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
