//! What a layer says along a window of the disk, without the places where it says so.

use crate::error::{Error, Result};
use crate::image::{BlockWord, Content, Runs};
use crate::limits;
use crate::units::{ByteLen, FileOffset, VirtualOffset, VirtualRange};

/// What a layer, or several as one, say about a stretch of the disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Says {
    /// Content that is there.
    Data,
    /// Nothing: what lies below shows.
    Nothing,
    /// Zeros, by a block's state.
    Zero,
    /// Zeros: the guest gave the block up.
    Unmapped,
    /// Zeros by choice.
    Undefined,
    /// Zeros: a layer ends before here.
    Beyond,
}

/// A stretch up to `end`; it starts where the one before ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) end: VirtualOffset,
    pub(super) says: Says,
}

/// Stretches that tile a window, neighbours alike joined.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Spans {
    spans: Vec<Span>,
}

impl Spans {
    /// What one file says from `window.start` to the window's end or the disk's end, whichever comes first. `held` is
    /// how many stretches of the window are in memory already.
    pub(super) fn of_layer(runs: &mut Runs, window: VirtualRange, size: ByteLen, held: &mut usize) -> Result<Self> {
        let end = window.end().min(VirtualOffset(size.0));
        let mut spans = Self::default();
        let mut at = window.start;
        while at < end {
            let run = runs.at(at, end)?;
            if run.range.len.is_zero() {
                let what = format!("the block map stands still at virtual offset {at}");
                return Err(Error::refused("", None, what));
            }
            at = run.range.end();
            let says = match run.content {
                Content::Data(_) => Says::Data,
                Content::Transparent => Says::Nothing,
                Content::Zero => Says::Zero,
                Content::Unmapped => Says::Unmapped,
                Content::Undefined => Says::Undefined,
                Content::Absent => Says::Beyond,
            };
            spans.push(at, says);
            if held.saturating_add(spans.spans.len()) > limits::MAX_MERGE_SPANS {
                let limit = ByteLen::from(limits::MAX_MERGE_SPANS).0;
                let at = FileOffset::ZERO;
                return Err(Error::limit("sector bitmap", at, "MAX_MERGE_SPANS", limit, limit.saturating_add(1)));
            }
        }
        *held = held.saturating_add(spans.spans.len());
        Ok(spans)
    }

    /// What the blocks of a word say, each `block` bytes long, the first of which starts the window: none of them is
    /// unclear.
    pub(super) fn of_word(word: BlockWord, window: VirtualRange, block: ByteLen) -> Self {
        let mut spans = Self::default();
        let mut end = window.start;
        let mut mask: u64 = 1;
        while end < window.end() {
            end = end.saturating_add(block);
            let says = if word.full & mask != 0 {
                Says::Data
            } else if word.zero & mask != 0 {
                Says::Zero
            } else if word.unmapped & mask != 0 {
                Says::Unmapped
            } else if word.undefined & mask != 0 {
                Says::Undefined
            } else {
                Says::Nothing
            };
            spans.push(end, says);
            mask = mask.wrapping_shl(1);
        }
        spans
    }

    /// Nothing, up to `end`.
    pub(super) fn silent(end: VirtualOffset) -> Self {
        Self { spans: vec![Span { end, says: Says::Nothing }] }
    }

    /// Goes on to `end` with one more stretch; nothing happens where that lies before the last one's end.
    pub(super) fn push(&mut self, end: VirtualOffset, says: Says) {
        match self.spans.last_mut() {
            Some(last) if last.end >= end => {}
            Some(last) if last.says == says => last.end = end,
            _ => self.spans.push(Span { end, says }),
        }
    }

    /// Both as one, from `start` on: what `self` does not say is what `below` says, and where that layer has ended
    /// zeros. As long as `self`.
    #[must_use]
    pub(super) fn over(&self, below: &Self, below_size: ByteLen, start: VirtualOffset) -> Self {
        let below_end = VirtualOffset(below_size.0);
        let mut whole = Self::default();
        let mut lower = below.spans.iter().peekable();
        let mut at = start;
        for upper in &self.spans {
            while at < upper.end {
                while lower.next_if(|span| span.end <= at).is_some() {}
                let (until, says) = match (upper.says, lower.peek()) {
                    (Says::Nothing, Some(span)) if at < below_end => (span.end.min(below_end), span.says),
                    (Says::Nothing, _) => (upper.end, Says::Beyond),
                    (says, _) => (upper.end, says),
                };
                at = until.min(upper.end);
                whole.push(at, says);
            }
        }
        whole
    }

    /// The end of the last stretch.
    #[cfg(test)]
    pub(super) fn end(&self) -> Option<VirtualOffset> {
        self.spans.last().map(|span| span.end)
    }
}

/// Goes along spans block by block.
#[derive(Debug)]
pub(super) struct Along<'a> {
    spans: std::iter::Peekable<std::slice::Iter<'a, Span>>,
    at: VirtualOffset,
}

impl<'a> Along<'a> {
    pub(super) fn new(spans: &'a Spans, start: VirtualOffset) -> Self {
        Self { spans: spans.spans.iter().peekable(), at: start }
    }

    /// The stretches from where the last call ended up to `end`.
    pub(super) fn up_to(&mut self, end: VirtualOffset, mut each: impl FnMut(VirtualRange, Says)) {
        while self.at < end {
            while self.spans.next_if(|span| span.end <= self.at).is_some() {}
            let Some(span) = self.spans.peek() else { break };
            let range = VirtualRange::between(self.at, span.end.min(end));
            each(range, span.says);
            self.at = range.end();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spans(list: &[(u64, Says)]) -> Spans {
        let mut spans = Spans::default();
        for (end, says) in list {
            spans.push(VirtualOffset(*end), *says);
        }
        spans
    }

    #[test]
    fn the_upper_layer_wins_and_a_short_one_below_ends_in_zeros() {
        use Says::{Beyond, Data, Nothing, Unmapped, Zero};
        let upper = spans(&[(10, Nothing), (20, Data), (30, Zero), (60, Nothing)]);
        let lower = spans(&[(5, Data), (8, Nothing), (25, Unmapped), (40, Data)]);
        let whole = upper.over(&lower, ByteLen(40), VirtualOffset(0));
        let expected = [(5, Data), (8, Nothing), (10, Unmapped), (20, Data), (30, Zero), (40, Data), (60, Beyond)];
        assert_eq!(whole, spans(&expected));
        assert_eq!(whole.end(), Some(VirtualOffset(60)));
        // A lower layer that is longer does not make it longer.
        let short = spans(&[(10, Nothing)]);
        assert_eq!(short.over(&lower, ByteLen(40), VirtualOffset(0)).end(), Some(VirtualOffset(10)));
    }

    #[test]
    fn blocks_cut_the_stretches() {
        let spans = spans(&[(15, Says::Data), (40, Says::Nothing)]);
        let mut along = Along::new(&spans, VirtualOffset(0));
        let mut found = Vec::new();
        for end in [10, 20, 50] {
            along.up_to(VirtualOffset(end), |range, says| found.push((range.start.0, range.end().0, says)));
        }
        let expected = [(0, 10, Says::Data), (10, 15, Says::Data), (15, 20, Says::Nothing), (20, 40, Says::Nothing)];
        assert_eq!(found, expected);
    }
}
