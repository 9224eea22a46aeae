//! Socket.IO protocol version 5 on one namespace.

pub mod binary;
mod carrier;
mod connection;
mod incoming;
mod leaving;
mod lent;
mod link;
mod outgoing;
pub mod packet;
mod page;
mod pending;
mod whereabouts;

pub(crate) use carrier::{Carrier, Passed, Question};
pub use connection::{
    Connection, FIRST_CHANCE_MS, FIRST_PROBE_MS, LAST_CHANCE_MS, MAX_PROBE_MS, PROBE_MS, RETURN_MS,
    STABLE_AFTER_MS, STEADY_AFTER_MS,
};
pub use leaving::{LEAVING_MS, MOMENT_MS};
pub use link::MAX_EARLY_BYTES;
pub(crate) use link::{Event, Settings, Status};
pub(crate) use outgoing::with_attachments;
pub use outgoing::{Acked, EMIT_BYTES, Emit, EmitError, EmitId, MAX_WAITING_BYTES};
pub use page::VERIFY_MS;
pub use pending::ACK_BYTES;
