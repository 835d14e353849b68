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
