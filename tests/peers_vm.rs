//! `vm` beside dissect.hypervisor: the same keys, paths and ids in every real container of the corpus, and in the XML what
//! Python's own parser reads.
#![cfg(feature = "cli")]
#![expect(clippy::panic, clippy::unwrap_used, reason = "a test fails by panicking")]

#[cfg(test)]
mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use serde_json::Value;

use support::corpus::Corpus;
use support::ledger::Ledger;
use support::peers::{peers_python, script_lines};
use support::run::vhdxray;

#[test]
fn both_decode_the_same_values() {
    let Some((corpus, python)) = Corpus::open().zip(peers_python()) else { return };
    let files: BTreeSet<&str> = corpus.config.iter().map(|row| row.file.as_str()).collect();
    let paths: Vec<PathBuf> = files.iter().map(|file| corpus.root().join(file)).collect();
    let peer = script_lines(&python, "dissect_vm.py", "values", &paths);
    let mut ledger = Ledger::default();
    for (path, peer) in paths.iter().zip(&peer) {
        let file = path.file_name().unwrap().to_string_lossy().into_owned();
        let ran = vhdxray(["vm".as_ref(), "--keys".as_ref(), "--format".as_ref(), "json".as_ref(), path.as_os_str()]);
        let json = ran.expect_success().json();
        let machine = &json["machines"][0];
        let mut ours: BTreeMap<String, String> = BTreeMap::new();
        for key in machine["keys"].as_array().unwrap() {
            values(key, "", &mut ours);
        }
        let theirs = peer["values"].as_object().unwrap();
        ledger.equal(&file, "number of paths", theirs.len(), ours.len());
        for (path, value) in theirs {
            let found = ours.get(path).cloned().unwrap_or_else(|| "nothing".to_owned());
            ledger.equal(&file, path, text(value), found);
        }
    }
    // 303 in each machine's file, 35 in the host's list, 14 in the run-time state, and the document.
    ledger.close(303 * 2 + 35 + 14 + 100);
}

/// Every value by its path; of siblings of one name the last counts, as it does for the peer.
fn values(key: &Value, above: &str, out: &mut BTreeMap<String, String>) {
    let path = format!("{above}/{}", key["name"].as_str().unwrap());
    if let Some(value) = key["value"].as_object() {
        let shown = match value["type"].as_str().unwrap() {
            "bytes" => value["value_hex"].clone(),
            "stored" | "unreadable" => panic!("{path}: {value:?}"),
            _ => value["value"].clone(),
        };
        out.insert(path.clone(), text(&shown));
    }
    for child in key["keys"].as_array().into_iter().flatten() {
        values(child, &path, out);
    }
}

/// A value as text, for the peer's parser of XML gives all as that: numbers in decimal, yes and no, bytes in whatever
/// form.
fn text(value: &Value) -> String {
    let shown = match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    match shown.as_str() {
        "True" => "true".to_owned(),
        "False" => "false".to_owned(),
        _ => shown,
    }
}
