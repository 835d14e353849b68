//! Fixtures of configurations that cannot be read as they should be.

use vhdxray::testkit::hvs::{Built, Container, Write, crc32};

use crate::Case;
use crate::estate::{config_name, web};
use crate::folder::Folder;

/// The configuration of a machine without disks, changed.
fn changed(folder: &Folder, change: impl FnOnce(&mut Built)) {
    let mut built = Container::new(web().keys).build();
    change(&mut built);
    put(folder, &built.bytes);
}

fn put(folder: &Folder, bytes: &[u8]) {
    folder.put_bytes(&config_name(uuid::Uuid::from_u128(1)), bytes);
}

fn whole(folder: &Folder) {
    changed(folder, |_| {});
}

pub(crate) fn cases() -> Vec<Case> {
    vec![
        Case { code: "VHDX1001", at: None, with: &[], bad: |folder| put(folder, &[0; 8192]), good: whole },
        Case { code: "VHDX1001", at: None, with: &[], bad: |folder| put(folder, b""), good: whole },
        Case {
            code: "VHDX1002",
            at: Some(0),
            with: &[],
            bad: |folder| changed(folder, |built| built.bytes[..8192].fill(0xFF)),
            good: whole,
        },
        Case {
            code: "VHDX1003",
            at: Some(8192 + 8),
            with: &[],
            bad: |folder| changed(folder, |built| built.bytes[8192 + 8 + 17] ^= 2),
            good: whole,
        },
        Case {
            code: "VHDX1004",
            at: Some(0x3022),
            with: &[],
            bad: |folder| {
                changed(folder, |built| {
                    let table = built.key_tables[0].start;
                    let write = Write::new(table, &built.bytes[table..table + 4096]);
                    *built = built.clone().with_log(&[write], &[]);
                    // A bit of the data that the entry stands for.
                    built.bytes[built.log.start + 4096] ^= 1;
                });
            },
            good: whole,
        },
        Case {
            code: "VHDX1005",
            at: Some(0),
            with: &[],
            bad: |folder| changed(folder, |built| built.bytes[20] ^= 1),
            good: whole,
        },
        Case {
            code: "VHDX1006",
            at: Some(0),
            with: &[],
            bad: |folder| put(folder, &Container { version: 0x500, ..Container::new(web().keys) }.build().bytes),
            good: whole,
        },
        Case {
            code: "VHDX1007",
            at: Some(0x1_4000),
            with: &[],
            bad: |folder| {
                let built = Container { table_size: 600, ..Container::new(web().keys) }.build();
                let mut bytes = built.bytes.clone();
                // The second table calls itself the first, and an older one.
                let table = built.key_tables[1].start;
                bytes[table + 2..table + 4].copy_from_slice(&1_u16.to_le_bytes());
                bytes[table + 4..table + 6].fill(0);
                bytes[table + 6..table + 10].fill(0);
                let sum = crc32(&bytes[table..table + 10]);
                bytes[table + 6..table + 10].copy_from_slice(&sum.to_le_bytes());
                put(folder, &bytes);
            },
            good: whole,
        },
    ]
}
