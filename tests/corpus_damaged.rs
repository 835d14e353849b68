//! The altered files of the corpus: each gives what its remark expects (`EXPECT` in MANIFEST.tsv), and no panic.
#![cfg(feature = "cli")]

#[cfg(test)]
mod support;

use serde_json::{Value, json};

use support::corpus::Corpus;
use support::ledger::Ledger;
use support::run::{Info, vhdxray};
use support::tables::Row;

/// What should come of one altered file.
struct Damage {
    file: &'static str,
    /// Whether the disk can be read; `None` where the alteration leaves that open.
    readable: Option<bool>,
    /// Words that one complaint must hold, of each group one.
    named: &'static [&'static [&'static str]],
}

const YES: Option<bool> = Some(true);
const NO: Option<bool> = Some(false);

const DAMAGES: [Damage; 18] = [
    damage("damaged/hdr-old-bad-crc.vhdx", YES, &[&["header 1"], &["checksum", "crc"]]),
    damage("damaged/hdr-active-bad-crc.vhdx", YES, &[&["header 2"], &["checksum", "crc"]]),
    damage("damaged/hdr-both-bad.vhdx", NO, &[&["header"], &["valid", "signature"]]),
    damage("damaged/region1-bad-crc.vhdx", YES, &[&["region table 1"], &["checksum", "crc"]]),
    damage("damaged/blocksize-not-pow2.vhdx", NO, &[&["block size", "blocksize"]]),
    damage("damaged/bat-beyond-eof.vhdx", None, &[&["block", "bat"], &["end of the file", "beyond", "past"]]),
    damage("damaged/bat-overlap-log.vhdx", None, &[&["block", "bat"], &["log", "region"]]),
    damage("damaged/bat-duplicate.vhdx", None, &[&["block", "bat"], &["share", "overlap", "same", "twice"]]),
    damage("damaged/truncated-payload.vhdx", None, &[&["block", "bat"], &["end of the file", "beyond", "past"]]),
    damage("damaged/sig-bad.vhdx", NO, &[&["identifier", "signature"]]),
    damage("damaged/vsize-unaligned.vhdx", None, &[&["virtual"], &["sector"]]),
    damage("damaged/unknown-required-region.vhdx", NO, &[&["region"], &["required"]]),
    damage("damaged/log-last-entry-torn.vhdx", YES, &[&["log"], &["dirty", "replay"]]),
    damage("damaged/log-all-bad.vhdx", NO, &[&["log"], &["sequence", "entry", "entries"]]),
    damage(
        "damaged-selfparent/server_0A1B2C3D-2222-4222-8222-222222222222.avhdx",
        YES,
        &[&["path"], &["itself", "own", "self"]],
    ),
    damage(
        "damaged-nolinkage/web_A0000000-0000-4000-8000-00000000000A.avhdx",
        None,
        &[&["parent_linkage"], &["missing", "no "]],
    ),
    damage(
        "damaged-nobitmap/web_A0000000-0000-4000-8000-00000000000A.avhdx",
        None,
        &[&["bitmap"], &["partially", "partial"]],
    ),
    damage("damaged-sizemismatch/mail_c.avhdx", YES, &[&["size"], &["parent"]]),
];

const fn damage(file: &'static str, readable: Option<bool>, named: &'static [&'static [&'static str]]) -> Damage {
    Damage { file, readable, named }
}

#[test]
fn every_damaged_file_gives_what_its_remark_expects() {
    let Some(corpus) = Corpus::open() else { return };
    assert_table_is_whole(corpus);
    let mut ledger = Ledger::default();
    for Damage { file, readable, named } in &DAMAGES {
        let info = Info::of(&corpus.path(corpus.row(file)));
        if let Some(readable) = readable {
            ledger.equal(file, "readable", &json!(readable), &info.entry["readable"]);
            ledger.equal(file, "unreadable in the status", !readable, info.ran.status == Some(2));
        }
        let complaints = info.remarks();
        let matches = |text: &&String| named.iter().all(|words| words.iter().any(|word| text.contains(word)));
        let told = complaints.iter().find(matches);
        ledger.holds(file, told.is_some(), || format!("nothing names {named:?} in {complaints:#?}"));
    }
    ledger.close(DAMAGES.len());
}

#[test]
fn a_torn_last_log_entry_leaves_the_state_of_the_entry_before() {
    let Some(corpus) = Corpus::open() else { return };
    // Entries 388 to 390 remain; 391 allocated nothing that they did not, but set two more blocks to zero.
    let torn = Info::of(&corpus.path(corpus.row("damaged/log-last-entry-torn.vhdx")));
    let blocks = &torn.image()["blocks"];
    assert_eq!((&blocks["fully_present"], &blocks["zero"], &blocks["not_present"]), (&json!(1), &json!(1), &json!(30)));
}

#[test]
fn a_walk_keeps_every_damaged_file_in_the_tree() {
    let Some(corpus) = Corpus::open() else { return };
    let folder = corpus.root().join("damaged");
    let ran = vhdxray(["scan".as_ref(), "--format".as_ref(), "json".as_ref(), folder.as_os_str()]);
    assert_eq!(ran.status, Some(1), "unreadable files met in a walk count as errors: {ran}");
    let json = ran.json();
    let mut found: Vec<&str> =
        json["files"].as_array().unwrap().iter().filter_map(|file| file["path"].as_str()).collect();
    let here = |row: &&Row| row.name == "damaged";
    let mut wanted: Vec<String> =
        corpus.rows.iter().filter(here).map(|row| corpus.path(row).display().to_string()).collect();
    found.sort_unstable();
    wanted.sort_unstable();
    assert_eq!(found, wanted);
    let unreadable = json["files"].as_array().unwrap().iter().filter(|file| file["readable"] == Value::Bool(false));
    assert!(unreadable.count() >= 4, "{ran}");
}

/// The list above holds every row that MANIFEST.tsv calls damaged, and each has an expectation there.
fn assert_table_is_whole(corpus: &Corpus) {
    let damaged: Vec<&Row> = corpus.vhdx().filter(|row| row.damaged).collect();
    for row in &damaged {
        assert!(row.remarks.contains("EXPECT: "), "{} expects nothing", row.file);
        assert!(DAMAGES.iter().any(|damage| damage.file == row.unpacked()), "{} is not in the list", row.file);
    }
    assert_eq!(damaged.len(), DAMAGES.len());
}
