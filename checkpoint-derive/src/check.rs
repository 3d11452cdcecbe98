//! Rules between attributes and between fields.

use checkpoint_schema::model::description::{Naming, Op};
use proc_macro2::Ident;
use quote::ToTokens as _;
use syn::{Member, Type};

use crate::attr::constant::Constant;
use crate::attr::container::{Glob, Ignore};
use crate::attr::dialect::Dialect;
use crate::attr::manifest::ManifestFile;
use crate::attr::ops::Step;
use crate::diag::Diag;
use crate::input::{Field, Input};
use crate::manifest::Manifest;
use crate::shared::{self, Shared};

/// Reports every violated rule.
pub(crate) fn check(diag: &mut Diag, input: &Input<'_>) {
    manifests_differ(diag, input);
    manifests_have_dialects(diag, input);
    manifests_have_types(diag, input);
    manifests_have_the_names(diag, input);
    globs_match(diag, input);
    prefix_has_no_alias(diag, input);
    for field in &input.fields {
        contradictions(diag, field);
        symbols_have_names(diag, field);
        unmap_has_a_map(diag, field);
        dialects_are_others(diag, field);
        parts_have_a_number(diag, field);
        variables_are_joined_last(diag, field);
        stacked_variables_differ(diag, field);
        paths_differ(diag, field);
    }
    variables_differ(diag, &input.fields);
    constants_differ(diag, input);
}

/// A constant has a name of its own in each dialect. Only those of the first dialect say what others have.
fn constants_differ(diag: &mut Diag, input: &Input<'_>) {
    let values = &input.attributes.values;
    let dialects: Vec<_> = values.declared.iter().chain(&values.dialects).collect();
    for (at, constant) in values.constants.iter().enumerate() {
        let others = values.constants.iter().take(at);
        is_new(diag, constant, others, &input.fields, None);
    }
    for dialect in &dialects {
        let own = &dialect.attributes.values.constants;
        for (at, constant) in own.iter().enumerate() {
            let is_other = |other: &Dialect<_>| other.name == dialect.name;
            let same = |other: &&Constant| !other.dialects.iter().any(is_other);
            let others = values.constants.iter().filter(same).chain(own.iter().take(at));
            is_new(diag, constant, others, &input.fields, Some(&dialect.name));
            for other in &constant.dialects {
                let way_out = "write a constant for each dialect that has one";
                diag.error(
                    &other.name,
                    format!(
                        "this constant is already limited to the dialect `{}`; {way_out}",
                        dialect.name
                    ),
                );
            }
        }
    }
}

/// Reports a constant with the path of another one or of a field, in a dialect; `None` for the first.
fn is_new<'c>(
    diag: &mut Diag,
    constant: &Constant,
    mut others: impl Iterator<Item = &'c Constant>,
    fields: &[Field<'_>],
    dialect: Option<&Ident>,
) {
    let way_out = "give one of them another path, or remove it";
    let place = &constant.path.place;
    if others.any(|other| other.path.is(&constant.path)) {
        diag.error(place, format!("another constant has this path; {way_out}"));
    }
    let has_it = |field: &&Field<'_>| {
        let said = field.attributes.values.dialects.iter().find(|said| Some(&said.name) == dialect);
        let own = said.and_then(|said| said.attributes.values.path.as_ref());
        let paths = own.map_or(&field.paths[..], std::slice::from_ref);
        field.is_loaded() && paths.iter().any(|path| path.is(&constant.path))
    };
    if let Some(field) = fields.iter().find(has_it) {
        let name = field.name();
        diag.error(place, format!("the field `{name}` has this path; {way_out}"));
    }
}

/// Each manifest is listed once.
fn manifests_differ(diag: &mut Diag, input: &Input<'_>) {
    for (at, manifest) in input.manifests.iter().enumerate() {
        if input.manifests.iter().take(at).any(|before| before.path == manifest.path) {
            diag.error(&manifest.file, "this file is named twice; remove it");
        }
    }
}

/// A generic struct has no manifests, since its types are only known at the load.
fn manifests_have_types(diag: &mut Diag, input: &Input<'_>) {
    if let Some(name) = input.attributes.name("manifest")
        && input.is_generic()
    {
        let way_out = "write it on a struct without parameters that contains this one";
        diag.error(name, format!("`manifest` cannot check a struct with parameters; {way_out}"));
    }
}

/// The names of a manifest are of the kind that `naming` sets.
fn manifests_have_the_names(diag: &mut Diag, input: &Input<'_>) {
    let naming = input.attributes.values.naming.unwrap_or(Naming::Key).word();
    for manifest in &input.manifests {
        let listed = manifest.listing.naming().word();
        if listed != naming {
            let way_out = format!("run `ckpt manifest --naming {naming} PATH -o FILE`");
            diag.error(
                &manifest.file,
                format!("the manifest has the names of `naming = \"{listed}\"`, but the struct has `naming = \"{naming}\"`; {way_out}"),
            );
        }
    }
}

/// A manifest is of a dialect that the struct declares, and all dialects with manifests have those of the same models.
fn manifests_have_dialects(diag: &mut Diag, input: &Input<'_>) {
    let values = &input.attributes.values;
    let first = values.declared.first().map(|dialect| &dialect.name);
    let dialect = |file: &'_ ManifestFile| file.dialect.clone().or(first.cloned());
    let count = |name: &Option<Ident>| {
        values.manifests.iter().filter(|file| dialect(file) == *name).count()
    };
    for ManifestFile { dialect: name, model, .. } in &values.manifests {
        let Some(name) = name.as_ref().filter(|_| *model == 0) else { continue };
        if !values.declared.iter().any(|declared| declared.name == *name) {
            let way_out = "write it in `dialects(...)`, or correct the name";
            diag.error(name, format!("the struct has no dialect `{name}`; {way_out}"));
            continue;
        }
        let Some(before) = values.manifests.first().and_then(dialect) else { continue };
        let (own, other) = (count(&Some(name.clone())), count(&Some(before.clone())));
        if own != other {
            let way_out = "name one for each model, in the same order";
            diag.error(
                name,
                format!("`{name}` has {own} manifests, and `{before}` {other}; {way_out}"),
            );
        }
    }
}

/// Each glob of `ignore` matches a variable in some manifest of its dialects, unless it is optional.
fn globs_match(diag: &mut Diag, input: &Input<'_>) {
    let values = &input.attributes.values;
    let dialects = values.declared.iter().map(|dialect| &dialect.attributes.values.ignore);
    for list in std::iter::once(&values.ignore).chain(dialects) {
        let of_list =
            |manifest: &&Manifest| std::ptr::eq(manifest.ignore(values), &raw const **list);
        let manifests: Vec<&Manifest> = input.manifests.iter().filter(of_list).collect();
        for ignore in list {
            let Ignore::Glob(Glob { text, place, optional: false }) = ignore else { continue };
            let matches = |manifest: &&Manifest| {
                let entries = manifest.listing.entries(&[ignore.described()]);
                entries.iter().any(|entry| entry.ignored.is_some())
            };
            if !manifests.is_empty() && !manifests.iter().any(matches) {
                let way_out = format!(
                    "remove it, or write `optional({text:?})` if other checkpoints have some"
                );
                diag.error(
                    place,
                    format!("no variable of the manifest matches `{text}`; {way_out}"),
                );
            }
        }
    }
}

/// `prefix_alias` is only for other dialects. A load has one prefix.
fn prefix_has_no_alias(diag: &mut Diag, input: &Input<'_>) {
    if let Some(alias) = input.attributes.name("prefix_alias") {
        let way_out = "write it there, or load with `LoadOptions::prefix`";
        diag.error(alias, format!("`prefix_alias` is an attribute of other dialects; {way_out}"));
    }
}

/// Attributes that contradict each other.
const CONTRADICTIONS: [(&str, &str); 16] = [
    ("flatten", "path"),
    ("flatten", "alias"),
    ("flatten", "tie"),
    ("alias", "tie"),
    ("concat", "tie"),
    ("stack", "tie"),
    ("concat", "path"),
    ("concat", "alias"),
    ("concat", "flatten"),
    ("concat", "stack"),
    ("concat", "split"),
    ("stack", "flatten"),
    ("stack", "split"),
    ("with", "map"),
    ("with", "try_from"),
    ("map", "try_from"),
];

/// Fields that are not loaded, or are not variables, have no attributes about loading. A field that adds nothing to the path has
/// no path of its own.
fn contradictions(diag: &mut Diag, field: &Field<'_>) {
    let counts = field.attributes.values.counts_parts();
    let written = |word: &str| field.attributes.name(word).is_some();
    let holds = |(word, other): &(&str, &str)| {
        written(word) && !(counts && *word == "concat" && ["path", "alias"].contains(other))
    };
    let alone = ["skip", "dim"].into_iter().find(|word| written(word));
    for name in field.attributes.names() {
        let alone = alone.filter(|word| name != word);
        let other = CONTRADICTIONS.iter().find(|pair| name == pair.1 && holds(pair));
        if let Some(word) = alone.or(other.map(|(word, _)| *word)) {
            diag.error(name, format!("`{name}` contradicts `{word}`; remove one of them"));
        }
    }
}

/// A symbol has the name of its field, so the field needs one.
fn symbols_have_names(diag: &mut Diag, field: &Field<'_>) {
    if let (Member::Unnamed(_), Some(dim)) = (&field.member, field.attributes.name("dim")) {
        let way_out = "write it on a field of the symbol's name";
        diag.error(dim, format!("`dim` needs a field with the name of a symbol; {way_out}"));
    }
}

/// A dialect has attributes, and appears once. A field can only be absent in other dialects.
fn dialects_are_others(diag: &mut Diag, field: &Field<'_>) {
    if let Some(absent) = field.attributes.name("absent") {
        let way_out = "write `dialect(hf, absent)`, or let the field be an `Option`";
        diag.error(absent, format!("`absent` is an attribute of other dialects; {way_out}"));
    }
    let dialects = &field.attributes.values.dialects;
    for (at, dialect) in dialects.iter().enumerate() {
        let name = &dialect.name;
        if dialects.iter().take(at).any(|before| before.name == *name) {
            diag.error(name, format!("`{name}` is written twice; write one `dialect` for it"));
        }
        let last = dialect.attributes.values.steps.last();
        if let Some(Step { word, op: Op::Shape(_) }) = last {
            let way_out = "write it on the field itself";
            diag.error(word, format!("the final `shape` is the same in all dialects; {way_out}"));
        }
        if dialect.attributes.names().is_empty() && field.attributes.values.steps.is_empty() {
            diag.error(name, "this `dialect` changes nothing; add an attribute, or remove it");
        }
    }
}

/// `unmap` is the inverse of `map`, and needs it.
fn unmap_has_a_map(diag: &mut Diag, field: &Field<'_>) {
    // Fields that are not loaded reject all such attributes already.
    let stands_alone = ["skip", "dim"].iter().any(|word| field.attributes.name(word).is_some());
    if let (Some(unmap), None, false) =
        (field.attributes.name("unmap"), field.attributes.name("map"), stands_alone)
    {
        let way_out = "write `map = \"function\"` too, or remove it";
        diag.error(unmap, format!("`unmap` requires `map`; {way_out}"));
    }
}

/// Reports everything that prevents saving the item.
pub(crate) fn check_saved(diag: &mut Diag, input: &Input<'_>) {
    for field in &input.fields {
        if let (Some(map), None) = (field.attributes.name("map"), field.attributes.name("unmap")) {
            let way_out = "write `unmap = \"function\"` too, a function from `&` the field to the value before `map`";
            diag.error(map, format!("`map` has no inverse for saving; {way_out}"));
        }
    }
}

/// Steps on each variable come before the join.
fn variables_are_joined_last(diag: &mut Diag, field: &Field<'_>) {
    let steps = &field.attributes.values.steps;
    let Some(at) = steps.iter().position(|step| step.op.joins()) else { return };
    let joins = &steps[at].word;
    for Step { word, op } in &steps[at + 1..] {
        if !matches!(op, Op::Shape(_) | Op::Split { .. }) && !op.joins() {
            let way_out = "write it before, where it applies to each variable";
            diag.error(word, format!("`{word}` cannot follow `{joins}`; {way_out}"));
        }
    }
}

/// The type determines the number of parts of a `split`.
fn parts_have_a_number(diag: &mut Diag, field: &Field<'_>) {
    let split =
        field.attributes.values.steps.iter().find(|step| matches!(step.op, Op::Split { .. }));
    if let (Some(split), Type::Path(path)) = (split, field.ty)
        && let Some(last) = path.path.segments.last()
        && last.ident == "Vec"
        && field.repeat.is_none()
    {
        let way_out = "write an array `[T; N]` or a tuple in place of `Vec`";
        diag.error(&split.word, format!("`split` needs to know the number of parts; {way_out}"));
    }
}

/// Each stacked variable has its own name, so the field's own path needs the index.
fn stacked_variables_differ(diag: &mut Diag, field: &Field<'_>) {
    // Contradictions of `stack` are already reported, and have other paths.
    if field.attributes.name("concat").is_some() && !field.attributes.values.counts_parts() {
        return;
    }
    for step in &field.attributes.values.steps {
        let Some((_, repeat)) = step.op.counts() else { continue };
        let word = &step.word;
        let index = repeat.index;
        if field.repeat.as_ref().is_some_and(|outer| outer.index == index) {
            let way_out = "rename one of them";
            diag.error(&step.word, format!("`repeat` counts `{index}` already; {way_out}"));
        }
        for path in &field.paths {
            if !path.indices().contains(&index) {
                let way_out = "write it where the number stands";
                diag.error(
                    &path.place,
                    format!("the path does not use `<{index}>`, which `{word}` counts; {way_out}"),
                );
            }
        }
    }
}

/// The paths and aliases of a field differ.
fn paths_differ(diag: &mut Diag, field: &Field<'_>) {
    let paths: Vec<_> = field.paths.iter().chain(&field.attributes.values.ties).collect();
    for (at, path) in paths.iter().enumerate() {
        if paths.iter().take(at).any(|before| before.is(path)) {
            diag.error(&path.place, "the field has this path already; remove it");
        }
    }
}

/// Each variable goes to one field. For fields of different types that share a path, this depends on their types, which the
/// compiler checks later.
fn variables_differ(diag: &mut Diag, fields: &[Field<'_>]) {
    let types: Vec<_> = fields.iter().map(|field| field.ty.to_token_stream().to_string()).collect();
    for Shared { fields: [first, second], paths } in shared::paths(fields) {
        if [first, second].iter().any(|at| fields[*at].attributes.values.copy) {
            continue;
        }
        if types[first] == types[second] {
            let both = [&fields[first], &fields[second]];
            let whole = both.iter().find(|field| !field.takes_a_part());
            let way_out = match whole {
                Some(whole) if both.iter().any(|field| field.takes_a_part()) => {
                    format!(
                        "write the part that `{}` takes, as in `slice(axis = 0, range = 2..)`",
                        whole.name()
                    )
                }
                _ => "give one of them another path".to_owned(),
            };
            let [first, second] = both.map(Field::name);
            for path in paths {
                diag.error(
                    &path.place,
                    format!("`{first}` and `{second}` take the same variables; {way_out}"),
                );
            }
        }
    }
}
