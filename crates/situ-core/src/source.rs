//! Who said it, through whom, in which words.

use serde::{Deserialize, Serialize};

use crate::id::SourceId;
use crate::text::{Name, Text};
use crate::vocabulary::vocabulary;

/// Where a claim comes from. A relay is not a source: an outlet quoting a ministry is in `via`, the claim stays the ministry's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(any(test, feature = "schema"), derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Source {
    /// Who claims it.
    pub origin: SourceId,
    /// Who passed it on, nearest to the origin first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub via: Vec<SourceId>,
    /// The words as published.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quote: Option<Text>,
    /// Where it was published.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<Text>,
    /// Digest of the document as it was read, such as `sha256:…`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digest: Option<Name>,
    /// Language of the words, a BCP 47 tag such as `en` or `ur`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<Name>,
}

impl Source {
    /// A source that speaks for itself.
    #[must_use]
    pub const fn new(origin: SourceId) -> Self {
        Self {
            origin,
            via: Vec::new(),
            quote: None,
            url: None,
            digest: None,
            language: None,
        }
    }
}

vocabulary! {
    /// What kind of source it is.
    pub enum SourceKind ("kind of source") {
        /// A civilian authority.
        Official = "official",
        /// A military.
        Military = "military",
        /// A party to the conflict that is no state.
        PartyToConflict = "party_to_conflict",
        /// A non-governmental organisation.
        Ngo = "ngo",
        /// An intergovernmental organisation.
        Igo = "igo",
        /// A hospital.
        Hospital = "hospital",
        /// A news outlet.
        Media = "media",
        /// Somebody who was there.
        Eyewitness = "eyewitness",
        /// A post on social media.
        Social = "social",
        /// Not known.
        Unknown = "unknown",
    }
}

vocabulary! {
    /// How far a source can be trusted: the letter of the Admiralty scale (NATO AJP-2.1).
    pub enum Reliability ("reliability") {
        /// Completely reliable.
        A = "A",
        /// Usually reliable.
        B = "B",
        /// Fairly reliable.
        C = "C",
        /// Not usually reliable.
        D = "D",
        /// Unreliable.
        E = "E",
        /// Cannot be judged.
        F = "F",
    }
}

vocabulary! {
    /// How far what was said can be believed: the number of the Admiralty scale (NATO AJP-2.1).
    pub enum Credibility ("credibility") {
        /// Confirmed by other sources.
        One = "1",
        /// Probably true.
        Two = "2",
        /// Possibly true.
        Three = "3",
        /// Doubtful.
        Four = "4",
        /// Improbable.
        Five = "5",
        /// Cannot be judged.
        Six = "6",
    }
}
