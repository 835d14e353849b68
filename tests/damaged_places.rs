//! Tables, blocks and items in places where they cannot be: nothing is read from there, and what is said of it is true.
#![cfg(all(feature = "cli", feature = "testkit"))]
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

#[cfg(test)]
mod support;

use std::ffi::OsStr;
use std::path::Path;

use support::run::{Ran, vhdxray};
use tempfile::TempDir;
use uuid::Uuid;
use vhdxray::testkit::pattern;
use vhdxray::testkit::vhdx::bat::entry;
use vhdxray::testkit::vhdx::{
    Block, Builder, Built, Item, Locator, LogEntry, LogRing, RegionTable, metadata, region::REGION_TABLE_OFFSETS,
};

const MIB: u64 = 1 << 20;
/// Where the builder puts the log, the metadata region and the BAT of the disks here.
const LOG: u64 = MIB;
const METADATA: u64 = 2 * MIB;
const BAT: u64 = 3 * MIB;

fn disk() -> Builder {
    Builder::dynamic(8 * MIB).seed(1).block(0, Block::full(pattern::image(1, 0, MIB)))
}

/// A base, and a child whose first block has its first 8 sectors.
fn family(folder: &Path, change: impl FnOnce(Builder, &Built) -> Builder) -> Built {
    let base = disk().build();
    base.image.write_to(&folder.join("base.vhdx")).unwrap();
    let locator = Locator::windows(base.layout.data_write_guid, r".\base.vhdx", r"C:\base.vhdx");
    let block = Block::partial(pattern::image(9, 0, MIB)).present(0..8);
    let child =
        Builder::differencing(8 * MIB, locator).seed(2).virtual_disk_id(base.layout.virtual_disk_id).block(0, block);
    change(child, &base).build()
}

/// Changes both region tables in one way.
fn change_tables(built: &mut Built, change: impl Fn(&mut RegionTable)) {
    let mut table = built.layout.region_table.clone();
    change(&mut table);
    for offset in REGION_TABLE_OFFSETS {
        built.image.write(offset, &table.to_bytes());
    }
}

fn run(command: &str, path: &Path) -> Ran {
    vhdxray([OsStr::new(command), path.as_os_str()])
}

/// Fails unless the content of the disk is refused for this reason.
#[track_caller]
fn refused(path: &Path, why: &str) {
    for command in ["hash", "cat"] {
        let ran = run(command, path);
        assert_eq!(ran.status, Some(2), "{ran}");
        assert!(ran.stderr.contains(why), "{ran}");
        assert_eq!(ran.stdout, "", "{ran}");
    }
}

/// Code, offset and message of every finding.
fn findings(folder: &Path) -> Vec<(String, u64, String)> {
    let ran = vhdxray([OsStr::new("check"), folder.as_os_str(), OsStr::new("--format"), OsStr::new("json")]);
    let list = ran.json()["findings"].as_array().unwrap().clone();
    let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
    list.iter()
        .map(|found| (text(&found["code"]), found["offset"].as_u64().unwrap_or_default(), text(&found["message"])))
        .collect()
}

#[track_caller]
fn says(folder: &Path, code: &str, offset: u64, message: &str) {
    let found = findings(folder);
    assert!(found.contains(&(code.to_owned(), offset, message.to_owned())), "{found:#?}");
}

#[track_caller]
fn says_nothing_of(folder: &Path, code: &str) {
    let found = findings(folder);
    assert!(found.iter().all(|finding| finding.0 != code), "{found:#?}");
}

/// Nothing in the bytes of a BAT says that they are one: zeros of a log in its place read as a disk without content.
#[test]
fn a_bat_that_lies_elsewhere_is_not_read() {
    let cases = [
        (LOG, "BAT: lies where the log lies"),
        (METADATA, "BAT: lies where the metadata region lies"),
        (BAT + 4096, "BAT: does not lie on a whole megabyte behind the headers"),
        (0, "BAT: does not lie on a whole megabyte behind the headers"),
    ];
    for (place, why) in cases {
        let folder = TempDir::new().unwrap();
        let path = folder.path().join("a.vhdx");
        let mut built = disk().build();
        change_tables(&mut built, |table| {
            for region in table.entries.iter_mut().filter(|region| region.file_offset == BAT) {
                region.file_offset = place;
            }
        });
        built.image.write_to(&path).unwrap();
        refused(&path, why);
    }
}

/// A region that is longer than its entries may reach into the next: what counts is where the entries are.
#[test]
fn a_bat_region_that_is_too_long_is_read() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("a.vhdx");
    let mut built = disk().build();
    built.image.write_to(&path).unwrap();
    let content = run("hash", &path).expect_success().stdout;
    change_tables(&mut built, |table| {
        for region in table.entries.iter_mut().filter(|region| region.file_offset == BAT) {
            region.length = 5 << 20;
        }
    });
    // The block lies in the padding of the region now.
    built.image.write_to(&path).unwrap();
    assert_eq!(run("hash", &path).expect_success().stdout, content);
}

#[test]
fn a_sector_bitmap_in_a_structure_is_not_read() {
    for (place, name) in [(LOG, "log"), (BAT, "BAT"), (METADATA, "metadata table")] {
        let folder = TempDir::new().unwrap();
        let path = folder.path().join("child.avhdx");
        let built = family(folder.path(), |child, _| child.bitmap_entry(0, entry(6, place)));
        built.image.write_to(&path).unwrap();
        refused(&path, &format!("lies in the {name}"));
    }
}

#[test]
fn a_disk_of_no_sectors_is_damaged() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("a.vhdx");
    let mut built = disk().build();
    let size = built.layout.items[&metadata::VIRTUAL_DISK_SIZE].start;
    built.image.write(size, &[0; 8]);
    built.image.write_to(&path).unwrap();
    refused(&path, "the disk has no sectors");
    says(folder.path(), "VHDX0608", size, "virtual size is 0");
}

#[test]
fn the_rest_of_a_bitmap_that_was_cut_off_belongs_to_it() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("child.avhdx");
    let mut built = family(folder.path(), |child, _| child);
    let (entry_at, place) = (built.layout.bitmap_entry_offset(0), built.image.len());
    built.image.write(entry_at, &entry(6, place).to_le_bytes());
    built.image.set_len(place + MIB - 1);
    built.image.write_to(&path).unwrap();
    says(folder.path(), "VHDX0405", entry_at, "the sector bitmap of chunk 0 ends behind the end of the file");
    says_nothing_of(folder.path(), "VHDX0904");
}

/// The entry is wrong, but it names the space: it is not as if nothing did.
#[test]
fn space_that_a_reserved_state_names_is_not_free() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("a.vhdx");
    let mut built = disk().block(1, Block::full(pattern::image(2, 0, MIB))).build();
    let place = built.layout.blocks[&1];
    built.set_entry(1, entry(5, place));
    built.image.write_to(&path).unwrap();
    says(folder.path(), "VHDX0402", BAT + 8, "payload block 1 is in the reserved state 5");
    says_nothing_of(folder.path(), "VHDX0905");
}

/// State 7 is reserved for bitmap blocks and read as present, so its space is in use.
#[test]
fn a_bitmap_that_is_read_is_no_residue() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("child.avhdx");
    let mut built = family(folder.path(), |child, _| child);
    let (at, place) = (built.layout.bitmap_entry_offset(0), built.layout.bitmaps[&0]);
    built.image.write_to(&path).unwrap();
    let content = run("hash", &path).expect_success().stdout;
    built.image.write(at, &entry(7, place).to_le_bytes());
    built.image.write_to(&path).unwrap();
    assert_eq!(run("hash", &path).expect_success().stdout, content);
    says(folder.path(), "VHDX0503", at, "the sector bitmap of chunk 0 is in the reserved state 7");
    says_nothing_of(folder.path(), "VHDX0905");
    let ran = vhdxray([OsStr::new("residue"), path.as_os_str(), OsStr::new("--format"), OsStr::new("json")]);
    let ranges = ran.json()["ranges"].as_array().unwrap().clone();
    let covers = |range: &serde_json::Value| {
        let start = range["start_offset"].as_u64().unwrap();
        (start..start + range["length_bytes"].as_u64().unwrap()).contains(&place)
    };
    assert!(!ranges.iter().any(covers), "{ranges:#?}");
}

#[test]
fn a_region_far_behind_the_end_lacks_all_its_bytes_and_no_more() {
    let folder = TempDir::new().unwrap();
    // Cut in the log: metadata region and BAT are not there at all.
    let built = disk().file_length(LOG + 100).build();
    built.image.write_to(&folder.path().join("a.vhdx")).unwrap();
    let table = REGION_TABLE_OFFSETS[0] + 16;
    let entries = &built.layout.region_table.entries;
    let at = |place: u64| table + 32 * entries.iter().position(|region| region.file_offset == place).unwrap() as u64;
    let message = "1048576 bytes of the BAT region lie behind the end of the file";
    says(folder.path(), "VHDX0207", at(BAT) + 16, message);
    let message = "1048576 bytes of the metadata region lie behind the end of the file";
    says(folder.path(), "VHDX0207", at(METADATA) + 16, message);
}

#[test]
fn a_log_entry_is_told_what_it_aims_at() {
    let guid = Uuid::from_u128(0x10C);
    let cases = [
        (1 << 60, "an entry of the log aims behind any file"),
        (64 << 10, "an entry of the log aims at the header section or at the log itself"),
        (LOG, "an entry of the log aims at the header section or at the log itself"),
    ];
    for (target, message) in cases {
        let folder = TempDir::new().unwrap();
        let mut ring = LogRing::new(1 << 20);
        ring.push(&LogEntry::new(guid, 5, 5 * MIB).data(target, &[7; 4096]));
        let built = disk().log_guid(guid).log(&ring).build();
        built.image.write_to(&folder.path().join("a.vhdx")).unwrap();
        says(folder.path(), "VHDX0307", LOG, message);
    }
}

#[test]
fn an_item_that_is_too_short_says_how_long_it_is() {
    let folder = TempDir::new().unwrap();
    let built = disk().without_item(metadata::VIRTUAL_DISK_ID).item(Item {
        id: metadata::VIRTUAL_DISK_ID,
        data: vec![1; 3],
        ..Item::virtual_disk_id(Uuid::nil())
    });
    built.build().image.write_to(&folder.path().join("a.vhdx")).unwrap();
    let found = findings(folder.path());
    let about: Vec<_> = found.iter().filter(|finding| finding.0 == "VHDX0608").collect();
    assert_eq!(about.len(), 1, "{found:#?}");
    assert!(about[0].2.contains("too short for its value: 3 of 16 bytes"), "{found:#?}");
    // The disk is read without its id.
    run("hash", &folder.path().join("a.vhdx")).expect_success();
}

#[test]
fn sizes_that_no_disk_has_are_not_compared_with_the_parents() {
    for (item, bytes, code) in [
        (metadata::LOGICAL_SECTOR_SIZE, &[0; 4][..], "VHDX0808"),
        (metadata::VIRTUAL_DISK_SIZE, &[0xFF; 8][..], "VHDX0809"),
    ] {
        let folder = TempDir::new().unwrap();
        let mut built = family(folder.path(), |child, _| child);
        let at = built.layout.items[&item].start;
        built.image.write(at, bytes);
        built.image.write_to(&folder.path().join("child.avhdx")).unwrap();
        assert!(findings(folder.path()).iter().any(|finding| finding.0 == "VHDX0608" && finding.1 == at));
        says_nothing_of(folder.path(), code);
    }
}

#[test]
fn keys_of_a_locator_are_not_there_twice_and_not_empty() {
    type Change = fn(Locator) -> Locator;
    let cases: [(Change, &str); 3] = [
        (
            |locator| locator.entry("relative_path", r".\other.vhdx"),
            "a key of the parent locator has stood there before",
        ),
        (|locator| locator.entry("", "x"), "a key of the parent locator is empty"),
        (|locator| locator.entry("x", ""), "a value of the parent locator is empty"),
    ];
    for (change, message) in cases {
        let folder = TempDir::new().unwrap();
        let built = family(folder.path(), |child, base| {
            child.locator(change(
                Locator::new().linkage(base.layout.data_write_guid).entry("relative_path", r".\base.vhdx"),
            ))
        });
        built.image.write_to(&folder.path().join("child.avhdx")).unwrap();
        let found = findings(folder.path());
        assert!(found.iter().any(|finding| finding.0 == "VHDX0706" && finding.2 == message), "{found:#?}");
    }
}

#[test]
fn a_linkage_that_lies_outside_the_locator_is_found_at_its_entry() {
    let folder = TempDir::new().unwrap();
    let mut built = family(folder.path(), |child, _| child);
    let locator = built.layout.items[&metadata::PARENT_LOCATOR].start;
    // The first entry is parent_linkage; its value's offset stands behind that of the key.
    built.image.write(locator + 20 + 4, &u32::MAX.to_le_bytes());
    built.image.write_to(&folder.path().join("child.avhdx")).unwrap();
    let message = "the value of parent_linkage lies outside the locator";
    says(folder.path(), "VHDX0704", locator + 20, message);
}

#[test]
fn a_region_table_with_too_many_entries_is_named_so() {
    let folder = TempDir::new().unwrap();
    let mut built = disk().build();
    let table = RegionTable { entry_count: Some(2048), ..built.layout.region_table.clone() };
    built.image.write(REGION_TABLE_OFFSETS[0], &table.to_bytes());
    built.image.write_to(&folder.path().join("a.vhdx")).unwrap();
    let message = "region table 1 has an impossible entry count; region table 2 is used";
    says(folder.path(), "VHDX0202", REGION_TABLE_OFFSETS[0], message);
}

#[test]
fn one_thing_is_not_counted_in_the_plural() {
    let folder = TempDir::new().unwrap();
    let anchored = Block::unmapped().anchored(pattern::image(2, MIB, MIB));
    let built = disk().block(1, anchored).trailing(b"x").build();
    built.image.write_to(&folder.path().join("a.vhdx")).unwrap();
    let end = built.image.len() - 1;
    says(folder.path(), "VHDX0904", end, "1 byte behind the last whole megabyte belongs to nothing");
    says(folder.path(), "VHDX0409", BAT + 8, "1 block without content has a file offset all the same");
    let folder = TempDir::new().unwrap();
    disk().file_length(6 * MIB).build().image.write_to(&folder.path().join("a.vhdx")).unwrap();
    let message = "1048576 bytes in 1 range are referred to by nothing; no data there";
    says(folder.path(), "VHDX0905", 5 * MIB, message);
}

/// A file whose parent's recorded path is a symbolic link is not an orphan: nobody looked where the link leads.
#[cfg(unix)]
#[test]
fn a_parent_behind_a_symbolic_link_is_outside_and_not_missing() {
    let folder = TempDir::new().unwrap();
    let (near, far) = (folder.path().join("near"), folder.path().join("far"));
    std::fs::create_dir(&near).unwrap();
    std::fs::create_dir(&far).unwrap();
    let built = family(&near, |child, _| child);
    built.image.write_to(&near.join("child.avhdx")).unwrap();
    std::fs::rename(near.join("base.vhdx"), far.join("base.vhdx")).unwrap();
    std::os::unix::fs::symlink(far.join("base.vhdx"), near.join("base.vhdx")).unwrap();
    for command in ["info", "scan"] {
        let child = near.join("child.avhdx");
        let ran = vhdxray([OsStr::new(command), child.as_os_str(), OsStr::new("--format"), OsStr::new("json")]);
        assert_eq!(ran.json()["files"][0]["image"]["parent"]["status"], "outside", "{ran}");
    }
    says(
        &near,
        "VHDX0802",
        2 * MIB + (64 << 10) + 40 + 20 + 12 * 5 + 28,
        "the parent lies outside of what was looked at",
    );
}
