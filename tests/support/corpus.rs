//! The corpus of real files: found beside the project, unpacked once per target folder, never written again.

use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use sha2::{Digest, Sha256};

use super::tables::{self, ConfigRow, LocatorRow, Row};

/// The corpus, unpacked.
pub(crate) struct Corpus {
    source: PathBuf,
    unpacked: PathBuf,
    pub(crate) rows: Vec<Row>,
    pub(crate) locators: Vec<LocatorRow>,
    pub(crate) config: Vec<ConfigRow>,
}

impl Corpus {
    /// The corpus, or `None` after a loud line where this machine has none.
    ///
    /// It is looked for in `VHDXRAY_CORPUS`, then in `../shared/corpus` beside the project.
    pub(crate) fn open() -> Option<&'static Self> {
        static OPENED: OnceLock<Option<Corpus>> = OnceLock::new();
        let source = source();
        if !source.join("MANIFEST.tsv").is_file() {
            super::skip(&format!("no corpus at {}", source.display()));
            return None;
        }
        OPENED.get_or_init(|| Some(Self::unpack(source))).as_ref()
    }

    /// Where the stored files are.
    pub(crate) fn source(&self) -> &Path {
        &self.source
    }

    /// Folder of all unpacked files, each below the folder of its chain.
    pub(crate) fn root(&self) -> &Path {
        &self.unpacked
    }

    /// The unpacked file of a row.
    pub(crate) fn path(&self, row: &Row) -> PathBuf {
        self.unpacked.join(row.unpacked())
    }

    /// Every VHDX file, damaged ones included.
    pub(crate) fn vhdx(&self) -> impl Iterator<Item = &Row> {
        self.rows.iter().filter(|row| row.vhdx().is_some())
    }

    /// Every VHD file.
    pub(crate) fn vhd(&self) -> impl Iterator<Item = &Row> {
        self.rows.iter().filter(|row| row.vhd().is_some())
    }

    /// The row of an unpacked file, by its path below the corpus.
    pub(crate) fn row(&self, unpacked: &str) -> &Row {
        let found = self.rows.iter().find(|row| row.unpacked() == unpacked);
        found.unwrap_or_else(|| panic!("MANIFEST.tsv has no {unpacked}"))
    }

    /// The row of the file of which `row` is a copy; `row` itself if it is none.
    pub(crate) fn original<'a>(&'a self, row: &'a Row) -> &'a Row {
        let Some(folder) = row.copy_of() else { return row };
        let mut inside = self.rows.iter().filter(|other| other.name == folder);
        // A folder of one file may hold it under another name.
        let named = inside.clone().find(|other| other.file_name() == row.file_name());
        named.or_else(|| inside.next()).unwrap_or_else(|| panic!("MANIFEST.tsv has no folder {folder}"))
    }

    /// The locator's entries of a file, without the notes in brackets.
    pub(crate) fn locator(&self, row: &Row) -> impl Iterator<Item = &LocatorRow> {
        let file = row.file.clone();
        self.locators.iter().filter(move |entry| entry.file == file && !entry.key.starts_with('('))
    }

    /// A note in brackets about a file, such as `(own DataWriteGuid)`.
    pub(crate) fn note(&self, row: &Row, key: &str) -> Option<&LocatorRow> {
        self.locators.iter().find(|entry| entry.file == row.file && entry.key == key)
    }

    /// A writable copy of a file and of nothing else, in `folder`.
    pub(crate) fn copy(&self, row: &Row, folder: &Path) -> PathBuf {
        let copy = folder.join(row.file_name());
        let mut from = File::open(self.path(row)).expect("an unpacked file can be read");
        write_sparsely(&mut from, &copy);
        copy
    }

    /// Fails if any of these files is no longer what MANIFEST.tsv says.
    pub(crate) fn assert_unchanged<'a>(&self, rows: impl IntoIterator<Item = &'a Row>) {
        let rows: Vec<&Row> = rows.into_iter().collect();
        each_in_parallel(&rows, |row| {
            assert_eq!(sha256(&self.path(row)), row.unpacked_sha256, "{} was changed", row.unpacked());
        });
    }

    /// Fails if any stored file is no longer what MANIFEST.tsv says.
    pub(crate) fn assert_stored_unchanged(&self) {
        let rows: Vec<&Row> = self.rows.iter().collect();
        each_in_parallel(&rows, |row| {
            let path = self.source.join(&row.file);
            assert_eq!(sha256(&path), row.file_sha256, "{} is not what MANIFEST.tsv says", row.file);
            assert_eq!(fs::metadata(&path).expect("it was just read").len(), row.stored_size, "{}", row.file);
        });
    }

    /// Unpacks everything, unless another test or an earlier run did.
    ///
    /// The folder's name holds the hash of MANIFEST.tsv, so that a changed corpus is unpacked anew. Test processes run
    /// at once: a lock lets one of them work, and a rename makes the finished folder appear whole or not at all.
    fn unpack(source: PathBuf) -> Self {
        let rows = tables::manifest(&source);
        let cache = Path::new(env!("CARGO_TARGET_TMPDIR"));
        let unpacked = cache.join(format!("corpus-{}", &sha256(&source.join("MANIFEST.tsv"))[..16]));
        if !unpacked.is_dir() {
            let lock =
                File::create(cache.join("corpus.lock")).expect("a lock file can be made below the target folder");
            lock.lock().expect("the lock file can be locked");
            if !unpacked.is_dir() {
                let partial = cache.join("corpus.partial");
                match fs::remove_dir_all(&partial) {
                    Err(error) if error.kind() != io::ErrorKind::NotFound => panic!("{}: {error}", partial.display()),
                    _ => {}
                }
                let rows: Vec<&Row> = rows.iter().collect();
                each_in_parallel(&rows, |row| unpack_one(&source, &partial, row));
                fs::rename(&partial, &unpacked).expect("the unpacked folder can be renamed");
            }
        }
        let (locators, config) = (tables::locators(&source), tables::config(&source));
        Self { source, unpacked, rows, locators, config }
    }
}

fn source() -> PathBuf {
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus");
    std::env::var_os("VHDXRAY_CORPUS").map_or_else(beside, PathBuf::from)
}

fn unpack_one(source: &Path, target: &Path, row: &Row) {
    let (from, to) = (source.join(&row.file), target.join(row.unpacked()));
    fs::create_dir_all(to.parent().expect("every file is in a folder")).expect("a folder can be made");
    let mut stored = File::open(&from).unwrap_or_else(|error| panic!("{}: {error}", from.display()));
    if row.is_packed() {
        write_sparsely(&mut zstd::Decoder::new(stored).expect("a zstd decoder can be made"), &to);
    } else {
        write_sparsely(&mut stored, &to);
    }
    assert_eq!(sha256(&to), row.unpacked_sha256, "{} unpacks to something else", row.file);
    let mut permissions = fs::metadata(&to).expect("it was just written").permissions();
    permissions.set_readonly(true);
    fs::set_permissions(&to, permissions).expect("a file of ours can be made read-only");
}

/// One piece of a hole; comparing with it is fast without optimisation too.
static ZEROS: [u8; 1 << 16] = [0; 1 << 16];

/// Copies `from` into a new file in which runs of zeros are holes.
fn write_sparsely(from: &mut impl Read, to: &Path) {
    let mut file = File::create_new(to).unwrap_or_else(|error| panic!("{}: {error}", to.display()));
    let mut piece = Vec::with_capacity(ZEROS.len());
    let mut length = 0;
    loop {
        piece.clear();
        let read = from.by_ref().take(ZEROS.len() as u64).read_to_end(&mut piece).expect("a stored file can be read");
        if read == 0 {
            break;
        }
        length += read as u64;
        if piece == ZEROS[..read] {
            file.seek(SeekFrom::Start(length)).expect("a file can be positioned");
        } else {
            file.write_all(&piece).expect("the target folder has room");
        }
    }
    file.set_len(length).expect("the target folder has room");
}

/// SHA-256 of a file, in lower-case hex.
pub(crate) fn sha256(path: &Path) -> String {
    let mut file = File::open(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let mut digest = Sha256::new();
    let mut buffer = vec![0; 1 << 18];
    loop {
        let read = file.read(&mut buffer).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        if read == 0 {
            break;
        }
        digest.update(&buffer[..read]);
    }
    digest.finalize().iter().fold(String::new(), |hex, byte| hex + &format!("{byte:02x}"))
}

/// Does `work` on every row, on as many threads as the machine has processors; a panic of one is a panic of all.
fn each_in_parallel(rows: &[&Row], work: impl Fn(&Row) + Sync) {
    let next = AtomicUsize::new(0);
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while let Some(row) = rows.get(next.fetch_add(1, Ordering::Relaxed)) {
                    work(row);
                }
            });
        }
    });
}
