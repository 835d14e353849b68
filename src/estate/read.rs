//! Reading the files of a walk: many threads, for cold reads wait rather than compute, and results in the order of the
//! files.

use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::error::Error;
use crate::image::vhdx::Depth;
use crate::image::{DiskFacts, FileKind, Image, KindBy, OpenOptions};
use crate::source::{FewReads, Pace, ReadAt, Timed, WithStart};
use crate::vm::VmFile;

use super::opened::{Io, Opened, OpenedAs, Reads};
use super::turns::{Arrival, Read, Turns};
use super::{FoundFile, Inventory, Origin, VhdSet, Walked};

/// How files are read.
#[derive(Clone, Copy, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a question of its own, set by its name")]
pub struct ReadOptions {
    /// How images are opened.
    pub open: OpenOptions,
    /// Whether the blocks of each image that is to be reported are counted, which reads its whole BAT.
    pub count_blocks: bool,
    /// Whether that reading finds out all that the checks ask of a block allocation table, which takes up to three times
    /// as long.
    pub survey_blocks: bool,
    /// Whether files that are not to be reported are read no further than linking them takes: no log unless it is to
    /// be replayed, no blocks.
    pub only_named: bool,
    /// How bytes are read.
    pub io: Io,
    /// How many bytes are asked for at once.
    pub reads: Reads,
    /// How many files are read at once.
    pub jobs: usize,
    /// Whether files stay open: right for what looks at one disk and its chain again and again, wrong for thousands, each
    /// of which takes kilobytes. What is asked of a file that was closed opens it again.
    pub keep_open: bool,
    /// Whether what only a report of a file itself shows is kept: who made a disk, and all that it says about its parent.
    pub keep_shown: bool,
}

impl Default for ReadOptions {
    fn default() -> Self {
        Self {
            open: OpenOptions::default(),
            count_blocks: true,
            survey_blocks: false,
            only_named: false,
            io: Io::Read,
            reads: Reads::Auto,
            jobs: 16,
            keep_open: true,
            keep_shown: true,
        }
    }
}

/// Who is told how a run goes on, and may break it off.
pub trait Progress: Sync {
    /// `done` of `total` files have been read.
    fn read(&self, done: usize, total: usize);

    /// Whether to break off.
    fn cancelled(&self) -> bool;
}

/// Progress that nobody watches.
#[derive(Clone, Copy, Debug, Default)]
pub struct Silent;

impl Progress for Silent {
    fn read(&self, _done: usize, _total: usize) {}

    fn cancelled(&self) -> bool {
        false
    }
}

impl Inventory {
    /// Reads every file of a walk. Returns whether it came to the end.
    pub fn read(walked: Walked, options: &ReadOptions, progress: &dyn Progress) -> (Self, bool) {
        Self::read_each(walked, options, progress, |_| (), |_| ())
    }

    /// Reads every file of a walk. The thread that read a file makes something of it, and may take from it what nobody
    /// asks for later; what was made is handed on in the order of the files as soon as it is a file's turn, by whichever
    /// thread ended the waiting. Returns whether it came to the end.
    pub fn read_each<T: Send>(
        mut walked: Walked,
        options: &ReadOptions,
        progress: &dyn Progress,
        make: impl Fn(&mut FoundFile) -> T + Sync,
        arrive: impl FnMut(Arrival<'_, T>) + Send,
    ) -> (Self, bool) {
        let files = walked.files();
        let total = files.len();
        let next = Mutex::new(files.into_iter().enumerate());
        let pace = Arc::new(Pace::default());
        let done = AtomicUsize::new(0);
        let turns = Mutex::new(Turns::new(total, arrive));
        let read_next = || {
            if progress.cancelled() {
                return false;
            }
            let Some((number, (path, named))) = lock(&next).next() else { return false };
            let mut file = read_file(path, named, options, &pace);
            let made = make(&mut file);
            if let Some(image) = &file.image {
                image.forget_blocks();
            }
            if !options.keep_open {
                file.close();
            }
            lock(&turns).add(number, Read { file, made });
            progress.read(done.fetch_add(1, Ordering::Relaxed).saturating_add(1), total);
            true
        };
        let others = options.jobs.clamp(1, crate::limits::MAX_JOBS).saturating_sub(1);
        // To go through block maps is worth a thread from the first file on.
        let is_slow = options.count_blocks || (others > 0 && first_ones_are_slow(&read_next));
        let left = total.saturating_sub(done.load(Ordering::Relaxed));
        std::thread::scope(|scope| {
            for _ in 0..others.min(if is_slow { left.saturating_sub(1) } else { left / WORTH_A_THREAD }) {
                scope.spawn(|| while read_next() {});
            }
            while read_next() {}
        });
        let turns = turns.into_inner().unwrap_or_else(PoisonError::into_inner);
        let whole = turns.next == total;
        let mut unreadable = walked.unreadable;
        unreadable.sort_by(|a, b| a.path.cmp(&b.path));
        let mut links = walked.links;
        links.sort_by(|a, b| a.path.cmp(&b.path));
        links.dedup();
        (Self { origins: vec![Origin::default()], files: turns.finish(), unreadable, links }, whole)
    }
}

/// Files that are read before others are read beside them.
const FIRST_ONES: usize = 8;
/// How long that takes at most where files come from memory: some 25 µs each.
const QUICK: Duration = Duration::from_millis(1);
/// Files from memory that are worth a thread: to start one takes as long as to read two or three of them.
const WORTH_A_THREAD: usize = 24;

/// Reads the first files, no more than take a moment, and tells whether each waits for a disk or a network, so that it
/// pays to read others meanwhile.
fn first_ones_are_slow(read_next: &impl Fn() -> bool) -> bool {
    let start = Instant::now();
    for _ in 0..FIRST_ONES {
        if !read_next() {
            return false;
        }
        if start.elapsed() >= QUICK {
            return true;
        }
    }
    false
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn read_file(path: PathBuf, named: bool, options: &ReadOptions, pace: &Arc<Pace>) -> FoundFile {
    let mut file = FoundFile { named, ..FoundFile::new(path) };
    let how = OpenedAs { io: options.io, as_on_disk: options.open.as_on_disk };
    let opened = match Opened::open(&file.path, how.io) {
        Ok(opened) => opened,
        Err(error) => {
            file.error = Some(error);
            return file;
        }
    };
    file.opened = Some(how);
    file.stamp = Some(opened.file().stamp());
    file.id = opened.file().id();
    let source = Source::of(&opened, options, pace);
    match FileKind::of(source.get(), &file.path) {
        Ok((kind, by)) => (file.kind, file.kind_by) = (kind, by),
        Err(error) => file.error = Some(error),
    }
    if file.error.is_none() {
        match file.kind {
            FileKind::Vhdx | FileKind::Vhd => read_image(&mut file, &source, options),
            FileKind::Vmcx | FileKind::Vmrs | FileKind::VmXml => read_configuration(&mut file, &source),
            FileKind::VhdSet => match VhdSet::read(source.get()) {
                Ok(set) => file.vhd_set = Some(Box::new(set)),
                Err(error) => file.error = Some(error),
            },
            _ => {}
        }
    }
    source.finish();
    file.changed_while_read = opened.file().changed();
    file
}

fn read_image(file: &mut FoundFile, source: &Source, options: &ReadOptions) {
    let further = file.named || !options.only_named;
    let open = if further { options.open } else { OpenOptions { depth: Depth::Open, ..options.open } };
    if file.kind_by == KindBy::Name {
        file.error = Some(not_a_disk(file));
        file.unrecognised = Some(source.shared());
        return;
    }
    match Image::open(source.shared(), file.kind, open) {
        Ok(image) => {
            file.error = image.blockers().first().cloned();
            if options.count_blocks && further {
                if options.survey_blocks && file.named {
                    image.survey_blocks();
                }
                file.blocks = image.count_blocks().map(Box::new);
                if let Some(Err(error)) = file.blocks.as_deref()
                    && file.error.is_none()
                {
                    file.error = Some(error.clone());
                }
            }
            let facts = if options.keep_shown { DiskFacts::of(&image) } else { DiskFacts::concluded(&image) };
            file.disk = Some(Box::new(facts));
            file.image = Some(Arc::new(image));
        }
        Err(error) => file.error = Some(error),
    }
}

fn read_configuration(file: &mut FoundFile, source: &Source) {
    match VmFile::read(source.get()) {
        Ok(read) => file.configuration = Some(Box::new(read.configuration)),
        Err(error) => file.error = Some(error),
    }
}

/// The bytes of a file, as they are asked for while it is read for the first time.
enum Source {
    Small(Arc<dyn ReadAt>),
    Few(Arc<FewReads<Arc<dyn ReadAt>>>),
}

impl Source {
    fn of(opened: &Opened, options: &ReadOptions, pace: &Arc<Pace>) -> Self {
        let few = match (options.io, options.reads) {
            // A map has no reads.
            (Io::Map, _) | (_, Reads::Small) => Some(false),
            (_, Reads::Few) => Some(true),
            (_, Reads::Auto) => pace.is_slow(),
        };
        match few {
            Some(true) => Self::Few(Arc::new(FewReads::new(opened.shared()))),
            Some(false) if options.io == Io::Map => Self::Small(opened.shared()),
            Some(false) => Self::Small(Arc::new(WithStart::new(opened.shared()))),
            None => Self::Small(Arc::new(WithStart::new(Timed::new(opened.shared(), Arc::clone(pace))))),
        }
    }

    fn get(&self) -> &dyn ReadAt {
        match self {
            Self::Small(source) => &**source,
            Self::Few(source) => &**source,
        }
    }

    fn shared(&self) -> Arc<dyn ReadAt> {
        match self {
            Self::Small(source) => Arc::clone(source),
            Self::Few(source) => Arc::<FewReads<Arc<dyn ReadAt>>>::clone(source),
        }
    }

    fn finish(&self) {
        if let Self::Few(source) = self {
            source.finish();
        }
    }
}

/// A file that is called a disk and has nothing of one.
fn not_a_disk(file: &FoundFile) -> Error {
    let what = match file.stamp.map(|stamp| stamp.size.get()) {
        Some(0) => "is empty".to_owned(),
        _ => format!("is no {} file: its bytes hold no signature of one", file.kind.name().to_uppercase()),
    };
    Error::refused("", None, what).with_path(&file.path)
}
