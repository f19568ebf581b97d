//! What the files of a crate import from each other.
//!
//! Every path that begins with `crate`, `self`, `super` or the name of a module counts, in `use` and in code, macros
//! included. A name that a module only re-exports (`pub use`) leads to the file that defines it. Tests are left out, and
//! so are imports between a module and the modules below it.

use crate::circles::Imports;
use proc_macro2::{TokenStream, TokenTree};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use syn::visit::Visit;
use syn::{Attribute, Item, UseTree};

/// The modules of a crate by their paths: `["http", "input"]` is `crate::http::input`.
type Names = Vec<String>;

/// A module that has a file of its own.
struct Module {
    file: String,
    paths: Vec<Names>,
    /// Its re-exports: the name that others use, and where it leads. `*` stands for all of a module.
    passed_on: Vec<(String, Names)>,
}

/// The imports among `files` of one crate, each with its place below `src` and its text.
pub fn of_crate(files: &[(String, String)]) -> Imports {
    let names: BTreeSet<Names> = files.iter().map(|(file, _)| module(file)).collect();
    let modules: BTreeMap<Names, Module> =
        files.iter().map(|(file, text)| (module(file), read(file, text, &names))).collect();
    let mut imports = Imports::new();
    for (own, one) in &modules {
        for path in &one.paths {
            let Some(other) = lead(path, &modules, 0) else { continue };
            let related = own.starts_with(&other) || other.starts_with(own);
            if !related {
                imports.entry(one.file.clone()).or_default().insert(modules[&other].file.clone());
            }
        }
    }
    imports
}

/// The module in a file: `http/mod.rs` and `http.rs` are both `http`, `lib.rs` is the crate itself.
fn module(file: &str) -> Names {
    let mut names: Names =
        Path::new(file).with_extension("").iter().map(|part| part.to_string_lossy().into_owned()).collect();
    if names.last().is_some_and(|last| last == "mod") || names == ["lib"] || names == ["main"] {
        names.pop();
    }
    names
}

/// The module that defines what `path` names: the longest module in it, or the module from which that one re-exports the next name.
fn lead(path: &[String], modules: &BTreeMap<Names, Module>, depth: usize) -> Option<Names> {
    let length = (0..=path.len()).rev().find(|length| modules.contains_key(&path[..*length]))?;
    let found = &modules[&path[..length]];
    let Some(name) = path.get(length).filter(|_| depth < 8) else { return Some(path[..length].to_vec()) };
    let named = found.passed_on.iter().find(|(passed, _)| passed == name);
    match named {
        Some((_, target)) if target != path => lead(target, modules, depth + 1),
        _ => Some(path[..length].to_vec()),
    }
}

fn read(file: &str, text: &str, names: &BTreeSet<Names>) -> Module {
    let syntax = syn::parse_file(text).unwrap_or_else(|error| panic!("{file}: {error}"));
    let mut reader = Reader { at: module(file), names, paths: Vec::new(), passed_on: Vec::new() };
    reader.visit_file(&syntax);
    Module { file: file.to_owned(), paths: reader.paths, passed_on: reader.passed_on }
}

/// Collects the paths of one file, as seen from the root of the crate.
struct Reader<'a> {
    /// The module whose text is read; grows inside of `mod name { … }`.
    at: Names,
    names: &'a BTreeSet<Names>,
    paths: Vec<Names>,
    passed_on: Vec<(String, Names)>,
}

impl Reader<'_> {
    /// The path from the root, if it stays inside of the crate.
    fn resolve(&self, segments: &[String]) -> Option<Names> {
        let mut base = self.at.clone();
        let mut rest = segments;
        match rest.first()?.as_str() {
            "crate" => {
                base.clear();
                rest = &rest[1..];
            }
            "self" => rest = &rest[1..],
            "super" => {}
            first => {
                base.push(first.to_owned());
                return self.names.contains(&base).then(|| [&self.at[..], segments].concat());
            }
        }
        while rest.first().is_some_and(|one| one == "super") {
            base.pop()?;
            rest = &rest[1..];
        }
        Some([&base[..], rest].concat())
    }

    fn add(&mut self, segments: &[String]) {
        // A single name is not a path to another module.
        if segments.len() > 1
            && let Some(path) = self.resolve(segments)
        {
            self.paths.push(path);
        }
    }

    /// Every leaf of a `use`, with the name that it gets here.
    fn leaves(tree: &UseTree, before: &[String], all: &mut Vec<(String, Names)>) {
        let with = |ident: &syn::Ident| [before, &[ident.to_string()]].concat();
        match tree {
            UseTree::Path(path) => Self::leaves(&path.tree, &with(&path.ident), all),
            UseTree::Name(name) if name.ident == "self" => {
                all.push((before.last().cloned().unwrap_or_default(), before.to_vec()));
            }
            UseTree::Name(name) => all.push((name.ident.to_string(), with(&name.ident))),
            UseTree::Rename(rename) => all.push((rename.rename.to_string(), with(&rename.ident))),
            UseTree::Glob(_) => all.push(("*".to_owned(), before.to_vec())),
            UseTree::Group(group) => group.items.iter().for_each(|one| Self::leaves(one, before, all)),
        }
    }

    /// The paths in the text of a macro, which is not parsed.
    fn scan(&mut self, tokens: TokenStream) {
        let mut path: Names = Vec::new();
        let mut colons = 0;
        for token in tokens {
            match token {
                TokenTree::Ident(ident) if colons == 2 && !path.is_empty() => path.push(ident.to_string()),
                TokenTree::Ident(ident) => {
                    self.add(&std::mem::take(&mut path));
                    path.push(ident.to_string());
                }
                TokenTree::Punct(punct) if punct.as_char() == ':' => {
                    colons += 1;
                    continue;
                }
                TokenTree::Group(group) => {
                    self.add(&std::mem::take(&mut path));
                    self.scan(group.stream());
                }
                _ => self.add(&std::mem::take(&mut path)),
            }
            colons = 0;
        }
        self.add(&path);
    }
}

fn is_test(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|one| {
        one.path().is_ident("cfg") && matches!(&one.meta, syn::Meta::List(list) if list.tokens.to_string() == "test")
    })
}

impl<'a> Visit<'a> for Reader<'_> {
    fn visit_item(&mut self, item: &'a Item) {
        match item {
            Item::Mod(one) if is_test(&one.attrs) => {}
            Item::Mod(one) if one.content.is_some() => {
                self.at.push(one.ident.to_string());
                syn::visit::visit_item_mod(self, one);
                self.at.pop();
            }
            Item::Use(one) if !is_test(&one.attrs) => {
                let mut leaves = Vec::new();
                Self::leaves(&one.tree, &[], &mut leaves);
                let passes_on = !matches!(one.vis, syn::Visibility::Inherited);
                for (name, segments) in leaves {
                    self.add(&segments);
                    if let Some(path) = self.resolve(&segments).filter(|_| passes_on) {
                        self.passed_on.push((name, path));
                    }
                }
            }
            _ => syn::visit::visit_item(self, item),
        }
    }

    fn visit_path(&mut self, path: &'a syn::Path) {
        let segments: Names = path.segments.iter().map(|one| one.ident.to_string()).collect();
        self.add(&segments);
        syn::visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, one: &'a syn::Macro) {
        self.scan(one.tokens.clone());
    }
}

#[cfg(test)]
mod tests {
    use super::of_crate;
    use crate::circles::circles;

    fn circles_of(files: &[(&str, &str)]) -> Vec<String> {
        let files: Vec<_> = files.iter().map(|(file, text)| ((*file).to_owned(), (*text).to_owned())).collect();
        circles(&of_crate(&files))
    }

    #[test]
    fn a_planted_circle_is_found_however_it_is_written() {
        let lib = ("lib.rs", "mod a; mod b;");
        for a in [
            "use crate::b::B;",
            "use super::b::B;",
            "pub(crate) use crate::{b::{self, B}};",
            "fn f() { crate::b::g(); }",
            "fn f() -> crate::b::B { loop {} }",
            "fn f() { log!(\"{}\", super::b::g(1)); }",
            "mod inner { use super::super::b::B; }",
        ] {
            let found = circles_of(&[lib, ("a.rs", a), ("b.rs", "use crate::a::A;")]);
            assert_eq!(found, ["a.rs → b.rs → a.rs"], "{a}");
        }
    }

    #[test]
    fn a_name_leads_to_the_file_that_defines_it() {
        let files = |front: &'static str| {
            [
                ("lib.rs", "mod a; mod b;"),
                ("a.rs", front),
                ("b/mod.rs", "mod one; mod two; pub use one::One; pub use two::Two;"),
                ("b/one.rs", ""),
                ("b/two.rs", "use crate::a::A;"),
            ]
        };
        assert_eq!(circles_of(&files("use crate::b::One;")), [] as [&str; 0]);
        assert_eq!(circles_of(&files("use crate::b::Two;")), ["a.rs → b/two.rs → a.rs"]);
    }

    #[test]
    fn a_module_and_those_below_it_and_tests_are_left_out() {
        let files = [
            ("lib.rs", "mod a; mod b; pub struct Root;"),
            ("a.rs", "mod part; use part::Part; pub struct A; #[cfg(test)] mod tests { use crate::b::B; }"),
            ("a/part.rs", "use super::A; use crate::Root; pub struct Part;"),
            ("b.rs", "use crate::a::A;"),
        ];
        assert_eq!(circles_of(&files), [] as [&str; 0]);
    }
}
