//! Files of one identity: which of them is to be kept rather than the others.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use jiff::Timestamp;
use uuid::Uuid;

use crate::chain::FileNo;
use crate::estate::FileFacts;
use crate::image::FileKind;

use super::Evidence;
use super::uses::Uses;

/// What copies of one disk have in common.
type Key = (Uuid, Option<Uuid>, FileKind);

/// The files of which there are copies. Each is compared with the best of its group alone, and not with all others: a
/// folder may have been copied a hundred thousand times.
#[derive(Debug, Default)]
pub(super) struct Copies(BTreeMap<Key, Best>);

#[derive(Clone, Copy, Debug)]
struct Best {
    first: FileNo,
    next: FileNo,
}

/// What speaks for keeping a disk rather than another of the same identity, the most telling first: that it is in use,
/// that others depend on it, that its parent is there, and that it was written to later.
pub(super) type Worth = (bool, bool, bool, Option<Timestamp>);

pub(super) fn worth(evidence: &Evidence<'_>, uses: &Uses, number: FileNo) -> Worth {
    let forest = evidence.forest;
    (
        uses.is_needed(number),
        !forest.children(number).is_empty(),
        forest.link(number).is_none_or(|link| link.status.is_linked()),
        evidence.file(number).and_then(|file| file.modified),
    )
}

fn key(file: &FileFacts) -> Option<Key> {
    let identity = file.identity.filter(|identity| !identity.is_nil())?;
    Some((identity, file.virtual_disk_id, file.kind))
}

/// Whether both are of one identity.
pub(super) fn is_copy(a: &FileFacts, b: &FileFacts) -> bool {
    key(a).is_some_and(|own| key(b) == Some(own))
}

impl Copies {
    pub(super) fn new(evidence: &Evidence<'_>, uses: &Uses) -> Self {
        let keyed = super::numbered(evidence).filter_map(|(number, file)| Some((key(file)?, number)));
        let mut keyed: Vec<(Key, FileNo)> = keyed.collect();
        keyed.sort_unstable();
        let groups = keyed.chunk_by(|a, b| a.0 == b.0).filter(|group| group.len() > 1);
        let best = |group: &[(Key, FileNo)]| {
            let worth = |number: &FileNo| worth(evidence, uses, *number);
            let numbers = || group.iter().map(|(_, number)| *number);
            let first = numbers().max_by_key(|number| (worth(number), Reverse(*number)))?;
            let next = numbers().filter(|number| *number != first).max_by_key(|number| (worth(number), *number))?;
            Some((group.first()?.0, Best { first, next }))
        };
        Self(groups.filter_map(best).collect())
    }

    fn best(&self, file: &FileFacts) -> Option<Best> {
        self.0.get(&key(file)?).copied()
    }

    /// Another file with the same identity that is to be kept rather than this one. Of two files never both are the
    /// other's copy, so that not all of the content is called one: where nothing tells them apart, the first is none.
    pub(super) fn original(&self, number: FileNo, file: &FileFacts) -> Option<FileNo> {
        self.best(file).map(|best| best.first).filter(|first| *first != number)
    }

    /// Of a file that is to be kept rather than its copies: that of them which is next to it.
    pub(super) fn next_to(&self, number: FileNo, file: &FileFacts) -> Option<FileNo> {
        self.best(file).filter(|best| best.first == number).map(|best| best.next)
    }
}
