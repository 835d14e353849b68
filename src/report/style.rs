//! How text is dressed: colours, sparingly, and the width it may take.

use std::fmt;

use anstyle::{AnsiColor, Style as Ansi};
use jiff::Timestamp;

/// What a text report needs to know of where it is shown.
#[derive(Clone, Copy, Debug)]
pub struct Style {
    /// Whether to colour.
    pub color: bool,
    /// Columns that a line may take; without bound when `None`.
    pub width: Option<usize>,
    /// The moment from which ages count.
    pub as_of: Timestamp,
}

/// What a piece of text means, and so which colour it has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Paint {
    /// As it is.
    Plain,
    /// Headings and folders.
    Strong,
    /// What is there for completeness: lines of a tree, units, what is as expected.
    Faint,
    /// Worth knowing.
    Notice,
    /// Wrong.
    Alarm,
    /// Right, where that is said at all.
    Good,
}

impl Style {
    /// `text` in the colour of `paint`.
    pub fn paint<T: fmt::Display>(&self, paint: Paint, text: T) -> Painted<T> {
        let ansi = match paint {
            _ if !self.color => Ansi::new(),
            Paint::Plain => Ansi::new(),
            Paint::Strong => Ansi::new().bold(),
            Paint::Faint => Ansi::new().dimmed(),
            Paint::Notice => AnsiColor::Yellow.on_default(),
            Paint::Alarm => AnsiColor::Red.on_default().bold(),
            Paint::Good => AnsiColor::Green.on_default(),
        };
        Painted { ansi, text }
    }

    /// Adds `text` to a line, in the colour of `paint`.
    pub fn push(&self, line: &mut String, paint: Paint, text: &str) {
        match self.color {
            true => line.push_str(&self.paint(paint, text).to_string()),
            false => line.push_str(text),
        }
    }
}

/// Text with its colour; without colour it shows as the text alone.
#[derive(Clone, Copy, Debug)]
pub struct Painted<T> {
    ansi: Ansi,
    text: T,
}

impl<T: fmt::Display> fmt::Display for Painted<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.ansi.is_plain() {
            return write!(f, "{}", self.text);
        }
        let (ansi, text) = (self.ansi, self.text.to_string());
        if text.is_empty() { Ok(()) } else { write!(f, "{ansi}{text}{ansi:#}") }
    }
}
