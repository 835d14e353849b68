//! What a file is, told by its content, and by its name only where the content says nothing.

mod document;

use std::path::Path;

use crate::error::Result;
use crate::format::vhd::footer;
use crate::format::vhdx::{HEADER_1_OFFSET, HEADER_2_OFFSET, file_type_identifier, header};
use crate::source::ReadAt;
use crate::units::{ByteLen, FileOffset};

use document::Root;

/// What a file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FileKind {
    /// VHDX or AVHDX.
    Vhdx,
    /// VHD or AVHD (version 1).
    Vhd,
    /// A VHD set: the small file that names the backing disk.
    VhdSet,
    /// Configuration of a machine or checkpoint since Windows Server 2016.
    Vmcx,
    /// Run-time state of a machine or checkpoint.
    Vmrs,
    /// Guest state (firmware variables, virtual TPM).
    Vmgs,
    /// Configuration of a machine or checkpoint up to Windows Server 2012 R2.
    VmXml,
    /// Resilient change tracking.
    Rct,
    /// Modified region table, the coarse companion of change tracking.
    Mrt,
    /// Replica log.
    Hrl,
    /// Replica undo log.
    Hru,
    /// Memory of a saved machine (up to 2012 R2).
    Bin,
    /// Device state of a saved machine (up to 2012 R2).
    Vsv,
    /// Smart paging file.
    Slp,
    /// Virtual persistent memory.
    VhdPmem,
    /// Floppy image.
    Vfd,
    /// Optical image.
    Iso,
    /// Anything else.
    Other,
}

/// How the kind is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KindBy {
    /// Its bytes say so.
    Content,
    /// Only its name says so.
    Name,
}

impl FileKind {
    /// The word for the kind in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Vhdx => "vhdx",
            Self::Vhd => "vhd",
            Self::VhdSet => "vhd_set",
            Self::Vmcx => "vmcx",
            Self::Vmrs => "vmrs",
            Self::Vmgs => "vmgs",
            Self::VmXml => "vm_xml",
            Self::Rct => "rct",
            Self::Mrt => "mrt",
            Self::Hrl => "hrl",
            Self::Hru => "hru",
            Self::Bin => "bin",
            Self::Vsv => "vsv",
            Self::Slp => "slp",
            Self::VhdPmem => "vhdpmem",
            Self::Vfd => "vfd",
            Self::Iso => "iso",
            Self::Other => "other",
        }
    }

    /// Whether the file is, or calls itself, a virtual disk that this program reads.
    pub fn is_image(self) -> bool {
        matches!(self, Self::Vhdx | Self::Vhd)
    }

    /// What the name alone says.
    pub fn of_name(path: &Path) -> Self {
        let Some(own) = path.extension() else { return Self::Other };
        let named = |(name, _): &&(&str, Self)| own.eq_ignore_ascii_case(name);
        match BY_EXTENSION.iter().find(named) {
            // Hyper-V keeps a saved machine's memory in <GUID>.bin, and configurations up to 2012 R2 in <GUID>.xml; what
            // is left of a damaged one may be its name alone. Others are anybody's.
            Some((_, Self::Bin | Self::VmXml)) if !is_named_by_guid(path) => Self::Other,
            Some((_, kind)) => *kind,
            None => Self::Other,
        }
    }

    /// What the content says, and where it says nothing the name.
    pub fn of(source: &dyn ReadAt, path: &Path) -> Result<(Self, KindBy)> {
        let by_name = Self::of_name(path);
        Ok(match Self::of_content(source, by_name)? {
            Some(kind) => (kind, KindBy::Content),
            None if is_called_xml(path) => match document::root(source)? {
                Root::Configuration => (Self::VmXml, KindBy::Content),
                // Other programs name documents by GUIDs as well.
                Root::Other if by_name == Self::VmXml => (Self::Other, KindBy::Content),
                Root::Other | Root::Unknown => (by_name, KindBy::Name),
            },
            None => (by_name, KindBy::Name),
        })
    }

    fn of_content(source: &dyn ReadAt, by_name: Self) -> Result<Option<Self>> {
        let mut head = [0; 256];
        let have = source.read_up_to("", FileOffset::ZERO, &mut head)?;
        let head = head.get(..have).unwrap_or_default();
        if head.starts_with(&file_type_identifier::SIGNATURE) {
            return Ok(Some(Self::Vhdx));
        }
        if head.starts_with(&footer::COOKIE) {
            return Ok(Some(Self::Vhd));
        }
        if head.starts_with(VHD_SET_SIGNATURE) {
            return Ok(Some(Self::VhdSet));
        }
        if head.starts_with(&STORAGE_SIGNATURE) {
            // One container for both; only the name tells them apart before the keys are read.
            return Ok(Some(if by_name == Self::Vmrs { Self::Vmrs } else { Self::Vmcx }));
        }
        if document::is_configuration(head) {
            return Ok(Some(Self::VmXml));
        }
        if vhd_footer_at_end(source)? {
            return Ok(Some(Self::Vhd));
        }
        if vhdx_headers_without_identifier(source)? {
            return Ok(Some(Self::Vhdx));
        }
        Ok(None)
    }
}

/// What extensions say, the most frequent first.
const BY_EXTENSION: [(&str, FileKind); 19] = [
    ("avhdx", FileKind::Vhdx),
    ("vhdx", FileKind::Vhdx),
    ("avhd", FileKind::Vhd),
    ("vhd", FileKind::Vhd),
    ("vhds", FileKind::VhdSet),
    ("vmcx", FileKind::Vmcx),
    ("vmrs", FileKind::Vmrs),
    ("vmgs", FileKind::Vmgs),
    ("rct", FileKind::Rct),
    ("mrt", FileKind::Mrt),
    ("hrl", FileKind::Hrl),
    ("hru", FileKind::Hru),
    ("vsv", FileKind::Vsv),
    ("slp", FileKind::Slp),
    ("vhdpmem", FileKind::VhdPmem),
    ("vfd", FileKind::Vfd),
    ("iso", FileKind::Iso),
    ("bin", FileKind::Bin),
    ("xml", FileKind::VmXml),
];

const VHD_SET_SIGNATURE: &[u8] = b"vhdsetv1";
/// Signature of the Hyper-V storage container (.vmcx, .vmrs, data.vmcx).
const STORAGE_SIGNATURE: [u8; 4] = 0x0128_2014_u32.to_le_bytes();

/// A fixed VHD has its footer only at the end: 512 bytes, or 511 from Virtual PC before 2004.
fn vhd_footer_at_end(source: &dyn ReadAt) -> Result<bool> {
    for size in [footer::SIZE, footer::OLD_SIZE] {
        let mut cookie = [0; 8];
        if let Some(at) = source.size().0.checked_sub(size.0) {
            source.read_exact_at(footer::STRUCTURE, FileOffset(at), &mut cookie)?;
            if cookie == footer::COOKIE {
                return Ok(true);
            }
        }
    }
    Ok(false)
}

/// A VHDX whose first bytes are damaged still has its headers.
fn vhdx_headers_without_identifier(source: &dyn ReadAt) -> Result<bool> {
    for at in [HEADER_1_OFFSET, HEADER_2_OFFSET] {
        let mut signature = [0; 4];
        if source.size().0 >= at.saturating_add(ByteLen(4)).0 {
            source.read_exact_at("header", at, &mut signature)?;
            if signature == header::SIGNATURE {
                return Ok(true);
            }
        }
    }
    Ok(false)
}

fn is_called_xml(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("xml"))
}

fn is_named_by_guid(path: &Path) -> bool {
    path.file_stem().is_some_and(|stem| is_guid(&stem.to_string_lossy()))
}

fn is_guid(text: &str) -> bool {
    text.len() == 36 && uuid::Uuid::try_parse(text).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::MemorySource;

    fn kind(bytes: &[u8], name: &str) -> (FileKind, KindBy) {
        FileKind::of(&MemorySource::new(bytes), Path::new(name)).unwrap()
    }

    #[test]
    fn content_comes_before_the_name() {
        assert_eq!(kind(b"vhdxfile", "a.txt"), (FileKind::Vhdx, KindBy::Content));
        assert_eq!(kind(b"", "a.vhdx"), (FileKind::Vhdx, KindBy::Name));
        assert_eq!(kind(b"x", "a.avhd"), (FileKind::Vhd, KindBy::Name));
        assert_eq!(kind(b"vhdsetv1", "a.vhdx"), (FileKind::VhdSet, KindBy::Content));
        assert_eq!(kind(&[0x14, 0x20, 0x28, 0x01], "a.VMRS"), (FileKind::Vmrs, KindBy::Content));
        assert_eq!(kind(b"hello", "a.txt"), (FileKind::Other, KindBy::Name));
        let mut fixed_vhd = vec![0; 4096];
        fixed_vhd.extend_from_slice(b"conectix");
        fixed_vhd.resize(4096 + 511, 0);
        assert_eq!(kind(&fixed_vhd, "a").0, FileKind::Vhd);
        let mut no_identifier = vec![0; 128 << 10];
        no_identifier.extend_from_slice(b"head");
        assert_eq!(kind(&no_identifier, "a").0, FileKind::Vhdx);
    }

    #[test]
    fn a_configuration_of_2012_r2_keeps_its_name_when_it_is_damaged() {
        let name = "Virtual Machines/EC04F346-DB96-4700-AF5B-77B3C56C38BD.XML";
        for damaged in [
            &b""[..],
            &[0; 600],
            b"\xFF\xFE\0\0<\0c\0",
            b"<?xml version='1.0'?><confi",
            b"<configurbtion></configuration>",
        ] {
            assert_eq!(kind(damaged, name), (FileKind::VmXml, KindBy::Name), "{damaged:?}");
            assert_eq!(kind(damaged, "Virtual Machines/x.xml").0, FileKind::Other, "{damaged:?}");
        }
        assert_eq!(kind(b"<?xml version='1.0'?><writer a='1'>\n</writer>\r\n", name).0, FileKind::Other);
        assert_eq!(kind(b"<configuration>", name), (FileKind::VmXml, KindBy::Content));
    }

    #[test]
    fn a_bin_file_is_a_machines_memory_only_under_a_machines_name() {
        assert_eq!(FileKind::of_name(Path::new("EC04F346-DB96-4700-AF5B-77B3C56C38BD.bin")), FileKind::Bin);
        assert_eq!(FileKind::of_name(Path::new("firmware.bin")), FileKind::Other);
    }
}
