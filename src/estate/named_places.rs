//! The files by the names and folders of all paths that lead to them, as Windows compares them.

use std::cell::RefCell;
use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use crate::chain::windows_path::to_upper;
use crate::chain::{FileNo, Here};
use crate::limits::MAX_ATTACHED_CANDIDATES;

use super::FileFacts;
use super::names::disk_stem;

/// The files by the names of their places.
#[derive(Debug)]
pub(super) struct NamedPlaces<'a> {
    by_name: HashMap<String, Namesakes<'a>>,
    by_stem: HashMap<String, Namesakes<'a>>,
    folders: HashSet<String>,
    files: &'a [FileFacts],
    here: Here,
}

/// One path of a file.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Spot<'a> {
    /// The names of the folders as Windows compares them, the innermost first.
    folder: Rc<[String]>,
    file: FileNo,
    path: &'a Path,
}

/// The files of ranges of spots, each by where it starts and ends.
type FilesByRange = BTreeMap<(usize, usize), Rc<[FileNo]>>;

/// The files of one name.
#[derive(Debug, Default)]
pub(super) struct Namesakes<'a> {
    spots: Vec<Spot<'a>>,
    /// The files of those ranges of the spots that were asked for: thousands of machines call their disks alike.
    files: RefCell<FilesByRange>,
}

impl<'a> NamedPlaces<'a> {
    pub(super) fn new(files: &'a [FileFacts]) -> Self {
        let here = Here::now();
        let mut by_name: HashMap<String, Namesakes<'_>> = HashMap::new();
        let mut by_stem: HashMap<String, Namesakes<'_>> = HashMap::new();
        let mut folders = HashSet::new();
        let mut names_of: HashMap<&Path, Rc<[String]>> = HashMap::new();
        for (number, facts) in files.iter().enumerate() {
            let file = FileNo(number);
            let mut stems = BTreeSet::new();
            for path in facts.places() {
                let name = path.file_name().map(|name| to_upper(&name.to_string_lossy()));
                let (name, folder) = match (name, path.parent()) {
                    (Some(name), Some(parent)) if here.absolute(path) == path => {
                        let names = names_of.entry(parent).or_insert_with(|| {
                            folders.insert(fold(parent));
                            parts(parent).into()
                        });
                        (name, Rc::clone(names))
                    }
                    _ => {
                        folders.extend(path.parent().map(|parent| fold(&here.absolute(parent))));
                        let (name, folder) = split(path, &here);
                        (name, folder.into())
                    }
                };
                if facts.kind.is_image() {
                    stems.insert(disk_stem(&name));
                }
                by_name.entry(name).or_default().spots.push(Spot { folder, file, path });
            }
            // A file is looked for in all its folders, whatever it is called in each.
            for stem in stems {
                let spots = facts.places().map(|path| Spot { folder: split(path, &here).1.into(), file, path });
                by_stem.entry(stem).or_default().spots.extend(spots);
            }
        }
        for namesakes in by_name.values_mut().chain(by_stem.values_mut()) {
            namesakes.spots.sort_unstable();
        }
        Self { by_name, by_stem, folders, files, here }
    }

    /// The files of a name; `None` where there is none.
    pub(super) fn called(&self, name: &str) -> Option<&Namesakes<'a>> {
        self.by_name.get(&to_upper(name))
    }

    /// The files at a path: of those whose paths differ in case alone, the one spelled exactly so, else those of the
    /// very name.
    pub(super) fn at(&self, path: &Path) -> Vec<FileNo> {
        let path = self.here.absolute(path);
        let (name, folder) = split(&path, &self.here);
        let Some(namesakes) = self.by_name.get(&name) else { return Vec::new() };
        let alike = namesakes.spots.get(namesakes.range(|spot| (*spot.folder).cmp(&folder))).unwrap_or_default();
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
            self.by_name.get(&name).into_iter().flat_map(move |namesakes| {
                let range = namesakes.range(|spot| (*spot.folder).cmp(&folder));
                namesakes.spots.get(range).unwrap_or_default().iter().map(|spot| spot.file)
            })
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
        let Some(alike) = self.by_stem.get(&disk_stem(&to_upper(name))) else { return Vec::new() };
        let mut likely = BTreeSet::new();
        for folder in near {
            let folder = parts(&self.here.absolute(folder));
            let there = alike.files_in(alike.range(|spot| (*spot.folder).cmp(&folder)));
            likely.extend(there.iter().copied().take(MAX_ATTACHED_CANDIDATES));
        }
        if let Some(innermost) = recorded.get(..1) {
            likely.extend(alike.sharing(innermost).iter().copied().take(MAX_ATTACHED_CANDIDATES));
        }
        likely.into_iter().take(MAX_ATTACHED_CANDIDATES).collect()
    }
}

impl Namesakes<'_> {
    /// All of them, each once.
    pub(super) fn files(&self) -> Rc<[FileNo]> {
        self.files_in(0..self.spots.len())
    }

    /// Those whose last folders are most like the recorded ones, which are given innermost first, and how many of these
    /// they have in common.
    pub(super) fn likest(&self, recorded: &[String]) -> (usize, Rc<[FileNo]>) {
        // Whatever has most in common stands next to where the recorded folders would stand.
        let at = self.spots.partition_point(|spot| *spot.folder < *recorded);
        let tail = |place: Option<usize>| Some(common(&self.spots.get(place?)?.folder, recorded));
        let tail = tail(at.checked_sub(1)).max(tail(Some(at))).unwrap_or(0);
        (tail, self.sharing(recorded.get(..tail).unwrap_or_default()))
    }

    /// Those in folders of which the innermost are these.
    pub(super) fn sharing(&self, innermost: &[String]) -> Rc<[FileNo]> {
        let head = |spot: &Spot<'_>| spot.folder.get(..innermost.len()).unwrap_or(&spot.folder).cmp(innermost);
        self.files_in(self.range(head))
    }

    /// The part of the sorted spots for which the answer is `Equal`.
    fn range(&self, order: impl Fn(&Spot<'_>) -> Ordering) -> Range<usize> {
        let start = self.spots.partition_point(|spot| order(spot).is_lt());
        start..self.spots.partition_point(|spot| order(spot).is_le())
    }

    /// The files of a range, each once and in their order.
    fn files_in(&self, range: Range<usize>) -> Rc<[FileNo]> {
        let mut known = self.files.borrow_mut();
        let files = known.entry((range.start, range.end)).or_insert_with(|| {
            let spots = self.spots.get(range).unwrap_or_default();
            spots.iter().map(|spot| spot.file).collect::<BTreeSet<_>>().into_iter().collect()
        });
        Rc::clone(files)
    }
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
