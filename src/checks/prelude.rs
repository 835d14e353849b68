//! What nearly every check needs.

pub(super) use super::check::{Check, Explanation, Run};
pub(super) use super::finding::Finding;
pub(super) use super::linked_file::LinkedFile;
pub(super) use super::severity::Severity;
pub(super) use super::sink::Sink;
pub(super) use super::subject::{Subject, VhdFile, VhdxFile};
pub(super) use super::words::counted;
pub(super) use crate::estate::FoundFile;
pub(super) use crate::units::{ByteLen, FileOffset, FileRange};

/// Whether no two of them are the same.
pub(super) fn all_differ<K: Ord>(keys: impl ExactSizeIterator<Item = K>) -> bool {
    let mut keys: Vec<K> = keys.collect();
    keys.sort_unstable();
    keys.windows(2).all(|pair| pair.first() != pair.last())
}
