//! Ids of researches: the same table as of every entry point of the package.

use research_socket::research::{InvalidId, MAX_ID_LENGTH, ResearchId};

use crate::table;

#[test]
fn an_id_that_leads_elsewhere_in_an_address_is_refused() {
    let ids = table(include_str!("ids.json"));
    let texts = |name: &str| {
        let texts = ids[name].as_array().expect("a list").iter();
        texts.map(|text| text.as_str().expect("a text").to_owned())
    };
    for id in texts("refused") {
        assert_eq!(ResearchId::from_text(&id), Err(InvalidId), "{id:?}");
    }
    for id in texts("taken") {
        assert_eq!(ResearchId::from_text(&id).unwrap().as_str(), id);
    }
}

#[test]
fn an_id_is_as_long_as_an_address_has_room_for() {
    for c in ["x", "\u{20ac}", "\u{1f600}"] {
        let longest = c.repeat(MAX_ID_LENGTH / c.encode_utf16().count());
        assert!(ResearchId::from_text(&longest).is_ok(), "{c}");
        assert!(ResearchId::from_text(&(longest + c)).is_err(), "{c}");
    }
}
