//! `history show --db FILE`.

use clap::{Args, ValueEnum};
use jiff::{SignedDuration, Timestamp};

use crate::analysis::history::overview::{Overview, Selection};
use crate::analysis::history::store::Store;
use crate::analysis::history::timeline::Timeline;
use crate::cli::options::{Global, OutputArgs, TimeArgs};
use crate::cli::{Exit, Failure, orphans};
use crate::report::{RunFacts, Style, history, json};

use super::DbArgs;

const HELP: &str = "\
A disk is followed by its identity through renames, new checkpoints and merges. Growth is the median of the slopes between
each two runs of 1, 7 and 30 days (Theil and Sen), with the quartiles of these slopes as its range; runs between which
something was merged or deleted, or the clock was set back, are not compared. Days count from the last run on.

Exit status:
  0    nothing that asks for attention
  1    the last run shows a disk that was deleted and not merged, replaced, or lost its parent; with --fail-within DAYS
       also a volume or disk that is full, or a chain that can no longer be merged in place, within so many days
  2    wrong arguments, or the history cannot be read";

/// Arguments of `history show`.
#[derive(Debug, Args)]
#[command(after_help = HELP)]
pub(super) struct Show {
    #[command(flatten)]
    db: DbArgs,
    /// What the report looks like
    #[arg(long, value_enum, default_value_t = Format::Table, value_name = "FORMAT")]
    format: Format,
    /// The same as --format json
    #[arg(long, conflicts_with = "format")]
    json: bool,
    /// Only disks whose path holds this text, or whose virtual disk id it is
    #[arg(long, value_name = "TEXT")]
    disk: Option<String>,
    /// Only machines whose name holds this text, or whose id it is, and their disks
    #[arg(long, value_name = "TEXT")]
    machine: Option<String>,
    /// Only runs since then, as in 90d, 12h, 8w, 2026-11-01 or 2026-11-01T06:00:00Z; shows the changes of all of them
    #[arg(long, value_name = "WHEN", value_parser = since)]
    since: Option<Since>,
    /// Only runs of this computer
    #[arg(long, value_name = "NAME")]
    host: Option<String>,
    /// Exit with 1 when something ends within so many days
    #[arg(long, value_name = "DAYS")]
    fail_within: Option<u64>,
    /// Draw lines of ASCII characters
    #[arg(long)]
    ascii: bool,
    #[command(flatten)]
    output: OutputArgs,
    #[command(flatten)]
    time: TimeArgs,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// Tables for people
    Table,
    /// One JSON object
    Json,
    /// One line for each volume, disk, machine and checkpoint disk
    Csv,
}

/// From when on runs count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Since {
    Ago(SignedDuration),
    At(Timestamp),
}

impl Show {
    pub(super) fn run(&self, global: &Global) -> Result<Exit, Failure> {
        let db = self.db.path()?;
        self.output.check_apart([db.as_path()])?;
        let store = Store::open(&db)?;
        let mut facts = RunFacts::start(Timestamp::now(), self.time.as_of);
        let since = match self.since {
            None => None,
            Some(Since::At(at)) => Some(at),
            Some(Since::Ago(age)) => facts.as_of.checked_sub(age).ok(),
        };
        let mut timeline = Timeline::default();
        for number in store.numbers()? {
            let head = store.head(number)?;
            let chosen = self.host.is_none() || self.host == head.host;
            if chosen && since.is_none_or(|since| head.as_of >= since) {
                timeline.add(number, &store.run(number)?);
            }
        }
        let overview = Overview::of(
            &timeline,
            &Selection { disk: self.disk.clone(), machine: self.machine.clone(), all_changes: self.since.is_some() },
        );
        facts.finished = Timestamp::now();
        let soon = self.fail_within.is_some_and(|most| overview.soonest().is_some_and(|days| days <= most));
        let exit = if soon || super::has_alarm(&overview) { Exit::Findings } else { Exit::Ok };
        let look = self.output.look(global);
        let style = Style { color: look.color, width: look.width, as_of: facts.as_of };
        let format = if self.json { Format::Json } else { self.format };
        self.output.write(exit, |out| match format {
            Format::Table => history::write(&overview, history::Look { style, ascii: self.ascii }, out),
            Format::Json => json::write_history(&overview, &facts, out),
            Format::Csv => history::write_csv(&overview, out),
        })
    }
}

fn since(text: &str) -> Result<Since, String> {
    if let Ok(age) = orphans::age(text) {
        return Ok(Since::Ago(age));
    }
    let moment = text.parse().or_else(|_| format!("{text}T00:00:00Z").parse());
    moment.map(Since::At).map_err(|_| "not a time such as 90d, 12h, 2026-11-01 or 2026-11-01T06:00:00Z".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_and_ages() {
        assert_eq!(since("2d"), Ok(Since::Ago(SignedDuration::from_hours(48))));
        let at = |text: &str| Since::At(text.parse().unwrap());
        assert_eq!(since("2026-11-01"), Ok(at("2026-11-01T00:00:00Z")));
        assert_eq!(since("2026-11-01T06:00:00+01:00"), Ok(at("2026-11-01T05:00:00Z")));
        for wrong in ["", "yesterday", "-1d", "2026-13-01"] {
            assert!(since(wrong).is_err(), "{wrong}");
        }
    }
}
