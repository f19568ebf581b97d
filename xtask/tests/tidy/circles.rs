//! Import circles among files: the graph of imports, and the search for circles.

use std::collections::{BTreeMap, BTreeSet};

/// Which files each file imports from.
pub type Imports = BTreeMap<String, BTreeSet<String>>;

/// One circle of every group of files that import each other, as a path: `a → b → a`.
pub fn circles(imports: &Imports) -> Vec<String> {
    let mut left = imports.clone();
    let mut found = Vec::new();
    while let Some(circle) = next(&mut left) {
        // The last import of the circle is removed, so that the next search finds another one.
        let [.., from, to] = circle.as_slice() else { break };
        left.entry(from.clone()).or_default().remove(to);
        found.push(circle.join(" → "));
    }
    found
}

/// A circle, found after all files that cannot be part of one have been removed.
fn next(left: &mut Imports) -> Option<Vec<String>> {
    loop {
        let imported: BTreeSet<String> = left.values().flatten().cloned().collect();
        let importing: BTreeSet<String> =
            left.iter().filter(|(_, to)| !to.is_empty()).map(|(from, _)| from.clone()).collect();
        let before = left.values().map(BTreeSet::len).sum::<usize>();
        left.retain(|from, _| imported.contains(from));
        left.values_mut().for_each(|to| to.retain(|one| importing.contains(one)));
        if left.values().map(BTreeSet::len).sum::<usize>() == before {
            break;
        }
    }
    left.retain(|_, to| !to.is_empty());
    let mut way = vec![left.keys().next()?.clone()];
    loop {
        let step = left.get(way.last()?)?.iter().next()?.clone();
        if let Some(begin) = way.iter().position(|one| *one == step) {
            way.drain(..begin);
            way.push(step);
            return Some(way);
        }
        way.push(step);
    }
}

#[test]
fn an_import_circle_is_found_and_a_chain_is_not_one() {
    let imports = |all: &[(&str, &str)]| -> Imports {
        let mut imports = Imports::new();
        for (from, to) in all {
            imports.entry((*from).to_owned()).or_default().insert((*to).to_owned());
        }
        imports
    };
    assert_eq!(circles(&imports(&[("a", "b"), ("b", "c"), ("a", "c"), ("d", "a")])), [] as [&str; 0]);
    assert_eq!(circles(&imports(&[("x", "a"), ("a", "b"), ("b", "c"), ("c", "a"), ("c", "y")])), ["a → b → c → a"]);
    let two = imports(&[("a", "b"), ("b", "a"), ("c", "d"), ("d", "c"), ("b", "c")]);
    assert_eq!(circles(&two), ["a → b → a", "c → d → c"]);
}
