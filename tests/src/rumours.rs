//! Events without a plan: what a view must take whatever its order.

use situ_core::{Event, EventId, Instant, from_line};

/// A row of events without end, each of one of three situations: figures, services, descriptions, and retractions of anything, also
/// of other situations, of retractions, and of what comes later. The same seed gives the same events, one a minute.
///
/// # Panics
/// Never: its lines are events.
pub fn rumours(seed: u64) -> impl Iterator<Item = Event> {
    let mut random = Random(seed);
    (0..).map(move |number| rumour(number, &mut random))
}

/// When an event of [`rumours`] becomes public.
#[must_use]
pub fn learnt(number: u64) -> Instant {
    let minutes = i64::try_from(number).unwrap_or(i64::MAX);
    Instant::from_unix_nanos((1_770_000_000 + minutes * 60) * 1_000_000_000)
}

/// A fixed sequence of numbers without a pattern.
#[derive(Debug, Clone)]
pub struct Random(pub u64);

impl Random {
    /// The next number, below `end`.
    pub fn below(&mut self, end: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % end
    }

    fn of<'a>(&mut self, words: &[&'a str]) -> &'a str {
        words[usize::try_from(self.below(words.len() as u64)).unwrap_or(0)]
    }
}

fn id(number: u64) -> EventId {
    let [.., a, b, c, d] = number.to_be_bytes();
    EventId::from_content(learnt(number), [0, 0, 0, 0, 0, 0, a, b, c, d])
}

fn rumour(number: u64, random: &mut Random) -> Event {
    let (kind, payload) = match random.below(10) {
        0 => description(random),
        1 | 2 => ("ClaimRetracted", retraction(number, random)),
        3..6 => service(random),
        _ => ("CasualtiesReported", figures(random)),
    };
    let situation = random.of(&["north", "south", "west"]);
    let source = random.of(&["ministry", "hospital", "agency"]);
    let access = random.of(&["public", "public", "restricted"]);
    let (id, at) = (id(number), learnt(number));
    let occurred = learnt(number.saturating_sub(random.below(30)));
    let line = format!(
        r#"{{"kind":"{kind}","version":1,"id":"{id}","situation":"{situation}","occurred":"{occurred}","learnt_at":"{at}","source":{{"origin":"{source}"}},"access":"{access}","payload":{payload}}}"#
    );
    from_line(&line, 1, || unreachable!("the line has an id")).expect("an event")
}

fn description(random: &mut Random) -> (&'static str, String) {
    let title = random.of(&["First", "Second"]);
    match random.below(2) {
        0 => {
            let opened = format!(r#"{{"title":"{title}","zone":"Asia/Karachi"}}"#);
            ("SituationOpened", opened)
        }
        _ => {
            let place = random.of(&["valley", "town", "bridge"]);
            let described =
                format!(r#"{{"place":"{place}","names":["{title}"],"within":["province"]}}"#);
            ("PlaceDescribed", described)
        }
    }
}

fn retraction(number: u64, random: &mut Random) -> String {
    // Mostly what was just said, now and then what is not said yet.
    let target = id((number + 2).saturating_sub(random.below(12)));
    let reason = random.of(&["source_error", "double_count"]);
    let figure = random.of(&["", "", "#1", "#2"]);
    format!(r#"{{"target":"{target}{figure}","reason":"{reason}"}}"#)
}

fn service(random: &mut Random) -> (&'static str, String) {
    let kind = random.of(&["ServiceSuspended", "ServiceConfirmed", "ServiceRestored"]);
    let service = random.of(&["rail", "road"]);
    let place = random.of(&["valley", "town", "province"]);
    let degree = match kind {
        "ServiceRestored" => "normal",
        _ => random.of(&["none", "partial"]),
    };
    let said = format!(
        r#"{{"service":"{service}","scope":{{"of":{{"area":{{"place":"{place}"}}}}}},"degree":"{degree}"}}"#
    );
    (kind, said)
}

fn figures(random: &mut Random) -> String {
    let figures: Vec<String> = (0..=random.below(2)).map(|_| figure(random)).collect();
    format!(r#"{{"figures":[{}]}}"#, figures.join(","))
}

fn figure(random: &mut Random) -> String {
    let outcome = random.of(&["killed", "injured"]);
    let who = random.of(&["all", "civilian", "non_state_armed"]);
    let basis = random.of(&["reported", "reported", "identified"]);
    let number = random.below(100);
    let quantity = match random.below(2) {
        0 => format!("{number}"),
        _ => format!(r#"{{"at_least":{number}}}"#),
    };
    format!(
        r#"{{"outcome":"{outcome}","who":"{who}","quantity":{quantity},"basis":"{basis}","period":{{"cumulative":{{}}}}}}"#
    )
}
