//! The variables that no field takes.

use crate::check::manifest::glob;
use crate::check::manifest::near::write_family;
use crate::check::manifest::place::Around;
use crate::check::manifest::report::Line;
use crate::check::manifest::sets::{Sets, Values};
use crate::check::manifest::state::{Mode, State};
use crate::check::manifest::tell;
use crate::check::manifest::text::Words;
use crate::check::manifest::tuples::Tuple;
use crate::check::manifest::walk;
use crate::description::{Ignore, Preset, Struct};
use crate::manifest::{Family, FamilyPart};
use crate::problem::wording as say;

/// Says which variables no field takes.
pub(super) const fn tell<const VARIABLES: usize>(root: &Struct, state: &mut State<'_, VARIABLES>) {
    let all = state.takes == state.manifest.variables;
    if all || root.allow_unmapped || left(state) == 0 {
        return;
    }
    if state.lenient {
        let (fields, options) = (state.fields, state.options);
        walk::root(root, Mode::Ignore, state);
        (state.fields, state.options) = (fields, options);
    }
    let of = left(state);
    let mut preset = 0;
    while preset < Preset::ALL.len() {
        slots(Preset::ALL[preset], of, state);
        preset += 1;
    }
    let mut at = 0;
    while at < state.manifest.families.len() {
        let family = &state.manifest.families[at];
        let count = left_of(family, state);
        if count > 0 {
            family_left(family, count, state);
        }
        at += 1;
    }
}

/// How many variables are left.
const fn left<const VARIABLES: usize>(state: &State<'_, VARIABLES>) -> usize {
    let (mut left, mut at) = (0, 0);
    while at < state.manifest.families.len() {
        let family = &state.manifest.families[at];
        if family.ignored.is_none() {
            left += left_of(family, state);
        }
        at += 1;
    }
    left
}

/// How many of a family are left.
const fn left_of<const VARIABLES: usize>(
    family: &Family<'_>,
    state: &State<'_, VARIABLES>,
) -> usize {
    if family.ignored.is_some() {
        return 0;
    }
    let (mut left, mut at) = (0, family.first);
    while at < family.first + family.count {
        left += is_left(at, state) as usize;
        at += 1;
    }
    left
}

const fn is_left<const VARIABLES: usize>(variable: usize, state: &State<'_, VARIABLES>) -> bool {
    variable < VARIABLES && state.taken[variable].by == 0 && !state.taken[variable].explained
}

/// Says in one sentence which of them are in a documented list, if there are several.
const fn slots<const VARIABLES: usize>(
    preset: Preset,
    of: usize,
    state: &mut State<'_, VARIABLES>,
) {
    let (mut count, mut at, mut example) = (0, 0, Words::EMPTY);
    while at < state.manifest.families.len() {
        let family = &state.manifest.families[at];
        if is_of(family, preset) {
            let here = left_of(family, state);
            if count == 0 && here > 0 {
                name(family, first_left(family, state), &mut example);
            }
            count += here;
        }
        at += 1;
    }
    if count < 2 {
        return;
    }
    let (mut some, mut all) = (Words::EMPTY, Words::EMPTY);
    some.number(count as u64, 1);
    all.number(of as u64, 1);
    let (what, example) = (say::of_preset(preset), example.as_str());
    let mut line = if count == of {
        walk::line(say::ALL_UNMAPPED, &[all.as_str(), what, example])
    } else {
        walk::line(say::SOME_UNMAPPED, &[some.as_str(), all.as_str(), what, example])
    };
    line.fill(say::WRITE_IGNORE, &[preset.word()]);
    state.report.tell(&line);
    let mut at = 0;
    while at < state.manifest.families.len() {
        if is_of(&state.manifest.families[at], preset) {
            explain(&state.manifest.families[at], state);
        }
        at += 1;
    }
}

const fn is_of(family: &Family<'_>, preset: Preset) -> bool {
    match family.preset {
        Some(other) => other as u8 == preset as u8,
        None => false,
    }
}

/// Notes that what is told explains why no field takes these.
pub(super) const fn explain<const VARIABLES: usize>(
    family: &Family<'_>,
    state: &mut State<'_, VARIABLES>,
) {
    let mut at = family.first;
    while at < family.first + family.count && at < VARIABLES {
        state.taken[at].explained = true;
        at += 1;
    }
}

const fn first_left<const VARIABLES: usize>(
    family: &Family<'_>,
    state: &State<'_, VARIABLES>,
) -> usize {
    let mut at = family.first;
    while !is_left(at, state) && at + 1 < family.first + family.count {
        at += 1;
    }
    at - family.first
}

/// Says that so many variables of a family are left: where these are all combinations of some numbers, at once.
const fn family_left<const VARIABLES: usize>(
    family: &Family<'_>,
    count: usize,
    state: &mut State<'_, VARIABLES>,
) {
    if !state.report.has_room() {
        return state.report.tell(&Line::EMPTY);
    }
    let mut shown = Words::EMPTY;
    if count == family.count {
        write_family(family, &mut shown);
    } else {
        some_left(family, count, &mut shown, state);
    }
    let spec = tell::spec(family);
    let mut line = walk::line(say::UNMAPPED, &[shown.as_str(), spec.as_str()]);
    match family.preset {
        Some(preset) => line.fill(say::WRITE_IGNORE, &[preset.word()]),
        None => line.push(say::NAME_IN_IGNORE),
    }
    state.report.tell(&line);
}

const fn some_left<const VARIABLES: usize>(
    family: &Family<'_>,
    count: usize,
    out: &mut Words,
    state: &State<'_, VARIABLES>,
) {
    let mut sets = Sets::NONE;
    let mut at = 0;
    while at < family.count {
        if is_left(family.first + at, state) {
            sets.add(&numbers(family, at));
        }
        at += 1;
    }
    if !sets.are_all(axes(family)) {
        name(family, first_left(family, state), out);
        out.push("`, and ");
        out.number(count as u64 - 1, 1);
        out.push(" more like `");
    }
    write_some(family, &sets, out);
}

const fn axes(family: &Family<'_>) -> usize {
    let (mut axes, mut at) = (0, 0);
    while at < family.parts.len() {
        axes += matches!(family.parts[at], FamilyPart::Number { .. }) as usize;
        at += 1;
    }
    axes
}

/// The numbers in the name of a variable of a family; those of many are left out.
const fn numbers(family: &Family<'_>, variable: usize) -> [usize; super::place::DEPTH] {
    let mut numbers = [0; super::place::DEPTH];
    let (mut left, mut axis, mut at) = (variable, axes(family), family.parts.len());
    while at > 0 {
        at -= 1;
        if let FamilyPart::Number { values, .. } = family.parts[at] {
            axis -= 1;
            let count = count(values);
            if axis < numbers.len() {
                numbers[axis] = nth(values, left % count);
            }
            left /= count;
        }
    }
    numbers
}

/// How many values there are.
const fn count(values: &[(usize, usize)]) -> usize {
    let (mut count, mut at) = (0, 0);
    while at < values.len() {
        count += values[at].1 - values[at].0;
        at += 1;
    }
    if count == 0 { 1 } else { count }
}

const fn nth(values: &[(usize, usize)], mut number: usize) -> usize {
    let mut at = 0;
    while at < values.len() {
        let (start, end) = values[at];
        if number < end - start {
            return start + number;
        }
        number -= end - start;
        at += 1;
    }
    0
}

/// The name of a variable of a family.
const fn name(family: &Family<'_>, variable: usize, out: &mut Words) {
    let mut sets = Sets::NONE;
    sets.add(&numbers(family, variable));
    write_some(family, &sets, out);
}

/// Some names of a family, as one.
const fn write_some(family: &Family<'_>, sets: &Sets, out: &mut Words) {
    let (mut axis, mut at) = (0, 0);
    while at < family.parts.len() {
        match &family.parts[at] {
            FamilyPart::Text(text) => out.push(text),
            FamilyPart::Number { digits, .. } => {
                if axis < super::place::DEPTH {
                    write_number(sets.of(axis), *digits, out);
                }
                axis += 1;
            }
        }
        at += 1;
    }
}

const fn write_number(values: &Values, digits: usize, out: &mut Words) {
    if let Some(value) = values.single() {
        return out.number(value as u64, digits);
    }
    out.push("<");
    values.write(out);
    if digits > 1 {
        out.push(":0");
        out.number(digits as u64, 1);
    }
    out.push(">");
}

/// Lets those pass that a struct within the root names in `ignore`, or that sit where it allows any.
pub(super) const fn let_pass<const VARIABLES: usize>(
    owner: &Struct,
    around: &Around<'_>,
    state: &mut State<'_, VARIABLES>,
) {
    let Some(place) = around.place else { return };
    if owner.ignore.is_empty() && !owner.allow_unmapped {
        return;
    }
    let separator = match owner.separator {
        Some(separator) => separator,
        None => around.separator,
    };
    let mut next = Tuple::first(&around.axes, around.axes.len, &state.ends);
    while let Some(tuple) = next {
        let mut location = tell::variable(place, &Sets::one(&tuple.values));
        if !location.is_empty() {
            location.push(separator);
        }
        let_pass_at(owner, location.as_str().as_bytes(), state);
        next = tuple.next(&around.axes, &state.ends);
    }
}

const fn let_pass_at<const VARIABLES: usize>(
    owner: &Struct,
    location: &[u8],
    state: &mut State<'_, VARIABLES>,
) {
    let mut at = 0;
    while at < state.manifest.families.len() {
        let family = &state.manifest.families[at];
        let mut member = 0;
        while member < family.count && left_of(family, state) > 0 {
            if is_left(family.first + member, state) {
                let mut text = Words::EMPTY;
                name(family, member, &mut text);
                if passes(owner, location, text.as_str().as_bytes()) {
                    state.taken[family.first + member].explained = true;
                }
            }
            member += 1;
        }
        at += 1;
    }
}

const fn passes(owner: &Struct, location: &[u8], name: &[u8]) -> bool {
    match rest(name, location) {
        Some(rest) => owner.allow_unmapped || ignores(owner, rest, name),
        None => false,
    }
}

/// Whether a struct names a variable in `ignore`: by its name, or by what follows in that behind where the struct sits.
pub(super) const fn ignores(owner: &Struct, rest: &[u8], name: &[u8]) -> bool {
    let mut at = 0;
    while at < owner.ignore.len() {
        let found = match owner.ignore[at] {
            Ignore::Glob(glob) => match glob.as_bytes() {
                [b'/', glob @ ..] => glob::matches(glob, name),
                glob => glob::matches(glob, rest),
            },
            Ignore::Preset(preset) => of_preset(preset, rest),
        };
        if found {
            return true;
        }
        at += 1;
    }
    false
}

const fn of_preset(preset: Preset, name: &[u8]) -> bool {
    let (globs, mut at) = (preset.globs(), 0);
    while at < globs.len() {
        if glob::matches(globs[at].as_bytes(), name) {
            return true;
        }
        at += 1;
    }
    false
}

/// What follows in a name behind where a struct sits.
const fn rest<'n>(name: &'n [u8], location: &[u8]) -> Option<&'n [u8]> {
    let Some((start, rest)) = name.split_at_checked(location.len()) else { return None };
    let mut at = 0;
    while at < location.len() {
        if start[at] != location[at] {
            return None;
        }
        at += 1;
    }
    Some(rest)
}
