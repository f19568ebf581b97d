//! Budgets of size: crates, files, functions, comments.

use super::{files, root, shown, sources, web_sources, without_tests};
use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
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

/// The most comment lines, in percent, that one crate may have, its ports apart. A crate of fewer lines than the second
/// number is too small for a share to mean much.
const MOST_COMMENTS: usize = 20;
const SMALL_CRATE: usize = 200;

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

/// Every source, tests and examples as well.
fn all_sources() -> Vec<PathBuf> {
    let rust = ["crates", "xtask", "fuzz"].map(|folder| files(&root().join(folder), ".rs"));
    rust.concat().into_iter().chain(web_sources()).collect()
}

#[test]
fn files_are_short() {
    let long: Vec<String> = all_sources()
        .iter()
        .map(|path| (shown(path), without_tests(path).lines().count()))
        .filter(|(_, lines)| *lines > FILE_LINES)
        .map(|(path, lines)| format!("{path} has {lines} lines"))
        .collect();
    assert!(long.is_empty(), "at most {FILE_LINES}: {long:#?}");
}

/// Comment lines and all lines of these files, tests apart.
fn comments<'a>(paths: impl IntoIterator<Item = &'a PathBuf>) -> (usize, usize) {
    let count = |path: &PathBuf| {
        let text = without_tests(path);
        let comments = text.lines().filter(|line| line.trim_start().starts_with("//")).count();
        (comments, text.lines().count())
    };
    paths.into_iter().map(count).fold((0, 0), |sum, one| (sum.0 + one.0, sum.1 + one.1))
}

/// Files that are mostly a contract: what engines and other implementations promise, shapes on the wire, keys of rows.
fn is_port(path: &Path) -> bool {
    let path = shown(path);
    let folders = ["crates/store/src/", "crates/wire/src/", "crates/rows/src/keys.rs", "crates/rows/src/clock.rs"];
    folders.iter().any(|folder| path.starts_with(folder)) || path.ends_with("/port.rs") || path.ends_with("/ports.rs")
}

/// `cargo test -p xtask --test tidy comments -- --nocapture` prints the shares.
#[test]
fn comments_have_their_share_of_the_lines() {
    let (ports, code): (Vec<PathBuf>, Vec<PathBuf>) = sources().into_iter().partition(|path| is_port(path));
    let mut crates: BTreeMap<String, Vec<&PathBuf>> = BTreeMap::new();
    for path in &code {
        crates.entry(shown(path).split("/src/").next().unwrap().to_owned()).or_default().push(path);
    }
    for (name, paths) in crates {
        let (comments, lines) = comments(paths);
        println!("{name}: {comments} of {lines} lines, {} %", comments * 100 / lines);
        let is_right = lines < SMALL_CRATE || comments * 100 <= lines * MOST_COMMENTS;
        assert!(is_right, "{name}: {comments} of {lines} lines are comments");
    }
    for (name, paths, least, most) in [("code", code, 8, 15), ("ports", ports, 20, 32)] {
        let (comments, lines) = comments(&paths);
        println!("{name}: {comments} of {lines} lines, {} %", comments * 100 / lines);
        let is_right = comments * 100 >= lines * least && comments * 100 <= lines * most;
        assert!(is_right, "{name}: {comments} of {lines} lines are comments, of which {least} to {most} % should be");
    }
}

/// The functions of a file with their lengths.
#[derive(Default)]
pub(crate) struct Functions(pub(crate) Vec<(String, usize, bool)>);

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
