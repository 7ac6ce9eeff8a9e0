//! Values in values, and the records they make.

use std::borrow::Cow;

use doorward_mcp::raw::{Kind, Raw, Token};

use super::{PathId, Paths, Reading, Sort};
use crate::limits::{LEAVES_MAX, NESTING_MAX};

/// A value of a strict form.
#[derive(Debug, PartialEq)]
pub(super) enum Node<'a> {
    /// Nothing, or a truth value: it names nothing.
    Void,
    /// A string, or a number as written.
    Scalar(Cow<'a, str>),
    List(Vec<Node<'a>>),
    Object(Vec<(Cow<'a, str>, Node<'a>)>),
}

/// What `raw` is made of; what lies deeper or further behind than the bounds is left out.
pub(super) fn of<'a>(raw: Raw<'a>) -> Node<'a> {
    let mut open: Vec<(Node<'a>, Cow<'a, str>)> = Vec::new();
    let mut name = Cow::Borrowed("");
    let mut left = LEAVES_MAX;
    let mut skipped = 0_usize;
    for token in raw.tokens() {
        let closed = match token {
            Token::Open(_) if skipped > 0 || open.len() >= NESTING_MAX => {
                skipped += 1;
                continue;
            }
            Token::Open(kind) => {
                let node = if kind == Kind::Object { Node::Object(Vec::new()) } else { Node::List(Vec::new()) };
                open.push((node, std::mem::take(&mut name)));
                continue;
            }
            Token::Close if skipped > 0 => {
                skipped -= 1;
                continue;
            }
            Token::Close => open.pop(),
            Token::Name(_) | Token::Scalar(_) if skipped > 0 => continue,
            Token::Name(raw) => {
                name = raw.as_str().unwrap_or_default();
                continue;
            }
            Token::Scalar(raw) => {
                left = left.saturating_sub(1);
                Some((scalar(raw), std::mem::take(&mut name)))
            }
        };
        let Some((node, name)) = closed else { return Node::Void };
        match open.last_mut() {
            None => return node,
            Some((Node::List(elements), _)) if left > 0 => elements.push(node),
            Some((Node::Object(members), _)) if left > 0 => members.push((name, node)),
            Some(_) => {}
        }
    }
    Node::Void
}

fn scalar(raw: Raw<'_>) -> Node<'_> {
    match raw.kind() {
        Kind::String => raw.as_str().map_or(Node::Void, Node::Scalar),
        Kind::Number => Node::Scalar(Cow::Borrowed(raw.text())),
        Kind::Bool | Kind::Null | Kind::Array | Kind::Object => Node::Void,
    }
}

/// The leaves of `node`. A record is an element of the outermost list; of an object that holds nothing but lists and
/// objects, each of them and each of their elements; else all there is.
pub(super) fn leaves<'a>(node: &Node<'a>) -> Reading<'a> {
    let mut walk = Walk { reading: Reading::default(), record: 0 };
    match node {
        Node::List(elements) => {
            let path = walk.reading.paths.element(Paths::ROOT);
            elements.iter().for_each(|element| walk.record(element, path));
        }
        Node::Object(members) if !members.is_empty() && members.iter().all(|(_, member)| member.is_container()) => {
            members.iter().for_each(|(name, member)| walk.group(name.clone(), member));
        }
        Node::Void | Node::Scalar(_) | Node::Object(_) => walk.record(node, Paths::ROOT),
    }
    walk.reading
}

impl Node<'_> {
    const fn is_container(&self) -> bool {
        match self {
            Self::List(_) | Self::Object(_) => true,
            Self::Void | Self::Scalar(_) => false,
        }
    }
}

struct Walk<'a> {
    reading: Reading<'a>,
    record: u32,
}

impl<'a> Walk<'a> {
    fn record(&mut self, node: &Node<'a>, path: PathId) {
        self.record = self.record.saturating_add(1);
        self.walk(node, path);
    }

    fn group(&mut self, name: Cow<'a, str>, member: &Node<'a>) {
        self.record = self.record.saturating_add(1);
        let path = self.name(name, Paths::ROOT);
        match member {
            Node::List(elements) => {
                let path = self.reading.paths.element(path);
                elements.iter().for_each(|element| self.record(element, path));
            }
            Node::Object(_) | Node::Void | Node::Scalar(_) => self.walk(member, path),
        }
    }

    fn name(&mut self, name: Cow<'a, str>, parent: PathId) -> PathId {
        let path = self.reading.paths.member(parent, &name);
        self.reading.push(self.record, parent, name, Sort::Name(path));
        path
    }

    /// As deep as [`NESTING_MAX`]: no node is deeper.
    fn walk(&mut self, node: &Node<'a>, path: PathId) {
        match node {
            Node::Void => {}
            Node::Scalar(value) => self.reading.push(self.record, path, value.clone(), Sort::Field),
            Node::List(elements) => {
                let path = self.reading.paths.element(path);
                elements.iter().for_each(|element| self.walk(element, path));
            }
            Node::Object(members) => {
                for (name, member) in members {
                    if self.reading.is_full() {
                        return;
                    }
                    let path = self.name(name.clone(), path);
                    self.walk(member, path);
                }
            }
        }
    }
}
