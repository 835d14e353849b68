//! `scan --bundle` and `correlate` from outside.

use std::fs;
use std::io::Read;

use serde_json::Value;

use vhdxray::testkit::vhdx::{Block, Builder};
use vhdxray::testkit::{estate, pattern};

use crate::golden;
use crate::lines;
use crate::schema::{assert_valid, validator};
use crate::support::{MIB, Run, Tree};

const LATER: [&str; 2] = ["--as-of", "2100-01-01T00:00:00Z"];

/// The folders of the made estate: a host, two shares, and what was restored.
const PARTS: [&[&str]; 3] = [&["host", "web01"], &["db01", "archive", "library"], &["restore", "iso"]];

fn tree() -> Tree {
    let tree = Tree::new();
    estate::write(&tree.path().join("e")).unwrap();
    // Files of the root itself are no folder that could be scanned.
    for entry in fs::read_dir(tree.path().join("e")).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() {
            let host = tree.join("e/host/x").with_file_name(path.file_name().unwrap());
            fs::rename(&path, host).unwrap();
        }
    }
    tree
}

fn folders(tree: &Tree, part: &[&str]) -> Vec<String> {
    let all = part.iter().filter(|folder| tree.path().join("e").join(folder).is_dir());
    all.map(|folder| format!("e/{folder}")).collect()
}

fn scan(tree: &Tree, folders: &[String], more: &[&str]) -> Run {
    let folders = folders.iter().map(String::as_str);
    tree.run(["scan"].into_iter().chain(folders).chain(LATER).chain(more.iter().copied()))
}

fn bundles(tree: &Tree) -> Vec<String> {
    (0..)
        .zip(PARTS)
        .map(|(number, part)| {
            let name = format!("part{number}.vxb");
            let run = scan(tree, &folders(tree, part), &["--bundle", &name]);
            assert!(run.status <= 1, "{run:?}");
            name
        })
        .collect()
}

fn bytes(tree: &Tree, path: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    fs::File::open(tree.path().join(path)).unwrap().read_to_end(&mut bytes).unwrap();
    bytes
}

/// Without what belongs to the run, to the bundles, and to the excerpts that no bundle holds.
fn told(mut value: Value) -> Value {
    fn strip(value: &mut Value) {
        match value {
            Value::Object(object) => {
                let other =
                    ["run", "schema", "host", "owner_config_host", "bundle", "bytes_hex", "bytes_offset", "free_bytes"];
                object.retain(|key, _| !other.contains(&key.as_str()) && !key.ends_with("_hosts"));
                object.values_mut().for_each(strip);
            }
            Value::Array(list) => list.iter_mut().for_each(strip),
            _ => {}
        }
    }
    strip(&mut value);
    value
}

#[test]
fn bundles_of_the_parts_tell_what_one_scan_of_all_folders_tells() {
    let tree = tree();
    let all: Vec<String> = PARTS.iter().flat_map(|part| folders(&tree, part)).collect();
    let present = fs::read_dir(tree.path().join("e")).unwrap().count();
    assert_eq!(all.len(), present, "every folder is in a part");
    let whole = scan(&tree, &all, &["--format", "json"]);
    let names = bundles(&tree);
    let together = tree.run(["correlate", "--format", "json"].into_iter().chain(names.iter().map(String::as_str)));
    assert_eq!((together.status, &together.stderr), (whole.status, &whole.stderr));
    let (whole, together) = (whole.json(), together.json());
    assert_eq!(together["schema"], "vhdxray.correlate/1");
    assert_valid(&validator(&tree, "correlate"), &together);
    assert_eq!(together["run"]["bundles"].as_array().unwrap().len(), 3);
    let (whole, together) = (told(whole), told(together));
    for (name, expected) in whole.as_object().unwrap() {
        assert_eq!(expected, &together[name], "{name}");
    }
    let orphans =
        tree.run(["orphans", "--format", "json"].into_iter().chain(all.iter().map(String::as_str)).chain(LATER));
    let listed =
        tree.run(["correlate", "--orphans", "--format", "json"].into_iter().chain(names.iter().map(String::as_str)));
    assert_eq!(listed.status, orphans.status);
    assert_valid(&validator(&tree, "orphans"), &listed.json());
    assert_eq!(told(listed.json()), told(orphans.json()));
}

#[test]
fn every_report_of_several_bundles() {
    let tree = tree();
    let names = bundles(&tree);
    let run = |arguments: &[&str]| {
        tree.run(["correlate"].into_iter().chain(names.iter().map(String::as_str)).chain(arguments.iter().copied()))
    };
    let shown = run(&[]);
    assert!(shown.stdout.contains("Machines") && shown.stdout.contains("Summary"), "{shown:?}");
    let named = shown.stdout.lines().filter(|line| line.contains("part0.vxb"));
    assert_eq!(named.count(), 1, "one host needs no name before its paths: {}", shown.stdout);
    assert!(shown.stdout.contains("  Bundle   part0.vxb"), "{}", shown.stdout);
    assert!(run(&["--format", "table"]).stdout.starts_with("KIND"));
    let schema = validator(&tree, "correlate-ndjson");
    for hosts in [&[][..], &["--host", "part0.vxb:node1"]] {
        let found = lines::parsed(&run(&[hosts, &["--format", "ndjson"]].concat()).stdout);
        for line in &found {
            assert_valid(&schema, line);
        }
        assert_eq!(
            (&found[0]["schema"], &found.last().unwrap()["type"]),
            (&"vhdxray.correlate/1".into(), &"end".into())
        );
        let whole = run(&[hosts, &["--format", "json"]].concat()).json();
        assert_eq!(lines::files(&found), lines::files_of_object(&whole));
    }
    let list = run(&["--orphans"]);
    assert!(list.stdout.contains("verify first"), "{list:?}");
    assert!(run(&["--orphans", "--min-confidence", "confirmed"]).stdout.contains("not shown"));
    let csv = run(&["--format", "csv"]).stdout;
    assert!(csv.starts_with("at_stake_bytes,class,") && csv.lines().count() > 2, "{csv}");
    assert_eq!(run(&["--orphans", "--format", "table"]).status, 2);
    // As two hosts their paths are told apart in every report.
    let two = run(&["--host", "part0.vxb:node1", "--host", "part1.vxb:node2", "--host", "part2.vxb:node2"]);
    assert!(two.stdout.contains("node1:e/web01") && two.stdout.contains("node2:e/db01"), "{}", two.stdout);
    let json = run(&["--host", "part0.vxb:node1", "--format", "json"]).json();
    let of_node = json["files"].as_array().unwrap().iter().filter(|file| file["host"] == "node1");
    assert!(of_node.count() > 5);
}

#[test]
fn a_bundle_is_valid_by_its_schema() {
    let tree = tree();
    let names = bundles(&tree);
    let schema = validator(&tree, "bundle");
    for name in names {
        let mut text = String::new();
        let bytes = bytes(&tree, &name);
        flate2::read::GzDecoder::new(bytes.as_slice()).read_to_string(&mut text).unwrap();
        text.lines().for_each(|line| assert_valid(&schema, &serde_json::from_str(line).unwrap()));
    }
}

/// What one scan had all files of and could not look into is told with that scan's reason.
#[test]
fn a_disk_that_could_not_be_looked_into_keeps_its_reason() {
    let tree = Tree::new();
    let mut built = Builder::dynamic(16 * MIB).seed(1).block(0, Block::full(pattern::image(1, 0, MIB))).build();
    let end = built.image.len();
    built.image.set_len(end - MIB);
    tree.put("e/a.vhdx", &built);
    let scan = tree.run(["scan", "e", "--format", "json", "--bundle", "e.vxb"]).json();
    let correlated = tree.run(["correlate", "e.vxb", "--format", "json"]).json();
    let contents = |run: &Value| run["files"][0]["image"]["contents"].clone();
    assert!(contents(&scan)["error"].is_string(), "{scan:#}");
    assert_eq!(contents(&scan)["error"], contents(&correlated)["error"]);
}

#[test]
fn a_bundle_never_takes_the_place_of_anything_else() {
    let tree = tree();
    let folders = folders(&tree, PARTS[1]);
    let disk = "e/db01/Virtual Hard Disks/db01-data.vhdx";
    let before = bytes(&tree, disk);
    fs::write(tree.path().join("notes.txt"), "mine").unwrap();
    for (name, why) in [
        (disk, "is no bundle"),
        ("notes.txt", "is no bundle"),
        ("e", "is a folder"),
        ("nowhere/a.vxb", "there is no folder nowhere"),
    ] {
        let run = scan(&tree, &folders, &["--bundle", name]);
        assert_eq!(run.status, 2, "{run:?}");
        assert!(run.line().contains(why) && run.stdout.is_empty(), "{run:?}");
    }
    assert_eq!(bytes(&tree, disk), before);
    assert_eq!(bytes(&tree, "notes.txt"), b"mine");

    // A new one may lie among what is looked at; there it is one more file, and is not replaced.
    let inside = "e/db01/a.vxb";
    assert!(scan(&tree, &folders, &["--bundle", inside]).status <= 1);
    let first = bytes(&tree, inside);
    let again = scan(&tree, &folders, &["--bundle", inside]);
    assert!(again.line().contains("lies in what is to be looked at"), "{again:?}");
    assert_eq!(bytes(&tree, inside), first);
    let scan_with = scan(&tree, &folders, &["--format", "json"]).json();
    let other = scan_with["files"].as_array().unwrap().iter().find(|file| file["path"] == inside).unwrap();
    assert_eq!((&other["kind"], &other["readable"], &other["verdict"]), (&"other".into(), &true.into(), &Value::Null));

    // Elsewhere the next one takes its place, and nothing else is left behind.
    for _ in 0..2 {
        assert!(scan(&tree, &folders, &["--bundle", "b.vxb"]).status <= 1);
    }
    let names: Vec<String> = fs::read_dir(tree.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.contains("vxb"))
        .collect();
    assert_eq!(names, ["b.vxb"]);
}

#[test]
fn what_is_wrong_with_a_bundle_or_an_argument_is_said_in_one_line() {
    let tree = tree();
    let name = &bundles(&tree)[0];
    fs::write(tree.path().join("text.vxb"), "hello\n").unwrap();
    let bytes = bytes(&tree, name);
    for (arguments, why) in [
        (vec!["text.vxb"], "text.vxb: is no bundle"),
        (vec!["missing.vxb"], "missing.vxb: "),
        (vec![name, "--map", "x"], "--map: "),
        (vec![name, "--map", r"part0.vxb:C:\a=/b", "--map", r"part0.vxb:C:\a=/c"], "is mapped twice"),
        (vec![name, "--host", "x"], "--host: "),
        (vec![name, "--host", "part0.vxb:a", "--host", "part0.vxb:b"], "--host: part0.vxb is given two names"),
    ] {
        let run = tree.run(["correlate"].into_iter().chain(arguments));
        assert_eq!(run.status, 2, "{run:?}");
        assert!(run.line().contains(why), "{run:?}");
    }
    fs::write(tree.path().join("cut.vxb"), &bytes[..bytes.len() / 2]).unwrap();
    let cut = tree.run(["correlate", "cut.vxb"]);
    assert_eq!(cut.status, 1);
    assert!(cut.stderr.contains("cut.vxb: was cut short after line"), "{cut:?}");
    assert!(cut.stdout.contains("broken off") && cut.stdout.contains("the bundle was cut short"), "{}", cut.stdout);
}

#[test]
fn the_schemas_are_the_ones_agreed_on() {
    let tree = Tree::new();
    for name in ["bundle", "correlate", "correlate-ndjson", "orphans"] {
        golden::assert_same(&format!("{name}.schema.json"), &tree.run(["schema", name]).stdout);
    }
}
