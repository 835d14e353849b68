//! `dump` over files whose every byte is known.
#![cfg(feature = "testkit")]

#[cfg(test)]
#[path = "support/golden.rs"]
mod golden;

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use uuid::uuid;
    use vhdxray::image::vhdx::{Depth, OpenOptions};
    use vhdxray::image::{FileKind, Image};
    use vhdxray::report::dump::{self, Part, Problems, Wanted};
    use vhdxray::report::json::{Shape, write_schema};
    use vhdxray::report::{RunFacts, Style};
    use vhdxray::source::MemorySource;
    use vhdxray::testkit::vhdx::{
        Block, Builder, Built, DirtyOptions, Item, Locator, LogEntry, LogRing, RegionEntry, Write, dirty,
    };
    use vhdxray::testkit::{SparseImage, pattern};

    use crate::golden;

    const MIB: u64 = 1 << 20;
    const STYLE: Style = Style { color: false, width: None, as_of: jiff::Timestamp::UNIX_EPOCH };

    fn open(image: &SparseImage, as_on_disk: bool) -> Image {
        let source = Arc::new(MemorySource::new(image.to_vec()));
        Image::open(source, FileKind::Vhdx, OpenOptions { depth: Depth::Full, as_on_disk }).unwrap()
    }

    fn text(image: &SparseImage, wanted: &Wanted) -> (String, Problems) {
        let mut out = Vec::new();
        let problems = dump::write_text(&open(image, false), wanted, STYLE, &mut out).unwrap();
        (String::from_utf8(out).unwrap(), problems)
    }

    fn parts(parts: &[Part]) -> Wanted {
        Wanted { parts: parts.to_vec(), ..Wanted::default() }
    }

    fn data(tag: u32) -> SparseImage {
        pattern::image(tag, 0, MIB)
    }

    fn dynamic() -> Built {
        Builder::dynamic(12 * MIB + 512)
            .seed(1)
            .block(0, Block::full(data(1)))
            .block(1, Block::full(data(2)))
            .block(2, Block::zero())
            .block(3, Block::unmapped().anchored(data(3)))
            .block(4, Block::undefined())
            .block(6, Block::raw(0xFFFF_FFFF_FFF0_0105))
            .block(12, Block::full(data(4)))
            .item(
                Item::new(uuid!("0b0d5fd0-0000-4000-8000-00000000beef"), b"forty bytes of something nobody can read")
                    .user(),
            )
            .item(Item::new(uuid!("0b0d5fd0-0000-4000-8000-00000000cafe"), b"\x01\x02"))
            .item(Item::incomplete_file())
            .build()
    }

    fn child() -> Built {
        let locator = Locator::hyper_v(
            uuid!("5e5e5e5e-1111-4222-8333-444444444444"),
            r"C:\Hyper-V\web.vhdx",
            r".\web.vhdx",
            r"\\?\Volume{5f1c2a70-0000-4000-8000-00000000c0de}\Hyper-V\web.vhdx",
        )
        .raw_entry(&[0x78, 0xD800], &[0x1B, 0x5B, 0x41, 0x202E]);
        Builder::differencing(6 * MIB, locator)
            .seed(2)
            .block(0, Block::partial(data(1)).present(0..8).present(100..2048))
            .block(1, Block::partial(data(2)).present(0..2048))
            .block(3, Block::zero())
            .build()
    }

    #[test]
    fn every_structure_of_a_dynamic_disk() {
        let (text, problems) = text(&dynamic().image, &Wanted::default());
        assert_eq!(problems.count, 0);
        golden::assert_same("dump-dynamic.txt", &text);
    }

    #[test]
    fn every_structure_of_a_differencing_disk() {
        let (text, problems) = text(&child().image, &Wanted::default());
        assert_eq!(problems.count, 0);
        assert!(!text.contains('\u{1B}') && !text.contains('\u{202E}'), "control characters reach the terminal");
        golden::assert_same("dump-differencing.txt", &text);
    }

    /// A log with a leftover of another log, three entries to be replayed, and one that was torn.
    fn dirty_file() -> SparseImage {
        let built = dynamic();
        let guid = uuid!("10600000-0000-4000-8000-000000000001");
        let old = uuid!("0d000000-0000-4000-8000-000000000001");
        let mut ring = LogRing::new(1 << 20);
        ring.seek(0x80000);
        ring.push(&LogEntry::new(old, 77, built.image.len()).zero(5 * MIB, 8192));
        let bat_entry = built.layout.entry_offset(2);
        let batches = [
            vec![Write::Bytes(bat_entry, ((built.image.len() & !0xF_FFFF) | 6).to_le_bytes().to_vec())],
            vec![Write::Zero(4 * MIB, 65536), Write::Bytes(5 * MIB + 4090, vec![0xAB; 12])],
        ];
        let options = DirtyOptions {
            start: 0xFF000,
            sequence_number: 9,
            ring: Some(ring),
            torn: Some(vec![Write::Bytes(4 * MIB, vec![1; 4096])]),
            ..DirtyOptions::new(guid)
        };
        dirty(&built, &batches, &options).file.image
    }

    #[test]
    fn a_dirty_log_shows_what_is_replayed_what_is_left_over_and_what_is_torn() {
        let (text, problems) = text(&dirty_file(), &parts(&[Part::Header, Part::Log, Part::Bat]));
        assert_eq!(problems.count, 0);
        golden::assert_same("dump-dirty-log.txt", &text);
    }

    #[test]
    fn a_log_cannot_make_a_file_longer_than_any_file() {
        let built = dynamic();
        let endless = [vec![Write::Zero(8 * MIB, 1 << 62)]];
        let options = DirtyOptions { last_file_offset: Some(8 * MIB), ..DirtyOptions::new(uuid::Uuid::from_u128(1)) };
        let image = open(&dirty(&built, &endless, &options).file.image, false);
        assert!(image.view().size().get() <= 128 << 40, "{}", image.view().size());
        assert!(!image.blockers().is_empty(), "an entry that cannot be replayed is passed over");
    }

    #[test]
    fn damage_is_shown_with_its_reason_and_the_rest_goes_on() {
        let mut built = child();
        built.layout.region_table.entries.push(RegionEntry {
            guid: uuid!("deadbeef-0000-4000-8000-000000000001"),
            file_offset: 40 * MIB,
            length: 1 << 20,
            flags: 1,
        });
        built.rewrite_region_tables();
        // A flipped bit in the current header, and a wrong signature in region table 1.
        built.image.write((128 << 10) + 20, &[0xFF]);
        built.image.write(192 << 10, b"bats");
        // The sector bitmap lies behind the end of the file.
        built.image.write(built.layout.bitmap_entry_offset(0), &((99 * MIB) | 6).to_le_bytes());
        let (text, problems) = text(&built.image, &Wanted::default());
        assert_eq!(problems.count, 1);
        golden::assert_same("dump-damaged.txt", &text);
    }

    #[test]
    fn a_file_cut_off_anywhere_is_dumped_to_where_it_ends() {
        let whole = child().image;
        for end in [
            0,
            1,
            519,
            64 << 10,
            (64 << 10) + 100,
            132 << 10,
            300 << 10,
            MIB,
            2 * MIB + 100,
            2 * MIB + (64 << 10),
            3 * MIB + 8,
        ] {
            let mut image = whole.clone();
            image.set_len(end);
            let (text, problems) = text(&image, &Wanted { raw: true, ..Wanted::default() });
            assert!(problems.count > 0, "{end}");
            assert!(text.contains("cannot be read"), "{end}");
        }
    }

    #[test]
    fn raw_bytes_stand_beside_the_fields_and_are_bounded() {
        let wanted = Wanted { raw: true, ..parts(&[Part::Header, Part::Locator]) };
        let (short, _) = text(&child().image, &wanted);
        golden::assert_same("dump-raw.txt", &short);
        let wanted = Wanted { raw: true, ..parts(&[Part::Log, Part::Bitmaps]) };
        let (long, _) = text(&child().image, &wanted);
        assert!(long.contains("and 983 040 more bytes, which are left out here"), "{long}");
    }

    #[test]
    fn all_entries_stand_on_lines_of_their_own_when_asked_for() {
        let wanted = Wanted { all: true, ..parts(&[Part::Bat]) };
        let (text, _) = text(&dynamic().image, &wanted);
        let blocks: Vec<&str> = text.lines().filter(|line| line.contains("  block ")).collect();
        assert_eq!(blocks.len(), 13);
        assert!(
            blocks[1].contains("block 1 ") && blocks[1].contains("fully present, 1.0 MiB at 0x500000"),
            "{}",
            blocks[1]
        );
    }

    #[test]
    fn the_json_says_the_same() {
        let mut schema = Vec::new();
        write_schema(Shape::named("dump").unwrap(), &mut schema).unwrap();
        golden::assert_same("dump.schema.json", std::str::from_utf8(&schema).unwrap());
        let schema: serde_json::Value = serde_json::from_slice(&schema).unwrap();
        for image in [dynamic().image, child().image, dirty_file()] {
            let facts = RunFacts::start(jiff::Timestamp::UNIX_EPOCH, None);
            let mut out = Vec::new();
            dump::write_json(&open(&image, false), &Wanted::default(), &facts, &mut out).unwrap();
            let dump: serde_json::Value = serde_json::from_slice(&out).unwrap();
            jsonschema::validate(&schema, &dump).unwrap();
            let structures = &dump["structures"];
            let structures = structures.as_array().unwrap();
            let find = |name: &str| structures.iter().find(|structure| structure["name"] == name).unwrap();
            let header = find("header 2");
            assert_eq!((header["offset"].as_u64(), header["length_bytes"].as_u64()), (Some(0x20000), Some(4096)));
            let field =
                |name: &str| header["fields"].as_array().unwrap().iter().find(|field| field["name"] == name).unwrap();
            assert_eq!(
                (field("SequenceNumber")["value"].as_u64(), field("SequenceNumber")["offset"].as_u64()),
                (Some(9), Some(0x20008))
            );
            let blocks: u64 = find("BAT")["fields"]
                .as_array()
                .unwrap()
                .iter()
                .filter(|row| row["name"] == "block")
                .map(|row| row["count"].as_u64().unwrap())
                .sum();
            let size = find("virtual disk size")["fields"][0]["value"].as_u64().unwrap();
            assert_eq!(blocks, size.div_ceil(MIB));
        }
    }
}
