//! Linux swap space: its header, at the end of the first page and in the middle of it.

use uuid::Uuid;

use super::ascii::label;

/// The sizes that a page may have.
const PAGES: [usize; 4] = [4096, 8192, 16_384, 65_536];

/// A header.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// The label.
    pub label: Option<String>,
    /// The space's id.
    pub id: Uuid,
}

impl Header {
    /// The header at the start of the volume; `None` without its signature.
    pub fn parse(volume: &[u8]) -> Option<Self> {
        let is_signed = |page: &usize| {
            page.checked_sub(10)
                .and_then(|at| volume.get(at..*page))
                .is_some_and(|signature| signature == b"SWAPSPACE2")
        };
        PAGES.iter().find(|page| is_signed(page))?;
        let id: [u8; 16] = volume.get(1036..1052)?.try_into().ok()?;
        Some(Self { label: label(volume.get(1052..1068)?), id: Uuid::from_bytes(id) })
    }
}
