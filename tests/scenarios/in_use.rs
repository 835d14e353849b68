//! Disks in use, and what their chains are made of.

use vhdxray::testkit::hvs::{Bus, Machine};

use crate::kit::{Estate, recorded, scsi};

const DISKS: &str = "web/Virtual Hard Disks";
const CONFIGS: &str = "web/Virtual Machines";
const SNAPSHOTS: &str = "web/Snapshots";

/// A machine with two disks and a checkpoint: the scripts that look only at the first disk's chain delete the leaf of
/// the second.
#[test]
fn the_second_leaf_of_a_machine_with_two_disks() {
    let mut estate = Estate::new();
    let (id, checkpoint) = (estate.guid(), estate.guid());
    let mut leaves = Vec::new();
    for (location, name) in [(0, "system"), (1, "data")] {
        let base = estate.disk(&format!("{DISKS}/{name}.vhdx"));
        let leaf = format!("{DISKS}/{}", estate.automatic(name));
        estate.child(&leaf, &base, &format!("{name}.vhdx"));
        leaves.push((location, leaf));
    }
    let disks: Vec<_> = leaves.iter().map(|(location, leaf)| scsi(*location, leaf)).collect();
    estate.machine(CONFIGS, id, Machine::new(id, "web").checkpoints(&[checkpoint]), &disks);
    let kept = [scsi(0, &format!("{DISKS}/system.vhdx")), scsi(1, &format!("{DISKS}/data.vhdx"))];
    estate.unlisted(SNAPSHOTS, checkpoint, Machine::checkpoint(checkpoint, id, "before the update"), &kept);

    let judged = estate.judged();
    for (_, leaf) in &leaves {
        judged.expect(leaf, "active_leaf", "confirmed", "machine \"web\" attaches it at SCSI 0");
    }
    for name in ["system", "data"] {
        let path = format!("{DISKS}/{name}.vhdx");
        judged.expect(&path, "checkpoint_disk", "confirmed", "checkpoint \"before the update\" attaches it");
    }
    assert!(judged.unneeded().is_empty());
}

/// A backup program leaves one more file each night, and the manager shows no checkpoint.
#[test]
fn a_backup_leaves_a_chain_without_checkpoints() {
    let mut estate = Estate::new();
    let id = estate.guid();
    let mut below = estate.disk(&format!("{DISKS}/web.vhdx"));
    let mut name = "web.vhdx".to_owned();
    let mut paths = Vec::new();
    for _ in 0..15 {
        let next = estate.automatic("web");
        let path = format!("{DISKS}/{next}");
        below = estate.child(&path, &below, &name);
        name = next;
        paths.push(path);
    }
    let leaf = paths.pop().expect("there are fifteen");
    estate.machine(CONFIGS, id, Machine::new(id, "web"), &[scsi(0, &leaf)]);
    let judged = estate.judged();
    judged.expect(&leaf, "uncheckpointed_chain", "probable", "its chain has 16 files");
    for path in &paths {
        judged.expect(path, "chain_member", "confirmed", "depends on it, which is in use");
    }
}

#[test]
fn a_checkpoint_that_a_backup_made() {
    let mut estate = Estate::new();
    let (id, checkpoint) = (estate.guid(), estate.guid());
    let base = estate.disk(&format!("{DISKS}/web.vhdx"));
    let leaf = format!("{DISKS}/{}", estate.automatic("web"));
    estate.child(&leaf, &base, "web.vhdx");
    estate.machine(CONFIGS, id, Machine::new(id, "web").checkpoints(&[checkpoint]), &[scsi(0, &leaf)]);
    let recovery = Machine::checkpoint(checkpoint, id, "Veeam Recovery Checkpoint");
    estate.unlisted(SNAPSHOTS, checkpoint, recovery, &[scsi(0, &format!("{DISKS}/web.vhdx"))]);
    let judged = estate.judged();
    judged.expect(&format!("{DISKS}/web.vhdx"), "recovery_checkpoint", "probable", "backup programs give");
    judged.expect(&leaf, "active_leaf", "confirmed", "attaches it");
}

/// Windows cuts points and spaces at the end of a name.
#[test]
fn a_path_with_a_point_at_its_end() {
    let mut estate = Estate::new();
    let id = estate.guid();
    estate.disk(&format!("{DISKS}/web.vhdx"));
    estate.machine(CONFIGS, id, Machine::new(id, "web"), &[scsi(0, &format!("{DISKS}/WEB.vhdx. "))]);
    let judged = estate.judged();
    judged.expect(&format!("{DISKS}/web.vhdx"), "active_leaf", "confirmed", "attaches it");
    assert_eq!(judged.unneeded().len(), 0);
}

/// What the folders are called says nothing about the disks in them.
#[test]
fn a_checkpoint_in_a_folder_that_is_called_like_a_backup() {
    let mut estate = Estate::new();
    let (id, checkpoint) = (estate.guid(), estate.guid());
    let base = estate.disk("VMs - Backup/web/web.vhdx");
    let leaf = format!("VMs - Backup/web/{}", estate.automatic("web"));
    estate.child(&leaf, &base, "web.vhdx");
    estate.machine(CONFIGS, id, Machine::new(id, "web").checkpoints(&[checkpoint]), &[scsi(0, &leaf)]);
    let made = Machine::checkpoint(checkpoint, id, "before the update");
    estate.unlisted(SNAPSHOTS, checkpoint, made, &[scsi(0, "VMs - Backup/web/web.vhdx")]);
    let judged = estate.judged();
    judged.expect("VMs - Backup/web/web.vhdx", "checkpoint_disk", "probable", "checkpoint \"before the update\"");
}

#[test]
fn a_golden_image_with_clones() {
    let mut estate = Estate::new();
    let gold = estate.disk("gold/gold.vhdx");
    for name in ["a", "b", "c"] {
        let id = estate.guid();
        let path = format!("gold/{name}.vhdx");
        estate.child(&path, &gold, "gold.vhdx");
        estate.machine(&format!("{name}/Virtual Machines"), id, Machine::new(id, name), &[scsi(0, &path)]);
    }
    let judged = estate.judged();
    judged.expect("gold/gold.vhdx", "chain_member", "probable", "depends on it, which is in use");
    judged.expect("gold/b.vhdx", "active_leaf", "probable", "machine \"b\"");
}

/// The base was mounted and written to: the machine does not start, and its leaf is needed all the same.
#[test]
fn a_leaf_whose_parent_was_written_to_stays_in_use() {
    let mut estate = Estate::new();
    let id = estate.guid();
    let base = estate.disk(&format!("{DISKS}/web.vhdx"));
    let leaf = format!("{DISKS}/{}", estate.automatic("web"));
    estate.child(&leaf, &base, "web.vhdx");
    estate.written_to(&format!("{DISKS}/web.vhdx"), &base);
    estate.machine(CONFIGS, id, Machine::new(id, "web"), &[scsi(0, &leaf)]);
    let judged = estate.judged();
    judged.expect(&leaf, "uncheckpointed_chain", "probable", "its parent is another disk or another state of it");
    judged.expect(&format!("{DISKS}/web.vhdx"), "chain_member", "possible", "it may be what");
}

#[test]
fn two_machines_on_one_disk() {
    let mut estate = Estate::new();
    estate.disk(&format!("{DISKS}/web.vhdx"));
    for name in ["web", "web copy"] {
        let id = estate.guid();
        estate.machine(CONFIGS, id, Machine::new(id, name), &[scsi(0, &format!("{DISKS}/web.vhdx"))]);
    }
    let judged = estate.judged();
    judged.expect(&format!("{DISKS}/web.vhdx"), "active_leaf", "confirmed", "more than one machine attaches it");
}

/// The machine was pointed back at its base while another disk still depends on it.
#[test]
fn a_machine_on_the_base_of_another_disk_in_use() {
    let mut estate = Estate::new();
    let base = estate.disk(&format!("{DISKS}/web.vhdx"));
    estate.child(&format!("{DISKS}/clone.vhdx"), &base, "web.vhdx");
    for (name, disk) in [("web", "web.vhdx"), ("clone", "clone.vhdx")] {
        let id = estate.guid();
        estate.machine(CONFIGS, id, Machine::new(id, name), &[scsi(0, &format!("{DISKS}/{disk}"))]);
    }
    let judged = estate.judged();
    judged.expect(&format!("{DISKS}/web.vhdx"), "active_leaf", "confirmed", "depends on it as well");
}

#[test]
fn a_vhd_set_and_the_disk_behind_it() {
    let mut estate = Estate::new();
    let id = estate.guid();
    let backing = estate.automatic("shared");
    estate.disk(&format!("{DISKS}/{backing}"));
    let mut set = vec![0; 0x41000];
    set[..8].copy_from_slice(b"vhdsetv1");
    let name: Vec<u8> = backing.encode_utf16().chain([0]).flat_map(u16::to_le_bytes).collect();
    set[0x40000..0x40000 + name.len()].copy_from_slice(&name);
    for (at, sequence) in [(0x10000, 0_u64), (0x20000, 1)] {
        set[at..at + 4].copy_from_slice(b"shdr");
        set[at + 8..at + 16].copy_from_slice(&sequence.to_le_bytes());
        set[at + 28..at + 32].copy_from_slice(&0x40000_u32.to_le_bytes());
        set[at + 32..at + 36].copy_from_slice(&u32::try_from(name.len()).expect("short").to_le_bytes());
    }
    estate.put(&format!("{DISKS}/shared.vhds"), &set);
    estate.machine(CONFIGS, id, Machine::new(id, "node1"), &[scsi(1, &format!("{DISKS}/shared.vhds"))]);
    let judged = estate.judged();
    judged.expect(&format!("{DISKS}/shared.vhds"), "vhd_set_member", "confirmed", "machine \"node1\" attaches it");
    judged.expect(&format!("{DISKS}/{backing}"), "vhd_set_member", "confirmed", "names it as the disk behind it");
    // The set has checkpoints of its own, which nothing here reads.
    let base = estate.disk(&format!("{DISKS}/shared base.vhdx"));
    let kept = format!("{DISKS}/{}", estate.automatic("shared"));
    estate.child(&kept, &base, "shared base.vhdx");
    estate.judged().expect(&kept, "unreferenced_linked", "possible", "may keep it for a checkpoint of its own");
}

/// The folder was moved as a whole: no recorded path is right any more.
#[test]
fn a_folder_that_was_moved() {
    let mut estate = Estate::new();
    let id = estate.guid();
    let base = estate.disk("restored/Virtual Hard Disks/web.vhdx");
    let leaf = estate.automatic("web");
    estate.child(&format!("restored/Virtual Hard Disks/{leaf}"), &base, "web.vhdx");
    let old = recorded(&format!("production/web/disks/{leaf}"));
    estate.machine("restored/Virtual Machines", id, Machine::new(id, "web"), &[(Bus::Scsi(0, 0), old)]);
    let judged = estate.judged();
    let path = format!("restored/Virtual Hard Disks/{leaf}");
    judged.expect(&path, "uncheckpointed_chain", "probable", "(found in Virtual Hard Disks)");
}

#[test]
fn a_path_map_leads_to_the_disk() {
    let mut estate = Estate::new();
    let id = estate.guid();
    estate.disk("mnt/csv1/d.vhdx");
    estate.disk("mnt/csv2/d.vhdx");
    let old = [(Bus::Scsi(0, 0), recorded("ClusterStorage/Volume1/d.vhdx"))];
    estate.machine(CONFIGS, id, Machine::new(id, "web"), &old);
    let request =
        vhdxray::inspect::Request { map: estate.map("ClusterStorage/Volume1", "mnt/csv1"), ..Default::default() };
    let judged = estate.judged_by(request, "2100-01-01T00:00:00Z");
    judged.expect("mnt/csv1/d.vhdx", "active_leaf", "confirmed", "(through --map)");
    judged.expect("mnt/csv2/d.vhdx", "deleted_machine_disk", "possible", "no configuration names it");
    // Without the map either may be it.
    let judged = estate.judged_as_it_is();
    judged.expect("mnt/csv2/d.vhdx", "active_leaf", "possible", "other files could be");
}

#[test]
fn a_replica_of_another_hosts_machine() {
    let mut estate = Estate::new();
    let id = estate.guid();
    estate.disk(&format!("{DISKS}/web.vhdx"));
    estate.machine(CONFIGS, id, Machine::new(id, "web"), &[scsi(0, &format!("{DISKS}/web.vhdx"))]);
    let replica = "Hyper-V Replica/Virtual hard disks/8D5F/db.vhdx";
    estate.disk(replica);
    estate.judged().expect(replica, "replica", "probable", "Hyper-V Replica");
}

/// The folder of the replicas was copied and has another name; the configurations lie elsewhere.
#[test]
fn replicas_in_a_folder_of_another_name() {
    let mut estate = Estate::new();
    let id = estate.guid();
    estate.disk(&format!("{DISKS}/web.vhdx"));
    estate.machine(CONFIGS, id, Machine::new(id, "web"), &[scsi(0, &format!("{DISKS}/web.vhdx"))]);
    for folder in ["dr/2012", "dr/later"] {
        let base = estate.disk(&format!("{folder}/db.vhdx"));
        estate.child(&format!("{folder}/db_1.avhdx"), &base, "db.vhdx");
        estate.put(&format!("{folder}/db.vhdx.hrl"), &[0; 64]);
    }
    estate.put("dr/later/db_2.hru", &[0; 64]);
    let judged = estate.judged();
    for disk in ["db.vhdx", "db_1.avhdx"] {
        judged.expect(&format!("dr/later/{disk}"), "replica", "probable", "undo logs lie beside it");
        let verdict = judged.of(&format!("dr/2012/{disk}"));
        assert_eq!(verdict.confidence.name(), "possible", "{verdict:#?}");
        assert!(verdict.reasons.iter().any(|reason| reason.contains("its machine is replicated")), "{verdict:#?}");
    }
    judged.expect("dr/later/db_2.hru", "replica", "possible", "does not tell of which disk");
}
