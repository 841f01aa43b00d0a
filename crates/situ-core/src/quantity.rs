//! How many people, with the words that said so.

use std::fmt;

use serde::de::{self, MapAccess, Visitor};
use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::lexicon::{Lexicon, Phrase};

/// A number of people, 0 to 10^10.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct Count(u64);

impl Count {
    /// The largest count of one figure.
    pub const LIMIT: u64 = 10_000_000_000;

    /// Checks and keeps `number`.
    ///
    /// # Errors
    /// When it is over [`Count::LIMIT`].
    pub const fn new(number: u64) -> Result<Self, QuantityError> {
        if number > Self::LIMIT {
            Err(QuantityError::TooLarge(number))
        } else {
            Ok(Self(number))
        }
    }

    /// Returns the number.
    #[must_use]
    pub const fn get(self) -> u64 {
        self.0
    }
}

/// Every number between two ends, both included; no upper end where `most` is `None`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
pub struct Interval {
    /// The lower end.
    pub least: u64,
    /// The upper end, if there is one.
    pub most: Option<u64>,
}

impl Interval {
    /// Any number at all.
    pub const ANY: Self = Self {
        least: 0,
        most: None,
    };

    /// Whether a number lies in both.
    #[must_use]
    pub fn meets(self, other: Self) -> bool {
        let below = |least: u64, most: Option<u64>| most.is_none_or(|most| least <= most);
        below(self.least, other.most) && below(other.least, self.most)
    }

    /// The numbers in both, or `None` where there are none.
    #[must_use]
    pub fn intersect(self, other: Self) -> Option<Self> {
        self.meets(other).then(|| Self {
            least: self.least.max(other.least),
            most: [self.most, other.most].into_iter().flatten().min(),
        })
    }

    /// The smallest interval that holds both.
    #[must_use]
    pub fn envelope(self, other: Self) -> Self {
        Self {
            least: self.least.min(other.least),
            most: self.most.zip(other.most).map(|(a, b)| a.max(b)),
        }
    }
}

/// How many people a source counted, in the form it was said; never upside down.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Quantity(Form);

/// The forms a quantity is said in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Form {
    /// "197": N.
    Exactly(Count),
    /// "at least 197": N and more.
    AtLeast(Count),
    /// "more than 362", "over 362": N + 1 and more.
    MoreThan(Count),
    /// "up to 50": 0 to N.
    UpTo(Count),
    /// "fewer than 50": 0 to N − 1.
    FewerThan(Count),
    /// "30 to 40": both included.
    Between(Count, Count),
    /// "about 100": ten per cent either way, rounded outwards.
    About(Count),
    /// "dozens": coded by a lexicon.
    Phrase(Phrase),
}

/// A quantity that makes no sense.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum QuantityError {
    /// Over the limit of one figure.
    #[error("{0} is over the limit of 10 000 000 000 people; check the digits")]
    TooLarge(u64),
    /// The lower end is above the upper end.
    #[error("between {0} and {1} is upside down; write the smaller number first")]
    UpsideDown(u64, u64),
    /// Fewer than none.
    #[error("fewer than 0 is nobody and less; write 0, or \"no casualties\"")]
    FewerThanZero,
}

impl Quantity {
    /// Exactly `count`, as far as the source counted.
    #[must_use]
    pub const fn exactly(count: Count) -> Self {
        Self(Form::Exactly(count))
    }

    /// `count` or more.
    #[must_use]
    pub const fn at_least(count: Count) -> Self {
        Self(Form::AtLeast(count))
    }

    /// More than `count`.
    #[must_use]
    pub const fn more_than(count: Count) -> Self {
        Self(Form::MoreThan(count))
    }

    /// `count` at the most.
    #[must_use]
    pub const fn up_to(count: Count) -> Self {
        Self(Form::UpTo(count))
    }

    /// Fewer than `count`.
    ///
    /// # Errors
    /// When `count` is 0.
    pub const fn fewer_than(count: Count) -> Result<Self, QuantityError> {
        if count.0 == 0 {
            Err(QuantityError::FewerThanZero)
        } else {
            Ok(Self(Form::FewerThan(count)))
        }
    }

    /// `least` to `most`, both included.
    ///
    /// # Errors
    /// When `least` is above `most`.
    ///
    /// ```
    /// use situ_core::{Count, Quantity};
    /// let (nine, twelve) = (Count::new(9)?, Count::new(12)?);
    /// assert!(Quantity::between(nine, twelve).is_ok());
    /// assert!(Quantity::between(twelve, nine).is_err());
    /// # Ok::<(), situ_core::QuantityError>(())
    /// ```
    pub const fn between(least: Count, most: Count) -> Result<Self, QuantityError> {
        if least.0 > most.0 {
            return Err(QuantityError::UpsideDown(least.0, most.0));
        }
        Ok(Self(Form::Between(least, most)))
    }

    /// About `count`: ten per cent either way, rounded outwards.
    #[must_use]
    pub const fn about(count: Count) -> Self {
        Self(Form::About(count))
    }

    /// A phrase coded by a lexicon, such as "dozens".
    #[must_use]
    pub const fn phrase(phrase: Phrase) -> Self {
        Self(Form::Phrase(phrase))
    }

    /// The form it was said in.
    #[must_use]
    pub const fn form(self) -> Form {
        self.0
    }

    /// What the source counted: a bare "197" is 197. The `point` reading.
    #[must_use]
    pub const fn point(self) -> Interval {
        let (least, most) = match self.0 {
            Form::Exactly(n) => (n.0, Some(n.0)),
            Form::AtLeast(n) => (n.0, None),
            Form::MoreThan(n) => (n.0 + 1, None),
            Form::UpTo(n) => (0, Some(n.0)),
            Form::FewerThan(n) => (0, Some(n.0 - 1)),
            Form::Between(least, most) => (least.0, Some(most.0)),
            Form::About(n) => (n.0 - n.0.div_ceil(10), Some(n.0 + n.0.div_ceil(10))),
            Form::Phrase(phrase) => return phrase.interval(),
        };
        Interval { least, most }
    }

    /// What is known of the people: a running count of 197 says at least 197. The `floor` reading.
    #[must_use]
    pub const fn floor(self) -> Interval {
        match self.0 {
            Form::Exactly(n) => Interval {
                least: n.0,
                most: None,
            },
            _ => self.point(),
        }
    }

    /// The number a reader is shown: N for "N" and "at least N", N + 1 for "more than N", else none.
    #[must_use]
    pub const fn shown(self) -> Option<u64> {
        match self.0 {
            Form::Exactly(n) | Form::AtLeast(n) => Some(n.0),
            Form::MoreThan(n) => Some(n.0 + 1),
            _ => None,
        }
    }
}

impl fmt::Display for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Form::Exactly(n) => write!(f, "{}", n.0),
            Form::AtLeast(n) => write!(f, "at least {}", n.0),
            Form::MoreThan(n) => write!(f, "more than {}", n.0),
            Form::UpTo(n) => write!(f, "up to {}", n.0),
            Form::FewerThan(n) => write!(f, "fewer than {}", n.0),
            Form::Between(least, most) => write!(f, "{} to {}", least.0, most.0),
            Form::About(n) => write!(f, "about {}", n.0),
            Form::Phrase(phrase) => f.write_str(phrase.word()),
        }
    }
}

impl Serialize for Quantity {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if let Form::Exactly(n) = self.0 {
            return n.serialize(serializer);
        }
        let mut map = serializer.serialize_map(None)?;
        match self.0 {
            Form::Exactly(n) => map.serialize_entry("exactly", &n)?,
            Form::AtLeast(n) => map.serialize_entry("at_least", &n)?,
            Form::MoreThan(n) => map.serialize_entry("more_than", &n)?,
            Form::UpTo(n) => map.serialize_entry("up_to", &n)?,
            Form::FewerThan(n) => map.serialize_entry("fewer_than", &n)?,
            Form::Between(least, most) => map.serialize_entry("between", &[least, most])?,
            Form::About(n) => map.serialize_entry("about", &n)?,
            Form::Phrase(phrase) => {
                map.serialize_entry("phrase", phrase.word())?;
                map.serialize_entry("lexicon", phrase.lexicon().as_str())?;
            }
        }
        map.end()
    }
}

impl<'de> Deserialize<'de> for Count {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct CountVisitor;
        impl Visitor<'_> for CountVisitor {
            type Value = Count;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a whole number of people, 0 to 10 000 000 000, without quotes, sign, point or exponent")
            }
            fn visit_u64<E: de::Error>(self, number: u64) -> Result<Count, E> {
                Count::new(number).map_err(E::custom)
            }
        }
        deserializer.deserialize_u64(CountVisitor)
    }
}

impl<'de> Deserialize<'de> for Quantity {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(QuantityVisitor)
    }
}

const FORMS: &[&str] = &[
    "at_least",
    "more_than",
    "up_to",
    "fewer_than",
    "between",
    "about",
    "phrase",
];

struct QuantityVisitor;

impl<'de> Visitor<'de> for QuantityVisitor {
    type Value = Quantity;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a whole number of people, or one of {\"at_least\": N}, {\"more_than\": N}, {\"up_to\": N}, {\"fewer_than\": N}, {\"between\": [N, M]}, {\"about\": N}, {\"phrase\": \"dozens\", \"lexicon\": \"en-1\"}")
    }

    fn visit_u64<E: de::Error>(self, number: u64) -> Result<Quantity, E> {
        Count::new(number).map(Quantity::exactly).map_err(E::custom)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Quantity, A::Error> {
        let Some(form) = map.next_key::<std::borrow::Cow<'de, str>>()? else {
            return Err(de::Error::invalid_length(0, &self));
        };
        let quantity = match form.as_ref() {
            "at_least" => Quantity::at_least(map.next_value()?),
            "more_than" => Quantity::more_than(map.next_value()?),
            "up_to" => Quantity::up_to(map.next_value()?),
            "fewer_than" => Quantity::fewer_than(map.next_value()?).map_err(de::Error::custom)?,
            "between" => {
                let (least, most) = map.next_value()?;
                Quantity::between(least, most).map_err(de::Error::custom)?
            }
            "about" => Quantity::about(map.next_value()?),
            "phrase" | "lexicon" => return visit_phrase(&form, map),
            other => return Err(de::Error::unknown_field(other, FORMS)),
        };
        match map.next_key::<std::borrow::Cow<'de, str>>()? {
            None => Ok(quantity),
            Some(second) => Err(de::Error::custom(format_args!(
                "a quantity has one form, and `{second}` is a second; keep one"
            ))),
        }
    }
}

/// Reads a phrase and its lexicon, in either order; `first` is the key already read.
fn visit_phrase<'de, A: MapAccess<'de>>(first: &str, mut map: A) -> Result<Quantity, A::Error> {
    type Word<'de> = std::borrow::Cow<'de, str>;
    let mut word: Option<Word<'de>> = None;
    let mut lexicon: Option<Lexicon> = None;
    let mut key: Option<Word<'de>> = Some(first.to_owned().into());
    while let Some(field) = key {
        match field.as_ref() {
            "phrase" => word = Some(map.next_value()?),
            "lexicon" => lexicon = Some(map.next_value()?),
            other => return Err(de::Error::unknown_field(other, &["phrase", "lexicon"])),
        }
        key = map.next_key()?;
    }
    let (Some(word), Some(lexicon)) = (word, lexicon) else {
        return Err(de::Error::custom(
            "a phrase needs its lexicon; write {\"phrase\": \"dozens\", \"lexicon\": \"en-1\"}",
        ));
    };
    lexicon
        .phrase(&word)
        .map(Quantity::phrase)
        .map_err(de::Error::custom)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(json: &str, point: (u64, Option<u64>), shown: Option<u64>, words: &str) {
        let quantity: Quantity = serde_json::from_str(json).unwrap();
        assert_eq!(
            (quantity.point().least, quantity.point().most),
            point,
            "{json}"
        );
        assert_eq!(quantity.shown(), shown, "{json}");
        assert_eq!(quantity.to_string(), words);
        assert_eq!(serde_json::to_string(&quantity).unwrap(), json);
    }

    #[test]
    fn a_quantity_is_an_interval_and_its_words() {
        check("197", (197, Some(197)), Some(197), "197");
        check(
            r#"{"at_least":197}"#,
            (197, None),
            Some(197),
            "at least 197",
        );
        check(
            r#"{"more_than":362}"#,
            (363, None),
            Some(363),
            "more than 362",
        );
        check(r#"{"up_to":50}"#, (0, Some(50)), None, "up to 50");
        check(r#"{"fewer_than":50}"#, (0, Some(49)), None, "fewer than 50");
        check(r#"{"between":[30,40]}"#, (30, Some(40)), None, "30 to 40");
        check(r#"{"about":100}"#, (90, Some(110)), None, "about 100");
        check(r#"{"about":101}"#, (90, Some(112)), None, "about 101");
        check(r#"{"about":0}"#, (0, Some(0)), None, "about 0");
        check(
            r#"{"phrase":"dozens","lexicon":"en-1"}"#,
            (24, None),
            None,
            "dozens",
        );
        check(
            r#"{"phrase":"no casualties","lexicon":"en-1"}"#,
            (0, Some(0)),
            None,
            "no casualties",
        );
    }

    #[test]
    fn a_phrase_and_its_lexicon_come_in_either_order() {
        let read = |json: &str| serde_json::from_str::<Quantity>(json).unwrap();
        assert_eq!(
            read(r#"{"lexicon":"en-1","phrase":"dozens"}"#),
            read(r#"{"phrase":"dozens","lexicon":"en-1"}"#)
        );
    }

    #[test]
    fn only_a_bare_number_reads_differently_as_a_floor() {
        let floor = |json: &str| serde_json::from_str::<Quantity>(json).unwrap().floor();
        assert_eq!(
            floor("197"),
            Interval {
                least: 197,
                most: None
            }
        );
        assert_eq!(
            floor(r#"{"between":[30,40]}"#),
            Interval {
                least: 30,
                most: Some(40)
            }
        );
    }

    #[test]
    fn what_makes_no_sense_is_refused_with_what_to_do() {
        let refused = |json: &str, part: &str| {
            let error = serde_json::from_str::<Quantity>(json)
                .unwrap_err()
                .to_string();
            assert!(error.contains(part), "{json}: {error}");
        };
        refused(
            r#"{"between":[12,9]}"#,
            "between 12 and 9 is upside down; write the smaller number first",
        );
        refused(
            "10000000001",
            "10000000001 is over the limit of 10 000 000 000 people",
        );
        refused("-1", "expected a whole number of people");
        refused("1.5", "expected a whole number of people");
        refused("1e3", "expected a whole number of people");
        refused("\"5\"", "expected a whole number of people");
        refused("null", "expected a whole number of people");
        refused(
            r#"{"at_least":-3}"#,
            "without quotes, sign, point or exponent",
        );
        refused(r#"{"fewer_than":0}"#, "fewer than 0 is nobody and less");
        refused(
            r#"{"at_least":3,"up_to":5}"#,
            "a quantity has one form, and `up_to` is a second",
        );
        refused(
            r#"{"phrase":"loads","lexicon":"en-1"}"#,
            "unknown phrase `loads`",
        );
        refused(r#"{"phrase":"dozens"}"#, "a phrase needs its lexicon");
        refused(r#"{"lexicon":"en-1"}"#, "a phrase needs its lexicon");
        refused(
            r#"{"phrase":"dozens","lexicon":"en-1","about":1}"#,
            "unknown field `about`",
        );
        refused("{}", "a whole number of people");
    }
}
