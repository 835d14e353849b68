//! Reading a VHD set's own file: which disk lies behind it.

use crate::error::{Error, Result};
use crate::format::text::Utf16Text;
use crate::format::vhds::{self, Header};
use crate::limits::MAX_VHD_SET_NAME;
use crate::source::ReadAt;
use crate::units::{ByteLen, FileOffset};

/// What a VHD set says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VhdSet {
    /// The name of the disk behind it, which lies in the same folder.
    pub backing_name: Utf16Text,
}

impl VhdSet {
    /// Reads the current header and the name that it points at.
    pub fn read(source: &dyn ReadAt) -> Result<Self> {
        let mut current: Option<(FileOffset, Header)> = None;
        for (at, structure) in vhds::HEADER_OFFSETS.into_iter().zip(vhds::STRUCTURES) {
            let bytes = source.read_vec(structure, at, vhds::HEADER_SIZE);
            let Ok(header) = bytes.and_then(|bytes| Header::parse(structure, at, &bytes)) else { continue };
            let newer = current.as_ref().is_none_or(|(_, known)| header.sequence_number > known.sequence_number);
            if header.is_signed() && newer {
                current = Some((at, header));
            }
        }
        let [structure, _] = vhds::STRUCTURES;
        let [first, _] = vhds::HEADER_OFFSETS;
        let (at, header) =
            current.ok_or_else(|| Error::malformed(structure, first, "neither of the two headers is one"))?;
        let range = header.name_range();
        if range.len > MAX_VHD_SET_NAME || range.len < ByteLen(2) {
            let what = format!("a name of {} bytes, which no file has", range.len);
            return Err(Error::malformed(vhds::STORED_NAME, at, what));
        }
        let bytes = source.read_vec(vhds::STORED_NAME, range.start, range.len)?;
        Ok(Self { backing_name: vhds::stored_name(&bytes) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::MemorySource;

    /// A set with two headers of these numbers and names.
    fn set(first: (u64, &str), second: (u64, &str)) -> Vec<u8> {
        let mut file = vec![0; 0x50000];
        file[..8].copy_from_slice(&vhds::SIGNATURE);
        for (number, (sequence, name)) in [first, second].into_iter().enumerate() {
            let units: Vec<u8> = name.encode_utf16().chain([0]).flat_map(u16::to_le_bytes).collect();
            let name_at = 0x40000 + number * 0x8000;
            file[name_at..name_at + units.len()].copy_from_slice(&units);
            let at = 0x10000 * (number + 1);
            file[at..at + 4].copy_from_slice(b"shdr");
            file[at + 8..at + 16].copy_from_slice(&sequence.to_le_bytes());
            file[at + 28..at + 32].copy_from_slice(&u32::try_from(name_at).unwrap().to_le_bytes());
            file[at + 32..at + 36].copy_from_slice(&u32::try_from(units.len()).unwrap().to_le_bytes());
        }
        file
    }

    #[test]
    fn the_header_with_the_higher_number_counts() {
        for (first, second, name) in [(0, 1, "b.avhdx"), (7, 3, "a.avhdx")] {
            let file = set((first, "a.avhdx"), (second, "b.avhdx"));
            assert_eq!(VhdSet::read(&MemorySource::new(&file)).unwrap().backing_name.lossy(), name);
        }
    }

    #[test]
    fn a_damaged_set_says_where() {
        assert!(VhdSet::read(&MemorySource::new(b"vhdsetv1")).is_err());
        let mut file = set((0, "a"), (1, "b"));
        file[0x20020..0x20024].copy_from_slice(&u32::MAX.to_le_bytes());
        assert_eq!(VhdSet::read(&MemorySource::new(&file)).unwrap_err().offset(), Some(FileOffset(0x20000)));
    }
}
