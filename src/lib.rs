//! Keeps a web page in step with a research that runs on a Socket.IO server.
