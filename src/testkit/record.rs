//! One structure on disk while it is being written: a run of zero bytes into which fields are put by their offset.

use uuid::Uuid;

/// How a checksum is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Checksum {
    /// As the specification computes it.
    #[default]
    Right,
    /// The right one with its lowest bit turned over.
    Wrong,
    /// This value, whatever the bytes are.
    Value(u32),
}

impl Checksum {
    /// What is written where `right` would belong.
    pub const fn over(self, right: u32) -> u32 {
        match self {
            Self::Right => right,
            Self::Wrong => right ^ 1,
            Self::Value(value) => value,
        }
    }
}

/// A structure of a fixed size. A field put past the end makes it longer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record(Vec<u8>);

impl Record {
    /// A structure of `size` zero bytes.
    pub fn new(size: usize) -> Self {
        Self(vec![0; size])
    }

    /// Puts bytes at an offset.
    pub fn put(&mut self, at: usize, bytes: &[u8]) -> &mut Self {
        let end = at + bytes.len();
        if self.0.len() < end {
            self.0.resize(end, 0);
        }
        if let Some(place) = self.0.get_mut(at..end) {
            place.copy_from_slice(bytes);
        }
        self
    }

    /// Puts a 16-bit number, least significant byte first.
    pub fn le16(&mut self, at: usize, value: u16) -> &mut Self {
        self.put(at, &value.to_le_bytes())
    }

    /// Puts a 32-bit number, least significant byte first.
    pub fn le32(&mut self, at: usize, value: u32) -> &mut Self {
        self.put(at, &value.to_le_bytes())
    }

    /// Puts a 64-bit number, least significant byte first.
    pub fn le64(&mut self, at: usize, value: u64) -> &mut Self {
        self.put(at, &value.to_le_bytes())
    }

    /// Puts a 16-bit number, most significant byte first.
    pub fn be16(&mut self, at: usize, value: u16) -> &mut Self {
        self.put(at, &value.to_be_bytes())
    }

    /// Puts a 32-bit number, most significant byte first.
    pub fn be32(&mut self, at: usize, value: u32) -> &mut Self {
        self.put(at, &value.to_be_bytes())
    }

    /// Puts a 64-bit number, most significant byte first.
    pub fn be64(&mut self, at: usize, value: u64) -> &mut Self {
        self.put(at, &value.to_be_bytes())
    }

    /// Puts a GUID as Windows stores it: the first three groups least significant byte first.
    pub fn guid(&mut self, at: usize, guid: Uuid) -> &mut Self {
        self.put(at, &guid.to_bytes_le())
    }

    /// Puts the CRC-32C of the whole structure, taken with its own four bytes as zero (MS-VHDX 2.2.2, 2.2.3, 2.3.1.1).
    pub fn seal(&mut self, at: usize, checksum: Checksum) -> &mut Self {
        self.le32(at, 0);
        let right = crc32c::crc32c(&self.0);
        self.le32(at, checksum.over(right))
    }

    /// The finished bytes.
    pub fn into_bytes(self) -> Vec<u8> {
        self.0
    }

    /// The bytes so far.
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }
}

/// UTF-16 code units as bytes, least significant byte first.
pub fn utf16_le(units: &[u16]) -> Vec<u8> {
    units.iter().flat_map(|unit| unit.to_le_bytes()).collect()
}

/// UTF-16 code units as bytes, most significant byte first.
pub fn utf16_be(units: &[u16]) -> Vec<u8> {
    units.iter().flat_map(|unit| unit.to_be_bytes()).collect()
}

/// The UTF-16 code units of a text.
pub fn utf16(text: &str) -> Vec<u16> {
    text.encode_utf16().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seal_takes_its_own_field_as_zero() {
        // The check value of CRC-32C for "123456789" is E3069283; the field here stands before it and is zero.
        let mut record = Record::new(13);
        record.put(4, b"123456789").seal(0, Checksum::Right);
        let mut plain = vec![0; 4];
        plain.extend_from_slice(b"123456789");
        assert_eq!(record.bytes()[..4], crc32c::crc32c(&plain).to_le_bytes());
        assert_eq!(crc32c::crc32c(b"123456789"), 0xE306_9283);
        record.seal(0, Checksum::Right);
        assert_eq!(record.bytes()[..4], crc32c::crc32c(&plain).to_le_bytes(), "sealing again changes nothing");
    }
}
