//! `#[ckpt(...)]`, formatted as by `rustfmt`.

use std::fmt;

/// An attribute in `#[ckpt(...)]`.
#[derive(Clone, Debug)]
pub(super) enum Word {
    /// `repeat`, `path = "..."`, or a part that `rustfmt` leaves as it is, because it is no valid attribute:
    /// `shape = [n, 3 * n]`.
    Plain { text: String, is_meta: bool },
    /// `ignore(optimizer, "a/*")`
    List { name: &'static str, items: Vec<String>, is_meta: bool },
}

/// The maximum width of a line, in letters.
const WIDTH: usize = 100;

/// The maximum width of the attributes in one line, in letters.
const PARTS_WIDTH: usize = 70;

/// The maximum width of items that share lines, in letters. With a longer one, each item has a line.
const SHORT: usize = 10;

impl Word {
    pub(super) fn flag(word: &str) -> Self {
        Self::Plain { text: word.to_owned(), is_meta: true }
    }

    /// `path = "..."`
    pub(super) fn text(word: &str, value: &str) -> Self {
        Self::Plain { text: format!("{word} = {}", quoted(value)), is_meta: true }
    }

    pub(super) fn other(text: String) -> Self {
        Self::Plain { text, is_meta: false }
    }

    /// Formats `#[ckpt(...)]` with this attribute alone, indented by `indent`.
    fn alone(&self, indent: usize) -> String {
        let line = format!("#[ckpt({self})]");
        let fits = indent + line.chars().count() < WIDTH;
        let space = " ".repeat(indent);
        match self {
            Self::List { name, items, .. } if !fits || !self.is_narrow() => {
                let items = lines(items, indent + 4);
                format!("{space}#[ckpt({name}(\n{items}{space}))]\n")
            }
            Self::Plain { text, is_meta: true } if !fits => {
                format!("{space}#[ckpt(\n{space}    {text}\n{space})]\n")
            }
            _ => format!("{space}{line}\n"),
        }
    }

    /// True if a list is short enough for one line.
    fn is_narrow(&self) -> bool {
        match self {
            Self::List { items, is_meta, .. } => {
                !is_meta || items.len() < 2 || width(items) <= PARTS_WIDTH
            }
            Self::Plain { .. } => true,
        }
    }
}

impl fmt::Display for Word {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Plain { text, .. } => f.write_str(text),
            Self::List { name, items, .. } => write!(f, "{name}({})", items.join(", ")),
        }
    }
}

/// Formats a text as a string literal.
pub(super) fn quoted(text: &str) -> String {
    format!("{text:?}")
}

/// Formats the attributes in one line if they fit, or in one line each.
pub(super) fn attribute(words: &[Word], indent: usize) -> String {
    let texts: Vec<String> = words.iter().map(Word::to_string).collect();
    let all = texts.join(", ");
    if words.len() > 1 && all.chars().count() <= PARTS_WIDTH {
        return format!("{}#[ckpt({all})]\n", " ".repeat(indent));
    }
    words.iter().map(|word| word.alone(indent)).collect()
}

fn width(items: &[String]) -> usize {
    let separators = 2 * items.len().saturating_sub(1);
    items.iter().map(|item| item.chars().count()).sum::<usize>() + separators
}

/// Formats items in lines: as many per line as fit if all are short, or one per line.
fn lines(items: &[String], indent: usize) -> String {
    let space = " ".repeat(indent);
    if items.iter().any(|item| item.chars().count() > SHORT) {
        let lines: Vec<String> = items.iter().map(|item| format!("{space}{item}")).collect();
        return lines.join(",\n") + "\n";
    }
    let mut text = String::new();
    let mut line = space.clone();
    for (number, item) in items.iter().enumerate() {
        let last = number + 1 == items.len();
        let item = if last { item.clone() } else { format!("{item},") };
        if line.len() > indent {
            if line.len() + 1 + item.len() > WIDTH {
                text += &line;
                text.push('\n');
                line.clone_from(&space);
            } else {
                line.push(' ');
            }
        }
        line += &item;
    }
    text + &line + "\n"
}
