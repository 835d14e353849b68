//! Files of which a bench reads nothing but the BAT.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use vhdxray::source::{FileSource, ReadAt};
use vhdxray::units::{ByteLen, FileOffset, FileRange};

use super::{files, folder, setting};

/// A disk of 1, 8 or 64 TiB in blocks of 1 MiB, and how they lie in the file.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Case {
    pub(crate) tib: u64,
    pub(crate) shape: &'static str,
}

impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} TiB {}", self.tib, self.shape)
    }
}

/// All of them, up to the size that `VHDXRAY_BENCH_TIB` allows.
pub(crate) fn cases() -> Vec<Case> {
    let most = setting("TIB", 64, 1);
    let sizes = [1, 8, 64].into_iter().filter(move |tib| *tib <= most);
    sizes.flat_map(|tib| files::SHAPES.map(|shape| Case { tib, shape })).collect()
}

/// A file on disk and the builder's record of it.
#[derive(Clone)]
pub(crate) struct Made {
    pub(crate) path: PathBuf,
    /// The length that the file should have.
    pub(crate) size: ByteLen,
    pub(crate) bat: FileRange,
    pub(crate) states: [u64; 8],
}

impl Made {
    /// All bytes of the BAT.
    pub(crate) fn table(&self) -> Vec<u8> {
        let mut bytes = vec![0; super::size(self.bat.len.get())];
        FileSource::open(&self.path).unwrap().read_exact_at("BAT", self.bat.start, &mut bytes).unwrap();
        bytes
    }
}

/// The file of a case, made once.
pub(crate) fn made(case: Case) -> Made {
    static MADE: Mutex<BTreeMap<Case, Made>> = Mutex::new(BTreeMap::new());
    let mut all = MADE.lock().unwrap();
    let make = || {
        let mut built = files::huge(case.tib, case.shape);
        let size = ByteLen(built.image.len());
        built.image.set_len(built.layout.bat.end);
        let path = folder().join(format!("{case}.vhdx"));
        built.image.write_to(&path).unwrap();
        let bat = FileRange::new(FileOffset(built.layout.bat.start), ByteLen(built.layout.shape.entries * 8));
        Made { path, size, bat, states: built.layout.states }
    };
    all.entry(case).or_insert_with(make).clone()
}

/// A file that claims the length it should have. Not every file system takes one of 64 TiB (ext4: 16 TiB), and no pass
/// over a BAT reads a block.
#[derive(Debug)]
pub(crate) struct Stretched {
    source: FileSource,
    size: ByteLen,
}

impl Stretched {
    pub(crate) fn open(path: &Path, size: ByteLen) -> Self {
        Self { source: FileSource::open(path).unwrap(), size }
    }
}

impl ReadAt for Stretched {
    fn size(&self) -> ByteLen {
        self.size
    }

    fn read_exact_at(&self, structure: &'static str, offset: FileOffset, buf: &mut [u8]) -> vhdxray::Result<()> {
        self.source.read_exact_at(structure, offset, buf)
    }
}
