//! The common content of a list's elements.

use super::Child;
use super::running::Running;
use crate::content::Content;

/// The content of elements, merged one after the other.
#[derive(Debug)]
pub(super) struct Joined<'n> {
    equal_shapes: bool,
    shape: Option<&'n [u64]>,
    /// The first element, until the second is added.
    first: Option<(usize, Content)>,
    all: Option<Content>,
    running: Option<Running>,
    /// The number of variables in the smallest element.
    fewest: usize,
}

impl<'n> Joined<'n> {
    pub(super) fn new(equal_shapes: bool) -> Self {
        let (shape, first, all, running) = (None, None, None, None);
        Self { equal_shapes, shape, first, all, running, fewest: usize::MAX }
    }

    /// Adds the element of an index. Returns false if it is not like the others.
    pub(super) fn push(&mut self, index: usize, child: &Child<'n>) -> bool {
        let shape = *self.shape.get_or_insert(child.shape);
        if self.equal_shapes && shape != child.shape {
            return false;
        }
        let content = &child.content;
        let fewest = self.fewest.min(content.variables());
        let unified = match (&self.all, self.first.take()) {
            (None, _) => {
                self.first = Some((index, content.clone()));
                Some(content.clone())
            }
            (Some(all), _) if all == content => Some(all.clone()),
            (Some(all), first) => {
                let running =
                    first.and_then(|(first, one)| Running::of((first, &one), (index, content)));
                let counted = running.and_then(|(running, one)| {
                    let unified = one.unified(&running.counted(index, content)?)?;
                    has_most(fewest, &unified).then_some((running, unified))
                });
                match (counted, &self.running) {
                    (Some((running, unified)), _) => {
                        self.running = Some(running);
                        Some(unified)
                    }
                    (None, Some(running)) => {
                        running.counted(index, content).and_then(|content| all.unified(&content))
                    }
                    (None, None) => all.unified(content),
                }
            }
        };
        match unified.filter(|unified| has_most(fewest, unified)) {
            Some(unified) => {
                (self.all, self.fewest) = (Some(unified), fewest);
                true
            }
            None => false,
        }
    }

    /// Returns the content of all elements. Fields that some lack are optional.
    pub(super) fn content(self) -> Option<Content> {
        self.all
    }
}

/// True if the smallest element has two thirds of the variables of all together.
fn has_most(least: usize, all: &Content) -> bool {
    least.saturating_mul(3) >= all.variables().saturating_mul(2)
}
