//! The rows as a picture: for each how ours compares with the peer's, and where its aim is.

use std::fmt::Write as _;

use super::rows::{Aim, Row, Verdict, short};
use crate::svg::{STYLE, line, text};

/// Two hyphens end a comment, also those of an option.
const MARK: &str = "<!-- Made by `cargo xtask bench` with its option `keep`: do not edit. -->";

/// Pixels.
const WIDTH: f64 = 1040.0;
const LINE: f64 = 34.0;
/// Of an amount, which has no second line of words.
const SHORT_LINE: f64 = 24.0;
const HEAD: f64 = 64.0;
const LEFT: f64 = 520.0;
const RIGHT: f64 = 890.0;
/// Powers of two at the ends of the axis: beyond them a bar ends at the edge.
const LEAST: f64 = -5.0;
const MOST: f64 = 3.0;
/// What is written under them, every second one.
const TICKS: [(f64, &str); 5] = [
    (-4.0, "1/16"),
    (-2.0, "1/4"),
    (0.0, "1 ×"),
    (1.0, "2 ×"),
    (2.0, "4 ×"),
];

/// Only rows with an aim: first those that are compared, as bars, then the amounts.
pub(super) fn svg(rows: &[Row], sum: &str) -> String {
    let compared = rows
        .iter()
        .filter_map(|row| match (row.aim, row.ratio()) {
            (Some(Aim::Ratio(aim)), Some(ratio)) => Some((row, ratio.median, aim)),
            (Some(Aim::Ratio(_) | Aim::Most(_)) | None, _) => None,
        })
        .collect::<Vec<_>>();
    let amounts = rows
        .iter()
        .filter_map(|row| match (row.aim, row.ours()) {
            (Some(Aim::Most(_)), Some(ours)) => Some((row, ours.median)),
            (Some(Aim::Ratio(_) | Aim::Most(_)) | None, _) => None,
        })
        .collect::<Vec<_>>();
    let mut body = String::new();
    let bars_end = HEAD + LINE * count(compared.len());
    axis(&mut body, bars_end);
    let mut top = HEAD;
    for (row, ratio, aim) in compared {
        bar(&mut body, row, ratio, aim, top);
        top += LINE;
    }
    top += 44.0;
    if !amounts.is_empty() {
        text(
            &mut body,
            "small",
            16.0,
            top,
            "Amounts with a limit of their own",
        );
        top += 10.0;
    }
    for (row, ours) in amounts {
        amount(&mut body, row, ours, top);
        top += SHORT_LINE;
    }
    let height = top + 12.0;
    format!(
        "{MARK}\n<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{WIDTH}\" height=\"{height}\" viewBox=\"0 0 {WIDTH} {height}\" role=\"img\" \
         aria-label=\"{sum}\">\n<style>{STYLE}</style>\n{body}</svg>\n"
    )
}

fn axis(body: &mut String, end: f64) {
    text(
        body,
        "title",
        16.0,
        24.0,
        "research-socket beside its peers: less is better",
    );
    text(
        body,
        "small",
        16.0,
        42.0,
        "Ours divided by the peer's in the same run; the upright stroke is the aim.",
    );
    for (power, label) in TICKS {
        let x = place(power.exp2());
        let class = if power == 0.0 { "same" } else { "grid" };
        line(body, class, x, HEAD - 6.0, end);
        text(body, "tick", x, end + 16.0, label);
    }
}

fn bar(body: &mut String, row: &Row, ratio: f64, aim: f64, top: f64) {
    text(body, "", 16.0, top + 14.0, &row.what);
    let beside = format!("beside {}", row.beside);
    text(body, "small", 16.0, top + 27.0, &beside);
    let (one, x) = (place(1.0), place(ratio));
    let (from, width) = (one.min(x), (one - x).abs().max(1.0));
    let colour = class(row);
    let _ = writeln!(
        body,
        r#"<rect class="{colour}" x="{from:.1}" y="{:.1}" width="{width:.1}" height="14" rx="2"/>"#,
        top + 4.0
    );
    line(body, "aim", place(aim), top + 1.0, top + 21.0);
    let words = format!("{} × ({})", short(ratio), Aim::Ratio(aim).words(""));
    text(body, "", RIGHT + 10.0, top + 14.0, &words);
    text(body, "small", RIGHT + 10.0, top + 27.0, class(row));
}

fn amount(body: &mut String, row: &Row, ours: f64, top: f64) {
    text(body, "", 16.0, top + 14.0, &row.what);
    let limit = row.aim.map_or_else(String::new, |aim| aim.words(&row.unit));
    let mut words = format!("{} {} ({limit})", short(ours), row.unit);
    if let Some(peer) = row.peer() {
        let _ = write!(words, "; {}: {}", row.beside, short(peer.median));
    }
    text(body, "", LEFT + 30.0, top + 14.0, &words);
    text(body, "small", RIGHT + 100.0, top + 14.0, class(row));
}

fn class(row: &Row) -> &'static str {
    if row.verdict() == Verdict::Reached {
        "reached"
    } else {
        "missed"
    }
}

/// Where a ratio is on the axis, whose steps are doublings.
fn place(ratio: f64) -> f64 {
    let power = ratio.max(f64::MIN_POSITIVE).log2().clamp(LEAST, MOST);
    LEFT + (power - LEAST) / (MOST - LEAST) * (RIGHT - LEFT)
}

fn count(rows: usize) -> f64 {
    u32::try_from(rows).map_or(0.0, f64::from)
}

#[cfg(test)]
mod tests {
    use super::super::rows::tests::row;
    use super::*;

    fn picture() -> String {
        let rows = [
            row("a", "[1]", "[2]", r#"{"ratio":1}"#),
            row("b", "[6]", "[2]", r#"{"ratio":1}"#),
            row("c", "[3]", "[]", r#"{"most":4}"#),
            row("unlimited", "[3]", "[]", "null"),
        ];
        svg(&rows, "2 of 3 aims reached")
    }

    #[test]
    fn a_bar_goes_from_the_peer_to_where_ours_is_and_says_the_ratio_and_the_aim() {
        let picture = picture();
        let bars: Vec<_> = picture.matches("<rect class=\"").collect();
        assert_eq!(bars.len(), 2);
        // Half as much ends at the peer, three times as much begins there.
        let [half, one, three] = [0.5, 1.0, 3.0].map(place);
        assert!(picture.contains(&format!(r#"class="reached" x="{half:.1}""#)));
        assert!(picture.contains(&format!(r#"width="{:.1}""#, one - half)));
        assert!(picture.contains(&format!(r#"class="missed" x="{one:.1}""#)));
        assert!(picture.contains(&format!(r#"width="{:.1}""#, three - one)));
        assert!(picture.contains("0.50 × (≤ 1 ×)"));
        assert!(picture.contains("3 ms (≤ 4 ms)"));
    }

    #[test]
    fn it_has_what_has_an_aim_with_its_words_escaped_and_says_what_made_it() {
        let picture = picture();
        assert!(picture.starts_with(MARK));
        assert_eq!(MARK.matches("--").count(), 2, "the picture is no XML");
        assert!(picture.contains("a, of &lt;ten>"));
        assert!(!picture.contains("unlimited"));
        assert!(picture.contains("prefers-color-scheme: dark"));
    }

    #[test]
    fn a_ratio_beyond_the_axis_ends_at_its_edge() {
        assert_eq!(place(1e9), RIGHT);
        assert_eq!(place(0.0), LEFT);
        assert_eq!(place(f64::INFINITY), RIGHT);
    }
}
