//! The content of a place in the tree: a variable, or fields.

use std::collections::{BTreeMap, BTreeSet};

use crate::lists::{self, Child, FEW};
use crate::numbers::{Counted, Segment, natural};
use crate::tree::Tree;
use checkpoint_schema::listing::catalog::Catalog;
use checkpoint_schema::listing::dtype::DType;

/// The content of a place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Content {
    Leaf(Leaf),
    Group(Group),
}

/// The description of a variable in a struct, besides its lengths.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Leaf {
    pub(super) dtype: DType,
    pub(super) rank: usize,
}

/// Fields, in their order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Group {
    pub(super) fields: Vec<Field>,
}

/// A place within another place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Field {
    /// Its path; empty for the variable that has the name of the place itself. One segment has the field's own index. Several
    /// segments have it if their numbers move together.
    pub(super) path: Vec<Segment>,
    /// The indices of the list, if the field is one.
    pub(super) list: Option<List>,
    /// True if some of the places lack it.
    pub(super) optional: bool,
    pub(super) content: Content,
}

/// The values of an index.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum List {
    /// From a number on, and up to an end if there are names with this index beyond it.
    Range { start: usize, end: Option<usize> },
    /// These numbers.
    Numbers(Vec<usize>),
    /// The numbers of the parts of one variable, from 0 on. They are joined along an axis.
    Parts { axis: usize },
}

impl List {
    /// Returns the values in their order. Without an end, the checkpoint has less of them.
    pub(super) fn indices(&self) -> impl Iterator<Item = usize> {
        let (range, numbers) = match self {
            Self::Range { start, end } => (*start..end.unwrap_or(usize::MAX), &[][..]),
            Self::Numbers(numbers) => (0..0, &numbers[..]),
            Self::Parts { .. } => (0..usize::MAX, &[][..]),
        };
        range.chain(numbers.iter().copied())
    }
}

impl Content {
    pub(super) fn of(tree: &Tree<'_>, catalog: &Catalog) -> Self {
        match leaf(tree, catalog) {
            Some(leaf) if tree.is_leaf() => Self::Leaf(leaf),
            leaf => Self::Group(Group::of(tree, leaf, catalog)),
        }
    }

    /// The number of variables in one of the places. A list counts as a few elements.
    pub(super) fn variables(&self) -> usize {
        let of_field = |field: &Field| {
            let elements = field.list.as_ref().map_or(1, |_| FEW);
            field.content.variables().saturating_mul(elements)
        };
        match self {
            Self::Leaf(_) => 1,
            Self::Group(group) => group.fields.iter().map(of_field).sum(),
        }
    }

    /// The nesting depth of lists.
    fn depth(&self) -> usize {
        match self {
            Self::Leaf(_) => 0,
            Self::Group(group) => group.fields.iter().map(Field::depth).max().unwrap_or_default(),
        }
    }

    /// Returns the content that fits both, or `None` if none does.
    pub(super) fn unified(&self, other: &Self) -> Option<Self> {
        match (self, other) {
            (Self::Leaf(one), Self::Leaf(two)) => (one == two).then_some(Self::Leaf(*one)),
            (Self::Group(one), Self::Group(two)) => Some(Self::Group(one.unified(two)?)),
            _ => None,
        }
    }
}

fn leaf(tree: &Tree<'_>, catalog: &Catalog) -> Option<Leaf> {
    let variable = catalog.variables().get(tree.variable?)?;
    Some(Leaf { dtype: variable.dtype, rank: variable.shape.rank() })
}

impl Group {
    fn of(tree: &Tree<'_>, own: Option<Leaf>, catalog: &Catalog) -> Self {
        let children = tree.children.iter();
        let children = children.map(|(name, child)| {
            let shape = child.variable.and_then(|number| catalog.variables().get(number));
            let shape = shape.map_or(&[][..], |variable| variable.shape.dims());
            Child { name, content: Content::of(child, catalog), shape }
        });
        let mut fields = lists::fields(children.collect(), &tree.others);
        fields.extend(own.map(|leaf| Field {
            path: Vec::new(),
            list: None,
            optional: false,
            content: Content::Leaf(leaf),
        }));
        let mut group = Self { fields };
        group.sort();
        group
    }

    pub(super) fn sort(&mut self) {
        self.fields.sort_by_cached_key(|field| {
            let start = field.list.as_ref().and_then(|list| list.indices().next());
            let start = start.unwrap_or_default();
            field.path.iter().map(|segment| natural(&segment.at(start))).collect::<Vec<_>>()
        });
    }

    /// Returns the fields of both. A field of only one becomes optional.
    ///
    /// The paths of fields have one segment at this stage.
    fn unified(&self, other: &Self) -> Option<Self> {
        let key = |field: &'_ Field| (field.path.clone(), field.list.clone());
        let mut others: BTreeMap<_, &Field> =
            other.fields.iter().map(|field| (key(field), field)).collect();
        let mut fields = Vec::new();
        for field in &self.fields {
            fields.push(match others.remove(&key(field)) {
                Some(twin) => Field {
                    optional: field.optional || twin.optional,
                    content: field.content.unified(&twin.content)?,
                    ..field.clone()
                },
                None => Field { optional: true, ..field.clone() },
            });
        }
        let alone = others.into_values();
        fields.extend(alone.map(|field| Field { optional: true, ..field.clone() }));
        let mut group = Self { fields };
        group.sort();
        group.is_clear().then_some(group)
    }

    /// False if a list could take the variables of another field.
    fn is_clear(&self) -> bool {
        let lists: Vec<&Field> = self.fields.iter().filter(|field| field.list.is_some()).collect();
        let optional: Vec<&Field> = self.fields.iter().filter(|field| field.optional).collect();
        if optional.is_empty() {
            return true;
        }
        let around: BTreeSet<_> = lists.iter().filter_map(|list| list.around()).collect();
        around.len() == lists.len()
            && !lists.iter().any(|list| {
                let others =
                    if list.optional { self.fields.iter().collect() } else { optional.clone() };
                others.iter().any(|field| field.list.is_none() && list.takes(field))
            })
    }

    /// Replaces references to lists around a field by the levels of these lists. `around` is the levels of the lists around.
    pub(super) fn count_by_levels(&mut self, around: &mut Vec<usize>) {
        for field in &mut self.fields {
            for number in field.path.iter_mut().filter_map(|segment| segment.number.as_mut()) {
                if let Counted::Around(outwards) = number.counted
                    && let Some(level) = around.iter().rev().nth(outwards)
                {
                    number.counted = Counted::Level(*level);
                }
            }
            let level = field.list.as_ref().map(|_| field.depth());
            around.extend(level);
            if let Content::Group(group) = &mut field.content {
                group.count_by_levels(around);
            }
            around.truncate(around.len() - usize::from(level.is_some()));
        }
    }
}

impl Field {
    /// The nesting depth of lists, including this field.
    fn depth(&self) -> usize {
        self.content.depth() + usize::from(self.list.is_some())
    }

    /// Returns the text before and after the number of a list.
    fn around(&self) -> Option<(&str, &str)> {
        self.path.first().map(|segment| (segment.before.as_str(), segment.after.as_str()))
    }

    /// True if this list could take the path of the other field.
    fn takes(&self, other: &Self) -> bool {
        let ([list], [single]) = (&self.path[..], &other.path[..]) else { return false };
        let text = single.at(0);
        let number = text
            .strip_prefix(&list.before)
            .and_then(|rest| rest.strip_suffix(&list.after))
            .unwrap_or("x");
        let number = number.replacen(list.between.as_deref().unwrap_or_default(), "", 1);
        number.chars().all(|letter| letter.is_ascii_digit() || letter == '_')
    }

    /// Collapses chains of places with one child each into one field.
    pub(super) fn collapse(&mut self) {
        while let Content::Group(group) = &mut self.content
            && let [only] = &mut group.fields[..]
            && !only.optional
            && !only.path.is_empty()
            && (self.list.is_none() || only.list.is_none())
        {
            let is_list = self.list.is_some();
            let path = only.path.drain(..);
            self.path
                .extend(path.map(|segment| if is_list { moved_out(segment) } else { segment }));
            self.list = self.list.take().or(only.list.take());
            self.content = only.content.clone();
        }
        if let Content::Group(group) = &mut self.content {
            group.fields.iter_mut().for_each(Self::collapse);
        }
    }
}

/// A segment of a field that becomes a list. The list was the innermost list around it.
fn moved_out(mut segment: Segment) -> Segment {
    if let Some(number) = &mut segment.number
        && let Counted::Around(outwards) = number.counted
    {
        number.counted = outwards.checked_sub(1).map_or(Counted::Own, Counted::Around);
    }
    segment
}
