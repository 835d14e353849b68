//! Configurations: registered, forgotten, half imported, damaged, and those whose disks are gone.

use vhdxray::testkit::hvs::{Machine, xml};

use crate::kit::{Estate, recorded, scsi};

const DISKS: &str = "web/Virtual Hard Disks";
const CONFIGS: &str = "web/Virtual Machines";

#[test]
fn a_configuration_that_the_host_lists() {
    let mut estate = Estate::new();
    let id = estate.guid();
    estate.disk(&format!("{DISKS}/web.vhdx"));
    let path = estate.machine(CONFIGS, id, Machine::new(id, "web"), &[scsi(0, &format!("{DISKS}/web.vhdx"))]);
    let judged = estate.judged();
    judged.expect(&path, "config_in_use", "confirmed", "a host's list names machine \"web\"");
    judged.expect("host/data.vmcx", "config_in_use", "confirmed", "a host's list of its machines");
}

#[test]
fn a_configuration_that_no_host_lists() {
    let mut estate = Estate::new();
    let (web, old) = (estate.guid(), estate.guid());
    for name in ["web", "old"] {
        estate.disk(&format!("{DISKS}/{name}.vhdx"));
    }
    estate.machine(CONFIGS, web, Machine::new(web, "web"), &[scsi(0, &format!("{DISKS}/web.vhdx"))]);
    let path = estate.unlisted(CONFIGS, old, Machine::new(old, "old"), &[scsi(0, &format!("{DISKS}/old.vhdx"))]);
    let judged = estate.judged();
    judged.expect(&path, "config_unregistered", "possible", "no host's list that was scanned names machine \"old\"");
    // Whoever still names a disk uses it, listed or not.
    judged.expect(&format!("{DISKS}/old.vhdx"), "active_leaf", "probable", "no host's list names the machine");
}

/// A leaf was deleted by hand to free space: what is left of its chain is what the machine can be saved from.
#[test]
fn a_leaf_that_was_deleted_by_hand() {
    let mut estate = Estate::new();
    let id = estate.guid();
    let base = estate.disk(&format!("{DISKS}/web.vhdx"));
    let leaf = format!("{DISKS}/{}", estate.automatic("web"));
    estate.child(&leaf, &base, "web.vhdx");
    let path = estate.machine(CONFIGS, id, Machine::new(id, "web"), &[scsi(0, &leaf)]);
    estate.remove(&leaf);
    let judged = estate.judged();
    judged.expect(&path, "config_missing_disk", "confirmed", "its folder has no such file");
    judged.expect(
        &format!("{DISKS}/web.vhdx"),
        "active_leaf",
        "possible",
        "it may be the disk that machine \"web\" misses",
    );
}

/// A backup was restored: the machine names the checkpoint's file, and only the recovered copy of it is there.
#[test]
fn a_restored_machine_that_names_a_file_of_its_backup() {
    let mut estate = Estate::new();
    let id = estate.guid();
    let base = estate.disk(&format!("{DISKS}/web.vhdx"));
    estate.child(&format!("{DISKS}/web-AutoRecovery.avhdx"), &base, "web.vhdx");
    let leaf = format!("{DISKS}/{}", estate.automatic("web"));
    let path = estate.machine(CONFIGS, id, Machine::new(id, "web"), &[scsi(0, &leaf)]);
    let judged = estate.judged();
    judged.expect(&path, "config_missing_disk", "confirmed", "another file could be it");
    assert!(judged.unneeded().is_empty(), "{:?}", judged.unneeded());
}

#[test]
fn a_checkpoint_whose_disk_was_deleted() {
    let mut estate = Estate::new();
    let (id, checkpoint) = (estate.guid(), estate.guid());
    estate.disk(&format!("{DISKS}/web.vhdx"));
    estate.machine(
        CONFIGS,
        id,
        Machine::new(id, "web").checkpoints(&[checkpoint]),
        &[scsi(0, &format!("{DISKS}/web.vhdx"))],
    );
    let kept = [scsi(0, &format!("{DISKS}/{}", estate.automatic("web")))];
    let path = estate.unlisted("web/Snapshots", checkpoint, Machine::checkpoint(checkpoint, id, "ghost"), &kept);
    estate.judged().expect(&path, "config_missing_disk", "confirmed", "checkpoint \"ghost\" names");
}

#[test]
fn a_checkpoint_that_its_machine_no_longer_knows() {
    let mut estate = Estate::new();
    let (id, checkpoint) = (estate.guid(), estate.guid());
    estate.disk(&format!("{DISKS}/web.vhdx"));
    let disks = [scsi(0, &format!("{DISKS}/web.vhdx"))];
    estate.machine(CONFIGS, id, Machine::new(id, "web"), &disks);
    let path = estate.unlisted("web/Snapshots", checkpoint, Machine::checkpoint(checkpoint, id, "left"), &disks);
    estate.judged().expect(&path, "config_unregistered", "possible", "says that it has no checkpoints");
}

#[test]
fn a_machine_that_was_imported_in_part() {
    let mut estate = Estate::new();
    let id = estate.guid();
    estate.disk(&format!("{DISKS}/new.vhdx"));
    let disks = [scsi(0, &format!("{DISKS}/new.vhdx"))];
    let path = estate.unlisted("web/Planned Virtual Machines", id, Machine::new(id, "new"), &disks);
    let judged = estate.judged();
    judged.expect(&path, "config_unregistered", "possible", "imported only in part");
    judged.expect(&format!("{DISKS}/new.vhdx"), "active_leaf", "probable", "the half-imported machine \"new\"");
}

/// The storage of a machine's configuration is gone; the host keeps a copy of it.
#[test]
fn the_hosts_copy_of_a_configuration() {
    let mut estate = Estate::new();
    let id = estate.guid();
    estate.disk(&format!("{DISKS}/web.vhdx"));
    let disks = [scsi(0, &format!("{DISKS}/web.vhdx"))];
    let path = estate.unlisted("host/Virtual Machines Cache", id, Machine::new(id, "web"), &disks);
    let judged = estate.judged();
    judged.expect(&path, "config_in_use", "confirmed", "the host's copy of the configuration of machine \"web\"");
    judged.expect(&format!("{DISKS}/web.vhdx"), "active_leaf", "probable", "the host's copy");
}

/// Power loss left a configuration of zeros.
#[test]
fn a_configuration_of_zeros() {
    let mut estate = Estate::new();
    let id = estate.guid();
    estate.disk(&format!("{DISKS}/web.vhdx"));
    let lost = format!("{CONFIGS}/{}.vmcx", id.to_string().to_uppercase());
    estate.put(&lost, &[0; 8192]);
    let other = estate.guid();
    estate.disk("db/Virtual Hard Disks/db.vhdx");
    let disks = [scsi(0, "db/Virtual Hard Disks/db.vhdx")];
    estate.machine("db/Virtual Machines", other, Machine::new(other, "db"), &disks);
    let judged = estate.judged();
    judged.expect(&lost, "unknown", "unknown", "could not be read in full");
    let reason = "1 configuration could not be read in full";
    judged.expect(&format!("{DISKS}/web.vhdx"), "deleted_machine_disk", "possible", reason);
}

/// Server 2012 R2: the configuration is a document, memory and device state lie in a folder of the machine's id.
#[test]
fn a_machine_of_2012_r2_with_saved_memory() {
    let mut estate = Estate::new();
    let id = estate.guid();
    let name = id.to_string().to_uppercase();
    estate.disk(&format!("{DISKS}/old.vhdx"));
    let (bus, path) = scsi(0, &format!("{DISKS}/old.vhdx"));
    estate.put(&format!("{CONFIGS}/{name}.xml"), &xml(&Machine::new(id, "old").disk(bus, &path).keys));
    estate.put(&format!("{CONFIGS}/{name}/{name}.bin"), &[1; 4096]);
    estate.put(&format!("{CONFIGS}/{name}/{name}.vsv"), &[1; 4096]);
    let judged = estate.judged_as_it_is();
    judged.expect(&format!("{CONFIGS}/{name}.xml"), "config_in_use", "probable", "no host's list was scanned");
    judged.expect(&format!("{DISKS}/old.vhdx"), "active_leaf", "confirmed", "machine \"old\"");
    for state in ["bin", "vsv"] {
        judged.expect(&format!("{CONFIGS}/{name}/{name}.{state}"), "companion_in_use", "probable", "it belongs to");
    }
}

/// The whole folder of a machine was copied: each checkpoint belongs to the configuration that it lies with, and it is one
/// machine all the same.
#[test]
fn a_machine_and_a_copy_of_its_folder() {
    let mut estate = Estate::new();
    let (id, checkpoint) = (estate.guid(), estate.guid());
    let base = estate.disk("web/Virtual Hard Disks/web.vhdx");
    let leaf = estate.automatic("web");
    estate.child(&format!("web/Virtual Hard Disks/{leaf}"), &base, "web.vhdx");
    for folder in ["backup/web", "web"] {
        for disk in ["web.vhdx", leaf.as_str()] {
            let path = format!("Virtual Hard Disks/{disk}");
            if folder != "web" {
                estate.copy(&format!("web/{path}"), &format!("{folder}/{path}"));
            }
        }
        let machine = Machine::new(id, "web").checkpoints(&[checkpoint]);
        let attached = [scsi(0, &format!("web/Virtual Hard Disks/{leaf}"))];
        let path = estate.unlisted(&format!("{folder}/Virtual Machines"), id, machine, &attached);
        if folder == "web" {
            estate.list_also(id, &recorded(&path));
        }
        let kept = [scsi(0, "web/Virtual Hard Disks/web.vhdx")];
        let snapshots = format!("{folder}/Snapshots");
        estate.unlisted(&snapshots, checkpoint, Machine::checkpoint(checkpoint, id, "before"), &kept);
    }
    let judged = estate.judged();
    let machines = &judged.inspection.machines;
    for (number, machine) in machines.iter().filter(|(_, machine)| machine.is_machine()) {
        let folder = |file: vhdxray::chain::FileNo| {
            judged.inspection.file(file).unwrap().path.parent().unwrap().parent().unwrap().to_owned()
        };
        let owned: Vec<_> = machines.checkpoints(number).map(|(_, checkpoint)| folder(checkpoint.file)).collect();
        assert_eq!(owned, [folder(machine.file)]);
    }
    for (number, _) in judged.inspection.files() {
        let Some(verdict) = judged.inspection.verdict(number) else { continue };
        for untrue in ["more than one machine", "none of their configurations was found"] {
            assert!(!verdict.reasons.iter().any(|reason| reason.contains(untrue)), "{verdict:#?}");
        }
    }
}
