//! The files of a crate import one another in one direction. A circle has at most four files, such as the parts of one type.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::iter;
use std::path::{Path, PathBuf};

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use quote::ToTokens;
use syn::{Attribute, Item, ItemMod, ItemUse};

/// The longest circle, in files.
const LONGEST: usize = 4;

/// The path of a module, from the root of the crate.
type Module = Vec<String>;

/// The files of a crate, and its names that are re-exported: the module and name, and the module that it comes from.
#[derive(Default)]
struct Crate {
    files: BTreeMap<Module, syn::File>,
    exports: BTreeMap<(Module, String), Module>,
}

impl Crate {
    /// Reads the source of a crate, without tests.
    fn read(source: &Path) -> Self {
        let mut found = Self::default();
        for path in files(source) {
            let mut module: Module = path
                .strip_prefix(source)
                .unwrap()
                .with_extension("")
                .iter()
                .map(|part| part.to_str().unwrap().to_owned())
                .collect();
            if module.iter().any(|part| part == "tests") {
                continue;
            }
            module.pop_if(|last| ["lib", "mod"].contains(&last.as_str()));
            let mut file = syn::parse_file(&fs::read_to_string(&path).unwrap()).unwrap();
            file.items.retain(|item| !is_test(item));
            found.files.insert(module, file);
        }
        for (module, file) in &found.files {
            for item in &file.items {
                if let Item::Use(item) = item
                    && !matches!(item.vis, syn::Visibility::Inherited)
                {
                    for mut path in used(item) {
                        let Some(name) = path.pop() else { continue };
                        let from = found.module_of(module, &path);
                        found.exports.insert((module.clone(), name), from);
                    }
                }
            }
        }
        found
    }

    /// The module of a path in a `use`, as far as it names modules.
    fn module_of(&self, from: &Module, path: &[String]) -> Module {
        let mut all = match path.first().map(String::as_str) {
            Some("crate") => path[1..].to_vec(),
            Some("super") => {
                let up = path.iter().take_while(|part| *part == "super").count();
                [&from[..from.len() - up], &path[up..]].concat()
            }
            Some("self") => [from, &path[1..]].concat(),
            _ => [from, path].concat(),
        };
        while !self.files.contains_key(&all) {
            all.pop();
        }
        all
    }

    /// The file of the item with this path. The file can re-export the item from another one.
    fn defined(&self, from: &Module, path: &[String]) -> Module {
        let module = self.module_of(from, path);
        let Some(name) = path.last() else { return module };
        match self.exports.get(&(module.clone(), name.clone())) {
            Some(other) if *other != module => self.defined(other, &["self".into(), name.clone()]),
            _ => module,
        }
    }

    /// The files that each file imports.
    fn imports(&self) -> BTreeMap<&Module, BTreeSet<&Module>> {
        let imports = |(module, file): (_, &syn::File)| {
            let paths = paths(file.to_token_stream());
            let files = paths.iter().map(|path| self.defined(module, path));
            let others = files.filter(|other| other != module && !other.is_empty());
            (module, others.map(|other| self.files.get_key_value(&other).unwrap().0).collect())
        };
        self.files.iter().map(imports).collect()
    }
}

/// True for an item that is only compiled for tests.
fn is_test(item: &Item) -> bool {
    let (Item::Mod(ItemMod { attrs, .. }) | Item::Use(ItemUse { attrs, .. })) = item else {
        return false;
    };
    let text = |attribute: &Attribute| attribute.to_token_stream().to_string().replace(' ', "");
    attrs.iter().any(|attribute| text(attribute) == "#[cfg(test)]")
}

/// Returns the Rust files in a folder, recursively.
fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = folder.read_dir().unwrap().map(|entry| entry.unwrap().path());
    let within = |path: PathBuf| if path.is_dir() { files(&path) } else { vec![path] };
    entries.flat_map(within).filter(|path| path.extension().is_some_and(|it| it == "rs")).collect()
}

/// The paths of a `use`.
fn used(item: &ItemUse) -> Vec<Vec<String>> {
    let mut all = Vec::new();
    add_path(&mut item.tree.to_token_stream().into_iter().peekable(), &mut Vec::new(), &mut all);
    all
}

/// The paths that start with `crate` or `super`, except those of public re-exports.
fn paths(tokens: TokenStream) -> Vec<Vec<String>> {
    let (mut all, mut is_export) = (Vec::new(), false);
    let mut tokens = tokens.into_iter().peekable();
    while let Some(token) = tokens.next() {
        match token {
            TokenTree::Ident(name) if name == "pub" => is_export = true,
            TokenTree::Ident(name) if name == "use" => {}
            TokenTree::Ident(name) if name == "crate" || name == "super" => {
                let mut found = Vec::new();
                add_path(&mut tokens, &mut vec![name.to_string()], &mut found);
                if !is_export {
                    all.extend(found);
                }
            }
            TokenTree::Group(group) => {
                if group.delimiter() != Delimiter::Parenthesis || !is_export {
                    all.extend(paths(group.stream()));
                    is_export = false;
                }
            }
            _ => is_export = false,
        }
    }
    all
}

/// Adds all paths that continue `path`: `a::{b, c::d}`.
fn add_path(
    tokens: &mut iter::Peekable<impl Iterator<Item = TokenTree>>,
    path: &mut Vec<String>,
    all: &mut Vec<Vec<String>>,
) {
    loop {
        match tokens.peek() {
            Some(TokenTree::Punct(punct)) if punct.as_char() == ':' => drop(tokens.next()),
            Some(TokenTree::Ident(name)) if name != "as" => {
                path.push(name.to_string());
                tokens.next();
                if !matches!(tokens.peek(), Some(TokenTree::Punct(punct)) if punct.as_char() == ':')
                {
                    break;
                }
            }
            Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Brace => {
                let mut inner = group.stream().into_iter().peekable();
                while inner.peek().is_some() {
                    add_path(&mut inner, &mut path.clone(), all);
                    while inner.next_if(|token| !matches!(token, TokenTree::Punct(punct) if punct.as_char() == ',')).is_some() {}
                    inner.next();
                }
                return;
            }
            _ => break,
        }
    }
    all.push(path.clone());
}

/// The files that import one another, directly or through others.
fn circles<'m>(imports: &BTreeMap<&'m Module, BTreeSet<&'m Module>>) -> BTreeSet<Vec<&'m Module>> {
    let reached = |from: &'m Module| {
        let (mut seen, mut left) = (BTreeSet::new(), vec![from]);
        while let Some(module) = left.pop() {
            left.extend(imports[module].iter().filter(|next| seen.insert(**next)));
        }
        seen
    };
    let all: BTreeMap<&Module, _> =
        imports.keys().map(|module| (*module, reached(module))).collect();
    let circle = |module: &&'m Module| -> Vec<&'m Module> {
        all[module].iter().filter(|other| all[*other].contains(module)).copied().collect()
    };
    all.keys().map(circle).filter(|circle| circle.len() > LONGEST).collect()
}

#[test]
fn no_circle_of_imports_is_long() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    for name in [
        "checkpoint-schema",
        "checkpoint-core",
        "checkpoint-derive",
        "checkpoint-scaffold",
        "checkpoint-cli",
    ] {
        let found = Crate::read(&root.join(name).join("src"));
        let imports = found.imports();
        let count: usize = imports.values().map(BTreeSet::len).sum();
        assert!(count > found.files.len(), "{name}: only {count} imports are found");
        let circles = circles(&imports);
        let shown: Vec<String> = circles
            .iter()
            .map(|circle| {
                circle.iter().map(|module| module.join("::")).collect::<Vec<_>>().join(", ")
            })
            .collect();
        assert!(circles.is_empty(), "{name} has circles of imports:\n{}", shown.join("\n"));
    }
}
