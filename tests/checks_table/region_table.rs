use uuid::Uuid;
use vhdxray::testkit::record::Checksum;
use vhdxray::testkit::vhdx::{Builder, Built, Place, REGION_TABLE_OFFSETS, RegionEntry, RegionTable};

use crate::Case;
use crate::folder::{Folder, MIB, disk};

const TABLE_1: u64 = REGION_TABLE_OFFSETS[0];
const TABLE_2: u64 = REGION_TABLE_OFFSETS[1];

/// Writes one of the two tables anew after a change.
fn rewrite(built: &mut Built, number: usize, change: impl FnOnce(&mut RegionTable)) {
    let mut table = built.layout.region_table.clone();
    change(&mut table);
    built.image.write(REGION_TABLE_OFFSETS[number], &table.to_bytes());
}

fn unknown(file_offset: u64, flags: u32) -> RegionEntry {
    RegionEntry { guid: Uuid::from_u128(0x1234), file_offset, length: 1 << 20, flags }
}

pub(crate) fn cases() -> Vec<Case> {
    let clean: fn(&Folder) = |folder| folder.put("a.vhdx", &disk().build());
    vec![
        Case {
            code: "VHDX0201",
            at: Some(TABLE_1),
            with: &[],
            bad: |folder| {
                let mut built = disk().build();
                rewrite(&mut built, 0, |table| table.checksum = Checksum::Wrong);
                rewrite(&mut built, 1, |table| table.entry_count = Some(2048));
                folder.put("a.vhdx", &built);
            },
            good: clean,
        },
        Case {
            code: "VHDX0202",
            at: Some(TABLE_1),
            with: &[],
            bad: |folder| {
                let mut built = disk().build();
                rewrite(&mut built, 0, |table| table.checksum = Checksum::Wrong);
                folder.put("a.vhdx", &built);
            },
            good: clean,
        },
        Case {
            code: "VHDX0202",
            at: Some(TABLE_2),
            with: &[],
            bad: |folder| {
                let mut built = disk().build();
                rewrite(&mut built, 1, |table| table.signature = *b"rege");
                folder.put("a.vhdx", &built);
            },
            good: clean,
        },
        Case {
            code: "VHDX0203",
            at: Some(TABLE_2 + 16),
            with: &[],
            bad: |folder| {
                let mut built = disk().build();
                rewrite(&mut built, 1, |table| table.entries[0].file_offset += MIB);
                folder.put("a.vhdx", &built);
            },
            good: clean,
        },
        Case {
            code: "VHDX0204",
            at: Some(TABLE_1),
            with: &[],
            bad: |folder| {
                let mut built = disk().build();
                built.layout.region_table.entries.remove(0);
                built.rewrite_region_tables();
                folder.put("a.vhdx", &built);
            },
            good: clean,
        },
        Case {
            code: "VHDX0205",
            at: Some(TABLE_1 + 16 + 64 + 16),
            with: &["VHDX0210", "VHDX0905"],
            bad: |folder| folder.put("a.vhdx", &disk().region(unknown(6 * MIB + 4096, 0)).file_length(9 * MIB).build()),
            good: |folder| folder.put("a.vhdx", &disk().region(unknown(6 * MIB, 0)).file_length(7 * MIB).build()),
        },
        Case {
            code: "VHDX0206",
            at: Some(TABLE_1 + 16 + 64),
            with: &["VHDX0210"],
            // Over the log, which no region table names.
            bad: |folder| folder.put("a.vhdx", &disk().region(unknown(MIB, 0)).build()),
            good: |folder| folder.put("a.vhdx", &disk().region(unknown(5 * MIB, 0)).file_length(6 * MIB).build()),
        },
        Case {
            code: "VHDX0207",
            at: Some(TABLE_1 + 16 + 16),
            with: &[],
            // The BAT region is longer than the file, and the entries that matter are in it.
            bad: |folder| {
                let builder = Builder::dynamic(8 * MIB).seed(1).place_length(Place::Bat, 4 * MIB);
                folder.put("a.vhdx", &builder.file_length(4 * MIB).build());
            },
            good: |folder| folder.put("a.vhdx", &disk().place_length(Place::Bat, 4 * MIB).build()),
        },
        Case {
            code: "VHDX0208",
            at: Some(TABLE_1 + 16 + 96),
            with: &["VHDX0210"],
            bad: |folder| {
                let builder = disk().region(unknown(5 * MIB, 0)).region(unknown(6 * MIB, 0));
                folder.put("a.vhdx", &builder.file_length(7 * MIB).build());
            },
            good: |folder| {
                let other = RegionEntry { guid: Uuid::from_u128(0x4321), ..unknown(6 * MIB, 0) };
                let builder = disk().region(unknown(5 * MIB, 0)).region(other);
                folder.put("a.vhdx", &builder.file_length(7 * MIB).build());
            },
        },
        Case {
            code: "VHDX0209",
            at: Some(TABLE_1 + 16 + 64),
            with: &[],
            bad: |folder| folder.put("a.vhdx", &disk().region(unknown(5 * MIB, 1)).file_length(6 * MIB).build()),
            // QEMU 1.6 did not mark the known regions as required.
            good: |folder| {
                let builder = disk().region_flags(Place::Bat, 0).region_flags(Place::Metadata, 0);
                folder.put("a.vhdx", &builder.build());
            },
        },
        Case {
            code: "VHDX0210",
            at: Some(TABLE_1 + 16 + 64),
            with: &[],
            bad: |folder| folder.put("a.vhdx", &disk().region(unknown(5 * MIB, 0)).file_length(6 * MIB).build()),
            good: clean,
        },
    ]
}
