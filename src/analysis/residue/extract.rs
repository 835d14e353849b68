//! Copies what is left in a file into files of its own.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crate::analysis::hash::{Algorithm, Hasher};
use crate::error::{Error, Result};
use crate::image::Image;
use crate::units::{ByteLen, FileRange};

use super::{Holds, Leftover, Residue};

/// A range that was copied out.
#[derive(Clone, Debug)]
pub struct Extracted {
    /// The name of its file in the folder.
    pub name: String,
    /// What was copied.
    pub leftover: Leftover,
    /// SHA-256 of the bytes, in lower-case hexadecimal digits.
    pub sha256: String,
}

/// Bytes of one read.
const PIECE: usize = 1 << 20;

/// Copies every listed range that holds data, or may, into `folder`, a file each. The folder is made, or must be empty;
/// nothing that is there is ever overwritten. Calls `reached` with the number of bytes copied so far.
pub fn extract(
    image: &Image,
    residue: &Residue,
    folder: &Path,
    reached: &mut dyn FnMut(ByteLen),
) -> Result<Vec<Extracted>> {
    prepare(folder).map_err(|error| Error::io(error, "", None).with_path(folder))?;
    let mut buffer = vec![0; PIECE];
    let mut done = ByteLen::ZERO;
    let mut all = Vec::new();
    for leftover in residue.ranges.iter().filter(|leftover| leftover.holds != Holds::Zeros) {
        let name = name(leftover);
        let sha256 = copy(image, leftover.range, &folder.join(&name), &mut buffer)?;
        done = done.saturating_add(leftover.range.len);
        reached(done);
        all.push(Extracted { name, leftover: *leftover, sha256 });
    }
    Ok(all)
}

fn prepare(folder: &Path) -> io::Result<()> {
    match fs::create_dir(folder) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
        Err(_) if fs::read_dir(folder)?.next().is_some() => {
            Err(io::Error::new(io::ErrorKind::AlreadyExists, "is not empty"))
        }
        _ => Ok(()),
    }
}

/// A name that sorts as the ranges do and says what was there.
fn name(leftover: &Leftover) -> String {
    let (at, kind) = (leftover.range.start.0, leftover.usage.name());
    match leftover.block() {
        Some(block) => format!("{at:016x}-{kind}-block-{block}.bin"),
        None => format!("{at:016x}-{kind}.bin"),
    }
}

fn copy(image: &Image, range: FileRange, path: &PathBuf, buffer: &mut [u8]) -> Result<String> {
    let failed = |error| Error::io(error, "", None).with_path(path);
    let mut file = File::create_new(path).map_err(failed)?;
    let mut hasher = Hasher::new(Algorithm::Sha256);
    let mut at = range.start;
    while at < range.end() {
        let rest = ByteLen(range.end().0.saturating_sub(at.0)).to_usize().unwrap_or(PIECE);
        let len = rest.min(buffer.len());
        let Some(piece) = buffer.get_mut(..len) else { break };
        image.stored().read_exact_at("", at, piece)?;
        file.write_all(piece).map_err(failed)?;
        hasher.update(piece);
        at = at.saturating_add(ByteLen::from(len));
    }
    file.sync_all().map_err(failed)?;
    Ok(hasher.finish())
}
