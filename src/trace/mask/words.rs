//! What of a text may stay: words that the protocols or the client itself know.

use crate::research::{LogLevel, Status};

/// Names of fields and events, and values, that the client reads or that the protocols have.
const WORDS: [&str; 83] = [
    // Engine.IO and Socket.IO.
    "sid",
    "upgrades",
    "websocket",
    "polling",
    "ok",
    "pingInterval",
    "pingTimeout",
    "maxPayload",
    "_placeholder",
    "num",
    "connect",
    "connect_error",
    "disconnect",
    "disconnecting",
    "newListener",
    "removeListener",
    "code",
    "message",
    // The research server: fields.
    "completed_at",
    "content",
    "created_at",
    "current_task",
    "engine",
    "error_info",
    "error_type",
    "event",
    "id",
    "is_milestone",
    "iteration",
    "log_entry",
    "log_type",
    "logs",
    "metadata",
    "phase",
    "progress",
    "progress_log",
    "query",
    "queue_position",
    "report_path",
    "research_id",
    "result_count",
    "search_engine",
    "source",
    "status",
    "step",
    "suggestion",
    "task",
    "thought",
    "time",
    "timestamp",
    "tool",
    "type",
    // Events.
    "search_engine_selected",
    "subscribe_error",
    "subscribe_to_research",
    "unsubscribe_from_research",
    // Phases, types of errors and other values.
    "complete",
    "connection",
    "final_synthesis",
    "in progress",
    "init",
    "iteration_complete",
    "iteration_start",
    "llm_error",
    "observation",
    "output_generation",
    "rate_limit",
    "react",
    "report_complete",
    "report_generation",
    "search",
    "search_complete",
    "search_error",
    "session expired",
    "setup",
    "sub_research",
    "success",
    "synthesis",
    "synthesis_error",
    "termination",
    "token_limit",
    "tool_call",
    "warn",
];

/// Whether the whole text is one of the words, or a status or level. Where the client does not look
/// at upper and lower case, or at the space around a word, neither does this.
pub(super) fn is_known(text: &str) -> bool {
    let text = text.trim_ascii();
    WORDS.iter().any(|word| word.eq_ignore_ascii_case(text))
        || Status::parse(text).is_some()
        || LogLevel::parse(text).is_some()
}
