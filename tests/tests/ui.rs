//! The errors of the derive macro.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use proc_macro2::{TokenStream, TokenTree};
use syn::LitStr;

#[test]
fn mistakes_are_reported_where_they_are() {
    put_manifests().unwrap();
    trybuild::TestCases::new().compile_fail("ui/*/*.rs");
}

/// Copies the manifests of the cases into the folder of the crate that `trybuild` creates.
fn put_manifests() -> io::Result<()> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("tests");
    let folder = target.join("trybuild").join(env!("CARGO_PKG_NAME"));
    fs::create_dir_all(&folder)?;
    for (name, from) in [
        ("gpt2.index", root.join("corpus/models/gpt2-nano/model.ckpt.index")),
        ("gpt2.txt", root.join("corpus/manifests/gpt2-nano.txt")),
        ("arrays.npz", root.join("corpus/numpy/stored.npz")),
        ("v1.ckpt", root.join("corpus/gen/v1-basic/model.ckpt")),
    ] {
        fs::copy(from, folder.join(name))?;
    }
    for (name, text) in [
        ("dense.txt", "a/kernel  f32 [2, 3]\nb/kernel  f32 [2, 2]\n"),
        ("dense-hf.txt", "a.weight  f32 [3, 2]\nb.weight  f32 [2, 2]\n"),
        ("wide-hf.txt", "a.weight  f32 [4, 2]\nb.weight  f32 [2, 2]\n"),
    ] {
        fs::write(folder.join(name), text)?;
    }
    let index = fs::read(folder.join("gpt2.index"))?;
    fs::write(folder.join("damaged.index"), &index[..100])?;
    fs::write(folder.join("damaged.txt"), "# by hand\nmodel/wte  f31 [300, 16]\n")
}

/// Finds the messages in the source of the derive macro, and checks that each is in the output of the cases above.
#[test]
fn every_message_of_the_derive_has_a_case() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let printed = contents(&root.join("ui"), "stderr");
    let sources = contents(&root.join("../checkpoint-derive/src"), "rs");
    let messages: Vec<_> =
        sources.iter().flat_map(|source| messages(source.parse().unwrap())).collect();
    assert!(messages.len() > 20, "the search finds too little: {messages:?}");
    let untested: Vec<_> = messages
        .iter()
        .filter(|message| !printed.iter().any(|text| text.lines().any(|line| shows(line, message))))
        .collect();
    assert!(untested.is_empty(), "no case in `ui/` prints {untested:#?}");
}

/// Returns the text of every file below `folder` with this extension.
fn contents(folder: &Path, extension: &str) -> Vec<String> {
    let mut folders = vec![folder.to_owned()];
    let mut files: Vec<PathBuf> = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            match path.extension() {
                _ if path.is_dir() => folders.push(path),
                Some(found) if found == extension => files.push(path),
                _ => {}
            }
        }
    }
    files.into_iter().map(|file| fs::read_to_string(file).unwrap()).collect()
}

/// Returns the text of the second argument of every `diag.error(..)`.
fn messages(source: TokenStream) -> Vec<String> {
    let tokens: Vec<_> = source.into_iter().collect();
    let inside = tokens.iter().filter_map(|token| match token {
        TokenTree::Group(group) => Some(messages(group.stream())),
        _ => None,
    });
    let here = tokens.windows(4).filter_map(|tokens| match tokens {
        [
            TokenTree::Ident(diag),
            TokenTree::Punct(_),
            TokenTree::Ident(error),
            TokenTree::Group(call),
        ] if diag == "diag" && error == "error" => message(call.stream()),
        _ => None,
    });
    inside.flatten().chain(here).collect()
}

/// Returns the first string after the first comma, or `None` for an `error` with a message and tests of its own.
fn message(call: TokenStream) -> Option<String> {
    let comma =
        |token: &TokenTree| matches!(token, TokenTree::Punct(comma) if comma.as_char() == ',');
    let message: TokenStream = call.into_iter().skip_while(|token| !comma(token)).skip(1).collect();
    if message.to_string() == "error" {
        return None;
    }
    let text = string(message.clone());
    Some(text.unwrap_or_else(|| panic!("`{message}` is not a text that can be found")))
}

fn string(tokens: TokenStream) -> Option<String> {
    tokens.into_iter().find_map(|token| match token {
        TokenTree::Group(group) => string(group.stream()),
        TokenTree::Literal(literal) => {
            syn::parse_str::<LitStr>(&literal.to_string()).ok().map(|text| text.value())
        }
        _ => None,
    })
}

/// True if the line contains the message, with any text in place of its braces.
fn shows(line: &str, message: &str) -> bool {
    let mut rest = line;
    let pieces = message.split('{').enumerate().map(|(at, piece)| match at {
        0 => piece,
        _ => piece.split_once('}').map_or(piece, |(_, text)| text),
    });
    let mut pieces = pieces;
    pieces.all(|piece| match rest.split_once(piece) {
        Some((_, after)) => {
            rest = after;
            true
        }
        None => false,
    })
}
