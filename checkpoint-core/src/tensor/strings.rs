//! Tensors of strings.

/// Strings of arbitrary bytes, in the order of a tensor's elements.
///
/// ```
/// use checkpoint_core::Strings;
///
/// let strings: Strings = ["hi", ""].into_iter().collect();
/// assert_eq!(strings.len(), 2);
/// assert_eq!(strings.get(0), Some(&b"hi"[..]));
/// ```
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Strings {
    /// All strings, concatenated.
    bytes: Vec<u8>,
    /// The end of each string in `bytes`.
    ends: Vec<usize>,
}

impl Strings {
    /// Creates strings that end at these positions.
    pub(crate) fn new(bytes: Vec<u8>, ends: Vec<usize>) -> Self {
        Self { bytes, ends }
    }

    /// Adds a string.
    pub(crate) fn push(&mut self, string: &[u8]) {
        self.bytes.extend_from_slice(string);
        self.ends.push(self.bytes.len());
    }

    /// Returns the number of strings.
    #[must_use]
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// True if there are no strings.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// Returns the string at this index.
    #[must_use]
    pub fn get(&self, number: usize) -> Option<&[u8]> {
        let end = *self.ends.get(number)?;
        let before = number.checked_sub(1).and_then(|before| self.ends.get(before));
        self.bytes.get(before.copied().unwrap_or(0)..end)
    }

    /// Returns an iterator over the strings, in order.
    #[must_use]
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &[u8]> {
        (0..self.len()).map(|number| self.get(number).unwrap_or_default())
    }

    /// Returns the bytes of all strings, concatenated.
    pub(crate) fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    /// Returns the bytes of all strings, concatenated.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }
}

impl<S: AsRef<[u8]>> FromIterator<S> for Strings {
    fn from_iter<I: IntoIterator<Item = S>>(strings: I) -> Self {
        let mut all = Self::default();
        for string in strings {
            all.push(string.as_ref());
        }
        all
    }
}

/// `["hi", "\xff"]`
impl std::fmt::Debug for Strings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        struct Escaped<'s>(&'s [u8]);
        impl std::fmt::Debug for Escaped<'_> {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                write!(f, "\"{}\"", self.0.escape_ascii())
            }
        }
        f.debug_list().entries(self.iter().map(Escaped)).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_are_told_apart_whatever_their_bytes() {
        let strings: Strings = [&b"a\0"[..], b"", b"\xff\n"].into_iter().collect();
        assert_eq!(strings.iter().collect::<Vec<_>>(), [&b"a\0"[..], b"", b"\xff\n"]);
        assert_eq!(strings.get(3), None);
        assert_eq!(format!("{strings:?}"), r#"["a\x00", "", "\xff\n"]"#);
        assert_ne!(strings, [&b"a"[..], b"\0", b"\xff\n"].into_iter().collect());
    }
}
