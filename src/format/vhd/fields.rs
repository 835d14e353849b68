//! Types of single fields that footer and dynamic disk header share.

use std::fmt;

use binrw::BinRead;
use jiff::Timestamp;
use uuid::Uuid;

/// Seconds since 1 January 2000, 00:00:00 UTC; ends in 2136. Windows writes zero as a parent's time stamp.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, BinRead)]
#[br(big)]
pub struct TimeStamp(pub u32);

impl TimeStamp {
    /// The moment.
    pub fn to_timestamp(self) -> Timestamp {
        /// 2000-01-01T00:00:00Z in seconds since 1970.
        const EPOCH: i64 = 946_684_800;
        // Every u32 of seconds lies inside jiff's range of years -9999 to 9999.
        Timestamp::from_second(EPOCH.saturating_add(i64::from(self.0))).unwrap_or(Timestamp::MAX)
    }
}

/// Major and minor version, 16 bits each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, BinRead)]
#[br(big)]
pub struct Version {
    /// Changes when older programs can no longer read the file.
    pub major: u16,
    /// Changes otherwise.
    pub minor: u16,
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}

/// The 128-bit identity of a disk image; a child names its parent by it.
///
/// The specification calls it a UUID in big-endian bytes, and that is how it prints here (and in libvhdi and QEMU).
/// Windows stores the bytes of a GUID as it keeps them in memory; [`as_windows_guid`](Self::as_windows_guid) is what
/// its own tools print.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, BinRead)]
#[br(big)]
pub struct UniqueId(pub [u8; 16]);

impl UniqueId {
    /// Whether all bytes are zero: nobody made an identity up.
    pub fn is_zero(self) -> bool {
        self.0 == [0; 16]
    }

    /// The bytes in the order of the file.
    pub const fn as_uuid(self) -> Uuid {
        Uuid::from_bytes(self.0)
    }

    /// The same bytes as Windows prints them, the first three groups reversed (`Get-VHD`: `DiskIdentifier`).
    pub const fn as_windows_guid(self) -> Uuid {
        Uuid::from_bytes_le(self.0)
    }
}

impl fmt::Display for UniqueId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_uuid().hyphenated().fmt(f)
    }
}

impl fmt::Debug for UniqueId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "UniqueId({self})")
    }
}

/// Four bytes that name the program that made the file; left-justified ASCII, padded with spaces or NULs.
#[derive(Clone, Copy, PartialEq, Eq, Hash, BinRead)]
#[br(big)]
pub struct CreatorApplication(pub [u8; 4]);

impl CreatorApplication {
    /// The program, where the code is known.
    pub const fn name(self) -> Option<&'static str> {
        Some(match &self.0 {
            b"vpc " => "Microsoft Virtual PC",
            b"vs  " => "Microsoft Virtual Server",
            b"win " => "Windows",
            b"d2v\0" => "Disk2vhd",
            b"qemu" | b"qem2" => "QEMU",
            b"vbox" => "VirtualBox",
            b"dutl" => "DiscUtils",
            b"tap\0" => "XenServer",
            b"CTXS" => "Citrix XenConvert",
            b"wa\0\0" => "Microsoft Azure",
            _ => return None,
        })
    }
}

impl fmt::Display for CreatorApplication {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt_code(self.0, f)
    }
}

impl fmt::Debug for CreatorApplication {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CreatorApplication({})", self.0.escape_ascii())
    }
}

/// The system that the creator ran on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, BinRead)]
#[br(big)]
#[br(map = Self::from_code)]
pub enum CreatorHostOs {
    /// `Wi2k`.
    Windows,
    /// `Mac `.
    Macintosh,
    /// Anything else.
    Other([u8; 4]),
}

impl CreatorHostOs {
    /// The system of a stored code.
    pub const fn from_code(code: [u8; 4]) -> Self {
        match &code {
            b"Wi2k" => Self::Windows,
            b"Mac " => Self::Macintosh,
            _ => Self::Other(code),
        }
    }

    /// The code as stored.
    pub const fn code(self) -> [u8; 4] {
        match self {
            Self::Windows => *b"Wi2k",
            Self::Macintosh => *b"Mac ",
            Self::Other(code) => code,
        }
    }
}

impl fmt::Display for CreatorHostOs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Windows => f.write_str("Windows"),
            Self::Macintosh => f.write_str("Macintosh"),
            Self::Other(code) => fmt_code(*code, f),
        }
    }
}

/// How the virtual disk is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, BinRead)]
#[br(big)]
#[br(map = Self::from_number)]
pub enum DiskType {
    /// 0: none.
    None,
    /// 2: all of the disk, then the footer.
    Fixed,
    /// 3: blocks as they are needed.
    Dynamic,
    /// 4: what differs from a parent.
    Differencing,
    /// Any other number; 1, 5 and 6 are reserved and deprecated.
    Other(u32),
}

impl DiskType {
    /// The type of a stored number.
    pub const fn from_number(number: u32) -> Self {
        match number {
            0 => Self::None,
            2 => Self::Fixed,
            3 => Self::Dynamic,
            4 => Self::Differencing,
            other => Self::Other(other),
        }
    }

    /// The number as stored.
    pub const fn number(self) -> u32 {
        match self {
            Self::None => 0,
            Self::Fixed => 2,
            Self::Dynamic => 3,
            Self::Differencing => 4,
            Self::Other(other) => other,
        }
    }
}

/// Feature bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, BinRead)]
#[br(big)]
pub struct Features(pub u32);

impl Features {
    /// Bit 0: the disk was meant to be deleted at shutdown.
    pub const fn is_temporary(self) -> bool {
        self.0 & 1 != 0
    }

    /// Bit 1, reserved: the specification wants it set always.
    pub const fn has_reserved_bit(self) -> bool {
        self.0 & 2 != 0
    }

    /// The bits that the specification does not know.
    pub const fn unknown(self) -> u32 {
        self.0 & !3
    }
}

/// A code of four ASCII characters without its padding; other bytes are escaped.
fn fmt_code(code: [u8; 4], f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let text = code.escape_ascii().to_string();
    let unpadded = text.trim_end_matches("\\x00").trim_end_matches(' ');
    f.write_str(unpadded)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_stamps_count_from_the_year_2000() {
        assert_eq!(TimeStamp(0).to_timestamp().to_string(), "2000-01-01T00:00:00Z");
        // 366 days of the leap year 2000.
        assert_eq!(TimeStamp(366 * 86_400).to_timestamp().to_string(), "2001-01-01T00:00:00Z");
        assert_eq!(TimeStamp(u32::MAX).to_timestamp().to_string(), "2136-02-07T06:28:15Z");
    }

    #[test]
    fn an_identity_prints_in_file_order_and_as_windows_does() {
        let id = UniqueId(*b"\xe7\xea\x92\x00\x84\x93\x95\x4e\xa8\x16\x95\x72\x33\x9b\xe9\x31");
        assert_eq!(id.to_string(), "e7ea9200-8493-954e-a816-9572339be931");
        assert_eq!(id.as_windows_guid().to_string(), "0092eae7-9384-4e95-a816-9572339be931");
        assert!(!id.is_zero() && UniqueId::default().is_zero());
    }

    #[test]
    fn codes_print_without_their_padding() {
        for (code, shown, name) in [
            (*b"win ", "win", Some("Windows")),
            (*b"d2v\0", "d2v", Some("Disk2vhd")),
            (*b"vs  ", "vs", Some("Microsoft Virtual Server")),
            (*b"wa\0\0", "wa", Some("Microsoft Azure")),
            (*b"\0\0\0\0", "", None),
            (*b"a\x1b[m", "a\\x1b[m", None),
        ] {
            assert_eq!(CreatorApplication(code).to_string(), shown);
            assert_eq!(CreatorApplication(code).name(), name);
        }
        assert_eq!(CreatorHostOs::from_code(*b"Wi2k").to_string(), "Windows");
        assert_eq!(CreatorHostOs::from_code(*b"Mac ").to_string(), "Macintosh");
        assert_eq!(CreatorHostOs::from_code(*b"Lnx\0").to_string(), "Lnx");
        for code in [*b"Wi2k", *b"Mac ", *b"Lnx\0"] {
            assert_eq!(CreatorHostOs::from_code(code).code(), code);
        }
    }

    #[test]
    fn every_number_of_a_type_survives() {
        for number in 0..9 {
            assert_eq!(DiskType::from_number(number).number(), number);
        }
        assert_eq!(DiskType::from_number(4), DiskType::Differencing);
        assert_eq!(DiskType::from_number(5), DiskType::Other(5));
    }

    #[test]
    fn feature_bits() {
        assert!(Features(3).is_temporary() && Features(2).has_reserved_bit());
        assert!(!Features(2).is_temporary() && !Features(1).has_reserved_bit());
        assert_eq!(Features(0x8000_0003).unknown(), 0x8000_0000);
        assert_eq!(Version { major: 10, minor: 0 }.to_string(), "10.0");
    }
}
