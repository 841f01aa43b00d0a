//! What a log holds, by kind, and what it does not hold though an event speaks of it.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use crate::as_of::{Known, Position};
use crate::casualties::Harm;
use crate::event::Event;
use crate::id::{EventId, SituationId};
use crate::instant::Instant;
use crate::kind::{Kind, Payload};
use crate::projection::Projection;
use crate::recorded::{DecodeError, Recorded};
use crate::saved::{SavedError, SavedReader, SavedWriter};

/// Counts events and the references between them, on both clocks of knowledge.
///
/// It is fed every event and decodes only those that refer to another. A question looks through all of them once.
#[derive(Debug, Clone, Default)]
pub struct Census {
    groups: Vec<Group>,
    by_situation: BTreeMap<SituationId, Vec<usize>>,
    events: Vec<Counted>,
    references: Vec<(usize, Reference)>,
}

/// What a log held, as known then.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CensusReport {
    /// How many events of each kind this program reads.
    pub kinds: BTreeMap<Kind, usize>,
    /// How many events of each kind and version it does not know, and keeps byte for byte.
    pub unknown: BTreeMap<(Kind, u16), usize>,
    /// The references to events that are not there, in the order of the events that refer.
    pub dangling: Vec<Reference>,
}

/// One event speaks of another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Reference {
    /// The event that refers.
    pub from: EventId,
    /// The field it refers in.
    pub field: &'static str,
    /// The event it refers to.
    pub to: EventId,
}

#[derive(Debug, Clone)]
struct Group {
    kind: Kind,
    version: u16,
    is_readable: bool,
}

#[derive(Debug, Clone)]
struct Counted {
    id: EventId,
    learnt_at: Instant,
    position: Position,
    group: usize,
}

impl CensusReport {
    /// How many events there were.
    #[must_use]
    pub fn events(&self) -> usize {
        self.kinds.values().sum::<usize>() + self.unknown_events()
    }

    /// How many events are of a kind or version this program does not know.
    #[must_use]
    pub fn unknown_events(&self) -> usize {
        self.unknown.values().sum()
    }

    /// The events spoken of that are not there.
    #[must_use]
    pub fn missing(&self) -> BTreeSet<EventId> {
        self.dangling.iter().map(|reference| reference.to).collect()
    }
}

impl Census {
    /// Counts what was known of a situation, or of the whole log.
    ///
    /// An event of another situation is there, too: ids are of the log.
    #[must_use]
    pub fn at(&self, situation: Option<&SituationId>, known: Known) -> CensusReport {
        let asked: HashSet<usize> = match situation {
            None => (0..self.groups.len()).collect(),
            Some(situation) => {
                let groups = self.by_situation.get(situation);
                groups.into_iter().flatten().copied().collect()
            }
        };
        let was_known = |event: &&Counted| known.includes(event.learnt_at, event.position);
        let mut counts = vec![0; self.groups.len()];
        for event in self.events.iter().filter(was_known) {
            counts[event.group] += 1;
        }
        let mut report = CensusReport {
            dangling: self.dangling(&asked, known),
            ..CensusReport::default()
        };
        for (index, count) in counts.into_iter().enumerate() {
            if count > 0 && asked.contains(&index) {
                report.add(&self.groups[index], count);
            }
        }
        report
    }

    /// Which events that were known then refer to an event, in the order of the log.
    pub fn references_to(
        &self,
        event: EventId,
        known: Known,
    ) -> impl Iterator<Item = Reference> + '_ {
        let references = self
            .references
            .iter()
            .filter(move |(_, reference)| reference.to == event);
        references
            .filter(move |(index, _)| {
                let from = &self.events[*index];
                known.includes(from.learnt_at, from.position)
            })
            .map(|(_, reference)| *reference)
    }

    fn dangling(&self, asked: &HashSet<usize>, known: Known) -> Vec<Reference> {
        let was_known = |event: &Counted| known.includes(event.learnt_at, event.position);
        let made: Vec<Reference> = self
            .references
            .iter()
            .map(|(index, reference)| (&self.events[*index], reference))
            .filter(|(event, _)| was_known(event) && asked.contains(&event.group))
            .map(|(_, reference)| *reference)
            .collect();
        let mut missing: HashSet<EventId> = made.iter().map(|reference| reference.to).collect();
        if !missing.is_empty() {
            for event in self.events.iter().filter(|event| was_known(event)) {
                missing.remove(&event.id);
            }
        }
        made.into_iter()
            .filter(|reference| missing.contains(&reference.to))
            .collect()
    }

    fn group(&mut self, recorded: &Recorded) -> usize {
        let known = self.by_situation.get(&recorded.situation);
        let same = |index: &&usize| {
            let group = &self.groups[**index];
            group.kind == recorded.kind && group.version == recorded.version
        };
        if let Some(index) = known.and_then(|known| known.iter().find(same)) {
            return *index;
        }
        let index = self.groups.len();
        self.groups.push(Group {
            kind: recorded.kind.clone(),
            version: recorded.version,
            is_readable: recorded.is_readable(),
        });
        let groups = self.by_situation.entry(recorded.situation.clone());
        groups.or_default().push(index);
        index
    }
}

/// The saved form.
impl Census {
    /// The version of the layout of what [`Census::save`] writes.
    pub const SAVED: u32 = 1;

    /// Writes the census, to be restored without reading the log again.
    pub fn save(&self, writer: &mut SavedWriter) {
        let mut situations = vec![""; self.groups.len()];
        for (situation, groups) in &self.by_situation {
            for group in groups {
                situations[*group] = situation.as_str();
            }
        }
        writer.count(self.groups.len());
        for (group, situation) in self.groups.iter().zip(situations) {
            writer.word(situation);
            writer.word(group.kind.as_str());
            writer.number(u64::from(group.version));
        }
        writer.count(self.events.len());
        let (mut position, mut learnt_at) = (Position::START, Instant::from_unix_nanos(0));
        for event in &self.events {
            writer.event_id(event.id);
            writer.position(event.position, position);
            writer.instant(event.learnt_at, learnt_at);
            writer.count(event.group);
            (position, learnt_at) = (event.position, event.learnt_at);
        }
        writer.count(self.references.len());
        for (index, reference) in &self.references {
            writer.count(*index);
            writer.word(reference.field);
            writer.event_id(reference.to);
        }
    }

    /// Reads a census as it was saved.
    ///
    /// # Errors
    /// When it does not read.
    pub fn restore(reader: &mut SavedReader<'_>) -> Result<Self, SavedError> {
        const WRONG: SavedError = SavedError::new("an event is counted nowhere");
        let mut census = Self::default();
        for index in 0..reader.count()? {
            let situation = reader.situation_id()?;
            let kind = Kind::from_name(reader.word()?);
            let version = u16::try_from(reader.number()?).map_err(|_| WRONG)?;
            census.groups.push(Group {
                is_readable: kind.is_readable(version),
                kind,
                version,
            });
            census
                .by_situation
                .entry(situation)
                .or_default()
                .push(index);
        }
        let count = reader.count()?;
        census.events.reserve_exact(count);
        let (mut position, mut learnt_at) = (Position::START, Instant::from_unix_nanos(0));
        for _ in 0..count {
            let id = reader.event_id()?;
            position = reader.position(position)?;
            learnt_at = reader.instant(learnt_at)?;
            let group = usize::try_from(reader.number()?).map_err(|_| WRONG)?;
            if group >= census.groups.len() {
                return Err(WRONG);
            }
            census.events.push(Counted {
                id,
                learnt_at,
                position,
                group,
            });
        }
        for _ in 0..reader.count()? {
            let index = usize::try_from(reader.number()?).map_err(|_| WRONG)?;
            let from = census.events.get(index).ok_or(WRONG)?.id;
            let field = reader.word()?;
            let field = FIELDS.iter().find(|known| ***known == **field);
            let field = *field.ok_or(SavedError::new("no field refers so"))?;
            let to = reader.event_id()?;
            census
                .references
                .push((index, Reference { from, field, to }));
        }
        Ok(census)
    }

    /// Every situation an event belongs to, opened or not.
    pub fn situations(&self) -> impl Iterator<Item = &SituationId> {
        self.by_situation.keys()
    }

    /// The kinds of the events of each situation, known or not; one may come several times.
    pub fn kinds(&self) -> impl Iterator<Item = &Kind> {
        self.groups.iter().map(|group| &group.kind)
    }
}

/// The fields an event may refer to another in.
const FIELDS: &[&str] = &[
    "caused_by",
    "part_of",
    "in_response_to",
    "about",
    "scope",
    "target",
    "replacement",
];

impl CensusReport {
    fn add(&mut self, group: &Group, count: usize) {
        let kind = group.kind.clone();
        if group.is_readable {
            *self.kinds.entry(kind).or_default() += count;
        } else {
            *self.unknown.entry((kind, group.version)).or_default() += count;
        }
    }
}

impl Projection for Census {
    const NAME: &'static str = "census";
    const VERSION: u32 = 1;
    type Touched = ();

    fn apply(&mut self, recorded: &Recorded) -> Result<(), DecodeError> {
        let references = if may_refer(recorded) {
            references(&recorded.event()?)
        } else {
            Vec::new()
        };
        let index = self.events.len();
        let group = self.group(recorded);
        self.events.push(Counted {
            id: recorded.id,
            learnt_at: recorded.learnt_at,
            position: recorded.position,
            group,
        });
        let references = references.into_iter().map(|reference| (index, reference));
        self.references.extend(references);
        Ok(())
    }
}

/// Whether the body is worth decoding; the stored form is ours, so the marks stand in it as they are here.
fn may_refer(recorded: &Recorded) -> bool {
    let has = |mark: &str| recorded.body.contains(mark);
    let refers = match &recorded.kind {
        Kind::ClaimRetracted => true,
        Kind::AttackOccurred => has("\"part_of\":"),
        Kind::OperationConducted => has("\"part_of\":") || has("\"in_response_to\":"),
        Kind::StatementIssued | Kind::SourceAssessed => has("\"about\":"),
        Kind::CasualtiesReported | Kind::OutcomeChanged | Kind::PartitionDeclared => {
            has("\"event:")
        }
        _ => false,
    };
    refers || has("\"caused_by\":")
}

/// Every event this one speaks of.
fn references(event: &Event) -> Vec<Reference> {
    let mut found = Vec::new();
    let mut add = |field, to| {
        found.push(Reference {
            from: event.id,
            field,
            to,
        });
    };
    if let Some(cause) = event.caused_by {
        add("caused_by", cause);
    }
    match &event.payload {
        Payload::AttackOccurred(attack) => {
            if let Some(whole) = attack.part_of {
                add("part_of", whole);
            }
        }
        Payload::OperationConducted(operation) => {
            for answered in &operation.in_response_to {
                add("in_response_to", *answered);
            }
            if let Some(whole) = operation.part_of {
                add("part_of", whole);
            }
        }
        Payload::StatementIssued(statement) => {
            for about in &statement.about {
                add("about", *about);
            }
        }
        Payload::SourceAssessed(assessed) => {
            if let Some(about) = assessed.about {
                add("about", about);
            }
        }
        Payload::CasualtiesReported(reported) => {
            for figure in &reported.figures {
                if let Harm::Event(scope) = figure.scope {
                    add("scope", scope);
                }
            }
        }
        Payload::OutcomeChanged(changed) => {
            if let Harm::Event(scope) = changed.scope {
                add("scope", scope);
            }
        }
        Payload::PartitionDeclared(partition) => {
            if let Harm::Event(scope) = partition.scope {
                add("scope", scope);
            }
        }
        Payload::ClaimRetracted(retracted) => {
            add("target", retracted.target.event());
            if let Some(replacement) = retracted.replacement {
                add("replacement", replacement.event());
            }
        }
        _ => {}
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::from_line;
    use proptest::prelude::*;

    fn id(number: u8) -> EventId {
        EventId::from_content(Instant::from_unix_nanos(0), [number; 10])
    }

    /// An event whose id, learnt second and position are given.
    fn recorded(number: u8, learnt: i64, position: u64, kind: &str, payload: &str) -> Recorded {
        recorded_in("s", number, learnt, position, kind, payload)
    }

    fn recorded_in(
        situation: &str,
        number: u8,
        learnt: i64,
        position: u64,
        kind: &str,
        payload: &str,
    ) -> Recorded {
        let line = format!(
            r#"{{"kind":"{kind}","id":"{}","situation":"{situation}","occurred":"2026-02-04[UTC]","source":{{"origin":"a"}},{payload}}}"#,
            id(number)
        );
        let event = from_line(&line, 1, || id(0)).unwrap();
        let mut body = Vec::new();
        event.encode(&mut body).unwrap();
        Recorded {
            position: Position::new(position),
            recorded_at: Instant::from_unix_nanos(0),
            learnt_at: Instant::from_unix_nanos(learnt),
            id: event.id,
            situation: event.situation.clone(),
            kind: event.payload.kind(),
            version: event.payload.version(),
            body: String::from_utf8(body).unwrap().into(),
        }
    }

    /// Counts events; half of them before the census is saved and restored, which changes nothing.
    fn census(events: &[Recorded]) -> Census {
        let mut census = Census::default();
        for (index, recorded) in events.iter().enumerate() {
            if index == events.len() / 2 {
                let mut writer = SavedWriter::default();
                census.save(&mut writer);
                let bytes = writer.finish();
                let mut reader = SavedReader::new(&bytes).unwrap();
                let restored = Census::restore(&mut reader).unwrap();
                reader.end().unwrap();
                assert_eq!(format!("{restored:?}"), format!("{census:?}"));
                census = restored;
            }
            census.apply(recorded).unwrap();
        }
        census
    }

    fn position(number: u64) -> Known {
        Known::Position(Position::new(number))
    }

    fn attack(rest: &str) -> String {
        format!(r#""payload":{{"mode":"other"{rest}}}"#)
    }

    #[test]
    fn what_refers_to_an_event_is_told_as_known_then() {
        let part_of = attack(&format!(r#","part_of":"{}""#, id(1)));
        let census = census(&[
            recorded(1, 10, 1, "AttackOccurred", &attack("")),
            recorded(2, 20, 2, "AttackOccurred", &part_of),
            recorded(3, 15, 3, "AttackOccurred", &part_of),
        ]);
        let from = |known| -> Vec<EventId> {
            let references = census.references_to(id(1), known);
            references.map(|reference| reference.from).collect()
        };
        assert_eq!(from(position(3)), [id(2), id(3)]);
        assert_eq!(from(position(2)), [id(2)]);
        let learnt = Known::Learnt(Instant::from_unix_nanos(15));
        assert_eq!(from(learnt), [id(3)]);
        assert_eq!(census.references_to(id(2), position(3)).count(), 0);
    }

    #[test]
    fn events_are_counted_by_kind_as_known_then() {
        let census = census(&[
            recorded(1, 20, 1, "AttackOccurred", &attack("")),
            recorded(2, 10, 2, "AttackOccurred", &attack("")),
            recorded(3, 30, 3, "Weather", r#""version":2,"payload":{"wind":3.5}"#),
            recorded(4, 30, 4, "AttackOccurred", r#""version":2,"payload":{}"#),
            recorded_in("t", 5, 30, 5, "Weather", r#""payload":{}"#),
        ]);
        let all = census.at(None, position(5));
        assert_eq!(all.kinds, BTreeMap::from([(Kind::AttackOccurred, 2)]));
        let weather = Kind::from_name("Weather");
        let unknown = [
            ((Kind::AttackOccurred, 2), 1),
            ((weather.clone(), 1), 1),
            ((weather, 2), 1),
        ];
        assert_eq!(all.unknown, BTreeMap::from(unknown));
        assert_eq!((all.events(), all.unknown_events()), (5, 3));
        assert_eq!(census.at(None, position(1)).events(), 1);
        let learnt = Known::Learnt(Instant::from_unix_nanos(10));
        assert_eq!(census.at(None, learnt).events(), 1);
        let situation = SituationId::new("t").unwrap();
        assert_eq!(census.at(Some(&situation), position(9)).events(), 1);
        let nowhere = SituationId::new("u").unwrap();
        assert_eq!(
            census.at(Some(&nowhere), position(9)),
            CensusReport::default()
        );
    }

    #[test]
    fn every_reference_is_followed() {
        let check = |kind: &str, payload: &str, fields: &[&str]| {
            let payload = payload.replace("ID", &id(9).to_string());
            let report = census(&[recorded(1, 0, 1, kind, &payload)]).at(None, position(1));
            let expected: Vec<_> = fields.iter().map(|field| (id(1), *field, id(9))).collect();
            let dangling: Vec<_> = report
                .dangling
                .iter()
                .map(|reference| (reference.from, reference.field, reference.to))
                .collect();
            assert_eq!(dangling, expected, "{kind}");
        };
        check(
            "AttackOccurred",
            &attack(r#","part_of":"ID""#),
            &["part_of"],
        );
        check(
            "OperationConducted",
            r#""payload":{"actor":"a","mode":"raid","state":"ongoing","in_response_to":["ID"],"part_of":"ID"}"#,
            &["in_response_to", "part_of"],
        );
        check(
            "StatementIssued",
            r#""payload":{"speaker":"a","acts":[{"act":"denies"}],"about":["ID"]}"#,
            &["about"],
        );
        check(
            "SourceAssessed",
            r#""payload":{"assessed":"a","by":"b","credibility":"1","about":"ID"}"#,
            &["about"],
        );
        check(
            "CasualtiesReported",
            r#""payload":{"figures":[{"outcome":"killed","who":"all","quantity":1,"period":"incident"},{"outcome":"killed","who":"all","quantity":1,"scope":"event:ID","period":"incident"}]}"#,
            &["scope"],
        );
        check(
            "OutcomeChanged",
            r#""payload":{"people":{"who":"all"},"from":"injured","to":"killed","count":1,"scope":"event:ID"}"#,
            &["scope"],
        );
        check(
            "PartitionDeclared",
            r#""payload":{"outcome":"killed","scope":"event:ID","whole":{"who":"all"},"parts":[{"who":"civilian"},{"who":"security_forces"}],"coverage":"partial"}"#,
            &["scope"],
        );
        check(
            "ClaimRetracted",
            r#""payload":{"target":"ID#2","reason":"other","replacement":"ID"}"#,
            &["target", "replacement"],
        );
        check(
            "Weather",
            r#""caused_by":"ID","payload":{}"#,
            &["caused_by"],
        );
        check("AttackOccurred", &attack(""), &[]);
    }

    #[test]
    fn a_reference_dangles_until_its_event_was_known() {
        let refers = format!(r#","part_of":"{}""#, id(9));
        let census = census(&[
            recorded(1, 10, 1, "AttackOccurred", &attack(&refers)),
            recorded_in("t", 9, 20, 2, "AttackOccurred", &attack("")),
            recorded(2, 30, 3, "AttackOccurred", &attack(&refers)),
        ]);
        assert_eq!(census.at(None, position(0)).dangling, []);
        let before = census.at(None, position(1));
        assert_eq!(before.missing(), BTreeSet::from([id(9)]));
        assert_eq!(census.at(None, position(3)).dangling, []);
        let learnt = |at| Known::Learnt(Instant::from_unix_nanos(at));
        assert_eq!(census.at(None, learnt(19)).dangling.len(), 1);
        assert_eq!(census.at(None, learnt(20)).dangling, []);
        let situation = SituationId::new("s").unwrap();
        assert_eq!(census.at(Some(&situation), position(1)).dangling.len(), 1);
        assert_eq!(census.at(Some(&situation), position(3)).dangling, []);
    }

    proptest! {
        #[test]
        fn asked_as_of_then_it_answers_as_if_it_had_been_fed_only_so_far(
            events in proptest::collection::vec((0..3u8, 0..12u8, 0..20i64), 1..12),
            asked in (0..13u64, 0..20i64),
        ) {
            let log: Vec<_> = events.iter().enumerate().map(|(index, (kind, to, learnt))| {
                let number = u8::try_from(index).unwrap();
                let (kind, payload) = match kind {
                    0 => ("AttackOccurred", attack(&format!(r#","part_of":"{}""#, id(*to)))),
                    1 => ("Weather", format!(r#""caused_by":"{}","payload":{{}}"#, id(*to))),
                    _ => ("AttackOccurred", attack("")),
                };
                recorded(number, *learnt, index as u64 + 1, kind, &payload)
            }).collect();
            let whole = census(&log);
            let prefix = &log[..log.len().min(usize::try_from(asked.0).unwrap())];
            prop_assert_eq!(whole.at(None, position(asked.0)), census(prefix).at(None, position(99)));
            let learnt = Known::Learnt(Instant::from_unix_nanos(asked.1));
            let public: Vec<_> = log.iter().filter(|one| one.learnt_at.unix_nanos() <= asked.1).cloned().collect();
            prop_assert_eq!(whole.at(None, learnt), census(&public).at(None, learnt));
        }
    }
}
