//! The virtual disk read through chains, against a byte model that knows nothing of block maps.
#![cfg(feature = "testkit")]
#![expect(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test fails by panicking")]

use std::io::{Read, Seek, SeekFrom};
use std::path::Path;

use proptest::prelude::*;
use vhdxray::chain::{ExtentState, FileNo, VirtualDisk};
use vhdxray::estate::Silent;
use vhdxray::image::{FileKind, Image, OpenOptions};
use vhdxray::inspect::{ChainPolicy, Inspection, Request, inspect};
use vhdxray::testkit::model::Source;
use vhdxray::testkit::{Disk, Mark, Model, Style, forest};
use vhdxray::units::{VirtualOffset, VirtualRange};

fn inspected(folder: &Path) -> Inspection {
    inspect(&Request { paths: vec![folder.to_owned()], ..Request::default() }, &Silent)
}

fn file_named(inspection: &Inspection, path: &Path) -> FileNo {
    inspection.files().find(|(_, file)| file.path == path).map(|(number, _)| number).unwrap()
}

fn read(disk: &VirtualDisk, offset: u64, len: u64) -> Vec<u8> {
    let mut bytes = vec![0xA5; usize::try_from(len).unwrap()];
    disk.read_exact_at(VirtualOffset(offset), &mut bytes).unwrap();
    bytes
}

/// Extents must tile the disk and say of every stretch what the model says.
fn compare_extents(model: &Model, layer: usize, disk: &VirtualDisk) -> Result<(), TestCaseError> {
    let mut at = 0;
    for extent in disk.extents().unwrap() {
        let extent = extent.unwrap();
        prop_assert_eq!(extent.range.start.0, at, "extents must tile");
        prop_assert!(extent.range.len.0 > 0);
        at = extent.range.end().0;
        let is_data = matches!(extent.state, ExtentState::Data(_));
        for (range, source) in model.sources(layer, extent.range.start.0..at) {
            // A block that had to be allocated for one sector holds zeros for its neighbours, which is data to a
            // reader of extents; what the model calls data must never be anything else.
            prop_assert!(is_data || !matches!(source, Source::Data(_)), "{:?} in {:?}", range, extent);
        }
    }
    prop_assert_eq!(at, disk.size().0, "extents must sum to the virtual size");
    Ok(())
}

/// Reads around every place where something may change.
fn compare_content(model: &Model, layer: usize, disk: &VirtualDisk) -> Result<(), TestCaseError> {
    let size = disk.size().0;
    for edge in model.edges(layer) {
        let start = edge.saturating_sub(5000);
        let len = 10_001.min(size - start);
        let expected = model.expected(layer, start, len);
        let whole = read(disk, start, len);
        prop_assert!(whole == expected, "content of layer {} differs near {:#x}", layer, edge);
        // In pieces that are no multiple of anything, by way of `Read` and `Seek`.
        let mut reader = disk.reader();
        reader.seek(SeekFrom::Start(start)).unwrap();
        let mut pieces = Vec::new();
        while pieces.len() < expected.len() {
            let mut piece = vec![0; (expected.len() - pieces.len()).min(777)];
            reader.read_exact(&mut piece).unwrap();
            pieces.extend(piece);
        }
        prop_assert!(pieces == expected, "reading in pieces differs near {:#x}", edge);
        let mut sum = 0;
        for extent in disk.extents_of(VirtualRange::new(VirtualOffset(start), vhdxray::units::ByteLen(len))).unwrap() {
            sum += extent.unwrap().range.len.0;
        }
        prop_assert_eq!(sum, len, "extents must tile a request");
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]
    #[test]
    fn a_random_forest_reads_as_its_byte_model(seed in any::<u64>(), quirky in any::<bool>()) {
        let model = forest::random(seed);
        let folder = tempfile::tempdir().unwrap();
        let style = if quirky { Style::Quirky(seed) } else { Style::Plain };
        let paths = model.write_vhdx(folder.path(), style).unwrap();
        let inspection = inspected(folder.path());
        for (layer, path) in paths.iter().enumerate() {
            let opened = inspection.open_disk(file_named(&inspection, path), ChainPolicy::default());
            let opened = opened.unwrap_or_else(|error| panic_with(&error));
            prop_assert_eq!(opened.disk.size().0, model.layers()[layer].disk.size);
            prop_assert!(opened.unproved.is_empty());
            compare_extents(&model, layer, &opened.disk)?;
            compare_content(&model, layer, &opened.disk)?;
        }
    }
}

fn panic_with<T>(error: &vhdxray::Error) -> T {
    panic!("{error}")
}

/// Content of the last layer of a model, whole, as our reader and as the model have it.
fn both(model: &Model) -> (Vec<u8>, Vec<u8>) {
    let folder = tempfile::tempdir().unwrap();
    let paths = model.write_vhdx(folder.path(), Style::Plain).unwrap();
    let inspection = inspected(folder.path());
    let last = paths.len() - 1;
    let opened = inspection.open_disk(file_named(&inspection, &paths[last]), ChainPolicy::default()).unwrap();
    let size = opened.disk.size().0;
    (read(&opened.disk, 0, size), model.expected(last, 0, size))
}

#[test]
fn trap_27_bitmap_entries_stand_in_the_bat_of_every_disk_type() {
    // 4 GiB chunk of 1 MiB blocks: block 4096 is entry 4097, in dynamic and fixed disks too.
    use vhdxray::testkit::pattern;
    use vhdxray::testkit::vhdx::{Block, Builder};
    for builder in [Builder::dynamic(5 << 30), Builder::fixed(5 << 30)] {
        let built = builder.block_size(1 << 20).block(4096, Block::full(pattern::image(9, 4 << 30, 1 << 20))).build();
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("wide.vhdx");
        built.image.write_to(&path).unwrap();
        let inspection = inspected(folder.path());
        let opened = inspection.open_disk(FileNo(0), ChainPolicy::default()).unwrap();
        assert_eq!(read(&opened.disk, 4 << 30, 4096), pattern::range(9, 4 << 30, 4096));
        assert_eq!(read(&opened.disk, (4 << 30) - 4096, 4096), vec![0; 4096]);
    }
}

#[test]
fn trap_33_zero_undefined_and_unmapped_blocks_hide_the_parent() {
    let mut model = Model::new(33);
    let base = model.base(Disk::new(8 << 20));
    model.write(base, 0..8 << 20, 1);
    let child = model.child(base, Disk::new(8 << 20));
    model.mark(child, 1 << 20..2 << 20, Mark::Zero);
    model.mark(child, 3 << 20..4 << 20, Mark::Unmapped);
    model.mark(child, 5 << 20..6 << 20, Mark::Undefined);
    let (found, expected) = both(&model);
    assert!(found == expected);
    assert!(found[1 << 20..2 << 20].iter().all(|byte| *byte == 0));
    assert!(found[0..1 << 20].iter().any(|byte| *byte != 0));
}

#[test]
fn trap_36_bitmap_bits_count_within_the_chunk_and_reads_may_start_inside_a_byte() {
    let mut model = Model::new(36);
    let base = model.base(Disk::new(8 << 20));
    model.write(base, 0..8 << 20, 1);
    let child = model.child(base, Disk::new(8 << 20));
    // Sectors 3 to 5 and 11 of block 2: runs inside bytes, in a block that is not the chunk's first.
    model.write(child, (2 << 20) + 3 * 512..(2 << 20) + 6 * 512, 2);
    model.write(child, (2 << 20) + 11 * 512..(2 << 20) + 12 * 512, 3);
    let (found, expected) = both(&model);
    assert!(found == expected);
}

#[test]
fn trap_37_a_read_may_cross_blocks_and_bitmap_runs() {
    let mut model = Model::new(37);
    let base = model.base(Disk::new(8 << 20).blocks_of(2 << 20));
    model.write(base, 0..3 << 20, 1);
    let child = model.child(base, Disk::new(8 << 20));
    model.write(child, (1 << 20) - 1024..(1 << 20) + 512, 2);
    model.write(child, (2 << 20) - 512..(4 << 20) + 512, 3);
    let (found, expected) = both(&model);
    assert!(found == expected);
}

#[test]
fn trap_44_a_child_may_be_larger_or_smaller_than_its_parent() {
    let mut model = Model::new(44);
    let base = model.base(Disk::new(12 << 20));
    model.write(base, 0..12 << 20, 1);
    let smaller = model.child(base, Disk::new(8 << 20));
    model.write(smaller, 1 << 20..2 << 20, 2);
    let larger = model.child(smaller, Disk::new(14 << 20));
    model.write(larger, 13 << 20..(13 << 20) + 512, 3);
    let (found, expected) = both(&model);
    assert!(found == expected);
    // The base has data at 9 MiB, but the parent in between has ended before.
    assert!(found[9 << 20..10 << 20].iter().all(|byte| *byte == 0));
}

#[test]
fn trap_39_a_parent_is_proved_by_its_data_write_guid_in_any_spelling() {
    use vhdxray::chain::LinkStatus;
    use vhdxray::testkit::vhdx::{Builder, Locator};
    let base = Builder::dynamic(8 << 20).seed(1).build();
    let identity = base.layout.data_write_guid;
    let other = Builder::dynamic(8 << 20).seed(2).build().layout.data_write_guid;
    let nil = "{00000000-0000-0000-0000-000000000000}".to_owned();
    let cases = [
        (format!("{{{identity}}}"), nil.clone(), LinkStatus::Linked),
        (format!("{{{identity}}}").to_uppercase(), nil.clone(), LinkStatus::Linked),
        (identity.to_string(), nil.clone(), LinkStatus::Linked),
        (format!("{{{other}}}"), format!("{{{identity}}}"), LinkStatus::LinkedBySecondGuid),
        (format!("{{{other}}}"), nil.clone(), LinkStatus::IdentityMismatch),
        ("not a guid".to_owned(), nil, LinkStatus::UnusableLocator),
    ];
    for (linkage, linkage2, status) in cases {
        let folder = tempfile::tempdir().unwrap();
        base.image.write_to(&folder.path().join("base.vhdx")).unwrap();
        let locator = Locator::default()
            .entry("parent_linkage", &linkage)
            .entry("parent_linkage2", &linkage2)
            .entry("relative_path", r".\BASE.VHDX");
        let child = Builder::differencing(8 << 20, locator).seed(3).build();
        child.image.write_to(&folder.path().join("child.avhdx")).unwrap();
        let inspection = inspected(folder.path());
        let link = inspection.link(file_named(&inspection, &folder.path().join("child.avhdx"))).unwrap();
        assert_eq!(link.status, status, "{linkage} {linkage2}");
    }
}

#[test]
fn a_dirty_log_is_replayed_in_every_member_of_a_chain() {
    use std::sync::Arc;
    use vhdxray::source::FileSource;
    use vhdxray::testkit::vhdx::{DirtyOptions, dirty, writes_between};
    let mut before = Model::new(1);
    let base = before.base(Disk::new(8 << 20));
    before.write(base, 0..2 << 20, 1);
    let child = before.child(base, Disk::new(8 << 20));
    before.write(child, 1 << 20..(1 << 20) + 4096, 2);
    let mut after = before.clone();
    after.write(child, (1 << 20) + 4096..(1 << 20) + 8192, 3);
    let (old, new) = (before.vhdx(child, Style::Plain), after.vhdx(child, Style::Plain));
    let made = dirty(
        &old,
        &[writes_between(&old, &new)],
        &DirtyOptions::new(uuid::uuid!("6f1d6a34-0000-4000-8000-00000000beef")),
    );
    let folder = tempfile::tempdir().unwrap();
    before.vhdx(base, Style::Plain).image.write_to(&folder.path().join(&before.layers()[base].name)).unwrap();
    let path = folder.path().join(&before.layers()[child].name);
    made.file.image.write_to(&path).unwrap();
    let inspection = inspected(folder.path());
    let opened = inspection.open_disk(file_named(&inspection, &path), ChainPolicy::default()).unwrap();
    assert!(read(&opened.disk, 0, 8 << 20) == after.expected(child, 0, 8 << 20));
    // As it stands on disk, the writes that are only in the log are not there.
    let source = Arc::new(FileSource::open(&path).unwrap());
    let options = OpenOptions { as_on_disk: true, ..OpenOptions::default() };
    let as_on_disk = Image::open(source, FileKind::Vhdx, options).unwrap();
    assert!(
        !as_on_disk.replayed()
            && inspection.file(file_named(&inspection, &path)).unwrap().image.as_ref().unwrap().replayed()
    );
}
