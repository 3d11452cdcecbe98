//! Links between pages, and the READMEs of packages.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// Returns the pages in a folder, recursively.
fn pages(folder: &Path) -> Vec<PathBuf> {
    let entries = folder.read_dir().unwrap().map(|entry| entry.unwrap().path());
    let within = |path: PathBuf| match path.is_dir() {
        true if path.ends_with("target") || path.ends_with(".git") => Vec::new(),
        true => pages(&path),
        false => vec![path],
    };
    entries.flat_map(within).filter(|path| path.extension().is_some_and(|it| it == "md")).collect()
}

/// Returns the text without blocks and spans of code.
fn prose(page: &str) -> String {
    let mut is_code = false;
    let is_prose = |line: &&str| {
        let is_fence = line.trim_start().starts_with("```");
        is_code ^= is_fence;
        !is_code && !is_fence
    };
    let lines: Vec<&str> = page.lines().filter(is_prose).collect();
    // A link may be around a span: [`ckpt`](...).
    lines.join("\n").replace("[`", "[").replace("`]", "]").split('`').step_by(2).collect()
}

/// Returns the targets of links and images.
fn links(page: &str) -> Vec<String> {
    let targets = prose(page);
    let targets = targets.split("](").skip(1).filter_map(|rest| rest.split_once(')'));
    targets.map(|(target, _)| target.to_owned()).collect()
}

/// Returns the anchors of a page's headings, as in the pages of a repository.
fn anchors(page: &str) -> BTreeSet<String> {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    let mut is_code = false;
    let headings = page.lines().filter(|line| {
        is_code ^= line.starts_with("```");
        !is_code && line.starts_with('#')
    });
    let anchor = |line: &str| {
        let title = line.trim_start_matches('#').trim().to_lowercase();
        let title = title.replace(' ', "-");
        title.chars().filter(|letter| letter.is_alphanumeric() || "-_".contains(*letter)).collect()
    };
    let numbered = |anchor: String| {
        let count = counts.entry(anchor.clone()).or_default();
        *count += 1;
        if *count == 1 { anchor } else { format!("{anchor}-{}", *count - 1) }
    };
    headings.map(anchor).map(numbered).collect()
}

#[test]
fn each_link_leads_to_a_file_and_a_heading() {
    let (mut seen, mut broken) = (0, Vec::new());
    for path in pages(&root()) {
        for target in links(&fs::read_to_string(&path).unwrap()) {
            if target.contains("://") {
                continue;
            }
            seen += 1;
            let (file, anchor) = target.split_once('#').unwrap_or((&target, ""));
            let file =
                if file.is_empty() { path.clone() } else { path.parent().unwrap().join(file) };
            let holds = anchor.is_empty() && file.exists()
                || fs::read_to_string(&file).is_ok_and(|page| anchors(&page).contains(anchor));
            broken.extend((!holds).then(|| format!("{}: {target}", path.display())));
        }
    }
    assert!(seen > 100, "only {seen} links are found");
    assert!(broken.is_empty(), "broken links: {broken:#?}");
}

/// Registries resolve the links of a README from the folder of the package.
#[test]
fn each_package_has_its_own_readme_and_what_registries_show() {
    let mut published = 0;
    let folders = root().read_dir().unwrap().map(|entry| entry.unwrap().path());
    for folder in folders.filter(|folder| folder.join("Cargo.toml").is_file()) {
        let manifest = fs::read_to_string(folder.join("Cargo.toml")).unwrap();
        if manifest.contains("publish = false") {
            continue;
        }
        published += 1;
        for line in ["readme = \"README.md\"", "repository.workspace = true", "description = "] {
            assert!(manifest.contains(line), "{} has no `{line}`", folder.display());
        }
        let readme = fs::read_to_string(folder.join("README.md")).unwrap();
        let name = manifest.lines().find_map(|line| line.strip_prefix("name = ")).unwrap();
        assert_eq!(readme.lines().next().unwrap(), format!("# {}", name.trim_matches('"')));
    }
    assert_eq!(published, 8);
}
