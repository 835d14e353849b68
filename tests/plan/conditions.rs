//! The 23 conditions: each with a store in which it fails, or cannot be told, and the one in which it holds.

use vhdxray::testkit::hvs::{Bus, Container, Keys, Machine, Value, host_list};
use vhdxray::testkit::vhdx::{Block, Builder, Built, DirtyOptions, Locator, RegionEntry, Write, dirty};
use vhdxray::testkit::{pattern, vhd};

use crate::kit::{MIB, Planned, Store, recorded};

const BASE: &str = "disks/web.vhdx";
const LEAF: &str = "disks/web_1.avhdx";
const BY_HAND: [&str; 2] = ["single_pass", "pairwise_top_down"];

/// A machine that runs on a leaf over a base, with nothing wrong.
struct Web {
    store: Store,
    base: Built,
    leaf: Built,
    id: uuid::Uuid,
}

impl Web {
    fn new() -> Self {
        let mut store = Store::new();
        let base = store.base(BASE);
        let leaf = store.child(LEAF, &base, BASE);
        let id = store.rng.guid();
        let web = Self { store, base, leaf, id };
        web.machine(Machine::new(id, "web"));
        web
    }

    fn machine(&self, machine: Machine) {
        self.store.configuration("vm/Virtual Machines", machine, self.id, &[(Bus::Scsi(0, 0), LEAF)]);
    }

    /// The host's list, which names the machine.
    fn listed(&self) {
        let path = recorded(&format!("vm/Virtual Machines/{}.vmcx", self.id.to_string().to_uppercase()));
        self.store.bytes("data.vmcx", &Container::new(host_list(&[(self.id, &path)], &[])).build().bytes);
    }

    fn plan(&self) -> Planned {
        self.store.plan(LEAF, &[])
    }
}

#[test]
fn a_sound_chain_passes_what_files_can_tell() {
    let web = Web::new();
    web.listed();
    let plan = web.store.plan(LEAF, &["--disk-free", "D:=1GiB"]);
    for number in [1, 2, 3, 4, 5, 8, 9, 10, 11, 13, 14, 15, 16, 17, 18, 20, 23] {
        assert_eq!(plan.condition(number)["state"], "pass", "{:#}", plan.condition(number));
        assert!(!plan.condition(number)["evidence"].as_array().unwrap().is_empty(), "{:#}", plan.condition(number));
    }
    for number in [6, 7, 12, 19, 21, 22] {
        let condition = plan.condition(number);
        assert_eq!(condition["state"], "unknown", "{condition:#}");
        assert!(condition["ask"].as_array().is_some_and(|ask| number == 22 || !ask.is_empty()), "{condition:#}");
    }
    assert!(plan.json["blockers"].as_array().unwrap().is_empty());
    plan.open(&["delete_checkpoint", "single_pass", "pairwise_top_down", "export"]);
    assert_eq!(plan.status, 0);
}

#[test]
fn c01_a_parent_that_is_not_there() {
    let web = Web::new();
    web.store.remove(BASE);
    let plan = web.plan();
    plan.expect(1, "fail", "is not there");
    plan.open(&[]);
    assert_eq!(plan.status, 1);
    assert!(plan.json["course"]["target"].is_null());
}

#[test]
fn c02_c03_a_parent_that_was_written_to_and_one_that_is_another_disk() {
    let mut web = Web::new();
    let again = |web: &mut Web, id| {
        Builder::dynamic(16 * MIB)
            .seed(web.store.rng.next())
            .virtual_disk_id(id)
            .block(0, Block::full(pattern::image(9, 0, MIB)))
            .build()
    };
    let same = web.base.layout.virtual_disk_id;
    let written = again(&mut web, same);
    web.store.put(BASE, &written);
    let plan = web.plan();
    plan.expect(2, "fail", "should have the identity");
    plan.expect(3, "fail", "the same disk in another state");
    plan.open(&[]);
    let id = web.store.rng.guid();
    let other = again(&mut web, id);
    web.store.put(BASE, &other);
    let plan = web.plan();
    plan.expect(2, "fail", "should have the identity");
    plan.expect(3, "unknown", "may be any disk");
}

#[test]
fn c04_a_dirty_log() {
    let mut web = Web::new();
    let writes = vec![vec![Write::Bytes(web.leaf.image.len() - MIB, vec![7; 4096])]];
    let dirty = dirty(&web.leaf, &writes, &DirtyOptions::new(web.store.rng.guid()));
    web.store.put(LEAF, &dirty.file);
    let plan = web.plan();
    plan.expect(4, "fail", "its log is dirty");
    plan.open(&["delete_checkpoint"]);
}

#[test]
fn c04_a_dirty_log_of_what_stands_on_the_file() {
    let mut web = Web::new();
    let leaf = web.leaf.clone();
    let top = web.store.child("disks/web_2.avhdx", &leaf, LEAF);
    let writes = vec![vec![Write::Bytes(top.image.len() - MIB, vec![7; 4096])]];
    let dirty = dirty(&top, &writes, &DirtyOptions::new(web.store.rng.guid()));
    web.plan().expect(4, "pass", "no log has anything to replay");
    web.store.put("disks/web_2.avhdx", &dirty.file);
    let plan = web.plan();
    plan.expect(4, "fail", "is in use now");
    for method in BY_HAND {
        assert_eq!(plan.way(method)["open"], false);
    }
    assert_eq!(plan.way("export")["open"], true, "a file that others stand on may be read");
}

#[test]
fn c05_siblings_die_and_are_named() {
    let mut web = Web::new();
    let clone = web.store.child("disks/clone.vhdx", &web.base, BASE);
    web.store.child("disks/clone-on-clone.vhdx", &clone, "disks/clone.vhdx");
    let plan = web.plan();
    plan.expect(5, "fail", "would be lost, and with it 1 more");
    assert!(plan.condition(5)["evidence"][0]["file"]["path"].as_str().unwrap().ends_with("clone.vhdx"));
    let sibling = &plan.json["course"]["siblings"][0];
    assert!(sibling["dependants"][0]["path"].as_str().unwrap().ends_with("clone-on-clone.vhdx"), "{sibling:#}");
    plan.open(&["export"]);
    assert_eq!((plan.status, plan.json["chosen_method"].as_str()), (1, Some("export")));
    let text = web.store.run(&["plan", LEAF, "--search", "."]).stdout;
    assert!(text.contains("clone-on-clone.vhdx would be lost"), "{text}");

    let web = Web::new();
    web.store.bytes("disks/broken.vhdx", &[0; 4096]);
    let plan = web.plan();
    plan.expect(5, "unknown", "cannot be read, and may depend on it");
    plan.open(&["delete_checkpoint", "single_pass", "pairwise_top_down", "export"]);
}

#[test]
fn c06_saved_memory() {
    let web = Web::new();
    let mut keys = Keys::new();
    keys.set("/savedstate/type", "Normal").set("/savedstate/VmVersion", 0x900);
    keys.set("/savedstate/RamMemoryBlock0", Value::Bytes(vec![7; 4096]));
    let state = format!("vm/Virtual Machines/{}.vmrs", web.id.to_string().to_uppercase());
    web.store.bytes(&state, &Container::new(keys).build().bytes);
    let plan = web.plan();
    plan.expect(6, "fail", "has saved its memory");
    plan.open(&["delete_checkpoint", "export"]);
    let without = Web::new().plan();
    without.expect(6, "unknown", "does not stand in any file");
    assert!(without.condition(6)["ask"].to_string().contains("Get-VM -Id"), "{:#}", without.condition(6));
}

#[test]
fn c07_a_merge_that_hyper_v_owes_a_backup_and_a_replica() {
    let web = Web::new();
    web.machine(Machine::new(web.id, "web").set("/configuration/global_settings/disk_merge_pending", true));
    let plan = web.plan();
    plan.expect(7, "fail", "still owes a merge");
    plan.open(&["delete_checkpoint", "export"]);

    let mut web = Web::new();
    web.store.bytes("disks/web_1.avhdx.hrl", &[0; 512]);
    web.plan().expect(7, "unknown", "replication log");
    let checkpoint = web.store.rng.guid();
    let recovery = Machine::checkpoint(checkpoint, web.id, "Veeam Recovery Checkpoint");
    web.machine(Machine::new(web.id, "web").checkpoints(&[checkpoint]));
    web.store.configuration("vm/Snapshots", recovery, checkpoint, &[(Bus::Scsi(0, 0), BASE)]);
    let plan = web.plan();
    plan.expect(7, "fail", "a checkpoint that a backup made keeps it");
}

#[test]
fn c08_a_checkpoint_leaves_only_hyper_v_to_merge() {
    let mut web = Web::new();
    let checkpoint = web.store.rng.guid();
    web.machine(Machine::new(web.id, "web").checkpoints(&[checkpoint]));
    let kept = Machine::checkpoint(checkpoint, web.id, "before the update");
    web.store.configuration("vm/Snapshots", kept, checkpoint, &[(Bus::Scsi(0, 0), BASE)]);
    let plan = web.plan();
    plan.expect(8, "fail", "which would be overwritten");
    plan.open(&["delete_checkpoint", "export"]);
    assert_eq!((plan.status, plan.json["chosen_method"].as_str()), (0, Some("delete_checkpoint")));
    let steps = plan.json["steps"].to_string();
    assert!(steps.contains(&checkpoint.to_string()) && !steps.contains("Checkpoint-VM"), "{steps}");
    // Without configurations nothing speaks against it, and nothing for it.
    let alone = web.store.run(&["plan", LEAF, "--format", "json"]).json();
    let condition = &alone["preconditions"][7];
    assert_eq!((&condition["number"], &condition["state"]), (&8.into(), &"unknown".into()), "{condition:#}");
}

#[test]
fn c09_a_shared_disk() {
    let web = Web::new();
    let key =
        "/configuration/_5c510000-0000-4000-8000-000000000000_/controller0/drive0/persistent_reservations_supported";
    web.machine(Machine::new(web.id, "web"));
    let machine = Machine::new(web.id, "web").disk(Bus::Scsi(0, 0), &recorded(LEAF)).set(key, true);
    let path = format!("vm/Virtual Machines/{}.vmcx", web.id.to_string().to_uppercase());
    web.store.bytes(&path, &Container::new(machine.keys).build().bytes);
    let plan = web.plan();
    plan.expect(9, "fail", "as a shared disk");
    plan.open(&["export"]);
}

#[test]
fn c10_sectors_of_two_sizes() {
    let mut web = Web::new();
    let base = web.base.clone();
    let leaf = web.store.over(&base, BASE).sectors(4096, 4096).build();
    web.store.put(LEAF, &leaf);
    let plan = web.plan();
    plan.expect(10, "fail", "sectors of 512 bytes, and those of");
    plan.open(&[]);
}

#[test]
fn c11_a_larger_child_is_allowed_in_a_vhdx_and_not_in_a_vhd() {
    let mut web = Web::new();
    let locator = Locator::windows(web.base.layout.data_write_guid, r".\web.vhdx", &recorded(BASE));
    let larger = Builder::differencing(32 * MIB, locator)
        .seed(3)
        .virtual_disk_id(web.base.layout.virtual_disk_id)
        .block(1, Block::full(pattern::image(2, MIB, MIB)))
        .build();
    web.store.put(LEAF, &larger);
    let plan = web.plan();
    plan.expect(11, "pass", "allowed in a VHDX");
    // Over a larger parent a merge gives something up, and whether Windows does so nobody has said.
    let locator = Locator::windows(web.base.layout.data_write_guid, r".\web.vhdx", &recorded(BASE));
    let smaller = Builder::differencing(8 * MIB, locator).seed(4).virtual_disk_id(web.base.layout.virtual_disk_id);
    web.store.put(LEAF, &smaller.build());
    let plan = web.plan();
    plan.expect(11, "unknown", "gives up what lies behind the end");
    assert_eq!(plan.way("single_pass")["open"], true);

    let id = web.store.rng.guid();
    let base = vhd::Builder::dynamic(8 * MIB).unique_id(id).build();
    base.image.write_to(&web.store.join("old/a.vhd")).unwrap();
    let child = vhd::Builder::differencing(16 * MIB, id, 1, "a.vhd").build();
    child.image.write_to(&web.store.join("old/a_1.avhd")).unwrap();
    let plan = web.store.plan("old/a_1.avhd", &[]);
    plan.expect(11, "fail", "its virtual disk has");
    plan.expect(3, "unknown", "keeps its unique id");
    plan.open(&[]);
}

#[cfg(unix)]
#[test]
fn c12_a_file_that_must_not_be_written_to() {
    use std::os::unix::fs::PermissionsExt;
    let web = Web::new();
    let path = web.store.join(BASE);
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o444)).unwrap();
    let plan = web.plan();
    plan.expect(12, "fail", "must not be written to");
    plan.expect(17, "unknown", "must not be written to");
    plan.open(&["export"]);
}

#[test]
fn c13_room_on_the_volume() {
    let web = Web::new();
    let growth = web.plan().way("single_pass")["volumes"][0]["peak_free_bytes"]["most"].as_u64().unwrap();
    assert!(growth > 0);
    let with = |free: u64| web.store.plan(LEAF, &["--disk-free", &format!("D:\\={free}")]);
    let tight = with(growth - 1);
    tight.expect(13, "fail", "which has");
    assert_eq!(tight.way("single_pass")["blocked_by"], serde_json::json!([13]));
    let enough = with(growth);
    assert_eq!(enough.way("single_pass")["open"], true);
    assert_eq!(enough.way("single_pass")["volumes"][0]["free_bytes"], growth);
    web.plan().expect(13, "unknown", "are free here");
    // Another volume says nothing about this one, and is a mistake.
    let other = web.store.run(&["plan", LEAF, "--search", ".", "--disk-free", "E:=1"]);
    assert!(other.status == Some(2) && other.stderr.contains("no file lies on \"E:\""), "{other}");
}

#[test]
fn c14_a_cycle() {
    let mut store = Store::new();
    let (a, b) = (store.rng.guid(), store.rng.guid());
    for (name, own, parent, parent_name) in [("a.avhdx", a, b, "b.avhdx"), ("b.avhdx", b, a, "a.avhdx")] {
        let locator = Locator::windows(parent, &format!(r".\{parent_name}"), &recorded(parent_name));
        store.put(name, &Builder::differencing(16 * MIB, locator).seed(2).data_write_guid(own).build());
    }
    let plan = store.plan("a.avhdx", &[]);
    plan.expect(14, "fail", "leads back to it");
    plan.open(&[]);
}

#[test]
fn c15_something_required_that_nobody_knows() {
    let mut web = Web::new();
    let unknown = RegionEntry { guid: web.store.rng.guid(), file_offset: 64 * MIB, length: 1 << 20, flags: 1 };
    let base = web.base.clone();
    let leaf = web.store.over(&base, BASE).region(unknown).build();
    web.store.put(LEAF, &leaf);
    let plan = web.plan();
    plan.expect(15, "fail", "is required and unknown");
    plan.open(&[]);
}

#[test]
fn c16_a_file_that_was_cut_short() {
    let web = Web::new();
    let path = web.store.join(LEAF);
    let length = std::fs::metadata(&path).unwrap().len();
    std::fs::OpenOptions::new().write(true).open(&path).unwrap().set_len(length - MIB / 2).unwrap();
    let plan = web.plan();
    plan.expect(16, "fail", "end behind the end of the file");
    plan.open(&[]);
}

#[test]
fn c17_an_image_that_others_are_made_from() {
    let mut store = Store::new();
    let gold = store.base("lib/gold.vhdx");
    store.child("lib/a.vhdx", &gold, "lib/gold.vhdx");
    let plan = store.plan("lib/a.vhdx", &[]);
    plan.expect(17, "unknown", "gold");
    for name in ["lib/b.vhdx", "lib/c.vhdx"] {
        store.child(name, &gold, "lib/gold.vhdx");
    }
    let plan = store.plan("lib/a.vhdx", &[]);
    plan.expect(17, "fail", "3 disks depend on it");
    plan.open(&["export"]);
    assert_eq!(plan.status, 1);
}

#[cfg(unix)]
#[test]
fn c17_a_target_that_a_copy_is_linked_to() {
    let web = Web::new();
    std::fs::create_dir_all(web.store.join("elsewhere")).unwrap();
    std::fs::hard_link(web.store.join(BASE), web.store.join("elsewhere/backup")).unwrap();
    web.plan().expect(17, "unknown", "2 names (hard links)");
    // Nobody merges into it without a look at that.
    let all = web.store.run(&["plan", ".", "--all", "--format", "json"]).json();
    assert!(all["merges"].as_array().unwrap().iter().all(|merge| merge["method"].is_null()), "{all:#}");
}

#[test]
fn c18_change_tracking_is_a_warning() {
    let web = Web::new();
    web.store.bytes("disks/web_1.avhdx.rct", &[0; 4096]);
    let plan = web.plan();
    plan.expect(18, "fail", "tracks the changes");
    assert!(plan.condition(18)["blocks"].as_array().unwrap().is_empty());
    plan.open(&["delete_checkpoint", "single_pass", "pairwise_top_down", "export"]);
    assert_eq!(plan.status, 0);
}

#[test]
fn c19_the_account_of_the_machine() {
    let web = Web::new();
    let plan = web.plan();
    plan.expect(19, "unknown", &format!("NT VIRTUAL MACHINE\\\\{}", web.id.to_string().to_uppercase()));
    assert!(plan.condition(19)["ask"].to_string().contains("Get-Acl -LiteralPath"));
}

#[test]
fn c20_two_machines_on_one_disk() {
    let mut web = Web::new();
    let id = web.store.rng.guid();
    web.store.configuration("copy/Virtual Machines", Machine::new(id, "web copy"), id, &[(Bus::Scsi(0, 0), LEAF)]);
    let plan = web.plan();
    plan.expect(20, "fail", "web copy");
    for method in BY_HAND {
        assert_eq!(plan.way(method)["open"], false);
    }
}

#[test]
fn c21_machines_that_were_not_looked_at() {
    let mut web = Web::new();
    web.plan().expect(21, "unknown", "no host's list of machines");
    let other = web.store.rng.guid();
    let list = host_list(&[(other, r"E:\Elsewhere\x.vmcx")], &[]);
    web.store.bytes("data.vmcx", &Container::new(list).build().bytes);
    web.plan().expect(21, "unknown", r"E:\\Elsewhere\\x.vmcx");
}

#[test]
fn c22_a_role_of_a_cluster() {
    let web = Web::new();
    web.machine(Machine::new(web.id, "web").set("/configuration/properties/highly_available", true));
    let plan = web.plan();
    plan.expect(22, "unknown", "role of a cluster");
    assert!(plan.condition(22)["ask"].to_string().contains("Get-ClusterGroup"));
    assert!(plan.condition(22)["unblock"].as_str().unwrap().contains("DomainRole"));
}

#[test]
fn c23_disks_of_different_depth() {
    let mut web = Web::new();
    web.store.base("disks/data.vhdx");
    web.store.configuration(
        "vm/Virtual Machines",
        Machine::new(web.id, "web"),
        web.id,
        &[(Bus::Scsi(0, 0), LEAF), (Bus::Scsi(0, 1), "disks/data.vhdx")],
    );
    let plan = web.plan();
    plan.expect(23, "fail", "with a chain of 2 files");
    plan.expect(23, "fail", "with a chain of 1 file\"");
    assert!(plan.condition(23)["blocks"].as_array().unwrap().is_empty());
}
