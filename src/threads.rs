//! Many like pieces of work on several threads, with results in their order: what a run computes does not hang on how
//! many threads it has.

use std::num::NonZeroUsize;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

/// How many threads compute side by side: no more than the machine has processors, for they do not wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Threads(usize);

impl Default for Threads {
    /// One.
    fn default() -> Self {
        Self(1)
    }
}

/// Fewest pieces that are worth a thread: starting one takes as long as some tens of them.
const WORTH_A_THREAD: usize = 64;
/// Pieces that a thread takes at once.
const STRIDE: usize = 32;

impl Threads {
    /// As many as the machine has processors, and no more than `most`. What the machine has is only asked where there are
    /// as many `pieces` of work as one thread is worth: the answer takes the system as long as some of them.
    pub fn for_pieces(pieces: usize, most: usize) -> Self {
        if pieces < WORTH_A_THREAD { Self::default() } else { Self::at_most(most) }
    }

    /// As many as the machine has processors, and no more than `most`.
    pub fn at_most(most: usize) -> Self {
        let processors = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
        Self(processors.min(most).max(1))
    }

    /// Does something with each number below `count`. The results stand in the order of the numbers.
    pub(crate) fn map<T: Send>(self, count: usize, each: impl Fn(usize) -> T + Sync) -> Vec<T> {
        let threads = self.0.min(count / WORTH_A_THREAD);
        if threads <= 1 {
            return (0..count).map(each).collect();
        }
        let next = AtomicUsize::new(0);
        let pieces = Mutex::new(Vec::new());
        let work = || {
            let mut own = Vec::new();
            loop {
                let start = next.fetch_add(STRIDE, Ordering::Relaxed);
                if start >= count {
                    break;
                }
                let piece: Vec<T> = (start..start.saturating_add(STRIDE).min(count)).map(&each).collect();
                own.push((start, piece));
            }
            if let Ok(mut pieces) = pieces.lock() {
                pieces.append(&mut own);
            }
        };
        std::thread::scope(|scope| {
            for _ in 1..threads {
                scope.spawn(work);
            }
            work();
        });
        let mut pieces = pieces.into_inner().unwrap_or_default();
        pieces.sort_unstable_by_key(|(start, _)| *start);
        let mut all = Vec::with_capacity(count);
        for (_, piece) in pieces {
            all.extend(piece);
        }
        all
    }

    /// Does two things, side by side where there is more than one thread.
    pub(crate) fn both<A: Send, B>(self, a: impl FnOnce() -> A + Send, b: impl FnOnce() -> B) -> (A, B) {
        if self.0 <= 1 {
            return (a(), b());
        }
        std::thread::scope(|scope| {
            let aside = scope.spawn(a);
            let b = b();
            match aside.join() {
                Ok(a) => (a, b),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_order_of_results_is_that_of_the_numbers_whatever_the_threads() {
        for threads in [1, 2, 7] {
            for count in [0, 1, 31, 32, 33, 127, 128, 1000] {
                let found = Threads(threads).map(count, |number| number * 3);
                assert_eq!(found, (0..count).map(|number| number * 3).collect::<Vec<_>>(), "{threads} {count}");
            }
            assert_eq!(Threads(threads).both(|| 1, || 2), (1, 2));
        }
    }

    #[test]
    fn there_is_always_one() {
        assert_eq!(Threads::for_pieces(1, 16), Threads::default());
        assert_eq!(Threads::at_most(0), Threads::default());
        assert_eq!(Threads::at_most(1), Threads::default());
    }
}
