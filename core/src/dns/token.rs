//! The tokens of presentation format, shared by zone files and by single records' data.

/// A word or a quoted string. `raw` is the source text, its escapes untouched and its quotes cut off.
#[derive(Clone, Copy, Debug)]
pub(super) struct Token<'a> {
    pub(super) raw: &'a str,
    pub(super) quoted: bool,
    /// The byte offset in the source.
    pub(super) at: usize,
}

/// Something wrong at a byte offset in the source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Fault {
    pub(super) at: usize,
    pub(super) message: String,
}

impl Fault {
    pub(super) fn new(at: usize, message: impl Into<String>) -> Self {
        Fault { at, message: message.into() }
    }
}

/// What stands on one line, or on several joined by parentheses.
#[derive(Debug, Default)]
pub(super) struct Entry<'a> {
    pub(super) tokens: Vec<Token<'a>>,
    /// Whether it begins with white space, which in a zone file means the owner of the entry before.
    pub(super) indented: bool,
    /// The last comment, from its semicolon on.
    pub(super) comment: Option<&'a str>,
    /// Where a comment begins right after a word, without a space.
    pub(super) glued_comment: Option<usize>,
    /// The offset after the last token.
    pub(super) end: usize,
    /// The first thing that was wrong with the entry's form.
    pub(super) fault: Option<Fault>,
}

impl Entry<'_> {
    fn ended(mut self, position: usize) -> Self {
        let quotes = |token: &Token<'_>| if token.quoted { 2 } else { 0 };
        self.end = self.tokens.last().map_or(position, |last| last.at + last.raw.len() + quotes(last));
        self
    }
}

impl Token<'_> {
    /// The bytes that the token stands for, escapes resolved. Quotes within a word (`alpn="h2"`) fall away.
    pub(super) fn bytes(&self) -> Result<Vec<u8>, Fault> {
        let mut bytes = Vec::with_capacity(self.raw.len());
        let mut rest = self.raw.as_bytes();
        while let Some((&byte, after)) = rest.split_first() {
            rest = after;
            match byte {
                b'"' => {}
                b'\\' => match rest {
                    [first, second, third, after @ ..] if first.is_ascii_digit() => {
                        let digits = [first, second, third].map(|digit| char::from(*digit));
                        let value = digits
                            .iter()
                            .try_fold(0, |value: u32, digit| Some(value * 10 + digit.to_digit(10)?))
                            .and_then(|value| u8::try_from(value).ok());
                        let value = value.ok_or_else(|| {
                            let digits: String = digits.iter().collect();
                            Fault::new(
                                self.at,
                                format!("`\\{digits}` is no escape: three digits up to 255 were expected after the backslash"),
                            )
                        })?;
                        bytes.push(value);
                        rest = after;
                    }
                    [next, after @ ..] if !next.is_ascii_digit() => {
                        bytes.push(*next);
                        rest = after;
                    }
                    _ => {
                        return Err(Fault::new(
                            self.at,
                            "unfinished escape: a backslash is followed by a character or by three digits",
                        ));
                    }
                },
                _ => bytes.push(byte),
            }
        }
        Ok(bytes)
    }

    /// The token for an error message, cut to a readable length.
    pub(super) fn shown(&self) -> String {
        let mut shown: String = self.raw.chars().take(60).collect();
        if shown.len() < self.raw.len() {
            shown.push('…');
        }
        if self.quoted { format!("`\"{shown}\"`") } else { format!("`{shown}`") }
    }
}

/// Cuts a text into entries.
#[derive(Debug)]
pub(super) struct Lexer<'a> {
    text: &'a str,
    position: usize,
}

impl<'a> Lexer<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Lexer { text, position: 0 }
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.position).copied()
    }

    /// Moves past a word, through a quoted part that follows an equals sign.
    fn word(&mut self) -> Result<(), Fault> {
        let start = self.position;
        while let Some(byte) = self.peek() {
            match byte {
                b'"' if self.position > start && self.text.as_bytes()[self.position - 1] == b'=' => {
                    self.quoted()?;
                }
                b' ' | b'\t' | b'\r' | b'\n' | b'(' | b')' | b';' | b'"' => break,
                b'\\' => self.escape(),
                _ => self.position += 1,
            }
        }
        Ok(())
    }

    /// Moves past a quoted string, both quotes included; stops at the end of the line if the second is missing.
    fn quoted(&mut self) -> Result<(), Fault> {
        let start = self.position;
        self.position += 1;
        while let Some(byte) = self.peek() {
            match byte {
                b'"' => {
                    self.position += 1;
                    return Ok(());
                }
                b'\n' => break,
                b'\\' => self.escape(),
                _ => self.position += 1,
            }
        }
        Err(Fault::new(start, "the quoted string that begins here has no closing quote on its line"))
    }

    /// Moves past a backslash and the character after it, unless that ends the line.
    fn escape(&mut self) {
        self.position += 1;
        if let Some(next) = self.text[self.position..].chars().next()
            && next != '\n'
            && next != '\r'
        {
            self.position += next.len_utf8();
        }
    }
}

impl<'a> Iterator for Lexer<'a> {
    type Item = Entry<'a>;

    fn next(&mut self) -> Option<Entry<'a>> {
        self.peek()?;
        let mut entry = Entry { indented: matches!(self.peek(), Some(b' ' | b'\t')), ..Entry::default() };
        let mut open: Option<usize> = None;
        while let Some(byte) = self.peek() {
            let at = self.position;
            let step = match byte {
                b'\n' if open.is_none() => {
                    self.position += 1;
                    return Some(entry.ended(at));
                }
                b' ' | b'\t' | b'\r' | b'\n' => {
                    self.position += 1;
                    Ok(())
                }
                b'(' | b')' => {
                    self.position += 1;
                    let opening = byte == b'(';
                    let wrong = opening == open.is_some();
                    open = opening.then(|| open.unwrap_or(at));
                    match wrong {
                        true if opening => Err(Fault::new(at, "a parenthesis within parentheses")),
                        true => Err(Fault::new(at, "a closing parenthesis without an opening one")),
                        false => Ok(()),
                    }
                }
                b';' => {
                    let rest = &self.text[at..];
                    let comment = &rest[..rest.find('\n').unwrap_or(rest.len())];
                    if entry.tokens.last().is_some_and(|last| !last.quoted && last.at + last.raw.len() == at) {
                        entry.glued_comment = Some(at);
                    }
                    entry.comment = Some(comment.trim_end());
                    self.position += comment.len();
                    Ok(())
                }
                b'"' => {
                    let quoted = self.quoted();
                    if quoted.is_ok() {
                        let raw = &self.text[at + 1..self.position - 1];
                        entry.tokens.push(Token { raw, quoted: true, at });
                    }
                    quoted
                }
                _ => {
                    let word = self.word();
                    entry.tokens.push(Token { raw: &self.text[at..self.position], quoted: false, at });
                    word
                }
            };
            if let Err(fault) = step {
                entry.fault.get_or_insert(fault);
            }
        }
        if let Some(at) = open {
            entry.fault.get_or_insert(Fault::new(at, "the parenthesis that opens here is never closed"));
        }
        Some(entry.ended(self.position))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<(String, bool)> {
        Lexer::new(text).flat_map(|entry| entry.tokens).map(|token| (token.raw.to_owned(), token.quoted)).collect()
    }

    #[test]
    fn cuts_words_strings_and_comments() {
        let plain = |words: Vec<(String, bool)>| words.into_iter().map(|(word, _)| word).collect::<Vec<_>>();
        assert_eq!(plain(words("a b\t\"c d\" ; e\nf")), ["a", "b", "c d", "f"]);
        assert_eq!(
            words("\"a\"\"b\"c\"d\""),
            [("a", true), ("b", true), ("c", false), ("d", true)].map(|(w, q)| (w.to_owned(), q))
        );
        assert_eq!(plain(words(r#"alpn="h2,h3" x"#)), [r#"alpn="h2,h3""#, "x"]);
        assert_eq!(plain(words(r#"a\;b "c\"d;e" \"f"#)), [r"a\;b", r#"c\"d;e"#, r#"\"f"#]);
        let entry = Lexer::new("\ta ( b ; one\r\n c ) d;two\r\n").next().unwrap();
        assert!(entry.indented);
        assert_eq!(entry.comment, Some(";two"));
        assert!(entry.glued_comment.is_some());
        assert_eq!(entry.tokens.len(), 4);
    }

    #[test]
    fn faults_do_not_hide_the_next_line() {
        let entries: Vec<_> = Lexer::new("a \"b\nc )\nd ( e ( f )\ng").collect();
        assert!(entries[0].fault.as_ref().unwrap().message.contains("closing quote"));
        assert_eq!(entries[0].fault.as_ref().unwrap().at, 2);
        assert!(entries[1].fault.as_ref().unwrap().message.contains("without an opening"));
        assert!(entries[2].fault.as_ref().unwrap().message.contains("within parentheses"));
        assert!(entries[3].fault.is_none());
        assert_eq!(entries.len(), 4);
        let open = Lexer::new("a (\nb\n").next().unwrap();
        assert_eq!(open.fault.unwrap().at, 2);
    }

    #[test]
    fn resolves_escapes() {
        let bytes = |text: &str| Lexer::new(text).next().unwrap().tokens[0].bytes();
        assert_eq!(bytes(r#""a\"\\\065\255""#).unwrap(), b"a\"\\A\xff");
        assert_eq!(bytes("\"é\"").unwrap(), "é".as_bytes());
        assert_eq!(bytes("\"\\é\"").unwrap(), "é".as_bytes());
        assert_eq!(bytes(r#"k="v w""#).unwrap(), b"k=v w");
        assert!(bytes(r"\256").unwrap_err().message.contains("256"));
        assert!(bytes(r"a\12").unwrap_err().message.contains("unfinished"));
        assert!(bytes(r"a\1é").is_err());
        assert!(bytes("a\\").is_err());
    }
}
