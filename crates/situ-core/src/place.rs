//! Places a situation is about.

use serde::{Deserialize, Serialize};

use crate::vocabulary::vocabulary;

vocabulary! {
    /// Which list a code of a place is from.
    pub enum CodeSystem ("code system") {
        /// ISO 3166-2 subdivision code, such as `PK-BA`.
        Iso3166_2 = "iso3166-2",
        /// OCHA place code.
        PCode = "p-code",
        /// Wikidata item, such as `Q163239`.
        Wikidata = "wikidata",
    }
}

vocabulary! {
    /// What a point stands for.
    pub enum PointPrecision ("point precision") {
        /// The very spot.
        Exact = "exact",
        /// Near the spot.
        Near = "near",
        /// The middle of a settlement.
        Settlement = "settlement",
        /// The middle of a district or county.
        District = "district",
        /// The middle of a province or state.
        Province = "province",
        /// The middle of a country.
        Country = "country",
    }
}

/// A point in WGS 84, in millionths of a degree (about 11 cm), so that equal places have equal bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Point {
    /// Millionths of a degree north.
    latitude_e6: i32,
    /// Millionths of a degree east.
    longitude_e6: i32,
}

/// A point that is not on Earth.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "latitude {0} and longitude {1}, in millionths of a degree, are not on Earth; latitude comes first, within ±90 000 000, longitude within ±180 000 000"
)]
pub struct PointError(i32, i32);

impl Point {
    /// Checks and keeps a point.
    ///
    /// # Errors
    /// When it is not on Earth.
    pub const fn new(latitude_e6: i32, longitude_e6: i32) -> Result<Self, PointError> {
        if latitude_e6.unsigned_abs() > 90_000_000 || longitude_e6.unsigned_abs() > 180_000_000 {
            return Err(PointError(latitude_e6, longitude_e6));
        }
        Ok(Self {
            latitude_e6,
            longitude_e6,
        })
    }

    /// Millionths of a degree north.
    #[must_use]
    pub const fn latitude_e6(self) -> i32 {
        self.latitude_e6
    }

    /// Millionths of a degree east.
    #[must_use]
    pub const fn longitude_e6(self) -> i32 {
        self.longitude_e6
    }
}

impl<'de> Deserialize<'de> for Point {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Fields {
            latitude_e6: i32,
            longitude_e6: i32,
        }
        let Fields {
            latitude_e6,
            longitude_e6,
        } = Fields::deserialize(deserializer)?;
        Self::new(latitude_e6, longitude_e6).map_err(serde::de::Error::custom)
    }
}
