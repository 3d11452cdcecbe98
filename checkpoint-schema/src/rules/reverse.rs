//! Reversal of rules.

use std::collections::BTreeSet;

use crate::model::description::{Op, Squeeze};
use crate::rules::{Rule, RuleProblem, Rules, RulesError};

impl Rules {
    /// Returns the rules of the opposite conversion. Variables that these rules ignore are missing in its result; kept variables
    /// stay. For several optional rules with the same target, the first is reversed. For an `alias`, its first prefix is written.
    ///
    /// # Errors
    /// Returns all steps that cannot be reversed.
    pub fn reversed(&self) -> Result<Self, RulesError> {
        let mut problems = Vec::new();
        let mut lines = Vec::new();
        let mut names = BTreeSet::new();
        for rule in self.lines.iter().filter(|rule| !rule.preferred) {
            let is_new =
                names.insert(rule.to.iter().map(|template| template.text).collect::<Vec<_>>());
            if rule.optional && !is_new {
                continue;
            }
            match rule.reversed() {
                Ok(rule) => lines.push(rule),
                Err(problem) => problems.push(problem),
            }
        }
        if !problems.is_empty() {
            return Err(RulesError { problems });
        }
        Ok(Self {
            lines,
            naming: self.target_naming,
            target_naming: self.naming,
            ignore: self.reverse_ignore.clone(),
            reverse_ignore: self.ignore.clone(),
            aliases: self.reverse_aliases.clone(),
            reverse_aliases: self.aliases.clone(),
            ..self.clone()
        })
    }
}

impl Rule {
    pub(super) fn reversed(&self) -> Result<Self, RuleProblem> {
        let Self { line, ref from, ref to, ref steps, optional, .. } = *self;
        let no_way_back = |step: &Op| {
            let way_out = match step {
                Op::Squeeze(_) => "write its axes, as in `squeeze(0)`",
                Op::Reshape(_) => "write the shape before it, as in `shape = [6], reshape[2, 3]`",
                Op::Concat { .. } => "write the rule the other way, with `split`, and reverse that",
                _ => "name all parts in one rule, with `split`",
            };
            RuleProblem::NoWayBack { line, step: step.to_string(), way_out }
        };
        let mut reversed = Vec::new();
        let mut rest = steps.as_slice();
        while let Some((step, before)) = rest.split_last() {
            rest = before;
            reversed.push(match *step {
                Op::Squeeze(Squeeze::Axes(axes)) => Op::Expand(axes),
                Op::Expand(axes) => Op::Squeeze(Squeeze::Axes(axes)),
                Op::Transpose => Op::Transpose,
                Op::Permute(order) => Op::Permute(inverse(order)),
                Op::Reorder { axis, order } => Op::Reorder { axis, order: inverse(order) },
                Op::Shape(_) => *step,
                Op::Reshape(_) => match before.last() {
                    Some(Op::Shape(axes)) => Op::Reshape(axes),
                    _ => return Err(no_way_back(step)),
                },
                Op::Split { axis, .. } => Op::Concat { axis, repeat: None },
                _ => return Err(no_way_back(step)),
            });
        }
        // Splits come first, then the steps of each part, and joins last.
        Ok(Self {
            line,
            from: to.clone(),
            to: from.clone(),
            steps: reversed,
            optional,
            preferred: false,
        })
    }
}

/// The inverse permutation of axes.
fn inverse(order: &[usize]) -> &'static [usize] {
    let mut inverse: Vec<usize> = (0..order.len()).collect();
    for (at, &axis) in order.iter().enumerate() {
        if let Some(back) = inverse.get_mut(axis) {
            *back = at;
        }
    }
    inverse.leak()
}
