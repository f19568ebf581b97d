//! What `ARCHITECTURE.md` and the other documents name: the steps of the walks, functions, files.

use std::collections::BTreeMap;

/// A step of a walk: what it names, each as file and function.
pub type Step = Vec<(String, String)>;

/// The steps of every walk by its title: the numbered lists below `## Walks`.
pub fn of_document(text: &str) -> BTreeMap<String, Vec<Step>> {
    let mut walks: BTreeMap<String, Vec<Step>> = BTreeMap::new();
    let (_, section) = text.split_once("\n## Walks\n").unwrap_or_default();
    let section = section.split("\n## ").next().unwrap_or_default();
    for part in section.split("\n### ").skip(1) {
        let (title, body) = part.split_once('\n').unwrap_or((part, ""));
        let steps = walks.entry(title.to_owned()).or_default();
        for line in body.lines() {
            let number = line.split_once(". ").map(|(number, _)| number);
            if number.is_some_and(|number| number.parse::<u32>().is_ok()) {
                steps.push(Step::new());
            } else if !line.starts_with(' ') {
                continue;
            }
            if let Some(step) = steps.last_mut() {
                step.extend(named(line));
            }
        }
    }
    walks
}

/// Every `file:function` between backquotes.
pub fn named(line: &str) -> impl Iterator<Item = (String, String)> {
    let quoted = line.split('`').skip(1).step_by(2);
    let pairs = quoted.filter_map(|text| text.split_once(".rs:"));
    pairs.map(|(file, function)| (format!("{file}.rs"), function.to_owned()))
}

/// The folders whose files documents name by the whole path.
const ROOTS: [&str; 6] = ["crates/", "deploy/", "docs/", "fuzz/", "web/", "xtask/"];

/// Every path between backquotes that begins in one of [`ROOTS`]; `{a,b}` in a path stands for one path with each.
pub fn paths(line: &str) -> Vec<String> {
    let quoted = line.split('`').skip(1).step_by(2).filter(|text| !text.contains(' '));
    let paths = quoted.filter(|text| ROOTS.iter().any(|root| text.starts_with(root)));
    paths.flat_map(|path| alternatives(path.split(".rs:").next().unwrap_or_default(), path.contains(".rs:"))).collect()
}

fn alternatives(path: &str, is_rust: bool) -> Vec<String> {
    let ending = if is_rust { ".rs" } else { "" };
    let braces = path.split_once('{').and_then(|(before, rest)| Some((before, rest.split_once('}')?)));
    let Some((before, (names, after))) = braces else { return vec![format!("{path}{ending}")] };
    names.split(',').map(|name| format!("{before}{name}{after}{ending}")).collect()
}

/// What is wrong with a walk: fewer steps than a call has, a step that names nothing, a file that comes twice.
pub fn faults(title: &str, steps: &[Step]) -> Vec<String> {
    let mut faults = Vec::new();
    if steps.len() < 8 {
        faults.push(format!("{title} has {} steps", steps.len()));
    }
    let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
    for (number, step) in steps.iter().enumerate() {
        if step.is_empty() {
            faults.push(format!("{title}: step {} names no function", number + 1));
        }
        for (file, _) in step {
            if *seen.entry(file).or_insert(number) != number {
                faults.push(format!("{title}: {file} comes in two steps"));
            }
        }
    }
    faults
}

#[cfg(test)]
mod tests {
    use super::{faults, of_document, paths};

    #[test]
    fn paths_are_found_with_their_alternatives() {
        let line = "`crates/a.rs:b`, `web/{c,d}.ts`, `cargo xtask`, `/docs`, `e.rs` crates/f `docs/g`";
        assert_eq!(paths(line), ["crates/a.rs", "web/c.ts", "web/d.ts", "docs/g"]);
    }

    #[test]
    fn steps_and_their_functions_are_found() {
        let text = "# A\n`x.rs:no`\n## Walks\n\nText `x.rs:no`.\n\n### Send\n\n1. `a.rs:one` does, and `a.rs:two`\n   and \
                    `a.rs:three`.\n2. Nothing.\n\nLater `x.rs:no`.\n\n## End\n### Poll\n1. `b.rs:no`\n";
        let walks = of_document(text);
        assert_eq!(walks.len(), 1);
        let functions: Vec<_> = walks["Send"][0].iter().map(|(_, function)| function.as_str()).collect();
        assert_eq!(functions, ["one", "two", "three"]);
        assert!(faults("Send", &walks["Send"]).iter().any(|fault| fault.contains("step 2 names no function")));
    }

    #[test]
    fn a_file_that_comes_twice_is_a_fault() {
        let step = |file: &str| vec![(file.to_owned(), "f".to_owned())];
        let mut steps: Vec<_> = (0..8).map(|number| step(&format!("{number}.rs"))).collect();
        assert_eq!(faults("Send", &steps), [] as [&str; 0]);
        steps.push(step("0.rs"));
        assert_eq!(faults("Send", &steps), ["Send: 0.rs comes in two steps"]);
    }
}
