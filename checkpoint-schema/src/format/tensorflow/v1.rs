//! V1 checkpoints: tables with the tensors, in one file or several.

use std::collections::BTreeMap;

use crate::format::budget::{Budget, length};
use crate::format::cursor::{Cursor, Position};
use crate::format::error::{DEFECT, EntryProblem, FormatError, WireError};
use crate::format::limits::Limits;
use crate::format::tensorflow::block::limit;
use crate::format::tensorflow::message::{ShapeMessage, SliceMessages, VersionMessage};
use crate::format::tensorflow::slices::{ListedSlice, check_coverage, check_disjoint, key_start};
use crate::format::tensorflow::table::{Entry, SNAPPY_RATIO, Source, Table};
use crate::format::tensorflow::wire::{Fields, Value, int32};
use crate::listing::catalog::{Catalog, Name, Place, Spec, Variable};
use crate::listing::dtype::DType;
use crate::listing::shape::Shape;

/// The first byte of the first value. The index of a V2 checkpoint starts with another field.
const VERSION_1: u8 = 0x0a;

/// True if the first entry of a table is the header of a V2 index rather than of a V1 checkpoint.
#[must_use]
pub fn is_v2_header(entry: &Entry<'_>) -> bool {
    entry.key.is_empty() && entry.value.first().is_some_and(|&byte| byte != VERSION_1)
}

/// The variables of a V1 checkpoint, with the places of their elements.
#[derive(Debug, Default)]
pub struct V1Index {
    /// The variables.
    pub catalog: Catalog,
    /// The slices of each variable of the catalog. They cover the variable without overlap. Empty for unreadable variables.
    pub slices: Vec<Box<[V1Slice]>>,
}

/// A slice of a variable, or the whole variable.
#[derive(Debug)]
pub struct V1Slice {
    /// The number of the file, in the order given to [`V1Index::read`].
    pub file: usize,
    /// The index of the first element on each axis of the variable.
    pub start: Box<[u64]>,
    /// The shape of the slice, with the rank of the variable.
    pub shape: Shape,
    key_end: Box<[u8]>,
}

impl V1Slice {
    /// The key of the elements in the file, for a slice of the variable with this name.
    #[must_use]
    pub fn key(&self, variable: &Name) -> Vec<u8> {
        let mut key = key_start(variable.as_bytes(), self.shape.rank());
        key.extend_from_slice(&self.key_end);
        key
    }
}

impl V1Index {
    /// Reads the headers of all files of a checkpoint. Each is the first entry of the file.
    ///
    /// # Errors
    /// Returns the number of the first invalid file, and its error. The file is damaged, disagrees with an earlier file, or
    /// exceeds `budget`.
    pub fn read<S: Source>(files: &[Table<S>], budget: &Budget) -> Result<Self, (usize, S::Error)> {
        let mut union = Union { budget, variables: BTreeMap::new() };
        for (number, file) in files.iter().enumerate() {
            let read = file.first(|entry| Ok(union.add(number, &entry)?));
            let found = read.and_then(|found| Ok(found.ok_or(FormatError::Empty)?));
            found.map_err(|error| (number, error))?;
        }
        if union.variables.is_empty() {
            for (number, file) in files.iter().enumerate() {
                // The file may have values whose variables are lost.
                let first = file.keyed_block(0).map_err(|error| (number, error))?;
                if file.blocks() > 1 || first.is_some_and(|block| block.keys() > 1) {
                    return Err((number, FormatError::NoVariables.into()));
                }
            }
        }
        // Each element takes at least one byte.
        let bytes = files.iter().map(|file| file.source().size()).fold(0, u64::saturating_add);
        Ok(union.index(files.len(), bytes.saturating_mul(length(SNAPPY_RATIO))))
    }
}

/// The combined headers of the files.
struct Union<'l> {
    budget: &'l Budget,
    variables: BTreeMap<Name, Parts>,
}

/// The parts of a variable.
struct Parts {
    /// The first file that lists the variable, and the position there.
    first: (usize, Position),
    dtype: DType,
    shape: Shape,
    slices: Vec<ListedSlice>,
    /// The number of the file of each slice.
    files: Vec<usize>,
    /// The first error in the entries of the variable, with its file and position.
    problem: Option<(EntryProblem, (usize, Position))>,
}

impl Union<'_> {
    /// Adds the first entry of a file.
    fn add(&mut self, file: usize, entry: &Entry<'_>) -> Result<(), FormatError> {
        if !entry.key.is_empty() {
            return Err(FormatError::NoHeader { key: Name::from(entry.key) });
        }
        if is_v2_header(entry) {
            return Err(FormatError::Version2);
        }
        let mut version = VersionMessage::default();
        for field in Fields::new(Cursor::new(entry.value, entry.at), "the header") {
            let field = field?;
            if let (1, Value::Bytes(meta)) = (field.number, field.value) {
                for field in Fields::new(meta, "the header") {
                    let field = field?;
                    match (field.number, field.value) {
                        (1, Value::Bytes(tensor)) => self.add_tensor(file, tensor)?,
                        (2, Value::Bytes(bytes)) => version.merge(bytes)?,
                        _ => {}
                    }
                }
            }
        }
        version.check()
    }

    fn add_tensor(&mut self, file: usize, tensor: Cursor<'_>) -> Result<(), FormatError> {
        let at = tensor.at();
        let message = TensorMessage::read(tensor)?;
        self.charge(&message)?;
        let parts = self
            .variables
            .entry(Name::from(message.name))
            .or_insert_with(|| Parts::new((file, at)));
        if let Err(problem) = parts.add(file, &message)
            && parts.problem.is_none()
        {
            self.budget.charge("what is wrong with variables", DEFECT)?;
            parts.problem = Some((problem, (file, at)));
        }
        Ok(())
    }

    /// Charges the memory of a variable.
    fn charge(&self, message: &TensorMessage<'_>) -> Result<(), FormatError> {
        let (name, rank) = (length(message.name.len()), message.shape.rank());
        limit("the length of a name", name, self.budget.limits().key_bytes, "key_bytes")?;
        self.budget.variables(1, name, rank)?;
        Ok(self.budget.slices(message.slices.count, rank)?)
    }

    /// The index of all added files, which have at most `most` bytes after decompression. Invalid or incomplete variables are
    /// included as unreadable.
    fn index(self, files: usize, most: u64) -> V1Index {
        let mut variables = Vec::new();
        let mut slices = Vec::new();
        for (name, parts) in self.variables {
            let problem = parts.check(self.budget.limits(), most).err();
            let Parts { dtype, shape, slices: listed, files: numbers, .. } = parts;
            let (place, stored) = if let Some((problem, (file, at))) = problem {
                let number = file.saturating_add(1);
                let one_of = format!("{at} of file {number} of {files}");
                let at = if files == 1 { at.to_string() } else { one_of };
                (problem.unreadable(at), Box::default())
            } else {
                let stored = listed.into_iter().zip(numbers).map(|(slice, file)| {
                    let (start, shape, key_end) = slice.into_parts();
                    V1Slice { file, start, shape, key_end }
                });
                (Place::Opaque, stored.collect())
            };
            slices.push(stored);
            variables.push(Variable { name, dtype, shape, place });
        }
        V1Index { catalog: Catalog::new(variables, 0), slices }
    }
}

impl Parts {
    fn new(first: (usize, Position)) -> Self {
        let (dtype, shape) = (DType::Unknown, Shape::default());
        Self { first, dtype, shape, slices: Vec::new(), files: Vec::new(), problem: None }
    }

    /// Adds the entry of a file for the variable.
    fn add(&mut self, file: usize, message: &TensorMessage<'_>) -> Result<(), EntryProblem> {
        let dtype = u64::try_from(message.dtype).ok().and_then(DType::from_number);
        let dtype = dtype.ok_or(EntryProblem::DType { number: message.dtype })?;
        let shape = message.shape.shape()?;
        if self.dtype == DType::Unknown {
            (self.dtype, self.shape) = (dtype, shape);
        } else if (self.dtype, &self.shape) != (dtype, &shape) {
            let first = Box::new(Spec { dtype: self.dtype, shape: self.shape.clone() });
            let found = Box::new(Spec { dtype, shape });
            return Err(EntryProblem::Disagreement { first, found });
        }
        for slice in message.slices.iter() {
            self.slices.push(ListedSlice::new(self.slices.len(), &slice?, &self.shape)?);
            self.files.push(file);
        }
        Ok(())
    }

    /// Checks that the slices cover the variable without overlap, and that its elements fit `most` bytes. Otherwise returns the
    /// error and its position.
    fn check(&self, limits: &Limits, most: u64) -> Result<(), (EntryProblem, (usize, Position))> {
        if let Some(problem) = &self.problem {
            return Err(problem.clone());
        }
        let disjoint = check_disjoint(&self.slices, limits);
        let checked = disjoint.and_then(|()| check_coverage(&self.shape, &self.slices));
        let checked = checked.and_then(|()| {
            let (dtype, shape) = (self.dtype, self.shape.clone());
            let fits = shape.elements() <= most;
            if fits { Ok(()) } else { Err(EntryProblem::Size { dtype, shape, size: most }) }
        });
        checked.map_err(|problem| (problem, self.first))
    }
}

/// A `SavedSliceMeta`.
#[derive(Debug)]
struct TensorMessage<'a> {
    name: &'a [u8],
    shape: ShapeMessage,
    dtype: i32,
    slices: SliceMessages<'a>,
}

impl<'a> TensorMessage<'a> {
    fn read(bytes: Cursor<'a>) -> Result<Self, WireError> {
        let mut tensor = Self {
            name: &[],
            shape: ShapeMessage::default(),
            dtype: 0,
            slices: SliceMessages::new(bytes, 4),
        };
        for field in Fields::new(bytes, "the entry of a variable") {
            let field = field?;
            match (field.number, field.value) {
                (1, Value::Bytes(name)) => tensor.name = name.rest(),
                (2, Value::Bytes(shape)) => tensor.shape.merge(shape)?,
                (3, Value::Varint(number)) => tensor.dtype = int32(number),
                (4, Value::Bytes(slice)) => tensor.slices.add(slice)?,
                _ => {}
            }
        }
        Ok(tensor)
    }
}

#[cfg(test)]
mod tests;
