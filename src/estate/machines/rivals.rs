//! Which files may be the disk that a configuration records when only a likeness led to one.
//!
//! A copy of a disk bears its name and often lies in folders that are called like those of the original; it may even be
//! the one that lies beside a configuration, for that was copied with it. So every file of the name that nothing else
//! accounts for is a rival: the disk may be that one, and it must not be called unneeded.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use crate::chain::FileNo;
use crate::chain::windows_path::{WindowsPath, to_upper};
use crate::limits::MAX_ATTACHED_CANDIDATES;

use crate::estate::correlate::{AttachedBy, AttachedStatus, Finder, joined};
use crate::estate::named_places::{Namesakes, reversed};

use super::{AttachedDisk, Machine, MachineNo};

/// A drive: its configuration, and which of its disks.
pub(in crate::estate) type DriveNo = (MachineNo, usize);

/// Most drives that are named as those whose disk a rival may be.
const MOST_DRIVES: usize = 4;

/// Weighs what was found for each drive against the other files of its name. Gives the rivals that no drive holds among
/// its candidates, each with drives whose disk it may be.
pub(super) fn weigh(all: &mut [Machine], finder: &Finder<'_>) -> BTreeMap<FileNo, Vec<DriveNo>> {
    let claims = Claims::new(all);
    let mut free: BTreeMap<String, Vec<FileNo>> = BTreeMap::new();
    let mut doubtful: BTreeMap<String, Vec<DriveNo>> = BTreeMap::new();
    let mut near = Near::default();
    for (number, machine) in all.iter_mut().enumerate() {
        for (place, disk) in machine.disks.iter_mut().enumerate() {
            let path = WindowsPath::parse(&disk.recorded);
            let is_exact = disk.found.found_by.is_some_and(AttachedBy::is_exact);
            let Some(name) = path.file_name().map(to_upper).filter(|_| !is_exact) else { continue };
            claims.take_away(disk, &path);
            let free = free.entry(name.clone()).or_insert_with(|| {
                let namesakes = finder.places().called(&name).map(Namesakes::files).unwrap_or_default();
                namesakes.iter().copied().filter(|file| !claims.is_any(*file)).collect()
            });
            if weigh_drive(disk, free, &path, finder, &mut near) {
                doubtful.entry(name).or_default().push((MachineNo(number), place));
            }
        }
    }
    let mut rivals: BTreeMap<FileNo, Vec<DriveNo>> = BTreeMap::new();
    for (name, drives) in doubtful {
        for file in free.get(&name).into_iter().flatten() {
            let holds = |(machine, disk): &DriveNo| {
                let disk = all.get(machine.0).and_then(|machine| machine.disks.get(*disk));
                disk.is_some_and(|disk| disk.file() == Some(*file))
            };
            let of: Vec<DriveNo> = drives.iter().copied().filter(|drive| !holds(drive)).take(MOST_DRIVES).collect();
            if !of.is_empty() {
                rivals.insert(*file, of);
            }
        }
    }
    rivals
}

/// Weighs one drive against the files that nothing accounts for. Tells whether any of them is left that it may be and
/// that is not among its candidates.
fn weigh_drive(
    disk: &mut AttachedDisk,
    free: &[FileNo],
    path: &WindowsPath,
    finder: &Finder<'_>,
    near: &mut Near,
) -> bool {
    let Some(own) = disk.file() else {
        if disk.found.status == AttachedStatus::Ambiguous {
            disk.found.files = joined(&disk.found.files, free);
        }
        return disk.found.files.len() >= MAX_ATTACHED_CANDIDATES && !free.is_empty();
    };
    let mut rivals = free.iter().copied().filter(|file| *file != own);
    if rivals.clone().next().is_none() {
        return false;
    }
    let recorded = reversed(path.normalized().components.iter().map(|part| to_upper(part)));
    let own_tail = finder.places().tail_of(own, &recorded);
    let innermost = recorded.get(..own_tail).unwrap_or_default();
    let mut alike = || near.of(path.file_name().unwrap_or_default(), innermost, free, finder);
    // Where a name is there as it was spelled, one in other letters is less likely.
    let twins = finder.places().twins(own);
    let is_rival = |file: &FileNo| *file != own && !twins.contains(file);
    if disk.found.as_recorded && !alike().iter().any(is_rival) {
        disk.found.rivals = rivals.by_ref().take(MAX_ATTACHED_CANDIDATES).collect();
        disk.found.rivals_left_out = rivals.count();
        return true;
    }
    disk.found.status = AttachedStatus::Ambiguous;
    disk.found.as_recorded = false;
    disk.found.files = joined(&[own], free);
    disk.found.files.len() >= MAX_ATTACHED_CANDIDATES
}

/// Of the files of each name that nothing accounts for, those in folders of which the innermost are the same: what a
/// thousand drives ask for is picked once.
#[derive(Default)]
struct Near(BTreeMap<(String, Vec<String>), Rc<[FileNo]>>);

impl Near {
    fn of(&mut self, name: &str, innermost: &[String], free: &[FileNo], finder: &Finder<'_>) -> Rc<[FileNo]> {
        let files = self.0.entry((to_upper(name), innermost.to_vec())).or_insert_with(|| {
            let alike = finder.places().called(name).map(|alike| alike.sharing(innermost)).unwrap_or_default();
            alike.iter().copied().filter(|file| free.binary_search(file).is_ok()).collect()
        });
        Rc::clone(files)
    }
}

/// The files that a drive accounts for: its whole path, or folders beyond the name, lead to them.
struct Claims(BTreeMap<FileNo, BTreeSet<String>>);

impl Claims {
    fn new(all: &[Machine]) -> Self {
        let mut claims: BTreeMap<FileNo, BTreeSet<String>> = BTreeMap::new();
        for disk in all.iter().flat_map(|machine| &machine.disks).filter(|disk| disk.found.is_by_folders()) {
            if let Some(file) = disk.file() {
                claims.entry(file).or_default().insert(key(&WindowsPath::parse(&disk.recorded)));
            }
        }
        Self(claims)
    }

    fn is_any(&self, file: FileNo) -> bool {
        self.0.contains_key(&file)
    }

    /// A disk that its name alone led to is not another drive's: where all that bear the name are accounted for by
    /// drives that record other paths, it lies where nobody looked.
    fn take_away(&self, disk: &mut AttachedDisk, path: &WindowsPath) {
        let by_name = disk.found.found_by == Some(AttachedBy::Name);
        let open = matches!(disk.found.status, AttachedStatus::Found | AttachedStatus::Ambiguous);
        let key = key(path);
        let is_others = |file: &FileNo| self.0.get(file).is_some_and(|keys| !keys.contains(&key));
        if by_name && open && disk.found.files.iter().all(is_others) {
            disk.found.status = AttachedStatus::Outside;
        }
    }
}

/// A recorded path as Windows compares it.
fn key(path: &WindowsPath) -> String {
    to_upper(&format!("{:?} {}", path.kind(), path.normalized().components.join("\\")))
}
