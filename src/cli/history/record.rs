//! `history record PATH… --db FILE`.

use std::path::PathBuf;

use clap::{Args, ValueEnum, ValueHint};
use jiff::Timestamp;

use crate::analysis::history::overview::{Overview, Selection};
use crate::analysis::history::record::RunNo;
use crate::analysis::history::store::Store;
use crate::analysis::history::timeline::Timeline;
use crate::cli::judge::judge;
use crate::cli::options::{self, FindArgs, Global, OutputArgs, ReadArgs, TimeArgs, WalkArgs};
use crate::cli::progress::Watch;
use crate::cli::{Exit, Failure, messages};
use crate::image::vhdx::Depth;
use crate::inspect::{self, RecordOptions};
use crate::report::{RunFacts, Style, history, json};

use super::{DbArgs, place};

const HELP: &str = "\
Kept are the disks, configurations and their companions with their sizes and identities, the chains, the machines and the
volumes, and the hashes of a few pieces of each differencing disk, which tell later whether it was merged or deleted. With
--no-blocks it is not worked out what merging a chain takes. A run is written as a whole or not at all; two programs may record at once. docs/history.md describes the tables.

Exit status:
  0    nothing wrong was found
  1    something is wrong with the files, or a disk was deleted that should have been merged; the run is recorded
  2    wrong arguments, or a history that cannot be written: nothing was recorded; or a named path that cannot be read:
       the others are recorded
  130  broken off by Ctrl-C; nothing was recorded";

/// Arguments of `history record`.
#[derive(Debug, Args)]
#[command(after_help = HELP)]
pub(super) struct Record {
    /// Folders, with everything below them, and single files
    #[arg(required = true, value_name = "PATH", value_hint = ValueHint::AnyPath)]
    paths: Vec<PathBuf>,
    #[command(flatten)]
    db: DbArgs,
    /// Record under this name of a computer: for copies, snapshots and mounts of another's volumes
    #[arg(long, value_name = "NAME")]
    host: Option<String>,
    /// Read no content: what becomes of disks is then told by their block counts alone
    #[arg(long)]
    no_samples: bool,
    /// What the report of the run looks like
    #[arg(long, value_enum, default_value_t = Format::Text, value_name = "FORMAT")]
    format: Format,
    #[command(flatten)]
    output: OutputArgs,
    #[command(flatten)]
    find: FindArgs,
    #[command(flatten)]
    walk: WalkArgs,
    #[command(flatten)]
    read: ReadArgs,
    #[command(flatten)]
    time: TimeArgs,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Format {
    /// A few lines
    Text,
    /// One JSON object
    Json,
}

impl Record {
    pub(super) fn run(&self, global: &Global) -> Result<Exit, Failure> {
        self.output.check_beside(&self.paths, &self.find)?;
        let db = self.db.path()?;
        if self.output.is(&db) {
            return Err(Failure::new("-o and --db name one file"));
        }
        let mut request = options::request(&self.paths, Some(&self.walk), &self.find, &self.read, Depth::Open)?;
        request.read.keep_open = false;
        place::check(&db, &request)?;
        let now = Timestamp::now();
        let mut facts = RunFacts::start(now, self.time.as_of);
        if self.host.is_some() {
            facts.host.clone_from(&self.host);
        }
        request.as_of = Some(facts.as_of);
        // A history that cannot be written is said before the long walk.
        let mut store = Store::open_or_create(&db)?;
        let inspection = {
            let watch = Watch::start(global);
            inspect::inspect(&request, &watch)
        };
        place::check_found(&db, &inspection)?;
        let mut exit = judge(&inspection);
        if exit == Exit::Findings {
            messages::warning(global, "something is wrong with what was looked at; vhdxray check says what");
        }
        if inspection.interrupted {
            return Ok(Exit::Interrupted);
        }
        if exit == Exit::Failed && inspection.reported().next().is_none() {
            return Err(Failure::new("nothing of what was named can be read; nothing was recorded"));
        }
        messages::dirty_logs(global, inspection.reported().map(|(_, file)| file));
        let mut record = inspection.record(&RecordOptions {
            as_of: facts.as_of,
            started: now,
            host: facts.host.clone(),
            roots: request.paths,
            walk: self.walk.as_text(),
            samples: !self.no_samples,
        });
        let mut timeline = Timeline::default();
        if let Some(earlier) = store.last_like(&record)? {
            let run = store.run(earlier)?;
            record.arrivals = inspection.arrivals(&run, &record);
            timeline.add(earlier, &run);
        }
        facts.finished = Timestamp::now();
        record.head.recorded = facts.finished;
        let number = store.append(&record)?;
        timeline.add(number, &record);
        let overview = Overview::of(&timeline, &Selection::default());
        if super::has_alarm(&overview) {
            exit = exit.max(Exit::Findings);
        }
        self.report(exit, number, &overview, global, |out| {
            let Some(recorded) = overview.runs.last() else { return Ok(()) };
            json::write_history_record(&inspection, recorded, &overview, &facts, out)
        })
    }

    fn report(
        &self,
        exit: Exit,
        number: RunNo,
        overview: &Overview,
        global: &Global,
        json: impl FnOnce(&mut dyn std::io::Write) -> std::io::Result<()>,
    ) -> Result<Exit, Failure> {
        let look = self.output.look(global);
        let style = Style { color: look.color, width: look.width, as_of: Timestamp::UNIX_EPOCH };
        self.output.write(exit, |out| match self.format {
            Format::Text => history::write_recorded(number, overview, style, out),
            Format::Json => json(out),
        })
    }
}
