//! Where a record is: places told by the names and points in its fields.

use std::collections::hash_map::Entry;

use sha2::{Digest as _, Sha256};
use situ_core::{Name, PlaceDescribed, PlaceId, PlacePoint, Point};

use crate::importer::Batch;
use crate::mapper::{Fields, Mapper, hex, put};
use crate::mapping::Location;

impl Mapper {
    /// The place of a record, described with those it lies in where that was not done yet; `None` where no field says one.
    pub(crate) fn locate(
        &mut self,
        location: &Location,
        fields: &Fields,
        batch: &mut Batch,
    ) -> Result<Option<PlaceId>, (String, String)> {
        let mut names: Vec<Name> = Vec::new();
        for field in location.names.iter().rev() {
            let Some(said) = self.said(fields, field) else {
                continue;
            };
            let name = Name::new(said.trim());
            let name = name.map_err(|error| (field.clone(), error.to_string()))?;
            // What is known no closer has the name of what it lies in.
            if names.last() != Some(&name) {
                names.push(name);
            }
        }
        let point = self.point(location, fields)?;
        let mut slugs = String::new();
        let mut within: Option<PlaceId> = None;
        let count = names.len();
        for (number, name) in (1..).zip(names) {
            if !slugs.is_empty() {
                slugs.push('_');
            }
            slugs += &slug(name.as_str());
            let refuse = |error: situ_core::IdError| (location.names[0].clone(), error.to_string());
            let place = PlaceId::new(shortened(&slugs)).map_err(refuse)?;
            let described = PlaceDescribed {
                place: place.clone(),
                names: vec![name],
                codes: Vec::new(),
                within: within.into_iter().collect(),
                point: point.clone().filter(|_| number == count),
            };
            // A point is told once: rows that know a place less finely do not take it away.
            let has_point = described.point.is_some();
            let told = self.located.entry(Sha256::digest(&slugs).into());
            let is_told = match told {
                Entry::Vacant(new) => {
                    new.insert(has_point);
                    false
                }
                Entry::Occupied(mut told) => {
                    let had_point = *told.get();
                    *told.get_mut() |= has_point;
                    had_point || !has_point
                }
            };
            if !is_told {
                self.describe(described.into(), batch);
            }
            within = Some(place);
        }
        Ok(within)
    }

    fn point(
        &self,
        location: &Location,
        fields: &Fields,
    ) -> Result<Option<PlacePoint>, (String, String)> {
        let precision = self.coded(location.precision.as_ref(), fields);
        let (Some(latitude), Some(longitude), Some(precision)) =
            (&location.latitude, &location.longitude, precision)
        else {
            return Ok(None);
        };
        let degrees = |field: &String| match self.said(fields, field) {
            None => Ok(None),
            Some(said) => match millionths(said.trim()) {
                Some(millionths) => Ok(Some(millionths)),
                None => {
                    let shown: String = said.chars().take(40).collect();
                    Err((field.clone(), format!("`{shown}` is no angle in degrees")))
                }
            },
        };
        let (Some(north), Some(east)) = (degrees(latitude)?, degrees(longitude)?) else {
            return Ok(None);
        };
        let at = Point::new(north, east).map_err(|error| (latitude.clone(), error.to_string()))?;
        Ok(Some(PlacePoint { at, precision }))
    }
}

/// Degrees with decimals in millionths; what is finer is cut off, about 11 cm.
fn millionths(text: &str) -> Option<i32> {
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => (-1, digits),
        None => (1, text),
    };
    let (whole, rest) = digits.split_once('.').unwrap_or((digits, ""));
    let is_number = |digits: &str| digits.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || whole.len() > 3 || !is_number(whole) || !is_number(rest) {
        return None;
    }
    let rest: String = rest.chars().chain("000000".chars()).take(6).collect();
    let whole: i32 = whole.parse().ok()?;
    let rest: i32 = rest.parse().ok()?;
    Some(sign * (whole * 1_000_000 + rest))
}

/// A name as a part of an id: letters, digits and hyphens.
fn slug(name: &str) -> String {
    let mut slug = String::new();
    for character in name.chars().flat_map(char::to_lowercase) {
        match character {
            letter if letter.is_alphanumeric() => slug.push(letter),
            _ if slug.is_empty() || slug.ends_with('-') => {}
            _ => slug.push('-'),
        }
    }
    slug.trim_end_matches('-').to_owned()
}

/// An id that is not too long: of a longer one the beginning, and a digest of it all.
fn shortened(slugs: &str) -> String {
    const LIMIT: usize = 96;
    if slugs.len() <= LIMIT {
        return slugs.to_owned();
    }
    let mut hash = Sha256::new();
    put(&mut hash, slugs);
    let digest = hash.finalize();
    let mut end = LIMIT;
    while !slugs.is_char_boundary(end) {
        end -= 1;
    }
    format!("{}-{}", &slugs[..end], hex(&digest[..8]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn degrees_are_read_without_rounding() {
        for (text, expected) in [
            ("30.25", Some(30_250_000)),
            ("-0.5", Some(-500_000)),
            ("66.9750101", Some(66_975_010)),
            ("7", Some(7_000_000)),
            ("", None),
            (".5", None),
            ("1e3", None),
            ("+4", None),
            ("1234", None),
            ("30°15'", None),
        ] {
            assert_eq!(millionths(text), expected, "{text}");
        }
    }

    #[test]
    fn names_of_any_script_make_ids() {
        assert_eq!(
            slug("Dera Ghazi Khan (district)"),
            "dera-ghazi-khan-district"
        );
        assert_eq!(slug("كوئٹہ"), "كوئٹہ");
        let long = shortened(&"é".repeat(100));
        assert!(
            long.len() < 128 && long != shortened(&"é".repeat(101)),
            "{long}"
        );
    }
}
