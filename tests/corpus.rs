//! The corpus itself: complete, unpacked as its table says, sparse, and never changed by a test.
#![cfg(feature = "cli")]

#[cfg(test)]
mod support;

use std::fs;

use support::corpus::Corpus;
use support::tables::{Kind, Link};

#[test]
fn the_tables_have_the_rows_that_other_tests_count_on() {
    let Some(corpus) = Corpus::open() else { return };
    let count = |wanted: fn(&Kind) -> bool| corpus.rows.iter().filter(|row| wanted(&row.kind)).count();
    assert_eq!(corpus.rows.len(), 91);
    assert_eq!(count(|kind| matches!(kind, Kind::Vhdx(_))), 69);
    assert_eq!(count(|kind| matches!(kind, Kind::Vhd(_))), 16);
    assert_eq!(count(|kind| matches!(kind, Kind::Vmcx | Kind::Vmrs | Kind::VmXml)), 5);
    assert_eq!(count(|kind| *kind == Kind::VhdSet), 1);
    let links = |wanted| corpus.locators.iter().filter(|row| row.key == "parent_linkage" && row.link == wanted).count();
    assert_eq!((links(Link::Matches), links(Link::Differs), links(Link::ParentAbsent)), (17, 4, 1));
    assert!(corpus.config.iter().any(|row| row.kind == "VMCX" && row.key.ends_with("pathname")));
}

#[test]
fn every_file_is_what_the_manifest_says_stored_and_unpacked() {
    let Some(corpus) = Corpus::open() else { return };
    corpus.assert_stored_unchanged();
    corpus.assert_unchanged(&corpus.rows);
    for row in &corpus.rows {
        assert!(fs::metadata(corpus.path(row)).unwrap().permissions().readonly(), "{} can be written", row.unpacked());
    }
}

#[cfg(unix)]
#[test]
fn runs_of_zeros_are_holes_in_the_unpacked_files() {
    use std::os::unix::fs::MetadataExt;

    let Some(corpus) = Corpus::open() else { return };
    let metadata = corpus.rows.iter().map(|row| fs::metadata(corpus.path(row)).unwrap());
    let (length, on_disk) = metadata.fold((0, 0), |sum, file| (sum.0 + file.len(), sum.1 + file.blocks() * 512));
    assert!(on_disk * 4 < length, "{on_disk} bytes on disk for files of {length} bytes");
}
