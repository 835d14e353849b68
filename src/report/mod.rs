//! How it looks. One file a format; reports read results and compute nothing.

mod contents;
pub mod csv;
pub mod diff;
pub mod dump;
pub mod findings_doc;
pub mod findings_explain;
pub mod findings_text;
pub mod history;
pub mod info;
pub mod json;
pub mod log_history;
pub mod map;
pub mod orphans;
mod place;
pub mod plan;
pub mod residue;
mod run;
pub mod sarif;
mod style;
pub mod table;
pub mod text;
pub mod tree;
pub mod usage;
pub mod vm;

pub use run::RunFacts;
pub use style::{Paint, Style};

/// An error of the output, told from those of the files that are read by naming no file.
fn output_error(error: std::io::Error) -> crate::Error {
    crate::Error::io(error, "", None)
}
