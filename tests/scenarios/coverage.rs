//! What was not looked at, and what has just been written to, makes "nothing needs it" less sure.

use vhdxray::inspect::Request;
use vhdxray::testkit::hvs::{Bus, Machine};

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
