//! What a mapping reads and no record has: a column that is misspelt is silent otherwise.

use std::collections::BTreeSet;

use crate::feeds;
use crate::mapper::Fields;
use crate::mapping::{Condition, Hours, Mapping, Moment};

/// The fields a mapping reads of which no record so far had one.
pub(crate) struct Unmet(Vec<Reading>);

/// Fields of which one is enough, and what they are read for.
struct Reading {
    purpose: String,
    any_of: Vec<String>,
}

impl Unmet {
    /// Everything a mapping reads. What the rules of a feed read beside it is optional in that feed.
    pub(crate) fn of(mapping: &Mapping) -> Self {
        let mut unmet = Self(Vec::new());
        unmet.moment("as_of", mapping.as_of.as_ref());
        unmet.moment("records.learnt", mapping.records.learnt.as_ref());
        for rule in &mapping.records.derived_if {
            unmet.condition("records.derived_if", &rule.where_);
        }
        if let Some(claimed_by) = &mapping.claimed_by {
            unmet.each(
                "claimed_by",
                claimed_by.field.iter().chain(&claimed_by.words),
            );
        }
        if let Some(attack) = &mapping.attack {
            let modes = attack.modes.iter().map(|modes| &modes.field);
            unmet.each("attack", modes.chain(&attack.words));
            unmet.condition("attack", &attack.where_);
        }
        if let Some(location) = &mapping.location {
            let precision = location.precision.iter().map(|coded| &coded.field);
            let point = location.latitude.iter().chain(&location.longitude);
            unmet.each(
                "location",
                location.names.iter().chain(point).chain(precision),
            );
        }
        for (number, figure) in (1..).zip(&mapping.figures) {
            let purpose = format!("figure {number}");
            unmet.any(&purpose, &figure.fields);
            let hours = match &figure.hours {
                Some(Hours::Field(field)) => Some(field),
                Some(Hours::Fixed(_)) | None => None,
            };
            let bounds = figure.low.iter().chain(&figure.high);
            unmet.each(&purpose, figure.places.keys().chain(bounds).chain(hours));
            unmet.condition(&purpose, &figure.where_);
            unmet.condition(&purpose, &figure.unless);
        }
        if feeds::usual(mapping.shape()).is_none() {
            for (number, service) in (1..).zip(&mapping.services) {
                let purpose = format!("services {number}");
                for moment in service.moments() {
                    unmet.moment(&purpose, Some(moment));
                }
                let (words, scopes) = service.words_and_scopes();
                unmet.each(&purpose, words);
                let scopes: Vec<String> = scopes.into_iter().cloned().collect();
                unmet.any(&purpose, &scopes);
                unmet.condition(&purpose, &service.where_);
            }
        }
        unmet
    }

    /// Takes note of the fields a record has.
    pub(crate) fn meet(&mut self, fields: &Fields) {
        let is_met = |reading: &Reading| {
            reading
                .any_of
                .iter()
                .any(|field| fields.contains_key(field))
        };
        self.0.retain(|reading| !is_met(reading));
    }

    /// What was read for nothing, in words.
    pub(crate) fn told(&self) -> Vec<String> {
        let told = self.0.iter().map(|Reading { purpose, any_of }| {
            let names: Vec<String> = any_of.iter().map(|name| format!("`{name}`")).collect();
            format!(
                "no record has {}, which the mapping reads for {purpose}",
                names.join(" or ")
            )
        });
        // A column that is read for many figures is told of each, but of one figure once.
        told.collect::<BTreeSet<_>>().into_iter().collect()
    }

    fn any(&mut self, purpose: &str, fields: &[String]) {
        if !fields.is_empty() {
            self.0.push(Reading {
                purpose: purpose.to_owned(),
                any_of: fields.to_vec(),
            });
        }
    }

    fn each<'a>(&mut self, purpose: &str, fields: impl IntoIterator<Item = &'a String>) {
        for field in fields {
            self.any(purpose, std::slice::from_ref(field));
        }
    }

    fn condition(&mut self, purpose: &str, condition: &Condition) {
        self.each(purpose, condition.keys());
    }

    fn moment(&mut self, purpose: &str, moment: Option<&Moment>) {
        let Some(moment) = moment else { return };
        self.any(purpose, &moment.fields);
        self.each(purpose, moment.precision.iter().map(|coded| &coded.field));
        self.moment(purpose, moment.until.as_deref());
    }
}
