//! Machines and checkpoints beside the named disk: what goes with it, who would be hurt, what is asked again.

use serde_json::{Value, json};
use uuid::Uuid;

use vhdxray::testkit::hvs::{Bus, Machine};
use vhdxray::testkit::pattern;
use vhdxray::testkit::vhdx::{Block, Builder};

use crate::kit::{MIB, Planned, Store, recorded};
use crate::powershell::Script;
use crate::support::schema::assert_valid;

const MACHINES: &str = "vm/Virtual Machines";
const SNAPSHOTS: &str = "vm/Snapshots";

fn paths(value: &Value) -> Vec<&str> {
    let all = value.as_array().unwrap().iter();
    all.map(|file| file["path"].as_str().unwrap().trim_start_matches("./")).collect()
}

/// The ways that are taken, each with what goes with it.
fn taken(json: &Value) -> Vec<(Vec<&str>, Vec<&str>)> {
    let merges = json["merges"].as_array().unwrap().iter();
    merges
        .map(|merge| {
            let also = merge["also"].as_array().unwrap().iter().flat_map(|other| paths(&other["merged"]));
            (paths(&merge["merged"]), also.collect())
        })
        .collect()
}

/// Two disks on two volumes, and one checkpoint over both. The second leaf has eight blocks that its base has not.
struct TwoDisks {
    store: Store,
    b: vhdxray::testkit::vhdx::Built,
    checkpoint: Uuid,
}

impl TwoDisks {
    fn new() -> Self {
        let mut store = Store::new();
        let (id, checkpoint) = (store.rng.guid(), store.rng.guid());
        let a = store.base("d/a.vhdx");
        store.child("d/a_1.avhdx", &a, "d/a.vhdx");
        let b = store.base("e/b.vhdx");
        let mut leaf = store.over(&b, "e/b.vhdx");
        for block in 1..9 {
            leaf = leaf.block(block, Block::full(pattern::image(3, block * MIB, MIB)));
        }
        store.put("e/b_1.avhdx", &leaf.build());
        let disks = |a: &'static str, b: &'static str| [(Bus::Scsi(0, 0), a), (Bus::Scsi(0, 1), b)];
        let machine = Machine::new(id, "two").checkpoints(&[checkpoint]);
        store.configuration(MACHINES, machine, id, &disks("d/a_1.avhdx", "e/b_1.avhdx"));
        let kept = Machine::checkpoint(checkpoint, id, "before");
        store.configuration(SNAPSHOTS, kept, checkpoint, &disks("d/a.vhdx", "e/b.vhdx"));
        Self { store, b, checkpoint }
    }

    fn free(a: &str, b: &str) -> [String; 4] {
        let free = |volume: &str, free: &str| format!(r"D:\VMs\{volume}={free}");
        ["--disk-free".to_owned(), free("d", a), "--disk-free".to_owned(), free("e", b)]
    }

    fn plan(&self, a: &str, b: &str) -> Planned {
        self.store.plan("d/a_1.avhdx", &Self::free(a, b).each_ref().map(String::as_str))
    }

    fn all(&self, a: &str, b: &str) -> (Value, String) {
        let free = Self::free(a, b);
        let arguments =
            |format| [vec!["plan", ".", "--all", "--format", format], free.iter().map(String::as_str).collect()];
        let json = self.store.run(&arguments("json").concat()).json();
        assert_valid("plan-all", [&json]);
        (json, self.store.run(&arguments("text").concat()).stdout)
    }
}

#[test]
fn a_checkpoint_merges_all_disks_of_its_machine() {
    let two = TwoDisks::new();
    let plan = two.plan("1GiB", "1GiB");
    let also = &plan.json["course"]["also"];
    assert_eq!(paths(&also[0]["merged"]), ["e/b_1.avhdx"], "{also:#}");
    assert_eq!(also[0]["target"]["path"].as_str().unwrap().trim_start_matches("./"), "e/b.vhdx");
    let native = plan.way("delete_checkpoint");
    let growth = native["growth_bytes"]["most"].as_u64().unwrap();
    assert_eq!(growth, 9 * MIB, "one block of the one disk and eight of the other: {native:#}");
    let volumes = native["volumes"].as_array().unwrap();
    assert_eq!(volumes.len(), 2, "{volumes:#?}");
    assert_eq!(volumes[1]["peak_free_bytes"]["most"], 8 * MIB, "{volumes:#?}");
    assert_eq!((plan.json["chosen_method"].as_str(), plan.status), (Some("delete_checkpoint"), 0));
    let steps = plan.json["steps"].to_string();
    assert!(steps.contains("b_1.avhdx") && steps.contains(&two.checkpoint.to_string()), "{steps}");
    assert!(plan.json["fingerprint"]["disks"].to_string().contains("b_1.avhdx"), "what goes with it is sealed as well");
    let text = two.store.run(&["plan", "d/a_1.avhdx", "--search", "."]).stdout;
    assert!(text.contains("also merges ./e/b_1.avhdx into ./e/b.vhdx"), "{text}");
    // By hand only the named disk would be touched.
    assert_eq!(plan.way("export")["volumes"].as_array().unwrap().len(), 1);
    // The room on the other volume counts.
    let tight = two.plan("1GiB", "1MiB");
    tight.expect(13, "fail", "delete the checkpoint: 8.0 MiB, and what the guest writes meanwhile, on D:\\\\VMs\\\\e, which has 1.0 MiB free");
    tight.open(&["export"]);
}

#[test]
fn what_is_in_the_way_of_another_disk_is_in_the_way_of_the_checkpoint() {
    let mut two = TwoDisks::new();
    let b = two.b.clone();
    two.store.child("clone/clone.vhdx", &b, "e/b.vhdx");
    let plan = two.plan("1GiB", "1GiB");
    plan.expect(5, "fail", "clone.vhdx");
    assert!(!plan.condition(5)["evidence"].to_string().contains("none of the"), "{:#}", plan.condition(5));
    assert_eq!(paths(&plan.json["course"]["also"][0]["siblings"]), ["clone/clone.vhdx"]);
    plan.open(&["export"]);
    let (json, text) = two.all("1GiB", "1GiB");
    assert!(json["merges"].as_array().unwrap().is_empty(), "{text}");
    assert!(json["blocked"].to_string().contains("a_1.avhdx") && json["blocked"].to_string().contains("b_1.avhdx"));
}

#[test]
fn one_checkpoint_is_one_merge_of_an_estate() {
    let two = TwoDisks::new();
    let (json, text) = two.all("1GiB", "8MiB");
    let merges = taken(&json);
    assert_eq!(merges.len(), 1, "{text}");
    let mut files = [merges[0].0.clone(), merges[0].1.clone()].concat();
    files.sort_unstable();
    assert_eq!(files, ["d/a_1.avhdx", "e/b_1.avhdx"], "{text}");
    assert!(text.contains("with the checkpoint goes"), "{text}");
    assert!(json["merges"][0]["must_be_gone"].as_array().unwrap().is_empty(), "Hyper-V deletes what it has merged");
    assert!(json["blocked"].as_array().unwrap().is_empty() && json["reached"] == true, "{text}");
    // The second disk has no room: the checkpoint is left alone as a whole.
    let (json, text) = two.all("1GiB", "7MiB");
    assert!(json["merges"].as_array().unwrap().is_empty(), "{text}");
    assert_eq!(json["left_out"][0]["missing_bytes"], MIB, "{text}");
    assert!(json["left_out"][0]["volume"].as_str().unwrap().ends_with("VMs\\e"), "{text}");
}

#[test]
fn the_merge_that_takes_most_with_it_stands_for_all() {
    // The second disk came after the first checkpoint, so that each of the two chains asks for others to be deleted.
    let mut store = Store::new();
    let (id, first, second) = (store.rng.guid(), store.rng.guid(), store.rng.guid());
    let late = store.base("a_late.vhdx");
    store.child("a_late_1.avhdx", &late, "a_late.vhdx");
    let web = store.base("web.vhdx");
    let middle = store.child("web_1.avhdx", &web, "web.vhdx");
    store.child("web_2.avhdx", &middle, "web_1.avhdx");
    let disks = |web: &'static str, late: &'static str| [(Bus::Scsi(0, 0), web), (Bus::Scsi(0, 1), late)];
    let machine = Machine::new(id, "web").checkpoints(&[first, second]);
    store.configuration(MACHINES, machine, id, &disks("web_2.avhdx", "a_late_1.avhdx"));
    let kept = Machine::checkpoint(first, id, "first");
    store.configuration(SNAPSHOTS, kept, first, &[(Bus::Scsi(0, 0), "web.vhdx")]);
    let kept = Machine::checkpoint(second, id, "second");
    store.configuration(SNAPSHOTS, kept, second, &disks("web_1.avhdx", "a_late.vhdx"));
    let alone = store.plan("a_late_1.avhdx", &[]);
    let also = &alone.json["course"]["also"][0];
    assert_eq!((paths(&also["merged"]), paths(&json!([also["target"]]))), (vec!["web_2.avhdx"], vec!["web_1.avhdx"]));
    let json = store.run(&["plan", ".", "--all", "--disk-free", "D:=1GiB", "--format", "json"]).json();
    assert_eq!(taken(&json), [(vec!["web_2.avhdx", "web_1.avhdx"], vec!["a_late_1.avhdx"])], "{json:#}");
}

#[test]
fn what_no_checkpoint_accounts_for_is_merged_on_all_disks() {
    let mut store = Store::new();
    let id = store.rng.guid();
    for name in ["a", "b"] {
        let base = store.base(&format!("{name}.vhdx"));
        store.child(&format!("{name}_1.avhdx"), &base, &format!("{name}.vhdx"));
    }
    let disks = [(Bus::Scsi(0, 0), "a_1.avhdx"), (Bus::Scsi(0, 1), "b_1.avhdx")];
    store.configuration(MACHINES, Machine::new(id, "web"), id, &disks);
    let plan = store.plan("a_1.avhdx", &[]);
    assert_eq!(paths(&plan.json["course"]["also"][0]["merged"]), ["b_1.avhdx"]);
    assert_eq!(plan.way("delete_checkpoint")["growth_bytes"]["most"], 2 * MIB);
    assert_eq!(plan.way("single_pass")["growth_bytes"]["most"], MIB, "by hand only the named disk is touched");
}

#[test]
fn a_file_of_another_disk_that_would_be_deleted_with_the_checkpoint_closes_it() {
    let mut store = Store::new();
    let (id, checkpoint) = (store.rng.guid(), store.rng.guid());
    let a = store.base("a.vhdx");
    store.child("a_1.avhdx", &a, "a.vhdx");
    let b = store.base("b.vhdx");
    store.child("b_1.avhdx", &b, "b.vhdx");
    // The machine was put back on the base of its second disk; only the checkpoint still has its branch.
    let machine = Machine::new(id, "web").checkpoints(&[checkpoint]);
    store.configuration(MACHINES, machine, id, &[(Bus::Scsi(0, 0), "a_1.avhdx"), (Bus::Scsi(0, 1), "b.vhdx")]);
    let kept = Machine::checkpoint(checkpoint, id, "before");
    store.configuration(SNAPSHOTS, kept, checkpoint, &[(Bus::Scsi(0, 0), "a.vhdx"), (Bus::Scsi(0, 1), "b_1.avhdx")]);
    let plan = store.plan("a_1.avhdx", &[]);
    plan.expect(8, "fail", "Hyper-V would delete it with the checkpoint");
    plan.open(&["export"]);
}

#[test]
fn a_machine_on_a_file_that_would_be_overwritten_closes_every_way_in_place() {
    let mut store = Store::new();
    let (one, two, checkpoint) = (store.rng.guid(), store.rng.guid(), store.rng.guid());
    let base = store.base("b.vhdx");
    store.child("c1.avhdx", &base, "b.vhdx");
    store.configuration(MACHINES, Machine::new(one, "one"), one, &[(Bus::Scsi(0, 0), "b.vhdx")]);
    let alone = store.plan("c1.avhdx", &[]);
    alone.expect(20, "fail", "machine \\\"one\\\" runs on ./b.vhdx, which would be overwritten");
    alone.open(&["export"]);
    assert!(alone.condition(20)["unblock"].as_str().unwrap().contains("older state"));

    let machine = Machine::new(two, "two").checkpoints(&[checkpoint]);
    store.configuration(MACHINES, machine, two, &[(Bus::Scsi(0, 0), "c1.avhdx")]);
    let kept = Machine::checkpoint(checkpoint, two, "kept");
    store.configuration(SNAPSHOTS, kept, checkpoint, &[(Bus::Scsi(0, 0), "b.vhdx")]);
    let plan = store.plan("c1.avhdx", &[]);
    plan.expect(20, "fail", "machine \\\"two\\\" attaches the chain");
    plan.open(&["export"]);
    let all = store.run(&["plan", ".", "--all", "--format", "json"]).json();
    assert!(all["merges"].as_array().unwrap().is_empty(), "{all:#}");
}

#[test]
fn a_machine_on_a_file_between_closes_them_too() {
    let mut store = Store::new();
    let one = store.rng.guid();
    let base = store.base("b.vhdx");
    let c1 = store.child("c1.avhdx", &base, "b.vhdx");
    store.child("c2.avhdx", &c1, "c1.avhdx");
    store.configuration(MACHINES, Machine::new(one, "one"), one, &[(Bus::Scsi(0, 0), "c1.avhdx")]);
    let plan = store.plan("c2.avhdx", &["--into", "b.vhdx"]);
    plan.expect(20, "fail", "runs on ./c1.avhdx, which would go");
    plan.open(&["export"]);
    // An export takes what the leaf holds, which is not what the machine runs on.
    let export = store.plan("c2.avhdx", &["--into", "b.vhdx", "--method", "export"]);
    assert!(!export.json["steps"].to_string().contains("Set-VMHardDiskDrive"), "{:#}", export.json["steps"]);
}

#[test]
fn a_checkpoint_of_another_machine_is_not_deleted() {
    let mut store = Store::new();
    let (one, two, checkpoint) = (store.rng.guid(), store.rng.guid(), store.rng.guid());
    let base = store.base("b.vhdx");
    let c1 = store.child("c1.avhdx", &base, "b.vhdx");
    let c2 = store.child("c2.avhdx", &c1, "c1.avhdx");
    store.child("c3.avhdx", &c2, "c2.avhdx");
    store.configuration(MACHINES, Machine::new(one, "one"), one, &[(Bus::Scsi(0, 0), "c3.avhdx")]);
    store.base("other.vhdx");
    let machine = Machine::new(two, "two").checkpoints(&[checkpoint]);
    store.configuration(MACHINES, machine, two, &[(Bus::Scsi(0, 0), "other.vhdx")]);
    let kept = Machine::checkpoint(checkpoint, two, "of two");
    store.configuration(SNAPSHOTS, kept, checkpoint, &[(Bus::Scsi(0, 0), "b.vhdx")]);
    let plan = store.plan("c3.avhdx", &["--into", "b.vhdx"]);
    plan.expect(
        8,
        "fail",
        "checkpoint \\\"of two\\\" keeps ./b.vhdx, which would be overwritten; it is one of machine",
    );
    plan.open(&["export"]);
    assert!(!plan.json["alternatives"].to_string().contains(&checkpoint.to_string()), "nobody deletes it");
    // Above it nothing is in the way, but that Hyper-V would not stop there.
    let above = store.plan("c3.avhdx", &["--into", "c1.avhdx"]);
    above.open(&["single_pass", "pairwise_top_down", "export"]);
    let why = above.way("delete_checkpoint")["unavailable"].as_str().unwrap();
    assert!(why.contains("may merge on into ./b.vhdx"), "{why}");
}

#[test]
fn hyper_v_is_not_asked_to_merge_what_it_would_merge_further() {
    let mut store = Store::new();
    let one = store.rng.guid();
    let base = store.base("b.vhdx");
    let c1 = store.child("c1.avhdx", &base, "b.vhdx");
    store.child("c2.avhdx", &c1, "c1.avhdx");
    store.configuration(MACHINES, Machine::new(one, "one"), one, &[(Bus::Scsi(0, 0), "c2.avhdx")]);
    // All of it, or only by hand.
    store.plan("c2.avhdx", &["--into", "b.vhdx"]).open(&[
        "delete_checkpoint",
        "single_pass",
        "pairwise_top_down",
        "export",
    ]);
    store.plan("c2.avhdx", &[]).open(&["single_pass", "pairwise_top_down", "export"]);
    let middle = store.plan("c1.avhdx", &[]);
    middle.open(&["single_pass", "pairwise_top_down", "export"]);
    let why = middle.way("delete_checkpoint")["unavailable"].as_str().unwrap();
    assert!(why.contains("begin with what the machine runs on"), "{why}");
    // Of a chain whose base has a clone only the upper part may be merged.
    store.child("clone.vhdx", &base, "b.vhdx");
    let all = store.run(&["plan", ".", "--all", "--format", "json"]).json();
    let merges: Vec<_> = all["merges"]
        .as_array()
        .unwrap()
        .iter()
        .map(|merge| (merge["method"].as_str().unwrap(), paths(&merge["merged"])))
        .collect();
    assert_eq!(merges, [("single_pass", vec!["c2.avhdx"])], "{all:#}");
}

#[test]
fn a_disk_that_goes_with_a_checkpoint_may_go_on_further_down() {
    let mut store = Store::new();
    let (id, checkpoint) = (store.rng.guid(), store.rng.guid());
    let a = store.base("a.vhdx");
    store.child("a_1.avhdx", &a, "a.vhdx");
    let b = store.base("b.vhdx");
    let b1 = store.child("b_1.avhdx", &b, "b.vhdx");
    store.child("b_2.avhdx", &b1, "b_1.avhdx");
    let machine = Machine::new(id, "web").checkpoints(&[checkpoint]);
    store.configuration(MACHINES, machine, id, &[(Bus::Scsi(0, 0), "a_1.avhdx"), (Bus::Scsi(0, 1), "b_2.avhdx")]);
    let kept = Machine::checkpoint(checkpoint, id, "kept");
    store.configuration(SNAPSHOTS, kept, checkpoint, &[(Bus::Scsi(0, 0), "a.vhdx"), (Bus::Scsi(0, 1), "b_1.avhdx")]);
    let plan = store.plan("a_1.avhdx", &[]);
    let also = &plan.json["course"]["also"][0];
    assert_eq!(paths(&also["merged"]), ["b_2.avhdx", "b_1.avhdx"], "nothing keeps b_1 and b apart: {also:#}");
    store.child("clone.vhdx", &b, "b.vhdx");
    let forked = store.plan("a_1.avhdx", &[]);
    forked.expect(5, "fail", "clone.vhdx");
    forked.open(&["export"]);
}

#[test]
fn a_machine_on_a_file_with_a_child_gets_the_survivor() {
    let mut store = Store::new();
    let one = store.rng.guid();
    let base = store.base("b.vhdx");
    let m = store.child("m.avhdx", &base, "b.vhdx");
    store.child("l.avhdx", &m, "m.avhdx");
    store.configuration(MACHINES, Machine::new(one, "one"), one, &[(Bus::Scsi(0, 0), "m.avhdx")]);
    let plan = store.plan("m.avhdx", &["--method", "single-pass"]);
    plan.expect(20, "fail", "runs on a file that other disks depend on");
    assert_eq!(plan.way("single_pass")["open"], true, "a warning closes nothing");
    let text = store.script("m.avhdx", &["--method", "single-pass"]);
    let script = Script::parse(&text);
    assert_eq!(script.commands("Set-VMHardDiskDrive").len(), 1, "{text}");
    let at = |words: &str| text.find(words).unwrap_or_else(|| panic!("no {words} in {text}"));
    assert!(at("Merge-VHD -Path") < at("Set-VHD -Path") && at("Set-VHD -Path") < at("Set-VMHardDiskDrive -VM"));
}

/// Lines of a script between two others.
fn between<'a>(text: &'a str, from: &str, to: &str) -> &'a str {
    let start = text.find(from).unwrap_or_else(|| panic!("no {from} in {text}"));
    let rest = &text[start..];
    &rest[..rest.find(to).unwrap_or_else(|| panic!("no {to} after {from} in {text}"))]
}

#[test]
fn the_script_asks_for_the_drive_and_the_checkpoints_before_each_step() {
    let mut store = Store::new();
    let one = store.rng.guid();
    let base = store.base("b.vhdx");
    let c1 = store.child("c1.avhdx", &base, "b.vhdx");
    store.child("c2.avhdx", &c1, "c1.avhdx");
    store.configuration(MACHINES, Machine::new(one, "one"), one, &[(Bus::Scsi(0, 3), "c2.avhdx")]);
    let text = store.script("c2.avhdx", &["--into", "b.vhdx", "--method", "pairwise"]);
    Script::parse(&text);
    let drive = format!(
        "-ControllerNumber 0 -ControllerLocation 3 | Select-Object -ExpandProperty Path) -Planned '{}'",
        recorded("c2.avhdx")
    );
    let snapshots = format!("@(Get-VMSnapshot -VM (Get-VM -Id '{one}')).Count -eq 0");
    let before_first = between(&text, "$WhatIf = -not $Execute", "Merge-VHD -Path $Disk1");
    assert!(before_first.contains(&drive) && before_first.contains(&snapshots), "{text}");
    let before_second = between(&text, "Merge-VHD -Path $Disk1", "Merge-VHD -Path $Disk2");
    for words in [drive.as_str(), &snapshots, "State -eq 'Off'", "-not (Get-VHD -Path $Disk2).Attached"] {
        assert!(before_second.contains(words), "no {words} in {before_second}");
    }
    let before_drive = between(&text, "Merge-VHD -Path $Disk2", "Set-VMHardDiskDrive -VM");
    assert!(before_drive.contains(&drive) && before_drive.contains("State -eq 'Off'"), "{before_drive}");
    // A checkpoint that is known is told by its id.
    let checkpoint = store.rng.guid();
    let machine = Machine::new(one, "one").checkpoints(&[checkpoint]);
    store.configuration(MACHINES, machine, one, &[(Bus::Scsi(0, 3), "c2.avhdx")]);
    let kept = Machine::checkpoint(checkpoint, one, "kept");
    store.configuration(SNAPSHOTS, kept, checkpoint, &[(Bus::Scsi(0, 3), "b.vhdx")]);
    for arguments in [&["--method", "single-pass"][..], &["--into", "b.vhdx", "--method", "delete-checkpoint"]] {
        let text = store.script("c2.avhdx", arguments);
        Script::parse(&text);
        let known = format!("| Where-Object -Property Id -In -Value @([guid]'{checkpoint}')).Count -eq 1");
        assert!(text.contains(&known) && text.contains("')).Count -eq 1"), "no {known} in {text}");
    }
}

#[test]
fn an_export_is_taken_back_only_where_it_stands() {
    let mut store = Store::new();
    let one = store.rng.guid();
    let base = store.base("b.vhdx");
    store.child("c1.avhdx", &base, "b.vhdx");
    store.configuration(MACHINES, Machine::new(one, "one"), one, &[(Bus::Ide(0, 0), "c1.avhdx")]);
    let plan = store.plan("c1.avhdx", &["--method", "export"]);
    let steps = plan.json["steps"].as_array().unwrap();
    let step = steps.iter().find(|step| step["commands"].to_string().contains("Set-VMHardDiskDrive")).unwrap();
    let commands = step["commands"].to_string();
    assert!(commands.contains(r"-Planned 'D:\\VMs\\c1.avhdx'"), "{commands}");
    let back = step["way_back_commands"].to_string();
    assert!(back.contains(r"-Planned 'D:\\VMs\\b-export.vhdx'"), "{back}");
}

/// base ← c1 (5 blocks) ← c2 (1 block): a pair by pair merge fills c1 first.
fn pairs() -> Store {
    let mut store = Store::new();
    let base = store.base("b.vhdx");
    let mut c1 = store.over(&base, "b.vhdx");
    for block in 1..6 {
        c1 = c1.block(block, Block::full(pattern::image(2, block * MIB, MIB)));
    }
    let c1 = c1.build();
    store.put("c1.avhdx", &c1);
    let c2: Builder = store.over(&c1, "c1.avhdx").block(6, Block::full(pattern::image(3, 6 * MIB, MIB)));
    store.put("c2.avhdx", &c2.build());
    store
}

#[test]
fn pair_by_pair_needs_the_room_of_files_that_are_left() {
    let store = pairs();
    let with = |free: u64| store.plan("c2.avhdx", &["--into", "b.vhdx", "--disk-free", &format!("D:={free}")]);
    let plan = with(6 * MIB);
    // One pass: six new blocks in the base. Pair by pair c1 takes one more, and c2 may be left.
    let peak = |plan: &Planned, method: &str| plan.way(method)["volumes"][0]["peak_free_bytes"].clone();
    assert_eq!(peak(&plan, "single_pass"), json!({ "least": 6 * MIB, "most": 6 * MIB }));
    assert_eq!(peak(&plan, "pairwise_top_down")["most"], 7 * MIB);
    assert!(peak(&plan, "pairwise_top_down")["least"].as_u64().unwrap() < 7 * MIB);
    plan.expect(13, "fail", "merge pair by pair: ");
    assert_eq!((&plan.way("single_pass")["open"], &plan.json["chosen_method"]), (&json!(true), &json!("single_pass")));
    assert_eq!(plan.way("pairwise_top_down")["blocked_by"], json!([13]));
    let enough = with(7 * MIB);
    assert_eq!(enough.way("pairwise_top_down")["open"], true);
    assert_eq!(with(6 * MIB - 1).way("pairwise_top_down")["open"], false, "less than one pass needs");
}

#[test]
fn an_order_counts_on_the_room_of_merged_files_only_when_they_are_gone() {
    let store = pairs();
    let json = store.run(&["plan", ".", "--all", "--format", "json"]).json();
    assert_valid("plan-all", [&json]);
    assert_eq!(paths(&json["merges"][0]["must_be_gone"]), ["c2.avhdx", "c1.avhdx"]);
    let mut store = pairs();
    let other = store.base("other.vhdx");
    store.child("other_1.avhdx", &other, "other.vhdx");
    let text = store.run(&["plan", ".", "--all"]).stdout;
    assert_eq!(text.matches("see that the merged files are gone").count(), 1, "between the two: {text}");
}

#[test]
fn several_checkpoints_are_deleted_one_after_the_other_and_cost_a_range() {
    let mut store = Store::new();
    let one = store.rng.guid();
    let base = store.base("b.vhdx");
    // Each layer overwrites what the one below it wrote.
    let c1 = store.child("c1.avhdx", &base, "b.vhdx");
    let c2 = store.child("c2.avhdx", &c1, "c1.avhdx");
    store.child("c3.avhdx", &c2, "c2.avhdx");
    let ids = [store.rng.guid(), store.rng.guid(), store.rng.guid()];
    let machine = Machine::new(one, "one").checkpoints(&ids);
    store.configuration(MACHINES, machine, one, &[(Bus::Scsi(0, 0), "c3.avhdx")]);
    // Their files are not in the order of the chain.
    for (number, file) in [(2, "b.vhdx"), (0, "c1.avhdx"), (1, "c2.avhdx")] {
        let kept = Machine::checkpoint(ids[number], one, &format!("over {file}"));
        store.configuration(SNAPSHOTS, kept, ids[number], &[(Bus::Scsi(0, 0), file)]);
    }
    let plan = store.plan("c3.avhdx", &["--into", "b.vhdx"]);
    let native = plan.way("delete_checkpoint");
    let single = plan.way("single_pass");
    assert_eq!(native["read_least_bytes"], single["read_bytes"], "{native:#}");
    assert!(native["read_bytes"].as_u64().unwrap() >= single["read_bytes"].as_u64().unwrap() + 2 * MIB, "{native:#}");
    assert_eq!(native["write_bytes"]["least"], single["write_bytes"]["least"]);
    let steps = plan.json["steps"].as_array().unwrap().iter();
    let titles: Vec<&str> = steps.map(|step| step["title"].as_str().unwrap()).collect();
    let expected = [
        "Delete checkpoint \"over b.vhdx\"",
        "Wait until Hyper-V has merged what that checkpoint kept apart",
        "Delete checkpoint \"over c1.avhdx\"",
        "Wait until Hyper-V has merged what that checkpoint kept apart",
        "Delete checkpoint \"over c2.avhdx\"",
        "Wait until Hyper-V has merged",
    ];
    assert_eq!(titles[2..], expected, "{titles:#?}");
    let second = plan.json["steps"][4]["commands"].to_string();
    assert!(second.contains("')).Count -eq 2)") && !second.contains(&format!("[guid]'{}'", ids[2])), "{second}");
    let first = plan.json["steps"][3]["checks"].to_string();
    assert!(first.contains("c1.avhdx") && !first.contains("c2.avhdx"), "{first}");
}
