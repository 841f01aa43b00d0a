//! The array of a feed in JSON, one value at a time.

use std::io::{self, Cursor};

use crate::json::{Scanner, Whole};

/// The values of the array under a name at the top of a document, each with its line.
pub(super) struct Listed {
    text: Scanner<Cursor<Vec<u8>>>,
    is_begun: bool,
    is_over: bool,
    buffer: Vec<u8>,
}

/// A value as it stands, or why it cannot be read.
type Value = Result<String, String>;

impl Listed {
    /// Looks for the array in a document that is an object of JSON; without one there are no values.
    ///
    /// # Errors
    /// When what is under the name is no array.
    pub(super) fn new(document: Vec<u8>, name: &str) -> io::Result<Self> {
        let mut listed = Self {
            text: Scanner {
                input: Cursor::new(document),
                line: 1,
            },
            is_begun: false,
            is_over: false,
            buffer: Vec::new(),
        };
        listed.is_over = !listed.find(name)?;
        Ok(listed)
    }

    fn find(&mut self, name: &str) -> io::Result<bool> {
        self.text.skip_mark()?;
        self.text.bump()?;
        let mut is_first = true;
        while self.text.goes_on(is_first, b'}')? {
            is_first = false;
            if self.text.name(&mut self.buffer)? != name {
                self.text.value(&mut self.buffer)?;
                continue;
            }
            if self.text.next_byte()? != Some(b'[') {
                return Err(self.text.broken(format!("`{name}` is no array")));
            }
            self.text.bump()?;
            return Ok(true);
        }
        Ok(false)
    }

    fn value(&mut self) -> io::Result<Option<(u64, Value)>> {
        let is_first = !std::mem::replace(&mut self.is_begun, true);
        if !self.text.goes_on(is_first, b']')? {
            return Ok(None);
        }
        self.text.next_byte()?;
        let line = self.text.line;
        let value = match self.text.value(&mut self.buffer)? {
            Whole::No => Err("it is over the limit of 1 MiB".to_owned()),
            Whole::Yes => match std::str::from_utf8(&self.buffer) {
                Ok(text) => Ok(text.to_owned()),
                Err(_) => Err("no UTF-8; convert the file first".to_owned()),
            },
        };
        Ok(Some((line, value)))
    }
}

impl Iterator for Listed {
    type Item = (u64, Value);

    fn next(&mut self) -> Option<Self::Item> {
        if self.is_over {
            return None;
        }
        let value = self.value().unwrap_or_else(|error| {
            self.is_over = true;
            Some((self.text.line, Err(error.to_string())))
        });
        self.is_over |= value.is_none();
        value
    }
}
