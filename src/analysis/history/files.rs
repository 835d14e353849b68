//! Files over time: each goes on as one track through renames and moves, until it is gone.

use std::collections::{BTreeMap, BTreeSet};

use uuid::Uuid;

use super::change::ChangeKind;
use super::fate::{Fate, Signs, fate};
use super::matching;
use super::path_text::PathText;
use super::record::{DiskRecord, FileRecord, RunNo, RunRecord};
use super::scope::Scope;
use super::slope::Series;

/// The number of a file's track.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TrackNo(pub usize);

/// A disk file over time.
#[derive(Clone, Debug)]
pub struct FileTrack {
    /// The first run that saw it.
    pub first: RunNo,
    /// The last run that saw it.
    pub last: RunNo,
    /// How folders were walked in that run.
    pub walk: String,
    /// What that run knew of it.
    pub record: FileRecord,
    /// Its parent.
    pub parent: Option<TrackNo>,
    /// Whether it is still there, as far as was looked.
    pub alive: bool,
    /// Its length.
    pub size: Series,
}

/// One run's files joined to the tracks.
#[derive(Debug, Default)]
pub struct Joined {
    /// The track of each image, by its place in the list of files.
    pub track: BTreeMap<usize, TrackNo>,
    /// Tracks that ended, with what became of them; `None` where there is nothing to say but that they are gone.
    pub ended: BTreeMap<TrackNo, Option<Fate>>,
    /// For those that ended and had a parent: the nearest file below that is still there.
    pub survivor: BTreeMap<TrackNo, TrackNo>,
    /// Tracks that began.
    pub began: BTreeSet<TrackNo>,
    /// Tracks into which something was merged.
    pub received: BTreeSet<TrackNo>,
    /// What is to be told.
    pub events: Vec<Event>,
}

/// A change of a file, before it is dressed with the run.
#[derive(Clone, Debug)]
pub struct Event {
    /// What happened.
    pub kind: ChangeKind,
    /// The file.
    pub track: TrackNo,
    /// Where it was, what it went into, what it is a copy of.
    pub other: Option<PathText>,
    /// As it was.
    pub before: Option<i64>,
    /// As it is.
    pub now: Option<i64>,
}

/// All tracks of one computer's files.
#[derive(Clone, Debug, Default)]
pub struct Files {
    tracks: Vec<FileTrack>,
}

impl Files {
    /// A track.
    pub fn get(&self, track: TrackNo) -> Option<&FileTrack> {
        self.tracks.get(track.0)
    }

    /// All tracks, in the order in which they began.
    pub fn iter(&self) -> impl Iterator<Item = (TrackNo, &FileTrack)> {
        self.tracks.iter().enumerate().map(|(number, track)| (TrackNo(number), track))
    }

    /// From now on nothing is compared with what was before.
    pub fn interrupt(&mut self) {
        self.tracks.iter_mut().for_each(|track| track.size.interrupt());
    }

    /// Joins a run. `before` is what runs before it looked at.
    pub fn join(&mut self, number: RunNo, run: &RunRecord, before: &[Scope]) -> Joined {
        let scope = Scope::of(run);
        let mut joined = self.matched(run);
        let place: BTreeMap<TrackNo, usize> = joined.track.iter().map(|(place, track)| (*track, *place)).collect();
        self.find_ended(run, &scope, &place, &mut joined);
        for (track, at) in &place {
            if let (Some(old), Some(now)) = (self.tracks.get(track.0), run.files.get(*at)) {
                let settled = !joined.received.contains(track);
                compare(*track, old, now, run, settled, &mut joined.events);
            }
        }
        self.update(number, run, &scope, &mut joined);
        self.tell_new(run, before, &mut joined);
        joined
    }

    fn matched(&self, run: &RunRecord) -> Joined {
        let known: Vec<TrackNo> = self.iter().filter(|(_, track)| track.alive).map(|(number, _)| number).collect();
        let before: Vec<&FileRecord> = known.iter().filter_map(|track| Some(&self.get(*track)?.record)).collect();
        let images: Vec<(usize, &FileRecord)> =
            run.files.iter().enumerate().filter(|(_, file)| file.is_image()).collect();
        let now: Vec<&FileRecord> = images.iter().map(|(_, file)| *file).collect();
        let found = matching::matched(&before, &now);
        let pairs = images.iter().zip(found).filter_map(|((place, _), old)| Some((*place, *known.get(old?)?)));
        Joined { track: pairs.collect(), ..Joined::default() }
    }

    fn find_ended(&mut self, run: &RunRecord, scope: &Scope, place: &BTreeMap<TrackNo, usize>, joined: &mut Joined) {
        let gone: Vec<TrackNo> = self
            .iter()
            .filter(|(number, track)| {
                track.alive && !place.contains_key(number) && scope.looked_at(&track.record.path, &track.walk)
            })
            .map(|(number, _)| number)
            .collect();
        let mut standing: BTreeMap<TrackNo, Vec<usize>> = BTreeMap::new();
        for (child, at) in place.iter().filter(|_| !gone.is_empty()) {
            if let Some(parent) = self.get(*child).and_then(|child| child.parent) {
                standing.entry(parent).or_default().push(*at);
            }
        }
        for track in &gone {
            let told = self.fate_of(*track, run, place, &standing);
            if let Some((Fate::Merged | Fate::ProbablyMerged | Fate::Unproved, into)) = told {
                joined.received.insert(into);
            }
            joined.ended.insert(*track, told.map(|(fate, _)| fate));
            joined.survivor.extend(told.map(|(_, below)| (*track, below)));
            let Some(ended) = self.get(*track) else { continue };
            // What is said of the one that took its place says it all.
            let replaced = run.files.iter().any(|file| file.is_image() && file.path == ended.record.path);
            let kind = match told {
                Some((Fate::Deleted, _)) => ChangeKind::DeletedNotMerged,
                _ if replaced => ChangeKind::Replaced,
                Some((Fate::Merged | Fate::ProbablyMerged, _)) => ChangeKind::Merged,
                Some((Fate::Empty, _)) => ChangeKind::GoneEmpty,
                Some((Fate::Unproved, _)) => ChangeKind::GoneUnproved,
                None => ChangeKind::Gone,
            };
            let other = told.and_then(|(_, into)| Some(run.files.get(*place.get(&into)?)?.path.clone()));
            let before = ended.record.size.map(|size| i64::try_from(size.0).unwrap_or(i64::MAX));
            joined.events.push(Event { kind, track: *track, other, before, now: None });
        }
        for track in gone {
            if let Some(track) = self.tracks.get_mut(track.0) {
                track.alive = false;
            }
        }
        for track in &joined.received {
            if let Some(track) = self.tracks.get_mut(track.0) {
                track.size.interrupt();
            }
        }
    }

    /// What became of a differencing disk, and the nearest file below it that is still there. `standing` are the places
    /// of the files that stood on each track.
    fn fate_of(
        &self,
        gone: TrackNo,
        run: &RunRecord,
        place: &BTreeMap<TrackNo, usize>,
        standing: &BTreeMap<TrackNo, Vec<usize>>,
    ) -> Option<(Fate, TrackNo)> {
        let track = self.get(gone)?;
        let disk = track.record.disk.as_ref().filter(|disk| disk.is_differencing())?;
        let mut below = track.parent;
        let mut between = BTreeSet::from([gone]);
        while let Some(next) = below.filter(|next| !place.contains_key(next)) {
            // A ring cannot be, but for a history that somebody else wrote.
            if !between.insert(next) {
                return None;
            }
            below = self.get(next)?.parent;
        }
        let survivor = below?;
        let at = *place.get(&survivor)?;
        let stood = between.iter().filter_map(|track| standing.get(track)).flatten();
        let parent_of = |child: &usize| run.files.get(*child)?.disk.as_ref()?.parent;
        let relinked = stood.into_iter().any(|child| parent_of(child) == Some(at));
        let signs = Signs {
            gone: disk,
            before: &self.get(survivor)?.record,
            now: run.files.get(at)?,
            arrival: run.arrivals.iter().find(|arrival| arrival.path == track.record.path && arrival.into == at),
            relinked,
        };
        Some((fate(&signs), survivor))
    }

    fn update(&mut self, number: RunNo, run: &RunRecord, scope: &Scope, joined: &mut Joined) {
        for (place, file) in run.files.iter().enumerate().filter(|(_, file)| file.is_image()) {
            let track = *joined.track.entry(place).or_insert_with(|| {
                let track = TrackNo(self.tracks.len());
                self.tracks.push(FileTrack {
                    first: number,
                    last: number,
                    walk: String::new(),
                    record: FileRecord::default(),
                    parent: None,
                    alive: true,
                    size: Series::default(),
                });
                joined.began.insert(track);
                track
            });
            let Some(track) = self.tracks.get_mut(track.0) else { continue };
            track.last = number;
            scope.walk().clone_into(&mut track.walk);
            let known = std::mem::replace(&mut track.record, file.clone());
            // What could be read once is remembered while the file cannot be.
            if track.record.disk.is_none() {
                track.record.disk = known.disk;
            }
            if let Some(size) = file.size {
                track.size.push(run.head.as_of, size.0);
            }
        }
        for (place, track) in &joined.track {
            let disk = run.files.get(*place).and_then(|file| file.disk.as_ref());
            let parent = disk.map(|disk| disk.parent.and_then(|parent| joined.track.get(&parent).copied()));
            if let (Some(track), Some(parent)) = (self.tracks.get_mut(track.0), parent) {
                track.parent = parent;
            }
        }
    }

    /// Files that were not there; where the run before did not look nothing is known of that.
    fn tell_new(&self, run: &RunRecord, before: &[Scope], joined: &mut Joined) {
        let identity = |file: &FileRecord| file.disk.as_ref().and_then(DiskRecord::identity);
        let mut same: BTreeMap<Uuid, Vec<usize>> = BTreeMap::new();
        for (place, file) in run.files.iter().enumerate() {
            if let Some(identity) = identity(file) {
                same.entry(identity).or_default().push(place);
            }
        }
        let ended: BTreeSet<&PathText> =
            joined.ended.keys().filter_map(|ended| Some(&self.get(*ended)?.record.path)).collect();
        for (place, number) in &joined.track {
            let (Some(track), true) = (self.get(*number), joined.began.contains(number)) else { continue };
            let path = &track.record.path;
            if !before.iter().any(|before| before.looked_at(path, &run.head.walk)) {
                continue;
            }
            if ended.contains(path) {
                continue;
            }
            let copies = identity(&track.record).and_then(|identity| same.get(&identity));
            let original = copies.into_iter().flatten().find(|other| *other != place);
            let original = original.and_then(|original| run.files.get(*original));
            let over = track.parent.filter(|parent| !joined.began.contains(parent));
            let (kind, other) = match (original, over.and_then(|parent| self.get(parent))) {
                (Some(original), _) => (ChangeKind::Copied, Some(original.path.clone())),
                (None, Some(parent)) => (ChangeKind::NewCheckpoint, Some(parent.record.path.clone())),
                (None, None) => (ChangeKind::New, None),
            };
            let now = track.record.size.map(|size| i64::try_from(size.0).unwrap_or(i64::MAX));
            joined.events.push(Event { kind, track: *number, other, before: None, now });
        }
    }
}

/// What is different about a file that is still there.
fn compare(track: TrackNo, old: &FileTrack, now: &FileRecord, run: &RunRecord, settled: bool, events: &mut Vec<Event>) {
    let mut tell = |kind, other, before: Option<i64>, now: Option<i64>| {
        events.push(Event { kind, track, other, before, now });
    };
    let known = &old.record;
    if known.path != now.path {
        tell(ChangeKind::Renamed, Some(known.path.clone()), None, None);
    }
    match (known.readable, now.readable) {
        (true, false) => tell(ChangeKind::Unreadable, None, None, None),
        (false, true) => tell(ChangeKind::ReadableAgain, None, None, None),
        _ => {}
    }
    if settled && let Some((before, size)) = jump(old, now, run) {
        tell(ChangeKind::SizeJumped, None, Some(before), Some(size));
    }
    let (Some(known), Some(now)) = (&known.disk, &now.disk) else { return };
    if let (Some(before), Some(size)) = (known.virtual_size, now.virtual_size)
        && before != size
    {
        let signed = |size: u64| i64::try_from(size).ok();
        tell(ChangeKind::VirtualSizeChanged, None, signed(before.0), signed(size.0));
    }
    let linked = |disk: &DiskRecord| disk.parent_status.as_deref().is_some_and(|status| status.starts_with("linked"));
    if linked(known) && now.parent_status.is_some() && !linked(now) {
        tell(ChangeKind::ParentLost, None, None, None);
    }
}

/// The length before and now, where it grew or shrank by more than it ever did, and by more than the range of what it
/// did and a block besides. That it no longer grows is no jump.
fn jump(old: &FileTrack, now: &FileRecord, run: &RunRecord) -> Option<(i64, i64)> {
    const LEAST: i64 = 4 << 20;
    let usual = old.size.usual()?;
    let last = old.size.last()?;
    let size = i64::try_from(now.size?.0).ok()?;
    let time = run.head.as_of.as_millisecond().saturating_sub(last.at.as_millisecond());
    let (least, most) = usual.over(time.max(0));
    let block = now.disk.as_ref().and_then(|disk| i64::try_from(disk.block_size?.0).ok()).unwrap_or(0);
    let room = most.saturating_sub(least).max(block).max(LEAST);
    let growth = size.saturating_sub(last.value);
    let beyond = growth > most.saturating_add(room) || growth < least.min(0).saturating_sub(room);
    beyond.then_some((last.value, size))
}
