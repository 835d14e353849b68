use uuid::Uuid;
use vhdxray::testkit::vhdx::{Builder, Item, metadata};

use crate::Case;
use crate::folder::{Folder, ITEMS, METADATA, MIB, disk, full};

/// Where the builder's own five items have their entries, and the first one more.
const fn entry(number: u64) -> u64 {
    METADATA + 32 + 32 * number
}

fn own(id: u128, data: &[u8]) -> Item {
    Item::new(Uuid::from_u128(id), data)
}

pub(crate) fn cases() -> Vec<Case> {
    let clean: fn(&Folder) = |folder| folder.put("a.vhdx", &disk().build());
    vec![
        Case {
            code: "VHDX0601",
            at: Some(METADATA),
            with: &[],
            bad: |folder| {
                let mut built = disk().build();
                built.image.write(METADATA, b"metadatX");
                folder.put("a.vhdx", &built);
            },
            good: clean,
        },
        Case {
            code: "VHDX0602",
            at: Some(METADATA),
            with: &[],
            bad: |folder| folder.put("a.vhdx", &disk().without_item(metadata::VIRTUAL_DISK_SIZE).build()),
            good: clean,
        },
        Case {
            code: "VHDX0603",
            at: Some(entry(5)),
            with: &[],
            bad: |folder| folder.put("a.vhdx", &disk().item(own(1, b"x").required()).build()),
            // Named only in Microsoft's own code, and known.
            good: |folder| folder.put("a.vhdx", &disk().item(Item::new(metadata::CHS, &[0; 16])).build()),
        },
        Case {
            code: "VHDX0604",
            at: Some(entry(5)),
            with: &[],
            bad: |folder| folder.put("a.vhdx", &disk().item(own(1, b"x").user()).build()),
            good: |folder| folder.put("a.vhdx", &disk().item(Item::new(metadata::PMEM_LABEL_AREA, b"x")).build()),
        },
        Case {
            code: "VHDX0605",
            at: Some(entry(6)),
            with: &["VHDX0604"],
            bad: |folder| {
                let mut built = disk().item(own(1, b"x")).item(own(2, b"y")).build();
                built.image.write(entry(6), &built.image.read(entry(5), 16));
                folder.put("a.vhdx", &built);
            },
            // The flag IsUser is a part of the key.
            good: |folder| folder.put("a.vhdx", &disk().item(own(1, b"x")).item(own(1, b"y").user()).build()),
        },
        Case {
            code: "VHDX0606",
            at: Some(entry(6)),
            with: &["VHDX0604"],
            bad: |folder| {
                let first = Item { offset: Some(0x1_2000), ..own(1, &[0; 64]) };
                let second = Item { offset: Some(0x1_2020), ..own(2, &[0; 64]) };
                folder.put("a.vhdx", &disk().item(first).item(second).build());
            },
            good: |folder| folder.put("a.vhdx", &disk().item(own(1, &[0; 64])).item(own(2, &[0; 64])).build()),
        },
        Case {
            code: "VHDX0607",
            at: Some(entry(5)),
            with: &["VHDX0604"],
            bad: |folder| {
                let item = Item { offset: Some(0xF_FFF0), ..own(1, &[0; 64]) };
                folder.put("a.vhdx", &disk().item(item).build());
            },
            // An item without data has no place.
            good: |folder| folder.put("a.vhdx", &disk().item(own(1, b"")).build()),
        },
        Case {
            code: "VHDX0608",
            at: Some(ITEMS),
            with: &[],
            bad: |folder| folder.put("a.vhdx", &disk().block_size(3 << 20).build()),
            good: |folder| folder.put("a.vhdx", &disk().block_size(256 << 20).build()),
        },
        Case {
            code: "VHDX0608",
            at: Some(ITEMS + 8),
            with: &[],
            bad: |folder| folder.put("a.vhdx", &Builder::dynamic(8 * MIB + 100).block(0, full(1)).build()),
            good: |folder| folder.put("a.vhdx", &Builder::dynamic(8 * MIB + 512).block(0, full(1)).build()),
        },
        Case {
            code: "VHDX0608",
            at: Some(ITEMS + 8),
            with: &[],
            bad: |folder| {
                let size = Item::virtual_disk_size((64 << 40) + 512);
                folder.put("a.vhdx", &disk().item(size).build());
            },
            good: clean,
        },
        Case {
            code: "VHDX0608",
            at: Some(ITEMS + 32),
            with: &[],
            bad: |folder| folder.put("a.vhdx", &disk().item(Item::logical_sector_size(1024)).build()),
            good: |folder| folder.put("a.vhdx", &disk().sectors(4096, 4096).build()),
        },
        Case {
            code: "VHDX0608",
            at: Some(ITEMS + 36),
            with: &[],
            bad: |folder| folder.put("a.vhdx", &disk().item(Item::physical_sector_size(1024)).build()),
            good: |folder| folder.put("a.vhdx", &disk().sectors(512, 512).build()),
        },
        Case {
            code: "VHDX0608",
            at: Some(entry(1)),
            with: &[],
            bad: |folder| {
                let short = Item::new(metadata::VIRTUAL_DISK_SIZE, &[0; 4]).virtual_disk().required();
                folder.put("a.vhdx", &disk().item(short).build());
            },
            good: clean,
        },
        Case {
            code: "VHDX0609",
            at: Some(entry(5)),
            with: &[],
            bad: |folder| folder.put("a.vhdx", &disk().item(Item::incomplete_file()).build()),
            good: clean,
        },
        Case {
            code: "VHDX0610",
            at: Some(entry(1)),
            with: &[],
            bad: |folder| {
                let size = Item::new(metadata::VIRTUAL_DISK_SIZE, &(8 * MIB).to_le_bytes()).required();
                folder.put("a.vhdx", &disk().item(size).build());
            },
            good: clean,
        },
    ]
}
