//! Each dependency of a crate is used in its source.

use std::fs;
use std::path::{Path, PathBuf};

/// Returns the Rust files in a folder, recursively.
fn sources(folder: &Path) -> Vec<PathBuf> {
    let entries = folder.read_dir().unwrap().map(|entry| entry.unwrap().path());
    let within = |path: PathBuf| match path.is_dir() {
        true if path.ends_with("target") => Vec::new(),
        true => sources(&path),
        false => vec![path],
    };
    entries.flat_map(within).filter(|path| path.extension().is_some_and(|it| it == "rs")).collect()
}

/// Returns the dependencies in a manifest, except in tables that no target builds.
fn dependencies(manifest: &str) -> Vec<&str> {
    let mut table = "";
    let mut names = Vec::new();
    for line in manifest.lines() {
        if line.starts_with('[') {
            table = line;
        } else if table.ends_with("dependencies]")
            && !table.contains("any()")
            && let Some((name, _)) = line.split_once(['.', ' '])
            && !name.starts_with(['#', ' '])
        {
            names.push(name);
        }
    }
    names
}

#[test]
fn every_dependency_is_used() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let folders = root.read_dir().unwrap().map(|entry| entry.unwrap().path());
    let crates = folders.filter(|folder| folder.join("Cargo.toml").is_file());
    let (mut seen, mut unused) = (0, Vec::new());
    for folder in crates.filter(|folder| !folder.ends_with("fuzz")) {
        let manifest = fs::read_to_string(folder.join("Cargo.toml")).unwrap();
        let source: String =
            sources(&folder).iter().map(|file| fs::read_to_string(file).unwrap()).collect();
        for name in dependencies(&manifest) {
            seen += 1;
            let used = source.contains(&name.replace('-', "_"));
            unused.extend((!used).then(|| format!("{}: {name}", folder.display())));
        }
    }
    assert!(seen > 50, "only {seen} dependencies are found");
    assert!(unused.is_empty(), "no source names {unused:#?}; remove them");
}
