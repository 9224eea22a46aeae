//! What a research is: payloads in, facts out, each once.
