//! What the hosts' lists mean: they name a machine at a path, one host's list is not all hosts', and hosts up to 2012 R2
//! keep none.

use vhdxray::testkit::hvs::{Container, Keys, Machine, Value, xml};

use crate::kit::{Estate, scsi};

/// The machine of another host, whose list was not scanned, with its memory saved.
#[test]
fn a_live_machine_of_a_host_whose_list_was_not_scanned() {
    let mut estate = Estate::new();
    let (web, mail) = (estate.guid(), estate.guid());
    estate.disk("web/Virtual Hard Disks/web.vhdx");
    estate.disk("mail/Virtual Hard Disks/mail.vhdx");
    let base = estate.disk("old/old.vhdx");
    let left = format!("old/{}", estate.automatic("old"));
    estate.child(&left, &base, "old.vhdx");
    estate.machine(
        "web/Virtual Machines",
        web,
        Machine::new(web, "web"),
        &[scsi(0, "web/Virtual Hard Disks/web.vhdx")],
    );
    let disks = [scsi(0, "mail/Virtual Hard Disks/mail.vhdx")];
    let path = estate.unlisted("mail/Virtual Machines", mail, Machine::new(mail, "mail"), &disks);
    let mut keys = Keys::new();
    keys.set("/savedstate/type", "Normal").set("/savedstate/RamMemoryBlock0", Value::Bytes(vec![7; 4096]));
    let (state, guest) = (path.replace(".vmcx", ".vmrs"), path.replace(".vmcx", ".vmgs"));
    estate.put(&state, &Container::new(keys).build().bytes);
    estate.put(&guest, b"state");
    let judged = estate.judged();
    judged.expect(&path, "config_unregistered", "possible", "another host may have it");
    judged.expect(&state, "companion_in_use", "possible", "which no host's list that was scanned names");
    judged.expect(&state, "companion_in_use", "possible", "holds a machine's memory");
    judged.expect(&guest, "companion_in_use", "possible", "it belongs to");
    judged.expect("mail/Virtual Hard Disks/mail.vhdx", "active_leaf", "probable", "attaches it");
    // Whoever runs that machine may run others, which were not scanned.
    judged.expect(&left, "unreferenced_linked", "probable", "was not scanned as a whole");
}

#[test]
fn a_host_up_to_2012_r2_keeps_no_list() {
    let mut estate = Estate::new();
    let (web, old) = (estate.guid(), estate.guid());
    for name in ["web", "old"] {
        estate.disk(&format!("{name}/Virtual Hard Disks/{name}.vhdx"));
    }
    estate.machine(
        "web/Virtual Machines",
        web,
        Machine::new(web, "web"),
        &[scsi(0, "web/Virtual Hard Disks/web.vhdx")],
    );
    let (bus, disk) = scsi(0, "old/Virtual Hard Disks/old.vhdx");
    let path = format!("old/Virtual Machines/{}.xml", old.to_string().to_uppercase());
    estate.put(&path, &xml(&Machine::new(old, "old").disk(bus, &disk).keys));
    let state = path.replace(".xml", ".vsv");
    estate.put(&state, b"state");
    let judged = estate.judged();
    judged.expect(&path, "config_in_use", "probable", "no host's list was scanned that could name it");
    judged.expect(&state, "companion_in_use", "probable", "it belongs to");
    judged.expect("old/Virtual Hard Disks/old.vhdx", "active_leaf", "confirmed", "attaches it");
}

/// A backup keeps the machine's folder under another name.
#[test]
fn a_list_registers_the_configuration_at_the_path_that_it_names() {
    let mut estate = Estate::new();
    let id = estate.guid();
    estate.disk("VMs/web/Virtual Hard Disks/web.vhdx");
    let disks = [scsi(0, "VMs/web/Virtual Hard Disks/web.vhdx")];
    let live = estate.machine("VMs/web/Virtual Machines", id, Machine::new(id, "web"), &disks);
    let copy = estate.unlisted("Backup/web/Virtual Machines", id, Machine::new(id, "web"), &disks);
    let judged = estate.judged();
    judged.expect(&live, "config_in_use", "confirmed", "a host's list names machine \"web\"");
    judged.expect(&copy, "config_in_use", "possible", "this may be its configuration, or a copy");
    // Where the one that is meant was not scanned, nothing is known of the disks that it names now.
    estate.disk("old/old.vhdx");
    estate.remove(&live);
    let copy_alone = estate.unlisted("Copies/Virtual Machines", id, Machine::new(id, "web"), &disks);
    estate.remove(&copy);
    let judged = estate.judged();
    judged.expect(&copy_alone, "config_in_use", "possible", "this may be its configuration, or a copy");
    judged.expect("host/data.vmcx", "config_in_use", "confirmed", "no configuration where it says");
    judged.expect("old/old.vhdx", "deleted_machine_disk", "possible", "a host lists 1 machine");
}

/// Two folders end as the recorded one does: nothing tells which is meant.
#[test]
fn one_of_two_configurations_that_a_list_may_mean() {
    let mut estate = Estate::new();
    let id = estate.guid();
    estate.disk("a/web/Virtual Hard Disks/web.vhdx");
    let disks = [scsi(0, "web/Virtual Hard Disks/web.vhdx")];
    let paths = ["a", "b"]
        .map(|folder| estate.unlisted(&format!("{folder}/web/Virtual Machines"), id, Machine::new(id, "web"), &disks));
    estate.list_also(id, r"D:\web\Virtual Machines\web.vmcx");
    let judged = estate.judged();
    for path in paths {
        judged.expect(&path, "config_in_use", "possible", "this may be its configuration, or a copy");
    }
    judged.expect("a/web/Virtual Hard Disks/web.vhdx", "active_leaf", "probable", "perhaps another configuration");
}

/// No public file shows for certain what a differing `logical_id` means; the type says outright that it is a machine.
#[test]
fn a_machine_whose_two_ids_differ_is_a_machine() {
    let mut estate = Estate::new();
    let (id, logical) = (estate.guid(), estate.guid());
    estate.disk("web/Virtual Hard Disks/web.vhdx");
    let machine = Machine::new(id, "web")
        .set("/configuration/settings/global/logical_id", logical.to_string().to_uppercase().as_str());
    let disks = [scsi(0, "web/Virtual Hard Disks/web.vhdx")];
    let path = estate.machine("web/Virtual Machines", id, machine, &disks);
    let judged = estate.judged();
    judged.expect(&path, "config_in_use", "confirmed", "a host's list names machine");
    judged.expect("web/Virtual Hard Disks/web.vhdx", "active_leaf", "confirmed", "machine \"web\" attaches it");
}
