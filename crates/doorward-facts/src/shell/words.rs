//! Words and operators of a shell command (POSIX XCU 2.2 to 2.6), with quotes taken off.

use crate::unclear::Unclear;

/// A piece of a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Token {
    /// Between commands, or in front of a file.
    Operator(&'static str),
    /// A program, an argument or a file.
    Word(Word),
}

/// A word.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Word {
    /// Without quotes; expansions as written.
    pub(super) text: String,
    /// Whether any of it was quoted.
    pub(super) quoted: bool,
    /// What expands in it.
    pub(super) expansions: Vec<&'static str>,
    /// The commands in it.
    pub(super) commands: Vec<String>,
}

/// Longest first.
const OPERATORS: [&str; 16] = ["&&", "||", "|&", ">>", ">&", "<&", ">|", "<>", ";", "|", "&", "<", ">", "(", ")", "\n"];

/// Splits `text`.
pub(super) fn tokens(text: &str) -> Result<Vec<Token>, Unclear> {
    let strange = |c: char| (c.is_control() && !matches!(c, '\n' | '\t')) || (c.is_whitespace() && !c.is_ascii());
    if text.contains(strange) {
        return Err(Unclear::Control);
    }
    let mut found = Vec::new();
    let mut rest = text;
    loop {
        rest = rest.trim_start_matches([' ', '\t']);
        if rest.is_empty() {
            return Ok(found);
        }
        // A comment to most shells, words to some; a here-document's text is read in other ways; `;;` belongs to `case`;
        // `a &> b c` runs one command in bash, and two in shells of POSIX alone.
        if ["#", "<<", ";;", "((", "&>"].into_iter().any(|odd| rest.starts_with(odd)) {
            return Err(Unclear::OddShell);
        }
        let substitutes = rest.starts_with("<(") || rest.starts_with(">(");
        if let Some(operator) =
            OPERATORS.into_iter().find(|operator| rest.starts_with(operator)).filter(|_| !substitutes)
        {
            rest = rest.strip_prefix(operator).unwrap_or_default();
            found.push(Token::Operator(operator));
            continue;
        }
        let mut reader = Reader { chars: Left(rest), word: Word::default() };
        reader.read()?;
        rest = reader.chars.0;
        found.push(Token::Word(reader.word));
    }
}

/// What is left to read.
struct Left<'a>(&'a str);

impl Left<'_> {
    fn peek(&self) -> Option<char> {
        self.0.chars().next()
    }

    fn next(&mut self) -> Option<char> {
        let mut chars = self.0.chars();
        let next = chars.next();
        self.0 = chars.as_str();
        next
    }
}

struct Reader<'a> {
    chars: Left<'a>,
    word: Word,
}

impl Reader<'_> {
    fn read(&mut self) -> Result<(), Unclear> {
        while let Some(c) = self.chars.peek() {
            let substitutes = matches!(c, '<' | '>') && self.word.text.is_empty() && !self.word.quoted;
            if matches!(c, ' ' | '\t' | '\n' | ';' | '|' | '&' | '(' | ')') || (matches!(c, '<' | '>') && !substitutes)
            {
                return Ok(());
            }
            self.chars.next();
            match c {
                '\'' => self.single()?,
                '"' => self.double()?,
                '\\' => self.escape()?,
                '$' => self.dollar(Quotes::None)?,
                '`' => self.backticks()?,
                '<' | '>' => self.process(c)?,
                '*' | '?' | '[' | '{' | '~' => self.pattern(c),
                _ => self.word.text.push(c),
            }
        }
        Ok(())
    }

    fn single(&mut self) -> Result<(), Unclear> {
        self.word.quoted = true;
        loop {
            match self.chars.next().ok_or(Unclear::OddShell)? {
                '\'' => return Ok(()),
                c => self.word.text.push(c),
            }
        }
    }

    fn double(&mut self) -> Result<(), Unclear> {
        self.word.quoted = true;
        loop {
            match self.chars.next().ok_or(Unclear::OddShell)? {
                '"' => return Ok(()),
                '$' => self.dollar(Quotes::Double)?,
                '`' => self.backticks()?,
                '\\' => match self.chars.next().ok_or(Unclear::OddShell)? {
                    c @ ('$' | '`' | '"' | '\\') => self.word.text.push(c),
                    '\n' => {}
                    c => self.word.text.extend(['\\', c]),
                },
                c => self.word.text.push(c),
            }
        }
    }

    fn escape(&mut self) -> Result<(), Unclear> {
        self.word.quoted = true;
        match self.chars.next().ok_or(Unclear::OddShell)? {
            '\n' => {}
            c => self.word.text.push(c),
        }
        Ok(())
    }

    fn dollar(&mut self, quotes: Quotes) -> Result<(), Unclear> {
        self.word.text.push('$');
        match self.chars.peek() {
            Some('(') => {
                self.chars.next();
                let command = self.balanced()?;
                // `$((…))` calculates, and may call commands in doing so.
                if command.starts_with('(') {
                    return Err(Unclear::OddShell);
                }
                self.word.expansions.push("$(");
                self.word.text.push_str(&format!("({command})"));
                self.word.commands.push(command);
            }
            Some('{') => {
                self.chars.next();
                self.word.expansions.push("$");
                self.braced()?;
            }
            // `$'…'` and `$"…"` are read by some shells only; `$[` calculates.
            Some('\'' | '"') if quotes == Quotes::None => return Err(Unclear::OddShell),
            Some('[') => return Err(Unclear::OddShell),
            Some(c) if c.is_alphanumeric() || "_@*#?-$!".contains(c) => self.word.expansions.push("$"),
            Some(_) | None => {}
        }
        Ok(())
    }

    /// `${NAME}` and nothing more: other forms may hold commands.
    fn braced(&mut self) -> Result<(), Unclear> {
        self.word.text.push('{');
        loop {
            match self.chars.next().ok_or(Unclear::OddShell)? {
                '}' => {
                    self.word.text.push('}');
                    return Ok(());
                }
                c if c.is_ascii_alphanumeric() || c == '_' => self.word.text.push(c),
                _ => return Err(Unclear::OddShell),
            }
        }
    }

    fn backticks(&mut self) -> Result<(), Unclear> {
        let mut command = String::new();
        loop {
            match self.chars.next().ok_or(Unclear::OddShell)? {
                '`' => break,
                // Here escapes are taken off twice.
                '\\' => return Err(Unclear::OddShell),
                c => command.push(c),
            }
        }
        self.word.expansions.push("`");
        self.word.text.push_str(&format!("`{command}`"));
        self.word.commands.push(command);
        Ok(())
    }

    fn process(&mut self, c: char) -> Result<(), Unclear> {
        if self.chars.next() != Some('(') {
            return Err(Unclear::OddShell);
        }
        let command = self.balanced()?;
        self.word.expansions.push(if c == '<' { "<(" } else { ">(" });
        self.word.text.push_str(&format!("{c}({command})"));
        self.word.commands.push(command);
        Ok(())
    }

    /// Up to the closing parenthesis, quotes respected.
    fn balanced(&mut self) -> Result<String, Unclear> {
        let mut inner = String::new();
        let mut open = 1usize;
        let mut quote = None;
        loop {
            let c = self.chars.next().ok_or(Unclear::OddShell)?;
            match (c, quote) {
                // Quotes nest anew inside a substitution inside quotes: not followed here.
                ('$' | '`', Some('"')) | ('\\', _) => return Err(Unclear::OddShell),
                ('\'' | '"', None) => quote = Some(c),
                (c, Some(open)) if c == open => quote = None,
                ('(', None) => open += 1,
                (')', None) => {
                    open -= 1;
                    if open == 0 {
                        return Ok(inner);
                    }
                }
                _ => {}
            }
            inner.push(c);
        }
    }

    fn pattern(&mut self, c: char) {
        let operator = match c {
            '*' => Some("*"),
            '?' => Some("?"),
            '[' => Some("["),
            '{' if !matches!(self.chars.peek(), None | Some(' ' | '\t' | '\n' | '}')) => Some("{"),
            '~' if self.word.text.is_empty() || self.word.text.ends_with([':', '=']) => Some("~"),
            _ => None,
        };
        self.word.expansions.extend(operator);
        self.word.text.push(c);
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Quotes {
    None,
    Double,
}
