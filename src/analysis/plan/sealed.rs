//! What is read back from a plan file, with the digest that tells whether it was altered.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::format::hex::to_hex;

use super::fingerprint::Fingerprint;
use super::path_text::PathText;

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
    /// Whether the document that it was read from is not what its digest says; `false` for what was read from no file.
    #[serde(skip)]
    pub is_altered: bool,
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
    /// What is to be found of the disks that Hyper-V merges with the named one when the checkpoint is deleted. No other
    /// way touches them.
    pub also: Vec<AlsoExpected>,
}

/// What is to be found of a disk that Hyper-V merges with the named one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AlsoExpected {
    /// The topmost file that is merged: from it the disk is seen before.
    pub file: PathText,
    /// The file that survives.
    pub survivor: PathText,
    /// Bytes of its virtual disk.
    pub virtual_size_bytes: Option<u64>,
    /// The files that are merged.
    pub sources: Vec<PathText>,
    /// Disks that get the survivor as their parent.
    pub relinked: Vec<PathText>,
    /// What the survivor depends on itself.
    pub below: Vec<PathText>,
    /// The hash of the disk; `null` unless it was asked for and the checkpoint can be deleted.
    pub content_hash: Option<ContentHash>,
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

/// The name of the field that holds [`document_digest`].
const DOCUMENT_DIGEST: &str = "document_sha256";

/// What a plan says of the run that made it: no part of the plan.
const RUN: &str = "run";

/// SHA-256 over a plan as a document, whatever it holds, but for the facts about the run and the digest itself. Neither
/// white space nor the order of fields counts.
pub fn document_digest(document: &Value) -> String {
    let mut bytes = Vec::new();
    match document {
        Value::Object(fields) => {
            canonical_fields(fields.iter().filter(|(name, _)| *name != RUN && *name != DOCUMENT_DIGEST), &mut bytes);
        }
        other => canonical(other, &mut bytes),
    }
    to_hex(&Sha256::digest(bytes))
}

/// Fields sorted by name. The depth is bounded by that of what `serde_json` reads.
fn canonical(value: &Value, out: &mut Vec<u8>) {
    match value {
        Value::Object(fields) => canonical_fields(fields.iter(), out),
        Value::Array(values) => {
            out.push(b'[');
            for value in values {
                canonical(value, out);
                out.push(b',');
            }
            out.push(b']');
        }
        plain => out.extend(plain.to_string().into_bytes()),
    }
}

fn canonical_fields<'a>(fields: impl Iterator<Item = (&'a String, &'a Value)>, out: &mut Vec<u8>) {
    let mut fields: Vec<_> = fields.collect();
    fields.sort_by_key(|(name, _)| *name);
    out.push(b'{');
    for (name, value) in fields {
        out.extend(Value::from(name.as_str()).to_string().into_bytes());
        out.push(b':');
        canonical(value, out);
        out.push(b',');
    }
    out.push(b'}');
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

    /// Whether nothing in it, and nothing else in the document that it was read from, was altered since it was sealed.
    pub fn is_intact(&self) -> bool {
        !self.is_altered && self.digest() == self.fingerprint.sha256
    }

    /// Reads a plan file.
    pub fn parse(text: &str) -> Result<Self, String> {
        let header: Header = serde_json::from_str(text).map_err(|_| "is no JSON of this program".to_owned())?;
        if header.schema != SCHEMA {
            let known = header.schema.chars().take(40).collect::<String>();
            return Err(format!("is no plan that can be verified: its schema is {known:?}, not {SCHEMA:?}"));
        }
        let no_plan = |error: serde_json::Error| format!("is no whole plan: {error}");
        let mut sealed: Self = serde_json::from_str(text).map_err(no_plan)?;
        let document: Value = serde_json::from_str(text).map_err(no_plan)?;
        let recorded = document.get(DOCUMENT_DIGEST).and_then(Value::as_str);
        sealed.is_altered = recorded != Some(document_digest(&document).as_str());
        Ok(sealed)
    }

    fn digest(&self) -> String {
        let mut bare = self.clone();
        bare.fingerprint.sha256.clear();
        // A struct of texts and numbers can always be written; the order of its fields is that of the source.
        let bytes = serde_json::to_vec(&bare).unwrap_or_default();
        to_hex(&Sha256::digest(bytes))
    }
}
