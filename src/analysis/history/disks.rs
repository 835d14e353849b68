//! Virtual disks over time: what a guest has as one disk goes on in another file after a checkpoint or a merge.
//!
//! A disk is followed by its leaf. It goes on in the chain that stands on its leaf, or, when the leaf is gone, in the
//! chain that holds what was nearest below it. Disks that share a base are told apart by what lies above it; disks with
//! the same identity, by their files.

use std::collections::{BTreeMap, BTreeSet};

use super::fate::Fate;
use super::files::{Files, Joined, TrackNo};
use super::record::{ChainRecord, RunNo, RunRecord};
use super::slope::Series;
use crate::units::ByteLen;

/// The number of a disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DiskNo(pub usize);

/// A place on a machine: the machine's key, and the controller and place on it.
pub type Slot = (String, String);

/// A virtual disk over time.
#[derive(Clone, Debug)]
pub struct DiskTrack {
    /// The first run that saw it.
    pub first: RunNo,
    /// The last run that saw it.
    pub last: RunNo,
    /// Its files in that run, leaf first.
    pub chain: Vec<TrackNo>,
    /// The files that were its leaf, with the run in which each became it.
    pub leaves: Vec<(RunNo, TrackNo)>,
    /// The machine that uses it.
    pub slot: Option<Slot>,
    /// Whether its chain was complete.
    pub status: String,
    /// Whether it is still there, as far as was looked.
    pub alive: bool,
    /// Bytes of its files.
    pub size: Series,
    /// Bytes by which its base grows when all is merged into it.
    pub need: Series,
    /// The last of them, where it is known.
    pub merge_growth: Option<ByteLen>,
}

/// All disks of one computer.
#[derive(Clone, Debug, Default)]
pub struct Disks {
    disks: Vec<DiskTrack>,
}

impl Disks {
    /// A disk.
    pub fn get(&self, disk: DiskNo) -> Option<&DiskTrack> {
        self.disks.get(disk.0)
    }

    /// All disks, in the order in which they began.
    pub fn iter(&self) -> impl Iterator<Item = (DiskNo, &DiskTrack)> {
        self.disks.iter().enumerate().map(|(number, disk)| (DiskNo(number), disk))
    }

    /// From now on nothing is compared with what was before.
    pub fn interrupt(&mut self) {
        for disk in &mut self.disks {
            disk.size.interrupt();
            disk.need.interrupt();
        }
    }

    /// Joins the chains of a run. Returns the disks that it saw, and which of them are not to be compared with before.
    pub fn join(&mut self, number: RunNo, run: &RunRecord, files: &Files, joined: &Joined) -> BTreeMap<DiskNo, bool> {
        let chains: Vec<Found<'_>> = run.chains.iter().filter_map(|chain| Found::new(chain, run, joined)).collect();
        let of_chain = self.assign(&chains, joined);
        let mut seen = BTreeMap::new();
        for (place, found) in chains.iter().enumerate() {
            let disk = match of_chain.get(&place) {
                Some(disk) => *disk,
                None => self.begin(number),
            };
            let Some(track) = self.disks.get_mut(disk.0) else { continue };
            seen.insert(disk, track.go_on(number, run, found, files, joined));
        }
        let there: BTreeSet<TrackNo> = joined.track.values().copied().collect();
        for (disk, track) in self.disks.iter_mut().enumerate().filter(|(_, track)| track.alive) {
            // Its leaf is gone, or is below another disk's leaf now.
            let leaf = track.chain.first();
            let ended = leaf.is_some_and(|leaf| joined.ended.contains_key(leaf) || there.contains(leaf));
            track.alive = seen.contains_key(&DiskNo(disk)) || !ended;
        }
        seen
    }

    fn begin(&mut self, number: RunNo) -> DiskNo {
        let disk = DiskNo(self.disks.len());
        self.disks.push(DiskTrack {
            first: number,
            last: number,
            chain: Vec::new(),
            leaves: Vec::new(),
            slot: None,
            status: String::new(),
            alive: true,
            size: Series::default(),
            need: Series::default(),
            merge_growth: None,
        });
        disk
    }

    /// The disk that goes on in each chain, by the chain's place; the best matches first, each disk and chain once.
    fn assign(&self, chains: &[Found<'_>], joined: &Joined) -> BTreeMap<usize, DiskNo> {
        let mut holders: BTreeMap<TrackNo, Vec<(usize, DiskNo)>> = BTreeMap::new();
        for (number, disk) in self.iter().filter(|(_, disk)| disk.alive) {
            for (place, track) in disk.chain.iter().enumerate() {
                holders.entry(*track).or_default().push((place, number));
                // What is still there is the nearest; what lies below it is shared with others.
                if !joined.ended.contains_key(track) {
                    break;
                }
            }
        }
        let mut matches = Vec::new();
        for (place, found) in chains.iter().enumerate() {
            for (above, track) in found.tracks.iter().enumerate() {
                for (below, disk) in holders.get(track).map(Vec::as_slice).unwrap_or_default() {
                    let Some(known) = self.get(*disk) else { continue };
                    let same_slot = found.slot.is_some() && found.slot == known.slot;
                    let lost = known
                        .chain
                        .iter()
                        .take(*below)
                        .any(|gone| matches!(joined.ended.get(gone), Some(Some(Fate::Deleted) | None)));
                    // A new leaf over what a deleted disk shared with others is a new disk, unless its machine says
                    // otherwise.
                    if *below > 0 && above > 0 && lost && !same_slot {
                        continue;
                    }
                    matches.push((*below, !same_slot, above, place, *disk));
                }
            }
        }
        matches.sort_unstable();
        let (mut of_chain, mut taken) = (BTreeMap::new(), BTreeSet::new());
        for (_, _, _, place, disk) in matches {
            if !of_chain.contains_key(&place) && taken.insert(disk) {
                of_chain.insert(place, disk);
            }
        }
        of_chain
    }
}

/// A chain of a run, its files as tracks.
struct Found<'a> {
    chain: &'a ChainRecord,
    tracks: Vec<TrackNo>,
    slot: Option<Slot>,
}

impl<'a> Found<'a> {
    fn new(chain: &'a ChainRecord, run: &RunRecord, joined: &Joined) -> Option<Self> {
        let tracks: Option<Vec<TrackNo>> = chain.files.iter().map(|file| joined.track.get(file).copied()).collect();
        let leaf = *chain.files.first()?;
        let machine = chain.owner.and_then(|owner| run.machines.get(owner));
        let slot = machine.and_then(|machine| {
            let disk = machine.disks.iter().find(|disk| disk.file == Some(leaf))?;
            Some((machine.key(), disk.slot.clone()))
        });
        Some(Self { chain, tracks: tracks?, slot })
    }
}

impl DiskTrack {
    /// Takes up what a run says of it. Returns whether it is the first time, or more than growth happened since.
    fn go_on(&mut self, number: RunNo, run: &RunRecord, found: &Found<'_>, files: &Files, joined: &Joined) -> bool {
        let grown = |track: &TrackNo| self.chain.contains(track) || joined.began.contains(track);
        let is_interrupted = !self.chain.iter().all(|track| found.tracks.contains(track))
            || !found.tracks.iter().all(grown)
            || found.tracks.iter().any(|track| joined.received.contains(track));
        if is_interrupted {
            self.size.interrupt();
            self.need.interrupt();
        }
        self.last = number;
        found.tracks.clone_into(&mut self.chain);
        if let Some(leaf) = found.tracks.first()
            && self.leaves.last().is_none_or(|(_, last)| last != leaf)
        {
            self.leaves.push((number, *leaf));
        }
        if found.slot.is_some() {
            self.slot.clone_from(&found.slot);
        }
        found.chain.status.clone_into(&mut self.status);
        if let Some(size) = self.file_size(files) {
            self.size.push(run.head.as_of, size.0);
        }
        self.merge_growth = found.chain.merge_growth;
        if let Some(growth) = self.merge_growth {
            self.need.push(run.head.as_of, growth.0);
        }
        is_interrupted
    }

    /// Bytes of its files.
    pub fn file_size(&self, files: &Files) -> Option<ByteLen> {
        let sizes = self.chain.iter().map(|track| files.get(*track)?.record.size);
        sizes.into_iter().try_fold(ByteLen::ZERO, |sum, size| Some(sum.saturating_add(size?)))
    }
}
