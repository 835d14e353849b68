//! Where a recorded path leads among the files that were read. Nothing is opened and no folder is listed.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::path::{Path, PathBuf};

use crate::image::{HintKind, PathHint};

use super::scope::{Here, Scope};
use super::windows_path::{PathKind, PathMap, RelativePath, WindowsPath, eq_ignore_case, to_upper, usable_name};
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
    Alike(&'i [Placed<'i>]),
}

impl<'i> Files<'i> {
    /// The files in their order.
    pub(super) fn iter(self) -> impl Iterator<Item = FileNo> + 'i {
        let (one, alike) = match self {
            Self::None => (None, &[][..]),
            Self::Exact(file) => (Some(file), &[][..]),
            Self::Alike(alike) => (None, alike),
        };
        one.into_iter().chain(alike.iter().map(|placed| placed.file))
    }
}

/// The files by their paths, as Windows compares them.
#[derive(Debug)]
pub(super) struct PathIndex<'a> {
    /// By the hash of the path in upper case, so that no path is kept in upper case; those that differ in case alone stand
    /// together, in the order of the files.
    placed: Vec<Placed<'a>>,
    keys: RandomState,
    here: Here,
}

/// A file at one of its paths.
#[derive(Debug)]
pub(super) struct Placed<'a> {
    hash: u64,
    path: Cow<'a, Path>,
    file: FileNo,
}

impl<'a> PathIndex<'a> {
    /// About `count` paths.
    pub(super) fn new(count: usize, paths: impl Iterator<Item = (FileNo, &'a Path)>) -> Self {
        let (here, keys) = (Here::now(), RandomState::new());
        let mut placed = Vec::with_capacity(count);
        placed.extend(paths.map(|(file, path)| {
            let path = here.place(path);
            Placed { hash: hash(&keys, &path), path, file }
        }));
        // Two paths of one hash are hardly ever two in upper case.
        let folded = |a: &Path, b: &Path| if is_alike(a, b) { Ordering::Equal } else { fold(a).cmp(&fold(b)) };
        placed.sort_unstable_by(|a, b| {
            a.hash.cmp(&b.hash).then_with(|| folded(&a.path, &b.path)).then_with(|| a.file.cmp(&b.file))
        });
        Self { placed, keys, here }
    }

    /// The place of a path.
    pub(super) fn place<'p>(&self, path: &'p Path) -> Cow<'p, Path> {
        self.here.place(path)
    }

    /// The file at a path: the one spelled exactly so, else all that differ from it in case alone.
    fn find(&self, path: &Path) -> Files<'_> {
        let hash = hash(&self.keys, path);
        let start = self.placed.partition_point(|placed| placed.hash < hash);
        let from = self.placed.get(start..).unwrap_or_default();
        let mut runs = from.chunk_by(|a, b| a.hash == b.hash && is_alike(&a.path, &b.path));
        let alike = runs.find(|run| run.first().is_some_and(|first| first.hash != hash || is_alike(&first.path, path)));
        match alike.filter(|run| run.first().is_some_and(|first| first.hash == hash)) {
            None => Files::None,
            Some(alike) => match alike.iter().find(|placed| *placed.path == *path) {
                Some(exact) => Files::Exact(exact.file),
                None => Files::Alike(alike),
            },
        }
    }
}

/// The hash of a path in upper case.
fn hash(keys: &RandomState, path: &Path) -> u64 {
    let mut hasher = keys.build_hasher();
    let text = path.as_os_str().as_encoded_bytes();
    if !text.is_ascii() {
        hasher.write(fold(path).as_bytes());
        return hasher.finish();
    }
    let mut upper = [0_u8; 64];
    for piece in text.chunks(upper.len()) {
        if let Some(upper) = upper.get_mut(..piece.len()) {
            upper.copy_from_slice(piece);
            upper.make_ascii_uppercase();
            hasher.write(upper);
        }
    }
    hasher.finish()
}

/// Whether two paths are the same to Windows.
fn is_alike(a: &Path, b: &Path) -> bool {
    let (a, b) = (a.as_os_str(), b.as_os_str());
    a.eq_ignore_ascii_case(b)
        || !a.is_ascii() && !b.is_ascii() && eq_ignore_case(&a.to_string_lossy(), &b.to_string_lossy())
}

fn fold(path: &Path) -> String {
    to_upper(&path.to_string_lossy())
}

/// Where `hint`, recorded in a file in `folder`, leads; the folder is a [place](PathIndex::place).
pub(super) fn follow<'i>(
    hint: &PathHint,
    folder: &Path,
    index: &'i PathIndex<'_>,
    scope: &Scope,
    map: &PathMap,
) -> Leads<'i> {
    // A path to a share or a device is never followed. No map leads on from a relative path.
    if let Some(relative) = RelativePath::of(&hint.path) {
        return match relative.lead_from(folder) {
            Ok(path) if !relative.is_device() => at(&index.place(&path), index, scope, found_by(hint.kind)),
            Ok(_) | Err(_) => Leads::Elsewhere,
        };
    }
    // Two of the three paths that a disk records start from places that nothing here knows.
    if map.is_empty() && !knows_hosts(map) {
        return Leads::Elsewhere;
    }
    let recorded = WindowsPath::parse(&hint.path);
    if let Ok(Some(mapped)) = map.map(&recorded) {
        return at(&index.place(&mapped.path()), index, scope, FoundBy::Map);
    }
    if recorded.is_unc() || recorded.is_device() {
        return Leads::Elsewhere;
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

/// The file of the hint's name in the child's own folder, which is a [place](PathIndex::place).
pub(super) fn same_folder<'i>(hint: &PathHint, folder: &Path, index: &'i PathIndex<'_>) -> Files<'i> {
    let recorded = WindowsPath::parse(&hint.path);
    let name = recorded.file_name().and_then(RelativePath::of);
    match name.map(|name| name.lead_from(folder)) {
        Some(Ok(path)) => index.find(&path),
        None | Some(Err(_)) => Files::None,
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
