//! Objects of JSON, read one at a time from an array of any length.

use std::collections::{BTreeMap, HashSet};
use std::fmt;
use std::io::{self, BufRead};

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;
use situ_core::Name;

use crate::input::{Input, LINE_LIMIT};
use crate::mapper::Fields;
use crate::rows::Row;

/// How deep objects may lie in one another.
const DEPTH_LIMIT: usize = 16;

/// Objects in an array, or under the names of an object, somewhere in a file.
///
/// What it holds is one of them.
pub(crate) struct Array {
    text: Scanner,
    /// The names that lead to it from the top.
    path: Vec<String>,
    /// The field that takes the names, where rows lie under names.
    named: Option<String>,
    is_begun: bool,
    open: Vec<Open>,
    /// Whether the path was found.
    is_found: bool,
    buffer: Vec<u8>,
}

/// An array or object that is being read.
struct Open {
    what: What,
    is_begun: bool,
}

enum What {
    /// An object on the path, so many names down.
    Outer(usize),
    /// The object whose members are rows, or arrays of rows.
    Named,
    /// An array of rows, with the name it lies under.
    Rows(Option<String>),
}

impl Array {
    /// `path` leads to the rows by names with dots between; `named` is the field that takes the names they lie under.
    pub(crate) fn new(input: Input, path: Option<&str>, named: Option<&str>) -> Self {
        let path = path.unwrap_or_default().split('.');
        Self {
            text: Scanner { input, line: 1 },
            path: path
                .filter(|name| !name.is_empty())
                .map(str::to_owned)
                .collect(),
            named: named.map(str::to_owned),
            is_begun: false,
            open: Vec::new(),
            is_found: false,
            buffer: Vec::new(),
        }
    }

    /// The next row and its line, or why it is none; `None` at the end.
    ///
    /// # Errors
    /// When the file is no JSON, or does not hold rows where they should be.
    pub(crate) fn next_row(
        &mut self,
        rename: &BTreeMap<String, String>,
    ) -> io::Result<Option<(u64, Row)>> {
        if !self.is_begun {
            self.is_begun = true;
            self.text.skip_mark()?;
            self.enter(0)?;
        }
        while let Some(open) = self.open.last_mut() {
            let is_first = !std::mem::replace(&mut open.is_begun, true);
            let close = match open.what {
                What::Rows(_) => b']',
                What::Outer(_) | What::Named => b'}',
            };
            if !self.text.goes_on(is_first, close)? {
                self.open.pop();
                continue;
            }
            match &open.what {
                What::Rows(name) => {
                    let name = name.clone();
                    return self.row(name, rename).map(Some);
                }
                What::Outer(depth) => {
                    let depth = *depth;
                    let name = self.text.name(&mut self.buffer)?;
                    if self.is_found || name != self.path[depth] {
                        self.text.value(&mut self.buffer)?;
                    } else {
                        self.enter(depth + 1)?;
                    }
                }
                What::Named => {
                    let name = self.text.name(&mut self.buffer)?;
                    if self.text.next_byte()? == Some(b'[') {
                        self.text.bump()?;
                        self.push(What::Rows(Some(name)));
                    } else {
                        return self.row(Some(name), rename).map(Some);
                    }
                }
            }
        }
        self.text.end()?;
        if !self.is_found {
            let path = self.path.join(".");
            return Err(self
                .text
                .broken(format!("there is no `{path}` in the file")));
        }
        Ok(None)
    }

    /// Enters what lies so many names down the path.
    fn enter(&mut self, depth: usize) -> io::Result<()> {
        let (byte, what) = if depth < self.path.len() {
            (b'{', What::Outer(depth))
        } else if self.named.is_some() {
            (b'{', What::Named)
        } else {
            (b'[', What::Rows(None))
        };
        if self.text.next_byte()? != Some(byte) {
            let kind = if byte == b'{' { "object" } else { "array" };
            let place = match &self.path[..depth] {
                [] => "the file".to_owned(),
                path => format!("`{}`", path.join(".")),
            };
            return Err(self.text.broken(format!("{place} is no {kind}")));
        }
        self.text.bump()?;
        self.is_found = depth == self.path.len();
        self.push(what);
        Ok(())
    }

    fn push(&mut self, what: What) {
        self.open.push(Open {
            what,
            is_begun: false,
        });
    }

    fn row(
        &mut self,
        name: Option<String>,
        rename: &BTreeMap<String, String>,
    ) -> io::Result<(u64, Row)> {
        self.text.next_byte()?;
        let line = self.text.line;
        let row = match self.text.value(&mut self.buffer)? {
            Whole::No => Err("the row is over the limit of 1 MiB".to_owned()),
            Whole::Yes => match std::str::from_utf8(&self.buffer) {
                Ok(text) => fields_of(text, rename),
                Err(_) => Err("no UTF-8; convert the file first".to_owned()),
            },
        };
        let row = row.and_then(|mut fields| {
            if let (Some(field), Some(name)) = (&self.named, name) {
                let name = serde_json::to_string(&name).map_err(|error| error.to_string())?;
                insert(&mut fields, field.clone(), &name)?;
            }
            Ok(fields)
        });
        Ok((line, row))
    }
}

/// Finds where values begin and end; what stands inside is for others to check.
pub(crate) struct Scanner<R = Input> {
    pub(crate) input: R,
    /// The line it stands on, from 1.
    pub(crate) line: u64,
}

/// Whether a value was short enough to be held.
pub(crate) enum Whole {
    Yes,
    No,
}

impl<R: BufRead> Scanner<R> {
    pub(crate) fn skip_mark(&mut self) -> io::Result<()> {
        if self.input.fill_buf()?.starts_with(b"\xef\xbb\xbf") {
            self.input.consume(3);
        }
        Ok(())
    }

    /// The next byte that is no white space, not yet taken.
    pub(crate) fn next_byte(&mut self) -> io::Result<Option<u8>> {
        loop {
            let held = self.input.fill_buf()?;
            let Some(byte) = held.first().copied() else {
                return Ok(None);
            };
            if !matches!(byte, b' ' | b'\t' | b'\r' | b'\n') {
                return Ok(Some(byte));
            }
            self.line += u64::from(byte == b'\n');
            self.input.consume(1);
        }
    }

    pub(crate) fn bump(&mut self) -> io::Result<()> {
        self.next_byte()?;
        self.input.consume(1);
        Ok(())
    }

    pub(crate) fn broken(&self, what: impl fmt::Display) -> io::Error {
        let reason = format!("line {}: {what}", self.line);
        io::Error::new(io::ErrorKind::InvalidData, reason)
    }

    /// Whether another item follows before the end of an array or object, which is taken.
    pub(crate) fn goes_on(&mut self, is_first: bool, close: u8) -> io::Result<bool> {
        let byte = self.next_byte()?;
        if byte == Some(close) {
            self.bump()?;
            return Ok(false);
        }
        match (byte, is_first) {
            (None, _) => Err(self.broken("the file ends too early")),
            (_, true) => Ok(true),
            (Some(b','), false) => {
                self.bump()?;
                match self.next_byte()? {
                    Some(byte) if byte == close => Err(self.broken("nothing follows a comma")),
                    _ => Ok(true),
                }
            }
            _ => Err(self.broken("a comma is missing")),
        }
    }

    /// The name of a member, and the colon after it.
    pub(crate) fn name(&mut self, buffer: &mut Vec<u8>) -> io::Result<String> {
        self.value(buffer)?;
        let name = serde_json::from_slice::<String>(buffer);
        let name = name.map_err(|_| self.broken("the name of a member is missing"))?;
        if self.next_byte()? != Some(b':') {
            return Err(self.broken("a colon is missing"));
        }
        self.bump()?;
        Ok(name)
    }

    /// Only white space may follow.
    pub(crate) fn end(&mut self) -> io::Result<()> {
        match self.next_byte()? {
            None => Ok(()),
            Some(_) => Err(self.broken("something follows the end")),
        }
    }

    /// Reads a value into a buffer, or past it where it is too long to be held.
    pub(crate) fn value(&mut self, buffer: &mut Vec<u8>) -> io::Result<Whole> {
        buffer.clear();
        self.next_byte()?;
        let begin = self.line;
        let mut whole = Whole::Yes;
        let mut inside = Inside::default();
        loop {
            let held = self.input.fill_buf()?;
            if held.is_empty() && (inside.depth > 0 || inside.is_text || !inside.is_begun) {
                let reason = format!("the file ends within what begins on line {begin}");
                return Err(self.broken(reason));
            }
            let mut length = 0;
            let mut is_ended = held.is_empty();
            for byte in held {
                match inside.take(*byte) {
                    Taken::Inside => length += 1,
                    Taken::Last => {
                        length += 1;
                        is_ended = true;
                    }
                    Taken::Behind => is_ended = true,
                }
                if is_ended {
                    break;
                }
                self.line += u64::from(*byte == b'\n');
            }
            if buffer.len() + length > LINE_LIMIT {
                whole = Whole::No;
                buffer.clear();
            }
            if matches!(whole, Whole::Yes) {
                buffer.extend_from_slice(&held[..length]);
            }
            self.input.consume(length);
            if is_ended {
                return Ok(whole);
            }
        }
    }
}

/// Where in a value a scanner stands.
#[derive(Default)]
struct Inside {
    is_begun: bool,
    is_text: bool,
    is_escaped: bool,
    depth: u64,
}

enum Taken {
    Inside,
    /// The value ends with this byte.
    Last,
    /// The value ended before this byte.
    Behind,
}

impl Inside {
    fn take(&mut self, byte: u8) -> Taken {
        let is_first = !std::mem::replace(&mut self.is_begun, true);
        if self.is_text {
            match byte {
                _ if self.is_escaped => self.is_escaped = false,
                b'\\' => self.is_escaped = true,
                b'"' => {
                    self.is_text = false;
                    if self.depth == 0 {
                        return Taken::Last;
                    }
                }
                _ => {}
            }
            return Taken::Inside;
        }
        match byte {
            b'"' => {
                if !is_first && self.depth == 0 {
                    return Taken::Behind;
                }
                self.is_text = true;
            }
            b'{' | b'[' => self.depth += 1,
            b'}' | b']' if self.depth > 0 => {
                self.depth -= 1;
                if self.depth == 0 {
                    return Taken::Last;
                }
            }
            b'}' | b']' | b',' | b':' | b' ' | b'\t' | b'\r' | b'\n' if self.depth == 0 => {
                return Taken::Behind;
            }
            _ => {}
        }
        Taken::Inside
    }
}

/// The fields of an object, those of objects in it with dots between the names; each value as it stands.
pub(crate) fn fields_of(text: &str, rename: &BTreeMap<String, String>) -> Row {
    let text = with_numbers_as_texts(text);
    let mut flat = Fields::new();
    flatten(&text, "", DEPTH_LIMIT, &mut flat)?;
    if rename.is_empty() {
        return Ok(flat);
    }
    let mut fields = Fields::new();
    for (field, value) in flat {
        let name = rename.get(&field).cloned().unwrap_or(field);
        insert(&mut fields, name, &value)?;
    }
    Ok(fields)
}

fn flatten(text: &str, before: &str, depth: usize, fields: &mut Fields) -> Result<(), String> {
    if depth == 0 {
        return Err(format!("objects lie more than {DEPTH_LIMIT} deep"));
    }
    short_enough(before)?;
    for (name, value) in members(text, |name| below(before, &name))? {
        let value = value.get();
        let inner = value.strip_prefix('{').map(str::trim_start);
        if inner.is_some_and(|inner| !inner.starts_with('}')) {
            flatten(value, &name, depth - 1, fields)?;
        } else {
            insert(fields, name, value)?;
        }
    }
    Ok(())
}

/// The name of a member with the names that lead to it.
pub(crate) fn below(before: &str, name: &str) -> String {
    match before {
        "" => name.to_owned(),
        before => format!("{before}.{name}"),
    }
}

/// The members of an object under the names they are to have, in their order and as they stand; none may come twice.
pub(crate) fn members(
    text: &str,
    named: impl Fn(String) -> String,
) -> Result<Vec<(String, &RawValue)>, String> {
    let members: Members<'_> =
        serde_json::from_str(text).map_err(|error| format!("no object of JSON: {error}"))?;
    let members = members.0.into_iter();
    let members: Vec<_> = members.map(|(name, value)| (named(name), value)).collect();
    let mut seen = HashSet::new();
    match members.iter().find(|(name, _)| !seen.insert(name.as_str())) {
        Some((name, _)) => Err(twice(name)),
        None => Ok(members),
    }
}

/// Refuses the name of a field that is longer than one may be, before every name below it repeats it.
pub(crate) fn short_enough(name: &str) -> Result<(), String> {
    if name.len() <= Name::LIMIT {
        return Ok(());
    }
    let shown: String = name.chars().take(40).collect();
    Err(format!(
        "the name of a field is over the limit of {} bytes: {shown}…",
        Name::LIMIT
    ))
}

/// Why a field is refused that a record has already.
pub(crate) fn twice(name: &str) -> String {
    let shown: String = name.chars().take(200).collect();
    format!("the field `{shown}` comes twice")
}

fn insert(fields: &mut Fields, name: String, value: &str) -> Result<(), String> {
    match fields.get(&name) {
        Some(_) => Err(twice(&name)),
        None => {
            fields.insert(name, value.into());
            Ok(())
        }
    }
}

/// `NaN` and infinities, which some programs write and JSON has not, as texts.
fn with_numbers_as_texts(text: &str) -> std::borrow::Cow<'_, str> {
    const WORDS: [&str; 3] = ["NaN", "-Infinity", "Infinity"];
    if !WORDS.iter().any(|word| text.contains(word)) {
        return text.into();
    }
    let mut written = String::with_capacity(text.len() + 16);
    let (mut is_text, mut is_escaped) = (false, false);
    let mut rest = text;
    while let Some(char) = rest.chars().next() {
        let word = WORDS
            .iter()
            .find(|word| !is_text && rest.starts_with(**word));
        if let Some(word) = word {
            written.extend(["\"", word, "\""]);
            rest = &rest[word.len()..];
            continue;
        }
        match char {
            _ if is_escaped => is_escaped = false,
            '\\' => is_escaped = is_text,
            '"' => is_text = !is_text,
            _ => {}
        }
        written.push(char);
        rest = &rest[char.len_utf8()..];
    }
    written.into()
}

/// The members of an object in their order, also where a name comes twice.
struct Members<'a>(Vec<(String, &'a RawValue)>);

impl<'de: 'a, 'a> Deserialize<'de> for Members<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;
        impl<'de> Visitor<'de> for Reader {
            type Value = Vec<(String, &'de RawValue)>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(members)
            }
        }
        deserializer.deserialize_map(Reader).map(Members)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(text: &str, path: Option<&str>, named: Option<&str>) -> Vec<String> {
        let bytes: &'static [u8] = text.as_bytes().to_vec().leak();
        // Read in pieces, so that a value never lies whole in what is held.
        let input = io::BufReader::with_capacity(3, bytes);
        let mut array = Array::new(Box::new(input), path, named);
        let mut read = Vec::new();
        loop {
            match array.next_row(&BTreeMap::new()) {
                Ok(None) => return read,
                Ok(Some((line, Ok(fields)))) => {
                    let fields = fields.iter().map(|(name, value)| format!("{name}={value}"));
                    read.push(format!("{line}: {}", fields.collect::<Vec<_>>().join(" ")));
                }
                Ok(Some((line, Err(reason)))) => read.push(format!("{line}! {reason}")),
                Err(error) => {
                    read.push(error.to_string());
                    return read;
                }
            }
        }
    }

    #[test]
    fn objects_of_an_array_are_rows_however_they_are_spread() {
        let text = "[\n {\"a\": 1,\n  \"b\": {\"c\": \"],\\\"}\", \"d\": {}}},\n{\"a\":NaN , \"n\":\"NaN\"}, 7 ]\n";
        assert_eq!(
            all(text, None, None),
            [
                "2: a=1 b.c=\"],\\\"}\" b.d={}",
                "4: a=\"NaN\" n=\"NaN\"",
                "4! no object of JSON: invalid type: integer `7`, expected an object at line 1 column 1",
            ]
        );
        assert_eq!(all("[]", None, None), [""; 0]);
    }

    #[test]
    fn rows_lie_at_the_end_of_a_path_or_under_names() {
        let text = r#"{"type": "x", "page": {"other": [{"a": 0}], "rows": [{"a": 1}]}, "rows": [{"a": 2}]}"#;
        assert_eq!(all(text, Some("page.rows"), None), ["1: a=1"]);
        assert_eq!(all(text, Some("rows"), None), ["1: a=2"]);
        let text = r#"{"red": [{"a": 1}, {"a": 2}], "blue": {"a": 3}, "green": []}"#;
        assert_eq!(
            all(text, None, Some("line")),
            [
                "1: a=1 line=\"red\"",
                "1: a=2 line=\"red\"",
                "1: a=3 line=\"blue\""
            ]
        );
        let twice = r#"{"red": {"line": 1}}"#;
        assert_eq!(
            all(twice, None, Some("line")),
            ["1! the field `line` comes twice"]
        );
        let long = format!(r#"[{{"{}": {{"b": 1}}}}]"#, "a".repeat(257));
        assert_eq!(
            all(&long, None, None),
            [format!(
                "1! the name of a field is over the limit of 256 bytes: {}…",
                "a".repeat(40)
            )]
        );
    }

    #[test]
    fn what_is_no_array_of_objects_says_where() {
        for (text, expected) in [
            ("", "line 1: the file is no array"),
            ("{}", "line 1: the file is no array"),
            ("[{\"a\":1}\n{\"a\":2}]", "line 2: a comma is missing"),
            ("[{\"a\":1},]", "line 1: nothing follows a comma"),
            (
                "[\n{\"a\":\"1}",
                "line 2: the file ends within what begins on line 2",
            ),
            ("[{\"a\":1}", "line 1: the file ends too early"),
            ("[{\"a\":1}]\n]", "line 2: something follows the end"),
            ("[{\"a\":1,\"a\":2}]", "1! the field `a` comes twice"),
            (
                "[{\"a\":{\"b\":1},\"a\":{\"c\":2}}]",
                "1! the field `a` comes twice",
            ),
            (
                "[{\"a\":{\"b\":1},\"a.b\":2}]",
                "1! the field `a.b` comes twice",
            ),
            (
                "[{\"a\":01}]",
                "1! no object of JSON: invalid number at line 1 column 7",
            ),
        ] {
            let said = all(text, None, None);
            assert_eq!(said.last().map(String::as_str), Some(expected), "{text}");
        }
        let path = |text: &str| all(text, Some("rows"), None).pop().unwrap_or_default();
        assert_eq!(path("{\"a\":1}"), "line 1: there is no `rows` in the file");
        assert_eq!(path("{\"rows\":1}"), "line 1: `rows` is no array");
        assert_eq!(path("[]"), "line 1: the file is no object");
    }

    #[test]
    fn a_row_too_long_to_be_held_is_skipped() {
        let long = "x".repeat(LINE_LIMIT);
        let deep = format!("{}{}", "{\"a\":".repeat(17), "}".repeat(17));
        let deep = deep.replace(":}", ":1}");
        let text = format!("[{{\"a\":\"{long}\"}},{deep},{{\"a\":1}}]");
        assert_eq!(
            all(&text, None, None),
            [
                "1! the row is over the limit of 1 MiB",
                "1! objects lie more than 16 deep",
                "1: a=1",
            ]
        );
    }
}
