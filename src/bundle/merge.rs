//! The files of several runs as one list: each file once, whichever runs and hosts saw it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use crate::estate::{FoundFile, Namespace, Origin, OriginNo};
use crate::source::FileId;

use super::same::{self, Key};

/// The files so far.
#[derive(Debug)]
pub(super) struct Merge<'a> {
    origins: &'a [Origin],
    files: Vec<FoundFile>,
    by_place: BTreeMap<PathBuf, usize>,
    by_key: BTreeMap<Key, BTreeSet<usize>>,
    /// By the host's number and the file's own: the names of one file on one host (hard links) may come from two runs.
    by_link: BTreeMap<(usize, FileId), usize>,
    /// Records whose facts another one replaced.
    replaced: BTreeSet<(OriginNo, PathBuf)>,
}

impl<'a> Merge<'a> {
    pub(super) fn new(origins: &'a [Origin]) -> Self {
        Self {
            origins,
            files: Vec::new(),
            by_place: BTreeMap::new(),
            by_key: BTreeMap::new(),
            by_link: BTreeMap::new(),
            replaced: BTreeSet::new(),
        }
    }

    /// Adds a file as one run saw it.
    pub(super) fn add(&mut self, file: FoundFile) {
        let places: Vec<PathBuf> = self.places(&file);
        let keys = Key::of(&file);
        let known = places.iter().find_map(|place| self.by_place.get(place)).copied();
        let link = self.link(&file);
        let known = known.or_else(|| self.on_same_host(&file, link?));
        let number = match known.or_else(|| self.on_other_host(&file, &keys)) {
            Some(number) => {
                self.join(number, file);
                number
            }
            None => {
                self.files.push(file);
                self.files.len().saturating_sub(1)
            }
        };
        for place in places {
            self.by_place.entry(place).or_insert(number);
        }
        if let Some(link) = link {
            self.by_link.entry(link).or_insert(number);
        }
        for key in keys {
            self.by_key.entry(key).or_default().insert(number);
        }
    }

    /// The files, sorted by path, and the records whose facts are not used.
    pub(super) fn finish(mut self) -> (Vec<FoundFile>, BTreeSet<(OriginNo, PathBuf)>) {
        for file in &mut self.files {
            file.other_paths.sort();
            file.elsewhere.sort_by(|a, b| (&a.1, a.0).cmp(&(&b.1, b.0)));
        }
        self.files.sort_by(|a, b| (&a.path, a.origin).cmp(&(&b.path, b.origin)));
        (self.files, self.replaced)
    }

    fn origin(&self, number: OriginNo) -> Option<&'a Origin> {
        self.origins.get(number.0)
    }

    fn place(&self, origin: OriginNo, path: &Path) -> PathBuf {
        self.origin(origin).map_or_else(|| path.to_owned(), |origin| origin.place(path))
    }

    fn places(&self, file: &FoundFile) -> Vec<PathBuf> {
        let own = std::iter::once(&file.path).chain(&file.other_paths).map(|path| self.place(file.origin, path));
        own.chain(file.elsewhere.iter().map(|(origin, path)| self.place(*origin, path))).collect()
    }

    /// The host's number and the file's own.
    fn link(&self, file: &FoundFile) -> Option<(usize, FileId)> {
        let Namespace::Host { number, .. } = self.origin(file.origin)?.namespace else { return None };
        Some((number, file.id?))
    }

    fn on_same_host(&self, file: &FoundFile, link: (usize, FileId)) -> Option<usize> {
        let number = *self.by_link.get(&link)?;
        same::is_one_link(self.files.get(number)?, file).then_some(number)
    }

    fn on_other_host(&self, file: &FoundFile, keys: &[Key]) -> Option<usize> {
        let own = self.origin(file.origin)?;
        let candidates = keys.iter().filter_map(|key| self.by_key.get(key)).flatten().copied();
        candidates.into_iter().find(|number| {
            let Some(known) = self.files.get(*number) else { return false };
            let Some(other) = self.origin(known.origin) else { return false };
            let both_windows = is_windows(own) && is_windows(other);
            !own.is_same_host(other) && same::is_one_file(known, file, both_windows)
        })
    }

    /// Keeps the better of two records of one file: the one that could read it, then the later one.
    fn join(&mut self, number: usize, other: FoundFile) {
        let worth = |file: &FoundFile| {
            (file.is_readable(), self.origin(file.origin).and_then(|origin| origin.as_of), file.named)
        };
        let Some(known) = self.files.get(number) else { return };
        // Of the names of one file the first is its path, as in one scan.
        let is_first = |other: &FoundFile| {
            let same_host =
                self.origin(known.origin).zip(self.origin(other.origin)).is_some_and(|(a, b)| a.is_same_host(b));
            same_host && other.path < known.path
        };
        let other_is_better = worth(&other) > worth(known) || (worth(&other) == worth(known) && is_first(&other));
        let Some(slot) = self.files.get_mut(number) else { return };
        let known = std::mem::replace(slot, FoundFile::new(PathBuf::new()));
        let (mut kept, left) = if other_is_better { (other, known) } else { (known, other) };
        kept.named |= left.named;
        let mut places: BTreeSet<PathBuf> = self.places(&kept).into_iter().collect();
        let own = std::iter::once(&left.path).chain(&left.other_paths).map(|path| (left.origin, path.clone()));
        for (origin, path) in own.chain(left.elsewhere.iter().cloned()) {
            let place = self.place(origin, &path);
            let is_of_kept = self.place(kept.origin, &path) == place;
            match (places.insert(place), is_of_kept) {
                (false, _) => {}
                (true, true) => kept.other_paths.push(path),
                (true, false) => kept.elsewhere.push((origin, path)),
            }
        }
        self.replaced.insert((left.origin, left.path));
        if let Some(slot) = self.files.get_mut(number) {
            *slot = kept;
        }
    }
}

fn is_windows(origin: &Origin) -> bool {
    matches!(origin.namespace, Namespace::Host { windows: true, .. })
}
