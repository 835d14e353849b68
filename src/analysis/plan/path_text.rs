//! A path in a plan file: as text, and exactly where text cannot tell it.

use std::path::{Path, PathBuf};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

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
        Self { path: path.to_string_lossy().into_owned(), path_raw_hex: raw(path) }
    }

    /// The path again; `None` where the exact bytes are none that this system can have.
    pub fn to_path(&self) -> Option<PathBuf> {
        match &self.path_raw_hex {
            None => Some(PathBuf::from(&self.path)),
            Some(digits) => from_raw(&bytes(digits)?),
        }
    }
}

fn bytes(digits: &str) -> Option<Vec<u8>> {
    if !digits.is_ascii() || !digits.len().is_multiple_of(2) {
        return None;
    }
    let pairs = digits.as_bytes().chunks(2).map(|pair| std::str::from_utf8(pair).ok());
    pairs.map(|pair| u8::from_str_radix(pair?, 16).ok()).collect()
}

#[cfg(unix)]
fn raw(path: &Path) -> Option<String> {
    use std::os::unix::ffi::OsStrExt;
    path.to_str().is_none().then(|| hex(path.as_os_str().as_bytes()))
}

#[cfg(windows)]
fn raw(path: &Path) -> Option<String> {
    use std::os::windows::ffi::OsStrExt;
    let units = || path.as_os_str().encode_wide().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
    path.to_str().is_none().then(|| hex(&units()))
}

#[cfg(unix)]
#[expect(clippy::unnecessary_wraps, reason = "other systems cannot have any bytes")]
fn from_raw(bytes: &[u8]) -> Option<PathBuf> {
    use std::os::unix::ffi::OsStrExt;
    Some(PathBuf::from(std::ffi::OsStr::from_bytes(bytes)))
}

#[cfg(windows)]
fn from_raw(bytes: &[u8]) -> Option<PathBuf> {
    use std::os::windows::ffi::OsStringExt;
    let units = bytes.chunks(2).map(|unit| Some(u16::from_le_bytes(unit.try_into().ok()?)));
    Some(PathBuf::from(std::ffi::OsString::from_wide(&units.collect::<Option<Vec<u16>>>()?)))
}

/// Bytes as lower-case hexadecimal digits.
pub(super) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::with_capacity(bytes.len().saturating_mul(2)), |mut text, byte| {
        // Writing into a String cannot fail.
        let _ok = write!(text, "{byte:02x}");
        text
    })
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
