//! `man [SUBCOMMAND]`: the main page, which lists the subcommands, or the page of one of them.

use std::io;

use clap::{Args, CommandFactory};
use clap_mangen::Man as Page;

use super::options::OutputArgs;
use super::{Cli, Exit, Failure};

/// Arguments of `man`.
#[derive(Debug, Args)]
pub struct Man {
    /// The page of this subcommand instead of the main one
    #[arg(value_name = "SUBCOMMAND")]
    subcommand: Option<String>,
    #[command(flatten)]
    output: OutputArgs,
}

impl Man {
    pub(super) fn run(&self) -> Result<Exit, Failure> {
        self.output.check()?;
        let mut main = Cli::command();
        main.build();
        let command = match &self.subcommand {
            None => main,
            Some(name) => main
                .find_subcommand(name)
                .cloned()
                .ok_or_else(|| Failure::new(format!("there is no subcommand {name:?}")))?,
        };
        let mut page = Vec::new();
        let rendered: io::Result<()> = Page::new(command).render(&mut page);
        rendered.map_err(|error| Failure::new(format!("cannot render the page: {error}")))?;
        self.output.write(Exit::Ok, |out| out.write_all(&page))
    }
}
