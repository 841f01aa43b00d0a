//! The saved form: what is claimed in one situation, as compact as it can be read back quickly.
//!
//! Claims stand in the order of the log; lines and whatever else follows from them are made anew.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::Arc;

use situ_core::{
    Instant, Position, Register, SavedError, SavedReader, SavedWriter, Service, ServiceScope,
    SituationId,
};

use crate::claim::{Background, Claim, Says};
use crate::ledger::{Ledger, Other, parts};
use crate::services::Services;

/// The saved form.
impl Services {
    /// The version of the layout of what [`Services::save`] writes.
    pub const SAVED: u32 = 1;

    /// Writes what is claimed in a situation; nothing where nothing is.
    #[must_use]
    pub fn save(&self, situation: &SituationId) -> Vec<u8> {
        let Some(ledger) = self.ledger(situation) else {
            return Vec::new();
        };
        let mut writer = SavedWriter::default();
        save(ledger, &mut writer);
        writer.finish()
    }

    /// Puts a view together from a register and what was saved of some situations, all at one position of the log.
    ///
    /// Fed the events after it, the view answers about these situations as if it had been fed all; it must not be asked about
    /// another, nor what a retraction of another situation's claims touched.
    ///
    /// # Errors
    /// When something does not read.
    pub fn restore<'a>(
        register: Register,
        position: Position,
        situations: impl IntoIterator<Item = (SituationId, &'a [u8])>,
    ) -> Result<Self, SavedError> {
        let mut services = Self::default();
        services.register = register;
        services.reached = position;
        for (situation, bytes) in situations {
            if !bytes.is_empty() {
                let mut reader = SavedReader::new(bytes)?;
                let mut ledger = Ledger::new(situation);
                restore(&mut reader, &mut ledger)?;
                reader.end()?;
                services.take_in(ledger);
            }
        }
        Ok(services)
    }
}

const ZERO: Instant = Instant::from_unix_nanos(0);

fn save(ledger: &Ledger, writer: &mut SavedWriter) {
    // The same few scopes come again and again.
    let mut scopes: Vec<(Service, &ServiceScope)> = Vec::new();
    let mut known = HashMap::new();
    let numbers: Vec<usize> = ledger
        .claims()
        .iter()
        .map(|claim| match known.entry((claim.service, &claim.scope)) {
            Entry::Occupied(number) => *number.get(),
            Entry::Vacant(new) => {
                scopes.push((claim.service, &claim.scope));
                *new.insert(scopes.len() - 1)
            }
        })
        .collect();
    writer.count(scopes.len());
    for (service, scope) in scopes {
        writer.word(service.as_str());
        writer.rare(scope);
    }
    writer.count(numbers.len());
    let (mut position, mut learnt_at) = (Position::START, ZERO);
    for (claim, scope) in ledger.claims().iter().zip(numbers) {
        writer.event_id(claim.event);
        writer.position(claim.position, position);
        writer.instant(claim.learnt_at, learnt_at);
        (position, learnt_at) = (claim.position, claim.learnt_at);
        writer.number(scope as u64);
        save_claim(claim, writer);
    }
    writer.count(ledger.others().len());
    for other in ledger.others() {
        writer.event_id(other.event);
        writer.position(other.position, Position::START);
        writer.signed(other.learnt_at.unix_nanos());
        writer.option(other.retracts, SavedWriter::event_id);
    }
}

fn restore(reader: &mut SavedReader<'_>, ledger: &mut Ledger) -> Result<(), SavedError> {
    let mut scopes: Vec<(Service, Arc<ServiceScope>)> = Vec::new();
    for _ in 0..reader.count()? {
        scopes.push((reader.code()?, Arc::new(reader.rare()?)));
    }
    let (mut position, mut learnt_at) = (Position::START, ZERO);
    for _ in 0..reader.count()? {
        let event = reader.event_id()?;
        position = reader.position(position)?;
        learnt_at = reader.instant(learnt_at)?;
        let scope = usize::try_from(reader.number()?).unwrap_or(usize::MAX);
        let scope = scopes.get(scope);
        let (service, scope) = scope.ok_or(SavedError::new("a claim is about nothing"))?;
        let claim = Claim {
            event,
            position,
            learnt_at,
            source: reader.option(SavedReader::source_id)?,
            relays: usize::try_from(reader.number()?).unwrap_or(usize::MAX),
            occurred: reader.option(SavedReader::when)?,
            service: *service,
            scope: Arc::clone(scope),
            says: match reader.number()? {
                0 => Says::Suspended(reader.code()?),
                1 => Says::Confirmed(reader.code()?),
                2 => Says::Restored(reader.code()?),
                3 => Says::Expected(Box::new(reader.when()?)),
                _ => return Err(SavedError::new("a claim says nothing")),
            },
            ordinal: reader.option(SavedReader::rare)?.map(Box::new),
            background: reader.option(restore_background)?.map(Box::new),
        };
        let parts = parts(&claim);
        ledger.add(claim, &parts);
    }
    for _ in 0..reader.count()? {
        ledger.add_other(Other {
            event: reader.event_id()?,
            position: reader.position(Position::START)?,
            learnt_at: Instant::from_unix_nanos(reader.signed()?),
            retracts: reader.option(SavedReader::event_id)?,
        });
    }
    Ok(())
}

/// Writes what a claim is besides where it stands and what it is about.
fn save_claim(claim: &Claim, writer: &mut SavedWriter) {
    let Claim {
        event: _,
        position: _,
        learnt_at: _,
        source,
        relays,
        occurred,
        service: _,
        scope: _,
        says,
        ordinal,
        background,
    } = claim;
    writer.option(source.as_ref(), |writer, source| {
        writer.word(source.as_str());
    });
    writer.number(*relays as u64);
    writer.option(occurred.as_ref(), SavedWriter::when);
    let (form, degree) = match says {
        Says::Suspended(degree) => (0, Some(degree)),
        Says::Confirmed(degree) => (1, Some(degree)),
        Says::Restored(degree) => (2, Some(degree)),
        Says::Expected(_) => (3, None),
    };
    writer.number(form);
    if let Some(degree) = degree {
        writer.word(degree.as_str());
    }
    if let Says::Expected(end) = says {
        writer.when(end);
    }
    writer.option(ordinal.as_deref(), SavedWriter::rare);
    writer.option(background.as_deref(), |writer, background| {
        let Background { causes, ordered_by } = background;
        writer.rare(causes);
        writer.option(ordered_by.as_ref(), |writer, name| {
            writer.word(name.as_str());
        });
    });
}

fn restore_background(reader: &mut SavedReader<'_>) -> Result<Background, SavedError> {
    Ok(Background {
        causes: reader.rare()?,
        ordered_by: reader.option(SavedReader::name)?,
    })
}
