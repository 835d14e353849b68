//! Machines and volumes over time.

use std::collections::{BTreeMap, BTreeSet};

use super::disks::{DiskNo, Disks};
use super::files::{Files, TrackNo};
use super::path_text::PathText;
use super::record::{RunNo, RunRecord, VolumeRecord};
use super::scope::Scope;
use super::slope::Series;
use crate::units::ByteLen;

/// A machine over time.
#[derive(Clone, Debug)]
pub struct MachineTrack {
    /// The last run that saw it.
    pub last: RunNo,
    /// How folders were walked in that run.
    pub walk: String,
    /// Its name.
    pub name: Option<String>,
    /// Where its configuration lies.
    pub config_path: PathText,
    /// The disks that it uses.
    pub disks: BTreeSet<DiskNo>,
    /// Bytes of all files of these.
    pub file_size: ByteLen,
    /// The same over time.
    pub size: Series,
    /// Whether its configuration is still there, as far as was looked.
    pub alive: bool,
}

/// The machines of one computer by their keys.
#[derive(Clone, Debug, Default)]
pub struct MachineTracks {
    /// The machines.
    pub all: BTreeMap<String, MachineTrack>,
}

/// What is to be told of machines: the keys of those that are new, and of those that are gone.
#[derive(Clone, Debug, Default)]
pub struct MachineEvents {
    /// New ones.
    pub began: Vec<String>,
    /// Those that are gone.
    pub ended: Vec<String>,
}

impl MachineTracks {
    /// Joins a run. `seen` are its disks, with which of them are not to be compared with before.
    pub fn join(
        &mut self,
        number: RunNo,
        run: &RunRecord,
        before: &[Scope],
        seen: &BTreeMap<DiskNo, bool>,
        disks: &Disks,
        files: &Files,
    ) -> MachineEvents {
        let mut events = MachineEvents::default();
        let scope = Scope::of(run);
        for machine in run.machines.iter().filter(|machine| machine.is_machine()) {
            let key = machine.key();
            let own = |disk: &&DiskNo| {
                disks.get(**disk).and_then(|disk| disk.slot.as_ref()).is_some_and(|(owner, _)| *owner == key)
            };
            let own: BTreeSet<DiskNo> = seen.keys().filter(own).copied().collect();
            let known_place = before.iter().any(|before| before.looked_at(&machine.config_path, &run.head.walk));
            if known_place && !self.all.get(&key).is_some_and(|known| known.alive) {
                events.began.push(key.clone());
            }
            let track = self.all.entry(key).or_insert_with(|| MachineTrack {
                last: number,
                walk: String::new(),
                name: None,
                config_path: PathText::default(),
                disks: own.clone(),
                file_size: ByteLen::ZERO,
                size: Series::default(),
                alive: true,
            });
            // A machine that is read twice in one run is counted once.
            if track.last == number && !track.size.points().is_empty() {
                continue;
            }
            if track.disks != own || own.iter().any(|disk| seen.get(disk).copied().unwrap_or(true)) {
                track.size.interrupt();
            }
            track.last = number;
            scope.walk().clone_into(&mut track.walk);
            track.name.clone_from(&machine.name);
            track.config_path.clone_from(&machine.config_path);
            track.alive = true;
            // A base that two of its disks share is counted once.
            let tracks: BTreeSet<TrackNo> =
                own.iter().filter_map(|disk| disks.get(*disk)).flat_map(|disk| disk.chain.iter().copied()).collect();
            let sizes = tracks.iter().filter_map(|track| files.get(*track)?.record.size);
            track.file_size = sizes.fold(ByteLen::ZERO, ByteLen::saturating_add);
            track.disks = own;
            track.size.push(run.head.as_of, track.file_size.0);
        }
        for (key, track) in &mut self.all {
            if track.alive && track.last != number && scope.looked_at(&track.config_path, &track.walk) {
                track.alive = false;
                events.ended.push(key.clone());
            }
        }
        events
    }
}

/// A volume over time.
#[derive(Clone, Debug)]
pub struct VolumeTrack {
    /// The last run that saw it.
    pub last: RunNo,
    /// What that run knew of it.
    pub record: VolumeRecord,
    /// Bytes in use.
    pub used: Series,
}

/// The volumes of one computer, by where they are mounted, for numbers of devices change when it starts anew.
#[derive(Clone, Debug, Default)]
pub struct VolumeTracks {
    /// The volumes.
    pub all: BTreeMap<String, VolumeTrack>,
}

impl VolumeTracks {
    /// Joins a run.
    pub fn join(&mut self, number: RunNo, run: &RunRecord) {
        for volume in &run.volumes {
            let track = self.all.entry(volume.key()).or_insert_with(|| VolumeTrack {
                last: number,
                record: volume.clone(),
                used: Series::default(),
            });
            track.last = number;
            track.record = volume.clone();
            track.used.push(run.head.as_of, volume.total.0.saturating_sub(volume.free.0));
        }
    }

    /// The volume that has a device's number in the last run that saw it.
    pub fn of_device(&self, id: &str, run: RunNo) -> Option<&VolumeTrack> {
        self.all.values().find(|track| track.last == run && track.record.id == id)
    }
}

impl VolumeRecord {
    /// What the volume is known by from run to run.
    pub fn key(&self) -> String {
        self.mount_path.as_ref().map_or_else(|| self.id.clone(), |path| path.text.clone())
    }
}
