//! A log in memory that tests import into, and ways to spoil a file.

use situ_core::{ClaimRef, Event, EventId, EventStore as _, Payload, Position};
use situ_import::{Imported, Source, import};

#[path = "../taken/mod.rs"]
mod taken;

pub(crate) use taken::Log;

impl Log {
    pub(crate) fn tell(&mut self, source: &mut dyn Source) -> Imported {
        import(source, self).unwrap()
    }

    pub(crate) fn events(&self) -> Vec<Event> {
        let recorded = self.store.read_after(Position::START, 1_000_000).unwrap();
        let events = recorded.iter().map(|recorded| recorded.event().unwrap());
        events.collect()
    }

    /// What is claimed of services and taken back, in the order of the log. A claim is named by its number among those.
    pub(crate) fn said(&self) -> Vec<String> {
        let mut claims: Vec<EventId> = Vec::new();
        let mut said = Vec::new();
        for event in self.events() {
            let when = event
                .occurred
                .as_ref()
                .map_or("?".to_owned(), |when| when.as_str().to_owned());
            let scope = |scope| serde_json::to_string(&scope).unwrap().replace('"', "");
            let line = match event.payload {
                Payload::ServiceSuspended(told) => {
                    let cause = told
                        .causes
                        .stated
                        .map_or(String::new(), |cause| format!(" by {cause}"));
                    format!(
                        "{} {}{cause} {} since {when}",
                        told.service,
                        told.degree,
                        scope(told.scope)
                    )
                }
                Payload::ServiceConfirmed(told) => {
                    format!(
                        "{} still {} {} at {when}",
                        told.service,
                        told.degree,
                        scope(told.scope)
                    )
                }
                Payload::ServiceRestored(told) => {
                    format!(
                        "{} {} {} at {when}",
                        told.service,
                        told.degree,
                        scope(told.scope)
                    )
                }
                Payload::ServiceOutlookGiven(told) => {
                    let end = told.expected_end.as_str().to_owned();
                    format!("{} {} until {end}", told.service, scope(told.scope))
                }
                Payload::ClaimRetracted(retracted) => {
                    let number = |target: ClaimRef| {
                        let place = claims.iter().position(|claim| *claim == target.event());
                        place.map_or("record".to_owned(), |place| format!("{}", place + 1))
                    };
                    let instead = retracted
                        .replacement
                        .map(|claim| format!(" for {}", number(claim)));
                    let instead = instead.unwrap_or_default();
                    said.push(format!(
                        "not {}{instead}: {}",
                        number(retracted.target),
                        retracted.reason
                    ));
                    continue;
                }
                _ => continue,
            };
            assert!(event.caused_by.is_some());
            claims.push(event.id);
            said.push(format!("{}. {line}", claims.len()));
        }
        said
    }
}
