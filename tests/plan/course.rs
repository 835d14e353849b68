//! What is merged into what, and a merge that was broken off.

use vhdxray::testkit::pattern;
use vhdxray::testkit::vhdx::{Block, Builder, Locator};

use crate::kit::{MIB, Store, chain, recorded};

fn paths(value: &serde_json::Value) -> Vec<&str> {
    let all = value.as_array().unwrap().iter();
    all.map(|file| file["path"].as_str().unwrap().trim_start_matches("./")).collect()
}

#[test]
fn into_an_ancestor_takes_everything_between() {
    let (store, _, _) = chain(5);
    let plan = store.plan("layer3.avhdx", &["--into", "layer1.avhdx"]);
    let course = &plan.json["course"];
    assert_eq!(paths(&course["merged"]), ["layer3.avhdx", "layer2.avhdx"]);
    assert_eq!(course["target"]["path"].as_str().unwrap().trim_start_matches("./"), "layer1.avhdx");
    assert_eq!((paths(&course["below"]), paths(&course["above"])), (vec!["base.vhdx"], vec!["layer4.avhdx"]));
    assert!(course["siblings"].as_array().unwrap().is_empty());
    let parent = store.plan("layer3.avhdx", &[]);
    assert_eq!(paths(&parent.json["course"]["merged"]), ["layer3.avhdx"]);
}

#[test]
fn what_cannot_be_asked_is_said_and_ends_with_two() {
    let (store, _, _) = chain(3);
    for (arguments, words) in [
        (&["plan", "base.vhdx"][..], "has no parent to merge into"),
        (&["plan", "layer1.avhdx", "--into", "layer2.avhdx"], "none of the disks that it depends on"),
        (&["plan", "layer1.avhdx", "--into", "layer1.avhdx"], "into itself"),
        (&["plan", "layer1.avhdx", "--into", "gone.vhdx"], "gone.vhdx"),
        (&["plan", "gone.avhdx"], "gone.avhdx"),
        (&["plan", "."], "is a folder"),
        (&["plan", "layer1.avhdx", "--disk-free", "D:"], "VOLUME=SIZE"),
        (&["plan", "layer1.avhdx", "--speed", "0:1"], "a speed of zero"),
    ] {
        let ran = store.run(arguments);
        assert_eq!(ran.status, Some(2), "{ran}");
        assert!(ran.stderr.contains(words), "no {words:?}: {ran}");
    }
}

#[test]
fn speeds_give_a_range_of_time_and_volumes_what_comes_free() {
    let (store, _, _) = chain(3);
    let plan = store.plan("layer2.avhdx", &["--speed", "1MiB:1MiB"]);
    let way = plan.way("single_pass");
    let (read, write) = (way["read_bytes"].as_u64().unwrap(), &way["write_bytes"]);
    let (least, most) =
        (way["duration_least_seconds"].as_u64().unwrap(), way["duration_most_seconds"].as_u64().unwrap());
    assert!(least >= write["least"].as_u64().unwrap() / MIB && most >= (read + write["most"].as_u64().unwrap()) / MIB);
    let leaf = std::fs::metadata(store.join("layer2.avhdx")).unwrap().len();
    assert_eq!(way["freed_bytes"], serde_json::json!({ "least": leaf, "most": leaf }));
    assert!(store.plan("layer2.avhdx", &[]).way("single_pass")["duration_least_seconds"].is_null());
    assert_eq!(plan.way("export")["freed_bytes"]["most"], 0, "nothing old goes by itself");
    assert_eq!(plan.way("leave")["read_bytes"], 0);
}

/// A base that a merge had begun to write into: it has the second identity that its child records, and the first of the
/// child's two blocks.
fn broken_off(prepared_only: bool) -> Store {
    let mut store = Store::new();
    let (before, next) = (store.rng.guid(), store.rng.guid());
    let own = |block: u64| Block::full(pattern::image(2, block * MIB, MIB));
    let base = Builder::dynamic(16 * MIB).seed(1).data_write_guid(if prepared_only { before } else { next });
    let base = base.block(0, Block::full(pattern::image(1, 0, MIB)));
    let base = if prepared_only { base.build() } else { base.block(1, own(1)).build() };
    store.put("base.vhdx", &base);
    let locator = Locator::new()
        .linkage(before)
        .entry("relative_path", r".\base.vhdx")
        .entry("absolute_win32_path", &recorded("base.vhdx"))
        .linkage2(next);
    let child = store.with_locator(&base, locator).block(1, own(1)).block(2, own(2)).build();
    store.put("leaf.avhdx", &child);
    store
}

#[test]
fn a_merge_that_was_broken_off_is_run_again_and_its_child_never_deleted() {
    let store = broken_off(false);
    let plan = store.plan("leaf.avhdx", &[]);
    let found = &plan.json["interrupted"];
    assert_eq!((found["certainty"].as_str(), found["equal_bytes"].as_u64()), (Some("proved"), Some(MIB)));
    assert_eq!(found["content_bytes"], 2 * MIB);
    plan.expect(2, "pass", "a merge was under way");
    plan.open(&["single_pass", "pairwise_top_down", "export"]);
    assert_eq!((plan.status, plan.json["chosen_method"].as_str()), (0, Some("single_pass")));
    let text = store.run(&["plan", "leaf.avhdx", "--search", "."]).stdout;
    for words in ["was broken off", "50 %", "Run the same merge again", "Never delete the child"] {
        assert!(text.contains(words), "no {words:?} in {text}");
    }
}

#[test]
fn a_merge_that_was_only_prepared() {
    let plan = broken_off(true).plan("leaf.avhdx", &[]);
    assert_eq!(plan.json["interrupted"]["certainty"], "prepared");
    assert_eq!(plan.json["interrupted"]["equal_bytes"], 0);
}

#[test]
fn a_merge_that_only_the_content_shows() {
    let mut store = Store::new();
    let block = |number: u64| Block::full(pattern::image(2, number * MIB, MIB));
    let base = Builder::dynamic(16 * MIB).seed(1).block(1, block(1)).block(2, block(2)).build();
    store.put("base.vhdx", &base);
    let leaf = store.over(&base, "base.vhdx").block(1, block(1)).block(2, block(2)).block(3, block(3)).build();
    store.put("leaf.avhdx", &leaf);
    let plan = store.plan("leaf.avhdx", &["--hash"]);
    let found = &plan.json["interrupted"];
    assert_eq!((found["certainty"].as_str(), found["equal_bytes"].as_u64()), (Some("likely"), Some(2 * MIB)));
    assert!(store.plan("leaf.avhdx", &[]).json["interrupted"].is_null(), "content is read only when it is asked for");
    let (healthy, _, _) = chain(2);
    assert!(healthy.plan("layer1.avhdx", &["--hash"]).json["interrupted"].is_null());
}
