//! Structs for a checkpoint that nobody has mapped yet, as Rust text.
//!
//! In stages: which variables are taken, and under which names (`choice`); the tree of these names (`tree`); what is at each
//! place of it (`content`), where families are lists (`lists`); equal places as one struct (`structs`), and all values of
//! it (`places`); lengths as symbols (`lengths`); identifiers (`identifiers`); and the text (`text`).
//!
//! # Rules
//!
//! - Siblings whose names differ in one number are a list if they hold the same and follow one another: two of them from 0
//!   on, or three from anywhere. Kinds that take turns are a list each (`<2*i>`, `<2*i+1>`), also if others follow them.
//!   Variables without a name (`Variable_3`, `variables/3`) hold the same if their shapes are equal.
//! - A field that an element lacks is an `Option`, if each element has two thirds of what all have together. Names within the
//!   elements may count with them: `layer_0/norm_1`, `layer_1/norm_3` is `norm_<2*i+1>` in `layer_<i>`.
//! - Places with the same names, dtypes and ranks are one struct. Its fields tell its name (`Dense`, `LayerNorm`), or else what
//!   the last segments of the paths of its places have in common, or what is around it.
//! - A field is called by the first segment of its path, which no sibling has, the one with the index of a list, and the last
//!   where that says more than `kernel` does.
//! - A length is a symbol, such as `dim_768`, from 8 on, and also below if a vector is as long; others are numbers. A length
//!   of several axes that is twice, three or four times a symbol of more axes, and is in one shape with it, is written so.
//! - Lengths that differ between the places of a struct are symbols of its own, called by what they measure (`inputs`) or by a
//!   field and an axis (`w_1`). The struct around says what they are, or they are `local` where elements of one list differ. Where nothing else would be of
//!   this length, it is `_`.
//! - What a preset of `ignore` names is not taken; neither is what looks like slots of an optimizer: what several variables
//!   have beside them (`w/slot`), or what repeats their names (`training/Adagrad/w/accumulator`), scopes that are called after an
//!   optimizer (`SGD/iter`), its numbers (`beta1_power_1`), and metrics of Keras.

mod attribute;
mod choice;
mod content;
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

pub use self::identifiers::is_taken;

use self::choice::Choice;
use self::identifiers::Identifiers;
use self::lengths::Lengths;
use self::places::{Element, Place, Places};
use self::structs::Structs;
use self::text::Text;
use self::tree::Tree;
use checkpoint_schema::format::{Budget, OverBudget};
use checkpoint_schema::plan::Names;

/// What structs are written, and of what.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Options<'a> {
    /// The name of the root: that of a Rust type.
    pub name: &'a str,
    /// The name of the checkpoint.
    pub checkpoint: &'a str,
    /// The manifest that the compiler is to check it against, if it has one.
    pub manifest: Option<&'a str>,
    /// True if the structs can be saved: `ToCheckpoint`.
    pub save: bool,
    /// Globs of the variables that fields take; nothing for all.
    pub only: &'a [String],
    /// Globs of variables that no field takes.
    pub ignore: &'a [String],
    /// The names of lengths, such as `n_embd` of 768; identifiers.
    pub lengths: &'a BTreeMap<u64, String>,
    /// A comment about all of it.
    pub note: Option<&'a str>,
    /// The memory that may be taken.
    pub budget: &'a Budget,
}

impl<'a> Options<'a> {
    /// Options for structs of all variables, without a manifest.
    #[must_use]
    pub fn new(name: &'a str, checkpoint: &'a str, budget: &'a Budget) -> Self {
        const NONE: &BTreeMap<u64, String> = &BTreeMap::new();
        let (manifest, save, only, ignore) = (None, false, &[][..], &[][..]);
        Self { name, checkpoint, manifest, save, only, ignore, lengths: NONE, note: None, budget }
    }
}

/// Structs that take every variable of a checkpoint, or name it in `ignore`.
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
    /// Where it is in the root: `Gpt2.h[3].attn.c_attn.w`.
    pub path: String,
    /// The struct that has it.
    pub structure: String,
    /// As it is written, a line or several.
    pub text: String,
}

impl Scaffold {
    /// The structs for the variables of these names.
    ///
    /// # Errors
    /// If that takes more memory than the budget of the checkpoint allows.
    pub fn new(names: &Names<'_>, options: Options<'_>) -> Result<Self, OverBudget> {
        with_text(names, options, |text, _| Self {
            text: text.file(),
            variables: text.choice.taken.len(),
            effort: text.effort(),
        })
    }

    /// How many variables the fields take.
    #[must_use]
    pub const fn variables(&self) -> usize {
        self.variables
    }

    /// How hard the structs are to read, to compare those of the same variables by other names: fields, and more for each
    /// whose name says nothing.
    #[must_use]
    pub const fn effort(&self) -> usize {
        self.effort
    }
}

impl Field {
    /// The field that takes the variable of this number in the catalog; `None` if none does.
    ///
    /// # Errors
    /// As [`Scaffold::new`].
    pub fn of(
        names: &Names<'_>,
        options: Options<'_>,
        number: usize,
    ) -> Result<Option<Self>, OverBudget> {
        with_text(names, options, |text, places| field(text, places, number))
    }
}

/// Does something with everything that the text is made of.
fn with_text<T>(
    names: &Names<'_>,
    options: Options<'_>,
    then: impl FnOnce(&Text<'_>, &Places<'_>) -> T,
) -> Result<T, OverBudget> {
    let choice = Choice::of(names, options);
    // Given back when the text is there.
    let budget = options.budget.beside(0);
    let tree = Tree::of(&choice, &budget)?.with_others(names, choice.separator, &budget)?;
    let (tree, prefix) = tree.without_prefix();
    let structs = Structs::of(&tree, names.catalog());
    let places = Places::of(&structs, &tree);
    let lengths = Lengths::of(&structs, &places, names.catalog());
    let text = Text {
        options,
        names,
        choice: &choice,
        prefix: &prefix,
        structs: &structs,
        lengths: &lengths,
        identifiers: &Identifiers::of(&structs, &lengths, options, &prefix),
    };
    Ok(then(&text, &places))
}

/// The text of a Rust file, as `rustfmt` leaves it.
impl fmt::Display for Scaffold {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// The field that takes a variable.
fn field(text: &Text<'_>, places: &Places<'_>, variable: usize) -> Option<Field> {
    let takes = |place: &Place<'_>| {
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
