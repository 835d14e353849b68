//! The files by the names and folders of all paths that lead to them, as Windows compares them.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::path::{Path, PathBuf};

use crate::chain::windows_path::to_upper;
use crate::chain::{FileNo, Here};
use crate::limits::MAX_ATTACHED_CANDIDATES;

use super::FileFacts;
use super::names::disk_stem;

/// The files by the names of their places.
#[derive(Debug)]
pub(super) struct NamedPlaces<'a> {
    by_name: HashMap<String, Vec<Spot<'a>>>,
    by_stem: HashMap<String, BTreeSet<FileNo>>,
    folders: HashSet<String>,
    files: &'a [FileFacts],
    here: Here,
}

/// One path of a file.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Spot<'a> {
    /// The names of the folders as Windows compares them, the innermost first.
    folder: Vec<String>,
    file: FileNo,
    path: &'a Path,
}

/// The files of one name.
#[derive(Clone, Copy, Debug)]
pub(super) struct Namesakes<'p, 'a>(&'p [Spot<'a>]);

impl<'a> NamedPlaces<'a> {
    pub(super) fn new(files: &'a [FileFacts]) -> Self {
        let here = Here::now();
        let mut by_name: HashMap<String, Vec<Spot<'_>>> = HashMap::new();
        let mut by_stem: HashMap<String, BTreeSet<FileNo>> = HashMap::new();
        let mut folders = HashSet::new();
        for (number, facts) in files.iter().enumerate() {
            let file = FileNo(number);
            for path in facts.places() {
                let (name, folder) = split(path, &here);
                if let Some(parent) = path.parent() {
                    let parent = fold(&here.absolute(parent));
                    if !folders.contains(&parent) {
                        folders.insert(parent);
                    }
                }
                if facts.kind.is_image() {
                    by_stem.entry(disk_stem(&name)).or_default().insert(file);
                }
                by_name.entry(name).or_default().push(Spot { folder, file, path });
            }
        }
        #[expect(clippy::iter_over_hash_type, reason = "each list is sorted by itself, in whatever order")]
        for spots in by_name.values_mut() {
            spots.sort_unstable();
        }
        Self { by_name, by_stem, folders, files, here }
    }

    /// The files of a name.
    pub(super) fn called(&self, name: &str) -> Namesakes<'_, 'a> {
        Namesakes(self.by_name.get(&to_upper(name)).map(Vec::as_slice).unwrap_or_default())
    }

    /// The files at a path: of those whose paths differ in case alone, the one spelled exactly so, else those of the
    /// very name.
    pub(super) fn at(&self, path: &Path) -> Vec<FileNo> {
        let path = self.here.absolute(path);
        let (name, folder) = split(&path, &self.here);
        let Some(spots) = self.by_name.get(&name) else { return Vec::new() };
        let alike = range(spots, |spot| spot.folder.as_slice().cmp(&folder));
        let distinct = |keep: &dyn Fn(&&Spot<'_>) -> bool| -> Vec<FileNo> {
            alike.iter().filter(keep).map(|spot| spot.file).collect::<BTreeSet<_>>().into_iter().collect()
        };
        let all = distinct(&|_| true);
        if all.len() < 2 {
            return all;
        }
        let exact = distinct(&|spot| spot.path == path);
        let named = distinct(&|spot| spot.path.file_name() == path.file_name());
        [exact, named].into_iter().find(|some| !some.is_empty()).unwrap_or(all)
    }

    /// Other files that lie where a file does, under names that differ from its own in case alone.
    pub(super) fn twins(&self, file: FileNo) -> BTreeSet<FileNo> {
        let places = self.files.get(file.0).into_iter().flat_map(FileFacts::places);
        let alike = places.flat_map(|place| {
            let (name, folder) = split(place, &self.here);
            let spots = self.by_name.get(&name).map(Vec::as_slice).unwrap_or_default();
            range(spots, |spot| spot.folder.as_slice().cmp(&folder)).iter().map(|spot| spot.file)
        });
        alike.filter(|other| *other != file).collect()
    }

    /// Whether any file lies in a folder.
    pub(super) fn has_folder(&self, folder: &Path) -> bool {
        self.folders.contains(&fold(&self.here.absolute(folder)))
    }

    /// Whether any file lies in the folder of a path.
    pub(super) fn has_folder_of(&self, path: &Path) -> bool {
        path.parent().is_some_and(|folder| self.has_folder(folder))
    }

    /// How many of its last folders a path has in common with a recorded one.
    pub(super) fn common_tail(&self, folder: &Path, recorded: &[String]) -> usize {
        common(&parts(&self.here.absolute(folder)), recorded)
    }

    /// How many of its last folders any path of a file has in common with a recorded one.
    pub(super) fn tail_of(&self, file: FileNo, recorded: &[String]) -> usize {
        let places = self.files.get(file.0).into_iter().flat_map(FileFacts::places);
        places.filter_map(Path::parent).map(|folder| self.common_tail(folder, recorded)).max().unwrap_or(0)
    }

    /// The disks whose names, but for what Hyper-V appends, are `name`, in one of these folders or in one that is called
    /// as the recorded one.
    pub(super) fn of_stem(&self, name: &str, near: &[PathBuf], recorded: &[String]) -> Vec<FileNo> {
        let near: BTreeSet<String> = near.iter().map(|folder| fold(&self.here.absolute(folder))).collect();
        let alike = self.by_stem.get(&disk_stem(&to_upper(name))).into_iter().flatten();
        let likely = alike.filter(|file| {
            let places = self.files.get(file.0).into_iter().flat_map(FileFacts::places);
            places.filter_map(Path::parent).any(|folder| {
                near.contains(&fold(&self.here.absolute(folder))) || self.common_tail(folder, recorded) > 0
            })
        });
        likely.copied().take(MAX_ATTACHED_CANDIDATES).collect()
    }
}

impl Namesakes<'_, '_> {
    /// All of them, each once.
    pub(super) fn files(self) -> Vec<FileNo> {
        self.0.iter().map(|spot| spot.file).collect::<BTreeSet<_>>().into_iter().collect()
    }

    /// Those whose last folders are most like the recorded ones, which are given innermost first, and how many of these
    /// they have in common.
    pub(super) fn likest(self, recorded: &[String]) -> (usize, Vec<FileNo>) {
        // Whatever has most in common stands next to where the recorded folders would stand.
        let at = self.0.partition_point(|spot| spot.folder.as_slice() < recorded);
        let tail = |place: Option<usize>| Some(common(&self.0.get(place?)?.folder, recorded));
        let tail = tail(at.checked_sub(1)).max(tail(Some(at))).unwrap_or(0);
        (tail, self.sharing(recorded.get(..tail).unwrap_or_default()))
    }

    /// Those in folders of which the innermost are these.
    pub(super) fn sharing(self, innermost: &[String]) -> Vec<FileNo> {
        let head = |spot: &Spot<'_>| spot.folder.get(..innermost.len()).unwrap_or(&spot.folder).cmp(innermost);
        Self(range(self.0, head)).files()
    }
}

/// The part of a sorted list for which the answer is `Equal`.
fn range<'p, 'a>(spots: &'p [Spot<'a>], order: impl Fn(&Spot<'_>) -> std::cmp::Ordering) -> &'p [Spot<'a>] {
    let start = spots.partition_point(|spot| order(spot).is_lt());
    let end = spots.partition_point(|spot| order(spot).is_le());
    spots.get(start..end).unwrap_or_default()
}

/// Names without the last of them, which is the file's, innermost first.
pub(super) fn reversed(names: impl DoubleEndedIterator<Item = String>) -> Vec<String> {
    names.rev().skip(1).collect()
}

fn split(path: &Path, here: &Here) -> (String, Vec<String>) {
    let mut parts = parts(&here.absolute(path)).into_iter();
    (parts.next().unwrap_or_default(), parts.collect())
}

/// The names of a path, innermost first.
fn parts(path: &Path) -> Vec<String> {
    path.components().rev().map(|part| to_upper(&part.as_os_str().to_string_lossy())).collect()
}

fn common(a: &[String], b: &[String]) -> usize {
    a.iter().zip(b).take_while(|(a, b)| a == b).count()
}

fn fold(path: &Path) -> String {
    to_upper(&path.to_string_lossy())
}
