//! Questions about a research as tabs speak of them: what is asked, which research it is, and what came of it.

use crate::json::{self, Raw};
use crate::socket::{Passed, Question};

/// The answer to the question that was begun last.
pub(super) const CAME: u64 = 3;

/// What a leader says when it begins to ask.
pub(super) const fn begun(question: Question) -> u64 {
    match question {
        Question::Status => 0,
        Question::Log => 1,
        Question::Flush => 2,
    }
}

/// What it says when others have to ask for themselves.
pub(super) const fn denied(question: Question) -> u64 {
    begun(question) + CAME + 1
}

const fn question_of(number: u64) -> Option<Question> {
    match number {
        0 => Some(Question::Status),
        1 => Some(Question::Log),
        2 => Some(Question::Flush),
        _ => None,
    }
}

/// The research as text: JSON, in which a trace that is masked knows ids.
pub(super) fn about(id: &str) -> String {
    let mut text = String::from("{\"research_id\":");
    json::write_string(&mut text, id);
    text.push('}');
    text
}

fn id_of(text: &str) -> Option<String> {
    let id = Raw::parse(text).ok()?.get("research_id")?;
    Some(id.string()?.into_owned())
}

/// What the leader says; `None` if that is nothing.
pub(super) fn read(number: u64, what: u64, text: &str) -> Option<Passed> {
    if what == CAME {
        return Some(Passed::Came(text.to_owned()));
    }
    let about = id_of(text)?;
    if let Some(question) = question_of(what) {
        return Some(Passed::Begun {
            question,
            about,
            number,
        });
    }
    let question = question_of(what.checked_sub(CAME + 1)?)?;
    Some(Passed::Denied { question, about })
}

/// What another tab wants of the leader.
pub(super) fn wanted(question: u64, since: u64, about: &str) -> Option<Passed> {
    Some(Passed::Wanted {
        question: question_of(question)?,
        about: id_of(about)?,
        since,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [Question; 3] = [Question::Status, Question::Log, Question::Flush];

    #[test]
    fn what_a_leader_says_of_a_question_is_what_is_heard() {
        for asked in ALL {
            let text = about("a \"b\"");
            assert!(matches!(
                read(7, begun(asked), &text),
                Some(Passed::Begun { question, about, number: 7 })
                    if question == asked && about == "a \"b\""
            ));
            assert!(matches!(
                read(7, denied(asked), &text),
                Some(Passed::Denied { question, .. }) if question == asked
            ));
            assert!(matches!(
                wanted(begun(asked), 9, &text),
                Some(Passed::Wanted { question, since: 9, .. }) if question == asked
            ));
        }
        assert!(matches!(read(7, CAME, "[]"), Some(Passed::Came(body)) if body == "[]"));
    }

    #[test]
    fn what_is_no_word_of_a_question_is_nothing() {
        assert!(read(7, 99, &about("a")).is_none());
        assert!(read(7, begun(Question::Log), "{\"research_id\":5}").is_none());
        assert!(read(7, begun(Question::Log), "a").is_none());
        assert!(wanted(CAME, 1, &about("a")).is_none());
    }
}
