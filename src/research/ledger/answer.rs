//! Which lines of a stored log the page is to get.

use super::Ledger;
use crate::research::identity::{Identity, Stored};

impl Ledger {
    /// Decides of each line of a stored log, given as a whole and oldest first, whether the page is
    /// to get it. True if some were left out that may be missing.
    pub(in crate::research) fn answer(&mut self, lines: &mut [Stored<'_>]) -> bool {
        let mut order: Vec<Member> = Vec::new();
        let mut is_uncertain = false;
        for (place, line) in (0..).zip(lines.iter()) {
            if line.identity.time.is_some() {
                let is_unknown = !line.exact().is_some_and(|exact| self.exact.contains(exact));
                let rank = if is_unknown { place | UNKNOWN } else { place };
                order.push((line.identity.key, rank));
            } else {
                // What cannot be placed in time cannot be recognised: it is left out.
                is_uncertain |= line.id.is_none() || line.id > self.newest_id;
            }
        }
        order.sort_unstable();
        let takes_all = std::mem::take(&mut self.takes_all) || self.is_blind;
        let mut groups = Vec::new();
        for members in order.chunk_by(|a, b| a.0 == b.0) {
            let mut group = self.judge(lines, members);
            is_uncertain |= group.is_withheld || (takes_all && group.missing > 0);
            for member in members.iter().rev().take(group.missing as usize) {
                let Some(line) = lines.get_mut(place_of(*member)) else {
                    continue;
                };
                line.is_missing = !takes_all && !self.has_untimed(line.message);
                // One that is not missing may be any of those that came without an exact time.
                if let Some(exact) = line.exact() {
                    group.exact += u32::from(self.exact.insert(exact));
                }
            }
            groups.push(group);
        }
        // In the order of the log: what is forgotten first is the oldest.
        let mut order: Vec<Member> = groups.iter().map(|group| group.first).zip(0..).collect();
        order.sort_unstable();
        for group in order
            .into_iter()
            .filter_map(|(_, place)| groups.get(place as usize))
        {
            if group.is_known_from_now
                && let Some(count) = self.count(group.key, Some(group.second))
            {
                count.exact = group.exact;
                count.stored = group.stored;
                count.delivered = group.delivered;
            }
        }
        for line in lines.iter() {
            self.newest_id = self.newest_id.max(line.id);
        }
        is_uncertain
    }

    /// What an answer says about the lines with one key. Those whose exact time is known come first.
    fn judge(&self, lines: &[Stored<'_>], members: &[Member]) -> Group {
        let mut group = Group::default();
        let (mut all, mut unknown, mut with_id, mut newer) = (0_u32, 0_u32, 0_u32, 0_u32);
        for member in members {
            let Some(line) = lines.get(place_of(*member)) else {
                continue;
            };
            let place = place_of(*member) as u64;
            if all == 0 || place < group.first {
                group.first = place;
            }
            group.key = member.0;
            group.second = line.identity.time.map_or(0, |time| time.second);
            all += 1;
            unknown += u32::from(member.1 >= UNKNOWN);
            with_id += u32::from(line.id.is_some());
            newer += u32::from(line.id > self.newest_id);
        }
        let count = self.keys.place(group.key);
        let count = count.and_then(|place| self.counts.get(place).copied());
        let count = count.unwrap_or_else(|| self.fresh(group.key, Some(group.second)));
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
    fn has_untimed(&mut self, message: &str) -> bool {
        if self.untimed == 0 {
            return false;
        }
        let place = self.keys.place(Identity::of_message(self.seed, message));
        let count = place.and_then(|place| self.counts.get_mut(place));
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
    key: u64,
    second: i64,
    /// The place of the first of them.
    first: u64,
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
