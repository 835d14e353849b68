//! All merges of an estate: in an order in which no volume ever runs out.

use std::collections::BTreeMap;

use serde_json::Value;

use vhdxray::testkit::vhdx::{Block, Builder, Locator};
use vhdxray::testkit::{estate, pattern};

use crate::kit::{MIB, Store, recorded};
use crate::support::run::vhdxray;
use crate::support::schema::assert_valid;

/// Chains of two on two volumes: each leaf has so many blocks that its base has not, and so many that it has.
fn store(chains: &[(&str, u64, u64)]) -> Store {
    let mut store = Store::new();
    for (name, new, same) in chains {
        let mut base = Builder::dynamic(64 * MIB).seed(store.rng.next());
        for block in 0..*same {
            base = base.block(block, Block::full(pattern::image(1, block * MIB, MIB)));
        }
        let base = base.build();
        let base_name = format!("{name}.vhdx");
        let file = base_name.rsplit('/').next().unwrap();
        let absolute = recorded(&base_name).replacen("D:", &name[..1].to_uppercase(), 1).replacen(r"\VMs", r":\VMs", 1);
        let locator = Locator::windows(base.layout.data_write_guid, &format!(r".\{file}"), &absolute);
        let mut leaf = Builder::differencing(64 * MIB, locator)
            .seed(store.rng.next())
            .virtual_disk_id(base.layout.virtual_disk_id);
        for block in 0..same + new {
            leaf = leaf.block(block, Block::full(pattern::image(2, block * MIB, MIB)));
        }
        store.put(&base_name, &base);
        store.put(&format!("{name}_1.avhdx"), &leaf.build());
    }
    store
}

fn plan(store: &Store, more: &[&str]) -> (i32, Value) {
    let ran = store.run(&[&["plan", ".", "--all", "--format", "json"][..], more].concat());
    assert!(matches!(ran.status, Some(0 | 1)), "{ran}");
    let json = ran.json();
    assert_valid("plan-all", [&json]);
    check_books(&json);
    (ran.status.unwrap(), json)
}

/// Keeps the books anew: nothing is taken that is not there.
fn check_books(json: &Value) {
    let number = |value: &Value| value.as_u64().unwrap_or_else(|| panic!("{json:#}"));
    let volumes = |list: &Value| -> BTreeMap<String, u64> {
        let all = list.as_array().unwrap().iter();
        all.map(|volume| (volume["volume"].as_str().unwrap().to_owned(), number(&volume["free_bytes"]))).collect()
    };
    let mut free = volumes(&json["volumes"]);
    for merge in json["merges"].as_array().unwrap() {
        let after = volumes(&merge["free_after"]);
        let changed: Vec<_> = free.keys().filter(|volume| free[*volume] != after[*volume]).cloned().collect();
        assert!(changed.len() <= 1, "each chain lies on one volume: {merge:#}");
        let (growth, freed) = (number(&merge["growth_bytes"]["most"]), number(&merge["freed_bytes"]["least"]));
        if let Some(volume) = changed.first() {
            assert!(growth <= free[volume], "{merge:#}");
            assert_eq!(after[volume], free[volume] - growth + freed, "{merge:#}");
        }
        free = after;
    }
}

fn tops(list: &Value) -> Vec<String> {
    let top = |merge: &Value| merge["merged"][0]["path"].as_str().unwrap().trim_start_matches("./").to_owned();
    list.as_array().unwrap().iter().map(top).collect()
}

#[test]
fn space_is_won_before_it_is_needed() {
    // The large one needs 20 MiB, of which 6 are free; the small ones need next to nothing and give back.
    let store = store(&[("d/large", 20, 0), ("d/small1", 0, 8), ("d/small2", 1, 8)]);
    let (status, json) = plan(&store, &["--disk-free", &format!("{}=6MiB", store.path().display())]);
    assert_eq!((status, json["reached"].as_bool()), (0, Some(true)), "{json:#}");
    let order = tops(&json["merges"]);
    assert_eq!(order.len(), 3);
    assert_eq!(order.last().unwrap(), "d/large_1.avhdx", "{order:?}");
    assert!(json["merges"][0]["done_after_seconds"].is_null());
}

#[test]
fn what_there_is_no_room_for_is_left_out_and_says_how_much_is_missing() {
    let store = store(&[("d/large", 40, 0), ("d/small", 0, 2)]);
    let (status, json) = plan(&store, &["--disk-free", &format!("{}=1MiB", store.path().display())]);
    assert_eq!((status, tops(&json["merges"])), (1, vec!["d/small_1.avhdx".to_owned()]));
    let left = &json["left_out"][0];
    assert_eq!((tops(&json["left_out"]), left["why"].as_str()), (vec!["d/large_1.avhdx".to_owned()], Some("no_room")));
    assert!(left["missing_bytes"].as_u64().unwrap() > 0);
    let text = store.run(&["plan", ".", "--all", "--disk-free", &format!("{}=1MiB", store.path().display())]).stdout;
    assert!(text.contains("no room:") && text.contains("1 merge wins at least"), "{text}");
}

#[test]
fn a_sum_to_win_ends_the_work_early() {
    let store = store(&[("d/a", 0, 4), ("d/b", 0, 30), ("d/c", 0, 5)]);
    let free = format!("{}=100MiB", store.path().display());
    let (status, json) = plan(&store, &["--disk-free", &free, "--win", "20MiB", "--speed", "10MiB:10MiB"]);
    assert_eq!((status, tops(&json["merges"])), (0, vec!["d/b_1.avhdx".to_owned()]), "{json:#}");
    assert!(json["won_bytes"].as_i64().unwrap() >= i64::try_from(20 * MIB).unwrap());
    assert!(json["merges"][0]["done_after_seconds"].as_u64().unwrap() > 0);
    assert!(json["left_out"].as_array().unwrap().iter().all(|left| left["why"] == "not_needed"));
    let (status, json) = plan(&store, &["--disk-free", &free, "--win", "1GiB"]);
    assert_eq!((status, json["reached"].as_bool()), (1, Some(false)));
}

#[test]
fn a_fork_is_merged_below_and_its_branches_are_not() {
    let mut store = Store::new();
    let base = store.base("base.vhdx");
    let middle = store.child("middle.avhdx", &base, "base.vhdx");
    let trunk = store.child("trunk.avhdx", &middle, "middle.avhdx");
    for branch in ["a", "b"] {
        let first = store.child(&format!("{branch}1.avhdx"), &trunk, "trunk.avhdx");
        store.child(&format!("{branch}2.avhdx"), &first, &format!("{branch}1.avhdx"));
    }
    let gold = store.base("gold.vhdx");
    store.child("clone.avhdx", &gold, "gold.vhdx");
    let (status, json) = plan(&store, &[]);
    let mut merged: Vec<(String, usize)> = tops(&json["merges"])
        .into_iter()
        .zip(json["merges"].as_array().unwrap())
        .map(|(top, merge)| (top, merge["merged"].as_array().unwrap().len()))
        .collect();
    merged.sort();
    let expected = [("a2.avhdx", 1), ("b2.avhdx", 1), ("trunk.avhdx", 2)].map(|(top, files)| (top.to_owned(), files));
    assert_eq!(merged, expected, "{json:#}");
    // What may be an image that others are made from is left to somebody who knows.
    assert_eq!((status, tops(&json["blocked"])), (1, vec!["clone.avhdx".to_owned()]), "{json:#}");
    assert_eq!(json["blocked"][0]["blockers"], serde_json::json!([17]));
}

#[test]
fn a_storage_tree_with_everything_wrong() {
    let folder = tempfile::tempdir().unwrap();
    estate::write(folder.path()).unwrap();
    let root = folder.path().to_str().unwrap();
    let ran = vhdxray(["plan", root, "--all", "--format", "json"]);
    assert_eq!(ran.status, Some(1), "{ran}");
    let json = ran.json();
    assert_valid("plan-all", [&json]);
    check_books(&json);
    assert_eq!(json["merges"].as_array().unwrap().len(), 2);
    // Hyper-V does not know the other child of this file, and would take its parent away.
    let blocked = json["blocked"].as_array().unwrap();
    let forked = |merge: &&Value| merge["merged"][0]["path"].as_str().unwrap().contains("_910A2DEC");
    let forked = blocked.iter().find(forked).unwrap_or_else(|| panic!("{json:#}"));
    assert!(forked["blockers"].as_array().unwrap().contains(&5.into()), "{forked:#}");
    for (arguments, words) in [
        (&["plan", root, "--all", "--format", "ps1"][..], "plan each file"),
        (&["plan", root], "is a folder"),
        (&["plan", root, root], "name one file"),
        (&["plan", root, "--win", "1M"], "--all"),
    ] {
        let ran = vhdxray(arguments);
        assert!(ran.status == Some(2) && ran.stderr.contains(words), "{ran}");
    }
}
