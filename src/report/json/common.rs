//! Pieces of the shapes: times, and text that may not be Unicode.

use std::path::Path;
use std::time::SystemTime;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use crate::chain::FileNo;
use crate::estate::{Inventory, OriginNo};
use crate::format::hex::to_hex;
use crate::format::text::Utf16Text;
use crate::inspect::Inspection;
use crate::source::path_bytes;

/// A moment in RFC 3339, in UTC.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(transparent)]
#[schemars(extend("format" = "date-time"))]
pub struct Time(String);

impl From<Timestamp> for Time {
    fn from(time: Timestamp) -> Self {
        Self(time.to_string())
    }
}

impl Time {
    /// The time of a file, where it lies in the years that RFC 3339 can tell.
    pub fn of_file(time: SystemTime) -> Option<Self> {
        Timestamp::try_from(time).ok().map(Self::from)
    }
}

/// The host that the paths of an origin are of: its name, else that of its bundle. `None` for this run.
pub(super) fn host(inventory: &Inventory, origin: OriginNo) -> Option<String> {
    let origin = inventory.origin(origin)?;
    origin.bundle.is_some().then(|| origin.label())
}

/// The hosts of files, in the same order; `None` for files of this run.
pub(super) fn hosts<'a>(inspection: &Inspection, files: impl IntoIterator<Item = &'a FileNo>) -> Option<Vec<String>> {
    let found = files.into_iter().filter_map(|file| inspection.file(*file));
    let all: Vec<Option<String>> = found.map(|file| host(&inspection.inventory, file.origin)).collect();
    all.iter().any(Option::is_some).then(|| all.into_iter().map(Option::unwrap_or_default).collect())
}

/// A path as text, lossily.
pub(in crate::report) fn lossy(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

/// The exact bytes of a path that is not valid Unicode (on Windows its units, little-endian), as hexadecimal digits;
/// `None` for one that is.
pub(in crate::report) fn path_hex(path: &Path) -> Option<String> {
    path.to_str().is_none().then(|| to_hex(&path_bytes(path)))
}

/// The exact bytes of text from a file that is not valid Unicode; `None` for text that is.
pub(super) fn text_hex(text: &Utf16Text) -> Option<String> {
    match text.exact() {
        Some(_) => None,
        None => Some(to_hex(text.bytes())),
    }
}

/// The exact bytes of those paths of a list that are not valid Unicode, in the places they have in it; `None` where
/// all are.
pub(super) fn list_hex<'a>(paths: impl IntoIterator<Item = &'a Path>) -> Option<Vec<Option<String>>> {
    let all: Vec<Option<String>> = paths.into_iter().map(path_hex).collect();
    all.iter().any(Option::is_some).then_some(all)
}
