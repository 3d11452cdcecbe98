//! The result of rules as rows, one for each family of names.

use std::fmt;

use crate::listing::catalog::{Catalog, Spec, Variable};
use crate::listing::fold::{IndexValues, fold};
use crate::model::family::families;
use crate::model::template::{self, Piece, Placeholder};
use crate::rules::{Decided, Rules, Target, Template};

/// Variables of one rule that differ only in their indices.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SummaryRow {
    /// The names of the sources: `model/h<0..12>/ln_1/g`.
    pub from: String,
    /// The names of the new variables; the same as `from` if they are kept unchanged.
    pub to: String,
    /// The dtype and shape of each source, or of the first of several.
    pub found: Spec,
    /// The dtype and shape of each new variable.
    pub made: Spec,
    /// The steps, in the syntax of rules.
    pub steps: String,
    /// The number of new variables.
    pub count: usize,
}

/// `model/h<0..2>/w -> h.<0..2>.weight  f32 [1, 2, 3] -> [2, 3]  squeeze(0)`
impl fmt::Display for SummaryRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.from)?;
        if self.from != self.to {
            write!(f, " -> {}", self.to)?;
        }
        write!(f, "  {}", self.found)?;
        if self.found != self.made {
            write!(f, " -> {}", self.made.shape)?;
        }
        if !self.steps.is_empty() {
            write!(f, "  {}", self.steps)?;
        }
        Ok(())
    }
}

/// The numbers of a rule and of its target path, and the dtypes and shapes of sources and targets.
type Key = (usize, usize, Spec, Spec);

impl Rules {
    /// Summarizes a decision with these rules, a row for each family of names, in the order of the rules. Kept variables come last.
    #[must_use]
    pub fn summary(&self, catalog: &Catalog, decided: &Decided) -> Vec<SummaryRow> {
        let (mut made, mut kept) = (Vec::new(), Vec::new());
        for target in &decided.targets {
            let first = target.sources.first();
            let Some(found) = first.and_then(|source| catalog.variables().get(source.variable))
            else {
                continue;
            };
            let Some((number, path, indices)) = self.made_by(target) else {
                kept.push(Variable { name: target.name.clone(), ..found.clone() });
                continue;
            };
            made.push(((number, path, found.spec(), target.spec.clone()), indices));
        }
        let mut rows = fold(made);
        rows.sort_by_key(|((number, ..), _)| *number);
        let of_rules = rows.into_iter().filter_map(|(key, axes)| self.of_rule(key, &axes));
        of_rules.chain(unchanged(&kept)).collect()
    }

    /// The rule of a variable, the index of its target path, and the values of the indices, sorted by name.
    fn made_by(&self, target: &Target) -> Option<(usize, usize, Vec<usize>)> {
        let number = target.rule?;
        let mut paths = self.lines.get(number)?.to.iter().enumerate();
        paths.find_map(|(path, template)| {
            let mut indices = template::invert(&template.pieces, target.name.as_bytes())?;
            indices.sort_unstable();
            Some((number, path, indices.into_iter().map(|(_, value)| value).collect()))
        })
    }

    /// The row of variables that a rule makes.
    fn of_rule(
        &self,
        (number, path, found, made): Key,
        axes: &[IndexValues],
    ) -> Option<SummaryRow> {
        let rule = self.lines.get(number)?;
        let to = rule.to.get(path)?;
        let mut names: Vec<&str> = to.indices().collect();
        names.sort_unstable();
        names.dedup();
        let from: Vec<String> = rule.from.iter().map(|from| show(from, &names, axes)).collect();
        let steps: Vec<String> = rule.steps.iter().map(ToString::to_string).collect();
        Some(SummaryRow {
            from: from.join(", "),
            to: show(to, &names, axes),
            found,
            made,
            steps: steps.join(", "),
            count: axes.iter().map(IndexValues::len).product(),
        })
    }
}

/// The rows of kept variables.
fn unchanged(kept: &[Variable]) -> impl Iterator<Item = SummaryRow> + use<> {
    families(kept.iter()).into_iter().map(|family| SummaryRow {
        from: family.name.clone(),
        to: family.name,
        found: family.spec.clone(),
        made: family.spec,
        steps: String::new(),
        count: family.count,
    })
}

/// Formats a template with the values of its indices.
fn show(template: &Template, names: &[&str], axes: &[IndexValues]) -> String {
    let mut out = String::new();
    for piece in &template.pieces {
        let Piece::Index(placeholder) = piece else {
            let _ = template::render(&[*piece], |_| None, &mut out);
            continue;
        };
        let at = names.iter().position(|name| *name == placeholder.index);
        let Some(values) = at.and_then(|at| axes.get(at)) else { continue };
        if let Some(value) = values.single() {
            let _ = template::render(&[*piece], |_| Some(value), &mut out);
        } else {
            let values = values.to_string();
            let plain = placeholder.factor == 1 && placeholder.offset == 0;
            let index = if plain { values } else { format!("({values})") };
            out.push_str(&Placeholder { index: &index, ..*placeholder }.to_string());
        }
    }
    out
}
