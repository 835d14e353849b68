//! How a plan looks, and its shape.

use vhdxray::testkit::estate;
use vhdxray::testkit::hvs::{Bus, Machine};

use crate::golden::assert_same;
use crate::kit::{Store, chain};
use crate::support::run::vhdxray;
use crate::support::schema::assert_valid;

/// A machine on a chain of three, with a clone on the middle one.
fn fork() -> Store {
    let mut store = Store::new();
    let id = uuid::uuid!("5f1c2a70-0000-4000-8000-0000000000aa");
    let base = store.base("disks/web.vhdx");
    let middle = store.child("disks/web_1.avhdx", &base, "disks/web.vhdx");
    store.child("disks/web_2.avhdx", &middle, "disks/web_1.avhdx");
    store.child("disks/clone.vhdx", &middle, "disks/web_1.avhdx");
    store.configuration("vm/Virtual Machines", Machine::new(id, "web"), id, &[(Bus::Ide(0, 1), "disks/web_2.avhdx")]);
    store
}

/// What a run says of this machine in particular.
fn plain(text: &str) -> String {
    let mut plain = String::new();
    for line in text.lines() {
        let line = match line.find(" are free here") {
            Some(_) => "(what is free here)",
            None if line.contains("Fingerprint of the plan") => "# Fingerprint of the plan: sha256 (hash)",
            None => line,
        };
        plain.push_str(line.trim_end_matches('\r'));
        plain.push('\n');
    }
    plain.replace(env!("CARGO_PKG_VERSION"), "(version)")
}

#[test]
fn golden_reports() {
    let store = fork();
    let leaf = "disks/web_2.avhdx";
    let arguments = ["--search", "vm", "--disk-free", "D:=1GiB", "--speed", "200MiB:100MiB"];
    let report = |more: &[&str]| {
        let ran = store.run(&[&["plan", leaf][..], &arguments, more].concat());
        assert!(matches!(ran.status, Some(0 | 1)), "{ran}");
        plain(&ran.stdout)
    };
    assert_same("plan-fork.txt", &report(&["--into", "disks/web.vhdx"]));
    assert_same("plan-parent.md", &report(&["--format", "markdown"]));
    assert_same("plan-parent.ps1", &report(&["--format", "ps1"]).replace('\u{feff}', ""));
    assert_same("plan-export.ps1", &report(&["--format", "ps1", "--method", "export"]).replace('\u{feff}', ""));
}

#[test]
fn every_plan_has_the_published_shape() {
    let (store, _, _) = chain(3);
    let mut plans = vec![
        store.plan("layer2.avhdx", &["--hash", "--speed", "1M:1M"]).json,
        store.plan("layer1.avhdx", &[]).json,
        fork().plan("disks/web_2.avhdx", &["--into", "disks/web.vhdx"]).json,
    ];
    store.remove("base.vhdx");
    plans.push(store.plan("layer2.avhdx", &[]).json);
    for plan in &plans {
        assert_eq!((&plan["schema"], plan["preconditions"].as_array().unwrap().len()), (&"vhdxray.plan/1".into(), 23));
        for (number, condition) in (1..).zip(plan["preconditions"].as_array().unwrap()) {
            assert_eq!(condition["number"], number);
        }
    }
    assert_valid("plan", &plans);
    for name in ["plan", "plan-all", "verify"] {
        let schema = vhdxray(["schema", name]).expect_success().stdout;
        assert_same(&format!("{name}.schema.json"), &schema);
    }
}

#[test]
fn two_runs_differ_only_in_what_run_says() {
    let (store, _, _) = chain(3);
    let bare = || {
        let mut plan = store.plan("layer2.avhdx", &["--hash", "--as-of", "2026-01-01T00:00:00Z"]).json;
        plan.as_object_mut().unwrap().remove("run");
        // What is free here may change from one moment to the next, and the digest is over that too.
        plan["document_sha256"] = serde_json::Value::Null;
        plan["alternatives"] = serde_json::Value::Null;
        plan["preconditions"][12] = serde_json::Value::Null;
        plan
    };
    assert_eq!(bare(), bare());
}

#[test]
fn every_disk_of_a_storage_tree_can_be_planned_and_nothing_is_touched() {
    let folder = tempfile::tempdir().unwrap();
    estate::write(folder.path()).unwrap();
    let before = hashes(folder.path());
    for file in before.keys().filter(|path| path.extension().is_some_and(|extension| extension != "vmcx")) {
        for format in ["text", "json", "ps1", "markdown"] {
            let root = folder.path().as_os_str();
            let arguments =
                ["plan".as_ref(), file.as_os_str(), "--search".as_ref(), root, "--format".as_ref(), format.as_ref()];
            let ran = vhdxray(arguments);
            if format == "json" && ran.status != Some(2) {
                assert_valid("plan", [&ran.json()]);
            }
            if format == "ps1" && ran.status != Some(2) {
                crate::powershell::Script::parse(&ran.stdout);
            }
        }
    }
    assert!(before == hashes(folder.path()), "a file has changed");
}

#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
fn hashes(folder: &std::path::Path) -> std::collections::BTreeMap<std::path::PathBuf, Vec<u8>> {
    let mut all = std::collections::BTreeMap::new();
    let mut waiting = vec![folder.to_owned()];
    while let Some(next) = waiting.pop() {
        for entry in std::fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                waiting.push(path);
            } else {
                let mut bytes = Vec::new();
                std::io::Read::read_to_end(&mut std::fs::File::open(&path).unwrap(), &mut bytes).unwrap();
                all.insert(path, bytes);
            }
        }
    }
    all
}

/// A ticket is what others decide on: what a merge destroys and the room that it takes stand in it as well.
#[test]
fn markdown_says_what_would_be_lost_and_what_room_is_needed() {
    let mut store = Store::new();
    let base = store.base("base.vhdx");
    store.child("leaf.avhdx", &base, "base.vhdx");
    let clone = store.child("clone.vhdx", &base, "base.vhdx");
    store.child("on-clone.vhdx", &clone, "clone.vhdx");
    let ticket = store.run(&["plan", "leaf.avhdx", "--search", ".", "--format", "markdown"]).stdout;
    for name in ["clone.vhdx", "on-clone.vhdx"] {
        assert!(ticket.contains(&format!("{name}` would be lost by a merge.**")), "{ticket}");
    }
    assert!(ticket.contains("| grows by | room needed | freed |"), "{ticket}");
    let columns = |line: &str| line.matches(" |").count();
    let table: Vec<&str> = ticket.lines().filter(|line| line.starts_with("| ")).collect();
    assert!(table.len() == 6 && table.iter().all(|line| columns(line) == columns(table[0])), "{table:#?}");
}
