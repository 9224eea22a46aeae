//! What one message says: JSON in, checked values out.

pub(super) mod date;
pub(super) mod engine;
pub(super) mod event;
pub(super) mod failure;
pub(super) mod fields;
pub(super) mod hash;
pub(super) mod id;
pub(super) mod identity;
pub(super) mod level;
pub(super) mod log;
pub(super) mod message;
pub(super) mod metadata;
pub(super) mod status;
pub(super) mod text;
pub(super) mod warning;
pub(super) mod words;
