//! What the files of the web packages import from each other. Imports of types count, and so does `import(…)`.

use crate::circles::Imports;
use std::collections::BTreeSet;

/// The imports among `files`, each with its path and its text. Names that do not begin with a dot belong to packages.
pub fn of_packages(files: &[(String, String)]) -> Imports {
    let known: BTreeSet<&str> = files.iter().map(|(file, _)| file.as_str()).collect();
    let mut imports = Imports::new();
    for (file, text) in files {
        let found = names(text).into_iter().filter_map(|name| resolve(file, name, &known));
        imports.entry(file.clone()).or_default().extend(found.filter(|other| other != file));
    }
    imports
}

/// Every quoted name after `from`, after a bare `import` and in `import(…)`.
fn names(text: &str) -> Vec<&str> {
    let mut found = Vec::new();
    for keyword in ["from", "import"] {
        for (at, _) in text.match_indices(keyword) {
            let rest = text[at + keyword.len()..].trim_start();
            let rest = rest.strip_prefix('(').map_or(rest, str::trim_start);
            let Some(quote) = rest.chars().next().filter(|char| ['\'', '"'].contains(char)) else { continue };
            found.extend(rest[1..].split(quote).next());
        }
    }
    found
}

/// The file that a name stands for: with the extension left out, `.js` for `.ts`, or the `index` of a folder.
fn resolve(from: &str, name: &str, known: &BTreeSet<&str>) -> Option<String> {
    if !name.starts_with('.') {
        return None;
    }
    let mut path: Vec<&str> = from.split('/').collect();
    path.pop();
    for part in name.split('/') {
        match part {
            "." => {}
            ".." => drop(path.pop()?),
            part => path.push(part),
        }
    }
    let path = path.join("/");
    let bare = path.strip_suffix(".js").unwrap_or(&path);
    let ends = ["", ".ts", ".tsx", "/index.ts", "/index.tsx"];
    let candidates = ends.iter().map(|end| format!("{bare}{end}")).chain([path.clone()]);
    candidates.into_iter().find(|candidate| known.contains(candidate.as_str()))
}

#[cfg(test)]
mod tests {
    use super::of_packages;
    use crate::circles::circles;

    #[test]
    fn a_planted_circle_is_found_however_it_is_written() {
        for import in [
            "import { b } from './b';",
            "import type { B } from \"./b.ts\";",
            "import {\n  b,\n  c,\n} from '../src/b.js';",
            "export * from './b';",
            "const b = await import('./b');",
            "import './b';",
        ] {
            let files = [("sdk/src/a.ts", import), ("sdk/src/b.ts", "import { a } from './a';")];
            let files = files.map(|(file, text)| (file.to_owned(), text.to_owned()));
            assert_eq!(circles(&of_packages(&files)), ["sdk/src/a.ts → sdk/src/b.ts → sdk/src/a.ts"], "{import}");
        }
    }

    #[test]
    fn packages_and_folders_are_told_apart() {
        let files = [
            ("app/src/a.ts", "import { b } from './b';\nimport { a } from 'a';"),
            ("app/src/b/index.ts", "import { c } from './c';"),
            ("app/src/b/c.tsx", "import { a } from '@jobline/sdk'; // from here on"),
        ];
        let files = files.map(|(file, text)| (file.to_owned(), text.to_owned()));
        let imports = of_packages(&files);
        assert_eq!(circles(&imports), [] as [&str; 0]);
        assert!(imports["app/src/a.ts"].contains("app/src/b/index.ts"));
        assert!(imports["app/src/b/index.ts"].contains("app/src/b/c.tsx"));
    }
}
