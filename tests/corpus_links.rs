//! Parent locators and link verdicts against LOCATORS.tsv: every differencing VHDX file of the corpus.
#![cfg(feature = "cli")]
#![expect(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "a test fails by panicking")]

#[cfg(test)]
mod support;

use std::collections::BTreeMap;

use serde_json::{Value, json};

use support::corpus::Corpus;
use support::ledger::Ledger;
use support::run::Info;
use support::tables::{DiskType, Link, Row};

/// All differencing VHDX rows of MANIFEST.tsv; 22 of them have their own rows in LOCATORS.tsv, 5 are copies.
const DIFFERENCING_FILES: usize = 27;

/// What should be said about a file's parent.
struct Expected {
    locator: BTreeMap<String, String>,
    status: &'static str,
    /// Which hint led to the parent, where one did.
    found_by: Option<&'static str>,
    /// The parent's file name, where it is linked or at least met.
    parent: Option<String>,
    /// The GUID that the locator asks for.
    linkage: Option<String>,
    /// The GUID that the file at the recorded path has.
    found_guid: Option<String>,
}

#[test]
fn locators_and_links_are_those_of_the_table_for_every_differencing_file() {
    let Some(corpus) = Corpus::open() else { return };
    let mut ledger = Ledger::default();
    let mut covered = 0;
    for row in corpus.vhdx().filter(|row| row.is_differencing()) {
        compare(corpus, row, &mut ledger);
        covered += 1;
    }
    assert_eq!(covered, DIFFERENCING_FILES, "files were left out");
    ledger.close(DIFFERENCING_FILES * 5);
}

#[test]
fn files_without_a_parent_have_none() {
    let Some(corpus) = Corpus::open() else { return };
    let mut ledger = Ledger::default();
    for row in corpus.vhdx().filter(|row| !row.is_differencing()) {
        let info = Info::of(&corpus.path(row));
        let parent = info.image().get("parent").cloned().unwrap_or_else(|| json!("not even said"));
        ledger.equal(row.unpacked(), "parent", Value::Null, parent);
    }
    ledger.close(69 - DIFFERENCING_FILES);
}

#[test]
fn a_base_knows_the_children_beside_it() {
    let Some(corpus) = Corpus::open() else { return };
    let mut ledger = Ledger::default();
    for row in corpus.vhdx().filter(|row| !row.damaged) {
        let linked = |child: &&Row| {
            child.name == row.name
                && child.vhdx() == Some(DiskType::Differencing)
                && expected(corpus, child).status == "linked"
                && expected(corpus, child).parent.as_deref() == Some(row.file_name())
        };
        let mut wanted: Vec<&str> = corpus.rows.iter().filter(linked).map(Row::file_name).collect();
        wanted.sort_unstable();
        let info = Info::of(&corpus.path(row));
        let children = info.image()["children"].as_array().cloned().unwrap_or_else(|| vec![json!("no list")]);
        let mut found: Vec<String> = children.iter().map(file_name).collect();
        found.sort_unstable();
        ledger.equal(row.unpacked(), "children", wanted.iter().map(|name| (*name).to_owned()).collect(), found);
    }
    ledger.close(51);
}

/// The last part of a path, given as a string or as an object that has one.
fn file_name(value: &Value) -> String {
    let path = value.as_str().or_else(|| value["path"].as_str()).unwrap_or_default();
    path.rsplit('/').next().unwrap_or_default().to_owned()
}

fn compare(corpus: &Corpus, row: &Row, ledger: &mut Ledger) {
    let (file, expected) = (row.unpacked(), expected(corpus, row));
    let info = Info::of(&corpus.path(row));
    let parent = &info.image()["parent"];
    let found: BTreeMap<String, String> = serde_json::from_value(parent["locator"].clone()).unwrap_or_default();
    ledger.equal(file, "locator", &expected.locator, &found);
    ledger.equal(file, "status", expected.status, parent["status"].as_str().unwrap_or_default());
    ledger.equal(file, "expected_guid", &json!(expected.linkage), &parent["expected_guid"]);
    ledger.equal(file, "found_guid", &json!(expected.found_guid), &parent["found_guid"]);
    if expected.status == "linked" {
        let path = corpus.root().join(&row.name).join(expected.parent.as_ref().unwrap());
        ledger.equal(file, "path", &json!(path), &parent["path"]);
        ledger.equal(file, "found_by", expected.found_by, parent["found_by"].as_str());
        ledger.equal(file, "broken link in the status", false, info.ran.status == Some(2));
    } else {
        ledger.equal(file, "exit status", Some(1), info.ran.status);
        if let Some(name) = &expected.parent {
            let met = format!("{} {}", parent["path"], parent["candidates"]);
            ledger.holds(file, met.contains(name.as_str()), || format!("{name} is not named in {met}"));
        }
    }
}

fn expected(corpus: &Corpus, row: &Row) -> Expected {
    let entries: Vec<_> = corpus.locator(corpus.original(row)).collect();
    let linkage = entries.iter().find(|entry| entry.key == "parent_linkage").expect("every locator has a linkage");
    let bare = |guid: &str| guid.trim_matches(['{', '}']).to_owned();
    let mut expected = Expected {
        locator: entries.iter().map(|entry| (entry.key.clone(), entry.value.clone())).collect(),
        status: match linkage.link {
            Link::Matches => "linked",
            // vhdx-rs among them: its linkage is the parent's GUID in another byte order, which is another GUID.
            Link::Differs => "identity_mismatch",
            Link::ParentAbsent => "missing",
            Link::Silent => panic!("{}: LOCATORS.tsv gives no verdict", row.file),
        },
        found_by: Some("relative_path"),
        parent: row.parent.clone().filter(|_| !row.parent_absent),
        linkage: Some(bare(&linkage.value)),
        found_guid: Some(bare(&linkage.parent_has)).filter(|guid| guid.len() == 36),
    };
    match row.name.as_str() {
        "damaged-selfparent" if row.damaged => {
            // Every recorded path names the file itself; its GUID still tells the parent.
            for (key, value) in &mut expected.locator {
                if key.ends_with("_path") {
                    *value = value.replace(&original_parent(corpus, row), row.file_name());
                }
            }
            expected.parent = Some(original_parent(corpus, row));
            expected.found_by = Some("identity");
        }
        "damaged-nolinkage" if row.damaged => {
            let guid = expected.locator.remove("parent_linkage").expect("every locator has a linkage");
            expected.locator.insert("parent_linkagX".to_owned(), guid);
            expected.status = "unusable_locator";
            (expected.parent, expected.linkage, expected.found_guid) = (None, None, None);
        }
        _ => {}
    }
    expected
}

fn original_parent(corpus: &Corpus, row: &Row) -> String {
    corpus.original(row).parent.clone().expect("a differencing file has a parent")
}
