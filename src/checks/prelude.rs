//! What nearly every check needs.

pub(super) use super::check::{Check, Explanation, Run};
pub(super) use super::finding::Finding;
pub(super) use super::linked_file::LinkedFile;
pub(super) use super::severity::Severity;
pub(super) use super::sink::Sink;
pub(super) use super::subject::{Subject, VhdFile, VhdxFile};
pub(super) use super::words::counted;
pub(super) use crate::chain::Link;
pub(super) use crate::estate::FoundFile;
pub(super) use crate::units::{ByteLen, FileOffset, FileRange};

/// Whether there are few of them, as there are in nearly every file, and `alike` holds for no two: then a check of
/// pairs has nothing to look at.
pub(super) fn few_and_unlike<T>(all: &[T], alike: impl Fn(&T, &T) -> bool) -> bool {
    const FEW: usize = 12;
    let rest_of = |number: usize| all.get(number.saturating_add(1)..).unwrap_or_default();
    all.len() <= FEW && !all.iter().enumerate().any(|(number, one)| rest_of(number).iter().any(|two| alike(one, two)))
}
