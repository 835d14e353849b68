//! Real output is valid by the published schema, and the schema is the one that was agreed on.

use jsonschema::Validator;
use serde_json::Value;

use vhdxray::testkit::{estate, vhdx::Builder, vhdx::Locator};

use crate::golden;
use crate::lines;
use crate::support::{MIB, Tree, base, child};

pub(super) fn validator(tree: &Tree, name: &str) -> Validator {
    let run = tree.run(["schema", name]);
    assert_eq!((run.status, run.stderr.as_str()), (0, ""));
    jsonschema::validator_for(&run.json()).unwrap()
}

pub(super) fn assert_valid(validator: &Validator, value: &Value) {
    let errors: Vec<String> =
        validator.iter_errors(value).map(|error| format!("{}: {error}", error.instance_path())).collect();
    assert!(errors.is_empty(), "{errors:#?}\n{value:#}");
}

/// A tree in which every field is used somewhere: the estate, and what is not in it.
fn tree() -> Tree {
    let tree = Tree::new();
    estate::write(tree.path()).unwrap();
    let parent = base(1);
    tree.put("copies/a.vhdx", &parent);
    tree.put("copies/b.vhdx", &parent);
    tree.put("copies/child.avhdx", &child(&parent, "a.vhdx", 2));
    let twice = Locator::new()
        .linkage(parent.layout.data_write_guid)
        .entry("relative_path", r".\a.vhdx")
        .entry("relative_path", r".\b.vhdx")
        .raw_entry(&[0xD800], &[0xDC00, 0x41]);
    tree.put("copies/odd.avhdx", &Builder::differencing(16 * MIB, twice).seed(3).build());
    tree.put("copies/no locator.avhdx", &Builder::dynamic(16 * MIB).has_parent(true).seed(4).build());
    tree.put("copies/creator.vhdx", &Builder::dynamic(16 * MIB).raw_creator(&[0x41, 0xD800]).seed(5).build());
    #[cfg(unix)]
    {
        use std::os::unix::ffi::OsStrExt;
        let name = std::ffi::OsStr::from_bytes(b"copies/\xff.vhdx");
        tree.put(name, &base(6));
        std::fs::hard_link(tree.join("copies/a.vhdx"), tree.join("copies/linked.vhdx")).unwrap();
        std::os::unix::fs::symlink("gone", tree.join("copies/gone.vhdx")).unwrap();
    }
    tree
}

#[test]
fn scans_are_valid() {
    let tree = tree();
    let schema = validator(&tree, "scan");
    for arguments in [&["scan", "."][..], &["scan", ".", "--no-blocks", "--follow-links"], &["scan", "nothing"]] {
        let run = tree.run(arguments.iter().chain(&["--format", "json"]));
        let scan = run.json();
        assert_valid(&schema, &scan);
        assert_eq!(scan["schema"], "vhdxray.scan/1");
    }
}

#[test]
fn what_info_says_of_every_file_of_a_scan_is_valid_and_is_what_the_scan_says() {
    let tree = tree();
    let schema = validator(&tree, "info");
    let scan = tree.run(["scan", ".", "--format", "json"]).json();
    let files = scan["files"].as_array().unwrap();
    let images = files.iter().filter(|file| file["kind"] == "vhdx" || file["kind"] == "vhd");
    // A name that is not valid Unicode cannot be typed from what JSON shows of it.
    let paths: Vec<&str> =
        images.filter(|file| file["path_raw_hex"].is_null()).map(|file| file["path"].as_str().unwrap()).collect();
    assert!(paths.len() > 15);
    let info = tree.run(["info", "--format", "json"].iter().chain(&paths)).json();
    assert_valid(&schema, &info);
    for found in info["files"].as_array().unwrap() {
        // The links depend on what was named; the file itself does not.
        let in_scan = files.iter().find(|file| file["path"] == found["path"]).unwrap();
        for key in ["virtual_size_bytes", "blocks", "log_state", "data_write_guid", "creator", "type"] {
            assert_eq!(found["image"][key], in_scan["image"][key], "{} {key}", found["path"]);
        }
    }
    for path in paths {
        assert_valid(&schema, &tree.run(["info", path, "--format", "json"]).json());
    }
}

#[test]
fn every_line_of_a_scan_is_valid_and_all_of_it_is_there() {
    let tree = tree();
    let schema = validator(&tree, "scan-ndjson");
    let whole = tree.run(["scan", ".", "--format", "json"]).json();
    let lines = lines::parsed(&tree.run(["scan", ".", "--format", "ndjson"]).stdout);
    for line in &lines {
        assert_valid(&schema, line);
    }
    assert_eq!((&lines[0]["type"], &lines[0]["schema"]), (&"run".into(), &"vhdxray.scan/1".into()));
    assert_eq!(lines.last().unwrap()["type"], "end");
    assert_eq!(lines::files(&lines), lines::files_of_object(&whole));
    for (kind, list) in [("chain", "chains"), ("machine", "machines"), ("finding", "findings"), ("volume", "volumes")] {
        // Space may be taken between the two runs.
        let settled = |mut entry: Value| {
            entry.as_object_mut().unwrap().remove("free_bytes");
            entry
        };
        let of_kind = lines::of_type(&lines, kind).into_iter().map(|line| settled(Value::Object(line)));
        let listed = whole[list].as_array().unwrap().iter().cloned().map(settled);
        assert_eq!(of_kind.collect::<Vec<_>>(), listed.collect::<Vec<_>>(), "{kind}");
    }
}

#[test]
fn two_runs_differ_only_inside_run() {
    let tree = tree();
    // What a file takes on its volume is settled only when it has been written out.
    assert!(std::process::Command::new("sync").arg("-f").arg(tree.path()).status().unwrap().success());
    let scan = || {
        let mut scan = tree.run(["scan", ".", "--format", "json", "--as-of", "2026-11-25T22:00:00Z"]).json();
        assert_eq!(scan["run"]["as_of"], "2026-11-25T22:00:00Z");
        let scan = scan.as_object_mut().unwrap();
        scan.remove("run");
        // Free space is a fact about the volume, not about the files.
        scan["volumes"].as_array_mut().unwrap().iter_mut().for_each(|volume| {
            volume.as_object_mut().unwrap().remove("free_bytes");
        });
        serde_json::to_string_pretty(scan).unwrap()
    };
    let first = scan();
    assert_eq!(first, scan());
    let as_of = ["--as-of", "2026-11-25T22:00:00Z"];
    let one_job = tree.run(["scan", ".", "--format", "json", "--jobs", "1", "--io", "map", as_of[0], as_of[1]]).json();
    let first: Value = serde_json::from_str(&first).unwrap();
    assert_eq!((&one_job["files"], &one_job["chains"]), (&first["files"], &first["chains"]));
}

#[test]
fn the_schemas_are_the_ones_agreed_on() {
    let tree = Tree::new();
    for name in [
        "scan",
        "scan-ndjson",
        "info",
        "dump",
        "check",
        "vm",
        "orphans",
        "usage",
        "log",
        "residue",
        "map",
        "map-ndjson",
        "hash",
        "export",
        "diff",
        "diff-ndjson",
        "history",
        "history-record",
    ] {
        golden::assert_same(&format!("{name}.schema.json"), &tree.run(["schema", name]).stdout);
    }
}
