//! `history record` and `history show`.

mod place;
mod record;
mod show;

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueHint};

use crate::analysis::history::change::Weight;
use crate::analysis::history::overview::Overview;

use super::options::Global;
use super::{Exit, Failure};

/// The variable that names the database where `--db` does not.
const VARIABLE: &str = "VHDXRAY_HISTORY";

/// Arguments of `history`.
#[derive(Debug, Args)]
pub struct History {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Look at everything below folders and add what was found to a history.
    Record(record::Record),
    /// Show how disks grow, how long there is room, until when chains can be merged, and what became different.
    Show(show::Show),
}

/// Where the history is.
#[derive(Clone, Debug, Args)]
struct DbArgs {
    /// The history: an SQLite database outside of what is looked at; the variable `VHDXRAY_HISTORY` names it as well
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    db: Option<PathBuf>,
}

impl DbArgs {
    fn path(&self) -> Result<PathBuf, Failure> {
        let named = self.db.clone().or_else(|| std::env::var_os(VARIABLE).map(PathBuf::from));
        let named = named.filter(|path| !path.as_os_str().is_empty());
        named.ok_or_else(|| Failure::new(format!("no history is named: use --db FILE, or set {VARIABLE}")))
    }
}

impl History {
    pub(super) fn run(&self, global: &Global) -> Result<Exit, Failure> {
        match &self.command {
            Command::Record(command) => command.run(global),
            Command::Show(command) => command.run(global),
        }
    }
}

/// Whether anything that is shown may be lost.
fn has_alarm(overview: &Overview) -> bool {
    overview.gravest() == Some(Weight::Alarm)
}
