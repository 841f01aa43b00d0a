//! Alerts of the Common Alerting Protocol, 1.1 and 1.2, alone or in a feed such as Atom.

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::io::Cursor;
use std::rc::Rc;

use encoding_rs::{Encoding, UTF_8};
use quick_xml::NsReader;
use quick_xml::events::{BytesRef, BytesStart, Event};
use quick_xml::name::ResolveResult;
use situ_core::Instant;

use super::{Found, Item, Items, PARTS, Parts, RECORD_LIMIT, line_of, numbered, refused};
use crate::importer::Reject;
use crate::json::below;
use crate::mapper::Fields;

const NAMESPACES: [&str; 2] = [
    "urn:oasis:names:tc:emergency:cap:1.1",
    "urn:oasis:names:tc:emergency:cap:1.2",
];

const ATOM: &str = "http://www.w3.org/2005/Atom";

/// How deep elements may lie in one another.
const DEPTH: usize = 32;

/// An alert by its full name, as others refer to it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Reference {
    sender: String,
    pub(super) identifier: String,
    pub(super) sent: Instant,
}

impl Reference {
    /// What makes the ids of its events, beside its identifier.
    pub(super) fn version(&self) -> String {
        format!("{},{}", self.sender, self.sent)
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{},{},{}", self.sender, self.identifier, self.sent)
    }
}

/// How an alert hangs together with others.
pub(super) struct Links {
    pub(super) this: Reference,
    /// Whether it takes back what it refers to.
    pub(super) is_cancel: bool,
    pub(super) references: Vec<Reference>,
}

/// An element without its prefix.
struct Element {
    name: String,
    /// Whether it is of CAP.
    is_cap: bool,
    attributes: Vec<(String, String)>,
    text: String,
    children: Vec<Self>,
    line: u64,
}

/// The alerts of a document.
pub(super) fn items(document: Vec<u8>) -> Result<Items, (u64, String)> {
    let text = decoded(&document).map_err(|reason| (1, reason))?;
    Ok(Box::new(Document::new(text)))
}

/// The text of a document in the encoding it says it has.
fn decoded(document: &[u8]) -> Result<String, String> {
    let (encoding, skipped) = match Encoding::for_bom(document) {
        Some(found) => found,
        None => (declared(document)?, 0),
    };
    let text = encoding.decode_without_bom_handling_and_without_replacement(&document[skipped..]);
    let text = text.ok_or_else(|| format!("it is not in {}, as it says", encoding.name()))?;
    Ok(text.into_owned())
}

fn declared(document: &[u8]) -> Result<&'static Encoding, String> {
    let Some(rest) = document.strip_prefix(b"<?xml") else {
        return Ok(UTF_8);
    };
    let end = rest.iter().take(200).position(|byte| *byte == b'>');
    let declaration = String::from_utf8_lossy(&rest[..end.unwrap_or(0)]);
    let Some((_, said)) = declaration.split_once("encoding") else {
        return Ok(UTF_8);
    };
    let said = said.trim_start_matches([' ', '=', '\t', '\r', '\n']);
    let mut pieces = said.splitn(3, ['"', '\'']);
    let label = pieces.nth(1).unwrap_or_default();
    Encoding::for_label(label.as_bytes())
        .ok_or_else(|| format!("the encoding `{label}` is unknown"))
}

/// A reader of a document that yields the alerts in it.
struct Document {
    text: Rc<[u8]>,
    reader: NsReader<Cursor<Rc<[u8]>>>,
    /// The elements that are open in an alert, from the alert on.
    open: Vec<Element>,
    /// Where the alert began.
    began: usize,
    /// What was found and not yielded yet.
    found: Option<Result<Element, Reject>>,
    /// How many were found.
    count: u64,
    /// The entry of a feed that is open: where it began, how much had been found before, and what it links to.
    entry: Option<(u64, u64, String)>,
    /// How many elements are open that are none of an alert.
    around: usize,
    at: usize,
    line: u64,
    is_over: bool,
}

impl Iterator for Document {
    type Item = Result<Item, Reject>;

    fn next(&mut self) -> Option<Self::Item> {
        while !self.is_over {
            if let Err(reason) = self.step() {
                self.is_over = true;
                self.count += 1;
                return Some(Err(refused(self.line, reason)));
            }
            if let Some(found) = self.found.take() {
                return Some(found.and_then(|alert| item(&alert)));
            }
        }
        let is_bare = std::mem::replace(&mut self.count, 1) == 0;
        let reason = "there is no alert of CAP 1.1 or 1.2 in it";
        is_bare.then(|| Err(refused(1, reason.to_owned())))
    }
}

impl Document {
    fn new(text: String) -> Self {
        let text: Rc<[u8]> = text.into_bytes().into();
        Self {
            reader: NsReader::from_reader(Cursor::new(Rc::clone(&text))),
            text,
            open: Vec::new(),
            began: 0,
            found: None,
            count: 0,
            entry: None,
            around: 0,
            at: 0,
            line: 1,
            is_over: false,
        }
    }

    /// Reads on by one piece: a tag, or a stretch of text.
    fn step(&mut self) -> Result<(), String> {
        // Lines are counted as they go by.
        let at = usize::try_from(self.reader.buffer_position()).unwrap_or(self.at);
        let passed = self.text.get(self.at..at).unwrap_or_default();
        self.line += line_of(passed, passed.len()) - 1;
        self.at = at.max(self.at);
        if !self.open.is_empty() && self.at - self.began > RECORD_LIMIT {
            return Err("the alert is over the limit of 1 MiB".to_owned());
        }
        let mut buffer = Vec::new();
        let (namespace, event) = self
            .reader
            .read_resolved_event_into(&mut buffer)
            .map_err(|error| format!("no XML: {error}"))?;
        let namespace = named(namespace);
        match event {
            Event::Start(start) => self.start(&start, namespace)?,
            Event::Empty(start) => {
                self.start(&start, namespace)?;
                self.end();
            }
            Event::End(_) => self.end(),
            Event::Text(text) => self.text(&text.xml10_content()),
            Event::CData(text) => self.text(&text.xml10_content()),
            Event::GeneralRef(reference) => self.text(&meant(&reference)?),
            Event::DocType(_) => {
                let reason = "it has a document type, which alerts do not; what that declares is never fetched or put in";
                return Err(reason.to_owned());
            }
            Event::Eof if self.open.is_empty() && self.around == 0 => self.is_over = true,
            Event::Eof => return Err("it ends in the middle".to_owned()),
            Event::Comment(_) | Event::Decl(_) | Event::PI(_) => {}
        }
        Ok(())
    }

    fn find(&mut self, found: Result<Element, Reject>) {
        self.count += 1;
        self.found = Some(found);
    }

    fn start(&mut self, start: &BytesStart<'_>, namespace: String) -> Result<(), String> {
        let name = start.local_name().as_ref().to_owned();
        let is_cap = NAMESPACES.contains(&namespace.as_str());
        let mut attributes = Vec::new();
        // Looking for one that comes twice would take the square of how many there are.
        for attribute in start.attributes().with_checks(false) {
            let attribute = attribute.map_err(|error| format!("no XML: {error}"))?;
            let key = attribute.key.as_ref();
            if key != "xmlns" && !key.starts_with("xmlns:") {
                attributes.push((key.to_owned(), attribute.value.to_string()));
            }
        }
        if self.open.is_empty() && !(is_cap && name == "alert") {
            if name == "alert" && self.around == 0 {
                return Err(format!(
                    "its namespace is `{namespace}`; alerts of CAP 1.1 and 1.2 are read"
                ));
            }
            self.around += 1;
            match (namespace == ATOM, name.as_str()) {
                (true, "entry") => self.entry = Some((self.line, self.count, String::new())),
                (true, "link") => {
                    let link = attributes.into_iter().find(|(name, _)| name == "href");
                    if let (Some(entry), Some((_, link))) = (&mut self.entry, link) {
                        entry.2 = link;
                    }
                }
                _ => {}
            }
            return Ok(());
        }
        if self.open.len() == DEPTH {
            return Err(format!("more than {DEPTH} elements lie in one another"));
        }
        if self.open.is_empty() {
            self.began = self.at;
        }
        self.open.push(Element {
            name,
            is_cap,
            attributes,
            text: String::new(),
            children: Vec::new(),
            line: self.line,
        });
        Ok(())
    }

    fn end(&mut self) {
        let Some(element) = self.open.pop() else {
            self.around = self.around.saturating_sub(1);
            // Only an entry lies two deep: in the feed.
            if self.around == 1
                && let Some((line, before, link)) = self.entry.take()
                && self.count == before
            {
                let link: String = link.chars().take(200).collect();
                let reason = format!("the entry only refers to its alert; import that: {link}");
                self.find(Err(refused(line, reason)));
            }
            return;
        };
        match self.open.last_mut() {
            Some(parent) => parent.children.push(element),
            None => self.find(Ok(element)),
        }
    }

    fn text(&mut self, text: &str) {
        if let Some(element) = self.open.last_mut() {
            element.text.push_str(text);
        }
    }
}

fn named(namespace: ResolveResult<'_>) -> String {
    match namespace {
        ResolveResult::Bound(namespace) => namespace.as_ref().to_owned(),
        ResolveResult::Unbound | ResolveResult::Unknown(_) => String::new(),
    }
}

/// What a reference in a text stands for: a character, never anything a document declares.
fn meant(reference: &BytesRef<'_>) -> Result<String, String> {
    match reference.resolve_char_ref() {
        Ok(Some(character)) => return Ok(character.to_string()),
        Ok(None) => {}
        Err(error) => return Err(format!("no XML: {error}")),
    }
    let name: &str = reference;
    Ok(match name {
        "amp" => "&",
        "lt" => "<",
        "gt" => ">",
        "apos" => "'",
        "quot" => "\"",
        _ => {
            let shown: String = name.chars().take(40).collect();
            return Err(format!(
                "`&{shown};` is no character; what a document declares is not put in"
            ));
        }
    }
    .to_owned())
}

/// What an element may hold.
struct Holds {
    /// One of each.
    needs: &'static [&'static str],
    /// One at most.
    may: &'static [&'static str],
    /// Any number.
    many: &'static [&'static str],
}

const ALERT: Holds = Holds {
    needs: &["identifier", "sender", "sent", "status", "msgType", "scope"],
    may: &[
        "source",
        "restriction",
        "addresses",
        "note",
        "references",
        "incidents",
        // Of 1.1.
        "password",
    ],
    many: &["code", "info"],
};

const INFO: Holds = Holds {
    needs: &["event", "urgency", "severity", "certainty"],
    may: &[
        "language",
        "audience",
        "effective",
        "onset",
        "expires",
        "senderName",
        "headline",
        "description",
        "instruction",
        "web",
        "contact",
    ],
    many: &[
        "category",
        "responseType",
        "eventCode",
        "parameter",
        "resource",
        "area",
    ],
};

const AREA: Holds = Holds {
    needs: &["areaDesc"],
    may: &["altitude", "ceiling"],
    many: &["polygon", "circle", "geocode"],
};

const RESOURCE: Holds = Holds {
    needs: &["resourceDesc"],
    may: &["mimeType", "size", "uri", "derefUri", "digest"],
    many: &[],
};

const VALUE: Holds = Holds {
    needs: &["valueName", "value"],
    may: &[],
    many: &[],
};

/// The words some elements are limited to.
const WORDS: &[(&str, &[&str])] = &[
    ("status", &["Actual", "Exercise", "System", "Test", "Draft"]),
    ("msgType", &["Alert", "Update", "Cancel", "Ack", "Error"]),
    ("scope", &["Public", "Restricted", "Private"]),
    (
        "category",
        &[
            "Geo",
            "Met",
            "Safety",
            "Security",
            "Rescue",
            "Fire",
            "Health",
            "Env",
            "Transport",
            "Infra",
            "CBRNE",
            "Other",
        ],
    ),
    (
        "responseType",
        &[
            "Shelter", "Evacuate", "Prepare", "Execute", "Avoid", "Monitor", "Assess", "AllClear",
            "None",
        ],
    ),
    (
        "urgency",
        &["Immediate", "Expected", "Future", "Past", "Unknown"],
    ),
    (
        "severity",
        &["Extreme", "Severe", "Moderate", "Minor", "Unknown"],
    ),
    (
        "certainty",
        &[
            "Observed",
            "Very Likely",
            "Likely",
            "Possible",
            "Unlikely",
            "Unknown",
        ],
    ),
];

/// An element that is not as CAP says: its line, and why.
type Invalid = (u64, String);

impl Element {
    /// What it says, without the space around.
    fn said(&self) -> &str {
        self.text.trim()
    }

    fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Self> {
        let is_meant = move |child: &&Self| child.is_cap && child.name == name;
        self.children.iter().filter(is_meant)
    }

    fn text_of(&self, name: &str) -> &str {
        let mut children = self.children.iter();
        let child = children.find(|child| child.is_cap && child.name == name);
        child.map_or("", Self::said)
    }

    fn check(&self, holds: &Holds) -> Result<(), Invalid> {
        let mut seen = HashSet::new();
        for child in self.children.iter().filter(|child| child.is_cap) {
            let name = child.name.as_str();
            let is_first = seen.insert(name);
            let is_one = holds.needs.contains(&name) || holds.may.contains(&name);
            if is_one && !is_first {
                return Err((child.line, format!("`{}` has two `{name}`", self.name)));
            }
            if !is_one && !holds.many.contains(&name) {
                let shown: String = name.chars().take(40).collect();
                return Err((
                    child.line,
                    format!("`{}` has no `{shown}` in CAP", self.name),
                ));
            }
            if let Some((_, words)) = WORDS.iter().find(|(of, _)| *of == name)
                && !words.contains(&child.said())
            {
                let shown: String = child.said().chars().take(40).collect();
                let words = words.join(", ");
                return Err((
                    child.line,
                    format!("`{name}` is `{shown}`; it is one of {words}"),
                ));
            }
            match name {
                "eventCode" | "parameter" | "geocode" => child.check(&VALUE)?,
                "effective" | "onset" | "expires" => drop(child.instant()?),
                "polygon" => child.check_polygon()?,
                "circle" => child.check_circle()?,
                "area" => child.check(&AREA)?,
                "resource" => child.check(&RESOURCE)?,
                "info" => child.check(&INFO)?,
                _ => {}
            }
        }
        if let Some(missing) = holds.needs.iter().find(|name| !seen.contains(**name)) {
            return Err((self.line, format!("`{}` lacks `{missing}`", self.name)));
        }
        if self.name == "info" && !seen.contains("category") {
            return Err((self.line, "`info` lacks `category`".to_owned()));
        }
        Ok(())
    }

    fn instant(&self) -> Result<Instant, Invalid> {
        let instant = self.said().parse();
        instant.map_err(|error| (self.line, format!("`{}`: {error}", self.name)))
    }

    fn check_polygon(&self) -> Result<(), Invalid> {
        let points: Option<Vec<_>> = self.said().split_whitespace().map(point).collect();
        let is_ring = |points: &[(f64, f64)]| points.len() >= 4 && points.first() == points.last();
        match points {
            Some(points) if is_ring(&points) => Ok(()),
            _ => Err((
                self.line,
                "`polygon` is four or more points `latitude,longitude` with spaces between, the first again at the end".to_owned(),
            )),
        }
    }

    fn check_circle(&self) -> Result<(), Invalid> {
        let said = self.said().split_once(char::is_whitespace);
        let is_circle = said.is_some_and(|(middle, radius)| {
            let radius = radius.trim().parse::<f64>();
            point(middle).is_some() && radius.is_ok_and(|radius| radius >= 0.0)
        });
        if is_circle {
            return Ok(());
        }
        let reason = "`circle` is `latitude,longitude radius`, in kilometres";
        Err((self.line, reason.to_owned()))
    }

    /// A name without spaces, commas or signs.
    fn id(&self, name: &str) -> Result<String, Invalid> {
        let id = self.text_of(name);
        let is_bad = |character: char| character.is_whitespace() || ",<&".contains(character);
        if id.is_empty() || id.contains(is_bad) {
            let line = self.all(name).next().map_or(self.line, |child| child.line);
            let reason = format!("`{name}` is a name without spaces, commas, `<` or `&`");
            return Err((line, reason));
        }
        Ok(id.to_owned())
    }
}

fn point(text: &str) -> Option<(f64, f64)> {
    let (latitude, longitude) = text.split_once(',')?;
    let (latitude, longitude) = (
        latitude.parse::<f64>().ok()?,
        longitude.parse::<f64>().ok()?,
    );
    let is_on_earth = latitude.abs() <= 90.0 && longitude.abs() <= 180.0;
    is_on_earth.then_some((latitude, longitude))
}

/// An alert as a record.
fn item(alert: &Element) -> Result<Item, Reject> {
    let unread = |(line, reason): Invalid| Reject {
        line,
        record: Some(alert.text_of("identifier").to_owned()).filter(|id| !id.is_empty()),
        field: None,
        reason,
    };
    let invalid = |(line, reason)| unread((line, format!("no valid alert: {reason}")));
    let links = links(alert).map_err(invalid)?;
    let mut found = Found::default();
    flatten(alert, "", &mut found).map_err(|reason| unread((alert.line, reason)))?;
    let is_actual = alert.text_of("status") == "Actual";
    let speaks = ["Alert", "Update", "Cancel"].contains(&alert.text_of("msgType"));
    let parts = match is_actual && speaks {
        true => parts(alert).map_err(unread)?.parts,
        false => Vec::new(),
    };
    let references = links.references.len();
    if links.is_cancel && references.saturating_mul(parts.len()) > PARTS {
        let reason = format!(
            "it cancels {references} alerts in {} areas and codes, over {PARTS} in all",
            parts.len()
        );
        return Err(unread((alert.line, reason)));
    }
    Ok(Item {
        key: links.this.identifier.clone(),
        line: alert.line,
        learnt: Some(links.this.sent),
        fields: found.fields,
        parts,
        odd: Vec::new(),
        alert: Some(Links {
            is_cancel: links.is_cancel && is_actual,
            ..links
        }),
    })
}

fn links(alert: &Element) -> Result<Links, Invalid> {
    alert.check(&ALERT)?;
    let sent = alert
        .all("sent")
        .next()
        .ok_or((alert.line, String::new()))?;
    let this = Reference {
        sender: alert.id("sender")?,
        identifier: alert.id("identifier")?,
        sent: sent.instant()?,
    };
    let mut references = Vec::new();
    let mut seen = HashSet::new();
    if let Some(element) = alert.all("references").next() {
        let wrong = || {
            let reason = "`references` are `sender,identifier,sent` with spaces between";
            (element.line, reason.to_owned())
        };
        for text in element.said().split_whitespace() {
            let pieces: Vec<&str> = text.split(',').collect();
            let [sender, identifier, sent] = pieces[..] else {
                return Err(wrong());
            };
            let reference = Reference {
                sender: sender.to_owned(),
                identifier: identifier.to_owned(),
                sent: sent.parse().map_err(|_| wrong())?,
            };
            if seen.insert(reference.clone()) {
                references.push(reference);
            }
        }
        if references.is_empty() {
            return Err(wrong());
        }
    }
    let kind = alert.text_of("msgType");
    if matches!(kind, "Update" | "Cancel") && references.is_empty() {
        return Err((
            alert.line,
            format!("`msgType` is {kind}, without `references`"),
        ));
    }
    for (scope, needed) in [("Restricted", "restriction"), ("Private", "addresses")] {
        if alert.text_of("scope") == scope && alert.text_of(needed).is_empty() {
            return Err((
                alert.line,
                format!("`scope` is {scope}, without `{needed}`"),
            ));
        }
    }
    Ok(Links {
        this,
        is_cancel: kind == "Cancel",
        references,
    })
}

/// Every element and attribute as a field, by its path.
fn flatten(element: &Element, path: &str, found: &mut Found) -> Result<(), String> {
    for (name, value) in &element.attributes {
        found.put(&format!("{path}@{name}"), value)?;
    }
    if element.children.is_empty() {
        return found.put(path, &element.text);
    }
    if !element.said().is_empty() {
        found.put(&format!("{path}.text()"), &element.text)?;
    }
    let mut counts: HashMap<&str, usize> = HashMap::new();
    for child in &element.children {
        let count = counts.entry(&child.name).or_default();
        *count += 1;
        let name = numbered(&child.name, *count);
        flatten(child, &below(path, &name), found)?;
    }
    Ok(())
}

/// What an alert says, once for each of its infos, areas, categories and codes of an area.
fn parts(alert: &Element) -> Result<Parts, Invalid> {
    let mut parts = Parts::default();
    let mut whole = Fields::new();
    say(alert, &mut whole);
    for info in alert.all("info") {
        let mut of_info = whole.clone();
        say(info, &mut of_info);
        let areas: Vec<Option<&Element>> = match info.all("area").count() {
            0 => vec![None],
            _ => info.all("area").map(Some).collect(),
        };
        for area in areas {
            let mut of_area = of_info.clone();
            let mut codes: HashMap<&str, Vec<&str>> = HashMap::new();
            if let Some(area) = area {
                say(area, &mut of_area);
                for code in area.all("geocode") {
                    let name = code.text_of("valueName");
                    codes.entry(name).or_default().push(code.text_of("value"));
                }
            }
            let most = codes.values().map(Vec::len).max().unwrap_or(1);
            if parts.parts.len() + most * info.all("category").count() > PARTS {
                return Err((info.line, format!("it names over {PARTS} areas and codes")));
            }
            for category in info.all("category") {
                for nth in 0..most {
                    let mut part = of_area.clone();
                    part.insert("category".to_owned(), category.said().into());
                    for (name, values) in &codes {
                        let value = values.get(nth).or(values.last()).copied();
                        part.insert(format!("geocode.{name}"), value.unwrap_or_default().into());
                    }
                    parts.add(part).map_err(|reason| (info.line, reason))?;
                }
            }
        }
    }
    Ok(parts)
}

/// The texts of an element's children, by their names; codes by the names they are of.
fn say(element: &Element, part: &mut Fields) {
    for child in element.children.iter().filter(|child| child.is_cap) {
        let (name, said) = match child.name.as_str() {
            "eventCode" | "parameter" => {
                let name = format!("{}.{}", child.name, child.text_of("valueName"));
                (name, child.text_of("value"))
            }
            _ if child.children.is_empty() => (child.name.clone(), child.said()),
            _ => continue,
        };
        part.entry(name).or_insert_with(|| said.into());
    }
}
