//! Fixtures of a folder with machines in it: who needs a file.

use std::fs::File;
use std::time::{Duration, SystemTime};

use uuid::Uuid;
use vhdxray::testkit::hvs::{Bus, Container, Machine, host_list};
use vhdxray::testkit::vhdx::{Builder, Built};

use crate::Case;
use crate::folder::{FULL, Folder, MIB, child, disk, locator};

const WEB: Uuid = Uuid::from_u128(0x5F1C_2A70_0000_4000_8000_0000_0000_0001);
const DB: Uuid = Uuid::from_u128(0x5F1C_2A70_0000_4000_8000_0000_0000_0002);
pub(crate) const CHECKPOINT: Uuid = Uuid::from_u128(0x5F1C_2A70_0000_4000_8000_0000_0000_00C1);
const SECOND: Uuid = Uuid::from_u128(0x5F1C_2A70_0000_4000_8000_0000_0000_00C2);
/// The name of the disk over `web.vhdx`.
pub(crate) const OVER: &str = "web_5F1C2A70-0000-4000-8000-0000000000AA.avhdx";

/// The path as the host knew it.
fn recorded(name: &str) -> String {
    format!(r"D:\named\{name}")
}

pub(crate) fn web() -> Machine {
    Machine::new(WEB, "web")
}

pub(crate) fn configure(folder: &Folder, path: &str, machine: Machine, disks: &[&str]) {
    let machine = disks
        .iter()
        .zip(0..)
        .fold(machine, |machine, (disk, location)| machine.disk(Bus::Scsi(0, location), &recorded(disk)));
    folder.put_bytes(path, &Container::new(machine.keys).build().bytes);
}

pub(crate) fn config_name(id: Uuid) -> String {
    format!("{}.vmcx", id.to_string().to_uppercase())
}

/// A machine whose configuration lies beside its disks, and the host's list with it.
pub(crate) fn machine(folder: &Folder, machine: Machine, disks: &[&str]) {
    configure(folder, &config_name(WEB), machine, disks);
    list(folder, &[WEB]);
}

pub(crate) fn list(folder: &Folder, ids: &[Uuid]) {
    let paths: Vec<(Uuid, String)> = ids.iter().map(|id| (*id, recorded(&config_name(*id)))).collect();
    let entries: Vec<(Uuid, &str)> = paths.iter().map(|(id, path)| (*id, path.as_str())).collect();
    folder.put_bytes("data.vmcx", &Container::new(host_list(&entries, &[])).build().bytes);
}

/// A machine with one disk, and nothing beside it that is not in use.
fn whole(folder: &Folder) {
    folder.put("web.vhdx", &disk().build());
    machine(folder, web(), &["web.vhdx"]);
}

/// A base and the disk over it, as a checkpoint makes it.
pub(crate) fn pair(folder: &Folder) -> Built {
    let base = disk().build();
    folder.put("web.vhdx", &base);
    folder.put(OVER, &child(&base, "web.vhdx").build());
    base
}

/// The same with a machine on the leaf and a checkpoint that keeps the base.
pub(crate) fn with_checkpoint(folder: &Folder, name: &str, created: u64) {
    pair(folder);
    machine(folder, web().checkpoints(&[CHECKPOINT]), &[OVER]);
    let checkpoint = Machine::checkpoint(CHECKPOINT, WEB, name).created(created);
    configure(folder, &config_name(CHECKPOINT), checkpoint, &["web.vhdx"]);
}

/// A second machine, with the same disk or another.
fn second(folder: &Folder, disk_name: &str) {
    whole(folder);
    folder.put("db.vhdx", &disk().seed(50).build());
    configure(folder, &config_name(DB), Machine::new(DB, "db"), &[disk_name]);
    list(folder, &[WEB, DB]);
}

/// A checkpoint of a machine of two drives: the base of each, or of the second drive a file over it that another
/// checkpoint keeps.
fn two_drives(folder: &Folder, apart: bool) {
    let first = pair(folder);
    let top = "web_5F1C2A70-0000-4000-8000-0000000000AB.avhdx";
    let over = child(&first, "web.vhdx").build();
    folder.put(top, &child(&over, OVER).seed(71).build());
    let data = disk().seed(60).build();
    folder.put("data.vhdx", &data);
    let names = ["data_A.avhdx", "data_B.avhdx"];
    let over_data = child(&data, "data.vhdx").seed(61).build();
    folder.put(names[0], &over_data);
    let parent = if apart { (&data, "data.vhdx") } else { (&over_data, names[0]) };
    folder.put(names[1], &child(parent.0, parent.1).seed(62).build());
    machine(folder, web().checkpoints(&[CHECKPOINT, SECOND]), &[top, names[1]]);
    for (id, disks) in [
        (CHECKPOINT, ["web.vhdx", if apart { names[0] } else { "data.vhdx" }]),
        (SECOND, [OVER, if apart { "data.vhdx" } else { names[0] }]),
    ] {
        configure(folder, &config_name(id), Machine::checkpoint(id, WEB, "c"), &disks);
    }
}

fn set_modified(folder: &Folder, name: &str) {
    let time = SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000);
    File::options().write(true).open(folder.path(name)).unwrap().set_modified(time).unwrap();
}

/// 2024-10-02 08:00 UTC, as hosts record it.
const LONG_AGO: u64 = 133_723_296_000_000_000;

pub(crate) fn cases() -> Vec<Case> {
    [of_files(), of_machines(), of_companions()].into_iter().flatten().collect()
}

fn of_files() -> Vec<Case> {
    vec![
        Case {
            code: "VHDX0910",
            at: None,
            with: &["VHDX0803", "VHDX0913"],
            bad: |folder| {
                let then = disk().build();
                folder.put("web.vhdx", &disk().seed(77).virtual_disk_id(then.layout.virtual_disk_id).build());
                folder.put(OVER, &child(&then, "web.vhdx").build());
                machine(folder, web(), &["web.vhdx"]);
            },
            // The parent is as it was.
            good: |folder| {
                pair(folder);
                machine(folder, web(), &["web.vhdx"]);
            },
        },
        Case {
            code: "VHDX0911",
            at: None,
            with: &[],
            bad: |folder| {
                pair(folder);
                machine(folder, web(), &[OVER]);
            },
            good: |folder| with_checkpoint(folder, "before the update", LONG_AGO),
        },
        Case {
            code: "VHDX0912",
            at: None,
            with: &[],
            bad: |folder| {
                whole(folder);
                folder.put("backup/web.vhdx", &disk().build());
            },
            good: |folder| {
                whole(folder);
                folder.put("backup/web.vhdx", &disk().seed(51).virtual_disk_id(Uuid::from_u128(7)).build());
            },
        },
        Case {
            code: "VHDX0912",
            at: None,
            with: &[],
            // Both are in use.
            bad: |folder| {
                second(folder, "db.vhdx");
                folder.put("db.vhdx", &disk().build());
            },
            good: |folder| second(folder, "db.vhdx"),
        },
        Case {
            code: "VHDX0913",
            at: None,
            with: &[],
            bad: |folder| {
                whole(folder);
                folder.put("old.vhdx", &disk().seed(52).build());
            },
            good: whole,
        },
        Case {
            code: "VHDX0914",
            at: None,
            with: &["VHDX0913"],
            bad: |folder| {
                whole(folder);
                let base = disk().build();
                let empty = Builder::differencing(8 * MIB, locator(&base, "web.vhdx"))
                    .seed(53)
                    .virtual_disk_id(base.layout.virtual_disk_id);
                folder.put(OVER, &empty.build());
            },
            good: |folder| {
                pair(folder);
                machine(folder, web(), &["web.vhdx"]);
            },
        },
        Case {
            code: "VHDX0915",
            at: None,
            with: &[],
            bad: |folder| grows(folder, true),
            good: |folder| grows(folder, false),
        },
    ]
}

/// A chain of two of which the upper file has a block that the base has not, on a volume with or without room.
fn grows(folder: &Folder, full: bool) {
    with_checkpoint(folder, "before the update", LONG_AGO);
    let base = disk().build();
    folder.put(OVER, &child(&base, "web.vhdx").block(5, crate::folder::full(5)).build());
    if full {
        folder.put_bytes(FULL, b"");
    }
}

fn of_machines() -> Vec<Case> {
    vec![
        Case {
            code: "VHDX1008",
            at: None,
            with: &[],
            bad: |folder| {
                folder.put("named/web.vhdx", &disk().build());
                configure(folder, &format!("named/{}", config_name(WEB)), web(), &["web.vhdx", "gone.vhdx"]);
            },
            good: |folder| {
                folder.put("named/web.vhdx", &disk().build());
                configure(folder, &format!("named/{}", config_name(WEB)), web(), &["web.vhdx"]);
            },
        },
        Case {
            code: "VHDX1009",
            at: None,
            with: &[],
            bad: |folder| {
                folder.put("named/web.vhdx", &disk().build());
                configure(
                    folder,
                    &format!("named/{}", config_name(WEB)),
                    web().checkpoints(&[CHECKPOINT]),
                    &["web.vhdx"],
                );
                let checkpoint = Machine::checkpoint(CHECKPOINT, WEB, "before");
                configure(folder, &format!("named/{}", config_name(CHECKPOINT)), checkpoint, &["gone.vhdx"]);
            },
            good: |folder| with_checkpoint(folder, "before the update", LONG_AGO),
        },
        Case {
            code: "VHDX1010",
            at: None,
            with: &["VHDX0913"],
            bad: |folder| second(folder, "web.vhdx"),
            good: |folder| second(folder, "db.vhdx"),
        },
        Case {
            code: "VHDX1011",
            at: None,
            with: &[],
            bad: |folder| {
                whole(folder);
                configure(folder, &format!("copy/{}", config_name(WEB)), web(), &["web.vhdx"]);
            },
            // The copy that the host keeps.
            good: |folder| {
                whole(folder);
                configure(folder, &format!("Virtual Machines Cache/{}", config_name(WEB)), web(), &["web.vhdx"]);
            },
        },
        Case {
            code: "VHDX1012",
            at: None,
            with: &["VHDX0913"],
            bad: |folder| {
                second(folder, "db.vhdx");
                list(folder, &[WEB]);
            },
            good: |folder| second(folder, "db.vhdx"),
        },
        Case {
            code: "VHDX1013",
            at: None,
            with: &[],
            bad: |folder| {
                whole(folder);
                list(folder, &[WEB, DB]);
            },
            good: whole,
        },
        Case {
            code: "VHDX1014",
            at: None,
            with: &[],
            bad: |folder| {
                folder.put("web.vhdx", &disk().build());
                let owing = web().set("/configuration/global_settings/disk_merge_pending", true);
                machine(folder, owing, &["web.vhdx"]);
            },
            good: whole,
        },
        Case {
            code: "VHDX1015",
            at: None,
            with: &[],
            bad: |folder| with_checkpoint(folder, "web - Backup - (10/2/2024 - 8:00:00 AM)", LONG_AGO),
            good: |folder| with_checkpoint(folder, "before the update", LONG_AGO),
        },
        Case {
            code: "VHDX1016",
            at: None,
            with: &[],
            bad: |folder| {
                with_checkpoint(folder, "before the update", LONG_AGO);
                machine(folder, web().checkpoints(&[CHECKPOINT, SECOND]), &[OVER]);
            },
            good: |folder| with_checkpoint(folder, "before the update", LONG_AGO),
        },
        Case {
            code: "VHDX1017",
            at: None,
            with: &["VHDX0812"],
            bad: |folder| two_drives(folder, true),
            good: |folder| two_drives(folder, false),
        },
        Case {
            code: "VHDX1017",
            at: None,
            with: &["VHDX0812"],
            bad: |folder| two_drives(folder, true),
            // The second disk was added after the first checkpoint.
            good: |folder| {
                two_drives(folder, false);
                let first = Machine::checkpoint(CHECKPOINT, WEB, "c");
                configure(folder, &config_name(CHECKPOINT), first, &["web.vhdx"]);
                let second = Machine::checkpoint(SECOND, WEB, "c");
                configure(folder, &config_name(SECOND), second, &[OVER, "data.vhdx"]);
            },
        },
        Case {
            code: "VHDX1018",
            at: None,
            with: &[],
            bad: |folder| {
                whole(folder);
                saved(folder, "Normal", true);
            },
            good: |folder| {
                whole(folder);
                saved(folder, "Normal", false);
            },
        },
        Case {
            code: "VHDX1019",
            at: None,
            with: &["VHDX0911"],
            bad: |folder| {
                second(folder, "web.vhdx");
                pair(folder);
                machine(folder, web(), &[OVER]);
                list(folder, &[WEB, DB]);
                std::fs::remove_file(folder.path("db.vhdx")).unwrap();
            },
            good: |folder| with_checkpoint(folder, "before the update", LONG_AGO),
        },
    ]
}

/// The run-time state beside the configuration.
fn saved(folder: &Folder, kind: &str, memory: bool) {
    let mut keys = vhdxray::testkit::hvs::Keys::new();
    keys.set("/savedstate/type", kind).set("/savedstate/VmVersion", 0x900);
    if memory {
        keys.set("/savedstate/RamMemoryBlock0", vhdxray::testkit::hvs::Value::Bytes(vec![1; 64]));
    }
    folder.put_bytes(&format!("{}.vmrs", WEB.to_string().to_uppercase()), &Container::new(keys).build().bytes);
}

fn of_companions() -> Vec<Case> {
    vec![
        Case {
            code: "VHDX1201",
            at: None,
            with: &["VHDX0913"],
            bad: |folder| {
                whole(folder);
                folder.put_bytes("gone.vhdx.rct", b"rct");
            },
            good: |folder| {
                whole(folder);
                folder.put_bytes("web.vhdx.rct", b"rct");
            },
        },
        Case {
            code: "VHDX1202",
            at: None,
            with: &["VHDX0913"],
            bad: |folder| {
                whole(folder);
                folder.put_bytes(&format!("{}.vmgs", DB.to_string().to_uppercase()), b"GUESTRTS");
            },
            good: |folder| {
                whole(folder);
                folder.put_bytes(&format!("{}.vmgs", WEB.to_string().to_uppercase()), b"GUESTRTS");
            },
        },
        Case {
            code: "VHDX1203",
            at: None,
            with: &[],
            bad: |folder| {
                whole(folder);
                folder.put_bytes("web.hrl", &vec![1; 3 << 20]);
            },
            good: |folder| {
                whole(folder);
                folder.put_bytes("web.hrl", &vec![1; 1 << 20]);
            },
        },
        Case {
            code: "VHDX1204",
            at: None,
            with: &[],
            bad: |folder| {
                whole(folder);
                configure(folder, &format!("{}.preCheckpointCopy", config_name(WEB)), web(), &["web.vhdx"]);
            },
            good: whole,
        },
        Case {
            code: "VHDX1205",
            at: None,
            with: &["VHDX0913"],
            bad: |folder| {
                whole(folder);
                folder.put_bytes("BackupSnapshot.xml", b"<BackupSnapshot/>");
                set_modified(folder, "BackupSnapshot.xml");
            },
            good: |folder| {
                whole(folder);
                folder.put_bytes("notes.xml", b"<notes/>");
            },
        },
    ]
}
