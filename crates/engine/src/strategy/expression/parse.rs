//! Tokens to the syntax tree: recursive descent, one function per level of precedence.
//!
//! Only parentheses and calls recurse, and how deep they nest is bounded, so that no text can
//! overflow the stack. Chains of operators are loops; the depth of the tree that they make is
//! bounded too, for the sake of whoever walks it.

use super::error::{ErrorKind, ExpressionError, grouped};
use super::operator::{Arithmetic, Comparison};
use super::syntax::{Name, Node, NodeKind};
use super::token::{Span, Token, TokenKind, keyword, tokens};
use super::{MAX_DEPTH, MAX_LOOK_BACK_BARS, MAX_NODES, MAX_TEXT_CHARACTERS};

type Parsed = Result<Node, ExpressionError>;

/// The syntax tree of the whole of `text`.
pub(super) fn parse(text: &str) -> Parsed {
    let source: Vec<char> = text.chars().take(MAX_TEXT_CHARACTERS + 1).collect();
    if source.len() > MAX_TEXT_CHARACTERS {
        let span = Span { column: MAX_TEXT_CHARACTERS + 1, length: 1 };
        return Err(ExpressionError::at(span, ErrorKind::TextTooLong));
    }
    let mut parser =
        Parser { source: &source, tokens: tokens(&source), next: 0, depth: 0, nodes: 0 };
    if parser.peek().kind == TokenKind::End {
        return Err(ExpressionError::at(Span { column: 1, length: 1 }, ErrorKind::Empty));
    }
    let node = parser.or()?;
    match parser.peek().kind {
        TokenKind::End => Ok(node),
        _ => Err(parser.unexpected("an operator or the end of the expression")),
    }
}

struct Parser<'a> {
    source: &'a [char],
    /// Never empty; the last one is `End` or `Bad` and is never stepped over.
    tokens: Vec<Token>,
    next: usize,
    depth: usize,
    nodes: usize,
}

impl Parser<'_> {
    fn or(&mut self) -> Parsed {
        self.chain(&TokenKind::Or, Self::and, NodeKind::Or)
    }

    fn and(&mut self) -> Parsed {
        self.chain(&TokenKind::And, Self::not, NodeKind::And)
    }

    fn chain(
        &mut self,
        separator: &TokenKind,
        part: fn(&mut Self) -> Parsed,
        kind: fn(Vec<Node>) -> NodeKind,
    ) -> Parsed {
        let first = part(self)?;
        if self.peek().kind != *separator {
            return Ok(first);
        }
        let mut span = first.span;
        let mut parts = vec![first];
        while self.take(separator).is_some() {
            let next = part(self)?;
            span = span.to(next.span);
            parts.push(next);
        }
        self.node(kind(parts), span)
    }

    fn not(&mut self) -> Parsed {
        let mut signs = Vec::new();
        while let Some(span) = self.take(&TokenKind::Not) {
            signs.push(span);
        }
        let operand = self.comparison()?;
        self.prefixed(&signs, operand, NodeKind::Not)
    }

    fn comparison(&mut self) -> Parsed {
        let left = self.additive()?;
        let Some(comparison) = self.peek_comparison() else {
            return Ok(left);
        };
        self.advance();
        let right = self.additive()?;
        if self.peek_comparison().is_some() {
            return Err(ExpressionError::at(self.peek().span, ErrorKind::ChainedComparison));
        }
        self.pair(left, right, |left, right| NodeKind::Compare { comparison, left, right })
    }

    fn additive(&mut self) -> Parsed {
        let mut left = self.multiplicative()?;
        loop {
            let operator = match self.peek().kind {
                TokenKind::Plus => Arithmetic::Add,
                TokenKind::Minus => Arithmetic::Subtract,
                _ => return Ok(left),
            };
            self.advance();
            let right = self.multiplicative()?;
            left = self.arithmetic(operator, left, right)?;
        }
    }

    fn multiplicative(&mut self) -> Parsed {
        let mut left = self.unary()?;
        loop {
            let operator = match self.peek().kind {
                TokenKind::Star => Arithmetic::Multiply,
                TokenKind::Slash => Arithmetic::Divide,
                TokenKind::Percent => Arithmetic::Remainder,
                _ => return Ok(left),
            };
            self.advance();
            let right = self.unary()?;
            left = self.arithmetic(operator, left, right)?;
        }
    }

    fn unary(&mut self) -> Parsed {
        let mut signs = Vec::new();
        while let Some(span) = self.take(&TokenKind::Minus) {
            signs.push(span);
        }
        let operand = self.postfix()?;
        self.prefixed(&signs, operand, NodeKind::Negate)
    }

    fn postfix(&mut self) -> Parsed {
        let mut of = self.primary()?;
        loop {
            if let Some(bracket) = self.take(&TokenKind::OpenBracket) {
                of = self.shift(of, bracket)?;
            } else if self.take(&TokenKind::Dot).is_some() {
                of = self.output(of)?;
            } else {
                return Ok(of);
            }
        }
    }

    fn shift(&mut self, of: Node, bracket: Span) -> Parsed {
        self.depth += 1;
        let bars = self.shift_bars()?;
        let end = self.close(&TokenKind::CloseBracket, "']'", '[', bracket)?;
        self.depth -= 1;
        let span = of.span.to(end);
        let of = Box::new(of);
        self.node(NodeKind::Shift { of, bars }, span)
    }

    fn output(&mut self, of: Node) -> Parsed {
        let Some((text, last)) = self.take_name() else {
            return Err(self.unexpected("the name of an output after '.'"));
        };
        if let NodeKind::Name(prefix) = &of.kind
            && self.peek().kind == TokenKind::OpenParenthesis
        {
            let (prefix, function) = (prefix.clone(), text);
            let kind = ErrorKind::Prefixed { prefix, function };
            return Err(ExpressionError::at(of.span, kind));
        }
        let span = of.span.to(last);
        let (of, name) = (Box::new(of), Name { text, span: last });
        self.node(NodeKind::Output { of, name }, span)
    }

    fn primary(&mut self) -> Parsed {
        let Token { kind, span } = self.peek().clone();
        let kind = match kind {
            TokenKind::Number(number) => NodeKind::Number(number),
            TokenKind::Text(text) => NodeKind::Text(text),
            TokenKind::True => NodeKind::Boolean(true),
            TokenKind::False => NodeKind::Boolean(false),
            TokenKind::Name(text) => {
                self.advance();
                return match self.take(&TokenKind::OpenParenthesis) {
                    Some(parenthesis) => self.call(Name { text, span }, parenthesis),
                    None => self.node(NodeKind::Name(text), span),
                };
            }
            TokenKind::OpenParenthesis => {
                self.advance();
                return self.parenthesised(span);
            }
            _ => return Err(self.unexpected("a value")),
        };
        self.advance();
        self.node(kind, span)
    }

    fn parenthesised(&mut self, parenthesis: Span) -> Parsed {
        self.enter(parenthesis)?;
        let mut node = self.or()?;
        let end = self.close(&TokenKind::CloseParenthesis, "')'", '(', parenthesis)?;
        self.depth -= 1;
        node.span = parenthesis.to(end);
        Ok(node)
    }

    fn call(&mut self, name: Name, parenthesis: Span) -> Parsed {
        self.enter(name.span)?;
        let mut arguments = Vec::new();
        if self.peek().kind != TokenKind::CloseParenthesis {
            arguments.push(self.or()?);
            while self.take(&TokenKind::Comma).is_some() {
                arguments.push(self.or()?);
            }
        }
        let end = self.close(&TokenKind::CloseParenthesis, "',' or ')'", '(', parenthesis)?;
        self.depth -= 1;
        let span = name.span.to(end);
        self.node(NodeKind::Call { name, arguments }, span)
    }

    fn shift_bars(&mut self) -> Result<u32, ExpressionError> {
        let token = self.peek();
        let number = match token.kind {
            TokenKind::Number(number) => Some(number),
            TokenKind::Minus => return Err(ExpressionError::at(token.span, ErrorKind::Future)),
            _ => None,
        };
        let bars = number.and_then(whole).filter(|&bars| bars as usize <= MAX_LOOK_BACK_BARS);
        let Some(bars) = bars else {
            let most = grouped(MAX_LOOK_BACK_BARS);
            return Err(self.unexpected(&format!("a whole number of bars from 0 to {most}")));
        };
        self.advance();
        Ok(bars)
    }

    /// Steps over the closing character of what opened at `opened`.
    fn close(
        &mut self,
        kind: &TokenKind,
        expected: &str,
        opening: char,
        opened: Span,
    ) -> Result<Span, ExpressionError> {
        self.take(kind).ok_or_else(|| {
            let column = opened.column;
            self.unexpected(&format!("{expected} after the '{opening}' of column {column}"))
        })
    }

    fn arithmetic(&mut self, operator: Arithmetic, left: Node, right: Node) -> Parsed {
        self.pair(left, right, |left, right| NodeKind::Arithmetic { operator, left, right })
    }

    fn pair(
        &mut self,
        left: Node,
        right: Node,
        kind: impl FnOnce(Box<Node>, Box<Node>) -> NodeKind,
    ) -> Parsed {
        let span = left.span.to(right.span);
        self.node(kind(Box::new(left), Box::new(right)), span)
    }

    fn prefixed(
        &mut self,
        signs: &[Span],
        operand: Node,
        kind: impl Fn(Box<Node>) -> NodeKind,
    ) -> Parsed {
        signs.iter().rev().try_fold(operand, |operand, sign| {
            let span = sign.to(operand.span);
            self.node(kind(Box::new(operand)), span)
        })
    }

    fn node(&mut self, kind: NodeKind, span: Span) -> Parsed {
        self.nodes += 1;
        if self.nodes > MAX_NODES {
            return Err(ExpressionError::at(span, ErrorKind::TooLarge));
        }
        let depth = kind.depth_below() + 1;
        if depth > MAX_DEPTH {
            return Err(ExpressionError::at(span, ErrorKind::TooDeep));
        }
        Ok(Node { kind, span, depth })
    }

    fn enter(&mut self, span: Span) -> Result<(), ExpressionError> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(ExpressionError::at(span, ErrorKind::TooDeep));
        }
        Ok(())
    }

    fn peek(&self) -> &Token {
        &self.tokens[self.next]
    }

    fn peek_comparison(&self) -> Option<Comparison> {
        match self.peek().kind {
            TokenKind::Less => Some(Comparison::Less),
            TokenKind::LessOrEqual => Some(Comparison::LessOrEqual),
            TokenKind::Greater => Some(Comparison::Greater),
            TokenKind::GreaterOrEqual => Some(Comparison::GreaterOrEqual),
            TokenKind::Equal => Some(Comparison::Equal),
            TokenKind::NotEqual => Some(Comparison::NotEqual),
            _ => None,
        }
    }

    fn advance(&mut self) {
        self.next = (self.next + 1).min(self.tokens.len() - 1);
    }

    fn take(&mut self, kind: &TokenKind) -> Option<Span> {
        let token = self.peek();
        let span = (token.kind == *kind).then_some(token.span)?;
        self.advance();
        Some(span)
    }

    fn take_name(&mut self) -> Option<(String, Span)> {
        let Token { kind: TokenKind::Name(text), span } = self.peek().clone() else {
            return None;
        };
        self.advance();
        Some((text, span))
    }

    /// The error that the next token is not `expected`; the lexer's own when that token is bad.
    fn unexpected(&self, expected: &str) -> ExpressionError {
        let token = self.peek();
        let kind = match &token.kind {
            TokenKind::Bad(kind) => kind.clone(),
            TokenKind::CloseParenthesis if self.depth == 0 => ErrorKind::Unopened,
            found => ErrorKind::Unexpected {
                expected: expected.to_owned(),
                found: self.describe(token),
                suggestion: miscased_keyword(found),
            },
        };
        ExpressionError::at(token.span, kind)
    }

    fn describe(&self, token: &Token) -> String {
        let start = token.span.column - 1;
        let end = (start + token.span.length).min(self.source.len());
        let text: String = self.source[start..end].iter().collect();
        match token.kind {
            TokenKind::End => "the end of the expression".to_owned(),
            TokenKind::Text(_) => text,
            _ => format!("'{text}'"),
        }
    }
}

/// The whole number that `number` is, if it is one and a `u32` holds it.
fn whole(number: f64) -> Option<u32> {
    let in_range = (0.0..=f64::from(u32::MAX)).contains(&number);
    let whole = number as u32;
    (in_range && f64::from(whole) == number).then_some(whole)
}

/// The keyword that `AND`, `Or` or `True` was meant to be.
fn miscased_keyword(kind: &TokenKind) -> Option<&'static str> {
    let TokenKind::Name(name) = kind else {
        return None;
    };
    ["and", "or", "not", "true", "false"]
        .into_iter()
        .find(|word| name.eq_ignore_ascii_case(word) && keyword(name).is_none())
}
