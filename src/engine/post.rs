//! The POST in flight, of which a session has one at a time.

use crate::http::RequestId;
use crate::time::Timestamp;

#[derive(Clone, Copy, Debug)]
pub(super) struct Post {
    pub(super) id: RequestId,
    pub(super) deadline: Timestamp,
}
