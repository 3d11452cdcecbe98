//! Planning: what a description takes from a catalog, or all that is wrong.
//!
//! [`fit`](crate::fit) decides; here its tables are made of a catalog (`listed`), and what it decided becomes reads
//! (`decided`), which cannot fail.

mod decided;
mod family;
mod ignored;
mod layout;
mod listed;
mod names;
mod shown;
mod suggest;
#[cfg(test)]
mod tests;
mod ways;

use std::collections::{BTreeSet, HashMap};
use std::iter;
use std::ops::Range;

pub use self::decided::plan;
pub use self::family::{Family, families, family};
pub(crate) use self::family::{Pattern, Piece, cut};
pub use self::ignored::Presets;
pub(crate) use self::ignored::rules;
pub use self::layout::{Layout, Stride};
pub use self::names::{Names, full_names};
pub use self::suggest::near_names;
pub(crate) use self::ways::VALUE_SUFFIX;

use crate::fit::{Frame, Outlined};
use crate::listing::catalog::{Catalog, Spec, Variable};
use crate::listing::dtype::DType;
use crate::listing::fold::{Values, boxes};
use crate::listing::shape::Shape;
use crate::model::description::{Absent, Borrow};
use crate::plan::shown::Shown;
use crate::problem::{NotBorrowed, Problem, ProblemKind};

/// What the user of a struct says beyond it.
#[derive(Clone, Copy, Debug, Default)]
pub struct PlanOptions<'a> {
    /// Put before every path, as the container's `prefix` is.
    pub prefix: &'a str,
    /// Lets variables pass that no field takes.
    pub allow_unmapped: bool,
    /// Refuses globs of `ignore` that match nothing, and need to.
    pub strict_ignores: bool,
    /// The values of symbols.
    pub bind: &'a [Binding],
    /// The names that variables with averages are read by.
    pub shadow: Shadow,
}

/// The choice between a variable and its average, for structs with `shadow`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Shadow {
    /// The average where the checkpoint has one, and the plain variable elsewhere.
    #[default]
    WhicheverIsThere,
    /// The average. A variable without one is missing.
    Average,
    /// The plain variable.
    Plain,
}

/// The value of a symbol, which the user of a struct says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Binding {
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: u64,
    /// Whether it is a problem if no struct declares the symbol.
    pub required: bool,
}

/// What is to be read, and how it is put together.
#[derive(Debug)]
pub struct Plan<'a> {
    /// What building meets, in its order.
    pub steps: Vec<Step>,
    /// The arrays to build, in the order in which building meets them.
    pub outputs: Vec<Output>,
    /// What each of them is filled with: at least one read, none for zeros.
    pub reads: Vec<Read>,
    /// The symbols that all structs share, with their values, in the order of their names.
    pub dims: Vec<(&'a str, u64)>,
    /// The variables that are not loaded on purpose: their numbers, by the glob or preset that names them, or the attribute.
    pub ignored: Vec<(&'static str, Vec<usize>)>,
    /// The variables that no field takes, let pass by `allow_unmapped`: their numbers.
    pub unmapped: Vec<usize>,
    /// The variables that have to be equal.
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

/// What building meets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// The next output.
    Output,
    /// Whether what may be absent is there, and follows.
    Present(bool),
    /// That a field's own function makes its value, of this shape if it is known.
    Absent(Option<Shape>),
    /// The value of a symbol.
    Dim(u64),
    /// The indices of the elements of a list, which follow.
    List(Range<usize>),
}

/// An array to build.
#[derive(Clone, Debug)]
pub struct Output {
    /// The type of its elements, into which those of variables are converted.
    pub dtype: DType,
    /// The shape that the field holds.
    pub shape: Shape,
    /// Whether it borrows its elements.
    pub borrow: Borrow,
    /// Where they are among those of its variable, if it has only one and they are there in strides.
    pub strides: Option<Strides>,
}

impl Output {
    /// An array that has its own elements.
    #[must_use]
    pub const fn owned(dtype: DType, shape: Shape) -> Self {
        Self { dtype, shape, borrow: Borrow::Never, strides: None }
    }
}

/// An array as it lies among the elements of a variable.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Strides {
    /// The number of its first element.
    pub first: u64,
    /// The elements from one index to the next, for each axis.
    pub strides: Vec<u64>,
}

/// What an output takes of a variable. A variable may be read into several outputs, and an output be filled by several
/// variables.
#[derive(Clone, Debug)]
pub struct Read {
    /// The number of the variable in the catalog.
    pub variable: usize,
    /// The number of the output.
    pub output: usize,
    /// Which of the variable's elements it takes, and where they belong in it.
    pub layout: Layout,
    site: Site,
}

/// A variable that is read, and another one that has to be equal: its name is one of `tie`.
#[derive(Clone, Debug)]
pub struct Tie {
    /// The number of the variable that is read.
    pub taken: usize,
    /// The number of the other one.
    pub other: usize,
    site: Site,
}

/// Some reads that differ only in their indices.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Row {
    /// The fields: `Gpt2.blocks[0..12].attn.c_attn.w`.
    pub field: String,
    /// The variables: `model/h<0..12>/attn/c_attn/w`.
    pub variable: String,
    /// How many there are.
    pub count: usize,
    /// What each variable holds.
    pub found: Spec,
    /// Whether the field takes only a part of each variable, as with `slice`.
    pub partly_taken: bool,
    /// The type of the elements of each field, into which those of the variable are converted.
    pub dtype: DType,
    /// The shape that each field holds.
    pub shape: Shape,
    /// How many arrays of this shape each field holds: more than one with `split`.
    pub parts: usize,
    /// Whether each variable fills only a part of the array, as with `concat`.
    pub partly_filled: bool,
}

/// What a field makes of a variable, without its indices.
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

    /// The number of variables that are read by the names of their averages.
    #[must_use]
    pub fn averages(&self) -> usize {
        let is_average = |read: &&Read| self.outlined.is_average(read.site.item);
        let averages = self.reads.iter().filter(is_average).map(|read| read.variable);
        averages.collect::<BTreeSet<usize>>().len()
    }

    /// True if a read is a copy: another field takes the variable, too.
    #[must_use]
    pub fn is_copy(&self, read: &Read) -> bool {
        self.outlined.items.get(read.site.item).is_some_and(|item| item.field.copy)
    }

    /// The field of a variable that has several names.
    #[must_use]
    pub fn field_of_tie(&self, tie: &Tie) -> String {
        self.field_at(&tie.site)
    }

    /// What is read into an output: reads are in the order of the outputs.
    #[must_use]
    pub fn reads_of(&self, output: usize) -> &[Read] {
        let start = self.reads.partition_point(|read| read.output < output);
        let reads = self.reads.get(start..).unwrap_or_default();
        let len = reads.iter().take_while(|read| read.output == output).count();
        reads.get(..len).unwrap_or_default()
    }

    /// That outputs cannot borrow their elements from the checkpoint, and why.
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
        // An array of zeros, which is nowhere, is refused before.
        let sites = outputs.iter().filter_map(|&(output, why)| {
            let read = self.reads_of(output).first()?;
            let found = &catalog.variables()[read.variable];
            Some(((read.site.item, found.dtype, &found.shape, why), read.site))
        });
        let problem =
            |((item, dtype, shape, why), axes): ((usize, _, &Shape, NotBorrowed), Vec<Values>)| {
                let found = Spec { dtype, shape: shape.clone() };
                let (field, variable) =
                    (self.outlined.field(item, &axes), self.outlined.variable(item, &axes));
                Problem {
                    kind: ProblemKind::NotBorrowed,
                    message: why.of_field(&field, &variable, &found),
                    field: Some(field),
                    variable: Some(variable),
                    count: axes.iter().map(Values::len).product(),
                    found: Some(found),
                    wanted: None,
                    defect: None,
                }
            };
        self.fold(sites).into_iter().map(problem).collect()
    }

    /// The field of the output of this number.
    #[must_use]
    pub fn field_of(&self, output: usize) -> Option<String> {
        if let Some(read) = self.reads_of(output).first() {
            return Some(self.field(read));
        }
        // The outputs that nothing is read into are the zeros of `default`, in the order of their fields.
        let read: BTreeSet<usize> = self.reads.iter().map(|read| read.output).collect();
        let number = (0..output).filter(|output| !read.contains(output)).count();
        let is_zero = |site: &&Site| self.absent_at(site) == Absent::Zero;
        self.absent.iter().filter(is_zero).nth(number).map(|site| self.field_at(site))
    }

    fn field_at(&self, site: &Site) -> String {
        self.outlined.field(site.item, &self.axes(site))
    }

    /// The indices of a place.
    fn indices(&self, site: &Site) -> Vec<usize> {
        let outer = |&frame: &usize| self.frames.get(frame).map(|frame| frame.outer);
        let frames = iter::successors(Some(site.frame), outer);
        let mut indices: Vec<usize> =
            frames.map_while(|frame| Some(self.frames.get(frame)?.index)).collect();
        indices.reverse();
        indices
    }

    fn axes(&self, site: &Site) -> Vec<Values> {
        self.indices(site).into_iter().map(Values::from).collect()
    }

    /// What happens to a field that is absent.
    fn absent_at(&self, site: &Site) -> Absent {
        self.outlined.items[site.item].field.absent
    }

    /// The fields that are absent, and may be: `None`, or an empty list.
    #[must_use]
    pub fn absent(&self) -> Vec<String> {
        self.not_there(|absent| absent == Absent::Problem)
    }

    /// The fields that are absent, and have the value of their `default`.
    #[must_use]
    pub fn defaulted(&self) -> Vec<String> {
        self.not_there(|absent| absent != Absent::Problem)
    }

    fn not_there(&self, is_wanted: impl Fn(Absent) -> bool) -> Vec<String> {
        let wanted = self.absent.iter().filter(|site| is_wanted(self.absent_at(site)));
        let folded = self.fold(wanted.map(|site| (site.item, *site)));
        folded.into_iter().map(|(item, axes)| self.outlined.field(item, &axes)).collect()
    }

    /// Some variables that are not read, each by the name that a field would have for it.
    #[must_use]
    pub fn named(&self, numbers: &[usize]) -> Vec<Variable> {
        if numbers.is_empty() {
            return Vec::new();
        }
        let name = |read: &Read| self.outlined.variable(read.site.item, &self.axes(&read.site));
        let shown = Shown::new(self.reads.iter().map(name));
        numbers.iter().map(|&number| shown.variable(self.names, number)).collect()
    }

    /// All reads, those that differ only in their indices as one row, in the order of the fields.
    #[must_use]
    pub fn rows(&self, catalog: &Catalog) -> Vec<Row> {
        let reads = self.made(catalog).map(|(site, made)| ((site.item, made), *site));
        let row = |((item, made), axes): ((usize, Made<'_>), Vec<Values>)| {
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
            let count = axes.iter().map(Values::len).product();
            Row { field, variable, count, found, partly_taken, dtype, shape, parts, partly_filled }
        };
        self.fold(reads).into_iter().map(row).collect()
    }

    /// Groups places with the same key, which differ only in their indices.
    fn fold<K: Clone + Eq + std::hash::Hash>(
        &self,
        sites: impl Iterator<Item = (K, Site)>,
    ) -> Vec<(K, Vec<Values>)> {
        let sites: Vec<(K, Vec<usize>)> =
            sites.map(|(key, site)| (key, self.indices(&site))).collect();
        fold(sites.iter().map(|(key, indices)| (key.clone(), &**indices)))
    }

    /// What is made of variables, arrays of one shape at one place together.
    fn made<'p>(&'p self, catalog: &'p Catalog) -> impl Iterator<Item = (&'p Site, Made<'p>)> {
        let of_one = |a: &Read, b: &Read| {
            let (one, other) = (&self.outputs[a.output], &self.outputs[b.output]);
            a.site == b.site && (one.dtype, &one.shape) == (other.dtype, &other.shape)
        };
        self.reads.chunk_by(of_one).filter_map(|reads| self.made_of(reads, catalog))
    }

    /// What is made of a variable at one place.
    fn made_of<'p>(
        &'p self,
        reads: &'p [Read],
        catalog: &'p Catalog,
    ) -> Option<(&'p Site, Made<'p>)> {
        let read = reads.first()?;
        let Output { dtype, ref shape, .. } = self.outputs[read.output];
        let found = &catalog.variables()[read.variable];
        // An array whose blocks are put elsewhere has a read for each.
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

/// Groups what is equal but for its indices, in the order of the first of each.
fn fold<'s, K: Clone + Eq + std::hash::Hash>(
    sites: impl Iterator<Item = (K, &'s [usize])>,
) -> Vec<(K, Vec<Values>)> {
    let mut groups: Vec<(K, Vec<&'s [usize]>)> = Vec::new();
    let mut known: HashMap<K, usize> = HashMap::new();
    let mut last = 0;
    for (key, indices) in sites {
        // The fields of the elements of a list come in the same order again and again.
        let is_next = groups.get(last + 1).is_some_and(|(next, _)| *next == key);
        last = if is_next {
            last + 1
        } else {
            *known.entry(key).or_insert_with_key(|key| {
                groups.push((key.clone(), Vec::new()));
                groups.len() - 1
            })
        };
        groups[last].1.push(indices);
    }
    let folded = groups.into_iter().flat_map(|(key, tuples)| {
        let tuples: BTreeSet<&[usize]> = tuples.into_iter().collect();
        boxes(&tuples).into_iter().map(move |axes| (key.clone(), axes))
    });
    folded.collect()
}
