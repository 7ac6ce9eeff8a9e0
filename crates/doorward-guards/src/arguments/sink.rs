//! What an argument is for, by its name and by what the tool declares of it.

use std::borrow::Cow;

use doorward_mcp::raw::Raw;

use crate::around::Tool;

/// What becomes of an argument, as far as can be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sink {
    /// It names a file or folder.
    Path,
    /// It is fetched, or otherwise reached over a network.
    Address,
    /// A database reads it, or a search does: `query` may be either.
    Query,
    /// A shell or an interpreter runs it.
    Command,
    /// People read it, or it is stored.
    Prose,
    /// It may become a word of something: names, references, ids, and all else.
    Word,
}

/// What the tool declares of its arguments.
pub(super) struct Declared<'a> {
    properties: Option<Raw<'a>>,
    is_uri: bool,
    reads_only: bool,
}

impl<'a> Declared<'a> {
    pub(super) fn of(tool: Option<&'a Tool>) -> Self {
        let definition = tool.map(|tool| tool.definition().as_raw());
        let flag = |definition: Raw<'_>| definition.path(&["annotations", "readOnlyHint"])?.as_bool();
        Self {
            properties: definition.and_then(|definition| definition.path(&["inputSchema", "properties"])),
            is_uri: false,
            reads_only: definition.and_then(flag) == Some(true),
        }
    }

    /// Of the URI of a resource.
    pub(super) const fn uri() -> Self {
        Self { properties: None, is_uri: true, reads_only: true }
    }

    /// Whether the tool says that it only reads.
    pub(super) const fn reads_only(&self) -> bool {
        self.reads_only
    }

    /// What the argument of that name is for. A name says it best; then the format, then what the description speaks of.
    pub(super) fn sink(&self, name: &str) -> Sink {
        if self.is_uri {
            return Sink::Address;
        }
        if let Some(sink) = by_name(name) {
            return sink;
        }
        let Some(schema) = self.properties.and_then(|properties| properties.member(name)) else { return Sink::Word };
        let text = |member: &str| schema.member(member).and_then(|text| text.as_str());
        let format = text("format").unwrap_or(Cow::Borrowed(""));
        if format.starts_with("ur") || format.starts_with("iri") {
            return Sink::Address;
        }
        by_description(&text("description").unwrap_or_default())
    }
}

/// The last word of a name that is known: in `sourcePath` it is the path that counts, in `file_content` the content.
fn by_name(name: &str) -> Option<Sink> {
    words(name).iter().rev().find_map(|word| by_word(word))
}

fn by_word(word: &str) -> Option<Sink> {
    Some(match word {
        "path" | "paths" | "file" | "files" | "filename" | "filenames" | "filepath" | "filepaths" | "dir" | "dirs"
        | "directory" | "directories" | "dirname" | "folder" | "folders" | "cwd" | "workdir" | "pathname" => Sink::Path,
        "url" | "urls" | "uri" | "uris" | "link" | "links" | "href" | "endpoint" | "webhook" | "callback" | "host"
        | "hostname" | "domain" | "website" | "site" | "address" | "origin" => Sink::Address,
        "query" | "queries" | "sql" | "statement" | "statements" | "where" | "filter" | "filters" => Sink::Query,
        "command" | "commands" | "cmd" | "shell" | "bash" | "script" | "exec" => Sink::Command,
        "text" | "content" | "contents" | "body" | "message" | "messages" | "description" | "prompt" | "comment"
        | "comments" | "note" | "notes" | "summary" | "subject" | "title" | "question" | "answer" | "instructions"
        | "code" | "html" | "markdown" | "patch" | "diff" | "data" | "thought" | "reason" => Sink::Prose,
        _ => return None,
    })
}

fn by_description(description: &str) -> Sink {
    let words = words(description);
    let speaks = |of: &[&str]| words.iter().any(|word| of.contains(&word.as_str()));
    if speaks(&["sql"]) {
        Sink::Query
    } else if speaks(&["shell", "bash"]) {
        Sink::Command
    } else if speaks(&["url", "uri"]) {
        Sink::Address
    } else if speaks(&["path", "directory", "folder", "filename"]) {
        Sink::Path
    } else if speaks(&["text", "content", "message", "markdown", "html", "code"]) {
        Sink::Prose
    } else {
        Sink::Word
    }
}

/// The words of a name or sentence in lower case: `sourcePath`, `source_path` and `source path` have the same two.
fn words(text: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let (mut is_inside, mut was_lower) = (false, false);
    for letter in text.chars().take(512) {
        let begins = !is_inside || (was_lower && letter.is_uppercase());
        is_inside = letter.is_alphanumeric();
        was_lower = letter.is_lowercase();
        if !is_inside {
            continue;
        }
        if begins {
            words.push(String::new());
        }
        if let Some(word) = words.last_mut() {
            word.extend(letter.to_lowercase());
        }
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_says_what_it_is_for() {
        for (name, sink) in [
            ("path", Some(Sink::Path)),
            ("sourcePath", Some(Sink::Path)),
            ("file_content", Some(Sink::Prose)),
            ("imageURL", Some(Sink::Address)),
            ("image_url", Some(Sink::Address)),
            ("sql", Some(Sink::Query)),
            ("branch", None),
            ("commit_message", Some(Sink::Prose)),
        ] {
            assert_eq!(by_name(name), sink, "{name}");
        }
    }

    #[test]
    fn what_its_name_does_not_say_the_description_may() {
        assert_eq!(by_description("The SQL to run"), Sink::Query);
        assert_eq!(by_description("Path of the repository"), Sink::Path);
        assert_eq!(by_description("Name of the branch"), Sink::Word);
    }
}
