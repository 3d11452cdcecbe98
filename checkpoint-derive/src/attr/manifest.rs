//! `manifest`: the files that a struct is checked against.

use proc_macro2::{Ident, TokenStream, TokenTree};
use syn::LitStr;

use crate::attr::syntax::{Argument, Written, items, tokens};
use crate::attr::value;
use crate::diag::Diag;

/// A file, with the dialect of its names.
pub(crate) struct ManifestFile {
    /// The dialect, if it is written. Others are of the first dialect.
    pub(crate) dialect: Option<Ident>,
    pub(crate) file: LitStr,
    /// The number of its model, among the files of its dialect.
    pub(crate) model: usize,
}

/// `manifest = "gpt2.index"`, `manifest("a.index", "b.index")`, `manifest(tf = "a.index", hf("a.txt", "b.txt"))`
pub(crate) fn manifests(diag: &mut Diag, written: &Written) -> Vec<ManifestFile> {
    let Argument::List(list) = &written.argument else {
        let file = |file| ManifestFile { dialect: None, file, model: 0 };
        return value::string(diag, written).map(file).into_iter().collect();
    };
    let entries = items(diag, list.stream());
    if entries.is_empty() {
        let way_out = "write `manifest = \"gpt2.index\"`, or remove it";
        diag.error(list, format!("`manifest` lists no file; {way_out}"));
    }
    let mut found: Vec<ManifestFile> = Vec::new();
    for entry in entries {
        let (dialect, files) = match &entry[..] {
            [TokenTree::Ident(name), TokenTree::Punct(equals), file @ ..]
                if equals.as_char() == '=' =>
            {
                (Some(name.clone()), vec![tokens(file)])
            }
            [TokenTree::Ident(name), TokenTree::Group(list)] => {
                let files = items(diag, list.stream());
                (Some(name.clone()), files.iter().map(|file| tokens(file)).collect())
            }
            file => (None, vec![tokens(file)]),
        };
        if let Some(name) = &dialect
            && found.iter().any(|file| file.dialect.as_ref() == Some(name))
        {
            let way_out = format!("write `{name}(\"a.index\", \"b.index\")`");
            diag.error(name, format!("`{name}` has manifests already; {way_out}"));
            continue;
        }
        for item in files {
            let model = found.iter().filter(|file| file.dialect == dialect).count();
            found.extend(file(diag, item).map(|file| ManifestFile {
                dialect: dialect.clone(),
                file,
                model,
            }));
        }
    }
    name_all_dialects(diag, &found);
    found
}

/// Checks that each file of a list has a dialect, or none.
fn name_all_dialects(diag: &mut Diag, found: &[ManifestFile]) {
    let Some(name) = found.iter().find_map(|file| file.dialect.as_ref()) else { return };
    for ManifestFile { file, .. } in found.iter().filter(|file| file.dialect.is_none()) {
        let way_out = format!("write it as that of `{name}`");
        diag.error(file, format!("this manifest has no dialect, but others have one; {way_out}"));
    }
}

fn file(diag: &mut Diag, item: TokenStream) -> Option<LitStr> {
    let literal = syn::parse2(item.clone()).ok();
    if literal.is_none() {
        diag.error(item, "expected a file in quotes; write `manifest = \"gpt2.index\"`");
    }
    literal
}
