//! Text to tokens.
//!
//! The lexer never stops at a mistake: it emits one `Bad` token that carries the error and ends
//! there, so that the parser reports whichever mistake comes first in the text.

use super::error::ErrorKind;

/// A stretch of the text, counted in characters.
///
/// Two spans are always equal: where something was written is no part of what it means, and trees
/// are compared by meaning.
#[derive(Clone, Copy, Debug)]
pub struct Span {
    /// The first character's column, from 1, counted over the whole text.
    pub column: usize,
    /// How many characters, at least 1.
    pub length: usize,
}

impl Span {
    /// From the first character of `self` to the last of `last`.
    pub(super) fn to(self, last: Self) -> Self {
        let end = last.column + last.length;
        Self { column: self.column, length: end.saturating_sub(self.column).max(1) }
    }
}

impl PartialEq for Span {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for Span {}

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Token {
    pub(super) kind: TokenKind,
    pub(super) span: Span,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum TokenKind {
    Number(f64),
    Text(String),
    Name(String),
    And,
    Or,
    Not,
    True,
    False,
    Plus,
    Minus,
    Star,
    Slash,
    Percent,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Equal,
    NotEqual,
    OpenParenthesis,
    CloseParenthesis,
    OpenBracket,
    CloseBracket,
    Comma,
    Dot,
    Bad(ErrorKind),
    End,
}

/// The tokens of `source`; the last one is `End` or `Bad`.
pub(super) fn tokens(source: &[char]) -> Vec<Token> {
    let mut lexer = Lexer { source, position: 0 };
    let mut tokens = Vec::new();
    loop {
        let token = lexer.next();
        let last = matches!(token.kind, TokenKind::End | TokenKind::Bad(_));
        tokens.push(token);
        if last {
            return tokens;
        }
    }
}

struct Lexer<'a> {
    source: &'a [char],
    position: usize,
}

impl Lexer<'_> {
    fn next(&mut self) -> Token {
        self.skip_while(char::is_whitespace);
        let start = self.position;
        let kind = match self.peek(0) {
            None => TokenKind::End,
            Some(quote @ ('"' | '\'')) => self.text(quote),
            Some(c) if starts_name(c) => self.name(),
            Some(c) if c.is_ascii_digit() => self.number(),
            Some('.') if self.peek(1).is_some_and(|c| c.is_ascii_digit()) => self.number(),
            Some(c) => self.symbol(c),
        };
        let length = (self.position - start).max(1);
        Token { kind, span: Span { column: start + 1, length } }
    }

    fn peek(&self, ahead: usize) -> Option<char> {
        self.source.get(self.position + ahead).copied()
    }

    fn skip_while(&mut self, accept: impl Fn(char) -> bool) {
        while self.peek(0).is_some_and(&accept) {
            self.position += 1;
        }
    }

    fn since(&self, start: usize) -> String {
        self.source[start..self.position].iter().collect()
    }

    fn text(&mut self, quote: char) -> TokenKind {
        let start = self.position + 1;
        self.position = start;
        self.skip_while(|c| c != quote);
        if self.peek(0).is_none() {
            // Only the quote is underlined: it is the rest of the text that is in doubt.
            self.position = start;
            return TokenKind::Bad(ErrorKind::UnterminatedText { quote });
        }
        let text = self.since(start);
        self.position += 1;
        TokenKind::Text(text)
    }

    fn name(&mut self) -> TokenKind {
        let start = self.position;
        self.skip_while(continues_name);
        let name = self.since(start);
        keyword(&name).unwrap_or(TokenKind::Name(name))
    }

    /// `12`, `0.5`, `.5`, `1e-3`. What clings to a number without belonging to it (`12abc`, `1.`,
    /// `1.2.3`) is taken with it, so that the message shows all of it.
    fn number(&mut self) -> TokenKind {
        let start = self.position;
        self.skip_while(|c| c.is_ascii_digit());
        if self.peek(0) == Some('.') && self.peek(1).is_some_and(|c| c.is_ascii_digit()) {
            self.position += 1;
            self.skip_while(|c| c.is_ascii_digit());
        }
        let sign = usize::from(matches!(self.peek(1), Some('+' | '-')));
        if matches!(self.peek(0), Some('e' | 'E'))
            && self.peek(1 + sign).is_some_and(|c| c.is_ascii_digit())
        {
            self.position += 1 + sign;
            self.skip_while(|c| c.is_ascii_digit());
        }
        let end = self.position;
        self.skip_while(|c| continues_name(c) || c == '.');
        let text = self.since(start);
        if self.position > end {
            return TokenKind::Bad(ErrorKind::BadNumber { text });
        }
        match text.parse::<f64>() {
            Ok(number) if number.is_finite() => TokenKind::Number(number),
            Ok(_) => TokenKind::Bad(ErrorKind::NumberTooLarge),
            Err(_) => TokenKind::Bad(ErrorKind::BadNumber { text }),
        }
    }

    fn symbol(&mut self, first: char) -> TokenKind {
        let second = self.peek(1);
        let (kind, length) = match (first, second) {
            ('<', Some('=')) => (TokenKind::LessOrEqual, 2),
            ('>', Some('=')) => (TokenKind::GreaterOrEqual, 2),
            ('=', Some('=')) => (TokenKind::Equal, 2),
            ('!', Some('=')) => (TokenKind::NotEqual, 2),
            ('&', Some('&')) => (TokenKind::And, 2),
            ('|', Some('|')) => (TokenKind::Or, 2),
            ('<', Some('>')) => (bad("'<>'", Some("!=")), 2),
            ('=', Some('<')) => (bad("'=<'", Some("<=")), 2),
            ('=', Some('>')) => (bad("'=>'", Some(">=")), 2),
            ('=', _) => (TokenKind::Bad(ErrorKind::SingleEquals), 1),
            ('<', _) => (TokenKind::Less, 1),
            ('>', _) => (TokenKind::Greater, 1),
            ('!', _) => (TokenKind::Not, 1),
            ('+', _) => (TokenKind::Plus, 1),
            ('-', _) => (TokenKind::Minus, 1),
            ('*', _) => (TokenKind::Star, 1),
            ('/', _) => (TokenKind::Slash, 1),
            ('%', _) => (TokenKind::Percent, 1),
            ('(', _) => (TokenKind::OpenParenthesis, 1),
            (')', _) => (TokenKind::CloseParenthesis, 1),
            ('[', _) => (TokenKind::OpenBracket, 1),
            (']', _) => (TokenKind::CloseBracket, 1),
            (',', _) => (TokenKind::Comma, 1),
            ('.', _) => (TokenKind::Dot, 1),
            (other, _) => (bad(&describe(other), replacement(other)), 1),
        };
        self.position += length;
        kind
    }
}

/// The keyword that `name` spells, if it is one.
pub(super) fn keyword(name: &str) -> Option<TokenKind> {
    match name {
        "and" => Some(TokenKind::And),
        "or" => Some(TokenKind::Or),
        "not" => Some(TokenKind::Not),
        "true" => Some(TokenKind::True),
        "false" => Some(TokenKind::False),
        _ => None,
    }
}

fn starts_name(c: char) -> bool {
    c.is_ascii_alphabetic() || c == '_'
}

fn continues_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

fn bad(found: &str, replacement: Option<&'static str>) -> TokenKind {
    TokenKind::Bad(ErrorKind::UnexpectedCharacter { found: found.to_owned(), replacement })
}

fn describe(c: char) -> String {
    if c.is_control() { format!("U+{:04X}", u32::from(c)) } else { format!("'{c}'") }
}

/// What a person meant by a character that word processors and other languages use.
fn replacement(c: char) -> Option<&'static str> {
    match c {
        '≤' => Some("<="),
        '≥' => Some(">="),
        '≠' => Some("!="),
        '−' | '–' | '—' => Some("-"),
        '×' | '·' => Some("*"),
        '÷' => Some("/"),
        '“' | '”' | '„' | '‘' | '’' | '`' => Some("\""),
        '&' | '∧' => Some("and"),
        '|' | '∨' => Some("or"),
        '¬' => Some("not"),
        '{' => Some("("),
        '}' => Some(")"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use TokenKind::*;

    fn kinds(text: &str) -> Vec<TokenKind> {
        let source: Vec<char> = text.chars().collect();
        tokens(&source).into_iter().map(|token| token.kind).collect()
    }

    fn name(text: &str) -> TokenKind {
        Name(text.to_owned())
    }

    #[test]
    fn every_token_is_read() {
        assert_eq!(
            kinds("and or not && || ! true false"),
            [And, Or, Not, And, Or, Not, True, False, End]
        );
        assert_eq!(kinds("+-*/%"), [Plus, Minus, Star, Slash, Percent, End]);
        assert_eq!(
            kinds("< <= > >= == !="),
            [Less, LessOrEqual, Greater, GreaterOrEqual, Equal, NotEqual, End]
        );
        assert_eq!(
            kinds("( ) [ ] , ."),
            [OpenParenthesis, CloseParenthesis, OpenBracket, CloseBracket, Comma, Dot, End]
        );
        assert_eq!(kinds("\"4h\" '1d'"), [Text("4h".to_owned()), Text("1d".to_owned()), End]);
        assert_eq!(kinds("ema_12 _x not_it"), [name("ema_12"), name("_x"), name("not_it"), End]);
        assert_eq!(kinds(" \t\r\n\u{a0}"), [End]);
    }

    #[test]
    fn numbers_are_read_to_the_last_digit() {
        for (text, expected) in [
            ("12", 12.0),
            ("0.5", 0.5),
            (".5", 0.5),
            ("1e-3", 0.001),
            ("1E+3", 1000.0),
            ("2.5e2", 250.0),
            ("007", 7.0),
            ("1e-400", 0.0),
        ] {
            assert_eq!(kinds(text), [Number(expected), End], "{text}");
        }
        for text in ["1.", "12abc", "1.2.3", "1e", "1e-", "0x10", "1_000", "1.e3"] {
            let whole = match kinds(text).remove(0) {
                Bad(ErrorKind::BadNumber { text }) => text,
                other => panic!("{text} gave {other:?}"),
            };
            assert!(text.starts_with(&whole), "{text} gave {whole}");
        }
        assert_eq!(kinds("1e999"), [Bad(ErrorKind::NumberTooLarge)]);
    }

    #[test]
    fn spans_count_characters_from_one() {
        let source: Vec<char> = "\"ß→\" <= close".chars().collect();
        let spans: Vec<_> =
            tokens(&source).iter().map(|token| (token.span.column, token.span.length)).collect();
        assert_eq!(spans, [(1, 4), (6, 2), (9, 5), (14, 1)]);
    }

    #[test]
    fn lexing_ends_at_the_first_bad_token() {
        let found = |text: &str| ErrorKind::UnexpectedCharacter {
            found: text.to_owned(),
            replacement: None,
        };
        assert_eq!(kinds("close $ >"), [name("close"), Bad(found("'$'"))]);
        assert_eq!(kinds("\u{7}"), [Bad(found("U+0007"))]);
        assert_eq!(kinds("a = b"), [name("a"), Bad(ErrorKind::SingleEquals)]);
        assert_eq!(kinds("'4h"), [Bad(ErrorKind::UnterminatedText { quote: '\'' })]);
    }
}
