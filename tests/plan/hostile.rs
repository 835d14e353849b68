//! A plan file may come from anybody.

use std::fs;

use serde_json::{Value, json};

use crate::kit::{Store, chain};

fn plan() -> (Store, Value) {
    let (store, _, _) = chain(2);
    let plan = store.plan("layer1.avhdx", &[]);
    (store, plan.json)
}

fn refused(store: &Store, text: &str, words: &str, more: &[&str]) {
    fs::write(store.join("plan.json"), text).unwrap();
    let ran = store.run(&[&["verify", "plan.json"][..], more].concat());
    assert_eq!(ran.status, Some(2), "{ran}");
    assert!(ran.stderr.contains(words), "no {words:?}: {ran}");
}

#[test]
fn what_is_no_plan_is_refused() {
    let (store, plan) = plan();
    for (text, words) in [
        ("", "is no JSON of this program"),
        ("[]", "is no JSON of this program"),
        ("{\"schema\": \"vhdxray.scan/1\"}", "is no plan that can be verified"),
        ("{\"schema\": \"vhdxray.plan/1\"}", "is no whole plan"),
        ("{\"schema\": \"\\u001b[31m\"}", "is no plan that can be verified"),
    ] {
        refused(&store, text, words, &[]);
    }
    let text = plan.to_string();
    for cut in [1, text.len() / 2, text.len() - 1] {
        refused(&store, &text[..cut], "", &[]);
    }
    let nested = "[".repeat(100_000);
    refused(&store, &nested, "is no JSON", &[]);
    fs::write(store.join("plan.json"), vec![b' '; (16 << 20) + 1]).unwrap();
    let ran = store.run(&["verify", "plan.json"]);
    assert!(ran.status == Some(2) && ran.stderr.contains("MAX_PLAN_FILE"), "{ran}");
    let ran = store.run(&["verify", "gone.json"]);
    assert_eq!(ran.status, Some(2), "{ran}");
}

#[test]
fn nothing_on_the_network_is_opened_and_nothing_outside_the_named_paths() {
    let (store, plan) = plan();
    for path in
        [r"\\server\share\x.avhdx", "//server/share/x.avhdx", r"\\?\UNC\server\share\x.avhdx", r"\\.\PhysicalDrive0"]
    {
        let mut altered = plan.clone();
        altered["fingerprint"]["question"]["file"] = json!({ "path": path });
        refused(&store, &altered.to_string(), "the network or to a device", &[]);
        let mut altered = plan.clone();
        altered["fingerprint"]["question"]["search"] = json!([{ "path": path }]);
        refused(&store, &altered.to_string(), "the network or to a device", &[]);
        let mut altered = plan.clone();
        altered["fingerprint"]["question"]["map"] = json!([{ "path": format!(r"D:\={path}") }]);
        refused(&store, &altered.to_string(), "the network or to a device", &[]);
    }
    fs::create_dir(store.join("elsewhere")).unwrap();
    refused(&store, &plan.to_string(), "lies outside the paths that were named", &["elsewhere"]);
    let mut altered = plan.clone();
    altered["fingerprint"]["question"]["file"] = json!({ "path": "elsewhere/../../x.avhdx" });
    refused(&store, &altered.to_string(), "lies outside the paths that were named", &["."]);
    let mut altered = plan;
    altered["fingerprint"]["question"]["file"] = json!({ "path": "x", "path_raw_hex": "zz" });
    refused(&store, &altered.to_string(), "which is no path here", &[]);
}

#[test]
fn odd_values_change_the_answer_and_never_break_it() {
    let (store, plan) = plan();
    let odd =
        [json!(null), json!(0), json!(-1), json!("x"), json!([]), json!({}), json!(1e300), json!("\u{0}\u{202e}")];
    for (name, _) in plan["fingerprint"]["disks"][0].as_object().unwrap() {
        for value in &odd {
            if plan["fingerprint"]["disks"][0][name] == *value {
                continue;
            }
            let mut altered = plan.clone();
            altered["fingerprint"]["disks"][0][name] = value.clone();
            fs::write(store.join("plan.json"), altered.to_string()).unwrap();
            for more in [&[][..], &["--after"]] {
                let ran = store.run(&[&["verify", "plan.json"][..], more].concat());
                assert!(matches!(ran.status, Some(1 | 2)), "{name} = {value}: {ran}");
                assert!(!ran.stdout.contains(['\u{0}', '\u{202e}']), "{ran}");
            }
        }
    }
}
