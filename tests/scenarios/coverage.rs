//! What was not looked at, and what has just been written to, makes "nothing needs it" less sure.

use vhdxray::inspect::Request;
use vhdxray::testkit::hvs::{Bus, Machine};
use vhdxray::testkit::vhdx::{Builder, Locator};

use crate::kit::{Estate, Judged, scsi};

const DISKS: &str = "web/Virtual Hard Disks";
const CONFIGS: &str = "web/Virtual Machines";

/// A machine, and a disk that nothing names.
fn estate_with(change: impl FnOnce(Machine) -> Machine) -> Estate {
    let mut estate = Estate::new();
    let id = estate.guid();
    estate.disk(&format!("{DISKS}/web.vhdx"));
    estate.disk("old/old.vhdx");
    estate.machine(CONFIGS, id, change(Machine::new(id, "web")), &[scsi(0, &format!("{DISKS}/web.vhdx"))]);
    estate
}

#[test]
fn no_configuration_at_all() {
    let mut estate = Estate::new();
    let base = estate.disk("disks/a.vhdx");
    estate.child("disks/b.vhdx", &base, "a.vhdx");
    let judged = estate.judged_as_it_is();
    judged.expect("disks/b.vhdx", "unknown", "unknown", "no configuration of a machine was found");
    judged.expect("disks/a.vhdx", "chain_member", "possible", "depends on it");
}

#[test]
fn no_list_of_a_host() {
    let judged = estate_with(|machine| machine).judged_as_it_is();
    judged.expect("old/old.vhdx", "deleted_machine_disk", "probable", "no host's list of machines");
}

#[test]
fn a_clustered_machine() {
    let judged = estate_with(|machine| machine.set("/configuration/properties/highly_available", true)).judged();
    judged.expect("old/old.vhdx", "deleted_machine_disk", "possible", "another node may run");
}

#[test]
fn a_disk_on_a_volume_that_was_not_scanned() {
    let judged = estate_with(|machine| machine.disk(Bus::Scsi(0, 5), r"E:\far\away.vhdx")).judged();
    judged.expect("old/old.vhdx", "deleted_machine_disk", "possible", "on volumes that were not scanned");
}

#[test]
fn a_listed_machine_whose_configuration_is_not_there() {
    let mut estate = estate_with(|machine| machine);
    let id = estate.guid();
    estate.list_also(id, r"E:\VMs\Virtual Machines\gone.vmcx");
    let judged = estate.judged();
    judged.expect("old/old.vhdx", "deleted_machine_disk", "possible", "a host lists 1 machine whose");
    judged.expect("host/data.vmcx", "config_in_use", "confirmed", "1 of the machines");
}

#[test]
fn a_disk_that_cannot_be_read() {
    let estate = estate_with(|machine| machine);
    let mut bytes = vec![0; 1 << 20];
    bytes[..8].copy_from_slice(b"vhdxfile");
    estate.put(&format!("{DISKS}/torn.vhdx"), &bytes);
    let judged = estate.judged();
    judged.expect(&format!("{DISKS}/torn.vhdx"), "unreferenced_broken", "possible", "cannot be read");
    judged.expect("old/old.vhdx", "deleted_machine_disk", "possible", "1 path could not be read");
}

#[test]
fn folders_left_out() {
    let estate = estate_with(|machine| machine);
    let mut request = Request::default();
    request.walk.max_depth = Some(9);
    let judged = estate.judged_by(request, "2100-01-01T00:00:00Z");
    judged.expect("old/old.vhdx", "deleted_machine_disk", "possible", "left out of the scan on request");
}

/// What was left out on request was met, and is not missing.
#[test]
fn files_left_out_are_not_missing() {
    let mut estate = Estate::new();
    let id = estate.guid();
    let base = estate.disk(&format!("{DISKS}/web.vhdx"));
    let leaf = format!("{DISKS}/{}", estate.automatic("web"));
    estate.child(&leaf, &base, "web.vhdx");
    let config = estate.machine(CONFIGS, id, Machine::new(id, "web"), &[scsi(0, &leaf)]);
    let judged = |pattern: &str| {
        let mut request = Request::default();
        request.walk.exclude =
            globset::GlobSetBuilder::new().add(globset::Glob::new(pattern).unwrap()).build().unwrap();
        estate.put_list();
        estate.judged_by(request, "2100-01-01T00:00:00Z")
    };
    let without_leaves = judged("*.avhdx");
    let class = without_leaves.of(&config).class.name();
    assert_ne!(class, "config_missing_disk", "{:#?}", without_leaves.of(&config));
    let codes = |judged: &Judged| -> Vec<String> {
        judged.inspection.findings.list.iter().map(|finding| finding.code.to_string()).collect()
    };
    assert!(!codes(&without_leaves).contains(&"VHDX1008".to_owned()), "{:?}", codes(&without_leaves));
    let without_base = judged("web.vhdx");
    let statuses: Vec<&str> = without_base
        .inspection
        .files()
        .filter_map(|(number, _)| Some(without_base.inspection.link(number)?.status.name()))
        .collect();
    assert_eq!(statuses, ["outside"]);
}

/// A clock was ahead: how old the file is cannot be told.
#[test]
fn a_file_from_the_future() {
    let estate = estate_with(|machine| machine);
    estate.written_at("old/old.vhdx", "2110-01-01T00:00:00Z");
    let judged = estate.judged();
    judged.expect("old/old.vhdx", "deleted_machine_disk", "unknown", "a clock was wrong");
}

/// A file that was just written to is not called dead.
#[test]
fn a_file_written_to_a_moment_ago() {
    let estate = estate_with(|machine| machine);
    estate.written_at("old/old.vhdx", "2099-12-31T23:30:00Z");
    let judged = estate.judged();
    judged.expect("old/old.vhdx", "deleted_machine_disk", "unknown", "written to within the last hour");
}

/// Another host may run a machine whose configuration lies on a disk of its own.
#[test]
fn storage_that_several_hosts_share() {
    for path in [r"C:\ClusterStorage\Volume1\db\db.vhdx", r"\\nas\vms\db.vhdx", r"\\?\UNC\nas\vms\db.vhdx"] {
        let mut estate = estate_with(|machine| machine);
        let id = estate.guid();
        estate.disk("pool/db.vhdx");
        estate.machine("pool/Virtual Machines", id, Machine::new(id, "db"), &[(Bus::Scsi(0, 0), path.to_owned())]);
        let judged = estate.judged();
        judged.expect("old/old.vhdx", "deleted_machine_disk", "possible", "on storage that hosts may share");
    }
    // A disk says itself where it was made.
    let mut estate = estate_with(|machine| machine);
    let base = estate.disk("other/db.vhdx");
    let shared =
        Locator::windows(base.layout.data_write_guid, r".\db.vhdx", r"C:\ClusterStorage\Volume1\other\db.vhdx");
    let leaf = Builder::differencing(16 << 20, shared).virtual_disk_id(base.layout.virtual_disk_id).seed(9).build();
    estate.write("other/db_1.vhdx", &leaf);
    let judged = estate.judged();
    for disk in ["other/db.vhdx", "other/db_1.vhdx"] {
        judged.expect(disk, "deleted_machine_disk", "possible", "another host may run a machine on it");
    }
    assert_eq!(judged.of("old/old.vhdx").confidence.name(), "probable", "nothing says so of other storage");
}

/// A checkpoint keeps disks that nothing else names, and its configuration may lie on another volume.
#[test]
fn checkpoints_whose_configurations_were_not_scanned() {
    for (listed, is_told) in [(true, true), (false, true), (false, false)] {
        let mut estate = Estate::new();
        let (id, checkpoint) = (estate.guid(), estate.guid());
        let base = estate.disk(&format!("{DISKS}/web.vhdx"));
        let [leaf, kept] = [0, 1].map(|_| format!("{DISKS}/{}", estate.automatic("web")));
        for file in [&leaf, &kept] {
            estate.child(file, &base, "web.vhdx");
        }
        let machine = match (listed, is_told) {
            (true, _) => Machine::new(id, "web").checkpoints(&[checkpoint]),
            (false, true) => Machine::new(id, "web").set("/configuration/global_settings/snapshots/list/size", 1_i64),
            (false, false) => Machine::new(id, "web"),
        };
        estate.machine(CONFIGS, id, machine, &[scsi(0, &leaf)]);
        let judged = estate.judged();
        match is_told {
            true => judged.expect(&kept, "unreferenced_linked", "possible", "1 checkpoint whose configuration was not"),
            false => judged.expect(&kept, "unreferenced_linked", "confirmed", "no configuration names it"),
        }
    }
}

/// The machine has not written to its disk since the branch was made over it, as it would have if it ran on it.
#[test]
fn a_configuration_that_may_be_older_than_the_disks() {
    let mut estate = Estate::new();
    let id = estate.guid();
    let base = estate.disk(&format!("{DISKS}/web.vhdx"));
    let [middle, leaf] = [0, 1].map(|_| estate.automatic("web"));
    let built = estate.child(&format!("{DISKS}/{middle}"), &base, "web.vhdx");
    estate.child(&format!("{DISKS}/{leaf}"), &built, &middle);
    estate.machine(CONFIGS, id, Machine::new(id, "web"), &[scsi(0, &format!("{DISKS}/web.vhdx"))]);
    let judged = estate.judged();
    for file in [middle, leaf] {
        let file = format!("{DISKS}/{file}");
        judged.expect(&file, "unreferenced_linked", "possible", "its configuration may be older than this");
    }
}

/// A machine that was set back writes to its new leaf later than to the one that it left.
#[test]
fn a_branch_that_was_written_to_later_than_the_leaf() {
    for (last, confidence) in [("2026-03-01T00:00:00Z", "possible"), ("2026-01-01T00:00:00Z", "confirmed")] {
        let mut estate = Estate::new();
        let (id, checkpoint) = (estate.guid(), estate.guid());
        let base = estate.disk(&format!("{DISKS}/web.vhdx"));
        let [leaf, other] = [0, 1].map(|_| format!("{DISKS}/{}", estate.automatic("web")));
        for file in [&leaf, &other] {
            estate.child(file, &base, "web.vhdx");
        }
        estate.machine(CONFIGS, id, Machine::new(id, "web").checkpoints(&[checkpoint]), &[scsi(0, &leaf)]);
        let kept = Machine::checkpoint(checkpoint, id, "clean");
        estate.unlisted("web/Snapshots", checkpoint, kept, &[scsi(0, &format!("{DISKS}/web.vhdx"))]);
        estate.written_at(&leaf, "2026-02-01T00:00:00Z");
        estate.written_at(&other, last);
        let judged = estate.judged();
        assert_eq!(judged.of(&other).confidence.name(), confidence, "{:#?}", judged.of(&other));
        let is_told = judged.of(&other).reasons.iter().any(|reason| reason.contains("written to later than"));
        assert_eq!(is_told, confidence == "possible");
    }
}
