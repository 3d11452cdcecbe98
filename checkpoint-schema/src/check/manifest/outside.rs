//! What fields leave out: elements beyond lists, parts of variables, options of which nothing is there.

use crate::check::manifest::lists::{is_there, is_whole};
use crate::check::manifest::near::write_family;
use crate::check::manifest::place::{Around, DEPTH, Pattern, Place};
use crate::check::manifest::report::Line;
use crate::check::manifest::sets::{Sets, write_field, write_whole};
use crate::check::manifest::state::{FIELDS, Mode, State};
use crate::check::manifest::steps::{Parts, tensor};
use crate::check::manifest::symbols::{self, At};
use crate::check::manifest::tell;
use crate::check::manifest::text::Words;
use crate::check::manifest::tuples::Tuple;
use crate::check::manifest::walk::{field_of, line};
use crate::check::sentence::same;
use crate::description::{List, Node, Repeat, Struct};
use crate::expression::Expression;
use crate::problem::wording as say;

/// How far behind the last element of a list others are looked for.
const FAR: usize = 16;

/// Says what is wrong with the number of elements of a list.
pub(super) const fn of_list<const VARIABLES: usize>(
    list: &List,
    place: &Place<'_>,
    state: &mut State<'_, VARIABLES>,
) {
    let axis = place.axes.len - 1;
    let bound = match &place.field.repeat {
        Some(Repeat { end, .. }) => end.as_ref(),
        None => None,
    };
    let mut next = Tuple::first(&place.axes, axis, &state.ends);
    while let Some(tuple) = next {
        let number = tuple.numbers[axis];
        if number < VARIABLES {
            let end = state.ends[axis][number] as usize;
            of_elements(list, place, &tuple, end, bound, state);
        }
        next = tuple.next(&place.axes, &state.ends);
    }
}

const fn of_elements<const VARIABLES: usize>(
    list: &List,
    place: &Place<'_>,
    tuple: &Tuple,
    end: usize,
    bound: Option<&Expression>,
    state: &mut State<'_, VARIABLES>,
) {
    let at = At { place, tuple: *tuple };
    let (wanted, fixed) = match bound {
        Some(bound) => (symbols::value(bound, &at, state), symbols::is_fixed(bound, &at, state)),
        None => (None, list.len.is_some()),
    };
    let differs = matches!(wanted, Some(wanted) if wanted != end as u64);
    if state.takes < state.manifest.variables {
        let first = place.axes.all[place.axes.len - 1].start;
        let near = first.saturating_sub(FAR);
        beyond(list, place, tuple, near, first, state);
        if fixed && !differs {
            beyond(list, place, tuple, end, end + VARIABLES, state);
        } else if hole(list, place, tuple, end, state) {
            return;
        }
    }
    if let (Some(wanted), Some(bound), true) = (wanted, bound, differs) {
        tell_elements(place, tuple, end, wanted, bound, state);
    }
}

const fn tell_elements<const VARIABLES: usize>(
    place: &Place<'_>,
    tuple: &Tuple,
    found: usize,
    wanted: u64,
    bound: &Expression,
    state: &mut State<'_, VARIABLES>,
) {
    let (mut line, mut field) = (Line::EMPTY, Words::EMPTY);
    write_whole(place, &Sets::one(&tuple.values), &mut field);
    line.fill(say::FIELD, &[field.as_str()]);
    let (mut one, mut other) = (Words::EMPTY, Words::EMPTY);
    one.number(found as u64, 1);
    other.number(wanted, 1);
    line.fill(say::ELEMENTS, &[one.as_str(), other.as_str()]);
    let mut said = [false; crate::check::manifest::state::SYMBOLS];
    tell::symbol(bound, &At { place, tuple: *tuple }, &mut line, &mut said, state);
    state.report.tell(&line);
}

/// Says which elements are there that the bounds of a list leave out, of those from `start` on and before `end`.
const fn beyond<const VARIABLES: usize>(
    list: &List,
    place: &Place<'_>,
    tuple: &Tuple,
    start: usize,
    end: usize,
    state: &mut State<'_, VARIABLES>,
) {
    let axis = place.axes.len - 1;
    let mut values = tuple.values;
    let (mut index, mut variables) = (start, 0);
    let mut first: Option<(Words, usize)> = None;
    while index < end {
        values[axis] = index;
        if !is_whole(&list.element, place, &values, state.manifest) {
            break;
        }
        let example = example(&list.element, place, &values, state);
        let claimed = claim(&list.element, place, &values, state);
        if claimed == 0 {
            break;
        }
        if first.is_none() {
            (first, variables) = (example, claimed);
        }
        index += 1;
    }
    let Some((name, family)) = first else { return };
    let mut element = Words::EMPTY;
    write_field(place, &Sets::one(&tuple.values).with_range(axis, start, index), &mut element);
    let line = if variables == 1 {
        let spec = tell::spec(&state.manifest.families[family]);
        line(say::BEYOND_ONE, &[name.as_str(), spec.as_str(), element.as_str()])
    } else {
        let mut count = Words::EMPTY;
        count.number(variables as u64, 1);
        line(say::BEYOND, &[count.as_str(), element.as_str(), name.as_str()])
    };
    state.report.tell(&line);
}

/// Says that a list has no element where a later one is there; whether it is so.
const fn hole<const VARIABLES: usize>(
    list: &List,
    place: &Place<'_>,
    tuple: &Tuple,
    end: usize,
    state: &mut State<'_, VARIABLES>,
) -> bool {
    let axis = place.axes.len - 1;
    if end == 0 {
        return false;
    }
    // A list of nothing is counted to its first element, which is missing.
    let nothing = is_there(list, place, tuple, end - 1, state.manifest).is_none();
    let hole = if nothing { end - 1 } else { end };
    let mut values = tuple.values;
    let (mut index, mut told) = (hole + 1, false);
    while index <= hole + FAR {
        values[axis] = index;
        if let Some((name, _)) = example(&list.element, place, &values, state) {
            if !told {
                let sets = Sets::one(&tuple.values);
                let mut later = Words::EMPTY;
                write_field(place, &sets.with(axis, index), &mut later);
                let mut line = tell::about(place, &sets.with(axis, hole));
                line.fill(say::HOLE, &[name.as_str(), later.as_str()]);
                state.report.tell(&line);
                if nothing {
                    state.ends[axis][tuple.numbers[axis]] = hole as u32;
                }
            }
            told = true;
            let _ = claim(&list.element, place, &values, state);
        }
        index += 1;
    }
    told
}

/// The name of the first variable of a node that is there, and that no field takes, and its family.
const fn example<const VARIABLES: usize>(
    node: &Node,
    place: &Place<'_>,
    values: &[usize; DEPTH],
    state: &State<'_, VARIABLES>,
) -> Option<(Words, usize)> {
    match node {
        Node::Tensor(_) | Node::Split(_) => {
            match state.manifest.find(Pattern::of(place).name(values)) {
                Some((variable, family)) if is_left(variable, family, state) => {
                    Some((tell::variable(place, &Sets::one(values)), family))
                }
                _ => None,
            }
        }
        Node::Optional(inner) => example(inner, place, values, state),
        Node::Struct(owner) => {
            let around = Around::of(place, 0);
            let mut at = 0;
            while at < owner.fields.len() {
                let field = &owner.fields[at];
                let found =
                    example(&field.node, &Place::of(owner, field, 0, &around), values, state);
                if found.is_some() {
                    return found;
                }
                at += 1;
            }
            None
        }
        Node::List(_) | Node::Dim(_) => None,
    }
}

/// Whether no field takes a variable, and nothing said so far is a reason for that.
const fn is_left<const VARIABLES: usize>(
    variable: usize,
    family: usize,
    state: &State<'_, VARIABLES>,
) -> bool {
    variable < VARIABLES
        && state.taken[variable].by == 0
        && !state.taken[variable].explained
        && state.manifest.families[family].ignored.is_none()
}

/// Notes that what is told explains why no field takes the variables of a node; how many these are.
pub(super) const fn claim<const VARIABLES: usize>(
    node: &Node,
    place: &Place<'_>,
    values: &[usize; DEPTH],
    state: &mut State<'_, VARIABLES>,
) -> usize {
    match node {
        Node::Tensor(_) | Node::Split(_) => {
            match state.manifest.find(Pattern::of(place).name(values)) {
                Some((variable, family)) if is_left(variable, family, state) => {
                    state.taken[variable].explained = true;
                    1
                }
                _ => 0,
            }
        }
        Node::Optional(inner) => claim(inner, place, values, state),
        Node::Struct(owner) => {
            let around = Around::of(place, 0);
            let (mut claimed, mut at) = (0, 0);
            while at < owner.fields.len() {
                let field = &owner.fields[at];
                let mut path = 0;
                while path < field.paths.len() {
                    let place = Place::of(owner, field, path, &around);
                    claimed += claim(&field.node, &place, values, state);
                    path += 1;
                }
                at += 1;
            }
            claimed
        }
        Node::List(list) => {
            let (index, start) = super::lists::index(place.field);
            let Some(inner) = place.counting(index, start) else { return 0 };
            let (mut values, mut claimed) = (*values, 0);
            values[place.axes.len] = start;
            loop {
                let here = claim(&list.element, &inner, &values, state);
                if here == 0 {
                    return claimed;
                }
                claimed += here;
                values[place.axes.len] += 1;
            }
        }
        Node::Dim(_) => 0,
    }
}

/// An `Option` of which there is something, or not: one of which no manifest has anything hides a wrong path.
pub(super) const fn option<const VARIABLES: usize>(
    inner: &Node,
    place: &Place<'_>,
    any: bool,
    state: &mut State<'_, VARIABLES>,
) {
    let number = state.options;
    state.options += 1;
    if number >= FIELDS {
        return;
    }
    let (owner, name) = (place.owner.name, place.field.name);
    state.optional[number] = (owner, name, any || state.optional[number].2);
    if !matches!(state.mode, Mode::Tell) || !state.is_last || is_anywhere(owner, name, state) {
        return;
    }
    let Some(tuple) = Tuple::first(&place.axes, place.axes.len, &state.ends) else { return };
    let mut sets = Sets::NONE;
    let mut next = Some(tuple);
    while let Some(tuple) = next {
        sets.add(&tuple.values);
        next = tuple.next(&place.axes, &state.ends);
    }
    let mut line = tell::about(place, &sets);
    let name = tell::variable(place, &sets);
    match tensor(inner) {
        Some(tensor) if !matches!(inner, Node::List(_)) => {
            line.fill(say::NO_MANIFEST_HAS, &[name.as_str()]);
            tell::may_be(place, Parts::One(tensor), &mut line, state, say::NEVER_THERE);
        }
        _ => {
            line.fill(say::NO_MANIFEST_HAS_ANY, &[name.as_str()]);
            line.push(say::NEVER_THERE);
        }
    }
    state.report.tell(&line);
}

/// Whether there is anything of a field in one of the places where its struct is.
const fn is_anywhere<const VARIABLES: usize>(
    owner: &str,
    name: &str,
    state: &State<'_, VARIABLES>,
) -> bool {
    let mut at = 0;
    while at < FIELDS && !state.optional[at].0.is_empty() {
        let (other, field, there) = state.optional[at];
        if there && same(other, owner) && same(field, name) {
            return true;
        }
        at += 1;
    }
    false
}

/// Says of which variables fields take parts, but not all.
pub(super) const fn tell_gaps<const VARIABLES: usize>(
    root: &Struct,
    state: &mut State<'_, VARIABLES>,
) {
    let mut at = 0;
    while at < state.manifest.families.len() && state.parts && !root.allow_unmapped {
        let family = &state.manifest.families[at];
        let taken = state.taken[if family.first < VARIABLES { family.first } else { 0 }];
        let mut elements = 1_u64;
        let mut axis = 0;
        while axis < family.shape.len() {
            elements = elements.saturating_mul(family.shape[axis]);
            axis += 1;
        }
        if taken.elements > 0 && taken.elements < elements && !taken.explained {
            let (mut name, mut left) = (Words::EMPTY, Words::EMPTY);
            write_family(family, &mut name);
            left.number(elements - taken.elements, 1);
            let mut line = line(say::FIELD, &[field_of(taken.by as usize, state).as_str()]);
            line.fill(say::GAP, &[name.as_str(), tell::spec(family).as_str(), left.as_str()]);
            state.report.tell(&line);
        }
        at += 1;
    }
}
