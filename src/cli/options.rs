//! Option groups that several subcommands share, and what the library makes of them.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum, ValueHint};
use globset::{GlobBuilder, GlobSet, GlobSetBuilder};
use jiff::Timestamp;

use crate::chain::windows_path::PathMap;
use crate::checks::{CheckSet, Cost};
use crate::estate::{Io, ReadOptions, Reads, WalkOptions};
use crate::image::OpenOptions;
use crate::image::vhdx::Depth;
use crate::inspect::{Recognise, Request};
use crate::limits;

use super::Failure;

/// What every subcommand knows.
#[derive(Clone, Debug, Args)]
pub struct Global {
    /// When to colour the output; `NO_COLOR` in the environment turns colours off as well
    #[arg(long, value_enum, default_value_t = Color::Auto, value_name = "WHEN", global = true)]
    pub color: Color,
    /// Say nothing on stderr but errors
    #[arg(short, long, global = true)]
    pub quiet: bool,
    /// Say on stderr how the work went
    #[arg(short, long, global = true, conflicts_with = "quiet")]
    pub verbose: bool,
    /// Show no progress bar
    #[arg(long, global = true)]
    pub no_progress: bool,
}

/// When to use colours.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Color {
    /// On a terminal, unless the environment says otherwise.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// Where parents may be found beyond the named paths.
#[derive(Clone, Debug, Default, Args)]
pub struct FindArgs {
    /// Where the files of a recorded Windows path are now, as in 'C:\ClusterStorage\Volume1=/mnt/csv1'
    #[arg(long, value_name = "FROM=TO")]
    pub map: Vec<OsString>,
    /// A further folder in which parents may be found; what nothing needs there is not shown
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub search: Vec<PathBuf>,
}

/// How folders are walked.
#[derive(Clone, Debug, Default, Args)]
pub struct WalkArgs {
    /// Follow symbolic links to files and folders
    #[arg(long)]
    pub follow_links: bool,
    /// Go at most N folders below a named one; 0 is the named one alone
    #[arg(long, value_name = "N")]
    pub max_depth: Option<usize>,
    /// Leave out files and folders that match, by name or by whole path; may be given several times
    #[arg(long, value_name = "GLOB")]
    pub exclude: Vec<String>,
}

/// How files are read.
#[derive(Clone, Debug, Default, Args)]
pub struct ReadArgs {
    /// Do not read block allocation tables: no counts of blocks, and in info nothing of what is on the disk
    #[arg(long)]
    pub no_blocks: bool,
    /// Show files as their bytes stand on disk, without replaying a dirty log in memory
    #[arg(long)]
    pub as_on_disk: bool,
    /// How to read: with positioned reads, or through a memory map, which suits local copies that nobody changes
    #[arg(long, value_enum, default_value_t = IoChoice::Read, value_name = "HOW")]
    pub io: IoChoice,
    /// How much to read at once: little, as suits a local disk; much, as suits a share on which each read waits; or what
    /// suits the first files
    #[arg(long, value_enum, default_value_t = ReadsChoice::Auto, value_name = "SIZE")]
    pub reads: ReadsChoice,
    /// How many files to read at once
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=limits::MAX_JOBS as i64))]
    pub jobs: Option<u16>,
}

/// How bytes are read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum IoChoice {
    /// Positioned reads.
    #[default]
    Read,
    /// A memory map.
    Map,
}

/// How many bytes are asked for at once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum ReadsChoice {
    /// Small reads, unless the first ones take long.
    #[default]
    Auto,
    /// Few long reads.
    Few,
    /// Small reads.
    Small,
}

/// From when ages count.
#[derive(Clone, Copy, Debug, Default, Args)]
pub struct TimeArgs {
    /// Count ages from this moment instead of now, as in 2026-11-25T22:00:00Z
    #[arg(long, value_name = "RFC3339", value_parser = timestamp)]
    pub as_of: Option<Timestamp>,
}

/// Where data goes.
#[derive(Clone, Debug, Default, Args)]
pub struct OutputArgs {
    /// Write to FILE instead of stdout; a disk image, a bundle, or what is read is never overwritten
    #[arg(short, long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub output: Option<PathBuf>,
}

/// What the library is to look at. `walk` is for commands that go through folders, `depth` says how much is read of
/// each file.
pub fn request(
    paths: &[PathBuf],
    walk: Option<&WalkArgs>,
    find: &FindArgs,
    read: &ReadArgs,
    depth: Depth,
) -> Result<Request, Failure> {
    for path in paths.iter().chain(&find.search) {
        refuse_stream(path)?;
    }
    let defaults = ReadOptions::default();
    Ok(Request {
        paths: paths.to_vec(),
        search: find.search.clone(),
        map: PathMap::from_arguments(&find.map).map_err(|error| Failure::new(format!("--map: {error}")))?,
        walk: walk.map_or_else(|| Ok(WalkOptions::default()), WalkArgs::options)?,
        read: ReadOptions {
            open: OpenOptions { depth, as_on_disk: read.as_on_disk },
            count_blocks: !read.no_blocks,
            only_named: false,
            survey_blocks: false,
            io: match read.io {
                IoChoice::Read => Io::Read,
                IoChoice::Map => Io::Map,
            },
            reads: match read.reads {
                ReadsChoice::Auto => Reads::Auto,
                ReadsChoice::Few => Reads::Few,
                ReadsChoice::Small => Reads::Small,
            },
            jobs: read.jobs.map_or(defaults.jobs, usize::from),
            keep_open: true,
            keep_shown: true,
        },
        checks: None,
        as_of: None,
        recognise: Recognise::Nothing,
    })
}

pub(super) fn refuse_stream(path: &Path) -> Result<(), Failure> {
    if path.as_os_str() == "-" {
        let why = "'-' is not accepted: images are read at many places, which a stream cannot offer; name a file or \
                   folder (a file of that name is './-')";
        return Err(Failure::new(why));
    }
    Ok(())
}

impl ReadArgs {
    /// Which checks a command runs beside its own work: none that would read what the options say not to read.
    pub fn checks(&self) -> CheckSet {
        CheckSet::up_to(if self.no_blocks { Cost::Nothing } else { Cost::Blocks })
    }
}

impl WalkArgs {
    /// The options as they would be typed; empty where folders are walked whole.
    pub fn as_text(&self) -> String {
        let mut words = Vec::new();
        if self.follow_links {
            words.push("--follow-links".to_owned());
        }
        words.extend(self.max_depth.map(|depth| format!("--max-depth {depth}")));
        words.extend(self.exclude.iter().map(|glob| format!("--exclude {glob}")));
        words.join(" ")
    }

    fn options(&self) -> Result<WalkOptions, Failure> {
        Ok(WalkOptions { follow_links: self.follow_links, max_depth: self.max_depth, exclude: self.globs()? })
    }

    fn globs(&self) -> Result<GlobSet, Failure> {
        let mut set = GlobSetBuilder::new();
        for glob in &self.exclude {
            let built = GlobBuilder::new(glob).case_insensitive(cfg!(windows)).build();
            set.add(built.map_err(|error| Failure::new(format!("--exclude: {error}")))?);
        }
        set.build().map_err(|error| Failure::new(format!("--exclude: {error}")))
    }
}

fn timestamp(text: &str) -> Result<Timestamp, String> {
    text.parse()
        .map_err(|_| "not a moment such as 2026-11-25T22:00:00Z (RFC 3339, with its offset from UTC)".to_owned())
}
