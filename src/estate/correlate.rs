//! Where the disk is that a configuration records under a Windows path.
//!
//! The order is that of Hyper-V's own import: beside the configuration, in `Virtual Hard Disks` below and beside its
//! folder; before that `--map`, and at the end the name. Nothing is opened: a path leads to a file of the walk or
//! nowhere.
//!
//! `--map` and the host's own paths are exact. Everything else is a likeness, which a copy of a disk has as well: where
//! more files bear the name, `rivals` weighs them.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use crate::chain::windows_path::{PathMap, WindowsPath, to_upper, usable_name};
use crate::chain::{FileNo, PathMaps, on_its_host};
use crate::limits::MAX_ATTACHED_CANDIDATES;

use super::FileFacts;
use super::named_places::{NamedPlaces, Namesakes, reversed};

/// What led to an attached disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AttachedBy {
    /// The recorded path through `--map`.
    Map,
    /// The recorded path itself.
    Path,
    /// The recorded name in the configuration's own folder.
    BesideConfiguration,
    /// The recorded name in `Virtual Hard Disks` below the configuration's folder.
    DisksBelow,
    /// The recorded name in `Virtual Hard Disks` beside the configuration's folder.
    DisksBeside,
    /// The last folders of the recorded path, and no other file has so many in common with it.
    PathTail,
    /// The recorded name alone.
    Name,
    /// A checkpoint of the same machine: the file depends on what the checkpoint keeps.
    Identity,
}

impl AttachedBy {
    /// The word in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Map => "map",
            Self::Path => "path",
            Self::BesideConfiguration => "beside_configuration",
            Self::DisksBelow => "virtual_hard_disks_below",
            Self::DisksBeside => "virtual_hard_disks_beside",
            Self::PathTail => "path_tail",
            Self::Name => "name",
            Self::Identity => "identity",
        }
    }

    /// Whether the path, or the place where Hyper-V would look, led there, and not a name alone.
    pub fn is_by_place(self) -> bool {
        !matches!(self, Self::Name | Self::Identity)
    }

    /// Whether the recorded path led there as it is, and not a likeness.
    pub fn is_exact(self) -> bool {
        matches!(self, Self::Map | Self::Path)
    }
}

/// Whether an attached disk was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AttachedStatus {
    /// It is this file.
    Found,
    /// It is one of several, and nothing decides between them.
    Ambiguous,
    /// Its folder was looked through, and it is not there.
    Missing,
    /// Its folder is not among what was looked through.
    Outside,
}

impl AttachedStatus {
    /// The word in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Found => "found",
            Self::Ambiguous => "ambiguous",
            Self::Missing => "missing",
            Self::Outside => "outside",
        }
    }
}

/// What became of the search for one recorded path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resolved {
    /// Whether it was found.
    pub status: AttachedStatus,
    /// The file; several where nothing decides, or, for a missing one, those that it may be.
    pub files: Vec<FileNo>,
    /// What led to the files.
    pub found_by: Option<AttachedBy>,
    /// Whether the file lies in a place where Hyper-V would look, and in folders that are called as the recorded ones.
    pub as_recorded: bool,
    /// Other files of the name that no configuration accounts for, as far as they are listed: each may be the disk as well.
    pub rivals: Vec<FileNo>,
    /// How many more of them there are.
    pub rivals_left_out: usize,
}

impl Resolved {
    /// Whether it was found, and beyond doubt.
    pub fn is_sure(&self) -> bool {
        let exact = self.found_by.is_some_and(AttachedBy::is_exact);
        self.status == AttachedStatus::Found && (exact || (self.as_recorded && self.rivals.is_empty()))
    }

    /// Number of other files that may be the disk as well.
    pub fn rivals_count(&self) -> usize {
        self.rivals.len().saturating_add(self.rivals_left_out)
    }

    /// Whether it was found, and by more than its name.
    pub fn is_by_place(&self) -> bool {
        self.status == AttachedStatus::Found && self.found_by.is_some_and(AttachedBy::is_by_place)
    }

    /// Whether it was found by its whole path or the last folders of it.
    pub(super) fn is_by_folders(&self) -> bool {
        let by = self.found_by;
        let by_folders = by.is_some_and(AttachedBy::is_exact) || by == Some(AttachedBy::PathTail) || self.as_recorded;
        self.status == AttachedStatus::Found && by_folders
    }
}

/// The files, ready to be looked up by recorded paths.
#[derive(Debug)]
pub struct Finder<'a> {
    files: &'a [FileFacts],
    maps: &'a PathMaps,
    places: NamedPlaces<'a>,
}

const DISKS: &str = "Virtual Hard Disks";

impl<'a> Finder<'a> {
    /// Looks up among these files.
    pub fn new(files: &'a [FileFacts], maps: &'a PathMaps) -> Self {
        Self { files, maps, places: NamedPlaces::new(files) }
    }

    /// The files by the names of their places.
    pub(super) fn places(&self) -> &NamedPlaces<'a> {
        &self.places
    }

    /// Looks for what the configuration in a file records as `recorded`.
    pub fn find(&self, configuration: FileNo, recorded: &str) -> Resolved {
        let path = WindowsPath::parse(recorded);
        let Some(name) = path.file_name() else { return nowhere(AttachedStatus::Outside) };
        let mut covered = false;
        for (by, place) in self.exact_places(configuration, &path) {
            let files = self.places.at(&place);
            if !files.is_empty() {
                return one_or_several(&files, by);
            }
            covered |= self.places.has_folder_of(&place);
        }
        let exactly_gone = covered;
        let recorded_folder = reversed(path.normalized().components.iter().map(|part| to_upper(part)));
        let namesakes = self.places.called(name);
        let (tail, likest) = namesakes.map(|alike| alike.likest(&recorded_folder)).unwrap_or_default();
        let folders = self.folders_of(configuration);
        if usable_name(name).is_ok() {
            for by in [AttachedBy::BesideConfiguration, AttachedBy::DisksBelow, AttachedBy::DisksBeside] {
                let looked: BTreeSet<PathBuf> = folders.iter().map(|folder| place_of(folder, by)).collect();
                let files: BTreeSet<FileNo> =
                    looked.iter().flat_map(|folder| self.places.at(&folder.join(name))).collect();
                let tail_of = |folder: &PathBuf| self.places.common_tail(folder, &recorded_folder);
                let own_tail = looked.iter().map(tail_of).max().unwrap_or(0);
                let same = is_same_place(own_tail, recorded_folder.len());
                if !files.is_empty() {
                    let files: Vec<FileNo> = files.into_iter().collect();
                    if own_tail < tail {
                        return several(AttachedStatus::Ambiguous, &joined(&files, &likest), by);
                    }
                    return Resolved { as_recorded: same && !exactly_gone, ..one_or_several(&files, by) };
                }
                covered |= same && looked.iter().any(|folder| self.places.has_folder(folder));
            }
        }
        let gone = if covered { AttachedStatus::Missing } else { AttachedStatus::Outside };
        match tail {
            _ if likest.is_empty() => match self.relatives(name, &folders, &recorded_folder) {
                relatives if relatives.is_empty() => nowhere(gone),
                relatives => several(gone, &relatives, AttachedBy::Name),
            },
            2.. if !covered => one_or_several(&likest, AttachedBy::PathTail),
            // One folder in common is no more than a habit of naming.
            _ => {
                let all = namesakes.map(Namesakes::files).unwrap_or_default();
                if covered { several(gone, &all, AttachedBy::Name) } else { one_or_several(&all, AttachedBy::Name) }
            }
        }
    }

    /// Where a recorded path leads for certain, by the map or the paths of each host that saw the configuration.
    fn exact_places(&self, configuration: FileNo, path: &WindowsPath) -> Vec<(AttachedBy, PathBuf)> {
        let facts = self.files.get(configuration.0);
        let others = facts.map_or(&[][..], |facts| &facts.seen_by);
        let maps: Vec<&PathMap> = std::iter::once(self.maps.of(configuration))
            .chain(others.iter().map(|origin| self.maps.numbered(origin.0)))
            .collect();
        let mapped = maps.iter().filter_map(|map| Some((AttachedBy::Map, map.map(path).ok()??.path())));
        let own = maps.iter().filter(|_| path.is_absolute());
        let own = own.filter_map(|map| Some((AttachedBy::Path, on_its_host(path, map)?)));
        mapped.chain(own).collect()
    }

    /// The folders in which a configuration lies: one for each of its paths.
    fn folders_of(&self, configuration: FileNo) -> BTreeSet<PathBuf> {
        let places = self.files.get(configuration.0).into_iter().flat_map(FileFacts::places);
        places.filter_map(Path::parent).map(Path::to_owned).collect()
    }

    /// Disks whose names, but for what Hyper-V appends, are that of a disk that is not there, in places where it could
    /// have been: what is left of its chain.
    fn relatives(&self, name: &str, folders: &BTreeSet<PathBuf>, recorded_folder: &[String]) -> Vec<FileNo> {
        let ways = [AttachedBy::BesideConfiguration, AttachedBy::DisksBelow, AttachedBy::DisksBeside];
        let near: Vec<PathBuf> = folders.iter().flat_map(|folder| ways.map(|by| place_of(folder, by))).collect();
        self.places.of_stem(name, &near, recorded_folder)
    }
}

/// A folder in which Hyper-V looks when it imports a machine.
fn place_of(folder: &Path, by: AttachedBy) -> PathBuf {
    match by {
        AttachedBy::DisksBelow => folder.join(DISKS),
        AttachedBy::DisksBeside => folder.parent().unwrap_or(folder).join(DISKS),
        _ => folder.to_owned(),
    }
}

/// Whether a folder is the recorded one, as far as its last two names tell.
fn is_same_place(tail: usize, recorded: usize) -> bool {
    tail >= 2 || (tail == 1 && recorded == 1)
}

/// Both lists as one, without twins and no longer than is kept.
pub(super) fn joined(files: &[FileNo], others: &[FileNo]) -> Vec<FileNo> {
    let mut all = files.to_vec();
    for other in others {
        if all.len() >= MAX_ATTACHED_CANDIDATES {
            break;
        }
        if !all.contains(other) {
            all.push(*other);
        }
    }
    all
}

fn one_or_several(files: &[FileNo], by: AttachedBy) -> Resolved {
    let status = if files.len() == 1 { AttachedStatus::Found } else { AttachedStatus::Ambiguous };
    several(status, files, by)
}

fn several(status: AttachedStatus, files: &[FileNo], by: AttachedBy) -> Resolved {
    let files = files.iter().copied().take(MAX_ATTACHED_CANDIDATES).collect();
    Resolved { files, found_by: Some(by), ..nowhere(status) }
}

fn nowhere(status: AttachedStatus) -> Resolved {
    Resolved { status, files: Vec::new(), found_by: None, as_recorded: false, rivals: Vec::new(), rivals_left_out: 0 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::FileKind;

    fn find(
        paths: &[&str],
        map: &[&str],
        configuration: &str,
        recorded: &str,
    ) -> (&'static str, Vec<usize>, &'static str) {
        let mut files: Vec<FileFacts> = paths.iter().map(|path| FileFacts::new(path, FileKind::Vhdx)).collect();
        files.push(FileFacts::new(configuration, FileKind::Vmcx));
        let map = PathMaps::from(PathMap::from_arguments(map).unwrap());
        let found = Finder::new(&files, &map).find(FileNo(paths.len()), recorded);
        let by = found.found_by.map_or("", AttachedBy::name);
        (found.status.name(), found.files.iter().map(|file| file.0).collect(), by)
    }

    #[test]
    fn the_places_are_those_of_an_import_and_in_its_order() {
        let recorded = r"D:\VMs\Disk.vhdx";
        let config = "/e/web/Virtual Machines/1.vmcx";
        let beside = "/e/web/Virtual Machines/disk.VHDX";
        let below = "/e/web/Virtual Machines/Virtual Hard Disks/disk.vhdx";
        let next_to = "/e/web/Virtual Hard Disks/disk.vhdx";
        for (paths, by) in [
            (&[beside, below, next_to][..], "beside_configuration"),
            (&[below, next_to], "virtual_hard_disks_below"),
            (&[next_to], "virtual_hard_disks_beside"),
            (&["/e/VMs/disk.vhdx"], "name"),
            (&["/e/x/disk.vhdx"], "name"),
        ] {
            assert_eq!(find(paths, &[], config, recorded), ("found", vec![0], by), "{paths:?}");
        }
        let mapped = find(&["/m/disk.vhdx", beside], &[r"D:\VMs=/m"], config, recorded);
        assert_eq!(mapped, ("found", vec![0], "map"));
    }

    #[test]
    fn what_nothing_decides_is_not_decided() {
        let config = "/e/web/Virtual Machines/1.vmcx";
        let two = find(&["/e/a/d.vhdx", "/e/b/d.vhdx"], &[], config, r"D:\c\d.vhdx");
        assert_eq!(two, ("ambiguous", vec![0, 1], "name"));
        let tails = find(&["/e/a/c/d.vhdx", "/e/x/d.vhdx"], &[], config, r"D:\a\c\d.vhdx");
        assert_eq!(tails, ("found", vec![0], "path_tail"));
        let habit = find(&["/e/x/c/d.vhdx", "/e/x/d.vhdx"], &[], config, r"D:\a\c\d.vhdx");
        assert_eq!(habit, ("ambiguous", vec![0, 1], "name"));
        let likelier = find(&["/e/web/Virtual Hard Disks/d.vhdx", "/e/c/d.vhdx"], &[], config, r"D:\c\d.vhdx");
        assert_eq!(likelier, ("ambiguous", vec![0, 1], "virtual_hard_disks_beside"));
    }

    #[test]
    fn what_is_gone_is_told_from_what_lies_elsewhere() {
        let config = "/e/web/Virtual Machines/1.vmcx";
        let other = "/e/web/Virtual Hard Disks/other.vhdx";
        let gone = find(&[other], &[], config, r"D:\web\Virtual Hard Disks\d.vhdx");
        assert_eq!(gone, ("missing", vec![], ""));
        let elsewhere = find(&[other], &[], config, r"E:\Disks\d.vhdx");
        assert_eq!(elsewhere, ("outside", vec![], ""));
        let mapped = find(&[other], &[r"E:\Disks=/e/web/Virtual Hard Disks"], config, r"E:\Disks\d.vhdx");
        assert_eq!(mapped, ("missing", vec![], ""));
        let namesake = find(&[other, "/bak/d.vhdx"], &[], config, r"D:\web\Virtual Hard Disks\d.vhdx");
        assert_eq!(namesake, ("missing", vec![1], "name"));
        assert_eq!(find(&[other], &[], config, "").0, "outside");
        let base = "/e/web/Virtual Hard Disks/d.vhdx";
        let leaf = r"D:\web\Virtual Hard Disks\d_5F1C2A70-0000-4000-8000-0000000000AA.avhdx";
        assert_eq!(find(&[other, base], &[], config, leaf), ("missing", vec![1], "name"), "what is left of it");
    }
}
