//! Symbolic links that are not followed: what lies behind one may be what somebody needs.

use std::os::unix::fs::symlink;
use std::path::Path;

use vhdxray::testkit::hvs::Machine;

use crate::kit::{Estate, scsi};

/// A machine, and one whose disk is there and whose configuration lies outside the scan.
fn estate() -> (Estate, tempfile::TempDir, String) {
    let mut estate = Estate::new();
    let (id, web) = (estate.guid(), estate.guid());
    estate.disk("b/Virtual Hard Disks/b.vhdx");
    estate.disk("web/Virtual Hard Disks/web.vhdx");
    estate.machine("b/Virtual Machines", id, Machine::new(id, "b"), &[scsi(0, "b/Virtual Hard Disks/b.vhdx")]);
    let outside = tempfile::tempdir().expect("a folder can be made");
    std::fs::create_dir_all(estate.root().join("host/Virtual Machines")).expect("a folder can be made");
    (estate, outside, format!("{}.xml", web.to_string().to_uppercase()))
}

#[test]
fn a_configuration_behind_a_link_is_not_there_and_not_forgotten() {
    for folder in [true, false] {
        let (estate, outside, name) = estate();
        let (link, target) = match folder {
            true => ("web/Virtual Machines".to_owned(), outside.path().to_owned()),
            false => (format!("host/Virtual Machines/{name}"), outside.path().join(&name)),
        };
        symlink(target, estate.root().join(link)).expect("a link can be made");
        let judged = estate.judged();
        let disk = "web/Virtual Hard Disks/web.vhdx";
        judged.expect(disk, "deleted_machine_disk", "possible", "1 symbolic link is not followed");
        assert_eq!(judged.inspection.coverage().links.len(), 1);
    }
}

#[test]
fn a_link_to_what_was_scanned_hides_nothing() {
    let (mut estate, _outside, _) = estate();
    estate.disk("old/old.vhdx");
    let root = estate.root().to_owned();
    symlink("../old", root.join("web/link")).expect("a link can be made");
    symlink(root.join("old/old.vhdx"), root.join("web/also.vhdx")).expect("a link can be made");
    let judged = estate.judged();
    judged.expect("old/old.vhdx", "deleted_machine_disk", "probable", "no configuration names it");
    assert!(judged.inspection.coverage().links.is_empty());
}

/// What lies in the place that a configuration names is a link: the disk is elsewhere, and not missing.
#[test]
fn a_disk_behind_a_link_is_not_missing() {
    let (mut estate, outside, _) = estate();
    let id = estate.guid();
    let folder = "live/Virtual Hard Disks";
    estate.disk(&format!("{folder}/beside.vhdx"));
    let path = estate.machine(
        "live/Virtual Machines",
        id,
        Machine::new(id, "live"),
        &[scsi(0, &format!("{folder}/live.vhdx"))],
    );
    let missing = estate.judged();
    missing.expect(&path, "config_missing_disk", "confirmed", "its folder has no such file");
    symlink(outside.path().join("x.vhdx"), estate.root().join(folder).join("live.vhdx")).expect("a link can be made");
    estate.judged().expect(&path, "config_in_use", "confirmed", "on a volume that was not scanned");
    std::fs::remove_file(estate.root().join(folder).join("live.vhdx")).expect("it is there");
    symlink(Path::new("beside.vhdx"), estate.root().join(folder).join("live.vhdx")).expect("a link can be made");
    let judged = estate.judged();
    let (_, file) =
        judged.inspection.files().find(|(_, file)| file.path.ends_with("beside.vhdx")).expect("the disk is there");
    assert_eq!(file.other_paths, [estate.root().join(folder).join("live.vhdx")]);
}
