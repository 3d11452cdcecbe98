//! Byte-level BPE with the model's own files. `vocab.bpe` lists the merges of byte sequences, and `encoder.json` numbers the
//! tokens.

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::path::Path;

use thiserror::Error;
use tiktoken_rs::{CoreBPE, Rank};

use super::file::{FileError, read_json, read_text};

/// The pattern by which GPT-2 splits a text before it merges bytes.
const PIECES: &str = r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+";

/// The token between two texts.
const END_OF_TEXT: &str = "<|endoftext|>";

/// Converts text to tokens, and back.
pub struct Tokenizer {
    bpe: CoreBPE,
    /// Maps the library's number of each token (the order of the merges) to the model's.
    tokens: HashMap<Rank, usize>,
    bytes: HashMap<usize, Vec<u8>>,
    end_of_text: Option<usize>,
}

/// Errors of [`Tokenizer`].
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum TokenizerError {
    /// A file cannot be read.
    #[error(transparent)]
    File(#[from] FileError),
    /// A line of `vocab.bpe` is not a merge.
    #[error("line {line} of `vocab.bpe` is not two tokens with a space between them")]
    Merge {
        /// The line, counted from 1.
        line: usize,
    },
    /// A token has a letter that stands for no byte.
    #[error("the token {token:?} has a letter that stands for no byte")]
    Letter {
        /// The token.
        token: String,
    },
    /// The library cannot split the text.
    #[error("cannot take the text apart: {0}")]
    Text(String),
    /// The text needs a token that `encoder.json` lacks.
    #[error("`encoder.json` has no token {:?}", String::from_utf8_lossy(.0))]
    Missing(Vec<u8>),
}

impl Tokenizer {
    /// Reads `encoder.json` and `vocab.bpe` in `directory`.
    ///
    /// # Errors
    /// Returns an error if one of them cannot be read, or is not valid.
    pub fn read(directory: impl AsRef<Path>) -> Result<Self, TokenizerError> {
        let directory = directory.as_ref();
        let encoder: HashMap<String, usize> = read_json(directory, "encoder.json")?;
        Self::new(&encoder, &read_text(directory.join("vocab.bpe"))?)
    }

    fn new(encoder: &HashMap<String, usize>, merges: &str) -> Result<Self, TokenizerError> {
        let alphabet = alphabet();
        let ranks = ranks(merges, &alphabet)?;
        let mut tokens = HashMap::new();
        let mut bytes = HashMap::new();
        for (text, &token) in encoder {
            let spelled = spell(text, &alphabet)?;
            if let Some(&rank) = ranks.get(&spelled) {
                tokens.insert(rank, token);
            }
            bytes.insert(token, spelled);
        }
        // The library needs at least one special token, which it looks for in every text.
        let special = [(END_OF_TEXT.to_owned(), Rank::MAX)];
        let bpe = CoreBPE::new(ranks.into_iter().collect(), special.into_iter().collect(), PIECES)
            .map_err(|error| TokenizerError::Text(error.to_string()))?;
        Ok(Self { bpe, tokens, bytes, end_of_text: encoder.get(END_OF_TEXT).copied() })
    }

    /// Encodes a text as tokens. `<|endoftext|>` is not special in it.
    ///
    /// # Errors
    /// Returns an error if the text needs a token that `encoder.json` lacks.
    pub fn encode(&self, text: &str) -> Result<Vec<usize>, TokenizerError> {
        let (ranks, _) = self
            .bpe
            .encode(text, &HashSet::new())
            .map_err(|error| TokenizerError::Text(error.to_string()))?;
        let missing = |rank: Rank| {
            TokenizerError::Missing(self.bpe.decode_bytes(&[rank]).unwrap_or_default())
        };
        ranks
            .into_iter()
            .map(|rank| self.tokens.get(&rank).copied().ok_or_else(|| missing(rank)))
            .collect()
    }

    /// Returns the bytes of a token, which can end within a letter. Returns `None` if `encoder.json` lacks the token.
    #[must_use]
    pub fn bytes(&self, token: usize) -> Option<&[u8]> {
        self.bytes.get(&token).map(Vec::as_slice)
    }

    /// Decodes tokens to a text. Bytes that are not UTF-8, and tokens that `encoder.json` lacks, become `�`.
    #[must_use]
    pub fn decode(&self, tokens: &[usize]) -> String {
        let mut stream = TextStream::default();
        let mut text: String = tokens.iter().map(|&token| stream.push(self.bytes(token))).collect();
        text.push_str(&stream.finish());
        text
    }

    /// Returns the token between two texts, if the model has one.
    #[must_use]
    pub fn end_of_text(&self) -> Option<usize> {
        self.end_of_text
    }
}

impl fmt::Debug for Tokenizer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tokenizer")
            .field("tokens", &self.bytes.len())
            .field("end_of_text", &self.end_of_text)
            .finish_non_exhaustive()
    }
}

/// The letters that the files write for bytes. A byte that is a visible letter of Latin-1 is written as that letter. The other
/// bytes, in their order, are the letters from `Ā` on.
fn alphabet() -> HashMap<char, u8> {
    let visible = |byte: &u8| matches!(byte, b'!'..=b'~' | 0xa1..=0xac | 0xae..=0xff);
    let plain = (0..=u8::MAX).filter(visible).map(|byte| (char::from(byte), byte));
    let others = ('Ā'..).zip((0..=u8::MAX).filter(|byte| !visible(byte)));
    plain.chain(others).collect()
}

/// Returns the bytes of a token.
fn spell(token: &str, alphabet: &HashMap<char, u8>) -> Result<Vec<u8>, TokenizerError> {
    let bytes: Option<Vec<u8>> =
        token.chars().map(|letter| alphabet.get(&letter).copied()).collect();
    bytes.ok_or_else(|| TokenizerError::Letter { token: token.to_owned() })
}

/// Returns all tokens in the order of merging: the single bytes, then the merges.
fn ranks(
    merges: &str,
    alphabet: &HashMap<char, u8>,
) -> Result<HashMap<Vec<u8>, Rank>, TokenizerError> {
    let mut ranks: HashMap<Vec<u8>, Rank> =
        (0..=u8::MAX).map(|byte| (vec![byte], Rank::from(byte))).collect();
    let lines = merges.lines().enumerate().filter(|(number, line)| {
        let version = *number == 0 && line.starts_with("#version");
        !version && !line.is_empty()
    });
    for ((number, line), rank) in lines.zip(256..) {
        let (left, right) =
            line.split_once(' ').ok_or(TokenizerError::Merge { line: number + 1 })?;
        let mut token = spell(left, alphabet)?;
        token.extend(spell(right, alphabet)?);
        ranks.entry(token).or_insert(rank);
    }
    Ok(ranks)
}

/// Converts tokens to text as they come, although a letter can be spread over several of them.
#[derive(Debug, Default)]
pub struct TextStream {
    /// The first bytes of an incomplete letter.
    pending: Vec<u8>,
}

impl TextStream {
    /// Adds the bytes of the next token, and returns the text that is complete.
    #[must_use]
    pub fn push(&mut self, bytes: Option<&[u8]>) -> String {
        self.pending.extend(bytes.unwrap_or("\u{fffd}".as_bytes()));
        let tail = self.pending.utf8_chunks().last().map_or(&[][..], |chunk| chunk.invalid());
        let unfinished = str::from_utf8(tail).is_err_and(|error| error.error_len().is_none());
        let complete = self.pending.len() - if unfinished { tail.len() } else { 0 };
        let rest = self.pending.split_off(complete);
        let complete = std::mem::replace(&mut self.pending, rest);
        String::from_utf8_lossy(&complete).into_owned()
    }

    /// Returns the rest: `�` for an incomplete letter.
    #[must_use]
    pub fn finish(self) -> String {
        String::from_utf8_lossy(&self.pending).into_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_letter_is_written_when_its_last_byte_has_come() {
        let mut stream = TextStream::default();
        let crab = "🦀".as_bytes();
        assert_eq!(stream.push(Some(b"a")), "a");
        assert_eq!(stream.push(Some(&crab[..1])), "");
        assert_eq!(stream.push(Some(&crab[1..3])), "");
        assert_eq!(stream.push(Some(&[crab[3], b'b'])), "🦀b");
        assert_eq!(stream.finish(), "");
    }

    #[test]
    fn what_is_not_a_letter_is_shown_as_such() {
        let mut stream = TextStream::default();
        assert_eq!(stream.push(Some(b"a\xffb\xe2\x82")), "a\u{fffd}b");
        assert_eq!(stream.push(Some(b"c")), "\u{fffd}c");
        assert_eq!(stream.push(None), "\u{fffd}");
        assert_eq!(stream.push(Some(b"\xe2\x82")), "");
        assert_eq!(stream.finish(), "\u{fffd}");
    }

    /// The letters of all bytes match those of OpenAI's encoder.
    #[test]
    fn every_byte_has_a_letter() {
        let alphabet = alphabet();
        assert_eq!(alphabet.len(), 256);
        for (letter, byte) in [('!', b'!'), ('Ġ', b' '), ('Ċ', b'\n'), ('ÿ', 0xff), ('Ń', 0xad)]
        {
            assert_eq!(alphabet[&letter], byte);
        }
    }

    #[test]
    fn merges_say_what_is_put_together_and_the_encoder_how_it_is_numbered() {
        let encoder =
            ["a", "b", "ab", "Ġ", "Ġab"].into_iter().map(str::to_owned).zip(7..).collect();
        let tokenizer = Tokenizer::new(&encoder, "#version: 0.2\na b\nĠ ab\n").unwrap();
        assert_eq!(tokenizer.encode("ab ab b").unwrap(), [9, 11, 10, 8]);
        assert_eq!(tokenizer.decode(&[9, 11, 10, 8]), "ab ab b");
        assert!(tokenizer.encode("").unwrap().is_empty());
        assert_eq!(tokenizer.end_of_text(), None);
        assert_eq!(
            tokenizer.encode("abc").unwrap_err().to_string(),
            "`encoder.json` has no token \"c\""
        );
    }

    #[test]
    fn the_end_of_a_text_is_a_token_but_not_when_it_is_written_out() {
        let text = END_OF_TEXT.chars().map(String::from).collect::<std::collections::BTreeSet<_>>();
        let encoder =
            text.into_iter().chain([END_OF_TEXT.to_owned()]).zip(0..).collect::<HashMap<_, _>>();
        let tokenizer = Tokenizer::new(&encoder, "").unwrap();
        let end = encoder[END_OF_TEXT];
        assert_eq!(tokenizer.end_of_text(), Some(end));
        assert_eq!(tokenizer.bytes(end), Some(END_OF_TEXT.as_bytes()));
        assert_eq!(tokenizer.encode(END_OF_TEXT).unwrap().len(), END_OF_TEXT.len());
    }

    #[test]
    fn a_text_of_many_spaces_is_taken_apart() {
        let encoder = [("Ġ".to_owned(), 0)].into();
        let tokenizer = Tokenizer::new(&encoder, "").unwrap();
        assert_eq!(tokenizer.encode(&" ".repeat(100_000)).unwrap().len(), 100_000);
    }
}
