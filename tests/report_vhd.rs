//! VHD files (version 1) in the reports, beside VHDX: `info`, `dump`, the tree, the table and JSON of made files.
#![cfg(all(feature = "cli", feature = "testkit"))]

#[cfg(test)]
#[path = "support/golden.rs"]
mod golden;
#[cfg(test)]
mod support;

#[cfg(test)]
mod tests {
    use std::path::{Path, PathBuf};
    use std::time::{Duration, SystemTime};

    use jiff::Timestamp;
    use serde_json::{Value, json};
    use uuid::{Uuid, uuid};

    use vhdxray::estate::Silent;
    use vhdxray::inspect::{Inspection, Request, inspect};
    use vhdxray::report::{Style, table, tree};
    use vhdxray::testkit::record::Checksum;
    use vhdxray::testkit::vhd::{Block, Builder, Footer, ParentLocator};
    use vhdxray::testkit::{SparseImage, pattern, vhdx};

    use super::golden;
    use super::support::disks::vhdxray_in;
    use super::support::run::Ran;
    use super::support::schema::assert_valid;

    const MIB: u64 = 1 << 20;
    /// When all files were written, and three days later, from which ages count.
    const WRITTEN: Duration = Duration::from_hours(490_000);
    const AS_OF: Timestamp = Timestamp::constant(1_764_259_200, 0);
    const PARENT: Uuid = uuid!("11223344-5566-7788-99aa-bbccddeeff00");

    fn block(tag: u32, sectors: std::ops::Range<u64>) -> Block {
        Block::new(pattern::image(tag, 0, 2 * MIB)).present(sectors)
    }

    /// A parent, its child, and one of each kind that is odd.
    fn folder() -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        let put = |name: &str, image: &SparseImage| image.write_to(&folder.path().join(name)).unwrap();
        put("old.vhd", &parent().build().image);
        put("old_1.avhd", &child().build().image);
        put("virtual-pc.vhd", &virtual_pc().build().image);
        put("fixed.vhd", &Builder::fixed(4 * MIB).unique_id(Uuid::from_u128(4)).build().image);
        put("damaged.vhd", &damaged());
        put("new.vhdx", &vhdx::Builder::dynamic(8 * MIB).seed(6).build().image);
        folder
    }

    fn parent() -> Builder {
        Builder::dynamic(8 * MIB).unique_id(PARENT).block(0, block(1, 0..4096)).block(1, block(2, 0..4096))
    }

    /// A locator of each kind, one of them in bytes that are no UTF-8, one that is no text, one whose data are not there.
    fn child() -> Builder {
        Builder::differencing(8 * MIB, PARENT, 0x2B00_0001, "old.vhd")
            .unique_id(Uuid::from_u128(2))
            .extra_entries(3)
            .block(1, block(3, 8..16))
            .block(2, block(4, 0..4096))
            .locator(ParentLocator::absolute("C:\\Hyper-V\\old.vhd"))
            .locator(ParentLocator::relative(".\\old.vhd"))
            .locator(ParentLocator::relative_ansi(b".\\old.vhd\0"))
            .locator(ParentLocator::absolute_ansi(b"C:\\Platten\\gro\xdf.vhd"))
            .locator(ParentLocator::mac_url("file:///Volumes/old.vhd"))
            .locator(ParentLocator::new(*b"Mac ", b"\0\x1balias"))
            .locator(ParentLocator { data_offset: Some(1 << 40), ..ParentLocator::relative("far.vhd") })
    }

    /// A disk of 2004: a geometry that is smaller than the disk, a footer of 511 bytes, and all that a footer can tell.
    fn virtual_pc() -> Builder {
        let change = |footer: &mut Footer| {
            footer.features = 3;
            footer.saved_state = 1;
        };
        Builder::dynamic(16 * MIB)
            .unique_id(Uuid::from_u128(3))
            .creator(*b"vpc ", 0x0005_0003, *b"Mac ")
            .original_size(8 * MIB)
            .footer(change)
            .old_footer()
    }

    /// The copy counts, for the footer has lost its signature; one block is said to lie behind the end of the file.
    fn damaged() -> SparseImage {
        let builder =
            parent().unique_id(Uuid::from_u128(5)).checksums(Checksum::Right, Checksum::Right, Checksum::Wrong);
        let built = builder.raw_entry(3, 1 << 20).build();
        let mut image = built.image;
        image.write(built.layout.footer.start, b"lost");
        image
    }

    /// The report without what depends on the file system that the test runs on.
    fn stable(ran: &Ran) -> String {
        ran.stdout.split_inclusive('\n').filter(|line| !line.contains("Allocated by the volume")).collect()
    }

    #[test]
    fn info_shows_each_kind() {
        let folder = folder();
        for (file, name, status) in [
            ("old_1.avhd", "info-vhd-child.txt", 0),
            ("virtual-pc.vhd", "info-vhd-virtual-pc.txt", 0),
            ("fixed.vhd", "info-vhd-fixed.txt", 0),
            // It can be read by its footer copy; what is wrong with it is a finding.
            ("damaged.vhd", "info-vhd-damaged.txt", 1),
        ] {
            let ran = vhdxray_in(folder.path(), &["info", file]);
            assert_eq!(ran.status, Some(status), "{file}");
            assert_eq!(ran.stderr, "");
            assert!(!ran.stdout.contains('\u{1b}'), "control characters reach the terminal");
            golden::assert_same(name, &stable(&ran));
        }
    }

    #[test]
    fn dump_shows_every_structure() {
        let folder = folder();
        let child = vhdxray_in(folder.path(), &["dump", "old_1.avhd"]);
        assert_eq!(child.status, Some(2), "one locator cannot be read");
        golden::assert_same("dump-vhd-child.txt", &child.stdout);
        let fixed = vhdxray_in(folder.path(), &["dump", "fixed.vhd"]).expect_success();
        golden::assert_same("dump-vhd-fixed.txt", &fixed.stdout);
        let damaged = vhdxray_in(folder.path(), &["dump", "damaged.vhd"]);
        assert_eq!(damaged.status, Some(2), "{damaged}");
        assert_eq!(damaged.stderr.lines().count(), 1, "{damaged}");
        golden::assert_same("dump-vhd-damaged.txt", &damaged.stdout);
    }

    #[test]
    fn dump_takes_the_parts_of_a_vhd_by_name() {
        let folder = folder();
        let heads = |parts: &[&str]| {
            let ran = vhdxray_in(folder.path(), &[&["dump", "old.vhd"], parts].concat()).expect_success();
            let heads = ran.stdout.lines().filter(|line| !line.is_empty() && !line.starts_with(' '));
            heads.map(|line| line.split("  ").next().unwrap().to_owned()).collect::<Vec<_>>()
        };
        for (part, head) in [
            ("footer", "footer"),
            ("footer-copy", "footer copy"),
            ("dynamic-header", "dynamic disk header"),
            ("bat", "block allocation table"),
            ("locator", "parent locator"),
            ("bitmaps", "sector bitmap"),
        ] {
            assert_eq!(heads(&[part]), [head]);
        }
        assert_eq!(heads(&["bat", "footer"]), ["footer", "block allocation table"], "in the order of reading");
        for (file, part, format) in [("old.vhd", "log", "VHD"), ("new.vhdx", "footer", "VHDX")] {
            let ran = vhdxray_in(folder.path(), &["dump", file, part]);
            assert_eq!((ran.status, ran.stdout.as_str()), (Some(2), ""));
            assert!(ran.stderr.contains(&format!("{file}: a {format} file has no {part}, but ")), "{ran}");
        }
    }

    #[test]
    fn raw_bytes_stand_beside_the_fields() {
        let folder = folder();
        let ran = vhdxray_in(folder.path(), &["dump", "old.vhd", "--raw", "footer", "bat", "bitmaps"]).expect_success();
        golden::assert_same("dump-vhd-raw.txt", &ran.stdout);
    }

    #[test]
    fn all_entries_and_runs_stand_on_lines_of_their_own() {
        let folder = folder();
        let ran = vhdxray_in(folder.path(), &["dump", "old_1.avhd", "--all", "bat", "bitmaps"]).expect_success();
        let rows = |word: &str| ran.stdout.lines().filter(|line| line.contains(word)).count();
        assert_eq!(rows("  block "), 4 + 2);
        // Block 1 has a run before, in and after its eight sectors; block 2 is one run.
        assert_eq!(rows("  sector "), 3 + 1);
        assert!(ran.stdout.contains("  sector 4104-4111"), "{ran}");
        assert!(ran.stdout.contains("3 more entries follow, which stand for no block of the disk"), "{ran}");
    }

    #[test]
    fn json_has_the_facts_of_the_footer_and_no_others() {
        let folder = folder();
        let files = ["old.vhd", "old_1.avhd", "virtual-pc.vhd", "fixed.vhd"];
        let ran = vhdxray_in(folder.path(), &[&["info", "--format", "json"], &files[..]].concat()).expect_success();
        let info = ran.json();
        assert_valid("info", [&info]);
        let entry = |name: &str| {
            let files = info["files"].as_array().unwrap();
            files.iter().find(|file| file["path"] == name).unwrap().clone()
        };
        let child = entry("old_1.avhd");
        assert_eq!(child["kind"], "vhd");
        let image = &child["image"];
        let none = ["virtual_disk_id", "data_write_guid", "file_write_guid"];
        assert!(none.iter().all(|field| image[field] == Value::Null), "{image}");
        for (field, value) in [
            ("format", json!("vhd")),
            ("type", json!("differencing")),
            ("creator", json!("win ")),
            ("unique_id", json!("00000000-0000-0000-0000-000000000002")),
            ("time_stamp", json!("2022-11-10T18:31:28Z")),
            ("log_state", json!("none")),
            ("replayed", json!(false)),
            ("role", json!("leaf")),
            ("depth_count", json!(2)),
        ] {
            assert_eq!(image[field], value, "{field}");
        }
        let counts = |image: &Value| {
            let count = |state: &str| image["blocks"][state].as_u64().unwrap();
            let states = ["undefined", "zero", "unmapped", "partially_present", "reserved_count"];
            assert!(states.iter().all(|state| count(state) == 0));
            (count("not_present"), count("fully_present"), count("total_count"))
        };
        assert_eq!(counts(image), (2, 2, 4));
        let parent = &image["parent"];
        assert_eq!(parent["status"], "linked");
        assert_eq!(parent["found_by"], "relative_path");
        assert_eq!(parent["path"], "old.vhd");
        assert_eq!(parent["parent_time_stamp"], "2022-11-10T18:31:29Z");
        assert_eq!((&parent["expected_guid"], &parent["found_guid"]), (&json!(PARENT), &json!(PARENT)));
        assert_eq!(
            parent["locator"],
            json!({
                "header_name": "old.vhd",
                "w2ku": "C:\\Hyper-V\\old.vhd",
                "w2ru": ".\\old.vhd",
                "wi2r": ".\\old.vhd",
                "wi2k": "C:\\Platten\\gro\u{FFFD}.vhd",
                "macx": "file:///Volumes/old.vhd",
            })
        );
        let entries = parent["locator_entries"].as_array().unwrap();
        let raw = |key: &str| entries.iter().find(|entry| entry["key"] == key).unwrap()["value_raw_hex"].clone();
        assert_eq!(raw("wi2k"), "433a5c506c617474656e5c67726fdf2e766864");
        assert_eq!(raw("mac"), "001b616c696173");
        assert_eq!(entries.len(), 8);

        assert_eq!(entry("old.vhd")["image"]["children"], json!(["old_1.avhd"]));
        assert_eq!(entry("fixed.vhd")["image"]["blocks"], Value::Null);
        assert_eq!(entry("fixed.vhd")["image"]["block_size_bytes"], Value::Null);
        assert_eq!(entry("virtual-pc.vhd")["image"]["virtual_size_bytes"], 16 * MIB);
    }

    #[test]
    fn the_json_of_a_dump_has_its_shape() {
        let folder = folder();
        for file in ["old.vhd", "old_1.avhd", "virtual-pc.vhd", "fixed.vhd", "damaged.vhd"] {
            let dump = vhdxray_in(folder.path(), &["dump", "--raw", "--format", "json", file]).json();
            assert_valid("dump", [&dump]);
            let footer = &dump["structures"][0];
            assert_eq!(footer["name"], "footer", "{file}");
            let of_name = |name: &str| {
                let fields = footer["fields"].as_array().unwrap();
                fields.iter().find(|field| field["name"] == name).unwrap().clone()
            };
            let start = footer["offset"].as_u64().unwrap();
            assert_eq!(of_name("CurrentSize")["offset"], start + 48, "{file}");
            let length = if file == "virtual-pc.vhd" { 511 } else { 512 };
            assert_eq!(footer["length_bytes"], length, "{file}");
            assert_eq!(footer["raw_hex"].as_str().unwrap().len(), 2 * length, "{file}");
        }
    }

    fn inspection(folder: &Path) -> Inspection {
        let mut inspection = inspect(&Request { paths: vec![folder.to_owned()], ..Request::default() }, &Silent);
        let relative = |path: &mut PathBuf| *path = path.strip_prefix(folder).unwrap().to_owned();
        // Everything that depends on the machine is set: where the files lie, what their file system does, the clock.
        for file in &mut inspection.inventory.files {
            relative(&mut file.path);
            if let Some(stamp) = &mut file.stamp {
                stamp.allocated = Some(stamp.size);
                stamp.modified = Some(SystemTime::UNIX_EPOCH + WRITTEN);
            }
        }
        inspection.volumes.clear();
        inspection
    }

    #[test]
    fn both_formats_stand_side_by_side_in_a_scan() {
        let folder = folder();
        let inspection = inspection(folder.path());
        let style = Style { color: false, width: None, as_of: AS_OF };
        let mut out = Vec::new();
        tree::write(&inspection, style, &mut out).unwrap();
        golden::assert_same("scan-vhd.tree.txt", &String::from_utf8(std::mem::take(&mut out)).unwrap());
        table::write(&inspection, style, &mut out).unwrap();
        golden::assert_same("scan-vhd.table.txt", &String::from_utf8(out).unwrap());
    }
}
