//! The rows that benches print as lines of JSON: what they come to, and whether each reaches its aim.

use std::fmt::Write as _;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// One thing that was measured, ours beside another's in the same run.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Row {
    /// Its name, such as `burst/twice`.
    #[serde(rename = "row")]
    pub(super) name: String,
    pub(super) what: String,
    pub(super) unit: String,
    /// Whom ours is compared with.
    pub(super) beside: String,
    /// Of each round one; `null` is what JSON makes of what is no number.
    ours: Vec<Option<f64>>,
    peer: Vec<Option<f64>>,
    #[serde(default)]
    pub(super) aim: Option<Aim>,
}

/// What a row is to reach.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, PartialEq)]
#[serde(rename_all = "lowercase")]
pub(super) enum Aim {
    /// Ours at most so many times the other's.
    Ratio(f64),
    /// Ours at most so much.
    Most(f64),
}

/// What the rounds of one side come to.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub(super) struct Figure {
    pub(super) median: f64,
    pub(super) min: f64,
    pub(super) max: f64,
}

/// What a row has come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    Missed,
    /// Nothing was measured that its aim could be held against: the bench is broken.
    NoFigure,
    /// A figure without an aim.
    Plain,
    Reached,
}

/// Whether a line of a bench's output is meant to be one.
pub(super) fn is_row(line: &str) -> bool {
    line.starts_with(r#"{"row":"#)
}

/// All of them, or why one of them is none.
pub(super) fn read_all(lines: &[&str]) -> Result<Vec<Row>, serde_json::Error> {
    lines
        .iter()
        .map(|line| serde_json::from_str(line))
        .collect()
}

impl Row {
    pub(super) fn ours(&self) -> Option<Figure> {
        Figure::of(self.ours.iter().copied())
    }

    pub(super) fn peer(&self) -> Option<Figure> {
        Figure::of(self.peer.iter().copied())
    }

    /// Ours divided by the other's, of the medians; the spread is that of the single rounds.
    pub(super) fn ratio(&self) -> Option<Figure> {
        let (ours, peer) = (self.ours()?.median, self.peer()?.median);
        let rounds = self.ours.iter().zip(&self.peer);
        let ratios = rounds.map(|(ours, peer)| divide((*ours)?, (*peer)?));
        let Figure { min, max, .. } = Figure::of(ratios)?;
        Some(Figure {
            median: divide(ours, peer)?,
            min,
            max,
        })
    }

    pub(super) fn verdict(&self) -> Verdict {
        let reached = |figure: Option<Figure>, limit: f64| match figure {
            None => Verdict::NoFigure,
            Some(figure) if figure.median <= limit => Verdict::Reached,
            Some(_) => Verdict::Missed,
        };
        match self.aim {
            Some(Aim::Ratio(limit)) => reached(self.ratio(), limit),
            Some(Aim::Most(limit)) => reached(self.ours(), limit),
            None if self.ours().is_some() => Verdict::Plain,
            None => Verdict::NoFigure,
        }
    }

    fn as_json(&self) -> Value {
        json!({
            "row": self.name,
            "what": self.what,
            "unit": self.unit,
            "beside": self.beside,
            "ours": self.ours(),
            "peer": self.peer(),
            "ratio": self.ratio(),
            "aim": self.aim,
            "reached": match self.verdict() {
                Verdict::Reached => Some(true),
                Verdict::Missed => Some(false),
                Verdict::NoFigure | Verdict::Plain => None,
            },
            "rounds": { "ours": self.ours, "peer": self.peer },
        })
    }
}

impl Figure {
    /// None if there are none, or if one is no number.
    fn of(figures: impl Iterator<Item = Option<f64>>) -> Option<Self> {
        let mut sorted: Vec<f64> = figures.collect::<Option<_>>()?;
        sorted.sort_by(f64::total_cmp);
        let middle = sorted.len() / 2;
        let upper = *sorted.get(middle)?;
        let lower = *sorted.get(sorted.len().div_ceil(2).checked_sub(1)?)?;
        Some(Self {
            median: f64::midpoint(lower, upper),
            min: *sorted.first()?,
            max: *sorted.last()?,
        })
    }
}

impl Aim {
    pub(super) fn words(self, unit: &str) -> String {
        match self {
            Self::Ratio(limit) => format!("≤ {limit} ×"),
            Self::Most(limit) => format!("≤ {limit} {unit}"),
        }
    }
}

impl Verdict {
    fn word(self) -> &'static str {
        match self {
            Self::Missed => "missed",
            Self::NoFigure => "NO FIGURE",
            Self::Plain => "",
            Self::Reached => "reached",
        }
    }
}

/// All rows in columns, and how many have reached their aim.
pub(super) fn table(rows: &[Row]) -> String {
    let head = ["", "ours", "peer", "ratio", "spread", "aim", "", "peer is"].map(str::to_owned);
    let mut lines = vec![head];
    lines.extend(rows.iter().map(cells));
    let widths = lines.iter().fold([0; 8], |mut widths, line| {
        for (width, cell) in widths.iter_mut().zip(line) {
            *width = cell.chars().count().max(*width);
        }
        widths
    });
    let mut table = String::new();
    for line in &lines {
        let mut text = String::new();
        for (column, (cell, width)) in line.iter().zip(widths).enumerate() {
            // Numbers to the right, words to the left.
            let _ = match column {
                1..=4 => write!(text, "{cell:>width$}  "),
                _ => write!(text, "{cell:<width$}  "),
            };
        }
        table.push_str(text.trim_end());
        table.push('\n');
    }
    table + &sum(rows)
}

fn cells(row: &Row) -> [String; 8] {
    let amount = |figure: Option<Figure>| {
        figure.map_or_else(String::new, |figure| {
            format!("{} {}", short(figure.median), row.unit)
        })
    };
    let ratio = row.ratio();
    [
        row.what.clone(),
        amount(row.ours()),
        amount(row.peer()),
        ratio.map_or_else(String::new, |ratio| format!("{} ×", short(ratio.median))),
        ratio.map_or_else(String::new, |ratio| {
            format!("{}–{}", short(ratio.min), short(ratio.max))
        }),
        row.aim.map_or_else(String::new, |aim| aim.words(&row.unit)),
        row.verdict().word().to_owned(),
        row.beside.clone(),
    ]
}

/// `12 of 15 aims reached`: a row without a figure has an aim that is not.
pub(super) fn sum(rows: &[Row]) -> String {
    let aims = rows.iter().filter(|row| row.aim.is_some()).count();
    let reached = rows
        .iter()
        .filter(|row| row.verdict() == Verdict::Reached)
        .count();
    format!("{reached} of {aims} aims reached")
}

/// What a machine can read of it.
pub(super) fn as_json(rows: &[Row], quick: bool) -> Value {
    let rows_json: Vec<_> = rows.iter().map(Row::as_json).collect();
    json!({ "quick": quick, "sum": sum(rows), "rows": rows_json })
}

/// Three digits are all that a machine gives which does other things too.
pub(super) fn short(value: f64) -> String {
    let size = value.abs();
    if size >= 100.0 || value.fract() == 0.0 {
        format!("{value:.0}")
    } else if size >= 10.0 {
        format!("{value:.1}")
    } else {
        format!("{value:.2}")
    }
}

fn divide(ours: f64, peer: f64) -> Option<f64> {
    (peer != 0.0).then(|| ours / peer)
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// A row with these figures; each `null` is what was no number.
    pub(crate) fn row(name: &str, ours: &str, peer: &str, aim: &str) -> Row {
        let line = format!(
            r#"{{"row":"{name}","what":"{name}, of <ten>","unit":"ms","beside":"the peer","ours":{ours},"peer":{peer},"aim":{aim}}}"#
        );
        read_all(&[&line]).unwrap().remove(0)
    }

    #[test]
    fn a_figure_is_the_median_with_the_least_and_the_most() {
        let figure = |ours: &str| row("r", ours, "[]", "null").ours();
        let of = |median, min, max| Some(Figure { median, min, max });
        assert_eq!(figure("[9, 1, 2]"), of(2.0, 1.0, 9.0));
        assert_eq!(figure("[4, 1, 2, 9]"), of(3.0, 1.0, 9.0));
        assert_eq!(figure("[]"), None);
        assert_eq!(figure("[1, null]"), None);
    }

    #[test]
    fn a_ratio_is_that_of_the_medians_and_its_spread_that_of_the_rounds() {
        let ratio = row("r", "[10, 20, 30]", "[10, 10, 20]", "null").ratio();
        let (median, min, max) = (2.0, 1.0, 2.0);
        assert_eq!(ratio, Some(Figure { median, min, max }));
        assert_eq!(row("r", "[1]", "[0]", "null").ratio(), None);
    }

    #[test]
    fn an_aim_is_reached_by_what_is_not_above_it() {
        let verdict = |ours: &str, aim: &str| row("r", ours, "[10]", aim).verdict();
        assert_eq!(verdict("[13]", r#"{"ratio":1.3}"#), Verdict::Reached);
        assert_eq!(verdict("[14]", r#"{"ratio":1.3}"#), Verdict::Missed);
        assert_eq!(verdict("[50]", r#"{"most":50}"#), Verdict::Reached);
        assert_eq!(verdict("[51]", r#"{"most":50}"#), Verdict::Missed);
        assert_eq!(verdict("[51]", "null"), Verdict::Plain);
    }

    #[test]
    fn a_row_without_a_figure_is_no_aim_reached_however_it_got_lost() {
        let ratio = r#"{"ratio":1}"#;
        let broken = [
            row("nothing of ours", "[]", "[1]", ratio),
            row("nothing of the peer", "[1]", "[]", ratio),
            row("no number", "[null]", "[1]", ratio),
            row("nothing to divide by", "[1]", "[0]", ratio),
            row("no amount", "[]", "[1]", r#"{"most":1}"#),
            row("no aim either", "[]", "[]", "null"),
        ];
        for row in &broken {
            assert_eq!(row.verdict(), Verdict::NoFigure, "{}", row.name);
        }
        assert_eq!(sum(&broken), "0 of 5 aims reached");
    }

    #[test]
    fn the_table_has_a_line_for_each_row_and_ends_with_how_many_aims_are_reached() {
        let rows = [
            row("quick", "[5]", "[10]", r#"{"ratio":1}"#),
            row("slow", "[123.4]", "[10]", r#"{"ratio":1.5}"#),
            row("lost", "[0]", "[3]", r#"{"most":0}"#),
            row("told", "[7]", "[]", "null"),
        ];
        let table = table(&rows);
        let lines: Vec<Vec<&str>> = table
            .lines()
            .map(|line| line.split_whitespace().collect())
            .collect();
        let of = |line: &'static str| line.split_whitespace().collect::<Vec<_>>();
        assert_eq!(
            lines,
            [
                of("ours peer ratio spread aim peer is"),
                of("quick, of <ten> 5 ms 10 ms 0.50 × 0.50–0.50 ≤ 1 × reached the peer"),
                of("slow, of <ten> 123 ms 10 ms 12.3 × 12.3–12.3 ≤ 1.5 × missed the peer"),
                of("lost, of <ten> 0 ms 3 ms 0 × 0–0 ≤ 0 ms reached the peer"),
                of("told, of <ten> 7 ms the peer"),
                of("2 of 3 aims reached"),
            ]
        );
    }

    #[test]
    fn the_json_has_each_round_and_what_they_come_to() {
        let value = as_json(&[row("r", "[2, 4]", "[2, 2]", r#"{"ratio":1}"#)], true);
        assert_eq!(value["sum"], "0 of 1 aims reached");
        assert_eq!(value["quick"], true);
        let row = &value["rows"][0];
        assert_eq!(row["ratio"], json!({"median": 1.5, "min": 1.0, "max": 2.0}));
        assert_eq!(row["aim"], json!({"ratio": 1.0}));
        assert_eq!(row["reached"], false);
        assert_eq!(
            row["rounds"],
            json!({"ours": [2.0, 4.0], "peer": [2.0, 2.0]})
        );
    }
}
