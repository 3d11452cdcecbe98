//! Suggests names similar to an unknown name.

use crate::naming::names::Names;

/// The longest name with suggestions, in bytes. Comparing two names takes time proportional to the product of their lengths.
const LONGEST: usize = 256;

/// The names similar to `name`, nearest first: the edit distance, the number of the variable, and the name. Names below `name`
/// are similar to it, and names that end with it in another scope.
#[must_use]
pub fn near_names<'n>(name: &str, names: &'n Names<'_>) -> Vec<(usize, usize, &'n str)> {
    if name.len() > LONGEST {
        return Vec::new();
    }
    let most = (name.len() / 4).max(2);
    let variables = 0..names.catalog().variables().len();
    let all = variables.flat_map(|number| names.of(number).iter().map(move |name| (number, name)));
    let near = |(number, other): (usize, &'n crate::listing::catalog::Name)| {
        let other = other.as_str()?;
        if other.len().abs_diff(name.len()) <= most {
            let distance = strsim::osa_distance(name, other);
            if distance <= most {
                return Some((distance, number, other));
            }
        }
        contains(other, name).then(|| (other.len().saturating_sub(name.len()), number, other))
    };
    let mut near: Vec<_> = all.filter_map(near).collect();
    near.sort_unstable();
    near
}

/// True if `other` is `name` with more segments after it, or before it.
fn contains(other: &str, name: &str) -> bool {
    let is_separator = |letter| letter == '/' || letter == '.';
    let below = other.strip_prefix(name).is_some_and(|rest| rest.starts_with(is_separator));
    let above = other.strip_suffix(name).is_some_and(|rest| rest.ends_with(is_separator));
    !name.is_empty() && other.len() <= LONGEST && (below || above)
}
