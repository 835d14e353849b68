//! `plan` and `verify`: what is in the way, what the steps say to a shell, and what was proved afterwards.
#![cfg(all(feature = "cli", feature = "testkit"))]

#[cfg(test)]
mod conditions;
#[cfg(test)]
mod corpus;
#[cfg(test)]
mod course;
#[cfg(test)]
mod estate;
#[cfg(test)]
mod gaps;
#[cfg(test)]
#[path = "../support/golden.rs"]
mod golden;
#[cfg(test)]
mod hostile;
#[cfg(all(test, target_os = "linux"))]
mod huge;
#[cfg(test)]
mod kit;
#[cfg(test)]
mod machines;
#[cfg(test)]
mod many_machines;
#[cfg(test)]
mod names;
#[cfg(test)]
mod powershell;
#[cfg(test)]
mod reality;
mod reports;
#[cfg(test)]
mod script;
#[cfg(test)]
mod sealed;
#[cfg(test)]
mod several_disks;
#[cfg(test)]
#[path = "../support/mod.rs"]
mod support;
#[cfg(test)]
mod survivor;
#[cfg(test)]
mod verify;
