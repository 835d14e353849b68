//! Configurations of Windows Server 2008 to 2012 R2: an XML document in UTF-16 with the same keys as the containers of
//! later versions.

mod bounds;
mod document;
mod salvage;
mod text;
mod value;

pub use text::Encoding;

use crate::error::{Error, ErrorKind};
use crate::units::FileOffset;

use super::problem::Problems;
use super::{Key, ProblemKind};
use text::Text;

/// Name of the structure in errors and findings.
pub(super) const STRUCTURE: &str = "configuration";

/// What was found of a document apart from its keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Xml {
    /// How the text is encoded.
    pub encoding: Encoding,
    /// Whether it starts with a byte order mark.
    pub byte_order_mark: bool,
    /// Whether it is a document; `false` where it breaks off or breaks a rule, and only parts of it were saved.
    pub whole: bool,
}

/// Whether these first bytes of a file may start a document.
pub(super) fn may_start(head: &[u8]) -> bool {
    Text::decode(head).characters.trim_start().starts_with('<')
}

impl Xml {
    /// Reads a document, or what can be saved of one.
    pub(super) fn read(bytes: &[u8], problems: &mut Problems) -> (Self, Vec<Key>) {
        let text = Text::decode(bytes);
        if text.invalid_count > 0 {
            let what = format!("{} places are no {} text", text.invalid_count, text.encoding);
            problems.add(ProblemKind::ValueUnreadable, Error::malformed(STRUCTURE, FileOffset::ZERO, what));
        }
        let (keys, whole) = match document::read(&text, problems) {
            Ok(root) => (vec![root], true),
            Err(error) => {
                let kind = match error.kind() {
                    ErrorKind::Limit { .. } => ProblemKind::OverLimit,
                    _ => ProblemKind::XmlDamaged,
                };
                problems.add(kind, error);
                (salvage::read(&text, problems), false)
            }
        };
        (Self { encoding: text.encoding, byte_order_mark: text.byte_order_mark, whole }, keys)
    }
}
