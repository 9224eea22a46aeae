//! The catalogue that is kept in `reach.txt`, and what has changed since.

use std::fmt::{self, Write as _};

use super::{Reach, Table};

/// How many schedules are counted: those with the first seeds.
pub const SCHEDULES: u64 = 100_000;

/// How many schedules of tabs are counted with them.
pub const TAB_SCHEDULES: u64 = 2_000;

/// What is reached by fewer may be reached no more by chance: it is shown, and not held.
const SELDOM: u32 = 10;

/// The kept one.
pub const KEPT: &str = include_str!("../../reach.txt");

const ABOUT: &str = "\
# What the first 100,000 schedules reach. Written by `cargo xtask sim --reach --keep`, all but the reasons.
#
#   +  by at least 10 schedules: `cargo xtask sim --reach` fails when that is reached no more
#   ~  by fewer, which chance can take away
#   -  never, for the reason below the table: it fails when that is reached after all, or by ten where the reason begins with `seldom`
#   ?  never, and nobody has said why: a hole in the simulation
#
# A reason: `not <rows> @ <columns>: why`. `*` stands for all, `a*` for those that begin so, `but` takes some out.
";

/// One that was read.
#[derive(Clone, Debug, Default)]
pub struct Catalogue {
    sheets: Vec<Sheet>,
}

#[derive(Clone, Debug, Default)]
struct Sheet {
    name: String,
    columns: Vec<String>,
    rows: Vec<(String, Vec<char>)>,
    reasons: Vec<Reason>,
}

/// Why some cells are never reached.
#[derive(Clone, Debug)]
struct Reason {
    rows: String,
    columns: String,
    words: String,
}

/// What a count has to say of the kept catalogue.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Kept {
    /// What must not be.
    pub broken: Vec<String>,
    /// What somebody should know.
    pub told: Vec<String>,
    /// What is never reached, for no reason that anybody gave.
    pub holes: Vec<String>,
}

impl Catalogue {
    /// Reads what [`Catalogue`] prints.
    ///
    /// # Errors
    /// The line that cannot be read.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut sheets: Vec<Sheet> = Vec::new();
        for line in text.lines() {
            let Some(inner) = line.strip_prefix("  ") else {
                if !line.is_empty() && !line.starts_with('#') {
                    let name = line.to_owned();
                    sheets.push(Sheet {
                        name,
                        ..Sheet::default()
                    });
                }
                continue;
            };
            let unread = || format!("reach.txt: cannot read `{line}`");
            let sheet = sheets.last_mut().ok_or_else(unread)?;
            if let Some(reason) = inner.strip_prefix("not ") {
                let (cells, words) = reason.split_once(": ").ok_or_else(unread)?;
                let (rows, columns) = cells.split_once(" @ ").ok_or_else(unread)?;
                sheet.reasons.push(Reason {
                    rows: rows.to_owned(),
                    columns: columns.to_owned(),
                    words: words.to_owned(),
                });
            } else if sheet.columns.is_empty() {
                let names = inner.split_whitespace();
                sheet.columns = names.map(str::to_owned).collect();
            } else {
                let words: Vec<_> = inner.split_whitespace().collect();
                let at = words.len().checked_sub(sheet.columns.len());
                let (name, marks) = words
                    .split_at_checked(at.ok_or_else(unread)?)
                    .ok_or_else(unread)?;
                let marks = marks.iter().filter_map(|mark| mark.chars().next());
                sheet.rows.push((name.join(" "), marks.collect()));
            }
        }
        Ok(Self { sheets })
    }

    fn sheet(&self, table: Table) -> Option<&Sheet> {
        let name = table.name();
        self.sheets.iter().find(|sheet| sheet.name == name)
    }

    /// The catalogue of a count, with the reasons of this one.
    pub fn with(&self, reach: &Reach) -> Self {
        let sheet = |table: &Table| {
            let kept = self.sheet(*table).cloned().unwrap_or_default();
            let (names, columns) = (table.rows(), table.columns());
            let mut rows = Vec::new();
            for (row, name) in names.into_iter().enumerate() {
                let marks = columns.iter().enumerate().map(|(column, of)| {
                    match reach.count(*table, row, column) {
                        0 if table.is_of_moves() && name == *of => '.',
                        0 if kept.reasons.iter().any(|reason| reason.is_of(&name, of)) => '-',
                        0 => '?',
                        count if count < SELDOM => '~',
                        _ => '+',
                    }
                });
                rows.push((name.clone(), marks.collect()));
            }
            Sheet {
                name: table.name(),
                columns,
                rows,
                reasons: kept.reasons,
            }
        };
        Self {
            sheets: Table::ALL.iter().map(sheet).collect(),
        }
    }

    /// What a count says of the kept catalogue.
    pub fn compare(&self, reach: &Reach) -> Kept {
        let mut kept = Kept::default();
        let nothing = Sheet::default();
        for table in Table::ALL {
            let sheet = self.sheet(*table).unwrap_or(&nothing);
            let name = table.name();
            let (rows, columns) = (table.rows(), table.columns());
            for (row, of_row) in rows.iter().enumerate() {
                for (column, of_column) in columns.iter().enumerate() {
                    if table.is_of_moves() && row == column {
                        continue;
                    }
                    let cell = format!("{name}: {of_row} @ {of_column}");
                    let count = reach.count(*table, row, column);
                    let mut reasons = sheet.reasons.iter();
                    let reason = reasons.find(|reason| reason.is_of(of_row, of_column));
                    let mark = sheet.mark(of_row, of_column);
                    match (mark, reason, count) {
                        (Some(_), Some(reason), 1..SELDOM) if reason.is_seldom() => {}
                        (None, ..) => kept.broken.push(format!("{cell} is new: --keep it")),
                        (_, Some(reason), 1..) => kept.broken.push(format!(
                            "{cell} was reached by {count} schedules, though {}",
                            reason.words
                        )),
                        (Some('+'), _, 0) => {
                            kept.broken.push(format!("{cell} is reached no more"));
                        }
                        (Some('~'), _, 0) => {
                            kept.told
                                .push(format!("{cell} was reached seldom, and is no more"));
                        }
                        (_, None, 0) => kept.holes.push(cell),
                        (Some('?' | '-'), None, 1..) => {
                            let words =
                                format!("{cell} is reached by {count} schedules: --keep it");
                            kept.told.push(words);
                        }
                        _ => {}
                    }
                }
            }
            for reason in &sheet.reasons {
                let any = |names: &[String], pattern: &str| {
                    names.iter().any(|name| is_among(name, pattern))
                };
                if !any(&rows, &reason.rows) || !any(&columns, &reason.columns) {
                    kept.broken.push(format!(
                        "{name}: `not {} @ {}` is about nothing",
                        reason.rows, reason.columns
                    ));
                }
            }
            for (gone, _) in sheet.rows.iter().filter(|(row, _)| !rows.contains(row)) {
                kept.broken
                    .push(format!("{name}: there is no {gone} any more: --keep"));
            }
        }
        kept
    }

    /// How many cells there are of each kind, in words.
    pub fn sum(&self) -> String {
        let marks = self.sheets.iter().flat_map(|sheet| &sheet.rows);
        let marks: Vec<char> = marks.flat_map(|(_, marks)| marks).copied().collect();
        let count = |mark| marks.iter().filter(|other| **other == mark).count();
        format!(
            "{} situations: {} reached, {} seldom, {} impossible, {} holes",
            marks.len() - count('.'),
            count('+'),
            count('~'),
            count('-'),
            count('?'),
        )
    }
}

impl Sheet {
    fn mark(&self, row: &str, column: &str) -> Option<char> {
        let column = self.columns.iter().position(|name| name == column)?;
        let (_, marks) = self.rows.iter().find(|(name, _)| name == row)?;
        marks.get(column).copied()
    }
}

impl Reason {
    /// Whether chance may reach it in a few schedules after all. The reason names the test that does.
    fn is_seldom(&self) -> bool {
        self.words.starts_with("seldom")
    }

    fn is_of(&self, row: &str, column: &str) -> bool {
        is_among(row, &self.rows) && is_among(column, &self.columns)
    }
}

/// Whether a name is one of `a, b*`, and none of those behind `but`.
fn is_among(name: &str, pattern: &str) -> bool {
    let (of, but) = pattern.split_once(" but ").unwrap_or((pattern, ""));
    let is_in = |list: &str| {
        list.split(", ").any(|one| match one.strip_suffix('*') {
            Some(start) => name.starts_with(start),
            None => name == one,
        })
    };
    is_in(of) && !is_in(but)
}

impl fmt::Display for Catalogue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(ABOUT)?;
        for sheet in &self.sheets {
            let names = sheet.rows.iter().map(|(name, _)| name.len());
            let width = names.max().unwrap_or(0);
            write!(f, "\n{}\n  {:width$}", sheet.name, "")?;
            let mut line = String::new();
            for name in &sheet.columns {
                let _ = write!(line, " {name}");
            }
            writeln!(f, "{line}")?;
            for (name, marks) in &sheet.rows {
                let mut line = format!("{name:width$}");
                for (mark, column) in marks.iter().zip(&sheet.columns) {
                    let _ = write!(line, " {mark:<0$}", column.len());
                }
                writeln!(f, "  {}", line.trim_end())?;
            }
            for reason in &sheet.reasons {
                let Reason {
                    rows,
                    columns,
                    words,
                } = reason;
                writeln!(f, "  not {rows} @ {columns}: {words}")?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::Reached;
    use super::*;

    fn reach(cells: &[(usize, usize)], schedules: u32) -> Reach {
        let mut reached = Reached::default();
        for (row, column) in cells {
            reached.note(Table::HeldMoves, *row, *column);
        }
        let mut reach = Reach::default();
        for _ in 0..schedules {
            reach.take(&reached);
        }
        reach
    }

    fn of_held(words: &[String]) -> Vec<&str> {
        let of_held = |words: &&String| words.starts_with("held-moves");
        words.iter().filter(of_held).map(String::as_str).collect()
    }

    #[test]
    fn a_situation_that_is_reached_no_more_is_named() {
        let kept = Catalogue::default().with(&reach(&[(0, 1), (0, 2)], 10));
        let now = kept.compare(&reach(&[(0, 1)], 10));
        assert_eq!(
            of_held(&now.broken),
            ["held-moves: nothing @ end is reached no more"]
        );
        assert!(now.holes.contains(&"held-moves: end @ lines".to_owned()));
    }

    #[test]
    fn one_that_was_reached_seldom_is_no_more_than_told() {
        let kept = Catalogue::default().with(&reach(&[(0, 1)], 9));
        let now = kept.compare(&reach(&[], 9));
        assert_eq!(of_held(&now.broken), [""; 0]);
        let words = "held-moves: nothing @ lines was reached seldom, and is no more";
        assert_eq!(of_held(&now.told), [words]);
    }

    #[test]
    fn what_is_said_to_be_seldom_may_be_reached_by_a_few_and_by_no_more() {
        let text = Catalogue::default().with(&reach(&[], 1)).to_string();
        let reason = "  not nothing @ lines: seldom: rare; tests/client/tabs.rs\n";
        let kept = Catalogue::parse(&[&text, reason].concat()).unwrap();
        let hole = "held-moves: nothing @ lines".to_owned();
        for count in [1, 9] {
            let now = kept.compare(&reach(&[(0, 1)], count));
            assert_eq!(of_held(&now.broken), [""; 0]);
            assert!(!now.holes.contains(&hole) && of_held(&now.told).is_empty());
        }
        assert!(!kept.compare(&reach(&[], 1)).holes.contains(&hole));
        let now = kept.compare(&reach(&[(0, 1)], 10));
        let words = "held-moves: nothing @ lines was reached by 10 schedules, though seldom: rare; tests/client/tabs.rs";
        assert_eq!(of_held(&now.broken), [words]);
    }

    #[test]
    fn a_reason_that_something_contradicts_or_that_is_about_nothing_is_named() {
        let text = Catalogue::default().with(&reach(&[], 1)).to_string();
        let reasons = "  not nothing @ * but end: no\n  not nobody @ end: no\n";
        let kept = Catalogue::parse(&[&text, reasons].concat()).unwrap();
        let now = kept.compare(&reach(&[(0, 1)], 1));
        assert_eq!(
            of_held(&now.broken),
            [
                "held-moves: nothing @ lines was reached by 1 schedules, though no",
                "held-moves: `not nobody @ end` is about nothing",
            ]
        );
    }

    #[test]
    fn what_is_not_in_the_catalogue_yet_is_named() {
        let text = Catalogue::default().with(&reach(&[], 1)).to_string();
        let (text, _) = text.split_once("held-moves").unwrap();
        let now = Catalogue::parse(text).unwrap().compare(&reach(&[], 1));
        assert_eq!(of_held(&now.broken).len(), 6);
    }

    #[test]
    fn the_kept_catalogue_has_everything_there_is_and_is_read_as_it_is_printed() {
        let kept = Catalogue::parse(KEPT).unwrap();
        assert_eq!(kept.to_string(), KEPT);
        for table in Table::ALL {
            let sheet = kept.sheet(*table).unwrap();
            let rows: Vec<_> = sheet.rows.iter().map(|(name, _)| name.clone()).collect();
            assert_eq!(rows, table.rows(), "{}", table.name());
            assert_eq!(sheet.columns, table.columns(), "{}", table.name());
        }
    }
}
