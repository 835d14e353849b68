//! Before: any fact that changed stops the plan. After: the survivor holds the same content, to the byte.

use std::fs;
use std::io::{Seek, SeekFrom, Write};

use serde_json::Value;

use vhdxray::testkit::SparseImage;
use vhdxray::testkit::hvs::{Bus, Machine};
use vhdxray::testkit::vhdx::{Block, Builder};

use crate::kit::{MIB, Store, chain};
use crate::support::run::Ran;
use crate::support::schema::assert_valid;

/// Writes the plan of a file beside it.
fn planned(store: &Store, file: &str, more: &[&str]) {
    let arguments = [&["plan", file, "--search", ".", "--format", "json"][..], more].concat();
    let ran = store.run(&arguments);
    assert!(matches!(ran.status, Some(0 | 1)), "{ran}");
    store.bytes("plan.json", ran.stdout.as_bytes());
}

fn verified(store: &Store, more: &[&str]) -> (Ran, Value) {
    let ran = store.run(&[&["verify", "plan.json", "--format", "json"][..], more].concat());
    assert!(matches!(ran.status, Some(0 | 1)), "{ran}");
    let json = ran.json();
    assert_valid("verify", [&json]);
    assert_eq!(json["ok"], ran.status == Some(0), "{json:#}");
    (ran, json)
}

fn changed(store: &Store) -> Vec<(String, String)> {
    let (ran, json) = verified(store, &[]);
    let text = |value: &Value| value.as_str().unwrap().trim_start_matches("./").to_owned();
    let changes: Vec<_> = json["changes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|change| (text(&change["path"]), text(&change["what"])))
        .collect();
    assert_eq!(ran.status, Some(i32::from(!changes.is_empty())), "{json:#}");
    changes
}

/// A chain of three with a machine on it.
fn store() -> (Store, String) {
    let (mut store, _, _) = chain(3);
    let id = store.rng.guid();
    let machine = store.machine(Machine::new(id, "web"), id, &[(Bus::Scsi(0, 0), "layer2.avhdx")]);
    (store, machine)
}

fn write_at(store: &Store, name: &str, at: u64, bytes: &[u8]) {
    let path = store.join(name);
    let times = fs::metadata(&path).unwrap().modified().unwrap();
    let mut file = fs::OpenOptions::new().write(true).open(&path).unwrap();
    file.seek(SeekFrom::Start(at)).unwrap();
    file.write_all(bytes).unwrap();
    // What was hidden from the clock is found all the same.
    file.set_modified(times).unwrap();
}

#[test]
fn nothing_changed_and_nothing_is_refused() {
    let (store, _) = store();
    planned(&store, "layer2.avhdx", &["--into", "base.vhdx", "--hash"]);
    assert!(changed(&store).is_empty());
    let text = store.run(&["verify", "plan.json"]).expect_success().stdout;
    assert!(text.contains("Every fact that the plan rests on is as it was"), "{text}");
    assert!(store.run(&["verify", "plan.json", "."]).succeeded(), "what lies under a named path may be opened");
}

#[test]
fn every_kind_of_change_is_found_and_named() {
    let change = |what: &str, act: &dyn Fn(&Store, &str)| {
        let (store, machine) = store();
        planned(&store, "layer2.avhdx", &[]);
        act(&store, &machine);
        let found = changed(&store);
        assert!(found.iter().any(|(_, name)| name == what), "{what}: {found:?}");
        found
    };
    // A byte of the BAT, with the old time.
    let found = change("structures_blake3", &|store, _| {
        write_at(store, "layer1.avhdx", bat_of(store, "layer1.avhdx") + 1, &[1]);
    });
    assert!(found.iter().all(|(path, _)| path == "layer1.avhdx"), "{found:?}");
    change("size_bytes", &|store, _| {
        let file = fs::OpenOptions::new().append(true).open(store.join("base.vhdx")).unwrap();
        file.set_len(file.metadata().unwrap().len() + MIB).unwrap();
    });
    change("modified", &|store, _| {
        let file = fs::OpenOptions::new().append(true).open(store.join("base.vhdx")).unwrap();
        file.set_modified(std::time::SystemTime::UNIX_EPOCH).unwrap();
    });
    #[cfg(unix)]
    change("file_id", &|store, _| {
        // The old file stays, so that its number is not given again.
        fs::copy(store.join("base.vhdx"), store.join("copy")).unwrap();
        fs::rename(store.join("base.vhdx"), store.join("old")).unwrap();
        fs::rename(store.join("copy"), store.join("base.vhdx")).unwrap();
    });
    change("sha256", &|store, machine| {
        fs::OpenOptions::new().append(true).open(store.join(machine)).unwrap().write_all(&[0]).unwrap();
    });
    change("disk", &|store, _| store.remove("layer2.avhdx"));
    let gone = change("configuration", &|store, machine| store.remove(machine));
    assert_eq!(gone.len(), 1);
    change("configuration", &|store, _| {
        let id = uuid::Uuid::from_u128(9);
        store.configuration("other", Machine::new(id, "other"), id, &[(Bus::Scsi(0, 0), "layer1.avhdx")]);
    });
}

/// Where the first entry of a layer's BAT lies.
fn bat_of(store: &Store, name: &str) -> u64 {
    let dump = store.run(&["dump", name, "region-table", "--format", "json"]).expect_success().json();
    let fields = dump["structures"][0]["fields"].as_array().unwrap();
    let field = |name: &str| &fields.iter().find(|field| field["name"] == name).unwrap()["value"];
    assert_eq!(field("Entry 0 Guid"), "2dc27766-f623-4200-9d64-115e9bfd4a08");
    field("Entry 0 FileOffset").as_u64().unwrap()
}

#[test]
fn a_new_sibling_makes_the_plan_untrue() {
    let (store, model, _) = chain(2);
    planned(&store, "layer1.avhdx", &[]);
    assert!(changed(&store).is_empty());
    let base = model.vhdx(0, vhdxray::testkit::Style::Plain);
    let mut store = store;
    store.child("clone.vhdx", &base, "base.vhdx");
    let found = changed(&store);
    assert_eq!(found, [("clone.vhdx".to_owned(), "disk".to_owned())]);
}

#[test]
fn a_plan_that_was_altered_is_not_believed() {
    let (store, _) = store();
    planned(&store, "layer2.avhdx", &["--hash"]);
    let text = fs::read_to_string(store.join("plan.json")).unwrap();
    let mut json: Value = serde_json::from_str(&text).unwrap();
    json["content_hash"]["sha256"] = "0".repeat(64).into();
    fs::write(store.join("plan.json"), json.to_string()).unwrap();
    let (ran, found) = verified(&store, &[]);
    assert_eq!(
        (ran.status, &found["plan_intact"], found["changes"].as_array().unwrap().len()),
        (Some(1), &false.into(), 0)
    );
    let text = store.run(&["verify", "plan.json"]).stdout;
    assert!(text.contains("was altered since it was written"), "{text}");
}

/// Does what a merge does, with a writer of the test's own: the target gets the content as seen from the leaf.
fn merge(store: &Store, model: &vhdxray::testkit::Model, leaf: usize, wrong: bool) {
    let size = 8 * MIB;
    let mut content = model.expected(leaf, 0, size);
    if wrong {
        content[5_000_000] ^= 1;
    }
    let mut builder = Builder::dynamic(size).seed(99);
    for (number, block) in (0..).zip(content.chunks(1 << 20)) {
        if block.iter().any(|byte| *byte != 0) {
            builder = builder.block(number, Block::full(SparseImage::from_bytes(block)));
        }
    }
    let built = builder.build();
    fs::remove_file(store.join("base.vhdx")).unwrap();
    built.image.write_to(&store.join("base.vhdx")).unwrap();
}

#[test]
fn the_survivor_is_proved_to_the_byte_whether_sources_are_left_or_gone() {
    for left in [true, false] {
        let (store, model, _) = chain(3);
        planned(&store, "layer2.avhdx", &["--into", "base.vhdx", "--hash"]);
        let json: Value = serde_json::from_str(&fs::read_to_string(store.join("plan.json")).unwrap()).unwrap();
        let hash = &json["content_hash"];
        assert_eq!(
            (hash["virtual_size_bytes"].as_u64(), hash["unproved"].as_array().unwrap().len()),
            (Some(8 * MIB), 0)
        );
        assert!(hash["read_policy_bytes"]["absent_bytes"].as_u64().unwrap() > 0);
        // Nothing was done yet.
        let (_, before) = verified(&store, &["--after"]);
        assert_eq!((&before["ok"], &before["content"]), (&false.into(), &"differs".into()), "{before:#}");
        assert!(before["checks"].to_string().contains("nothing was merged into it"), "{before:#}");

        merge(&store, &model, 2, false);
        if !left {
            store.remove("layer1.avhdx");
            store.remove("layer2.avhdx");
        }
        let (ran, after) = verified(&store, &["--after"]);
        assert_eq!((ran.status, &after["content"]), (Some(0), &"proved".into()), "{after:#}");
        assert_eq!(after["found_sha256"], hash["sha256"]);
        let word = if left { "left" } else { "gone" };
        assert_eq!(after["checks"].to_string().matches(word).count(), 2, "{after:#}");
        let text = store.run(&["verify", "plan.json", "--after"]).expect_success().stdout;
        assert!(text.starts_with("Proved:"), "{text}");
        // The facts before are no longer true, and that is said.
        assert!(!changed(&store).is_empty());
    }
}

#[test]
fn one_wrong_byte_is_found() {
    let (store, model, _) = chain(3);
    planned(&store, "layer2.avhdx", &["--into", "base.vhdx", "--hash"]);
    merge(&store, &model, 2, true);
    let (ran, after) = verified(&store, &["--after"]);
    assert_eq!((ran.status, &after["content"]), (Some(1), &"differs".into()), "{after:#}");
}

#[test]
fn without_a_hash_it_is_said_that_nothing_was_proved() {
    let (store, model, _) = chain(3);
    planned(&store, "layer2.avhdx", &["--into", "base.vhdx"]);
    merge(&store, &model, 2, false);
    let (ran, after) = verified(&store, &["--after"]);
    assert_eq!((ran.status, &after["content"]), (Some(1), &"not_proved".into()), "{after:#}");
    let text = store.run(&["verify", "plan.json", "--after"]).stdout;
    assert!(text.contains("Content was NOT proved"), "{text}");
}

#[test]
fn a_new_disk_of_an_export_is_proved_as_well() {
    let (store, _, _) = chain(3);
    planned(&store, "layer2.avhdx", &["--into", "base.vhdx", "--hash", "--method", "export"]);
    store.join("out/new.vhdx");
    store.run(&["export", "layer2.avhdx", "-o", "out/new.vhdx", "--format", "vhdx"]).expect_success();
    let (ran, after) = verified(&store, &["--after", "--survivor", "out/new.vhdx"]);
    assert_eq!((ran.status, &after["content"]), (Some(0), &"proved".into()), "{after:#}");
}

/// What an independent writer leaves behind that merges as the specification demands, with both kinds of allocator.
#[test]
fn what_a_writer_of_the_specification_leaves_behind_is_within_the_plan_and_proved() {
    use vhdxray::testkit::merge::{File, Policy, in_one_pass, top_down};
    for (policy, method) in [
        (Policy::Append, "single_pass"),
        (Policy::Reuse, "single_pass"),
        (Policy::Append, "pairwise_top_down"),
        (Policy::Reuse, "pairwise_top_down"),
    ] {
        let (store, model, _) = chain(4);
        planned(&store, "layer3.avhdx", &["--into", "base.vhdx", "--hash"]);
        let image = |layer: usize| File::open(model.vhdx(layer, vhdxray::testkit::Style::Plain).image).unwrap();
        let mut files: Vec<File> = (0..4).rev().map(image).collect();
        let counts =
            if method == "single_pass" { in_one_pass(&mut files, policy) } else { top_down(&mut files, policy) };
        let plan: Value = serde_json::from_str(&fs::read_to_string(store.join("plan.json")).unwrap()).unwrap();
        let outcomes = plan["expectation"]["outcomes"].as_array().unwrap();
        let outcome = outcomes.iter().find(|outcome| outcome["method"] == method).unwrap();
        let end = if policy == Policy::Append { "size_most_bytes" } else { "size_least_bytes" };
        assert_eq!(outcome[end].as_u64(), counts.last().map(|count| count.after), "{policy:?} {method}");

        for (file, name) in files.iter().zip(["layer3.avhdx", "layer2.avhdx", "layer1.avhdx", "base.vhdx"]) {
            fs::remove_file(store.join(name)).unwrap();
            file.image().write_to(&store.join(name)).unwrap();
        }
        let (ran, after) = verified(&store, &["--after"]);
        assert_eq!((ran.status, &after["content"]), (Some(0), &"proved".into()), "{after:#}");
        let sized = after["checks"].as_array().unwrap().iter().find(|check| check["name"] == "file_size").unwrap();
        assert_eq!(sized["ok"], true, "{sized}");
        // The lowest source was left: it still records the identity that the merge gave to the target.
        let left = store.plan("layer1.avhdx", &[]);
        let found = &left.json["interrupted"];
        assert_eq!(found["certainty"], "proved", "{method} {found:#}");
        if method == "pairwise_top_down" {
            assert_eq!(found["equal_bytes"], found["content_bytes"], "{found:#}");
        }
    }
}
