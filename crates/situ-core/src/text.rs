//! Text as a source wrote it, within limits.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize};

/// Text kept verbatim: 1 to 4,096 bytes, no control characters, no bidirectional overrides.
///
/// Right-to-left letters and the joiners ZWNJ and ZWJ are fine.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct Text(Box<str>);

/// A short text: 1 to 256 bytes, under the same rules as [`Text`].
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct Name(Arc<str>);

/// A field of somebody's record, kept verbatim: at most 4,096 bytes, possibly empty, line breaks and tabs allowed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct Verbatim(Box<str>);

/// A text that cannot be kept.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TextError {
    /// The text has no characters, or only white space.
    #[error("text is empty; leave the field out instead")]
    Empty,
    /// The text is longer than its field allows.
    #[error(
        "text of {len} bytes is over the limit of {limit}; shorten it, or cite the document by its url and digest"
    )]
    TooLong {
        /// Length in bytes.
        len: usize,
        /// The limit in bytes.
        limit: usize,
    },
    /// The text holds a character that would hide or reorder what people read.
    #[error("text holds {} at byte {at}; remove it", .character.escape_unicode())]
    Forbidden {
        /// The character.
        character: char,
        /// Byte offset in the text.
        at: usize,
    },
}

impl Text {
    /// The longest text, in bytes.
    pub const LIMIT: usize = 4096;

    /// Checks and keeps `text`.
    ///
    /// # Errors
    /// When it is empty, too long, or holds a forbidden character.
    pub fn new(text: impl Into<Box<str>>) -> Result<Self, TextError> {
        let text = text.into();
        check(&text, Self::LIMIT)?;
        Ok(Self(text))
    }

    /// A text that was checked before it was saved.
    pub(crate) fn checked(text: &str) -> Self {
        Self(text.into())
    }

    /// Borrows the text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Name {
    /// The longest name, in bytes.
    pub const LIMIT: usize = 256;

    /// Checks and keeps `name`.
    ///
    /// # Errors
    /// When it is empty, too long, or holds a forbidden character.
    pub fn new(name: impl Into<Arc<str>>) -> Result<Self, TextError> {
        let name = name.into();
        check(&name, Self::LIMIT)?;
        Ok(Self(name))
    }

    /// A name that was checked before it was saved.
    pub(crate) const fn checked(name: Arc<str>) -> Self {
        Self(name)
    }

    /// Borrows the name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Verbatim {
    /// Checks and keeps `text`.
    ///
    /// # Errors
    /// When it is too long or holds a forbidden character.
    pub fn new(text: impl Into<Box<str>>) -> Result<Self, TextError> {
        let text = text.into();
        if text.len() > Text::LIMIT {
            return Err(TextError::TooLong {
                len: text.len(),
                limit: Text::LIMIT,
            });
        }
        let forbidden =
            |character: &char| is_forbidden(*character) && !matches!(character, '\n' | '\r' | '\t');
        match text
            .char_indices()
            .find(|(_, character)| forbidden(character))
        {
            Some((at, character)) => Err(TextError::Forbidden { character, at }),
            None => Ok(Self(text)),
        }
    }

    /// Borrows the text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Checks the rules every text obeys.
pub(crate) fn check(text: &str, limit: usize) -> Result<(), TextError> {
    if text.len() > limit {
        return Err(TextError::TooLong {
            len: text.len(),
            limit,
        });
    }
    // Plain ASCII, which most texts are, needs no look at its characters.
    let is_plain = |byte: u8| (0x20..0x7f).contains(&byte);
    if text.starts_with(|first: char| first.is_ascii_graphic()) && each_byte(text, is_plain) {
        return Ok(());
    }
    if text.trim().is_empty() {
        return Err(TextError::Empty);
    }
    match text
        .char_indices()
        .find(|(_, character)| is_forbidden(*character))
    {
        Some((at, character)) => Err(TextError::Forbidden { character, at }),
        None => Ok(()),
    }
}

/// Whether it holds nothing but visible ASCII characters, as most ids do.
pub(crate) fn is_graphic(text: &str) -> bool {
    each_byte(text, |byte| byte.is_ascii_graphic())
}

/// Looks at every byte, also after one that is none: several are looked at in one step.
fn each_byte(text: &str, is_one: impl Fn(u8) -> bool) -> bool {
    text.bytes().fold(true, |all, byte| all & is_one(byte))
}

/// Control characters, the bidirectional embeddings, overrides and isolates of UAX #9, and the BOM.
pub(crate) fn is_forbidden(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}' | '\u{2028}' | '\u{2029}')
}

impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::new(String::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

impl<'de> Deserialize<'de> for Verbatim {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::new(String::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

impl FromStr for Name {
    type Err = TextError;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Self::new(name)
    }
}

impl<'de> Deserialize<'de> for Name {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        crate::id::parse_str(deserializer, "a string")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_kept_verbatim_or_refused_with_the_reason() {
        let check = |text: &str, expected: Result<(), &str>| {
            let got = Text::new(text)
                .map(|kept| assert_eq!(kept.as_str(), text))
                .map_err(|e| e.to_string());
            assert_eq!(got, expected.map_err(str::to_owned), "{text:?}");
        };
        check("several districts", Ok(()));
        check("بلوچستان", Ok(()));
        check("می\u{200c}خواهم", Ok(()));
        check(" ", Err("text is empty; leave the field out instead"));
        check("a\u{0}b", Err("text holds \\u{0} at byte 1; remove it"));
        check(
            "a\u{202e}b",
            Err("text holds \\u{202e} at byte 1; remove it"),
        );
        check("a\nb", Err("text holds \\u{a} at byte 1; remove it"));
    }

    #[test]
    fn a_name_is_at_most_256_bytes() {
        assert!(Name::new("n".repeat(256)).is_ok());
        assert_eq!(
            Name::new("n".repeat(257)),
            Err(TextError::TooLong {
                len: 257,
                limit: 256
            })
        );
        assert!(Text::new("n".repeat(4096)).is_ok());
        assert_eq!(
            Text::new("n".repeat(4097)),
            Err(TextError::TooLong {
                len: 4097,
                limit: 4096
            })
        );
    }
}
