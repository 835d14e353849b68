//! Why something cannot be read.

use schemars::JsonSchema;
use serde::Serialize;

use crate::Error;

/// Why something cannot be read: in which structure, at which byte.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct ErrorJson {
    /// The structure that was being read, under the name that its specification gives it; `null` where it is about the
    /// file as a whole.
    pub structure: Option<String>,
    /// Absolute offset in the file, where one applies.
    pub offset: Option<u64>,
    /// The reason in one line, for people.
    pub message: String,
}

impl From<&Error> for ErrorJson {
    fn from(error: &Error) -> Self {
        let structure = error.structure();
        Self {
            structure: (!structure.is_empty()).then(|| structure.to_owned()),
            offset: error.offset().map(|offset| offset.0),
            message: error.reason().to_string(),
        }
    }
}
