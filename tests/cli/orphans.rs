//! `orphans`, and the machines and verdicts of `scan`, over the made estate.

use std::collections::BTreeMap;

use serde_json::Value;

use vhdxray::testkit::estate;

use crate::schema::{assert_valid, validator};
use crate::support::Tree;

/// Long after the files were made, so that none is recent.
const LATER: [&str; 2] = ["--as-of", "2100-01-01T00:00:00Z"];

fn tree() -> Tree {
    let tree = Tree::new();
    estate::write(tree.path()).unwrap();
    // What cannot be read would lower every confidence.
    for path in ["db01/notes.vhdx", "restore/db01-data.vhdx"] {
        std::fs::remove_file(tree.join(path)).unwrap();
    }
    tree
}

#[test]
fn the_list_holds_what_nothing_needs_and_says_how_sure_that_is() {
    let tree = tree();
    let run = tree.run(["orphans", ".", "--format", "json"].iter().chain(&LATER));
    assert_eq!(run.status, 1, "{run:?}");
    let list = run.json();
    assert_valid(&validator(&tree, "orphans"), &list);
    let files = list["files"].as_array().unwrap();
    let classes: BTreeMap<&str, (&str, &str)> = files
        .iter()
        .map(|file| {
            let name = file["path"].as_str().unwrap().rsplit('/').next().unwrap();
            let verdict = &file["verdict"];
            (&name[..name.len().min(12)], (verdict["class"].as_str().unwrap(), verdict["confidence"].as_str().unwrap()))
        })
        .collect();
    let expected = [
        ("web01_E099EC", ("unreferenced_linked", "confirmed")),
        ("db01-archive", ("unreferenced_broken", "confirmed")),
        ("db01-data_4F", ("stale_branch", "confirmed")),
        ("crm-2009.vhd", ("deleted_machine_disk", "probable")),
        ("crm-2009_sna", ("unreferenced_linked", "confirmed")),
        ("db01_975835D", ("uncheckpointed_chain", "probable")),
    ];
    assert_eq!(classes, BTreeMap::from(expected));
    assert_eq!(list["summary"]["orphans_count"], 5);
    let sums: u64 = files
        .iter()
        .filter(|file| file["verdict"]["class"] != "uncheckpointed_chain")
        .map(|file| file["verdict"]["at_stake_bytes"].as_u64().unwrap())
        .sum();
    assert_eq!(list["summary"]["orphan_bytes"], sums);
}

#[test]
fn less_sure_and_younger_files_are_left_out() {
    let tree = tree();
    let count = |arguments: &[&str]| {
        let run = tree.run(["orphans", ".", "--format", "json"].iter().chain(arguments));
        (run.status, run.json()["files"].as_array().unwrap().len())
    };
    assert_eq!(count(&[LATER[0], LATER[1], "--min-confidence", "confirmed"]), (1, 4));
    assert_eq!(count(&[LATER[0], LATER[1], "--older-than", "52w"]), (1, 6));
    assert_eq!(count(&["--older-than", "1d", "--min-confidence", "unknown"]), (0, 0), "all were written a moment ago");
    let wrong = tree.run(["orphans", ".", "--older-than", "soon"]);
    assert_eq!(wrong.status, 2);
}

#[test]
fn text_says_what_to_verify_and_never_that_anything_is_safe() {
    let tree = tree();
    let text = tree.run(["orphans", "."].iter().chain(&LATER)).stdout;
    for words in ["Stale branches", "verify first", "To see to, not to remove", "5 files that nothing needs"] {
        assert!(text.contains(words), "no {words:?} in\n{text}");
    }
    assert!(!text.contains("safe to delete"));
    let csv = tree.run(["orphans", ".", "--format", "csv"].iter().chain(&LATER)).stdout;
    assert_eq!(csv.lines().count(), 7, "{csv}");
    assert!(csv.starts_with(
        "at_stake_bytes,class,confidence,modified,path,reasons,verify_first,host,contents,path_raw_hex\r\n"
    ));
}

#[test]
fn a_scan_shows_machines_their_disks_and_checkpoints() {
    let tree = tree();
    let scan = tree.run(["scan", ".", "--format", "json"].iter().chain(&LATER)).json();
    assert_valid(&validator(&tree, "scan"), &scan);
    let machines = scan["machines"].as_array().unwrap();
    let named = |name: &str| machines.iter().find(|machine| machine["name"] == name).unwrap();
    let web = named("web01");
    assert_eq!(
        (&web["kind"], &web["registered"], &web["checkpoints_count"]),
        (&"machine".into(), &true.into(), &3.into())
    );
    assert_eq!(web["disks"][0]["image_status"], "found");
    assert_eq!(web["disks"][0]["found_by"], "virtual_hard_disks_beside");
    // What the configuration says of its drives stands under the same names in vm.
    for machine in machines {
        let config = machine["config_path"].as_str().unwrap();
        let vm = tree.run(["vm", config, "--format", "json"]).json();
        let drives = vm["machines"][0]["disks"].as_array().unwrap();
        let disks = machine["disks"].as_array().unwrap();
        assert_eq!(drives.len(), disks.len(), "{config}");
        for (drive, disk) in drives.iter().zip(disks) {
            for key in ["controller", "controller_number", "controller_id", "location", "type", "path_recorded"] {
                assert_eq!(drive[key], disk[key], "{config}: {key}");
            }
        }
    }
    // The tree of checkpoints comes from the places of what they keep.
    assert_eq!(named("before the update")["parent_checkpoint_id"], Value::Null);
    assert_eq!(named("after the update")["parent_checkpoint_id"], named("before the update")["id"]);
    assert_eq!(named("before the move")["parent_checkpoint_id"], named("after the update")["id"]);
    let leaf = &web["disks"][0]["path"];
    let chain = scan["chains"].as_array().unwrap().iter().find(|chain| chain["leaf"] == *leaf).unwrap();
    assert_eq!(chain["owner"], web["id"]);
    assert_eq!(chain["checkpoint_names"].as_array().unwrap().len(), 3);
    assert_eq!(scan["summary"]["machines_count"], 2);
    assert!(scan["summary"]["reclaimable_bytes"].as_u64().unwrap() > 0);

    let text = tree.run(["scan", "."].iter().chain(&LATER)).stdout;
    let lines: Vec<&str> = text.lines().collect();
    let at = lines.iter().position(|line| line.starts_with("web01  ")).unwrap();
    assert_eq!(lines[at], "web01  generation 2, version 9.0, 3 checkpoints");
    assert!(lines[at + 2].starts_with("└─ before the update  made 75.2 y ago"), "{}", lines[at + 2]);
    assert!(lines[at + 4].starts_with("      └─ before the move  made"), "{}", lines[at + 4]);
    assert!(text.contains("Nothing needs, as far as was looked  5 files"), "{text}");
    assert!(text.contains("no checkpoint accounts for the 2 files of its chain: a merge is due"), "{text}");
    assert!(text.contains("unreferenced, chain broken  confirmed"), "{text}");
}
