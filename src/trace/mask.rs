//! Masking: what people wrote becomes other letters, what decides stays.

use crate::research::{LogLevel, Status};

/// Words of the protocols and of the trace itself. All others are taken for content.
const WORDS: &[&str] = &[
    // Engine.IO and Socket.IO.
    "sid",
    "upgrades",
    "websocket",
    "pingInterval",
    "pingTimeout",
    "maxPayload",
    "_placeholder",
    "num",
    "connect",
    "connect_error",
    "disconnect",
    "disconnecting",
    "newListener",
    "removeListener",
    "true",
    "false",
    "null",
    "code",
    "message",
    // The research server.
    "arguments",
    "content",
    "created_at",
    "current_task",
    "engine",
    "entries",
    "event",
    "expired",
    "is_milestone",
    "iteration",
    "log_entry",
    "log_type",
    "logs",
    "metadata",
    "phase",
    "progress",
    "progress_log",
    "queue_position",
    "research_id",
    "result_count",
    "search_complete",
    "search_engine",
    "search_engine_selected",
    "session",
    "source",
    "status",
    "step",
    "subscribe_error",
    "subscribe_to_research",
    "suggestion",
    "task",
    "termination",
    "thought",
    "time",
    "timestamp",
    "tool",
    "type",
    "unsubscribe_from_research",
    "warn",
    // Dates.
    "GMT",
    "UTC",
    "Mon",
    "Tue",
    "Wed",
    "Thu",
    "Fri",
    "Sat",
    "Sun",
    "Jan",
    "Feb",
    "Mar",
    "Apr",
    "May",
    "Jun",
    "Jul",
    "Aug",
    "Sep",
    "Oct",
    "Nov",
    "Dec",
    // Inputs.
    "acknowledge",
    "answer",
    "body",
    "cancel",
    "close",
    "credentials",
    "cut",
    "dropped",
    "emit",
    "hidden",
    "large",
    "listen",
    "network",
    "online",
    "recall",
    "refresh",
    "refused",
    "remember",
    "subscribe",
    "timeout",
    "unsubscribe",
    "visible",
    "whenever",
];

/// Parts of words from which levels and failures are derived; such a word stays as a whole.
const STEMS: [&str; 7] = [
    "complete",
    "error",
    "fail",
    "finish",
    "generated",
    "report",
    "starting",
];

/// Names of events that end in the id of a research.
const PREFIXES: [&str; 2] = ["research_progress_", "progress_"];

/// A word of so few letters stays: there is little in it to hide, and two that differ could not be
/// made to differ still.
const SHORT: usize = 2;

/// The first letter of a packet says that the rest is base64 (Engine.IO v4, "Encoding"): a word that
/// begins with it still does, and no other does.
const BINARY: char = 'b';

/// How often letters are drawn for a word, until they mean nothing. Of three letters the chance that they
/// do is one in hundreds.
const MAX_DRAWS: u32 = 16;

/// The trace with each word replaced that is not the protocol's: letters by letters, in the same
/// number of bytes, equal words by equal ones. So a client that reads it takes the same decisions.
/// `salt` is to be random and forgotten: without it no guess can be checked.
///
/// Numbers stay, and so do the namespace and ids of researches: these are in the address of the page, and their order
/// decides which is asked for first.
pub fn mask(trace: &str, salt: u64) -> String {
    let mut masked = Masked {
        out: String::with_capacity(trace.len()),
        salt,
        known: trace.split('\n').filter_map(known).collect(),
    };
    for line in trace.split('\n') {
        if !masked.out.is_empty() {
            masked.out.push('\n');
        }
        // Headers and outputs have no words but their own.
        if line.as_bytes().get(1).is_some_and(u8::is_ascii_digit) {
            masked.push(line);
        } else {
            masked.out.push_str(line);
        }
    }
    masked.out
}

/// What has words to be kept: a header, whose namespace comes in packets, and the id in a line that
/// says that the page follows a research.
fn known(line: &str) -> Option<&str> {
    if line.as_bytes().first() == Some(&b'{') {
        return Some(line);
    }
    let (_, field) = line.split_once(',')?;
    field.strip_prefix("\"subscribe\",\"")
}

struct Masked<'a> {
    out: String,
    salt: u64,
    /// Ids of researches that the page has followed, with the rest of their lines, and headers.
    known: Vec<&'a str>,
}

impl Masked<'_> {
    fn push(&mut self, mut rest: &str) {
        while !rest.is_empty() {
            let word = Word::at(rest);
            let (raw, after) = rest.split_at_checked(word.len).unwrap_or((rest, ""));
            rest = after;
            if word.letters.is_empty() || self.is_kept(&word.letters) {
                self.out.push_str(raw);
                continue;
            }
            let (prefix, name) = raw.split_at_checked(prefix(raw)).unwrap_or(("", raw));
            self.out.push_str(prefix);
            if prefix.is_empty() {
                self.replace(&word.letters, name);
            } else {
                self.push(name);
            }
        }
    }

    fn is_kept(&self, word: &str) -> bool {
        let letters = word.as_bytes();
        let has = |text: &str, part: &[u8]| text.as_bytes().windows(part.len()).any(|w| w == part);
        (letters.len() <= SHORT && letters.is_ascii())
            || WORDS.iter().any(|known| known.eq_ignore_ascii_case(word))
            || STEMS.iter().any(|stem| {
                letters
                    .windows(stem.len())
                    .any(|part| part.eq_ignore_ascii_case(stem.as_bytes()))
            })
            || Status::parse(word).is_some()
            || LogLevel::parse(word).is_some()
            || self.known.iter().any(|text| has(text, letters))
    }

    /// Appends letters in the place of those of a word, which mean as little as it does.
    fn replace(&mut self, word: &str, raw: &str) {
        // FNV-1a, and never 0, at which xorshift stands still.
        let mut state = self.salt ^ 0xcbf2_9ce4_8422_2325;
        for byte in word.bytes() {
            state = (state ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
        state |= 1;
        let start = self.out.len();
        for _ in 0..MAX_DRAWS {
            self.out.truncate(start);
            self.draw(&mut state, raw);
            let drawn = Word::at(self.out.get(start..).unwrap_or_default());
            if !self.is_kept(&drawn.letters) {
                break;
            }
        }
    }

    fn draw(&mut self, state: &mut u64, raw: &str) {
        let mut rest = raw;
        while !rest.is_empty() {
            let is_first = rest.len() == raw.len();
            let (letter, len) = unit(rest);
            let (written, after) = rest.split_at_checked(len).unwrap_or((rest, ""));
            rest = after;
            let letter = letter.unwrap_or('_');
            if is_first && letter == BINARY {
                self.out.push_str(written);
                continue;
            }
            let (first, bound) = match u32::from(letter) {
                0x61..=0x7a => (0x61, 26),
                0x41..=0x5a => (0x41, 26),
                0..0x80 => {
                    self.out.push_str(written);
                    continue;
                }
                // As many bytes: Latin, ideographs, emoji.
                0x80..0x800 => (0x100, 0x80),
                0x800..0x1_0000 => (0x4e00, 0x5000),
                0x1_0000.. => (0x1_f600, 0x40),
            };
            // xorshift64*.
            *state ^= *state >> 12;
            *state ^= *state << 25;
            *state ^= *state >> 27;
            let bits = state.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 32;
            let mut code = first + ((bits * bound) >> 32) as u32;
            if is_first && code == BINARY.into() {
                code += 1;
            }
            if written.as_bytes().first() != Some(&b'\\') {
                self.out.extend(char::from_u32(code));
                continue;
            }
            let (before, _) = written.split_at_checked(len - 4).unwrap_or((written, ""));
            self.out.push_str(before);
            for place in [12, 8, 4, 0] {
                self.out.extend(char::from_digit(code >> place & 15, 16));
            }
        }
    }
}

/// How many bytes of a word say that the rest is a research's id.
fn prefix(raw: &str) -> usize {
    let is_prefix = |prefix: &&str| raw.as_bytes().starts_with(prefix.as_bytes());
    PREFIXES.into_iter().find(is_prefix).map_or(0, str::len)
}

/// What a text begins with: a word, or something between words.
struct Word {
    /// What an escape stands for is in it, not the escape. Empty between words.
    letters: String,
    /// In bytes of the text.
    len: usize,
}

impl Word {
    fn at(text: &str) -> Self {
        let mut letters = String::new();
        let mut len = 0;
        while let Some(rest) = text.get(len..).filter(|rest| !rest.is_empty()) {
            let (letter, unit) = unit(rest);
            if letter.is_none() && !letters.is_empty() {
                break;
            }
            len += unit;
            match letter {
                Some(letter) => letters.push(letter),
                None => break,
            }
        }
        Self { letters, len }
    }
}

/// The first letter of a text that is not empty, and of how many bytes it is or what else is there.
/// However often the text was put into strings of JSON, its escapes begin with backslashes.
fn unit(text: &str) -> (Option<char>, usize) {
    let slashes = text.bytes().take_while(|byte| *byte == b'\\').count();
    let mut rest = text.get(slashes..).unwrap_or_default().chars();
    let Some(c) = rest.next() else {
        return (None, slashes);
    };
    let len = slashes + c.len_utf8();
    if slashes == 0 {
        let is_letter = c.is_ascii_alphabetic() || c == '_' || c >= '\u{80}';
        return (is_letter.then_some(c), len);
    }
    let mut code = 0;
    for _ in 0..4 {
        let digit = rest.next().and_then(|digit| digit.to_digit(16));
        let (Some(digit), 'u') = (digit, c) else {
            return (None, len);
        };
        code = code << 4 | digit;
    }
    // Not of half a pair, which stays as it is.
    let letter = char::from_u32(code).filter(|c| c.is_ascii_alphabetic() || *c >= '\u{80}');
    (letter, len + 4)
}
