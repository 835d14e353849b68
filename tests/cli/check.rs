//! `check` and `explain` from the command line.

use std::fs;
use std::process::Command;

use jsonschema::validator_for;
use serde_json::{Value, json};

use vhdxray::testkit::damage::{self, Seal, Structure};
use vhdxray::testkit::pattern;
use vhdxray::testkit::vhdx::{Block, Builder, bat};

use crate::support::{MIB, Tree, base, child};

/// A sound chain, a disk with two blocks on one place (error), and one with a damaged header (warning).
fn tree() -> Tree {
    let tree = Tree::new();
    let parent = base(1);
    tree.put("sound/base.vhdx", &parent);
    tree.put("sound/child.avhdx", &child(&parent, "base.vhdx", 2));
    let full = Block::full(pattern::image(1, 0, MIB));
    let twins = Builder::dynamic(8 * MIB).seed(3).block(0, full).block(5, Block::raw(bat::entry(6, 4 * MIB)));
    tree.put("twins.vhdx", &twins.build());
    let mut header = Builder::dynamic(8 * MIB).seed(4).build();
    damage::flip(&mut header, Structure::Header1, 20, 1, Seal::Keep);
    tree.put("header.vhdx", &header);
    tree
}

fn codes(report: &Value) -> Vec<&str> {
    report["findings"].as_array().unwrap().iter().map(|finding| finding["code"].as_str().unwrap()).collect()
}

fn check(tree: &Tree, more: &[&str]) -> (i32, Value) {
    let run = tree.run(["check", ".", "--format", "json"].iter().chain(more));
    (run.status, run.json())
}

#[test]
fn a_sound_tree_gives_nothing_and_a_damaged_one_its_findings() {
    let tree = tree();
    let run = tree.run(["check", "sound"]);
    assert_eq!((run.status, run.stdout.as_str()), (0, "nothing found in 2 files\n"));
    let (status, report) = check(&tree, &[]);
    assert_eq!((status, codes(&report)), (1, vec!["VHDX0103", "VHDX0407"]));
    assert_eq!(report["schema"], "vhdxray.check/1");
    let twins = &report["findings"][1];
    assert_eq!(twins["path"], "./twins.vhdx");
    assert_eq!(twins["offset"], 3 * MIB + 40);
    assert_eq!(twins["virtual_offset"], 5 * MIB);
    assert_eq!(twins["evidence"]["other_virtual_offset"], 0);
    assert_eq!(twins["related"][0]["offset"], 3 * MIB);
    assert_eq!(twins["bytes_offset"], 3 * MIB + 32);
    assert_eq!(twins["bytes_hex"], "00000000000000000600400000000000");
    assert_eq!(report["summary"]["findings"], json!({ "info": 0, "warning": 1, "error": 1, "fatal": 0 }));
}

#[test]
fn the_text_shows_the_bytes_with_those_that_matter_marked() {
    let run = tree().run(["check", "twins.vhdx", "--color", "never"]);
    let expected = "\
error[VHDX0407]: payload block 5 lies where payload block 0 lies
  --> twins.vhdx, BAT at 0x300028 (8 bytes), disk offset 0x500000
   | 0x00300020  00 00 00 00 00 00 00 00  06 00 40 00 00 00 00 00 ..........@.....
   |                                      ^^^^^^^^^^^^^^^^^^^^^^^
   = entry: 0x0000000000400006
   = state: 6
   = block offset: 0x400000
   = other virtual offset: 0x0
   = see twins.vhdx at 0x300000: entry of payload block 0, virtual offset 0x0

1 error in 1 file
";
    assert_eq!(run.stdout, expected);
    assert_eq!(run.status, 1);
}

#[test]
fn checks_are_selected_and_the_exit_status_follows_the_severity() {
    let tree = tree();
    assert_eq!(check(&tree, &["--select", "VHDX01"]).0, 0);
    assert_eq!(check(&tree, &["--select", "VHDX01", "--fail-on", "warning"]).0, 1);
    assert_eq!(check(&tree, &["--ignore", "blocks-share-place"]).0, 0);
    assert_eq!(check(&tree, &["--fail-on", "fatal"]).0, 0);
    assert_eq!(check(&tree, &["--fail-on", "never"]).0, 0);
    assert_eq!(codes(&check(&tree, &["--level", "error"]).1), ["VHDX0407"]);
    let unknown = tree.run(["check", ".", "--select", "VHDX99"]);
    assert_eq!(unknown.status, 2);
    assert!(unknown.stderr.contains("VHDX99"), "{}", unknown.stderr);
    assert_eq!(tree.run(["check", "gone.vhdx"]).status, 2);
}

#[test]
fn a_suppression_holds_until_its_day_and_is_reported_when_it_is_over() {
    let tree = tree();
    let entry = json!([{ "code": "VHDX0407", "path": "twins.vhdx", "reason": "known", "expires": "2026-12-31" }]);
    tree.put_bytes("known.json", entry.to_string().as_bytes());
    let until = |moment| check(&tree, &["--suppressions", "known.json", "--as-of", moment]);
    let (status, report) = until("2026-12-31T23:00:00Z");
    assert_eq!((status, codes(&report)), (0, vec!["VHDX0103"]));
    assert_eq!(report["suppressed"][0]["reason"], "known");
    assert_eq!(report["suppressed"][0]["finding"]["code"], "VHDX0407");
    assert_eq!(until("2027-01-01T00:00:00Z").0, 1);
    let run = tree.run(["check", ".", "--suppressions", "known.json", "--as-of", "2027-01-01T00:00:00Z"]);
    assert!(run.stderr.contains("expired on 2026-12-31"), "{}", run.stderr);
    tree.put_bytes("wrong.json", b"[{}]");
    assert_eq!(tree.run(["check", ".", "--suppressions", "wrong.json"]).status, 2);
}

#[test]
fn only_what_is_new_since_the_baseline_counts() {
    let tree = tree();
    tree.put_bytes("old.json", tree.run(["check", ".", "--format", "json"]).stdout.as_bytes());
    let (status, report) = check(&tree, &["--baseline", "old.json", "--fail-on", "warning"]);
    assert_eq!(status, 0);
    assert!(report["findings"].as_array().unwrap().iter().all(|finding| finding["standing"] == "persisting"));
    tree.put_bytes("new.vhdx", b"");
    fs::remove_file(tree.path().join("twins.vhdx")).unwrap();
    let (status, report) = check(&tree, &["--baseline", "old.json"]);
    assert_eq!(status, 1);
    let summary = &report["summary"];
    assert_eq!((&summary["new_count"], &summary["persisting_count"]), (&json!(1), &json!(1)));
    assert_eq!(report["resolved"][0]["code"], "VHDX0407");
    let text = tree.run(["check", ".", "--baseline", "old.json"]).stdout;
    assert!(text.contains("(new)") && text.contains("(persisting)") && text.contains("resolved: "), "{text}");
}

#[test]
fn a_case_folder_holds_findings_hashes_and_facts() {
    let tree = tree();
    let outside = tempfile::tempdir().unwrap();
    let case = outside.path().join("case");
    let run = tree.run(["check".as_ref(), "sound".as_ref(), "--evidence".as_ref(), case.as_os_str()]);
    assert_eq!((run.status, run.stderr.as_str()), (0, ""));
    let report: Value = serde_json::from_str(&fs::read_to_string(case.join("check.json")).unwrap()).unwrap();
    assert_eq!(report["schema"], "vhdxray.check/1");
    let facts = fs::read_to_string(case.join("RUN.txt")).unwrap();
    assert!(facts.contains("arguments: check sound --evidence") && facts.contains("started: 2"), "{facts}");
    let sums = fs::read_to_string(case.join("SHA256SUMS")).unwrap();
    assert_eq!(sums.lines().count(), 2, "{sums}");
    if let Ok(output) =
        Command::new("sha256sum").arg("-c").arg(case.join("SHA256SUMS")).current_dir(tree.path()).output()
    {
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
    let again = tree.run(["check".as_ref(), "sound".as_ref(), "--evidence".as_ref(), case.as_os_str()]);
    assert_eq!(again.status, 2, "a folder with a case in it is left alone");
    let inside = tree.run(["check", "sound", "--evidence", "sound/case"]);
    assert_eq!(inside.status, 2, "nothing is written into what is looked at");
    assert!(!tree.path().join("sound/case").exists());
}

#[test]
fn every_report_is_valid_by_its_schema() {
    let tree = tree();
    let schema = validator_for(&tree.run(["schema", "check"]).json()).unwrap();
    tree.put_bytes("old.json", tree.run(["check", ".", "--format", "json"]).stdout.as_bytes());
    for more in [vec![], vec!["--baseline", "old.json"]] {
        let (_, report) = check(&tree, &more);
        let errors: Vec<String> = schema.iter_errors(&report).map(|error| error.to_string()).collect();
        assert!(errors.is_empty(), "{errors:#?}");
    }
}

#[test]
fn sarif_names_rules_places_and_levels() {
    let tree = tree();
    let run = tree.run(["check", ".", "--format", "sarif"]);
    let log = run.json();
    assert_eq!(log["version"], "2.1.0");
    let results = log["runs"][0]["results"].as_array().unwrap();
    assert_eq!(results.len(), 2);
    let twins = &results[1];
    assert_eq!((&twins["ruleId"], &twins["level"]), (&json!("VHDX0407"), &json!("error")));
    let place = &twins["locations"][0]["physicalLocation"];
    assert_eq!(place["artifactLocation"]["uri"], "./twins.vhdx");
    assert_eq!(place["region"], json!({ "byteOffset": 3 * MIB + 40, "byteLength": 8 }));
    let rules = log["runs"][0]["tool"]["driver"]["rules"].as_array().unwrap();
    for result in results {
        let index = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
        assert_eq!(rules[index]["id"], result["ruleId"]);
    }
}

#[test]
fn two_runs_differ_only_in_their_facts() {
    let tree = tree();
    let moment = ["--as-of", "2026-11-25T00:00:00Z"];
    let (mut first, mut second) = (check(&tree, &moment).1, check(&tree, &moment).1);
    first["run"] = Value::Null;
    second["run"] = Value::Null;
    assert_eq!(first, second);
}

#[test]
fn explain_knows_findings_codes_and_events() {
    let tree = Tree::new();
    for (word, expected) in [
        ("vhdx0405", "VHDX0405 block-beyond-end (error)"),
        ("block-beyond-end", "What not to do first"),
        ("0xC03A000D", "0xC03A000D ERROR_VHD_PARENT_VHD_NOT_FOUND"),
        ("-1069940723", "0xC03A000D ERROR_VHD_PARENT_VHD_NOT_FOUND"),
        ("19100", "Hyper-V-VMMS event 19100"),
        ("VHDMP:7", "VHDX0801 parent-missing"),
    ] {
        let run = tree.run(["explain", word]);
        assert_eq!((run.status, run.stderr.as_str()), (0, ""), "{word}");
        assert!(run.stdout.contains(expected), "{word}: {}", run.stdout);
    }
    let unknown = tree.run(["explain", "0xC03A002B"]);
    assert_eq!((unknown.status, unknown.stdout.as_str()), (2, ""));
}
