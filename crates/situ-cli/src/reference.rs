//! Names of events and claims as people type them: `@16`, `@16#3`, a whole id, or the digits one starts or ends with.

use std::fmt;
use std::str::FromStr;

use anyhow::Context as _;
use situ_core::{ClaimId, ClaimRef, EventId, EventStore, Payload, Position, Recorded, replay};

use crate::exit::{Hinted, NotThere};

/// An event, or a figure of one, by some name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Reference {
    text: String,
    event: EventName,
    figure: Option<u16>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum EventName {
    At(Position),
    Id(EventId),
    /// Hexadecimal digits, in lower case, without hyphens.
    Digits(String),
}

/// A text that names neither event nor claim.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` names no event; write @POSITION, an id, or four or more digits it starts or ends with, and #n for a figure"
)]
pub(crate) struct ReferenceError(String);

impl FromStr for Reference {
    type Err = ReferenceError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = || ReferenceError(text.to_owned());
        let (name, figure) = match text.split_once('#') {
            Some((name, figure)) => {
                let is_number = figure.bytes().all(|byte| byte.is_ascii_digit());
                let figure = figure
                    .parse()
                    .ok()
                    .filter(|figure| is_number && *figure > 0);
                (name, Some(figure.ok_or_else(wrong)?))
            }
            None => (text, None),
        };
        let event = event_name(name).ok_or_else(wrong)?;
        Ok(Self {
            text: text.to_owned(),
            event,
            figure,
        })
    }
}

fn event_name(name: &str) -> Option<EventName> {
    if let Some(position) = name.strip_prefix('@') {
        let is_number = position.bytes().all(|byte| byte.is_ascii_digit());
        return position
            .parse()
            .ok()
            .filter(|_| is_number)
            .map(EventName::At);
    }
    if let Ok(id) = name.parse() {
        return Some(EventName::Id(id));
    }
    let digits: String = name.to_lowercase().chars().filter(|c| *c != '-').collect();
    let is_part =
        (4..32).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_part.then_some(EventName::Digits(digits))
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// An event that is there, and the figure of it that is meant.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Found {
    pub(crate) recorded: Recorded,
    pub(crate) figure: Option<u16>,
}

impl Found {
    /// The claim or event, by its full name.
    pub(crate) fn claim_ref(&self) -> ClaimRef {
        let event = self.recorded.id;
        match self.figure {
            Some(figure) => ClaimRef::Claim(ClaimId { event, figure }),
            None => ClaimRef::Event(event),
        }
    }
}

impl Reference {
    /// The full name, where the text is one already.
    pub(crate) fn full(&self) -> Option<ClaimRef> {
        match (&self.event, self.figure) {
            (EventName::Id(event), None) => Some(ClaimRef::Event(*event)),
            (EventName::Id(event), Some(figure)) => Some(ClaimRef::Claim(ClaimId {
                event: *event,
                figure,
            })),
            _ => None,
        }
    }

    /// Looks the event up.
    ///
    /// # Errors
    /// [`NotThere`] when there is none; another error when several are meant or the log cannot be read.
    pub(crate) fn find(&self, store: &dyn EventStore) -> anyhow::Result<Found> {
        let recorded = match &self.event {
            EventName::At(position) => at(store, *position)?,
            EventName::Id(id) => only(store, &self.text, |event| event == *id)?,
            EventName::Digits(digits) => only(store, &self.text, |event| {
                let simple = event.as_uuid().simple().to_string();
                simple.starts_with(digits.as_str()) || simple.ends_with(digits.as_str())
            })?,
        };
        let Some(recorded) = recorded else {
            return Err(NotThere(format!("there is no event {self} in the log")).into());
        };
        if let Some(figure) = self.figure {
            check_figure(&recorded, figure)?;
        }
        Ok(Found {
            recorded,
            figure: self.figure,
        })
    }
}

/// The event at a position.
pub(crate) fn at(store: &dyn EventStore, position: Position) -> anyhow::Result<Option<Recorded>> {
    let Some(before) = position.get().checked_sub(1) else {
        return Ok(None);
    };
    let page = store
        .read_after(Position::new(before), 1)
        .with_context(|| format!("cannot read position {position}"))?;
    Ok(page
        .into_iter()
        .find(|recorded| recorded.position == position))
}

fn only(
    store: &dyn EventStore,
    text: &str,
    is_meant: impl Fn(EventId) -> bool,
) -> anyhow::Result<Option<Recorded>> {
    let mut found: Vec<Recorded> = Vec::new();
    replay(store, Position::START, |recorded| {
        if is_meant(recorded.id) {
            found.push(recorded.clone());
        }
        Ok(())
    })?;
    if found.len() > 1 {
        let all: Vec<String> = found
            .iter()
            .take(10)
            .map(|recorded| format!("@{} {} {}", recorded.position, recorded.id, recorded.kind))
            .collect();
        let more = match found.len() - all.len() {
            0 => String::new(),
            more => format!("\n  and {more} more"),
        };
        let message = format!(
            "`{text}` may be any of {} events:\n  {}{more}",
            found.len(),
            all.join("\n  ")
        );
        return Err(Hinted::new(message, "write more of the id, or @POSITION").into());
    }
    Ok(found.pop())
}

fn check_figure(recorded: &Recorded, figure: u16) -> anyhow::Result<()> {
    let position = recorded.position;
    let Payload::CasualtiesReported(reported) = recorded.event()?.payload else {
        return Err(NotThere(format!(
            "@{position} is {}, which has no figures",
            recorded.kind
        ))
        .into());
    };
    let count = reported.figures.len();
    if usize::from(figure) > count {
        let figures = if count == 1 { "figure" } else { "figures" };
        return Err(NotThere(format!(
            "@{position} has {count} {figures}; there is no #{figure}"
        ))
        .into());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_is_named_by_position_id_or_some_digits() {
        let event = |text: &str| {
            text.parse::<Reference>()
                .map(|reference| (reference.event, reference.figure))
        };
        let id: EventId = "019c2705-8880-7000-8000-000000000010".parse().unwrap();
        assert_eq!(event("@16"), Ok((EventName::At(Position::new(16)), None)));
        assert_eq!(
            event("@16#3"),
            Ok((EventName::At(Position::new(16)), Some(3)))
        );
        assert_eq!(event(&id.to_string()), Ok((EventName::Id(id), None)));
        assert_eq!(event(&format!("{id}#2")), Ok((EventName::Id(id), Some(2))));
        assert_eq!(
            event("019C2705-88"),
            Ok((EventName::Digits("019c270588".into()), None))
        );
        assert_eq!(
            event("0010#1"),
            Ok((EventName::Digits("0010".into()), Some(1)))
        );
        for wrong in [
            "", "@", "@x", "@+1", "010", "wxyz", "@16#", "@16#0", "@16#+1", "@16#x", "#1",
        ] {
            assert!(event(wrong).is_err(), "{wrong}");
        }
    }
}
