//! Container attributes.

use checkpoint_schema::listing::glob;
use checkpoint_schema::model::description::{self, Cast, Dim, Naming, Preset};
use checkpoint_schema::model::expression::Assertion;
use proc_macro2::TokenTree;
use syn::punctuated::Punctuated;
use syn::{LitStr, Token, Type, WherePredicate};

use crate::attr::constant::{self, Constant};
use crate::attr::dialect::{self, Dialect};
use crate::attr::field::FieldAttributes;
use crate::attr::manifest::{ManifestFile, manifests};
use crate::attr::symbols;
use crate::attr::syntax::{Argument, Written, items, tokens};
use crate::attr::table::{Entry, Form, Table, instead};
use crate::attr::value::{self, Path};
use crate::diag::Diag;

/// The values of the attributes of a struct.
#[derive(Default)]
pub(crate) struct StructAttributes {
    pub(crate) prefix: Option<Path>,
    pub(crate) naming: Option<Naming>,
    pub(crate) separator: Option<String>,
    pub(crate) rename_all: Case,
    pub(crate) cast: Option<Cast>,
    /// The name of averages under their variables.
    pub(crate) shadow: Option<String>,
    pub(crate) dims: Vec<Dim>,
    pub(crate) asserts: Vec<Assertion>,
    pub(crate) ignore: Vec<Ignore>,
    pub(crate) allow_unmapped: bool,
    /// Variables that no field holds.
    pub(crate) constants: Vec<Constant>,
    pub(crate) manifests: Vec<ManifestFile>,
    pub(crate) krate: Option<syn::Path>,
    pub(crate) bound: Option<Vec<WherePredicate>>,
    /// The context type of the fields.
    pub(crate) context: Option<Type>,
    /// Alternative prefixes of a dialect.
    pub(crate) prefix_aliases: Vec<Path>,
    /// The dialects of the tree. The other attributes describe the first one.
    pub(crate) declared: Vec<Dialect<Self>>,
    pub(crate) dialects: Vec<Dialect<Self>>,
}

/// A glob of `ignore`, with its location.
pub(crate) struct Glob {
    pub(crate) text: String,
    pub(crate) place: LitStr,
    /// True if it may match nothing.
    pub(crate) optional: bool,
}

/// Variables to skip.
pub(crate) enum Ignore {
    Glob(Glob),
    Preset(Preset),
}

impl Ignore {
    /// The form in a description.
    pub(crate) fn described(&self) -> description::Ignore<'_> {
        match self {
            Self::Glob(Glob { text, optional: true, .. }) => description::Ignore::Optional(text),
            Self::Glob(Glob { text, .. }) => description::Ignore::Glob(text),
            Self::Preset(preset) => description::Ignore::Preset(*preset),
        }
    }
}

/// The case of field names in paths.
#[derive(Clone, Copy, Default)]
pub(crate) enum Case {
    #[default]
    Unchanged,
    Upper,
    Pascal,
    Camel,
    Kebab,
    UpperKebab,
}

impl Table for StructAttributes {
    const KIND: &'static str = "container";
    const PLACE: &'static str = "the struct";
    type Elsewhere = FieldAttributes;

    const ENTRIES: &'static [Entry<Self>] = &[
        Entry::new("prefix", &[Form::Value("\"...\"")], |diag, values, written| {
            values.prefix = value::path(diag, written, "remove it");
        }),
        Entry::new("naming", &[Form::Value("\"object_path\"")], |diag, values, written| {
            values.naming = naming(diag, written);
        }),
        Entry::new("separator", &[Form::Value("\".\"")], |diag, values, written| {
            values.separator = separator(diag, written);
        }),
        Entry::new("rename_all", &[Form::Value("\"camelCase\"")], |diag, values, written| {
            values.rename_all = case(diag, written).unwrap_or_default();
        }),
        Entry::new("dims", &[Form::List("n_embd, n_head = 12")], |diag, values, written| {
            values.dims = symbols::declared(diag, written);
        }),
        Entry::repeatable("assert", &[Form::List("n_embd % n_head == 0")], {
            |diag, values, written| values.asserts.extend(symbols::asserted(diag, written))
        }),
        Entry::new("cast", &[Form::Value("\"lossless\"")], |diag, values, written| {
            values.cast = symbols::cast(diag, written);
        }),
        Entry::new("ignore", &[Form::List("optimizer, \"**/step\"")], |diag, values, written| {
            values.ignore = ignore(diag, written);
        }),
        Entry::new("allow_unmapped", &[Form::Flag], |_, values, _| values.allow_unmapped = true),
        Entry::new(
            "manifest",
            &[Form::Value("\"gpt2.index\""), Form::List("\"a.index\", \"b.index\"")],
            |diag, values, written| values.manifests = manifests(diag, written),
        ),
        Entry::new("crate", &[Form::Value("\"...\"")], |diag, values, written| {
            values.krate = krate(diag, written);
        }),
        Entry::new("bound", &[Form::Value("\"...\"")], |diag, values, written| {
            values.bound = bound(diag, written);
        }),
        Entry::new("context", &[Form::Value("\"Device\"")], |diag, values, written| {
            values.context = context(diag, written);
        }),
        Entry::repeatable("prefix_alias", &[Form::Value("\"...\"")], |diag, values, written| {
            values.prefix_aliases.extend(alias(diag, written));
        }),
        Entry::new("dialects", &[Form::List("tf, hf(separator = \".\")")], {
            |diag, values, written| values.declared = dialect::declared(diag, written)
        }),
        Entry::repeatable("dialect", &[Form::List("hf, prefix = \"...\"")], {
            |diag, values, written| values.dialects.extend(dialect::of_struct(diag, written))
        }),
        Entry::repeatable(
            "constant",
            &[Form::List("path = \"num_batches_tracked\", value = 0, dtype = i64")],
            |diag, values, written| values.constants.extend(constant::read(diag, written)),
        ),
        Entry::new("shadow", &[Form::Value("\"ExponentialMovingAverage\"")], {
            |diag, values, written| values.shadow = shadow(diag, written)
        }),
    ];
}

/// A prefix, which may be empty.
fn alias(diag: &mut Diag, written: &Written) -> Option<Path> {
    let literal = value::string(diag, written)?;
    if literal.value().is_empty() {
        return Some(Path::text(String::new(), &literal));
    }
    value::template(diag, &literal)
}

fn naming(diag: &mut Diag, written: &Written) -> Option<Naming> {
    let literal = value::string(diag, written)?;
    let name = literal.value();
    let naming = Naming::ALL.into_iter().find(|naming| name == naming.word());
    if naming.is_none() {
        let way_out = instead(&name, &Naming::ALL.map(Naming::word));
        diag.error(&literal, format!("unknown kind of names `{name}`; {way_out}"));
    }
    naming
}

/// Rejects a separator that starts with a digit, which would read as a part of an index before it.
fn separator(diag: &mut Diag, written: &Written) -> Option<String> {
    let literal = value::string(diag, written)?;
    let text = literal.value();
    if text.is_empty() || text.starts_with(|letter: char| letter.is_ascii_digit()) {
        diag.error(&literal, "a separator is not empty and starts with no digit; write `/` or `.`");
        return None;
    }
    Some(text)
}

/// Rejects placeholders: the name of an average is the same under all variables.
fn shadow(diag: &mut Diag, written: &Written) -> Option<String> {
    let literal = value::string(diag, written)?;
    let text = literal.value();
    if text == NEVER {
        let way_out = "write it there, or write the name of averages";
        diag.error(&literal, format!("`shadow = \"never\"` is for a field; {way_out}"));
        return None;
    }
    if text.is_empty() || text.starts_with('/') || text.contains(['<', '>']) {
        let way_out = "write `shadow = \"ExponentialMovingAverage\"`";
        diag.error(&literal, format!("expected the name of averages below variables; {way_out}"));
        return None;
    }
    Some(text)
}

/// The value of `shadow` on a field.
pub(crate) const NEVER: &str = "never";

/// The cases of serde. Fields are in snake case, so some cases do not change them.
const CASES: [(&str, Case); 8] = [
    ("lowercase", Case::Unchanged),
    ("UPPERCASE", Case::Upper),
    ("PascalCase", Case::Pascal),
    ("camelCase", Case::Camel),
    ("snake_case", Case::Unchanged),
    ("SCREAMING_SNAKE_CASE", Case::Upper),
    ("kebab-case", Case::Kebab),
    ("SCREAMING-KEBAB-CASE", Case::UpperKebab),
];

fn case(diag: &mut Diag, written: &Written) -> Option<Case> {
    let literal = value::string(diag, written)?;
    let name = literal.value();
    let case = CASES.iter().find(|(known, _)| *known == name).map(|(_, case)| *case);
    if case.is_none() {
        let way_out = instead(&name, &CASES.map(|(known, _)| known));
        diag.error(&literal, format!("unknown case `{name}`; {way_out}"));
    }
    case
}

impl Case {
    /// The name of a field in this case.
    pub(crate) fn of(self, name: &str) -> String {
        match self {
            Self::Unchanged => name.to_owned(),
            Self::Upper => name.to_ascii_uppercase(),
            Self::Pascal => {
                name.split('_').map(|word| with_first(word, char::to_ascii_uppercase)).collect()
            }
            Self::Camel => with_first(&Self::Pascal.of(name), char::to_ascii_lowercase),
            Self::Kebab => name.replace('_', "-"),
            Self::UpperKebab => Self::Upper.of(&Self::Kebab.of(name)),
        }
    }
}

fn with_first(word: &str, change: fn(&char) -> char) -> String {
    let mut letters = word.chars();
    letters.next().iter().map(change).chain(letters).collect()
}

fn ignore(diag: &mut Diag, written: &Written) -> Vec<Ignore> {
    let Argument::List(list) = &written.argument else { return Vec::new() };
    let items = items(diag, list.stream());
    if items.is_empty() {
        diag.error(list, "`ignore` lists nothing; write globs and presets, or remove it");
    }
    items.iter().filter_map(|item| ignored(diag, item)).collect()
}

fn ignored(diag: &mut Diag, item: &[TokenTree]) -> Option<Ignore> {
    if let [TokenTree::Ident(name)] = item {
        let preset = Preset::ALL.into_iter().find(|preset| name == preset.word());
        if preset.is_none() {
            let way_out = instead(&name.to_string(), &Preset::ALL.map(Preset::word));
            diag.error(name, format!("unknown preset `{name}`; {way_out}"));
        }
        return preset.map(Ignore::Preset);
    }
    let (item, optional) = match item {
        [TokenTree::Ident(word), TokenTree::Group(group)] if word == "optional" => {
            (group.stream(), true)
        }
        _ => (tokens(item), false),
    };
    let Ok(literal) = syn::parse2::<LitStr>(item.clone()) else {
        diag.error(item, "expected a glob in quotes or a preset; write `ignore(\"**/step\")`");
        return None;
    };
    let checked = glob::check(&literal.value());
    checked.map_err(|error| diag.error(&literal, error)).ok()?;
    Some(Ignore::Glob(Glob { text: literal.value(), place: literal, optional }))
}

fn krate(diag: &mut Diag, written: &Written) -> Option<syn::Path> {
    let literal = value::string(diag, written)?;
    let path = literal.parse_with(syn::Path::parse_mod_style).ok();
    if path.is_none() {
        diag.error(&literal, "`crate` is the path of a module; write `crate = \"::name\"`");
    }
    path
}

fn bound(diag: &mut Diag, written: &Written) -> Option<Vec<WherePredicate>> {
    let literal = value::string(diag, written)?;
    let predicates = Punctuated::<WherePredicate, Token![,]>::parse_terminated;
    let predicates = literal.parse_with(predicates).ok();
    if predicates.is_none() {
        let way_out = "write `bound = \"T: Trait\"`";
        diag.error(
            &literal,
            format!("`bound` takes the predicates of a `where` clause; {way_out}"),
        );
    }
    Some(predicates?.into_iter().collect())
}

fn context(diag: &mut Diag, written: &Written) -> Option<Type> {
    let literal = value::string(diag, written)?;
    let ty = literal.parse().ok();
    if ty.is_none() {
        diag.error(&literal, "`context` is a type; write `context = \"Device\"`");
    }
    ty
}
