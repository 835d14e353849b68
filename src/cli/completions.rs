//! `completions SHELL`.

use clap::Args;
use clap_complete::Shell;

use super::later::whole_command;
use super::options::OutputArgs;
use super::{Exit, Failure};

/// Arguments of `completions`.
#[derive(Debug, Args)]
pub struct Completions {
    /// The shell
    #[arg(value_enum, value_name = "SHELL")]
    shell: Shell,
    #[command(flatten)]
    output: OutputArgs,
}

impl Completions {
    pub(super) fn run(&self) -> Result<Exit, Failure> {
        self.output.check()?;
        // The generator panics when it cannot write, so it writes to memory.
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut whole_command(), "vhdxray", &mut script);
        self.output.write(Exit::Ok, |out| out.write_all(&script))
    }
}
