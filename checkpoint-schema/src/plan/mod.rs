//! Planning: decides what a description takes from a catalog, or reports all problems.
//!
//! [`fit`](crate::fit) decides. This module creates its tables from a catalog (`listed`), and turns its decisions into reads
//! (`decided`), which cannot fail.

mod cut;
mod decided;
mod display_names;
mod layout;
mod listed;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::iter;

pub(crate) use self::decided::bindings;
pub use self::decided::plan;

use smallvec::SmallVec;

use crate::fit::{Frame, Outlined};
use crate::listing::catalog::{Catalog, Spec, Variable};
use crate::listing::dtype::DType;
use crate::listing::fold::{IndexValues, fold};
use crate::listing::shape::Shape;
use crate::model::description::{Absent, Borrow};
use crate::model::dialect::Dialect;
use crate::model::shadow::Shadow;
use crate::naming::Names;
use crate::plan::display_names::DisplayNames;
use crate::problem::{NotBorrowed, Problem, ProblemKind};
use crate::strided::Layout;

/// The options of a load that affect its plan.
#[derive(Clone, Copy, Debug, Default)]
pub struct PlanOptions<'a> {
    /// The dialect of the names.
    pub dialect: Dialect<'a>,
    /// Prepended to every path, like the container attribute `prefix`.
    pub prefix: &'a str,
    /// Allows unexpected variables.
    pub allow_unmapped: bool,
    /// Requires that fields take all elements of a variable, even where other variables are allowed. A save needs them all.
    pub whole: bool,
    /// Reports globs of `ignore` that match nothing, unless they are optional.
    pub strict_ignores: bool,
    /// The values of symbols.
    pub bind: &'a [Binding],
    /// The names under which variables with averages are read.
    pub shadow: Shadow,
    /// The part of fields with `parallel` to read; `None` for all of them.
    pub share: Option<Share>,
}

/// The part that a rank takes of each axis that ranks divide.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Share {
    /// The rank, counted from 0.
    pub index: usize,
    /// The number of ranks.
    pub ranks: usize,
}

/// The value of a symbol, given by the user of a struct.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Binding {
    /// The name of the symbol.
    pub name: String,
    /// The value of the symbol.
    pub value: u64,
    /// True if an undeclared symbol is a problem.
    pub required: bool,
}

/// The reads of a load, and how to build its values from them.
#[derive(Debug)]
pub struct Plan<'a> {
    /// The steps of building, in order.
    pub steps: Vec<Step>,
    /// The arrays to build, in the order of the steps.
    pub outputs: Vec<Output>,
    /// The reads of each output: at least one; none for zeros.
    pub reads: Vec<Read>,
    /// The shared symbols with their values, ordered by name.
    pub dims: Vec<(&'a str, u64)>,
    /// The numbers of the variables skipped on purpose, grouped by the glob, preset or attribute.
    pub ignored: Vec<(&'static str, Vec<usize>)>,
    /// The numbers of the unexpected variables allowed by `allow_unmapped`.
    pub unmapped: Vec<usize>,
    /// The pairs of variables that must be equal.
    pub ties: Vec<Tie>,
    /// The globs of `ignore` that match nothing.
    pub idle: Vec<&'static str>,
    absent: Vec<Site>,
    outlined: Outlined<'a>,
    frames: Vec<Frame>,
    names: &'a Names<'a>,
}

/// A field at one place: its item in the outline, and the frame of its indices.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Site {
    item: usize,
    frame: usize,
}

/// The indices of a place, the outermost first.
type SiteIndices = SmallVec<[usize; 2]>;

/// A step of building.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Builds the next output.
    Output,
    /// True if an optional value is present, and follows.
    Present(bool),
    /// The field's own function makes its value. The shape is given if known.
    Absent(Option<Shape>),
    /// Stores the value of a symbol.
    Dim(u64),
    /// Starts a list. The elements with these indices follow.
    List(Vec<usize>),
}

/// An array to build.
#[derive(Clone, Debug)]
pub struct Output {
    /// The dtype of its elements. Those of variables are converted to it.
    pub dtype: DType,
    /// The shape of the field.
    pub shape: Shape,
    /// The rule for borrowing its elements from the checkpoint: never, if possible, or always.
    pub borrow: Borrow,
    /// The position among the elements of its variable; set if there is only one variable, and strides can express it.
    pub strides: Option<Strides>,
}

impl Output {
    /// An array that owns its elements.
    #[must_use]
    pub const fn owned(dtype: DType, shape: Shape) -> Self {
        Self { dtype, shape, borrow: Borrow::Never, strides: None }
    }
}

/// The position of an array among the elements of a variable.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Strides {
    /// The number of the first element.
    pub first: u64,
    /// The stride of each axis, in elements.
    pub strides: Vec<u64>,
}

/// The elements that an output takes from a variable. A variable may be read into several outputs, and several variables may
/// fill one output.
#[derive(Clone, Debug)]
pub struct Read {
    /// The number of the variable in the catalog.
    pub variable: usize,
    /// The number of the output.
    pub output: usize,
    /// The elements to take, and their positions in the output.
    pub layout: Layout,
    site: Site,
}

/// A variable to read, and another one that must be equal. The name of the other one is listed in `tie`.
#[derive(Clone, Debug)]
pub struct Tie {
    /// The number of the variable to read.
    pub taken: usize,
    /// The number of the other variable.
    pub other: usize,
    site: Site,
}

/// Reads that differ only in their indices.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Row {
    /// The fields: `Gpt2.blocks[0..12].attn.c_attn.w`.
    pub field: String,
    /// The variables: `model/h<0..12>/attn/c_attn/w`.
    pub variable: String,
    /// The number of reads.
    pub count: usize,
    /// The dtype and shape of each variable.
    pub found: Spec,
    /// True if the field takes only a part of each variable, as with `slice`.
    pub partly_taken: bool,
    /// The dtype of each field. The elements of the variables are converted to it.
    pub dtype: DType,
    /// The shape of each field.
    pub shape: Shape,
    /// The number of arrays of this shape in each field; more than one with `split`.
    pub parts: usize,
    /// True if each variable fills only a part of the array, as with `concat`.
    pub partly_filled: bool,
}

/// The result of reading a variable into a field, without indices.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Made<'p> {
    found: (DType, &'p Shape),
    partly_taken: bool,
    dtype: DType,
    shape: &'p Shape,
    parts: usize,
    partly_filled: bool,
}

impl Plan<'_> {
    /// The field of a read: `Gpt2.blocks[3].attn.c_attn.w`.
    #[must_use]
    pub fn field(&self, read: &Read) -> String {
        self.field_at(&read.site)
    }

    /// The number of variables that are read under the names of their averages.
    #[must_use]
    pub fn averages(&self) -> usize {
        let is_average = |read: &&Read| self.outlined.is_average(read.site.item);
        let averages = self.reads.iter().filter(is_average).map(|read| read.variable);
        averages.collect::<BTreeSet<usize>>().len()
    }

    /// True if a read is a copy of a variable that another field takes, too.
    #[must_use]
    pub fn is_copy(&self, read: &Read) -> bool {
        self.outlined.items.get(read.site.item).is_some_and(|item| item.field.copy)
    }

    /// The axis of the array of a read that ranks divide, if any.
    #[must_use]
    pub fn parallel_axis(&self, read: &Read) -> Option<usize> {
        Some(self.outlined.items.get(read.site.item)?.field.parallel?.axis)
    }

    /// The field of a variable with several names.
    #[must_use]
    pub fn field_of_tie(&self, tie: &Tie) -> String {
        self.field_at(&tie.site)
    }

    /// The reads of an output. Reads are ordered by output.
    #[must_use]
    pub fn reads_of(&self, output: usize) -> &[Read] {
        let start = self.reads.partition_point(|read| read.output < output);
        let reads = self.reads.get(start..).unwrap_or_default();
        let len = reads.iter().take_while(|read| read.output == output).count();
        reads.get(..len).unwrap_or_default()
    }

    /// The problems for outputs that cannot borrow their elements from the checkpoint.
    #[must_use]
    pub fn not_borrowed(
        &self,
        catalog: &Catalog,
        outputs: &[(usize, NotBorrowed)],
    ) -> Vec<Problem> {
        let elsewhere = |why: NotBorrowed| why == NotBorrowed::NotInMemory;
        let count = outputs.iter().filter(|(_, why)| elsewhere(*why)).count();
        if count > 1 {
            let message = NotBorrowed::NotInMemory.of_fields(count);
            let others: Vec<_> =
                outputs.iter().filter(|(_, why)| !elsewhere(*why)).copied().collect();
            let cause = Problem { count, ..Problem::of(ProblemKind::NotBorrowed, message) };
            return iter::once(cause).chain(self.not_borrowed(catalog, &others)).collect();
        }
        // Arrays of zeros cannot be borrowed, and are rejected earlier.
        let sites = outputs.iter().filter_map(|&(output, why)| {
            let read = self.reads_of(output).first()?;
            let found = &catalog.variables()[read.variable];
            Some(((read.site.item, found.dtype, &found.shape, why), read.site))
        });
        let problem = |((item, dtype, shape, why), axes): (
            (usize, _, &Shape, NotBorrowed),
            Vec<IndexValues>,
        )| {
            let found = Spec { dtype, shape: shape.clone() };
            let (field, variable) =
                (self.outlined.field(item, &axes), self.outlined.variable(item, &axes));
            Problem {
                kind: ProblemKind::NotBorrowed,
                message: why.of_field(&field, &variable, &found),
                field: Some(field),
                variable: Some(variable),
                count: axes.iter().map(IndexValues::len).product(),
                found: Some(found),
                wanted: None,
                defect: None,
            }
        };
        self.fold(sites).into_iter().map(problem).collect()
    }

    /// The field of output number `output`.
    #[must_use]
    pub fn field_of(&self, output: usize) -> Option<String> {
        if let Some(read) = self.reads_of(output).first() {
            return Some(self.field(read));
        }
        // Outputs without reads are the zeros of `default`, in the order of their fields.
        let read: BTreeSet<usize> = self.reads.iter().map(|read| read.output).collect();
        let number = (0..output).filter(|output| !read.contains(output)).count();
        let is_zero = |site: &&Site| self.absent_at(site) == Absent::Zero;
        self.absent.iter().filter(is_zero).nth(number).map(|site| self.field_at(site))
    }

    fn field_at(&self, site: &Site) -> String {
        self.outlined.field(site.item, &self.axes(site))
    }

    /// The indices of a place.
    fn indices(&self, site: &Site) -> SiteIndices {
        let outer = |&frame: &usize| self.frames.get(frame).map(|frame| frame.outer);
        let frames = iter::successors(Some(site.frame), outer);
        let mut indices: SiteIndices =
            frames.map_while(|frame| Some(self.frames.get(frame)?.index)).collect();
        indices.reverse();
        indices
    }

    fn axes(&self, site: &Site) -> Vec<IndexValues> {
        self.indices(site).into_iter().map(IndexValues::from).collect()
    }

    /// The behaviour of a field if it is absent.
    fn absent_at(&self, site: &Site) -> Absent {
        self.outlined.items[site.item].field.absent
    }

    /// The optional fields that are absent: `None`, or an empty list.
    #[must_use]
    pub fn absent(&self) -> Vec<String> {
        self.not_there(|absent| absent == Absent::Problem)
    }

    /// The fields that are absent and use their `default` value.
    #[must_use]
    pub fn defaulted(&self) -> Vec<String> {
        self.not_there(|absent| absent != Absent::Problem)
    }

    fn not_there(&self, is_wanted: impl Fn(Absent) -> bool) -> Vec<String> {
        let wanted = self.absent.iter().filter(|site| is_wanted(self.absent_at(site)));
        let folded = self.fold(wanted.map(|site| (site.item, *site)));
        folded.into_iter().map(|(item, axes)| self.outlined.field(item, &axes)).collect()
    }

    /// Variables that are not read, each with the name that a field would use for it.
    #[must_use]
    pub fn named(&self, numbers: &[usize]) -> Vec<Variable> {
        if numbers.is_empty() {
            return Vec::new();
        }
        let name = |read: &Read| self.outlined.variable(read.site.item, &self.axes(&read.site));
        let shown = DisplayNames::new(self.reads.iter().map(name));
        numbers.iter().map(|&number| shown.variable(self.names, number)).collect()
    }

    /// All reads, in the order of the fields. Reads that differ only in their indices share a row.
    #[must_use]
    pub fn rows(&self, catalog: &Catalog) -> Vec<Row> {
        let reads = self.made(catalog).map(|(site, made)| ((site.item, made), *site));
        let row = |((item, made), axes): ((usize, Made<'_>), Vec<IndexValues>)| {
            let Made {
                found: (found, its_shape),
                partly_taken,
                dtype,
                shape,
                parts,
                partly_filled,
            } = made;
            let found = Spec { dtype: found, shape: its_shape.clone() };
            let shape = shape.clone();
            let (field, variable) =
                (self.outlined.field(item, &axes), self.outlined.variable(item, &axes));
            let count = axes.iter().map(IndexValues::len).product();
            Row { field, variable, count, found, partly_taken, dtype, shape, parts, partly_filled }
        };
        self.fold(reads).into_iter().map(row).collect()
    }

    /// Groups places with the same key, which differ only in their indices.
    fn fold<K: Clone + Eq + std::hash::Hash>(
        &self,
        sites: impl Iterator<Item = (K, Site)>,
    ) -> Vec<(K, Vec<IndexValues>)> {
        fold(sites.map(|(key, site)| (key, self.indices(&site))))
    }

    /// The results of all reads. Arrays of one shape at one place share a result.
    fn made<'p>(&'p self, catalog: &'p Catalog) -> impl Iterator<Item = (&'p Site, Made<'p>)> {
        let of_one = |a: &Read, b: &Read| {
            let (one, other) = (&self.outputs[a.output], &self.outputs[b.output]);
            a.site == b.site && (one.dtype, &one.shape) == (other.dtype, &other.shape)
        };
        self.reads.chunk_by(of_one).filter_map(|reads| self.made_of(reads, catalog))
    }

    /// The result of reading a variable at one place.
    fn made_of<'p>(
        &'p self,
        reads: &'p [Read],
        catalog: &'p Catalog,
    ) -> Option<(&'p Site, Made<'p>)> {
        let read = reads.first()?;
        let Output { dtype, ref shape, .. } = self.outputs[read.output];
        let found = &catalog.variables()[read.variable];
        // An array with reordered blocks has one read for each block.
        let parts = reads.chunk_by(|a, b| a.output == b.output).count();
        let taken =
            reads.iter().fold(0, |sum: u64, read| sum.saturating_add(read.layout.elements()));
        let partly_taken = taken < found.shape.elements();
        let parts_len = u64::try_from(parts).unwrap_or(u64::MAX);
        let partly_filled = taken < shape.elements().saturating_mul(parts_len);
        let found = (found.dtype, &found.shape);
        Some((&read.site, Made { found, partly_taken, dtype, shape, parts, partly_filled }))
    }
}
