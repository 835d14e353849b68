//! What is damaged still has its name: a configuration, a VHD set, the last copy of a configuration.

use vhdxray::testkit::hvs::{Machine, xml_text};

use crate::kit::{Estate, scsi};

const DISK: &str = "web/Virtual Hard Disks/web.vhdx";

/// A machine, and another whose configuration is these bytes.
fn beside(extension: &str, bytes: &[u8]) -> (Estate, String) {
    let mut estate = Estate::new();
    let (other, web) = (estate.guid(), estate.guid());
    estate.disk("other/Virtual Hard Disks/other.vhdx");
    estate.disk(DISK);
    estate.machine(
        "other/Virtual Machines",
        other,
        Machine::new(other, "other"),
        &[scsi(0, "other/Virtual Hard Disks/other.vhdx")],
    );
    let path = format!("web/Virtual Machines/{}", web.to_string().to_uppercase());
    estate.put(&format!("{path}.{extension}"), bytes);
    (estate, path)
}

fn document() -> String {
    let (bus, disk) = scsi(0, DISK);
    let id = uuid::uuid!("5f1c2a70-0000-4000-8000-0000000000aa");
    xml_text(&Machine::new(id, "web").disk(bus, &disk).keys)
}

fn encoded(text: &str) -> Vec<u8> {
    format!("\u{FEFF}{text}").encode_utf16().flat_map(u16::to_le_bytes).collect()
}

#[test]
fn a_configuration_of_2012_r2_of_which_nothing_is_left() {
    let whole = encoded(&document());
    let mut no_start = whole.clone();
    no_start[..512].fill(0);
    for bytes in [&[][..], &[0; 10_000], &no_start, &whole[..40]] {
        let (estate, path) = beside("xml", bytes);
        estate.put(&format!("{path}.vsv"), b"state");
        let judged = estate.judged();
        judged.expect(&format!("{path}.xml"), "unknown", "unknown", "it could not be read in full");
        judged.expect(&format!("{path}.vsv"), "companion_in_use", "possible", "which cannot be read");
        judged.expect(DISK, "deleted_machine_disk", "possible", "1 configuration could not be read in full");
    }
}

/// What `vm` reads, a scan does not pass by.
#[test]
fn a_configuration_of_2012_r2_with_something_before_its_root() {
    let document = document();
    let root = document.find("<configuration").expect("a root");
    for before in [" \r\n", "<!-- exported -->", &format!("<!--{}-->", "-> ".repeat(400))] {
        let mut text = document.clone();
        text.insert_str(root, before);
        let (mut estate, path) = beside("txt", b"");
        let path = path.replace("Virtual Machines/", "Virtual Machines/copy of ");
        estate.put(&format!("{path}.xml"), &encoded(&text));
        estate.disk("old/old.vhdx");
        estate.judged().expect(DISK, "active_leaf", "confirmed", "machine \"web\" attaches it");
    }
}

/// One flipped bit takes the type from a path.
#[test]
fn a_path_that_lost_its_type_is_a_path() {
    let text = document().replace("<pathname type=", "<pathname typd=");
    assert_ne!(text, document());
    let (estate, _) = beside("xml", &encoded(&text));
    estate.judged().expect(DISK, "active_leaf", "confirmed", "machine \"web\" attaches it");
}

/// The state beside a configuration without content may be all that is left of the machine.
#[test]
fn companions_of_a_configuration_of_which_nothing_is_left() {
    for bytes in [&[][..], &[0; 10_000]] {
        let (estate, path) = beside("vmcx", bytes);
        for extension in ["vmrs", "vmgs"] {
            estate.put(&format!("{path}.{extension}"), b"state");
        }
        let judged = estate.judged();
        for extension in ["vmrs", "vmgs"] {
            judged.expect(&format!("{path}.{extension}"), "companion_in_use", "possible", "which cannot be read");
        }
    }
}

/// A set that cannot be read may be over the disk that bears its name.
#[test]
fn a_vhd_set_that_cannot_be_read() {
    for attached in [true, false] {
        let mut estate = Estate::new();
        let id = estate.guid();
        let backing = format!("set/{}", estate.automatic("shared"));
        estate.disk(&backing);
        estate.disk("set/other.vhdx");
        estate.put("set/shared.vhds", &[0; 4096]);
        let disks = [scsi(0, "set/shared.vhds")];
        estate.machine("web/Virtual Machines", id, Machine::new(id, "web"), if attached { &disks } else { &[] });
        let judged = estate.judged();
        judged.expect(&backing, "vhd_set_member", "possible", "cannot be read, and its name is that of the disk");
        judged.expect("set/other.vhdx", "deleted_machine_disk", "possible", "no configuration names it");
    }
}

#[test]
fn a_backups_copy_is_the_last_configuration() {
    let mut estate = Estate::new();
    let (id, other) = (estate.guid(), estate.guid());
    estate.disk(DISK);
    estate.machine("other/Virtual Machines", other, Machine::new(other, "other"), &[]);
    let path = format!("web/Virtual Machines/{}.vmcx.preCheckpointCopy", id.to_string().to_uppercase());
    estate.configuration(&path, Machine::new(id, "web"), &[scsi(0, DISK)]);
    let judged = estate.judged();
    judged.expect(&path, "companion_in_use", "possible", "of which no other was found");
    judged.expect(DISK, "active_leaf", "possible", "a backup's copy of the configuration of \"web\"");
}
