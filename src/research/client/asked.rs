//! The numbers of the server's events that want an ack.

use crate::socket::packet::MAX_ACK_ID;

/// A server's numbers begin again with each session. To the page none comes twice, so that an ack which is late is
/// none for an event of the next session.
#[derive(Debug, Default)]
pub(super) struct Asked {
    /// The session.
    sid: String,
    /// By how much the numbers that the page gets are above those of the server.
    above: u64,
    /// Above all that the page has got.
    next: u64,
}

impl Asked {
    /// Live over this session; over another tab's connection it may be the same as before.
    pub(super) fn begin(&mut self, sid: &str, is_lent: bool) {
        if !is_lent || self.sid != sid {
            self.sid = sid.to_owned();
            self.above = self.next;
        }
    }

    /// The page's number of an event. `None` once there are none left, which takes a server that does not count.
    pub(super) fn page_number(&mut self, id: u64) -> Option<u64> {
        // Both are at most 2^53.
        let number = self.above + id;
        (number <= MAX_ACK_ID).then(|| {
            self.next = self.next.max(number + 1);
            number
        })
    }

    /// The server's number; `None` if that was in an earlier session.
    pub(super) const fn server_number(&self, number: u64) -> Option<u64> {
        number.checked_sub(self.above)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_one_session_are_those_of_the_server() {
        let mut asked = Asked::default();
        asked.begin("a", false);
        for id in [0, 7, MAX_ACK_ID] {
            assert_eq!(asked.page_number(id), Some(id));
            assert_eq!(asked.server_number(id), Some(id));
        }
    }

    #[test]
    fn a_number_of_an_earlier_session_is_none_of_this_one() {
        let mut asked = Asked::default();
        asked.begin("a", false);
        assert_eq!(asked.page_number(5), Some(5));
        asked.begin("b", true);
        let first = asked.page_number(0).unwrap();
        assert_eq!(asked.server_number(5), None);
        assert_eq!(asked.server_number(first), Some(0));
        asked.begin("b", true);
        assert_eq!(
            asked.server_number(first),
            Some(0),
            "another link to the same"
        );
    }

    #[test]
    fn a_server_that_uses_the_highest_number_gets_no_wrong_ack() {
        let mut asked = Asked::default();
        asked.begin("a", false);
        asked.page_number(MAX_ACK_ID);
        asked.begin("b", true);
        assert_eq!(asked.page_number(0), None);
        assert_eq!(asked.server_number(MAX_ACK_ID), None);
    }
}
