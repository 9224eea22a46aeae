//! Finding the elements of a list in a text that comes in pieces.

use std::borrow::Cow;

use super::string::unescape;

/// The largest element that is read, in bytes.
pub const MAX_ELEMENT_BYTES: usize = 16 * 1_024 * 1_024;

/// A buffer with more room than this, in bytes, is given back after its element.
const KEPT_BYTES: usize = 65_536;

/// Keys of an object under which its list may stand.
const KEYS: [&[u8]; 2] = [b"logs", b"progress_log"];

/// More of a key is not kept, in bytes.
const MAX_KEY_BYTES: usize = 16;

/// Finds the elements of `[…]` or `{"logs": […]}` (or `progress_log`), also where the list stands in a
/// string: the first list counts. Pieces may be cut anywhere. Call [`next`](Self::next) with each until
/// it gives nothing.
///
/// What an element says is not looked at: it may be no JSON. Around the elements only what is needed to
/// find them has to be right.
#[derive(Clone, Debug, Default)]
pub struct ListReader {
    place: Place,
    /// The text of the element or key under way, as far as it came before this piece.
    buffer: Vec<u8>,
    is_too_large: bool,
    /// What is in the buffer was given.
    is_given: bool,
    /// Of the value under way.
    depth: usize,
    string: Inside,
    /// What may come next in the list or object.
    next: Next,
    is_in_object: bool,
    /// The list stands in a string, whose escapes come undone here.
    is_in_text: bool,
    is_wanted: bool,
    has_list: bool,
    escape: Vec<u8>,
}

/// What comes next.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Place {
    #[default]
    Start,
    Colon,
    Element,
    End,
    Key,
    List,
    Object,
    /// A value that is not wanted.
    Other,
    TextStart,
    /// The rest of the string in which the list may have been.
    TextEnd,
    Value,
    Wrong,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Inside {
    #[default]
    Nothing,
    String,
    Escape,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Next {
    #[default]
    ValueOrClose,
    Value,
    CommaOrClose,
}

/// Where the value under way is after a byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    Goes,
    /// This byte was its last.
    Last,
    /// The byte before was.
    Over,
}

/// Why an element cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unreadable {
    /// It is not UTF-8.
    NotUtf8,
    /// It has more than [`MAX_ELEMENT_BYTES`].
    TooLarge,
}

impl ListReader {
    /// The next element whose end is in `bytes`, which move on behind it.
    pub fn next<'s, 'b: 's>(
        &'s mut self,
        bytes: &mut &'b [u8],
    ) -> Option<Result<Cow<'s, str>, Unreadable>> {
        if std::mem::take(&mut self.is_given) {
            self.buffer.clear();
            self.buffer.shrink_to(KEPT_BYTES);
        }
        let all = *bytes;
        // Where the element under way begins in this piece.
        let mut start = 0;
        let mut at = 0;
        while let Some(&byte) = all.get(at) {
            at += 1;
            let was = self.place;
            let Some(byte) = self.logical(byte) else {
                continue;
            };
            let step = self.step(byte);
            if was != Place::Element && self.place == Place::Element {
                start = at - 1;
            }
            if self.is_in_text {
                if (was == Place::Element || self.place == Place::Element) && step != Step::Over {
                    self.keep_escape();
                }
                self.escape.clear();
            } else if self.string == Inside::String && step == Step::Goes {
                // Most bytes are of strings.
                let rest = all.get(at..).unwrap_or_default();
                let plain = |byte: &u8| !matches!(byte, b'"' | b'\\');
                if self.place != Place::Key {
                    at += rest.iter().take_while(|byte| plain(byte)).count();
                }
            }
            if step == Step::Goes || !matches!(was, Place::Element | Place::List) {
                continue;
            }
            let end = if step == Step::Over { at - 1 } else { at };
            *bytes = all.get(at..).unwrap_or_default();
            return Some(self.element(all.get(start..end).unwrap_or_default()));
        }
        if self.place == Place::Element && !self.is_in_text {
            self.keep(all.get(start..).unwrap_or_default());
        }
        *bytes = &[];
        None
    }

    /// Whether the text was complete, and what had to be right in it was.
    pub fn is_complete(&self) -> bool {
        self.place == Place::End
    }

    /// Whether there was a list.
    pub const fn has_list(&self) -> bool {
        self.has_list
    }

    fn element<'s>(&'s mut self, last: &'s [u8]) -> Result<Cow<'s, str>, Unreadable> {
        let mut bytes = last;
        if self.is_in_text || self.is_too_large || !self.buffer.is_empty() {
            if !self.is_in_text {
                self.keep(last);
            }
            self.is_given = true;
            bytes = &self.buffer;
        }
        if std::mem::take(&mut self.is_too_large) {
            return Err(Unreadable::TooLarge);
        }
        let text = std::str::from_utf8(bytes).map_err(|_| Unreadable::NotUtf8)?;
        Ok(if self.is_in_text {
            unescape(text)
        } else {
            Cow::Borrowed(text)
        })
    }

    fn keep(&mut self, bytes: &[u8]) {
        self.is_too_large |= self.buffer.len() + bytes.len() > MAX_ELEMENT_BYTES;
        if self.is_too_large {
            self.buffer = Vec::new();
        } else {
            self.buffer.extend_from_slice(bytes);
        }
    }

    fn keep_escape(&mut self) {
        let escape = std::mem::take(&mut self.escape);
        self.keep(&escape);
        self.escape = escape;
    }

    /// What the byte stands for; `None` while an escape goes on. Anything beyond ASCII is no part of
    /// what is looked for.
    fn logical(&mut self, byte: u8) -> Option<u8> {
        if !self.is_in_text {
            return Some(byte);
        }
        self.escape.push(byte);
        match *self.escape.as_slice() {
            [b'"'] => {
                self.is_in_text = false;
                self.escape.clear();
                let is_over = matches!(self.place, Place::TextStart | Place::TextEnd);
                self.after(is_over);
                None
            }
            [b'\\'] | [b'\\', b'u', ..] if self.escape.len() < 2 => None,
            [b'\\', b'u', ref digits @ ..] => {
                if digits.len() < 4 {
                    return None;
                }
                let code = digits.iter().fold(0, |code, digit| {
                    code * 16 + char::from(*digit).to_digit(16).unwrap_or(0)
                });
                Some(if code < 0x80 { code as u8 } else { b'x' })
            }
            [b'\\', b'n' | b'r' | b't'] => Some(b'\n'),
            [b'\\', b'b' | b'f'] => Some(0),
            [b'\\', byte] | [byte] => Some(byte),
            _ => Some(b'x'),
        }
    }

    /// Moves on to what follows a value of an object, if that `is_over` as it should.
    fn after(&mut self, is_over: bool) {
        self.place = if is_over { Place::Object } else { Place::Wrong };
        self.next = Next::CommaOrClose;
    }

    fn step(&mut self, byte: u8) -> Step {
        let is_blank = matches!(byte, b' ' | b'\t' | b'\n' | b'\r');
        match self.place {
            Place::Element | Place::Other => {
                let is_element = self.place == Place::Element;
                let step = self.within(byte);
                if step != Step::Goes {
                    self.next = Next::CommaOrClose;
                    self.place = if is_element {
                        Place::List
                    } else {
                        Place::Object
                    };
                    if step == Step::Over {
                        self.step(byte);
                    }
                }
                return step;
            }
            Place::Key => {
                if self.within(byte) == Step::Last {
                    self.is_wanted = !self.has_list && KEYS.contains(&self.buffer.as_slice());
                    self.buffer.clear();
                    self.place = Place::Colon;
                } else if self.buffer.len() < MAX_KEY_BYTES {
                    self.buffer.push(byte);
                }
            }
            Place::TextEnd | Place::Wrong => {}
            _ if is_blank => {}
            Place::Start => match byte {
                b'[' => self.begin_list(),
                b'{' => {
                    self.is_in_object = true;
                    self.place = Place::Object;
                }
                _ => self.place = Place::Wrong,
            },
            Place::Colon if byte == b':' => self.place = Place::Value,
            Place::Value => match byte {
                b'[' if self.is_wanted => self.begin_list(),
                b'"' if self.is_wanted => {
                    self.is_in_text = true;
                    self.place = Place::TextStart;
                }
                _ => {
                    self.place = Place::Other;
                    self.begin(byte);
                }
            },
            Place::TextStart if byte == b'[' => self.begin_list(),
            Place::TextStart => self.place = Place::TextEnd,
            Place::List | Place::Object => return self.between(byte),
            Place::Colon | Place::End => self.place = Place::Wrong,
        }
        Step::Goes
    }

    fn begin_list(&mut self) {
        self.has_list = true;
        self.place = Place::List;
        self.next = Next::ValueOrClose;
    }

    /// What stands between the values of the list, or the members of the object.
    fn between(&mut self, byte: u8) -> Step {
        let is_list = self.place == Place::List;
        match (byte, self.next) {
            (b',', Next::CommaOrClose) => self.next = Next::Value,
            (b']', Next::CommaOrClose | Next::ValueOrClose) if is_list => {
                self.next = Next::CommaOrClose;
                self.place = match (self.is_in_text, self.is_in_object) {
                    (true, _) => Place::TextEnd,
                    (false, true) => Place::Object,
                    (false, false) => Place::End,
                };
            }
            (b'}', Next::CommaOrClose | Next::ValueOrClose) if !is_list => self.place = Place::End,
            (b'"', Next::Value | Next::ValueOrClose) if !is_list => {
                self.place = Place::Key;
                self.begin(byte);
            }
            (b',' | b']' | b'}', _) | (_, Next::CommaOrClose) => self.place = Place::Wrong,
            _ if is_list => {
                self.place = Place::Element;
                return self.begin(byte);
            }
            _ => self.place = Place::Wrong,
        }
        Step::Goes
    }

    /// The first byte of a value.
    fn begin(&mut self, byte: u8) -> Step {
        self.depth = 0;
        self.string = Inside::Nothing;
        self.within(byte)
    }

    fn within(&mut self, byte: u8) -> Step {
        match (self.string, byte) {
            (Inside::Escape, _) => self.string = Inside::String,
            (Inside::String, b'\\') => self.string = Inside::Escape,
            (Inside::String, b'"') => {
                self.string = Inside::Nothing;
                if self.depth == 0 {
                    return Step::Last;
                }
            }
            (Inside::String, _) => {}
            (Inside::Nothing, b'"') => self.string = Inside::String,
            (Inside::Nothing, b'{' | b'[') => self.depth += 1,
            (Inside::Nothing, b'}' | b']') => match self.depth {
                0 => return Step::Over,
                1 => return Step::Last,
                _ => self.depth -= 1,
            },
            (Inside::Nothing, b',' | b' ' | b'\t' | b'\n' | b'\r') if self.depth == 0 => {
                return Step::Over;
            }
            (Inside::Nothing, _) => {}
        }
        Step::Goes
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// What is found in a text that is cut at these places.
    fn read(text: &[u8], cuts: &[usize]) -> (Vec<Result<String, Unreadable>>, bool) {
        let mut reader = ListReader::default();
        let mut found = Vec::new();
        let mut start = 0;
        for end in cuts.iter().copied().chain([text.len()]) {
            let end = end.clamp(start, text.len());
            let mut piece = &text[start..end];
            while let Some(element) = reader.next(&mut piece) {
                found.push(element.map(Cow::into_owned));
            }
            assert!(piece.is_empty());
            start = end;
        }
        (found, reader.is_complete() && reader.has_list())
    }

    fn whole(text: &str) -> (Vec<String>, bool) {
        let (found, is_complete) = read(text.as_bytes(), &[]);
        (found.into_iter().map(Result::unwrap).collect(), is_complete)
    }

    #[test]
    fn the_elements_of_a_list_are_found_wherever_it_stands() {
        let expected = [r#"{"a":"]\"}"}"#, "[1,[2]]", "7", "null", r#"", ]""#, "{}"];
        let list = format!(
            " [ {} ,{},{} , {}\n,{},{}] ",
            expected[0], expected[1], expected[2], expected[3], expected[4], expected[5]
        );
        let quoted = serde_json::to_string(&list).unwrap();
        for text in [
            list.clone(),
            format!(r#"{{"logs":{list}}}"#),
            format!(r#" {{ "status" : "success" , "logs" : {list} , "more" : [1,{{}}] }} "#),
            format!(r#"{{"logs":{quoted}}}"#),
            format!(r#"{{"x":[{{"logs":[9]}}],"progress_log":{quoted},"logs":[9]}}"#),
            format!(r#"{{"logs":null,"progress_log":{list}}}"#),
            format!(r#"{{"logs":"none","y":-1,"progress_log":{list}}}"#),
        ] {
            let (found, is_complete) = whole(&text);
            assert_eq!(found, expected, "{text}");
            assert!(is_complete, "{text}");
        }
        assert_eq!(whole("[]"), (Vec::new(), true));
        assert_eq!(whole(r#"{"logs":" [ ] "}"#), (Vec::new(), true));
    }

    #[test]
    fn escapes_of_a_list_in_a_string_come_undone() {
        let text = r#"{"logs":"\u005b\u007b\"a\":\"\\\"\\u00e9\u00e9\ud83d\ude00\"\u007d,\t{}]"}"#;
        let (found, is_complete) = whole(text);
        assert_eq!(found, ["{\"a\":\"\\\"\\u00e9é😀\"}", "{}"]);
        assert!(is_complete);
    }

    #[test]
    fn what_is_no_list_or_has_no_end_is_not_complete() {
        for text in [
            "",
            " ",
            "7",
            "\"[]\"",
            "{}",
            r#"{"logs":7}"#,
            r#"{"logs":"x"}"#,
            "[",
            "[1",
            "[1,",
            "[,1]",
            "[1,]",
            "[1 2]",
            "[] x",
            "[}",
            r#"{"logs":[]"#,
            r#"{"logs":[],}"#,
            r#"{"logs" []}"#,
            r#"{logs:[]}"#,
            r#"{"logs":"[1]}"#,
            r#"{"logs":"[1"}"#,
            "<html>",
        ] {
            assert!(!whole(text).1, "{text}");
        }
        // What came before counts.
        assert_eq!(whole("[1,{},] 8").0, ["1", "{}"]);
    }

    #[test]
    fn an_element_that_is_too_large_or_no_utf_8_costs_itself() {
        let mut text = b"[{},{\"a\":\"".to_vec();
        text.resize(text.len() + MAX_ELEMENT_BYTES, b'x');
        text.extend(b"\"},[\xff],7]");
        let cuts: Vec<_> = (1..40).map(|n| n * 1_000_003).collect();
        let (found, is_complete) = read(&text, &cuts);
        let expected = [
            Ok("{}".to_owned()),
            Err(Unreadable::TooLarge),
            Err(Unreadable::NotUtf8),
            Ok("7".to_owned()),
        ];
        assert_eq!(found, expected);
        assert!(is_complete);
    }

    fn json() -> impl Strategy<Value = String> {
        let value = prop_oneof![
            Just("7".to_owned()),
            Just("null".to_owned()),
            "[a-z\"\\\\{}\\[\\],é😀]{0,6}".prop_map(|text| serde_json::to_string(&text).unwrap()),
        ];
        let value = value.prop_recursive(3, 12, 3, |inner| {
            let list = prop::collection::vec(inner.clone(), 0..3);
            let list = list.prop_map(|values| format!("[{}]", values.join(" ,")));
            let member = ("[a-c]{1,2}", inner);
            let object = prop::collection::vec(member, 0..3).prop_map(|members| {
                let members = members
                    .iter()
                    .map(|(key, value)| format!("\"{key}\" :{value}"));
                format!("{{{}}}", members.collect::<Vec<_>>().join(","))
            });
            prop_oneof![list, object]
        });
        let list = prop::collection::vec(value, 0..5)
            .prop_map(|values| format!("[{}]", values.join(", ")));
        let quoted = list
            .clone()
            .prop_map(|list| serde_json::to_string(&list).unwrap());
        prop_oneof![
            list.clone(),
            list.prop_map(|list| format!(r#"{{"a":"x","logs":{list},"b":[]}}"#)),
            quoted.prop_map(|text| format!(r#"{{"progress_log":{text}}}"#)),
        ]
    }

    proptest! {
        #[test]
        fn however_a_text_is_cut_the_elements_are_the_same(
            text in prop_oneof![3 => json(), 1 => "[\\[\\]{}\",:\\\\ a7]{0,20}"],
            cuts in prop::collection::vec(0_usize..80, 0..6),
        ) {
            let mut cuts = cuts;
            cuts.sort_unstable();
            prop_assert_eq!(read(text.as_bytes(), &cuts), read(text.as_bytes(), &[]));
        }

        #[test]
        fn the_elements_of_valid_text_are_those_that_are_there(text in json()) {
            let value: serde_json::Value = serde_json::from_str(&text).unwrap();
            let list = value.get("logs").or_else(|| value.get("progress_log")).unwrap_or(&value);
            let inner: serde_json::Value = match list.as_str() {
                Some(text) => serde_json::from_str(text).unwrap(),
                None => list.clone(),
            };
            let (found, is_complete) = whole(&text);
            let found: Vec<serde_json::Value> =
                found.iter().map(|text| serde_json::from_str(text).unwrap()).collect();
            prop_assert!(is_complete);
            prop_assert_eq!(Some(&found), inner.as_array());
        }
    }
}
