//! A reader of the stored form as this program writes it: fields in their order, no white space.
//!
//! Half of what a reader of any JSON does is to find out which field a key is. Here the next field is known, so its key is only
//! compared. Whatever stands otherwise is left to serde_json, and so is every error: what is read here reads there as the same.

use std::borrow::Cow;
use std::fmt::{self, Display};

use serde::de::value::{BorrowedStrDeserializer, CowStrDeserializer};
use serde::de::{
    self, DeserializeSeed, EnumAccess, IntoDeserializer, MapAccess, SeqAccess, VariantAccess,
    Visitor,
};
use serde::{Deserialize, Deserializer, forward_to_deserialize_any};

/// How deep objects and lists may be nested; an event is not.
const DEPTH: usize = 64;

/// The bytes at which plain text ends: a quote, a backslash, and what must not stand in a string.
const ENDS: [bool; 256] = {
    let mut ends = [false; 256];
    let mut control = 0;
    while control < 0x20 {
        ends[control] = true;
        control += 1;
    }
    ends[b'"' as usize] = true;
    ends[b'\\' as usize] = true;
    ends
};

/// Reads a value; `None` where the text is not as this program writes it, or wrong.
pub(super) fn read<'de, T: Deserialize<'de>>(text: &'de str) -> Option<T> {
    let mut reader = Reader {
        text,
        at: 0,
        room: DEPTH,
    };
    let value = T::deserialize(&mut reader).ok()?;
    (reader.at == text.len()).then_some(value)
}

/// The text stands otherwise than it is written.
#[derive(Debug)]
struct Otherwise;

impl Display for Otherwise {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not as it is written")
    }
}

impl std::error::Error for Otherwise {}

impl de::Error for Otherwise {
    fn custom<T: Display>(_: T) -> Self {
        Self
    }
}

struct Reader<'de> {
    text: &'de str,
    at: usize,
    room: usize,
}

impl<'de> Reader<'de> {
    fn rest(&self) -> &'de [u8] {
        &self.text.as_bytes()[self.at..]
    }

    fn next(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    /// Passes over what is next, if it is this.
    fn pass(&mut self, expected: &[u8]) -> Result<(), Otherwise> {
        if !self.rest().starts_with(expected) {
            return Err(Otherwise);
        }
        self.at += expected.len();
        Ok(())
    }

    fn inside<T>(
        &mut self,
        [open, close]: &[u8; 2],
        read: impl FnOnce(&mut Self) -> Result<T, Otherwise>,
    ) -> Result<T, Otherwise> {
        self.pass(&[*open])?;
        self.room = self.room.checked_sub(1).ok_or(Otherwise)?;
        let value = read(self)?;
        self.room += 1;
        self.pass(&[*close])?;
        Ok(value)
    }

    fn string(&mut self) -> Result<Cow<'de, str>, Otherwise> {
        self.pass(b"\"")?;
        let start = self.at;
        let mut rest = self.rest().iter();
        let length = rest.position(|byte| ENDS[usize::from(*byte)]);
        let length = length.ok_or(Otherwise)?;
        self.at += length;
        if self.next() == Some(b'\\') {
            return self.escaped(start - 1).map(Cow::Owned);
        }
        let string = &self.text[start..self.at];
        self.pass(b"\"")?;
        Ok(Cow::Borrowed(string))
    }

    /// Reads a string that begins at `start` and has its first escape here.
    fn escaped(&mut self, start: usize) -> Result<String, Otherwise> {
        loop {
            match self.next().ok_or(Otherwise)? {
                b'\\' => self.at += 2,
                b'"' => break,
                _ => self.at += 1,
            }
        }
        self.at += 1;
        serde_json::from_str(&self.text[start..self.at]).map_err(|_| Otherwise)
    }

    /// Reads digits as the shortest way to write their number.
    fn digits(&mut self) -> Result<u64, Otherwise> {
        let digits = self.rest().iter().take_while(|byte| byte.is_ascii_digit());
        let end = self.at + digits.count();
        let digits = &self.text[self.at..end];
        self.at = end;
        let is_shortest = digits == "0" || !digits.starts_with('0');
        match self.next() {
            Some(b'.' | b'e' | b'E') => Err(Otherwise),
            _ if is_shortest => digits.parse().map_err(|_| Otherwise),
            _ => Err(Otherwise),
        }
    }
}

impl<'de> Deserializer<'de> for &mut Reader<'de> {
    type Error = Otherwise;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Otherwise> {
        match self.next().ok_or(Otherwise)? {
            b'"' => self.deserialize_str(visitor),
            b'{' => self.inside(b"{}", |reader| visitor.visit_map(Items::of(reader))),
            b'[' => self.inside(b"[]", |reader| visitor.visit_seq(Items::of(reader))),
            b't' => self.pass(b"true").and_then(|()| visitor.visit_bool(true)),
            b'f' => self.pass(b"false").and_then(|()| visitor.visit_bool(false)),
            b'n' => self.pass(b"null").and_then(|()| visitor.visit_unit()),
            b'-' => {
                self.at += 1;
                let number = i64::try_from(self.digits()?).map_err(|_| Otherwise)?;
                match number {
                    0 => Err(Otherwise),
                    _ => visitor.visit_i64(-number),
                }
            }
            _ => visitor.visit_u64(self.digits()?),
        }
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Otherwise> {
        match self.string()? {
            Cow::Borrowed(text) => visitor.visit_borrowed_str(text),
            Cow::Owned(text) => visitor.visit_string(text),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Otherwise> {
        match self.next() {
            Some(b'n') => self.pass(b"null").and_then(|()| visitor.visit_none()),
            _ => visitor.visit_some(self),
        }
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Otherwise> {
        self.inside(b"{}", |reader| {
            visitor.visit_map(Fields {
                items: Items::of(reader),
                fields,
                next: 0,
            })
        })
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Otherwise> {
        if self.next() == Some(b'"') {
            let variant = CowStrDeserializer::new(self.string()?);
            return visitor.visit_enum(variant);
        }
        self.inside(b"{}", |reader| visitor.visit_enum(Variant(reader)))
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Otherwise> {
        visitor.visit_newtype_struct(self)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char string bytes byte_buf unit unit_struct seq tuple
        tuple_struct map identifier ignored_any
    }
}

/// The values of a list, or the keys and values of an object, with commas between.
struct Items<'a, 'de> {
    reader: &'a mut Reader<'de>,
    is_first: bool,
}

impl<'a, 'de> Items<'a, 'de> {
    fn of(reader: &'a mut Reader<'de>) -> Self {
        Self {
            reader,
            is_first: true,
        }
    }

    /// Goes to the next item, if there is one.
    fn goes_on(&mut self) -> Result<bool, Otherwise> {
        let is_first = std::mem::take(&mut self.is_first);
        match self.reader.next() {
            Some(b'}' | b']') => Ok(false),
            _ if is_first => Ok(true),
            _ => self.reader.pass(b",").map(|()| true),
        }
    }
}

impl<'de> SeqAccess<'de> for Items<'_, 'de> {
    type Error = Otherwise;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, Otherwise> {
        match self.goes_on()? {
            true => seed.deserialize(&mut *self.reader).map(Some),
            false => Ok(None),
        }
    }
}

impl<'de> MapAccess<'de> for Items<'_, 'de> {
    type Error = Otherwise;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, Otherwise> {
        match self.goes_on()? {
            true => seed.deserialize(&mut *self.reader).map(Some),
            false => Ok(None),
        }
    }

    fn next_value_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<T::Value, Otherwise> {
        self.reader.pass(b":")?;
        seed.deserialize(&mut *self.reader)
    }
}

/// The fields of a struct, in the order they are declared in.
struct Fields<'a, 'de> {
    items: Items<'a, 'de>,
    fields: &'static [&'static str],
    /// The first that has not been passed over.
    next: usize,
}

impl<'de> MapAccess<'de> for Fields<'_, 'de> {
    type Error = Otherwise;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, Otherwise> {
        if !self.items.goes_on()? {
            return Ok(None);
        }
        let reader = &mut *self.items.reader;
        reader.pass(b"\"")?;
        let rest = reader.rest();
        let mut fields = self.fields.iter().skip(self.next);
        let is_field = |field: &&str| {
            let after = rest.strip_prefix(field.as_bytes());
            after.is_some_and(|after| after.first() == Some(&b'"'))
        };
        let ahead = fields.position(is_field).ok_or(Otherwise)?;
        let index = self.next + ahead;
        reader.at += self.fields[index].len() + 1;
        self.next = index + 1;
        seed.deserialize((index as u64).into_deserializer())
            .map(Some)
    }

    fn next_value_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<T::Value, Otherwise> {
        self.items.next_value_seed(seed)
    }
}

/// A variant with what it carries: an object of one key.
struct Variant<'a, 'de>(&'a mut Reader<'de>);

impl<'de> EnumAccess<'de> for Variant<'_, 'de> {
    type Error = Otherwise;
    type Variant = Self;

    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Result<(V::Value, Self), Otherwise> {
        let Cow::Borrowed(name) = self.0.string()? else {
            return Err(Otherwise);
        };
        self.0.pass(b":")?;
        let variant = seed.deserialize(BorrowedStrDeserializer::new(name))?;
        Ok((variant, self))
    }
}

impl<'de> VariantAccess<'de> for Variant<'_, 'de> {
    type Error = Otherwise;

    fn unit_variant(self) -> Result<(), Otherwise> {
        Err(Otherwise)
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, Otherwise> {
        seed.deserialize(self.0)
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, _: V) -> Result<V::Value, Otherwise> {
        Err(Otherwise)
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Otherwise> {
        self.0.deserialize_struct("", fields, visitor)
    }
}
