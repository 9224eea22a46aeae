//! What a page was warned of: the same is told once.

use super::{NOT_FOUND, UNAUTHORIZED};
use crate::research::payload::hash::hash;
use crate::research::payload::warning::Warning;

/// Warnings for each connection. A server that is wrong once is wrong again and again; whoever reads
/// the first hundred knows.
const MAX_WARNINGS: usize = 100;

/// Those of them that say the same of something else each time, such as of a page of a proxy that
/// has the time on it.
const MAX_ALIKE: usize = 8;

/// The warnings of one connection.
#[derive(Debug, Default)]
pub(super) struct Told {
    warnings: Vec<Hashes>,
}

/// Of one warning.
#[derive(Debug)]
struct Hashes {
    /// Of all that it says.
    whole: u64,
    /// Of what is wrong, without what came.
    fault: u64,
    /// Of the research, if it says that the server does not show it.
    refused: Option<u64>,
}

impl Told {
    /// Whether the page is to hear of it.
    pub(super) fn is_news(&mut self, warning: &Warning) -> bool {
        let Warning {
            code,
            message,
            research,
            ..
        } = warning;
        let research = research.as_deref().unwrap_or_default();
        let is_refusal = matches!(*code, NOT_FOUND | UNAUTHORIZED);
        let refused = is_refusal.then(|| hash(0, &[research]));
        // What came stands behind the colon.
        let fault = message
            .split_once(':')
            .map_or(&**message, |(fault, _)| fault);
        let of = |words| hash(0, &[*code, research, words]);
        let (whole, fault) = (of(message), of(fault));
        let mut alike = 0;
        for other in &self.warnings {
            if other.whole == whole {
                return false;
            }
            alike += usize::from(other.fault == fault);
        }
        let is_news = alike < MAX_ALIKE && self.warnings.len() < MAX_WARNINGS;
        if is_news {
            self.warnings.push(Hashes {
                whole,
                fault,
                refused,
            });
        }
        is_news
    }

    /// The server shows a research: should it refuse it again, that is something new.
    pub(super) fn allowed(&mut self, research: &str) {
        let research = Some(hash(0, &[research]));
        for warning in &mut self.warnings {
            if warning.refused == research {
                // What is alike is counted all the same.
                warning.whole = 0;
            }
        }
    }

    /// What was refused is asked for again, since the page wants it: of one research, or of all.
    pub(super) fn forgive(&mut self, research: Option<&str>) {
        let research = research.map(|research| hash(0, &[research]));
        let stays = |warning: &Hashes| match warning.refused {
            Some(refused) => research.is_some_and(|research| research != refused),
            None => true,
        };
        self.warnings.retain(stays);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn warning(message: String) -> Warning {
        Warning {
            code: "damaged-answer",
            message,
            research: Some("r".to_owned()),
            excerpt: String::new(),
        }
    }

    #[test]
    fn the_same_is_told_once_and_what_is_alike_eight_times() {
        let mut told = Told::default();
        let mut count = |message: &dyn Fn(u32) -> String| {
            let news = (0..50).filter(|n| told.is_news(&warning(message(*n))));
            news.count()
        };
        assert_eq!(count(&|_| "an answer is no object: 7".to_owned()), 1);
        assert_eq!(count(&|n| format!("an answer is no object: {n}")), 7);
        assert_eq!(count(&|n| format!("progress: expected 0, got {n}")), 8);
    }

    #[test]
    fn what_was_allowed_meanwhile_is_told_again_if_not_for_ever() {
        let mut told = Told::default();
        let mut refusal = warning("sign in".to_owned());
        refusal.code = UNAUTHORIZED;
        let news = (0..50).filter(|_| {
            let is_news = told.is_news(&refusal);
            assert!(!told.is_news(&refusal));
            told.allowed("other");
            assert!(!told.is_news(&refusal));
            told.allowed("r");
            is_news
        });
        assert_eq!(news.count(), MAX_ALIKE);
        told.forgive(Some("other"));
        assert!(!told.is_news(&refusal));
        told.forgive(Some("r"));
        assert!(told.is_news(&refusal));
        told.forgive(None);
        assert!(told.is_news(&refusal));
    }

    #[test]
    fn other_researches_and_other_faults_are_news_until_there_are_a_hundred() {
        let mut told = Told::default();
        let mut other = warning("x".to_owned());
        assert!(told.is_news(&other));
        other.research = Some("s".to_owned());
        assert!(told.is_news(&other));
        other.code = "not-json";
        assert!(told.is_news(&other));
        let news = (0..500).filter(|n| told.is_news(&warning(format!("fault {n}"))));
        assert_eq!(news.count(), MAX_WARNINGS - 3);
    }
}
