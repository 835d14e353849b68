//! The bytes of a fuzz input, taken from the front. What is not there reads as zero, so that every input means something.

use super::bytes;

/// An input, and how far it was used.
#[derive(Clone, Copy, Debug)]
pub(super) struct Input<'a> {
    rest: &'a [u8],
}

impl<'a> Input<'a> {
    pub(super) fn new(data: &'a [u8]) -> Self {
        Self { rest: data }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// At most `len` bytes.
    pub(super) fn bytes(&mut self, len: usize) -> &'a [u8] {
        let (taken, rest) = self.rest.split_at(len.min(self.rest.len()));
        self.rest = rest;
        taken
    }

    /// All that is left.
    pub(super) fn rest(&mut self) -> &'a [u8] {
        std::mem::take(&mut self.rest)
    }

    pub(super) fn byte(&mut self) -> u8 {
        self.bytes(1).first().copied().unwrap_or(0)
    }

    pub(super) fn le16(&mut self) -> u16 {
        bytes::le16(self.bytes(2), 0)
    }

    /// A length and that many bytes.
    pub(super) fn piece(&mut self) -> &'a [u8] {
        let len = self.le16();
        self.bytes(usize::from(len))
    }
}

/// The writer's side of [`Input::piece`], for seeds.
pub(super) fn piece(bytes: &[u8]) -> Vec<u8> {
    let len = u16::try_from(bytes.len()).unwrap_or(u16::MAX);
    [&len.to_le_bytes()[..], bytes.get(..usize::from(len)).unwrap_or(bytes)].concat()
}

/// Bytes without the zeros at their end, which every reader here puts back.
pub(super) fn without_zeros(bytes: &[u8]) -> &[u8] {
    let end = bytes.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
    bytes.get(..end).unwrap_or(bytes)
}
