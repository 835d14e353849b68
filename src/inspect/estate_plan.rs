//! All merges of an estate, in the order in which space is won soonest and never runs out.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use crate::analysis::merge::order::{Aim, Candidate, Left, Schedule, Why, order};
use crate::analysis::merge::{Balance, BytesPerSecond, PerBlock, Speeds};
use crate::analysis::plan::{Alternative, Course, Method, Plan, Precondition, State};
use crate::chain::{FileNo, LinkStatus};
use crate::error::Result;
use crate::units::ByteLen;

use super::plan::PlanOptions;
use super::{Inspection, Request};

/// What an estate is planned with.
#[derive(Clone, Debug, Default)]
pub struct EstateOptions {
    /// What is free on volumes, by their names.
    pub disk_free: Vec<(String, ByteLen)>,
    /// How fast the storage is; orders are made with a guess where nobody says.
    pub speeds: Option<Speeds>,
    /// Bytes that are to be won: then no more is merged than that takes.
    pub win: Option<ByteLen>,
}

/// All merges of an estate.
#[derive(Debug)]
pub struct EstatePlan {
    /// The merges, sorted by the path of the topmost file.
    pub merges: Vec<EstateMerge>,
    /// Their order: a candidate is a merge by its number in [`candidates`](Self::candidates).
    pub schedule: Schedule<String>,
    /// The merges that are possible, by their places in [`merges`](Self::merges).
    pub candidates: Vec<usize>,
    /// What is free on each volume before the first merge, where that is known.
    pub free: BTreeMap<String, FreeSpace>,
    /// Files for which no plan could be made, with the reason.
    pub unplanned: Vec<(FileNo, crate::Error)>,
}

/// One merge of an estate: everything that goes into one file without harm to another.
#[derive(Debug)]
pub struct EstateMerge {
    /// The plan.
    pub plan: Plan,
    /// The way that is taken; `None` where none is open that merges anything.
    pub method: Option<Method>,
    /// Numbers of conditions that are not known and that nobody should pass over for a whole estate.
    pub doubtful: Vec<u8>,
    /// The topmost file of another merge that deletes a checkpoint which keeps files of both, so that this one is to be
    /// planned again after it.
    pub after: Option<FileNo>,
}

impl EstateMerge {
    fn new(plan: Plan) -> Self {
        // Nothing is asked for of which nobody knows what it takes.
        let open = |method: &Method| {
            plan.alternative(*method).is_some_and(|way| {
                way.is_open() && (way.bill.is_some() || *method != Method::Native || plan.course.also.is_empty())
            })
        };
        // Whether others are made from an image is for somebody to say who knows.
        let doubtful: Vec<u8> = plan.preconditions.iter().filter(|it| it.is_doubt()).map(|it| it.number).collect();
        // A disk that would be lost, or that nobody knows of, is for somebody to look at first.
        let dependent = plan.preconditions.iter().any(Precondition::loses_a_disk);
        let method = ways(&plan).iter().copied().find(open);
        let method = method.filter(|_| doubtful.is_empty() && !dependent);
        Self { plan, method, doubtful, after: None }
    }

    /// The merges of other disks that go with it.
    pub fn also(&self) -> &[Course] {
        if self.method == Some(Method::Native) { &self.plan.course.also } else { &[] }
    }

    /// Files that must be gone before the room that they take is counted on: `Merge-VHD` may leave them.
    pub fn must_be_gone(&self) -> &[FileNo] {
        if self.method == Some(Method::Native) { &[] } else { &self.plan.course.merged }
    }

    /// The files that it changes.
    fn changed(&self) -> BTreeSet<FileNo> {
        let also = self.also().iter().flat_map(Course::changed);
        self.plan.course.changed().into_iter().chain(also).collect()
    }

    /// The conditions that are in the way, by number.
    pub fn obstacles(&self) -> Vec<&Precondition> {
        let all = self.plan.preconditions.iter();
        let blocks = |it: &&Precondition| it.state == State::Fail && !it.blocks.is_empty();
        all.filter(|it| blocks(it) || self.doubtful.contains(&it.number)).collect()
    }

    /// The way that is taken.
    pub fn way(&self) -> Option<&Alternative> {
        self.plan.alternative(self.method?)
    }
}

/// The ways that are taken for a whole estate, the first that is open.
fn ways(plan: &Plan) -> &'static [Method] {
    // A merge that was broken off is completed by the same merge, not by another way.
    if plan.interrupted.is_some() { &[Method::OnePass] } else { &[Method::Native, Method::OnePass] }
}

/// What is free on a volume.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FreeSpace {
    /// Bytes.
    pub bytes: ByteLen,
    /// Whether somebody said so, rather than that it was asked of the system on which the files lie now.
    pub given: bool,
}

/// The speeds that orders are made with where nobody says any: only their ratio to one another matters.
const GUESS: Speeds = Speeds { read: BytesPerSecond(100 << 20), write: BytesPerSecond(100 << 20) };

/// Most plans that are made to find parts of merges that there is no room for.
const MOST_PARTS: usize = 256;

impl Inspection {
    /// Plans all merges of what is reported. `progress` hears how many are done, of how many.
    pub fn plan_estate(
        &self,
        request: &Request,
        options: &EstateOptions,
        progress: &mut dyn FnMut(usize, usize),
    ) -> EstatePlan {
        let stretches = self.stretches();
        let (mut merges, mut unplanned) = (Vec::new(), self.without_parent());
        for (number, (top, target)) in stretches.iter().enumerate() {
            match self.plan_one(request, *top, *target, options) {
                Ok(plan) => {
                    merges.push(EstateMerge::new(plan));
                }
                Err(error) => unplanned.push((*top, error)),
            }
            progress(number.saturating_add(1), stretches.len());
        }
        let mut estate = EstatePlan::of(once_each(merges), unplanned, options);
        let parts = self.parts(request, &estate, options);
        if !parts.is_empty() {
            let EstatePlan { merges, unplanned, schedule, candidates, .. } = estate;
            let wholes: Vec<_> = schedule
                .left
                .into_iter()
                .filter_map(|left| {
                    let place = *candidates.get(left.candidate)?;
                    parts.iter().any(|part| part.whole == place).then_some((place, left.why))
                })
                .collect();
            estate = EstatePlan::with_parts(merges, parts, wholes, unplanned, options);
        }
        estate
    }

    /// For each merge that there is no room for: the same in another way where that fits, else its upper part, as far down
    /// as there is room.
    fn parts(&self, request: &Request, estate: &EstatePlan, options: &EstateOptions) -> Vec<Part> {
        let schedule = &estate.schedule;
        let before = || estate.free.iter().map(|(name, free)| (name.clone(), free.bytes)).collect();
        let mut room: BTreeMap<String, ByteLen> = schedule.merges.last().map_or_else(before, |last| last.free.clone());
        let (mut parts, mut tries) = (Vec::new(), 0_usize);
        for left in schedule.left.iter().filter(|left| matches!(left.why, Why::NoRoom { .. })) {
            let Some(whole) = estate.candidates.get(left.candidate).copied() else { continue };
            let Some(course) = estate.merges.get(whole).map(|merge| &merge.plan.course) else { continue };
            let ends = course.merged.iter().skip(1).copied().rev();
            for end in course.target.into_iter().chain(ends) {
                tries = tries.saturating_add(1);
                if tries > MOST_PARTS {
                    return parts;
                }
                let Ok(plan) = self.plan_one(request, course.top(), end, options) else { continue };
                let mut merge = EstateMerge::new(plan);
                if merge.method.is_none() {
                    continue;
                }
                // What goes with a part must be nobody else's.
                let others = estate.merges.iter().enumerate().filter(|(number, _)| *number != whole);
                let others = others.map(|(_, other)| other).chain(parts.iter().map(|part| &part.merge));
                let taken: BTreeSet<FileNo> =
                    others.filter(|other| other.method.is_some()).flat_map(EstateMerge::changed).collect();
                if !merge.also().is_empty() && !merge.changed().is_disjoint(&taken) {
                    continue;
                }
                let fitting = ways(&merge.plan).iter().copied().find(|method| {
                    let way = merge.plan.alternative(*method).filter(|way| way.is_open() && way.bill.is_some());
                    way.is_some_and(|way| fits(way, &room))
                });
                if let Some(method) = fitting {
                    merge.method = Some(method);
                    if let Some(way) = merge.way() {
                        take(way, &mut room);
                    }
                    parts.push(Part { whole, is_all: Some(end) == course.target, merge });
                    break;
                }
            }
        }
        parts
    }

    fn plan_one(&self, request: &Request, top: FileNo, target: FileNo, options: &EstateOptions) -> Result<Plan> {
        let one = PlanOptions {
            into: Some(target),
            disk_free: options.disk_free.clone(),
            speeds: options.speeds,
            room_later: true,
            ..PlanOptions::default()
        };
        self.plan(request, top, &one, &mut |_| true)
    }

    /// Disks that could be merged if their parents were there, with the reason: those on which nothing or several others
    /// stand. In a circle of parents there is no topmost one.
    fn without_parent(&self) -> Vec<(FileNo, crate::Error)> {
        let broken = self.reported().filter_map(|(number, file)| {
            let link = self.forest.link(number).filter(|_| file.is_image())?;
            let trouble = link.status.trouble()?;
            let is_top = self.forest.children(number).len() != 1 || link.status == LinkStatus::Cycle;
            is_top.then(|| (number, crate::Error::refused("", None, trouble).with_path(&file.path)))
        });
        broken.collect()
    }

    /// What can be merged without harm to another disk: from a file with none or several children down to the last file
    /// that has one child. A file whose parent has several children stands with that parent, which cannot take it.
    fn stretches(&self) -> Vec<(FileNo, FileNo)> {
        let children = |file: FileNo| self.forest.children(file).len();
        let tops = self.reported().filter(|(number, file)| file.is_image() && children(*number) != 1);
        tops.filter_map(|(top, _)| {
            let mut target = self.forest.parent(top)?;
            while children(target) == 1
                && let Some(next) = self.forest.parent(target).filter(|next| children(*next) == 1)
            {
                target = next;
            }
            Some((top, target))
        })
        .collect()
    }
}

impl EstatePlan {
    fn of(merges: Vec<EstateMerge>, unplanned: Vec<(FileNo, crate::Error)>, options: &EstateOptions) -> Self {
        Self::with_parts(merges, Vec::new(), Vec::new(), unplanned, options)
    }

    /// The order of the merges with parts in place of the wholes that there was no room for. A whole of which only the
    /// upper part is merged stays left out.
    fn with_parts(
        mut merges: Vec<EstateMerge>,
        parts: Vec<Part>,
        wholes: Vec<(usize, Why<String>)>,
        unplanned: Vec<(FileNo, crate::Error)>,
        options: &EstateOptions,
    ) -> Self {
        let mut aside = Vec::new();
        for part in parts {
            if part.is_all {
                if let Some(merge) = merges.get_mut(part.whole) {
                    *merge = part.merge;
                }
            } else {
                aside.push(part.whole);
                merges.push(part.merge);
            }
        }
        let free = free(&merges, options);
        let known: BTreeMap<String, ByteLen> = free.iter().map(|(name, free)| (name.clone(), free.bytes)).collect();
        let (mut candidates, mut list) = (Vec::new(), Vec::new());
        for (number, merge) in merges.iter().enumerate().filter(|(number, _)| !aside.contains(number)) {
            if let Some(candidate) = merge.way().and_then(|way| candidate(way, options.speeds.unwrap_or(GUESS))) {
                candidates.push(number);
                list.push(candidate);
            }
        }
        let aim = match options.win {
            Some(bytes) => Aim::Win { bytes, on: None },
            None => Aim::Everything,
        };
        let mut schedule = order(&list, &known, &aim);
        for (place, why) in wholes.into_iter().filter(|(place, _)| aside.contains(place)) {
            schedule.left.push(Left { candidate: candidates.len(), why });
            candidates.push(place);
            schedule.is_reached &= options.win.is_some();
        }
        Self { merges, schedule, candidates, free, unplanned }
    }
}

/// Each checkpoint is deleted once: a merge that goes with another is no merge of its own.
fn once_each(merges: Vec<EstateMerge>) -> Vec<EstateMerge> {
    // Those that take most with them come first.
    let mut order: Vec<(usize, BTreeSet<FileNo>)> = merges
        .iter()
        .enumerate()
        .filter(|(_, merge)| !merge.also().is_empty())
        .map(|(number, merge)| (number, merge.changed()))
        .collect();
    order.sort_by_key(|(number, changed)| (std::cmp::Reverse(changed.len()), *number));
    let mut taken: Vec<(usize, BTreeSet<FileNo>)> = Vec::new();
    for (number, changed) in order {
        if taken.iter().all(|(_, others)| others.is_disjoint(&changed)) {
            taken.push((number, changed));
        }
    }
    let tops: Vec<FileNo> = merges.iter().map(|merge| merge.plan.course.top()).collect();
    let mut kept = Vec::new();
    for (number, mut merge) in merges.into_iter().enumerate() {
        let changed = merge.changed();
        let other = taken.iter().find(|(other, files)| *other != number && !files.is_disjoint(&changed));
        let Some((other, files)) = other.filter(|_| !taken.iter().any(|(own, _)| *own == number)) else {
            kept.push(merge);
            continue;
        };
        if merge.plan.course.changed().iter().any(|file| !files.contains(file)) {
            merge.method = None;
            merge.after = tops.get(*other).copied();
            kept.push(merge);
        }
    }
    kept
}

/// What of a merge there is room for.
struct Part {
    /// The place of the whole among the merges.
    whole: usize,
    /// Whether it is all of it, only in another way.
    is_all: bool,
    merge: EstateMerge,
}

/// Whether a way has room at worst.
fn fits(way: &Alternative, room: &BTreeMap<String, ByteLen>) -> bool {
    way.volumes.iter().all(|(volume, balance)| {
        let free = room.get(&volume.name).copied().unwrap_or_default();
        balance.peak.most.is_zero() || balance.peak.most <= free
    })
}

/// Keeps the books of a way that was taken.
fn take(way: &Alternative, room: &mut BTreeMap<String, ByteLen>) {
    for (volume, balance) in &way.volumes {
        if let Some(free) = room.get_mut(&volume.name) {
            *free = ByteLen(free.0.saturating_add(balance.freed.least.0).saturating_sub(balance.used.most.0));
        }
    }
}

/// What is known of the room on the volumes of these merges.
fn free(merges: &[EstateMerge], options: &EstateOptions) -> BTreeMap<String, FreeSpace> {
    let volumes = merges.iter().flat_map(|merge| &merge.plan.alternatives).flat_map(|way| &way.volumes);
    let mut known = BTreeMap::new();
    for (volume, _) in volumes {
        let given = options.disk_free.iter().find(|(name, _)| *name == volume.name).map(|(_, bytes)| *bytes);
        let space = match (given, volume.measured) {
            (Some(bytes), _) => FreeSpace { bytes, given: true },
            (None, Some(bytes)) => FreeSpace { bytes, given: false },
            (None, None) => continue,
        };
        known.entry(volume.name.clone()).or_insert(space);
    }
    known
}

/// The books of a merge: what it takes at worst, and gives back at least.
fn candidate(way: &Alternative, speeds: Speeds) -> Option<Candidate<String>> {
    let bill = way.bill.as_ref()?;
    let each = |bytes: fn(&Balance) -> ByteLen| {
        way.volumes.iter().map(|(volume, balance)| (volume.name.clone(), bytes(balance))).collect()
    };
    let time: Duration = bill.duration(speeds, PerBlock::default()).most;
    Some(Candidate {
        needs: Vec::new(),
        peak: each(|balance| balance.peak.most),
        // Pair by pair, more may be used in all than is ever free: what counts at the end is the difference.
        used: each(|balance| ByteLen(balance.used.most.0.saturating_sub(balance.freed.least.0))),
        freed: each(|balance| ByteLen(balance.freed.least.0.saturating_sub(balance.used.most.0))),
        time,
    })
}
