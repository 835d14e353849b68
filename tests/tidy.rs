//! The rules of the house that no compiler checks: who may know whom, how long a file may be, where `unsafe` and
//! printing stand. ARCHITECTURE.md gives the reasons.

#[cfg(test)]
#[path = "tidy/layers.rs"]
mod layers;
#[cfg(test)]
#[path = "tidy/planted.rs"]
mod planted;
#[cfg(test)]
#[path = "tidy/rules.rs"]
mod rules;
#[cfg(test)]
#[path = "tidy/scan.rs"]
mod scan;
#[cfg(test)]
#[path = "tidy/tokens.rs"]
mod tokens;

use std::path::{Path, PathBuf};

/// Folders with Rust code of this project.
const FOLDERS: [&str; 4] = ["src", "tests", "benches", "fuzz"];

#[test]
fn the_house_is_tidy() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut paths = Vec::new();
    for folder in FOLDERS {
        collect(&root.join(folder), &mut paths);
    }
    paths.sort();
    let read = |path: &PathBuf| {
        let name = path.strip_prefix(root).unwrap().to_str().unwrap().replace('\\', "/");
        scan::File::new(&name, &std::fs::read_to_string(path).unwrap())
    };
    let files: Vec<scan::File> = paths.iter().map(read).collect();
    assert!(files.iter().filter(|file| file.is_source()).count() > 10, "this test no longer finds the source");

    let mut wrong = rules::broken(&files);
    wrong.extend(layers::broken(&files));
    assert!(wrong.is_empty(), "{} rules are broken:\n  {}", wrong.len(), wrong.join("\n  "));
}

fn collect(folder: &Path, found: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let path = entry.path();
        if path.is_dir() && path.file_name().is_some_and(|name| name != "target") {
            collect(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}
