//! Positions in lists of axes and other short lists, in constants.

/// The position of a value in a list.
pub(crate) const fn position_of(values: &[usize], value: usize) -> Option<usize> {
    let mut at = 0;
    while at < values.len() {
        if values[at] == value {
            return Some(at);
        }
        at += 1;
    }
    None
}

/// True if a list has a value.
pub(crate) const fn contains(values: &[usize], value: usize) -> bool {
    position_of(values, value).is_some()
}

/// The number of values below this one.
pub(crate) const fn below(values: &[usize], value: usize) -> usize {
    let (mut count, mut at) = (0, 0);
    while at < values.len() {
        count += (values[at] < value) as usize;
        at += 1;
    }
    count
}
