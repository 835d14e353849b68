//! Metadata and headers of a VHDX file, and the links that a merge must keep whole.

use uuid::Uuid;

use super::vhdx::VhdxFile;
use super::{File, bytes};
use crate::testkit::record::{Checksum, Record, utf16, utf16_le};
use crate::testkit::rng::Rng;
use crate::testkit::sparse::SparseImage;
use crate::testkit::vhdx::{HEADER_OFFSETS, metadata};

/// Bytes of the metadata table; items follow.
const ITEMS_AT: u64 = metadata::ITEMS_AT;
/// Flag of metadata entries: the item belongs to the virtual disk.
const IS_VIRTUAL_DISK: u32 = 1 << 1;

/// An item of the metadata and the flags of its entry.
struct Item {
    id: Uuid,
    flags: u32,
    data: Vec<u8>,
}

impl VhdxFile {
    fn items(&self) -> Vec<Item> {
        let count = u64::from(bytes::le16(&self.image, self.metadata + 10));
        let item = |number: u64| {
            let at = self.metadata + 32 + 32 * number;
            let (offset, length) = (bytes::le32(&self.image, at + 16), bytes::le32(&self.image, at + 20));
            Item {
                id: bytes::guid(&self.image, at),
                flags: bytes::le32(&self.image, at + 24),
                data: self.image.read(self.metadata + u64::from(offset), length.into()),
            }
        };
        (0..count).map(item).collect()
    }

    pub(super) fn read_items(&mut self) {
        for item in self.items() {
            let number = |at: usize| {
                let bytes = item.data.get(at..).unwrap_or_default();
                match (bytes.first_chunk::<8>(), bytes.first_chunk::<4>()) {
                    (Some(bytes), _) => u64::from_le_bytes(*bytes),
                    (None, Some(bytes)) => u32::from_le_bytes(*bytes).into(),
                    (None, None) => 0,
                }
            };
            match item.id {
                metadata::FILE_PARAMETERS => {
                    let parameters = number(0);
                    self.block = parameters & 0xFFFF_FFFF;
                    self.has_parent = (parameters >> 33) & 1 == 1;
                    // LeaveBlockAllocated is ignored where HasParent is set (2.6.2.1).
                    self.is_fixed = (parameters >> 32) & 1 == 1 && !self.has_parent;
                }
                metadata::VIRTUAL_DISK_SIZE => self.size = number(0),
                metadata::LOGICAL_SECTOR_SIZE => self.sector = number(0),
                _ => {}
            }
        }
    }

    fn write_items(&mut self, items: &[Item]) {
        let mut record = Record::new(crate::testkit::size(ITEMS_AT));
        record.put(0, b"metadata").le16(10, u16::try_from(items.len()).unwrap_or(u16::MAX));
        let mut at = ITEMS_AT;
        for (number, item) in items.iter().enumerate() {
            let len = item.data.len() as u64;
            record
                .guid(32 + 32 * number, item.id)
                .le32(48 + 32 * number, if len == 0 { 0 } else { crate::testkit::low32(at) })
                .le32(52 + 32 * number, crate::testkit::low32(len))
                .le32(56 + 32 * number, item.flags)
                .put(crate::testkit::size(at), &item.data);
            at += len;
        }
        self.image.write(self.metadata, record.bytes());
        self.read_items();
    }

    /// Makes sure that the child stays a child of this file although its content is about to change.
    pub(super) fn prepare(&mut self, child: &mut File) {
        let old = bytes::guid(&self.image, self.header() + 32);
        let next = Rng::new(old.as_u64_pair().0).guid();
        if let File::Vhdx(child) = child {
            child.set_locator("parent_linkage2", &format!("{{{next}}}"));
        }
        self.next_guid = Some(next);
        self.write_headers();
    }

    /// Makes this file a child of another one.
    pub(super) fn point_to(&mut self, parent: &Self) {
        let guid = bytes::guid(&parent.image, parent.header() + 32);
        self.set_locator("parent_linkage", &format!("{{{guid}}}"));
        self.set_locator("parent_linkage2", &format!("{{{}}}", Uuid::nil()));
    }

    /// Gives a key of the parent locator another value of the same length; a key that is not there is left out.
    fn set_locator(&mut self, key: &str, value: &str) {
        let mut items = self.items();
        let (key, value) = (utf16_le(&utf16(key)), utf16_le(&utf16(value)));
        for item in items.iter_mut().filter(|item| item.id == metadata::PARENT_LOCATOR) {
            let image = SparseImage::from_bytes(&item.data);
            for entry in 0..u64::from(bytes::le16(&image, 18)) {
                let at = 20 + 12 * entry;
                let (key_at, value_at) = (bytes::le32(&image, at), bytes::le32(&image, at + 4));
                let (key_len, value_len) = (bytes::le16(&image, at + 8), bytes::le16(&image, at + 10));
                let is_it = image.read(key_at.into(), key_len.into()) == key;
                let from = usize::try_from(value_at).unwrap_or(usize::MAX);
                let to = from.saturating_add(value_len.into());
                if let Some(place) = item.data.get_mut(from..to).filter(|place| is_it && place.len() == value.len()) {
                    place.copy_from_slice(&value);
                }
            }
        }
        self.write_items(&items);
    }

    /// Writes the older header with new GUIDs, twice, so that both are valid at every moment and new in the end.
    pub(super) fn write_headers(&mut self) {
        let Some(next) = self.next_guid else { return };
        for _ in 0..2 {
            let current = self.header();
            let [first, second] = HEADER_OFFSETS;
            let older = if current == first { second } else { first };
            let mut record = Record::new(0);
            record.put(0, &self.image.read(current, 4096));
            let number = bytes::le64(&self.image, current + 8);
            record.le64(8, number + 1).guid(16, Rng::new(number).guid()).guid(32, next).seal(4, Checksum::Right);
            self.image.write(older, record.bytes());
        }
    }

    /// Replaces the items of the virtual disk by those of another file (2.6.1.2).
    pub(super) fn take_items(&mut self, top: &Self) {
        let mut items = self.items();
        items.retain(|item| item.flags & IS_VIRTUAL_DISK == 0);
        items.extend(top.items().into_iter().filter(|item| item.flags & IS_VIRTUAL_DISK != 0));
        self.write_items(&items);
    }
}
