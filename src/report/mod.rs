//! How it looks: one file or folder for each report. Reports read results and compute nothing.

pub mod dump;
pub mod info;
mod layout;
pub mod text;
