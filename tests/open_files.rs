//! A folder may hold more files than a process may have open, and each read of one may take a while.
#![cfg(feature = "testkit")]
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use vhdxray::chain::{Bottom, VirtualDisk};
use vhdxray::error::Result;
use vhdxray::estate::{ReadOptions, Reads, Silent};
use vhdxray::image::{DiskFacts, FileKind, Image, OpenOptions};
use vhdxray::inspect::{Request, inspect};
use vhdxray::limits::MAX_OPEN_FILES;
use vhdxray::source::{FewReads, FileSource, Pace, ReadAt, Timed};
use vhdxray::testkit::vhdx::{Block, Builder, Locator};
use vhdxray::testkit::{pattern, vhd};
use vhdxray::units::{ByteLen, FileOffset, VirtualOffset};

/// A file each read of which takes as long as one over a network.
#[derive(Debug)]
struct Slow {
    source: FileSource,
    reads: AtomicUsize,
}

const ROUND_TRIP: Duration = Duration::from_millis(2);

impl Slow {
    fn open(path: &Path) -> Arc<Self> {
        Arc::new(Self { source: FileSource::open(path).unwrap(), reads: AtomicUsize::new(0) })
    }

    fn reads(&self) -> usize {
        self.reads.load(Ordering::Relaxed)
    }
}

impl ReadAt for Slow {
    fn size(&self) -> ByteLen {
        self.source.size()
    }

    fn path(&self) -> Option<&Path> {
        self.source.path()
    }

    fn read_exact_at(&self, structure: &'static str, offset: FileOffset, buf: &mut [u8]) -> Result<()> {
        self.reads.fetch_add(1, Ordering::Relaxed);
        std::thread::sleep(ROUND_TRIP);
        self.source.read_exact_at(structure, offset, buf)
    }
}

/// A base and a child, with a block of data each, and a dynamic VHD.
fn some_disks(folder: &Path) -> [PathBuf; 3] {
    let base = Builder::dynamic(64 << 20).seed(1).block(3, Block::full(pattern::image(7, 0, 4096))).build();
    let locator = Locator::windows(base.layout.data_write_guid, r".\base.vhdx", r"D:\VMs\base.vhdx");
    let child =
        Builder::differencing(64 << 20, locator).seed(2).block(5, Block::full(pattern::image(9, 0, 4096))).build();
    let vhd = vhd::Builder::dynamic(64 << 20).build();
    let paths = ["base.vhdx", "child.avhdx", "old.vhd"].map(|name| folder.join(name));
    for (image, path) in [base.image, child.image, vhd.image].iter().zip(&paths) {
        image.write_to(path).unwrap();
    }
    paths
}

fn facts(source: &Arc<dyn ReadAt>, path: &Path) -> (String, String) {
    let (kind, by) = FileKind::of(source, path).unwrap();
    let image = Image::open(Arc::clone(source), kind, OpenOptions::default()).unwrap();
    let counts = image.count_blocks().unwrap().unwrap();
    let facts = DiskFacts::of(&image);
    let mut concluded = facts.clone();
    concluded.forget_shown();
    assert_eq!(format!("{:?}", DiskFacts::concluded(&image)), format!("{concluded:?}"));
    (format!("{kind:?} {by:?} {counts:?}"), format!("{facts:?}"))
}

#[test]
fn three_reads_tell_all_of_a_file_where_each_takes_long() {
    let folder = tempfile::tempdir().unwrap();
    for path in some_disks(folder.path()) {
        let (plain, slow) = (Slow::open(&path), Slow::open(&path));
        let small: Arc<dyn ReadAt> = Arc::<Slow>::clone(&plain);
        let few: Arc<dyn ReadAt> = Arc::new(FewReads::new(Arc::<Slow>::clone(&slow)));
        assert_eq!(facts(&small, &path), facts(&few, &path), "{}", path.display());
        assert!(slow.reads() <= 3, "{} reads of {}", slow.reads(), path.display());
        assert!(slow.reads() < plain.reads());
    }
}

#[test]
fn long_round_trips_are_noticed_within_the_first_files() {
    let folder = tempfile::tempdir().unwrap();
    let [path, ..] = some_disks(folder.path());
    let pace = Arc::new(Pace::default());
    let mut files = 0;
    let start = Instant::now();
    while pace.is_slow().is_none() {
        let source: Arc<dyn ReadAt> = Arc::new(Timed::new(Slow::open(&path), Arc::clone(&pace)));
        facts(&source, &path);
        files += 1;
        assert!(start.elapsed() < Duration::from_mins(1));
    }
    assert_eq!(pace.is_slow(), Some(true));
    assert!(files <= 16, "{files} files were read in small reads");
}

#[test]
fn how_much_is_read_at_once_changes_no_result() {
    let folder = tempfile::tempdir().unwrap();
    some_disks(folder.path());
    let found = [Reads::Auto, Reads::Few, Reads::Small].map(|reads| {
        let read = ReadOptions { reads, ..ReadOptions::default() };
        let found = inspect(&Request { paths: vec![folder.path().to_owned()], read, ..Request::default() }, &Silent);
        assert_eq!(found.chains.len(), 2);
        let about = |file: &vhdxray::estate::FoundFile| {
            assert!(file.is_readable() && !file.changed_while_read);
            format!("{:?} {:?} {:?} {:?} {:?}", file.path, file.stamp, file.kind, file.blocks, file.disk)
        };
        found.inventory.files.iter().map(about).collect::<Vec<_>>()
    });
    assert_eq!(found[0].len(), 3);
    assert!(found[0] == found[1] && found[0] == found[2]);
}

#[test]
fn a_disk_that_is_opened_again_is_read_without_its_structures() {
    let folder = tempfile::tempdir().unwrap();
    let [base, child, vhd] = some_disks(folder.path());
    let content = |images: Vec<Arc<Image>>| {
        let disk = VirtualDisk::new(images, Bottom::Whole).unwrap();
        let mut bytes = vec![1; 16 << 20];
        disk.read_exact_at(VirtualOffset::ZERO, &mut bytes).unwrap();
        bytes
    };
    for chain in [vec![&child, &base], vec![&vhd]] {
        let whole =
            |path: &Path| Image::open(Slow::open(path), FileKind::of_name(path), OpenOptions::default()).unwrap();
        let opened: Vec<Arc<Image>> = chain.iter().map(|path| Arc::new(whole(path))).collect();
        let sources: Vec<Arc<Slow>> = chain.iter().map(|path| Slow::open(path)).collect();
        let again = opened.iter().zip(&sources).map(|(image, source)| {
            let source: Arc<dyn ReadAt> = Arc::<Slow>::clone(source);
            Arc::new(Image::reopen(source, image.layout().unwrap()))
        });
        let again: Vec<Arc<Image>> = again.collect();
        assert_eq!(sources.iter().map(|source| source.reads()).sum::<usize>(), 0);
        assert!(content(again.clone()) == content(opened.clone()));
        // What else there is to know is read when it is asked for.
        for (again, opened) in again.iter().zip(&opened) {
            assert_eq!(format!("{:?}", DiskFacts::of(again)), format!("{:?}", DiskFacts::of(opened)));
        }
    }
}

#[test]
fn a_disk_whose_table_was_looked_through_is_known_at_both_ends() {
    const SIZE: u64 = 64 << 20;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("disk.vhdx");
    for (block, reads_at_start, reads_at_end) in [(3_u32, 0, 0), (0, 1, 0), (63, 0, 1)] {
        let data = Block::full(pattern::image(block, 0, 1 << 20));
        Builder::dynamic(SIZE).block_size(1 << 20).block(block.into(), data).build().image.write_to(&path).unwrap();
        let opened = Image::open(Slow::open(&path), FileKind::Vhdx, OpenOptions::default()).unwrap();
        opened.survey_blocks().unwrap().unwrap();
        opened.forget_blocks();
        let source = Slow::open(&path);
        let shared: Arc<dyn ReadAt> = Arc::<Slow>::clone(&source);
        let again = Arc::new(Image::reopen(shared, opened.layout().unwrap()));
        let [again, opened] =
            [again, Arc::new(opened)].map(|image| VirtualDisk::new(vec![image], Bottom::Whole).unwrap());
        for (at, reads) in [(0, reads_at_start), (SIZE - 4096, reads_at_end)] {
            let before = source.reads();
            let [found, expected] = [&again, &opened].map(|disk| {
                let mut bytes = [1; 4096];
                disk.read_exact_at(VirtualOffset(at), &mut bytes).unwrap();
                bytes
            });
            assert_eq!(found, expected, "block {block}, read at {at}");
            assert_eq!(found != [0; 4096], reads > 0, "block {block}, read at {at}");
            assert_eq!(source.reads() - before, reads, "block {block}, read at {at}");
        }
    }
}

#[test]
fn a_folder_of_many_files_leaves_few_of_them_open() {
    let folder = tempfile::tempdir().unwrap();
    let count = 3 * MAX_OPEN_FILES;
    for number in 0..count {
        let image = Builder::dynamic(64 << 20).seed(number as u64).build().image;
        image.write_to(&folder.path().join(format!("{number:04}.vhdx"))).unwrap();
    }
    let found = inspect(&Request { paths: vec![folder.path().to_owned()], ..Request::default() }, &Silent);
    assert_eq!(found.inventory.files.len(), count);
    assert!(found.inventory.files.iter().all(vhdxray::estate::FoundFile::is_readable));
    #[cfg(target_os = "linux")]
    {
        let links =
            std::fs::read_dir("/proc/self/fd").unwrap().filter_map(|entry| entry.unwrap().path().read_link().ok());
        let open = links.filter(|target| target.starts_with(folder.path())).count();
        assert!(open <= MAX_OPEN_FILES, "{open} files are open");
    }
    // The first of them is opened again.
    let image = found.inventory.files[0].image.as_ref().unwrap();
    assert_eq!(image.count_blocks().unwrap().unwrap().total(), 64);
}
