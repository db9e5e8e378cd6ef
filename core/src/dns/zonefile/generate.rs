//! `$GENERATE`: records made by counting.

use std::fmt::Write as _;

use crate::dns::data::digits;
use crate::dns::token::{Fault, Token};

/// The numbers of a `$GENERATE` line.
#[derive(Debug)]
pub(super) struct Range {
    start: u64,
    stop: u64,
    step: u64,
}

impl Range {
    /// Reads `start-stop` or `start-stop/step`.
    pub(super) fn read(token: &Token<'_>) -> Result<Range, Fault> {
        let (numbers, step) = token.raw.split_once('/').unwrap_or((token.raw, "1"));
        let number = |text: &str| digits(text).filter(|number| u32::try_from(*number).is_ok());
        let range = numbers.split_once('-').and_then(|(start, stop)| {
            Some(Range { start: number(start)?, stop: number(stop)?, step: number(step)?.max(1) })
        });
        range.filter(|range| range.start <= range.stop && !step.starts_with('0')).ok_or_else(|| {
            Fault::new(
                token.at,
                format!("{} is not a range: start-stop or start-stop/step, such as 1-254, was expected", token.shown()),
            )
        })
    }

    pub(super) fn len(&self) -> u64 {
        (self.stop - self.start) / self.step + 1
    }

    pub(super) fn numbers(&self) -> impl Iterator<Item = u64> {
        (0..self.len()).map(|index| self.start + index * self.step)
    }
}

/// A token in which `$` and `${offset,width,radix}` stand for the number.
#[derive(Debug)]
pub(super) struct Template {
    parts: Vec<Part>,
    quoted: bool,
    at: usize,
}

#[derive(Debug)]
enum Part {
    Literal(String),
    Number { offset: i64, width: usize, radix: char },
}

impl Template {
    pub(super) fn read(token: &Token<'_>) -> Result<Template, Fault> {
        let mut parts = Vec::new();
        let mut literal = String::new();
        let mut rest = token.raw;
        while let Some(next) = rest.chars().next() {
            rest = &rest[next.len_utf8()..];
            match next {
                '\\' => {
                    let escaped = rest.chars().next();
                    literal.push('\\');
                    literal.extend(escaped);
                    rest = &rest[escaped.map_or(0, char::len_utf8)..];
                }
                '$' if rest.starts_with('$') => {
                    literal.push('$');
                    rest = &rest[1..];
                }
                '$' => {
                    parts.push(Part::Literal(std::mem::take(&mut literal)));
                    let (part, after) = number(rest).ok_or_else(|| {
                        Fault::new(
                            token.at,
                            format!(
                                "{} has a malformed ${{...}}: ${{offset,width,radix}} with a width up to 255 and a radix of d, o, x, X, n or N was expected",
                                token.shown()
                            ),
                        )
                    })?;
                    parts.push(part);
                    rest = after;
                }
                _ => literal.push(next),
            }
        }
        parts.push(Part::Literal(literal));
        Ok(Template { parts, quoted: token.quoted, at: token.at })
    }

    /// The most bytes that the text can take.
    pub(super) fn longest(&self) -> u64 {
        let length = |part: &Part| match part {
            Part::Literal(literal) => literal.len(),
            Part::Number { width, .. } => (*width).max(32),
        };
        self.parts.iter().map(|part| length(part) as u64).sum()
    }

    /// The text for a number.
    pub(super) fn text(&self, number: u64) -> Result<String, Fault> {
        let mut text = String::new();
        for part in &self.parts {
            match part {
                Part::Literal(literal) => text.push_str(literal),
                Part::Number { offset, width, radix } => {
                    let value = number.checked_add_signed(*offset).ok_or_else(|| {
                        Fault::new(self.at, format!("the offset {offset} makes the number {number} negative"))
                    })?;
                    push_number(value, *width, *radix, &mut text);
                }
            }
        }
        Ok(text)
    }

    pub(super) fn token<'a>(&self, text: &'a str) -> Token<'a> {
        Token { raw: text, quoted: self.quoted, at: self.at }
    }
}

/// Reads what follows a dollar sign: perhaps a modifier in braces.
fn number(rest: &str) -> Option<(Part, &str)> {
    let Some(inner) = rest.strip_prefix('{') else {
        return Some((Part::Number { offset: 0, width: 0, radix: 'd' }, rest));
    };
    let (modifier, after) = inner.split_once('}')?;
    let mut fields = modifier.split(',');
    let offset = fields.next()?;
    let value = i64::try_from(digits(offset.strip_prefix(['-', '+']).unwrap_or(offset))?).ok()?;
    let value = if offset.starts_with('-') { -value } else { value };
    let width = usize::from(u8::try_from(digits(fields.next().unwrap_or("0"))?).ok()?);
    let radix = fields.next().unwrap_or("d");
    let known = fields.next().is_none() && matches!(radix, "d" | "o" | "x" | "X" | "n" | "N");
    let part = Part::Number { offset: value, width, radix: radix.chars().next()? };
    known.then_some((part, after))
}

fn push_number(value: u64, width: usize, radix: char, text: &mut String) {
    // Writing to a String cannot fail.
    let _ = match radix {
        'o' => write!(text, "{value:0width$o}"),
        'x' => write!(text, "{value:0width$x}"),
        'X' => write!(text, "{value:0width$X}"),
        'n' | 'N' => {
            push_nibbles(value, width, radix == 'N', text);
            Ok(())
        }
        _ => write!(text, "{value:0width$}"),
    };
}

/// Hexadecimal digits as labels, the last digit first; the width counts the dots.
fn push_nibbles(mut value: u64, width: usize, upper: bool, text: &mut String) {
    let mut written = 0;
    while written == 0 || value > 0 || written < width {
        if written > 0 {
            text.push('.');
            written += 1;
        }
        let digit = char::from_digit((value & 15) as u32, 16).unwrap_or('0');
        text.push(if upper { digit.to_ascii_uppercase() } else { digit });
        written += 1;
        value >>= 4;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(raw: &str, number: u64) -> String {
        Template::read(&Token { raw, quoted: false, at: 0 }).unwrap().text(number).unwrap()
    }

    #[test]
    fn fills_templates() {
        assert_eq!(text("host-$.a", 7), "host-7.a");
        assert_eq!(text("$$-\\$-${0}", 7), "$-\\$-7");
        assert_eq!(text("${-5,3}", 7), "002");
        assert_eq!(text("${10,4,x}-${10,0,X}-${0,0,o}", 245), "00ff-FF-365");
        assert_eq!(text("${0,7,n}", 0x1a), "a.1.0.0");
        assert_eq!(text("${0,0,N}", 0x1a), "A.1");
        assert_eq!(text("${0,0,n}", 0), "0");
    }

    #[test]
    fn refuses_what_is_malformed() {
        for raw in ["${", "${}", "${a}", "${0,256}", "${0,1,b}", "${0,1,d,1}", "${0,,d"] {
            assert!(Template::read(&Token { raw, quoted: false, at: 0 }).is_err(), "{raw}");
        }
        let low = Template::read(&Token { raw: "${-2}", quoted: false, at: 0 }).unwrap();
        assert!(low.text(1).unwrap_err().message.contains("negative"));
        for raw in ["", "1", "1-", "-1", "2-1", "1-2/0", "1-2/", "1-a", "1-99999999999"] {
            assert!(Range::read(&Token { raw, quoted: false, at: 0 }).is_err(), "{raw}");
        }
        let range = Range::read(&Token { raw: "1-10/4", quoted: false, at: 0 }).unwrap();
        assert_eq!(range.numbers().collect::<Vec<_>>(), [1, 5, 9]);
    }
}
