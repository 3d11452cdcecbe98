//! The contents of a checkpoint: every variable with its dtype, shape and place.

use std::borrow::Cow;
use std::fmt;

use crate::listing::checksum::Algorithm;
use crate::listing::dtype::DType;
use crate::listing::shape::Shape;
use crate::strided::Order;

/// The name of a variable: bytes, nearly always UTF-8.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Name(Box<[u8]>);

impl Name {
    /// The bytes of the name, as stored.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The name as text, if it is UTF-8.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        std::str::from_utf8(&self.0).ok()
    }
}

impl Name {
    /// The name as shown in messages. Names of more than 200 characters are cut, with the number of characters.
    #[must_use]
    pub fn short(&self) -> impl fmt::Display + '_ {
        self.cut(SHORT)
    }

    /// The name as shown in messages, cut after `most` characters.
    #[must_use]
    pub fn cut(&self, most: usize) -> impl fmt::Display + '_ {
        Cut { name: self, most }
    }
}

/// The maximum number of characters of a name in a message.
pub(crate) const SHORT: usize = 200;

struct Cut<'n> {
    name: &'n Name,
    most: usize,
}

impl fmt::Display for Cut<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&cut_after(&self.name.to_string(), self.most))
    }
}

/// Returns a text, or the start of one that is longer than `most` characters, with their number.
pub(crate) fn cut_after(text: &str, most: usize) -> Cow<'_, str> {
    match text.char_indices().nth(most).and_then(|(end, _)| text.get(..end)) {
        Some(start) => Cow::Owned(format!("{start}... ({} characters)", text.chars().count())),
        None => Cow::Borrowed(text),
    }
}

impl AsRef<[u8]> for Name {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl<T: Into<Vec<u8>>> From<T> for Name {
    fn from(name: T) -> Self {
        Self(name.into().into_boxed_slice())
    }
}

/// Prints text on one line. Invisible characters are escaped, and bytes that are not UTF-8 become `\xNN`.
impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(plain) = self.as_str().filter(|name| is_plain(name)) {
            return f.write_str(plain);
        }
        for chunk in self.0.utf8_chunks() {
            for letter in chunk.valid().chars() {
                if is_seen(letter) {
                    write!(f, "{letter}")?;
                } else {
                    write!(f, "{}", letter.escape_default())?;
                }
            }
            for byte in chunk.invalid() {
                write!(f, "\\x{byte:02x}")?;
            }
        }
        Ok(())
    }
}

/// True if the text consists of printable ASCII characters, and so needs no escapes.
pub(crate) fn is_plain(text: &str) -> bool {
    text.bytes().all(|byte| matches!(byte, b' '..=b'~'))
}

/// True if a character is visible as itself.
///
/// False for blanks other than a space, and for characters that control a terminal. Also false for characters that change
/// the text direction or combine with their neighbours.
#[must_use]
pub fn is_seen(letter: char) -> bool {
    // Blank Hangul characters.
    let blank = matches!(letter, '\u{115f}' | '\u{1160}' | '\u{3164}' | '\u{ffa0}');
    // The standard library escapes the same characters, and also quotes and the backslash.
    letter == ' ' || letter.is_ascii_graphic() || (letter.escape_debug().len() == 1 && !blank)
}

#[cfg(feature = "serde")]
impl serde::Serialize for Name {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// A variable: its name, dtype, shape and place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Variable {
    /// The name, as the checkpoint spells it.
    pub name: Name,
    /// The type of the elements.
    pub dtype: DType,
    /// The shape of the whole variable, even if it is stored in slices.
    pub shape: Shape,
    /// The place of the elements.
    pub place: Place,
}

impl Variable {
    /// The dtype and shape.
    #[must_use]
    pub fn spec(&self) -> Spec {
        Spec { dtype: self.dtype, shape: self.shape.clone() }
    }

    /// The number of bytes of the elements in memory. `None` if they have no fixed width.
    #[must_use]
    pub fn bytes(&self) -> Option<u64> {
        self.shape.elements().checked_mul(u64::try_from(self.dtype.width()?).ok()?)
    }

    /// The number of bytes of the elements in memory, or in the data files if they have no fixed width. 0 if they cannot be
    /// read.
    #[must_use]
    pub fn size(&self) -> u64 {
        let readable = self.defect().is_none();
        self.bytes().filter(|_| readable).unwrap_or_else(|| self.place.size())
    }

    /// The reason why the variable cannot be read, if the checkpoint itself gives one.
    #[must_use]
    pub fn defect(&self) -> Option<&Defect> {
        match &self.place {
            Place::Unreadable(defect) => Some(defect),
            Place::Whole(_) | Place::Strided(_) | Place::Slices(_) | Place::Opaque => None,
        }
    }
}

/// The dtype and shape of a tensor.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Spec {
    /// The type of the elements.
    pub dtype: DType,
    /// The shape.
    pub shape: Shape,
}

/// Prints `f32 [1, 768, 2304]`, or `unknown`.
impl fmt::Display for Spec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.dtype == DType::Unknown {
            return write!(f, "{}", self.dtype);
        }
        write!(f, "{} {}", self.dtype, self.shape)
    }
}

/// The place of the elements of a variable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// All elements are in one byte range, in row-major order.
    Whole(Extent),
    /// All elements are in one byte range, in another order: a column-major array, or a view.
    Strided(Box<Strided>),
    /// The elements are in slices. The slices cover the variable without overlap (a partitioned variable).
    Slices(Box<[Slice]>),
    /// Only the source of the checkpoint knows the place. It returns all elements at once, and verifies its own checksums.
    ///
    /// This is the case for V1 checkpoints and for data in memory.
    Opaque,
    /// The checkpoint lists the variable, but it cannot be read. Other variables are not affected.
    Unreadable(Box<Defect>),
}

impl Place {
    /// True if checksums cover all elements. The source verifies [`Opaque`](Self::Opaque) elements as far as it can.
    #[must_use]
    pub fn has_checksum(&self) -> bool {
        self.extents().all(|extent| extent.checksum != Checksum::None)
    }

    /// The byte ranges of the data files, as far as known.
    pub fn extents(&self) -> impl Iterator<Item = &Extent> {
        let (one, slices) = match self {
            Self::Whole(extent) => (Some(extent), &[][..]),
            Self::Strided(strided) => (Some(&strided.extent), &[][..]),
            Self::Slices(slices) => (None, &**slices),
            Self::Opaque | Self::Unreadable(_) => (None, &[][..]),
        };
        one.into_iter().chain(slices.iter().map(|slice| &slice.extent))
    }

    /// The data file and the offset of the first byte; zeros if they are not known.
    #[must_use]
    pub fn start(&self) -> (u32, u64) {
        self.extents().map(|extent| (extent.shard, extent.offset)).min().unwrap_or_default()
    }

    /// The number of the data file that has all bytes; `None` if there are several or none.
    #[must_use]
    pub fn only_shard(&self) -> Option<u32> {
        let mut shards = self.extents().map(|extent| extent.shard);
        let first = shards.next()?;
        shards.all(|shard| shard == first).then_some(first)
    }

    /// The number of stored bytes, as far as known.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.extents().fold(0, |size, extent| size.saturating_add(extent.size))
    }
}

/// The reason why a listed variable cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "serde", serde(tag = "defect", rename_all = "snake_case"))]
#[non_exhaustive]
pub enum Defect {
    /// Only some elements were saved. The optimizers of `TensorFlow` 1 write such slots for partitioned variables.
    Incomplete {
        /// The number of elements in the checkpoint.
        saved: u64,
        /// The number of elements of the variable.
        elements: u64,
    },
    /// The entry contradicts itself or other entries.
    Damaged {
        /// A sentence with the place, the cause and a fix.
        reason: Box<str>,
    },
    /// The elements are stored in an unsupported way.
    Unsupported {
        /// A sentence with the cause and a fix.
        reason: Box<str>,
    },
}

impl Defect {
    /// Returns `incomplete`, `damaged` or `not supported`.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Self::Incomplete { .. } => "incomplete",
            Self::Damaged { .. } => "damaged",
            Self::Unsupported { .. } => "not supported",
        }
    }
}

/// Prints the predicate of a sentence about the variable, and a fix.
impl fmt::Display for Defect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Incomplete { saved, elements } => write!(
                f,
                "only {saved} of its {elements} elements were saved; load the others without it, or save it anew in \
                 TensorFlow"
            ),
            Self::Damaged { reason } | Self::Unsupported { reason } => f.write_str(reason),
        }
    }
}

/// A byte range of a data file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Extent {
    /// The number of the data file.
    pub shard: u32,
    /// The first byte.
    pub offset: u64,
    /// The number of bytes.
    pub size: u64,
    /// The byte order of the numbers.
    pub endianness: Endianness,
    /// The checksum of all bytes in the range.
    pub checksum: Checksum,
}

/// A byte range whose elements are in another order than row-major.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Strided {
    /// The byte range. It can contain other elements, too.
    pub extent: Extent,
    /// The position of each element in the range. No two elements share a position.
    pub order: Order,
}

/// The stored checksum of a byte range.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Checksum {
    /// None: the format has no checksums.
    #[default]
    None,
    /// The CRC-32C of `TensorFlow` and LevelDB, not masked.
    Crc32c(u32),
    /// The CRC-32 of zip and gzip.
    Crc32(u32),
}

impl Checksum {
    /// The algorithm and the value; `None` if there is no checksum.
    #[must_use]
    pub const fn parts(self) -> Option<(Algorithm, u32)> {
        match self {
            Self::None => None,
            Self::Crc32c(value) => Some((Algorithm::Crc32c, value)),
            Self::Crc32(value) => Some((Algorithm::Crc32, value)),
        }
    }
}

/// Prints eight hexadecimal digits, or `none`.
impl fmt::Display for Checksum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.parts() {
            Some((_, value)) => write!(f, "{value:08x}"),
            None => f.write_str("none"),
        }
    }
}

/// A box-shaped part of a variable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Slice {
    /// The index of the first element on each axis of the variable.
    pub start: Box<[u64]>,
    /// The shape of the slice, with the rank of the variable.
    pub shape: Shape,
    /// The place of the elements.
    pub extent: Extent,
}

/// The byte order of numbers in the data files.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Endianness {
    /// Least significant first.
    #[default]
    Little,
    /// Most significant first.
    Big,
}

/// The variables of a checkpoint, in the order of their names' bytes.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Catalog {
    variables: Vec<Variable>,
    /// The number of data files.
    pub shards: u32,
}

impl Catalog {
    /// A catalog of these variables in `shards` data files. Duplicate names are dropped, except the first.
    #[must_use]
    pub fn new(mut variables: Vec<Variable>, shards: u32) -> Self {
        variables.sort_by(|a, b| a.name.cmp(&b.name));
        variables.dedup_by(|a, b| a.name == b.name);
        Self { variables, shards }
    }

    /// The variables, in the order of their names' bytes.
    #[must_use]
    pub fn variables(&self) -> &[Variable] {
        &self.variables
    }

    /// The position of the variable with this name in [`variables`](Self::variables).
    pub fn position(&self, name: impl AsRef<[u8]>) -> Option<usize> {
        self.variables.binary_search_by(|variable| variable.name.as_bytes().cmp(name.as_ref())).ok()
    }

    /// The variable with this name.
    pub fn get(&self, name: impl AsRef<[u8]>) -> Option<&Variable> {
        self.position(name).and_then(|position| self.variables.get(position))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_prints_on_one_line_whatever_its_bytes() {
        let name = Name::from(b"a\nb\x1b\xff/\xc3\xbc".to_vec());
        assert_eq!(name.to_string(), "a\\nb\\u{1b}\\xff/ü");
    }

    #[test]
    fn a_long_name_is_cut_in_messages() {
        let shown = |name: &str| Name::from(name).short().to_string();
        assert_eq!(shown("model/wte"), "model/wte");
        assert_eq!(shown(&"ß".repeat(200)), "ß".repeat(200));
        assert_eq!(shown(&"ß".repeat(65_000)), "ß".repeat(200) + "... (65000 characters)");
    }

    #[test]
    fn nothing_in_a_name_hides_or_turns_what_stands_around_it() {
        let shown = |name: &str| Name::from(name).to_string();
        assert_eq!(shown("w\u{202e}dab\u{2066}"), "w\\u{202e}dab\\u{2066}");
        assert_eq!(
            shown("a\u{200b}b\u{ad}c\u{feff}\u{2028}"),
            "a\\u{200b}b\\u{ad}c\\u{feff}\\u{2028}"
        );
        assert_eq!(shown("\u{3164}\u{a0}\u{e0041}\u{301}"), "\\u{3164}\\u{a0}\\u{e0041}\\u{301}");
        let seen = r#"a b/c'"\\ßж層🙂"#;
        assert_eq!(shown(seen), seen);
    }

    #[test]
    fn a_variable_is_found_by_its_name() {
        let variable = |name: &str| Variable {
            name: Name::from(name),
            dtype: DType::Float32,
            shape: Shape::default(),
            place: Place::Slices(Box::default()),
        };
        let catalog = Catalog::new(vec![variable("b"), variable("a/b"), variable("a")], 1);
        let names: Vec<_> =
            catalog.variables().iter().map(|variable| variable.name.to_string()).collect();
        assert_eq!(names, ["a", "a/b", "b"]);
        assert_eq!(catalog.position("b"), Some(2));
        assert_eq!(catalog.get("c"), None);
    }
}
