//! `plan --all` over machines with several disks on several volumes and checkpoints over all of them, carried out in
//! numbers: deleting a checkpoint merges every disk that it keeps, and at no moment is more taken than a volume has.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use serde_json::Value;
use uuid::Uuid;

use vhdxray::testkit::hvs::{Bus, Machine};
use vhdxray::testkit::pattern;
use vhdxray::testkit::rng::Rng;
use vhdxray::testkit::vhdx::{Block, Built};

use crate::kit::{MIB, Store};

/// A disk of a machine: its files from the base up, with the blocks that each holds.
struct Disk {
    volume: usize,
    /// The checkpoint from which on it has files over its base.
    since: usize,
    files: Vec<(String, BTreeSet<u64>)>,
    has_clone: bool,
}

struct Host {
    /// The disks of each machine.
    machines: Vec<Vec<Disk>>,
    /// Number of checkpoints of each machine.
    checkpoints: Vec<usize>,
}

fn built(store: &mut Store, name: &str, blocks: &BTreeSet<u64>, parent: Option<(&Built, &str)>) -> Built {
    let mut builder = match parent {
        None => vhdxray::testkit::vhdx::Builder::dynamic(16 * MIB).seed(store.rng.next()),
        Some((parent, parent_name)) => store.over(parent, parent_name),
    };
    for block in blocks {
        builder = builder.block(*block, Block::full(pattern::image(1, block * MIB, MIB)));
    }
    let built = builder.build();
    store.put(name, &built);
    built
}

fn host(store: &mut Store, rng: &mut Rng, with_clones: bool) -> Host {
    let mut host = Host { machines: Vec::new(), checkpoints: Vec::new() };
    for machine in 0..2 + rng.next() % 3 {
        let checkpoints = usize::try_from(rng.next() % 3).unwrap();
        let ids: Vec<Uuid> = (0..checkpoints).map(|_| store.rng.guid()).collect();
        let mut disks: Vec<Disk> = Vec::new();
        for number in 0..=(rng.next() % 3) {
            let volume = usize::try_from(rng.next() % 3).unwrap();
            // The first disk is as old as the machine.
            let since = if number == 0 { 0 } else { usize::try_from(rng.next()).unwrap_or(1) % (checkpoints + 1) };
            let stem = format!("vol{volume}/m{machine}d{number}");
            let mut files = vec![(format!("{stem}.vhdx"), BTreeSet::from([0]))];
            let mut below = built(store, &files[0].0, &files[0].1, None);
            let has_clone = with_clones && rng.next().is_multiple_of(6);
            if has_clone {
                built(store, &format!("{stem}-clone.vhdx"), &BTreeSet::from([9]), Some((&below, &files[0].0)));
            }
            for level in since..checkpoints {
                let blocks: BTreeSet<u64> = (0..rng.next() % 6).map(|_| rng.next() % 15).collect();
                let name = format!("{stem}_{level}.avhdx");
                below = built(store, &name, &blocks, Some((&below, &files.last().unwrap().0)));
                files.push((name, blocks));
            }
            disks.push(Disk { volume, since, files, has_clone });
        }
        let id = store.rng.guid();
        let mut leaves = Vec::new();
        for (location, disk) in (0..).zip(&disks) {
            leaves.push((Bus::Scsi(0, location), disk.files.last().unwrap().0.as_str()));
        }
        let own = Machine::new(id, &format!("m{machine}")).checkpoints(&ids);
        store.configuration("vm/Virtual Machines", own, id, &leaves);
        for (number, checkpoint) in ids.iter().enumerate() {
            let mut kept = Vec::new();
            for (location, disk) in (0..).zip(&disks).filter(|(_, disk)| disk.since <= number) {
                kept.push((Bus::Scsi(0, location), disk.files[number - disk.since].0.as_str()));
            }
            let own = Machine::checkpoint(*checkpoint, id, &format!("m{machine}c{number}"));
            store.configuration("vm/Snapshots", own, *checkpoint, &kept);
        }
        host.machines.push(disks);
        host.checkpoints.push(checkpoints);
    }
    host
}

fn names(list: &Value) -> Vec<String> {
    let all = list.as_array().unwrap().iter();
    all.map(|file| file["path"].as_str().unwrap().trim_start_matches("./").to_owned()).collect()
}

/// Deletes a checkpoint: what every disk that it keeps takes and gives back. Returns the bytes that had to be there.
fn delete(store: &Store, disks: &[Disk], gone: &BTreeSet<usize>, number: usize, free: &mut [i64]) -> BTreeSet<String> {
    let mut changed = BTreeSet::new();
    // All disks may be merged at once: first all is taken, and then given back.
    let mut freed = [0_i64; 3];
    for disk in disks.iter().filter(|disk| disk.since <= number) {
        let level = number - disk.since;
        // What earlier merges have put together is in the lowest file of a row of checkpoints that are gone.
        let mut lowest = level;
        while lowest > 0 && gone.contains(&(lowest - 1 + disk.since)) {
            lowest -= 1;
        }
        let has: BTreeSet<u64> = disk.files[lowest..=level].iter().flat_map(|(_, blocks)| blocks).copied().collect();
        let new = disk.files[level + 1].1.difference(&has).count();
        free[disk.volume] -= i64::try_from(u64::try_from(new).unwrap() * MIB).unwrap();
        let source = &disk.files[level + 1].0;
        freed[disk.volume] += i64::try_from(fs::metadata(store.path().join(source)).unwrap().len()).unwrap();
        changed.extend([source.clone(), disk.files[lowest].0.clone()]);
        assert!(!disk.has_clone || lowest > 0, "the clone of {} is lost", disk.files[0].0);
    }
    assert!(free.iter().all(|free| *free >= 0), "a volume is full: {free:?}");
    for (free, freed) in free.iter_mut().zip(freed) {
        *free += freed;
    }
    changed
}

/// Carries out what was planned. Returns the number of checkpoints that are left.
fn carry_out(store: &Store, host: &Host, json: &Value, mut free: Vec<i64>) -> usize {
    let mut gone: BTreeMap<usize, BTreeSet<usize>> = BTreeMap::new();
    for merge in json["merges"].as_array().unwrap() {
        assert_eq!(merge["method"], "delete_checkpoint", "{merge:#}");
        let merged = names(&merge["merged"]);
        let (machine, disk) = host
            .machines
            .iter()
            .enumerate()
            .find_map(|(number, disks)| {
                let disk = disks.iter().find(|disk| disk.files.iter().any(|(name, _)| *name == merged[0]))?;
                Some((number, disk))
            })
            .unwrap();
        let mut expected: BTreeSet<String> = BTreeSet::new();
        for one in std::iter::once(merge).chain(merge["also"].as_array().unwrap()) {
            expected.extend(names(&one["merged"]));
            expected.extend(names(&serde_json::json!([one["target"]])));
        }
        let done = gone.entry(machine).or_default();
        let mut changed = BTreeSet::new();
        // The oldest first: each keeps the file below one that is merged.
        for source in merged.iter().rev() {
            let level = disk.files.iter().position(|(name, _)| name == source).unwrap();
            let number = level - 1 + disk.since;
            changed.extend(delete(store, &host.machines[machine], done, number, &mut free));
            assert!(done.insert(number), "a checkpoint is deleted twice: {merge:#}");
        }
        assert_eq!(changed, expected, "what goes with it is named: {merge:#}");
        for after in merge["free_after"].as_array().unwrap() {
            let volume: usize = after["volume"].as_str().unwrap().rsplit("vol").next().unwrap().parse().unwrap();
            let said = i64::try_from(after["free_bytes"].as_u64().unwrap()).unwrap();
            assert!(said <= free[volume], "more is said to be free than is: {said} of {free:?}: {merge:#}");
        }
    }
    let left = host.checkpoints.iter().enumerate();
    left.map(|(machine, all)| all - gone.get(&machine).map_or(0, BTreeSet::len)).sum()
}

#[test]
fn no_volume_ever_runs_out_and_no_disk_is_forgotten() {
    let mut rng = Rng::new(20_261_126);
    let (mut left_out, mut together) = (0, 0);
    for round in 0..40 {
        let mut store = Store::new();
        store.rng = Rng::new(round);
        let (is_ample, with_clones) = (round % 3 == 0, round % 2 == 0);
        let host = host(&mut store, &mut rng, with_clones);
        let free: Vec<i64> = (0..3).map(|_| i64::try_from(rng.next() % 12 * MIB).unwrap()).collect();
        let free = if is_ample { vec![1 << 30; 3] } else { free };
        let mut arguments = ["plan", ".", "--all", "--format=json", r"--map=D:\VMs=."].map(str::to_owned).to_vec();
        for (volume, free) in free.iter().enumerate() {
            if store.path().join(format!("vol{volume}")).is_dir() {
                arguments.push(format!(r"--disk-free=D:\VMs\vol{volume}={free}"));
            }
        }
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let ran = store.run(&arguments);
        assert!(matches!(ran.status, Some(0 | 1)), "{ran}");
        let json = ran.json();
        let left = carry_out(&store, &host, &json, free);
        left_out += json["left_out"].as_array().unwrap().len();
        let merges = json["merges"].as_array().unwrap().iter();
        together += merges.filter(|merge| !merge["also"].as_array().unwrap().is_empty()).count();
        if is_ample && !with_clones {
            assert_eq!(left, 0, "round {round}: there is room for all, and nothing in the way: {json:#}");
            assert_eq!(json["reached"], true);
        }
    }
    assert!(left_out > 3 && together > 10, "{left_out} without room, {together} of several disks");
}
