//! Files that were read in any order, brought back into theirs and handed on one by one; one file is one file, however
//! many paths lead to it.

use std::collections::BTreeMap;
use std::path::Path;

use crate::source::FileId;

use super::FoundFile;

/// What comes next in the order of the files.
#[derive(Debug)]
pub enum Arrival<'a, T> {
    /// A file that did not come before, with what was made of it; also one that came before, under paths that were not
    /// named, and now comes under one that is.
    File(&'a FoundFile, T),
    /// A further path of a file that came before.
    OtherPath(&'a FoundFile, &'a Path),
    /// The next file in order is not read yet.
    Pause,
}

/// A file and what was made of it.
pub(super) struct Read<T> {
    pub(super) file: FoundFile,
    pub(super) made: T,
}

/// Files on their way into order.
pub(super) struct Turns<T, F> {
    /// The number of the file whose turn it is.
    pub(super) next: usize,
    waiting: BTreeMap<usize, Read<T>>,
    files: Vec<FoundFile>,
    by_id: BTreeMap<FileId, usize>,
    arrive: F,
}

impl<T, F: FnMut(Arrival<'_, T>)> Turns<T, F> {
    /// `total` files are to come.
    pub(super) fn new(total: usize, arrive: F) -> Self {
        let files = Vec::with_capacity(total);
        Self { next: 0, waiting: BTreeMap::new(), files, by_id: BTreeMap::new(), arrive }
    }

    /// Takes a file, and hands on all those whose turn has come.
    pub(super) fn add(&mut self, number: usize, read: Read<T>) {
        if number != self.next {
            self.waiting.insert(number, read);
            return;
        }
        let mut turn = Some(read);
        while let Some(read) = turn {
            self.take(read);
            self.next = self.next.saturating_add(1);
            turn = self.waiting.remove(&self.next);
        }
        (self.arrive)(Arrival::Pause);
    }

    /// All files in order. Those that still wait, because one before them was not read any more, come last.
    pub(super) fn finish(mut self) -> Vec<FoundFile> {
        for read in std::mem::take(&mut self.waiting).into_values() {
            self.take(read);
        }
        self.files
    }

    fn take(&mut self, read: Read<T>) {
        let Read { mut file, made } = read;
        let known = file.id.and_then(|id| self.by_id.get(&id));
        match known.and_then(|known| self.files.get_mut(*known)) {
            Some(first) if file.named && !first.named => {
                // What is to be reported has been read further.
                std::mem::swap(first, &mut file);
                first.other_paths = std::mem::take(&mut file.other_paths);
                first.other_paths.push(file.path);
                (self.arrive)(Arrival::File(first, made));
                for path in &first.other_paths {
                    (self.arrive)(Arrival::OtherPath(first, path));
                }
            }
            Some(first) => {
                (self.arrive)(Arrival::OtherPath(first, &file.path));
                first.other_paths.push(file.path);
            }
            None => {
                if let Some(id) = file.id {
                    self.by_id.insert(id, self.files.len());
                }
                (self.arrive)(Arrival::File(&file, made));
                self.files.push(file);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(path: &str, id: u64, named: bool) -> Read<u64> {
        let file = FoundFile { id: Some(FileId::new(1, id)), named, ..FoundFile::new(path.into()) };
        Read { file, made: id }
    }

    #[test]
    fn files_come_in_order_and_each_once() {
        let mut came = Vec::new();
        let mut turns = Turns::new(7, |arrival: Arrival<'_, u64>| {
            came.push(match arrival {
                Arrival::File(file, made) => format!("{} {made}", file.path.display()),
                Arrival::OtherPath(file, path) => format!("{} is {}", path.display(), file.path.display()),
                Arrival::Pause => "-".to_owned(),
            });
        });
        turns.add(2, read("c", 7, true));
        turns.add(1, read("b", 8, true));
        turns.add(0, read("a", 7, false));
        turns.add(4, read("e", 7, true));
        turns.add(3, read("d", 8, true));
        turns.add(6, read("g", 9, true));
        let files = turns.finish();
        assert_eq!(came, ["a 7", "b 8", "c 7", "a is c", "-", "d is b", "e is c", "-", "g 9"]);
        let paths = |file: &FoundFile| (file.path.clone(), file.other_paths.clone());
        let expected = [("c", vec!["a", "e"]), ("b", vec!["d"]), ("g", vec![])];
        let expected = expected.map(|(path, others)| (path.into(), others.into_iter().map(Into::into).collect()));
        assert_eq!(files.iter().map(paths).collect::<Vec<_>>(), expected);
    }
}
