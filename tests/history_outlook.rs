//! Made-up runs whose ends can be worked out by hand, and runs that look at less than those before.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;
use vhdxray::analysis::history::change::{ChangeKind, Weight};
use vhdxray::analysis::history::outlook::Outlook;
use vhdxray::analysis::history::overview::{Overview, Selection};
use vhdxray::analysis::history::path_text::PathText;
use vhdxray::analysis::history::record::{
    Arrival, ChainRecord, DiskRecord, FileRecord, RunHead, RunNo, RunRecord, VolumeRecord,
};
use vhdxray::analysis::history::timeline::Timeline;
use vhdxray::units::ByteLen;

const GIB: u64 = 1 << 30;

fn path(text: &str) -> PathText {
    PathText { text: text.to_owned(), raw_hex: None }
}

fn disk(text: &str, identity: u128, parent: Option<usize>, size: u64) -> FileRecord {
    let differencing = parent.is_some();
    FileRecord {
        path: path(text),
        kind: "vhdx".to_owned(),
        readable: true,
        volume: Some("8:1".to_owned()),
        size: Some(ByteLen(size)),
        disk: Some(DiskRecord {
            disk_type: Some(if differencing { "differencing" } else { "dynamic" }.to_owned()),
            virtual_size: Some(ByteLen(100 * GIB)),
            block_size: Some(ByteLen(GIB)),
            virtual_disk_id: Some(Uuid::from_u128(identity / 100)),
            data_write_guid: Some(Uuid::from_u128(identity)),
            full_blocks: Some(size / GIB),
            partial_blocks: Some(0),
            zero_blocks: Some(0),
            total_blocks: Some(100),
            parent,
            parent_status: differencing.then(|| "linked".to_owned()),
            ..DiskRecord::default()
        }),
        ..FileRecord::default()
    }
}

/// A run on a host that names `/a`.
fn run(host: &str, hours: i64, files: Vec<FileRecord>) -> RunRecord {
    let start: Timestamp = "2026-11-01T00:00:00Z".parse().unwrap();
    let at = start + SignedDuration::from_hours(hours);
    RunRecord {
        head: RunHead {
            as_of: at,
            started: at,
            recorded: at,
            host: Some(host.to_owned()),
            version: "1".to_owned(),
            walk: String::new(),
            interrupted: false,
            files_seen: 1,
            files_read: 1,
        },
        roots: vec![path("/a")],
        unreadable: vec![],
        volumes: vec![],
        chains: chains(&files),
        files,
        machines: vec![],
        arrivals: vec![],
    }
}

fn chains(files: &[FileRecord]) -> Vec<ChainRecord> {
    let parent = |file: usize| files[file].disk.as_ref().and_then(|disk| disk.parent);
    let is_leaf = |file: &usize| (0..files.len()).all(|other| parent(other) != Some(*file));
    let chain = |leaf| ChainRecord {
        files: std::iter::successors(Some(leaf), |file| parent(*file)).collect(),
        status: "complete".to_owned(),
        merge_growth: None,
        owner: None,
    };
    (0..files.len()).filter(is_leaf).map(chain).collect()
}

fn timeline(runs: &[RunRecord]) -> Timeline {
    let mut timeline = Timeline::default();
    for (number, run) in (1..).zip(runs) {
        timeline.add(RunNo(number), run);
    }
    timeline
}

fn kinds(timeline: &Timeline) -> Vec<(i64, ChangeKind, &str)> {
    timeline.changes.iter().map(|change| (change.run.0, change.kind, change.path.text.as_str())).collect()
}

#[test]
fn the_last_day_to_merge_is_what_is_free_less_what_the_merge_takes_by_the_growth_of_both() {
    // Each day 2 GiB are taken on the volume, and the merge takes 1 GiB more.
    let runs: Vec<RunRecord> = (0..8)
        .map(|day: u64| {
            let leaf = disk("/a/leaf", 102, Some(1), (10 + day) * GIB);
            let mut run = run("h", i64::try_from(day).unwrap() * 24, vec![leaf, disk("/a/base", 101, None, 20 * GIB)]);
            run.chains[0].merge_growth = Some(ByteLen((5 + day) * GIB));
            run.volumes = vec![VolumeRecord {
                id: "8:1".to_owned(),
                mount_path: Some(path("/a")),
                file_system: None,
                total: ByteLen(200 * GIB),
                free: ByteLen((100 - 2 * day) * GIB),
            }];
            run
        })
        .collect();
    let overview = Overview::of(&timeline(&runs), &Selection::default());
    let disk = &overview.disks[0];
    // 86 GiB free at 2 GiB a day; of these 12 are for the merge, and the rest ends at 3 GiB a day.
    assert_eq!(overview.volumes[0].full.days(), Some(43));
    assert_eq!(disk.volume_full.days(), Some(43));
    let merge = disk.merge.as_ref().unwrap();
    assert_eq!((merge.growth_bytes, merge.free), (Some(ByteLen(12 * GIB)), Some(ByteLen(86 * GIB))));
    assert_eq!(merge.last_day.days(), Some(24));
    let Outlook::Expected(expected) = merge.last_day else { panic!("{:?}", merge.last_day) };
    assert_eq!(expected.likely.at.unwrap().to_string(), "2026-12-02T16:00:00Z");
    // The leaf holds 17 of 100 blocks and gets one a day.
    assert_eq!(disk.virtual_size_reached.days(), Some(83));
    assert_eq!((disk.soonest(), overview.soonest()), (Some(24), Some(24)));
}

#[test]
fn a_merge_that_has_no_room_any_more() {
    let mut run = run("h", 0, vec![disk("/a/leaf", 102, Some(1), GIB), disk("/a/base", 101, None, GIB)]);
    run.chains[0].merge_growth = Some(ByteLen(GIB));
    run.volumes = vec![VolumeRecord {
        id: "8:1".to_owned(),
        mount_path: None,
        file_system: None,
        total: ByteLen(9 * GIB),
        free: ByteLen(GIB),
    }];
    let overview = Overview::of(&timeline(&[run]), &Selection::default());
    assert_eq!(overview.disks[0].merge.as_ref().unwrap().last_day, Outlook::Reached);
    assert_eq!(overview.soonest(), Some(0));
}

#[test]
fn what_was_not_looked_at_is_neither_gone_nor_new() {
    let x = || disk("/a/x", 101, None, GIB);
    let y = || disk("/a/y", 201, None, GIB);
    let z = || disk("/b/z", 301, None, GIB);
    let both = |hours, files| RunRecord { roots: vec![path("/a"), path("/b")], ..run("h", hours, files) };
    let runs = [
        both(0, vec![x(), y(), z()]),
        run("h", 1, vec![x(), y()]),
        // A folder that cannot be read, a walk that leaves things out, another host.
        RunRecord { unreadable: vec![(path("/a"), "denied".to_owned())], ..run("h", 2, vec![]) },
        RunRecord {
            head: RunHead { walk: "--exclude y".to_owned(), ..run("h", 3, vec![]).head },
            ..run("h", 3, vec![x()])
        },
        run("other", 4, vec![]),
        both(5, vec![x(), y(), z()]),
    ];
    assert_eq!(kinds(&timeline(&runs)), []);
    let mut gone = runs.to_vec();
    gone.push(both(6, vec![x(), z(), disk("/b/new", 401, None, GIB)]));
    assert_eq!(kinds(&timeline(&gone)), [(7, ChangeKind::Gone, "/a/y"), (7, ChangeKind::New, "/b/new")]);
}

#[test]
fn a_place_that_is_looked_at_every_other_time_tells_its_news_all_the_same() {
    let elsewhere = |hours, files| RunRecord { roots: vec![path("/b")], ..run("h", hours, files) };
    let runs = [
        run("h", 0, vec![disk("/a/x", 101, None, GIB)]),
        elsewhere(1, vec![]),
        run("h", 2, vec![disk("/a/x", 101, None, GIB), disk("/a/y", 201, None, GIB)]),
        elsewhere(3, vec![]),
        run("h", 4, vec![disk("/a/y", 201, None, GIB)]),
    ];
    assert_eq!(kinds(&timeline(&runs)), [(3, ChangeKind::New, "/a/y"), (5, ChangeKind::Gone, "/a/x")]);
}

#[test]
fn a_disk_that_is_replaced_or_loses_its_parent_is_told_loudly() {
    let leaf = |parent| disk("/a/leaf", 102, parent, GIB);
    let mut lost = leaf(None);
    if let Some(disk) = &mut lost.disk {
        disk.disk_type = Some("differencing".to_owned());
        disk.parent_status = Some("missing".to_owned());
    }
    let runs = [
        run("h", 0, vec![leaf(Some(1)), disk("/a/base", 101, None, GIB)]),
        run("h", 1, vec![lost, disk("/a/base", 501, None, GIB)]),
    ];
    let timeline = timeline(&runs);
    assert_eq!(kinds(&timeline), [(2, ChangeKind::Replaced, "/a/base"), (2, ChangeKind::ParentLost, "/a/leaf")]);
    let overview = Overview::of(&timeline, &Selection::default());
    assert_eq!(overview.gravest().map(Weight::name), Some("alarm"));
}

#[test]
fn a_fork_is_two_disks_and_a_checkpoint_of_one_is_its_own() {
    let base = || disk("/a/base", 101, None, GIB);
    let runs = [
        run("h", 0, vec![disk("/a/a1", 102, Some(2), GIB), disk("/a/b1", 103, Some(2), GIB), base()]),
        // a gets a checkpoint, b is merged away: its disk ends, and a's goes on.
        run("h", 1, vec![disk("/a/a1", 102, Some(2), GIB), disk("/a/a2", 104, Some(0), GIB), base()]),
    ];
    let timeline = timeline(&runs);
    let host = &timeline.hosts[&Some("h".to_owned())];
    let disks: Vec<(bool, usize)> = host.disks.iter().map(|(_, disk)| (disk.alive, disk.leaves.len())).collect();
    assert_eq!(disks, [(true, 2), (false, 1)]);
    assert_eq!(kinds(&timeline), [(2, ChangeKind::DeletedNotMerged, "/a/b1"), (2, ChangeKind::NewCheckpoint, "/a/a2")]);
}

/// The leaf of a chain of two is gone, and the base has a new identity; `compared` and `arrived` are of its samples.
fn leaf_is_gone(compared: u64, arrived: u64, above: Option<FileRecord>) -> Timeline {
    let base = |identity| disk("/a/base", identity, None, GIB);
    let mut files: Vec<FileRecord> = above.into_iter().collect();
    let into = files.len();
    files.push(base(105));
    let mut second = run("h", 1, files);
    second.arrivals = vec![Arrival { path: path("/a/leaf"), into, compared, arrived, absent: None }];
    timeline(&[run("h", 0, vec![disk("/a/leaf", 102, Some(1), GIB), base(101)]), second])
}

fn disks(timeline: &Timeline) -> Vec<(bool, usize, usize)> {
    let host = &timeline.hosts[&Some("h".to_owned())];
    host.disks.iter().map(|(_, disk)| (disk.alive, disk.leaves.len(), disk.chain.len())).collect()
}

#[test]
fn a_disk_goes_on_in_the_base_that_its_leaf_was_merged_into() {
    let merged = leaf_is_gone(4, 3, None);
    assert_eq!(kinds(&merged), [(2, ChangeKind::Merged, "/a/leaf")]);
    assert_eq!(disks(&merged), [(true, 2, 1)]);
    // And in a new checkpoint that was made over it at once.
    let merged = leaf_is_gone(4, 3, Some(disk("/a/new", 106, Some(1), GIB)));
    assert_eq!(kinds(&merged), [(2, ChangeKind::Merged, "/a/leaf"), (2, ChangeKind::NewCheckpoint, "/a/new")]);
    assert_eq!(disks(&merged), [(true, 2, 2)]);
}

#[test]
fn a_base_that_somebody_wrote_to_after_its_leaf_was_deleted_is_no_merge() {
    let deleted = leaf_is_gone(4, 0, None);
    assert_eq!(kinds(&deleted), [(2, ChangeKind::DeletedNotMerged, "/a/leaf")]);
    // The base is what is left of the disk.
    assert_eq!(disks(&deleted), [(true, 2, 1)]);
    // A new disk over the base is not the one that was deleted.
    let deleted = leaf_is_gone(4, 0, Some(disk("/a/new", 106, Some(1), GIB)));
    assert_eq!(disks(&deleted), [(false, 1, 2), (true, 1, 2)]);
    // Too few samples to say.
    assert_eq!(kinds(&leaf_is_gone(2, 0, None)), [(2, ChangeKind::GoneUnproved, "/a/leaf")]);
}

#[test]
fn a_clock_that_was_wrong_for_one_run_moves_no_slope() {
    let grown = |days: i64| disk("/a/x", 101, None, (10 + days.unsigned_abs()) * GIB);
    let mut runs: Vec<RunRecord> = (0..10).map(|day| run("h", day * 24, vec![grown(day)])).collect();
    // The fifth run thinks that it is ten years later.
    runs[5].head.as_of += SignedDuration::from_hours(24 * 3650);
    let timeline = timeline(&runs);
    assert_eq!(kinds(&timeline), [(7, ChangeKind::ClockStep, "")]);
    let overview = Overview::of(&timeline, &Selection::default());
    let slope = overview.disks[0].growth.over(7).unwrap();
    let gib = i64::try_from(GIB).unwrap();
    assert_eq!((slope.min, slope.median, slope.max), (gib, gib, gib));
}

#[test]
fn of_two_runs_at_once_the_slower_one_is_no_step_of_the_clock() {
    let grown = |hours: i64| disk("/a/x", 101, None, (100 + hours.unsigned_abs()) * GIB);
    let mut slow = run("h", 24, vec![grown(24)]);
    slow.head.recorded += SignedDuration::from_hours(3);
    let mut quick = run("h", 25, vec![grown(25)]);
    quick.head.recorded += SignedDuration::from_mins(1);
    let runs = [
        run("h", 0, vec![grown(0)]),
        quick,
        slow.clone(),
        run("h", 36, vec![grown(36)]),
        run("h", 48, vec![grown(48)]),
    ];
    let both = timeline(&runs);
    assert_eq!(kinds(&both), []);
    let overview = Overview::of(&both, &Selection::default());
    let slope = overview.disks[0].growth.over(1).unwrap();
    assert_eq!(slope.median, 24 * i64::try_from(GIB).unwrap());
    // The same times, and an earlier moment asked for by name.
    slow.head.started += SignedDuration::from_hours(2);
    let [first, quick, _, third, last] = runs;
    assert_eq!(kinds(&timeline(&[first, quick, slow, third, last])), [(3, ChangeKind::ClockStep, "")]);
}
