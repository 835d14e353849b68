//! The script: parsed by another program's grammar, and every name in it exact.

use vhdxray::testkit::hvs::{Bus, Machine};

use crate::kit::{Store, chain, recorded};
use crate::powershell::Script;

/// A machine that runs on a leaf over a base, both named with this in them.
fn named(what: &str, machine_name: &str) -> (Store, String, String) {
    let mut store = Store::new();
    let (base, leaf) = (format!("disks/{what}.vhdx"), format!("disks/{what}_1.avhdx"));
    let built = store.base(&base);
    store.child(&leaf, &built, &base);
    let id = store.rng.guid();
    store.machine(Machine::new(id, machine_name), id, &[(Bus::Scsi(0, 3), &leaf)]);
    (store, base, leaf)
}

#[test]
fn every_name_that_windows_allows_survives_quoting() {
    for name in [
        "web",
        "it's",
        "''",
        "${env}ComSpec",
        "$(Remove-Item x)",
        "`n back`tick",
        "[brackets]",
        "{braces} (round) & ; , @",
        "100 % #comment",
        "\u{2018}low\u{2019} \u{201a}and\u{201b} high",
        "\u{2019}; Stop-Computer; \u{2018}",
        "\u{201c}double\u{201d}",
        "Сервер 服务器 خادم सर्वर",
        "emoji 💾",
        "-Force",
        "--%",
    ] {
        let (store, base, leaf) = named(name, name);
        for method in ["single-pass", "pairwise", "export", "delete-checkpoint"] {
            let script = store.script(&leaf, &["--method", method]);
            assert!(script.starts_with('\u{feff}'), "Windows PowerShell needs the mark");
            assert!(script.contains("\r\n"), "lines end as on Windows");
            let script = Script::parse(&script);
            let literals = script.literals();
            assert!(literals.contains(&recorded(&leaf)), "{name}: {literals:#?}");
            if method != "export" {
                assert!(literals.contains(&recorded(&base)), "{name}: {literals:#?}");
            }
        }
    }
}

#[cfg(unix)]
#[test]
fn a_name_that_would_not_show_is_refused() {
    for name in ["line\nbreak", "re\rturn", "turn\u{202e}ed", "hid\u{200b}den"] {
        let (store, _, leaf) = named(name, "web");
        let script = Script::parse(&store.script(&leaf, &["--method", "single-pass"]));
        assert!(script.commands("Merge-VHD").is_empty());
        assert!(
            script.text.contains("throw ") && script.text.contains("cannot be written into a script"),
            "{}",
            script.text
        );
        let plan = store.plan(&leaf, &["--method", "single-pass"]);
        for step in plan.json["steps"].as_array().unwrap() {
            for line in step["commands"].as_array().unwrap() {
                assert!(!line.as_str().unwrap().contains(name), "{line}");
            }
        }
    }
}

#[test]
fn a_machine_with_any_name_stays_inside_its_message() {
    for name in ["a'; Stop-Computer #", "x\u{2019}; Stop-Computer #", "two\nlines", "$(calc)", "\u{202e}"] {
        let (store, _, leaf) = named("web", name);
        for method in ["single-pass", "delete-checkpoint"] {
            Script::parse(&store.script(&leaf, &["--method", method]));
        }
    }
}

#[test]
fn each_way_has_its_commands_in_its_order() {
    let (store, _, leaf) = named("web", "web");
    let text = store.script(&leaf, &["--method", "single-pass"]);
    let script = Script::parse(&text);
    let merges = script.commands("Merge-VHD");
    assert_eq!(merges.len(), 1);
    assert_eq!(merges[0].elements, ["-Path", "$Disk1", "-DestinationPath", "$Disk2", "-WhatIf:$WhatIf"]);
    let drives = script.commands("Set-VMHardDiskDrive");
    assert_eq!(drives[0].elements, ["-VMHardDiskDrive", "$Drive", "-Path", "$Disk2", "-WhatIf:$WhatIf"]);
    let find = &script.commands("Get-VMHardDiskDrive")[0].elements;
    let controller = ["-ControllerType", "SCSI", "-ControllerNumber", "0", "-ControllerLocation", "3"];
    assert!(find.windows(6).any(|window| window == controller), "{find:?}");
    // Both outcomes of a merge are looked at.
    assert!(text.contains("was left by Windows") && text.contains("was removed by Windows"), "{text}");
    let at = |words: &str| text.find(words).unwrap_or_else(|| panic!("no {words} in {text}"));
    assert!(at("State -eq 'Off'") < at("Merge-VHD -Path"));
    assert!(at("Merge-VHD -Path") < at("Set-VMHardDiskDrive -VM") && at("Set-VMHardDiskDrive -VM") < at("Test-VHD"));

    let native = Script::parse(&store.script(&leaf, &[]));
    assert!(native.commands("Merge-VHD").is_empty(), "Hyper-V merges by itself");
    assert_eq!((native.commands("Checkpoint-VM").len(), native.commands("Remove-VMSnapshot").len()), (1, 1));

    let export = Script::parse(&store.script(&leaf, &["--method", "export"]));
    let convert = &export.commands("Convert-VHD")[0].elements;
    assert_eq!(convert[..6], ["-Path", "$Disk1", "-DestinationPath", "$NewDisk", "-VHDType", "Dynamic"]);
    assert_eq!(convert[6..8], ["-BlockSizeBytes", "1048576"], "the block size that the numbers are for");
    assert!(export.literals().contains(&recorded("disks/web-export.vhdx")), "{:#?}", export.literals());
}

#[test]
fn pairs_go_down_one_file_at_a_time() {
    let (store, _, _) = chain(4);
    let script = store.script("layer3.avhdx", &["--into", "base.vhdx", "--method", "pairwise"]);
    let script = Script::parse(&script);
    let pairs: Vec<String> = script.commands("Merge-VHD").iter().map(|merge| merge.elements[..4].join(" ")).collect();
    assert_eq!(
        pairs,
        [
            "-Path $Disk1 -DestinationPath $Disk2",
            "-Path $Disk2 -DestinationPath $Disk3",
            "-Path $Disk3 -DestinationPath $Disk4"
        ]
    );
    let one = Script::parse(&store.script("layer3.avhdx", &["--into", "base.vhdx", "--method", "single-pass"]));
    assert_eq!(one.commands("Merge-VHD").len(), 1);
    assert_eq!(one.text.matches("was left by Windows").count(), 3, "each source is looked at");
}

#[test]
fn a_child_of_the_merged_file_gets_its_new_parent() {
    let (store, _, _) = chain(4);
    let script = Script::parse(&store.script("layer2.avhdx", &["--method", "single-pass"]));
    let links = script.commands("Set-VHD");
    assert_eq!(links.len(), 2, "first as Windows wants it, then past another identity: {links:?}");
    assert!(!links[0].elements.contains(&"-IgnoreIdMismatch".to_owned()));
    assert!(links[1].elements.contains(&"-IgnoreIdMismatch".to_owned()));
    assert!(script.text.contains("only here"), "why it is right here");
}

#[test]
fn where_no_windows_name_is_known_the_script_asks_for_the_folder() {
    let mut store = Store::new();
    let base = store.base("base.vhdx");
    let locator = vhdxray::testkit::vhdx::Locator::new()
        .linkage(base.layout.data_write_guid)
        .entry("relative_path", r".\base.vhdx");
    let leaf = store.with_locator(&base, locator).build();
    store.put("it's.avhdx", &leaf);
    let text = store.script("it's.avhdx", &["--method", "single-pass"]);
    let script = Script::parse(&text);
    assert!(text.contains("[string]$Folder1,") && text.contains("IsNullOrEmpty($Folder1)"), "{text}");
    assert!(text.contains("$Disk1 = [System.IO.Path]::Combine($Folder1, 'it''s.avhdx')"), "{text}");
    assert!(script.literals().contains(&"it's.avhdx".to_owned()));
    // With --map it is known.
    let map = format!(r"E:\Disks={}", store.path().display());
    let mapped = Script::parse(&store.script("it's.avhdx", &["--map", &map, "--method", "single-pass"]));
    assert!(mapped.literals().contains(&r"E:\Disks\it's.avhdx".to_owned()), "{}", mapped.text);
    assert!(!mapped.text.contains("$Folder1"));
}

#[test]
fn a_blocked_plan_gives_a_script_that_only_throws() {
    let mut store = Store::new();
    let base = store.base("base.vhdx");
    let child = store.child("child.avhdx", &base, "base.vhdx");
    store.child("leaf.avhdx", &child, "child.avhdx");
    store.remove("base.vhdx");
    let script = Script::parse(&store.script("leaf.avhdx", &[]));
    assert!(script.commands("Merge-VHD").is_empty() && script.text.contains("throw 'This plan is blocked"));
    assert!(script.text.contains("1 parent-found"), "{}", script.text);
}

#[test]
fn commands_in_json_and_questions_parse_as_well() {
    let (store, _, leaf) = named("o'clock", "web");
    for method in ["single-pass", "pairwise", "export", "delete-checkpoint"] {
        let plan = store.plan(&leaf, &["--method", method]);
        for step in plan.json["steps"].as_array().unwrap() {
            let lines = |name: &str| -> Vec<String> {
                step[name].as_array().unwrap().iter().map(|line| line.as_str().unwrap().to_owned()).collect()
            };
            let all = [lines("commands"), lines("checks"), lines("way_back_commands")].concat().join("\n");
            Script::parse(&format!("$ErrorActionPreference = 'Stop'\n{all}\n"));
        }
        for condition in plan.json["preconditions"].as_array().unwrap() {
            for ask in condition["ask"].as_array().unwrap() {
                Script::parse(&format!("$ErrorActionPreference = 'Stop'\n{}\n", ask.as_str().unwrap()));
            }
        }
    }
}

#[test]
fn paths_are_compared_as_windows_does_and_what_was_found_is_said() {
    let (store, _, leaf) = named("web", "web");
    for method in ["single-pass", "pairwise", "export", "delete-checkpoint"] {
        let text = store.script(&leaf, &["--method", method]);
        Script::parse(&text);
        // A comparison of PowerShell takes \\?\D:\x for another file than D:\x, and some letters for others.
        for line in text.lines().filter(|line| line.contains("Path")) {
            let compares = [" -eq $Disk", " -eq '", " -EQ -Value 'D:", ").Path -eq", "ParentPath -eq"];
            assert!(!compares.iter().any(|words| line.contains(words)), "{line}");
        }
        let asks = text.lines().filter(|line| line.trim_start().starts_with("Assert-PlanPath -Found @("));
        assert!(asks.count() > 0, "{text}");
        for words in ["OrdinalIgnoreCase", r"@('\\?\', '\\.\', '\??\')", "TrimEnd", "the host says {2}"] {
            assert!(text.contains(words), "no {words} in {text}");
        }
    }
}
