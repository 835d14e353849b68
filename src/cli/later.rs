//! Subcommands whose arguments are described to the parser only when one of them is the one that was meant: describing
//! all of them takes as long as all the rest of a short command.

use std::cell::Cell;

use clap::builder::Resettable;
use clap::error::Error;
use clap::{ArgMatches, Args, Command, CommandFactory, FromArgMatches};

use super::Cli;

thread_local! {
    /// Whether this thread wants all arguments described at once.
    static AT_ONCE: Cell<bool> = const { Cell::new(false) };
}

/// The command with the arguments of all subcommands. Whoever lists them gets them in another order when the parser
/// adds them later, and those of nested subcommands not at all.
pub fn whole_command() -> Command {
    AT_ONCE.set(true);
    let command = Cli::command();
    AT_ONCE.set(false);
    command
}

/// The arguments of one subcommand.
#[derive(Debug)]
pub struct Later<T>(pub T);

impl<T: Args> Args for Later<T> {
    fn augment_args(command: Command) -> Command {
        later(command, |command| under_its_name(command, T::augment_args))
    }

    fn augment_args_for_update(command: Command) -> Command {
        later(command, |command| under_its_name(command, T::augment_args_for_update))
    }
}

fn later(command: Command, describe: fn(Command) -> Command) -> Command {
    if AT_ONCE.get() { describe(command) } else { command.defer(describe) }
}

/// Adds arguments and keeps what the list of subcommands says: their own description is for whoever reads the source.
fn under_its_name(command: Command, augment: impl FnOnce(Command) -> Command) -> Command {
    let (about, long_about) = (command.get_about().cloned(), command.get_long_about().cloned());
    augment(command).about(Resettable::from(about)).long_about(Resettable::from(long_about))
}

impl<T: FromArgMatches> FromArgMatches for Later<T> {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, Error> {
        T::from_arg_matches(matches).map(Self)
    }

    fn from_arg_matches_mut(matches: &mut ArgMatches) -> Result<Self, Error> {
        T::from_arg_matches_mut(matches).map(Self)
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), Error> {
        self.0.update_from_arg_matches(matches)
    }

    fn update_from_arg_matches_mut(&mut self, matches: &mut ArgMatches) -> Result<(), Error> {
        self.0.update_from_arg_matches_mut(matches)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_come_when_they_are_asked_for() {
        let mut command = Cli::command();
        let info = command.find_subcommand("info").unwrap();
        assert_eq!(info.get_arguments().count(), 0);
        let about = info.get_about().cloned();
        command.build();
        let info = command.find_subcommand("info").unwrap();
        assert!(info.get_arguments().any(|argument| argument.get_id() == "no_blocks"));
        assert_eq!(info.get_about().cloned(), about);
        let whole = whole_command();
        assert!(
            whole
                .get_subcommands()
                .all(|subcommand| subcommand.get_arguments().count() > 0 || subcommand.has_subcommands())
        );
    }

    #[test]
    fn the_parser_has_nothing_against_any_subcommand() {
        Cli::command().debug_assert();
    }
}
