//! Engine.IO protocol version 4 over HTTP long-polling.
