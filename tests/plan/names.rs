//! What Windows calls the files: a record that is older than a move of its folder names another file, or none.

use serde_json::Value;

use vhdxray::testkit::hvs::{Bus, Machine};
use vhdxray::testkit::pattern;
use vhdxray::testkit::vhdx::{Block, Built, Locator};

use crate::kit::{MIB, Planned, Store};

const BASE: &str = "./VMs/disks/web.vhdx";
const MIDDLE: &str = "./VMs/disks/web_1.avhdx";
const LEAF: &str = "./VMs/disks/web_2.avhdx";

/// A chain of three, each locator with the absolute path of its parent.
fn chain(store: &mut Store, leaf: &str, path_of_base: &str, path_of_middle: &str) {
    let base = store.base(BASE);
    let middle = over(store, MIDDLE, &base, r".\web.vhdx", path_of_base);
    over(store, leaf, &middle, r".\web_1.avhdx", path_of_middle);
}

fn over(store: &mut Store, file: &str, parent: &Built, relative: &str, absolute: &str) -> Built {
    let locator = Locator::windows(parent.layout.data_write_guid, relative, absolute);
    let built = store.with_locator(parent, locator).block(1, Block::full(pattern::image(2, MIB, MIB))).build();
    store.put(file, &built);
    built
}

/// The name on Windows, and what told it.
fn named(plan: &Planned, path: &str) -> (Value, Value) {
    let names = plan.json["windows_names"].as_array().unwrap();
    let name = names.iter().find(|name| name["path"] == path).unwrap_or_else(|| panic!("{path}: {names:#?}"));
    (name["windows_path"].clone(), name["found_by"].clone())
}

#[test]
fn a_locator_older_than_a_move_names_nothing_where_a_configuration_knows_the_folder() {
    let mut store = Store::new();
    chain(&mut store, LEAF, r"E:\Old\web\web.vhdx", r"E:\Old\web\web_1.avhdx");
    let id = store.rng.guid();
    store.machine(Machine::new(id, "web"), id, &[(Bus::Scsi(0, 0), "VMs/disks/web_2.avhdx")]);
    let plan = store.plan(LEAF, &["--into", BASE]);
    assert_eq!(named(&plan, LEAF), (r"D:\VMs\VMs\disks\web_2.avhdx".into(), "configuration".into()));
    assert_eq!(named(&plan, BASE), (r"D:\VMs\VMs\disks\web.vhdx".into(), "neighbour".into()));
    assert!(!store.script(LEAF, &["--into", BASE]).contains(r"E:\Old"));
}

#[test]
fn where_records_disagree_about_a_folder_the_script_asks() {
    let mut store = Store::new();
    chain(&mut store, LEAF, r"E:\Old\web\web.vhdx", r"D:\VMs\disks\web_1.avhdx");
    let plan = store.plan(LEAF, &["--into", BASE]);
    for file in [LEAF, MIDDLE, BASE] {
        assert_eq!(named(&plan, file), (Value::Null, Value::Null), "{file}");
    }
    let script = store.script(LEAF, &["--into", BASE, "--method", "single-pass"]);
    assert!(script.contains("[string]$Folder1,") && !script.contains(r"E:\Old") && !script.contains(r"D:\VMs"));
    // The same folder in other letters is no other.
    let mut store = Store::new();
    chain(&mut store, LEAF, r"\\?\d:\vms\DISKS\web.vhdx", r"D:\VMs\disks\web_1.avhdx");
    let plan = store.plan(LEAF, &["--into", BASE]);
    assert_eq!(named(&plan, BASE), (r"d:\vms\DISKS\web.vhdx".into(), "locator".into()));
    assert_eq!(named(&plan, MIDDLE), (r"D:\VMs\disks\web_1.avhdx".into(), "locator".into()));
}

#[test]
fn a_name_that_windows_takes_for_another_is_not_written_down() {
    for (leaf, is_known) in [("./VMs/disks/web_2 .avhdx", true), ("./VMs/disks/AUX.avhdx", false)] {
        let mut store = Store::new();
        chain(&mut store, leaf, r"D:\VMs\disks\web.vhdx", r"D:\VMs\disks\web_1.avhdx");
        assert_eq!(named(&store.plan(leaf, &[]), leaf).0.is_null(), !is_known, "{leaf}");
    }
}
