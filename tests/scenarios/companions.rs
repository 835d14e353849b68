//! Companions: each belongs to the file whose name or id it carries.

use vhdxray::testkit::hvs::{Bus, Container, Keys, Machine};

use crate::kit::{Estate, recorded, scsi};

const DISKS: &str = "web/Virtual Hard Disks";
const CONFIGS: &str = "web/Virtual Machines";

fn machine() -> (Estate, String) {
    let mut estate = Estate::new();
    let id = estate.guid();
    estate.disk(&format!("{DISKS}/web.vhdx"));
    estate.machine(CONFIGS, id, Machine::new(id, "web"), &[scsi(0, &format!("{DISKS}/web.vhdx"))]);
    (estate, id.to_string().to_uppercase())
}

#[test]
fn change_tracking_with_and_without_its_disk() {
    let (mut estate, _) = machine();
    estate.disk("old/gone.vhdx");
    for extension in ["rct", "mrt"] {
        estate.put(&format!("{DISKS}/web.vhdx.{extension}"), b"tracked");
        estate.put(&format!("{DISKS}/lost.vhdx.{extension}"), b"tracked");
        estate.put(&format!("old/gone.vhdx.{extension}"), b"tracked");
    }
    let judged = estate.judged();
    for extension in ["rct", "mrt"] {
        let path = format!("{DISKS}/web.vhdx.{extension}");
        judged.expect(&path, "companion_in_use", "confirmed", "it belongs to");
        let path = format!("{DISKS}/lost.vhdx.{extension}");
        judged.expect(&path, "companion_orphan", "confirmed", "no disk beside it");
        let path = format!("old/gone.vhdx.{extension}");
        judged.expect(&path, "companion_orphan", "probable", "which nothing that was found needs");
    }
}

#[test]
fn state_files_with_and_without_their_configuration() {
    let (mut estate, id) = machine();
    let gone = estate.guid().to_string().to_uppercase();
    for extension in ["vmgs", "slp"] {
        estate.put(&format!("{CONFIGS}/{id}.{extension}"), b"state");
        estate.put(&format!("{CONFIGS}/{gone}.{extension}"), b"state");
    }
    let judged = estate.judged();
    for extension in ["vmgs", "slp"] {
        judged.expect(&format!("{CONFIGS}/{id}.{extension}"), "companion_in_use", "confirmed", "it belongs to");
        let path = format!("{CONFIGS}/{gone}.{extension}");
        judged.expect(&path, "companion_orphan", "confirmed", "no configuration has the id that it carries");
    }
}

#[test]
fn saved_memory_forbids_a_merge() {
    let (estate, id) = machine();
    let mut keys = Keys::new();
    keys.set("/savedstate/type", "Normal").set("/savedstate/VmVersion", 0x900);
    keys.set("/savedstate/RamMemoryBlock0", vhdxray::testkit::hvs::Value::Bytes(vec![7; 4096]));
    estate.put(&format!("{CONFIGS}/{id}.vmrs"), &Container::new(keys).build().bytes);
    let judged = estate.judged();
    judged.expect(&format!("{CONFIGS}/{id}.vmrs"), "companion_in_use", "confirmed", "holds a machine's memory");
}

#[test]
fn what_a_backup_left_beside_the_configuration() {
    let (mut estate, id) = machine();
    let leaf = format!("{DISKS}/{}", estate.automatic("web"));
    let path = format!("{CONFIGS}/{id}.vmcx.preCheckpointCopy");
    let machine = Machine::new(id.parse().expect("an id"), "web");
    estate.configuration(&path, machine, &[scsi(0, &leaf)]);
    estate.put(&format!("{DISKS}/BackupSnapshot.xml"), b"<snapshot/>");
    let judged = estate.judged();
    judged.expect(&path, "companion_in_use", "confirmed", "that backup has not ended well");
    judged.expect(&format!("{DISKS}/BackupSnapshot.xml"), "companion_orphan", "possible", "disks were restored here");
}

#[test]
fn a_disc_in_a_drive_and_one_in_none() {
    let mut estate = Estate::new();
    let id = estate.guid();
    let machine = Machine::new(id, "web").drive(Bus::Scsi(0, 1), "ISO", &recorded("iso/setup.iso"));
    estate.machine(CONFIGS, id, machine, &[]);
    estate.put("iso/setup.iso", b"disc");
    estate.put("iso/other.iso", b"disc");
    let judged = estate.judged();
    judged.expect("iso/setup.iso", "companion_in_use", "probable", "it is in a drive of");
    judged.expect("iso/other.iso", "unknown", "unknown", "no drive holds it");
}
