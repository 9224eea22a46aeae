//! What tabs say to each other, as text.
//!
//! `1 <group> <from> <epoch> <leader> <kind><what it says>`, all numbers decimal, one blank after each; the last
//! part of some is free text to the end. Whatever is not read exactly so is nobody's message.

use crate::text::push_decimal;

/// The first word. Tabs of other versions understand nothing of it.
const VERSION: u64 = 1;

/// Longer messages are not read, in bytes: one batch of events and the largest that may follow it.
pub(super) const MAX_MESSAGE_BYTES: usize = 32 * 1_024 * 1_024;

/// A reign: its number, and who leads in it.
///
/// Two tabs that claim the same number are told apart by their ids, so that no two lead in one epoch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Epoch {
    pub(crate) number: u64,
    pub(crate) leader: u64,
}

impl Epoch {
    /// Whether this one is to be obeyed rather than the other: the higher number, of equal ones the lower id.
    pub(crate) const fn is_newer_than(self, other: Self) -> bool {
        self.number > other.number || (self.number == other.number && self.leader < other.leader)
    }
}

/// One message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Message<'a> {
    pub(crate) from: u64,
    /// The newest that the sender knows of; its number is 0 if it knows none.
    pub(crate) epoch: Epoch,
    pub(crate) kind: Kind<'a>,
}

/// What it says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind<'a> {
    /// Who leads? `link`: the number of the sender's link, 0 without one, and of its newest message over it. A
    /// leader answers [`Lead`](Self::Lead).
    Ask { link: u64, number: u64 },
    /// I go. `heir`: who is to lead, if a leader goes and knows somebody; else 0.
    Bye { heir: u64 },
    /// Whoever has a link, say so: [`Here`](Self::Here).
    Call,
    /// To tab `to`, or to all if that is 0: packets as in the answer to a poll. `number`: messages of this epoch
    /// that have one, up to this.
    Down {
        to: u64,
        number: u64,
        payload: &'a str,
    },
    /// I have this link, and have sent so much over it.
    Here { link: u64, number: u64 },
    /// I lead. `turn`: which connection it is, 0 for none at present; `number`: how many numbered messages there
    /// were; `max_payload` and `sid`: of the server.
    Lead {
        turn: u64,
        number: u64,
        max_payload: u64,
        sid: &'a str,
    },
    /// Tab `to` has no such link, or something of it was lost.
    Refuse { to: u64, link: u64 },
    /// I would lead, if nobody does.
    Run,
    /// To all. `what`: that the leader asks the server a question, or has no answer to one, each `about` a research;
    /// or the answer to the one that it has asked last.
    Share {
        number: u64,
        what: u64,
        text: &'a str,
    },
    /// The server has taken what tab `to` has sent over its link, up to message `count`.
    Taken {
        to: u64,
        number: u64,
        link: u64,
        count: u64,
    },
    /// To the leader: packets as in a POST; message `number` of this link, which begins with 0.
    Up {
        link: u64,
        number: u64,
        payload: &'a str,
    },
    /// To the leader: give me the answer to this `question` about a research, if you ask it after message `since`,
    /// or with it.
    Want {
        question: u64,
        since: u64,
        about: &'a str,
    },
}

impl<'a> Message<'a> {
    /// The text for the others in the group.
    pub(crate) fn encode(&self, group: u64) -> String {
        let mut out = String::new();
        let mut put = |number: u64| {
            push_decimal(&mut out, number);
            out.push(' ');
        };
        put(VERSION);
        put(group);
        put(self.from);
        put(self.epoch.number);
        put(self.epoch.leader);
        let (letter, numbers, text): (char, &[u64], &str) = match &self.kind {
            Kind::Ask { link, number } => ('A', &[*link, *number], ""),
            Kind::Bye { heir } => ('B', &[*heir], ""),
            Kind::Call => ('C', &[], ""),
            Kind::Down {
                to,
                number,
                payload,
            } => ('D', &[*to, *number], payload),
            Kind::Here { link, number } => ('H', &[*link, *number], ""),
            Kind::Lead {
                turn,
                number,
                max_payload,
                sid,
            } => ('L', &[*turn, *number, *max_payload], sid),
            Kind::Refuse { to, link } => ('R', &[*to, *link], ""),
            Kind::Run => ('N', &[], ""),
            Kind::Share { number, what, text } => ('S', &[*number, *what], text),
            Kind::Taken {
                to,
                number,
                link,
                count,
            } => ('T', &[*to, *number, *link, *count], ""),
            Kind::Up {
                link,
                number,
                payload,
            } => ('U', &[*link, *number], payload),
            Kind::Want {
                question,
                since,
                about,
            } => ('W', &[*question, *since], about),
        };
        out.push(letter);
        for number in numbers {
            push_decimal(&mut out, *number);
            out.push(' ');
        }
        out.push_str(text);
        out
    }

    /// Reads a text; `None` for what is no message of this group and version.
    pub(crate) fn decode(group: u64, text: &'a str) -> Option<Self> {
        let mut words = Words(text);
        let is_ours = text.len() <= MAX_MESSAGE_BYTES
            && words.number()? == VERSION
            && words.number()? == group;
        if !is_ours {
            return None;
        }
        let from = words.number()?;
        let epoch = Epoch {
            number: words.number()?,
            leader: words.number()?,
        };
        let letter = words.letter()?;
        let kind = match letter {
            b'A' => Kind::Ask {
                link: words.number()?,
                number: words.number()?,
            },
            b'B' => Kind::Bye {
                heir: words.number()?,
            },
            b'C' => Kind::Call,
            b'D' => Kind::Down {
                to: words.number()?,
                number: words.number()?,
                payload: words.rest(),
            },
            b'H' => Kind::Here {
                link: words.number()?,
                number: words.number()?,
            },
            b'L' => Kind::Lead {
                turn: words.number()?,
                number: words.number()?,
                max_payload: words.number()?,
                sid: words.rest(),
            },
            b'N' => Kind::Run,
            b'R' => Kind::Refuse {
                to: words.number()?,
                link: words.number()?,
            },
            b'S' => Kind::Share {
                number: words.number()?,
                what: words.number()?,
                text: words.rest(),
            },
            b'T' => Kind::Taken {
                to: words.number()?,
                number: words.number()?,
                link: words.number()?,
                count: words.number()?,
            },
            b'U' => Kind::Up {
                link: words.number()?,
                number: words.number()?,
                payload: words.rest(),
            },
            b'W' => Kind::Want {
                question: words.number()?,
                since: words.number()?,
                about: words.rest(),
            },
            _ => return None,
        };
        words.0.is_empty().then_some(Self { from, epoch, kind })
    }
}

/// A message of the group as a trace has it: the numbers and what it is, without version and group; and its text,
/// which is the server's or a page's.
pub fn parts_of(group: u64, message: &str) -> Option<(&str, &str)> {
    let text = match Message::decode(group, message)?.kind {
        Kind::Down { payload, .. } | Kind::Up { payload, .. } => payload,
        Kind::Lead { sid, .. } => sid,
        Kind::Share { text, .. } => text,
        Kind::Want { about, .. } => about,
        Kind::Ask { .. }
        | Kind::Bye { .. }
        | Kind::Call
        | Kind::Here { .. }
        | Kind::Refuse { .. }
        | Kind::Run
        | Kind::Taken { .. } => "",
    };
    let mut words = Words(message);
    words.number()?;
    words.number()?;
    let head = words.0.strip_suffix(text)?;
    Some((head, text))
}

/// What is left of a text.
#[derive(Debug)]
struct Words<'a>(&'a str);

impl<'a> Words<'a> {
    /// A number, and the blank behind it.
    fn number(&mut self) -> Option<u64> {
        let mut value = 0_u64;
        for (at, byte) in self.0.bytes().enumerate() {
            match byte {
                b'0'..=b'9' => {
                    value = value.checked_mul(10)?.checked_add(u64::from(byte - b'0'))?;
                }
                b' ' if at > 0 => {
                    self.0 = self.0.get(at + 1..)?;
                    return Some(value);
                }
                _ => return None,
            }
        }
        None
    }

    fn letter(&mut self) -> Option<u8> {
        let letter = self.0.bytes().next()?;
        self.0 = self.0.get(1..)?;
        Some(letter)
    }

    fn rest(&mut self) -> &'a str {
        std::mem::take(&mut self.0)
    }
}

/// The number of a group's name (FNV-1a).
pub fn group_of(name: &str) -> u64 {
    name.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn kinds(a: u64, b: u64, text: &str) -> Vec<Kind<'_>> {
        vec![
            Kind::Ask { link: a, number: b },
            Kind::Bye { heir: a },
            Kind::Call,
            Kind::Down {
                to: a,
                number: b,
                payload: text,
            },
            Kind::Here { link: a, number: b },
            Kind::Lead {
                turn: a,
                number: b,
                max_payload: a,
                sid: text,
            },
            Kind::Refuse { to: a, link: b },
            Kind::Run,
            Kind::Share {
                number: a,
                what: b,
                text,
            },
            Kind::Want {
                question: a,
                since: b,
                about: text,
            },
            Kind::Taken {
                to: a,
                number: b,
                link: a,
                count: b,
            },
            Kind::Up {
                link: a,
                number: b,
                payload: text,
            },
        ]
    }

    #[test]
    fn messages_of_another_group_or_version_are_nobodys() {
        let (from, epoch) = (7, Epoch::default());
        let kind = Kind::Run;
        let text = Message { from, epoch, kind }.encode(group_of("a"));
        assert!(Message::decode(group_of("a"), &text).is_some());
        assert_eq!(Message::decode(group_of("b"), &text), None);
        assert_eq!(
            Message::decode(group_of("a"), &text.replacen('1', "2", 1)),
            None
        );
    }

    #[test]
    fn of_two_epochs_with_one_number_that_of_the_lower_id_counts() {
        let epoch = |number, leader| Epoch { number, leader };
        assert!(epoch(2, 9).is_newer_than(epoch(1, 1)));
        assert!(epoch(2, 1).is_newer_than(epoch(2, 9)));
        assert!(!epoch(2, 9).is_newer_than(epoch(2, 1)));
        assert!(!epoch(2, 9).is_newer_than(epoch(2, 9)));
    }

    proptest! {
        #[test]
        fn what_was_said_is_what_is_heard(
            from: u64, number: u64, leader: u64, a: u64, b: u64, text in "\\PC*", group: u64,
        ) {
            let epoch = Epoch { number, leader };
            for kind in kinds(a, b, &text) {
                let message = Message { from, epoch, kind };
                let encoded = message.encode(group);
                prop_assert_eq!(Message::decode(group, &encoded), Some(message));
            }
        }

        #[test]
        fn no_text_is_too_odd_to_be_read(text in ".{0,80}", group: u64) {
            let _ = Message::decode(group, &text);
            let _ = Message::decode(group, &["1 ", &group.to_string(), " ", &text].concat());
        }
    }
}
