//! Closed lists of words: the codes a claim may use.

/// Declares a closed vocabulary: an enum whose variants have one stored spelling each.
///
/// The spelling is what JSON, the command line and [`std::fmt::Display`] use; a word outside the
/// list is refused with the list in the message.
macro_rules! vocabulary {
    (
        $(#[$meta:meta])*
        pub enum $name:ident ($what:literal) {
            $( $(#[$vmeta:meta])* $variant:ident = $text:literal, )+
        }
    ) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        #[cfg_attr(any(test, feature = "schema"), derive(schemars::JsonSchema))]
        pub enum $name {
            $( $(#[$vmeta])* #[serde(rename = $text)] $variant, )+
        }

        impl $name {
            /// Every word of the list, in its documented order.
            pub const ALL: &[Self] = &[ $( Self::$variant, )+ ];

            /// Returns the stored spelling.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $( Self::$variant => $text, )+ }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl std::str::FromStr for $name {
            type Err = crate::vocabulary::UnknownWord;

            fn from_str(word: &str) -> Result<Self, Self::Err> {
                Self::ALL
                    .iter()
                    .copied()
                    .find(|known| known.as_str() == word)
                    .ok_or_else(|| crate::vocabulary::UnknownWord::new($what, word, Self::ALL.iter().map(|w| w.as_str())))
            }
        }
    };
}
pub(crate) use vocabulary;

/// A word that is not in a vocabulary; the message lists the words that are.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown {what} `{word}`; it is one of {known}")]
pub struct UnknownWord {
    what: &'static str,
    word: String,
    known: String,
}

impl UnknownWord {
    pub(crate) fn new<'a>(
        what: &'static str,
        word: &str,
        known: impl Iterator<Item = &'a str>,
    ) -> Self {
        Self {
            what,
            word: word.to_owned(),
            known: known.collect::<Vec<_>>().join(", "),
        }
    }
}
