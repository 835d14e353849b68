//! Copies of every chain of the corpus; the content of the survivors, read by this library and by libvhdi, against the
//! hashes that the manifest gives for the chains.

use std::sync::OnceLock;

use super::kit::{self, Chain, check, survivors};
use super::support::corpus::Corpus;
use super::support::ledger::Ledger;
use super::support::peers::{peers_python, script};
use super::support::tables::Row;
use vhdxray::analysis::hash::{Algorithm, hash_disk};
use vhdxray::analysis::merge::{Method, cost};
use vhdxray::inspect::{ChainPolicy, Request, inspect};
use vhdxray::source::ReadAt;
use vhdxray::testkit::SparseImage;
use vhdxray::units::FileOffset;

/// Bytes that are looked at at once for zeros.
const PIECE: u64 = 64 << 10;

/// The file as it would be after a replay of its log.
fn replayed(view: &dyn ReadAt, log_guids: bool) -> SparseImage {
    let mut image = SparseImage::new(view.size().get());
    let mut at = 0;
    while at < view.size().get() {
        let mut piece = vec![0; usize::try_from(PIECE.min(view.size().get() - at)).unwrap()];
        view.read_exact_at("", FileOffset(at), &mut piece).unwrap();
        if piece.iter().any(|byte| *byte != 0) {
            image.write(at, &piece);
        }
        at += PIECE;
    }
    if log_guids {
        for header in [64 << 10, 128 << 10] {
            let mut bytes = image.read(header, 4096);
            bytes[48..64].fill(0);
            bytes[4..8].fill(0);
            let checksum = crc32c::crc32c(&bytes);
            bytes[4..8].copy_from_slice(&checksum.to_le_bytes());
            image.write(header, &bytes);
        }
    }
    image
}

/// Rows that are the leaf or a middle of a chain whose files are all there and readable.
fn chains(corpus: &'static Corpus) -> &'static [(&'static Row, Chain)] {
    static CHAINS: OnceLock<Vec<(&Row, Chain)>> = OnceLock::new();
    CHAINS.get_or_init(|| read_chains(corpus))
}

fn read_chains(corpus: &'static Corpus) -> Vec<(&'static Row, Chain)> {
    let mut chains = vec![];
    let children = corpus.rows.iter().filter(|row| row.is_differencing() && !row.damaged && !row.parent_absent);
    for row in children {
        let request = Request { paths: vec![corpus.path(row)], ..Request::default() };
        let inspection = inspect(&request, &vhdxray::estate::Silent);
        let (file, _) = inspection.files().find(|(_, file)| file.named).unwrap();
        // Links of other writers that name their parents wrongly are followed all the same: it is about the blocks.
        let policy = ChainPolicy { ignore_identity: true, ..ChainPolicy::default() };
        let opened = inspection.open_disk(file, policy).unwrap();
        let images = opened.disk.images().map(|image| replayed(&**image.view(), image.replayed())).collect();
        // A log that is replayed by the program and one that was replayed before mean the same costs.
        let chain = Chain { images, model: None };
        for into in 1..chain.images.len() {
            let dirty = cost(&opened.disk, into, Method::SinglePass).unwrap();
            let clean = cost(&chain.disk(0).unwrap(), into, Method::SinglePass).unwrap();
            assert_eq!(dirty.steps[0].size_after, clean.steps[0].size_after, "{}", row.unpacked());
            assert_eq!((dirty.read(), dirty.write()), (clean.read(), clean.write()), "{}", row.unpacked());
        }
        chains.push((row, chain));
    }
    chains
}

#[test]
fn every_chain_of_the_corpus_costs_what_its_merges_take() {
    let Some(corpus) = Corpus::open() else { return };
    let mut ledger = Ledger::default();
    let mut merges = 0;
    for (row, chain) in chains(corpus) {
        for into in 1..chain.images.len() {
            let found = check(chain, into);
            ledger.holds(row.unpacked(), found.is_ok(), || format!("into {into}: {found:?}"));
            merges += 1;
        }
    }
    assert!(merges >= 25, "only {merges} merges in the corpus");
    ledger.close(merges);
}

#[test]
fn survivors_have_the_content_that_the_manifest_gives() {
    let Some((corpus, python)) = Corpus::open().zip(peers_python()) else { return };
    let mut ledger = Ledger::default();
    let (mut hashed, mut by_libvhdi) = (0, 0);
    for (row, chain) in chains(corpus) {
        let Some(expected) = row.merged_sha256.as_deref() else { continue };
        // Into the base: one file is left, which needs no parent to be read.
        // The largest has nine gigabytes; what its merges do is compared with the chain where anything may change.
        if row.virtual_size > Some(1 << 30) {
            continue;
        }
        for (name, survivor) in survivors(chain, chain.images.len() - 1) {
            let disk = kit::disk_of(std::slice::from_ref(&survivor)).unwrap();
            let found = hash_disk(&disk, &[Algorithm::Sha256], &mut |_| true).unwrap().concat();
            ledger.equal(row.unpacked(), &name, expected, found.as_str());
            hashed += 1;
            // The other program reads each way's file as the writer leaves it that only appends.
            if row.logical_sector == Some(512) && name.ends_with("Append") {
                let folder = tempfile::tempdir().unwrap();
                let path = folder.path().join("survivor.vhdx");
                survivor.write_to(&path).unwrap();
                let ran = script(&python, "libvhdi_read.py", ["hash".as_ref(), path.as_os_str()]).expect_success();
                ledger.equal(row.unpacked(), &format!("{name} by libvhdi"), expected, ran.stdout.trim());
                by_libvhdi += 1;
            }
        }
    }
    assert!(hashed > 100 && by_libvhdi > 40, "{hashed} {by_libvhdi}");
    ledger.close(hashed + by_libvhdi);
}
