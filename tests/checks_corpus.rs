mod support;
use support::corpus::Corpus;
use vhdxray::checks;
use vhdxray::estate::{ReadOptions, Silent};
use vhdxray::image::vhdx::Depth;
use vhdxray::inspect::{Request, inspect};

#[test]
fn dump() {
    let corpus = Corpus::open().unwrap();
    let mut request =
        Request { paths: vec![corpus.root().to_owned()], read: ReadOptions::default(), ..Request::default() };
    request.read.open.depth = Depth::Full;
    let inspection = inspect(&request, &Silent);
    let findings = checks::run(&inspection.subject());
    for f in &findings.list {
        println!(
            "{} {} {} {:?} +{:x?} {} || {:?} || {:?}",
            f.path.strip_prefix(corpus.root()).unwrap().display(),
            f.code,
            f.severity.name(),
            f.offset,
            f.length.0,
            f.message,
            f.evidence,
            f.related.iter().map(|r| (r.path.file_name().unwrap(), r.offset, &r.note)).collect::<Vec<_>>()
        );
    }
    println!("{:?}", findings.not_shown);
}
