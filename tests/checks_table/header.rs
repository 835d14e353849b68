use uuid::Uuid;
use vhdxray::testkit::damage::{self, Seal, Structure};
use vhdxray::testkit::record::Checksum;

use crate::Case;
use crate::folder::{Folder, disk};

pub(crate) fn cases() -> Vec<Case> {
    let clean: fn(&Folder) = |folder| folder.put("a.vhdx", &disk().build());
    vec![
        Case {
            code: "VHDX0101",
            at: Some(0),
            with: &[],
            bad: |folder| {
                let mut built = disk().build();
                built.image.write(7, b"X");
                folder.put("a.vhdx", &built);
            },
            good: clean,
        },
        Case {
            code: "VHDX0102",
            at: Some(0x10000),
            with: &[],
            bad: |folder| {
                let mut built = disk().build();
                damage::break_both_headers(&mut built);
                folder.put("a.vhdx", &built);
            },
            good: clean,
        },
        Case {
            code: "VHDX0103",
            at: Some(0x10000),
            with: &[],
            bad: |folder| {
                let mut built = disk().build();
                built.layout.headers[0].checksum = Checksum::Wrong;
                built.rewrite_headers();
                folder.put("a.vhdx", &built);
            },
            // Disk2vhd writes two headers with one number that say the same.
            good: |folder| folder.put("a.vhdx", &disk().sequence_numbers(5, 5).build()),
        },
        Case {
            code: "VHDX0104",
            at: Some(0x20000),
            with: &[],
            bad: |folder| {
                let mut built = disk().build();
                built.layout.headers[1].checksum = Checksum::Wrong;
                built.rewrite_headers();
                folder.put("a.vhdx", &built);
            },
            good: clean,
        },
        Case {
            code: "VHDX0105",
            at: Some(0x20000),
            with: &[],
            bad: |folder| {
                let mut built = disk().sequence_numbers(5, 5).build();
                built.layout.headers[1].file_write_guid = Uuid::from_u128(7);
                built.rewrite_headers();
                folder.put("a.vhdx", &built);
            },
            good: |folder| folder.put("a.vhdx", &disk().sequence_numbers(5, 5).build()),
        },
        Case {
            code: "VHDX0106",
            at: Some(0x20042),
            with: &["VHDX0108"],
            bad: |folder| {
                let mut built = disk().build();
                built.layout.headers[1].version = 2;
                built.rewrite_headers();
                folder.put("a.vhdx", &built);
            },
            // The older header does not count.
            good: |folder| {
                let mut built = disk().build();
                built.layout.headers[0].version = 2;
                built.rewrite_headers();
                folder.put("a.vhdx", &built);
            },
        },
        Case {
            code: "VHDX0107",
            at: Some(0x20020),
            with: &[],
            bad: |folder| folder.put("a.vhdx", &disk().data_write_guid(Uuid::nil()).build()),
            good: clean,
        },
        Case {
            code: "VHDX0108",
            at: Some(0x10000),
            with: &[],
            bad: |folder| {
                let mut built = disk().build();
                built.layout.headers[0].data_write_guid = Uuid::from_u128(7);
                built.rewrite_headers();
                folder.put("a.vhdx", &built);
            },
            // The log GUID alone differs in every file that was closed.
            good: |folder| {
                let mut built = disk().build();
                built.layout.headers[0].log_guid = Uuid::from_u128(7);
                built.rewrite_headers();
                folder.put("a.vhdx", &built);
            },
        },
        Case {
            code: "VHDX0109",
            at: Some(8),
            with: &[],
            bad: |folder| folder.put("a.vhdx", &disk().raw_creator(&[0x41, 0xD800]).build()),
            good: |folder| {
                folder.put("a.vhdx", &disk().creator("").build());
                folder.put("b.vhdx", &disk().creator("Größe 10.0").build());
            },
        },
    ]
    .into_iter()
    .chain([Case {
        code: "VHDX0103",
        at: Some(0x20000),
        with: &[],
        bad: |folder| {
            // A copy whose signature is gone cannot tell that it was the newer one.
            let mut built = disk().build();
            damage::overwrite(&mut built, Structure::Header2, 0, b"XXXX", Seal::Keep);
            folder.put("a.vhdx", &built);
        },
        good: clean,
    }])
    .collect()
}
