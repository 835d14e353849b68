//! A folder may hold more files than a process may have open.
#![cfg(feature = "testkit")]

use vhdxray::estate::Silent;
use vhdxray::inspect::{Request, inspect};
use vhdxray::limits::MAX_OPEN_FILES;
use vhdxray::testkit::vhdx::Builder;

#[test]
fn a_folder_of_many_files_leaves_few_of_them_open() {
    let folder = tempfile::tempdir().unwrap();
    let count = 3 * MAX_OPEN_FILES;
    for number in 0..count {
        let image = Builder::dynamic(64 << 20).seed(number as u64).build().image;
        image.write_to(&folder.path().join(format!("{number:04}.vhdx"))).unwrap();
    }
    let found = inspect(&Request { paths: vec![folder.path().to_owned()], ..Request::default() }, &Silent);
    assert_eq!(found.inventory.files.len(), count);
    assert!(found.inventory.files.iter().all(vhdxray::estate::FoundFile::is_readable));
    #[cfg(target_os = "linux")]
    {
        let links =
            std::fs::read_dir("/proc/self/fd").unwrap().filter_map(|entry| entry.unwrap().path().read_link().ok());
        let open = links.filter(|target| target.starts_with(folder.path())).count();
        assert!(open <= MAX_OPEN_FILES, "{open} files are open");
    }
    // The first of them is opened again.
    let image = found.inventory.files[0].image.as_ref().unwrap();
    assert_eq!(image.count_blocks().unwrap().unwrap().total(), 64);
}
