//! Where a recorded path leads among the files that were read. Nothing is opened and no folder is listed.

use std::borrow::Cow;
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::path::{Path, PathBuf};

use crate::image::{HintKind, PathHint};

use super::scope::{Here, Scope};
use super::windows_path::{PathKind, PathMap, WindowsPath, path_from, to_upper, usable_name};
use super::{FileNo, FoundBy};

/// Where one recorded path leads.
#[derive(Clone, Copy, Debug)]
pub(super) enum Leads<'i> {
    /// To these files; several only where names differ in case alone.
    To(Files<'i>, FoundBy),
    /// To a place that the user named, where there is no such file.
    NotThere,
    /// Out of what the user named, or to a place this system cannot know.
    Elsewhere,
}

/// The files at a place.
#[derive(Clone, Copy, Debug)]
pub(super) enum Files<'i> {
    /// None.
    None,
    /// The one that is spelled as it was asked for.
    Exact(FileNo),
    /// All whose paths differ from it in case alone.
    Alike(&'i Alike<'i>),
}

impl<'i> Files<'i> {
    /// The files in their order.
    pub(super) fn iter(self) -> impl Iterator<Item = FileNo> + 'i {
        let (one, alike) = match self {
            Self::None => (None, None),
            Self::Exact(file) => (Some(file), None),
            Self::Alike(alike) => (None, Some(alike)),
        };
        one.into_iter().chain(alike.into_iter().flat_map(|alike| alike.iter().map(|(_, file)| *file)))
    }
}

/// The files by their paths, as Windows compares them.
#[derive(Debug)]
pub(super) struct PathIndex<'a> {
    by_folded: HashMap<String, Alike<'a>>,
    here: Here,
}

/// The files whose paths differ in case alone, in their order. There is hardly ever more than one.
#[derive(Debug)]
pub(super) struct Alike<'a> {
    first: (Cow<'a, Path>, FileNo),
    others: Vec<(Cow<'a, Path>, FileNo)>,
}

impl<'a> Alike<'a> {
    fn iter(&self) -> impl Iterator<Item = &(Cow<'a, Path>, FileNo)> {
        std::iter::once(&self.first).chain(&self.others)
    }
}

impl<'a> PathIndex<'a> {
    /// About `count` paths.
    pub(super) fn new(count: usize, paths: impl Iterator<Item = (FileNo, &'a Path)>) -> Self {
        let here = Here::now();
        let mut by_folded: HashMap<String, Alike<'_>> = HashMap::with_capacity(count);
        for (file, path) in paths {
            let path = here.place(path);
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
    fn find(&self, path: &Path) -> Files<'_> {
        let Some(alike) = self.by_folded.get(&fold(path)) else { return Files::None };
        match alike.iter().find(|(exact, _)| *exact == path) {
            Some((_, file)) => Files::Exact(*file),
            None => Files::Alike(alike),
        }
    }
}

fn fold(path: &Path) -> String {
    to_upper(&path.to_string_lossy())
}

/// Where `hint`, recorded in a file in `folder`, leads.
pub(super) fn follow<'i>(
    hint: &PathHint,
    folder: &Path,
    index: &'i PathIndex<'_>,
    scope: &Scope,
    map: &PathMap,
) -> Leads<'i> {
    // Two of the three paths that a disk records start from places that nothing here knows.
    if map.is_empty() && !knows_hosts(map) && WindowsPath::kind_of(&hint.path) != PathKind::Relative {
        return Leads::Elsewhere;
    }
    let recorded = WindowsPath::parse(&hint.path);
    if let Ok(Some(mapped)) = map.map(&recorded) {
        return at(&index.here.place(&mapped.path()), index, scope, FoundBy::Map);
    }
    // A path to a share or a device is never followed.
    if recorded.is_unc() || recorded.is_device() {
        return Leads::Elsewhere;
    }
    if recorded.is_relative() {
        return match path_from(&index.here.place(folder), &recorded) {
            Ok(path) => at(&index.here.place(&path), index, scope, found_by(hint.kind)),
            Err(_) => Leads::Elsewhere,
        };
    }
    match on_its_host(&recorded, map) {
        Some(host) => at(&host, index, scope, found_by(hint.kind)),
        None => Leads::Elsewhere,
    }
}

/// Whether it can be told where a path from a drive leads without a map.
fn knows_hosts(map: &PathMap) -> bool {
    cfg!(windows) || map.drives().is_some()
}

/// Where a path from a drive, a share or a volume leads on the host that recorded it, where that can be told: on Windows
/// itself, and among the paths of a host that runs it. It is text to be compared with the files of a walk, and nothing is
/// opened by it.
pub fn on_its_host(recorded: &WindowsPath, map: &PathMap) -> Option<PathBuf> {
    if recorded.is_device() || !knows_hosts(map) {
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
pub(super) fn same_folder<'i>(hint: &PathHint, folder: &Path, index: &'i PathIndex<'_>) -> Files<'i> {
    let recorded = WindowsPath::parse(&hint.path);
    let Some(name) = recorded.file_name() else { return Files::None };
    match path_from(&index.here.place(folder), &WindowsPath::parse(name)) {
        Ok(path) => index.find(&path),
        Err(_) => Files::None,
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

fn at<'i>(path: &Path, index: &'i PathIndex<'_>, scope: &Scope, by: FoundBy) -> Leads<'i> {
    match index.find(path) {
        Files::None if scope.contains(path) => Leads::NotThere,
        Files::None => Leads::Elsewhere,
        files => Leads::To(files, by),
    }
}
