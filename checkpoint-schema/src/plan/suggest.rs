//! Names near to one that no variable has.

use crate::plan::names::Names;

/// The longest name of which near ones are looked for, in bytes: to compare two takes as long as the product of their lengths.
const LONGEST: usize = 256;

/// The names that are near to `name`, the nearest first: how many letters are otherwise, the number of the variable, and the
/// name.
#[must_use]
pub fn near_names<'n>(name: &str, names: &'n Names<'_>) -> Vec<(usize, usize, &'n str)> {
    if name.len() > LONGEST {
        return Vec::new();
    }
    let most = (name.len() / 4).max(2);
    let variables = 0..names.catalog().variables().len();
    let all = variables.flat_map(|number| names.of(number).iter().map(move |name| (number, name)));
    let near = |(number, other): (usize, &'n crate::listing::catalog::Name)| {
        let other = other.as_str().filter(|other| other.len().abs_diff(name.len()) <= most)?;
        let distance = strsim::osa_distance(name, other);
        (distance <= most).then_some((distance, number, other))
    };
    let mut near: Vec<_> = all.filter_map(near).collect();
    near.sort_unstable();
    near
}
