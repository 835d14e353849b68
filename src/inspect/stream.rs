//! Handing files on while others are still being read.

use std::fmt;
use std::path::Path;

use crate::estate::{FoundFile, Progress, Volume};

/// Takes files as soon as they were read, in the order of their paths, while others are still being read. What hangs on
/// other files is not known of any by then.
pub trait Stream: Sync {
    /// Comes before the first file.
    fn begin(&self, volumes: &[Volume]);

    /// What is to be handed on of a file that was named: made by the thread that read it, in any order.
    fn make(&self, file: &FoundFile) -> Vec<u8>;

    /// Takes what was made of the file whose turn it is.
    fn file(&self, made: &[u8]);

    /// Takes a further path of a file that came before.
    fn other_path(&self, file: &FoundFile, path: &Path);

    /// Says that it may be a while until the next file.
    fn pause(&self);

    /// Whether nobody takes files any more, so that reading them is in vain.
    fn is_closed(&self) -> bool;

    /// Whether what was handed on of a file is not asked for again, so that it need not be kept.
    fn is_last(&self) -> bool;
}

/// The progress of a run that also ends when nobody takes its files any more.
pub(super) struct Until<'a> {
    pub(super) progress: &'a dyn Progress,
    pub(super) stream: Option<&'a dyn Stream>,
}

impl Progress for Until<'_> {
    fn read(&self, done: usize, total: usize) {
        self.progress.read(done, total);
    }

    fn cancelled(&self) -> bool {
        self.progress.cancelled() || self.stream.is_some_and(Stream::is_closed)
    }
}

impl fmt::Debug for Until<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Until").finish_non_exhaustive()
    }
}
