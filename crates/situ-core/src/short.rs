//! Text that is mostly short.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

/// Text kept in place up to `N` bytes, and shared where it is longer.
///
/// The names a log is full of are short. In place they cost no allocation, and comparing two of them looks nowhere else.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum Short<const N: usize> {
    /// What is after the text is zero, so that equal texts are equal values.
    InPlace { length: u8, bytes: [u8; N] },
    /// Longer than `N` bytes, always.
    Shared(Arc<str>),
}

impl<const N: usize> Short<N> {
    /// The same as `From<&str>`, without a copy of a long text.
    pub(crate) fn sharing(text: &Arc<str>) -> Self {
        Self::in_place(text).unwrap_or_else(|| Self::Shared(Arc::clone(text)))
    }

    fn in_place(text: &str) -> Option<Self> {
        let mut bytes = [0; N];
        bytes
            .get_mut(..text.len())?
            .copy_from_slice(text.as_bytes());
        let length = u8::try_from(text.len()).ok()?;
        Some(Self::InPlace { length, bytes })
    }

    pub(crate) fn as_str(&self) -> &str {
        match self {
            Self::InPlace { .. } => {
                std::str::from_utf8(self.as_bytes()).expect("the bytes are those of a text")
            }
            Self::Shared(text) => text,
        }
    }

    fn as_bytes(&self) -> &[u8] {
        match self {
            Self::InPlace { length, bytes } => &bytes[..usize::from(*length)],
            Self::Shared(text) => text.as_bytes(),
        }
    }
}

impl<const N: usize> From<&str> for Short<N> {
    fn from(text: &str) -> Self {
        Self::in_place(text).unwrap_or_else(|| Self::Shared(text.into()))
    }
}

/// UTF-8 has the order of its characters.
impl<const N: usize> Ord for Short<N> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.as_bytes().cmp(other.as_bytes())
    }
}

impl<const N: usize> PartialOrd for Short<N> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<const N: usize> Hash for Short<N> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write(self.as_bytes());
        state.write_u8(0xff);
    }
}

impl<const N: usize> fmt::Debug for Short<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn text_is_kept_in_place_up_to_its_length() {
        let kept = |text: &str| matches!(Short::<4>::from(text), Short::InPlace { .. });
        assert!(kept("") && kept("four") && kept("\u{1f600}"));
        assert!(!kept("fives") && !kept("\u{1f600}."));
    }

    proptest! {
        #[test]
        fn a_short_text_is_the_text(one in ".{0,6}", other in ".{0,6}") {
            let [a, b] = [&one, &other].map(|text| Short::<6>::from(text.as_str()));
            prop_assert_eq!(a.as_str(), &one);
            prop_assert_eq!(format!("{a:?}"), format!("{one:?}"));
            prop_assert_eq!(a.cmp(&b), one.cmp(&other));
            prop_assert_eq!(a == b, one == other);
            prop_assert_eq!(&a, &Short::sharing(&one.as_str().into()));
            prop_assert_eq!(HashSet::from([a, b]).len(), HashSet::from([one, other]).len());
        }
    }
}
