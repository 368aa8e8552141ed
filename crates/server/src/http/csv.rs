//! Lists as files for spreadsheets.

use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE, LINK};
use axum::http::{HeaderMap, HeaderValue};
use axum::response::{IntoResponse as _, Response};
use ballast_platform::request::Problem;
use serde::Serialize;
use serde_json::Value;

/// Rows with a column for each field that any of them has; what is no text or number is left out.
/// `next` names the page after this one.
pub(super) fn answer<T: Serialize>(
    name: &str,
    rows: &[T],
    next: Option<&str>,
) -> Result<Response, Problem> {
    let rows = rows.iter().map(serde_json::to_value).collect::<Result<Vec<_>, _>>();
    let text = text(&rows.map_err(Problem::internal)?).map_err(Problem::internal)?;
    let mut headers = HeaderMap::new();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/csv; charset=utf-8"));
    let file = format!("attachment; filename=\"{name}\"");
    headers.insert(CONTENT_DISPOSITION, HeaderValue::from_str(&file).map_err(Problem::internal)?);
    if let Some(next) = next {
        let link = format!("<?cursor={next}>; rel=\"next\"");
        headers.insert(LINK, HeaderValue::from_str(&link).map_err(Problem::internal)?);
    }
    Ok((headers, text).into_response())
}

fn text(rows: &[Value]) -> Result<String, csv::Error> {
    let mut columns: Vec<&str> = Vec::new();
    for row in rows.iter().filter_map(Value::as_object) {
        for (name, value) in row {
            let plain = !(value.is_array() || value.is_object());
            if plain && !columns.contains(&name.as_str()) {
                columns.push(name);
            }
        }
    }
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(&columns)?;
    for row in rows {
        let cells = columns.iter().map(|column| cell(row.get(column)));
        writer.write_record(cells)?;
    }
    let bytes = writer.into_inner().map_err(|error| error.into_error())?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// A cell that no spreadsheet takes for a formula.
fn cell(value: Option<&Value>) -> String {
    let text = match value {
        None | Some(Value::Null) => return String::new(),
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    };
    let is_number = text.parse::<f64>().is_ok();
    match text.starts_with(['=', '+', '-', '@', '\t', '\r']) && !is_number {
        true => format!("'{text}"),
        false => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_quoted_and_no_formula_gets_through() {
        let rows = [
            serde_json::json!({"id": "1", "name": "a, \"b\"", "pnl": "-3.5", "list": [1]}),
            serde_json::json!({"id": "2", "name": "=HYPERLINK(1)", "by": "x"}),
        ];
        let expected = "by,id,name,pnl\n,1,\"a, \"\"b\"\"\",-3.5\nx,2,'=HYPERLINK(1),\n";
        let mut lines: Vec<_> = text(&rows).unwrap().lines().map(str::to_owned).collect();
        let mut wanted: Vec<_> = expected.lines().map(str::to_owned).collect();
        lines[0] = sorted(&lines[0]);
        wanted[0] = sorted(&wanted[0]);
        assert_eq!(lines[0], wanted[0]);
        assert!(lines[1].contains("\"a, \"\"b\"\"\"") && lines[1].contains("-3.5"), "{}", lines[1]);
        assert!(lines[2].contains("'=HYPERLINK(1)"), "{}", lines[2]);
    }

    fn sorted(line: &str) -> String {
        let mut names: Vec<_> = line.split(',').collect();
        names.sort_unstable();
        names.join(",")
    }
}
