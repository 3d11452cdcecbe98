//! Families of siblings, as lists.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::Range;

use crate::content::{Content, Field, List};
use crate::numbers::{Digits, Number, Segment, numbers};
use checkpoint_schema::model::template::Form;

/// The fewest elements of a list that does not begin with 0.
const FEW: usize = 3;

/// How many kinds may take turns.
const MAX_TURNS: usize = 4;

/// Siblings whose names differ in one number.
struct Family<'n> {
    before: &'n str,
    after: &'n str,
    form: Form,
    /// By the number.
    members: BTreeMap<usize, usize>,
    /// The numbers of other names like that.
    others: BTreeSet<usize>,
}

/// A list that was found: its fields, and which of the siblings they take.
struct Found {
    field: Field,
    taken: Vec<usize>,
}

/// The siblings as fields: lists, and what is in none. The `others` have names, but are no siblings.
pub(super) fn fields(children: Vec<(&str, Content)>, others: &BTreeSet<&str>) -> Vec<Field> {
    let mut free: BTreeSet<usize> = (0..children.len()).collect();
    let mut fields = Vec::new();
    for family in families(&children, others) {
        for Found { field, taken } in family.lists(&children, &free) {
            for child in &taken {
                free.remove(child);
            }
            fields.push(field);
        }
    }
    let single = |(name, content): (&str, Content)| Field {
        path: vec![Segment::literal(name)],
        list: None,
        optional: false,
        content,
    };
    let children = children.into_iter().enumerate();
    let left = children.filter(|(child, _)| free.contains(child));
    fields.extend(left.map(|(_, child)| single(child)));
    fields
}

/// All families that can be lists, the largest first.
fn families<'n>(children: &[(&'n str, Content)], others: &BTreeSet<&str>) -> Vec<Family<'n>> {
    let mut others: Vec<Digits<'_>> = others.iter().flat_map(|name| numbers(name)).collect();
    others.sort_by_key(|digits| (digits.before, digits.after));
    let numbered = |(child, (name, _)): (usize, &(&'n str, Content))| {
        numbers(name).into_iter().map(move |digits| (digits, child))
    };
    let mut all: Vec<(Digits<'n>, usize)> =
        children.iter().enumerate().flat_map(numbered).collect();
    let around = |digits: &Digits<'n>| (digits.before, digits.after);
    all.sort_by_key(|(digits, child)| (around(digits), *child));
    let places: HashMap<&str, usize> =
        children.iter().enumerate().map(|(child, (name, _))| (*name, child)).collect();
    let mut families = Vec::new();
    for members in all.chunk_by(|(one, _), (other, _)| around(one) == around(other)) {
        let Some((before, after)) = members.first().map(|(digits, _)| around(digits)) else {
            continue;
        };
        let padded = members.iter().find_map(|(digits, _)| digits.padded);
        let form = padded.map_or(Form::Plain, Form::Padded);
        let start = others.partition_point(|other| (other.before, other.after) < (before, after));
        let others = others.get(start..).unwrap_or_default().iter();
        let others = others.take_while(|other| (other.before, other.after) == (before, after));
        let family = |before: &'n str, form| Family {
            before,
            after,
            form,
            members: members
                .iter()
                .filter(|(digits, _)| digits.is(form))
                .map(|(digits, child)| (digits.value, *child))
                .collect(),
            others: others
                .clone()
                .filter(|digits| digits.is(form))
                .map(|digits| digits.value)
                .collect(),
        };
        let bare = before.strip_suffix('_').filter(|bare| !bare.is_empty() || !after.is_empty());
        let first = |bare: &str| places.get(format!("{bare}{after}").as_str()).copied();
        if let Some((bare, child)) = bare.and_then(|bare| Some((bare, first(bare)?))) {
            let mut family = family(bare, Form::Suffix);
            family.members.insert(0, child);
            families.push(family);
        }
        // One alone is no list.
        if members.len() > 1 {
            families.push(family(before, form));
        }
    }
    families.sort_by_key(|family| std::cmp::Reverse(family.members.len()));
    families
}

impl Family<'_> {
    /// The lists that those of the siblings make which are free.
    fn lists(&self, children: &[(&str, Content)], free: &BTreeSet<usize>) -> Vec<Found> {
        let members: Vec<(usize, usize)> = self
            .members
            .iter()
            .filter(|(_, child)| free.contains(child))
            .map(|(number, child)| (*number, *child))
            .collect();
        let runs = follow(&members, 1);
        let alike: Vec<Found> = runs.iter().flat_map(|run| self.alike(children, run)).collect();
        if !alike.is_empty() {
            return alike;
        }
        let in_turns = runs.iter().flat_map(|run| self.in_turns(children, run));
        let mut found: Vec<Found> = in_turns.collect();
        if found.is_empty() {
            found.extend(self.with_steps(children, &members));
        }
        found
    }

    /// Neighbours that hold the same.
    fn alike(&self, children: &[(&str, Content)], run: &[(usize, usize)]) -> Vec<Found> {
        let mut found = Vec::new();
        let mut rest = run;
        while !rest.is_empty() {
            let (len, content) = longest(children, rest);
            let (same, others) = rest.split_at(len.max(1).min(rest.len()));
            rest = others;
            let start = same.first().map(|(number, _)| *number).unwrap_or_default();
            if is_list(start, len)
                && (self.form != Form::Suffix || start == 0)
                && let Some(content) = content
            {
                let number = Number { factor: 1, offset: 0, form: self.form };
                found.push(self.found(number, start..start + len, content, same));
            }
        }
        found
    }

    /// Kinds that take turns: each a list of its own.
    fn in_turns(&self, children: &[(&str, Content)], run: &[(usize, usize)]) -> Vec<Found> {
        let first = run.first().map(|(number, _)| *number).unwrap_or_default();
        let of_turns = |turns: usize| {
            let kind = |turn: usize| {
                let same: Vec<_> = run.iter().skip(turn).step_by(turns).copied().collect();
                let (len, content) = longest(children, &same);
                let number = Number { factor: turns, offset: first + turn, form: self.form };
                let content = content.filter(|_| len > 1 && len == same.len())?;
                Some(self.found(number, 0..len, content, &same))
            };
            (0..turns).map(kind).collect::<Option<Vec<Found>>>()
        };
        (2..=MAX_TURNS).find_map(of_turns).unwrap_or_default()
    }

    /// The same at every second, third, ... number.
    fn with_steps(
        &self,
        children: &[(&str, Content)],
        members: &[(usize, usize)],
    ) -> Option<Found> {
        let [(first, _), (second, _), ..] = members else { return None };
        let step = second - first;
        let (len, content) = longest(children, members);
        let steady = members.windows(2).all(|pair| pair[1].0 - pair[0].0 == step);
        let number = Number { factor: step, offset: *first, form: self.form };
        let content =
            content.filter(|_| steady && step > 1 && len >= FEW && len == members.len())?;
        Some(self.found(number, 0..len, content, members))
    }

    fn found(
        &self,
        number: Number,
        indices: Range<usize>,
        content: Content,
        same: &[(usize, usize)],
    ) -> Found {
        let next = number.factor * indices.end + number.offset;
        let goes_on = self.members.contains_key(&next) || self.others.contains(&next);
        let end = goes_on.then_some(indices.end);
        let (before, after) = (self.before.to_owned(), self.after.to_owned());
        let path = vec![Segment { before, number: Some(number), after }];
        let list = Some(List { start: indices.start, end });
        let field = Field { path, list, optional: false, content };
        Found { field, taken: same.iter().map(|(_, child)| *child).collect() }
    }
}

fn is_list(start: usize, len: usize) -> bool {
    len >= FEW || (start == 0 && len > 1)
}

/// The members in pieces in which each number is this much more than the one before.
fn follow(members: &[(usize, usize)], step: usize) -> Vec<&[(usize, usize)]> {
    members.chunk_by(|(one, _), (two, _)| two - one == step).collect()
}

/// How many of the members, from the first on, hold the same, and what.
fn longest(children: &[(&str, Content)], members: &[(usize, usize)]) -> (usize, Option<Content>) {
    let mut all: Option<Content> = None;
    let mut fewest = usize::MAX;
    for (len, (_, child)) in members.iter().enumerate() {
        let Some((_, content)) = children.get(*child) else { return (len, all) };
        let least = fewest.min(content.variables());
        let unified = match &all {
            None => Some(content.clone()),
            Some(all) if all == content => Some(content.clone()),
            Some(all) => all.unified(content),
        };
        match unified.filter(|unified| has_most(least, unified.variables())) {
            Some(unified) => (all, fewest) = (Some(unified), least),
            None => return (len, all),
        }
    }
    (members.len(), all)
}

/// Whether the least that an element has is three quarters of what all have.
fn has_most(least: usize, all: usize) -> bool {
    least.saturating_mul(4) >= all.saturating_mul(3)
}
