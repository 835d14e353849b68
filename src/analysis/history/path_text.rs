//! A path that is kept for later: readable, and exact where it is not Unicode.

use std::fmt;
use std::path::{Path, PathBuf};

use crate::format::hex::{from_hex, to_hex};
use crate::source::{path_bytes, path_of_bytes};

/// A path as text, with its exact bytes where it is no text.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PathText {
    /// The path, lossily.
    pub text: String,
    /// The exact bytes (on Windows: UTF-16 units, little-endian) of a path that is not valid Unicode, as hexadecimal
    /// digits.
    pub raw_hex: Option<String>,
}

impl PathText {
    /// The path itself, with its exact bytes where this system's paths are of such.
    pub fn to_path(&self) -> PathBuf {
        let exact = self.raw_hex.as_deref().and_then(from_hex).map(|bytes| path_of_bytes(&bytes));
        exact.unwrap_or_else(|| PathBuf::from(&self.text))
    }

    /// The path without its folders.
    pub fn name(&self) -> &str {
        self.text.rsplit(['/', '\\']).next().unwrap_or(&self.text)
    }

    /// Whether the path is `folder` or lies below it.
    pub fn is_below(&self, folder: &Self) -> bool {
        let separators: &[char] = if cfg!(windows) { &['/', '\\'] } else { &['/'] };
        match self.text.strip_prefix(folder.text.trim_end_matches(separators)) {
            Some(rest) => rest.is_empty() || rest.starts_with(separators),
            None => false,
        }
    }
}

impl From<&Path> for PathText {
    fn from(path: &Path) -> Self {
        let raw_hex = path.to_str().is_none().then(|| to_hex(&path_bytes(path)));
        Self { text: path.to_string_lossy().into_owned(), raw_hex }
    }
}

impl fmt::Display for PathText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn below_is_told_by_whole_names() {
        let text = |text: &str| PathText { text: text.to_owned(), raw_hex: None };
        assert!(text("/a/b/c.vhdx").is_below(&text("/a/b")));
        assert!(text("/a/b").is_below(&text("/a/b/")));
        assert!(text("/a").is_below(&text("/")));
        assert!(!text("/a/bc").is_below(&text("/a/b")));
        assert_eq!(text(r"C:\x\y.vhdx").name(), "y.vhdx");
    }

    #[cfg(unix)]
    #[test]
    fn what_is_no_text_keeps_its_bytes() {
        use std::os::unix::ffi::OsStrExt;
        let path = PathText::from(Path::new(std::ffi::OsStr::from_bytes(b"/a\xff")));
        assert_eq!((path.text.as_str(), path.raw_hex.as_deref()), ("/a\u{FFFD}", Some("2f61ff")));
        assert_eq!(path.to_path().as_os_str().as_bytes(), b"/a\xff");
        assert_eq!(PathText::from(Path::new("/ä")).raw_hex, None);
    }
}
