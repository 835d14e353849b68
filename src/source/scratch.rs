//! One buffer a thread for what is read, parsed and given back: a scan would take and return 100 KiB of memory a file.

use std::cell::RefCell;

use crate::error::Result;
use crate::units::{ByteLen, FileOffset};

use super::{ReadAt, check_range};

/// Longest buffer that a thread keeps.
const MOST: usize = 256 << 10;

thread_local! {
    static SCRATCH: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// Lends a buffer of this thread, of whatever content. Who asks within `work`, or for more than a thread keeps, gets a
/// new one.
pub(crate) fn with_scratch<T>(len: usize, work: impl FnOnce(&mut [u8]) -> T) -> T {
    SCRATCH.with(|scratch| match scratch.try_borrow_mut() {
        Ok(mut buffer) if len <= MOST => {
            if buffer.len() < len {
                buffer.resize(len, 0);
            }
            work(buffer.get_mut(..len).unwrap_or_default())
        }
        _ => work(&mut vec![0; len]),
    })
}

/// The `len` bytes at `offset`, for as long as `parse` takes. The length is checked against the source first.
pub(crate) fn read_with<T>(
    source: &dyn ReadAt,
    structure: &'static str,
    offset: FileOffset,
    len: ByteLen,
    parse: impl FnOnce(&[u8]) -> Result<T>,
) -> Result<T> {
    check_range(source, structure, offset, len)?;
    with_scratch(len.to_usize().unwrap_or_default(), |buffer| {
        source.read_exact_at(structure, offset, buffer)?;
        parse(buffer)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_asks_twice_gets_two_buffers() {
        with_scratch(8, |outer| {
            outer.fill(1);
            with_scratch(8, |inner| inner.fill(2));
            assert_eq!(outer, [1; 8]);
        });
        assert_eq!(with_scratch(MOST + 1, |long| long.len()), MOST + 1);
        assert_eq!(with_scratch(3, |short| short.len()), 3);
    }
}
