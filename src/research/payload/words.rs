//! The small words that messages, states and events share.

use std::fmt::Write as _;

use super::status::capitalised;

/// What must be done to a field of an object so that it is valid or absent.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Field<T> {
    /// Nothing: it is valid or absent already.
    Keep,
    /// Set it: the same fact in the right form.
    Set(T),
    /// Delete it: it was `null` or was refused. The latter comes with a warning.
    Delete,
}

/// Which way a fact came.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Source {
    /// From the socket.
    #[default]
    Live,
    /// From asking for the status while there was no socket.
    Fallback,
    /// From the stored log.
    History,
}

impl Source {
    /// The name that JavaScript sees.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Live => "live",
            Self::Fallback => "fallback",
            Self::History => "history",
        }
    }
}

/// The search engine that a research uses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Engine {
    /// Its name as the server spells it (`searxng`); `unknown` if the server does not say.
    pub name: String,
    /// How many results it found.
    pub result_count: Option<u64>,
}

impl Engine {
    /// What people read: "Search engine selected: Searxng (found 10 results)".
    pub fn words(&self) -> String {
        let mut out = ["Search engine selected: ", &capitalised(&self.name)].concat();
        if let Some(count) = self.result_count {
            // Writing an integer to a string cannot fail.
            let _ = write!(out, " (found {count} results)");
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_source_has_the_name_that_pages_compare() {
        let names = [Source::Live, Source::Fallback, Source::History].map(Source::as_str);
        assert_eq!(names, ["live", "fallback", "history"]);
    }
}
