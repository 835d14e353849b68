//! What a host would make of it: disks that Hyper-V does not know, paths that lead nowhere there, volumes that nobody
//! has, and room that only a part of the work fits into.

use std::fs;
use std::io::{Seek, SeekFrom, Write};

use vhdxray::testkit::estate;
use vhdxray::testkit::hvs::{Bus, Machine};
use vhdxray::testkit::pattern;
use vhdxray::testkit::vhdx::{Block, Builder, Locator};

use crate::kit::{MIB, Planned, Store};
use crate::support::disks::vhdxray_in;
use crate::support::schema::assert_valid;

/// A checkpoint keeps the base and the machine runs on the leaf; a second child of the middle is nobody's.
fn forgotten_child() -> Store {
    let mut store = Store::new();
    let base = store.base("web.vhdx");
    let middle = store.child("web_1.avhdx", &base, "web.vhdx");
    store.child("web_2.avhdx", &middle, "web_1.avhdx");
    store.child("forgotten.avhdx", &middle, "web_1.avhdx");
    let id = store.rng.guid();
    store.machine(Machine::new(id, "web"), id, &[(Bus::Scsi(0, 0), "web_2.avhdx")]);
    store
}

#[test]
fn hyper_v_takes_the_parent_from_a_disk_that_it_does_not_know() {
    let mut store = forgotten_child();
    let plan = store.plan("web_1.avhdx", &[]);
    plan.expect(5, "fail", "forgotten.avhdx");
    assert!(!plan.condition(5)["evidence"].to_string().contains("web_2"), "{:#}", plan.condition(5));
    plan.open(&["single_pass", "pairwise_top_down", "export"]);
    let relinked = plan.json["steps"].to_string();
    for child in ["forgotten.avhdx", "web_2.avhdx"] {
        assert!(relinked.contains("Set-VHD -Path") && relinked.contains(&format!("{child} the parent")), "{relinked}");
    }
    let text = store.run(&["plan", "web_1.avhdx", "--search", "."]).stdout;
    assert!(text.contains("must be re-linked"), "{text}");

    // For a whole estate it is left to somebody who knows.
    let all = store.run(&["plan", ".", "--all", "--format", "json"]).json();
    let blocked = &all["blocked"];
    let top = |merge: &serde_json::Value| merge["merged"][0]["path"].as_str().unwrap().ends_with("web_1.avhdx");
    let found = blocked.as_array().unwrap().iter().find(|merge| top(merge)).unwrap_or_else(|| panic!("{all:#}"));
    assert!(found["blockers"].as_array().unwrap().contains(&5.into()), "{found:#}");
    assert!(!all["merges"].as_array().unwrap().iter().any(top), "{all:#}");

    // A checkpoint of the machine that keeps it makes it known, and one of another machine does not.
    let id = store.rng.guid();
    let other = store.rng.guid();
    let checkpoint = Machine::checkpoint(id, other, "elsewhere");
    let path = store.configuration("vm/Snapshots", checkpoint, id, &[(Bus::Scsi(0, 0), "forgotten.avhdx")]);
    store.plan("web_1.avhdx", &[]).expect(5, "fail", "forgotten.avhdx");
    store.remove(&path);
    let machine = store.rng.guid();
    store.machine(Machine::new(machine, "other"), machine, &[(Bus::Scsi(0, 0), "forgotten.avhdx")]);
    store.plan("web_1.avhdx", &[]).expect(5, "fail", "");
}

#[test]
fn the_forgotten_disk_of_a_storage_tree_is_named() {
    let folder = tempfile::tempdir().unwrap();
    estate::write(folder.path()).unwrap();
    let file = "web01/Virtual Hard Disks/web01_910A2DEC-8902-4CC1-BEEB-8DA1658EEC67.avhdx";
    let ran = vhdxray_in(folder.path(), &["plan", file, "--search", "web01", "--format", "json"]);
    let plan = Planned { status: ran.status.unwrap(), json: ran.json() };
    plan.expect(5, "fail", "E099EC6C");
    assert_eq!(plan.way("delete_checkpoint")["open"], false);
}

#[test]
fn a_parent_that_only_its_identity_leads_to_closes_every_way() {
    let mut store = Store::new();
    let base = store.base("renamed.vhdx");
    store.child("leaf.avhdx", &base, "gone.vhdx");
    let map = format!(r"D:\VMs={}", store.path().display());
    let plan = store.plan("leaf.avhdx", &["--map", &map]);
    plan.expect(1, "fail", "no path that it records leads to its parent");
    let unblock = plan.condition(1)["unblock"].as_str().unwrap();
    assert!(unblock.contains("Set-VHD -Path child -ParentPath parent") && unblock.contains("-IgnoreIdMismatch"));
    assert!(unblock.contains("vhdxray export reads it"), "{unblock}");
    // Neither Merge-VHD nor Convert-VHD nor a machine opens such a chain.
    plan.open(&[]);
    assert_eq!(plan.status, 1);

    // Where the parent is missing, an export has nothing to read either.
    let mut lone = Store::new();
    let gone = lone.base("gone.vhdx");
    lone.child("leaf.avhdx", &gone, "gone.vhdx");
    lone.remove("gone.vhdx");
    let plan = lone.plan("leaf.avhdx", &[]);
    plan.expect(1, "fail", "is not there");
    assert!(!plan.condition(1)["unblock"].as_str().unwrap().contains("export"), "{:#}", plan.condition(1));

    // Where D: is was not said, so that the path on it may be right.
    let plan = store.plan("leaf.avhdx", &[]);
    plan.expect(1, "unknown", "other recorded paths lead out of what was looked at");
    assert!(plan.condition(1)["ask"].to_string().contains("Test-VHD -Path"), "{:#}", plan.condition(1));
    plan.open(&["single_pass", "pairwise_top_down", "export"]);

    // One that lies in the same folder under the recorded name is found here, and not by Windows.
    let mut store = Store::new();
    let base = store.base("base.vhdx");
    let locator = Locator::new().linkage(base.layout.data_write_guid).entry("relative_path", r".\moved\base.vhdx");
    let leaf = store.with_locator(&base, locator).build();
    store.put("leaf.avhdx", &leaf);
    let plan = store.plan("leaf.avhdx", &[]);
    plan.expect(1, "fail", "no path that it records leads to its parent");
    plan.open(&[]);

    let mut store = Store::new();
    let base = store.base("base.vhdx");
    store.child("leaf.avhdx", &base, "leaf.avhdx");
    let plan = store.plan("leaf.avhdx", &["--map", &format!(r"D:\VMs={}", store.path().display())]);
    plan.expect(1, "fail", "records its own path");
    plan.expect(16, "unknown", "VHDX0711");
    plan.open(&[]);
    // Wherever D: is, no path that ends in the child's own name is its parent's.
    store.plan("leaf.avhdx", &[]).expect(1, "fail", "records its own path");
    // The same below the target.
    let mut store = Store::new();
    let base = store.base("renamed.vhdx");
    let middle = store.child("middle.avhdx", &base, "gone.vhdx");
    store.child("leaf.avhdx", &middle, "middle.avhdx");
    store.plan("leaf.avhdx", &["--map", &format!(r"D:\VMs={}", store.path().display())]).open(&[]);
}

#[test]
fn free_space_is_said_once_of_a_volume_that_there_is() {
    let mut store = Store::new();
    let base = store.base("base.vhdx");
    store.child("leaf.avhdx", &base, "base.vhdx");
    for (arguments, words) in [
        (&["plan", "leaf.avhdx", "--disk-free", "Q:=1GiB"][..], "no file lies on \"Q:\""),
        (&["plan", ".", "--all", "--disk-free", "/no/such=1GiB"], "no file lies on \"/no/such\""),
        (&["plan", "leaf.avhdx", "--disk-free", "D:=1GiB", "--disk-free", "d=2GiB"], "named twice"),
        (&["plan", "leaf.avhdx", "--into", "."], "is a folder"),
    ] {
        let ran = store.run(arguments);
        assert!(ran.status == Some(2) && ran.stderr.contains(words), "no {words:?}: {ran}");
    }
    let known = store.run(&["plan", "leaf.avhdx", "--search", ".", "--disk-free", "Q:=1GiB"]).stderr;
    assert!(known.contains("they lie on "), "{known}");
    let text = store.run(&["plan", ".", "--all", "--disk-free", "D=1GiB"]).stdout;
    assert!(text.contains("D: 1.0 GiB free before") || text.contains("D: 1 GiB free before"), "{text}");
    assert!(!text.contains("::"), "{text}");
}

#[test]
fn what_cannot_be_read_says_why_and_counts_as_not_looked_at() {
    let mut store = Store::new();
    let base = store.base("base.vhdx");
    let leaf = store.child("leaf.avhdx", &base, "base.vhdx");
    store.put("bad.avhdx", &leaf);
    let file = fs::OpenOptions::new().write(true).open(store.join("bad.avhdx")).unwrap();
    (&file).seek(SeekFrom::Start(64 << 10)).unwrap();
    (&file).write_all(&vec![0; 256 << 10]).unwrap();
    let ran = store.run(&["plan", "bad.avhdx"]);
    assert_eq!(ran.status, Some(2), "{ran}");
    assert!(!ran.stderr.contains("no differencing disk") && ran.stderr.contains("header"), "{ran}");
    store.bytes("broken.vhdx", &[0; 4096]);
    let json = store.plan("leaf.avhdx", &[]).json;
    let unreadable = json["run"]["coverage"]["unreadable"].to_string();
    assert!(unreadable.contains("broken.vhdx"), "{unreadable}");
}

#[test]
fn a_name_that_is_a_call_stands_in_parentheses() {
    let mut store = Store::new();
    let base = store.base("base.vhdx");
    let locator = Locator::new().linkage(base.layout.data_write_guid).entry("relative_path", r".\base.vhdx");
    let leaf = store.with_locator(&base, locator).build();
    store.put("leaf.avhdx", &leaf);
    let text = store.run(&["plan", "leaf.avhdx", "--search", "."]).stdout;
    assert!(text.contains("-Path ([System.IO.Path]::Combine("), "{text}");
    assert!(!text.contains("-Path [System.IO"), "{text}");
}

#[test]
fn the_upper_part_of_a_chain_is_merged_where_there_is_room_for_no_more() {
    // The middle has all that the leaf has, and much that the base has not.
    let mut store = Store::new();
    let base = Builder::dynamic(64 * MIB).seed(1).block(0, Block::full(pattern::image(1, 0, MIB))).build();
    store.put("base.vhdx", &base);
    let mut below = base;
    for (name, parent, blocks) in [("du_1.avhdx", "base.vhdx", 30), ("du_2.avhdx", "du_1.avhdx", 8)] {
        let locator =
            Locator::windows(below.layout.data_write_guid, &format!(r".\{parent}"), &crate::kit::recorded(parent));
        let mut disk = Builder::differencing(64 * MIB, locator)
            .seed(store.rng.next())
            .virtual_disk_id(below.layout.virtual_disk_id);
        for block in 1..blocks {
            disk = disk.block(block, Block::full(pattern::image(2, block * MIB, MIB)));
        }
        below = disk.build();
        store.put(name, &below);
    }
    // What the first of two pairs frees is no room for the second: Windows may leave the file.
    for free in ["0", "1MiB", "24MiB"] {
        let json = store.run(&["plan", ".", "--all", "--disk-free", &format!("D:={free}"), "--format", "json"]).json();
        assert_valid("plan-all", [&json]);
        let merges = json["merges"].as_array().unwrap();
        assert_eq!(merges.len(), 1, "{json:#}");
        assert!(merges[0]["merged"][0]["path"].as_str().unwrap().ends_with("du_2.avhdx"), "{json:#}");
        assert!(merges[0]["target"]["path"].as_str().unwrap().ends_with("du_1.avhdx"), "{json:#}");
        assert_eq!(merges[0]["growth_bytes"]["most"], 0, "{json:#}");
        assert!(json["won_bytes"].as_i64().unwrap() > 7 * 1_000_000, "{json:#}");
        let left = &json["left_out"][0];
        assert_eq!((left["why"].as_str(), json["reached"].as_bool()), (Some("no_room"), Some(false)), "{json:#}");
    }
    let json = store.run(&["plan", ".", "--all", "--disk-free", "D:=1GiB", "--format", "json"]).json();
    assert_eq!((json["merges"].as_array().unwrap().len(), json["reached"].as_bool()), (1, Some(true)), "{json:#}");
    assert!(json["merges"][0]["target"]["path"].as_str().unwrap().ends_with("base.vhdx"), "{json:#}");
}
