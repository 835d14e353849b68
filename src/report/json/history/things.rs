//! Volumes, disks, machines and checkpoints over time.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;
use uuid::Uuid;

use crate::analysis::history::overview::{CheckpointView, DiskView, MachineView, MergeView, VolumeView};
use crate::analysis::history::record::RunNo;
use crate::inspect::count;
use crate::report::json::common::Time;
use crate::units::ByteLen;

use super::growth::{GrowthJson, OutlookJson, PointJson, growth, points};

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
    /// The exact bytes of those of `files` that are not valid Unicode, `null` for the others; only present where there
    /// is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub files_raw_hex: Option<Vec<Option<String>>>,
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
    /// The path's exact bytes as hexadecimal digits; only present where it is not valid Unicode.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path_raw_hex: Option<String>,
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
        let raw: Vec<Option<String>> = disk.files.iter().map(|path| path.raw_hex.clone()).collect();
        Self {
            host: disk.host.clone(),
            disk: count(disk.number.0),
            files: disk.files.iter().map(|path| path.text.clone()).collect(),
            files_raw_hex: raw.iter().any(Option::is_some).then_some(raw),
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
            path_raw_hex: file.path.raw_hex.clone(),
            since_checkpoints: file.since.clone(),
            machine: file.machine.clone(),
            first_seen: file.first.map(Time::from),
            file_size_bytes: bytes(file.file_size),
            growth: growth(&file.growth),
            points: points(&file.points),
        }
    }
}
