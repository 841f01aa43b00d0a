//! A strict reader of JSON, for what people and programs hand in.
//!
//! It refuses what serde_json lets through and this project must not: a key given twice, a list in place of an object, U+0000,
//! nesting without end. Every error knows the byte it is about and says what to do. What is stored was checked here once and is
//! read by serde_json, which is faster.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt::{self, Display};

use serde::de::value::{BorrowedStrDeserializer, CowStrDeserializer};
use serde::de::{
    self, DeserializeSeed, EnumAccess, Expected, IntoDeserializer, MapAccess, SeqAccess,
    Unexpected, VariantAccess, Visitor,
};
use serde::{Deserialize, Deserializer};

use crate::nearest::nearest;

/// How deep objects and lists may be nested.
pub(super) const DEPTH: usize = 16;

/// Reads one value and refuses text after it.
///
/// # Errors
/// At the byte of `text` that is wrong.
pub(super) fn read<'de, T: Deserialize<'de>>(text: &'de str, depth: usize) -> Result<T, Error> {
    let mut reader = Reader {
        text,
        at: 0,
        room: depth,
    };
    let value = T::deserialize(&mut reader)?;
    reader.skip_space();
    if let Some(found) = reader.rest().chars().next() {
        let reason = match found {
            '\n' | '\r' => {
                "an event goes on after the line; write one event on one line".to_owned()
            }
            _ => format!(
                "text after the event, from {}; end the line after its last `}}`",
                quoted(found)
            ),
        };
        return Err(Error::at(reader.at, reason));
    }
    Ok(value)
}

/// JSON kept as it stands in the line; checked, but not read.
#[derive(Debug, Clone, Copy)]
pub(super) struct Raw<'de>(pub(super) &'de str);

const RAW: &str = "situ raw";

impl<'de: 'a, 'a> Deserialize<'de> for Raw<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct RawVisitor;
        impl<'de> Visitor<'de> for RawVisitor {
            type Value = Raw<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }
            fn visit_borrowed_str<E>(self, json: &'de str) -> Result<Raw<'de>, E> {
                Ok(Raw(json))
            }
        }
        deserializer.deserialize_newtype_struct(RAW, RawVisitor)
    }
}

/// What is wrong, and at which byte.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Error {
    /// The byte, once known: the innermost value that is wrong.
    pub(super) at: Option<usize>,
    pub(super) reason: String,
}

impl Error {
    pub(super) fn at(at: usize, reason: impl Into<String>) -> Self {
        Self {
            at: Some(at),
            reason: reason.into(),
        }
    }

    fn or_at(mut self, at: usize) -> Self {
        self.at.get_or_insert(at);
        self
    }
}

impl Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.reason)
    }
}

impl std::error::Error for Error {}

/// serde's complaints in the words of a person.
impl de::Error for Error {
    fn custom<T: Display>(reason: T) -> Self {
        Self {
            at: None,
            reason: reason.to_string(),
        }
    }

    fn invalid_type(found: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::custom(format_args!(
            "found {}; write {}",
            plain_found(found),
            plain_expected(expected)
        ))
    }

    fn invalid_value(found: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::invalid_type(found, expected)
    }

    fn invalid_length(length: usize, expected: &dyn Expected) -> Self {
        Self::custom(format_args!(
            "found {length} entries; write {}",
            plain_expected(expected)
        ))
    }

    fn unknown_variant(word: &str, words: &'static [&'static str]) -> Self {
        Self::custom(format_args!(
            "unknown word `{word}`{}; it is one of {}",
            hint(word, words),
            words.join(", ")
        ))
    }

    fn unknown_field(field: &str, fields: &'static [&'static str]) -> Self {
        Self::custom(format_args!(
            "unknown field `{field}`{}; the fields here are {}",
            hint(field, fields),
            fields.join(", ")
        ))
    }

    fn missing_field(field: &'static str) -> Self {
        Self::custom(format_args!("field `{field}` is missing; add it"))
    }

    fn duplicate_field(field: &'static str) -> Self {
        Self::custom(format_args!("field `{field}` is given twice; keep one"))
    }
}

fn hint(word: &str, known: &[&str]) -> String {
    nearest(word, known.iter().copied())
        .map_or_else(String::new, |near| format!(", did you mean `{near}`"))
}

fn plain_found(found: Unexpected<'_>) -> String {
    match found {
        Unexpected::Str(text) => format!("the text \"{text}\""),
        Unexpected::Bool(value) => format!("`{value}`"),
        Unexpected::Unsigned(number) => format!("the number {number}"),
        Unexpected::Signed(number) => format!("the number {number}"),
        Unexpected::Unit | Unexpected::Option => "null".to_owned(),
        Unexpected::Seq => "a list".to_owned(),
        Unexpected::Map | Unexpected::StructVariant | Unexpected::NewtypeVariant => {
            "an object".to_owned()
        }
        Unexpected::UnitVariant => "a bare word".to_owned(),
        Unexpected::Other(other) => other.to_owned(),
        other => other.to_string(),
    }
}

fn plain_expected(expected: &dyn Expected) -> String {
    let expected = expected.to_string();
    let plain = match expected.as_str() {
        "a string" => "text in double quotes",
        "a sequence" => "a list, [..]",
        "a map" => "an object, {..}",
        "a tuple of size 2" => "a list of two, [.., ..]",
        "u16" | "a nonzero u16" => "a whole number, 1 to 65535",
        "a nonzero u32" => "a whole number, 1 to 4294967295",
        "i32" => "a whole number",
        "struct variant" => "an object, {..}",
        other if other.starts_with("struct ") => "an object, {..}",
        other if other.starts_with("enum ") => {
            "one of its words, or an object with one of them as its key"
        }
        other => other,
    };
    plain.to_owned()
}

/// A cursor over the text.
struct Reader<'de> {
    text: &'de str,
    at: usize,
    /// How many more levels may be opened.
    room: usize,
}

impl<'de> Reader<'de> {
    fn rest(&self) -> &'de str {
        &self.text[self.at..]
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    /// A line break is no space: an event stands on one line.
    fn skip_space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t')) {
            self.at += 1;
        }
    }

    /// Skips space and returns where the next value starts, and its first byte.
    fn value_start(&mut self) -> Result<(usize, u8), Error> {
        self.skip_space();
        match self.peek() {
            Some(byte) => Ok((self.at, byte)),
            None => Err(self.ended()),
        }
    }

    fn ended(&self) -> Error {
        Error::at(
            self.at,
            "the line ends in the middle of an event; write each event whole, on one line",
        )
    }

    fn unexpected(&self, wanted: &str) -> Error {
        match self.rest().chars().next() {
            None | Some('\n' | '\r') => self.ended(),
            Some(found) => Error::at(self.at, format!("found {}; {wanted}", quoted(found))),
        }
    }

    fn enter(&mut self) -> Result<(), Error> {
        if self.room == 0 {
            return Err(Error::at(
                self.at,
                format!("nested more than {DEPTH} levels deep; flatten it"),
            ));
        }
        self.room -= 1;
        self.at += 1;
        Ok(())
    }

    fn leave(&mut self) {
        self.room += 1;
        self.at += 1;
    }

    /// Moves to the next entry of a list or object; `None` at its end, which is left unread.
    fn next_entry(&mut self, close: u8, is_first: bool) -> Result<Option<()>, Error> {
        let (at, byte) = self.value_start()?;
        if byte == close {
            return Ok(None);
        }
        if is_first {
            return Ok(Some(()));
        }
        let shown = char::from(close);
        if byte != b',' {
            return Err(self.unexpected(&format!(
                "put a comma before the next entry, or close with `{shown}`"
            )));
        }
        self.at += 1;
        let (_, byte) = self.value_start()?;
        if byte == close {
            return Err(Error::at(
                at,
                format!("found a comma before `{shown}`; remove the comma"),
            ));
        }
        Ok(Some(()))
    }

    /// Reads the key of an entry and the colon after it.
    fn key(&mut self) -> Result<Cow<'de, str>, Error> {
        let (_, byte) = self.value_start()?;
        if byte != b'"' {
            return Err(self.unexpected("write the name of the field in double quotes"));
        }
        let key = self.string()?;
        self.skip_space();
        if self.peek() != Some(b':') {
            return Err(self.unexpected("put a colon after the name of the field"));
        }
        self.at += 1;
        Ok(key)
    }

    /// Reads a string; the cursor stands on its opening quote.
    fn string(&mut self) -> Result<Cow<'de, str>, Error> {
        let opening = self.at;
        self.at += 1;
        let mut kept: Option<String> = None;
        let mut chunk = self.at;
        loop {
            let Some(byte) = self.peek() else {
                return Err(Error::at(
                    opening,
                    "the text that begins here does not end on this line; close it with a double quote",
                ));
            };
            match byte {
                b'"' => {
                    let last = &self.text[chunk..self.at];
                    self.at += 1;
                    return Ok(match kept {
                        None => Cow::Borrowed(last),
                        Some(text) => Cow::Owned(text + last),
                    });
                }
                b'\\' => {
                    let text = kept.get_or_insert_default();
                    text.push_str(&self.text[chunk..self.at]);
                    text.push(self.escape()?);
                    chunk = self.at;
                }
                0..0x20 => {
                    let character = char::from(byte).escape_unicode();
                    return Err(Error::at(
                        self.at,
                        format!("text holds the control character {character}; remove it"),
                    ));
                }
                _ => self.at += 1,
            }
        }
    }

    /// Reads an escape; the cursor stands on its backslash.
    fn escape(&mut self) -> Result<char, Error> {
        let start = self.at;
        let letter = self.text.as_bytes().get(start + 1);
        let plain = match letter {
            Some(b'"') => '"',
            Some(b'\\') => '\\',
            Some(b'/') => '/',
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => return self.unicode_escape(),
            _ => {
                return Err(Error::at(
                    start,
                    r#"found a backslash that is no escape; write \\ for a backslash, or one of \" \/ \b \f \n \r \t \uXXXX"#,
                ));
            }
        };
        self.at += 2;
        Ok(plain)
    }

    fn unicode_escape(&mut self) -> Result<char, Error> {
        let start = self.at;
        let first = self.code_unit()?;
        let code = match first {
            0xd800..=0xdbff if self.rest().starts_with("\\u") => {
                let second = self.code_unit()?;
                if !(0xdc00..=0xdfff).contains(&second) {
                    return Err(lone_surrogate(start, first));
                }
                0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00)
            }
            code => code,
        };
        match char::from_u32(code) {
            Some('\0') => Err(Error::at(start, r"text holds U+0000; remove the \u0000")),
            Some(character) => Ok(character),
            None => Err(lone_surrogate(start, first)),
        }
    }

    /// Reads `\uXXXX`.
    fn code_unit(&mut self) -> Result<u32, Error> {
        let digits = self.text.as_bytes().get(self.at + 2..self.at + 6);
        let code = digits
            .filter(|digits| digits.iter().all(u8::is_ascii_hexdigit))
            .and_then(|digits| std::str::from_utf8(digits).ok())
            .and_then(|digits| u32::from_str_radix(digits, 16).ok());
        match code {
            Some(code) => {
                self.at += 6;
                Ok(code)
            }
            None => Err(Error::at(
                self.at,
                r"found \u without four hexadecimal digits; write \u0041, or the character itself",
            )),
        }
    }

    /// Reads a number or a bare word: everything up to the next space or mark.
    fn token(&mut self) -> &'de str {
        let ends = |byte: &u8| {
            matches!(
                byte,
                b' ' | b'\t' | b'\n' | b'\r' | b',' | b':' | b'"' | b'[' | b']' | b'{' | b'}'
            )
        };
        let rest = self.rest();
        let end = rest
            .bytes()
            .position(|byte| ends(&byte))
            .unwrap_or(rest.len());
        self.at += end;
        &rest[..end]
    }

    /// Reads a value that is neither string, list nor object.
    fn scalar(&mut self) -> Result<Scalar<'de>, Error> {
        let start = self.at;
        let token = self.token();
        match token {
            "null" => return Ok(Scalar::Null),
            "true" => return Ok(Scalar::Bool(true)),
            "false" => return Ok(Scalar::Bool(false)),
            "-0" => return Ok(Scalar::Other(token)),
            _ if is_number(token) => {}
            "" => {
                self.at = start;
                return Err(self.unexpected("write a value: text in double quotes, a number, true, false, null, [..] or {..}"));
            }
            _ => return Err(Error::at(start, no_value(token))),
        }
        if let Ok(number) = token.parse() {
            return Ok(Scalar::Unsigned(number));
        }
        Ok(token.parse().map_or(Scalar::Other(token), Scalar::Signed))
    }

    /// Checks a value and passes over it.
    fn skip_value(&mut self) -> Result<(), Error> {
        match self.value_start()?.1 {
            b'"' => self.string().map(drop),
            b'[' => {
                self.enter()?;
                let mut is_first = true;
                while self.next_entry(b']', is_first)?.is_some() {
                    is_first = false;
                    self.skip_value()?;
                }
                self.leave();
                Ok(())
            }
            b'{' => {
                self.enter()?;
                let mut entries = Entries::new(self);
                while entries.key()?.is_some() {
                    entries.reader.skip_value()?;
                }
                self.leave();
                Ok(())
            }
            _ => self.scalar().map(drop),
        }
    }

    /// Refuses anything but an object where one is due.
    fn expect_object(&mut self, fields: &[&str]) -> Result<(), Error> {
        let (start, byte) = self.value_start()?;
        if byte == b'{' {
            return Ok(());
        }
        let found = match byte {
            b'[' => "a list",
            b'"' => "text",
            _ => match self.scalar()? {
                Scalar::Null => "null",
                Scalar::Bool(_) => "true or false",
                _ => "a number",
            },
        };
        let fields = match fields {
            [] => String::new(),
            fields => format!(" with the fields {}", fields.join(", ")),
        };
        Err(Error::at(
            start,
            format!("found {found} in place of an object; write {{..}}{fields}"),
        ))
    }
}

enum Scalar<'de> {
    Null,
    Bool(bool),
    Unsigned(u64),
    Signed(i64),
    /// A number that no integer holds, as written.
    Other(&'de str),
}

fn lone_surrogate(at: usize, code: u32) -> Error {
    Error::at(
        at,
        format!(
            "`\\u{code:04x}` is half of a surrogate pair; write both halves, or the character itself"
        ),
    )
}

fn no_value(token: &str) -> String {
    let starts_like_number =
        token.starts_with(|first: char| first.is_ascii_digit() || "+-.".contains(first));
    if token.starts_with('\'') {
        return "found a single quote; write text in double quotes".to_owned();
    }
    if starts_like_number && !token.contains("nfinity") {
        return format!(
            "`{token}` is no number; write digits alone, without leading zeros, plus sign or bare point"
        );
    }
    format!("`{token}` is no value; write text in double quotes, a number, true, false or null")
}

fn quoted(character: char) -> String {
    if character == '`' {
        "a backtick".to_owned()
    } else {
        format!("`{}`", character.escape_debug())
    }
}

/// Whether a token is a number of the JSON grammar.
fn is_number(token: &str) -> bool {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let unsigned = token.strip_prefix('-').unwrap_or(token);
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (
            mantissa,
            Some(exponent.strip_prefix(['+', '-']).unwrap_or(exponent)),
        ),
        None => (unsigned, None),
    };
    let (whole, fraction) = match mantissa.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (mantissa, None),
    };
    digits(whole)
        && (whole == "0" || !whole.starts_with('0'))
        && fraction.is_none_or(digits)
        && exponent.is_none_or(digits)
}

/// The entries of an object, each key once.
struct Entries<'a, 'de> {
    reader: &'a mut Reader<'de>,
    seen: BTreeSet<Cow<'de, str>>,
    is_first: bool,
}

impl<'a, 'de> Entries<'a, 'de> {
    fn new(reader: &'a mut Reader<'de>) -> Self {
        Self {
            reader,
            seen: BTreeSet::new(),
            is_first: true,
        }
    }

    /// The next key and where it stands.
    fn key(&mut self) -> Result<Option<(usize, Cow<'de, str>)>, Error> {
        if self.reader.next_entry(b'}', self.is_first)?.is_none() {
            return Ok(None);
        }
        self.is_first = false;
        let (at, _) = self.reader.value_start()?;
        let key = self.reader.key()?;
        if !self.seen.insert(key.clone()) {
            return Err(Error::at(
                at,
                format!("field `{key}` is given twice; keep one"),
            ));
        }
        Ok(Some((at, key)))
    }
}

fn deserialize_str<'de, T>(text: Cow<'de, str>, seed: T) -> Result<T::Value, Error>
where
    T: DeserializeSeed<'de>,
{
    match text {
        Cow::Borrowed(text) => seed.deserialize(BorrowedStrDeserializer::new(text)),
        owned => seed.deserialize(CowStrDeserializer::new(owned)),
    }
}

impl<'de> MapAccess<'de> for Entries<'_, 'de> {
    type Error = Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, Error> {
        let Some((at, key)) = self.key()? else {
            return Ok(None);
        };
        deserialize_str(key, seed)
            .map(Some)
            .map_err(|error| error.or_at(at))
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Error> {
        self.reader.value(seed)
    }
}

struct Items<'a, 'de> {
    reader: &'a mut Reader<'de>,
    is_first: bool,
}

impl<'de> SeqAccess<'de> for Items<'_, 'de> {
    type Error = Error;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, Error> {
        if self.reader.next_entry(b']', self.is_first)?.is_none() {
            return Ok(None);
        }
        self.is_first = false;
        self.reader.value(seed).map(Some)
    }
}

impl<'de> Deserializer<'de> for &mut Reader<'de> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        let (start, byte) = self.value_start()?;
        let value = match byte {
            b'"' => match self.string()? {
                Cow::Borrowed(text) => visitor.visit_borrowed_str(text),
                Cow::Owned(text) => visitor.visit_string(text),
            },
            b'[' => self.list(visitor),
            b'{' => self.object(visitor),
            _ => match self.scalar()? {
                Scalar::Null => visitor.visit_unit(),
                Scalar::Bool(value) => visitor.visit_bool(value),
                Scalar::Unsigned(number) => visitor.visit_u64(number),
                Scalar::Signed(number) => visitor.visit_i64(number),
                Scalar::Other(token) => Err(de::Error::invalid_type(
                    Unexpected::Other(&format!("the number {token}")),
                    &visitor,
                )),
            },
        };
        value.map_err(|error| error.or_at(start))
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        if self.value_start()?.1 == b'n' {
            self.scalar()?;
            return visitor.visit_none();
        }
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        if name != RAW {
            return visitor.visit_newtype_struct(self);
        }
        self.expect_object(&[])?;
        let start = self.at;
        self.skip_value()?;
        visitor.visit_borrowed_str(&self.text[start..self.at])
    }

    /// A derived struct would take a list of its fields' values too; here only an object will do.
    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.expect_object(fields)?;
        self.deserialize_any(visitor)
    }

    /// A word stands alone, a variant with content is the one key of an object; serde_json would also take `{"word": null}`.
    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        let (start, byte) = self.value_start()?;
        let value = match byte {
            b'"' => {
                let word = self.string()?;
                visitor.visit_enum(IntoDeserializer::<Error>::into_deserializer(word))
            }
            b'{' => self.variant(visitor),
            _ => return self.deserialize_any(visitor),
        };
        value.map_err(|error| error.or_at(start))
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.skip_value()?;
        visitor.visit_unit()
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct
        seq tuple tuple_struct map identifier
    }
}

impl<'de> Reader<'de> {
    /// Reads a value; what is wrong with it stands at its start, unless it said where.
    fn value<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<T::Value, Error> {
        let (start, _) = self.value_start()?;
        seed.deserialize(self).map_err(|error| error.or_at(start))
    }

    fn list<V: Visitor<'de>>(&mut self, visitor: V) -> Result<V::Value, Error> {
        self.enter()?;
        let mut items = Items {
            reader: self,
            is_first: true,
        };
        let value = visitor.visit_seq(&mut items)?;
        let is_first = items.is_first;
        if self.next_entry(b']', is_first)?.is_some() {
            return Err(Error::at(
                self.at,
                "the list has an entry too many; remove it",
            ));
        }
        self.leave();
        Ok(value)
    }

    fn object<V: Visitor<'de>>(&mut self, visitor: V) -> Result<V::Value, Error> {
        self.enter()?;
        let mut entries = Entries::new(self);
        let value = visitor.visit_map(&mut entries)?;
        if let Some((at, key)) = entries.key()? {
            return Err(Error::at(at, format!("unknown field `{key}`; remove it")));
        }
        self.leave();
        Ok(value)
    }

    /// Reads `{"variant": content}`.
    fn variant<V: Visitor<'de>>(&mut self, visitor: V) -> Result<V::Value, Error> {
        self.enter()?;
        let mut entries = Entries::new(self);
        let Some((at, name)) = entries.key()? else {
            return Err(de::Error::invalid_type(
                Unexpected::Other("an empty object"),
                &visitor,
            ));
        };
        let value = visitor.visit_enum(Variant {
            reader: entries.reader,
            at,
            name,
        })?;
        if let Some((at, key)) = entries.key()? {
            return Err(Error::at(
                at,
                format!("`{key}` is a second key where only one may be; keep one"),
            ));
        }
        self.leave();
        Ok(value)
    }
}

struct Variant<'a, 'de> {
    reader: &'a mut Reader<'de>,
    at: usize,
    name: Cow<'de, str>,
}

impl<'a, 'de> EnumAccess<'de> for Variant<'a, 'de> {
    type Error = Error;
    type Variant = Content<'a, 'de>;

    fn variant_seed<V: DeserializeSeed<'de>>(
        self,
        seed: V,
    ) -> Result<(V::Value, Self::Variant), Error> {
        let at = self.at;
        let content = Content {
            reader: self.reader,
            at,
            name: self.name.clone(),
        };
        let name = deserialize_str(self.name, seed).map_err(|error| error.or_at(at))?;
        Ok((name, content))
    }
}

struct Content<'a, 'de> {
    reader: &'a mut Reader<'de>,
    at: usize,
    name: Cow<'de, str>,
}

impl<'de> VariantAccess<'de> for Content<'_, 'de> {
    type Error = Error;

    fn unit_variant(self) -> Result<(), Error> {
        let name = self.name;
        Err(Error::at(
            self.at,
            format!("`{name}` stands alone; write \"{name}\" in place of the object"),
        ))
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, Error> {
        self.reader.value(seed)
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, Error> {
        self.reader.deserialize_any(visitor)
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.reader.deserialize_struct("", fields, visitor)
    }
}

#[cfg(test)]
mod tests;
