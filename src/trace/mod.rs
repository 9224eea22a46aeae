//! The trace: what went into a client and what came of it, as text that replays natively.
//!
//! One JSON value a line. The first is the header: version, options, seed and time of creation, all
//! that a [`Client`](crate::research::Client) is made of. Then for each input an array of the
//! milliseconds since the creation, its kind and its fields, and an array that begins with `">"`
//! with the kinds of the outputs. `tests/trace` reads it and runs it again.
//!
//! Lines are [recorded](input) as they are, which costs little ([pieces](piece) of answers least), but for credentials and what the page emits,
//! of which only the size and shape is recorded. They are [masked](mask()) when somebody wants to hand them on.

mod mask;
mod parts;
mod record;

pub use mask::mask;
pub use record::{MAX_TEXT, Outputs, header, input, piece, tabs};
