//! Passes over a table that was looked through before read again what is not zeros, and find the same.
#![cfg(feature = "testkit")]
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "support/made.rs"]
mod made;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use made::Made;
use vhdxray::analysis::layers::LayerMaps;
use vhdxray::analysis::ledger::Ledger;
use vhdxray::analysis::merge::{Method, costs};
use vhdxray::analysis::plan::DiskFact;
use vhdxray::chain::{Bottom, VirtualDisk};
use vhdxray::estate::Silent;
use vhdxray::format::vhdx::bat::PayloadState;
use vhdxray::image::{FileKind, Image, OpenOptions};
use vhdxray::inspect::{Request, inspect};
use vhdxray::source::ReadAt;
use vhdxray::testkit::SparseImage;
use vhdxray::testkit::pattern;
use vhdxray::testkit::vhdx::{Block, Builder, Built, Locator};
use vhdxray::units::{ByteLen, FileOffset};

const MIB: u64 = 1 << 20;

/// 128 chunks of 4,096 blocks of 1 MiB, and a table of 4 MiB that is looked through in halves.
const BLOCKS: u64 = 512 << 10;
const TABLE: u64 = 4 * MIB;

/// A file of which somebody counts how much is read.
#[derive(Debug)]
struct Counted(Made, AtomicU64);

impl ReadAt for Counted {
    fn size(&self) -> ByteLen {
        self.0.size()
    }

    fn read_exact_at(&self, structure: &'static str, offset: FileOffset, buf: &mut [u8]) -> vhdxray::Result<()> {
        self.1.fetch_add(u64::try_from(buf.len()).unwrap(), Ordering::Relaxed);
        self.0.read_exact_at(structure, offset, buf)
    }
}

fn own(tag: u32, block: u64) -> Block {
    Block::full(pattern::image(tag, block * MIB, MIB))
}

/// Three files, the leaf first, that say something of a few blocks far from one another.
fn chain() -> Vec<Built> {
    let base = Builder::dynamic(BLOCKS * MIB)
        .seed(1)
        .block(0, own(1, 0))
        .block(50_000, own(1, 50_000))
        .block(200_000, Block::zero())
        .block(400_000, Block::unmapped().anchored(pattern::image(9, 0, MIB)))
        .block(BLOCKS - 1, own(1, BLOCKS - 1))
        .build();
    let over = |parent: &Built, name: &str, size: u64, seed: u64| {
        let locator = Locator::windows(parent.layout.data_write_guid, &format!(r".\{name}"), &format!(r"D:\{name}"));
        Builder::differencing(size, locator).seed(seed).virtual_disk_id(base.layout.virtual_disk_id)
    };
    let middle = over(&base, "base.vhdx", BLOCKS * MIB, 2)
        .block(1, own(2, 1))
        .block(90_000, Block::partial(pattern::image(2, 90_000 * MIB, MIB)).present(8..64))
        .block(200_001, Block::zero())
        .build();
    // Its last row is not full.
    let leaf = over(&middle, "middle.avhdx", (BLOCKS + 3) * MIB, 3)
        .block(50_000, own(3, 50_000))
        .block(300_000, Block::undefined())
        .block(BLOCKS + 2, own(3, BLOCKS + 2))
        .build();
    vec![leaf, middle, base]
}

struct Chain {
    sources: Vec<Arc<Counted>>,
    images: Vec<Arc<Image>>,
}

impl Chain {
    fn of(files: &[SparseImage]) -> Self {
        let source = |file: &SparseImage| Arc::new(Counted(Made(file.clone()), AtomicU64::new(0)));
        let sources: Vec<_> = files.iter().map(source).collect();
        let open = |source: &Arc<Counted>| {
            Arc::new(Image::open(Arc::clone(source) as _, FileKind::Vhdx, OpenOptions::default()).unwrap())
        };
        Self { images: sources.iter().map(open).collect(), sources }
    }

    /// Bytes that were read since the last time.
    fn read(&self) -> u64 {
        self.sources.iter().map(|source| source.1.swap(0, Ordering::Relaxed)).sum()
    }

    fn disk(&self) -> VirtualDisk {
        VirtualDisk::new(self.images.clone(), Bottom::Whole).unwrap()
    }
}

type Question = (&'static str, fn(&Chain) -> String);

const QUESTIONS: [Question; 7] = [
    ("checks", |chain| {
        let found = chain.images.iter().map(|image| {
            let survey = image.as_vhdx().unwrap();
            survey.bat(&**image.view()).unwrap().unwrap()
        });
        format!("{:?}", found.collect::<Vec<_>>())
    }),
    ("counts", |chain| {
        format!("{:?}", chain.images.iter().map(|image| image.count_blocks().unwrap().unwrap()).collect::<Vec<_>>())
    }),
    ("ledgers", |chain| format!("{:?}", chain.images.iter().map(|image| Ledger::of(image, false)).collect::<Vec<_>>())),
    ("layers", |chain| {
        let mut maps = LayerMaps::with_limits(chain.images.clone(), ByteLen::ZERO, 1 << 16).unwrap();
        format!("{:?}", maps.seen_and_overlaps(&[vec![0, 1, 2]], &[vec![1, 2], vec![2], vec![]]).unwrap())
    }),
    ("layers in odd windows", |chain| {
        let mut maps = LayerMaps::with_limits(chain.images.clone(), ByteLen::ZERO, 10_048).unwrap();
        format!("{:?}", maps.seen_and_overlaps(&[vec![0, 1, 2]], &[vec![1, 2], vec![2], vec![]]).unwrap())
    }),
    ("export", |chain| format!("{:?}", costs(&chain.disk(), 2, &[Method::Export(None)]).unwrap())),
    ("merges", |chain| {
        let ways = [Method::SinglePass, Method::PairwiseTopDown, Method::PairwiseBottomUp];
        format!("{:?}", costs(&chain.disk(), 2, &ways).unwrap())
    }),
];

#[test]
fn answers_do_not_hang_on_what_was_asked_before() {
    let files: Vec<SparseImage> = chain().into_iter().map(|built| built.image).collect();
    let fresh: Vec<(String, u64)> = QUESTIONS
        .iter()
        .map(|(_, ask)| {
            let chain = Chain::of(&files);
            chain.read();
            (ask(&chain), chain.read())
        })
        .collect();
    for (asked_first, (name, ask)) in QUESTIONS.iter().enumerate() {
        let chain = Chain::of(&files);
        chain.read();
        assert_eq!(ask(&chain), fresh[asked_first].0, "{name}");
        chain.read();
        for ((again, ask), (answer, read)) in QUESTIONS.iter().zip(&fresh) {
            assert_eq!(&ask(&chain), answer, "{again} after {name}");
            let (now, whole) = (chain.read(), TABLE * 3);
            assert!(*read >= whole, "{again} reads {read} bytes of tables of {whole}");
            // Windows that end within rows leave those unknown, so that who comes next reads some more.
            assert!(now * 2 < whole, "{again} after {name} reads {now} bytes of {whole}");
        }
    }
}

#[test]
fn counts_are_the_builders_whether_rows_are_read_or_known() {
    let built = chain();
    let files: Vec<SparseImage> = built.iter().map(|built| built.image.clone()).collect();
    let chain = Chain::of(&files);
    for _ in 0..2 {
        for (image, built) in chain.images.iter().zip(&built) {
            let counts = image.count_blocks().unwrap().unwrap();
            let found = PayloadState::ALL.map(|state| counts.get(state));
            assert_eq!(found, built.layout.states);
        }
    }
}

#[test]
fn a_fingerprint_is_the_same_before_and_after_a_plan() {
    let folder = tempfile::tempdir().unwrap();
    for (name, built) in ["leaf.avhdx", "middle.avhdx", "base.vhdx"].iter().zip(chain()) {
        built.image.write_to(&folder.path().join(name)).unwrap();
    }
    let request = Request { paths: vec![folder.path().to_owned()], ..Request::default() };
    let digests = |look_first: bool| -> Vec<Option<String>> {
        let inspection = inspect(&request, &Silent);
        let files = inspection.files().map(|(_, file)| {
            let image = file.image.as_deref().unwrap();
            if look_first {
                image.as_vhdx().unwrap().bat(&**image.view()).unwrap().unwrap();
            }
            DiskFact::read(file, "merged").structures_blake3
        });
        files.collect()
    };
    let before = digests(false);
    assert!(before.len() == 3 && before.iter().all(Option::is_some), "{before:?}");
    assert_eq!(digests(true), before);
}
