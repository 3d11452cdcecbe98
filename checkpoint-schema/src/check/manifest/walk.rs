//! The walk of a description, field by field.

use crate::check::manifest::leaf;
use crate::check::manifest::lists::{self, Probes, probe};
use crate::check::manifest::outside;
use crate::check::manifest::place::{Around, Place};
use crate::check::manifest::report::Line;
use crate::check::manifest::sets::Sets;
use crate::check::manifest::state::{LOCALS, Mode, State};
use crate::check::manifest::steps::Parts;
use crate::check::manifest::symbols;
use crate::check::manifest::tell;
use crate::check::manifest::text::Words;
use crate::check::manifest::tuples::Tuple;
use crate::check::manifest::unmapped;
use crate::description::{Absent, Field, List, Node, Struct};
use crate::problem::wording as say;

/// How many paths a field may accept to be looked at.
const ALTERNATIVES: usize = 8;

/// Walks all fields of the root.
pub(super) const fn root<const VARIABLES: usize>(
    root: &Struct,
    mode: Mode,
    state: &mut State<'_, VARIABLES>,
) {
    state.mode = mode;
    state.fields = 0;
    state.options = 0;
    if matches!(mode, Mode::Tell) {
        symbols::tell(state);
    }
    fields(root, &Around::root(0), state);
}

const fn fields<const VARIABLES: usize>(
    owner: &Struct,
    around: &Around<'_>,
    state: &mut State<'_, VARIABLES>,
) {
    if symbols::locals(owner) > 0 {
        local_symbols(owner, around, state);
    }
    if matches!(state.mode, Mode::Tell) {
        symbols::tell_asserts(owner, around, state);
    }
    if matches!(state.mode, Mode::Ignore) {
        unmapped::let_pass(owner, around, state);
    }
    all_fields(owner, around, state);
}

const fn all_fields<const VARIABLES: usize>(
    owner: &Struct,
    around: &Around<'_>,
    state: &mut State<'_, VARIABLES>,
) {
    let mut at = 0;
    while at < owner.fields.len() {
        let field = &owner.fields[at];
        if field.paths.len() < 2 || field.joins_paths() {
            field_at(&Place::of(owner, field, 0, around), state);
        } else {
            alternatives(owner, field, around, state);
        }
        at += 1;
    }
}

/// Forgets what the symbols are that each instance has for itself, and, where something is to be told, looks first what
/// they are.
const fn local_symbols<const VARIABLES: usize>(
    owner: &Struct,
    around: &Around<'_>,
    state: &mut State<'_, VARIABLES>,
) {
    let (mut number, mut at) = (around.locals, 0);
    while at < owner.dims.len() {
        if owner.dims[at].local && number < LOCALS {
            let value = match owner.dims[at].value {
                Some(value) => value as u64 + 1,
                None => 0,
            };
            state.locals[number] = [value; VARIABLES];
            number += 1;
        }
        at += 1;
    }
    if matches!(state.mode, Mode::Tell) {
        let (fields, options) = (state.fields, state.options);
        state.mode = Mode::Local;
        all_fields(owner, around, state);
        state.mode = Mode::Tell;
        (state.fields, state.options) = (fields, options);
    }
}

/// A field by each of its paths, where that is the one to take: the only one that is there, or else the first.
const fn alternatives<const VARIABLES: usize>(
    owner: &Struct,
    field: &Field,
    around: &Around<'_>,
    state: &mut State<'_, VARIABLES>,
) {
    let mut path = 0;
    let mut several = Sets::NONE;
    let mut probes = [Probes::NONE; ALTERNATIVES];
    if field.paths.len() > ALTERNATIVES {
        return state.overlooks = true;
    }
    while path < field.paths.len() {
        probes[path] = Probes::new(&field.node, &Place::of(owner, field, path, around));
        path += 1;
    }
    let mut path = 0;
    while path < field.paths.len() {
        let alone = Place::of(owner, field, path, around);
        let Some(place) = alone.counting("", 0) else { return state.overlooks = true };
        let mut next = Tuple::first(&around.axes, around.axes.len, &state.ends);
        while let Some(tuple) = next {
            let (chosen, there) = choose(owner, field, around, &tuple, &mut probes, state);
            set(&place, &tuple, chosen == path, state);
            if there > 1 && path == 0 {
                several.add(&tuple.values);
            }
            next = tuple.next(&around.axes, &state.ends);
        }
        field_at(&place, state);
        path += 1;
    }
    if several.count > 0 && matches!(state.mode, Mode::Tell) {
        tell_aliases(owner, field, around, &several, state);
    }
}

/// Notes at a combination of indices whether something is there.
const fn set<const VARIABLES: usize>(
    place: &Place<'_>,
    tuple: &Tuple,
    there: bool,
    state: &mut State<'_, VARIABLES>,
) {
    let axis = place.axes.len - 1;
    let number = tuple.numbers[axis];
    if number < VARIABLES {
        state.ends[axis][number] = there as u32;
    }
}

/// The number of the path of a field to take, and of how many something is there.
const fn choose<const VARIABLES: usize>(
    owner: &Struct,
    field: &Field,
    around: &Around<'_>,
    tuple: &Tuple,
    probes: &mut [Probes; ALTERNATIVES],
    state: &State<'_, VARIABLES>,
) -> (usize, usize) {
    let (mut chosen, mut there, mut path) = (0, 0, field.paths.len());
    while path > 0 {
        path -= 1;
        let place = Place::of(owner, field, path, around);
        if probes[path].find(&field.node, &place, &tuple.values, state.manifest) {
            chosen = path;
            there += 1;
        }
    }
    (chosen, there)
}

const fn tell_aliases<const VARIABLES: usize>(
    owner: &Struct,
    field: &Field,
    around: &Around<'_>,
    sets: &Sets,
    state: &mut State<'_, VARIABLES>,
) {
    let (mut names, mut path, mut told) = (Words::EMPTY, 0, 0);
    let tuple = Tuple { values: sets.last, ..Tuple::NONE };
    let mut probes = [Probes::NONE; ALTERNATIVES];
    let (_, count) = choose(owner, field, around, &tuple, &mut probes, state);
    while path < field.paths.len() {
        let place = Place::of(owner, field, path, around);
        if probe(&field.node, &place, &sets.last, state.manifest).is_some() {
            told += 1;
            names.push(match told {
                1 => "`",
                _ if told == count => " and `",
                _ => ", `",
            });
            names.push(tell::variable(&place, sets).as_str());
            names.push("`");
            let _ = outside::claim(&field.node, &place, &sets.last, state);
        }
        path += 1;
    }
    let mut line = tell::about(&Place::of(owner, field, 0, around), sets);
    line.fill(say::ALIASES, &[names.as_str()]);
    state.report.tell(&line);
}

/// A field by one of its paths.
const fn field_at<const VARIABLES: usize>(place: &Place<'_>, state: &mut State<'_, VARIABLES>) {
    match place.field.absent {
        Absent::Problem => node(&place.field.node, place, state),
        Absent::Zero | Absent::Function => {
            let Some(inner) = place.counting("", 0) else { return state.overlooks = true };
            let _ = where_there(&place.field.node, &inner, state);
            node(&place.field.node, &inner, state);
        }
    }
}

/// Notes where there is any of a node; whether there is anywhere. The place has the axis of that.
const fn where_there<const VARIABLES: usize>(
    node: &Node,
    place: &Place<'_>,
    state: &mut State<'_, VARIABLES>,
) -> bool {
    let axis = place.axes.len - 1;
    let (mut next, mut any) = (Tuple::first(&place.axes, axis, &state.ends), false);
    let mut probes = Probes::new(node, place);
    while let Some(tuple) = next {
        let there = probes.find(node, place, &tuple.values, state.manifest);
        set(place, &tuple, there, state);
        any |= there;
        next = tuple.next(&place.axes, &state.ends);
    }
    any
}

const fn node<const VARIABLES: usize>(
    of: &Node,
    place: &Place<'_>,
    state: &mut State<'_, VARIABLES>,
) {
    match of {
        Node::Tensor(tensor) => leaf::field(place, Parts::One(tensor), state),
        Node::Split(parts) => leaf::field(place, Parts::Split(parts), state),
        Node::Struct(inner) => {
            let locals = place.locals + symbols::locals(place.owner);
            fields(inner, &Around::of(place, locals), state);
        }
        Node::Optional(inner) => optional(inner, place, state),
        Node::List(inner) => list(inner, place, state),
        Node::Dim(_) => {}
    }
}

const fn optional<const VARIABLES: usize>(
    inner: &Node,
    place: &Place<'_>,
    state: &mut State<'_, VARIABLES>,
) {
    let Some(there) = place.counting("", 0) else { return state.overlooks = true };
    let any = where_there(inner, &there, state);
    outside::option(inner, place, any, state);
    node(inner, &there, state);
}

const fn list<const VARIABLES: usize>(
    list: &List,
    place: &Place<'_>,
    state: &mut State<'_, VARIABLES>,
) {
    let (index, start) = lists::index(place.field);
    let Some(mut elements) = place.counting(index, start) else {
        return state.overlooks = true;
    };
    elements.list = Some(place.axes.len);
    lists::count(list, &elements, state);
    if matches!(state.mode, Mode::Tell) {
        outside::of_list(list, &elements, state);
    }
    node(&list.element, &elements, state);
}

/// The name of the field of this number, plus one: as [`leaf::field`] counts them.
pub(super) const fn field_of<const VARIABLES: usize>(
    number: usize,
    state: &State<'_, VARIABLES>,
) -> Words {
    let mut left = number;
    match state.root {
        Node::Struct(root) => match find(root, &Around::root(0), &mut left) {
            Some(name) => name,
            None => Words::EMPTY,
        },
        _ => Words::EMPTY,
    }
}

const fn find(owner: &Struct, around: &Around<'_>, left: &mut usize) -> Option<Words> {
    let mut at = 0;
    while at < owner.fields.len() {
        let field = &owner.fields[at];
        let alternatives = field.paths.len() > 1 && !field.joins_paths();
        let mut path = 0;
        while path < if alternatives { field.paths.len() } else { 1 } {
            let place = Place::of(owner, field, path, around);
            let deeper = match field.absent {
                Absent::Problem => 0,
                Absent::Zero | Absent::Function => 1,
            };
            if let Some(place) = deepened(&place, alternatives as usize + deeper) {
                let found = find_in(&field.node, &place, left);
                if found.is_some() {
                    return found;
                }
            }
            path += 1;
        }
        at += 1;
    }
    None
}

const fn deepened<'a>(place: &Place<'a>, axes: usize) -> Option<Place<'a>> {
    if axes == 0 {
        return Some(*place);
    }
    match place.counting("", 0) {
        Some(place) => deepened(&place, axes - 1),
        None => None,
    }
}

const fn find_in(node: &Node, place: &Place<'_>, left: &mut usize) -> Option<Words> {
    match node {
        Node::Tensor(_) | Node::Split(_) => {
            *left = left.saturating_sub(1);
            if *left > 0 {
                return None;
            }
            let mut name = Words::EMPTY;
            crate::check::manifest::sets::write_field(place, &Sets::NONE, &mut name);
            Some(name)
        }
        Node::Dim(_) => None,
        Node::Struct(inner) => find(inner, &Around::of(place, 0), left),
        Node::Optional(inner) => match place.counting("", 0) {
            Some(place) => find_in(inner, &place, left),
            None => None,
        },
        Node::List(list) => match place.counting("", 0) {
            Some(mut place) => {
                place.list = Some(0);
                find_in(&list.element, &place, left)
            }
            None => None,
        },
    }
}

/// The line for what is said of a symbol.
pub(super) const fn line(sentence: &str, words: &[&str]) -> Line {
    let mut line = Line::EMPTY;
    line.fill(sentence, words);
    line
}
