//! Lists as files for spreadsheets.

use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE, LINK};
use axum::http::{HeaderMap, HeaderValue};
use axum::response::{IntoResponse as _, Response};
use ballast_platform::request::Problem;
use serde::Serialize;
use serde_json::Value;
use utoipa::openapi::{RefOr, Schema};

/// Rows with a column for each field of `schemas` that is text or a number, the same whatever the
/// rows are. `next` names the page after this one, for whoever has sent `query`.
pub(super) fn answer<T: Serialize>(
    name: &str,
    schemas: &[RefOr<Schema>],
    rows: &[T],
    query: Option<&str>,
    next: Option<&str>,
) -> Result<Response, Problem> {
    let rows = rows.iter().map(serde_json::to_value).collect::<Result<Vec<_>, _>>();
    let rows = rows.map_err(Problem::internal)?;
    let columns: Vec<_> = schemas.iter().flat_map(columns).collect();
    let text = text(&columns, &rows).map_err(Problem::internal)?;
    let mut headers = HeaderMap::new();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/csv; charset=utf-8"));
    let file = format!("attachment; filename=\"{name}\"");
    headers.insert(CONTENT_DISPOSITION, HeaderValue::from_str(&file).map_err(Problem::internal)?);
    if let Some(next) = next {
        let link = format!("<?{}>; rel=\"next\"", following(query.unwrap_or_default(), next));
        headers.insert(LINK, HeaderValue::from_str(&link).map_err(Problem::internal)?);
    }
    Ok((headers, text).into_response())
}

/// The same query with another cursor.
fn following(query: &str, next: &str) -> String {
    let kept = form_urlencoded::parse(query.as_bytes()).filter(|(name, _)| name != "cursor");
    let mut following = form_urlencoded::Serializer::new(String::new());
    following.extend_pairs(kept).append_pair("cursor", next).finish()
}

/// The fields that a row is described with, but those that hold further fields.
fn columns(schema: &RefOr<Schema>) -> Vec<&str> {
    let row = match schema {
        RefOr::T(Schema::Object(row)) => row,
        RefOr::T(Schema::AllOf(parts)) => return parts.items.iter().flat_map(columns).collect(),
        _ => return Vec::new(),
    };
    let is_plain = |field: &RefOr<Schema>| match field {
        RefOr::T(Schema::Array(_)) => false,
        RefOr::T(Schema::Object(field)) => field.properties.is_empty(),
        RefOr::T(_) | RefOr::Ref(_) => true,
    };
    let plain = row.properties.iter().filter(|(_, field)| is_plain(field));
    plain.map(|(name, _)| name.as_str()).collect()
}

fn text(columns: &[&str], rows: &[Value]) -> Result<String, csv::Error> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(columns)?;
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
    use utoipa::PartialSchema as _;

    use super::*;

    #[test]
    fn cells_are_quoted_and_no_formula_gets_through() {
        let rows = [
            serde_json::json!({"id": "1", "name": "a, \"b\"", "pnl": "-3.5", "list": [1]}),
            serde_json::json!({"id": "2", "name": "=HYPERLINK(1)", "by": "x"}),
        ];
        let text = text(&["id", "name", "by", "pnl"], &rows).unwrap();
        assert_eq!(text, "id,name,by,pnl\n1,\"a, \"\"b\"\"\",,-3.5\n2,'=HYPERLINK(1),x,\n");
    }

    #[test]
    fn columns_are_there_without_rows_and_never_hold_fields_of_their_own() {
        let schema = crate::views::rows::TradeRow::schema();
        let trades = columns(&schema);
        assert!(["id", "pnl", "direction"].iter().all(|name| trades.contains(name)), "{trades:?}");
        let schema = crate::views::rows::PositionRow::schema();
        let positions = columns(&schema);
        assert!(positions.contains(&"entryPrice"), "{positions:?}");
        assert!(!positions.contains(&"targets") && !positions.contains(&"stop"), "{positions:?}");
    }

    #[test]
    fn the_next_page_is_one_of_the_same_list() {
        let query = "profile=prf_1&cursor=old&symbol=KELP%2FUSD&limit=2";
        assert_eq!(following(query, "new"), "profile=prf_1&symbol=KELP%2FUSD&limit=2&cursor=new");
        assert_eq!(following("", "new"), "cursor=new");
    }
}
