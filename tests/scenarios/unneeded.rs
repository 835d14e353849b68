//! Disks that nothing needs, each for another reason.

use vhdxray::estate::verdict::Class;
use vhdxray::testkit::hvs::Machine;
use vhdxray::testkit::vhdx::{Block, Built, state};
use vhdxray::testkit::{pattern, vhd};

use crate::kit::{Estate, scsi};

const DISKS: &str = "web/Virtual Hard Disks";
const CONFIGS: &str = "web/Virtual Machines";

/// A machine on `web.vhdx`, which the host lists.
fn machine_on_its_base() -> (Estate, Built) {
    let mut estate = Estate::new();
    let id = estate.guid();
    let base = estate.disk(&format!("{DISKS}/web.vhdx"));
    estate.machine(CONFIGS, id, Machine::new(id, "web"), &[scsi(0, &format!("{DISKS}/web.vhdx"))]);
    (estate, base)
}

/// The machine was pointed at its base, and has run on it: the old leaf holds what it lost, and fits no more.
#[test]
fn a_machine_that_was_set_back_to_its_base() {
    let (mut estate, base) = machine_on_its_base();
    let leaf = format!("{DISKS}/{}", estate.automatic("web"));
    estate.child(&leaf, &base, "web.vhdx");
    estate.written_to(&format!("{DISKS}/web.vhdx"), &base);
    let judged = estate.judged();
    judged.expect(&leaf, "stale_branch", "confirmed", "has been written to since it was made");
    judged.expect(&format!("{DISKS}/web.vhdx"), "active_leaf", "confirmed", "attaches it");
    assert!(judged.of(&leaf).class.verify_first().iter().any(|step| step.contains("do not merge")));
}

/// The base was restored from a backup of the time before: nothing was written to it since, it is another one.
#[test]
fn a_base_that_was_restored_from_before_the_branch() {
    let (mut estate, base) = machine_on_its_base();
    let leaf = format!("{DISKS}/{}", estate.automatic("web"));
    estate.child(&leaf, &base, "web.vhdx");
    estate.written_to(&format!("{DISKS}/web.vhdx"), &base);
    estate.written_at(&format!("{DISKS}/web.vhdx"), "2025-02-01T00:00:00Z");
    estate.written_at(&leaf, "2025-11-08T00:00:00Z");
    let judged = estate.judged();
    judged.expect(&leaf, "stale_branch", "probable", "an older copy may lie in its place");
    assert!(!judged.of(&leaf).reasons.iter().any(|reason| reason.contains("written to since")));
}

/// A checkpoint was applied; the leaf of the time before stays behind.
#[test]
fn a_branch_that_was_left_when_a_checkpoint_was_applied() {
    let mut estate = Estate::new();
    let (id, checkpoint) = (estate.guid(), estate.guid());
    let base = estate.disk(&format!("{DISKS}/web.vhdx"));
    let [old, new] = [0, 1].map(|_| format!("{DISKS}/{}", estate.automatic("web")));
    for leaf in [&old, &new] {
        estate.child(leaf, &base, "web.vhdx");
    }
    estate.machine(CONFIGS, id, Machine::new(id, "web").checkpoints(&[checkpoint]), &[scsi(0, &new)]);
    let kept = [scsi(0, &format!("{DISKS}/web.vhdx"))];
    estate.unlisted("web/Snapshots", checkpoint, Machine::checkpoint(checkpoint, id, "clean"), &kept);
    let judged = estate.judged();
    judged.expect(&old, "unreferenced_linked", "confirmed", "must not be merged into that one");
    judged.expect(&new, "active_leaf", "confirmed", "attaches it");
}

#[test]
fn a_disk_whose_parent_is_gone() {
    let (mut estate, base) = machine_on_its_base();
    let middle_name = estate.automatic("old");
    let middle = estate.child(&format!("{DISKS}/{middle_name}"), &base, "web.vhdx");
    let leaf = format!("{DISKS}/{}", estate.automatic("old"));
    estate.child(&leaf, &middle, &middle_name);
    estate.remove(&format!("{DISKS}/{middle_name}"));
    let judged = estate.judged();
    judged.expect(&leaf, "unreferenced_broken", "probable", "its parent is missing");
}

/// The power went while a checkpoint was being made; the next one cannot be made because of the name.
#[test]
fn a_file_made_in_advance() {
    let (mut estate, base) = machine_on_its_base();
    let next = format!("{DISKS}/{}", estate.automatic("web"));
    estate.empty_child(&next, &base, "web.vhdx");
    estate.judged().expect(&next, "precreated_empty", "probable", "not one block was ever written into it");
}

/// A guest that trims or zeroes writes no block, and yet the disk no longer shows what its parent does.
#[test]
fn a_checkpoint_in_which_a_guest_only_trimmed_is_not_empty() {
    for state in [state::ZERO, state::UNMAPPED, state::UNDEFINED] {
        let (mut estate, base) = machine_on_its_base();
        let old = format!("{DISKS}/{}", estate.automatic("web"));
        estate.child_of_state(&old, &base, "web.vhdx", Block::of_state(state));
        let judged = estate.judged();
        assert_ne!(judged.of(&old).class, Class::PrecreatedEmpty, "{state}");
        assert!(!judged.of(&old).reasons.iter().any(|reason| reason.contains("ever written")), "{state}");
    }
}

/// A move of the storage broke off: the disk is in both places.
#[test]
fn a_storage_migration_cut_short() {
    let (estate, _) = machine_on_its_base();
    estate.copy(&format!("{DISKS}/web.vhdx"), "new volume/web.vhdx");
    // Whichever of both the host calls so: only the map says where its drives are.
    let judged = estate.judged();
    judged.expect("new volume/web.vhdx", "copy", "possible", "it may be the disk of machine \"web\"");
    judged.expect(&format!("{DISKS}/web.vhdx"), "active_leaf", "probable", "only --map tells");
    let request = vhdxray::inspect::Request { map: estate.map("web", "web"), ..Default::default() };
    let judged = estate.judged_by(request, "2100-01-01T00:00:00Z");
    judged.expect("new volume/web.vhdx", "copy", "probable", "that one is in use, and this one is not");
    judged.expect(&format!("{DISKS}/web.vhdx"), "active_leaf", "confirmed", "attaches it");
}

/// Two copies of a checkpoint's disk that nothing names: whoever removes what is called a copy keeps the other.
#[test]
fn of_two_copies_one_is_the_one_to_keep() {
    let (mut estate, base) = machine_on_its_base();
    let name = estate.automatic("web");
    let (linked, moved) = (format!("{DISKS}/{name}"), format!("a folder before it/{name}"));
    estate.child(&linked, &base, "web.vhdx");
    estate.copy(&linked, &moved);
    estate.copy(&linked, &format!("{DISKS}/zz {name}"));
    for path in [&linked, &moved, &format!("{DISKS}/zz {name}")] {
        estate.written_at(path, "2025-02-01T00:00:00Z");
    }
    let judged = estate.judged();
    let classes = [&moved, &linked].map(|path| judged.of(path).class);
    assert_eq!(classes.iter().filter(|class| **class == Class::Copy).count(), 1, "{classes:?}");
    let (kept, copy) = if classes[0] == Class::Copy { (&linked, &moved) } else { (&moved, &linked) };
    judged.expect(copy, "copy", judged.of(copy).confidence.name(), "has the same identity");
    let reasons = &judged.of(kept).reasons;
    assert!(reasons.iter().any(|reason| reason.contains("the one to keep")), "{reasons:?}");
    judged.expect(&format!("{DISKS}/zz {name}"), "copy", "probable", "has the same identity");
}

/// Nothing tells two copies apart: neither is named as the one to keep.
#[test]
fn of_two_copies_that_nothing_tells_apart_none_is_named() {
    let (mut estate, _) = machine_on_its_base();
    estate.disk("old/a.vhdx");
    estate.copy("old/a.vhdx", "old/b.vhdx");
    for name in ["a", "b"] {
        estate.written_at(&format!("old/{name}.vhdx"), "2025-02-01T00:00:00Z");
    }
    let judged = estate.judged();
    judged.expect("old/a.vhdx", "deleted_machine_disk", "probable", "nothing tells which of both is the one to keep");
    judged.expect("old/b.vhdx", "copy", "probable", "old/a.vhdx has the same identity");
    estate.written_at("old/b.vhdx", "2025-02-02T00:00:00Z");
    let judged = estate.judged();
    judged.expect("old/b.vhdx", "deleted_machine_disk", "probable", "this one is the one to keep");
    judged.expect("old/a.vhdx", "copy", "probable", "old/b.vhdx has the same identity");
}

/// A VHD keeps its id when it is written to, so that the only copy of a content may bear that of another file.
#[test]
fn two_vhds_of_one_id_may_differ() {
    let (mut estate, _) = machine_on_its_base();
    let id = estate.guid();
    for (name, seed) in [("a", 1), ("b", 2)] {
        let block = vhd::Block::new(pattern::image(seed, 0, 1 << 21));
        let built = vhd::Builder::dynamic(16 << 20).unique_id(id).block(0, block).build();
        estate.put(&format!("old/{name}.vhd"), &built.image.to_vec());
    }
    estate.written_at("old/a.vhd", "2024-02-01T00:00:00Z");
    let judged = estate.judged();
    judged.expect("old/a.vhd", "copy", "possible", "only their content tells whether both are the same");
}

#[test]
fn a_machine_that_was_removed_and_its_disk_kept() {
    let (mut estate, _) = machine_on_its_base();
    let base = estate.disk("old/Virtual Hard Disks/old.vhdx");
    estate.child("old/Virtual Hard Disks/old-diff.vhdx", &base, "old.vhdx");
    let judged = estate.judged();
    let reason = "no configuration names it, nor any disk that depends on it";
    judged.expect("old/Virtual Hard Disks/old.vhdx", "deleted_machine_disk", "probable", reason);
    judged.expect("old/Virtual Hard Disks/old-diff.vhdx", "deleted_machine_disk", "probable", reason);
}

#[test]
fn disks_of_other_programs() {
    let (mut estate, _) = machine_on_its_base();
    for (path, program) in [
        ("share/S-1-5-21-1-2-3-1001_anna/Profile_anna.VHDX", "FSLogix"),
        ("share/S-1-5-21-1-2-3-1001_anna/RW.VHDX", "FSLogix"),
        ("share/S-1-5-21-1-2-3-1001_anna/merge.vhdx", "FSLogix"),
        ("wsl/LocalState/ext4.vhdx", "WSL"),
        ("Docker/windowsfilter/3f2a/sandbox.vhdx", "Docker"),
        ("Windows/Containers/BaseImages/1/BaseLayer/Files.vhdx", "Windows Sandbox"),
        ("upd/UVHD-S-1-5-21-1-2-3-1001.vhdx", "User Profile Disks"),
        ("WindowsImageBackup/PC/disk.vhdx", "Windows Server Backup"),
    ] {
        estate.disk(path);
        estate.judged().expect(path, "foreign", "probable", program);
    }
}

/// A machine may run on a disk that is called like another program's.
#[test]
fn use_wins_over_a_name() {
    let mut estate = Estate::new();
    let id = estate.guid();
    estate.disk(&format!("{DISKS}/ext4.vhdx"));
    estate.machine(CONFIGS, id, Machine::new(id, "linux"), &[scsi(0, &format!("{DISKS}/ext4.vhdx"))]);
    estate.judged().expect(&format!("{DISKS}/ext4.vhdx"), "active_leaf", "confirmed", "machine \"linux\"");
}
