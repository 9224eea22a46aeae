//! docs/reference.md: options, events, states and codes as tables, of what typedoc knows of the types.

use anyhow::{Context as _, Result, bail};
use serde::Deserialize;

const HEAD: &str = "<!-- Made of the comments in pkg-template/*.d.ts by `cargo xtask doc`: change those. -->

# Reference

All options, events, states and codes, in the words of the types, which editors show as well. What to do when a code or a state shows
up is in [It says … what now](guides/what-now.md).
";

/// One table of the document.
struct Table {
    heading: &'static str,
    /// The type that it is about.
    name: &'static str,
    rows: Rows,
}

/// Where the rows of a table come from.
enum Rows {
    /// The members of a type.
    Members(&'static str),
    /// The same, with their defaults.
    Options,
    /// The list in the comment of a union, which has an item for each of its values.
    Values(&'static str),
}

const TABLES: [Table; 19] = [
    Table::new("Options of `connect`", "ConnectOptions", Rows::Options),
    Table::new("The option `fallback`", "FallbackOptions", Rows::Options),
    Table::new("The option `dedup`", "DedupOptions", Rows::Options),
    Table::new("Options of `doctor`", "DoctorOptions", Rows::Options),
    Table::new("Events of a client", "ClientEvents", Rows::Members("event")),
    Table::new(
        "Events of a research",
        "ResearchEvents",
        Rows::Members("event"),
    ),
    Table::new(
        "State of a research",
        "ResearchState",
        Rows::Members("field"),
    ),
    Table::new("States of a connection", "StateName", Rows::Values("state")),
    Table::new("Error codes", "ErrorCode", Rows::Values("code")),
    Table::new("Codes of warnings", "WarningCode", Rows::Values("code")),
    Table::new(
        "Reasons of a disconnect",
        "DisconnectReason",
        Rows::Values("reason"),
    ),
    Table::new("Reasons of a refusal", "Refusal", Rows::Values("reason")),
    Table::new(
        "Findings of the doctor",
        "FindingCode",
        Rows::Values("code"),
    ),
    Table::new("Counters of `stats()`", "Stats", Rows::Members("counter")),
    Table::new(
        "Attributes of both elements",
        "ConnectionAttributes",
        Rows::Members("attribute"),
    ),
    Table::new(
        "Attributes of `<research-progress>`",
        "ResearchProgressAttributes",
        Rows::Members("attribute"),
    ),
    Table::new(
        "Events of `<research-progress>`",
        "ResearchProgressEvents",
        Rows::Members("event"),
    ),
    Table::new(
        "Attributes of `<research-list>`",
        "ResearchListAttributes",
        Rows::Members("attribute"),
    ),
    Table::new(
        "Events of `<research-list>`",
        "ResearchListEvents",
        Rows::Members("event"),
    ),
];

impl Table {
    const fn new(heading: &'static str, name: &'static str, rows: Rows) -> Self {
        Self {
            heading,
            name,
            rows,
        }
    }

    fn write(&self, project: &Node) -> Result<String> {
        let declared = project
            .find(self.name)
            .with_context(|| format!("no type {}", self.name))?;
        let about = declared.summary();
        let mut text = format!("\n## {}\n", self.heading);
        let rows = match self.rows {
            Rows::Values(what) => {
                text.push_str(&format!("\n| {what} | |\n| --- | --- |\n"));
                values(&about)
                    .map(|(names, words)| format!("| {names} | {} |\n", cell(words)))
                    .collect::<Vec<_>>()
            }
            Rows::Members(what) => {
                text.push_str(&format!(
                    "\n{}\n\n| {what} | |\n| --- | --- |\n",
                    cell(&about)
                ));
                let member = |member: &Node| {
                    format!("| `{}` | {} |\n", member.name, cell(&member.summary()))
                };
                declared.own_members().map(member).collect()
            }
            Rows::Options => {
                let head = "| option | default | |\n| --- | --- | --- |\n";
                text.push_str(&format!("\n{}\n\n{head}", cell(&about)));
                let option = |member: &Node| {
                    let words = cell(&member.summary());
                    format!("| `{}` | {} | {words} |\n", member.name, member.default())
                };
                declared.own_members().map(option).collect()
            }
        };
        if rows.is_empty() {
            bail!("{} has no rows", self.name);
        }
        text.extend(rows);
        Ok(text)
    }
}

/// What typedoc knows of a name, as far as the tables need it.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Node {
    name: String,
    variant: String,
    children: Vec<Self>,
    comment: Comment,
    inherited_from: Option<serde::de::IgnoredAny>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Comment {
    summary: Vec<Part>,
    block_tags: Vec<Tag>,
}

#[derive(Debug, Deserialize)]
struct Tag {
    tag: String,
    content: Vec<Part>,
}

#[derive(Debug, Deserialize)]
struct Part {
    kind: String,
    text: String,
}

/// The document, of what typedoc writes with `--json`.
pub(super) fn document(project: &Node) -> Result<String> {
    let mut text = HEAD.to_owned();
    for table in &TABLES {
        text.push_str(&table.write(project)?);
    }
    Ok(text)
}

impl Node {
    fn find(&self, name: &str) -> Option<&Self> {
        if self.variant == "declaration" && self.name == name {
            return Some(self);
        }
        self.children.iter().find_map(|child| child.find(name))
    }

    /// The members that it does not have of another type.
    fn own_members(&self) -> impl Iterator<Item = &Self> {
        let members = self.children.iter();
        members.filter(|member| member.inherited_from.is_none())
    }

    fn summary(&self) -> String {
        markdown(&self.comment.summary)
    }

    /// What stands behind `@default`, of which typedoc makes a block of code where it is nothing else.
    fn default(&self) -> String {
        let mut tags = self.comment.block_tags.iter();
        let tag = tags.find(|tag| tag.tag == "@default");
        let text = tag.map(|tag| markdown(&tag.content)).unwrap_or_default();
        let code = text
            .strip_prefix("```ts\n")
            .and_then(|code| code.strip_suffix("\n```"));
        match code {
            Some("none") => "none".to_owned(),
            Some(code) => cell(&format!("`{code}`")),
            None => cell(&text),
        }
    }
}

/// What a comment says: links are names here.
fn markdown(parts: &[Part]) -> String {
    let part = |part: &Part| match &*part.kind {
        "inline-tag" => format!("`{}`", part.text),
        _ => part.text.clone(),
    };
    parts.iter().map(part).collect()
}

/// Of "- `a`, `b`: words" the names and the words.
fn values(list: &str) -> impl Iterator<Item = (String, &str)> {
    let items = list.strip_prefix("- ").unwrap_or_default().split("\n- ");
    items
        .filter_map(|item| item.split_once("`: "))
        .map(|(names, words)| (format!("{names}`"), words))
}

/// On one line, and without what would end the cell.
fn cell(text: &str) -> String {
    let words: Vec<_> = text.split_whitespace().collect();
    words.join(" ").replace('|', "\\|")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn of(model: serde_json::Value) -> Node {
        serde_json::from_value(model).unwrap()
    }

    #[test]
    fn an_option_has_its_default_and_its_words_on_one_line() {
        let member: Node = of(json!({"name": "interval", "comment": {
            "summary": [{"kind": "text", "text": "The wait between\nan answer | and "},
                {"kind": "inline-tag", "tag": "@link", "text": "Client.connect"}],
            "blockTags": [{"tag": "@default", "content": [{"kind": "code", "text": "```ts\n3000\n```"}]}],
        }}));
        assert_eq!(
            cell(&member.summary()),
            "The wait between an answer \\| and `Client.connect`"
        );
        assert_eq!(member.default(), "`3000`");
    }

    #[test]
    fn each_item_of_a_union_is_a_row() {
        let list = "- `a`: one\n  line\n- `b`, `c`: two: three";
        let rows: Vec<_> = values(list).collect();
        let expected = [
            ("`a`".to_owned(), "one\n  line"),
            ("`b`, `c`".to_owned(), "two: three"),
        ];
        assert_eq!(rows, expected);
    }

    #[test]
    fn a_type_that_is_not_there_is_an_error() {
        let error = document(&of(json!({"name": "research-socket", "children": []}))).unwrap_err();
        assert_eq!(error.to_string(), "no type ConnectOptions");
    }
}
