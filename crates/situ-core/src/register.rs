//! What every view needs to know besides its own claims: descriptions and retractions, as known then.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::as_of::{Known, Position};
use crate::event::{
    ClaimRef, ClaimRetracted, Event, PlaceDescribed, RetractionReason, SituationOpened,
    SourceDescribed,
};
use crate::id::{ClaimId, EventId, PlaceId, SituationId, SourceId};
use crate::instant::Instant;
use crate::kind::{Kind, Payload};
use crate::projection::Projection;
use crate::recorded::{DecodeError, Recorded};
use crate::saved::{SavedError, SavedReader, SavedWriter};
use crate::when::Zone;

/// Situations, places and sources as described, and the claims retracted, on both clocks of knowledge.
///
/// Views hold one each and feed it every event.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Register {
    situations: BTreeMap<SituationId, Situation>,
    retractions: HashMap<EventId, Vec<Retraction>>,
    /// For each event that retracts, the one it is aimed at.
    targets: HashMap<EventId, EventId>,
    /// For each event said to stand in place of others, those others.
    replaced: HashMap<EventId, BTreeSet<EventId>>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Situation {
    opened: Vec<Described<SituationOpened>>,
    places: HashMap<PlaceId, Vec<Described<PlaceDescribed>>>,
    sources: HashMap<SourceId, Vec<Described<SourceDescribed>>>,
}

/// A description as recorded; whether it is the one in force depends on what was known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Described<T> {
    /// When it was learnt.
    pub learnt_at: Instant,
    /// Where it was recorded.
    pub position: Position,
    /// The event that describes.
    pub event: EventId,
    /// What it says.
    pub value: T,
}

/// A recorded retraction; whether it stands depends on what was known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Retraction {
    /// When it was learnt.
    pub learnt_at: Instant,
    /// Where it was recorded.
    pub position: Position,
    /// The event that retracts.
    pub event: EventId,
    /// What it retracts.
    pub target: ClaimRef,
    /// Why.
    pub reason: RetractionReason,
    /// What stands instead.
    pub replacement: Option<ClaimRef>,
}

impl Register {
    /// The situations of the log that were known, in order of their ids.
    pub fn situations(&self, known: Known) -> impl Iterator<Item = &SituationId> {
        self.situations
            .iter()
            .filter(move |(_, situation)| self.latest(&situation.opened, known).is_some())
            .map(|(id, _)| id)
    }

    /// How a situation was opened.
    #[must_use]
    pub fn situation(&self, situation: &SituationId, known: Known) -> Option<&SituationOpened> {
        self.latest(&self.situations.get(situation)?.opened, known)
    }

    /// The zone a situation's days are counted in; UTC as long as it was not opened.
    #[must_use]
    pub fn zone(&self, situation: &SituationId, known: Known) -> Zone {
        self.situation(situation, known)
            .map_or(Zone::UTC, |opened| opened.zone)
    }

    /// How a place was described.
    #[must_use]
    pub fn place(
        &self,
        situation: &SituationId,
        place: &PlaceId,
        known: Known,
    ) -> Option<&PlaceDescribed> {
        self.latest(self.situations.get(situation)?.places.get(place)?, known)
    }

    /// Whether a place is another, or lies in it as described, over any number of steps.
    #[must_use]
    pub fn lies_within(
        &self,
        situation: &SituationId,
        place: &PlaceId,
        outer: &PlaceId,
        known: Known,
    ) -> bool {
        let mut seen = vec![place];
        let mut next = 0;
        while let Some(place) = seen.get(next).copied() {
            if place == outer {
                return true;
            }
            next += 1;
            for parent in self
                .place(situation, place, known)
                .map_or(&[][..], |described| &described.within)
            {
                if !seen.contains(&parent) {
                    seen.push(parent);
                }
            }
        }
        false
    }

    /// How a source was described.
    #[must_use]
    pub fn source(
        &self,
        situation: &SituationId,
        source: &SourceId,
        known: Known,
    ) -> Option<&SourceDescribed> {
        self.latest(self.situations.get(situation)?.sources.get(source)?, known)
    }

    /// The retraction that stands against a whole event, if any.
    #[must_use]
    pub fn event_retraction(&self, event: EventId, known: Known) -> Option<&Retraction> {
        self.standing(event, known, &mut Vec::new())
            .find(|retraction| retraction.target == ClaimRef::Event(event))
    }

    /// The retraction that stands against a claim, or against the event that carries it, if any.
    #[must_use]
    pub fn claim_retraction(&self, claim: ClaimId, known: Known) -> Option<&Retraction> {
        if self.is_unretracted() {
            return None;
        }
        let hits = |retraction: &&Retraction| match retraction.target {
            ClaimRef::Event(_) => true,
            ClaimRef::Claim(target) => target == claim,
        };
        self.standing(claim.event, known, &mut Vec::new())
            .find(hits)
    }

    /// The event a chain of retractions is about in the end; the event itself where it retracts nothing.
    #[must_use]
    pub fn retracted_in_the_end(&self, event: EventId) -> EventId {
        let (mut event, mut seen) = (event, BTreeSet::new());
        while seen.insert(event) {
            match self.targets.get(&event) {
                Some(target) => event = *target,
                None => break,
            }
        }
        event
    }

    /// What an event retracts; none where it is no retraction.
    #[must_use]
    pub fn retraction(&self, event: EventId) -> Option<&Retraction> {
        let aimed = self.retractions_of(*self.targets.get(&event)?);
        aimed.iter().find(|retraction| retraction.event == event)
    }

    /// Every retraction recorded against an event or a claim of it, whether it stands or not, in the order of the log.
    #[must_use]
    pub fn retractions_of(&self, event: EventId) -> &[Retraction] {
        self.retractions.get(&event).map_or(&[], Vec::as_slice)
    }

    /// Every retraction recorded that puts an event, or a claim of it, in place of what it takes back.
    pub fn retractions_in_favour_of(&self, event: EventId) -> impl Iterator<Item = &Retraction> {
        let is_for_it = move |retraction: &&Retraction| {
            let replacement = retraction.replacement.map(ClaimRef::event);
            replacement == Some(event)
        };
        let replaced = self.replaced.get(&event).into_iter().flatten();
        replaced
            .flat_map(|target| self.retractions_of(*target))
            .filter(is_for_it)
    }

    /// Every description of a source recorded, whether it is in force or not, in the order of the log.
    #[must_use]
    pub fn descriptions_of_source(
        &self,
        situation: &SituationId,
        source: &SourceId,
    ) -> &[Described<SourceDescribed>] {
        let situation = self.situations.get(situation);
        let described = situation.and_then(|situation| situation.sources.get(source));
        described.map_or(&[], Vec::as_slice)
    }

    /// Every description of a place recorded, whether it is in force or not, in the order of the log.
    #[must_use]
    pub fn descriptions_of_place(
        &self,
        situation: &SituationId,
        place: &PlaceId,
    ) -> &[Described<PlaceDescribed>] {
        let situation = self.situations.get(situation);
        let described = situation.and_then(|situation| situation.places.get(place));
        described.map_or(&[], Vec::as_slice)
    }

    /// Whether nothing was ever retracted, in any situation.
    #[must_use]
    pub fn is_unretracted(&self) -> bool {
        self.retractions.is_empty()
    }

    /// The retractions aimed at an event or its claims that stand; `asking` holds the events being judged.
    fn standing(
        &self,
        event: EventId,
        known: Known,
        asking: &mut Vec<(EventId, Position)>,
    ) -> impl Iterator<Item = &Retraction> + use<'_> {
        let standing: Vec<_> = self
            .retractions_of(event)
            .iter()
            .filter(|retraction| self.stands(retraction, known, asking))
            .collect();
        standing.into_iter()
    }

    /// Whether a retraction was known and is not itself retracted. Where retractions go in a circle, the later recorded wins.
    fn stands(
        &self,
        retraction: &Retraction,
        known: Known,
        asking: &mut Vec<(EventId, Position)>,
    ) -> bool {
        if !known.includes(retraction.learnt_at, retraction.position)
            || retraction.target.event() == retraction.event
        {
            return false;
        }
        if let Some(circle) = asking
            .iter()
            .position(|(event, _)| *event == retraction.event)
        {
            return asking[circle..]
                .iter()
                .all(|(_, position)| *position <= retraction.position);
        }
        asking.push((retraction.event, retraction.position));
        let retracted = self
            .standing(retraction.event, known, asking)
            .any(|other| other.target == ClaimRef::Event(retraction.event));
        asking.pop();
        !retracted
    }

    /// The newest description that was known and stands: by when it was learnt, then by position.
    fn latest<'a, T>(&self, described: &'a [Described<T>], known: Known) -> Option<&'a T> {
        described
            .iter()
            .filter(|entry| known.includes(entry.learnt_at, entry.position))
            .filter(|entry| self.event_retraction(entry.event, known).is_none())
            .max_by_key(|entry| (entry.learnt_at, entry.position))
            .map(|entry| &entry.value)
    }

    fn add(&mut self, recorded: &Recorded, event: Event) {
        let situation = self.situations.entry(event.situation).or_default();
        match event.payload {
            Payload::SituationOpened(opened) => situation.opened.push(described(recorded, opened)),
            Payload::PlaceDescribed(place) => {
                situation
                    .places
                    .entry(place.place.clone())
                    .or_default()
                    .push(described(recorded, place));
            }
            Payload::SourceDescribed(source) => {
                situation
                    .sources
                    .entry(source.id.clone())
                    .or_default()
                    .push(described(recorded, source));
            }
            Payload::ClaimRetracted(retracted) => self.retract(recorded, &retracted),
            _ => {}
        }
    }

    fn retract(&mut self, recorded: &Recorded, retracted: &ClaimRetracted) {
        self.keep(Retraction {
            learnt_at: recorded.learnt_at,
            position: recorded.position,
            event: recorded.id,
            target: retracted.target,
            reason: retracted.reason,
            replacement: retracted.replacement,
        });
    }

    fn keep(&mut self, retraction: Retraction) {
        let target = retraction.target.event();
        self.targets.insert(retraction.event, target);
        if let Some(replacement) = retraction.replacement {
            let replaced = self.replaced.entry(replacement.event()).or_default();
            replaced.insert(target);
        }
        self.retractions.entry(target).or_default().push(retraction);
    }
}

/// The saved form.
impl Register {
    /// The version of the layout of what [`Register::save`] writes.
    pub const SAVED: u32 = 1;

    /// Writes the register, to be restored without reading the log again.
    pub fn save(&self, writer: &mut SavedWriter) {
        writer.count(self.situations.len());
        for (id, situation) in &self.situations {
            let Situation {
                opened,
                places,
                sources,
            } = situation;
            writer.word(id.as_str());
            save_described(opened, writer);
            save_described(places.values().flatten(), writer);
            save_described(sources.values().flatten(), writer);
        }
        let mut retractions: Vec<&Retraction> = self.retractions.values().flatten().collect();
        retractions.sort_by_key(|retraction| retraction.position);
        writer.count(retractions.len());
        for retraction in retractions {
            writer.position(retraction.position, Position::START);
            writer.signed(retraction.learnt_at.unix_nanos());
            writer.event_id(retraction.event);
            save_reference(retraction.target, writer);
            writer.word(retraction.reason.as_str());
            writer.option(retraction.replacement, |writer, replacement| {
                save_reference(replacement, writer);
            });
        }
    }

    /// Reads a register as it was saved.
    ///
    /// # Errors
    /// When it does not read.
    pub fn restore(reader: &mut SavedReader<'_>) -> Result<Self, SavedError> {
        let mut register = Self::default();
        for _ in 0..reader.count()? {
            let id = reader.situation_id()?;
            let situation = register.situations.entry(id).or_default();
            situation.opened = restore_described(reader)?;
            for place in restore_described::<PlaceDescribed>(reader)? {
                let id = place.value.place.clone();
                situation.places.entry(id).or_default().push(place);
            }
            for source in restore_described::<SourceDescribed>(reader)? {
                let id = source.value.id.clone();
                situation.sources.entry(id).or_default().push(source);
            }
        }
        for _ in 0..reader.count()? {
            register.keep(Retraction {
                position: reader.position(Position::START)?,
                learnt_at: Instant::from_unix_nanos(reader.signed()?),
                event: reader.event_id()?,
                target: restore_reference(reader)?,
                reason: reader.code()?,
                replacement: reader.option(restore_reference)?,
            });
        }
        Ok(register)
    }
}

/// Writes descriptions in the order of the log.
fn save_described<'a, T: Serialize + 'a>(
    described: impl IntoIterator<Item = &'a Described<T>>,
    writer: &mut SavedWriter,
) {
    let mut described: Vec<&Described<T>> = described.into_iter().collect();
    described.sort_by_key(|described| described.position);
    writer.count(described.len());
    for described in described {
        writer.position(described.position, Position::START);
        writer.signed(described.learnt_at.unix_nanos());
        writer.event_id(described.event);
        writer.rare(&described.value);
    }
}

fn restore_described<T: DeserializeOwned>(
    reader: &mut SavedReader<'_>,
) -> Result<Vec<Described<T>>, SavedError> {
    let mut described = Vec::new();
    for _ in 0..reader.count()? {
        described.push(Described {
            position: reader.position(Position::START)?,
            learnt_at: Instant::from_unix_nanos(reader.signed()?),
            event: reader.event_id()?,
            value: reader.rare()?,
        });
    }
    Ok(described)
}

fn save_reference(reference: ClaimRef, writer: &mut SavedWriter) {
    let figure = match reference {
        ClaimRef::Event(_) => 0,
        ClaimRef::Claim(claim) => claim.figure,
    };
    writer.event_id(reference.event());
    writer.number(u64::from(figure));
}

fn restore_reference(reader: &mut SavedReader<'_>) -> Result<ClaimRef, SavedError> {
    let event = reader.event_id()?;
    Ok(match u16::try_from(reader.number()?) {
        Ok(0) => ClaimRef::Event(event),
        Ok(figure) => ClaimRef::Claim(ClaimId { event, figure }),
        Err(_) => return Err(SavedError::new("a figure over the limit")),
    })
}

fn described<T>(recorded: &Recorded, value: T) -> Described<T> {
    Described {
        learnt_at: recorded.learnt_at,
        position: recorded.position,
        event: recorded.id,
        value,
    }
}

impl Projection for Register {
    const NAME: &'static str = "register";
    const VERSION: u32 = 1;
    type Touched = ();

    fn apply(&mut self, recorded: &Recorded) -> Result<(), DecodeError> {
        let kinds = [
            Kind::SituationOpened,
            Kind::PlaceDescribed,
            Kind::SourceDescribed,
            Kind::ClaimRetracted,
        ];
        if kinds.contains(&recorded.kind) {
            self.add(recorded, recorded.event()?);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::SourceKind;
    use crate::text::Name;

    fn id(number: u8) -> EventId {
        EventId::from_content(Instant::from_unix_nanos(0), [number; 10])
    }

    fn recorded(position: u64, number: u8, payload: impl Into<Payload>) -> Recorded {
        let event = Event::new(id(number), SituationId::new("s").unwrap(), payload);
        let mut body = Vec::new();
        event.encode(&mut body).unwrap();
        let at = Instant::from_unix_nanos(i64::try_from(position).unwrap());
        Recorded {
            position: Position::new(position),
            recorded_at: at,
            learnt_at: at,
            id: event.id,
            situation: event.situation.clone(),
            kind: event.payload.kind(),
            version: event.payload.version(),
            body: String::from_utf8(body).unwrap().into(),
        }
    }

    fn retracts(target: u8) -> ClaimRetracted {
        let target = ClaimRef::Event(id(target));
        ClaimRetracted {
            target,
            reason: RetractionReason::Other,
            replacement: None,
            words: None,
        }
    }

    fn known(position: u64) -> Known {
        Known::Position(Position::new(position))
    }

    #[test]
    fn a_retraction_of_a_retraction_restores_the_claim() {
        let mut register = Register::default();
        register.apply(&recorded(1, 2, retracts(1))).unwrap();
        register.apply(&recorded(2, 3, retracts(2))).unwrap();
        let claim = ClaimId {
            event: id(1),
            figure: 1,
        };
        assert!(register.claim_retraction(claim, known(0)).is_none());
        assert_eq!(
            register.claim_retraction(claim, known(1)).unwrap().event,
            id(2)
        );
        assert!(register.claim_retraction(claim, known(2)).is_none());
        let recorded = |event| register.retractions_of(event).len();
        assert_eq!([id(1), id(2), id(3)].map(recorded), [1, 1, 0]);
    }

    #[test]
    fn retractions_in_a_circle_are_settled_by_the_later_one() {
        let mut register = Register::default();
        register.apply(&recorded(1, 2, retracts(3))).unwrap();
        register.apply(&recorded(2, 3, retracts(2))).unwrap();
        register.apply(&recorded(3, 4, retracts(4))).unwrap();
        assert!(register.event_retraction(id(2), known(9)).is_some());
        assert!(register.event_retraction(id(3), known(9)).is_none());
        assert!(register.event_retraction(id(4), known(9)).is_none());
    }

    fn place(id: &str) -> PlaceId {
        PlaceId::new(id).unwrap()
    }

    fn within(id: &str, outer: &str) -> PlaceDescribed {
        PlaceDescribed {
            place: place(id),
            names: vec![Name::new("n").unwrap()],
            codes: vec![],
            within: vec![place(outer)],
            point: None,
        }
    }

    #[test]
    fn places_lie_within_each_other_as_described_then() {
        let mut register = Register::default();
        register.apply(&recorded(1, 1, within("a", "b"))).unwrap();
        register.apply(&recorded(2, 2, within("b", "c"))).unwrap();
        register.apply(&recorded(3, 3, within("c", "a"))).unwrap();
        let situation = SituationId::new("s").unwrap();
        let lies = |inner, outer, position| {
            register.lies_within(&situation, &place(inner), &place(outer), known(position))
        };
        assert!(lies("a", "c", 2) && !lies("a", "c", 1) && lies("a", "a", 0));
        assert!(lies("c", "b", 3) && !lies("a", "d", 3));
        let described = register.descriptions_of_place(&situation, &place("b"));
        let outer: Vec<_> = described
            .iter()
            .flat_map(|each| &each.value.within)
            .collect();
        assert_eq!(outer, [&place("c")]);
    }

    #[test]
    fn a_restored_register_is_the_one_that_was_saved() {
        let text = |text: &str| Name::new(text).unwrap();
        let source = SourceDescribed {
            id: SourceId::new("ispr").unwrap(),
            name: text("ISPR"),
            kind: SourceKind::Military,
            party: Some(text("State of Pakistan")),
        };
        let opened = SituationOpened {
            title: text("Balochistan"),
            zone: "Asia/Karachi".parse().unwrap(),
            places: vec![],
        };
        let claim = ClaimId {
            event: id(9),
            figure: 2,
        };
        let of_claim = ClaimRetracted {
            target: ClaimRef::Claim(claim),
            ..retracts(9)
        };
        let corrected = ClaimRetracted {
            replacement: Some(ClaimRef::Event(id(8))),
            ..of_claim.clone()
        };
        let events = [
            recorded(1, 1, opened),
            recorded(2, 2, within("a", "b")),
            recorded(3, 3, source),
            recorded(4, 4, within("a", "c")),
            recorded(5, 5, corrected),
            recorded(6, 6, retracts(5)),
            recorded(7, 7, of_claim),
        ];
        for end in 0..=events.len() {
            let mut register = Register::default();
            for recorded in &events[..end] {
                register.apply(recorded).unwrap();
            }
            let save = |register: &Register| {
                let mut writer = SavedWriter::default();
                register.save(&mut writer);
                writer.finish()
            };
            let bytes = save(&register);
            let mut reader = SavedReader::new(&bytes).unwrap();
            let restored = Register::restore(&mut reader).unwrap();
            reader.end().unwrap();
            assert_eq!(restored, register);
            assert_eq!(save(&restored), bytes);
        }
    }
}
