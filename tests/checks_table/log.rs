use uuid::Uuid;
use vhdxray::testkit::pattern;
use vhdxray::testkit::record::Checksum;
use vhdxray::testkit::vhdx::{Built, Dirty, DirtyOptions, LogEntry, LogRing, Write, dirty};

use crate::Case;
use crate::folder::{BAT, Folder, MIB, disk};

const LOG: u64 = MIB;
const GUID: Uuid = Uuid::from_u128(0x10C);

fn options() -> DirtyOptions {
    DirtyOptions::new(GUID)
}

/// A write of the BAT entry that is there already: the replay changes nothing.
fn harmless(built: &Built) -> Vec<Write> {
    vec![Write::Bytes(built.layout.entry_offset(0), built.image.read(built.layout.entry_offset(0), 8))]
}

fn dirty_disk(options: &DirtyOptions) -> Dirty {
    let built = disk().build();
    let write = harmless(&built);
    dirty(&built, &[write.clone(), write], options)
}

/// A closed file whose log holds this ring.
fn with_ring(log_guid: Uuid, ring: &LogRing) -> Built {
    disk().log_guid(log_guid).log(ring).build()
}

/// An entry that writes the first sector of the BAT as it is.
fn entry(log_guid: Uuid, sequence_number: u64) -> LogEntry {
    let built = disk().build();
    LogEntry::new(log_guid, sequence_number, 5 * MIB).data(BAT, &built.image.read(BAT, 4096))
}

fn ring(entries: &[LogEntry]) -> LogRing {
    let mut ring = LogRing::new(1 << 20);
    for entry in entries {
        ring.push(entry);
    }
    ring
}

pub(crate) fn cases() -> Vec<Case> {
    let clean: fn(&Folder) = |folder| folder.put("a.vhdx", &disk().build());
    vec![
        Case {
            code: "VHDX0301",
            at: Some(0x20040),
            with: &[],
            bad: |folder| {
                let mut built = dirty_disk(&options()).file;
                for header in &mut built.layout.headers {
                    header.log_version = 1;
                }
                built.rewrite_headers();
                folder.put("a.vhdx", &built);
            },
            good: clean,
        },
        Case {
            code: "VHDX0302",
            at: Some(0x20044),
            with: &["VHDX0905"],
            bad: |folder| {
                let mut built = disk().build();
                for header in &mut built.layout.headers {
                    header.log_length = 0;
                }
                built.rewrite_headers();
                folder.put("a.vhdx", &built);
            },
            good: clean,
        },
        Case {
            code: "VHDX0303",
            at: Some(LOG),
            with: &[],
            bad: |folder| folder.put("a.vhdx", &dirty_disk(&options()).file),
            // A zero log GUID says that there is nothing to replay, whatever the log holds.
            good: |folder| folder.put("a.vhdx", &disk().build()),
        },
        Case {
            code: "VHDX0304",
            at: Some(LOG),
            with: &[],
            bad: |folder| folder.put("a.vhdx", &disk().log_guid(GUID).build()),
            good: |folder| folder.put("a.vhdx", &disk().log_guid(Uuid::nil()).build()),
        },
        Case {
            code: "VHDX0305",
            at: Some(LOG + 0x4000),
            with: &["VHDX0303"],
            bad: |folder| {
                let built = disk().build();
                let torn = Some(harmless(&built));
                folder.put("a.vhdx", &dirty_disk(&DirtyOptions { torn, ..options() }).file);
            },
            good: |folder| folder.put("a.vhdx", &dirty_disk(&options()).file),
        },
        Case {
            code: "VHDX0306",
            at: Some(LOG + 0x4000),
            with: &["VHDX0303"],
            // The tail of the newer entry leads nowhere, so that the older sequence counts.
            bad: |folder| {
                let newer = LogEntry { tail: Some(0x9000), ..entry(GUID, 7) };
                let ring = ring(&[entry(GUID, 1), entry(GUID, 2), newer]);
                folder.put("a.vhdx", &with_ring(GUID, &ring));
            },
            // The numbers of another log say nothing.
            good: |folder| {
                let ring = ring(&[entry(GUID, 1), entry(GUID, 2), entry(Uuid::from_u128(9), 7)]);
                folder.put("a.vhdx", &with_ring(GUID, &ring));
            },
        },
        Case {
            code: "VHDX0307",
            at: Some(LOG),
            // The replay makes the file longer than its entry says.
            with: &["VHDX0303", "VHDX0904", "VHDX0905"],
            bad: |folder| {
                let beyond = LogEntry::new(GUID, 1, 5 * MIB).zero(6 * MIB, 4096);
                folder.put("a.vhdx", &with_ring(GUID, &ring(&[beyond])));
            },
            good: |folder| folder.put("a.vhdx", &dirty_disk(&options()).file),
        },
        Case {
            code: "VHDX0307",
            at: Some(LOG + 0x2000),
            with: &["VHDX0303"],
            // An entry that wants to write a header is refused, and the sequence ends before it.
            bad: |folder| {
                let header = LogEntry::new(GUID, 2, 5 * MIB).data(0x10000, &[7; 4096]);
                folder.put("a.vhdx", &with_ring(GUID, &ring(&[entry(GUID, 1), header])));
            },
            good: |folder| folder.put("a.vhdx", &dirty_disk(&options()).file),
        },
        Case {
            code: "VHDX0307",
            at: Some(LOG),
            with: &["VHDX0303"],
            bad: |folder| {
                let payload = LogEntry::new(GUID, 1, 5 * MIB).data(4 * MIB, &pattern::range(1, 0, 4096));
                folder.put("a.vhdx", &with_ring(GUID, &ring(&[payload])));
            },
            good: |folder| folder.put("a.vhdx", &dirty_disk(&options()).file),
        },
        Case {
            code: "VHDX0308",
            at: Some(LOG),
            with: &[],
            bad: |folder| {
                let flushed_file_offset = Some(9 * MIB);
                folder.put("a.vhdx", &dirty_disk(&DirtyOptions { flushed_file_offset, ..options() }).file);
            },
            good: |folder| folder.put("a.vhdx", &dirty_disk(&options()).file),
        },
        Case {
            code: "VHDX0309",
            at: Some(LOG),
            with: &[],
            bad: |folder| {
                let ring = ring(&[entry(GUID, 3), entry(GUID, 4)]);
                folder.put("a.vhdx", &with_ring(Uuid::nil(), &ring));
            },
            // What is not whole is no entry.
            good: |folder| {
                let damaged = LogEntry { checksum: Checksum::Wrong, ..entry(GUID, 3) };
                folder.put("a.vhdx", &with_ring(Uuid::nil(), &ring(&[damaged])));
            },
        },
    ]
}
