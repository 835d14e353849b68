//! Whether a document is what `vhdxray schema NAME` promises.

use serde_json::Value;

use super::run::vhdxray;

/// Fails with what is wrong unless every document has the shape of that name.
#[track_caller]
pub(crate) fn assert_valid<'a>(name: &str, documents: impl IntoIterator<Item = &'a Value>) {
    let schema = vhdxray(["schema", name]).expect_success().json();
    let validator = jsonschema::validator_for(&schema).expect("a JSON Schema");
    for document in documents {
        let wrong: Vec<String> = validator.iter_errors(document).map(|error| error.to_string()).take(10).collect();
        assert!(wrong.is_empty(), "vhdxray schema {name}: {wrong:#?}");
    }
}
