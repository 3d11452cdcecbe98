//! Structs for a checkpoint that nobody has mapped yet, as Rust text.
//!
//! In stages: which variables are taken, and under which names (`choice`); the tree of these names (`tree`); what is at each
//! place of it (`content`), where families are lists (`lists`); equal places as one struct (`structs`), and all values of
//! it (`places`); lengths as symbols (`lengths`); identifiers (`identifiers`); and the text (`text`).
//!
//! # Rules
//!
//! - Siblings whose names differ in one number are a list if they hold the same and follow one another: two of them from 0
//!   on, or three from anywhere. Kinds that take turns are a list each (`<2*i>`, `<2*i+1>`). What an element lacks is an
//!   `Option`, if each element has three quarters of what all of them have together.
//! - Places with the same names, dtypes and ranks are one struct, called by what the last segments of their paths have in
//!   common.
//! - A length is a symbol, such as `dim_768`, from 8 on, and also below if a vector is as long; others are numbers. A length
//!   of several axes that is twice, three or four times a symbol of more axes, and is in one shape with it, is written so.
//! - Lengths that differ between the places of a struct are symbols of its own, called by a field and an axis (`w_1`). The
//!   struct around says what they are, or they are `local` where elements of one list differ. Where nothing else would be of
//!   this length, it is `_`.
//! - What a preset of `ignore` names is not taken; neither is what looks like slots of an optimizer: what several variables
//!   have beside them (`w/slot`), or what repeats their names (`training/Adagrad/w/accumulator`).

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

use std::fmt;

use self::choice::Choice;
use self::identifiers::Identifiers;
use self::lengths::Lengths;
use self::places::{Element, Places};
use self::structs::Structs;
use self::text::Text;
use self::tree::Tree;
use crate::plan::Names;

/// What is said of the root.
#[derive(Clone, Copy, Debug)]
pub struct Options<'a> {
    /// What it is called: a name of a Rust type.
    pub name: &'a str,
    /// What the checkpoint is called.
    pub checkpoint: &'a str,
    /// The manifest that the compiler is to check it against, if it has one.
    pub manifest: Option<&'a str>,
}

/// Structs that take every variable of a checkpoint, or name it in `ignore`.
#[derive(Clone, Debug)]
pub struct Scaffold {
    text: String,
    /// Of each variable of the catalog.
    fields: Vec<Option<Field>>,
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
    #[must_use]
    pub fn new(names: &Names<'_>, options: Options<'_>) -> Self {
        let choice = Choice::of(names);
        let (tree, prefix) = Tree::of(&choice).without_prefix();
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
            identifiers: &Identifiers::of(&structs, &lengths, options.name, &prefix),
        };
        Self { text: text.file(), fields: fields(&text, &places) }
    }

    /// The field that takes the variable of this number in the catalog; `None` if none does.
    #[must_use]
    pub fn field(&self, number: usize) -> Option<&Field> {
        self.fields.get(number)?.as_ref()
    }
}

/// The text of a Rust file, as `rustfmt` leaves it.
impl fmt::Display for Scaffold {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// The fields of all variables.
fn fields(text: &Text<'_>, places: &Places<'_>) -> Vec<Option<Field>> {
    let mut fields = vec![None; text.names.catalog().variables().len()];
    let mut paths: Vec<String> = Vec::new();
    for place in &places.all {
        let path = match place.outer {
            None => text.options.name.to_owned(),
            Some((outer, element)) => {
                let is = places.all.get(outer).map(|outer| outer.is).unwrap_or_default();
                let outer = paths.get(outer).map_or("", String::as_str);
                format!("{outer}.{}", text.element(is, element))
            }
        };
        for (number, elements) in place.fields.iter().enumerate() {
            for (index, tree) in elements.iter().filter(|(_, tree)| tree.variable.is_some()) {
                let element = Element { field: number, index: *index };
                let field = Field {
                    path: format!("{path}.{}", text.element(place.is, element)),
                    structure: text.identifiers.get(place.is).name.clone(),
                    text: text.field(place.is, number),
                };
                if let Some(found) = tree.variable.and_then(|variable| fields.get_mut(variable))
                    && text.takes(place.is, number)
                {
                    *found = Some(field);
                }
            }
        }
        paths.push(path);
    }
    fields
}
