//! Reading the member `metadata` of a payload.

use super::fields::{check_object, read_count};
use super::text::Text;
use super::warning::Refusals;
use crate::json::Raw;

/// The members of `metadata` that matter.
#[derive(Clone, Debug, Default)]
pub(super) struct Metadata<'a> {
    pub(super) phase: Text<'a>,
    pub(super) search_engine: Text<'a>,
    pub(super) result_count: Option<u64>,
    pub(super) error_type: Text<'a>,
    pub(super) info_type: Text<'a>,
    pub(super) info_message: Text<'a>,
    pub(super) info_suggestion: Text<'a>,
}

impl<'a> Metadata<'a> {
    pub(super) fn read(raw: Raw<'a>, refusals: &mut Refusals) -> Self {
        let mut metadata = Self::default();
        if !check_object(&["metadata"], raw, refusals) {
            return metadata;
        }
        for (key, value) in raw.members() {
            let field = ["metadata.", key.as_ref()];
            match key.as_ref() {
                "result_count" => metadata.result_count = read_count(&field, value, refusals),
                "error_info" if check_object(&field, value, refusals) => {
                    for (key, value) in value.members() {
                        let field = ["metadata.error_info.", key.as_ref()];
                        let text = match key.as_ref() {
                            "type" => &mut metadata.info_type,
                            "message" => &mut metadata.info_message,
                            "suggestion" => &mut metadata.info_suggestion,
                            _ => continue,
                        };
                        *text = refusals.text(&field, value);
                    }
                }
                name => {
                    let text = match name {
                        "phase" => &mut metadata.phase,
                        "search_engine" => &mut metadata.search_engine,
                        "error_type" => &mut metadata.error_type,
                        _ => continue,
                    };
                    *text = refusals.text(&field, value);
                }
            }
        }
        metadata
    }
}
