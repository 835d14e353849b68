//! The lines of a bundle, told apart by `type`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::contents::ContentsLine;
use super::file::{FileLine, LinkLine, UnreadableLine, VolumeLine};
use super::finding::{FindingLine, NotShownLine};
use super::header::HeaderLine;

/// One line.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Line {
    /// The first line.
    Bundle(Box<HeaderLine>),
    /// A volume on which named paths lie.
    Volume(VolumeLine),
    /// A path that could not be read.
    Unreadable(UnreadableLine),
    /// A symbolic link that was not followed.
    Link(LinkLine),
    /// A file.
    File(Box<FileLine>),
    /// What is on a disk that was looked into.
    Contents(Box<ContentsLine>),
    /// Something that is wrong with a single file.
    Finding(FindingLine),
    /// How many more there are.
    NotShown(NotShownLine),
    /// The last line: without it the bundle was cut short.
    End(EndLine),
    /// A line of a later version, which is passed by.
    #[serde(other)]
    Unknown,
}

/// The last line.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, JsonSchema)]
pub struct EndLine {
    /// Number of lines before this one.
    pub lines_count: u64,
}
