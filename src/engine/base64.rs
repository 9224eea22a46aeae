//! Base64 with the standard alphabet (RFC 4648, section 4), which Engine.IO puts after `b`.

/// Appends `bytes` to `out` as base64 with padding.
pub(super) fn encode(out: &mut String, bytes: &[u8]) {
    out.reserve(encoded_len(bytes.len()));
    for chunk in bytes.chunks(3) {
        let mut group = 0;
        for place in 0..3 {
            group = group << 8 | u32::from(chunk.get(place).copied().unwrap_or(0));
        }
        for place in 0..4 {
            out.push(if place <= chunk.len() {
                symbol(group >> 18 & 63)
            } else {
                '='
            });
            group <<= 6;
        }
    }
}

/// The length of the base64 of `len` bytes.
pub(super) fn encoded_len(len: usize) -> usize {
    len.div_ceil(3).saturating_mul(4)
}

/// The bytes of a base64 text; `None` if it is none.
///
/// Missing padding is accepted, and bits beyond the last whole byte are ignored, as `atob` does.
pub(super) fn decode(text: &str) -> Option<Vec<u8>> {
    let symbols = without_padding(text)?.as_bytes();
    if symbols.len() % 4 == 1 {
        return None;
    }
    let mut out = Vec::with_capacity(symbols.len() / 4 * 3 + 2);
    for chunk in symbols.chunks(4) {
        let mut group = 0;
        for place in 0..4 {
            group = group << 6 | chunk.get(place).map_or(Some(0), |byte| value(*byte))?;
        }
        let [_, bytes @ ..] = group.to_be_bytes();
        out.extend(bytes.iter().take(chunk.len() - 1));
    }
    Some(out)
}

/// Padding may be missing, but when it is there, it must fill up the last group of four.
fn without_padding(text: &str) -> Option<&str> {
    let bare = text
        .strip_suffix("==")
        .or(text.strip_suffix('='))
        .unwrap_or(text);
    if bare.len() == text.len() || text.len().is_multiple_of(4) {
        Some(bare)
    } else {
        None
    }
}

fn symbol(value: u32) -> char {
    let byte = match value as u8 {
        low @ 0..=25 => b'A' + low,
        low @ 26..=51 => b'a' + (low - 26),
        low @ 52..=61 => b'0' + (low - 52),
        62 => b'+',
        _ => b'/',
    };
    char::from(byte)
}

fn value(symbol: u8) -> Option<u32> {
    let value = match symbol {
        b'A'..=b'Z' => symbol - b'A',
        b'a'..=b'z' => symbol - b'a' + 26,
        b'0'..=b'9' => symbol - b'0' + 52,
        b'+' => 62,
        b'/' => 63,
        _ => return None,
    };
    Some(u32::from(value))
}
