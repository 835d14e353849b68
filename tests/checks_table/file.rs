use vhdxray::testkit::pattern;

use crate::Case;
use crate::folder::{ALSO_NAMED, CHANGED, Folder, MIB, child, disk};

pub(crate) fn cases() -> Vec<Case> {
    let clean: fn(&Folder) = |folder| folder.put("a.vhdx", &disk().build());
    vec![
        Case {
            code: "VHDX0901",
            at: None,
            with: &[],
            bad: |folder| folder.put("a.vhdx", &disk().file_length(100 << 10).build()),
            good: clean,
        },
        Case {
            code: "VHDX0902",
            at: None,
            with: &[],
            bad: |folder| folder.put_bytes("a.vhdx", b""),
            good: |folder| folder.put_bytes("a.txt", b""),
        },
        Case {
            code: "VHDX0903",
            at: None,
            with: &[],
            bad: |folder| folder.put_bytes("a.avhdx", &vec![0; 3 << 20]),
            good: |folder| folder.put_bytes("a.bin", &vec![0; 3 << 20]),
        },
        Case {
            code: "VHDX0904",
            at: Some(5 * MIB),
            with: &[],
            bad: |folder| folder.put("a.vhdx", &disk().trailing(b"appended").build()),
            good: clean,
        },
        Case {
            code: "VHDX0905",
            at: Some(5 * MIB),
            with: &[],
            bad: |folder| {
                let mut built = disk().file_length(9 * MIB).build();
                built.image.write_image(7 * MIB, &pattern::image(3, 0, 4096));
                folder.put("a.vhdx", &built);
            },
            good: clean,
        },
        Case {
            code: "VHDX0906",
            at: None,
            with: &[],
            bad: |folder| folder.put("a.vhd", &disk().build()),
            // Another extension is no statement about the type.
            good: |folder| folder.put("a.bak", &disk().build()),
        },
        Case {
            code: "VHDX0906",
            at: None,
            with: &[],
            bad: |folder| folder.put_bytes("a.vhdx", b"vhdsetv1"),
            good: |folder| folder.put_bytes("a.vhds", b"vhdsetv1"),
        },
        Case {
            code: "VHDX0906",
            at: None,
            with: &[],
            bad: |folder| folder.put("a.avhdx", &disk().build()),
            // Windows gives a differencing disk that was not made by a checkpoint the plain extension.
            good: |folder| {
                let base = disk().build();
                folder.put("base.vhdx", &base);
                folder.put("child.vhdx", &child(&base, "base.vhdx").build());
            },
        },
        Case {
            code: "VHDX0907",
            at: Some(0),
            with: &[],
            bad: |folder| folder.put_bytes("a.vhdx", &[0, 1, 2, 3]),
            good: |folder| folder.put_bytes("a.txt", &[0, 1, 2, 3]),
        },
        Case { code: "VHDX0909", at: None, with: &[], bad: |folder| folder.put(CHANGED, &disk().build()), good: clean },
        Case {
            code: "VHDX0908",
            at: None,
            with: &[],
            bad: |folder| folder.put_bytes(ALSO_NAMED, b"gone.vhdx"),
            good: clean,
        },
    ]
}
