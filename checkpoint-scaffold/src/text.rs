//! The text of the structs.

use std::collections::BTreeSet;

use super::Options;
use crate::attribute::{Word, attribute, quoted};
use crate::choice::{self, Choice};
use crate::content::{Leaf, List};
use crate::dialect::{Conversion, Dialect, Said};
use crate::identifiers::{Identifiers, SYMBOL, is_path};
use crate::lengths::{Length, Lengths, Position};
use crate::numbers::Segment;
use crate::places::Element;
use crate::sites::Sites;
use crate::structs::{Field, Holds, Structs};
use crate::types;
use checkpoint_schema::listing::catalog::Name;
use checkpoint_schema::listing::dtype::DType;
use checkpoint_schema::model::description::Naming;
use checkpoint_schema::naming::Names;

/// The parts of the text.
pub(super) struct Text<'a> {
    pub(super) options: Options<'a>,
    pub(super) names: &'a Names<'a>,
    pub(super) choice: &'a Choice<'a>,
    pub(super) prefix: &'a [String],
    pub(super) structs: &'a Structs,
    pub(super) lengths: &'a Lengths,
    pub(super) dialect: Option<&'a Dialect>,
    pub(super) identifiers: &'a Identifiers,
}

/// A field whose name says nothing counts as this many fields.
const NAMELESS: usize = 5;

/// Names that Keras and TensorFlow give to nameless variables, before a number.
const GENERIC: [&str; 4] = ["Variable", "layer-", "layer_with_weights-", "variable"];

/// Lists of variables that lack their names.
const ANONYMOUS: [&str; 4] =
    ["_trainable_variables", "non_trainable_variables", "trainable_variables", "variables"];

/// True if the path of a field says nothing but a number.
fn is_nameless(field: &Field) -> bool {
    let is_generic = |segment: &Segment| {
        let bare = segment.before.trim_end_matches(|letter: char| letter.is_ascii_digit());
        let is_number = bare.is_empty() && segment.number.is_none();
        is_number || GENERIC.contains(&bare.trim_end_matches('_')) || ANONYMOUS.contains(&bare)
    };
    field.path.iter().any(is_generic)
}

/// The maximum number of listed variables of another checkpoint.
const MAX_LEFT: usize = 20;

/// The indentation of fields.
const INDENT: usize = 4;

impl Text<'_> {
    /// Returns the whole file.
    pub(super) fn file(&self) -> String {
        let separator = self.choice.separator.to_string();
        let sites = Sites::of(self.structs, &self.prefix_path(), &separator);
        let structs = self.structs.in_order().into_iter();
        let structs = structs.map(|number| self.structure(number, &sites));
        [self.comments(), self.imports()].into_iter().chain(structs).collect()
    }

    /// Returns a struct, after an empty line.
    fn structure(&self, number: usize, sites: &Sites) -> String {
        let doc = self.doc(number, sites);
        let words = attribute(&self.words(number), 0);
        let name = &self.identifiers.get(number).name;
        let fields = 0..self.structs.get(number).fields.len();
        let mut fields: String = fields.map(|field| self.field(number, field)).collect();
        if !fields.is_empty() {
            fields.insert(0, '\n');
        }
        format!(
            "\n/// {doc}\n#[derive({})]\n{words}pub struct {name} {{{fields}}}\n",
            self.derived().join(", "),
        )
    }

    /// Returns comments on facts that the structs do not show.
    fn comments(&self) -> String {
        let mut lines = Vec::new();
        lines.extend(self.options.note.map(str::to_owned));
        lines.extend(self.features().map(|feature| {
            format!("Needs the crate `{feature}`, and that feature of `checkpoint-core`.")
        }));
        if self.leaves().any(|leaf| leaf.dtype == DType::String) {
            lines.push(
                "A string is a `Vec<u8>`; where all are UTF-8, it may be a `String`.".to_owned(),
            );
        }
        if self.joins() {
            lines.push(
                "`concat` joins parts along the axis in which they differ, or else along axis 0."
                    .to_owned(),
            );
        }
        if self.leaves().any(|leaf| leaf.import() == Some("Tensor")) {
            lines.push("A `Tensor` holds what has no Rust type, as it is.".to_owned());
        }
        if !self.choice.unwritable.is_empty() {
            lines.push("No path can be these names, so that they are not loaded:".to_owned());
            lines.extend(self.choice.unwritable.iter().map(|name| format!("- {}", cut(name))));
        }
        if !self.choice.unreadable.is_empty() {
            lines.push("These are incomplete or damaged, so that they are not loaded:".to_owned());
            lines.extend(self.choice.unreadable.iter().map(|name| format!("- {}", cut(name))));
        }
        if let (Some(dialect), Some(other)) = (self.dialect, self.options.other)
            && !dialect.left.is_empty()
        {
            let count = dialect.left.len();
            lines.push(format!("No field takes these of `{}`, {count} in all:", other.name));
            lines.extend(dialect.left.iter().take(MAX_LEFT).map(|name| format!("- {}", cut(name))));
            if count > MAX_LEFT {
                lines.push(format!("- and {} more", count - MAX_LEFT));
            }
        }
        if lines.is_empty() {
            return String::new();
        }
        format!("// {}\n\n", lines.join("\n// "))
    }

    /// Returns the fields of all structs.
    fn fields(&self) -> impl Iterator<Item = &Field> {
        (0..self.structs.len()).flat_map(|number| &self.structs.get(number).fields)
    }

    /// True if a field joins parts of several axes.
    fn joins(&self) -> bool {
        self.fields().any(|field| {
            let several = matches!(field.holds, Holds::Variable(leaf) if leaf.rank > 1);
            several && matches!(field.list, Some(List::Parts { .. }))
        })
    }

    /// Returns the descriptions of all variables.
    fn leaves(&self) -> impl Iterator<Item = Leaf> {
        self.fields().filter_map(|field| match field.holds {
            Holds::Variable(leaf) => Some(leaf),
            Holds::Struct(_) => None,
        })
    }

    fn features(&self) -> impl Iterator<Item = &'static str> {
        let needed: BTreeSet<_> =
            self.leaves().filter_map(|leaf| types::feature(leaf.dtype)).collect();
        needed.into_iter()
    }

    fn imports(&self) -> String {
        let imported: BTreeSet<&str> = self.leaves().filter_map(Leaf::import).collect();
        let arrays: Vec<&str> = imported.iter().copied().filter(|ty| *ty != "Tensor").collect();
        let mut core = self.derived();
        core.retain(|name| *name != "Debug");
        core.extend(imported.get("Tensor"));
        core.sort_unstable();
        let core = match &core[..] {
            [only] => format!("use checkpoint_core::{only};\n"),
            several => format!("use checkpoint_core::{{{}}};\n", several.join(", ")),
        };
        match &arrays[..] {
            [] => core,
            [only] => format!("{core}use ndarray::{only};\n"),
            several => format!("{core}use ndarray::{{{}}};\n", several.join(", ")),
        }
    }

    /// Returns the derived traits.
    fn derived(&self) -> Vec<&'static str> {
        let save = self.options.save.then_some("ToCheckpoint");
        ["Debug", "FromCheckpoint"].into_iter().chain(save).collect()
    }

    /// Estimates how hard the structs are to read.
    pub(super) fn effort(&self) -> usize {
        let fields = self.fields();
        let fields: usize = fields.map(|field| if is_nameless(field) { NAMELESS } else { 1 }).sum();
        fields + NAMELESS * self.choice.unwritable.len()
    }

    /// Returns the doc comment of a struct.
    fn doc(&self, number: usize, sites: &Sites) -> String {
        if number == self.structs.root() {
            let variables = self.names.catalog().variables().len();
            let taken = self.choice.taken.len();
            let checkpoint = seen(self.options.checkpoint);
            match (taken, variables) {
                (1, 1) => format!("The variable of `{checkpoint}`."),
                _ if taken == variables => format!("The {variables} variables of `{checkpoint}`."),
                _ => format!("{taken} of the {variables} variables of `{checkpoint}`."),
            }
        } else {
            sites.said(number)
        }
    }

    /// Returns the container attributes of a struct.
    fn words(&self, number: usize) -> Vec<Word> {
        if number == self.structs.root() {
            return self.root_words();
        }
        let symbols = self.lengths.of_struct(number).map_or(&[][..], |of| &of.symbols);
        let called = self.identifiers.get(number);
        let items = symbols.iter().enumerate().map(|(symbol, said)| {
            let local = if said.is_local { "local " } else { "" };
            format!("{local}{}", called.symbol(symbol))
        });
        let items: Vec<String> = items.collect();
        let is_meta = !symbols.iter().any(|symbol| symbol.is_local);
        list("dims", items, is_meta).into_iter().collect()
    }

    fn root_words(&self) -> Vec<Word> {
        let mut words = Vec::new();
        words.extend(self.options.manifest.map(|file| Word::text("manifest", file)));
        if self.names.naming() != Naming::Key {
            words.push(Word::text("naming", self.names.naming().word()));
        }
        if self.choice.separator != '/' {
            words.push(Word::text("separator", &self.choice.separator.to_string()));
        }
        if !self.prefix.is_empty() {
            words.push(Word::text("prefix", &choice::path(&self.prefix_path())));
        }
        let symbols = &self.lengths.symbols;
        let symbols = symbols.iter().map(|length| self.symbol(*length)).collect();
        words.extend(list("dims", symbols, true));
        let presets = self.choice.presets.iter().map(|preset| (*preset).to_owned());
        let globs = self.choice.globs.iter().map(|glob| quoted(glob));
        words.extend(list("ignore", presets.chain(globs).collect(), true));
        words.extend(self.dialects());
        if self.choice.allow_unmapped {
            words.push(Word::flag("allow_unmapped"));
        }
        words
    }

    /// Returns the common prefix of all names.
    fn prefix_path(&self) -> String {
        self.prefix.join(&self.choice.separator.to_string())
    }

    /// Returns a field with its attributes, in lines.
    pub(super) fn field(&self, number: usize, field: usize) -> String {
        let Some(is) = self.structs.get(number).fields.get(field) else { return String::new() };
        let name = self.identifiers.get(number).field(field);
        let mut words = Vec::new();
        if is.path.is_empty() {
            words.push(Word::flag("flatten"));
        } else if !is_path(is, name) {
            words.push(Word::text("path", &self.path(is, number == self.structs.root())));
        }
        words.extend(repeat(is, self.structs.index(is)));
        words.extend(self.lengths_of(number, field, is));
        let (comment, said) = self.in_dialect(number, field, is);
        words.extend(said);
        let said = self.dialect.and_then(|dialect| dialect.fields.get(&(number, field)));
        words.extend(
            said.filter(|said| said.layout.is_kept_square).map(|_| Word::flag("same_layout")),
        );
        comment + &attribute(&words, INDENT) + &format!("    pub {name}: {},\n", self.ty(is))
    }

    /// Returns `dialects(tf, hf(separator = "."))`.
    fn dialects(&self) -> Option<Word> {
        let (dialect, other) = (self.dialect?, self.options.other?);
        let mut within = Vec::new();
        if dialect.separator != self.choice.separator {
            within.push(format!("separator = {}", quoted(&dialect.separator.to_string())));
        }
        if !dialect.prefix.is_empty() {
            let prefix = dialect.prefix.join(&self.choice.separator.to_string());
            within.push(format!("prefix = {}", quoted(&choice::path(&prefix))));
        }
        if !dialect.ignored.is_empty() {
            within.push(format!("ignore({})", dialect.ignored.join(", ")));
        }
        let within =
            if within.is_empty() { String::new() } else { format!("({})", within.join(", ")) };
        let items = vec![self.first_dialect().to_owned(), format!("{}{within}", other.name)];
        list("dialects", items, true)
    }

    /// The name of the dialect of the structs themselves.
    fn first_dialect(&self) -> &'static str {
        match self.options.other {
            Some(other) if other.name == "tf" => "pt",
            _ => "tf",
        }
    }

    /// Returns the field in the other dialect, with a comment if that is not certain.
    fn in_dialect(&self, number: usize, field: usize, is: &Field) -> (String, Option<Word>) {
        let (Some(dialect), Some(other)) = (self.dialect, self.options.other) else {
            return (String::new(), None);
        };
        let space = " ".repeat(INDENT);
        let Some(said) = dialect.fields.get(&(number, field)) else {
            let comment = format!("{space}// `{}` has no match for it.\n", other.name);
            return (comment, None);
        };
        let comment = if said.layout.is_guess {
            format!("{space}// Check the order of its axes in `{}`: it is square.\n", other.name)
        } else {
            String::new()
        };
        let is_root = number == self.structs.root();
        // A path from the root has no prefix.
        let is_absolute = is_root && !self.prefix.is_empty() && dialect.prefix.is_empty();
        let Said { path, layout: Conversion { steps, .. } } = said;
        if *path == is.path && steps.is_empty() && !is_absolute {
            return (comment, None);
        }
        let segments =
            path.iter().map(|segment| segment.written(self.structs.index(is)).to_string());
        let separator = self.choice.separator.to_string();
        let path = segments.collect::<Vec<_>>().join(&separator);
        let start = if is_absolute { "/" } else { "" };
        let path = format!("path = {}", quoted(&format!("{start}{path}")));
        let items = [other.name.to_owned(), path].into_iter().chain(steps.iter().cloned());
        (comment, list("dialect", items.collect(), true))
    }

    /// Formats an element of a field, such as `h[3]`, or the field if it is no list.
    pub(super) fn element(&self, number: usize, element: Element) -> String {
        let Element { field, index } = element;
        let name = self.identifiers.get(number).field(field);
        let is = self.structs.get(number).fields.get(field).filter(|field| field.is_list());
        let list = is.and_then(|field| field.list.as_ref());
        let position = list.and_then(|list| list.indices().position(|other| other == index));
        position.map_or_else(|| name.to_owned(), |position| format!("{name}[{position}]"))
    }

    /// True if a field takes variables, false if it has structs.
    pub(super) fn takes(&self, number: usize, field: usize) -> bool {
        let field = self.structs.get(number).fields.get(field);
        field.is_some_and(|field| matches!(field.holds, Holds::Variable(_)))
    }

    /// Returns the path of a field, as a template.
    fn path(&self, field: &Field, in_root: bool) -> String {
        let index = self.structs.index(field);
        let segments = field.path.iter().map(|segment| segment.written(index).to_string());
        let path = segments.collect::<Vec<_>>().join(&self.choice.separator.to_string());
        // A path with a leading `/` starts at the root, so a name with a leading `/` gets another one.
        if in_root && self.prefix.is_empty() && path.starts_with('/') {
            format!("/{path}")
        } else {
            path
        }
    }

    fn ty(&self, field: &Field) -> String {
        let mut ty = match field.holds {
            Holds::Variable(leaf) => leaf.ty(),
            Holds::Struct(number) => self.identifiers.get(number).name.clone(),
        };
        if field.is_list() {
            ty = format!("Vec<{ty}>");
        }
        if field.optional { format!("Option<{ty}>") } else { ty }
    }

    /// Returns the shape of a variable, or the symbols of a struct.
    fn lengths_of(&self, number: usize, field: usize, is: &Field) -> Option<Word> {
        let of = self.lengths.of_struct(number)?;
        match is.holds {
            Holds::Variable(leaf) => {
                let axes = (0..leaf.rank)
                    .map(|axis| of.lengths.get(&Position::Axis { field, axis }).copied());
                let axes: Vec<Length> = axes.collect::<Option<_>>()?;
                let shape: Vec<String> =
                    axes.iter().map(|axis| self.length(number, *axis)).collect();
                let says = axes.iter().any(|axis| *axis != Length::Any);
                says.then(|| Word::other(format!("shape = [{}]", shape.join(", "))))
            }
            Holds::Struct(within) => {
                let within_of = self.lengths.of_struct(within)?;
                let called = self.identifiers.get(within);
                let said = |symbol| {
                    let length = of.lengths.get(&Position::Within { field, symbol })?;
                    let value = self.length(number, *length);
                    let is_number = value.parse::<u64>().is_ok();
                    Some((format!("{} = {value}", called.symbol(symbol)), is_number))
                };
                let said: Vec<(String, bool)> =
                    (0..within_of.symbols.len()).filter_map(said).collect();
                let is_meta = said.iter().all(|(_, is_number)| *is_number);
                list("dims", said.into_iter().map(|(text, _)| text).collect(), is_meta)
            }
        }
    }

    /// Returns the symbol of the root for a length.
    fn symbol(&self, length: u64) -> String {
        let named = self.options.lengths.get(&length);
        named.cloned().unwrap_or_else(|| format!("{SYMBOL}{length}"))
    }

    /// Returns a length as an expression.
    fn length(&self, number: usize, length: Length) -> String {
        match length {
            Length::Any => "_".to_owned(),
            Length::Symbol(symbol) => self.identifiers.get(number).symbol(symbol).to_owned(),
            Length::Is(length) => match self.lengths.multiples.get(&length) {
                Some((factor, base)) => format!("{factor} * {}", self.symbol(*base)),
                None if self.lengths.symbols.contains(&length) => self.symbol(length),
                None => length.to_string(),
            },
        }
    }
}

fn list(name: &'static str, items: Vec<String>, is_meta: bool) -> Option<Word> {
    (!items.is_empty()).then_some(Word::List { name, items, is_meta })
}

/// `repeat`, `repeat(i = 1..)`, `repeat(i in [8, 16])`, or `concat(i, axis = 0)`.
fn repeat(field: &Field, index: &str) -> Option<Word> {
    let (start, end) = match field.list.as_ref()? {
        List::Range { start, end } => (*start, *end),
        List::Numbers(numbers) => {
            return Some(Word::other(format!("repeat({index} in {numbers:?})")));
        }
        List::Parts { axis } => {
            return Some(Word::other(format!("concat({index}, axis = {axis})")));
        }
    };
    // If it is the only index of the path, it needs no name.
    let is_alone = !field.path.iter().any(Segment::is_counted_around);
    Some(match (start, end) {
        (0, None) if is_alone => Word::flag("repeat"),
        (0, None) => Word::flag(&format!("repeat({index})")),
        (start, None) => Word::other(format!("repeat({index} = {start}..)")),
        (start, Some(end)) => Word::other(format!("repeat({index} = {start}..{end})")),
    })
}

/// The maximum number of letters of a name in a comment.
const MAX_LETTERS: usize = 60;

/// Shortens a name for a comment.
pub(super) fn cut(name: &str) -> String {
    if name.chars().count() <= MAX_LETTERS {
        return format!("`{name}`");
    }
    let start: String = name.chars().take(MAX_LETTERS).collect();
    format!("`{start}...`")
}

/// Returns a text on one line, without invisible characters.
pub(super) fn seen(text: &str) -> String {
    Name::from(text).to_string()
}
