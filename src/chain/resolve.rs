//! Where a recorded path leads among the files that were read. Nothing is opened and no folder is listed.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::path::{Path, PathBuf};

use crate::image::{HintKind, PathHint};

use super::scope::{Here, Scope};
use super::windows_path::{HostPath, PathKind, PathMap, WindowsPath, join_relative, to_upper, usable_name};
use super::{FileNo, FoundBy};

/// Where one recorded path leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Leads {
    /// To these files; several only where names differ in case alone.
    To(Vec<FileNo>, FoundBy),
    /// To a place that the user named, where there is no such file.
    NotThere,
    /// Out of what the user named, or to a place this system cannot know.
    Elsewhere,
}

/// The files by their paths, as Windows compares them.
#[derive(Debug)]
pub(super) struct PathIndex {
    by_folded: HashMap<String, Alike>,
    here: Here,
}

/// The files whose paths differ in case alone, in their order. There is hardly ever more than one.
#[derive(Debug)]
struct Alike {
    first: (PathBuf, FileNo),
    others: Vec<(PathBuf, FileNo)>,
}

impl Alike {
    fn iter(&self) -> impl Iterator<Item = &(PathBuf, FileNo)> {
        std::iter::once(&self.first).chain(&self.others)
    }
}

impl PathIndex {
    pub(super) fn new<'a>(paths: impl Iterator<Item = (FileNo, &'a Path)>) -> Self {
        let here = Here::now();
        let mut by_folded: HashMap<String, Alike> = HashMap::new();
        for (file, path) in paths {
            let path = here.absolute(path);
            match by_folded.entry(fold(&path)) {
                Entry::Vacant(entry) => {
                    entry.insert(Alike { first: (path, file), others: Vec::new() });
                }
                Entry::Occupied(mut entry) => entry.get_mut().others.push((path, file)),
            }
        }
        Self { by_folded, here }
    }

    /// The file at a path: the one spelled exactly so, else all that differ from it in case alone.
    fn find(&self, path: &Path) -> Vec<FileNo> {
        let Some(alike) = self.by_folded.get(&fold(path)) else { return Vec::new() };
        match alike.iter().find(|(exact, _)| exact == path) {
            Some((_, file)) => vec![*file],
            None => alike.iter().map(|(_, file)| *file).collect(),
        }
    }
}

fn fold(path: &Path) -> String {
    to_upper(&path.to_string_lossy())
}

/// Where `hint`, recorded in a file in `folder`, leads.
pub(super) fn follow(hint: &PathHint, folder: &Path, index: &PathIndex, scope: &Scope, map: &PathMap) -> Leads {
    let recorded = WindowsPath::parse(&hint.path);
    if let Ok(Some(mapped)) = map.map(&recorded) {
        return look(&mapped, index, scope, FoundBy::Map);
    }
    // A path to a share or a device is never followed.
    if recorded.is_unc() || recorded.is_device() {
        return Leads::Elsewhere;
    }
    let folder = index.here.absolute(folder);
    if recorded.is_relative() {
        return match join_relative(&folder, &folder, &recorded) {
            Ok(host) => look(&host, index, scope, found_by(hint.kind)),
            Err(_) => Leads::Elsewhere,
        };
    }
    match on_its_host(&recorded, map) {
        Some(host) => at(&host, index, scope, found_by(hint.kind)),
        None => Leads::Elsewhere,
    }
}

/// Where a path from a drive, a share or a volume leads on the host that recorded it, where that can be told: on Windows
/// itself, and among the paths of a host that runs it. It is text to be compared with the files of a walk, and nothing is
/// opened by it.
pub fn on_its_host(recorded: &WindowsPath, map: &PathMap) -> Option<PathBuf> {
    if recorded.is_device() || !(cfg!(windows) || map.drives().is_some()) {
        return None;
    }
    let names = recorded.normalized().components;
    let names = names.iter().map(|name| usable_name(name)).collect::<Result<Vec<_>, _>>().ok()?;
    let start = match map.drives() {
        Some(root) => root_on_host(recorded.kind())?.into_iter().fold(root.to_owned(), |path, name| path.join(name)),
        None => root_here(recorded.kind())?,
    };
    Some(names.iter().fold(start, |path, name| path.join(name)))
}

/// The folders by which the place of a path on another host starts (`estate::Origin::place`).
fn root_on_host(kind: &PathKind) -> Option<Vec<String>> {
    match kind {
        PathKind::DriveAbsolute { drive } => Some(vec![drive.to_uppercase().to_string()]),
        PathKind::Unc { server, share } => {
            Some(vec!["unc".to_owned(), usable_name(server).ok()?, usable_name(share).ok()?])
        }
        PathKind::Volume { guid } => Some(vec!["volume".to_owned(), usable_name(guid).ok()?]),
        PathKind::DriveRelative { .. } | PathKind::Device | PathKind::Rooted | PathKind::Relative => None,
    }
}

/// By what a path starts on Windows itself, as a walk spells it.
fn root_here(kind: &PathKind) -> Option<PathBuf> {
    match kind {
        PathKind::DriveAbsolute { drive } => Some(format!("{}:\\", drive.to_ascii_uppercase()).into()),
        PathKind::Unc { server, share } => {
            Some(format!(r"\\{}\{}\", usable_name(server).ok()?, usable_name(share).ok()?).into())
        }
        PathKind::Volume { guid } => Some(format!(r"\\?\Volume{{{}}}\", usable_name(guid).ok()?).into()),
        PathKind::DriveRelative { .. } | PathKind::Device | PathKind::Rooted | PathKind::Relative => None,
    }
}

/// The file of the hint's name in the child's own folder.
pub(super) fn same_folder(hint: &PathHint, folder: &Path, index: &PathIndex) -> Vec<FileNo> {
    let recorded = WindowsPath::parse(&hint.path);
    let Some(name) = recorded.file_name() else { return Vec::new() };
    match join_relative(folder, &index.here.absolute(folder), &WindowsPath::parse(name)) {
        Ok(host) => index.find(&host.path()),
        Err(_) => Vec::new(),
    }
}

fn found_by(kind: HintKind) -> FoundBy {
    match kind {
        HintKind::Relative => FoundBy::RelativePath,
        HintKind::Volume => FoundBy::VolumePath,
        HintKind::Absolute => FoundBy::AbsoluteWin32Path,
        HintKind::Name => FoundBy::SameFolderName,
    }
}

fn look(host: &HostPath, index: &PathIndex, scope: &Scope, by: FoundBy) -> Leads {
    at(&index.here.absolute(&host.path()), index, scope, by)
}

fn at(path: &Path, index: &PathIndex, scope: &Scope, by: FoundBy) -> Leads {
    let files = index.find(path);
    if !files.is_empty() {
        Leads::To(files, by)
    } else if scope.contains(path) {
        Leads::NotThere
    } else {
        Leads::Elsewhere
    }
}
