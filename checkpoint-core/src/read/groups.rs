//! Groups of jobs for a single thread.

use std::ops::Range;

use smallvec::SmallVec;

use crate::read::runs::Runs;
use crate::read::scatter::Share;

/// A partition of jobs into groups (union-find); some jobs have no group.
pub(crate) struct Groups {
    /// For each job in a group: its parent. The root of a group is its own parent.
    of: Vec<Option<usize>>,
}

impl Groups {
    pub(crate) fn new(jobs: usize) -> Self {
        Self { of: vec![None; jobs] }
    }

    /// Merges jobs and their groups into one group.
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

    /// The group of a job, if it has one.
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

/// True if the shares of an array fill separate ranges that threads can divide.
pub(crate) fn is_apart(shares: &[Share]) -> bool {
    let layouts = shares.iter().map(|share| &share.layout).filter(|it| it.elements() > 0);
    let ranges = layouts.map(|layout| Runs::of(layout).map(|runs| runs.elements));
    let Some(mut ranges) = ranges.collect::<Option<SmallVec<[Range<u64>; 1]>>>() else {
        return false;
    };
    ranges.sort_unstable_by_key(|range| range.start);
    ranges.windows(2).all(|pair| match pair {
        [one, next] => one.end <= next.start,
        _ => true,
    })
}
