//! `verify --after` for a checkpoint over several disks: Hyper-V merges all of them, and all of them are looked at.

use std::fs;

use serde_json::Value;

use vhdxray::testkit::hvs::{Bus, Machine};
use vhdxray::testkit::pattern;
use vhdxray::testkit::vhdx::Block;

use crate::kit::{MIB, Store};
use crate::support::run::Ran;
use crate::support::schema::assert_valid;

/// A machine with two disks and a checkpoint over both, and the plan to delete it.
fn store(more: &[&str]) -> Store {
    let mut store = Store::new();
    let (id, checkpoint) = (store.rng.guid(), store.rng.guid());
    for name in ["a", "b"] {
        let base = store.base(&format!("{name}.vhdx"));
        let leaf = store.over(&base, &format!("{name}.vhdx"));
        let leaf = leaf.block(3, Block::full(pattern::image(3, 3 * MIB, MIB)));
        store.put(&format!("{name}_1.avhdx"), &leaf.build());
    }
    let disks = |a: &'static str, b: &'static str| [(Bus::Scsi(0, 0), a), (Bus::Scsi(0, 1), b)];
    let machine = Machine::new(id, "two").checkpoints(&[checkpoint]);
    store.configuration("vm/Virtual Machines", machine, id, &disks("a_1.avhdx", "b_1.avhdx"));
    let kept = Machine::checkpoint(checkpoint, id, "before");
    store.configuration("vm/Snapshots", kept, checkpoint, &disks("a.vhdx", "b.vhdx"));
    let planned = store.plan("a_1.avhdx", more);
    assert_eq!(planned.json["chosen_method"], "delete_checkpoint", "{:#}", planned.json["blockers"]);
    assert_eq!(planned.json["expectation"]["also"].as_array().unwrap().len(), 1);
    store.bytes("plan.json", planned.json.to_string().as_bytes());
    store
}

/// What Hyper-V leaves of a disk that it has merged.
fn merge(store: &Store, name: &str) {
    let leaf = format!("{name}_1.avhdx");
    store.run(&["export", &leaf, "-o", "merged.vhdx", "--format", "vhdx"]).expect_success();
    store.remove(&format!("{name}.vhdx"));
    store.remove(&leaf);
    fs::rename(store.join("merged.vhdx"), store.join(&format!("{name}.vhdx"))).unwrap();
}

fn verified(store: &Store, more: &[&str]) -> (Ran, Value) {
    let ran = store.run(&[&["verify", "plan.json", "--after", "--format", "json"][..], more].concat());
    assert!(matches!(ran.status, Some(0 | 1)), "{ran}");
    let json = ran.json();
    assert_valid("verify", [&json]);
    assert_eq!(json["ok"], ran.status == Some(0), "{json:#}");
    (ran, json)
}

#[test]
fn all_disks_are_proved_when_all_were_merged() {
    let store = store(&["--hash"]);
    for name in ["a", "b"] {
        merge(&store, name);
    }
    let (ran, after) = verified(&store, &[]);
    let other = &after["also"][0];
    assert_eq!((ran.status, &after["content"], &other["content"]), (Some(0), &"proved".into(), &"proved".into()));
    assert_eq!(other["survivor"]["path"].as_str().unwrap().trim_start_matches("./"), "b.vhdx");
    let text = store.run(&["verify", "plan.json", "--after"]).expect_success().stdout;
    assert_eq!(text.matches("Proved: ").count(), 2, "{text}");
}

#[test]
fn a_disk_that_was_lost_beside_the_named_one_is_seen() {
    // Its file is gone, and the base is as it was: what the file held is nowhere.
    for more in [&["--hash"][..], &[]] {
        let store = store(more);
        merge(&store, "a");
        store.remove("b_1.avhdx");
        let (ran, after) = verified(&store, &[]);
        let other = &after["also"][0];
        assert_eq!((ran.status, &other["ok"]), (Some(1), &false.into()), "{after:#}");
        assert!(other["checks"].to_string().contains("was not merged"), "{after:#}");
        let text = store.run(&["verify", "plan.json", "--after"]).stdout;
        assert!(text.contains("WRONG") && text.contains("b.vhdx is exactly as it was before"), "{text}");
    }
}

#[test]
fn other_content_in_another_disk_is_seen() {
    let mut store = store(&["--hash"]);
    merge(&store, "a");
    // A disk without the block of the leaf stands where the second was merged to.
    store.remove("b_1.avhdx");
    store.base("b.vhdx");
    let (ran, after) = verified(&store, &[]);
    assert_eq!((ran.status, &after["also"][0]["content"]), (Some(1), &"differs".into()), "{after:#}");
    // And one that is not there at all.
    store.remove("b.vhdx");
    let (ran, after) = verified(&store, &[]);
    assert_eq!((ran.status, &after["also"][0]["ok"]), (Some(1), &false.into()), "{after:#}");
}

#[test]
fn disks_that_another_way_leaves_alone_are_as_they_were() {
    let store = store(&["--hash"]);
    merge(&store, "a");
    let (ran, after) = verified(&store, &[]);
    assert_eq!((ran.status, &after["also"][0]["content"]), (Some(0), &"not_merged".into()), "{after:#}");
    let text = store.run(&["verify", "plan.json", "--after"]).expect_success().stdout;
    assert!(text.contains("Not merged: "), "{text}");
}
