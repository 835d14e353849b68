//! What is read back from a plan file, with the digest that tells whether it was altered.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::fingerprint::Fingerprint;
use super::path_text::{PathText, hex};

/// The version of plan files.
pub const SCHEMA: &str = "vhdxray.plan/1";

/// What a plan promises, and what it rests on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Sealed {
    /// Every fact that the plan rests on.
    pub fingerprint: Fingerprint,
    /// The hash of the virtual disk as seen from the named file; `null` unless it was asked for.
    pub content_hash: Option<ContentHash>,
    /// What is to be found afterwards.
    pub expectation: Expectation,
}

/// The content of a virtual disk.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ContentHash {
    /// SHA-256 of all bytes of the virtual disk.
    pub sha256: String,
    /// Bytes of the virtual disk.
    pub virtual_size_bytes: u64,
    /// Bytes that the format leaves open and that are read as zeros: blocks that are UNDEFINED, UNMAPPED, or that no
    /// file of the chain holds.
    pub read_policy_bytes: PolicyBytes,
    /// What the content rests on beside proof.
    pub unproved: Vec<String>,
}

/// Bytes that the format leaves open.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PolicyBytes {
    /// Blocks that are UNDEFINED.
    pub undefined_bytes: u64,
    /// Blocks that were given up.
    pub unmapped_bytes: u64,
    /// What the base does not hold.
    pub absent_bytes: u64,
}

/// What is to be found afterwards.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Expectation {
    /// The file that survives a merge.
    pub survivor: Option<PathText>,
    /// Bytes of its virtual disk.
    pub virtual_size_bytes: Option<u64>,
    /// What each way that is open leaves behind.
    pub outcomes: Vec<Outcome>,
    /// The files that are merged: they may be gone or left.
    pub sources: Vec<PathText>,
    /// Disks that get the survivor as their parent.
    pub relinked: Vec<PathText>,
}

/// What a way leaves behind.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Outcome {
    /// The way.
    pub method: String,
    /// Least and most bytes of the file that survives.
    pub size_least_bytes: u64,
    /// Most bytes of it.
    pub size_most_bytes: u64,
}

#[derive(Deserialize)]
struct Header {
    schema: String,
}

impl Sealed {
    /// Sets the digest over everything else.
    #[must_use]
    pub fn seal(mut self) -> Self {
        self.fingerprint.sha256 = self.digest();
        self
    }

    /// Whether nothing in it was altered since it was sealed.
    pub fn is_intact(&self) -> bool {
        self.digest() == self.fingerprint.sha256
    }

    /// Reads a plan file.
    pub fn parse(text: &str) -> Result<Self, String> {
        let header: Header = serde_json::from_str(text).map_err(|_| "is no JSON of this program".to_owned())?;
        if header.schema != SCHEMA {
            let known = header.schema.chars().take(40).collect::<String>();
            return Err(format!("is no plan that can be verified: its schema is {known:?}, not {SCHEMA:?}"));
        }
        serde_json::from_str(text).map_err(|error| format!("is no whole plan: {error}"))
    }

    fn digest(&self) -> String {
        let mut bare = self.clone();
        bare.fingerprint.sha256.clear();
        // A struct of texts and numbers can always be written; the order of its fields is that of the source.
        let bytes = serde_json::to_vec(&bare).unwrap_or_default();
        hex(&Sha256::digest(bytes))
    }
}
