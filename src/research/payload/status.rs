//! The statuses of a research: which ones exist, which are final, and their words for people.

/// A status that some release of the server sends or that its older pages know.
///
/// Named as the server spells it (`"in_progress"`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// Asked for, not yet taken up.
    Pending,
    /// Waits for a free slot; the payload may carry `queue_position`.
    Queued,
    /// Runs.
    InProgress,
    /// Ended with a result. Final.
    Completed,
    /// Ended because somebody stopped it; people read "Cancelled". Final.
    Suspended,
    /// Ended without a result. Final.
    Failed,
    /// Ended by a fault of the server. Final.
    Error,
    /// Ended because somebody stopped it. Final.
    Cancelled,
    /// Older pages: has been taken up.
    Starting,
    /// Older pages: runs, searches.
    Searching,
    /// Older pages: runs, reads what it found.
    Processing,
    /// Older pages: runs, thinks about what it read.
    Analyzing,
    /// Older pages: runs, writes the report.
    Writing,
    /// Older pages: runs, checks the report.
    Reviewing,
    /// Older pages: not yet taken up.
    NotStarted,
}

impl Status {
    /// Every status there is.
    pub const ALL: [Self; 15] = [
        Self::Pending,
        Self::Queued,
        Self::InProgress,
        Self::Completed,
        Self::Suspended,
        Self::Failed,
        Self::Error,
        Self::Cancelled,
        Self::Starting,
        Self::Searching,
        Self::Processing,
        Self::Analyzing,
        Self::Writing,
        Self::Reviewing,
        Self::NotStarted,
    ];

    /// The status with this name, in any case; `None` if no release knows it.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|status| status.as_str().eq_ignore_ascii_case(name))
    }

    /// The name on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Queued => "queued",
            Self::InProgress => "in_progress",
            Self::Completed => "completed",
            Self::Suspended => "suspended",
            Self::Failed => "failed",
            Self::Error => "error",
            Self::Cancelled => "cancelled",
            Self::Starting => "starting",
            Self::Searching => "searching",
            Self::Processing => "processing",
            Self::Analyzing => "analyzing",
            Self::Writing => "writing",
            Self::Reviewing => "reviewing",
            Self::NotStarted => "not_started",
        }
    }

    /// Whether the run is over: no status follows.
    pub const fn is_terminal(self) -> bool {
        match self {
            Self::Completed | Self::Suspended | Self::Failed | Self::Error | Self::Cancelled => {
                true
            }
            Self::Pending
            | Self::Queued
            | Self::InProgress
            | Self::Starting
            | Self::Searching
            | Self::Processing
            | Self::Analyzing
            | Self::Writing
            | Self::Reviewing
            | Self::NotStarted => false,
        }
    }

    /// Whether the run has not begun.
    pub const fn is_waiting(self) -> bool {
        matches!(self, Self::Pending | Self::Queued | Self::NotStarted)
    }

    /// Whether the run ended because something went wrong, not because somebody stopped it.
    pub const fn is_failure(self) -> bool {
        matches!(self, Self::Failed | Self::Error)
    }
}

/// What people read for a status with this name, known or not: suspended and cancelled are both
/// "Cancelled"; an unknown one begins with a capital and has spaces for `_`.
pub fn words(name: &str) -> String {
    match Status::parse(name) {
        Some(Status::Suspended | Status::Cancelled) => "Cancelled".into(),
        Some(Status::InProgress) => "In Progress".into(),
        Some(Status::NotStarted) => "Not Started".into(),
        Some(known) => capitalised(known.as_str()),
        None => capitalised(name),
    }
}

/// The name with a capital first letter and spaces for `_`.
pub(in crate::research) fn capitalised(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    for c in name.chars() {
        out.push(match c {
            '_' => ' ',
            // Names are ASCII; the tables of full Unicode would be larger than this module.
            c if out.is_empty() => c.to_ascii_uppercase(),
            c => c,
        });
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_status_has_its_own_name_on_the_wire_and_reads_back() {
        for status in Status::ALL {
            assert_eq!(Status::parse(status.as_str()), Some(status));
        }
        assert_eq!(Status::parse("COMPLETED"), Some(Status::Completed));
        assert_eq!(Status::parse("done"), None);
        assert_eq!(Status::parse(""), None);
    }

    #[test]
    fn five_statuses_are_final() {
        let terminal: Vec<&str> = Status::ALL
            .into_iter()
            .filter(|status| status.is_terminal())
            .map(Status::as_str)
            .collect();
        assert_eq!(
            terminal,
            ["completed", "suspended", "failed", "error", "cancelled"]
        );
    }

    #[test]
    fn people_read_words() {
        for (name, expected) in [
            ("suspended", "Cancelled"),
            ("cancelled", "Cancelled"),
            ("error", "Error"),
            ("completed", "Completed"),
            ("in_progress", "In Progress"),
            ("waiting_for_gpu", "Waiting for gpu"),
            ("", ""),
        ] {
            assert_eq!(words(name), expected);
        }
    }
}
