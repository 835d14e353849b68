//! Hard disk footer ("Hard Disk Footer Format"): at the end of every file, with a copy at the start of a dynamic or
//! differencing one.

use binrw::BinRead;

use crate::error::Result;
use crate::format::fixed;
use crate::units::{ByteLen, FileOffset};

use super::checksum::ones_complement_without_field;
pub use super::fields::{CreatorApplication, CreatorHostOs, DiskType, Features, TimeStamp, UniqueId, Version};
pub use super::geometry::Geometry;

/// Name of the structure at the end of the file in errors and findings.
pub const STRUCTURE: &str = "footer";
/// Name of the copy at the start of the file.
pub const STRUCTURE_COPY: &str = "footer copy";
/// "conectix", after the company that made the format.
pub const COOKIE: [u8; 8] = *b"conectix";
/// Bytes of a footer.
pub const SIZE: ByteLen = ByteLen(512);
/// Bytes of the footer at the end of files from before Virtual PC 2004: one reserved byte less.
pub const OLD_SIZE: ByteLen = ByteLen(511);
/// The only version of the format.
pub const FILE_FORMAT_VERSION: Version = Version { major: 1, minor: 0 };

const CHECKSUM_AT: usize = 64;
const RESERVED_AT: usize = 85;

/// One footer, or its copy at the start of the file.
#[derive(Clone, Debug, PartialEq, Eq, BinRead)]
#[br(big)]
pub struct Footer {
    /// [`COOKIE`] in a footer.
    pub cookie: [u8; 8],
    /// Feature bits.
    pub features: Features,
    /// [`FILE_FORMAT_VERSION`].
    pub file_format_version: Version,
    /// Offset in the file of the dynamic disk header; all ones in a fixed disk. See
    /// [`dynamic_disk_header_offset`](Self::dynamic_disk_header_offset).
    #[br(map = FileOffset)]
    pub data_offset: FileOffset,
    /// When the image was made, says the specification.
    pub time_stamp: TimeStamp,
    /// The program that made the image.
    pub creator_application: CreatorApplication,
    /// That program's version.
    pub creator_version: Version,
    /// The system it ran on.
    pub creator_host_os: CreatorHostOs,
    /// Bytes of the virtual disk when it was made.
    #[br(map = ByteLen)]
    pub original_size: ByteLen,
    /// Bytes of the virtual disk now.
    #[br(map = ByteLen)]
    pub current_size: ByteLen,
    /// Geometry of the virtual disk.
    pub disk_geometry: Geometry,
    /// How the disk is stored.
    pub disk_type: DiskType,
    /// Checksum as stored.
    pub checksum: u32,
    /// Identity of the image.
    pub unique_id: UniqueId,
    /// 1 if a virtual machine was saved while it used the disk; it may not be expanded or compacted then.
    pub saved_state: u8,
    /// What follows: 427 bytes ([`OLD_SIZE`]: 426), zero by the specification. Citrix's hypervisor hides a disk by the first.
    #[br(ignore)]
    pub reserved: Vec<u8>,
    /// Checksum that the bytes have.
    #[br(ignore)]
    pub computed_checksum: u32,
}

impl Footer {
    /// Reads the footer whose [`SIZE`] bytes lie at `at`; `structure` is its name in errors.
    pub fn parse(structure: &'static str, at: FileOffset, bytes: &[u8]) -> Result<Self> {
        Self::parse_sized(structure, at, bytes, SIZE)
    }

    /// Reads a footer of [`OLD_SIZE`] bytes.
    pub fn parse_old(structure: &'static str, at: FileOffset, bytes: &[u8]) -> Result<Self> {
        Self::parse_sized(structure, at, bytes, OLD_SIZE)
    }

    fn parse_sized(structure: &'static str, at: FileOffset, bytes: &[u8], size: ByteLen) -> Result<Self> {
        let footer: Self = fixed::read(structure, at, bytes, size)?;
        let covered = size.to_usize().and_then(|size| bytes.get(..size)).unwrap_or(bytes);
        Ok(Self {
            reserved: covered.get(RESERVED_AT..).unwrap_or_default().to_vec(),
            computed_checksum: ones_complement_without_field(covered, CHECKSUM_AT),
            ..footer
        })
    }

    /// Where the dynamic disk header lies, or `None` where the field says that there is none. The specification gives
    /// `0xFFFFFFFF` for a field of eight bytes; programs write eight bytes of `0xFF`, and both count here.
    pub fn dynamic_disk_header_offset(&self) -> Option<FileOffset> {
        const NONE: [u64; 2] = [u64::MAX, 0xFFFF_FFFF];
        (!NONE.contains(&self.data_offset.0)).then_some(self.data_offset)
    }

    /// The size of the virtual disk that QEMU shows, to tell why it may differ from [`current_size`](Self::current_size).
    ///
    /// Windows, Hyper-V and Azure show the current size. A guest of Virtual PC sees a disk through its geometry, so
    /// QEMU (seen with 10.0.2) takes the geometry for the creators `vpc ` and `qemu`, but for
    /// [`Geometry::LARGEST`], and the current size for every other.
    pub fn size_in_qemu(&self) -> ByteLen {
        let by_geometry = matches!(&self.creator_application.0, b"vpc " | b"qemu");
        if by_geometry && self.disk_geometry != Geometry::LARGEST {
            self.disk_geometry.size()
        } else {
            self.current_size
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::error::ErrorKind;

    /// The footer that the library `DiscUtils` wrote for a dynamic disk of 16 MiB.
    pub(crate) fn sample() -> Vec<u8> {
        let mut bytes = b"conectix\0\0\0\x02\0\x01\0\0\0\0\0\0\0\0\x02\0\x32\x95\xd0\x8adutl\0\x06\0\x01Wi2k".to_vec();
        bytes.extend_from_slice(b"\0\0\0\0\x01\0\0\0\0\0\0\0\x01\0\0\0\x01\xe1\x04\x11\0\0\0\x03");
        bytes.extend_from_slice(b"\xff\xff\xee\x35\x6d\x74\xf7\x18\x11\x61\x46\x2e\xbf\x8f\xa9\x79\x66\xfb\xfe\x89");
        bytes.resize(512, 0);
        bytes
    }

    #[test]
    fn every_field_is_where_the_specification_puts_it() {
        let footer = Footer::parse(STRUCTURE, FileOffset(0), &sample()).unwrap();
        assert_eq!(footer.cookie, COOKIE);
        assert_eq!(footer.features, Features(2));
        assert_eq!(footer.file_format_version, FILE_FORMAT_VERSION);
        assert_eq!(footer.dynamic_disk_header_offset(), Some(FileOffset(0x200)));
        assert_eq!(footer.time_stamp, TimeStamp(848_679_050));
        assert_eq!(footer.creator_application.to_string(), "dutl");
        assert_eq!(footer.creator_version, Version { major: 6, minor: 1 });
        assert_eq!(footer.creator_host_os, CreatorHostOs::Windows);
        assert_eq!((footer.original_size, footer.current_size), (ByteLen::mib(16), ByteLen::mib(16)));
        assert_eq!(footer.disk_geometry, Geometry { cylinders: 481, heads: 4, sectors_per_track: 17 });
        assert_eq!(footer.disk_type, DiskType::Dynamic);
        assert_eq!(footer.unique_id.to_string(), "6d74f718-1161-462e-bf8f-a97966fbfe89");
        assert_eq!(footer.saved_state, 0);
        assert_eq!(footer.reserved, [0; 427]);
        assert_eq!((footer.checksum, footer.computed_checksum), (0xFFFF_EE35, 0xFFFF_EE35));
    }

    #[test]
    fn the_last_fields_are_told_apart() {
        let mut bytes = sample();
        bytes[48..56].copy_from_slice(&ByteLen::mib(24).0.to_be_bytes());
        bytes[84] = 1;
        bytes[85] = 7;
        bytes[511] = 9;
        let footer = Footer::parse(STRUCTURE, FileOffset(0), &bytes).unwrap();
        assert_eq!((footer.original_size, footer.current_size), (ByteLen::mib(16), ByteLen::mib(24)));
        assert_eq!((footer.saved_state, footer.reserved[0], footer.reserved[426]), (1, 7, 9));
        // 1 + 7 + 9 and 8 MiB more (0x00 to 0x80 in one byte of the size).
        assert_eq!(footer.computed_checksum, 0xFFFF_EE35 - (1 + 7 + 9 + 0x80));
        assert_eq!(footer.checksum, 0xFFFF_EE35);
    }

    #[test]
    fn an_old_footer_lacks_the_last_reserved_byte() {
        let bytes = &sample()[..511];
        let footer = Footer::parse_old(STRUCTURE, FileOffset(1), bytes).unwrap();
        assert_eq!(footer.reserved.len(), 426);
        assert_eq!(footer.computed_checksum, 0xFFFF_EE35);
        let error = Footer::parse(STRUCTURE, FileOffset(0x1001), bytes).unwrap_err();
        assert_eq!(error.to_string(), "footer: needs 512 bytes, and the file has 511 left (at offset 0x1001)");
    }

    #[test]
    fn a_fixed_disk_has_no_dynamic_disk_header() {
        for (stored, offset) in [
            (u64::MAX, None),
            (0xFFFF_FFFF, None),
            (0, Some(FileOffset(0))),
            (u64::MAX - 1, Some(FileOffset(u64::MAX - 1))),
        ] {
            let mut bytes = sample();
            bytes[16..24].copy_from_slice(&stored.to_be_bytes());
            let footer = Footer::parse(STRUCTURE, FileOffset(0), &bytes).unwrap();
            assert_eq!(footer.dynamic_disk_header_offset(), offset);
        }
    }

    #[test]
    fn qemu_takes_the_size_of_two_creators_from_the_geometry() {
        // What `qemu-img info` 10.0.2 printed for the sample with these creators.
        for (creator, geometry, size) in [
            (b"dutl", 0x01E1_0411, 16_777_216),
            (b"win ", 0x01E1_0411, 16_777_216),
            (b"vs  ", 0x01E1_0411, 16_777_216),
            (b"qem2", 0x01E1_0411, 16_777_216),
            (b"vpc ", 0x01E1_0411, 16_746_496),
            (b"qemu", 0x01E1_0411, 16_746_496),
            (b"vpc ", 0xFFFF_10FF_u32, 16_777_216),
        ] {
            let mut bytes = sample();
            bytes[28..32].copy_from_slice(creator);
            bytes[56..60].copy_from_slice(&geometry.to_be_bytes());
            let footer = Footer::parse(STRUCTURE, FileOffset(0), &bytes).unwrap();
            assert_eq!(footer.size_in_qemu(), ByteLen(size), "{}", creator.escape_ascii());
            assert_eq!(footer.current_size, ByteLen(16_777_216));
        }
    }

    proptest! {
        #[test]
        fn any_bytes_parse_if_there_are_enough(bytes in prop::collection::vec(any::<u8>(), 500..520)) {
            let parsed = Footer::parse(STRUCTURE_COPY, FileOffset(7), &bytes);
            match parsed {
                Ok(footer) => {
                    prop_assert!(bytes.len() >= 512);
                    let mut zeroed = bytes[..512].to_vec();
                    zeroed[64..68].fill(0);
                    prop_assert_eq!(footer.computed_checksum, !zeroed.iter().map(|byte| u32::from(*byte)).sum::<u32>());
                    prop_assert_eq!(&footer.checksum.to_be_bytes(), &bytes[64..68]);
                }
                Err(error) => {
                    prop_assert!(bytes.len() < 512);
                    prop_assert!(matches!(error.kind(), ErrorKind::Truncated { .. }), "{error}");
                    prop_assert_eq!(error.offset(), Some(FileOffset(7)));
                }
            }
        }
    }
}
