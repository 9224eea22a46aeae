//! The search engine that a server chose.

use super::message::{Message, parse};
use super::warning::{Refusals, Warning};
use super::words::Engine;

impl Engine {
    /// Reads the payload of the event `search_engine_selected`, which carries no research id.
    ///
    /// # Errors
    /// A warning if the payload is no object.
    pub fn parse(payload: &str) -> Result<Self, Warning> {
        let mut refusals = Refusals::default();
        let raw = parse(payload, &mut refusals);
        let message = raw.and_then(|raw| Message::read(raw, &mut refusals));
        match (message, refusals.warnings.pop()) {
            (Some(message), _) => Ok(message.engine_fields()),
            (None, Some(warning)) => Err(warning),
            (None, None) => Err(Warning::new("not-json", &["payload"], "an object", payload)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_event_of_an_engine_is_read_on_its_own_and_shown_as_words() {
        let engine = Engine::parse(r#"{"engine":"searxng","result_count":10}"#).unwrap();
        assert_eq!(
            engine.words(),
            "Search engine selected: Searxng (found 10 results)"
        );
        let engine = Engine::parse(r#"{"engine":"brave_search"}"#).unwrap();
        assert_eq!(engine.words(), "Search engine selected: Brave search");
        assert_eq!(Engine::parse("7").unwrap_err().code, "not-an-object");
        assert_eq!(Engine::parse("{").unwrap_err().code, "not-json");
    }
}
