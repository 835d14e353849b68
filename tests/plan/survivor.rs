//! What is said of files that were not merged, or that lie elsewhere.

use std::fs;

use serde_json::Value;

use crate::kit::{MIB, Store, chain};
use crate::support::run::Ran;
use crate::support::schema::assert_valid;

fn store(more: &[&str]) -> Store {
    let (store, _, _) = chain(3);
    let arguments = ["plan", "layer2.avhdx", "--into", "base.vhdx", "--format", "json", "-o", "plan.json"];
    let ran = store.run(&[&arguments[..], more].concat());
    assert!(matches!(ran.status, Some(0 | 1)), "{ran}");
    store
}

fn verified(store: &Store, more: &[&str]) -> (Ran, Value) {
    let ran = store.run(&[&["verify", "plan.json", "--format", "json"][..], more].concat());
    assert!(matches!(ran.status, Some(0 | 1)), "{ran}");
    let json = ran.json();
    assert_valid("verify", [&json]);
    (ran, json)
}

fn check<'a>(json: &'a Value, name: &str) -> Vec<&'a Value> {
    json["checks"].as_array().unwrap().iter().filter(|check| check["name"] == name).collect()
}

#[test]
fn a_file_that_was_to_be_merged_and_was_not_is_not_declared_invalid() {
    let store = store(&["--hash"]);
    let (ran, after) = verified(&store, &["--after", "--survivor", "layer2.avhdx"]);
    assert_eq!((ran.status, &after["content"]), (Some(0), &"proved".into()), "{after:#}");
    let text = after["checks"].to_string();
    assert!(text.contains("nothing was merged") && !text.contains("no longer valid"), "{after:#}");
    assert!(text.contains("is the survivor itself") && text.contains("the survivor depends on it"), "{after:#}");
}

#[test]
fn a_size_that_was_not_planned_is_not_called_expected() {
    let store = store(&["--hash"]);
    store.run(&["export", "layer2.avhdx", "-o", "new.vhdx", "--format", "vhdx"]).expect_success();
    fs::remove_file(store.join("base.vhdx")).unwrap();
    fs::rename(store.join("new.vhdx"), store.join("base.vhdx")).unwrap();
    let file = fs::OpenOptions::new().append(true).open(store.join("base.vhdx")).unwrap();
    file.set_len(file.metadata().unwrap().len() + 20 * MIB).unwrap();
    let (ran, after) = verified(&store, &["--after"]);
    assert_eq!((ran.status, &after["content"]), (Some(0), &"proved".into()), "{after:#}");
    let size = check(&after, "file_size")[0];
    assert!(size["ok"].is_null() && size["what"].as_str().unwrap().contains("other than planned"), "{size}");
    assert_eq!(after["checks"].to_string().matches("left; the survivor holds its content").count(), 2, "{after:#}");
}

#[test]
fn files_of_the_plan_are_found_when_the_survivor_lies_elsewhere() {
    let (store, _, _) = chain(3);
    store.run(&["plan", "layer2.avhdx", "--hash", "--format", "json", "-o", "plan.json"]);
    store.join("out/new.vhdx");
    store.run(&["export", "layer2.avhdx", "-o", "out/new.vhdx", "--format", "vhdx"]).expect_success();
    for more in [&[][..], &["."]] {
        let (ran, after) = verified(&store, &[&["--after", "--survivor", "out/new.vhdx"], more].concat());
        assert_eq!((ran.status, &after["content"]), (Some(0), &"proved".into()), "{after:#}");
        let untouched = check(&after, "untouched");
        assert!(!untouched.is_empty() && untouched.iter().all(|check| check["ok"] == true), "{after:#}");
        assert!(!check(&after, "source")[0]["what"].as_str().unwrap().contains("gone"), "{after:#}");
    }
}

#[test]
fn it_is_said_that_the_content_was_not_compared() {
    let store = store(&["--hash"]);
    let (ran, json) = verified(&store, &[]);
    assert_eq!((ran.status, &json["content"]), (Some(0), &"not_compared".into()));
    let text = store.run(&["verify", "plan.json"]).expect_success().stdout;
    assert!(text.contains("The content was not compared; verify --after --survivor layer2.avhdx does that"), "{text}");
}

#[test]
fn a_new_file_that_may_be_a_child_makes_the_plan_untrue() {
    let store = store(&[]);
    // One that was there when the plan was made is a condition of the plan.
    assert_eq!(verified(&store, &[]).0.status, Some(0));
    store.bytes("known.avhdx", &[0; 8192]);
    let again = ["plan", "layer2.avhdx", "--into", "base.vhdx", "--format", "json", "-o", "plan.json"];
    assert!(matches!(store.run(&again).status, Some(0 | 1)));
    assert_eq!(verified(&store, &[]).0.status, Some(0));
    store.bytes("new.avhdx", &[0; 4096]);
    let (ran, json) = verified(&store, &[]);
    assert_eq!(ran.status, Some(1), "{json:#}");
    let changes = json["changes"].as_array().unwrap();
    assert_eq!((changes.len(), &changes[0]["what"]), (1, &"possible_child".into()), "{json:#}");
    assert!(changes[0]["path"].as_str().unwrap().ends_with("new.avhdx"), "{json:#}");
    let text = store.run(&["verify", "plan.json"]).stdout;
    assert!(text.contains("may depend on a file that changes"), "{text}");
}

#[test]
fn it_is_said_where_relative_paths_were_looked_for() {
    let store = store(&[]);
    fs::create_dir(store.join("else")).unwrap();
    let folder = store.join("else");
    let ran = crate::support::disks::vhdxray_in(&folder, &["verify", "../plan.json"]);
    assert_eq!(ran.status, Some(1), "{ran}");
    let name = folder.file_name().unwrap().to_str().unwrap();
    assert!(ran.stdout.contains("relative paths were taken from") && ran.stdout.contains(name), "{ran}");
    let ran = crate::support::disks::vhdxray_in(&folder, &["verify", "../plan.json", "--after"]);
    assert!(ran.status == Some(2) && ran.stderr.contains("relative paths were taken from"), "{ran}");
}

#[cfg(unix)]
#[test]
fn a_link_does_not_lead_out_of_what_was_named() {
    use std::os::unix::fs::symlink;
    let (outside, _, _) = chain(2);
    let store = Store::new();
    fs::create_dir(store.join("in")).unwrap();
    symlink(outside.path(), store.join("in/folder")).unwrap();
    symlink(outside.join("layer1.avhdx"), store.join("in/file.avhdx")).unwrap();
    for name in ["in/folder/layer1.avhdx", "in/file.avhdx"] {
        let ran = store.run(&["plan", name, "--search", "in/folder", "--format", "json"]);
        assert!(matches!(ran.status, Some(0 | 1)), "{ran}");
        store.bytes("plan.json", ran.stdout.as_bytes());
        let ran = store.run(&["verify", "plan.json", "in"]);
        assert!(ran.status == Some(2) && ran.stderr.contains("a link leads outside"), "{ran}");
        assert_eq!(store.run(&["verify", "plan.json"]).status, Some(0));
    }
}
