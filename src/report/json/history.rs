//! `history show --format json` and `history record --format json`.

use std::io::{self, Write};

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;
use uuid::Uuid;

use crate::analysis::history::change::{Change, ChangeKind};
use crate::analysis::history::outlook::{Growth, Moment, Outlook, WINDOWS};
use crate::analysis::history::overview::{CheckpointView, DiskView, MachineView, MergeView, Overview, VolumeView};
use crate::analysis::history::record::RunNo;
use crate::analysis::history::slope::{Point, Slope};
use crate::analysis::history::timeline::RunSummary;
use crate::inspect::{Inspection, count};
use crate::report::RunFacts;
use crate::units::ByteLen;

use super::common::Time;
use super::run::{CoverageJson, RunJson};

/// A history: how volumes, disks, machines and checkpoints grow, how long there is room, and what became different.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct HistoryShowJson {
    /// Always `vhdxray.history/1`; fields are only added within a version.
    #[schemars(extend("const" = "vhdxray.history/1"))]
    pub schema: &'static str,
    /// Facts about this run of the program; nothing but the history is read.
    pub run: RunJson,
    /// The recorded runs, in the order in which they were recorded.
    pub runs: Vec<RecordedRunJson>,
    /// The volumes, the soonest full first; none where disks or machines are selected.
    pub volumes: Vec<VolumeHistoryJson>,
    /// The disks that are there, the most urgent first.
    pub disks: Vec<DiskHistoryJson>,
    /// The machines that are there, the fastest growing first.
    pub machines: Vec<MachineHistoryJson>,
    /// The differencing disks that are there, the fastest growing first.
    pub checkpoints: Vec<CheckpointHistoryJson>,
    /// What became different, in the last run of each computer or, with `--since`, in all runs.
    pub changes: Vec<HistoryChangeJson>,
}

/// What `history record` wrote.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct HistoryRecordJson {
    /// Always `vhdxray.history_record/1`; fields are only added within a version.
    #[schemars(extend("const" = "vhdxray.history_record/1"))]
    pub schema: &'static str,
    /// Facts about this run of the program.
    pub run: RunJson,
    /// The run as it was recorded.
    pub recorded: RecordedRunJson,
    /// What is different since the run before that looked at the same.
    pub changes: Vec<HistoryChangeJson>,
}

/// A recorded run.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct RecordedRunJson {
    /// Its number: runs count in the order in which they were recorded.
    pub number: i64,
    /// The moment that it stands for.
    pub as_of: Time,
    /// When it was recorded, by the computer's clock.
    pub recorded: Time,
    /// Name of the computer.
    pub host: Option<String>,
    /// Version of the program that recorded it.
    pub version: String,
    /// Number of files that it met.
    pub files_seen_count: u64,
    /// How many of them could be read.
    pub files_read_count: u64,
    /// Number of disk files that it recorded.
    pub disk_files_count: u64,
    /// Number of files and folders that could not be read.
    pub unreadable_count: u64,
    /// Whether it was broken off.
    pub interrupted: bool,
    /// Whether its moment lies before that of the run before it on the same computer.
    pub clock_step: bool,
}

/// Growth over 1, 7 and 30 days.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct GrowthJson {
    /// Days of the time before the last run.
    pub window_days: u16,
    /// The median of the slopes between each two runs of the time (Theil and Sen), in bytes a day.
    pub bytes_per_day: i64,
    /// The lower quartile of these slopes.
    pub low_bytes_per_day: i64,
    /// The upper quartile of these slopes.
    pub high_bytes_per_day: i64,
    /// The least of these slopes.
    pub min_bytes_per_day: i64,
    /// The greatest of these slopes.
    pub max_bytes_per_day: i64,
    /// How many slopes.
    pub pairs_count: u64,
}

/// When room ends.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct OutlookJson {
    /// `expected`: it will end, see the other fields. `reached`: there is none. `not_growing`. `unknown`: too few runs, or
    /// the room is not known.
    #[schemars(extend("enum" = ["expected", "reached", "not_growing", "unknown"]))]
    pub state: &'static str,
    /// Whole days from the last run on, at the median of the slopes; the growth over 7 days is taken, else that over 30,
    /// else that over 1.
    pub days: Option<u64>,
    /// That moment; `null` also past the year 9999.
    pub at: Option<Time>,
    /// Whole days at the upper quartile of the slopes.
    pub earliest_days: Option<u64>,
    /// Whole days at the lower quartile; `null` where there is no growth at that.
    pub latest_days: Option<u64>,
}

/// A value at a moment.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct PointJson {
    /// The moment that the run stands for.
    pub as_of: Time,
    /// The value.
    pub bytes: i64,
    /// Points of different segments are not compared: between them something was merged, deleted or replaced, or the
    /// clock was set back.
    pub segment: u32,
}

/// A volume over time.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct VolumeHistoryJson {
    /// Name of the computer.
    pub host: Option<String>,
    /// Where it is mounted, or the number of its device where the system does not tell.
    pub mount_path: String,
    /// Bytes of the volume.
    pub total_bytes: u64,
    /// Bytes that are free.
    pub free_bytes: u64,
    /// Growth of what is in use; only the times for which there are enough runs.
    pub growth: Vec<GrowthJson>,
    /// When it is full.
    pub full: OutlookJson,
    /// Bytes in use over the last 30 days.
    pub points: Vec<PointJson>,
}

/// A disk over time, through renames, checkpoints and merges.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct DiskHistoryJson {
    /// Name of the computer.
    pub host: Option<String>,
    /// Its number among the disks of the computer; the same for the same history.
    pub disk: u64,
    /// Its files now, leaf first, base last, lossily.
    pub files: Vec<String>,
    /// Its identity as the guest sees it; of a VHD its unique id.
    pub virtual_disk_id: Option<Uuid>,
    /// Name of the machine that uses it.
    pub machine: Option<String>,
    /// Controller and place on that machine.
    pub slot: Option<String>,
    /// The number of the first run that saw it.
    pub first_run: Option<i64>,
    /// The moment of that run.
    pub first_seen: Option<Time>,
    /// The moment of the last run that saw it.
    pub last_seen: Option<Time>,
    /// How many files were its leaf so far.
    pub leaves_count: u64,
    /// `complete`, `broken` or `unreadable`.
    pub status: String,
    /// Bytes of the virtual disk.
    pub virtual_size_bytes: Option<u64>,
    /// Bytes of its files.
    pub file_size_bytes: Option<u64>,
    /// Bytes by which its leaf can grow until it holds every block.
    pub room_bytes: Option<u64>,
    /// Growth of its files together.
    pub growth: Vec<GrowthJson>,
    /// When its leaf holds every block; `reached` for a fixed disk.
    pub virtual_size_reached: OutlookJson,
    /// When the volume of its leaf is full.
    pub volume_full: OutlookJson,
    /// What merging everything into its base takes; `null` for a disk of one file.
    pub merge: Option<MergeHistoryJson>,
    /// Bytes of its files over the last 30 days.
    pub points: Vec<PointJson>,
}

/// What merging a chain into its base takes, in place.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct MergeHistoryJson {
    /// Where the volume of the base is mounted.
    pub mount_path: Option<String>,
    /// Bytes that are free there.
    pub free_bytes: Option<u64>,
    /// Bytes by which the base grows at most; `null` where that was not recorded.
    pub growth_bytes: Option<u64>,
    /// How fast that becomes more.
    pub growth: Vec<GrowthJson>,
    /// The last day on which there is room: what is free, less what the merge takes, against the growth of both.
    pub last_day: OutlookJson,
}

/// A machine over time.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct MachineHistoryJson {
    /// Name of the computer.
    pub host: Option<String>,
    /// Its id, or the path of its configuration.
    pub id: String,
    /// Its name.
    pub name: Option<String>,
    /// The numbers of its disks.
    pub disks: Vec<u64>,
    /// Bytes of the files of these, each once.
    pub file_size_bytes: u64,
    /// Growth of these.
    pub growth: Vec<GrowthJson>,
    /// Bytes over the last 30 days.
    pub points: Vec<PointJson>,
}

/// A differencing disk over time: what was written since a checkpoint.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct CheckpointHistoryJson {
    /// Name of the computer.
    pub host: Option<String>,
    /// The file, lossily.
    pub path: String,
    /// Names of the checkpoints that keep the file below it, and so since which it is written.
    pub since_checkpoints: Vec<String>,
    /// Name of the machine.
    pub machine: Option<String>,
    /// The moment of the first run that saw it.
    pub first_seen: Option<Time>,
    /// Bytes of the file.
    pub file_size_bytes: Option<u64>,
    /// Its growth.
    pub growth: Vec<GrowthJson>,
    /// Bytes over the last 30 days.
    pub points: Vec<PointJson>,
}

/// Something that became different between two runs.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct HistoryChangeJson {
    /// The number of the run in which it showed.
    pub run: i64,
    /// The moment of that run.
    pub as_of: Time,
    /// Name of the computer.
    pub host: Option<String>,
    /// `deleted_not_merged`: a differencing disk is gone, and the file below it does not hold its content. `replaced`:
    /// another disk lies at its path. `parent_lost`. `gone_unproved`: gone, and whether its content arrived in the file
    /// below cannot be told. `gone`. `size_jumped`: beyond anything before. `virtual_size_changed`. `unreadable`.
    /// `machine_gone`. `clock_step`. `merged`. `gone_empty`. `renamed`. `new_checkpoint`. `copied`. `new`.
    /// `readable_again`. `machine_new`. More may be added.
    pub kind: &'static str,
    /// How much it asks for somebody's eye.
    #[schemars(extend("enum" = ["info", "warning", "alarm"]))]
    pub weight: &'static str,
    /// The file, or the configuration of the machine, lossily; `null` for what is about the run.
    pub path: Option<String>,
    /// Name of the machine, where it is known.
    pub machine: Option<String>,
    /// Another file that has to do with it: where it was, what it was merged into, what it lies over or is a copy of.
    pub other_path: Option<String>,
    /// Bytes before: of the file, or of the virtual disk.
    pub before_bytes: Option<i64>,
    /// Bytes now.
    pub now_bytes: Option<i64>,
    /// For `clock_step`: the moment of the run before.
    pub before_time: Option<Time>,
}

/// Writes a history as one JSON object.
pub fn write_history(overview: &Overview, facts: &RunFacts, out: &mut dyn Write) -> io::Result<()> {
    let json = HistoryShowJson {
        schema: "vhdxray.history/1",
        run: run(facts),
        runs: overview.runs.iter().map(RecordedRunJson::from).collect(),
        volumes: overview.volumes.iter().map(VolumeHistoryJson::from).collect(),
        disks: overview.disks.iter().map(DiskHistoryJson::from).collect(),
        machines: overview.machines.iter().map(MachineHistoryJson::from).collect(),
        checkpoints: overview.checkpoints.iter().map(CheckpointHistoryJson::from).collect(),
        changes: overview.changes.iter().map(HistoryChangeJson::from).collect(),
    };
    serde_json::to_writer_pretty(&mut *out, &json)?;
    writeln!(out)
}

/// Writes what was recorded as one JSON object.
pub fn write_history_record(
    inspection: &Inspection,
    recorded: &RunSummary,
    overview: &Overview,
    facts: &RunFacts,
    out: &mut dyn Write,
) -> io::Result<()> {
    let json = HistoryRecordJson {
        schema: "vhdxray.history_record/1",
        run: RunJson::new(facts, inspection),
        recorded: RecordedRunJson::from(recorded),
        changes: overview.changes.iter().map(HistoryChangeJson::from).collect(),
    };
    serde_json::to_writer_pretty(&mut *out, &json)?;
    writeln!(out)
}

fn run(facts: &RunFacts) -> RunJson {
    let nothing = CoverageJson { files_seen_count: 0, files_read_count: 0, unreadable: Vec::new() };
    RunJson::with_coverage(facts, nothing)
}

impl From<&RunSummary> for RecordedRunJson {
    fn from(run: &RunSummary) -> Self {
        let RunNo(number) = run.number;
        Self {
            number,
            as_of: run.head.as_of.into(),
            recorded: run.head.recorded.into(),
            host: run.head.host.clone(),
            version: run.head.version.clone(),
            files_seen_count: run.head.files_seen,
            files_read_count: run.head.files_read,
            disk_files_count: count(run.disk_files),
            unreadable_count: count(run.unreadable),
            interrupted: run.head.interrupted,
            clock_step: run.is_clock_step,
        }
    }
}

fn growth(growth: &Growth) -> Vec<GrowthJson> {
    let slopes = WINDOWS.into_iter().zip(growth.slopes);
    let slopes = slopes.filter_map(|(window_days, slope)| slope.map(|slope: Slope| (window_days, slope)));
    let json = slopes.map(|(window_days, slope)| GrowthJson {
        window_days,
        bytes_per_day: slope.median,
        low_bytes_per_day: slope.low,
        high_bytes_per_day: slope.high,
        min_bytes_per_day: slope.min,
        max_bytes_per_day: slope.max,
        pairs_count: count(slope.pairs),
    });
    json.collect()
}

impl From<&Outlook> for OutlookJson {
    fn from(outlook: &Outlook) -> Self {
        let expected = match outlook {
            Outlook::Expected(expected) => Some(expected),
            _ => None,
        };
        let days = |moment: Moment| moment.days;
        Self {
            state: outlook.name(),
            days: expected.map(|expected| days(expected.likely)),
            at: expected.and_then(|expected| expected.likely.at).map(Time::from),
            earliest_days: expected.map(|expected| days(expected.earliest)),
            latest_days: expected.and_then(|expected| expected.latest).map(days),
        }
    }
}

fn points(points: &[Point]) -> Vec<PointJson> {
    points
        .iter()
        .map(|point| PointJson { as_of: point.at.into(), bytes: point.value, segment: point.segment })
        .collect()
}

fn bytes(bytes: Option<ByteLen>) -> Option<u64> {
    bytes.map(|bytes| bytes.0)
}

impl From<&VolumeView> for VolumeHistoryJson {
    fn from(volume: &VolumeView) -> Self {
        Self {
            host: volume.host.clone(),
            mount_path: volume.name.clone(),
            total_bytes: volume.total.0,
            free_bytes: volume.free.0,
            growth: growth(&volume.growth),
            full: OutlookJson::from(&volume.full),
            points: points(&volume.points),
        }
    }
}

impl From<&DiskView> for DiskHistoryJson {
    fn from(disk: &DiskView) -> Self {
        let time = |moment: Option<(RunNo, Timestamp)>| moment.map(|(_, at)| at.into());
        let (machine, slot) = disk.machine.clone().unzip();
        Self {
            host: disk.host.clone(),
            disk: count(disk.number.0),
            files: disk.files.iter().map(|path| path.text.clone()).collect(),
            virtual_disk_id: disk.virtual_disk_id,
            machine,
            slot,
            first_run: disk.first.map(|(RunNo(number), _)| number),
            first_seen: time(disk.first),
            last_seen: time(disk.last),
            leaves_count: count(disk.leaves),
            status: disk.status.clone(),
            virtual_size_bytes: bytes(disk.virtual_size),
            file_size_bytes: bytes(disk.file_size),
            room_bytes: bytes(disk.room),
            growth: growth(&disk.growth),
            virtual_size_reached: OutlookJson::from(&disk.virtual_size_reached),
            volume_full: OutlookJson::from(&disk.volume_full),
            merge: disk.merge.as_ref().map(MergeHistoryJson::from),
            points: points(&disk.points),
        }
    }
}

impl From<&MergeView> for MergeHistoryJson {
    fn from(merge: &MergeView) -> Self {
        Self {
            mount_path: merge.volume.clone(),
            free_bytes: bytes(merge.free),
            growth_bytes: bytes(merge.growth_bytes),
            growth: growth(&merge.growth),
            last_day: OutlookJson::from(&merge.last_day),
        }
    }
}

impl From<&MachineView> for MachineHistoryJson {
    fn from(machine: &MachineView) -> Self {
        Self {
            host: machine.host.clone(),
            id: machine.key.clone(),
            name: machine.name.clone(),
            disks: machine.disks.iter().map(|disk| count(disk.0)).collect(),
            file_size_bytes: machine.file_size.0,
            growth: growth(&machine.growth),
            points: points(&machine.points),
        }
    }
}

impl From<&CheckpointView> for CheckpointHistoryJson {
    fn from(file: &CheckpointView) -> Self {
        Self {
            host: file.host.clone(),
            path: file.path.text.clone(),
            since_checkpoints: file.since.clone(),
            machine: file.machine.clone(),
            first_seen: file.first.map(Time::from),
            file_size_bytes: bytes(file.file_size),
            growth: growth(&file.growth),
            points: points(&file.points),
        }
    }
}

impl From<&Change> for HistoryChangeJson {
    fn from(change: &Change) -> Self {
        let is_time = change.kind == ChangeKind::ClockStep;
        let time = |seconds: Option<i64>| Timestamp::from_second(seconds?).ok().map(Time::from);
        Self {
            run: change.run.0,
            as_of: change.as_of.into(),
            host: change.host.clone(),
            kind: change.kind.name(),
            weight: change.kind.weight().name(),
            path: Some(change.path.text.clone()).filter(|path| !path.is_empty()),
            machine: change.machine.clone(),
            other_path: change.other.as_ref().map(|path| path.text.clone()),
            before_bytes: change.before.filter(|_| !is_time),
            now_bytes: change.now.filter(|_| !is_time),
            before_time: if is_time { time(change.before) } else { None },
        }
    }
}
