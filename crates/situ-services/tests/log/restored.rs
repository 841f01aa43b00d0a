//! A view that was saved and restored half way, for tests that ask it what they ask every view.

use std::collections::BTreeSet;

use situ_core::{Position, Projection, Recorded, Register, SavedReader, SavedWriter, SituationId};
use situ_services::Services;

/// Folds events; after the first `half` the view is saved, thrown away and restored.
pub(crate) fn fold<'a>(log: impl IntoIterator<Item = &'a Recorded>, half: usize) -> Services {
    let mut services = Services::default();
    let mut passed = BTreeSet::new();
    let mut position = Position::START;
    for (index, recorded) in log.into_iter().enumerate() {
        if index == half {
            services = restored(&services, position, &passed);
        }
        services.apply(recorded).unwrap();
        passed.insert(recorded.situation.clone());
        position = recorded.position;
    }
    services
}

/// The view as it is read back from what it saves.
pub(crate) fn restored(
    services: &Services,
    position: Position,
    situations: &BTreeSet<SituationId>,
) -> Services {
    let mut writer = SavedWriter::default();
    services.register().save(&mut writer);
    let register = writer.finish();
    let parts: Vec<_> = situations
        .iter()
        .map(|situation| (situation.clone(), services.save(situation)))
        .collect();
    let mut reader = SavedReader::new(&register).unwrap();
    let register = Register::restore(&mut reader).unwrap();
    let parts = parts.iter().map(|(id, bytes)| (id.clone(), &bytes[..]));
    Services::restore(register, position, parts).unwrap()
}
