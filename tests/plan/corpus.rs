//! Every differencing disk of the corpus: planned, its content hashed as the table says, and the plan found true.

use crate::powershell::Script;
use crate::support::corpus::Corpus;
use crate::support::run::vhdxray;
use crate::support::schema::assert_valid;

#[test]
fn every_differencing_disk_of_the_corpus() {
    let Some(corpus) = Corpus::open() else { return };
    let folder = tempfile::tempdir().unwrap();
    let (mut planned, mut hashed) = (0, 0);
    for row in corpus.vhdx().chain(corpus.vhd()).filter(|row| row.is_differencing()) {
        let path = corpus.path(row);
        let file = path.as_os_str();
        let out = folder.path().join("plan.json");
        let ran = vhdxray([
            "plan".as_ref(),
            file,
            "--hash".as_ref(),
            "--format".as_ref(),
            "json".as_ref(),
            "-o".as_ref(),
            out.as_os_str(),
        ]);
        let text = std::fs::read_to_string(&out).unwrap_or_default();
        let _gone = std::fs::remove_file(&out);
        if ran.status == Some(2) {
            assert!(!ran.stderr.is_empty(), "{ran}");
            continue;
        }
        planned += 1;
        let plan: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_valid("plan", [&plan]);
        let chosen = plan["chosen_method"].as_str();
        assert_eq!(ran.status == Some(0), chosen.is_some_and(|method| method != "export"), "{chosen:?}: {ran}");
        // A plan that is not blocked knows what it costs.
        assert!(
            ran.status == Some(1) || plan["cost_problem"].is_null(),
            "{}: {:#}",
            row.unpacked(),
            plan["cost_problem"]
        );
        let hash = &plan["content_hash"];
        if let (Some(expected), false) = (&row.merged_sha256, hash.is_null()) {
            assert_eq!(hash["sha256"], expected.as_str(), "{}", row.unpacked());
            hashed += 1;
        }
        std::fs::write(&out, &text).unwrap();
        let verified = vhdxray(["verify".as_ref(), out.as_os_str()]);
        assert_eq!(verified.status, Some(0), "{}: {verified}", row.unpacked());
        let script = vhdxray(["plan".as_ref(), file, "--format".as_ref(), "ps1".as_ref()]);
        Script::parse(&script.stdout);
    }
    assert_eq!((planned, hashed), (31, 20), "files were left out");
    corpus.assert_stored_unchanged();
}
