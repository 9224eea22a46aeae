//! `cargo xtask storm`: what many clients do to a server that restarts, as a table and a picture.

use std::fmt::Write as _;
use std::fs;

use anyhow::{Context as _, Result};
use serde_json::Value;

use crate::process;
use crate::project::Project;
use crate::sim;
use crate::svg::{STYLE, line, text};
use crate::ui;

/// The one in the guide.
const PICTURE: &str = "docs/pictures/storm.svg";

/// Two hyphens end a comment, also those of an option.
const MARK: &str = "<!-- Made by `cargo xtask storm` with its option `keep`: do not edit. -->";

/// Pixels.
const WIDTH: f64 = 760.0;
const LEFT: f64 = 64.0;
const RIGHT: f64 = 740.0;
const HEIGHT: f64 = 190.0;
/// The tops of the two charts.
const TOPS: [f64; 2] = [86.0, 330.0];

/// How many seconds after the restart are drawn.
const SECONDS: usize = 90;

/// Lines differ by more than colour.
const LINES: &str = "
  .chart { fill: none; stroke-width: 2; }
  .default { stroke: #1a7f37; }
  .peer { stroke: #0969da; stroke-dasharray: 7 3; }
  .steady { stroke: #bc4c00; stroke-dasharray: 2 3; }
  .gone { fill: #59636e; opacity: 0.12; }
  .across { stroke: #59636e; stroke-dasharray: 1 4; }
  .right { text-anchor: end; }
  @media (prefers-color-scheme: dark) {
    .default { stroke: #3fb950; }
    .peer { stroke: #58a6ff; }
    .steady { stroke: #db6d28; }
  }
";

/// One run, as the program tells it.
#[derive(Debug)]
struct Row(Value);

impl Row {
    fn number(&self, name: &str) -> Option<f64> {
        self.0.get(name)?.as_f64()
    }

    fn is_shared(&self) -> bool {
        self.0.get("shared").and_then(Value::as_bool) == Some(true)
    }

    fn closes(&self) -> bool {
        self.0.get("closes").and_then(Value::as_bool) == Some(true)
    }

    fn strategy(&self) -> &str {
        self.0
            .get("strategy")
            .and_then(Value::as_str)
            .unwrap_or_default()
    }

    fn list(&self, name: &str) -> Vec<f64> {
        let list = self.0.get(name).and_then(Value::as_array);
        list.into_iter()
            .flatten()
            .filter_map(Value::as_f64)
            .collect()
    }

    fn missed(&self) -> usize {
        self.0
            .get("missed")
            .and_then(Value::as_array)
            .map_or(0, Vec::len)
    }

    /// Class and words of its line.
    fn style(&self) -> (&'static str, &'static str) {
        match self.strategy() {
            "default" => ("default", "research-socket"),
            "steady" => ("steady", "each second, without jitter"),
            _ => ("peer", "socket.io-client"),
        }
    }
}

/// Runs it, and says whether the library's default reaches the aims in each row.
pub(crate) fn run(project: &Project, keep: bool, options: &[String]) -> Result<bool> {
    let mut command = sim::command(project, "storm");
    command.args(options);
    let printed = process::run_or_fail("storm", &mut command)?;
    let rows = read(&printed)?;
    print!("{}\n{}", table(&rows), kinds(&rows));
    let picture = svg(&rows);
    let folder = project.path("target/storm");
    fs::create_dir_all(&folder)?;
    fs::write(folder.join("storm.svg"), &picture)?;
    if keep {
        fs::write(project.path(PICTURE), picture)?;
        ui::say(format_args!("{PICTURE} is made anew"));
    }
    Ok(reaches(&rows))
}

fn read(printed: &str) -> Result<Vec<Row>> {
    let rows = printed.lines().filter(|line| line.starts_with('{'));
    let rows = rows.map(|line| serde_json::from_str(line).map(Row));
    rows.collect::<Result<Vec<_>, _>>()
        .context("a line of the storm is no JSON")
}

fn reaches(rows: &[Row]) -> bool {
    let mut own = rows.iter().filter(|row| row.strategy() == "default");
    !rows.is_empty() && own.all(|row| row.missed() == 0)
}

/// In Markdown.
fn table(rows: &[Row]) -> String {
    let mut out = String::from(
        "| | follow | ping each | server takes | 50 % live | 95 % | 100 % | peak : mean | refused | in vain | queue |\n\
         | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |\n",
    );
    for row in rows {
        let seconds = |name: &str| {
            let at = row.number(name);
            at.map_or_else(|| "never".to_owned(), |ms| format!("{:.1} s", ms / 1_000.0))
        };
        let count = |name: &str| row.number(name).unwrap_or(0.0);
        let (peak, mean) = (count("peak"), count("mean"));
        let _ = writeln!(
            out,
            "| {} | {} | {:.0} s | {:.0}/s | {} | {} | {} | {peak:.0} : {mean:.0} | {:.0} | {:.0} | {:.0} |",
            row.style().1,
            match (row.is_shared(), row.closes()) {
                (true, _) => "one research",
                (false, false) => "their own",
                (false, true) => "their own, refused without a 503",
            },
            count("ping_ms") / 1_000.0,
            count("rate"),
            seconds("half_ms"),
            seconds("most_ms"),
            seconds("all_ms"),
            count("refused"),
            count("in_vain"),
            count("queue"),
        );
    }
    out
}

/// What this library's clients asked for since the server's return, in Markdown.
fn kinds(rows: &[Row]) -> String {
    let mut out = String::from(
        "| ping each | a full queue | request | served | of these in vain | refused |\n| --- | --- | --- | --- | --- | --- |\n",
    );
    for row in rows.iter().filter(|row| row.strategy() == "default") {
        if row.is_shared() {
            continue;
        }
        let ping = row.number("ping_ms").unwrap_or(0.0) / 1_000.0;
        let full = if row.closes() { "closes" } else { "503" };
        let tally = row.0.get("tally").and_then(Value::as_object);
        for (kind, counts) in tally.into_iter().flatten() {
            let count = |place: usize| counts.get(place).and_then(Value::as_u64).unwrap_or(0);
            let (served, refused, wasted) = (count(0), count(1), count(2));
            let _ = writeln!(
                out,
                "| {ping:.0} s | {full} | {kind} | {served} | {wasted} | {refused} |"
            );
        }
    }
    out
}

/// The rate of requests, and who is live, of clients that follow a research of their own each.
fn svg(rows: &[Row]) -> String {
    let first = rows.first().and_then(|row| row.number("ping_ms"));
    let drawn: Vec<_> = rows
        .iter()
        .filter(|row| !row.is_shared() && !row.closes() && row.number("ping_ms") == first)
        .collect();
    let clients = drawn.first().and_then(|row| row.number("clients"));
    let clients = clients.unwrap_or(1.0);
    let rate = drawn.first().and_then(|row| row.number("rate"));
    let rate = rate.unwrap_or(1.0);
    let gone = drawn.first().and_then(|row| row.number("returns_in"));
    let gone = gone.unwrap_or(0.0);
    let mut body = String::new();
    text(
        &mut body,
        "title",
        16.0,
        24.0,
        &format!("{clients:.0} clients, whose server is gone for {gone:.0} s"),
    );
    let mut x = LEFT;
    for row in &drawn {
        let (class, words) = row.style();
        let _ = writeln!(
            body,
            r#"<path class="chart {class}" d="M{x:.1} 44H{:.1}"/>"#,
            x + 34.0
        );
        text(&mut body, "", x + 42.0, 48.0, words);
        x += 230.0;
    }
    let most = drawn
        .iter()
        .flat_map(|row| row.list("asked"))
        .fold(rate, f64::max);
    let charts = [
        (
            "Requests a second",
            "asked",
            most,
            rate,
            "what the server takes",
        ),
        ("Clients that are live", "live", clients, clients, "all"),
    ];
    for (top, (title, name, most, level, words)) in TOPS.into_iter().zip(charts) {
        text(&mut body, "small", LEFT, top - 8.0, title);
        let _ = writeln!(
            body,
            r#"<rect class="gone" x="{LEFT:.1}" y="{top:.1}" width="{:.1}" height="{HEIGHT:.1}"/>"#,
            place(gone) - LEFT
        );
        axis(&mut body, top);
        let y = top + HEIGHT * (1.0 - level / most);
        let _ = writeln!(
            body,
            r#"<path class="chart across" d="M{LEFT:.1} {y:.1}H{RIGHT:.1}"/>"#
        );
        text(&mut body, "small right", RIGHT, y + 12.0, words);
        text(
            &mut body,
            "small right",
            LEFT - 6.0,
            y + 4.0,
            &format!("{level:.0}"),
        );
        for row in &drawn {
            curve(&mut body, row, name, top, most);
        }
    }
    let height = TOPS[1] + HEIGHT + 44.0;
    text(
        &mut body,
        "small",
        LEFT,
        height - 8.0,
        "Seconds since the server went; grey while it is gone.",
    );
    format!(
        "{MARK}\n<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{WIDTH}\" height=\"{height}\" viewBox=\"0 0 {WIDTH} {height}\" role=\"img\" \
         aria-label=\"Requests a second, and clients that are live, after a restart\">\n<style>{STYLE}{LINES}</style>\n{body}</svg>\n"
    )
}

fn axis(body: &mut String, top: f64) {
    for second in (0..=SECONDS).step_by(15) {
        let x = place(count(second));
        line(body, "grid", x, top, top + HEIGHT);
        text(body, "tick", x, top + HEIGHT + 14.0, &second.to_string());
    }
}

/// What is known of each second, at its end; after the last one nothing changes.
fn curve(body: &mut String, row: &Row, name: &str, top: f64, most: f64) {
    let mut path = String::new();
    for (second, value) in row.list(name).into_iter().take(SECONDS).enumerate() {
        let start = if path.is_empty() { 'M' } else { 'L' };
        let x = place(count(second + 1));
        let y = top + HEIGHT * (1.0 - value / most);
        let _ = write!(path, "{start}{x:.1} {y:.1}");
    }
    let _ = writeln!(
        body,
        r#"<path class="chart {}" d="{path}"/>"#,
        row.style().0
    );
}

/// Where a second is.
fn place(second: f64) -> f64 {
    LEFT + (RIGHT - LEFT) * second / count(SECONDS)
}

fn count(number: usize) -> f64 {
    u32::try_from(number).map_or(0.0, f64::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINES: &str = r#"{"strategy":"default","clients":10,"shared":false,"ping_ms":5000,"rate":20,"half_ms":1500,"most_ms":2000,"all_ms":2500,"peak":30,"mean":20,"refused":1,"in_vain":2,"queue":3,"returns_in":2,"missed":[],"tally":{"handshake":[9,7,5]},"asked":[10,40,20],"live":[0,5,10]}
{"strategy":"steady","clients":10,"shared":false,"ping_ms":5000,"rate":20,"half_ms":null,"most_ms":null,"all_ms":null,"peak":40,"mean":10,"refused":1,"in_vain":2,"queue":3,"returns_in":2,"missed":["a","b"],"asked":[40],"live":[0]}"#;

    #[test]
    fn only_an_aim_that_the_default_misses_is_a_failure() {
        assert!(reaches(&read(LINES).unwrap()));
        let missed = LINES.replacen("\"missed\":[]", "\"missed\":[\"a\"]", 1);
        assert!(!reaches(&read(&missed).unwrap()));
        assert!(!reaches(&read("").unwrap()));
        assert!(read("{").is_err());
    }

    #[test]
    fn the_table_says_when_and_never() {
        let table = table(&read(LINES).unwrap());
        assert!(table.contains("| 1.5 s | 2.0 s | 2.5 s | 30 : 20 | 1 | 2 | 3 |"));
        assert!(table.contains("| never | never | never | 40 : 10 |"));
        let kinds = kinds(&read(LINES).unwrap());
        assert!(
            kinds.ends_with("| 5 s | 503 | handshake | 9 | 5 | 7 |\n"),
            "{kinds}"
        );
    }

    #[test]
    fn a_curve_goes_through_each_second_to_scale() {
        let picture = svg(&read(LINES).unwrap());
        let [first, second] = [place(1.0), place(2.0)];
        let [quarter, top] = [TOPS[0] + HEIGHT * 0.75, TOPS[0]];
        assert!(
            picture.contains(&format!("M{first:.1} {quarter:.1}L{second:.1} {top:.1}L")),
            "{picture}"
        );
        assert!(picture.starts_with(MARK));
        assert_eq!(MARK.matches("--").count(), 2, "the picture is no XML");
    }
}
