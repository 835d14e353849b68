//! What one run saw, in a file, so that several runs can be judged as one estate: hosts, cluster nodes and shares are
//! scanned where they are, and [`correlate`] links and judges what all of them wrote down.
//!
//! A bundle is NDJSON compressed with gzip: a header line, one line a file, an end line that says how many there are. It
//! holds facts about structures and configurations; of a disk's content the partition table, file systems and labels, and
//! nothing else: no block, no excerpt, no notes. Reading one is reading hostile input: lines and bytes are bounded by
//! [`crate::limits`], and every error names its line.

mod configuration;
mod contents;
mod correlate;
mod disk;
mod file;
mod finding;
mod header;
mod line;
mod merge;
mod names;
mod read;
mod same;
mod text;
mod words;
mod write;

pub use configuration::{
    CheckpointsLine, ConfigurationLine, DriveLine, ProblemLine, RegisteredLine, SavedStateLine, VersionLine,
};
pub use contents::{ContentsLine, FileSystemLine, PartitionLine};
pub use correlate::{Corrections, correlate};
pub use disk::{DiskLine, HintLine, LocatorEntryLine, LocatorLine, PlacesLine, RangeLine, ReferenceLine, TextLine};
pub use file::{BlocksLine, FileLine, NumbersLine, UnreadableLine, VolumeLine};
pub use finding::{EvidenceLine, FindingLine, NotShownLine, RelatedLine};
pub use header::{About, CoverageLine, HeaderLine, MapLine, SCHEMA, ScopeLine};
pub use line::{EndLine, Line};
pub use names::{BundleArgument, WrongArgument};
pub use read::Bundle;
pub use text::{ErrorLine, Hex, Text};
pub use write::{is_bundle, write, write_lines, write_to};
