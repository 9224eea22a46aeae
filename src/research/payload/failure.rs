//! What went wrong in a research, in words for people.

use super::status::capitalised;
use super::text::bounded;

/// Something that went wrong on the server while it worked on a research. The run may go on: only
/// an end is an end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// What kind: the server's `error_type` (`timeout`, `token_limit`, `connection`, `rate_limit`,
    /// `llm_error`, …), else the phase (`synthesis_error`, …), else the status (`failed`, `error`).
    pub code: String,
    /// A title for people, as the server's own pages word it.
    pub title: String,
    /// A sentence for people: what happened and what to do.
    pub text: String,
    /// The server's own words, if it sent any.
    pub detail: Option<String>,
    /// What the server suggests to do, if it does.
    pub suggestion: Option<String>,
}

/// Where a payload says that something failed; borrowed from the payload.
#[derive(Clone, Copy, Debug, Default)]
pub(in crate::research) struct Signs<'a> {
    /// `metadata.error_type`, else `metadata.error_info.type`.
    pub(in crate::research) error_type: Option<&'a str>,
    /// `phase`, else `metadata.phase`.
    pub(in crate::research) phase: Option<&'a str>,
    /// The status, if it says that the run failed.
    pub(in crate::research) status: Option<&'a str>,
    /// `error`, else `metadata.error_info.message`.
    pub(in crate::research) detail: Option<&'a str>,
    /// `message`.
    pub(in crate::research) message: Option<&'a str>,
    /// `metadata.error_info.suggestion`.
    pub(in crate::research) suggestion: Option<&'a str>,
}

impl<'a> Signs<'a> {
    /// What kind of failure the signs show, if they show one: the type, else a phase that names
    /// its stage, else the status, else the bare phase `error`.
    fn code(&self) -> Option<&'a str> {
        let stage = self.phase.filter(|phase| phase.ends_with("_error"));
        let bare = self.phase.filter(|phase| *phase == "error");
        self.error_type.or(stage).or(self.status).or(bare)
    }

    /// What makes two failures different: kind and words. A failure with a type is repeated in the
    /// metadata of later updates, whose `message` speaks of other things.
    pub(in crate::research) fn identity(&self) -> Option<[&'a str; 2]> {
        let words = match self.error_type {
            Some(_) => self.detail,
            None => self.detail.or(self.message),
        };
        Some([self.code()?, words.unwrap_or("")])
    }
}

impl Failure {
    /// The failure that the signs show, if they show one.
    pub(in crate::research) fn from_signs(signs: Signs<'_>) -> Option<Self> {
        let code = signs.code()?;
        let detail = signs.detail.or(signs.message);
        let (title, text) = match signs.error_type {
            Some(code) => words(code),
            None => match code {
                "synthesis_error" => words(code),
                "failed" => ("Research Failed", detail.unwrap_or(NO_DETAIL)),
                "error" => ("Research Error", detail.unwrap_or(NO_DETAIL)),
                _ => ("", detail.unwrap_or(NO_DETAIL)),
            },
        };
        Some(Self {
            code: bounded(code),
            title: if title.is_empty() {
                bounded(&capitalised(code))
            } else {
                title.into()
            },
            text: bounded(text),
            detail: detail.map(bounded),
            suggestion: signs.suggestion.map(bounded),
        })
    }
}

/// Title and text for people of an `error_type`.
///
/// The server writes new types at any time (`ollama_error`, `model_not_found`, `api_error`, …);
/// its pages show all of them as a failed synthesis.
fn words(error_type: &str) -> (&'static str, &'static str) {
    match error_type {
        "timeout" => (
            "LLM Timeout Error",
            "The model took too long to respond. The server may be busy, or the query too complex.",
        ),
        "token_limit" => (
            "Token Limit Exceeded",
            "The query produced too much data for the model. Try a more specific one.",
        ),
        "connection" => (
            "LLM Connection Error",
            "The AI service could not be reached. Check that it is running.",
        ),
        "rate_limit" => (
            "API Rate Limit Reached",
            "The limit of the AI service was reached. Wait a few minutes and try again.",
        ),
        _ => (
            "LLM Synthesis Error",
            "The model failed during the final answer. A fallback response will be provided.",
        ),
    }
}

/// Said when the server says nothing.
const NO_DETAIL: &str = "The research failed, and the server did not say why.";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_error_type_has_its_title() {
        for (error_type, title) in [
            ("timeout", "LLM Timeout Error"),
            ("token_limit", "Token Limit Exceeded"),
            ("connection", "LLM Connection Error"),
            ("rate_limit", "API Rate Limit Reached"),
            ("llm_error", "LLM Synthesis Error"),
            ("ollama_error", "LLM Synthesis Error"),
            ("model_not_found", "LLM Synthesis Error"),
            ("unknown", "LLM Synthesis Error"),
        ] {
            let failure = Failure::from_signs(Signs {
                error_type: Some(error_type),
                ..Signs::default()
            });
            let failure = failure.unwrap();
            assert_eq!(
                (failure.code.as_str(), failure.title.as_str()),
                (error_type, title)
            );
            assert!(failure.text.ends_with('.'));
        }
    }

    #[test]
    fn the_type_speaks_before_the_phase_and_the_phase_before_the_status() {
        let all = Signs {
            error_type: Some("timeout"),
            phase: Some("synthesis_error"),
            status: Some("failed"),
            detail: Some("Read timed out"),
            message: Some("Switching to fallback mode"),
            suggestion: Some("Use a smaller model"),
        };
        let code = |signs| Failure::from_signs(signs).unwrap().code;
        assert_eq!(code(all), "timeout");
        let signs = Signs {
            error_type: None,
            ..all
        };
        assert_eq!(code(signs), "synthesis_error");
        let signs = Signs {
            phase: Some("searching"),
            ..signs
        };
        assert_eq!(code(signs), "failed");
        let signs = Signs {
            phase: Some("error"),
            ..signs
        };
        assert_eq!(code(signs), "failed");
        let signs = Signs {
            status: None,
            ..signs
        };
        assert_eq!(code(signs), "error");
        let signs = Signs {
            phase: Some("searching"),
            ..signs
        };
        assert_eq!(Failure::from_signs(signs), None);
    }

    #[test]
    fn a_failure_without_a_type_says_what_the_server_said() {
        let failed = Signs {
            status: Some("failed"),
            detail: Some("Search engine is down"),
            ..Signs::default()
        };
        let failure = Failure::from_signs(failed).unwrap();
        assert_eq!(failure.title, "Research Failed");
        assert_eq!(failure.text, "Search engine is down");
        let silent = Signs {
            detail: None,
            ..failed
        };
        assert_eq!(Failure::from_signs(silent).unwrap().text, NO_DETAIL);
    }

    #[test]
    fn any_phase_that_ends_in_error_is_a_failure() {
        let phase = |phase| {
            Failure::from_signs(Signs {
                phase: Some(phase),
                ..Signs::default()
            })
            .map(|failure| failure.title)
        };
        assert_eq!(phase("error").as_deref(), Some("Research Error"));
        assert_eq!(phase("search_error").as_deref(), Some("Search error"));
        assert_eq!(
            phase("synthesis_error").as_deref(),
            Some("LLM Synthesis Error")
        );
        assert_eq!(phase("synthesis_fallback"), None);
    }

    #[test]
    fn a_failure_with_a_type_is_the_same_whatever_the_message_says() {
        let timeout = Signs {
            error_type: Some("timeout"),
            message: Some("Synthesis failed"),
            ..Signs::default()
        };
        let repeated = Signs {
            message: Some("Writing the report"),
            ..timeout
        };
        assert_eq!(timeout.identity(), repeated.identity());
        let untyped = Signs {
            error_type: None,
            phase: Some("error"),
            ..timeout
        };
        let other = Signs {
            message: Some("Tool failed"),
            ..untyped
        };
        assert_ne!(untyped.identity(), other.identity());
        assert_eq!(Signs::default().identity(), None);
    }
}
