//! The saved form of a view: bytes it is restored from without reading the log again.
//!
//! Nothing in it is worth keeping: whatever does not read is thrown away and folded anew. So it need not be stable, and is as
//! compact and quick to read as can be: what is said often stands once, in front; the rest follows by number.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::fmt::Display;
use std::str::FromStr;
use std::sync::Arc;

use serde::Serialize;
use serde::de::DeserializeOwned;
use uuid::Uuid;

use crate::as_of::Position;
use crate::id::{EventId, PlaceId, SituationId, SourceId};
use crate::instant::Instant;
use crate::lexicon::Lexicon;
use crate::quantity::{Count, Form, Quantity};
use crate::source::Source;
use crate::text::{Name, Text};
use crate::when::When;

/// Writes a saved view, value by value.
///
/// The same values give the same bytes.
///
/// ```
/// use situ_core::{SavedReader, SavedWriter, SourceId};
///
/// let mut writer = SavedWriter::default();
/// writer.number(197);
/// writer.word("ispr");
/// let bytes = writer.finish();
/// let mut reader = SavedReader::new(&bytes)?;
/// assert_eq!(reader.number()?, 197);
/// assert_eq!(reader.source_id()?, SourceId::new("ispr")?);
/// reader.end()?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Default)]
pub struct SavedWriter {
    words: HashMap<Box<str>, u64>,
    word_list: Vec<u8>,
    whens: HashMap<When, u64>,
    when_list: Vec<u8>,
    texts: String,
    body: Vec<u8>,
}

/// Reads a saved view in the order it was written.
#[derive(Debug)]
pub struct SavedReader<'a> {
    words: Vec<Arc<str>>,
    whens: Vec<When>,
    texts: &'a str,
    body: &'a [u8],
}

/// A saved view that does not read: damaged, or of another layout. It is to be thrown away.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("what is saved does not read: {0}")]
pub struct SavedError(&'static str);

impl SavedError {
    /// With what does not fit.
    #[must_use]
    pub const fn new(what: &'static str) -> Self {
        Self(what)
    }
}

/// The marks of what a source has besides its origin.
mod mark {
    pub(super) const VIA: u64 = 1;
    pub(super) const QUOTE: u64 = 2;
    pub(super) const URL: u64 = 4;
    pub(super) const DIGEST: u64 = 8;
    pub(super) const LANGUAGE: u64 = 16;
}

impl SavedWriter {
    /// A number; small ones take least.
    pub fn number(&mut self, number: u64) {
        put(&mut self.body, number);
    }

    /// How many values follow.
    pub fn count(&mut self, count: usize) {
        self.number(count as u64);
    }

    /// A number that may be negative; those near to 0 take least.
    pub fn signed(&mut self, number: i64) {
        self.number(zigzag(number));
    }

    /// A moment, best after one that is near to it.
    pub fn instant(&mut self, instant: Instant, after: Instant) {
        let distance = instant.unix_nanos().wrapping_sub(after.unix_nanos());
        self.signed(distance);
    }

    /// A position, not before another.
    pub fn position(&mut self, position: Position, after: Position) {
        self.number(position.get().wrapping_sub(after.get()));
    }

    /// An id.
    pub fn event_id(&mut self, id: EventId) {
        self.body.extend_from_slice(id.as_uuid().as_bytes());
    }

    /// A text that is said often: a name, a code. It stands once.
    pub fn word(&mut self, word: &str) {
        let number = self.word_number(word);
        self.number(number);
    }

    /// A time as said, which stands once.
    pub fn when(&mut self, when: &When) {
        let known = self.whens.get(when).copied();
        let number = known.unwrap_or_else(|| self.add_when(when));
        self.number(number);
    }

    /// A text that is said once.
    pub fn text(&mut self, text: &str) {
        self.count(text.len());
        self.texts.push_str(text);
    }

    /// Whether there is a value, and the value.
    pub fn option<T>(&mut self, value: Option<T>, write: impl FnOnce(&mut Self, T)) {
        self.number(u64::from(value.is_some()));
        if let Some(value) = value {
            write(self, value);
        }
    }

    /// What is rare, as it stands in the log.
    pub fn rare<T: Serialize>(&mut self, value: &T) {
        let json = serde_json::to_string(value).expect("events have string keys");
        self.text(&json);
    }

    /// How many people, as said.
    pub fn quantity(&mut self, quantity: Quantity) {
        let (form, numbers) = match quantity.form() {
            Form::Exactly(n) => (0, [Some(n), None]),
            Form::AtLeast(n) => (1, [Some(n), None]),
            Form::MoreThan(n) => (2, [Some(n), None]),
            Form::UpTo(n) => (3, [Some(n), None]),
            Form::FewerThan(n) => (4, [Some(n), None]),
            Form::Between(least, most) => (5, [Some(least), Some(most)]),
            Form::About(n) => (6, [Some(n), None]),
            Form::Phrase(phrase) => {
                self.number(7);
                self.word(phrase.lexicon().as_str());
                self.word(phrase.word());
                return;
            }
        };
        self.number(form);
        for count in numbers.into_iter().flatten() {
            self.number(count.get());
        }
    }

    /// Who said it.
    pub fn source(&mut self, source: &Source) {
        let Source {
            origin,
            via,
            quote,
            url,
            digest,
            language,
        } = source;
        let has = |is_there: bool, mark: u64| if is_there { mark } else { 0 };
        self.number(
            has(!via.is_empty(), mark::VIA)
                | has(quote.is_some(), mark::QUOTE)
                | has(url.is_some(), mark::URL)
                | has(digest.is_some(), mark::DIGEST)
                | has(language.is_some(), mark::LANGUAGE),
        );
        self.word(origin.as_str());
        if !via.is_empty() {
            self.count(via.len());
            for relay in via {
                self.word(relay.as_str());
            }
        }
        for text in [quote, url].into_iter().flatten() {
            self.text(text.as_str());
        }
        if let Some(digest) = digest {
            self.text(digest.as_str());
        }
        if let Some(language) = language {
            self.word(language.as_str());
        }
    }

    /// Puts everything together.
    #[must_use]
    pub fn finish(self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(
            self.word_list.len()
                + self.when_list.len()
                + self.texts.len()
                + self.body.len()
                + 6 * 10,
        );
        let sections = [
            (self.words.len(), self.word_list.as_slice()),
            (self.whens.len(), self.when_list.as_slice()),
        ];
        for (count, section) in sections {
            put(&mut bytes, count as u64);
            put(&mut bytes, section.len() as u64);
            bytes.extend_from_slice(section);
        }
        for section in [self.texts.as_bytes(), &self.body] {
            put(&mut bytes, section.len() as u64);
            bytes.extend_from_slice(section);
        }
        bytes
    }

    fn word_number(&mut self, word: &str) -> u64 {
        if let Some(number) = self.words.get(word) {
            return *number;
        }
        let number = self.words.len() as u64;
        self.words.insert(word.into(), number);
        put(&mut self.word_list, word.len() as u64);
        self.word_list.extend_from_slice(word.as_bytes());
        number
    }

    fn add_when(&mut self, when: &When) -> u64 {
        let zone = when.zone().map(|zone| self.word_number(zone.name()));
        let precision = self.word_number(when.precision().as_str());
        let list = &mut self.when_list;
        put(list, precision);
        put(list, zone.map_or(0, |zone| zone + 1));
        for end in [when.earliest(), when.latest()] {
            put(list, u64::from(end.is_some()));
            if let Some(end) = end {
                put(list, zigzag(end.unix_nanos()));
            }
        }
        put(list, when.as_str().len() as u64);
        list.extend_from_slice(when.as_str().as_bytes());
        let number = self.whens.len() as u64;
        match self.whens.entry(when.clone()) {
            Entry::Occupied(known) => *known.get(),
            Entry::Vacant(new) => *new.insert(number),
        }
    }
}

impl<'a> SavedReader<'a> {
    /// Looks at what stands in front.
    ///
    /// # Errors
    /// When it does not read.
    pub fn new(bytes: &'a [u8]) -> Result<Self, SavedError> {
        let mut rest = bytes;
        let (word_count, word_list) = (take(&mut rest)?, section(&mut rest)?);
        let words = words(word_count, word_list)?;
        let (when_count, when_list) = (take(&mut rest)?, section(&mut rest)?);
        let whens = whens(when_count, when_list, &words)?;
        let texts = utf8(section(&mut rest)?)?;
        let body = section(&mut rest)?;
        if !rest.is_empty() {
            return Err(SavedError("something follows its end"));
        }
        Ok(Self {
            words,
            whens,
            texts,
            body,
        })
    }

    /// A number.
    ///
    /// # Errors
    /// When there is none; so have all the others.
    #[inline]
    pub fn number(&mut self) -> Result<u64, SavedError> {
        take(&mut self.body)
    }

    /// How many values follow: never more than there are bytes.
    ///
    /// # Errors
    /// When there is none.
    pub fn count(&mut self) -> Result<usize, SavedError> {
        let count = usize::try_from(self.number()?).ok();
        count
            .filter(|count| *count <= self.body.len())
            .ok_or(SavedError("more values than bytes"))
    }

    /// A number that may be negative.
    ///
    /// # Errors
    /// When there is none.
    #[inline]
    pub fn signed(&mut self) -> Result<i64, SavedError> {
        self.number().map(unzigzag)
    }

    /// A moment.
    ///
    /// # Errors
    /// When there is none.
    #[inline]
    pub fn instant(&mut self, after: Instant) -> Result<Instant, SavedError> {
        let distance = self.signed()?;
        let nanos = after.unix_nanos().wrapping_add(distance);
        Ok(Instant::from_unix_nanos(nanos))
    }

    /// A position.
    ///
    /// # Errors
    /// When there is none.
    #[inline]
    pub fn position(&mut self, after: Position) -> Result<Position, SavedError> {
        let distance = self.number()?;
        Ok(Position::new(after.get().wrapping_add(distance)))
    }

    /// An id.
    ///
    /// # Errors
    /// When there is none.
    #[inline]
    pub fn event_id(&mut self) -> Result<EventId, SavedError> {
        let (id, rest) = self.body.split_first_chunk().ok_or(CUT_SHORT)?;
        self.body = rest;
        Ok(EventId::new(Uuid::from_bytes(*id)))
    }

    /// A word.
    ///
    /// # Errors
    /// When there is none.
    #[inline]
    pub fn word(&mut self) -> Result<&Arc<str>, SavedError> {
        let number = usize::try_from(self.number()?).unwrap_or(usize::MAX);
        self.words.get(number).ok_or(SavedError("no such word"))
    }

    /// A word of a vocabulary.
    ///
    /// # Errors
    /// When it is not in the vocabulary.
    pub fn code<T: FromStr>(&mut self) -> Result<T, SavedError> {
        let word = self.word()?;
        word.parse().map_err(|_| SavedError("no such code"))
    }

    /// The id of a source.
    ///
    /// # Errors
    /// When there is none.
    #[inline]
    pub fn source_id(&mut self) -> Result<SourceId, SavedError> {
        self.word().map(SourceId::checked)
    }

    /// The id of a place.
    ///
    /// # Errors
    /// When there is none.
    pub fn place_id(&mut self) -> Result<PlaceId, SavedError> {
        self.word().map(PlaceId::checked)
    }

    /// The id of a situation.
    ///
    /// # Errors
    /// When there is none.
    pub fn situation_id(&mut self) -> Result<SituationId, SavedError> {
        self.word().map(SituationId::checked)
    }

    /// A name that was written as a word.
    ///
    /// # Errors
    /// When there is none.
    pub fn name(&mut self) -> Result<Name, SavedError> {
        self.word().map(|word| Name::checked(Arc::clone(word)))
    }

    /// A time as said.
    ///
    /// # Errors
    /// When there is none.
    #[inline]
    pub fn when(&mut self) -> Result<When, SavedError> {
        let number = usize::try_from(self.number()?).unwrap_or(usize::MAX);
        let when = self.whens.get(number).cloned();
        when.ok_or(SavedError("no such time"))
    }

    /// A text that is said once.
    ///
    /// # Errors
    /// When there is none.
    #[inline]
    pub fn text(&mut self) -> Result<Text, SavedError> {
        self.str().map(Text::checked)
    }

    /// Whether there is a value, and the value.
    ///
    /// # Errors
    /// When there is none, or it does not read.
    #[inline]
    pub fn option<T>(
        &mut self,
        read: impl FnOnce(&mut Self) -> Result<T, SavedError>,
    ) -> Result<Option<T>, SavedError> {
        match self.number()? {
            0 => Ok(None),
            1 => read(self).map(Some),
            _ => Err(SavedError("neither there nor not")),
        }
    }

    /// What is rare.
    ///
    /// # Errors
    /// When it is not what is expected.
    pub fn rare<T: DeserializeOwned>(&mut self) -> Result<T, SavedError> {
        serde_json::from_str(self.str()?).map_err(|_| SavedError("something rare does not read"))
    }

    /// How many people, as said.
    ///
    /// # Errors
    /// When there is none.
    #[inline]
    pub fn quantity(&mut self) -> Result<Quantity, SavedError> {
        const WRONG: SavedError = SavedError("no such quantity");
        let form = self.number()?;
        if form == 7 {
            let lexicon: Lexicon = self.code()?;
            let phrase = lexicon.phrase(self.word()?).map_err(|_| WRONG)?;
            return Ok(Quantity::phrase(phrase));
        }
        let count = self.people()?;
        Ok(match form {
            0 => Quantity::exactly(count),
            1 => Quantity::at_least(count),
            2 => Quantity::more_than(count),
            3 => Quantity::up_to(count),
            4 => Quantity::fewer_than(count).map_err(|_| WRONG)?,
            5 => Quantity::between(count, self.people()?).map_err(|_| WRONG)?,
            6 => Quantity::about(count),
            _ => return Err(WRONG),
        })
    }

    /// Who said it.
    ///
    /// # Errors
    /// When there is nobody.
    #[inline]
    pub fn source(&mut self) -> Result<Source, SavedError> {
        let marks = self.number()?;
        let mut source = Source::new(self.source_id()?);
        if marks & mark::VIA != 0 {
            let count = self.count()?;
            source.via = (0..count)
                .map(|_| self.source_id())
                .collect::<Result<_, _>>()?;
        }
        if marks & mark::QUOTE != 0 {
            source.quote = Some(self.text()?);
        }
        if marks & mark::URL != 0 {
            source.url = Some(self.text()?);
        }
        if marks & mark::DIGEST != 0 {
            source.digest = Some(Name::checked(self.str()?.into()));
        }
        if marks & mark::LANGUAGE != 0 {
            source.language = Some(self.name()?);
        }
        Ok(source)
    }

    /// Nothing is left.
    ///
    /// # Errors
    /// When something is.
    pub fn end(&self) -> Result<(), SavedError> {
        if self.body.is_empty() && self.texts.is_empty() {
            Ok(())
        } else {
            Err(SavedError("something is left over"))
        }
    }

    #[inline]
    fn people(&mut self) -> Result<Count, SavedError> {
        Count::new(self.number()?).map_err(|_| SavedError("too many people"))
    }

    #[inline]
    fn str(&mut self) -> Result<&'a str, SavedError> {
        let length = usize::try_from(self.number()?).unwrap_or(usize::MAX);
        let (text, rest) = self.texts.split_at_checked(length).ok_or(CUT_SHORT)?;
        self.texts = rest;
        Ok(text)
    }
}

const CUT_SHORT: SavedError = SavedError("it is cut short");

fn words(count: u64, list: &[u8]) -> Result<Vec<Arc<str>>, SavedError> {
    let mut words = Vec::new();
    let mut rest = list;
    while !rest.is_empty() {
        words.push(utf8(section(&mut rest)?)?.into());
    }
    match words.len() as u64 == count {
        true => Ok(words),
        false => Err(SavedError("another number of words")),
    }
}

fn whens(count: u64, list: &[u8], words: &[Arc<str>]) -> Result<Vec<When>, SavedError> {
    const WRONG: SavedError = SavedError("a time does not read");
    fn word<T: FromStr<Err: Display>>(words: &[Arc<str>], number: u64) -> Result<T, SavedError> {
        let word = usize::try_from(number)
            .ok()
            .and_then(|word| words.get(word));
        word.and_then(|word| word.parse().ok()).ok_or(WRONG)
    }
    let mut whens = Vec::new();
    let mut rest = list;
    // Mostly all are in one zone, and as precise.
    let mut zones = HashMap::new();
    while !rest.is_empty() {
        let precision = take(&mut rest)?;
        let precision = word(words, precision)?;
        let zone = match take(&mut rest)? {
            0 => None,
            number => Some(match zones.entry(number) {
                Entry::Occupied(known) => *known.get(),
                Entry::Vacant(new) => *new.insert(word(words, number - 1)?),
            }),
        };
        let mut end = || {
            Ok(match take(&mut rest)? {
                0 => None,
                _ => Some(Instant::from_unix_nanos(unzigzag(take(&mut rest)?))),
            })
        };
        let ends = (end()?, end()?);
        let text = utf8(section(&mut rest)?)?;
        whens.push(When::checked(text, zone, ends, precision).ok_or(WRONG)?);
    }
    match whens.len() as u64 == count {
        true => Ok(whens),
        false => Err(SavedError("another number of times")),
    }
}

fn utf8(bytes: &[u8]) -> Result<&str, SavedError> {
    std::str::from_utf8(bytes).map_err(|_| SavedError("a text is not UTF-8"))
}

fn section<'a>(bytes: &mut &'a [u8]) -> Result<&'a [u8], SavedError> {
    let length = usize::try_from(take(bytes)?).unwrap_or(usize::MAX);
    let (section, rest) = bytes.split_at_checked(length).ok_or(CUT_SHORT)?;
    *bytes = rest;
    Ok(section)
}

/// Seven bits a byte, the lowest first; the highest bit says that more follow.
fn put(bytes: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        bytes.push(number as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
}

#[inline]
fn take(bytes: &mut &[u8]) -> Result<u64, SavedError> {
    let mut number = 0;
    for (index, byte) in bytes.iter().enumerate().take(10) {
        number |= u64::from(byte & 0x7f) << (7 * index);
        if *byte < 0x80 {
            *bytes = &bytes[index + 1..];
            return Ok(number);
        }
    }
    Err(CUT_SHORT)
}

const fn zigzag(number: i64) -> u64 {
    (number.wrapping_shl(1) ^ (number >> 63)).cast_unsigned()
}

const fn unzigzag(number: u64) -> i64 {
    (number >> 1).cast_signed() ^ -(number & 1).cast_signed()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn written(write: impl FnOnce(&mut SavedWriter)) -> Vec<u8> {
        let mut writer = SavedWriter::default();
        write(&mut writer);
        writer.finish()
    }

    proptest! {
        #[test]
        fn numbers_read_as_they_were_written(number in any::<u64>(), signed in any::<i64>(), small in 0..300u64) {
            let bytes = written(|writer| {
                writer.number(number);
                writer.signed(signed);
                writer.number(small);
            });
            let mut reader = SavedReader::new(&bytes).unwrap();
            let read = (reader.number().unwrap(), reader.signed().unwrap(), reader.number().unwrap());
            prop_assert_eq!(read, (number, signed, small));
            prop_assert!(reader.end().is_ok());
        }

        #[test]
        fn bytes_that_are_no_saved_view_are_refused_or_read_and_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
            if let Ok(mut reader) = SavedReader::new(&bytes) {
                while reader.source().is_ok() {}
                while reader.quantity().is_ok() {}
                while reader.when().is_ok() {}
                let _ = reader.rare::<Source>();
            }
        }
    }

    #[test]
    fn times_sources_and_quantities_read_as_they_were_written() {
        let whens: Vec<When> = [
            "2026-02-04[Asia/Karachi]",
            "2026-02-04T12:00:00+05:00",
            "2026-01-31/2026-02-04[UTC]",
            "../2026-02-04[Asia/Karachi]",
            "2026-01[UTC]",
            "2026-01-31~[Asia/Karachi]",
        ]
        .map(|text| text.parse().unwrap())
        .into();
        let count = |count| Count::new(count).unwrap();
        let quantities = [
            Quantity::exactly(count(0)),
            Quantity::at_least(count(197)),
            Quantity::more_than(count(3)),
            Quantity::up_to(count(50)),
            Quantity::fewer_than(count(50)).unwrap(),
            Quantity::between(count(30), count(40)).unwrap(),
            Quantity::about(count(100)),
            Quantity::phrase(Lexicon::En1.phrase("dozens").unwrap()),
        ];
        let id = |id| SourceId::new(id).unwrap();
        let name = |name| Some(Name::new(name).unwrap());
        let source = Source {
            via: vec![id("an-agency"), id("a-paper")],
            quote: Some(Text::new("بلوچستان: several districts").unwrap()),
            url: Some(Text::new("https://example.org").unwrap()),
            digest: name("sha256:00"),
            language: name("ur"),
            ..Source::new(id("ispr"))
        };
        let bytes = written(|writer| {
            whens
                .iter()
                .chain(&whens)
                .for_each(|when| writer.when(when));
            quantities
                .into_iter()
                .for_each(|quantity| writer.quantity(quantity));
            writer.source(&source);
            writer.source(&Source::new(id("ispr")));
            writer.rare(&source);
        });
        let mut reader = SavedReader::new(&bytes).unwrap();
        for when in whens.iter().chain(&whens) {
            assert_eq!(reader.when().as_ref(), Ok(when));
        }
        for quantity in quantities {
            assert_eq!(reader.quantity(), Ok(quantity));
        }
        assert_eq!(reader.source().as_ref(), Ok(&source));
        assert_eq!(reader.source(), Ok(Source::new(id("ispr"))));
        assert_eq!(reader.end(), Err(SavedError("something is left over")));
        assert_eq!(reader.rare().as_ref(), Ok(&source));
        assert_eq!(reader.end(), Ok(()));
        for end in 0..bytes.len() {
            assert!(SavedReader::new(&bytes[..end]).is_err(), "{end}");
        }
    }
}
