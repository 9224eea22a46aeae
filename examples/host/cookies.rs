//! The server's cookies. A balancer that sends each client to a worker of its own knows it by one.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

/// The cookies of one server, by their names. All there is to one here is its value: it is kept for as long as the
/// client, and sent with each request, whatever `Path` and `Expires` say.
#[derive(Default)]
pub(super) struct Cookies {
    values: Mutex<BTreeMap<String, String>>,
}

impl Cookies {
    /// Takes what an answer sets.
    pub(super) fn take(&self, headers: &hyper::HeaderMap) {
        let mut values = self.values.lock().unwrap_or_else(PoisonError::into_inner);
        for cookie in headers.get_all(hyper::header::SET_COOKIE) {
            let pair = cookie.to_str().ok().and_then(|text| text.split(';').next());
            if let Some((name, value)) = pair.and_then(|pair| pair.split_once('=')) {
                values.insert(name.trim().to_owned(), value.trim().to_owned());
            }
        }
    }

    /// The header of the next request, if there is one.
    pub(super) fn header(&self) -> Option<String> {
        let values = self.values.lock().unwrap_or_else(PoisonError::into_inner);
        let pairs: Vec<_> = values
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        (!pairs.is_empty()).then(|| pairs.join("; "))
    }
}
