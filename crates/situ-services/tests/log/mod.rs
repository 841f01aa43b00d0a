//! A log in a `Vec`, and short ways to write events and ask questions.

#![expect(dead_code, reason = "every test program uses another part of it")]

pub(crate) mod restored;

use situ_core::{
    AsOf, Event, EventId, Instant, Known, Position, Recorded, Service, SituationId, Valid,
    from_line,
};
use situ_services::{Board, ServiceStatus, Services, TimeToLive};

pub(crate) const DEMO: &str = include_str!("../../../situ-cli/demo/balochistan-2026.ndjson");

#[derive(Clone, Default)]
pub(crate) struct Log {
    pub(crate) recorded: Vec<Recorded>,
}

pub(crate) fn instant(text: &str) -> Instant {
    text.parse().unwrap()
}

/// A moment in Pakistan: `4 10:00` is 4 February 2026, 10:00.
pub(crate) fn pkt(day_and_time: &str) -> Instant {
    let (day, time) = day_and_time.split_once(' ').unwrap();
    let day: u32 = day.parse().unwrap();
    let month = if day > 20 { 1 } else { 2 };
    instant(&format!("2026-{month:02}-{day:02}T{time}:00+05:00"))
}

pub(crate) fn id(number: u32) -> EventId {
    format!("00000000-0000-7000-8000-{number:012x}")
        .parse()
        .unwrap()
}

pub(crate) fn situation() -> SituationId {
    SituationId::new("balochistan-2026").unwrap()
}

impl Log {
    pub(crate) fn demo() -> Self {
        let mut log = Self::default();
        for line in DEMO.lines() {
            log.line(line);
        }
        log
    }

    /// A situation in Pakistan about which nothing is told yet.
    pub(crate) fn empty() -> Self {
        let mut log = Self::default();
        log.tell(
            "SituationOpened",
            "1 00:00",
            r#"{"title":"Test","zone":"Asia/Karachi"}"#,
            "",
        );
        log
    }

    pub(crate) fn append(&mut self, event: &Event, recorded_at: Instant) -> EventId {
        let mut body = Vec::new();
        event.encode(&mut body).unwrap();
        self.recorded.push(Recorded {
            position: Position::new(self.recorded.len() as u64 + 1),
            recorded_at,
            learnt_at: event.learnt_at.unwrap_or(recorded_at),
            id: event.id,
            situation: event.situation.clone(),
            kind: event.payload.kind(),
            version: event.payload.version(),
            body: String::from_utf8(body).unwrap().into(),
        });
        event.id
    }

    pub(crate) fn line(&mut self, line: &str) -> EventId {
        let number = u32::try_from(self.recorded.len()).unwrap() + 1;
        let event =
            from_line(line, 1, || id(number)).unwrap_or_else(|error| panic!("{error}: {line}"));
        self.append(&event, instant("2026-03-01T00:00:00Z"))
    }

    /// Tells an event of a kind, learnt then, with a payload; `more` holds further fields of the envelope.
    pub(crate) fn tell(&mut self, kind: &str, learnt: &str, payload: &str, more: &str) -> EventId {
        let learnt = pkt(learnt);
        let source = if more.contains("\"source\"") {
            ""
        } else {
            r#""source":{"origin":"a"},"#
        };
        let more = if more.is_empty() {
            String::new()
        } else {
            format!("{more},")
        };
        self.line(&format!(
            r#"{{"kind":"{kind}","situation":"balochistan-2026","learnt_at":"{learnt}",{source}{more}"payload":{payload}}}"#
        ))
    }

    /// `when`: `4` is 4 February, as a day; `4 10:00` a moment; empty unknown.
    pub(crate) fn service(
        &mut self,
        kind: &str,
        source: &str,
        learnt: &str,
        when: &str,
        payload: &str,
    ) -> EventId {
        let mut more = format!(r#""source":{{"origin":"{source}"}}"#);
        if !when.is_empty() {
            more.push_str(&format!(r#","occurred":"{}""#, time(when)));
        }
        self.tell(kind, learnt, payload, &more)
    }

    pub(crate) fn retract(&mut self, learnt: &str, target: EventId) -> EventId {
        let payload = format!(r#"{{"target":"{target}","reason":"source_error"}}"#);
        self.tell("ClaimRetracted", learnt, &payload, "")
    }

    pub(crate) fn place(&mut self, place: &str, within: &str) -> EventId {
        let payload = format!(r#"{{"place":"{place}","names":["{place}"],"within":["{within}"]}}"#);
        self.tell("PlaceDescribed", "1 00:00", &payload, "")
    }

    /// Saved and restored half way, which changes nothing.
    pub(crate) fn services(&self) -> Services {
        restored::fold(&self.recorded, self.recorded.len() / 2)
    }

    pub(crate) fn ask(&self, valid: &str, known: Known) -> Board {
        self.services()
            .at(&situation(), as_of(valid, known), &TimeToLive::default())
    }

    pub(crate) fn now(&self, valid: &str) -> Board {
        self.ask(valid, Known::Position(Position::new(u64::MAX)))
    }

    pub(crate) fn then(&self, valid: &str) -> Board {
        self.ask(valid, Known::Learnt(pkt(valid)))
    }
}

pub(crate) fn time(when: &str) -> String {
    if when.contains(':') {
        return pkt(when).to_string();
    }
    let day = |day: &str| {
        let day: u32 = day.parse().unwrap();
        let month = if day > 20 { 1 } else { 2 };
        format!("2026-{month:02}-{day:02}")
    };
    match when.split_once('/') {
        Some((first, last)) => format!("{}/{}[Asia/Karachi]", day(first), day(last)),
        None => format!("{}[Asia/Karachi]", day(when)),
    }
}

pub(crate) fn as_of(valid: &str, known: Known) -> AsOf {
    AsOf {
        valid: Valid(pkt(valid)),
        known,
    }
}

/// The only status of a service whose scope reads like this.
pub(crate) fn find<'a>(board: &'a Board, service: Service, scope: &str) -> &'a ServiceStatus {
    let matches = |status: &&ServiceStatus| {
        status.service == service
            && serde_json::to_string(&status.scope)
                .unwrap()
                .contains(scope)
    };
    let mut found = board.services.iter().filter(matches);
    let status = found
        .next()
        .unwrap_or_else(|| panic!("no {service} {scope} in {board:#?}"));
    assert!(found.next().is_none(), "several {service} {scope}");
    status
}

/// A status in one line: status, day, unobserved, freshness.
pub(crate) fn brief(status: &ServiceStatus) -> String {
    let number = |number: Option<u32>| number.map_or("-".to_owned(), |number| number.to_string());
    format!(
        "{:?} {:?} day {} unobserved {} {:?}",
        status.status,
        status.degree,
        number(status.day),
        number(status.unobserved),
        status.freshness
    )
    .to_lowercase()
}
