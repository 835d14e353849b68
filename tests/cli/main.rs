//! The command from outside: its reports, their schema, its exit status, and what it makes of bad input.
#![cfg(all(feature = "cli", feature = "testkit"))]

#[cfg(test)]
mod bad_input;
#[cfg(test)]
mod check;
#[cfg(test)]
mod correlate;
#[cfg(test)]
#[path = "../support/golden.rs"]
mod golden;
#[cfg(test)]
mod lines;
#[cfg(test)]
mod orphans;
#[cfg(test)]
mod overwrite;
#[cfg(test)]
mod reports;
#[cfg(test)]
mod schema;
#[cfg(test)]
mod support;
#[cfg(test)]
mod vm;
