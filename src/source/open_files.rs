//! Which files are open: a system lets a process have a few hundred, and a folder may hold more.

use std::collections::VecDeque;
use std::fs::File;
use std::sync::{Arc, Mutex, PoisonError, RwLock, Weak};

use crate::limits::MAX_OPEN_FILES;

/// The slots that were filled last, the oldest first.
static FILLED: Mutex<VecDeque<Weak<Slot>>> = Mutex::new(VecDeque::new());

/// Holds an open file until [`MAX_OPEN_FILES`] others have been opened after it.
#[derive(Debug, Default)]
pub(super) struct Slot {
    file: RwLock<Option<Arc<File>>>,
}

impl Slot {
    /// A slot that holds a file.
    pub(super) fn with(file: File) -> Arc<Self> {
        let slot = Arc::new(Self::default());
        slot.put(file);
        slot
    }

    /// The file, unless it was closed for others. Whoever reads keeps it open as long as that takes.
    pub(super) fn file(&self) -> Option<Arc<File>> {
        self.file.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Holds a file from now on, and closes the one that has been held for longest where there are too many.
    pub(super) fn put(self: &Arc<Self>, file: File) -> Arc<File> {
        let file = Arc::new(file);
        *self.file.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&file));
        let mut filled = FILLED.lock().unwrap_or_else(PoisonError::into_inner);
        filled.push_back(Arc::downgrade(self));
        let oldest = if filled.len() > MAX_OPEN_FILES { filled.pop_front() } else { None };
        drop(filled);
        if let Some(slot) = oldest.and_then(|slot| slot.upgrade()) {
            slot.close();
        }
        file
    }

    /// Closes the file as soon as nobody reads from it.
    pub(super) fn close(&self) {
        *self.file.write().unwrap_or_else(PoisonError::into_inner) = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_of_too_many_is_closed() {
        let slots: Vec<Arc<Slot>> = (0..=MAX_OPEN_FILES).map(|_| Slot::with(tempfile::tempfile().unwrap())).collect();
        // Other tests open files too.
        assert!(slots[0].file().is_none());
        assert!(slots.iter().filter(|slot| slot.file().is_some()).count() <= MAX_OPEN_FILES);
    }
}
