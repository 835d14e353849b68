//! Times as Windows counts them: tenths of a microsecond since 1601.

use jiff::Timestamp;

use crate::vm::Value;

/// Microseconds from 1601 to 1970.
const EPOCH: i64 = 11_644_473_600_000_000;
/// No configuration is older than Hyper-V: 2005-01-01.
const EARLIEST: i64 = 1_104_537_600;
/// 2100-01-01.
const LATEST: i64 = 4_102_444_800;

/// The time in a value: a number, or its eight bytes. Zero is no time.
///
/// Hosts write the bytes in the order of all else; a generator of configurations is known that turns them around, and
/// no time between 2005 and 2100 is one both ways.
pub(super) fn of_value(value: &Value) -> Option<Timestamp> {
    match value {
        Value::Int(number) => of_filetime(u64::try_from(*number).ok()?),
        Value::UInt(number) => of_filetime(*number),
        Value::Bytes(bytes) => {
            let bytes = *bytes.first_chunk::<8>()?;
            plausible(u64::from_le_bytes(bytes)).or_else(|| plausible(u64::from_be_bytes(bytes)))
        }
        _ => None,
    }
}

fn of_filetime(filetime: u64) -> Option<Timestamp> {
    if filetime == 0 {
        return None;
    }
    let microseconds = i64::try_from(filetime / 10).ok()?.checked_sub(EPOCH)?;
    let rest = i64::try_from(filetime % 10).ok()?.saturating_mul(100);
    let second = microseconds.div_euclid(1_000_000);
    let nanosecond = microseconds.rem_euclid(1_000_000).saturating_mul(1000).saturating_add(rest);
    Timestamp::new(second, i32::try_from(nanosecond).ok()?).ok()
}

fn plausible(filetime: u64) -> Option<Timestamp> {
    of_filetime(filetime).filter(|time| (EARLIEST..LATEST).contains(&time.as_second()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_bytes_in_either_order() {
        // 2001-09-09T01:46:40Z is the second 1,000,000,000 of Unix and 126,444,736,000,000,000 of Windows.
        let time = of_value(&Value::Int(126_444_736_000_000_001)).unwrap();
        assert_eq!(time.to_string(), "2001-09-09T01:46:40.0000001Z");
        assert_eq!(of_value(&Value::Int(0)), None);
        assert_eq!(of_value(&Value::Int(-1)), None);
        assert_eq!(of_value(&Value::UInt(u64::MAX)), None);
        let bytes = 133_211_067_586_606_556_u64.to_le_bytes();
        let turned: Vec<u8> = bytes.iter().rev().copied().collect();
        let time = of_value(&Value::Bytes(bytes.to_vec())).unwrap();
        assert_eq!(time.to_string(), "2023-02-17T11:25:58.6606556Z");
        assert_eq!(of_value(&Value::Bytes(turned)), Some(time));
        assert_eq!(of_value(&Value::Bytes(vec![0; 8])), None);
        assert_eq!(of_value(&Value::Bytes(vec![1; 7])), None);
    }
}
