//! The tests of the tests: planted violations are found, and what only looks like one is not.

use super::scan::File;
use super::{layers, rules};

fn layers_of(files: &[(&str, &str)]) -> Vec<String> {
    layers::broken(&files.iter().map(|(path, text)| File::new(path, text)).collect::<Vec<_>>())
}

fn rules_of(path: &str, text: &str) -> Vec<String> {
    rules::broken(&[File::new(path, text)])
}

#[test]
fn an_arrow_up_is_found_however_it_is_written() {
    let found = |text| layers_of(&[("src/format/vhdx/bat.rs", text)]);
    let wrong = ["src/format/vhdx/bat.rs:1: format may not know image (crate::image::Image)"];
    assert_eq!(found("use crate::image::Image;"), wrong);
    assert_eq!(found("use crate::{units::ByteLen, image::{self as i, Image}};").len(), 2);
    assert_eq!(found("fn f() { crate::image::Image::open() }").len(), 1);
    assert_eq!(found("use super::super::super::image::Image;"), wrong);
    assert_eq!(found("mod inner { use super::super::super::super::image::Image; }"), wrong);
    assert_eq!(found("macro_rules! m { () => { $crate::image::Image } }"), wrong);
    assert_eq!(found("#[cfg(test)] mod tests { use crate::image::Image; }").len(), 1, "tests keep to the layers too");
    assert_eq!(layers_of(&[("src/source/file.rs", "use crate::format::fixed;")]).len(), 1);
    assert_eq!(layers_of(&[("src/chain/mod.rs", "use crate::vm::Machine;")]).len(), 1);
    assert_eq!(layers_of(&[("src/report/tree.rs", "use crate::cli::Arguments;")]).len(), 1);
    assert_eq!(layers_of(&[("src/novelty.rs", "use crate::units::ByteLen;")]).len(), 1, "a module without a place");
}

#[test]
fn an_arrow_down_is_none_and_neither_is_a_mention_in_words() {
    let found = |path, text| layers_of(&[(path, text)]);
    assert!(found("src/format/vhdx/bat.rs", "use crate::{error::Result, units::{ByteLen}, limits};").is_empty());
    assert!(found("src/cli/scan.rs", "use crate::{chain::Link, inspect, report::tree};").is_empty());
    assert!(
        found("src/format/a.rs", "/// [`crate::image`]\n// crate::image\nconst A: &str = \"crate::image\";").is_empty()
    );
    assert!(
        found("src/format/a.rs", "use binrw::image::Image; use self::image::X; pub(crate) mod image {}").is_empty()
    );
    assert!(found("src/format/a.rs", "pub(crate) fn f(self) { self.image::<u8>() }").is_empty());
    assert!(found("src/lib.rs", "pub mod cli; pub use cli::main; pub use crate::image::Image;").is_empty());
}

#[test]
fn a_name_exported_at_the_root_is_followed_home() {
    let root = ("src/lib.rs", "pub use error::{Error, Result}; pub use image::Image;");
    assert!(layers_of(&[root, ("src/format/a.rs", "use crate::{Error, Result};")]).is_empty());
    assert_eq!(
        layers_of(&[root, ("src/format/a.rs", "use crate::Image;")]),
        ["src/format/a.rs:1: format may not know image (crate::Image)"]
    );
}

#[test]
fn the_testkit_knows_nothing_of_the_reader_but_in_fuzz_bodies_and_oracles() {
    let text = "use crate::format::vhdx::header::Header;";
    assert_eq!(layers_of(&[("src/testkit/builder.rs", text)]).len(), 1);
    assert_eq!(layers_of(&[("src/testkit/builder.rs", "use crate::units::ByteLen;")]).len(), 1);
    assert!(layers_of(&[("src/testkit/fuzz_header.rs", text)]).is_empty());
    assert!(layers_of(&[("src/testkit/fuzz/header.rs", text)]).is_empty());
    assert!(layers_of(&[("src/testkit/oracle.rs", text)]).is_empty());
    assert!(layers_of(&[("src/testkit/builder.rs", "use crate::testkit::crc; use super::locator;")]).is_empty());
}

#[test]
fn the_testkit_is_for_tests() {
    let inside = |attribute| format!("{attribute} mod tests {{ use crate::testkit::Builder; }}");
    let found = |text: &str| layers_of(&[("src/image/open.rs", text)]);
    assert!(found(&inside("#[cfg(test)]")).is_empty());
    assert!(found(&inside("#[cfg(all(test, feature = \"testkit\"))]")).is_empty());
    assert_eq!(found(&inside("#[cfg(not(test))]")).len(), 1);
    assert_eq!(found("use crate::testkit::Builder;").len(), 1);
    assert_eq!(
        found("#[cfg(test)] mod tests {} use crate::testkit::Builder;").len(),
        1,
        "the tests end with their brace"
    );
}

#[test]
fn circles_are_found_between_neighbours_and_through_signposts() {
    let circle = [
        ("src/format/vhdx/mod.rs", "pub mod a; pub mod b; pub use b::B;"),
        ("src/format/vhdx/a.rs", "use super::B;"),
        ("src/format/vhdx/b.rs", "use crate::format::vhdx::a::A;"),
    ];
    assert_eq!(layers_of(&circle), ["a circle: format::vhdx::a -> format::vhdx::b -> format::vhdx::a"]);
    let longer = [
        ("src/chain/a.rs", "use super::b::B;"),
        ("src/chain/b.rs", "fn f() { super::c::d::g() }"),
        ("src/chain/c/d.rs", "use crate::chain::a;"),
    ];
    assert_eq!(layers_of(&longer), ["a circle: chain::a -> chain::b -> chain::c::d -> chain::a"]);
    let straight = [
        ("src/chain/mod.rs", "mod a; mod b; use a::A; pub use self::b::B; fn f() { b::g() }"),
        ("src/chain/a.rs", "use super::B; use super::Shared;"),
        ("src/chain/b.rs", "use super::Shared; #[cfg(test)] mod tests { use super::super::a::A; }"),
    ];
    assert!(layers_of(&straight).is_empty(), "a folder and what lies in it may speak with each other");
}

#[test]
fn broken_rules_of_single_files_are_found() {
    let unsafe_code = "fn f() { unsafe { g() } }";
    assert_eq!(
        rules_of("src/image/open.rs", unsafe_code),
        ["src/image/open.rs:1: unsafe stands in one file, src/source/map.rs"]
    );
    assert!(rules_of("src/source/map.rs", unsafe_code).is_empty());
    assert!(rules_of("src/image/open.rs", "#![deny(unsafe_code)] // unsafe\n").is_empty());

    let printing = "fn f() {\n    println!(\"x\");\n}";
    assert_eq!(rules_of("src/report/tree.rs", printing), ["src/report/tree.rs:2: printing happens in cli"]);
    assert!(rules_of("src/cli/scan.rs", printing).is_empty());
    assert!(rules_of("src/report/tree.rs", "#[test] fn f() { println!(\"x\"); }").is_empty());
    assert!(rules_of("tests/a.rs", printing).is_empty());

    assert_eq!(rules_of("tests/a.rs", "#[test]\n#[ignore]\nfn f() {}").len(), 1);
    assert_eq!(rules_of("tests/a.rs", "#[ignore = \"slow\"]\n#[test]\nfn f() {}").len(), 1);
    assert_eq!(rules_of("src/a.rs", concat!("// TO", "DO: think")).len(), 1);

    assert!(rules_of("src/a.rs", &"\n".repeat(500)).is_empty());
    assert_eq!(rules_of("src/a.rs", &"\n".repeat(501)).len(), 1);
}
