//! What a plan must not pass over because it was not found: a disk of a checkpoint, a checkpoint that a machine lists, or
//! which of several files a machine runs on.

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

/// Of a disk and a plain copy of it either may be the machine's: nothing is merged into one of them until that is known.
#[test]
fn a_machine_that_may_run_on_a_file_that_would_be_overwritten_closes_them_as_well() {
    let mut store = Store::new();
    let one = store.rng.guid();
    let base = store.base("web/b.vhdx");
    let branch = store.child("web/c1.avhdx", &base, "b.vhdx");
    store.put("Backup/web/b.vhdx", &base);
    store.put("Backup/web/c1.avhdx", &branch);
    store.configuration("vm/Virtual Machines", Machine::new(one, "one"), one, &[(Bus::Scsi(0, 0), r"web\b.vhdx")]);
    for folder in ["web", "Backup/web"] {
        let plan = store.plan(&format!("{folder}/c1.avhdx"), &["--search", "."]);
        let words = format!("machine \\\"one\\\" may run on ./{folder}/b.vhdx, which would be overwritten");
        plan.expect(20, "fail", &words);
        plan.open(&["export"]);
    }
    let all = store.run(&["plan", ".", "--all", "--format", "json"]).json();
    assert!(all["merges"].as_array().unwrap().is_empty(), "{all:#}");
    let verdict = store.run(&["info", "Backup/web/c1.avhdx", "--search", "."]).stdout;
    assert!(!verdict.contains("attaches"), "{verdict}");
    // Where the recorded path is now settles it.
    let map = format!(r"D:\VMs={}", store.path().display());
    store.plan("web/c1.avhdx", &["--search", ".", "--map", &map]).expect(20, "fail", "runs on");
}
