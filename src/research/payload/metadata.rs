//! Reading the member `metadata` of a payload.

use super::fields::{check_object, read_count};
use super::text::Text;
use super::warning::Refusals;
use crate::json::Raw;

/// The members of `metadata` that matter.
#[derive(Clone, Debug, Default)]
pub(in crate::research) struct Metadata<'a> {
    pub(in crate::research) phase: Text<'a>,
    pub(in crate::research) search_engine: Text<'a>,
    pub(in crate::research) result_count: Option<u64>,
    pub(in crate::research) error_type: Text<'a>,
    pub(in crate::research) info_type: Text<'a>,
    pub(in crate::research) info_message: Text<'a>,
    pub(in crate::research) info_suggestion: Text<'a>,
}

impl<'a> Metadata<'a> {
    pub(in crate::research) fn read(raw: Raw<'a>, refusals: &mut Refusals) -> Self {
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
