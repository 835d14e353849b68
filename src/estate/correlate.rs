//! Where the disk is that a configuration records under a Windows path.
//!
//! The order is that of Hyper-V's own import: beside the configuration, in `Virtual Hard Disks` below and beside its
//! folder; before that `--map`, and at the end the name. Nothing is opened: a path leads to a file of the walk or
//! nowhere.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use crate::chain::FileNo;
use crate::chain::windows_path::{WindowsPath, to_upper};
use crate::chain::{PathMaps, on_its_host};
use crate::limits::MAX_ATTACHED_CANDIDATES;

use super::FileFacts;
use super::names::{disk_stem, folded_name, folded_parts};

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

    /// Whether the path, or the place where Hyper-V would look, led there, and not a likeness.
    pub fn is_by_place(self) -> bool {
        !matches!(self, Self::Name | Self::Identity)
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
}

/// The files, ready to be looked up by recorded paths.
#[derive(Debug)]
pub struct Finder<'a> {
    maps: &'a PathMaps,
    by_name: BTreeMap<String, Vec<(FileNo, Vec<String>)>>,
    by_stem: BTreeMap<String, Vec<(FileNo, Vec<String>)>>,
    folders: BTreeSet<Vec<String>>,
}

const DISKS: &str = "VIRTUAL HARD DISKS";

impl<'a> Finder<'a> {
    /// Looks up among these files.
    pub fn new(files: &[FileFacts], maps: &'a PathMaps) -> Self {
        let mut by_name: BTreeMap<String, Vec<_>> = BTreeMap::new();
        let mut by_stem: BTreeMap<String, Vec<_>> = BTreeMap::new();
        let mut folders = BTreeSet::new();
        for (number, file) in files.iter().enumerate() {
            let mut parts = folded_parts(&file.path);
            by_name.entry(folded_name(&file.path)).or_default().push((FileNo(number), parts.clone()));
            let name = parts.pop().unwrap_or_default();
            if file.kind.is_image() {
                by_stem.entry(disk_stem(&name)).or_default().push((FileNo(number), parts.clone()));
            }
            folders.insert(parts);
        }
        Self { maps, by_name, by_stem, folders }
    }

    /// Looks for what the configuration in a file, which lies at `configuration`, records as `recorded`.
    pub fn find(&self, file: FileNo, configuration: &Path, recorded: &str) -> Resolved {
        let map = self.maps.of(file);
        let path = WindowsPath::parse(recorded);
        let Some(name) = path.file_name().map(to_upper) else { return nowhere(AttachedStatus::Outside) };
        let namesakes = self.by_name.get(&name).map(Vec::as_slice).unwrap_or_default();
        let at = |parts: &[String]| namesakes.iter().find(|(_, known)| known == parts).map(|(file, _)| *file);
        let mut folder = folded_parts(configuration);
        folder.pop();
        let mut covered = false;
        if let Ok(Some(mapped)) = map.map(&path) {
            let parts = folded_parts(&mapped.path());
            if let Some(file) = at(&parts) {
                return found(file, AttachedBy::Map);
            }
            covered = parts.split_last().is_some_and(|(_, above)| self.folders.contains(above));
        }
        if let Some(place) = on_its_host(&path, map).filter(|_| path.is_absolute()) {
            let parts = folded_parts(&place);
            if let Some(file) = at(&parts) {
                return found(file, AttachedBy::Path);
            }
            covered |= parts.split_last().is_some_and(|(_, above)| self.folders.contains(above));
        }
        let recorded_folder: Vec<String> = path.parent_components().iter().map(|part| to_upper(part)).collect();
        let best = longest_tail(namesakes, &recorded_folder);
        for (place, by) in places(&folder) {
            let mut parts = place.clone();
            parts.push(name.clone());
            if let Some(file) = at(&parts) {
                return or_better(file, by, &parts, &recorded_folder, &best);
            }
            covered |= self.folders.contains(&place) && is_same_place(&place, &recorded_folder);
        }
        match (best.files.as_slice(), best.tail) {
            ([], _) => {
                let status = if covered { AttachedStatus::Missing } else { AttachedStatus::Outside };
                match self.relatives(&name, &folder, &recorded_folder) {
                    relatives if relatives.is_empty() => nowhere(status),
                    relatives => several(status, &relatives, AttachedBy::Name),
                }
            }
            (files, 2..) if !covered => one_or_several(files, AttachedBy::PathTail),
            _ => {
                // One folder in common is no more than a habit of naming.
                let all: Vec<FileNo> = namesakes.iter().map(|(file, _)| *file).take(MAX_ATTACHED_CANDIDATES).collect();
                if covered {
                    several(AttachedStatus::Missing, &all, AttachedBy::Name)
                } else {
                    one_or_several(&all, AttachedBy::Name)
                }
            }
        }
    }

    /// Disks whose names, but for what Hyper-V appends, are that of a disk that is not there, in places where it could
    /// have been: what is left of its chain.
    fn relatives(&self, name: &str, folder: &[String], recorded_folder: &[String]) -> Vec<FileNo> {
        let places = places(folder);
        let alike = self.by_stem.get(&disk_stem(name)).map(Vec::as_slice).unwrap_or_default();
        let likely = alike.iter().filter(|(_, known)| {
            places.iter().any(|(place, _)| place == known) || common_tail(known, recorded_folder) > 0
        });
        likely.map(|(file, _)| *file).take(MAX_ATTACHED_CANDIDATES).collect()
    }
}

/// The folders in which Hyper-V looks when it imports a machine.
fn places(folder: &[String]) -> [(Vec<String>, AttachedBy); 3] {
    let with = |base: &[String]| base.iter().cloned().chain([DISKS.to_owned()]).collect::<Vec<_>>();
    let above = folder.split_last().map_or(folder, |(_, above)| above);
    [
        (folder.to_vec(), AttachedBy::BesideConfiguration),
        (with(folder), AttachedBy::DisksBelow),
        (with(above), AttachedBy::DisksBeside),
    ]
}

/// Whether a folder of the walk is the recorded one, as far as its last two names tell.
fn is_same_place(place: &[String], recorded: &[String]) -> bool {
    let tail = common_tail(place, recorded);
    tail >= 2 || (tail == 1 && recorded.len() == 1)
}

struct Best {
    files: Vec<FileNo>,
    /// Number of folders that the path of each has in common with the recorded one.
    tail: usize,
}

fn longest_tail(namesakes: &[(FileNo, Vec<String>)], recorded_folder: &[String]) -> Best {
    let mut best = Best { files: Vec::new(), tail: 0 };
    for (file, parts) in namesakes {
        let folder = parts.split_last().map_or(parts.as_slice(), |(_, folder)| folder);
        let tail = common_tail(folder, recorded_folder);
        if tail > best.tail || best.files.is_empty() {
            best = Best { files: vec![*file], tail };
        } else if tail == best.tail && best.files.len() < MAX_ATTACHED_CANDIDATES {
            best.files.push(*file);
        }
    }
    best
}

fn common_tail(a: &[String], b: &[String]) -> usize {
    a.iter().rev().zip(b.iter().rev()).take_while(|(a, b)| a == b).count()
}

/// A file in a place where Hyper-V would look, unless others are more like what was recorded: then it may be any.
fn or_better(file: FileNo, by: AttachedBy, parts: &[String], recorded_folder: &[String], best: &Best) -> Resolved {
    let folder = parts.split_last().map_or(parts, |(_, folder)| folder);
    if best.tail <= common_tail(folder, recorded_folder) {
        return found(file, by);
    }
    let files: Vec<FileNo> = std::iter::once(file).chain(best.files.iter().copied()).collect();
    several(AttachedStatus::Ambiguous, &files, by)
}

fn found(file: FileNo, by: AttachedBy) -> Resolved {
    Resolved { status: AttachedStatus::Found, files: vec![file], found_by: Some(by) }
}

fn one_or_several(files: &[FileNo], by: AttachedBy) -> Resolved {
    match files {
        [file] => found(*file, by),
        files => several(AttachedStatus::Ambiguous, files, by),
    }
}

fn several(status: AttachedStatus, files: &[FileNo], by: AttachedBy) -> Resolved {
    Resolved { status, files: files.to_vec(), found_by: Some(by) }
}

fn nowhere(status: AttachedStatus) -> Resolved {
    Resolved { status, files: Vec::new(), found_by: None }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chain::windows_path::PathMap;
    use crate::image::FileKind;

    fn find(
        paths: &[&str],
        map: &[&str],
        configuration: &str,
        recorded: &str,
    ) -> (&'static str, Vec<usize>, &'static str) {
        let files: Vec<FileFacts> = paths.iter().map(|path| FileFacts::new(path, FileKind::Vhdx)).collect();
        let map = PathMaps::from(PathMap::from_arguments(map).unwrap());
        let found = Finder::new(&files, &map).find(FileNo(files.len()), Path::new(configuration), recorded);
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
