//! The page in a browser: nothing goes wrong, and what a user does has its effect. Skipped where there is no Chromium.

use std::env;
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use expect_test::expect;
use sha2::{Digest as _, Sha256};
use tempfile::TempDir;

use super::{compared, hostile, many, page};
use crate::write;

/// The longest that a browser may take.
const PATIENCE: Duration = Duration::from_mins(2);

const DRIVER: &str = include_str!("driver.js");

/// A Chromium, if there is one; else a notice.
fn chromium() -> Option<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let names = ["chromium", "chromium-browser", "google-chrome", "chrome"];
    let mut files = env::split_paths(&path).flat_map(|folder| names.map(|name| folder.join(name)));
    let found = files.find(|file| file.is_file());
    if found.is_none() {
        let _ =
            writeln!(io::stderr(), "skipped: a page in a browser; there is no Chromium in PATH");
    }
    found
}

/// A page after a browser has run its script.
struct Seen {
    dom: String,
    /// Messages of the page or of the browser about it.
    console: String,
}

impl Seen {
    /// The text of an element with this number, which has no other in it.
    fn text(&self, id: &str) -> String {
        let (_, rest) = self.dom.split_once(&format!("id=\"{id}\"")).unwrap();
        let text = rest.split_once('>').unwrap().1.split_once("</").unwrap().0;
        let entities = [("&lt;", "<"), ("&gt;", ">"), ("&nbsp;", " "), ("&amp;", "&")];
        entities.iter().fold(text.to_owned(), |text, (entity, letter)| text.replace(entity, letter))
    }

    /// The milliseconds until the page was there.
    fn ready(&self) -> u64 {
        let (_, rest) = self.dom.split_once("data-ready=\"").expect("the script did not end");
        rest.split_once('"').unwrap().0.parse().unwrap()
    }
}

/// Opens a page.
fn open(chromium: &Path, page: &str, address: &str, options: &[&str]) -> Seen {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("page.html");
    fs::write(&file, page).unwrap();
    let [out, err] = ["out", "err"].map(|name| folder.path().join(name));
    let mut child = Command::new(chromium)
        .args(["--headless", "--no-sandbox", "--disable-gpu", "--dump-dom"])
        .args(["--window-size=1200,800", "--enable-logging=stderr"])
        .arg(format!("--user-data-dir={}", folder.path().join("profile").display()))
        .args(options)
        .arg(format!("file://{}{address}", file.display()))
        .stdin(Stdio::null())
        .stdout(File::create(&out).unwrap())
        .stderr(File::create(&err).unwrap())
        .spawn()
        .unwrap();
    let start = Instant::now();
    while child.try_wait().unwrap().is_none() {
        if start.elapsed() > PATIENCE {
            child.kill().unwrap();
            panic!("the browser did not end");
        }
        thread::sleep(Duration::from_millis(20));
    }
    let text = |file| String::from_utf8_lossy(&fs::read(file).unwrap()).into_owned();
    let console = text(err)
        .lines()
        .filter(|line| line.contains("CONSOLE"))
        .fold(String::new(), |console, line| console + line + "\n");
    Seen { dom: text(out), console }
}

/// The page with a script that uses it as a user does, which its policy allows, too.
fn driven(page: &str, search: &str) -> String {
    let script = DRIVER.replace("SEARCH", &format!("{search:?}"));
    let hash = STANDARD.encode(Sha256::digest(&script));
    let page = page.replace("script-src '", &format!("script-src 'sha256-{hash}' '"));
    page.replace("</body>", &format!("<script>{script}</script>\n</body>"))
}

/// The corpus, as it is in a folder of its own: the name of its place is in the page.
fn nano() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    for file in fs::read_dir(crate::corpus().join("models/gpt2-nano")).unwrap() {
        let file = file.unwrap();
        fs::copy(file.path(), folder.path().join(file.file_name())).unwrap();
    }
    let prefix = folder.path().join("model.ckpt");
    (folder, prefix)
}

#[test]
fn a_user_finds_what_is_looked_for() {
    let Some(chromium) = chromium() else { return };
    let (_folder, prefix) = nano();
    let page = driven(&page(&prefix, &[]), "C_ATTN f32");
    let seen = open(&chromium, &page, "", &["--blink-settings=preferredColorScheme=1"]);
    assert_eq!(seen.console, "");
    expect![[r#"
        title: model.ckpt: checkpoint report
        theme: light
        count: 28 variables, 47.62 kB
        rows: model/ | h<0..2>/ | attn/ | c_attn/ | b× 2 | w× 2 | c_proj/ | b× 2 | w× 2 | ln_<1..3>/ | b× 4 | g× 4 | mlp/ | c_fc/ | b× 2 | w× 2 | c_proj/ | b× 2 | w× 2 | ln_f/ | b | g | wpe | wte
        elements of markup in names: 0
        focus after /: search
        found: 4 of 28 variables, 6.53 kB
        rows found: model/ | h<0..2>/ | attn/ | c_attn/ | b× 2 | w× 2
        focus after Enter: tree
        chosen after Enter: model/h<0..2>/attn/c_attn/
        chosen after ArrowDown: model/h<0..2>/attn/c_attn/b
        rows after Escape: 28 variables, 47.62 kB
        chosen after End: model/wte
        chosen after ArrowUp: model/wpe
        fewer rows after ArrowLeft: true
        as many after ArrowRight: true
        rows without families: model/ | h0/ | attn/ | c_attn/ | b | w | c_proj/ | b | w | ln_1/ | b | g | ln_2/ | b | g | mlp/ | c_fc/ | b | w | c_proj/ | b | w | h1/ | attn/ | c_attn/ | b | w | c_proj/ | b | w | ln_1/ | b
        theme after a click: dark
        theme after t: light
        chosen after Escape: Overview
        headings: Sizes | Dtypes | Structs for this checkpoint
        copies: true"#]].assert_eq(&seen.text("said"));
}

#[test]
fn the_page_is_dark_where_the_system_is() {
    let Some(chromium) = chromium() else { return };
    let (_folder, prefix) = nano();
    let page = page(&prefix, &[]);
    let dark = ["--blink-settings=preferredColorScheme=0"];
    let seen = open(&chromium, &page, "", &dark);
    assert!(seen.dom.contains("data-theme=\"dark\""), "{}", seen.dom);
    let seen = open(&chromium, &page, "#theme=light&at=model/wte", &dark);
    assert!(seen.dom.contains("data-theme=\"light\""));
    assert!(seen.dom.contains("<h2>model/wte</h2>"));
    assert!(seen.dom.contains("aria-label=\"histogram of model/wte\""));
    assert!(seen.dom.contains("aria-label=\"heat map of model/wte\""));
    assert_eq!(seen.console, "");
}

#[test]
fn hostile_names_are_text() {
    let Some(chromium) = chromium() else { return };
    let (_folder, prefix) = write(hostile());
    let page = driven(&page(&prefix, &[]), "onerror");
    let seen = open(&chromium, &page, "", &["--blink-settings=preferredColorScheme=1"]);
    assert_eq!(seen.console, "");
    expect![[r#"
        title: model.ckpt: checkpoint report
        theme: light
        count: 6 variables, 48 B
        rows: __proto__/ | constructor | <!--<script> | {{script}} | </script><script>document.title = 'owned'</ | script> | \u{202e}txet/ | \u{0}\u{1b}[2J | <img src=x onerror="document.title = 'owned'">/ | w
        elements of markup in names: 0
        focus after /: search
        found: 1 of 6 variables, 8 B
        rows found: <img src=x onerror="document.title = 'owned'">/ | w
        focus after Enter: tree
        chosen after Enter: <img src=x onerror="document.title = 'owned'">/w
        chosen after ArrowDown: <img src=x onerror="document.title = 'owned'">/w
        rows after Escape: 6 variables, 48 B
        chosen after End: <img src=x onerror="document.title = 'owned'">/w
        chosen after ArrowUp: <img src=x onerror="document.title = 'owned'">/
        fewer rows after ArrowLeft: true
        as many after ArrowRight: true
        rows without families: __proto__/ | constructor | <!--<script> | {{script}} | </script><script>document.title = 'owned'</ | script> | \u{202e}txet/ | \u{0}\u{1b}[2J | <img src=x onerror="document.title = 'owned'">/ | w
        theme after a click: dark
        theme after t: light
        chosen after Escape: Overview
        headings: Sizes | Dtypes | Structs for this checkpoint
        copies: false"#]].assert_eq(&seen.text("said"));
}

#[test]
fn a_page_of_15_000_variables_is_there_at_once() {
    let Some(chromium) = chromium() else { return };
    let (_folder, prefix) = write(many());
    let seen = open(&chromium, &page(&prefix, &[]), "", &[]);
    assert_eq!(seen.console, "");
    assert!(seen.text("count").starts_with("15,000 variables"));
    // Time is not tested but for what would be another order of it: rows are drawn as they are seen.
    assert!(seen.dom.matches("role=\"treeitem\"").count() < 100);
    assert!(seen.ready() < 20_000);
}

/// A script that the policy does not name does not run, and the browser says so.
#[test]
fn the_policy_is_heeded() {
    let Some(chromium) = chromium() else { return };
    let (_folder, prefix) = nano();
    let page = page(&prefix, &["--no-values"]);
    let other = "<script>document.documentElement.dataset.theme = 'owned'</script></body>";
    let seen = open(&chromium, &page.replace("</body>", other), "", &[]);
    assert!(!seen.dom.contains("data-theme=\"owned\""));
    assert!(seen.console.contains("Content Security Policy"), "{}", seen.console);
}

#[test]
fn differences_are_flagged_and_found() {
    let Some(chromium) = chromium() else { return };
    let page = driven(&compared(&[]), "other values");
    let seen = open(&chromium, &page, "", &["--blink-settings=preferredColorScheme=1"]);
    assert_eq!(seen.console, "");
    let said = seen.text("said");
    let line = |what: &str| said.lines().find(|line| line.starts_with(what)).unwrap().to_owned();
    expect![[r#"
        title: first and second: checkpoint report
        count: 6 variables, 60 B
        found: 2 of 6 variables, 32 B
        rows found: h<0..2>/ | w× 2
        headings: Sizes | Flagged | Dtypes | Structs for this checkpoint"#]]
    .assert_eq(&["title", "count", "found", "rows found", "headings"].map(line).join("\n"));
    let seen = open(&chromium, &compared(&[]), "#at=h1/w", &[]);
    for text in ["Compared with the second", "1 of 4 (25 %)", "NaN in one alone", "[1, 1]"] {
        assert!(seen.dom.contains(text), "{text}");
    }
}
