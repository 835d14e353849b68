//! Hashes of a virtual disk's content, several algorithms in one pass.

use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread::{Scope, ScopedJoinHandle};

use digest::DynDigest;

use crate::chain::{Piece, VirtualDisk};
use crate::error::{Error, Result};
use crate::format::hex::to_hex;
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

/// Zeros to hash and to compare with, so that stretches that nothing is stored for are neither read nor filled.
pub(super) static ZEROS: [u8; 1 << 20] = [0; 1 << 20];

/// Whether all bytes are zero: compared with zeros, which is many times as fast as byte by byte.
pub(super) fn is_zero(bytes: &[u8]) -> bool {
    bytes.chunks(ZEROS.len()).all(|part| ZEROS.get(..part.len()) == Some(part))
}

/// Pieces that the slowest of several hashes may be behind.
const AHEAD: usize = 2;

/// After so many zeros it is asked whether to go on: a disk of terabytes may hold little else.
const ZEROS_AT_ONCE: ByteLen = ByteLen::mib(64);

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

    /// Adds a piece of a disk.
    pub(super) fn add(&mut self, piece: &Piece) {
        match piece {
            Piece::Data(_, bytes) => self.update(bytes),
            Piece::Zeros(range) => self.update_zeros(range.len),
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
        to_hex(&bytes)
    }
}

/// Hashes on threads of their own, fed by one thread that has more to do.
pub(super) struct HashThreads<'scope> {
    senders: Vec<SyncSender<Piece>>,
    threads: Vec<ScopedJoinHandle<'scope, String>>,
}

impl<'scope> HashThreads<'scope> {
    /// Starts one thread an algorithm.
    pub(super) fn start(scope: &'scope Scope<'scope, '_>, algorithms: &[Algorithm]) -> Self {
        let start = |&algorithm: &Algorithm| {
            let (sender, pieces) = sync_channel::<Piece>(AHEAD);
            let thread = scope.spawn(move || {
                let mut hasher = Hasher::new(algorithm);
                for piece in pieces {
                    hasher.add(&piece);
                }
                hasher.finish()
            });
            (sender, thread)
        };
        let (senders, threads) = algorithms.iter().map(start).unzip();
        Self { senders, threads }
    }

    /// Adds a piece to each hash, and waits where one is too far behind.
    pub(super) fn add(&self, piece: &Piece) {
        for sender in &self.senders {
            // A thread lives as long as its sender.
            let _heard = sender.send(piece.clone());
        }
    }

    /// The hashes, in the order of the algorithms.
    pub(super) fn finish(self) -> Result<Vec<String>> {
        drop(self.senders);
        let ended = |_| Error::refused("", None, "a hashing thread ended without a result");
        self.threads.into_iter().map(|thread| thread.join().map_err(ended)).collect()
    }
}

/// The part of `range` that lies on the disk, piece by piece, with zeros in steps that are short enough to be broken off
/// between them. `progress` hears up to where the disk is done and says whether to go on.
pub(super) fn stream_in_steps(
    disk: &VirtualDisk,
    range: VirtualRange,
    progress: &mut dyn FnMut(ByteLen) -> bool,
    mut each: impl FnMut(Piece) -> Result<()>,
) -> Result<()> {
    let mut done = |at: VirtualOffset| {
        if progress(ByteLen(at.get())) { Ok(()) } else { Err(Error::refused("", None, "interrupted")) }
    };
    disk.stream(range, |piece| match piece {
        Piece::Data(at, ref bytes) => {
            let end = at.saturating_add(ByteLen::from(bytes.len()));
            each(piece)?;
            done(end)
        }
        Piece::Zeros(mut rest) => {
            while !rest.len.is_zero() {
                let step = VirtualRange::new(rest.start, rest.len.min(ZEROS_AT_ONCE));
                each(Piece::Zeros(step))?;
                done(step.end())?;
                rest = VirtualRange::between(step.end(), rest.end());
            }
            Ok(())
        }
    })
}

/// The hashes of the whole virtual disk, in the order of `algorithms`, each on a thread of its own when there are
/// several. `progress` hears how many bytes are done and says whether to go on.
pub fn hash_disk(
    disk: &VirtualDisk,
    algorithms: &[Algorithm],
    progress: &mut dyn FnMut(ByteLen) -> bool,
) -> Result<Vec<String>> {
    let whole = VirtualRange::new(VirtualOffset::ZERO, disk.size());
    if let [algorithm] = algorithms {
        let mut hasher = Hasher::new(*algorithm);
        stream_in_steps(disk, whole, progress, |piece| {
            hasher.add(&piece);
            Ok(())
        })?;
        return Ok(vec![hasher.finish()]);
    }
    std::thread::scope(|scope| {
        let hashes = HashThreads::start(scope, algorithms);
        stream_in_steps(disk, whole, progress, |piece| {
            hashes.add(&piece);
            Ok(())
        })?;
        hashes.finish()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_algorithm_gives_its_published_hash() {
        // FIPS 180-4 and RFC 1321 test vectors for "abc"; the BLAKE3 one is of the empty input, from its test vectors.
        let expected = [
            (Algorithm::Sha256, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
            (Algorithm::Sha1, "a9993e364706816aba3e25717850c26c9cd0d89d"),
            (Algorithm::Md5, "900150983cd24fb0d6963f7d28e17f72"),
        ];
        for (algorithm, hash) in expected {
            let mut hasher = Hasher::new(algorithm);
            hasher.update(b"abc");
            assert_eq!(hasher.finish(), hash, "{algorithm:?}");
        }
        let empty = Hasher::new(Algorithm::Blake3).finish();
        assert_eq!(empty, "af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262");
    }

    #[test]
    fn zeros_hash_like_bytes_that_are_zero() {
        for algorithm in [Algorithm::Sha256, Algorithm::Blake3] {
            let (mut left, mut right) = (Hasher::new(algorithm), Hasher::new(algorithm));
            left.update_zeros(ByteLen(3_000_001));
            right.update(&vec![0; 3_000_001]);
            assert_eq!(left.finish(), right.finish());
        }
    }
}
