//! `export` of every virtual disk of the corpus, at every point of every chain, as four other programs see it.
#![cfg(feature = "cli")]
#![expect(clippy::expect_used, clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

#[cfg(test)]
mod support;

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::Value;
use sha2::{Digest, Sha256};

use support::corpus::{Corpus, sha256};
use support::ledger::Ledger;
use support::peers::{peers_python, script, tool};
use support::run::{run, vhdxray};
use support::tables::{Kind, Row};

/// Disks up to this size go through every program; larger ones only through those that skip what is not stored.
const SMALL: u64 = 2 << 30;

/// 127 GiB that hold 300 KiB: all programs would read zeros for minutes. Its content is hashed elsewhere.
const TOO_LARGE: &str = "vhd-vpc2007-127G/virtualpc-dynamic.vhd";

/// The options that a row needs, from what the manifest says of its chain.
fn options(row: &Row) -> &'static [&'static str] {
    let broken = ["ov-broken-linkage/gold_", "vrs-chain4-2m-512/snap"];
    if broken.iter().any(|name| row.unpacked().starts_with(name)) {
        &["--ignore-identity"]
    } else if row.parent_absent {
        &["--allow-missing-parent", "zero"]
    } else {
        &[]
    }
}

/// Whether the manifest counts this program among those that agree about the content.
fn agrees(row: &Row, program: &str) -> bool {
    row.merged_by.split(" | ").next().is_some_and(|agree| agree.starts_with("agree:") && agree.contains(program))
}

struct Peers {
    qemu_img: PathBuf,
    seven_zip: PathBuf,
    python: PathBuf,
}

/// How many comparisons of each kind were made.
#[derive(Default)]
struct Counts {
    disks: AtomicUsize,
    qemu_source: AtomicUsize,
    qemu_vhdx: AtomicUsize,
    seven_zip: AtomicUsize,
    four_k: AtomicUsize,
}

#[test]
fn raw_and_vhdx_of_every_chain_hold_what_the_manifest_says_and_other_programs_agree() {
    let (Some(corpus), Some(qemu_img), Some(seven_zip), Some(python)) =
        (Corpus::open(), tool("qemu-img"), tool("7zz"), peers_python())
    else {
        return;
    };
    let peers = Peers { qemu_img, seven_zip, python };
    let rows: Vec<&Row> = corpus.rows.iter().filter(|row| row.merged_sha256.is_some()).collect();
    assert!(rows.iter().any(|row| row.unpacked() == TOO_LARGE));
    let rows: Vec<&Row> = rows.into_iter().filter(|row| row.unpacked() != TOO_LARGE).collect();
    let (next, counts, ledger) = (AtomicUsize::new(0), Counts::default(), Mutex::new(Ledger::default()));
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while let Some(row) = rows.get(next.fetch_add(1, Ordering::Relaxed)) {
                    export_one(corpus, row, &peers, &counts, &ledger);
                }
            });
        }
    });
    let count = |count: AtomicUsize| count.into_inner();
    assert_eq!(count(counts.disks), rows.len());
    // Each program must really have been asked.
    assert!(count(counts.qemu_source) >= 20, "disks that qemu-img reads itself");
    assert!(count(counts.qemu_vhdx) >= 40, "exported VHDX files with sectors of 512 bytes");
    assert!(count(counts.seven_zip) >= 60, "disks that 7-Zip read");
    assert_eq!(count(counts.four_k), 4, "exported VHDX files with sectors of 4096 bytes");
    ledger.into_inner().expect("no thread panicked").close(rows.len() * 5);
}

fn export_one(corpus: &Corpus, row: &Row, peers: &Peers, counts: &Counts, ledger: &Mutex<Ledger>) {
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let (raw, vhdx) = (folder.path().join("disk.raw"), folder.path().join("disk.vhdx"));
    let source = corpus.path(row);
    let (name, truth) = (row.unpacked(), row.merged_sha256.clone().unwrap());
    let size = row.virtual_size.unwrap();
    let check = |what: &str, right: bool, found: &dyn Fn() -> String| {
        ledger.lock().unwrap().holds(name, right, || format!("{what}: {}", found()));
    };

    let json = export(&source, &raw, row, &["--format", "raw"]);
    check("hash of the raw file", json["hashes"]["sha256"] == truth.as_str(), &|| json.to_string());
    check("raw was read back", json["checked"] == "read_back", &|| json.to_string());
    check(
        "an option that was used is named",
        json["unproved"].as_array().map(Vec::len) == Some(unproved(row)),
        &|| json.to_string(),
    );
    let length = std::fs::metadata(&raw).unwrap().len();
    check("length of the raw file", length == size && json["file_size_bytes"] == size, &|| length.to_string());
    if size <= SMALL {
        let found = sha256(&raw);
        check("bytes of the raw file", found == truth, &|| found.clone());
    }
    // The faster hash for the larger ones: the raw file has shown that the content is right.
    let algorithm = if size <= SMALL { "sha256" } else { "blake3" };
    let block_size = if row.is_differencing() { "2M" } else { "32M" };
    let json = export(&source, &vhdx, row, &["--format", "vhdx", "--block-size", block_size, "-a", algorithm]);
    check("the VHDX was reopened", json["checked"] == "reopened", &|| json.to_string());
    counts.disks.fetch_add(1, Ordering::Relaxed);

    // qemu-img reads every byte of a VHDX, stored or not: for the larger ones once is enough.
    if agrees(row, "qemu-img") && row.dirty_log != Some(true) && size <= SMALL {
        let format = if row.vhdx().is_some() { "vhdx" } else { "vpc" };
        let ran =
            run(Command::new(&peers.qemu_img).args(["compare", "-f", format, "-F", "raw"]).arg(&source).arg(&raw));
        check("qemu-img compare of source and raw", ran.succeeded(), &|| ran.to_string());
        counts.qemu_source.fetch_add(1, Ordering::Relaxed);
    }
    if row.logical_sector == Some(512) {
        let ran = run(Command::new(&peers.qemu_img).args(["check", "-f", "vhdx"]).arg(&vhdx));
        check("qemu-img check of the VHDX", ran.succeeded(), &|| ran.to_string());
        let ran = run(Command::new(&peers.qemu_img).args(["compare", "-f", "vhdx", "-F", "raw"]).arg(&vhdx).arg(&raw));
        check("qemu-img compare of VHDX and raw", ran.succeeded(), &|| ran.to_string());
        counts.qemu_vhdx.fetch_add(1, Ordering::Relaxed);
    } else {
        for peer in ["libvhdi_read.py", "dissect_read.py"] {
            let ran = script(&peers.python, peer, ["hash".as_ref(), vhdx.as_os_str()]);
            check(peer, ran.stdout.trim() == truth, &|| ran.to_string());
        }
        counts.four_k.fetch_add(1, Ordering::Relaxed);
    }
    if size <= SMALL {
        // 7-Zip takes no virtual disk of an odd number of sectors.
        let whole = size.is_multiple_of(1024);
        let files = [(whole, "-tvhdx", &vhdx), (agrees(row, "7-Zip"), type_of(row), &source)];
        for (_, format, file) in files.into_iter().filter(|(readable, ..)| *readable) {
            let found = seven_zip_hash(&peers.seven_zip, format, file);
            check(&format!("7-Zip {format} {}", file.display()), found == truth, &|| found.clone());
            counts.seven_zip.fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// How many sentences about proof the report must have: one, but for a grandchild of a wrong link two or three.
fn unproved(row: &Row) -> usize {
    let broken_links = [
        ("ov-broken-linkage/gold_child.avhdx", 1),
        ("ov-broken-linkage/gold_grandchild.avhdx", 1),
        ("vrs-chain4-2m-512/snap1.avhdx", 1),
        ("vrs-chain4-2m-512/snap2.avhdx", 2),
        ("vrs-chain4-2m-512/snap3.avhdx", 3),
    ];
    let broken = broken_links.iter().find(|(name, _)| *name == row.unpacked()).map(|(_, count)| *count);
    broken.unwrap_or(usize::from(row.parent_absent))
}

fn type_of(row: &Row) -> &'static str {
    if matches!(row.kind, Kind::Vhdx(_)) { "-tvhdx" } else { "-tvhd" }
}

fn export(source: &Path, target: &Path, row: &Row, options_of_test: &[&str]) -> Value {
    let mut arguments: Vec<OsString> =
        ["export", "--report", "json"].iter().chain(options_of_test).chain(options(row)).map(OsString::from).collect();
    arguments.extend(["-o".into(), target.as_os_str().to_owned(), source.as_os_str().to_owned()]);
    vhdxray(arguments).expect_success().json()
}

/// SHA-256 of what 7-Zip extracts from an image, without a file between.
fn seven_zip_hash(program: &Path, format: &str, image: &Path) -> String {
    let mut child = Command::new(program)
        .args(["e", "-so", "-bd", format])
        .arg(image)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("7-Zip starts");
    let mut output = child.stdout.take().expect("standard output is piped");
    let mut digest = Sha256::new();
    std::io::copy(&mut output, &mut DigestWriter(&mut digest)).expect("a pipe can be read");
    child.wait().expect("7-Zip ends");
    digest.finalize().iter().fold(String::new(), |hex, byte| hex + &format!("{byte:02x}"))
}

struct DigestWriter<'a>(&'a mut Sha256);

impl std::io::Write for DigestWriter<'_> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
