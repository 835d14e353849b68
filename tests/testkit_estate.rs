//! `testdata/estate` is what the testkit makes, today as on the day it was committed.
#![cfg(feature = "testkit")]
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};

use vhdxray::testkit::estate;

fn read_tree(root: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut files = BTreeMap::new();
    let mut folders: Vec<PathBuf> = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let mut bytes = vec![];
            File::open(&path).unwrap().read_to_end(&mut bytes).unwrap();
            let name = path.strip_prefix(root).unwrap().to_str().unwrap().replace('\\', "/");
            files.insert(name, bytes);
        }
    }
    files
}

fn differences(left: &BTreeMap<String, Vec<u8>>, right: &BTreeMap<String, Vec<u8>>) -> Vec<String> {
    left.keys().chain(right.keys()).filter(|name| left.get(*name) != right.get(*name)).cloned().collect()
}

#[test]
fn the_estate_is_the_same_every_time() {
    let (first, second) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    estate::write(first.path()).unwrap();
    estate::write(second.path()).unwrap();
    let made = read_tree(first.path());
    assert_eq!(made.len(), 24);
    assert_eq!(differences(&made, &read_tree(second.path())), [""; 0]);

    // The published package leaves the folder out.
    let committed = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/estate");
    if committed.is_dir() {
        let differing = differences(&made, &read_tree(&committed));
        assert_eq!(differing, [""; 0], "make them anew as testdata/README.md says");
    }
}
