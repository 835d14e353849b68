//! Footer, dynamic disk header, locator data and block allocation table of a VHD from plain bytes.

use crate::error::ErrorKind;
use crate::format::vhd::block_allocation_table::BlockAllocationTable;
use crate::format::vhd::dynamic_disk_header::DynamicDiskHeader;
use crate::format::vhd::footer::{Footer, Geometry};
use crate::format::vhd::parent_locator::PlatformCode;
use crate::testkit::vhd::{Builder, ParentLocator, chs};
use crate::units::{ByteLen, FileOffset};

use super::bytes::{array, be16, be32, be64};
use super::input::Input;

const AT: FileOffset = FileOffset(0x600);

/// Which structure (by the first byte), and its bytes.
pub fn vhd(data: &[u8]) {
    let mut input = Input::new(data);
    let which = input.byte() % 4;
    let bytes = input.rest();
    match which {
        0 => footer(bytes),
        1 => dynamic_disk_header(bytes),
        2 => locator_data(bytes),
        _ => table(bytes),
    }
}

/// The ones' complement of the sum of all bytes but those of the checksum.
fn checksum(bytes: &[u8], field: usize) -> u32 {
    let others = bytes.iter().enumerate().filter(|(at, _)| !(field..field + 4).contains(at));
    !others.fold(0_u32, |sum, (_, byte)| sum.wrapping_add(u32::from(*byte)))
}

fn footer(bytes: &[u8]) {
    for (size, parsed) in [(512, Footer::parse("footer", AT, bytes)), (511, Footer::parse_old("footer", AT, bytes))] {
        let (footer, covered) = match (parsed, bytes.get(..size)) {
            (Ok(footer), Some(covered)) => (footer, covered),
            (Err(error), None) => {
                assert!(matches!(error.kind(), ErrorKind::Truncated { .. }), "{error}");
                continue;
            }
            (parsed, _) => unreachable!("{} bytes give {parsed:?}", bytes.len()),
        };
        assert_eq!(footer.cookie, array(bytes, 0));
        assert_eq!((footer.features.0, footer.data_offset.get()), (be32(bytes, 8), be64(bytes, 16)));
        assert_eq!((footer.time_stamp.0, footer.creator_application.0), (be32(bytes, 24), array(bytes, 28)));
        assert_eq!(footer.creator_host_os.code(), array(bytes, 36));
        assert_eq!((footer.original_size.0, footer.current_size.0), (be64(bytes, 40), be64(bytes, 48)));
        let geometry = footer.disk_geometry;
        assert_eq!(
            (geometry.cylinders, u16::from_be_bytes([geometry.heads, geometry.sectors_per_track])),
            (be16(bytes, 56), be16(bytes, 58))
        );
        assert_eq!((footer.disk_type.number(), footer.checksum), (be32(bytes, 60), be32(bytes, 64)));
        assert_eq!((footer.unique_id.0, footer.saved_state), (array(bytes, 68), array::<1>(bytes, 84)[0]));
        assert_eq!(Some(footer.reserved.as_slice()), covered.get(85..));
        assert_eq!(footer.computed_checksum, checksum(covered, 64));
        let offset = footer.dynamic_disk_header_offset();
        assert_eq!(offset.is_none(), matches!(footer.data_offset.get(), u64::MAX | 0xFFFF_FFFF));
        assert!(footer.size_in_qemu() == footer.current_size || footer.size_in_qemu() == geometry.size());
        let _year_2136_at_the_latest = footer.time_stamp.to_timestamp();
        let (own, plain) = (Geometry::of_size(footer.current_size), chs(footer.current_size.0));
        assert_eq!((own.cylinders, own.heads, own.sectors_per_track), (plain.cylinders, plain.heads, plain.sectors));
        assert!(own.size() <= footer.current_size.max(ByteLen(512)), "a geometry rounds down");
    }
}

fn dynamic_disk_header(bytes: &[u8]) {
    let Some(covered) = bytes.get(..1024) else {
        let error = DynamicDiskHeader::parse(AT, bytes).err();
        assert!(error.is_some_and(|error| matches!(error.kind(), ErrorKind::Truncated { .. })));
        return;
    };
    let Ok(header) = DynamicDiskHeader::parse(AT, bytes) else { unreachable!("1,024 bytes are a header") };
    assert_eq!((header.cookie, header.data_offset.get()), (array(bytes, 0), be64(bytes, 8)));
    assert_eq!((header.table_offset.get(), header.max_table_entries), (be64(bytes, 16), be32(bytes, 28)));
    assert_eq!((header.block_size.0, header.checksum), (u64::from(be32(bytes, 32)), be32(bytes, 36)));
    assert_eq!((header.parent_unique_id.0, header.parent_time_stamp.0), (array(bytes, 40), be32(bytes, 56)));
    assert_eq!(header.computed_checksum, checksum(covered, 36));
    let name = covered.get(64..576).unwrap_or_default().as_chunks::<2>().0;
    let units: Vec<u16> = name.iter().map(|unit| u16::from_be_bytes(*unit)).take_while(|unit| *unit != 0).collect();
    assert_eq!(header.parent_unicode_name.lossy(), String::from_utf16_lossy(&units));
    for (number, entry) in header.parent_locator_entries.iter().enumerate() {
        let at = 576 + 24 * number;
        assert_eq!(entry.at.get(), AT.get() + at as u64);
        assert_eq!(entry.platform_code.code(), array(bytes, at));
        assert_eq!(entry.is_used(), array::<4>(bytes, at) != [0; 4]);
        assert_eq!(entry.data().start.get(), be64(bytes, at + 16));
        assert_eq!(entry.data().len.0, u64::from(be32(bytes, at + 8)));
        assert!(entry.room().len.0 >= u64::from(be32(bytes, at + 4)));
    }
}

fn locator_data(bytes: &[u8]) {
    let code: [u8; 4] = array(bytes, 0);
    let raw = bytes.get(4..).unwrap_or_default();
    for code in [PlatformCode::from_code(code), PlatformCode::W2ku, PlatformCode::MacX, PlatformCode::Wi2k] {
        assert_eq!(PlatformCode::from_code(code.code()), code);
        let data = code.decode(raw);
        assert_eq!(data.raw, raw);
        assert!(data.text.is_some() || !data.exact);
        assert!(data.text.is_none_or(|text| !text.ends_with('\0') && text.len() <= raw.len() * 3 + 3));
    }
}

fn table(bytes: &[u8]) {
    let table = BlockAllocationTable::new(bytes);
    assert_eq!(table.len(), bytes.len() / 4);
    assert_eq!(table.iter().len(), table.len());
    for (number, entry) in table.iter().enumerate() {
        let stored = be32(bytes, 4 * number);
        assert_eq!((Some(entry), entry.0), (table.get(number), stored));
        assert_eq!(entry.block_offset().map(FileOffset::get), (stored != u32::MAX).then(|| u64::from(stored) * 512));
    }
    assert!(table.get(table.len()).is_none());
}

pub(super) fn seeds() -> Vec<(&'static str, Vec<u8>)> {
    let fixed = Builder::fixed(1 << 20).seed(1).build();
    let parent = uuid::Uuid::from_u128(7);
    let child = Builder::differencing(8 << 20, parent, 9, r"C:\disks\base.vhd")
        .locator(ParentLocator::relative(r".\base.vhd"))
        .locator(ParentLocator::absolute(r"C:\disks\base.vhd"))
        .build();
    let part = |which: u8, image: &crate::testkit::SparseImage, range: &std::ops::Range<u64>| {
        [&[which][..], &image.read(range.start, range.end - range.start)].concat()
    };
    let old = Builder::fixed(1 << 20).old_footer().build();
    vec![
        ("footer", part(0, &fixed.image, &fixed.layout.footer)),
        ("footer-of-511-bytes", part(0, &old.image, &old.layout.footer)),
        ("dynamic-disk-header", part(1, &child.image, &child.layout.header)),
        ("locator-windows", [&[2][..], b"W2ru", b".\0\\\0a\0\0\0\0"].concat()),
        ("locator-mac", [&[2][..], b"MacXfile://localhost/a%20b\xFF"].concat()),
        ("table", part(3, &child.image, &child.layout.bat)),
    ]
}
