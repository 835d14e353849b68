//! `cat FILE`.

use std::path::PathBuf;

use clap::{Args, ValueHint};

use crate::analysis::export;
use crate::units::{ByteLen, VirtualOffset, VirtualRange};

use super::byte_watch::ByteWatch;
use super::options::Global;
use super::output::{stream_failure, unbuffered_stdout};
use super::view::{ViewArgs, say_unproved, unproved_after};
use super::{Exit, Failure, size};

const EXIT_STATUS: &str = "\
Exit status:
  0    every byte that was asked for was written, or whoever reads them had enough
  2    the chain is broken or damaged where its bytes were asked for, the range does not lie on the disk, or the command
       failed; a fault of the block maps is found before the first byte is written
  130  broken off by Ctrl-C";

/// Arguments of `cat`.
#[derive(Debug, Args)]
#[command(after_help = EXIT_STATUS)]
pub struct Cat {
    /// The file from which the disk is seen
    #[arg(value_name = "FILE", value_hint = ValueHint::FilePath)]
    file: PathBuf,
    /// Where to start on the virtual disk: bytes, or with K, M, G, T (KiB, …) for powers of 1024, or 0x…
    #[arg(long, value_name = "SIZE", default_value = "0", value_parser = size::bytes)]
    offset: ByteLen,
    /// How many bytes to write; without it, up to the end of the disk
    #[arg(long, value_name = "SIZE", value_parser = size::bytes)]
    length: Option<ByteLen>,
    #[command(flatten)]
    view: ViewArgs,
}

impl Cat {
    pub(super) fn run(&self, global: &Global) -> Result<Exit, Failure> {
        let watch = ByteWatch::start(global);
        let inspection = self.view.inspect(std::slice::from_ref(&self.file), &watch)?;
        let opened = self.view.open(&inspection, &self.file)?;
        say_unproved(&opened.unproved);
        let start = VirtualOffset(self.offset.get());
        let length = self.length.unwrap_or(opened.disk.size().saturating_sub(self.offset));
        let range = VirtualRange::new(start, length);
        let stdout = unbuffered_stdout().map_err(|error| Failure::new(format!("cannot write to stdout: {error}")))?;
        export::range_to_file(&opened.disk, range, &stdout).map_err(stream_failure)?;
        unproved_after(&inspection, &opened);
        Ok(Exit::Ok)
    }
}
