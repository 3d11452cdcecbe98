//! What of a description is in a manifest: whether there is any of it, and how many elements lists have.

use crate::check::manifest::place::{Around, DEPTH, Pattern, Place};
use crate::check::manifest::state::{Mode, State};
use crate::check::manifest::symbols::{self, At};
use crate::check::manifest::tuples::Tuple;
use crate::description::{Absent, Field, List, Node, Repeat};
use crate::expression::Expression;
use crate::manifest::Manifest;

/// The pattern of the first variable of a node that is there at these values.
pub(super) const fn probe(
    node: &Node,
    place: &Place<'_>,
    values: &[usize; DEPTH],
    manifest: &Manifest<'_>,
) -> Option<Pattern> {
    match node {
        Node::Tensor(_) | Node::Split(_) => piece(place, values, manifest),
        Node::Dim(_) => None,
        Node::Optional(inner) => probe(inner, place, values, manifest),
        Node::List(list) => {
            let (index, start) = index(place.field);
            let mut values = *values;
            let Some(inner) = place.counting(index, start) else { return None };
            values[place.axes.len] = start;
            probe(&list.element, &inner, &values, manifest)
        }
        Node::Struct(owner) => {
            let around = Around::of(place, place.locals);
            let mut at = 0;
            while at < owner.fields.len() {
                let field = &owner.fields[at];
                let mut path = 0;
                while path < field.paths.len() {
                    let inner = Place::of(owner, field, path, &around);
                    let found = probe(&field.node, &inner, values, manifest);
                    if found.is_some() {
                        return found;
                    }
                    path += 1;
                }
                at += 1;
            }
            None
        }
    }
}

/// The pattern of a variable of a field that is there.
const fn piece(
    place: &Place<'_>,
    values: &[usize; DEPTH],
    manifest: &Manifest<'_>,
) -> Option<Pattern> {
    let (mut values, mut place) = (*values, *place);
    if let Some((_, repeat)) = place.field.stack() {
        values[if place.axes.len < DEPTH { place.axes.len } else { 0 }] = repeat.start;
        place = match place.counting(repeat.index, repeat.start) {
            Some(place) => place,
            None => return None,
        };
    }
    let joined = place.field.joins_paths();
    let mut path = if joined { 0 } else { place.path };
    loop {
        let pattern = Pattern::of(&place.by_path(path));
        if manifest.find(pattern.name(&values)).is_some() {
            return Some(pattern);
        }
        path += 1;
        if !joined || path >= place.field.paths.len() {
            return None;
        }
    }
}

/// Whether nothing that must be there of a node is absent.
pub(super) const fn is_whole(
    node: &Node,
    place: &Place<'_>,
    values: &[usize; DEPTH],
    manifest: &Manifest<'_>,
) -> bool {
    match node {
        Node::Tensor(_) | Node::Split(_) | Node::List(_) => {
            probe(node, place, values, manifest).is_some()
        }
        Node::Dim(_) | Node::Optional(_) => true,
        Node::Struct(owner) => {
            let around = Around::of(place, place.locals);
            let mut at = 0;
            while at < owner.fields.len() {
                let field = &owner.fields[at];
                let mut whole = !matches!(field.absent, Absent::Problem) || field.paths.is_empty();
                let mut path = 0;
                while path < field.paths.len() && !whole {
                    let inner = Place::of(owner, field, path, &around);
                    whole = is_whole(&field.node, &inner, values, manifest);
                    path += 1;
                }
                if !whole {
                    return false;
                }
                at += 1;
            }
            true
        }
    }
}

/// The index of a list, and its first value.
pub(super) const fn index(field: &Field) -> (&'static str, usize) {
    match field.repeat {
        Some(Repeat { index, start, .. }) => (index, start),
        None => ("", 0),
    }
}

/// Counts the elements of a list, at each combination of the indices around it. The place has the axis of the list.
pub(super) const fn count<const VARIABLES: usize>(
    list: &List,
    place: &Place<'_>,
    state: &mut State<'_, VARIABLES>,
) {
    let axis = place.axes.len - 1;
    let mut next = Tuple::first(&place.axes, axis, &state.ends);
    while let Some(tuple) = next {
        let end = elements(list, place, &tuple, state);
        let number = tuple.numbers[axis];
        if number < VARIABLES {
            state.ends[axis][number] = if end > u32::MAX as usize { u32::MAX } else { end as u32 };
        }
        next = tuple.next(&place.axes, &state.ends);
    }
}

/// The value of the index after the last element.
const fn elements<const VARIABLES: usize>(
    list: &List,
    place: &Place<'_>,
    tuple: &Tuple,
    state: &mut State<'_, VARIABLES>,
) -> usize {
    let axis = place.axes.len - 1;
    let start = place.axes.all[axis].start;
    let bound = match &place.field.repeat {
        Some(Repeat { end, .. }) => end.as_ref(),
        None => None,
    };
    let fixed = match list.len {
        Some(len) => Some(start.saturating_add(len)),
        None => None,
    };
    let written = match bound {
        Some(Expression::Number(end)) => Some(*end),
        Some(bound) => bounded(list, place, tuple, start, bound, fixed, state),
        None => fixed,
    };
    if let Some(end) = written {
        return end;
    }
    let end = there(list, place, tuple, start, VARIABLES, state);
    // A list of nothing is a mistake: its first element says what is missing.
    if end == start { start + 1 } else { end }
}

/// The end of a list whose bound has symbols; `None` if nothing is there and nothing says it.
///
/// What is there is believed, and says what the symbols have to be; but where the last element that they promise is
/// there, those before it are missing.
const fn bounded<const VARIABLES: usize>(
    list: &List,
    place: &Place<'_>,
    tuple: &Tuple,
    start: usize,
    bound: &Expression,
    fixed: Option<usize>,
    state: &mut State<'_, VARIABLES>,
) -> Option<usize> {
    let at = At { place, tuple: *tuple };
    let value = symbols::value(bound, &at, state);
    let counted = if let Some(fixed) = fixed {
        fixed
    } else {
        let counted = there(list, place, tuple, start, VARIABLES, state);
        match value {
            Some(end) => whole(list, place, tuple, start, counted, end as usize, state.manifest),
            None => counted,
        }
    };
    if let Some(end) = value
        && fixed.is_none()
        && counted < end as usize
        && is_there(list, place, tuple, end as usize - 1, state.manifest).is_some()
    {
        return Some(end as usize);
    }
    if counted == start {
        return match value {
            Some(end) => Some(end as usize),
            None => None,
        };
    }
    if !matches!(state.mode, Mode::Tell) {
        symbols::note(bound, counted as u64, 0, &at, state);
    }
    Some(counted)
}

/// The pattern by which an element is there.
pub(super) const fn is_there(
    list: &List,
    place: &Place<'_>,
    tuple: &Tuple,
    index: usize,
    manifest: &Manifest<'_>,
) -> Option<Pattern> {
    let mut values = tuple.values;
    values[place.axes.len - 1] = index;
    probe(&list.element, place, &values, manifest)
}

/// The index after the last element that is there, with none absent before it, and at most so many.
pub(super) const fn there<const VARIABLES: usize>(
    list: &List,
    place: &Place<'_>,
    tuple: &Tuple,
    start: usize,
    most: usize,
    state: &State<'_, VARIABLES>,
) -> usize {
    let mut values = tuple.values;
    let mut probes = Probes::new(&list.element, place);
    let mut index = start;
    while index < start + most {
        values[place.axes.len - 1] = index;
        if !probes.find(&list.element, place, &values, state.manifest) {
            return index;
        }
        index += 1;
    }
    index
}

/// Whether there is any of a node, asked at many values: what was there before is looked for first.
#[derive(Clone, Copy)]
pub(super) struct Probes {
    pattern: Option<Pattern>,
    /// Whether the pattern is that of all that there can be.
    only: bool,
}

impl Probes {
    pub(super) const NONE: Self = Self { pattern: None, only: false };

    pub(super) const fn new(node: &Node, place: &Place<'_>) -> Self {
        match node {
            Node::Optional(inner) => Self::new(inner, place),
            Node::Tensor(_) | Node::Split(_)
                if place.field.stack().is_none() && !place.field.joins_paths() =>
            {
                Self { pattern: Some(Pattern::of(place)), only: true }
            }
            _ => Self::NONE,
        }
    }

    pub(super) const fn find(
        &mut self,
        node: &Node,
        place: &Place<'_>,
        values: &[usize; DEPTH],
        manifest: &Manifest<'_>,
    ) -> bool {
        if let Some(pattern) = &self.pattern
            && manifest.find(pattern.name(values)).is_some()
        {
            return true;
        }
        if self.only {
            return false;
        }
        let found = probe(node, place, values, manifest);
        let there = found.is_some();
        if there {
            self.pattern = found;
        }
        there
    }
}

/// The end of the elements that are there, where symbols say that it is `end`: of what is there beyond that, or before all
/// of that, only elements of which nothing is absent count. Other fields may go on with the same numbers.
const fn whole(
    list: &List,
    place: &Place<'_>,
    tuple: &Tuple,
    start: usize,
    last: usize,
    end: usize,
    manifest: &Manifest<'_>,
) -> usize {
    let axis = place.axes.len - 1;
    let mut values = tuple.values;
    let mut index = if end > start { end } else { start };
    while index < last {
        values[axis] = index;
        if !is_whole(&list.element, place, &values, manifest) {
            return index;
        }
        index += 1;
    }
    let mut index = last;
    while last < end && index > start {
        values[axis] = index - 1;
        if is_whole(&list.element, place, &values, manifest) {
            return index;
        }
        index -= 1;
    }
    last
}
