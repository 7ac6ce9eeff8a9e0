//! The leaves of a call's arguments, each with its JSON pointer.

use std::borrow::Cow;
use std::fmt::Write;

use doorward_mcp::raw::{Kind, Raw, Token};

use crate::limits::{ARGUMENT_LEAVES_MAX, ARGUMENT_NAME_BYTES_MAX, ARGUMENT_PATH_BYTES_MAX};

/// Whether all leaves were looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Walked {
    All,
    TooMany,
}

/// One step down: a member of an object, or an element of a list.
enum Step {
    Member,
    Element(usize),
}

/// One leaf.
#[derive(Clone, Copy)]
pub(super) struct Leaf<'p, 'a> {
    pub(super) pointer: &'p str,
    pub(super) raw: Raw<'a>,
}

impl<'a> Leaf<'_, 'a> {
    /// The string, or the number as written; `None` for what names nothing.
    pub(super) fn text(&self) -> Option<Cow<'a, str>> {
        match self.raw.kind() {
            Kind::String => self.raw.as_str().filter(|text| !text.is_empty()),
            Kind::Number => Some(Cow::Borrowed(self.raw.text())),
            Kind::Null | Kind::Bool | Kind::Array | Kind::Object => None,
        }
    }

    /// The pointer, cut to what is told of it. Names that could be values have a `*` in their place.
    pub(super) fn shown(&self) -> String {
        let mut shown = String::new();
        for name in self.pointer.split('/').skip(1) {
            let name = if is_index(name) || is_plain(name) { name } else { "*" };
            if shown.len() + 1 + name.len() > ARGUMENT_PATH_BYTES_MAX {
                break;
            }
            shown.push('/');
            shown.push_str(name);
        }
        shown
    }
}

/// As many digits as the index of a leaf that is looked at can have: longer numbers may be somebody's.
fn is_index(name: &str) -> bool {
    (1..=4).contains(&name.len()) && name.bytes().all(|byte| byte.is_ascii_digit())
}

/// A name as schemas have it, and no address or sentence has it.
fn is_plain(name: &str) -> bool {
    let is_part = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
    name.len() <= ARGUMENT_NAME_BYTES_MAX
        && !name.starts_with(|c: char| c.is_ascii_digit() || c == '-')
        && !name.is_empty()
        && name.bytes().all(is_part)
}

/// Has `take` look at each leaf, up to the bound.
pub(super) fn each<'a>(arguments: Raw<'a>, mut take: impl FnMut(Leaf<'_, 'a>)) -> Walked {
    let mut pointer = String::new();
    // What is open, with how long the pointer was before it.
    let mut open: Vec<(Step, usize)> = Vec::new();
    let mut left = ARGUMENT_LEAVES_MAX;
    for token in arguments.tokens() {
        match token {
            Token::Name(name) => {
                if let Some((_, length)) = open.last() {
                    pointer.truncate(*length);
                }
                push(&mut pointer, &name.as_str().unwrap_or_default());
            }
            Token::Open(kind) => {
                next_element(&mut open, &mut pointer);
                let step = if kind == Kind::Object { Step::Member } else { Step::Element(0) };
                open.push((step, pointer.len()));
            }
            Token::Close => {
                if let Some((_, length)) = open.pop() {
                    pointer.truncate(length);
                }
            }
            Token::Scalar(raw) => {
                next_element(&mut open, &mut pointer);
                let Some(less) = left.checked_sub(1) else { return Walked::TooMany };
                left = less;
                take(Leaf { pointer: &pointer, raw });
            }
        }
    }
    Walked::All
}

/// If what is open is a list, the pointer leads to its next element from here.
fn next_element(open: &mut [(Step, usize)], pointer: &mut String) {
    if let Some((Step::Element(at), length)) = open.last_mut() {
        pointer.truncate(*length);
        // Writing to a string never fails.
        let _ = write!(pointer, "/{at}");
        *at += 1;
    }
}

fn push(pointer: &mut String, name: &str) {
    pointer.push('/');
    if name.contains(['~', '/']) {
        pointer.push_str(&name.replace('~', "~0").replace('/', "~1"));
    } else {
        pointer.push_str(name);
    }
}

#[cfg(test)]
mod tests {
    use doorward_mcp::limits::Limits;
    use doorward_mcp::raw::RawJson;

    use super::*;

    fn walk(json: &str) -> (Vec<String>, Walked) {
        let json = RawJson::parse(json.to_owned(), &Limits::default()).unwrap();
        let mut seen = Vec::new();
        let walked = each(json.as_raw(), |leaf| seen.push(format!("{}={}", leaf.pointer, leaf.raw.text())));
        (seen, walked)
    }

    #[test]
    fn each_leaf_has_its_pointer() {
        let (seen, walked) = walk(r#"{"to":["a","b"],"x":{"y/z":[{"n":1},{"n":2}],"e":[]},"last":null}"#);
        assert_eq!(seen, ["/to/0=\"a\"", "/to/1=\"b\"", "/x/y~1z/0/n=1", "/x/y~1z/1/n=2", "/last=null"]);
        assert_eq!(walked, Walked::All);
    }

    #[test]
    fn too_many_leaves_are_told() {
        let list = |count: usize| format!("[{}]", vec!["1"; count].join(","));
        assert_eq!(walk(&list(ARGUMENT_LEAVES_MAX)).1, Walked::All);
        assert_eq!(walk(&list(ARGUMENT_LEAVES_MAX + 1)).1, Walked::TooMany);
    }
}
