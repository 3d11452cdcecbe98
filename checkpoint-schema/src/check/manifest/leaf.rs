//! A field with variables of its own.

use crate::check::manifest::dims::Dims;
use crate::check::manifest::place::{DEPTH, Pattern, Place};
use crate::check::manifest::sets::Sets;
use crate::check::manifest::state::{FIELDS, Known, Mode, State};
use crate::check::manifest::steps::{Made, Parts, Wrong, before_joined, examine};
use crate::check::manifest::symbols::{At, has_locals};
use crate::check::manifest::tell;
use crate::check::manifest::tuples::Tuple;
use crate::description::{Op, Repeat};
use crate::manifest::Family;

/// How many families of one field are told apart.
const FAMILIES: usize = 6;

/// The variables of a field, as the mode of the walk says.
pub(super) const fn field<const VARIABLES: usize>(
    place: &Place<'_>,
    parts: Parts<'_>,
    state: &mut State<'_, VARIABLES>,
) {
    let number = state.fields;
    state.fields += 1;
    if place.template.is_full() {
        state.overlooks = true;
        return;
    }
    if matches!(state.mode, Mode::Take) {
        take(place, number, state);
    }
    match state.mode {
        Mode::Take | Mode::Solve | Mode::Local => measure(place, parts, number, state),
        Mode::Tell => tell_field(place, parts, number, state),
        Mode::Ignore => {}
    }
}

/// How many paths a field has of which each is a variable.
const fn paths(place: &Place<'_>) -> usize {
    if place.field.joins_paths() { place.field.paths.len() } else { 1 }
}

/// The place of one of the variables that a field joins.
const fn piece<'a>(place: &Place<'a>, path: usize) -> Place<'a> {
    if place.field.joins_paths() { place.by_path(path) } else { *place }
}

/// The place with the index of `stack`, and the bounds of that.
const fn stacked<'a>(place: &Place<'a>) -> Option<(Place<'a>, Repeat)> {
    let Some((_, repeat)) = place.field.stack() else { return None };
    match place.counting(repeat.index, repeat.start) {
        Some(place) => Some((place, repeat)),
        None => None,
    }
}

/// Notes which variables the field takes.
const fn take<const VARIABLES: usize>(
    place: &Place<'_>,
    number: usize,
    state: &mut State<'_, VARIABLES>,
) {
    let mut clean =
        place.field.stack().is_none() && !place.field.joins_paths() && !takes_part(place);
    let (before, mut family, mut path) = (state.takes, None, 0);
    while path < paths(place) {
        let mut piece = piece(place, path);
        let stack = match stacked(&piece) {
            Some((stacked, repeat)) => {
                piece = stacked;
                Some(repeat)
            }
            None => None,
        };
        let pattern = Pattern::of(&piece);
        let mut next = Tuple::first(&place.axes, place.axes.len, &state.ends);
        while let Some(tuple) = next {
            let mut values = tuple.values;
            loop {
                let found = state.manifest.find(pattern.name(&values));
                clean &= taken(found, &mut family, number, state);
                // The elements of a `stack` go on as long as there are any.
                if stack.is_none() || found.is_none() {
                    break;
                }
                values[place.axes.len] += 1;
            }
            next = tuple.next(&place.axes, &state.ends);
        }
        path += 1;
    }
    if number < FIELDS {
        state.known[number] = match family {
            Some(family) if clean => Some(Known { family, count: state.takes - before }),
            _ => None,
        };
    }
}

/// Notes that a variable is taken; whether there is nothing to be said of that.
const fn taken<const VARIABLES: usize>(
    found: Option<(usize, usize)>,
    family: &mut Option<usize>,
    number: usize,
    state: &mut State<'_, VARIABLES>,
) -> bool {
    let Some((variable, of)) = found else { return false };
    if variable >= VARIABLES {
        return false;
    }
    let first = state.taken[variable].by == 0;
    if first {
        state.taken[variable].by = number as u32 + 1;
        state.takes += 1;
    }
    let same = match *family {
        Some(family) if family == of => true,
        Some(_) => false,
        None => state.manifest.families[of].ignored.is_none(),
    };
    *family = Some(of);
    first && same
}

/// Whether the field takes a part of its variable, of which others may take other parts.
pub(super) const fn takes_part(place: &Place<'_>) -> bool {
    let mut at = 0;
    while at < place.field.ops.len() {
        if matches!(place.field.ops[at], Op::Chunk { .. } | Op::Slice { .. }) {
            return true;
        }
        at += 1;
    }
    false
}

/// Whether a field says anything of symbols.
const fn says_symbols(place: &Place<'_>) -> bool {
    let mut at = 0;
    while at < place.field.ops.len() {
        if matches!(place.field.ops[at], Op::Shape(_)) {
            return true;
        }
        at += 1;
    }
    false
}

/// Notes what the shapes of a field say of symbols: once for variables that are alike.
const fn measure<const VARIABLES: usize>(
    place: &Place<'_>,
    parts: Parts<'_>,
    number: usize,
    state: &mut State<'_, VARIABLES>,
) {
    if !says_symbols(place) {
        return;
    }
    let local = has_locals(place);
    let mut run: Option<(Made, Tuple, usize)> = None;
    let mut next = Tuple::first(&place.axes, place.axes.len, &state.ends);
    if let (Some(known), Some(tuple)) = (known(number, local, state), next) {
        if let Some(mut made) = made(&At { place, tuple }, parts, known.family, state) {
            made.variables = known.count;
            let _ = examine(parts, &made, &At { place, tuple }, state);
        }
        return;
    }
    let first = First::of(place);
    while let Some(tuple) = next {
        let family = first.family(&tuple, state);
        let same = match (&run, family) {
            (Some((_, _, before)), Some(family)) => *before == family && !local,
            _ => false,
        };
        if same && let Some((made, ..)) = &mut run {
            made.variables += 1;
        } else {
            if let Some((made, tuple, _)) = run {
                let _ = examine(parts, &made, &At { place, tuple }, state);
            }
            run = match family {
                Some(family) => match made(&At { place, tuple }, parts, family, state) {
                    Some(made) => Some((made, tuple, family)),
                    None => None,
                },
                None => None,
            };
        }
        next = tuple.next(&place.axes, &state.ends);
    }
    if let Some((made, tuple, _)) = run {
        let _ = examine(parts, &made, &At { place, tuple }, state);
    }
}

/// What is known of all variables of a field.
const fn known<const VARIABLES: usize>(
    number: usize,
    local: bool,
    state: &State<'_, VARIABLES>,
) -> Option<Known> {
    if local || number >= FIELDS { None } else { state.known[number] }
}

/// The names of the first variable at each place of a field.
struct First {
    pattern: Pattern,
    /// The axis of `stack`, and its first value.
    stack: Option<(usize, usize)>,
}

impl First {
    const fn of(place: &Place<'_>) -> Self {
        let piece = piece(place, 0);
        match stacked(&piece) {
            Some((stacked, repeat)) => {
                Self { pattern: Pattern::of(&stacked), stack: Some((place.axes.len, repeat.start)) }
            }
            None => Self { pattern: Pattern::of(&piece), stack: None },
        }
    }

    /// The family of the variable at this place.
    const fn family<const VARIABLES: usize>(
        &self,
        tuple: &Tuple,
        state: &State<'_, VARIABLES>,
    ) -> Option<usize> {
        let mut values = tuple.values;
        if let Some((axis, start)) = self.stack {
            values[axis] = start;
        }
        match state.manifest.find(self.pattern.name(&values)) {
            Some((_, family)) => Some(family),
            None => None,
        }
    }
}

/// What an array is made of, whose first variable is of a family; `None` if something is missing or not looked at.
const fn made<const VARIABLES: usize>(
    at: &At<'_>,
    parts: Parts<'_>,
    family: usize,
    state: &State<'_, VARIABLES>,
) -> Option<Made> {
    let Family { shape, dtype, .. } = state.manifest.families[family];
    let Some(dims) = Dims::of(shape) else { return None };
    let joined = match (at.place.field.stack(), joined_axis(at.place)) {
        (None, None) => Some(Ok(dims)),
        (stack, axis) => match (before_joined(dims, parts, at, state), stack, axis) {
            (Some(first), Some((axis, _)), _) => Some(stacked_dims(first, parts, at, axis, state)),
            (Some(first), None, Some(axis)) => joined_dims(first, parts, at, axis, state),
            // The step that cannot be done says so.
            (None, ..) | (_, None, None) => Some(Err(dims)),
        },
    };
    match joined {
        Some(joined) => Some(Made { dims, dtype, joined, variables: 1 }),
        None => None,
    }
}

/// The axis of `concat`.
const fn joined_axis(place: &Place<'_>) -> Option<usize> {
    let mut at = 0;
    while at < place.field.ops.len() {
        if let Op::Concat { axis } = place.field.ops[at] {
            return Some(axis);
        }
        at += 1;
    }
    None
}

/// The lengths of the whole that `concat` makes, or those of the first where another does not fit.
const fn joined_dims<const VARIABLES: usize>(
    first: Dims,
    parts: Parts<'_>,
    at: &At<'_>,
    axis: usize,
    state: &State<'_, VARIABLES>,
) -> Option<Result<Dims, Dims>> {
    let (mut len, mut path) = (0_u64, 0);
    while path < paths(at.place) {
        let pattern = Pattern::of(&piece(at.place, path));
        let Some((_, family)) = state.manifest.find(pattern.name(&at.tuple.values)) else {
            return None;
        };
        let Some(dims) = Dims::of(state.manifest.families[family].shape) else { return None };
        match before_joined(dims, parts, at, state) {
            Some(dims) if dims.same_but(&first, axis) => len = len.saturating_add(dims.len(axis)),
            Some(_) | None => return Some(Err(first)),
        }
        path += 1;
    }
    Some(Ok(first.with(axis, len)))
}

/// The lengths of the whole that `stack` makes, or those of the first where another does not fit.
const fn stacked_dims<const VARIABLES: usize>(
    first: Dims,
    parts: Parts<'_>,
    at: &At<'_>,
    axis: usize,
    state: &State<'_, VARIABLES>,
) -> Result<Dims, Dims> {
    let Some((place, _)) = stacked(at.place) else { return Ok(first) };
    let (pattern, last) = (Pattern::of(&place), place.axes.len - 1);
    let (mut values, mut count) = (at.tuple.values, 0);
    values[last] = place.axes.all[last].start;
    while let Some((_, family)) = state.manifest.find(pattern.name(&values)) {
        if let Some(dims) = Dims::of(state.manifest.families[family].shape) {
            match before_joined(dims, parts, at, state) {
                Some(dims) if dims.same(&first) => {}
                Some(_) | None => return Err(first),
            }
        }
        values[last] += 1;
        count += 1;
    }
    match first.expanded(&[axis]) {
        Ok(dims) => Ok(dims.with(axis, count)),
        Err(_) => Ok(first),
    }
}

/// What there is to say of the variables of one path of a field.
pub(super) struct Seen {
    pub(super) missing: Sets,
    pub(super) taken: Sets,
    /// By which field they are taken.
    pub(super) by: usize,
    pub(super) families: [(usize, Sets, Tuple); FAMILIES],
    pub(super) len: usize,
}

/// Says what is wrong with a field.
const fn tell_field<const VARIABLES: usize>(
    place: &Place<'_>,
    parts: Parts<'_>,
    number: usize,
    state: &mut State<'_, VARIABLES>,
) {
    let local = has_locals(place);
    if let (Some(Known { family, .. }), Some(tuple)) =
        (known(number, local, state), Tuple::first(&place.axes, place.axes.len, &state.ends))
    {
        let made = made(&At { place, tuple }, parts, family, state);
        let wrong = match &made {
            Some(made) => examine(parts, made, &At { place, tuple }, state),
            None => None,
        };
        if wrong.is_none() && tell::dtype_fits(place, parts, family, state) {
            return;
        }
    }
    let mut path = 0;
    while path < paths(place) {
        let mut piece = piece(place, path);
        let stacked = stacked(&piece);
        if let Some((stacked, _)) = stacked {
            piece = stacked;
        }
        let seen = see(place, &piece, stacked.is_some(), number, state);
        tell::seen(&piece, parts, &seen, state);
        if path == 0 {
            tell_arrays(place, parts, &seen, local, number, state);
        }
        path += 1;
    }
}

/// Looks at the variables of one path of a field.
const fn see<const VARIABLES: usize>(
    place: &Place<'_>,
    piece: &Place<'_>,
    stack: bool,
    number: usize,
    state: &State<'_, VARIABLES>,
) -> Seen {
    let pattern = Pattern::of(piece);
    let none = Tuple::NONE;
    let mut seen = Seen {
        missing: Sets::NONE,
        taken: Sets::NONE,
        by: 0,
        families: [(0, Sets::NONE, none); FAMILIES],
        len: 0,
    };
    let mut next = Tuple::first(&place.axes, place.axes.len, &state.ends);
    while let Some(tuple) = next {
        let mut values = tuple.values;
        if stack {
            values[place.axes.len] = piece.axes.all[place.axes.len].start;
        }
        match state.manifest.find(pattern.name(&values)) {
            Some((variable, family)) => {
                if variable < VARIABLES
                    && state.taken[variable].by as usize != number + 1
                    && !takes_part(place)
                {
                    seen.taken.add(&values);
                    seen.by = state.taken[variable].by as usize;
                }
                of_family(&mut seen, family, &values, tuple);
            }
            None => seen.missing.add(&values),
        }
        next = tuple.next(&place.axes, &state.ends);
    }
    seen
}

const fn of_family(seen: &mut Seen, family: usize, values: &[usize; DEPTH], tuple: Tuple) {
    let mut at = 0;
    while at < seen.len && seen.families[at].0 != family {
        at += 1;
    }
    if at == FAMILIES {
        return;
    }
    if at == seen.len {
        seen.families[at] = (family, Sets::NONE, tuple);
        seen.len += 1;
    }
    seen.families[at].1.add(values);
}

/// Says what is wrong with the arrays of a field: for each family, what is with the first that is wrong.
const fn tell_arrays<const VARIABLES: usize>(
    place: &Place<'_>,
    parts: Parts<'_>,
    seen: &Seen,
    local: bool,
    number: usize,
    state: &mut State<'_, VARIABLES>,
) {
    let mut at = 0;
    while at < seen.len {
        let (family, sets, tuple) = &seen.families[at];
        if let Some(made) = made(&At { place, tuple: *tuple }, parts, *family, state) {
            if local {
                tell_each(place, parts, &made, *family, state);
            } else if let Some(wrong) = examine(parts, &made, &At { place, tuple: *tuple }, state) {
                tell::wrong(place, sets, *family, &wrong, &At { place, tuple: *tuple }, state);
            } else if takes_part(place) {
                tell::part(place, sets, *family, number, &At { place, tuple: *tuple }, state);
            }
        }
        at += 1;
    }
}

/// Where each instance has symbols of its own.
const fn tell_each<const VARIABLES: usize>(
    place: &Place<'_>,
    parts: Parts<'_>,
    made: &Made,
    family: usize,
    state: &mut State<'_, VARIABLES>,
) {
    let names = First::of(place);
    let mut first: Option<(Wrong<'_>, Tuple)> = None;
    let mut sets = Sets::NONE;
    let mut next = Tuple::first(&place.axes, place.axes.len, &state.ends);
    while let Some(tuple) = next {
        let same = match names.family(&tuple, state) {
            Some(other) => other == family,
            None => false,
        };
        if same && let Some(wrong) = examine(parts, made, &At { place, tuple }, state) {
            if first.is_none() {
                first = Some((wrong, tuple));
            }
            sets.add(&tuple.values);
        }
        next = tuple.next(&place.axes, &state.ends);
    }
    if let Some((wrong, tuple)) = first {
        tell::wrong(place, &sets, family, &wrong, &At { place, tuple }, state);
    }
}
