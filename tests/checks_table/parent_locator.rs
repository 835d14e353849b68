use uuid::Uuid;
use vhdxray::testkit::vhdx::{Built, Item, Locator, metadata};

use crate::Case;
use crate::folder::{Folder, ITEMS, METADATA, child, child_with, disk, locator};

/// Where a child's locator starts: behind the other five items.
const LOCATOR: u64 = ITEMS + 8 + 8 + 16 + 4 + 4;

/// A base, and a child with the locator that `locator` makes of it.
fn family(folder: &Folder, locator: impl FnOnce(&Built) -> Locator) {
    let base = disk().build();
    folder.put("base.vhdx", &base);
    folder.put("child.avhdx", &child_with(&base, locator(&base)).build());
}

/// Where the value of the `number`th entry of a locator stands.
fn value_at(locator: &Locator, number: usize) -> u64 {
    let before: usize = locator.entries[..number].iter().map(|(key, value)| key.len() + value.len()).sum();
    LOCATOR + (20 + 12 * locator.entries.len() + 2 * (before + locator.entries[number].0.len())) as u64
}

/// As Hyper-V writes it, with another relative path.
fn relative(base: &Built, path: &str) -> Locator {
    Locator::hyper_v(
        base.layout.data_write_guid,
        r"C:\Hyper-V\base.vhdx",
        path,
        r"\\?\Volume{5f1c2a70-0000-4000-8000-00000000c0de}\Hyper-V\base.vhdx",
    )
}

fn with_second(base: &Built, second: Uuid) -> Locator {
    let mut locator = locator(base, "base.vhdx");
    locator.entries.pop();
    locator.linkage2(second)
}

/// The place of the value of `relative_path` in the locators here.
fn relative_value() -> u64 {
    value_at(&relative(&disk().build(), "x"), 2)
}

pub(crate) fn cases() -> Vec<Case> {
    let clean: fn(&Folder) = |folder| family(folder, |base| locator(base, "base.vhdx"));
    let sample = locator(&disk().build(), "base.vhdx");
    let bare = || Locator::new().linkage(disk().build().layout.data_write_guid);
    vec![
        Case {
            code: "VHDX0701",
            at: Some(METADATA),
            with: &[],
            bad: |folder| {
                let base = disk().build();
                folder.put("base.vhdx", &base);
                folder.put("child.avhdx", &child(&base, "base.vhdx").without_item(metadata::PARENT_LOCATOR).build());
            },
            good: clean,
        },
        Case {
            code: "VHDX0702",
            at: Some(LOCATOR),
            with: &[],
            bad: |folder| {
                let base = disk().build();
                let left = Item::parent_locator(&locator(&base, "base.vhdx"));
                folder.put("a.vhdx", &disk().item(left).build());
            },
            good: clean,
        },
        Case {
            code: "VHDX0703",
            at: Some(LOCATOR),
            with: &[],
            bad: |folder| {
                family(folder, |base| Locator { locator_type: Uuid::from_u128(5), ..locator(base, "base.vhdx") });
            },
            good: clean,
        },
        Case {
            code: "VHDX0704",
            at: Some(value_at(&bare().entry("relative_path", r".\base.vhdx"), 0)),
            with: &[],
            bad: |folder| {
                family(folder, |_| {
                    Locator::new().entry("parent_linkage", "none").entry("relative_path", r".\base.vhdx")
                });
            },
            // Without braces and in upper case it is the same GUID.
            good: |folder| {
                family(folder, |base| {
                    let guid = base.layout.data_write_guid.to_string().to_uppercase();
                    Locator::new().entry("parent_linkage", &guid).entry("relative_path", r".\base.vhdx")
                });
            },
        },
        Case {
            code: "VHDX0705",
            at: Some(value_at(&sample, 4)),
            with: &[],
            bad: |folder| family(folder, |base| with_second(base, Uuid::from_u128(77))),
            // The same GUID twice, and all zero, say nothing.
            good: |folder| {
                family(folder, |base| with_second(base, base.layout.data_write_guid));
            },
        },
        Case {
            code: "VHDX0706",
            at: Some(LOCATOR + 20 + 12),
            with: &[],
            bad: |folder| {
                family(folder, |base| {
                    let path: Vec<u16> = r"\\?\Volume{0}\base".encode_utf16().chain([0xD800]).collect();
                    let key: Vec<u16> = "volume_path".encode_utf16().collect();
                    Locator::new().linkage(base.layout.data_write_guid).raw_entry(&key, &path)
                });
            },
            good: |folder| {
                family(folder, |base| {
                    Locator::new()
                        .linkage(base.layout.data_write_guid)
                        .entry("volume_path", r"\\?\Volume{0}\Größe.vhdx")
                });
            },
        },
        Case {
            code: "VHDX0707",
            at: Some(LOCATOR),
            with: &[],
            bad: |folder| {
                family(folder, |base| {
                    let mut locator = locator(base, "base.vhdx");
                    locator.entries[1].1 = r"C:\Hyper-V\old name.vhdx".encode_utf16().collect();
                    locator
                });
            },
            // Windows compares without regard to case.
            good: |folder| family(folder, |base| relative(base, r".\BASE.vhdx")),
        },
        Case {
            code: "VHDX0708",
            at: Some(relative_value()),
            with: &[],
            bad: |folder| family(folder, |base| relative(base, r".\sub\base.vhdx")),
            good: clean,
        },
        Case {
            code: "VHDX0709",
            at: Some(value_at(&bare().entry("absolute_win32_path", "x"), 1)),
            with: &[],
            bad: |folder| {
                family(folder, |base| {
                    let path = r"\\server\share\base.vhdx";
                    Locator::new().linkage(base.layout.data_write_guid).entry("absolute_win32_path", path)
                });
            },
            good: clean,
        },
        Case {
            code: "VHDX0710",
            at: Some(relative_value()),
            with: &["VHDX0707"],
            bad: |folder| {
                let base = disk().build();
                folder.put("named/base.vhdx", &base);
                let path = r"..\..\..\..\Windows\System32\config\SAM";
                folder.put("named/child.avhdx", &child_with(&base, relative(&base, path)).build());
            },
            // Hyper-V keeps disks and checkpoints in folders of their own: this climbs and agrees with the absolute path.
            good: |folder| {
                let base = disk().build();
                folder.put("disks/base.vhdx", &base);
                folder.put("named/copy.vhdx", &base);
                let path = r"..\Hyper-V\base.vhdx";
                folder.put("named/child.avhdx", &child_with(&base, relative(&base, path)).build());
            },
        },
        Case {
            code: "VHDX0710",
            at: Some(relative_value()),
            with: &["VHDX0707"],
            bad: |folder| family(folder, |base| relative(base, r"\\.\PhysicalDrive0")),
            good: clean,
        },
        Case {
            code: "VHDX0711",
            at: Some(value_at(&locator(&disk().build(), "child.avhdx"), 2)),
            with: &[],
            bad: |folder| {
                let base = disk().build();
                folder.put("base.vhdx", &base);
                folder.put("child.avhdx", &child(&base, "child.avhdx").build());
            },
            good: clean,
        },
        Case {
            code: "VHDX0712",
            at: Some(value_at(&sample, 2)),
            with: &[],
            bad: |folder| {
                let base = disk().build();
                folder.put("kept/renamed.vhdx", &base);
                folder.put("base.vhdx", &disk().seed(99).build());
                folder.put("child.avhdx", &child(&base, "base.vhdx").build());
            },
            // A copy of the parent serves as well.
            good: |folder| {
                let base = disk().build();
                folder.put("kept/renamed.vhdx", &base);
                folder.put("base.vhdx", &base);
                folder.put("child.avhdx", &child(&base, "base.vhdx").build());
            },
        },
    ]
}
