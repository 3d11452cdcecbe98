//! Changes to a checkpoint. With most of them, the struct no longer fits.

use checkpoint_schema::listing::dtype::DType;

use crate::chance::Chance;
use crate::listing::Listed;

/// Changes some variables in one way.
pub(crate) fn change(listed: &mut Vec<Listed>, chance: &mut Chance) {
    if listed.is_empty() {
        return add(listed, chance);
    }
    match chance.weighted(&[14, 14, 16, 22, 14, 12, 8]) {
        0 => drop_some(listed, chance),
        1 => retype(listed, chance),
        2 => rename(listed, chance),
        3 => reshape(listed, chance),
        4 => add(listed, chance),
        5 => move_elements(listed, chance),
        _ => add_slots(listed, chance),
    }
}

/// Returns one variable, or all that share a part of its name.
fn some(listed: &[Listed], chance: &mut Chance) -> Vec<usize> {
    let at = chance.below(listed.len());
    let names = || listed.iter().enumerate();
    match chance.weighted(&[55, 30, 10, 5]) {
        0 => vec![at],
        1 => {
            let parts: Vec<&str> = listed[at].name.split(['/', '.']).collect();
            let part = chance.pick(&parts);
            let has = |name: &str| name.split(['/', '.']).any(|other| other == part);
            names().filter(|(_, it)| has(&it.name)).map(|(at, _)| at).collect()
        }
        2 => names().filter(|(_, it)| it.shape == listed[at].shape).map(|(at, _)| at).collect(),
        _ => (0..listed.len()).collect(),
    }
}

fn drop_some(listed: &mut Vec<Listed>, chance: &mut Chance) {
    let mut some = some(listed, chance);
    some.reverse();
    for at in some {
        listed.remove(at);
    }
}

fn retype(listed: &mut [Listed], chance: &mut Chance) {
    const DTYPES: [DType; 7] = [
        DType::Float64,
        DType::Float32,
        DType::BFloat16,
        DType::Float16,
        DType::Int32,
        DType::Int64,
        DType::String,
    ];
    let dtype = chance.pick(&DTYPES);
    for at in some(listed, chance) {
        listed[at].dtype = dtype;
    }
}

fn rename(listed: &mut [Listed], chance: &mut Chance) {
    let some = some(listed, chance);
    let name = listed[some[0]].name.clone();
    let parts: Vec<&str> = name.split('/').collect();
    let (from, kind) = (chance.pick(&parts), chance.below(7));
    let (to, letter) = (chance.pick(&["x", "layer", "w", "dense_1", "tower"]), chance.below(8));
    for at in some {
        let name = &mut listed[at].name;
        let parts = name.split('/');
        *name = match kind {
            0 | 1 => spelled(name, letter),
            2 => format!("module/{name}"),
            3 => {
                parts.map(|part| if part == from { to } else { part }).collect::<Vec<_>>().join("/")
            }
            4 => {
                name.split_once('/').map_or_else(|| format!("{name}x"), |(_, rest)| rest.to_owned())
            }
            5 => format!("{name}/.ATTRIBUTES/VARIABLE_VALUE"),
            _ => name.replacen('/', ".", 1),
        };
    }
}

/// Changes one letter.
fn spelled(name: &str, letter: usize) -> String {
    let letters: Vec<char> = name.chars().collect();
    let at = letters.len().saturating_sub(1 + letter % letters.len().max(1));
    let (before, after) = letters.split_at(at);
    let (before, after): (String, String) = (before.iter().collect(), after.iter().collect());
    match letter % 3 {
        0 => format!("{before}x{after}"),
        1 => before + after.get(1..).unwrap_or_default(),
        _ => format!("{before}\u{1}{after}"),
    }
}

fn reshape(listed: &mut [Listed], chance: &mut Chance) {
    let some = some(listed, chance);
    let shape = &listed[some[0]].shape;
    let axis = if shape.is_empty() { 0 } else { chance.below(shape.len()) };
    let (from, kind) = (shape.get(axis).copied(), chance.below(8));
    let other = chance.below(9) as u64;
    let all = chance.percent(20);
    let places: Vec<usize> = if all { (0..listed.len()).collect() } else { some };
    for at in places {
        let shape = &mut listed[at].shape;
        let rank = shape.len();
        match kind {
            0 | 1 => {
                for length in shape.iter_mut().filter(|length| Some(**length) == from) {
                    *length = other;
                }
            }
            2 | 3 if axis < rank => shape[axis] += 1,
            2..=4 => shape.insert(axis.min(rank), 1),
            5 => shape.reverse(),
            6 if axis < rank => drop(shape.remove(axis)),
            _ => shape.push(other),
        }
    }
}

fn add(listed: &mut Vec<Listed>, chance: &mut Chance) {
    const NAMES: [&str; 12] = [
        "extra/w",
        "mask",
        "attn/mask",
        "w",
        "b",
        "h0/w",
        "h1/w",
        "layer_0/w",
        "global_step",
        "step",
        "model/w",
        "save_counter/.ATTRIBUTES/VARIABLE_VALUE",
    ];
    let name = if listed.is_empty() || chance.percent(50) {
        chance.pick(&NAMES).to_owned()
    } else {
        let name = &listed[chance.below(listed.len())].name;
        let end = name.rfind('/').map_or(0, |at| at + 1);
        format!("{}{}", &name[..end], chance.pick(&["mask", "g", "bias", "w", "extra"]))
    };
    let shape = (0..chance.below(3)).map(|_| 1 + chance.below(4) as u64).collect();
    put(listed, Listed { name, dtype: DType::Float32, shape });
}

/// Moves or copies elements of lists to other indices, whole or in part.
fn move_elements(listed: &mut Vec<Listed>, chance: &mut Chance) {
    let numbered: Vec<String> = listed
        .iter()
        .filter(|it| it.name.contains(|letter: char| letter.is_ascii_digit()))
        .map(|it| it.name.clone())
        .collect();
    if numbered.is_empty() {
        return;
    }
    let name = &numbered[chance.below(numbered.len())];
    let digits: Vec<usize> =
        name.match_indices(|c: char| c.is_ascii_digit()).map(|it| it.0).collect();
    let at = chance.pick(&digits);
    let number: usize = name[at..=at].parse().unwrap_or_default();
    let moved = (number + 1 + chance.below(3)).to_string();
    let (copied, alone) = (chance.percent(50), chance.percent(35));
    let whole = |it: &Listed| it.name.starts_with(&name[..=at]) && (!alone || it.name == *name);
    for it in listed.clone().iter().filter(|it| whole(it)) {
        let other = format!("{}{moved}{}", &it.name[..at], &it.name[at + 1..]);
        if !copied {
            listed.retain(|other| other.name != it.name);
        }
        put(listed, Listed { name: other, ..it.clone() });
    }
}

/// Adds slots of an optimizer.
fn add_slots(listed: &mut Vec<Listed>, chance: &mut Chance) {
    let slot = chance.pick(&["Adam", "adam_m", "ExponentialMovingAverage", "Momentum"]);
    for at in some(listed, chance) {
        let it = listed[at].clone();
        put(listed, Listed { name: format!("{}/{slot}", it.name), ..it });
    }
    if chance.percent(30) {
        let name = "beta1_power".to_owned();
        put(listed, Listed { name, dtype: DType::Float32, shape: Vec::new() });
    }
}

fn put(listed: &mut Vec<Listed>, variable: Listed) {
    if !listed.iter().any(|other| other.name == variable.name) {
        listed.push(variable);
    }
}
