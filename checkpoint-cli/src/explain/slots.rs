//! Slots of optimizers.

use checkpoint_core::Name;
use checkpoint_schema::model::description::Preset;
use checkpoint_schema::naming::{Names, Presets};

/// The variable of a slot, or the slots of a variable.
pub(super) enum Slots {
    Of(Name),
    Are(Vec<Name>),
}

impl Slots {
    /// Finds slots by names: `w/adam_m` is a slot of `w`, and so is `w_slot_v`.
    pub(super) fn find(presets: &Presets, names: &Names<'_>, number: usize) -> Self {
        let variables = names.catalog().variables();
        if is_kept(presets, names, number) {
            let owner = (0..variables.len())
                .filter(|&other| keeps(names, other, number) && !is_kept(presets, names, other))
                .max_by_key(|&other| longest(names, other));
            if let Some(owner) = owner.and_then(|owner| variables.get(owner)) {
                return Self::Of(owner.name.clone());
            }
            return Self::Are(Vec::new());
        }
        let kept = variables.iter().enumerate();
        let kept = kept
            .filter(|&(other, _)| keeps(names, number, other) && is_kept(presets, names, other));
        Self::Are(kept.map(|(_, variable)| variable.name.clone()).collect())
    }
}

/// True if a preset says that a variable is a slot.
fn is_kept(presets: &Presets, names: &Names<'_>, number: usize) -> bool {
    matches!(presets.listed(names, number), Some((Preset::Optimizer | Preset::Ema, _)))
}

/// True if one of a variable's names, followed by `/` or `_slot_`, is a prefix of one of the other's.
fn keeps(names: &Names<'_>, number: usize, other: usize) -> bool {
    let begins = |name: &Name, other: &Name| {
        let rest = other.as_bytes().strip_prefix(name.as_bytes());
        rest.is_some_and(|rest| rest.starts_with(b"/") || rest.starts_with(b"_slot_"))
    };
    let others = names.of(other);
    names.of(number).iter().any(|name| others.iter().any(|other| begins(name, other)))
}

fn longest(names: &Names<'_>, number: usize) -> usize {
    names.of(number).iter().map(|name| name.as_bytes().len()).max().unwrap_or_default()
}
