//! JSON text, indented for reading.

/// Indents valid JSON by two spaces a level, leaving the order of fields and every value as it is.
pub(crate) fn indented(json: &str) -> String {
    let mut out = String::with_capacity(json.len() * 2);
    let (mut depth, mut in_text, mut escaped) = (0_usize, false, false);
    for c in json.chars() {
        if in_text {
            in_text = escaped || c != '"';
            escaped = c == '\\' && !escaped;
            out.push(c);
            continue;
        }
        match c {
            ' ' | '\t' | '\r' | '\n' => {}
            '}' | ']' => {
                depth = depth.saturating_sub(1);
                if !out.ends_with(['{', '[']) {
                    new_line(&mut out, depth);
                }
                out.push(c);
            }
            c => {
                if out.ends_with(['{', '[']) {
                    new_line(&mut out, depth);
                }
                in_text = c == '"';
                depth += usize::from(matches!(c, '{' | '['));
                out.push(c);
                match c {
                    ',' => new_line(&mut out, depth),
                    ':' => out.push(' '),
                    _ => {}
                }
            }
        }
    }
    out
}

fn new_line(out: &mut String, depth: usize) {
    out.push('\n');
    out.push_str(&"  ".repeat(depth));
}
