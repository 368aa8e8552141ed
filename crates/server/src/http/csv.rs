//! Lists as files for spreadsheets.

use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE, LINK};
use axum::http::{HeaderMap, HeaderValue};
use axum::response::{IntoResponse as _, Response};
use ballast_platform::request::Problem;
use serde::Serialize;
use serde_json::Value;

/// A column: its heading, and where in a row it is, as a JSON pointer.
type Column = (&'static str, &'static str);

/// When, what and how much first, what only programs read last.
pub(super) const ORDERS: [Column; 31] = [
    ("createdAt", "/createdAt"),
    ("symbol", "/symbol"),
    ("side", "/side"),
    ("type", "/type"),
    ("quantity", "/quantity"),
    ("limitPrice", "/limitPrice"),
    ("stopPrice", "/stopPrice"),
    ("trailDistance", "/trailDistance"),
    ("timeInForce", "/timeInForce"),
    ("status", "/status"),
    ("filledQuantity", "/filledQuantity"),
    ("averagePrice", "/averagePrice"),
    ("fees", "/fees"),
    ("purpose", "/purpose"),
    ("direction", "/direction"),
    ("exitReason", "/exitReason"),
    ("reason", "/reason"),
    ("origin", "/origin"),
    ("by", "/by"),
    ("updatedAt", "/updatedAt"),
    ("working", "/working"),
    ("amending", "/amending"),
    ("oco", "/oco"),
    ("atVenue", "/atVenue"),
    ("emulated", "/emulated"),
    ("profileId", "/profileId"),
    ("tradeId", "/tradeId"),
    ("id", "/id"),
    ("clientOrderId", "/clientOrderId"),
    ("intentId", "/intentId"),
    ("seq", "/seq"),
];
pub(super) const TRADES: [Column; 22] = [
    ("openedAt", "/openedAt"),
    ("closedAt", "/closedAt"),
    ("symbol", "/symbol"),
    ("direction", "/direction"),
    ("quantity", "/quantity"),
    ("entryPrice", "/entryPrice"),
    ("exitPrice", "/exitPrice"),
    ("pnl", "/pnl"),
    ("pnlPct", "/pnlPct"),
    ("fees", "/fees"),
    ("currency", "/currency"),
    ("otherFees", "/otherFees"),
    ("exitReason", "/exitReason"),
    ("exits", "/exits"),
    ("bestPrice", "/excursions/bestPrice"),
    ("worstPrice", "/excursions/worstPrice"),
    ("favourable", "/excursions/favourable"),
    ("adverse", "/excursions/adverse"),
    ("holdingSeconds", "/holdingSeconds"),
    ("profileId", "/profileId"),
    ("id", "/id"),
    ("seq", "/seq"),
];
pub(super) const POSITIONS: [Column; 22] = [
    ("openedAt", "/openedAt"),
    ("symbol", "/symbol"),
    ("direction", "/direction"),
    ("quantity", "/quantity"),
    ("entryPrice", "/entryPrice"),
    ("lastPrice", "/lastPrice"),
    ("lastPriceAt", "/lastPriceAt"),
    ("unrealizedPnl", "/unrealizedPnl"),
    ("unrealizedPct", "/unrealizedPct"),
    ("stop", "/stop/level"),
    ("stopKind", "/stop/kind"),
    ("targets", "/targets"),
    ("atVenue", "/atVenue"),
    ("emulated", "/emulated"),
    ("resultAtStop", "/resultAtStop"),
    ("realizedPnl", "/realizedPnl"),
    ("fees", "/fees"),
    ("cost", "/cost"),
    ("currency", "/currency"),
    ("profileId", "/profileId"),
    ("tradeId", "/tradeId"),
    ("version", "/version"),
];

/// Rows under `columns`. `next` names the page after this one, for whoever has sent `query`.
pub(super) fn answer<T: Serialize>(
    name: &str,
    columns: &[Column],
    rows: &[T],
    query: Option<&str>,
    next: Option<&str>,
) -> Result<Response, Problem> {
    let rows = rows.iter().map(serde_json::to_value).collect::<Result<Vec<_>, _>>();
    let rows = rows.map_err(Problem::internal)?;
    let text = text(columns, &rows).map_err(Problem::internal)?;
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

fn text(columns: &[Column], rows: &[Value]) -> Result<String, csv::Error> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(columns.iter().map(|(heading, _)| heading))?;
    for row in rows {
        let cells = columns.iter().map(|(_, place)| cell(row.pointer(place)));
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
        Some(Value::Array(items)) => {
            let parts = items.iter().filter_map(part);
            parts.collect::<Vec<_>>().join(" ")
        }
        Some(other) => other.to_string(),
    };
    let is_number = text.parse::<f64>().is_ok();
    match text.starts_with(['=', '+', '-', '@', '\t', '\r']) && !is_number {
        true => format!("'{text}"),
        false => text,
    }
}

/// One of several in a cell: a word, the level of a target, an amount of some currency, or an exit
/// as `quantity@price:reason`.
fn part(item: &Value) -> Option<String> {
    if let Some(word) = item.as_str() {
        return Some(word.to_owned());
    }
    let text = |name: &str| item[name].as_str();
    if let Some(level) = text("level") {
        return Some(level.to_owned());
    }
    if let (Some(amount), Some(currency)) = (text("amount"), text("currency")) {
        return Some(format!("{amount}{currency}"));
    }
    Some(format!("{}@{}:{}", text("quantity")?, text("price")?, text("reason")?))
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use utoipa::ToSchema;
    use utoipa::openapi::{RefOr, Schema};

    use super::*;
    use crate::views::rows::{OrderRow, PositionRow, TradeRow};

    #[test]
    fn cells_are_quoted_and_no_formula_gets_through() {
        let rows = [
            serde_json::json!({"id": "1", "name": "a, \"b\"", "pnl": "-3.5", "of": {"x": 1}}),
            serde_json::json!({"id": "2", "name": "=HYPERLINK(1)", "by": "x",
                "targets": [{"level": "101"}, {"level": "102.5"}],
                "exits": [{"quantity": "2", "price": "10", "reason": "take_profit"}],
                "otherFees": [{"amount": "0.1", "currency": "BNB"}]}),
        ];
        let columns = [
            ("id", "/id"),
            ("name", "/name"),
            ("by", "/by"),
            ("pnl", "/pnl"),
            ("x", "/of/x"),
            ("targets", "/targets"),
            ("exits", "/exits"),
            ("otherFees", "/otherFees"),
        ];
        let text = text(&columns, &rows).unwrap();
        let expected = "id,name,by,pnl,x,targets,exits,otherFees\n\
            1,\"a, \"\"b\"\"\",,-3.5,1,,,\n\
            2,'=HYPERLINK(1),x,,,101 102.5,2@10:take_profit,0.1BNB\n";
        assert_eq!(text, expected);
    }

    #[test]
    fn every_field_of_a_row_has_its_column() {
        complete::<OrderRow>(&ORDERS);
        complete::<TradeRow>(&TRADES);
        complete::<PositionRow>(&POSITIONS);
    }

    /// Whether all that a row is described with is under some column, and nothing else is.
    fn complete<T: ToSchema>(columns: &[Column]) {
        let mut named = Vec::new();
        T::schemas(&mut named);
        let described: BTreeSet<_> =
            fields(&T::schema(), &named.into_iter().collect()).into_iter().collect();
        let top = |(_, place): &Column| place.split('/').nth(1).unwrap().to_owned();
        assert_eq!(columns.iter().map(top).collect::<BTreeSet<_>>(), described);
    }

    fn fields(schema: &RefOr<Schema>, named: &BTreeMap<String, RefOr<Schema>>) -> Vec<String> {
        match schema {
            RefOr::T(Schema::Object(row)) => row.properties.keys().cloned().collect(),
            RefOr::T(Schema::AllOf(parts)) => {
                parts.items.iter().flat_map(|part| fields(part, named)).collect()
            }
            RefOr::Ref(reference) => {
                let name = reference.ref_location.rsplit('/').next().unwrap();
                fields(&named[name], named)
            }
            RefOr::T(_) => Vec::new(),
        }
    }

    #[test]
    fn the_next_page_is_one_of_the_same_list() {
        let query = "profile=prf_1&cursor=old&symbol=KELP%2FUSD&limit=2";
        assert_eq!(following(query, "new"), "profile=prf_1&symbol=KELP%2FUSD&limit=2&cursor=new");
        assert_eq!(following("", "new"), "cursor=new");
    }
}
