//! As much XML as S3 speaks.

use std::fmt::Write as _;

const NAMESPACE: &str = "http://s3.amazonaws.com/doc/2006-03-01/";

/// A document being written.
pub(super) struct Document {
    text: String,
    open: Vec<&'static str>,
}

impl Document {
    pub(super) fn new(root: &'static str) -> Self {
        Self {
            text: format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?><{root} xmlns=\"{NAMESPACE}\">"),
            open: vec![root],
        }
    }

    /// Errors are in no namespace.
    pub(super) fn bare(root: &'static str) -> Self {
        Self { text: format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?><{root}>"), open: vec![root] }
    }

    pub(super) fn text(&mut self, name: &'static str, value: impl AsRef<str>) -> &mut Self {
        let _ = write!(self.text, "<{name}>{}</{name}>", escaped(value.as_ref()));
        self
    }

    pub(super) fn number(&mut self, name: &'static str, value: impl std::fmt::Display) -> &mut Self {
        self.text(name, value.to_string())
    }

    /// What is in `name` is what `content` writes.
    pub(super) fn within(&mut self, name: &'static str, content: impl FnOnce(&mut Self)) -> &mut Self {
        let _ = write!(self.text, "<{name}>");
        content(self);
        let _ = write!(self.text, "</{name}>");
        self
    }

    /// XML as it is.
    pub(super) fn raw(&mut self, xml: &str) -> &mut Self {
        self.text.push_str(xml);
        self
    }

    pub(super) fn end(mut self) -> String {
        while let Some(name) = self.open.pop() {
            let _ = write!(self.text, "</{name}>");
        }
        self.text
    }
}

/// Control characters are written as references, although no parser has to take them: for them there is
/// `encoding-type=url`.
fn escaped(value: &str) -> String {
    let mut text = String::with_capacity(value.len());
    for c in value.chars() {
        match c {
            '&' => text.push_str("&amp;"),
            '<' => text.push_str("&lt;"),
            '>' => text.push_str("&gt;"),
            '"' => text.push_str("&quot;"),
            '\'' => text.push_str("&apos;"),
            c if c.is_ascii_control() => {
                let _ = write!(text, "&#{};", u32::from(c));
            }
            c => text.push(c),
        }
    }
    text
}

/// An element that was read. Namespaces and attributes are left out.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Element {
    pub(super) name: String,
    pub(super) text: String,
    pub(super) children: Vec<Element>,
}

impl Element {
    /// The root of a document, or `None` if it is not well formed.
    pub(super) fn read(document: &[u8]) -> Option<Self> {
        let mut rest = std::str::from_utf8(document).ok()?.trim_start_matches('\u{feff}').trim();
        // What is open; the outermost holds the root.
        let mut open = vec![Self::default()];
        while !rest.is_empty() {
            if let Some(after) = rest.strip_prefix("<?") {
                rest = after.split_once("?>")?.1;
            } else if let Some(after) = rest.strip_prefix("<!--") {
                rest = after.split_once("-->")?.1;
            } else if let Some(after) = rest.strip_prefix("<![CDATA[") {
                let (text, after) = after.split_once("]]>")?;
                open.last_mut()?.text.push_str(text);
                rest = after;
            } else if let Some(after) = rest.strip_prefix("</") {
                let (name, after) = after.split_once('>')?;
                let closed = open.pop().filter(|it| it.name == local(name))?;
                open.last_mut()?.children.push(closed);
                rest = after;
            } else if let Some(after) = rest.strip_prefix('<') {
                let (tag, after) = tag(after)?;
                let empty = tag.ends_with('/');
                let name = local(tag.trim_end_matches('/').split_whitespace().next()?);
                let element = Self { name: name.to_owned(), ..Self::default() };
                if empty {
                    open.last_mut()?.children.push(element);
                } else {
                    open.push(element);
                }
                rest = after;
            } else {
                let end = rest.find('<').unwrap_or(rest.len());
                let (text, after) = rest.split_at(end);
                open.last_mut()?.text.push_str(&unescaped(text)?);
                rest = after;
            }
        }
        let mut outermost = open.pop().filter(|_| open.is_empty())?;
        let root = outermost.children.pop()?;
        (outermost.children.is_empty() && outermost.text.trim().is_empty()).then_some(root)
    }

    pub(super) fn child(&self, name: &str) -> Option<&Self> {
        self.children.iter().find(|child| child.name == name)
    }

    pub(super) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Self> {
        self.children.iter().filter(move |child| child.name == name)
    }

    pub(super) fn text_of(&self, name: &str) -> Option<&str> {
        self.child(name).map(|child| child.text.as_str())
    }
}

/// A tag up to its end, which is not the `>` of an attribute.
fn tag(text: &str) -> Option<(&str, &str)> {
    let mut quote = None;
    for (at, c) in text.char_indices() {
        match (quote, c) {
            (None, '>') => return Some((&text[..at], &text[at + 1..])),
            (None, '"' | '\'') => quote = Some(c),
            (Some(open), c) if c == open => quote = None,
            _ => {}
        }
    }
    None
}

fn local(name: &str) -> &str {
    let name = name.trim();
    name.rsplit_once(':').map_or(name, |(_, local)| local)
}

fn unescaped(text: &str) -> Option<String> {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('&') {
        plain.push_str(before);
        let (name, after) = after.split_once(';')?;
        plain.push(match name {
            "amp" => '&',
            "lt" => '<',
            "gt" => '>',
            "quot" => '"',
            "apos" => '\'',
            other => {
                let number = other.strip_prefix('#')?;
                let code = match number.strip_prefix(['x', 'X']) {
                    Some(hex) => u32::from_str_radix(hex, 16),
                    None => number.parse(),
                };
                char::from_u32(code.ok()?)?
            }
        });
        rest = after;
    }
    plain.push_str(rest);
    Some(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_can_be_read() {
        let mut document = Document::new("List");
        document.text("Key", "a<b>&\"'\n\u{1}ü").number("Size", 7).within("Owner", |it| {
            it.text("ID", "x");
        });
        let read = Element::read(document.end().as_bytes()).unwrap();
        assert_eq!(read.name, "List");
        assert_eq!(read.text_of("Key"), Some("a<b>&\"'\n\u{1}ü"));
        assert_eq!(read.child("Owner").and_then(|owner| owner.text_of("ID")), Some("x"));
    }

    #[test]
    fn what_others_write_is_read() {
        let said = "\u{feff}<?xml version='1.0'?>\n<!-- a > b --><s:Delete xmlns:s=\"x>y\"><Object a='<'><Key> a b </Key>\
                    </Object><Object><Key><![CDATA[<&>]]>&#x41;&#66;</Key><VersionId/></Object></s:Delete >";
        let read = Element::read(said.as_bytes()).unwrap();
        let keys: Vec<_> = read.all("Object").filter_map(|object| object.text_of("Key")).collect();
        assert_eq!((read.name.as_str(), keys), ("Delete", vec![" a b ", "<&>AB"]));
    }

    #[test]
    fn what_is_not_well_formed_is_refused() {
        for said in
            ["", "text", "<a>", "<a></b>", "<a/><b/>", "<a>&nothing;</a>", "<a>&lt</a>", "<a/>text", "</a>", "<a"]
        {
            assert_eq!(Element::read(said.as_bytes()), None, "{said}");
        }
    }
}
