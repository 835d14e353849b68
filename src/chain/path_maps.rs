//! Which map leads on from the paths that a file records: files of several hosts have several.

use super::FileNo;
use super::windows_path::PathMap;

/// The map of each file.
#[derive(Clone, Debug, Default)]
pub struct PathMaps {
    maps: Vec<PathMap>,
    of_file: Vec<usize>,
}

static NONE: PathMap = PathMap::EMPTY;

impl PathMaps {
    /// Several maps, and for each file the number of its own.
    pub fn new(maps: Vec<PathMap>, of_file: Vec<usize>) -> Self {
        Self { maps, of_file }
    }

    /// The map of a file.
    pub fn of(&self, file: FileNo) -> &PathMap {
        self.numbered(self.of_file.get(file.0).copied().unwrap_or_default())
    }

    /// A map by its number; one without rules where there is none of that number.
    pub fn numbered(&self, number: usize) -> &PathMap {
        self.maps.get(number).unwrap_or(&NONE)
    }
}

impl From<PathMap> for PathMaps {
    /// One map for all files.
    fn from(map: PathMap) -> Self {
        Self::new(vec![map], Vec::new())
    }
}
