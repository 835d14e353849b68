//! What a merge is said to cost, against merges made for real.
#![cfg(all(feature = "testkit", feature = "cli"))]

#[cfg(test)]
mod corpus;
#[cfg(test)]
mod kit;
#[cfg(test)]
mod random;
#[cfg(test)]
#[path = "../support/mod.rs"]
mod support;
#[cfg(test)]
mod whole_blocks;
