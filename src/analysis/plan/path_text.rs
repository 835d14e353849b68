//! A path in a plan file: as text, and exactly where text cannot tell it.

use std::path::{Path, PathBuf};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::format::hex::{from_hex, to_hex};
use crate::source::{path_bytes, path_of_bytes};

/// A path.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct PathText {
    /// The path, as found, lossily.
    pub path: String,
    /// The path's exact bytes as hexadecimal digits; only present where it is not valid Unicode.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path_raw_hex: Option<String>,
}

impl PathText {
    /// The text of a path.
    pub fn of(path: &Path) -> Self {
        let raw_hex = path.to_str().is_none().then(|| to_hex(&path_bytes(path)));
        Self { path: path.to_string_lossy().into_owned(), path_raw_hex: raw_hex }
    }

    /// The path again; `None` where the exact bytes are none that this system can have.
    pub fn to_path(&self) -> Option<PathBuf> {
        match &self.path_raw_hex {
            None => Some(PathBuf::from(&self.path)),
            Some(digits) => {
                // The units of Windows take two bytes each.
                let bytes = from_hex(digits).filter(|bytes| cfg!(unix) || bytes.len().is_multiple_of(2))?;
                Some(path_of_bytes(&bytes))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_comes_back() {
        for path in ["a/b c.vhdx", "/x/ü.vhdx", ""] {
            assert_eq!(PathText::of(Path::new(path)).to_path(), Some(PathBuf::from(path)));
        }
        let bad = |digits: &str| PathText { path: String::new(), path_raw_hex: Some(digits.to_owned()) };
        for digits in ["0", "zz", "é"] {
            assert_eq!(bad(digits).to_path(), None, "{digits}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_path_that_is_no_text_comes_back() {
        use std::os::unix::ffi::OsStrExt;
        let path = Path::new(std::ffi::OsStr::from_bytes(b"a/\xff.vhdx"));
        assert_eq!(PathText::of(path).to_path().as_deref(), Some(path));
    }
}
