//! Lists of siblings.

mod joined;
mod listed;
mod running;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::Range;

use self::joined::Joined;
use crate::content::{Content, Field, List};
use crate::numbers::{Counted, Digits, Number, Segment, indices};
use checkpoint_schema::model::template::Form;

/// The minimum length of a list that does not begin with 0, and of one of alternating kinds before other elements.
pub(super) const FEW: usize = 3;

/// The maximum number of alternating kinds.
const MAX_TURNS: usize = 4;

/// A sibling: its name, its content, and its lengths if it is a variable.
pub(super) struct Child<'n> {
    pub(super) name: &'n str,
    pub(super) content: Content,
    pub(super) shape: &'n [u64],
}

/// Siblings whose names differ in one number, which may occur twice.
struct NumberedSiblings<'n> {
    before: &'n str,
    between: Option<&'n str>,
    after: &'n str,
    form: Form,
    /// The siblings, by their numbers.
    members: BTreeMap<usize, usize>,
    /// The numbers of other names of this form.
    others: BTreeSet<usize>,
}

/// A list with its field, and the siblings that it takes.
struct ListField {
    field: Field,
    taken: Vec<usize>,
}

/// Returns the siblings as fields: lists, and single ones. `others` are names that are in use, but are not siblings.
pub(super) fn fields(children: Vec<Child<'_>>, others: &BTreeSet<&str>) -> Vec<Field> {
    let mut free: BTreeSet<usize> = (0..children.len()).collect();
    let mut fields = Vec::new();
    for family in families(&children, others) {
        for ListField { field, taken } in family.lists(&children, &free) {
            for child in &taken {
                free.remove(child);
            }
            fields.push(field);
        }
    }
    let single = |Child { name, content, .. }: Child<'_>| Field {
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

/// Returns all families that can be lists, the largest first.
fn families<'n>(children: &[Child<'n>], others: &BTreeSet<&str>) -> Vec<NumberedSiblings<'n>> {
    let mut others: Vec<Digits<'_>> = others.iter().flat_map(|name| indices(name)).collect();
    others.sort_by_key(Digits::around);
    let numbered = |(number, child): (usize, &Child<'n>)| {
        indices(child.name).map(move |digits| (digits, number))
    };
    let mut all: Vec<(Digits<'n>, usize)> =
        children.iter().enumerate().flat_map(numbered).collect();
    all.sort_by_key(|(digits, child)| (digits.around(), *child));
    let places: HashMap<&str, usize> =
        children.iter().enumerate().map(|(number, child)| (child.name, number)).collect();
    let mut families = Vec::new();
    all.retain(|(digits, _)| !digits.is_label());
    for members in all.chunk_by(|(one, _), (other, _)| one.around() == other.around()) {
        let Some(around) = members.first().map(|(digits, _)| digits.around()) else { continue };
        let (before, between, after) = around;
        let padded = members.iter().find_map(|(digits, _)| digits.padded);
        let form = padded.map_or(Form::Plain, Form::Padded);
        let start = others.partition_point(|other| other.around() < around);
        let others = others.get(start..).unwrap_or_default().iter();
        let others = others.take_while(|other| other.around() == around);
        let family = |before: &'n str, form| NumberedSiblings {
            before,
            between,
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
        let bare = bare.filter(|_| between.is_none());
        let first = |bare: &str| places.get(format!("{bare}{after}").as_str()).copied();
        if let Some((bare, child)) = bare.and_then(|bare| Some((bare, first(bare)?))) {
            let mut family = family(bare, Form::Suffix);
            family.members.insert(0, child);
            families.push(family);
        }
        // A single member is no list.
        if members.len() > 1 {
            families.push(family(before, form));
        }
    }
    families.sort_by_key(|family| std::cmp::Reverse(family.members.len()));
    families
}

impl NumberedSiblings<'_> {
    /// Returns the lists of free siblings.
    fn lists(&self, children: &[Child<'_>], free: &BTreeSet<usize>) -> Vec<ListField> {
        let members: Vec<(usize, usize)> = self
            .members
            .iter()
            .filter(|(_, child)| free.contains(child))
            .map(|(number, child)| (*number, *child))
            .collect();
        let mut found: Vec<ListField> =
            follow(&members, 1).into_iter().flat_map(|run| self.pieces(children, run)).collect();
        if found.is_empty() {
            found.extend(self.with_steps(children, &members));
        }
        let listed = self.listed(children, &members);
        if count(&listed) > count(&found) { listed } else { found }
    }

    /// Returns the lists among consecutive numbers.
    fn pieces(&self, children: &[Child<'_>], run: &[(usize, usize)]) -> Vec<ListField> {
        let mut found = Vec::new();
        let mut rest = run;
        while !rest.is_empty() {
            let alike = self.alike(children, rest);
            let most = alike.as_ref().map_or(1, |list| list.taken.len());
            let turns = self.in_turns(children, rest, most);
            let lists = if turns.is_empty() { Vec::from_iter(alike) } else { turns };
            rest = rest.get(count(&lists).max(1)..).unwrap_or_default();
            found.extend(lists);
        }
        found
    }

    /// Returns a list of the first members, as far as they have the same content.
    fn alike(&self, children: &[Child<'_>], run: &[(usize, usize)]) -> Option<ListField> {
        let (start, _) = *run.first()?;
        if self.form == Form::Suffix && start > 0 {
            return None;
        }
        let mut joined = Joined::new(self.needs_equal_shapes());
        let same = run.iter().take_while(|(number, child)| {
            children.get(*child).is_some_and(|child| joined.push(*number, child))
        });
        let len = same.count();
        let content = joined.content().filter(|_| is_list(start, len))?;
        let same = run.get(..len)?;
        let mut found = self.found(self.number(1, 0), start..start + len, content, same);
        if let Some(axis) = self.parts(children, &found) {
            found.field.list = Some(List::Parts { axis });
        }
        Some(found)
    }

    /// Returns alternating kinds as one list each, if they take more than `most` members.
    fn in_turns(
        &self,
        children: &[Child<'_>],
        run: &[(usize, usize)],
        most: usize,
    ) -> Vec<ListField> {
        let first = run.first().map(|(number, _)| *number).unwrap_or_default();
        for turns in 2..=MAX_TURNS {
            let mut kinds: Vec<Joined> =
                (0..turns).map(|_| Joined::new(self.needs_equal_shapes())).collect();
            let mut joins = |(round, members): (usize, &[(usize, usize)])| {
                members.iter().zip(&mut kinds).all(|((_, child), kind)| {
                    children.get(*child).is_some_and(|child| kind.push(round, child))
                })
            };
            let rounds =
                run.chunks_exact(turns).enumerate().map_while(|round| joins(round).then_some(()));
            let rounds = rounds.count();
            let is_all = rounds * turns == run.len();
            if rounds * turns <= most || rounds < 2 || !(is_all || rounds >= FEW) {
                continue;
            }
            let kind = |(turn, kind): (usize, Joined)| {
                let same: Vec<_> =
                    run.iter().skip(turn).step_by(turns).take(rounds).copied().collect();
                let number = self.number(turns, first + turn);
                Some(self.found(number, 0..rounds, kind.content()?, &same))
            };
            return kinds.into_iter().enumerate().filter_map(kind).collect();
        }
        Vec::new()
    }

    /// Returns lists of every second, third, ... number.
    fn with_steps(&self, children: &[Child<'_>], members: &[(usize, usize)]) -> Option<ListField> {
        let [(first, _), (second, _), ..] = members else { return None };
        let step = second - first;
        let steady = members.windows(2).all(|pair| pair[1].0 - pair[0].0 == step);
        if !steady || step < 2 || members.len() < FEW {
            return None;
        }
        let mut joined = Joined::new(self.needs_equal_shapes());
        let is_same = members.iter().enumerate().all(|(index, (_, child))| {
            children.get(*child).is_some_and(|child| joined.push(index, child))
        });
        let content = joined.content().filter(|_| is_same)?;
        Some(self.found(self.number(step, *first), 0..members.len(), content, members))
    }

    /// True if only the shapes tell variables apart, because their names do not.
    fn needs_equal_shapes(&self) -> bool {
        let name = self.before.trim_end_matches('_');
        self.between.is_none()
            && self.after.is_empty()
            && (name.is_empty() || name.eq_ignore_ascii_case("variable"))
    }

    fn number(&self, factor: usize, offset: usize) -> Number {
        // Names with larger numbers cannot be read.
        let offset = isize::try_from(offset).unwrap_or(isize::MAX);
        Number { factor, offset, form: self.form, counted: Counted::Own }
    }

    fn found(
        &self,
        number: Number,
        indices: Range<usize>,
        content: Content,
        same: &[(usize, usize)],
    ) -> ListField {
        let next = (number.factor * indices.end).saturating_add_signed(number.offset);
        let goes_on = self.members.contains_key(&next) || self.others.contains(&next);
        let end = goes_on.then_some(indices.end);
        self.field(number, List::Range { start: indices.start, end }, content, same)
    }

    fn field(
        &self,
        number: Number,
        list: List,
        content: Content,
        same: &[(usize, usize)],
    ) -> ListField {
        let between = self.between.map(str::to_owned);
        let (before, after) = (self.before.to_owned(), self.after.to_owned());
        let path = vec![Segment { before, number: Some(number), between, after }];
        let field = Field { path, list: Some(list), optional: false, content };
        ListField { field, taken: same.iter().map(|(_, child)| *child).collect() }
    }
}

/// Returns the number of siblings in lists.
fn count(lists: &[ListField]) -> usize {
    lists.iter().map(|list| list.taken.len()).sum()
}

fn is_list(start: usize, len: usize) -> bool {
    len >= FEW || (start == 0 && len > 1)
}

/// Splits the members into runs in which each number is `step` more than the one before.
fn follow(members: &[(usize, usize)], step: usize) -> Vec<&[(usize, usize)]> {
    members.chunk_by(|(one, _), (two, _)| two - one == step).collect()
}
