//! What a plan must not pass over because it was not found: a disk of a checkpoint, a checkpoint that a machine lists.

use vhdxray::testkit::hvs::{Bus, Machine};

use crate::kit::Store;

/// A machine with two disks and checkpoints, of which it lists these and these are there.
fn two_disks(listed: usize, there: usize) -> Store {
    let mut store = Store::new();
    let id = store.rng.guid();
    let checkpoints: Vec<_> = (0..listed).map(|_| store.rng.guid()).collect();
    for name in ["a", "b"] {
        let base = store.base(&format!("{name}.vhdx"));
        store.child(&format!("{name}_1.avhdx"), &base, &format!("{name}.vhdx"));
    }
    let disks = |a: &'static str, b: &'static str| [(Bus::Scsi(0, 0), a), (Bus::Scsi(0, 1), b)];
    let machine = Machine::new(id, "two").checkpoints(&checkpoints);
    store.configuration("vm/Virtual Machines", machine, id, &disks("a_1.avhdx", "b_1.avhdx"));
    for checkpoint in checkpoints.iter().take(there) {
        let kept = Machine::checkpoint(*checkpoint, id, "before");
        store.configuration("vm/Snapshots", kept, *checkpoint, &disks("a.vhdx", "b.vhdx"));
    }
    store
}

#[test]
fn another_disk_of_the_checkpoint_or_of_the_machine_is_missing() {
    let store = two_disks(1, 1);
    store.plan("a_1.avhdx", &[]).open(&["delete_checkpoint", "export"]);
    for file in ["b.vhdx", "b_1.avhdx"] {
        let store = two_disks(1, 1);
        store.remove(file);
        let plan = store.plan("a_1.avhdx", &[]);
        plan.expect(8, "fail", "Hyper-V would merge it as well");
        plan.open(&["export"]);
    }
}

#[test]
fn a_checkpoint_that_the_machine_lists_was_not_found() {
    for there in [0, 1] {
        let plan = two_disks(2, there).plan("a_1.avhdx", &[]);
        plan.expect(8, "fail", "of which no configuration was found");
        plan.open(&["export"]);
    }
}
