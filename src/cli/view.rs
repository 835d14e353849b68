//! What the commands share that read a virtual disk through its chain.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

use crate::chain::FileNo;
use crate::image::vhdx::Depth;
use crate::inspect::{self, ChainPolicy, Inspection, OpenedDisk};
use crate::report::text;

use super::byte_watch::ByteWatch;
use super::options::{self, FindArgs, IoChoice, ReadArgs};
use super::{Failure, messages};

/// How a virtual disk is put together from files.
#[derive(Clone, Debug, Default, Args)]
pub struct ViewArgs {
    #[command(flatten)]
    find: FindArgs,
    /// Take the bytes as they stand on disk, without replaying a dirty log in memory
    #[arg(long)]
    as_on_disk: bool,
    /// How to read: with positioned reads, or through a memory map, which suits local copies that nobody changes
    #[arg(long, value_enum, default_value_t = IoChoice::Read, value_name = "HOW")]
    io: IoChoice,
    /// Take a parent that is missing or cannot be read for zeros, and say so; the default is to refuse
    #[arg(long, value_enum, value_name = "CONTENT")]
    allow_missing_parent: Option<MissingParentContent>,
    /// Read through a parent that a recorded path leads to although its identity is another, and say so; the default
    /// is to refuse
    #[arg(long)]
    ignore_identity: bool,
}

/// What stands in for a missing parent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum MissingParentContent {
    /// Zeros.
    Zero,
}

impl ViewArgs {
    /// Where parents may be found.
    pub fn find(&self) -> &FindArgs {
        &self.find
    }

    /// Finds the files of all chains that are wanted.
    pub fn inspect(&self, paths: &[PathBuf], watch: &ByteWatch) -> Result<Inspection, Failure> {
        let read = ReadArgs { no_blocks: true, as_on_disk: self.as_on_disk, io: self.io, ..ReadArgs::default() };
        let request = options::request(paths, None, &self.find, &read, Depth::Open)?;
        if let Some(folder) = paths.iter().find(|path| path.is_dir()) {
            let why = format!("{}: is a folder; name the file from which the disk is to be seen", text::path(folder));
            return Err(Failure::new(why));
        }
        Ok(inspect::inspect(&request, watch))
    }

    /// What to do where the chain is not proved.
    pub fn policy(&self) -> ChainPolicy {
        ChainPolicy {
            missing_parent_is_zero: self.allow_missing_parent == Some(MissingParentContent::Zero),
            ignore_identity: self.ignore_identity,
        }
    }

    /// The disk as seen from a named file.
    pub fn open(&self, inspection: &Inspection, path: &Path) -> Result<OpenedDisk, Failure> {
        Ok(inspection.open_disk(named(inspection, path)?, self.policy())?)
    }
}

/// The number of a file that was named; by any of its names.
pub fn named(inspection: &Inspection, path: &Path) -> Result<FileNo, Failure> {
    let leads = |file: &crate::estate::FoundFile| file.path == path || file.other_paths.iter().any(|p| p == path);
    if let Some((file, _)) = inspection.files().find(|(_, file)| leads(file)) {
        return Ok(file);
    }
    let why = inspection.unreadable_paths().into_iter().find(|(_, at, _)| *at == path);
    Err(match why {
        Some((_, _, error)) => Failure::from(error.clone().with_path(path)),
        None => Failure::new(format!("{}: was not found", text::path(path))),
    })
}

/// What there is to say about a disk that has been read: the sentences of [`OpenedDisk::unproved`], and those about
/// files that changed meanwhile, which are said on stderr here.
pub fn unproved_after(inspection: &Inspection, opened: &OpenedDisk) -> Vec<String> {
    let changed = inspection.changed_since(opened);
    say_unproved(&changed);
    opened.unproved.iter().cloned().chain(changed).collect()
}

/// Says on stderr what rests on an option rather than on proof, for output that has no place for it.
pub fn say_unproved(unproved: &[String]) {
    for sentence in unproved {
        messages::unproved(&text::printable(sentence));
    }
}
