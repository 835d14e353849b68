//! All runs, one after the other: what goes on as what, and what became different.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::change::{Change, ChangeKind};
use super::disks::Disks;
use super::files::{Event, Files};
use super::machines::{MachineTracks, VolumeTracks};
use super::path_text::PathText;
use super::record::{RunHead, RunNo, RunRecord};
use super::scope::Scope;

/// Everything that the runs tell, computer by computer.
#[derive(Clone, Debug, Default)]
pub struct Timeline {
    /// The computers by their names.
    pub hosts: BTreeMap<Option<String>, HostTimeline>,
    /// The runs in the order in which they were recorded.
    pub runs: Vec<RunSummary>,
    /// What became different, in the order of the runs.
    pub changes: Vec<Change>,
}

/// A run, without its files.
#[derive(Clone, Debug)]
pub struct RunSummary {
    /// Its number.
    pub number: RunNo,
    /// What is known of it.
    pub head: RunHead,
    /// Number of disk files that it found.
    pub disk_files: usize,
    /// Number of files and folders that could not be read.
    pub unreadable: usize,
    /// Whether its moment lies before that of the run before it on the same computer.
    pub is_clock_step: bool,
}

/// What the runs of one computer tell.
#[derive(Clone, Debug, Default)]
pub struct HostTimeline {
    /// Disk files.
    pub files: Files,
    /// Virtual disks.
    pub disks: Disks,
    /// Machines.
    pub machines: MachineTracks,
    /// Volumes.
    pub volumes: VolumeTracks,
    /// The last run.
    pub last: Option<(RunNo, Timestamp)>,
    head: Option<RunHead>,
    /// What was looked at, the latest of those runs that looked at the same.
    scopes: Vec<Scope>,
    checkpoints: BTreeMap<super::files::TrackNo, Vec<String>>,
}

impl HostTimeline {
    /// Names of the checkpoints that keep a file, as of the last run.
    pub fn checkpoints_of(&self, track: super::files::TrackNo) -> &[String] {
        self.checkpoints.get(&track).map(Vec::as_slice).unwrap_or_default()
    }
}

impl Timeline {
    /// Adds a run; runs are added in the order in which they were recorded.
    pub fn add(&mut self, number: RunNo, run: &RunRecord) {
        let host = self.hosts.entry(run.head.host.clone()).or_default();
        let (as_of, name) = (run.head.as_of, &run.head.host);
        let before = host.last.map(|(_, before)| before);
        let is_clock_step = host.head.as_ref().is_some_and(|before| run.head.steps_back(before));
        let change = |kind| Change {
            run: number,
            as_of,
            host: name.clone(),
            kind,
            path: PathText::default(),
            machine: None,
            other: None,
            before: None,
            now: None,
        };
        if is_clock_step {
            let seconds = |time: Timestamp| Some(time.as_second());
            let step = change(ChangeKind::ClockStep);
            self.changes.push(Change { before: before.and_then(seconds), now: seconds(as_of), ..step });
            host.interrupt();
        }
        let joined = host.files.join(number, run, &host.scopes);
        let seen = host.disks.join(number, run, &host.files, &joined);
        let machines = host.machines.join(number, run, &host.scopes, &seen, &host.disks, &host.files);
        host.volumes.join(number, run);
        for Event { kind, track, other, before, now } in joined.events {
            let Some(file) = host.files.get(track) else { continue };
            let machine = host.machine_of(track);
            self.changes.push(Change { path: file.record.path.clone(), machine, other, before, now, ..change(kind) });
        }
        for (kind, keys) in [(ChangeKind::MachineNew, machines.began), (ChangeKind::MachineGone, machines.ended)] {
            for machine in keys.iter().filter_map(|key| host.machines.all.get(key)) {
                let path = machine.config_path.clone();
                self.changes.push(Change { path, machine: machine.name.clone(), ..change(kind) });
            }
        }
        host.checkpoints.clear();
        for checkpoint in run.machines.iter().filter(|machine| machine.kind == "checkpoint") {
            for file in checkpoint.disks.iter().filter_map(|disk| disk.file) {
                if let (Some(track), Some(name)) = (joined.track.get(&file), &checkpoint.name) {
                    host.checkpoints.entry(*track).or_default().push(name.clone());
                }
            }
        }
        host.last = Some((number, as_of));
        host.head = Some(run.head.clone());
        let scope = Scope::of(run);
        host.scopes.retain(|known| !known.is_of(&scope));
        host.scopes.push(scope);
        self.runs.push(RunSummary {
            number,
            head: run.head.clone(),
            disk_files: run.files.iter().filter(|file| file.is_image()).count(),
            unreadable: run.unreadable.len(),
            is_clock_step,
        });
    }
}

impl HostTimeline {
    fn interrupt(&mut self) {
        self.files.interrupt();
        self.disks.interrupt();
        self.machines.all.values_mut().for_each(|machine| machine.size.interrupt());
        self.volumes.all.values_mut().for_each(|volume| volume.used.interrupt());
    }

    /// The name of the machine that uses, or used, a file.
    fn machine_of(&self, track: super::files::TrackNo) -> Option<String> {
        let holds = |disk: &&super::disks::DiskTrack| {
            disk.chain.contains(&track) || disk.leaves.iter().any(|(_, leaf)| *leaf == track)
        };
        let (key, _) = self.disks.iter().map(|(_, disk)| disk).filter(holds).find_map(|disk| disk.slot.as_ref())?;
        self.machines.all.get(key)?.name.clone()
    }
}
