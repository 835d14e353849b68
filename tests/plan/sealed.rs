//! A plan is sealed as a whole: whatever is altered in the document is found.

use std::fs;

use serde_json::{Value, json};

use crate::kit::{Store, chain};
use crate::support::run::Ran;

fn verify(store: &Store, plan: &Value) -> Ran {
    fs::write(store.join("plan.json"), plan.to_string()).unwrap();
    store.run(&["verify", "plan.json"])
}

#[test]
fn whatever_is_altered_is_found() {
    let (store, _, _) = chain(3);
    let plan = store.plan("layer2.avhdx", &["--into", "base.vhdx"]).json;
    assert_eq!(verify(&store, &plan).status, Some(0), "neither white space nor the order of fields is an alteration");
    let mut other_run = plan.clone();
    other_run["run"]["tool_version"] = "another".into();
    assert_eq!(verify(&store, &other_run).status, Some(0), "what is said of the run is no part of the plan");

    let refused = |what: &str, altered: &Value| {
        assert_ne!(*altered, plan, "{what}");
        let ran = verify(&store, altered);
        assert_eq!(ran.status, Some(1), "{what}: {ran}");
        assert!(ran.stdout.contains("the plan file was altered"), "{what}: {ran}");
    };
    for name in plan.as_object().unwrap().keys() {
        // Without these it is no plan.
        if ["run", "schema", "fingerprint", "expectation"].contains(&name.as_str()) {
            continue;
        }
        let mut altered = plan.clone();
        altered[name] = json!("altered");
        if name != "content_hash" {
            refused(name, &altered);
        }
        altered.as_object_mut().unwrap().remove(name);
        refused(name, &altered);
    }
    for (pointer, value) in [
        ("/steps/0/commands/0", json!("Remove-Item D:\\VMs -Recurse")),
        ("/steps/0/number", json!(1.5)),
        ("/windows_names/0/windows_path", json!("C:\\other.vhdx")),
        ("/alternatives/0/open", json!("yes")),
        ("/preconditions/4/state", json!("unheard of")),
    ] {
        let mut altered = plan.clone();
        *altered.pointer_mut(pointer).unwrap() = value;
        refused(pointer, &altered);
    }
    let mut more = plan.clone();
    more["steps"].as_array_mut().unwrap().reverse();
    refused("the order of the steps", &more);
    let after = store.run(&["verify", "plan.json", "--after", "--survivor", "layer2.avhdx"]);
    assert_eq!(after.status, Some(1), "{after}");
    assert!(after.stdout.contains("the plan file was altered") && after.stdout.lines().count() == 1, "{after}");
    let mut more = plan.clone();
    more["added"] = json!(null);
    refused("a field that was added", &more);
    let mut more = plan.clone();
    more["steps"][0]["run"] = json!(null);
    refused("a field that was added further down", &more);
}

#[test]
fn neither_the_plan_nor_a_disk_is_written_over() {
    let (store, _, _) = chain(3);
    let plan = store.plan("layer2.avhdx", &["--into", "base.vhdx"]).json;
    assert_eq!(verify(&store, &plan).status, Some(0));
    for arguments in [
        &["verify", "plan.json", "-o", "plan.json"][..],
        &["plan", "layer2.avhdx", "-o", "layer2.avhdx"],
        &["plan", ".", "--all", "-o", "plan.json"],
    ] {
        let ran = store.run(arguments);
        assert_eq!(ran.status, Some(2), "{arguments:?}: {ran}");
    }
    assert_eq!(verify(&store, &plan).status, Some(0), "all files are as they were");
}
