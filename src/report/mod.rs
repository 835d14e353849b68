//! How it looks. One file a format; reports read results and compute nothing.

pub mod dump;
pub mod info;
pub mod json;
mod run;
mod style;
pub mod table;
pub mod text;
pub mod tree;

pub use run::RunFacts;
pub use style::{Paint, Style};
