//! Rules about Rust code: function length, no `#[allow]`, no async in the engine outside `run.rs`.
//! They read tokens rather than a syntax tree, so that functions inside macros such as `proptest!`
//! count too, while comments and strings never do.

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};

use super::size::has_extension;
use crate::tidy::Violation;
use crate::workspace::SourceFile;

const FUNCTION_LINES_MAX: usize = 70;
/// Where a router has routes that the table of access does not: the table itself, its description,
/// the files of the web application, the internal listener, and a test of listeners.
const ROUTERS: [&str; 5] = [
    "crates/platform/src/request/api.rs",
    "crates/server/src/http/description.rs",
    "crates/server/src/http/internal.rs",
    "crates/server/src/http/mod.rs",
    "crates/server/src/serve/front.rs",
];

pub(super) fn check(file: &SourceFile) -> Vec<Violation> {
    if !has_extension(&file.path, "rs") {
        return Vec::new();
    }
    let tokens: TokenStream = match file.text.parse() {
        Ok(tokens) => tokens,
        Err(error) => {
            let line = proc_macro2::LexError::span(&error).start().line;
            return vec![Violation::new(&file.path, line, "is not Rust: mend the syntax")];
        }
    };
    let synchronous =
        file.path.starts_with("crates/engine/src/") && file.path != "crates/engine/src/run.rs";
    let serves = ["crates/server/src/", "crates/platform/src/"];
    let routes_freely = serves.iter().all(|folder| !file.path.starts_with(folder))
        || ROUTERS.contains(&file.path.as_str());
    let mut violations = Vec::new();
    walk(tokens, &mut |rest| {
        let found = [long_function(rest), allow_attribute(rest)];
        for (line, message) in found.into_iter().flatten() {
            violations.push(Violation::new(&file.path, line, message));
        }
        if !routes_freely && let Some((line, message)) = free_route(rest) {
            violations.push(Violation::new(&file.path, line, message));
        }
        if synchronous && let Some((line, message)) = async_word(rest) {
            violations.push(Violation::new(&file.path, line, message));
        }
    });
    violations
}

/// Visits every token with those that follow it in the same group.
fn walk(tokens: TokenStream, visit: &mut dyn FnMut(&[TokenTree])) {
    let trees: Vec<TokenTree> = tokens.into_iter().collect();
    for (index, tree) in trees.iter().enumerate() {
        visit(&trees[index..]);
        if let TokenTree::Group(group) = tree {
            walk(group.stream(), visit);
        }
    }
}

fn long_function(rest: &[TokenTree]) -> Option<(usize, String)> {
    let [TokenTree::Ident(keyword), header @ ..] = rest else {
        return None;
    };
    if keyword != "fn" {
        return None;
    }
    // `fn(u8) -> u8` is a type; in a macro the name may be `$name`.
    let name = match header {
        [TokenTree::Ident(name), ..] => name,
        [TokenTree::Punct(dollar), TokenTree::Ident(name), ..] if dollar.as_char() == '$' => name,
        _ => return None,
    };
    let first = keyword.span().start().line;
    let lines = body(header)?.span_close().end().line + 1 - first;
    (lines > FUNCTION_LINES_MAX).then(|| {
        let limit = format!("{lines} lines, at most {FUNCTION_LINES_MAX}");
        (first, format!("function `{name}` has {limit}: split it by what its parts do"))
    })
}

/// The braces of a function whose header starts here; none for a declaration. Braces between angle
/// brackets belong to the header, as in `Matrix<{ N + 1 }>`.
fn body(header: &[TokenTree]) -> Option<&Group> {
    let mut angles = 0_i32;
    let mut after_dash = false;
    for tree in header {
        match tree {
            TokenTree::Group(group) if group.delimiter() == Delimiter::Brace && angles == 0 => {
                return Some(group);
            }
            TokenTree::Punct(punct) => match punct.as_char() {
                ';' if angles == 0 => return None,
                '<' => angles += 1,
                '>' if !after_dash => angles -= 1,
                _ => {}
            },
            _ => {}
        }
        after_dash = matches!(tree, TokenTree::Punct(punct) if punct.as_char() == '-');
    }
    None
}

fn allow_attribute(rest: &[TokenTree]) -> Option<(usize, String)> {
    let [TokenTree::Punct(hash), rest @ ..] = rest else {
        return None;
    };
    let group = match rest {
        [TokenTree::Group(group), ..] => group,
        [TokenTree::Punct(bang), TokenTree::Group(group), ..] if bang.as_char() == '!' => group,
        _ => return None,
    };
    let is_attribute = hash.as_char() == '#' && group.delimiter() == Delimiter::Bracket;
    let message = "`#[allow]` outlives its cause: write `#[expect(lint, reason = \"why\")]`";
    (is_attribute && is_allow(group)).then(|| (hash.span().start().line, message.to_owned()))
}

/// `allow(…)`, also as what a `cfg_attr(…, allow(…))` stands for.
fn is_allow(attribute: &Group) -> bool {
    let mut allowed = false;
    let first = attribute.stream().into_iter().next();
    let conditional = matches!(&first, Some(TokenTree::Ident(name)) if name == "cfg_attr");
    walk(attribute.stream(), &mut |rest| {
        if let [TokenTree::Ident(name), TokenTree::Group(_), ..] = rest {
            let starts = matches!(&first, Some(TokenTree::Ident(first)) if first == name);
            allowed |= name == "allow" && (starts || conditional);
        }
    });
    allowed
}

/// `axum::routing`, by which a route would have no row in the table of access.
fn free_route(rest: &[TokenTree]) -> Option<(usize, String)> {
    let [TokenTree::Ident(axum), TokenTree::Punct(_), TokenTree::Punct(_), next, ..] = rest else {
        return None;
    };
    let names_routing = match next {
        TokenTree::Ident(next) => next == "routing",
        TokenTree::Group(names) => names
            .stream()
            .into_iter()
            .any(|name| matches!(name, TokenTree::Ident(name) if name == "routing")),
        _ => false,
    };
    let message = "`axum::routing`: add routes with `Api::route`, which says who may use them";
    (axum == "axum" && names_routing).then(|| (axum.span().start().line, message.to_owned()))
}

fn async_word(rest: &[TokenTree]) -> Option<(usize, String)> {
    let TokenTree::Ident(word) = rest.first()? else {
        return None;
    };
    let message = format!("`{word}` in the synchronous engine: run.rs is its only async file");
    ["async", "await", "tokio"]
        .iter()
        .any(|name| word == name)
        .then(|| (word.span().start().line, message))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(path: &str, text: &str) -> Vec<String> {
        let file = SourceFile { path: path.to_owned(), text: text.to_owned() };
        check(&file).iter().map(Violation::to_string).collect()
    }

    /// `header` with a body so long that the whole function has `lines` lines.
    fn function(header: &str, lines: usize) -> String {
        format!("{header} {{\n{}}}\n", "    call();\n".repeat(lines - 2))
    }

    #[test]
    fn seventy_lines_are_the_most_wherever_a_function_stands() {
        let wrap = [
            ("", ""),
            ("impl Gate {\n", "}"),
            ("trait Gate {\n", "}"),
            ("proptest! {\n", "}"),
            ("#[cfg(test)]\nmod tests {\n", "}"),
            ("fn outer() {\n", "}"),
            ("const fn f() -> u8 { 1 }\n", ""),
        ];
        for (before, after) in wrap {
            let text = |lines| format!("{before}{}{after}", function("fn check(x: u8)", lines));
            let outer = usize::from(before == "fn outer() {\n");
            assert_eq!(found("a.rs", &text(70 - 2 * outer)), [""; 0], "{before}");
            let long = found("a.rs", &text(71));
            let place = format!("a.rs:{}:", before.lines().count() + 1);
            assert!(long.iter().any(|line| line.starts_with(&place)), "{long:?}");
        }
    }

    #[test]
    fn every_kind_of_header_is_understood() {
        for header in [
            "pub(crate) async fn check<T: Fn(u8) -> Vec<u8>>(f: T) -> Result<(), E>",
            "fn check<const N: usize>() -> Matrix<{ N + 1 }>",
            "fn check<const N: usize = { 3 }>() where [u8; { N }]: Sized",
            "unsafe extern \"C\" fn check(f: fn(u8) -> u8)",
            "macro_rules! m { ($name:ident) => { fn $name() -> u8",
        ] {
            let closing = if header.starts_with("macro_rules") { "} }" } else { "" };
            let text = function(header, 71) + closing;
            assert_eq!(found("a.rs", &text).len(), 1, "{header}");
        }
    }

    #[test]
    fn declarations_types_and_text_are_not_functions() {
        let long = "x\n".repeat(80);
        for text in [
            format!("trait T {{ fn a(&self);\n\n {} }}", "const A: u8 = 1;\n".repeat(80)),
            format!("/* fn a() {{\n{long}}} */"),
            format!("const A: &str = \"fn a() {{\n{long}}}\";"),
            format!("struct S {{ f: fn(u8) -> u8,\n{} }}", "/// Text.\n".repeat(80)),
        ] {
            assert_eq!(found("a.rs", &text), [""; 0]);
        }
    }

    #[test]
    fn allow_is_refused_and_expect_is_not() {
        for bad in [
            "#[allow(dead_code)]\nfn a() {}",
            "#![allow(clippy::panic)]",
            "#[cfg_attr(test, allow(dead_code))] fn a() {}",
            "macro_rules! m { () => { #[allow(unused)] fn a() {} } }",
        ] {
            let violations = found("a.rs", bad);
            assert_eq!(violations.len(), 1, "{bad}");
            assert!(violations[0].starts_with("a.rs:1: `#[allow]`"), "{violations:?}");
        }
        for good in [
            "#[expect(dead_code, reason = \"allow(x)\")] fn a() {}",
            "// #[allow(dead_code)]\n/// `#[allow(dead_code)]`\nfn a() { allow(1); }",
            "#[derive(Debug)] #[cfg_attr(test, derive(PartialEq))] struct S;",
        ] {
            assert_eq!(found("a.rs", good), [""; 0], "{good}");
        }
    }

    #[test]
    fn routes_are_added_with_their_access() {
        for text in ["use axum::routing::get;\n", "use axum::{Json, routing::get};\n"] {
            assert_eq!(found("crates/server/src/http/orders.rs", text).len(), 1, "{text}");
            assert_eq!(found("crates/server/src/http/internal.rs", text), [""; 0]);
            assert_eq!(found("crates/server/tests/it/a.rs", text), [""; 0]);
        }
        assert_eq!(found("crates/server/src/a.rs", "use axum::Json;\n"), [""; 0]);
    }

    #[test]
    fn only_run_rs_of_the_engine_is_async() {
        let text = "//! Not async.\nasync fn a() {\n    b().await;\n}\nuse tokio::sync;\n";
        let engine = found("crates/engine/src/step.rs", text);
        assert_eq!(engine.len(), 3, "{engine:?}");
        assert!(engine[0].starts_with("crates/engine/src/step.rs:2: `async`"), "{engine:?}");
        for elsewhere in ["crates/engine/src/run.rs", "crates/venues/src/paper.rs"] {
            assert_eq!(found(elsewhere, text), [""; 0]);
        }
    }

    #[test]
    fn broken_code_is_reported_at_its_line() {
        assert_eq!(
            found("a.rs", "fn a() {}\n\nfn b( {\n"),
            ["a.rs:3: is not Rust: mend the syntax"]
        );
        assert_eq!(found("a.py", "def a( {"), [""; 0]);
    }
}
