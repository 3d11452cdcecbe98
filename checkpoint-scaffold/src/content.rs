//! What is at a place of the tree: a variable, or fields.

use std::collections::BTreeMap;

use crate::lists;
use crate::numbers::{Segment, natural};
use crate::tree::Tree;
use checkpoint_schema::listing::catalog::Catalog;
use checkpoint_schema::listing::dtype::DType;

/// What is at a place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Content {
    Leaf(Leaf),
    Group(Group),
}

/// What a struct says of a variable, besides its lengths.
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

/// A place within a place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Field {
    /// Its path; nothing for the variable that is called as the place itself. One segment of all has an index at most.
    pub(super) path: Vec<Segment>,
    /// If it is one for each value of the index.
    pub(super) list: Option<List>,
    /// Whether some of the places do not have it.
    pub(super) optional: bool,
    pub(super) content: Content,
}

/// The values of an index.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct List {
    pub(super) start: usize,
    /// The end, if what is there goes on beyond it.
    pub(super) end: Option<usize>,
}

impl Content {
    pub(super) fn of(tree: &Tree<'_>, catalog: &Catalog) -> Self {
        match leaf(tree, catalog) {
            Some(leaf) if tree.is_leaf() => Self::Leaf(leaf),
            leaf => Self::Group(Group::of(tree, leaf, catalog)),
        }
    }

    /// The variables that one of the places has, lists counted as one.
    pub(super) fn variables(&self) -> usize {
        match self {
            Self::Leaf(_) => 1,
            Self::Group(group) => group.fields.iter().map(|field| field.content.variables()).sum(),
        }
    }

    /// What says both; `None` if nothing does.
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
        let children = children.map(|(name, child)| (*name, Content::of(child, catalog)));
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

    fn sort(&mut self) {
        self.fields.sort_by_cached_key(|field| {
            let start = field.list.map(|list| list.start).unwrap_or_default();
            field.path.iter().map(|segment| natural(&segment.at(start))).collect::<Vec<_>>()
        });
    }

    /// The fields of both, those of one of them as optional ones.
    ///
    /// The paths of fields have one segment at this time. Lists are in both, so that none takes what is a field of its own in
    /// the other.
    fn unified(&self, other: &Self) -> Option<Self> {
        let key = |field: &'_ Field| (field.path.clone(), field.list);
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
                None => alone(field)?,
            });
        }
        for field in others.into_values() {
            fields.push(alone(field)?);
        }
        let mut group = Self { fields };
        group.sort();
        group.is_clear().then_some(group)
    }

    /// Whether no list takes what is a field of its own.
    fn is_clear(&self) -> bool {
        let lists = || self.fields.iter().filter(|field| field.list.is_some());
        let optional = || self.fields.iter().filter(|field| field.optional);
        !optional().any(|field| lists().any(|list| list.takes(field)))
    }
}

/// A field that some places do not have.
fn alone(field: &Field) -> Option<Field> {
    field.list.is_none().then(|| Field { optional: true, ..field.clone() })
}

impl Field {
    /// Whether the path is one of this list's.
    fn takes(&self, other: &Self) -> bool {
        let ([list], [single]) = (&self.path[..], &other.path[..]) else { return false };
        let text = single.at(0);
        let number = text
            .strip_prefix(&list.before)
            .and_then(|rest| rest.strip_suffix(&list.after))
            .unwrap_or("x");
        number.chars().all(|letter| letter.is_ascii_digit() || letter == '_')
    }

    /// Makes one field of those that lead to each other and nowhere else.
    pub(super) fn collapse(&mut self) {
        while let Content::Group(group) = &mut self.content
            && let [only] = &mut group.fields[..]
            && !only.optional
            && !only.path.is_empty()
            && (self.list.is_none() || only.list.is_none())
        {
            self.path.append(&mut only.path);
            self.list = self.list.or(only.list);
            self.content = only.content.clone();
        }
        if let Content::Group(group) = &mut self.content {
            group.fields.iter_mut().for_each(Self::collapse);
        }
    }
}
