//! `history show --format json` and `history record --format json`.

mod growth;
mod things;

use std::io::{self, Write};

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use crate::analysis::history::change::{Change, ChangeKind};
use crate::analysis::history::overview::Overview;
use crate::analysis::history::record::RunNo;
use crate::analysis::history::timeline::RunSummary;
use crate::inspect::{Inspection, count};
use crate::report::RunFacts;

use super::common::Time;
use super::run::{CoverageJson, RunJson};

pub use growth::{GrowthJson, OutlookJson, PointJson};
pub use things::{CheckpointHistoryJson, DiskHistoryJson, MachineHistoryJson, MergeHistoryJson, VolumeHistoryJson};

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
    /// When it started, by the computer's clock.
    pub started: Time,
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
    /// The path's exact bytes as hexadecimal digits; only present where it is not valid Unicode.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path_raw_hex: Option<String>,
    /// Name of the machine, where it is known.
    pub machine: Option<String>,
    /// Another file that has to do with it: where it was, what it was merged into, what it lies over or is a copy of.
    pub other_path: Option<String>,
    /// The exact bytes of `other_path`; only present where it is not valid Unicode.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub other_path_raw_hex: Option<String>,
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
    let nothing = CoverageJson {
        files_seen_count: 0,
        files_read_count: 0,
        unreadable: Vec::new(),
        links_not_followed: Vec::new(),
    };
    RunJson::with_coverage(facts, nothing)
}

impl From<&RunSummary> for RecordedRunJson {
    fn from(run: &RunSummary) -> Self {
        let RunNo(number) = run.number;
        Self {
            number,
            as_of: run.head.as_of.into(),
            started: run.head.started.into(),
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
            path_raw_hex: change.path.raw_hex.clone(),
            other_path_raw_hex: change.other.as_ref().and_then(|path| path.raw_hex.clone()),
            machine: change.machine.clone(),
            other_path: change.other.as_ref().map(|path| path.text.clone()),
            before_bytes: change.before.filter(|_| !is_time),
            now_bytes: change.now.filter(|_| !is_time),
            before_time: if is_time { time(change.before) } else { None },
        }
    }
}
