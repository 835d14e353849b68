//! Text that need not be valid Unicode, bytes, and errors, as a bundle holds them.

use std::path::{Path, PathBuf};

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::error::{Error, ErrorKind};
use crate::format::hex::{from_hex, to_hex};
use crate::format::text::Utf16Text;
use crate::source::{path_bytes, path_of_bytes};
use crate::units::FileOffset;

/// Text: as it is where it is valid Unicode, else lossily with its exact bytes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Text {
    /// Valid Unicode.
    Plain(String),
    /// Anything else.
    Raw {
        /// The text, lossily.
        text: String,
        /// Its exact bytes: of a path those of the system, little-endian units on Windows; of text from a file UTF-16,
        /// little-endian.
        raw_hex: Hex,
    },
}

/// Bytes, as lower-case hexadecimal digits.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema)]
#[schemars(transparent)]
pub struct Hex(#[schemars(with = "String")] pub Vec<u8>);

impl Serialize for Hex {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&to_hex(&self.0))
    }
}

impl<'de> Deserialize<'de> for Hex {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let digits = String::deserialize(deserializer)?;
        from_hex(&digits)
            .map(Self)
            .ok_or_else(|| serde::de::Error::custom("bytes are not given as pairs of hexadecimal digits"))
    }
}

impl Text {
    /// A path of this system.
    pub(super) fn of_path(path: &Path) -> Self {
        match path.to_str() {
            Some(text) => Self::Plain(text.to_owned()),
            None => Self::Raw { text: path.to_string_lossy().into_owned(), raw_hex: Hex(path_bytes(path)) },
        }
    }

    /// A path of the system that wrote it, as near as this one can have it: that of Windows gets the separators of this
    /// system.
    pub(super) fn to_path(&self, from_windows: bool) -> PathBuf {
        match self {
            Self::Raw { raw_hex, .. } if from_windows == cfg!(windows) => path_of_bytes(&raw_hex.0),
            Self::Plain(text) | Self::Raw { text, .. } if from_windows && !cfg!(windows) => {
                PathBuf::from(text.replace('\\', "/"))
            }
            Self::Plain(text) | Self::Raw { text, .. } => PathBuf::from(text),
        }
    }

    /// Text from a file.
    pub(super) fn of_utf16(text: &Utf16Text) -> Self {
        match text.exact() {
            Some(text) => Self::Plain(text),
            None => Self::Raw { text: text.lossy(), raw_hex: Hex(text.bytes().to_vec()) },
        }
    }

    /// Text as a file had it.
    pub(super) fn to_utf16(&self) -> Utf16Text {
        match self {
            Self::Plain(text) => {
                Utf16Text::from_bytes(&text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>())
            }
            Self::Raw { raw_hex, .. } => Utf16Text::from_bytes(&raw_hex.0),
        }
    }
}

/// Why something could not be read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ErrorLine {
    /// The structure that was being read; empty where it is about the file as a whole.
    #[serde(default)]
    pub structure: String,
    /// Absolute offset in the file, where one applies.
    #[serde(default)]
    pub offset: Option<u64>,
    /// The reason.
    pub message: String,
    /// Whether the operating system failed or refused.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub system: bool,
}

impl From<&Error> for ErrorLine {
    fn from(error: &Error) -> Self {
        Self {
            structure: error.structure().to_owned(),
            offset: error.offset().map(FileOffset::get),
            message: error.what().to_string(),
            system: matches!(error.kind(), ErrorKind::Io(_)),
        }
    }
}

impl From<ErrorLine> for Error {
    fn from(line: ErrorLine) -> Self {
        Self::recorded(line.structure, line.offset.map(FileOffset), line.message, line.system)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_comes_back_as_it_was() {
        for bytes in [&b"a\0b\0"[..], b"a\0\x00\xD8", b"x", b""] {
            let text = Utf16Text::from_bytes(bytes);
            let json = serde_json::to_string(&Text::of_utf16(&text)).unwrap();
            assert_eq!(serde_json::from_str::<Text>(&json).unwrap().to_utf16(), text, "{json}");
        }
        for wrong in ["\"abc\"", "\"zz\"", "\"\u{e9}\u{e9}\""] {
            assert!(serde_json::from_str::<Hex>(wrong).is_err(), "{wrong}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_path_of_windows_gets_the_separators_of_this_system() {
        let text = Text::Plain(r"C:\vm\a.vhdx".to_owned());
        assert_eq!(text.to_path(true), Path::new("C:/vm/a.vhdx"));
        assert_eq!(text.to_path(false), Path::new(r"C:\vm\a.vhdx"));
        let odd = <std::ffi::OsStr as std::os::unix::ffi::OsStrExt>::from_bytes(b"/a/\xff.vhdx");
        assert_eq!(Text::of_path(Path::new(odd)).to_path(false), Path::new(odd));
    }

    #[test]
    fn an_error_reads_the_same_from_a_bundle() {
        let error = Error::malformed("header 1", FileOffset(65536), "no signature");
        let back = Error::from(ErrorLine::from(&error));
        assert_eq!(back.to_string(), error.to_string());
        assert_eq!((back.structure(), back.offset()), (error.structure(), error.offset()));
    }
}
