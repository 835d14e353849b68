//! A whole image file: patches over a sound one whose checksums are made right again, so that they reach every depth.

use std::path::Path;
use std::sync::Arc;

use crate::image::vhdx::{Depth, OpenOptions};
use crate::image::{FileKind, Image};
use crate::testkit::SparseImage;

use super::held::Held;
use super::input::{Input, piece};
use super::template::{self, Template};
use super::{shown, walk};

/// Flags (bit 0: leave the checksums alone; bit 1: leave the log alone; bit 2: all structures; bit 3: no parent; bit 4:
/// through a stream as well; bit 5: twice; bit 6: with checks and dumps; bit 7: with long
/// dumps), the template, then patches: a place, an offset in it, a length, the bytes. The place 255
/// changes the length of the file instead, to the offset in sectors of 512 bytes.
pub fn image(data: &[u8]) {
    let mut input = Input::new(data);
    let (flags, number) = (input.byte(), usize::from(input.byte()));
    let templates = template::all();
    let Some(template) = templates.get(number % templates.len()) else { return };
    let patched = Arc::new(patched(template, input, flags & 1 == 0));
    let options =
        OpenOptions { depth: if flags & 4 == 0 { Depth::Open } else { Depth::Full }, as_on_disk: flags & 2 != 0 };
    let Some(image) = open(&patched, options) else { return };
    let parent = template.parent.as_ref().filter(|_| flags & 8 == 0);
    let parent = parent.and_then(|file| open(file, OpenOptions::default()));
    let first = walk::examine(&image, parent.as_ref(), flags & 16 != 0);
    if flags & 64 != 0 {
        shown::examine(
            &image,
            if image.as_vhdx().is_some() { FileKind::Vhdx } else { FileKind::Vhd },
            flags & 128 != 0,
        );
    }
    if flags & 32 != 0 {
        let Some(again) = open(&patched, options) else { unreachable!("the same bytes have no kind any more") };
        assert_eq!(walk::examine(&again, parent.as_ref(), false), first, "the same bytes, and another result");
    }
}

fn patched(template: &Template, mut input: Input<'_>, sealed: bool) -> SparseImage {
    let mut image = template.image.clone();
    let mut length = None;
    while !input.is_empty() {
        let (number, offset) = (input.byte(), u64::from(input.le16()));
        if number == u8::MAX {
            length = Some(offset * 512);
            continue;
        }
        let bytes = input.bytes(usize::from(input.clone().byte()) + 1);
        let bytes = bytes.get(1..).unwrap_or_default();
        if let Some(place) = template.places.get(usize::from(number) % template.places.len()) {
            let at = (place.start + offset).min(place.end);
            let room = crate::testkit::size(place.end - at);
            image.write(at, bytes.get(..room).unwrap_or(bytes));
        }
    }
    if sealed {
        template.seal(&mut image);
    }
    if let Some(length) = length {
        image.set_len(length);
    }
    image
}

fn open(file: &Arc<SparseImage>, options: OpenOptions) -> Option<Arc<Image>> {
    let source = Arc::new(Held(Arc::clone(file)));
    let Ok((kind, _)) = FileKind::of(&source, Path::new("fuzz")) else { unreachable!("memory cannot fail") };
    let opened = Image::open(source, kind, options);
    assert_eq!(opened.is_ok(), kind.is_image(), "damage is no reason not to show a file");
    opened.ok().map(Arc::new)
}

/// A patch for a seed.
fn patch(place: u8, offset: u16, bytes: &[u8]) -> Vec<u8> {
    let length = u8::try_from(bytes.len()).unwrap_or(u8::MAX);
    [&[place][..], &offset.to_le_bytes(), &[length], bytes.get(..length.into()).unwrap_or(bytes)].concat()
}

pub(super) fn seeds() -> Vec<(&'static str, Vec<u8>)> {
    const BAT: u8 = 8;
    const ITEMS: u8 = 7;
    let seed = |flags: u8, template: u8, patches: &[Vec<u8>]| [&[flags | 64, template][..], &patches.concat()].concat();
    let entry = |state: u64, mib: u64| (mib << 20 | state).to_le_bytes();
    vec![
        ("dynamic", seed(32 | 16, 0, &[])),
        ("differencing", seed(128 | 32 | 16 | 4, 1, &[])),
        ("differencing-without-parent", seed(8, 1, &[])),
        ("dirty-log", seed(128 | 32 | 4, 2, &[])),
        ("dirty-log-on-disk", seed(2, 2, &[])),
        ("sectors-of-4096", seed(0, 3, &[])),
        ("vhd-fixed", seed(0, 4, &[])),
        ("vhd-dynamic", seed(16, 5, &[])),
        ("vhd-differencing", seed(128 | 32 | 16, 6, &[])),
        ("blocks-overlap", seed(32, 0, &[patch(BAT, 0, &[entry(6, 4), entry(6, 4), entry(6, 5)].concat())])),
        ("block-in-the-bat", seed(0, 0, &[patch(BAT, 0, &entry(6, 3))])),
        ("block-behind-the-end", seed(0, 0, &[patch(BAT, 8, &entry(6, 1 << 43))])),
        ("reserved-states", seed(0, 0, &[patch(BAT, 0, &[entry(4, 4), entry(5, 5), entry(7, 6)].concat())])),
        ("no-bitmap", seed(0, 1, &[patch(BAT, 32768, &entry(0, 0))])),
        ("bitmap-all-set", seed(0, 1, &[patch(9, 0, &[0xFF; 255])])),
        ("block-size-of-256-mib", seed(0, 0, &[patch(ITEMS, 0, &(256_u32 << 20).to_le_bytes())])),
        ("size-of-64-tib", seed(0, 0, &[patch(ITEMS, 8, &(64_u64 << 40).to_le_bytes())])),
        ("ends-in-the-region-table", seed(1, 0, &[vec![255, 0x81, 0x01]])),
        ("log-length", seed(0, 2, &[patch(1, 68, &[0xFF; 12]), patch(2, 68, &[0xFF; 12])])),
        ("vhd-block-size", seed(0, 5, &[patch(2, 32, &[0x80, 0, 0, 0])])),
        ("vhd-table-offset", seed(0, 5, &[patch(2, 16, &[0xFF; 8])])),
        ("vhd-entry-over-the-header", seed(0, 6, &[patch(3, 0, &[0, 0, 0, 1])])),
        ("patch-by-piece", seed(0, 0, &[piece(b"patches")])),
    ]
}
