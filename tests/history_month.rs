//! A month on a small host: growth, renames, checkpoints, a merge, a deletion, copies, a resize, a clock that is set
//! back. What the history says is compared with what was done, and its slopes with a plain reference.
#![cfg(all(feature = "cli", feature = "testkit"))]
#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

#[cfg(test)]
#[path = "history/reference.rs"]
mod reference;
#[cfg(test)]
mod support;
#[cfg(test)]
#[path = "history/world.rs"]
mod world;

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use support::disks::vhdxray_in;
use support::schema::assert_valid;
use world::{File, MIB, World};

const DAYS: u32 = 30;
/// On this day the clock was found to be wrong and was set back by a day and a half.
const CLOCK_SET: u32 = 16;
const SIZE: u64 = 1 << 30;
/// Blocks that the mail server writes to, day by day.
const MAIL: [u64; 7] = [3, 2, 4, 3, 1, 5, 3];

fn time(day: u32) -> Timestamp {
    let start: Timestamp = "2026-11-01T02:00:00Z".parse().unwrap();
    let hours = i64::from(day) * 24 - if day >= CLOCK_SET { 36 } else { 0 };
    start + SignedDuration::from_hours(hours)
}

/// What was done: for each disk the bytes of its files each day, with a new segment wherever more than growth happened.
#[derive(Default)]
struct Expected {
    sizes: BTreeMap<&'static str, Vec<reference::Point>>,
    /// What merging the disk of web into its base takes.
    need: Vec<reference::Point>,
    segment: BTreeMap<&'static str, u32>,
    changes: Vec<(u32, &'static str, String)>,
}

impl Expected {
    fn size(&mut self, disk: &'static str, day: u32, bytes: u64) {
        let segment = *self.segment.entry(disk).or_default();
        #[expect(clippy::cast_precision_loss, reason = "small files")]
        let point = (time(day).as_second() as f64 / 86_400.0, bytes as f64, segment);
        self.sizes.entry(disk).or_default().push(point);
    }

    fn interrupt(&mut self, disk: &'static str) {
        *self.segment.entry(disk).or_default() += 1;
    }

    fn change(&mut self, day: u32, kind: &'static str, file: &str) {
        self.changes.push((day, kind, file.to_owned()));
    }
}

struct Month {
    world: World,
    expected: Expected,
    web: Vec<File>,
    pay: Vec<File>,
    gold: File,
    forks: [File; 2],
    mail: File,
    resized: File,
    ids: [uuid::Uuid; 3],
}

impl Month {
    fn new() -> Self {
        let mut world = World::new(30);
        let mut web = world.base("web.vhdx", SIZE);
        world.grow(&mut web, 20, 1);
        let web_leaf = world.child("web_1.avhdx", &web);
        let mut pay = world.base("pay.vhdx", SIZE);
        world.grow(&mut pay, 10, 2);
        let mut pay_leaf = world.child("pay_1.avhdx", &pay);
        world.grow(&mut pay_leaf, 5, 3);
        let mut gold = world.base("gold.vhdx", SIZE);
        world.grow(&mut gold, 8, 4);
        let forks = [world.child("fork_a.avhdx", &gold), world.child("fork_b.avhdx", &gold)];
        let mail = world.base("mail.vhdx", SIZE);
        let resized = world.base("resized.vhdx", SIZE);
        let old = world.base("old.vhdx", SIZE);
        for file in [&web, &pay, &pay_leaf, &gold, &old] {
            world.write(file);
        }
        let ids = [world.guid(), world.guid(), world.guid()];
        let web = vec![web_leaf, web];
        Self { world, expected: Expected::default(), web, pay: vec![pay_leaf, pay], gold, forks, mail, resized, ids }
    }

    fn day(&mut self, day: u32) {
        let (world, expected) = (&mut self.world, &mut self.expected);
        if day == CLOCK_SET {
            expected.change(day, "clock_step", "");
            for disk in ["web", "pay", "fork_a", "fork_b", "mail", "resized"] {
                expected.interrupt(disk);
            }
        }
        match day {
            11 => {
                // A checkpoint: the leaf is closed, and the guest goes on in a new file.
                let leaf = world.child("web_2.avhdx", &self.web[0]);
                expected.change(day, "new_checkpoint", "web_2.avhdx");
                self.web.insert(0, leaf);
            }
            15 => {
                let base = self.web.last_mut().unwrap();
                world.rename(base, "moved/web-base.vhdx");
                expected.change(day, "renamed", "web-base.vhdx");
            }
            18 => {
                self.resized.virtual_size = 2 * SIZE;
                expected.change(day, "virtual_size_changed", "resized.vhdx");
            }
            20 => {
                // The checkpoint is removed: its content goes into the base, and the leaf stands on the base.
                let middle = self.web.remove(1);
                world.merge(&middle, &mut self.web[1]);
                world.write(&self.web[1]);
                self.web[0].parent.as_mut().unwrap().0 = self.web[1].identity;
                world.remove(&middle.path);
                expected.change(day, "merged", "web_1.avhdx");
                expected.interrupt("web");
            }
            22 => {
                // Somebody deletes the leaf and starts the machine from its base.
                let leaf = self.pay.remove(0);
                world.remove(&leaf.path);
                world.grow(&mut self.pay[0], 1, 22);
                expected.change(day, "deleted_not_merged", "pay_1.avhdx");
                expected.interrupt("pay");
            }
            25 => {
                world.rename(&mut self.web[0], "web_b.avhdx");
                expected.change(day, "renamed", "web_b.avhdx");
            }
            26 => {
                world.grow(&mut self.resized, 30, 26);
                expected.change(day, "size_jumped", "resized.vhdx");
            }
            28 => {
                world.remove("old.vhdx");
                expected.change(day, "gone", "old.vhdx");
            }
            29 => {
                let fresh = world.base("fresh.vhdx", SIZE);
                world.write(&fresh);
                world.machine(self.ids[2], "fresh", &["fresh.vhdx"]);
                expected.change(day, "new", "fresh.vhdx");
                expected.change(day, "machine_new", &format!("{}.vmcx", self.ids[2].to_string().to_uppercase()));
            }
            _ => {}
        }
        world.grow(&mut self.web[0], 1 + u64::from(day % 3), day);
        world.grow(&mut self.resized, 1, day);
        if day == 27 {
            let copy = File { path: "copies/mail.vhdx".to_owned(), ..self.mail.clone() };
            world.write(&copy);
            expected.change(day, "copied", "mail.vhdx");
        } else {
            world.grow(&mut self.mail, MAIL[day as usize % 7], day);
        }
        world.grow(&mut self.forks[0], 1, day);
        world.grow(&mut self.forks[1], 4, day);
        world.machine(self.ids[0], "web", &[&self.web[0].path]);
        world.machine(self.ids[1], "pay", &[&self.pay[0].path]);
        let of = |files: &[File]| files.iter().map(|file| file.built().len()).sum::<u64>();
        for file in [&self.web[0], &self.pay[0], &self.mail, &self.resized, &self.forks[0], &self.forks[1]] {
            world.write(file);
        }
        expected.size("web", day, of(&self.web));
        let (base, above) = self.web.split_last().unwrap();
        let own: BTreeSet<&u64> = above.iter().flat_map(|file| file.blocks.keys()).collect();
        let new = own.into_iter().filter(|block| !base.blocks.contains_key(block)).count();
        #[expect(clippy::cast_precision_loss, reason = "few blocks")]
        let (at, growth) = (time(day).as_second() as f64 / 86_400.0, (new as u64 * MIB) as f64);
        expected.need.push((at, growth, expected.segment["web"]));
        expected.size("pay", day, of(&self.pay));
        expected.size("mail", day, of(std::slice::from_ref(&self.mail)));
        expected.size("resized", day, of(std::slice::from_ref(&self.resized)));
        for (name, fork) in ["fork_a", "fork_b"].into_iter().zip(&self.forks) {
            expected.size(name, day, of(&[fork.clone(), self.gold.clone()]));
        }
    }

    fn record(&self, day: u32) -> support::run::Ran {
        let as_of = time(day).to_string();
        let map = format!(r"D:\vms={}", self.world.root().display());
        let arguments =
            ["history", "record", "vms", "--db", "history.db", "--host", "host-a", "--map", &map, "--as-of", &as_of];
        vhdxray_in(self.world.folder.path(), &arguments)
    }

    fn show(&self, more: &[&str]) -> Value {
        let arguments =
            [&["history", "show", "--db", "history.db", "--json", "--as-of", "2026-12-01T00:00:00Z"], more].concat();
        let ran = vhdxray_in(self.world.folder.path(), &arguments);
        assert!(matches!(ran.status, Some(0 | 1)), "{ran}");
        let json = ran.json();
        assert_valid("history", [&json]);
        json
    }
}

fn disk<'a>(json: &'a Value, name: &str) -> &'a Value {
    let disks = json["disks"].as_array().unwrap();
    let named = |disk: &&Value| disk["files"][0].as_str().unwrap().ends_with(name);
    disks.iter().find(named).unwrap_or_else(|| panic!("no disk {name} in {disks:#?}"))
}

fn assert_grows_as(json: &Value, points: &[reference::Point]) {
    let growth = json["growth"].as_array().unwrap();
    for days in [1_u32, 7, 30] {
        let found = growth.iter().find(|growth| growth["window_days"] == days);
        let expected = reference::slope(points, days.into());
        assert_eq!(found.is_some(), expected.is_some(), "{days} days of {json:#}");
        let (Some(found), Some(expected)) = (found, expected) else { continue };
        let names = ["low", "", "high", "min", "max"];
        for (name, expected) in names.into_iter().zip(expected) {
            let name = format!("{name}_bytes_per_day").trim_start_matches('_').to_owned();
            let found = found[&name].as_f64().unwrap();
            assert!((found - expected).abs() <= 1.0, "{name} over {days} days: {found}, and {expected} is due");
        }
    }
}

#[test]
fn a_month_of_growth_checkpoints_merges_and_accidents() {
    let mut month = Month::new();
    let mut before = Vec::new();
    for day in 1..=DAYS {
        month.day(day);
        before.push(support::disks::names(&month.world.root()));
        let ran = month.record(day);
        let expected = i32::from(day == 22);
        assert_eq!(ran.status, Some(expected), "day {day}: {ran}");
    }
    let json = month.show(&["--since", "2026-01-01"]);
    assert_eq!(json["runs"].as_array().unwrap().len(), DAYS as usize);
    let steps: Vec<u64> = (1..)
        .zip(json["runs"].as_array().unwrap())
        .filter(|(_, run)| run["clock_step"] == true)
        .map(|(day, _)| day)
        .collect();
    assert_eq!(steps, [u64::from(CLOCK_SET)]);

    // Everything that happened, and nothing else.
    let mut found: Vec<(u32, String, String)> = json["changes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|change| {
            let path = change["path"].as_str().unwrap_or_default();
            let name = path.rsplit('/').next().unwrap().to_owned();
            (u32::try_from(change["run"].as_i64().unwrap()).unwrap(), change["kind"].as_str().unwrap().to_owned(), name)
        })
        .collect();
    found.sort();
    let mut expected: Vec<(u32, String, String)> =
        month.expected.changes.iter().map(|(day, kind, name)| (*day, (*kind).to_owned(), name.clone())).collect();
    expected.sort();
    assert_eq!(found, expected);

    // Lineages: one disk each, from the first day on, whatever its files were called.
    let leaf_and_leaves = |name: &str| {
        let disk = disk(&json, name);
        (
            disk["first_run"].as_i64().unwrap(),
            disk["leaves_count"].as_u64().unwrap(),
            disk["files"].as_array().unwrap().len(),
        )
    };
    assert_eq!(leaf_and_leaves("web_b.avhdx"), (1, 2, 2));
    assert_eq!(leaf_and_leaves("/pay.vhdx"), (1, 2, 1));
    assert_eq!(leaf_and_leaves("fork_a.avhdx"), (1, 1, 2));
    assert_eq!(leaf_and_leaves("fork_b.avhdx"), (1, 1, 2));
    assert_eq!(leaf_and_leaves("vms/mail.vhdx"), (1, 1, 1));
    assert_eq!(leaf_and_leaves("copies/mail.vhdx"), (27, 1, 1));
    assert_eq!(json["disks"].as_array().unwrap().len(), 8, "{json:#}");
    assert_eq!(disk(&json, "web_b.avhdx")["machine"], "web");
    assert_eq!(disk(&json, "web_b.avhdx")["slot"], "scsi 0:0");
    assert_eq!(disk(&json, "fork_a.avhdx")["virtual_disk_id"], disk(&json, "fork_b.avhdx")["virtual_disk_id"]);

    for (name, file) in [
        ("web", "web_b.avhdx"),
        ("pay", "/pay.vhdx"),
        ("mail", "vms/mail.vhdx"),
        ("resized", "resized.vhdx"),
        ("fork_a", "fork_a.avhdx"),
        ("fork_b", "fork_b.avhdx"),
    ] {
        assert_grows_as(disk(&json, file), &month.expected.sizes[name]);
    }
    let merge = &disk(&json, "web_b.avhdx")["merge"];
    let need = month.expected.need.last().unwrap().1;
    assert_eq!(merge["growth_bytes"].as_f64().unwrap().to_bits(), need.to_bits());
    assert!(need > 0.0);
    assert_grows_as(merge, &month.expected.need);
    assert_eq!(disk(&json, "/pay.vhdx")["merge"], Value::Null);
    // What the guests wrote: four blocks a day, a merge and a clock or not.
    let fork = &disk(&json, "fork_b.avhdx")["growth"];
    assert!(fork.as_array().unwrap().iter().all(|growth| growth["bytes_per_day"] == 4 * MIB), "{fork}");
    let room = SIZE - month.forks[1].blocks.len() as u64 * MIB;
    assert_eq!(disk(&json, "fork_b.avhdx")["room_bytes"], room);
    assert_eq!(disk(&json, "fork_b.avhdx")["virtual_size_reached"]["days"], room / (4 * MIB));
    // The machine has the growth of its one disk; a new segment starts where the disk's does.
    let machine = json["machines"].as_array().unwrap().iter().find(|machine| machine["name"] == "web").unwrap();
    assert_eq!(machine["growth"], disk(&json, "web_b.avhdx")["growth"]);
    // The leaf alone: the same file under two names.
    let leaf = json["checkpoints"]
        .as_array()
        .unwrap()
        .iter()
        .find(|file| file["path"].as_str().unwrap().ends_with("web_b.avhdx"))
        .unwrap();
    assert_eq!(leaf["growth"][0]["window_days"], 7);

    selections(&month);
    the_sqlite3_command_opens_it(&month);
}

fn selections(month: &Month) {
    let last = month.show(&[]);
    assert_eq!(last["changes"].as_array().unwrap().len(), 0, "nothing happened on the last day: {last:#}");
    let web = month.show(&["--machine", "WEB"]);
    let names =
        |list: &Value, name: &str| list.as_array().unwrap().iter().map(|entry| entry[name].clone()).collect::<Vec<_>>();
    assert_eq!(names(&web["disks"], "machine"), ["web"]);
    assert_eq!(names(&web["machines"], "name"), ["web"]);
    assert_eq!(names(&web["volumes"], "mount_path").len(), 0);
    assert_eq!(month.show(&["--disk", "fork_"])["disks"].as_array().unwrap().len(), 2);
    assert_eq!(month.show(&["--host", "host-b"])["runs"].as_array().unwrap().len(), 0);
    let since = month.show(&["--since", "2026-11-20T00:00:00Z"]);
    assert!(since["runs"].as_array().unwrap().iter().all(|run| run["as_of"].as_str().unwrap() >= "2026-11-20"));
    let folder = month.world.folder.path();
    let table = vhdxray_in(folder, &["history", "show", "--db", "history.db", "--ascii"]).expect_success();
    assert!(table.stdout.is_ascii(), "{table}");
    assert!(table.stdout.contains("fork_b.avhdx (+1 below)"), "{table}");
    let csv = vhdxray_in(folder, &["history", "show", "--db", "history.db", "--format", "csv"]).expect_success();
    assert!(csv.stdout.lines().all(|line| line.split(',').count() == 14), "{csv}");
    // A fork is full before 10 years have passed, and not before tomorrow.
    let within = |days: &str| {
        vhdxray_in(folder, &["history", "show", "--db", "history.db", "--disk", "fork", "--fail-within", days]).status
    };
    assert_eq!((within("0"), within("3650")), (Some(0), Some(1)));
}

fn the_sqlite3_command_opens_it(month: &Month) {
    let Some(sqlite3) = support::peers::tool("sqlite3") else { return };
    let ask = |query: &str| {
        let ran =
            support::run::run(std::process::Command::new(&sqlite3).arg("-batch").arg(month.world.db()).arg(query));
        ran.expect_success().stdout.trim().to_owned()
    };
    assert_eq!(ask("PRAGMA integrity_check"), "ok");
    assert_eq!(ask("PRAGMA foreign_key_check"), "");
    assert_eq!(ask("SELECT count(*), count(DISTINCT as_of) FROM run"), "30|30");
    let expected = month.expected.sizes["mail"].last().unwrap().1;
    let query =
        "SELECT file_size_bytes FROM disk_over_time WHERE path LIKE '%/vms/mail.vhdx' ORDER BY run DESC LIMIT 1";
    assert_eq!(ask(query).parse::<f64>().unwrap().to_bits(), expected.to_bits());
    assert!(ask(".schema run").contains("-- the moment that the run stands for"), "the tables explain themselves");
}
