//! Configurations of machines, written by the testkit from the description of the format: whole, odd and hostile ones.
#![cfg(feature = "testkit")]

#[cfg(test)]
mod damage;
#[cfg(test)]
#[path = "../support/golden.rs"]
mod golden;
#[cfg(test)]
mod history;
#[cfg(test)]
mod keys;
#[cfg(test)]
mod report;
#[cfg(test)]
mod support;
#[cfg(test)]
mod xml;
