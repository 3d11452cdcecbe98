//! Checks whether the compiler's errors name the mistake.

use std::collections::BTreeSet;
use std::ops::Range;

use super::change::Change;
use super::compile::Complaint;
use super::model::{Field, Model, Part, held};
use super::oracle::Answer;

/// True if one of the complaints names one of the changed parts:
/// - a field by its path, or by a field within it, or by its lines;
/// - a removed part (a field, a glob) by an unexpected variable;
/// - a changed path of a field, or of a struct around it, by the text that differs in many names;
/// - a prefix by its struct;
/// - a symbol or an assertion by itself.
pub(crate) fn is_named(
    complaints: &[Complaint],
    change: &Change,
    taken: &Answer,
    lines: &[(Part, Range<usize>)],
) -> bool {
    let points_at = |part: &Part| {
        let mut ours = lines.iter().filter(|(other, _)| other == part).map(|(_, lines)| lines);
        ours.any(|lines| complaints.iter().any(|it| it.lines.iter().any(|at| lines.contains(at))))
    };
    let is_left_over = || {
        let left: BTreeSet<String> =
            taken.left.iter().chain(&taken.torn).map(|name| shape_of(name)).collect();
        complaints.iter().any(|it| quoted(&it.text).iter().any(|it| left.contains(&shape_of(it))))
    };
    let says = |words: &str| complaints.iter().any(|it| it.text.contains(words));
    let names_field = |item: &str, field: &str| {
        let sites = sites(&change.model, item, field);
        let within = |path: &String| {
            sites.iter().any(|site| path == site || path.starts_with(&format!("{site}.")))
        };
        let named = complaints.iter().flat_map(|complaint| quoted(&complaint.text));
        named.map(plain).any(|path| within(&path))
    };
    let says_prefix = |item: &str| {
        let advised = says("`prefix") && says(&format!("on `{item}`"));
        advised || says("load with `LoadOptions::prefix")
    };
    change.parts.iter().any(|part| match part {
        _ if points_at(part) || names_path(complaints, change, part) => true,
        Part::Field(..) if change.kind == "field removed" => is_left_over(),
        // A field with `tie` still has another name, and a list may have other items.
        Part::Field(item, field)
            if is_tied(change, item, field) || change.kind.ends_with("dialect") =>
        {
            is_left_over() || names_field(item, field)
        }
        Part::Field(item, field) => names_field(item, field),
        Part::Word(item, word) => match word.as_str() {
            "ignore" => is_left_over(),
            "constant" => is_left_over() || says("constant"),
            "assert" => says(&format!("`{item}` asserts")),
            "cast" => says("write `cast"),
            "prefix" => says_prefix(item),
            "dialects" => is_left_over() || says_prefix(item),
            "dims" => change.symbol().is_some_and(|symbol| says(&format!("`{symbol}`"))),
            _ => {
                let fields = change.model.get(item).map(|item| &item.fields);
                fields.into_iter().flatten().any(|field| names_field(item, &field.name))
            }
        },
    })
}

/// True if a text that differs in many names is of a changed path: "12 variables are named `wpe`, but `wqe` in the struct".
fn names_path(complaints: &[Complaint], change: &Change, part: &Part) -> bool {
    let paths = match part {
        Part::Field(item, field) => paths(&change.model, item, field),
        Part::Word(..) => String::new(),
    };
    let words = complaints.iter().flat_map(|it| it.text.split("are named `").skip(1));
    let of_struct = |rest: &str| {
        let (named, _) = rest.split_once("` in the struct")?;
        let (_, path) = named.split_once("`, but `")?;
        // The names can be longer, and end with the text of the path.
        let last = path.split(['.', '/']).rfind(|word| !word.is_empty())?;
        Some(change.what.contains(last) || paths.contains(last))
    };
    words.filter_map(of_struct).any(|is_ours| is_ours)
}

/// True if a field has, or had, other names for its variable.
fn is_tied(change: &Change, item: &str, field: &str) -> bool {
    let fields = change.model.get(item).into_iter().flat_map(|item| &item.fields);
    let has_tie = |field: &Field| field.word("tie").is_some();
    change.kind == "tie wrong" || fields.filter(|other| other.name == field).any(has_tie)
}

/// Returns the reason why the changed part is not named: the parts that are named instead.
pub(crate) fn reason(complaints: &[Complaint]) -> String {
    let says = |words: &str| complaints.iter().any(|it| it.text.contains(words));
    let problem = complaints.iter().flat_map(|it| it.text.lines()).find(|it| it.starts_with("- "));
    let first = problem.map_or("", |problem| problem.trim_start_matches("- "));
    let named = quoted(first).first().copied().unwrap_or_default();
    let why = if says("of which") {
        "the parts of a variable do not go together"
    } else if says("in the struct, but") || says("in other variables") || says("values in the") {
        "most variables say what the changed one does of a symbol, or as many"
    } else {
        "another place follows from it"
    };
    format!("{why}: it names `{named}`")
}

impl Change {
    /// Returns the symbol whose value was changed.
    fn symbol(&self) -> Option<&str> {
        self.what.split('`').nth(1)?.split_whitespace().next()
    }
}

/// Returns the text of a field's attributes, which has its paths, and its name.
fn paths(model: &Model, item: &str, field: &str) -> String {
    let fields = model.get(item).into_iter().flat_map(|item| &item.fields);
    let words = fields.filter(|other| other.name == field).flat_map(|field| &field.words);
    words.map(|word| word.rest.as_str()).chain([field]).collect::<Vec<_>>().join(" ")
}

/// Returns all paths of a field, without indices, from any of the structs around it.
fn sites(model: &Model, item: &str, field: &str) -> Vec<String> {
    let mut sites = vec![format!("{item}.{field}")];
    let mut done = 0;
    while done < sites.len() {
        let site = sites[done].clone();
        let (inner, rest) = site.split_once('.').unwrap_or((&site, ""));
        for outer in &model.structs {
            for around in outer.fields.iter().filter(|around| held(&around.ty) == inner) {
                sites.push(format!("{}.{}.{rest}", outer.name, around.name));
            }
        }
        done += 1;
    }
    sites
}

/// Removes the indices from a path.
fn plain(path: &str) -> String {
    let pieces = path.split('[').enumerate().map(|(at, piece)| match at {
        0 => piece,
        _ => piece.split_once(']').map_or("", |(_, rest)| rest),
    });
    pieces.collect()
}

/// Returns the texts between backticks.
fn quoted(text: &str) -> Vec<&str> {
    text.split('`').skip(1).step_by(2).collect()
}

/// Replaces all numbers, and sets of numbers, in a name by `#`.
fn shape_of(name: &str) -> String {
    let mut out = String::new();
    let mut depth = 0;
    for letter in name.chars() {
        match letter {
            '<' => depth += 1,
            '>' => depth -= 1,
            _ if depth > 0 || letter.is_ascii_digit() => {}
            _ => {
                out.push(letter);
                continue;
            }
        }
        if !out.ends_with('#') {
            out.push('#');
        }
    }
    out
}
