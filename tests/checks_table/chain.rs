use std::fs::File;
use std::time::{Duration, SystemTime};

use uuid::Uuid;
use vhdxray::testkit::damage;
use vhdxray::testkit::vhdx::{Built, Item, Locator};

use crate::Case;
use crate::folder::{Folder, ITEMS, MIB, child, child_with, disk, locator};

const LOCATOR: u64 = ITEMS + 40;
/// Where the value of `parent_linkage` stands in a locator of five entries: behind the key of 14 characters.
const LINKAGE: u64 = LOCATOR + 20 + 12 * 5 + 28;

fn family(folder: &Folder, name: &str) -> Built {
    let base = disk().build();
    folder.put("base.vhdx", &base);
    let built = child(&base, name).build();
    folder.put("child.avhdx", &built);
    built
}

/// A chain of this many files, base included.
fn chain(folder: &Folder, files: u64) {
    let mut parent = disk().build();
    folder.put("0.vhdx", &parent);
    for number in 1..files {
        let built = child(&parent, &name(number - 1)).seed(100 + number).build();
        folder.put(&name(number), &built);
        parent = built;
    }
}

fn name(number: u64) -> String {
    if number == 0 { "0.vhdx".to_owned() } else { format!("{number}.avhdx") }
}

/// A base with this many children.
fn fork(folder: &Folder, children: u64) {
    let base = disk().build();
    folder.put("0.vhdx", &base);
    for number in 1..=children {
        folder.put(&name(number), &child(&base, "0.vhdx").seed(100 + number).build());
    }
}

/// A base whose file was last written this long after its child's.
fn written_later(folder: &Folder, later: Duration) {
    family(folder, "base.vhdx");
    let start = SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000);
    let set =
        |name: &str, time| File::options().write(true).open(folder.path(name)).unwrap().set_modified(time).unwrap();
    set("child.avhdx", start);
    set("base.vhdx", start + later);
}

pub(crate) fn cases() -> Vec<Case> {
    let clean: fn(&Folder) = |folder| drop(family(folder, "base.vhdx"));
    vec![
        Case {
            code: "VHDX0801",
            at: Some(LINKAGE),
            with: &[],
            bad: |folder| folder.put("child.avhdx", &child(&disk().build(), "base.vhdx").build()),
            // Moved and renamed: the identity finds it.
            good: |folder| {
                let base = disk().build();
                folder.put("moved/other name.vhdx", &base);
                folder.put("moved/child.avhdx", &child(&base, "other name.vhdx").build());
            },
        },
        Case {
            code: "VHDX0802",
            at: Some(LINKAGE),
            with: &[],
            bad: |folder| {
                let base = disk().build();
                folder.put("named/a.vhdx", &disk().seed(50).build());
                let locator = Locator::hyper_v(
                    base.layout.data_write_guid,
                    r"D:\a\base.vhdx",
                    r"..\a\base.vhdx",
                    r"\\?\Volume{1}\a\base.vhdx",
                );
                folder.put("named/child.avhdx", &child_with(&base, locator).build());
            },
            good: clean,
        },
        Case {
            code: "VHDX0803",
            at: Some(LINKAGE),
            with: &[],
            bad: |folder| {
                let base = disk().build();
                folder.put("child.avhdx", &child(&base, "base.vhdx").build());
                folder.put("base.vhdx", &disk().data_write_guid(Uuid::from_u128(5)).build());
            },
            good: clean,
        },
        Case {
            code: "VHDX0804",
            // In a locator of two entries, the value of `parent_linkage2` comes last.
            at: Some(LOCATOR + 20 + 24 + 28 + 76 + 30),
            with: &[],
            bad: |folder| {
                let base = disk().build();
                folder.put("base.vhdx", &base);
                let locator = Locator::new().linkage(Uuid::from_u128(5)).linkage2(base.layout.data_write_guid);
                folder.put("child.avhdx", &child_with(&base, locator).build());
            },
            good: clean,
        },
        Case {
            code: "VHDX0805",
            at: Some(LINKAGE),
            with: &[],
            bad: |folder| {
                let base = disk().build();
                folder.put("copy 1/a.vhdx", &base);
                folder.put("copy 2/a.vhdx", &base);
                folder.put("child.avhdx", &child(&base, "base.vhdx").build());
            },
            // The one in the child's folder is meant.
            good: |folder| {
                let base = disk().build();
                folder.put("copy 1/base.vhdx", &base);
                folder.put("base.vhdx", &base);
                folder.put("child.avhdx", &child(&base, "base.vhdx").build());
            },
        },
        Case {
            code: "VHDX0806",
            at: Some(LINKAGE),
            with: &[],
            bad: |folder| {
                let base = disk().build();
                let (a, b) = (Uuid::from_u128(0xA), Uuid::from_u128(0xB));
                let link = |guid, name: &str| {
                    Locator::hyper_v(
                        guid,
                        &format!(r"C:\{name}"),
                        &format!(r".\{name}"),
                        &format!(r"\\?\Volume{{1}}\{name}"),
                    )
                };
                folder.put("a.avhdx", &child_with(&base, link(b, "b.avhdx")).data_write_guid(a).build());
                folder.put("b.avhdx", &child_with(&base, link(a, "a.avhdx")).data_write_guid(b).build());
            },
            good: clean,
        },
        Case {
            code: "VHDX0807",
            at: Some(LINKAGE),
            with: &["VHDX0102"],
            bad: |folder| {
                let mut base = disk().build();
                folder.put("child.avhdx", &child(&base, "base.vhdx").build());
                damage::break_both_headers(&mut base);
                folder.put("base.vhdx", &base);
            },
            good: clean,
        },
        Case {
            code: "VHDX0808",
            at: Some(ITEMS + 32),
            with: &[],
            bad: |folder| {
                let base = disk().build();
                folder.put("base.vhdx", &base);
                let locator = locator(&base, "base.vhdx");
                let other = vhdxray::testkit::vhdx::Builder::differencing(8 * MIB, locator).seed(2).sectors(4096, 4096);
                folder.put("child.avhdx", &other.virtual_disk_id(base.layout.virtual_disk_id).build());
            },
            // The physical size alone may differ.
            good: |folder| {
                let base = disk().build();
                folder.put("base.vhdx", &base);
                folder.put("child.avhdx", &child(&base, "base.vhdx").item(Item::physical_sector_size(512)).build());
            },
        },
        Case {
            code: "VHDX0809",
            at: Some(ITEMS + 8),
            with: &[],
            bad: |folder| {
                let base = disk().build();
                folder.put("base.vhdx", &base);
                folder.put("child.avhdx", &child(&base, "base.vhdx").item(Item::virtual_disk_size(16 * MIB)).build());
            },
            good: clean,
        },
        Case { code: "VHDX0810", at: None, with: &[], bad: |folder| chain(folder, 6), good: |folder| chain(folder, 5) },
        Case { code: "VHDX0811", at: None, with: &[], bad: |folder| fork(folder, 5), good: |folder| fork(folder, 1) },
        Case { code: "VHDX0812", at: None, with: &[], bad: |folder| fork(folder, 2), good: |folder| fork(folder, 1) },
        Case {
            code: "VHDX0813",
            at: None,
            with: &[],
            bad: |folder| written_later(folder, Duration::from_hours(25)),
            good: |folder| written_later(folder, Duration::from_hours(23)),
        },
        Case {
            code: "VHDX0814",
            at: Some(LINKAGE),
            with: &[],
            bad: |folder| {
                folder.put_image("base.vhd", &vhdxray::testkit::vhd::Builder::dynamic(8 * MIB).build().image);
                folder.put("child.avhdx", &child(&disk().build(), "base.vhd").build());
            },
            good: clean,
        },
    ]
}
