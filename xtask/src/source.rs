//! Reading Rust sources line by line: as much as the tidy checks need, relying on what rustfmt guarantees.

use std::fs;
use std::path::Path;

use crate::process::{Result, root};

pub(crate) struct Source {
    /// Relative to the workspace, with forward slashes.
    pub(crate) path: String,
    pub(crate) text: String,
}

impl Source {
    /// The lines up to the tests, which come last in a file.
    pub(crate) fn lines(&self) -> Vec<&str> {
        self.text.lines().take_while(|line| *line != "#[cfg(test)]").collect()
    }

    /// The same lines, with an empty one in place of every line that is only a comment.
    pub(crate) fn code(&self) -> Vec<&str> {
        self.lines().into_iter().map(|line| if line.trim_start().starts_with("//") { "" } else { line }).collect()
    }
}

/// Every Rust file below a directory, in order of path.
pub(crate) fn sources(directory: &Path) -> Result<Vec<Source>> {
    let mut found = Vec::new();
    collect(directory, &mut found)?;
    found.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(found)
}

fn collect(directory: &Path, found: &mut Vec<Source>) -> Result {
    let unreadable = |path: &Path, error: std::io::Error| format!("{}: {error}", path.display());
    for entry in fs::read_dir(directory).map_err(|error| unreadable(directory, error))? {
        let path = entry.map_err(|error| unreadable(directory, error))?.path();
        if path.is_dir() {
            collect(&path, found)?;
        } else if path.extension().is_some_and(|it| it == "rs") {
            let text = fs::read_to_string(&path).map_err(|error| unreadable(&path, error))?;
            let relative = path.strip_prefix(root()).unwrap_or(&path);
            found.push(Source { path: relative.to_string_lossy().replace('\\', "/"), text });
        }
    }
    Ok(())
}

/// The identifiers in a piece of code, with `a::b` taken apart.
pub(crate) fn words(code: &str) -> impl Iterator<Item = &str> {
    code.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|word| !word.is_empty())
}

pub(crate) fn indentation(line: &str) -> usize {
    line.len() - line.trim_start().len()
}

/// The index of the line that closes what opens on line `start`: a brace at the same indentation.
pub(crate) fn end_of_block(lines: &[&str], start: usize) -> usize {
    let indent = indentation(lines[start]);
    let opened = |line: &str| line.ends_with('{');
    if lines[start].trim_end().ends_with(['}', ';']) {
        return start;
    }
    let mut inside = opened(lines[start]);
    for (index, line) in lines.iter().enumerate().skip(start + 1) {
        if line.is_empty() || indentation(line) != indent {
            continue;
        }
        if inside && line.trim_start().starts_with('}') {
            return index;
        }
        inside |= opened(line);
        if !inside && line.ends_with(';') {
            return index;
        }
    }
    lines.len() - 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_end_at_their_own_brace() {
        let text = "impl A {\n    fn a(\n        x: u8,\n    ) -> u8\n    where\n        u8: Copy,\n    {\n        if x > 1 {\n        }\n    }\n    fn b() {}\n}";
        let lines: Vec<_> = text.lines().collect();
        assert_eq!(end_of_block(&lines, 0), 11);
        assert_eq!(end_of_block(&lines, 1), 9);
        assert_eq!(end_of_block(&lines, 10), 10);
    }

    #[test]
    fn tests_and_comments_are_no_code() {
        let text = "// one\nfn a() {}\n#[cfg(test)]\nmod tests {}\n".to_owned();
        assert_eq!(Source { path: String::new(), text }.code(), ["", "fn a() {}"]);
    }
}
