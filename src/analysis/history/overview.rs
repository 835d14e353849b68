//! What is to be shown of a history: the volumes, disks, machines and checkpoints as they are now, how they grow and
//! how long there is room, the soonest end first.

use std::collections::BTreeMap;

use jiff::Timestamp;
use uuid::Uuid;

use super::change::{Change, Weight};
use super::disks::{DiskNo, DiskTrack};
use super::files::{FileTrack, TrackNo};
use super::machines::VolumeTrack;
use super::outlook::{Growth, Outlook, sum};
use super::path_text::PathText;
use super::record::{DiskRecord, RunNo};
use super::slope::Point;
use super::timeline::{HostTimeline, RunSummary, Timeline};
use crate::units::ByteLen;

/// What is to be shown.
#[derive(Clone, Debug, Default)]
pub struct Selection {
    /// Only disks whose path holds this text, or whose id it is.
    pub disk: Option<String>,
    /// Only machines whose name holds this text, or whose id it is, and their disks.
    pub machine: Option<String>,
    /// Whether changes of all runs are shown, not only those of the last run of each computer.
    pub all_changes: bool,
}

/// A history as it is shown.
#[derive(Clone, Debug, Default)]
pub struct Overview {
    /// The runs in the order in which they were recorded.
    pub runs: Vec<RunSummary>,
    /// The volumes, the soonest full first.
    pub volumes: Vec<VolumeView>,
    /// The disks, the most urgent first.
    pub disks: Vec<DiskView>,
    /// The machines, the fastest growing first.
    pub machines: Vec<MachineView>,
    /// Differencing disks, the fastest growing first.
    pub checkpoints: Vec<CheckpointView>,
    /// What became different, the gravest first within a run, and the last run first.
    pub changes: Vec<Change>,
}

/// A volume.
#[derive(Clone, Debug)]
pub struct VolumeView {
    /// The computer.
    pub host: Option<String>,
    /// Where it is mounted, or the number of its device.
    pub name: String,
    /// Bytes of it.
    pub total: ByteLen,
    /// Bytes that are free.
    pub free: ByteLen,
    /// Growth of what is in use.
    pub growth: Growth,
    /// When it is full.
    pub full: Outlook,
    /// Bytes in use over time.
    pub points: Vec<Point>,
}

/// A disk.
#[derive(Clone, Debug)]
pub struct DiskView {
    /// The computer.
    pub host: Option<String>,
    /// Its number among the disks of the computer.
    pub number: DiskNo,
    /// Its files, leaf first.
    pub files: Vec<PathText>,
    /// Its identity as the guest sees it.
    pub virtual_disk_id: Option<Uuid>,
    /// Name of the machine that uses it, and controller and place.
    pub machine: Option<(String, String)>,
    /// The first run that saw it, and its moment.
    pub first: Option<(RunNo, Timestamp)>,
    /// The last run that saw it, and its moment.
    pub last: Option<(RunNo, Timestamp)>,
    /// How many files were its leaf so far.
    pub leaves: usize,
    /// Whether its chain is complete.
    pub status: String,
    /// Bytes of the virtual disk.
    pub virtual_size: Option<ByteLen>,
    /// Bytes of its files.
    pub file_size: Option<ByteLen>,
    /// Bytes by which its leaf can grow.
    pub room: Option<ByteLen>,
    /// Growth of its files together.
    pub growth: Growth,
    /// When its leaf holds every block.
    pub virtual_size_reached: Outlook,
    /// When the volume of its leaf is full.
    pub volume_full: Outlook,
    /// What a merge in place takes; `None` for a disk of one file.
    pub merge: Option<MergeView>,
    /// Bytes of its files over time.
    pub points: Vec<Point>,
}

/// What merging everything into the base takes.
#[derive(Clone, Debug)]
pub struct MergeView {
    /// The volume of the base.
    pub volume: Option<String>,
    /// Bytes that are free there.
    pub free: Option<ByteLen>,
    /// Bytes by which the base grows at most.
    pub growth_bytes: Option<ByteLen>,
    /// How fast that grows.
    pub growth: Growth,
    /// The last day on which there is room for it.
    pub last_day: Outlook,
}

/// A machine.
#[derive(Clone, Debug)]
pub struct MachineView {
    /// The computer.
    pub host: Option<String>,
    /// Its id, or the path of its configuration.
    pub key: String,
    /// Its name.
    pub name: Option<String>,
    /// Its disks, by their numbers.
    pub disks: Vec<DiskNo>,
    /// Bytes of their files.
    pub file_size: ByteLen,
    /// Growth of these.
    pub growth: Growth,
    /// Bytes over time.
    pub points: Vec<Point>,
}

/// A differencing disk: what was written since a checkpoint.
#[derive(Clone, Debug)]
pub struct CheckpointView {
    /// The computer.
    pub host: Option<String>,
    /// The file.
    pub path: PathText,
    /// Names of the checkpoints that keep the file below it: those since which it is written.
    pub since: Vec<String>,
    /// Name of the machine.
    pub machine: Option<String>,
    /// The moment of the first run that saw it.
    pub first: Option<Timestamp>,
    /// Bytes of the file.
    pub file_size: Option<ByteLen>,
    /// Its growth.
    pub growth: Growth,
    /// Bytes over time.
    pub points: Vec<Point>,
}

impl DiskView {
    /// Days until the first of its ends.
    pub fn soonest(&self) -> Option<u64> {
        let merge = self.merge.as_ref().and_then(|merge| merge.last_day.days());
        // A fixed disk holds every block from the first day on, and that is no end.
        let reached = Some(self.virtual_size_reached).filter(|outlook| *outlook != Outlook::Reached);
        [merge, self.volume_full.days(), reached.and_then(|outlook| outlook.days())].into_iter().flatten().min()
    }
}

impl Overview {
    /// That of a timeline.
    pub fn of(timeline: &Timeline, selection: &Selection) -> Self {
        let mut overview = Self { runs: timeline.runs.clone(), ..Self::default() };
        for (name, host) in &timeline.hosts {
            let view = HostView { timeline, name, host, selection };
            view.add_to(&mut overview);
        }
        overview.changes = changes(timeline, selection);
        let late = |days: Option<u64>| (days.is_none(), days);
        overview.volumes.sort_by_key(|volume| (late(volume.full.days()), volume.host.clone(), volume.name.clone()));
        overview.disks.sort_by_key(|disk| {
            (late(disk.soonest()), std::cmp::Reverse(disk.file_size), disk.host.clone(), disk.files.clone())
        });
        let speed = |growth: &Growth| std::cmp::Reverse(growth.judged().map(|slope| slope.median));
        overview.machines.sort_by_key(|machine| (speed(&machine.growth), machine.host.clone(), machine.key.clone()));
        overview.checkpoints.sort_by_key(|file| (speed(&file.growth), file.host.clone(), file.path.clone()));
        overview
    }

    /// Days until the first end of anything that is shown.
    pub fn soonest(&self) -> Option<u64> {
        let volumes = self.volumes.iter().filter_map(|volume| volume.full.days());
        volumes.chain(self.disks.iter().filter_map(DiskView::soonest)).min()
    }

    /// The gravest change that is shown.
    pub fn gravest(&self) -> Option<Weight> {
        self.changes.iter().map(|change| change.kind.weight()).max()
    }
}

fn changes(timeline: &Timeline, selection: &Selection) -> Vec<Change> {
    let is_last = |change: &Change| {
        let last = timeline.hosts.get(&change.host).and_then(|host| host.last);
        last.is_some_and(|(run, _)| run == change.run)
    };
    let chosen = timeline.changes.iter().filter(|change| {
        let disk = selection.disk.as_ref();
        let machine = selection.machine.as_ref();
        (selection.all_changes || is_last(change))
            && disk.is_none_or(|text| holds(&change.path.text, text))
            && machine.is_none_or(|text| change.machine.as_ref().is_some_and(|name| holds(name, text)))
    });
    let mut chosen: Vec<Change> = chosen.cloned().collect();
    chosen.sort_by(|a, b| (b.run, b.kind.weight(), &a.kind, &a.path).cmp(&(a.run, a.kind.weight(), &b.kind, &b.path)));
    chosen
}

fn holds(text: &str, part: &str) -> bool {
    text.to_lowercase().contains(&part.to_lowercase())
}

/// One computer's part.
struct HostView<'a> {
    timeline: &'a Timeline,
    name: &'a Option<String>,
    host: &'a HostTimeline,
    selection: &'a Selection,
}

impl HostView<'_> {
    fn add_to(&self, overview: &mut Overview) {
        let Some((_, until)) = self.host.last else { return };
        let everything = self.selection.disk.is_none() && self.selection.machine.is_none();
        if everything {
            overview.volumes.extend(self.host.volumes.all.iter().map(|(name, track)| self.volume(name, track, until)));
        }
        let disks = self.host.disks.iter().filter(|(_, disk)| disk.alive && self.takes_disk(disk));
        overview.disks.extend(disks.map(|(number, disk)| self.disk(number, disk, until)));
        if self.selection.disk.is_none() {
            overview.machines.extend(self.machines(until));
        }
        let files = self.host.files.iter().filter(|(_, file)| file.alive && is_differencing(file));
        let alive = || self.host.disks.iter().filter(|(_, disk)| disk.alive);
        let disk_of: BTreeMap<TrackNo, &DiskTrack> =
            alive().flat_map(|(_, disk)| disk.chain.iter().map(move |track| (*track, disk))).collect();
        overview.checkpoints.extend(files.filter_map(|(number, file)| {
            let disk = disk_of.get(&number);
            let chosen = match disk {
                Some(disk) => self.takes_disk(disk),
                None => everything,
            };
            let parent = file.parent.map(|parent| self.host.checkpoints_of(parent).to_vec());
            chosen.then(|| CheckpointView {
                host: self.name.clone(),
                path: file.record.path.clone(),
                since: parent.unwrap_or_default(),
                machine: disk.and_then(|disk| self.machine(disk)).map(|(name, _)| name),
                first: self.moment(file.first),
                file_size: file.record.size,
                growth: Growth::of(&file.size, until),
                points: file.size.window(until),
            })
        }));
    }

    fn takes_disk(&self, disk: &DiskTrack) -> bool {
        let files = || disk.chain.iter().filter_map(|track| self.host.files.get(*track));
        let by_disk = self.selection.disk.as_ref().is_none_or(|text| {
            files().any(|file| {
                let id = file.record.disk.as_ref().and_then(DiskRecord::family);
                holds(&file.record.path.text, text) || id.is_some_and(|id| Uuid::try_parse(text) == Ok(id))
            })
        });
        let by_machine = self.selection.machine.as_ref().is_none_or(|text| {
            let key = disk.slot.as_ref().map(|(key, _)| key);
            key.is_some_and(|key| self.takes_machine(key, text))
        });
        by_disk && by_machine
    }

    fn takes_machine(&self, key: &str, text: &str) -> bool {
        let name = self.host.machines.all.get(key).and_then(|machine| machine.name.as_ref());
        key.eq_ignore_ascii_case(text) || name.is_some_and(|name| holds(name, text))
    }

    fn volume(&self, name: &str, track: &VolumeTrack, until: Timestamp) -> VolumeView {
        let growth = Growth::of(&track.used, until);
        VolumeView {
            host: self.name.clone(),
            name: name.to_owned(),
            total: track.record.total,
            free: track.record.free,
            growth,
            full: Outlook::new(Some(track.record.free), growth.judged(), until),
            points: track.used.window(until),
        }
    }

    fn disk(&self, number: DiskNo, disk: &DiskTrack, until: Timestamp) -> DiskView {
        let files: Vec<&FileTrack> = disk.chain.iter().filter_map(|track| self.host.files.get(*track)).collect();
        let leaf = files.first().and_then(|file| file.record.disk.as_ref());
        let room = leaf.and_then(DiskRecord::room);
        let growth = Growth::of(&disk.size, until);
        let volume_of = |file: Option<&&FileTrack>| {
            let file = file?;
            self.host.volumes.of_device(file.record.volume.as_deref()?, file.last)
        };
        let full = |volume: &VolumeTrack| {
            Outlook::new(Some(volume.record.free), Growth::of(&volume.used, until).judged(), until)
        };
        DiskView {
            host: self.name.clone(),
            number,
            files: files.iter().map(|file| file.record.path.clone()).collect(),
            virtual_disk_id: leaf.and_then(DiskRecord::family),
            machine: self.machine(disk),
            first: self.moment(disk.first).map(|at| (disk.first, at)),
            last: self.moment(disk.last).map(|at| (disk.last, at)),
            leaves: disk.leaves.len(),
            status: disk.status.clone(),
            virtual_size: leaf.and_then(|leaf| leaf.virtual_size),
            file_size: disk.file_size(&self.host.files),
            room,
            growth,
            virtual_size_reached: Outlook::new(room, growth.judged(), until),
            volume_full: volume_of(files.first()).map_or(Outlook::Unknown, full),
            merge: (files.len() > 1).then(|| merge(disk, volume_of(files.last()), until)),
            points: disk.size.window(until),
        }
    }

    fn machines(&self, until: Timestamp) -> Vec<MachineView> {
        let chosen = self.host.machines.all.iter().filter(|(key, machine)| {
            machine.alive && self.selection.machine.as_ref().is_none_or(|text| self.takes_machine(key, text))
        });
        let view = chosen.map(|(key, machine)| MachineView {
            host: self.name.clone(),
            key: key.clone(),
            name: machine.name.clone(),
            disks: machine.disks.iter().copied().collect(),
            file_size: machine.file_size,
            growth: Growth::of(&machine.size, until),
            points: machine.size.window(until),
        });
        view.collect()
    }

    /// The name of the machine that uses a disk, with controller and place.
    fn machine(&self, disk: &DiskTrack) -> Option<(String, String)> {
        let (key, place) = disk.slot.as_ref()?;
        let name = self.host.machines.all.get(key).and_then(|machine| machine.name.clone());
        Some((name.unwrap_or_else(|| key.clone()), place.clone()))
    }

    fn moment(&self, run: RunNo) -> Option<Timestamp> {
        self.timeline.runs.iter().find(|summary| summary.number == run).map(|summary| summary.head.as_of)
    }
}

fn is_differencing(file: &FileTrack) -> bool {
    file.record.disk.as_ref().is_some_and(DiskRecord::is_differencing)
}

fn merge(disk: &DiskTrack, volume: Option<&VolumeTrack>, until: Timestamp) -> MergeView {
    let growth = Growth::of(&disk.need, until);
    let free = volume.map(|volume| volume.record.free);
    let headroom = match (free, disk.merge_growth) {
        (Some(free), Some(need)) => Some(free.saturating_sub(need)),
        _ => None,
    };
    let used = volume.and_then(|volume| Growth::of(&volume.used, until).judged());
    MergeView {
        volume: volume.map(|volume| volume.record.key()),
        free,
        growth_bytes: disk.merge_growth,
        growth,
        last_day: Outlook::new(headroom, sum(used, growth.judged()), until),
    }
}
