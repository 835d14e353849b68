//! The command: parse arguments, call the library, hand the result to a report.
//!
//! One file a subcommand, each with its arguments and `run`. Option groups that several share stand in [`options`].
//! Data goes to stdout or to `-o FILE` ([`output`]), everything else to stderr ([`messages`]).

pub mod bundle;
pub mod byte_watch;
pub mod cat;
pub mod check;
pub mod completions;
pub mod correlate;
pub mod diff;
pub mod dump;
pub mod evidence;
pub mod exit;
pub mod explain;
pub mod export;
pub mod hash;
pub mod history;
pub mod info;
pub mod judge;
pub mod later;
pub mod log;
pub mod man;
pub mod map;
pub mod messages;
pub mod one_file;
pub mod options;
pub mod orphans;
pub mod output;
pub mod plan;
mod precious;
pub mod progress;
pub mod residue;
pub mod scan;
pub mod schema;
pub mod size;
pub mod usage;
pub mod verify;
pub mod view;
pub mod vm;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

pub use exit::{Exit, Failure};
use later::Later;
use options::Global;

const EXIT_STATUS: &str = "\
Exit status:
  0    nothing wrong was found
  1    something is wrong with the files: a broken link, a file that cannot be read
  2    wrong arguments, a named path that cannot be read, or the command failed
  130  broken off by Ctrl-C

Nothing that is looked at is ever written to. Every file is opened for reading only; a dirty log is replayed in memory.";

/// Looks through Hyper-V checkpoint storage (VHDX, AVHDX, VHD, AVHD), offline and read-only.
#[derive(Debug, Parser)]
#[command(name = "vhdxray", version, about, after_help = EXIT_STATUS, max_term_width = 120)]
pub struct Cli {
    /// What every subcommand knows.
    #[command(flatten)]
    pub global: Global,
    /// What is to be done.
    #[command(subcommand)]
    pub command: Command,
}

/// The subcommands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Show what disks lie below folders, how they hang together, what they cost and what is broken.
    Scan(Later<scan::Scan>),
    /// Show all that is known of image files: what Get-VHD prints, and what it cannot see.
    Info(Later<info::Info>),
    /// Show every structure of an image file, field by field, with offsets.
    Dump(Later<dump::Dump>),
    /// Show what every byte of a virtual disk is, and which file of the chain owns it.
    Map(Later<map::Map>),
    /// Write the bytes of a virtual disk to stdout.
    Cat(Later<cat::Cat>),
    /// Hash the content of virtual disks, at any point of a chain.
    Hash(Later<hash::Hash>),
    /// Write a virtual disk into a new file, as raw bytes or as one clean VHDX.
    Export(Later<export::Export>),
    /// Show what differs between two virtual disks.
    Diff(Later<diff::Diff>),
    /// Show what the bytes of files are spent on, what of it is seen, and what could be given back.
    Usage(Later<usage::Usage>),
    /// Keep what was found, and show how it grows over time and what became different.
    History(Later<history::History>),
    /// Show every log entry, live and stale, and the earlier values that it holds.
    Log(Later<log::Log>),
    /// Show what is left in a file that no live structure uses, and copy it out.
    Residue(Later<residue::Residue>),
    /// Show everything that is wrong with files and chains, and what is worth knowing.
    Check(Later<check::Check>),
    /// Show what nothing needs, with reasons, how sure that is, and what to verify first.
    Orphans(Later<orphans::Orphans>),
    /// Show what several scans saw as one estate: hosts, cluster nodes and shares that were scanned where they are.
    Correlate(Later<correlate::Correlate>),
    /// Plan how a checkpoint's disk is merged: what it costs, what is in the way, which steps it has. Nothing is carried out.
    Plan(Later<plan::Plan>),
    /// Compare a plan with what is there now; afterwards, prove that nothing was lost.
    Verify(Later<verify::Verify>),
    /// Explain a code of a finding, an error code of Windows, or the number of an event.
    Explain(Later<explain::Explain>),
    /// Show what a machine's configuration says: whose disks it attaches, and what the file still tells of its past.
    Vm(Later<vm::Vm>),
    /// Print the JSON Schema of a report.
    Schema(Later<schema::Schema>),
    /// Print a script that completes arguments in a shell.
    Completions(Later<completions::Completions>),
    /// Print the manual page.
    Man(Later<man::Man>),
}

impl Command {
    fn run(&self, global: &Global) -> Result<Exit, Failure> {
        match self {
            Self::Scan(Later(command)) => command.run(global),
            Self::Info(Later(command)) => command.run(global),
            Self::Dump(Later(command)) => command.run(global),
            Self::Map(Later(command)) => command.run(global),
            Self::Cat(Later(command)) => command.run(global),
            Self::Hash(Later(command)) => command.run(global),
            Self::Export(Later(command)) => command.run(global),
            Self::Diff(Later(command)) => command.run(global),
            Self::Usage(Later(command)) => command.run(global),
            Self::History(Later(command)) => command.run(global),
            Self::Log(Later(command)) => command.run(global),
            Self::Residue(Later(command)) => command.run(global),
            Self::Check(Later(command)) => command.run(global),
            Self::Orphans(Later(command)) => command.run(global),
            Self::Correlate(Later(command)) => command.run(global),
            Self::Plan(Later(command)) => command.run(global),
            Self::Verify(Later(command)) => command.run(global),
            Self::Explain(Later(command)) => command.run(global),
            Self::Vm(Later(command)) => command.run(global),
            Self::Schema(Later(command)) => command.run(),
            Self::Completions(Later(command)) => command.run(),
            Self::Man(Later(command)) => command.run(),
        }
    }
}

/// Runs the command.
pub fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version come this way too, with status 0. Where they cannot be printed nobody reads them.
            let _ = error.print();
            return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(Exit::Failed.code()));
        }
    };
    match cli.command.run(&cli.global) {
        Ok(exit) => exit,
        Err(Failure::OutputClosed) => Exit::Ok,
        Err(Failure::Message(message)) => {
            messages::error(&message);
            Exit::Failed
        }
    }
    .into()
}
