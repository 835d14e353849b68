//! What people and programs are shown.

use std::path::Path;

use uuid::Uuid;
use vhdxray::report::json::{ConfigurationJson, VmParts};
use vhdxray::report::{Style, vm as text};
use vhdxray::testkit::hvs::{self, Bus, Container, Machine};
use vhdxray::vm::VmFile;

use super::golden;
use super::support::{CHECKPOINT, MACHINE, container, machine, read, read_as};

fn style() -> Style {
    Style { color: false, width: Some(100), as_of: "2026-11-25T12:00:00Z".parse().unwrap() }
}

fn shown(vm: &VmFile) -> String {
    let mut out = Vec::new();
    text::write(Path::new("web.vmcx"), vm, style(), &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

/// A machine with something in every section, in the middle of a commit and with a past.
fn rich() -> VmFile {
    let machine = || {
        machine()
            .drive(Bus::Scsi(0, 1), "ISO", "")
            .disk(Bus::Scsi(1, 0), r"\\nas\vms\data.vhdx")
            .created(133_211_067_586_606_556)
            .set("/configuration/properties/last_powered_on_time", 133_300_000_000_000_000)
            .set("/configuration/properties/notes", "Ask Ops before you touch it\r\n\u{1b}[2Jsecond line")
            .set("/configuration/properties/highly_available", true)
            .set("/configuration/global_settings/owner/sid", "S-1-5-18")
            .set("/configuration/global_settings/snapshots/enable_automatic", false)
            .set("/configuration/global_settings/snapshots/user_type", 3)
            .checkpoints(&[CHECKPOINT])
    };
    let before = Container::new(machine().keys).build();
    let now = Container::new(machine().set("/configuration/global_settings/disk_merge_pending", true).keys).build();
    let live = now.changes_from(&before);
    let older = Container::new(machine().set("/configuration/properties/name", "new").keys).build();
    read(&before.clone().with_log(&live, &older.changes_from(&before)).bytes)
}

#[test]
fn a_machine_for_people() {
    golden::assert_same("vm-machine.txt", &shown(&rich()));
    let mut out = Vec::new();
    text::write_history(Path::new("web.vmcx"), &rich(), style(), &mut out).unwrap();
    golden::assert_same("vm-history.txt", &String::from_utf8(out).unwrap());
    let mut out = Vec::new();
    text::write_keys(Path::new("web.vmcx"), &rich(), style(), &mut out).unwrap();
    golden::assert_same("vm-keys.txt", &String::from_utf8(out).unwrap());
}

#[test]
fn other_files_for_people() {
    let list = hvs::host_list(&[(MACHINE, r"D:\VMs\web.vmcx")], &[(MACHINE, r"C:\cache\web.vmcx")]);
    let mut list = list;
    list.set(&format!("/Configurations/ResourceTypes/_{}_", Uuid::from_u128(3)), r"C:\x.vmcx");
    let mut state = hvs::Keys::new();
    state.set("/savedstate/type", "Normal").set("/savedstate/RamBlock0", hvs::Value::Bytes(vec![0; 9000]));
    state.set("/configuration/properties/version", 0xA00);
    let xml = hvs::xml(&Machine::checkpoint(CHECKPOINT, MACHINE, "before").disk(Bus::Ide(0, 0), "C:\\a.avhdx").keys);
    let mut damaged = Container { table_size: 300, ..container() }.build();
    damaged.bytes[4096 + 20] ^= 1;
    let first = damaged.key_tables[0].clone();
    damaged.bytes[first].fill(0);
    let pages = [
        shown(&read_as(&Container::new(list).build().bytes, "data.vmcx")),
        shown(&read_as(&Container::new(state).build().bytes, "Virtual Machines/web.vmrs")),
        shown(&read_as(&xml[..xml.len() - 60], "Snapshots/web.xml")),
        shown(&read(&damaged.bytes)),
        shown(&read(&[0; 9000])),
    ];
    golden::assert_same("vm-others.txt", &pages.join("\n\n"));
}

#[test]
fn a_machine_for_programs() {
    let parts = VmParts { keys: false, history: true };
    let json = ConfigurationJson::new(Path::new("web.vmcx"), &rich(), parts);
    golden::assert_same("vm-machine.json", &(serde_json::to_string_pretty(&json).unwrap() + "\n"));
}
