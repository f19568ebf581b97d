//! Documents that name tests: a link whose text is the name of a function leads to a file that has it.
#![allow(clippy::unwrap_used, reason = "a test that panics has failed, and says where")]

use std::{fs, path::Path};

/// Names of functions in links of `text`, with the files to which they lead.
fn named(text: &str) -> Vec<(&str, &str)> {
    let links = text.split("[`").skip(1).filter_map(|rest| {
        let (name, rest) = rest.split_once("`](")?;
        let file = rest.split(')').next()?;
        let is_function = name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_');
        is_function.then_some((name, file))
    });
    links.collect()
}

#[test]
fn tests_that_documents_name_are_there() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let mut count = 0;
    for document in ["docs/proof.md", "SECURITY.md"] {
        let document = root.join(document);
        for (name, file) in named(&fs::read_to_string(&document).unwrap()) {
            let text = fs::read_to_string(document.parent().unwrap().join(file)).unwrap();
            assert!(text.contains(&format!("fn {name}(")), "{} names {name}, which {file} has not", document.display());
            count += 1;
        }
    }
    assert!(count >= 10, "{count} tests are named");
}

#[test]
fn files_that_security_md_names_are_there() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let text = fs::read_to_string(root.join("SECURITY.md")).unwrap();
    let code = text.split('`').skip(1).step_by(2);
    let paths: Vec<&str> = code.filter(|code| code.starts_with("crates/") || code.starts_with("web/")).collect();
    assert!(paths.len() >= 20, "{paths:?}");
    for path in paths {
        assert!(root.join(path).exists(), "SECURITY.md names {path}");
    }
}
