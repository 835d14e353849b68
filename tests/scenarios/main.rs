//! Storage trees as administrators find them, each with the verdict an expert would give: class, confidence, reason.
#![cfg(feature = "testkit")]

#[cfg(test)]
mod companions;
#[cfg(test)]
mod configurations;
#[cfg(test)]
mod coverage;
#[cfg(test)]
mod damaged;
#[cfg(test)]
mod hosts;
#[cfg(test)]
mod in_use;
#[cfg(test)]
mod kit;
#[cfg(test)]
mod likeness;
#[cfg(test)]
#[cfg(unix)]
mod links;
#[cfg(test)]
mod registration;
#[cfg(test)]
#[path = "../support/split.rs"]
mod split;
#[cfg(test)]
mod unneeded;
