//! `scan` over the whole unpacked corpus, in which altered copies carry the GUIDs of their originals.
#![cfg(feature = "cli")]
#![expect(clippy::expect_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

#[cfg(test)]
mod support;

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::{Value, json};

use support::corpus::Corpus;
use support::ledger::Ledger;
use support::run::{Info, Ran, vhdxray};
use support::tables::{Kind, Row};

#[test]
fn what_scan_prints_is_what_its_schema_promises() {
    let Some(corpus) = Corpus::open() else { return };
    assert_valid("scan", &scan(corpus).json());
}

#[test]
fn what_info_prints_is_what_its_schema_promises() {
    let Some(corpus) = Corpus::open() else { return };
    for row in corpus.vhdx() {
        assert_valid("info", &Info::of(&corpus.path(row)).json);
    }
}

#[test]
fn scan_lists_every_file_under_its_kind() {
    let Some(corpus) = Corpus::open() else { return };
    let files = by_path(&scan(corpus));
    let mut ledger = Ledger::default();
    for row in &corpus.rows {
        let kind = match row.kind {
            Kind::Vhdx(_) => "vhdx",
            Kind::Vhd(_) => "vhd",
            Kind::VhdSet => "vhd_set",
            Kind::Vmcx => "vmcx",
            Kind::Vmrs => "vmrs",
            Kind::VmXml => "vm_xml",
        };
        let found = files.get(&shown(corpus, row)).map(|file| file["kind"].as_str().unwrap_or_default());
        ledger.equal(row.unpacked(), "kind", Some(kind), found);
    }
    assert_eq!(files.len(), corpus.rows.len());
    ledger.close(91);
}

#[test]
fn scan_links_every_chain_to_its_own_neighbours_and_says_of_the_others_what_info_says() {
    let Some(corpus) = Corpus::open() else { return };
    let files = by_path(&scan(corpus));
    let mut ledger = Ledger::default();
    let mut statuses: BTreeMap<String, usize> = BTreeMap::new();
    for row in corpus.vhdx().filter(|row| row.is_differencing()) {
        let parent = &files.get(&shown(corpus, row)).unwrap_or(&Value::Null)["image"]["parent"];
        // The folder alone and the whole corpus give the same answer: copies elsewhere mislead nobody.
        let alone = Info::of(&corpus.path(row));
        for field in ["status", "path", "found_by", "expected_guid", "found_guid", "locator"] {
            ledger.equal(row.unpacked(), field, &alone.image()["parent"][field], &parent[field]);
        }
        let status = parent["status"].as_str().unwrap_or("none");
        *statuses.entry(status.to_owned()).or_default() += 1;
        if status == "linked" {
            let folder = Path::new(parent["path"].as_str().unwrap_or_default()).parent();
            ledger.equal(row.unpacked(), "folder of the parent", corpus.path(row).parent(), folder);
        }
    }
    ledger.close(27 * 6 + 21);
    let expected = [("identity_mismatch", 4), ("linked", 21), ("missing", 1), ("unusable_locator", 1)];
    assert_eq!(statuses, expected.map(|(status, count)| (status.to_owned(), count)).into());
}

#[test]
fn scan_sets_every_broken_chain_apart() {
    let Some(corpus) = Corpus::open() else { return };
    let ran = scan(corpus);
    assert_eq!(ran.status, Some(1), "broken links count as errors: {ran}");
    let files = by_path(&ran);
    let is_broken = |path: &Value| {
        let status = files.get(path.as_str().unwrap_or_default()).map(|file| file["image"]["parent"]["status"].clone());
        status.is_some_and(|status| !status.is_null() && status != "linked")
    };
    let mut ledger = Ledger::default();
    for chain in ran.json()["chains"].as_array().expect("a list of chains") {
        let members = chain["files"].as_array().cloned().unwrap_or_default();
        let subject = chain["leaf"].as_str().unwrap_or("a chain without a leaf");
        ledger.equal(subject, "first file", Some(&chain["leaf"]), members.first());
        if members.iter().any(is_broken) {
            ledger.equal(subject, "status", &json!("broken"), &chain["status"]);
        }
    }
    ledger.close(8);
    let tree = vhdxray(["scan".as_ref(), corpus.root().as_os_str()]);
    for (path, _) in files.iter().filter(|(path, _)| is_broken(&json!(path))) {
        let name = path.rsplit('/').next().unwrap_or_default();
        assert!(tree.stdout.contains(name), "{name} is not in the tree");
    }
}

fn scan(corpus: &Corpus) -> Ran {
    vhdxray(["scan".as_ref(), "--format".as_ref(), "json".as_ref(), corpus.root().as_os_str()])
}

fn shown(corpus: &Corpus, row: &Row) -> String {
    corpus.path(row).display().to_string()
}

fn by_path(ran: &Ran) -> BTreeMap<String, Value> {
    let json = ran.json();
    let files = json["files"].as_array().expect("a list of files");
    files.iter().map(|file| (file["path"].as_str().unwrap_or_default().to_owned(), file.clone())).collect()
}

/// The document is what `vhdxray schema NAME` promises.
fn assert_valid(name: &str, document: &Value) {
    let schema = vhdxray(["schema", name]).expect_success().json();
    let validator = jsonschema::validator_for(&schema).expect("a JSON Schema");
    let wrong: Vec<String> = validator.iter_errors(document).map(|error| error.to_string()).take(10).collect();
    assert!(wrong.is_empty(), "vhdxray schema {name}: {wrong:#?}");
}
