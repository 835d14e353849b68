//! Hashes of a virtual disk's content, several algorithms in one pass.

use std::fmt::Write as _;
use std::sync::Arc;
use std::sync::mpsc::{SyncSender, sync_channel};

use digest::DynDigest;

use crate::chain::{Piece, VirtualDisk};
use crate::error::{Error, Result};
use crate::units::{ByteLen, VirtualOffset, VirtualRange};

/// A hash algorithm.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Algorithm {
    /// SHA-256, what `sha256sum` prints.
    Sha256,
    /// BLAKE3, which uses every core.
    Blake3,
    /// SHA-1, for old case files.
    Sha1,
    /// MD5, for old case files.
    Md5,
}

impl Algorithm {
    /// The name as tools write it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Sha256 => "sha256",
            Self::Blake3 => "blake3",
            Self::Sha1 => "sha1",
            Self::Md5 => "md5",
        }
    }
}

/// A hash in progress.
pub enum Hasher {
    /// One of the algorithms of the family of crates under one trait (`digest`).
    Digest(Box<dyn DynDigest + Send>),
    /// BLAKE3, whose tree allows for several cores.
    Blake3(Box<blake3::Hasher>),
}

impl std::fmt::Debug for Hasher {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Hasher")
    }
}

/// Zeros to hash from, so that stretches that nothing is stored for are neither read nor filled.
static ZEROS: [u8; 1 << 20] = [0; 1 << 20];

impl Hasher {
    /// A hash of nothing yet.
    pub fn new(algorithm: Algorithm) -> Self {
        match algorithm {
            Algorithm::Sha256 => Self::Digest(Box::new(sha2::Sha256::default())),
            Algorithm::Sha1 => Self::Digest(Box::new(sha1::Sha1::default())),
            Algorithm::Md5 => Self::Digest(Box::new(md5::Md5::default())),
            Algorithm::Blake3 => Self::Blake3(Box::default()),
        }
    }

    /// Adds bytes.
    pub fn update(&mut self, bytes: &[u8]) {
        match self {
            Self::Digest(digest) => digest.update(bytes),
            Self::Blake3(hasher) => {
                hasher.update_rayon(bytes);
            }
        }
    }

    /// Adds that many zeros.
    pub fn update_zeros(&mut self, mut len: ByteLen) {
        while !len.is_zero() {
            let step = len.min(ByteLen::from(ZEROS.len()));
            self.update(step.to_usize().and_then(|step| ZEROS.get(..step)).unwrap_or_default());
            len = len.saturating_sub(step);
        }
    }

    /// The hash in lower-case hexadecimal digits.
    pub fn finish(self) -> String {
        let bytes = match self {
            Self::Digest(digest) => digest.finalize().into_vec(),
            Self::Blake3(hasher) => hasher.finalize().as_bytes().to_vec(),
        };
        bytes.iter().fold(String::new(), |mut text, byte| {
            // Writing into a String cannot fail.
            let _ok = write!(text, "{byte:02x}");
            text
        })
    }
}

enum Part {
    Data(Vec<u8>),
    Zeros(ByteLen),
}

/// The hashes of the whole virtual disk, in the order of `algorithms`, each on a thread of its own when there are
/// several. `progress` hears how many bytes are done and says whether to go on.
pub fn hash_disk(
    disk: &VirtualDisk,
    algorithms: &[Algorithm],
    progress: &mut dyn FnMut(ByteLen) -> bool,
) -> Result<Vec<String>> {
    let range = VirtualRange::new(VirtualOffset::ZERO, disk.size());
    let mut go_on = |at: VirtualOffset| {
        if progress(ByteLen(at.get())) { Ok(()) } else { Err(Error::refused("", None, "interrupted")) }
    };
    if let [algorithm] = algorithms {
        let mut hasher = Hasher::new(*algorithm);
        disk.stream(range, |piece| match piece {
            Piece::Data(at, bytes) => {
                hasher.update(bytes);
                go_on(at.saturating_add(ByteLen::from(bytes.len())))
            }
            Piece::Zeros(range) => {
                hasher.update_zeros(range.len);
                go_on(range.end())
            }
        })?;
        return Ok(vec![hasher.finish()]);
    }
    std::thread::scope(|scope| {
        let (senders, threads): (Vec<SyncSender<Arc<Part>>>, Vec<_>) = algorithms
            .iter()
            .map(|&algorithm| {
                let (sender, parts) = sync_channel::<Arc<Part>>(2);
                let thread = scope.spawn(move || {
                    let mut hasher = Hasher::new(algorithm);
                    for part in parts {
                        match &*part {
                            Part::Data(bytes) => hasher.update(bytes),
                            Part::Zeros(len) => hasher.update_zeros(*len),
                        }
                    }
                    hasher.finish()
                });
                (sender, thread)
            })
            .unzip();
        let streamed = disk.stream(range, |piece| {
            let (part, end) = match piece {
                Piece::Data(at, bytes) => (Part::Data(bytes.to_vec()), at.saturating_add(ByteLen::from(bytes.len()))),
                Piece::Zeros(range) => (Part::Zeros(range.len), range.end()),
            };
            let part = Arc::new(part);
            for sender in &senders {
                let _thread_lives_as_long_as_its_sender = sender.send(Arc::clone(&part));
            }
            go_on(end)
        });
        drop(senders);
        let hashes = threads.into_iter().map(|thread| {
            thread.join().map_err(|_| Error::refused("", None, "a hashing thread ended without a result"))
        });
        streamed.and_then(|()| hashes.collect())
    })
}
