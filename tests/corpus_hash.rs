//! The content of every virtual disk of the corpus, at every point of every chain, against the hashes that several
//! other readers agree on.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[cfg(test)]
mod support;

use std::path::Path;

use support::corpus::Corpus;
use support::ledger::Ledger;
use support::tables::Row;
use vhdxray::analysis::hash::{Algorithm, hash_disk};
use vhdxray::inspect::{ChainPolicy, Request, inspect};

/// The hash of the disk seen from `path`, with what was used beyond proof.
fn hash(path: &Path, policy: ChainPolicy) -> Result<(String, usize), vhdxray::Error> {
    let request = Request { paths: vec![path.to_owned()], ..Request::default() };
    let inspection = inspect(&request, &vhdxray::estate::Silent);
    let (file, _) = inspection.files().find(|(_, file)| file.named).unwrap();
    let opened = inspection.open_disk(file, policy)?;
    let hashes = hash_disk(&opened.disk, &[Algorithm::Sha256], &mut |_| true)?;
    Ok((hashes.concat(), opened.unproved.len()))
}

/// Rows whose chain has a link that the manifest calls broken: the default must refuse.
fn is_broken(row: &Row) -> bool {
    row.unpacked().starts_with("ov-broken-linkage/gold_") || row.unpacked().starts_with("vrs-chain4-2m-512/snap")
}

#[test]
fn every_merged_hash_of_the_manifest() {
    let Some(corpus) = Corpus::open() else { return };
    let mut ledger = Ledger::default();
    let mut covered = 0;
    for row in corpus.rows.iter().filter(|row| row.merged_sha256.is_some()) {
        let path = corpus.path(row);
        let policy = if is_broken(row) {
            ChainPolicy { ignore_identity: true, ..ChainPolicy::default() }
        } else if row.parent_absent {
            ChainPolicy { missing_parent_is_zero: true, ..ChainPolicy::default() }
        } else {
            ChainPolicy::default()
        };
        let needs_option = policy != ChainPolicy::default();
        if needs_option {
            let refused = hash(&path, ChainPolicy::default());
            ledger.holds(row.unpacked(), refused.is_err(), || format!("not refused: {refused:?}"));
        }
        let found = hash(&path, policy).map(|(hash, unproved)| (Some(hash), unproved > 0));
        ledger.equal(
            row.unpacked(),
            "content",
            (row.merged_sha256.clone(), needs_option),
            found.unwrap_or_else(|error| (Some(error.to_string()), needs_option)),
        );
        covered += 1;
    }
    assert_eq!(covered, corpus.rows.iter().filter(|row| row.merged_sha256.is_some()).count());
    ledger.close(covered);
}

/// Files of the damaged set that can be read all the same, with the content that the unaltered file has.
#[test]
fn damage_that_has_a_second_copy_changes_no_content() {
    let Some(corpus) = Corpus::open() else { return };
    let mut ledger = Ledger::default();
    let original = corpus.row("ws2012r2-dynamic/config2_base.vhdx").merged_sha256.clone();
    for name in ["hdr-old-bad-crc", "hdr-active-bad-crc", "region1-bad-crc"] {
        let row = corpus.row(&format!("damaged/{name}.vhdx"));
        let found = hash(&corpus.path(row), ChainPolicy::default()).map(|(hash, _)| hash);
        ledger.equal(name, "content", original.clone(), Some(found.unwrap_or_else(|error| error.to_string())));
    }
    // The remark says that the entries left replay to the content of the unaltered file.
    let torn = corpus.row("damaged/log-last-entry-torn.vhdx");
    let original = corpus.row("win10-dirtylog-1G/vhdx-log-replay.vhdx").merged_sha256.clone();
    let found = hash(&corpus.path(torn), ChainPolicy::default()).map(|(hash, _)| hash);
    ledger.equal("log-last-entry-torn", "content", original, Some(found.unwrap_or_else(|error| error.to_string())));
    ledger.close(4);
}

/// Damage that must stop a reader rather than give bytes that may be wrong.
#[test]
fn damage_without_a_second_copy_is_refused() {
    let Some(corpus) = Corpus::open() else { return };
    let mut ledger = Ledger::default();
    let expected = [
        ("damaged/hdr-both-bad.vhdx", "no valid header"),
        ("damaged/blocksize-not-pow2.vhdx", "block size 3145728"),
        ("damaged/bat-beyond-eof.vhdx", "beyond the end of the file"),
        ("damaged/bat-overlap-log.vhdx", "in the log"),
        ("damaged/truncated-payload.vhdx", "beyond the end of the file"),
        ("damaged/sig-bad.vhdx", "wrong signature"),
        ("damaged/vsize-unaligned.vhdx", "not a multiple of the logical sector size"),
        ("damaged/unknown-required-region.vhdx", "required and unknown"),
        ("damaged/log-all-bad.vhdx", "no sequence of it can be replayed"),
        ("damaged-nolinkage/web_A0000000-0000-4000-8000-00000000000A.avhdx", "parent_linkage is missing"),
        ("damaged-nobitmap/web_A0000000-0000-4000-8000-00000000000A.avhdx", "no sector bitmap block"),
    ];
    for (name, reason) in expected {
        let found = hash(&corpus.path(corpus.row(name)), ChainPolicy::default());
        let told = found.as_ref().err().map(ToString::to_string);
        ledger.holds(name, told.as_ref().is_some_and(|told| told.contains(reason)), || format!("{found:?}"));
    }
    ledger.close(expected.len());
}
