//! Which lines of a stored log the page is to get.

use super::{Counts, Ledger};
use crate::research::payload::identity::Stored;

/// What lines come together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::research) enum Part {
    /// One that is no part of a log.
    Alone,
    /// A part of a log; another follows.
    More,
    /// The last part of a log.
    Last,
}

impl Ledger {
    /// Decides of each line of the next part of a stored log, oldest first, whether the page is to get
    /// it. True if some were left out that may be missing.
    ///
    /// Lines of the same second belong into one part as far as that is possible: the order in which
    /// lines with the same words are judged counts.
    pub(in crate::research) fn answer(&mut self, lines: &mut [Stored], part: Part) -> bool {
        if part == Part::More && self.log.is_none() {
            self.log = Some(Counts::new(self.capacity()));
        }
        let mut order: Vec<Member> = Vec::with_capacity(lines.len());
        let mut is_uncertain = false;
        for (place, line) in (0..).zip(lines.iter()) {
            if line.time.is_some() {
                let is_unknown = !line.exact().is_some_and(|exact| self.exact.contains(exact));
                let rank = if is_unknown { place | UNKNOWN } else { place };
                order.push((line.key(), rank));
            } else {
                // What cannot be placed in time cannot be recognised: it is left out.
                is_uncertain |= line.id.is_none() || line.id > self.newest_id;
            }
        }
        order.sort_unstable();
        let takes_all = self.takes_all || self.is_blind;
        // What each group comes to takes the place of one of its members: memory for many lines.
        let (mut start, mut groups) = (0, 0);
        while let Some(rest) = order.get(start..)
            && let Some(members) = rest.chunk_by(|a, b| a.0 == b.0).next()
        {
            let mut group = self.judge(lines, members, part);
            is_uncertain |= group.is_withheld || (takes_all && group.missing > 0);
            for member in members.iter().rev().take(group.missing as usize) {
                let Some(line) = lines.get_mut(place_of(*member)) else {
                    continue;
                };
                line.is_missing = !takes_all && !self.has_untimed(line.words);
                // One that is not missing may be any of those that came without an exact time.
                if let Some(exact) = line.exact() {
                    group.exact += u32::from(self.exact.insert(exact));
                }
            }
            start += members.len();
            if group.is_known_from_now
                && let Some(result) = order.get_mut(groups)
            {
                *result = group.result();
                groups += 1;
            }
        }
        order.truncate(groups);
        // In the order of the log: what is forgotten first is the oldest.
        order.sort_unstable();
        for (first, counts) in order {
            let line = lines.get((first >> 32) as usize);
            let Some(line) = line else { continue };
            let count = match self.log {
                Some(_) if part != Part::Alone => self.count_in_log(line.key(), line.second()),
                Some(_) | None => self.count(line.key(), Some(line.second())),
            };
            if let Some(count) = count {
                count.exact = first as u32;
                count.stored = (counts >> 32) as u32;
                count.delivered = counts as u32;
            }
        }
        for line in lines.iter() {
            self.newest_id = self.newest_id.max(line.id);
            if part == Part::More
                && line.time.is_some()
                && let Some(count) = self.find(line.key())
            {
                count.seen = count.seen.saturating_add(1);
            }
        }
        self.takes_all &= part == Part::More;
        if part == Part::Last {
            self.settle();
        }
        is_uncertain
    }

    /// What an answer says about the lines with one key. Those whose exact time is known come first.
    fn judge(&mut self, lines: &[Stored], members: &[Member], part: Part) -> Group {
        let mut group = Group::default();
        let (mut key, mut second) = (0, 0);
        let (mut all, mut unknown, mut with_id, mut newer) = (0_u32, 0_u32, 0_u32, 0_u32);
        for member in members {
            let Some(line) = lines.get(place_of(*member)) else {
                continue;
            };
            let place = place_of(*member) as u32;
            if all == 0 || place < group.first {
                group.first = place;
            }
            (key, second) = (member.0, line.second());
            all += 1;
            unknown += u32::from(member.1 >= UNKNOWN);
            with_id += u32::from(line.id.is_some());
            newer += u32::from(line.id > self.newest_id);
        }
        let count = self.find(key).copied();
        let count = count.unwrap_or_else(|| self.fresh(key, Some(second)));
        if part != Part::Alone {
            // Those that came before are of the same log.
            all = all.saturating_add(count.seen);
            with_id = with_id.saturating_add(if with_id > 0 { count.seen } else { 0 });
        }
        group.exact = count.exact;
        group.stored = count.stored.saturating_add(newer);
        let mut total = 0;
        if count.counts_ids {
            total = group.stored;
        }
        if count.is_whole {
            total = total.max(all);
            // An older id can come to light after a newer one.
            group.stored = group.stored.max(with_id);
        }
        group.missing = total.saturating_sub(count.delivered).min(unknown);
        group.delivered = count.delivered.saturating_add(group.missing);
        group.is_known_from_now = count.is_whole || (count.counts_ids && newer > 0);
        group.is_withheld = !group.is_known_from_now && newer > 0;
        group
    }

    /// Whether the page has this message without a time; counts it as found.
    fn has_untimed(&mut self, words: u64) -> bool {
        if self.untimed == 0 {
            return false;
        }
        let count = self.find(words);
        let Some(count) = count.filter(|count| count.delivered > count.stored) else {
            return false;
        };
        count.stored += 1;
        self.untimed = self.untimed.saturating_sub(1);
        true
    }
}

/// A line of an answer, in the order in which they are grouped: its key; then its place, after
/// [`UNKNOWN`] if its exact time is not known. Everything is sorted as such pairs, since each other
/// type costs the module another copy of the sorting.
type Member = (u64, u64);

const UNKNOWN: u64 = 1 << 63;

const fn place_of(member: Member) -> usize {
    (member.1 & !UNKNOWN) as usize
}

/// The lines of one answer that have the same key.
#[derive(Clone, Copy, Debug, Default)]
struct Group {
    /// The place of the first of them.
    first: u32,
    /// What the counts are after it.
    exact: u32,
    stored: u32,
    delivered: u32,
    /// How many of them the page is still to get.
    missing: u32,
    /// Whether the counts are to be kept: not those of a key that was forgotten.
    is_known_from_now: bool,
    /// Some may be missing, but memory does not reach back to them.
    is_withheld: bool,
}

impl Group {
    /// The place of the first line and the counts, to be sorted by that place.
    const fn result(self) -> Member {
        (
            ((self.first as u64) << 32) | self.exact as u64,
            ((self.stored as u64) << 32) | self.delivered as u64,
        )
    }
}
