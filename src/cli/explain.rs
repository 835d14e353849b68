//! `explain CODE…`: the long text of a finding, of an error code of Windows, of an event.

use clap::Args;

use crate::checks;
use crate::report::{Style, findings_explain, text};

use super::options::{Global, OutputArgs};
use super::{Exit, Failure};

/// Arguments of `explain`.
#[derive(Debug, Args)]
pub struct Explain {
    /// A code or name of a finding (VHDX0405, block-beyond-end), an error code (0xC03A000D), or an event (19100, VHDMP:7)
    #[arg(required = true, value_name = "CODE", allow_hyphen_values = true)]
    codes: Vec<String>,
    #[command(flatten)]
    output: OutputArgs,
}

impl Explain {
    pub(super) fn run(&self, global: &Global) -> Result<Exit, Failure> {
        self.output.check()?;
        let mut topics = Vec::new();
        for code in &self.codes {
            let found = checks::explain(code);
            if found.is_empty() {
                let why = format!("nothing is known of {}", text::printable(code));
                return Err(Failure::new(why));
            }
            topics.extend(found);
        }
        let look = self.output.look(global);
        let style = Style { color: look.color, width: look.width, as_of: jiff::Timestamp::UNIX_EPOCH };
        self.output.write(Exit::Ok, |out| findings_explain::write(&topics, style, out))
    }
}
