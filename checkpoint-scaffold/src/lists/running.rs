//! Numbers that continue from one element of a list to the next: `layer_0/norm_1`, `layer_1/norm_3`.

use std::collections::{BTreeMap, BTreeSet};

use crate::content::{Content, Field, Group};
use crate::numbers::{Counted, Number, Segment, numbers};
use checkpoint_schema::model::template::Form;

/// The nested fields whose names follow the index of a list, by their paths.
#[derive(Debug, Default)]
pub(super) struct Running {
    segments: Vec<Segment>,
    /// The names of fields without a number, which all elements share.
    shared: BTreeSet<String>,
    within: Vec<(Vec<Segment>, Running)>,
}

/// An element's index and content.
type Element<'c> = (usize, &'c Content);

impl Running {
    /// Finds numbers that continue from one element to another. Returns them with the content of the first, or `None` if there
    /// are none.
    pub(super) fn of(one: Element<'_>, two: Element<'_>) -> Option<(Self, Content)> {
        let (Content::Group(group_1), Content::Group(group_2)) = (one.1, two.1) else {
            return None;
        };
        let running = Self::of_groups((one.0, group_1), (two.0, group_2), 0)?;
        let counted = running.counted(one.0, one.1)?;
        Some((running, counted))
    }

    fn of_groups(one: (usize, &Group), two: (usize, &Group), depth: usize) -> Option<Self> {
        let key = |field: &Field| (field.path.clone(), field.list.clone());
        let fields = |group: &'_ Group| group.fields.iter().map(key).collect::<BTreeSet<_>>();
        let (fields_1, fields_2) = (fields(one.1), fields(two.1));
        let alone = |group: &Group, others: &BTreeSet<_>| {
            let alone = group.fields.iter().filter(|field| !others.contains(&key(field)));
            families(alone)
        };
        let (families_1, families_2) = (alone(one.1, &fields_2), alone(two.1, &fields_1));
        let mut segments = Vec::new();
        for (around, values_1) in families_1 {
            let values_2 = families_2.get(&around).filter(|values| values.len() == values_1.len());
            let pairs = values_1.iter().zip(values_2.into_iter().flatten());
            segments.extend(pairs.filter_map(|(value_1, value_2)| {
                let (factor, offset) = line((one.0, *value_1), (two.0, *value_2))?;
                let (before, after, form) = around.clone();
                let number =
                    Number { factor, offset, form: form.into(), counted: Counted::Around(depth) };
                Some(Segment { before, number: Some(number), between: None, after })
            }));
        }
        // `w_1` and `w_2` are `w_<i+1>`, so `w_1` and `w_1_1` cannot be `w_1<i:_>` too. Plain numbers come first.
        segments.sort_by_key(|segment: &Segment| {
            segment.number.is_some_and(|number| number.form == Form::Suffix)
        });
        let mut claimed = BTreeSet::new();
        segments.retain(|segment| {
            let names = [segment.at(one.0), segment.at(two.0)];
            let is_free = names.iter().all(|name| !claimed.contains(name));
            if is_free {
                claimed.extend(names);
            }
            is_free
        });
        let shared = fields_1.intersection(&fields_2).filter_map(|(path, _)| literal(path));
        let shared = shared.map(str::to_owned).collect();
        let twins: BTreeMap<_, &Field> =
            two.1.fields.iter().map(|field| (key(field), field)).collect();
        let mut within = Vec::new();
        for field in &one.1.fields {
            if let Some(twin) = twins.get(&key(field))
                && let (Content::Group(group_1), Content::Group(group_2)) =
                    (&field.content, &twin.content)
                && group_1 != group_2
                && let depth = depth + usize::from(field.list.is_some())
                && let Some(running) = Self::of_groups((one.0, group_1), (two.0, group_2), depth)
            {
                within.push((field.path.clone(), running));
            }
        }
        let is_some = !segments.is_empty() || !within.is_empty();
        is_some.then_some(Self { segments, shared, within })
    }

    /// Returns the content of an element, with such numbers replaced by ones that follow its index. `None` if two fields have one
    /// name at an index, as `w_<i+1>` and `w_3` at index 2.
    pub(super) fn counted(&self, index: usize, content: &Content) -> Option<Content> {
        let Content::Group(group) = content else { return Some(content.clone()) };
        let mut group = group.clone();
        self.count(index, &mut group)?;
        Some(Content::Group(group))
    }

    fn count(&self, index: usize, group: &mut Group) -> Option<()> {
        let mut named = BTreeMap::new();
        for segment in &self.segments {
            let name = segment.at(index);
            if self.shared.contains(&name) || named.insert(name, segment).is_some() {
                return None;
            }
        }
        for field in group.fields.iter_mut().filter(|field| field.list.is_none()) {
            if let [only] = &mut field.path[..]
                && only.number.is_none()
                && let Some(segment) = named.get(&only.before)
            {
                *only = (*segment).clone();
            }
        }
        let alone = group.fields.iter().filter(|field| field.list.is_none());
        let mut alone = alone.filter_map(|field| literal(&field.path));
        if alone.any(|name| !self.shared.contains(name) && self.can_be(name)) {
            return None;
        }
        for (path, running) in &self.within {
            let mut fields = group.fields.iter_mut();
            if let Some(field) = fields.find(|field| field.path == *path)
                && let Content::Group(group) = &mut field.content
            {
                running.count(index, group)?;
            }
        }
        group.sort();
        Some(())
    }

    /// True if a segment has this name at any index.
    fn can_be(&self, name: &str) -> bool {
        self.segments.iter().any(|segment| {
            let index = || {
                let number = segment.number?;
                let middle = name.strip_prefix(&*segment.before)?.strip_suffix(&*segment.after)?;
                let value: isize = middle.trim_start_matches('_').parse().unwrap_or_default();
                let factor = isize::try_from(number.factor).ok()?;
                usize::try_from(value.checked_sub(number.offset)?.checked_div(factor)?).ok()
            };
            index().is_some_and(|index| segment.at(index) == name)
        })
    }
}

/// Returns the name in a path of one segment without a number.
fn literal(path: &[Segment]) -> Option<&str> {
    match path {
        [Segment { before, number: None, .. }] => Some(before),
        _ => None,
    }
}

/// The text around a number, and true if the first name has no number.
type Around = (String, String, Kind);

/// The forms of numbers that continue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Plain,
    Suffix,
}

impl From<Kind> for Form {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::Plain => Self::Plain,
            Kind::Suffix => Self::Suffix,
        }
    }
}

/// Returns the numbers of fields, by the text around them.
fn families<'f>(fields: impl Iterator<Item = &'f Field>) -> BTreeMap<Around, Vec<usize>> {
    let mut found: BTreeMap<Around, BTreeSet<usize>> = BTreeMap::new();
    for field in fields.filter(|field| field.list.is_none()) {
        let Some(name) = literal(&field.path) else { continue };
        let mut add = |before: &str, after: &str, kind, value| {
            found.entry((before.to_owned(), after.to_owned(), kind)).or_default().insert(value);
        };
        for digits in numbers(name).iter().filter(|digits| digits.is(Form::Plain)) {
            add(digits.before, digits.after, Kind::Plain, digits.value);
            if let Some(bare) = digits.before.strip_suffix('_')
                && digits.is(Form::Suffix)
                && !(bare.is_empty() && digits.after.is_empty())
            {
                add(bare, digits.after, Kind::Suffix, digits.value);
            }
        }
        add(name, "", Kind::Suffix, 0);
    }
    found.into_iter().map(|(around, values)| (around, values.into_iter().collect())).collect()
}

/// Returns the factor and the offset that yield both values at their indices.
fn line(one: (usize, usize), two: (usize, usize)) -> Option<(usize, isize)> {
    let (width, height) = (two.0.checked_sub(one.0)?, two.1.checked_sub(one.1)?);
    let factor =
        height.checked_div(width).filter(|factor| *factor > 0 && factor * width == height)?;
    let value = isize::try_from(one.1).ok()?;
    Some((factor, value.checked_sub_unsigned(factor.checked_mul(one.0)?)?))
}
