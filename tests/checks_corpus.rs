//! What all checks say of the corpus: nothing above info of clean files, exactly the expected of damaged ones, and
//! every info with its justification.

#[cfg(test)]
mod support;

use std::collections::BTreeSet;
use std::sync::OnceLock;

use support::corpus::Corpus;
use vhdxray::checks::{self, Findings, Severity};
use vhdxray::estate::Silent;
use vhdxray::image::vhdx::Depth;
use vhdxray::inspect::{Request, inspect};

/// Everything above info, by file, code and offset: first what the remarks on damaged copies expect, then faults that
/// the remarks on real files name.
const WRONG: [(&str, &str, u64); 31] = [
    ("damaged/bat-beyond-eof.vhdx", "VHDX0405", 0x30_0008),
    ("damaged/bat-duplicate.vhdx", "VHDX0407", 0x30_0008),
    ("damaged/bat-overlap-log.vhdx", "VHDX0408", 0x30_0008),
    ("damaged/blocksize-not-pow2.vhdx", "VHDX0608", 0x21_0000),
    ("damaged/hdr-active-bad-crc.vhdx", "VHDX0104", 0x2_0000),
    ("damaged/hdr-both-bad.vhdx", "VHDX0102", 0x1_0000),
    ("damaged/hdr-old-bad-crc.vhdx", "VHDX0103", 0x1_0000),
    ("damaged/log-all-bad.vhdx", "VHDX0304", 0x10_0000),
    // A copy of a file with a dirty log.
    ("damaged/log-last-entry-torn.vhdx", "VHDX0303", 0x10_1000),
    ("damaged/log-last-entry-torn.vhdx", "VHDX0305", 0x10_7000),
    ("damaged/region1-bad-crc.vhdx", "VHDX0202", 0x3_0000),
    ("damaged/sig-bad.vhdx", "VHDX0101", 0),
    ("damaged/truncated-payload.vhdx", "VHDX0405", 0x30_0000),
    ("damaged/unknown-required-region.vhdx", "VHDX0209", 0x3_0050),
    ("damaged/vsize-unaligned.vhdx", "VHDX0608", 0x21_0008),
    ("damaged-nobitmap/web_A0000000-0000-4000-8000-00000000000A.avhdx", "VHDX0501", 0x34_0000),
    ("damaged-nolinkage/web_A0000000-0000-4000-8000-00000000000A.avhdx", "VHDX0704", 0x21_0028),
    ("damaged-selfparent/server_0A1B2C3D-2222-4222-8222-222222222222.avhdx", "VHDX0711", 0x21_00FA),
    // That the sizes differ is for information; the log is dirty in the original too.
    ("damaged-sizemismatch/mail_c.avhdx", "VHDX0303", 0x10_0000),
    ("hyperv-checkpoint-orphan/differencing.avhdx", "VHDX0801", 0x21_0094),
    ("ov-broken-linkage/gold_child.avhdx", "VHDX0803", 0x21_0094),
    ("ov-dirty-base/file.vhdx", "VHDX0303", 0x10_5000),
    ("ov-dirty-leaf/mail_c.avhdx", "VHDX0303", 0x10_0000),
    ("vhd-qemu5-differential/image-differential.vhd", "VHDX1106", 0x224),
    ("vhd-qemu5-differential/image-differential.vhd", "VHDX1105", 0x20_0A40),
    ("vhd-qemu5-differential/image.vhd", "VHDX1105", 0x20_0A40),
    ("vhd-qemu5-plaso/image.vhd", "VHDX1116", 0x20_0A44),
    // Its parent_linkage has the bytes of the GUID in another order, which the evidence says.
    ("vrs-chain4-2m-512/snap1.avhdx", "VHDX0803", 0x31_0070),
    ("vrs-chain4-2m-512/snap2.avhdx", "VHDX0803", 0x31_0070),
    ("vrs-chain4-2m-512/snap3.avhdx", "VHDX0803", 0x31_0070),
    ("win10-dirtylog-1G/vhdx-log-replay.vhdx", "VHDX0303", 0x10_5000),
];

/// What is above info and concerns a file as a whole: the base of this chain was given another identity.
const JUDGED: [(&str, &str); 2] =
    [("ov-broken-linkage/gold_child.avhdx", "VHDX0910"), ("ov-broken-linkage/gold_grandchild.avhdx", "VHDX0910")];

/// Which files give an info.
enum Files {
    /// Exactly these.
    These(&'static [&'static str]),
    /// This many.
    Count(usize),
}

/// Every info with the reason why it is one.
const INFOS: [(&str, &str, Files); 15] = [
    (
        "VHDX0108",
        "QEMU writes the new DataWriteGuid with its second header update, and the files that were not closed after \
         their first write keep the state before it in the older header",
        Files::These(&[
            "damaged-sizemismatch/mail_c.avhdx",
            "ov-dirty-base/file.vhdx",
            "ov-dirty-leaf/mail_c.avhdx",
            "qemu10/q-dyn-1m.vhdx",
            "qemu10/q-dyn-32m.vhdx",
            "qemu10/q-fixed-1m.vhdx",
            "vrs-chain4-2m-512/root.vhdx",
            "vrs-chain4-2m-512/snap1.avhdx",
            "vrs-chain4-2m-512/snap2.avhdx",
            "vrs-chain4-2m-512/snap3.avhdx",
            "win10-ext2/ext2.vhdx",
        ]),
    ),
    ("VHDX0309", "the log of every file that was written to keeps its entries; they are history", Files::Count(58)),
    ("VHDX0409", "made so: a trimmed block that keeps its place", Files::These(&["ov-states-2m-512/states.vhdx"])),
    (
        "VHDX0504",
        "Windows sets the bits of whole blocks, and the disk of 4 MiB ends before its chunk",
        Files::These(&["win10-ntfs-pair/ntfs-differential.vhdx"]),
    ),
    (
        "VHDX0505",
        "these two writers store a block that was written as a whole as partially present",
        Files::These(&["du-chain3-1m-512/du_1.avhdx", "vrs-chain4-2m-512/snap2.avhdx"]),
    ),
    ("VHDX0809", "made so: allowed for VHDX", Files::These(&["damaged-sizemismatch/mail_c.avhdx"])),
    ("VHDX0812", "made so: a base with two children", Files::These(&["ov-fork-1m-4k/web.vhdx"])),
    (
        "VHDX0905",
        "openvmm and QEMU let files grow in steps; parts of damaged copies belong to nothing",
        Files::Count(39),
    ),
    (
        "VHDX0912",
        "damaged and dirty copies have the identity of what they are copies of, and three real disks were used again \
         by other tests",
        Files::Count(18),
    ),
    ("VHDX0913", "the sum of the files above and below", Files::These(&[""])),
    (
        "VHDX1012",
        "a real machine that the one real host's list does not name; hosts of the time of XML kept no list",
        Files::These(&["config-test-vmcx/test.vmcx"]),
    ),
    (
        "VHDX1013",
        "three of the machines that the real host lists are not in the corpus",
        Files::These(&["config-host-data-vmcx/data.vmcx"]),
    ),
    ("VHDX1113", "DiscUtils sets the bits of a block as it writes", Files::These(&["du-vhd-chain3/old.vhd"])),
    (
        "VHDX1117",
        "QEMU takes the geometry of disks made by Virtual PC, as the remark says",
        Files::These(&["vhd-vpc2007-127G/virtualpc-dynamic.vhd"]),
    ),
    (
        "VHDX1202",
        "the real run-time state has no configuration beside it",
        Files::These(&["config-test-vmrs/test.VMRS"]),
    ),
];

/// An info that depends on when the corpus was unpacked, for these files only.
const BY_TIME: (&str, [&str; 2]) = ("VHDX1115", ["du-vhd-chain3/old_1.avhd", "du-vhd-chain3/old_2.avhd"]);

struct Checked {
    findings: Findings,
    corpus: &'static Corpus,
}

#[cfg(test)]
impl Checked {
    /// All findings about the corpus; `None` on a machine without one.
    fn open() -> Option<&'static Self> {
        static CHECKED: OnceLock<Checked> = OnceLock::new();
        let corpus = Corpus::open()?;
        Some(CHECKED.get_or_init(|| {
            let mut request = Request { paths: vec![corpus.root().to_owned()], ..Request::default() };
            request.read.open.depth = Depth::Full;
            // Long after every file was written: what was just written is not called unneeded.
            request.as_of = Some("2100-01-01T00:00:00Z".parse().unwrap());
            let inspection = inspect(&request, &Silent);
            Self { findings: checks::run(&inspection.subject()), corpus }
        }))
    }

    /// File below the corpus, code and offset of each finding of a severity that `wanted` picks.
    fn list(&self, wanted: impl Fn(Severity) -> bool) -> BTreeSet<(String, &'static str, Option<u64>)> {
        let picked = self.findings.list.iter().filter(|finding| wanted(finding.severity));
        let each = picked.map(|finding| {
            let path = finding.path.strip_prefix(self.corpus.root()).unwrap();
            let path = path.to_string_lossy().replace('\\', "/");
            (path, finding.code, finding.offset.map(|offset| offset.0))
        });
        each.collect()
    }
}

#[test]
fn clean_files_give_nothing_above_info_and_all_others_what_is_expected() {
    let Some(checked) = Checked::open() else { return };
    let wrong = WRONG.into_iter().map(|(path, code, offset)| (path.to_owned(), code, Some(offset)));
    let judged = JUDGED.into_iter().map(|(path, code)| (path.to_owned(), code, None));
    let expected: BTreeSet<_> = wrong.chain(judged).collect();
    let found = checked.list(|severity| severity > Severity::Info);
    assert_eq!(found.difference(&expected).collect::<Vec<_>>(), Vec::<&(_, _, _)>::new(), "not expected");
    assert_eq!(expected.difference(&found).collect::<Vec<_>>(), Vec::<&(_, _, _)>::new(), "not found");
    assert!(checked.findings.not_shown.is_empty());
}

#[test]
fn every_damaged_copy_has_its_finding() {
    let Some(checked) = Checked::open() else { return };
    let expected: BTreeSet<&str> = WRONG.iter().map(|(path, ..)| *path).collect();
    for row in checked.corpus.rows.iter().filter(|row| row.damaged) {
        assert!(expected.contains(row.unpacked()), "{}: {}", row.unpacked(), row.remarks);
    }
}

#[test]
fn every_info_is_justified() {
    let Some(checked) = Checked::open() else { return };
    let mut infos = checked.list(|severity| severity == Severity::Info);
    infos.retain(|(path, code, _)| (*code, BY_TIME.1.contains(&path.as_str())) != (BY_TIME.0, true));
    for (code, why, files) in INFOS {
        let found: BTreeSet<String> = infos.iter().filter(|info| info.1 == code).map(|info| info.0.clone()).collect();
        match files {
            Files::These(files) => {
                let files: BTreeSet<String> = files.iter().map(|file| (*file).to_owned()).collect();
                assert_eq!(found, files, "{code}: {why}");
            }
            Files::Count(count) => assert_eq!(found.len(), count, "{code}: {why}\n{found:#?}"),
        }
        infos.retain(|info| info.1 != code);
    }
    assert!(infos.is_empty(), "without justification: {infos:?}");
}

#[test]
fn the_real_checkpoint_is_an_orphan_and_nothing_else() {
    let Some(checked) = Checked::open() else { return };
    let above = checked.list(|severity| severity > Severity::Info);
    let of_it: Vec<_> = above.iter().filter(|(path, ..)| path.starts_with("hyperv-checkpoint-orphan/")).collect();
    assert_eq!(of_it.len(), 1, "{of_it:?}");
    let stale = checked.findings.list.iter().find(|finding| {
        finding.code == "VHDX0309" && finding.path.ends_with("hyperv-checkpoint-orphan/differencing.avhdx")
    });
    // The 23 entries that the manifest's writer counted.
    let message = &stale.unwrap().message;
    assert!(message.contains("keeps 23 entries"), "{message}");
}
