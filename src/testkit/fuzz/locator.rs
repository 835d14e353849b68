//! Parent locators from plain bytes, and what they say about the parent (MS-VHDX 2.6.2.6).

use uuid::Uuid;

use crate::chain::windows_path::WindowsPath;
use crate::error::ErrorKind;
use crate::format::text::Utf16Text;
use crate::format::vhdx::parent_locator::ParentLocator;
use crate::image::{HintKind, ParentReference};
use crate::limits;
use crate::testkit::vhdx::Locator;
use crate::units::FileOffset;

use super::bytes::{guid, le16, le32};

const AT: FileOffset = FileOffset(0x0021_0000);

/// The bytes of the item.
pub fn parent_locator(data: &[u8]) {
    let locator = match ParentLocator::parse(AT, data) {
        Ok(locator) => locator,
        Err(error) => {
            assert!(error.offset().is_some_and(|at| at >= AT && at.get() <= AT.get() + data.len() as u64), "{error}");
            match error.kind() {
                ErrorKind::Truncated { .. } => assert!(data.len() < 20, "{error}"),
                // Entries that share one long text would take far more memory than the file has bytes.
                ErrorKind::Limit { .. } => {
                    assert!(claimed(data) > data.len() as u64 * limits::MAX_LOCATOR_PASSES, "{error}");
                }
                _ => unreachable!("{error}"),
            }
            return;
        }
    };
    assert_eq!(locator.locator_type, guid(data, 0));
    assert_eq!(locator.key_value_count, le16(data, 18));
    let room = (data.len() - 20) / 12;
    assert_eq!(locator.entries.len(), room.min(usize::from(locator.key_value_count)));
    for (number, entry) in locator.entries.iter().enumerate() {
        let at = 20 + 12 * number;
        assert_eq!(entry.at.get(), AT.get() + at as u64);
        let key = text(data, le32(data, at), le16(data, at + 8));
        let value = text(data, le32(data, at + 4), le16(data, at + 10));
        assert_eq!(entry.key.as_ref().map(Utf16Text::bytes), key);
        assert_eq!(entry.value.as_ref().map(Utf16Text::bytes), value);
        if let Some(key) = entry.key.as_ref().and_then(Utf16Text::exact) {
            let first = locator
                .entries
                .iter()
                .find(|entry| entry.key.as_ref().and_then(Utf16Text::exact).as_deref() == Some(&key));
            assert_eq!(locator.get(&key), first.and_then(|entry| entry.value.as_ref()));
        }
    }
    text_is_bounded([&locator].into_iter());
    right_reference(&locator);
}

/// All texts together take no more memory than a few times the bytes they were read from.
pub(super) fn text_is_bounded<'a>(locators: impl Iterator<Item = &'a ParentLocator>) {
    let texts = locators.flat_map(|locator| &locator.entries).flat_map(|entry| [&entry.key, &entry.value]);
    let bytes: u64 = texts.flatten().map(|text| text.bytes().len() as u64).sum();
    let most = limits::MAX_METADATA_ITEMS.get() * limits::MAX_LOCATOR_PASSES;
    assert!(bytes <= most, "the texts of all locators take {bytes} bytes");
}

/// Bytes that keys and values have together, where they lie inside the item.
fn claimed(data: &[u8]) -> u64 {
    let entries = data.get(20..).unwrap_or_default().as_chunks::<12>().0.iter().take(usize::from(le16(data, 18)));
    let lengths = entries.flat_map(|entry| [(le32(entry, 0), le16(entry, 8)), (le32(entry, 4), le16(entry, 10))]);
    lengths.filter_map(|(offset, length)| text(data, offset, length)).map(|text| text.len() as u64).sum()
}

fn text(data: &[u8], offset: u32, length: u16) -> Option<&[u8]> {
    let start = usize::try_from(offset).ok()?;
    data.get(start..start.checked_add(usize::from(length))?)
}

fn right_reference(locator: &ParentLocator) {
    for key in ["parent_linkage", "parent_linkage2"] {
        let text = locator.get(key).and_then(Utf16Text::exact);
        assert_eq!(locator.guid(key), text.as_deref().and_then(plain_guid), "{text:?}");
    }
    let reference = ParentReference::of_vhdx(locator);
    assert_eq!(reference.linkage, locator.guid("parent_linkage"));
    assert!(reference.linkage2.is_none_or(|guid| !guid.is_nil()));
    let order = [HintKind::Relative, HintKind::Volume, HintKind::Absolute];
    let kinds: Vec<_> =
        reference.hints.iter().filter_map(|hint| order.iter().position(|kind| *kind == hint.kind)).collect();
    assert!(kinds.len() == reference.hints.len() && kinds.is_sorted_by(|a, b| a < b));
    for hint in &reference.hints {
        assert_eq!(WindowsPath::parse(&hint.path).original(), hint.path);
    }
    assert_eq!(reference, ParentReference::of_vhdx(locator));
}

/// A GUID as MS-VHDX prints it, with or without braces, by the plainest way.
fn plain_guid(text: &str) -> Option<Uuid> {
    let bare = match text.strip_prefix('{') {
        Some(rest) if rest.ends_with('}') => rest.get(..rest.len() - 1)?,
        _ => text,
    };
    let groups: Vec<&str> = bare.split('-').collect();
    let lengths: Vec<usize> = groups.iter().map(|group| group.len()).collect();
    let digits = bare.bytes().filter(|byte| *byte != b'-').all(|byte| byte.is_ascii_hexdigit());
    (lengths == [8, 4, 4, 4, 12] && digits)
        .then(|| u128::from_str_radix(&groups.concat(), 16).ok().map(Uuid::from_u128))
        .flatten()
}

pub(super) fn seeds() -> Vec<(&'static str, Vec<u8>)> {
    let parent = Uuid::from_u128(0x0123_4567_89AB_CDEF_0123_4567_89AB_CDEF);
    let locator = Locator::windows(parent, r"..\base disks\web.vhdx", r"C:\ClusterStorage\Volume1\web.vhdx");
    let twice = Locator::new().linkage(parent).linkage(Uuid::max()).linkage2(parent);
    let odd = Locator::new()
        .entry("parent_linkage", "urn:uuid:0123456789abcdef0123456789abcdef")
        .raw_entry(&[0xD800, 0x41], &[0xDC00])
        .entry("", "")
        .entry("relative_path", "\0\0");
    let mut outside = locator.to_bytes();
    if let Some(offsets) = outside.get_mut(20..28) {
        offsets.fill(0xFF);
    }
    vec![
        ("windows", locator.to_bytes()),
        ("one-key-twice", twice.to_bytes()),
        ("no-text", odd.to_bytes()),
        ("offsets-outside", outside),
        ("count-without-entries", [&[0; 18][..], &[0xFF; 2]].concat()),
        ("many-entries-share-one-text", shared_text(60)),
    ]
}

/// A locator whose entries all have the whole item as key and value.
pub(super) fn shared_text(entries: u16) -> Vec<u8> {
    let len = 20 + 12 * entries;
    let mut bytes = Locator { entries: vec![], ..Locator::new() }.to_bytes();
    if let Some(count) = bytes.get_mut(18..20) {
        count.copy_from_slice(&entries.to_le_bytes());
    }
    for _ in 0..entries {
        bytes.extend([0; 8]);
        bytes.extend(len.to_le_bytes());
        bytes.extend(len.to_le_bytes());
    }
    bytes
}
