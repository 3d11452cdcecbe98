//! The family that a wrong path may have meant.

use crate::check::manifest::place::Place;
use crate::check::manifest::sets::range;
use crate::check::manifest::state::State;
use crate::check::manifest::text::Words;
use crate::dtype::DType;
use crate::manifest::{Family, FamilyPart};
use crate::template::{Form, Part};

/// The longest name that is compared.
const LEN: usize = 200;

/// How near the name of a slot or a counter has to be.
const TYPO: usize = 2;

/// The family of the nearest name that no field takes; of two, one of this dtype.
pub(super) const fn nearest<const VARIABLES: usize>(
    place: &Place<'_>,
    dtype: Option<DType>,
    state: &State<'_, VARIABLES>,
) -> Option<usize> {
    let name = outline(place);
    let name = name.as_str().as_bytes();
    let most = if name.len() / 4 < 2 { 2 } else { name.len() / 4 };
    // Of those that are ignored, one may be meant only if there is no other.
    let (mut best, mut rank) = (None, usize::MAX);
    let mut at = 0;
    while at < state.manifest.families.len() {
        let family = &state.manifest.families[at];
        if outline_len(family).abs_diff(name.len()) <= most && is_free(family, state) {
            let other = outline_of(family);
            // What is no nearer than the best need not be known.
            let limit = if rank < 2 * LEN { smaller(most, rank / 2) } else { most };
            let distance = distance(name, other.as_str().as_bytes(), limit);
            let slot = family.preset.is_some() && distance > TYPO;
            let dtype = match dtype {
                Some(dtype) => dtype as u8 != family.dtype as u8,
                None => false,
            };
            let this = (family.ignored.is_some() as usize * LEN + distance) * 2 + dtype as usize;
            if distance <= most && !slot && this < rank {
                (best, rank) = (Some(at), this);
            }
        }
        at += 1;
    }
    best
}

/// Whether no field takes any of a family.
const fn is_free<const VARIABLES: usize>(
    family: &Family<'_>,
    state: &State<'_, VARIABLES>,
) -> bool {
    let mut at = family.first;
    while at < family.first + family.count && at < VARIABLES {
        if state.taken[at].by > 0 {
            return false;
        }
        at += 1;
    }
    true
}

/// A template with `#` for each index.
const fn outline(place: &Place<'_>) -> Words {
    let mut out = Words::EMPTY;
    let (parts, mut at) = (place.template.parts(), 0);
    while at < parts.len() {
        match &parts[at] {
            Part::Text(text) => out.push(text),
            Part::Index(index) => {
                out.push(if matches!(index.form, Form::Suffix) { "_#" } else { "#" });
            }
        }
        at += 1;
    }
    out
}

/// The length of what [`outline_of`] gives: it tells most families apart in few steps.
const fn outline_len(family: &Family<'_>) -> usize {
    let (mut len, mut at) = (0, 0);
    while at < family.parts.len() {
        len += match &family.parts[at] {
            FamilyPart::Text(text) => text.len(),
            FamilyPart::Number { .. } => 1,
        };
        at += 1;
    }
    len
}

/// The names of a family with `#` for each number in which they differ.
const fn outline_of(family: &Family<'_>) -> Words {
    let mut out = Words::EMPTY;
    let mut at = 0;
    while at < family.parts.len() {
        match &family.parts[at] {
            FamilyPart::Text(text) => out.push(text),
            FamilyPart::Number { .. } => out.push("#"),
        }
        at += 1;
    }
    out
}

/// `model/h<0..12>/attn/c_attn/w`
pub(super) const fn write_family(family: &Family<'_>, out: &mut Words) {
    let mut at = 0;
    while at < family.parts.len() {
        match &family.parts[at] {
            FamilyPart::Text(text) => out.push(text),
            FamilyPart::Number { digits, values } => {
                out.push("<");
                let mut number = 0;
                while number < values.len() {
                    out.push(if number > 0 { "," } else { "" });
                    range(values[number].0, values[number].1, out);
                    number += 1;
                }
                if *digits > 1 {
                    out.push(":0");
                    out.number(*digits as u64, 1);
                }
                out.push(">");
            }
        }
        at += 1;
    }
}

/// How many letters have to be put in, taken out, changed or swapped with the next; more than `most` if it is more.
const fn distance(one: &[u8], other: &[u8], most: usize) -> usize {
    let apart = one.len().abs_diff(other.len());
    if apart > most || one.len() >= LEN || other.len() >= LEN {
        return most + 1;
    }
    // What starts and ends alike has no part in it.
    let (mut start, mut end) = (0, 0);
    while start < one.len() && start < other.len() && one[start] == other[start] {
        start += 1;
    }
    let left = if one.len() < other.len() { one.len() } else { other.len() };
    while start + end < left && one[one.len() - 1 - end] == other[other.len() - 1 - end] {
        end += 1;
    }
    let one = one.split_at(one.len() - end).0.split_at(start).1;
    let other = other.split_at(other.len() - end).0.split_at(start).1;
    if one.is_empty() || other.is_empty() {
        return one.len() + other.len();
    }
    let least = least(one, other);
    if least > most { least } else { rows(one, other, most) }
}

/// How many letters of one are not in the other at least: the distance is no less, and takes many more steps.
const fn least(one: &[u8], other: &[u8]) -> usize {
    let (mut counts, mut at) = ([0_isize; 256], 0);
    while at < one.len() {
        counts[one[at] as usize] += 1;
        at += 1;
    }
    let (mut more, mut at) = (0, 0);
    while at < other.len() {
        let count = &mut counts[other[at] as usize];
        *count -= 1;
        more += (*count < 0) as usize;
        at += 1;
    }
    // What the other has more, and one has more instead.
    let fewer = (more + one.len()).saturating_sub(other.len());
    if more > fewer { more } else { fewer }
}

const fn rows(one: &[u8], other: &[u8], most: usize) -> usize {
    let (mut before, mut last, mut row) = ([0; LEN], [0; LEN], [0; LEN]);
    let mut at = 0;
    while at <= other.len() {
        last[at] = at;
        at += 1;
    }
    let mut number = 0;
    while number < one.len() {
        row[0] = number + 1;
        let (mut at, mut least) = (0, row[0]);
        while at < other.len() {
            let same = one[number] == other[at];
            let mut cost = last[at] + !same as usize;
            cost = smaller(cost, smaller(last[at + 1], row[at]) + 1);
            if number > 0 && at > 0 && one[number] == other[at - 1] && one[number - 1] == other[at]
            {
                cost = smaller(cost, before[at - 1] + 1);
            }
            row[at + 1] = cost;
            least = smaller(least, cost);
            at += 1;
        }
        if least > most {
            return most + 1;
        }
        (before, last) = (last, row);
        number += 1;
    }
    last[other.len()]
}

const fn smaller(one: usize, other: usize) -> usize {
    if one < other { one } else { other }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_distance_is_that_of_the_run_time() {
        let names = [
            "model/h#/attn/c_attn/w",
            "model/h#/attn/c_atn/w",
            "model/h#/attn/w",
            "model/h#/mlp/c_fc/w",
            "model/wte",
            "model/wpe",
            "modle/wpe",
            "",
        ];
        for one in names {
            for other in names {
                let expected = strsim::osa_distance(one, other);
                assert_eq!(
                    distance(one.as_bytes(), other.as_bytes(), 30),
                    expected,
                    "{one} {other}"
                );
                let most = distance(one.as_bytes(), other.as_bytes(), 2);
                assert_eq!(most.min(3), expected.min(3), "{one} {other}");
            }
        }
    }
}
