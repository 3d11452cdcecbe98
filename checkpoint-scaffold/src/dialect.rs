//! The names and layouts of another checkpoint of the same weights: `dialect(hf, path = "...", transpose)`.
//!
//! Places of the structs are matched with places of the other checkpoint from the root on. Two places match if their variables have
//! the same lengths, in any order and without axes of length 1. Several candidates are told apart by the words of their paths.

mod layout;
mod words;

use std::collections::{BTreeSet, HashMap};
use std::ptr;

use checkpoint_schema::listing::catalog::Catalog;
use checkpoint_schema::model::template::Form;
use checkpoint_schema::naming::Names;

pub(crate) use self::layout::Conversion;
use self::layout::layout;
use self::words::{SAME, likeness, words};
use crate::attribute::quoted;
use crate::choice::Choice;
use crate::numbers::{Counted, Digits, Number, Segment, indices};
use crate::places::{Occurrence, Places};
use crate::structs::{Field, Structs};
use crate::tree::Tree;

/// Another checkpoint of the same weights.
#[derive(Clone, Copy, Debug)]
pub struct Other<'a> {
    /// The name of the dialect, an identifier.
    pub name: &'a str,
    /// The variables of the checkpoint.
    pub names: &'a Names<'a>,
}

/// The deepest place that matches a field, below the place that matches its struct.
const DEEPEST: usize = 5;

/// The maximum number of places of a struct at which the path of a field is looked for.
const TRIED: usize = 4;

/// The maximum number of paths that are compared.
const MOST: usize = 300_000;

/// The field of a struct in the other checkpoint.
#[derive(Debug, Default)]
pub(super) struct Said {
    /// Its path.
    pub(super) path: Vec<Segment>,
    /// Its layout, of a variable.
    pub(super) layout: Conversion,
}

/// The fields in the other checkpoint.
#[derive(Debug, Default)]
pub(super) struct Dialect {
    /// The prefix of all names.
    pub(super) prefix: Vec<String>,
    /// The matched fields, by struct and field.
    pub(super) fields: HashMap<(usize, usize), Said>,
    /// The variables that no field takes.
    pub(super) left: Vec<String>,
    /// The names that are ignored in the other checkpoint.
    pub(super) ignored: Vec<String>,
    pub(super) separator: char,
}

impl Dialect {
    /// Matches the places of structs with those of another checkpoint.
    pub(super) fn of(
        structs: &Structs,
        places: &Places<'_>,
        catalog: &Catalog,
        choice: &Choice<'_>,
        tree: Tree<'_>,
        other: Other<'_>,
    ) -> Self {
        let (tree, prefix) = tree.without_prefix();
        let mut matching = Matching::new(structs, places, catalog, &tree, other);
        let pairs = matching.pairs(&tree);
        let others = other.names.catalog();
        let shapes = |pairs: &[(usize, usize)]| -> Vec<(Vec<u64>, Vec<u64>)> {
            let dims = |catalog: &Catalog, number: usize| {
                Some(catalog.variables().get(number)?.shape.dims().to_vec())
            };
            pairs
                .iter()
                .filter_map(|(one, two)| dims(catalog, *one).zip(dims(others, *two)))
                .collect()
        };
        // If other matrices are transposed, square ones are as well, probably.
        let transposes = pairs.values().any(|pairs| {
            let found = layout(&shapes(pairs), false);
            found.is_some_and(|found| !found.is_guess && found.steps == ["transpose"])
        });
        let (mut taken, mut fields) = (BTreeSet::new(), HashMap::new());
        for (key, path) in matching.paths {
            let Some(pairs) = pairs.get(&key) else {
                fields.insert(key, Said { path, ..Said::default() });
                continue;
            };
            if let Some(layout) = layout(&shapes(pairs), transposes) {
                taken.extend(pairs.iter().map(|(_, number)| *number));
                fields.insert(key, Said { path, layout });
            }
        }
        let left: Vec<(&str, usize)> =
            choice.taken.iter().filter(|(_, number)| !taken.contains(number)).copied().collect();
        let counters = counters(choice, &left, others);
        let left = left.iter().filter(|(name, _)| !counters.contains(last(name, choice.separator)));
        let left = left.map(|(name, _)| (*name).to_owned()).collect();
        let presets = choice.presets.iter().map(|preset| (*preset).to_owned());
        let globs = choice.globs.iter().map(|glob| quoted(glob));
        let counters = counters.iter().map(|name| quoted(&format!("**{}{name}", choice.separator)));
        let ignored = presets.chain(globs).chain(counters).collect();
        Self { prefix, fields, left, ignored, separator: choice.separator }
    }
}

/// The last segments of names that only numbers without a field have, such as `num_batches_tracked`.
fn counters<'n>(
    choice: &Choice<'n>,
    left: &[(&'n str, usize)],
    catalog: &Catalog,
) -> BTreeSet<&'n str> {
    let is_number = |number: usize| {
        catalog.variables().get(number).is_some_and(|variable| variable.shape.rank() == 0)
    };
    let last = |name: &'n str| last(name, choice.separator);
    let numbers = left.iter().filter(|(_, number)| is_number(*number));
    let mut names: BTreeSet<&str> = numbers.map(|(name, _)| last(name)).collect();
    let left: BTreeSet<usize> = left.iter().map(|(_, number)| *number).collect();
    for (name, number) in &choice.taken {
        if !left.contains(number) || !is_number(*number) {
            names.remove(last(name));
        }
    }
    names
}

/// The last segment of a name.
fn last(name: &str, separator: char) -> &str {
    name.rsplit(separator).next().unwrap_or(name)
}

/// The sums of the lengths below places: equal for places with the same variables.
#[derive(Debug, Default)]
struct Sums(HashMap<*const (), u64>);

impl Sums {
    fn add(&mut self, tree: &Tree<'_>, catalog: &Catalog) -> u64 {
        if let Some(sum) = self.0.get(&ptr::from_ref(tree).cast()) {
            return *sum;
        }
        let own = tree.variable.and_then(|number| catalog.variables().get(number));
        let own = own.map_or(0, |variable| layout::sum(variable.shape.dims()));
        let sum = tree
            .children
            .iter()
            .fold(own, |sum, (_, child)| sum.wrapping_add(self.add(child, catalog)));
        self.0.insert(ptr::from_ref(tree).cast(), sum);
        sum
    }

    fn of(&self, tree: &Tree<'_>) -> Option<u64> {
        self.0.get(&ptr::from_ref(tree).cast()).copied()
    }
}

/// The variables of fields in both checkpoints, by struct and field.
type Pairs = HashMap<(usize, usize), Vec<(usize, usize)>>;

/// A path, and whether the other checkpoint has the same variables there.
type Candidate = (Vec<Segment>, bool);

/// A match of structs and places, as far as it is known.
struct Matching<'a> {
    structs: &'a Structs,
    places: &'a Places<'a>,
    own: Sums,
    sums: Sums,
    /// The paths of fields, by struct and field.
    paths: HashMap<(usize, usize), Vec<Segment>>,
    /// The number of places at which a field without a path was tried.
    tried: HashMap<(usize, usize), usize>,
    /// The number of paths that may still be compared.
    left: usize,
}

impl<'a> Matching<'a> {
    fn new(
        structs: &'a Structs,
        places: &'a Places<'a>,
        catalog: &Catalog,
        tree: &Tree<'_>,
        other: Other<'_>,
    ) -> Self {
        let (mut own, mut sums) = (Sums::default(), Sums::default());
        sums.add(tree, other.names.catalog());
        for (_, tree) in places.all.iter().flat_map(|place| place.fields.iter().flatten()) {
            own.add(tree, catalog);
        }
        Self {
            structs,
            places,
            own,
            sums,
            paths: HashMap::new(),
            tried: HashMap::new(),
            left: MOST,
        }
    }

    /// Matches all places, from the root on. Returns the pairs of variables of each field.
    fn pairs(&mut self, tree: &Tree<'_>) -> Pairs {
        let places = self.places;
        let outer = |(number, place): (usize, &Occurrence<'_>)| {
            let (outer, element) = place.outer?;
            Some(((outer, element.field, element.index), number))
        };
        let within: HashMap<_, usize> = places.all.iter().enumerate().filter_map(outer).collect();
        let mut trees: Vec<Option<&Tree<'_>>> = vec![None; places.all.len()];
        if let Some(root) = trees.first_mut() {
            *root = Some(tree);
        }
        let mut pairs = Pairs::new();
        for (number, place) in places.all.iter().enumerate() {
            let Some(at) = trees.get(number).copied().flatten() else { continue };
            self.decide(number, at);
            for (field, elements) in place.fields.iter().enumerate() {
                let Some(path) = self.paths.get(&(place.is, field)) else { continue };
                for (index, own) in elements {
                    let Some(found) = descend(at, path, *index) else { continue };
                    if let Some(&inner) = within.get(&(number, field, *index)) {
                        trees[inner] = Some(found);
                    } else {
                        let pair = own.variable.zip(found.variable);
                        pairs.entry((place.is, field)).or_default().extend(pair);
                    }
                }
            }
        }
        pairs
    }

    /// Chooses the paths of fields at a place, unless another place of the struct has decided them.
    fn decide(&mut self, number: usize, at: &Tree<'_>) {
        let Some(place) = self.places.all.get(number) else { return };
        let mut found: Vec<(usize, usize, Vec<Segment>)> = Vec::new();
        for (field, elements) in place.fields.iter().enumerate() {
            let Some(is) = self.structs.get(place.is).fields.get(field) else { continue };
            if self.paths.contains_key(&(place.is, field)) || elements.is_empty() {
                continue;
            }
            let tried = self.tried.entry((place.is, field)).or_default();
            *tried += 1;
            if *tried > TRIED {
                continue;
            }
            let own = words(is.path.iter());
            let scored = |found: Candidate| (likeness(&own, &words(found.0.iter())), found);
            let mut scored: Vec<_> =
                self.candidates(is, elements, at).into_iter().map(scored).collect();
            // One that fits alone needs no words in common. A place that has the same words may have other variables besides.
            let is_alone = scored.iter().filter(|(_, (_, is_equal))| *is_equal).count() == 1;
            scored.retain(|(score, (_, is_equal))| match is_equal {
                true => is_alone || *score > 0,
                false => *score == SAME,
            });
            let is_any_equal = scored.iter().any(|(_, (_, is_equal))| *is_equal);
            scored.retain(|(_, (_, is_equal))| *is_equal || !is_any_equal);
            found.extend(scored.into_iter().map(|(score, (path, _))| (score, field, path)));
        }
        found.sort_by(|(one, ..), (other, ..)| other.cmp(one));
        let mut taken: BTreeSet<Vec<Segment>> = BTreeSet::new();
        for (_, field, path) in found {
            if !self.paths.contains_key(&(place.is, field)) && taken.insert(path.clone()) {
                self.paths.insert((place.is, field), path);
            }
        }
    }

    /// The paths that a field may have in the other checkpoint.
    fn candidates(
        &mut self,
        field: &Field,
        elements: &[(usize, &Tree<'_>)],
        at: &Tree<'_>,
    ) -> Vec<Candidate> {
        if self.left == 0 {
            return Vec::new();
        }
        let first = elements.first().map_or(0, |(index, _)| *index);
        let mut all = Vec::new();
        paths(at, field.is_list().then_some(first), &mut Vec::new(), &mut all);
        self.left = self.left.saturating_sub(all.len());
        let candidate = |path: Vec<Segment>| {
            let mut is_equal = true;
            for (index, own) in elements {
                let found = descend(at, &path, *index)?;
                is_equal &= self.own.of(own) == self.sums.of(found);
                if own.is_leaf() != found.is_leaf() || own.is_leaf() && !is_equal {
                    return None;
                }
            }
            Some((path, is_equal))
        };
        all.into_iter().filter_map(candidate).collect()
    }
}

/// The paths below a place. Those of a list have the number of its first item.
fn paths(
    at: &Tree<'_>,
    first: Option<usize>,
    path: &mut Vec<Segment>,
    found: &mut Vec<Vec<Segment>>,
) {
    for (name, child) in &at.children {
        let has_number = path.iter().any(|segment| segment.number.is_some());
        let mut ways = vec![Segment::literal(name)];
        if let (Some(first), false) = (first, has_number) {
            ways.extend(numbered(name, first));
        }
        for way in ways {
            path.push(way);
            let is_counted = path.iter().any(|segment| segment.number.is_some());
            // A place with one child is the same as that child.
            let is_chain = child.variable.is_none() && child.children.len() == 1;
            if is_counted == first.is_some() && !is_chain {
                found.push(path.clone());
            }
            if path.len() < DEEPEST {
                paths(child, first, path, found);
            }
            path.pop();
        }
    }
}

/// The factors of a list's numbers: two lists can alternate.
const FACTORS: [usize; 2] = [1, 2];

/// The segments with the number of a list's first item.
fn numbered(name: &str, first: usize) -> Vec<Segment> {
    let segment = |digits: Digits<'_>, factor: usize| {
        let value = isize::try_from(digits.value).ok()?;
        let offset = value.checked_sub(isize::try_from(first.checked_mul(factor)?).ok()?)?;
        let is_near = offset.unsigned_abs() <= factor && digits.padded.is_none();
        let number = Number { factor, offset, form: Form::Plain, counted: Counted::Own };
        is_near.then(|| Segment {
            before: digits.before.to_owned(),
            number: Some(number),
            between: None,
            after: digits.after.to_owned(),
        })
    };
    let all = indices(name).filter(|digits| digits.between.is_none());
    all.flat_map(|digits| FACTORS.map(|factor| segment(digits, factor))).flatten().collect()
}

fn descend<'t, 'n>(tree: &'t Tree<'n>, path: &[Segment], index: usize) -> Option<&'t Tree<'n>> {
    path.iter().try_fold(tree, |tree, segment| tree.child(&segment.at(index)))
}
