//! What is on the disks that nobody is known to need, so that a person can recognise them.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::analysis::contents::{self, Contents};
use crate::chain::FileNo;
use crate::error::{Error, Result};
use crate::estate::verdict::{Confidence, Group};
use crate::estate::{FoundFile, NamedPath, OriginNo};
use crate::limits::MAX_JOBS;

use super::{ChainPolicy, ChainStatus, Inspection, OpenedDisk};

/// Which disks are looked into.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Recognise {
    /// None.
    #[default]
    Nothing,
    /// The leaves of which it is not certain that they are in use: each costs a few small reads, and the disks in use
    /// are told by their machines.
    Unclaimed,
    /// All leaves, as a bundle needs them: what another host saw can make a use less sure.
    Leaves,
    /// Every disk that was named.
    Named,
}

impl Inspection {
    /// What is on a disk, or why that cannot be read; `None` where it was not looked into.
    pub fn contents(&self, file: FileNo) -> Option<&Result<Contents>> {
        self.contents.get(&file)
    }

    /// Looks into the disks, several at once.
    pub(super) fn recognise(&mut self, which: Recognise, jobs: usize) {
        let wanted: Vec<FileNo> = match which {
            Recognise::Nothing => return,
            Recognise::Unclaimed => {
                self.reported().filter(|one| self.is_unclaimed_leaf(*one)).map(|one| one.0).collect()
            }
            Recognise::Leaves => self.reported().filter(|one| self.is_leaf(*one)).map(|one| one.0).collect(),
            Recognise::Named => {
                self.files().filter(|(_, file)| file.named && file.is_image()).map(|one| one.0).collect()
            }
        };
        let found = Mutex::new(BTreeMap::new());
        let next = AtomicUsize::new(0);
        let work = || {
            while let Some(number) = wanted.get(next.fetch_add(1, Ordering::Relaxed)) {
                let contents = self.look_into(*number);
                if let Ok(mut found) = found.lock() {
                    found.insert(*number, contents);
                }
            }
        };
        std::thread::scope(|scope| {
            for _ in 1..jobs.clamp(1, MAX_JOBS).min(wanted.len()) {
                scope.spawn(work);
            }
            work();
        });
        self.contents = found.into_inner().unwrap_or_default();
    }

    /// Forgets what is on the disks that are certainly in use, whose machines tell what they are.
    pub fn forget_claimed(&mut self) {
        let told = std::mem::take(&mut self.contents);
        let is_shown = |number: FileNo| self.file(number).is_some_and(|file| self.is_unclaimed_leaf((number, file)));
        let kept = told.into_iter().filter(|(number, _)| is_shown(*number)).collect();
        self.contents = kept;
    }

    /// Takes what other runs found on the disks that this one would look into. Where no run had all files of the chain,
    /// what kept it is not what keeps the disk from being known; where one had them, its reason stands.
    pub(super) fn take_contents(&mut self, mut told: BTreeMap<NamedPath, Result<Contents>>) {
        let mut taken = BTreeMap::new();
        for (number, file) in self.reported().filter(|one| self.is_unclaimed_leaf(*one)) {
            let own = std::iter::once(&file.path).chain(&file.other_paths).map(|path| (file.origin, path));
            let paths = own.chain(file.elsewhere.iter().map(|(origin, path)| (*origin, path)));
            let found = paths.filter_map(|(origin, path)| {
                told.remove(&NamedPath { origin, path: path.clone() }).map(|contents| (origin, contents))
            });
            // The first that could read it, else the first that had all files, else the first.
            let found = found.map(|(origin, contents)| (self.saw_chain(origin, number), contents));
            let best = found.reduce(
                |best, next| {
                    if (best.1.is_ok(), best.0) >= (next.1.is_ok(), next.0) { best } else { next }
                },
            );
            let Some((saw_all, contents)) = best else { continue };
            let is_whole = !saw_all && self.chain(number).status == ChainStatus::Complete;
            taken.insert(
                number,
                match contents {
                    Err(_) if is_whole => {
                        let why = "no single scan had all files of its chain, so that it could not be looked into";
                        Err(Error::refused("", None, why))
                    }
                    contents => contents,
                },
            );
        }
        self.contents = taken;
    }

    /// Whether one run saw all files of a chain.
    fn saw_chain(&self, origin: OriginNo, number: FileNo) -> bool {
        self.forest.ancestry(number).all(|number| {
            self.file(number)
                .is_some_and(|file| file.origin == origin || file.elsewhere.iter().any(|(other, _)| *other == origin))
        })
    }

    fn is_unclaimed_leaf(&self, (number, file): (FileNo, &FoundFile)) -> bool {
        let in_use = self.verdict(number).is_some_and(|verdict| {
            verdict.class.group() == Group::InUse && verdict.confidence == Confidence::Confirmed
        });
        !in_use && self.is_leaf((number, file))
    }

    fn is_leaf(&self, (number, file): (FileNo, &FoundFile)) -> bool {
        // What is no disk has its reason beside it already.
        file.is_image() && file.disk.is_some() && self.forest.children(number).is_empty()
    }

    /// Looks at what was read before, and opens no more than that leaves open; what has changed since is read anew.
    fn look_into(&self, number: FileNo) -> Result<Contents> {
        let known = self.open_disk_by(FoundFile::open_image_when_read, number, ChainPolicy::default());
        known.and_then(Self::read_contents).or_else(|_| {
            let opened = self.open_disk(number, ChainPolicy::default())?;
            Self::read_contents(opened)
        })
    }

    fn read_contents(opened: OpenedDisk) -> Result<Contents> {
        match opened.unproved.first() {
            Some(why) => Err(Error::refused("", None, why.as_str())),
            None => contents::read(&opened.disk),
        }
    }
}
