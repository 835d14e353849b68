//! Writes `testdata/estate`. See `testdata/README.md`.
//!
//! ```text
//! cargo run --features testkit --example make-estate -- testdata/estate
//! ```

use std::io;
use std::path::Path;

fn main() -> io::Result<()> {
    let folder = std::env::args_os().nth(1).ok_or_else(|| io::Error::other("usage: make-estate FOLDER"))?;
    vhdxray::testkit::estate::write(Path::new(&folder))
}
