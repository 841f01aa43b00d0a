//! What phrases for numbers mean, by a named and versioned lexicon.

use crate::quantity::Interval;
use crate::vocabulary::{UnknownWord, vocabulary};

vocabulary! {
    /// A named list of phrases; its meanings never change, a new list gets a new name.
    pub enum Lexicon ("lexicon") {
        /// English, first version: several ≥ 3, dozens ≥ 24, scores ≥ 40, hundreds ≥ 200, thousands ≥ 2,000, no casualties = 0.
        En1 = "en-1",
    }
}

/// A phrase of a lexicon, such as "dozens" of `en-1`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Phrase {
    lexicon: Lexicon,
    index: u8,
}

struct Entry {
    word: &'static str,
    least: u64,
    most: Option<u64>,
}

const EN_1: &[Entry] = &[
    Entry {
        word: "several",
        least: 3,
        most: None,
    },
    Entry {
        word: "dozens",
        least: 24,
        most: None,
    },
    Entry {
        word: "scores",
        least: 40,
        most: None,
    },
    Entry {
        word: "hundreds",
        least: 200,
        most: None,
    },
    Entry {
        word: "thousands",
        least: 2000,
        most: None,
    },
    Entry {
        word: "no casualties",
        least: 0,
        most: Some(0),
    },
];

impl Lexicon {
    const fn entries(self) -> &'static [Entry] {
        match self {
            Self::En1 => EN_1,
        }
    }

    /// Looks up a phrase.
    ///
    /// # Errors
    /// When the lexicon does not have it.
    pub fn phrase(self, word: &str) -> Result<Phrase, UnknownWord> {
        let index = self.entries().iter().position(|entry| entry.word == word);
        match index.and_then(|index| u8::try_from(index).ok()) {
            Some(index) => Ok(Phrase {
                lexicon: self,
                index,
            }),
            None => Err(UnknownWord::new(
                "phrase",
                word,
                self.entries().iter().map(|entry| entry.word),
            )),
        }
    }
}

impl Phrase {
    /// The lexicon it belongs to.
    #[must_use]
    pub const fn lexicon(self) -> Lexicon {
        self.lexicon
    }

    /// The phrase itself.
    #[must_use]
    pub const fn word(self) -> &'static str {
        self.entry().word
    }

    /// The numbers it may stand for.
    #[must_use]
    pub const fn interval(self) -> Interval {
        let entry = self.entry();
        Interval {
            least: entry.least,
            most: entry.most,
        }
    }

    const fn entry(self) -> &'static Entry {
        &self.lexicon.entries()[self.index as usize]
    }
}
