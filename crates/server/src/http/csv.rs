//! Lists as files for spreadsheets.

use std::collections::BTreeMap;

use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE, LINK};
use axum::http::{HeaderMap, HeaderValue};
use axum::response::{IntoResponse as _, Response};
use ballast_platform::request::Problem;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use utoipa::openapi::{RefOr, Schema};

/// Rows with a column for each field that is text or a number, the same whatever the rows are.
/// `next` names the page after this one, for whoever has sent `query`.
pub(super) fn answer<T: Serialize + ToSchema>(
    name: &str,
    rows: &[T],
    query: Option<&str>,
    next: Option<&str>,
) -> Result<Response, Problem> {
    let rows = rows.iter().map(serde_json::to_value).collect::<Result<Vec<_>, _>>();
    let rows = rows.map_err(Problem::internal)?;
    let text = text(&columns::<T>(), &rows).map_err(Problem::internal)?;
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
fn columns<T: ToSchema>() -> Vec<String> {
    let mut named = Vec::new();
    T::schemas(&mut named);
    fields(&T::schema(), &named.into_iter().collect())
}

fn fields(schema: &RefOr<Schema>, named: &BTreeMap<String, RefOr<Schema>>) -> Vec<String> {
    match resolved(schema, named) {
        Some(Schema::Object(row)) => {
            let plain = row.properties.iter().filter(|(_, field)| match resolved(field, named) {
                Some(Schema::Object(field)) => field.properties.is_empty(),
                Some(Schema::Array(_)) => false,
                _ => true,
            });
            plain.map(|(name, _)| name.clone()).collect()
        }
        Some(Schema::AllOf(parts)) => {
            parts.items.iter().flat_map(|part| fields(part, named)).collect()
        }
        _ => Vec::new(),
    }
}

/// What a reference stands for.
fn resolved<'a>(
    schema: &'a RefOr<Schema>,
    named: &'a BTreeMap<String, RefOr<Schema>>,
) -> Option<&'a Schema> {
    match schema {
        RefOr::T(schema) => Some(schema),
        RefOr::Ref(reference) => {
            let name = reference.ref_location.rsplit('/').next()?;
            named.get(name).and_then(|schema| resolved(schema, named))
        }
    }
}

fn text(columns: &[String], rows: &[Value]) -> Result<String, csv::Error> {
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
    use super::*;

    #[test]
    fn cells_are_quoted_and_no_formula_gets_through() {
        let rows = [
            serde_json::json!({"id": "1", "name": "a, \"b\"", "pnl": "-3.5", "list": [1]}),
            serde_json::json!({"id": "2", "name": "=HYPERLINK(1)", "by": "x"}),
        ];
        let columns = ["id", "name", "by", "pnl"].map(str::to_owned);
        let text = text(&columns, &rows).unwrap();
        assert_eq!(text, "id,name,by,pnl\n1,\"a, \"\"b\"\"\",,-3.5\n2,'=HYPERLINK(1),x,\n");
    }

    #[test]
    fn columns_are_there_without_rows_and_never_hold_fields_of_their_own() {
        let trades = columns::<crate::views::rows::TradeRow>();
        let has = |columns: &[String], name: &str| columns.iter().any(|column| column == name);
        assert!(["id", "pnl", "direction"].iter().all(|name| has(&trades, name)), "{trades:?}");
        let positions = columns::<crate::views::rows::PositionRow>();
        let flat = ["tradeId", "entryPrice", "direction", "lastPrice", "unrealizedPnl"];
        assert!(flat.iter().all(|name| has(&positions, name)), "{positions:?}");
        assert!(!["targets", "stop"].iter().any(|name| has(&positions, name)), "{positions:?}");
    }

    #[test]
    fn the_next_page_is_one_of_the_same_list() {
        let query = "profile=prf_1&cursor=old&symbol=KELP%2FUSD&limit=2";
        assert_eq!(following(query, "new"), "profile=prf_1&symbol=KELP%2FUSD&limit=2&cursor=new");
        assert_eq!(following("", "new"), "cursor=new");
    }
}
