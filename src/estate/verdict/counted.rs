//! Numbers of things in sentences.

/// `1 disk`, `2 disks`.
pub(super) fn counted(n: impl TryInto<u64>, what: &str) -> String {
    match number(n) {
        1 => format!("1 {what}"),
        n => format!("{n} {what}s"),
    }
}

/// `1 disk is`, `2 disks are`.
pub(super) fn are(n: impl TryInto<u64>, what: &str) -> String {
    verb(n, what, "is", "are")
}

/// The things with a verb that agrees with their number.
pub(super) fn verb(n: impl TryInto<u64>, what: &str, one: &str, several: &str) -> String {
    let n = number(n);
    format!("{} {}", counted(n, what), if n == 1 { one } else { several })
}

/// `disk was`, `disks were`, without their number.
pub(super) fn was(n: impl TryInto<u64>, what: &str) -> String {
    if number(n) == 1 { format!("{what} was") } else { format!("{what}s were") }
}

fn number(n: impl TryInto<u64>) -> u64 {
    n.try_into().unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn verbs_agree_with_their_number() {
        assert_eq!([counted(1_u64, "disk"), counted(0_usize, "disk")], ["1 disk", "0 disks"]);
        assert_eq!([are(1_u64, "link"), are(2_u64, "link")], ["1 link is", "2 links are"]);
        assert_eq!([was(1_u64, "list"), was(2_usize, "list")], ["list was", "lists were"]);
        assert_eq!(verb(3_u64, "configuration", "attaches", "attach"), "3 configurations attach");
    }
}
