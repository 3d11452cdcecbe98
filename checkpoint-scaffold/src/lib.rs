//! Generates structs for a checkpoint without one, as Rust text.
//!
//! The stages: choose variables and their names (`choice`); make the tree of these names (`tree`); describe each place of it
//! (`content`), with families as lists (`lists`); merge equal places into structs (`structs`), and list all values of each
//! (`places`); make lengths symbols (`lengths`); choose identifiers (`identifiers`); and write the text (`text`).
//!
//! # Rules
//!
//! - Siblings whose names differ in one number are a list if they have the same content and consecutive numbers: two of them from 0
//!   on, or three from anywhere. Kinds that alternate are a list each (`<2*i>`, `<2*i+1>`), even if others follow them.
//!   Variables without a name (`Variable_3`, `variables/3`) have the same content if their shapes are equal.
//! - Numbers that do not follow one another are listed (`repeat(i in [8, 16, 32])`) if three elements or more have the same content,
//!   and if the number occurs twice (`8x8`), doubles from element to element, or has few holes. A few numbers may be widths.
//! - The parts of a variable (`part_0`, `part_1`) are joined along the one axis in which their lengths differ, or else along axis 0.
//! - A field that an element lacks is an `Option`, if each element has two thirds of the variables of all together. Names within
//!   the elements may count with them: `layer_0/norm_1`, `layer_1/norm_3` is `norm_<2*i+1>` in `layer_<i>`.
//! - Places with the same names, dtypes and ranks are one struct. It is named after its kind, known by its fields (`Dense`,
//!   `LayerNorm`). Otherwise it is named after the common part of the last segments of its paths. If several structs want this name, it
//!   is named after the numbers that its paths share, or after its surroundings.
//! - A field is named after segments of its path: the first that no sibling has, the one with the index of a list, and the last
//!   if it says more than `kernel` does.
//! - A length from 8 on is a symbol, such as `dim_768`. A shorter one is a symbol if a vector is as long; others are numbers. A
//!   length of several axes is written as a multiple if it is twice, three or four times a symbol of more axes in the same shape.
//! - Lengths that differ between the places of a struct are symbols of the struct. They are named after their meaning (`inputs`) or
//!   after a field and an axis (`w_1`). The outer struct sets them, or they are `local` if elements of one list differ. A length that
//!   occurs once in the struct is `_` instead.
//! - The outputs of a layer are the axis with the length of its bias or normalization: the last in TensorFlow, the first in PyTorch.
//! - Variables in a preset of `ignore` are not taken. Likely slots of an optimizer are not taken either: names that several variables
//!   have as a child (`w/slot`), scopes that repeat their names (`training/Adagrad/w/accumulator`), scopes named after an
//!   optimizer (`SGD/iter`), its numbers (`beta1_power_1`), states of PyTorch's optimizers, and metrics of Keras.

mod attribute;
mod choice;
mod content;
mod dialect;
mod identifiers;
mod lengths;
mod lists;
mod numbers;
mod places;
mod sites;
mod structs;
mod text;
mod tree;
mod types;

use std::collections::BTreeMap;
use std::fmt;

pub use self::dialect::Other;
pub use self::identifiers::is_taken;

use self::choice::Choice;
use self::dialect::Dialect;
use self::identifiers::Identifiers;
use self::lengths::Lengths;
use self::places::{Element, Occurrence, Places};
use self::structs::Structs;
use self::text::Text;
use self::tree::Tree;
use checkpoint_schema::format::{Budget, OverBudget};
use checkpoint_schema::naming::Names;

/// Options for the structs.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Options<'a> {
    /// The name of the root struct, a valid Rust type name.
    pub name: &'a str,
    /// The name of the checkpoint.
    pub checkpoint: &'a str,
    /// The path of the manifest for the compiler to check it against, if there is one.
    pub manifest: Option<&'a str>,
    /// True if the structs derive `ToCheckpoint`, too.
    pub save: bool,
    /// Globs of the variables that fields take; empty for all.
    pub only: &'a [String],
    /// Globs of the variables that no field takes.
    pub ignore: &'a [String],
    /// Another checkpoint of the same weights, for a dialect.
    pub other: Option<Other<'a>>,
    /// The names of lengths, such as `n_embd` for 768. They are identifiers.
    pub lengths: &'a BTreeMap<u64, String>,
    /// A comment at the top of the text.
    pub note: Option<&'a str>,
    /// The memory limit.
    pub budget: &'a Budget,
}

impl<'a> Options<'a> {
    /// Creates options for structs of all variables, without a manifest.
    #[must_use]
    pub fn new(name: &'a str, checkpoint: &'a str, budget: &'a Budget) -> Self {
        const NONE: &BTreeMap<u64, String> = &BTreeMap::new();
        let (manifest, save, only, ignore) = (None, false, &[][..], &[][..]);
        let (lengths, note, other) = (NONE, None, None);
        Self { name, checkpoint, manifest, save, only, ignore, other, lengths, note, budget }
    }
}

/// Structs that take every variable of a checkpoint, or list it in `ignore`.
#[derive(Clone, Debug)]
pub struct Scaffold {
    text: String,
    variables: usize,
    effort: usize,
}

/// The field that takes a variable.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Field {
    /// Its path from the root struct: `Gpt2.h[3].attn.c_attn.w`.
    pub path: String,
    /// The name of its struct.
    pub structure: String,
    /// Its source text, in one or more lines.
    pub text: String,
}

impl Scaffold {
    /// Generates structs for the variables of these names.
    ///
    /// # Errors
    /// Returns an error if the memory limit is exceeded.
    pub fn new(names: &Names<'_>, options: Options<'_>) -> Result<Self, OverBudget> {
        with_text(names, options, |text, _| Self {
            text: text.file(),
            variables: text.choice.taken.len(),
            effort: text.effort(),
        })
    }

    /// Returns the number of variables that fields take.
    #[must_use]
    pub const fn variables(&self) -> usize {
        self.variables
    }

    /// Estimates how hard the structs are to read, to compare naming schemes. Counts the fields, and more for each field whose
    /// name says nothing.
    #[must_use]
    pub const fn effort(&self) -> usize {
        self.effort
    }
}

impl Field {
    /// Returns the field that takes the variable of this number in the catalog, or `None` if no field does.
    ///
    /// # Errors
    /// Returns the errors of [`Scaffold::new`].
    pub fn of(
        names: &Names<'_>,
        options: Options<'_>,
        number: usize,
    ) -> Result<Option<Self>, OverBudget> {
        with_text(names, options, |text, places| field(text, places, number))
    }
}

/// Generates the text's parts, and passes them to a function.
fn with_text<T>(
    names: &Names<'_>,
    options: Options<'_>,
    then: impl FnOnce(&Text<'_>, &Places<'_>) -> T,
) -> Result<T, OverBudget> {
    let choice = Choice::of(names, options);
    // The memory is released when the text is complete.
    let budget = options.budget.beside(0);
    let tree = Tree::of(&choice, &budget)?.with_others(names, choice.separator, &budget)?;
    let (tree, prefix) = tree.without_prefix();
    let structs = Structs::of(&tree, names.catalog());
    let places = Places::of(&structs, &tree);
    let lengths = Lengths::of(&structs, &places, names.catalog());
    let dialect = match options.other {
        None => None,
        Some(other) => {
            let choice = Choice::of(other.names, Options::new("", "", options.budget));
            let tree = Tree::of(&choice, &budget)?;
            Some(Dialect::of(&structs, &places, names.catalog(), &choice, tree, other))
        }
    };
    let text = Text {
        options,
        names,
        choice: &choice,
        prefix: &prefix,
        structs: &structs,
        lengths: &lengths,
        dialect: dialect.as_ref(),
        identifiers: &Identifiers::of(&structs, &lengths, options, &prefix),
    };
    Ok(then(&text, &places))
}

/// Writes a Rust file, formatted as by `rustfmt`.
impl fmt::Display for Scaffold {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// Returns the field that takes a variable.
fn field(text: &Text<'_>, places: &Places<'_>, variable: usize) -> Option<Field> {
    let takes = |place: &Occurrence<'_>| {
        place.fields.iter().enumerate().find_map(|(field, elements)| {
            let is_it = |(_, tree): &&(usize, &Tree<'_>)| tree.variable == Some(variable);
            let (index, _) = elements.iter().find(is_it).filter(|_| text.takes(place.is, field))?;
            Some(Element { field, index: *index })
        })
    };
    let (place, element) = places.all.iter().find_map(|place| Some((place, takes(place)?)))?;
    let mut path = vec![text.element(place.is, element)];
    let mut at = place;
    while let Some((outer, element)) = at.outer {
        at = places.all.get(outer)?;
        path.push(text.element(at.is, element));
    }
    path.push(text.options.name.to_owned());
    path.reverse();
    Some(Field {
        path: path.join("."),
        structure: text.identifiers.get(place.is).name.clone(),
        text: text.field(place.is, element.field),
    })
}
