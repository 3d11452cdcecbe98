//! What one thread has to read together.

use std::ops::Range;

use crate::read::scatter::Share;

/// Jobs, some of which are in groups.
pub(crate) struct Groups {
    /// For each job, one of its group, if it is in one; the first of the group is its own.
    of: Vec<Option<usize>>,
}

impl Groups {
    pub(crate) fn new(jobs: usize) -> Self {
        Self { of: vec![None; jobs] }
    }

    /// Puts jobs, and all that are in a group with one of them, into one group.
    pub(crate) fn join(&mut self, jobs: impl Iterator<Item = usize>) {
        let mut one = None;
        for job in jobs {
            let group = self.of(job).unwrap_or(job);
            let one = *one.get_or_insert(group);
            for member in [job, group] {
                if let Some(of) = self.of.get_mut(member) {
                    *of = Some(one);
                }
            }
        }
    }

    /// The group that a job is in.
    pub(crate) fn of(&self, job: usize) -> Option<usize> {
        let mut group = (*self.of.get(job)?)?;
        while let Some(Some(outer)) = self.of.get(group)
            && *outer != group
        {
            group = *outer;
        }
        Some(group)
    }
}

/// Whether shares of an array go to ranges of it that others do not touch, each in its order.
pub(crate) fn is_apart(shares: &[Share]) -> bool {
    let mut places: Vec<Range<u64>> = Vec::new();
    for share in shares.iter().filter(|share| share.placing.elements() > 0) {
        if !share.placing.is_in_order() {
            return false;
        }
        places.push(share.placing.places(&(0..share.placing.elements())));
    }
    places.sort_unstable_by_key(|place| place.start);
    places.windows(2).all(|pair| match pair {
        [one, next] => one.end <= next.start,
        _ => true,
    })
}
