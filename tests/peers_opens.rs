//! What each peer opens, as tests/peers/opens.tsv says: a peer that silently changes, or is not really asked, fails.
#![cfg(feature = "cli")]
#![expect(clippy::expect_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

#[cfg(test)]
mod support;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use support::corpus::Corpus;
use support::ledger::Ledger;
use support::peers::{peers_python, qemu_info, script, script_lines, seven_zip, tool};
use support::tables::{DiskType, Kind, Row};

#[test]
fn qemu_img_opens_what_it_is_known_to_open() {
    let Some((corpus, qemu_img)) = Corpus::open().zip(tool("qemu-img")) else { return };
    compare(corpus, "qemu_img", |path, _| {
        let format = qemu_info(&qemu_img, path).and_then(|qemu| qemu["format"].as_str().map(str::to_owned));
        format.unwrap_or_else(|| "no".to_owned())
    });
}

#[test]
fn seven_zip_opens_what_it_is_known_to_open() {
    let Some((corpus, program)) = Corpus::open().zip(tool("7zz")) else { return };
    compare(corpus, "seven_zip", |path, row| {
        let format = if row.vhdx().is_some() { "VHDX" } else { "VHD" };
        let listing = seven_zip(&program, format, path);
        match (listing.opened, listing.error) {
            (false, _) => "no".to_owned(),
            (true, None) => "yes".to_owned(),
            (true, Some(error)) => format!("yes, but: {error}"),
        }
    });
}

#[test]
fn libvhdi_opens_what_it_is_known_to_open() {
    let Some((corpus, python)) = Corpus::open().zip(peers_python()) else { return };
    compare_script(corpus, &python, "libvhdi", "libvhdi_read.py");
}

#[test]
fn dissect_opens_what_it_is_known_to_open() {
    let Some((corpus, python)) = Corpus::open().zip(peers_python()) else { return };
    compare_script(corpus, &python, "dissect", "dissect_read.py");
}

#[test]
fn libvhdi_and_dissect_read_the_content_that_the_manifest_gives() {
    let Some((corpus, python)) = Corpus::open().zip(peers_python()) else { return };
    let mut ledger = Ledger::default();
    // Small disks without a parent: enough to prove that the scripts really read.
    let small = |row: &&Row| {
        row.kind == Kind::Vhdx(DiskType::Dynamic) && row.virtual_size < Some(200 << 20) && row.dirty_log == Some(false)
    };
    for row in corpus.rows.iter().filter(small) {
        let Some(expected) = &row.merged_sha256 else { continue };
        for name in ["libvhdi_read.py", "dissect_read.py"] {
            let ran = script(&python, name, ["hash".as_ref(), corpus.path(row).as_os_str()]).expect_success();
            ledger.equal(row.unpacked(), name, expected.as_str(), ran.stdout.trim());
        }
    }
    ledger.close(24);
}

fn compare_script(corpus: &Corpus, python: &Path, column: &str, name: &str) {
    let paths: Vec<PathBuf> = disks(corpus).map(|row| corpus.path(row)).collect();
    let mut answers = script_lines(python, name, "info", &paths).into_iter();
    compare(corpus, column, |_, _| {
        let opened = answers.next().expect("one answer a file")["opened"] == true;
        if opened { "yes" } else { "no" }.to_owned()
    });
}

fn compare(corpus: &Corpus, column: &str, mut found: impl FnMut(&Path, &Row) -> String) {
    let expected = column_of_table(column);
    let mut ledger = Ledger::default();
    for row in disks(corpus) {
        let known = expected.get(row.unpacked()).map(String::as_str);
        ledger.equal(row.unpacked(), column, known, Some(found(&corpus.path(row), row).as_str()));
    }
    ledger.close(expected.len());
}

/// Every virtual disk and VHD set, in the order of MANIFEST.tsv.
fn disks(corpus: &Corpus) -> impl Iterator<Item = &Row> {
    corpus.rows.iter().filter(|row| matches!(row.kind, Kind::Vhdx(_) | Kind::Vhd(_) | Kind::VhdSet))
}

fn column_of_table(column: &str) -> BTreeMap<&'static str, String> {
    let mut lines = include_str!("peers/opens.tsv").lines();
    let heading = lines.next().expect("the table has a heading");
    let index = heading.split('\t').position(|name| name == column).expect("the table has the column");
    lines
        .map(|line| {
            let cells: Vec<&str> = line.split('\t').collect();
            (cells[0], cells[index].to_owned())
        })
        .collect()
}
