//! Bars for charts, with indicators computed on them as strategies see them.

use axum::Json;
use axum::extract::{RawQuery, State};
use ballast_domain::{Bar, Symbol, Timeframe, Timestamp};
use ballast_engine::market::Board;
use ballast_engine::strategy::{Overlay, expression, is_price, overlays};
use ballast_platform::request::{Access, Api, FieldError, Lifecycle, Problem, ProblemBody};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::routes;

use super::super::caller::{Caller, Shown, profile_id};
use super::find;
use crate::app::App;
use crate::http::lists::check_span;
use crate::views::decimal;

/// Bars of an answer at most.
const MOST_BARS: usize = 5_000;
/// Bars when nobody says.
const USUAL_BARS: usize = 500;
/// Indicators of an answer at most.
pub(super) const MOST_INDICATORS: usize = 20;
/// Bars before the first that is shown, for indicators that lean on their past.
const SETTLING: usize = 24;
const MOST_LEAD_BARS: usize = 20_000;
const MONTH_NANOS: i64 = 31 * 86_400 * 1_000_000_000;

pub(super) fn routes(api: Api<App>) -> Api<App> {
    api.route(Access::User, Lifecycle::Current, routes!(candles))
}

/// Bars of an instrument.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct Candles {
    symbol: String,
    timeframe: String,
    bars: Vec<Candle>,
    indicators: Vec<IndicatorLine>,
}

/// One bar.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Candle {
    /// When it opened.
    #[schema(value_type = String, format = DateTime)]
    open_time: Timestamp,
    open: String,
    high: String,
    low: String,
    close: String,
    volume: String,
}

/// An indicator with a value for each bar.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct IndicatorLine {
    expression: String,
    /// Whether it lies on the scale of the price.
    on_price: bool,
    /// Null before the first valid one.
    values: Vec<Option<f64>>,
}

/// What is asked for.
#[derive(Debug, Default)]
struct Asked {
    symbol: Option<String>,
    timeframe: Option<String>,
    from: Option<String>,
    to: Option<String>,
    limit: Option<String>,
    profile: Option<String>,
    indicators: Vec<String>,
}

/// Closed bars of an instrument, with indicators on them
#[utoipa::path(get, path = "/api/candles", tag = "market",
    params(
        ("symbol" = String, Query, description = "such as ACME"),
        ("timeframe" = String, Query, description = "such as 5s, 1m, 1h or 1d"),
        ("from" = Option<String>, Query, description = "bars that close after it"),
        ("to" = Option<String>, Query, description = "bars that close until then; now when absent"),
        ("limit" = Option<u32>, Query,
            description = "the latest so many, 1 to 5000; 500 when absent"),
        ("indicator" = Option<Vec<String>>, Query,
            description = "an expression, such as ema(close, 12); may be repeated"),
        ("profile" = Option<String>, Query,
            description = "adds the indicators that this profile's rules read"),
    ),
    responses((status = 200, body = Candles),
        (status = 404, description = "`notFound`: no such symbol or profile", body = ProblemBody)))]
async fn candles(
    State(app): State<App>,
    Shown(caller): Shown,
    RawQuery(query): RawQuery,
) -> Result<Json<Candles>, Problem> {
    let asked = Asked::read(query.as_deref().unwrap_or_default())?;
    let symbol = asked.symbol.as_deref().ok_or_else(|| missing("symbol"))?;
    let symbol = find(&app, symbol)?.symbol;
    let timeframe = asked.timeframe(&app)?;
    let (from, to, limit) = asked.window(&app, timeframe)?;
    let mut wanted = asked.expressions(timeframe);
    wanted.extend(asked.of_profile(&caller, timeframe)?);
    wanted.truncate(MOST_INDICATORS);
    let (bars, indicators) =
        drawn(&app, &caller, symbol, timeframe, (from, to, limit), wanted).await?;
    let (symbol, timeframe) = (symbol.to_string(), timeframe.to_string());
    Ok(Json(Candles { symbol, timeframe, bars, indicators }))
}

/// The last closed bar of the shortest timeframe; none before the first.
pub(super) async fn last_bar(
    app: &App,
    caller: &Caller,
    symbol: Symbol,
) -> Result<Option<Candle>, Problem> {
    let to = app.past.told_to();
    let window = (before(to, app.base, 1), to, 1);
    Ok(drawn(app, caller, symbol, app.base, window, Vec::new()).await?.0.pop())
}

/// The values of indicators at the last close of their timeframe, in the order of `wanted`.
pub(super) async fn last_values(
    app: &App,
    caller: &Caller,
    symbol: Symbol,
    timeframe: Timeframe,
    wanted: Vec<Overlay>,
) -> Result<Vec<Option<f64>>, Problem> {
    let to = timeframe.bucket_open(app.past.told_to());
    let window = (before(to, timeframe, 1), to, 1);
    let (_, lines) = drawn(app, caller, symbol, timeframe, window, wanted).await?;
    Ok(lines.into_iter().map(|line| line.values.last().copied().flatten()).collect())
}

/// Bars of a window with indicators on them.
async fn drawn(
    app: &App,
    caller: &Caller,
    symbol: Symbol,
    timeframe: Timeframe,
    (from, to, limit): (Timestamp, Timestamp, usize),
    wanted: Vec<Overlay>,
) -> Result<(Vec<Candle>, Vec<IndicatorLine>), Problem> {
    let mut lines = Lines::compile(symbol, timeframe, wanted)?;
    let lead = before(from, timeframe, lines.lead_bars());
    let turn = app.past.turn(&caller.tenant.reader).await.map_err(Problem::unavailable)?;
    let bars = app.past.bars(&turn, symbol, timeframe, (lead, to)).await;
    let bars = bars.map_err(Problem::unavailable)?;
    let shown = bars.partition_point(|bar| bar.close_time <= from);
    let shown = shown.max(bars.len().saturating_sub(limit));
    let (bars, indicators) = tokio::task::spawn_blocking(move || {
        let indicators = lines.values(&bars, shown);
        drop(turn);
        (bars, indicators)
    })
    .await
    .map_err(Problem::internal)?;
    let candles = bars[shown..].iter().map(|bar| candle(bar, timeframe)).collect();
    Ok((candles, indicators))
}

impl Asked {
    fn read(query: &str) -> Result<Self, Problem> {
        let mut asked = Self::default();
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            let value = value.into_owned();
            let field = match name.as_ref() {
                "symbol" => &mut asked.symbol,
                "timeframe" => &mut asked.timeframe,
                "from" => &mut asked.from,
                "to" => &mut asked.to,
                "limit" => &mut asked.limit,
                "profile" => &mut asked.profile,
                "indicator" => {
                    asked.indicators.push(value);
                    continue;
                }
                other => {
                    return Err(Problem::invalid_field(other, "is no parameter of this route"));
                }
            };
            if field.replace(value).is_some() {
                return Err(Problem::invalid_field(&*name, "is there twice; give it once"));
            }
        }
        if asked.indicators.len() > MOST_INDICATORS {
            let message = format!("at most {MOST_INDICATORS} at once");
            return Err(Problem::invalid_field("indicator", message));
        }
        Ok(asked)
    }

    fn timeframe(&self, app: &App) -> Result<Timeframe, Problem> {
        let text = self.timeframe.as_deref().ok_or_else(|| missing("timeframe"))?;
        let timeframe: Timeframe = text
            .parse()
            .map_err(|error| Problem::invalid_field("timeframe", format!("{error}")))?;
        if timeframe < app.base {
            let message = format!("the market's shortest bars are {}", app.base);
            return Err(Problem::invalid_field("timeframe", message));
        }
        Ok(timeframe)
    }

    /// From, to and how many bars at most.
    fn window(
        &self,
        app: &App,
        timeframe: Timeframe,
    ) -> Result<(Timestamp, Timestamp, usize), Problem> {
        let instant = |field: &'static str, text: &Option<String>| {
            let parsed = text.as_deref().map(str::parse::<Timestamp>).transpose();
            parsed.map_err(|error| Problem::invalid_field(field, error.to_string()))
        };
        let limit = match self.limit.as_deref().map(str::parse::<usize>) {
            None => USUAL_BARS,
            Some(Ok(limit)) if (1..=MOST_BARS).contains(&limit) => limit,
            Some(_) => {
                return Err(Problem::invalid_field("limit", format!("must be 1 to {MOST_BARS}")));
            }
        };
        let (from, to) = (instant("from", &self.from)?, instant("to", &self.to)?);
        check_span(from, to)?;
        let to = to.unwrap_or(app.past.told_to()).min(app.past.told_to());
        let least = before(to, timeframe, limit);
        // A window that holds more than may be told is cut at its beginning.
        let from = from.map_or(least, |from| from.max(least));
        Ok((from, to, limit))
    }

    fn expressions(&self, timeframe: Timeframe) -> Vec<Overlay> {
        let overlay = |text: &String| Overlay {
            expression: text.clone(),
            timeframe,
            on_price: expression::parse_numeric(text).is_ok_and(|number| is_price(&number)),
        };
        self.indicators.iter().map(overlay).collect()
    }

    /// The indicators that a profile's rules read on this timeframe.
    fn of_profile(&self, caller: &Caller, timeframe: Timeframe) -> Result<Vec<Overlay>, Problem> {
        let Some(text) = &self.profile else { return Ok(Vec::new()) };
        let id = profile_id(text)?;
        let document = caller.tenant.view.document(id);
        let document = document.ok_or_else(|| Problem::not_found("There is no such profile."))?;
        if document.strategy.timeframe != timeframe {
            return Ok(Vec::new());
        }
        let read = overlays(&document.strategy).into_iter();
        Ok(read.filter(|overlay| overlay.timeframe == timeframe).collect())
    }
}

/// Indicators compiled on a board of their own.
struct Lines {
    symbol: Symbol,
    board: Board,
    wanted: Vec<(Overlay, ballast_engine::market::SeriesId)>,
}

impl Lines {
    fn compile(
        symbol: Symbol,
        timeframe: Timeframe,
        wanted: Vec<Overlay>,
    ) -> Result<Self, Problem> {
        let mut board = Board::new(ballast_backtest::venue(), timeframe);
        board.subscribe(symbol);
        let mut compiled = Vec::with_capacity(wanted.len());
        for overlay in wanted {
            let refuse = |message: String, column: Option<usize>| {
                let error = FieldError::new(format!("indicator {}", overlay.expression), message);
                let error = column.map_or(error.clone(), |column| error.at_column(column));
                Problem::invalid(vec![error])
            };
            let number = expression::parse_numeric(&overlay.expression)
                .map_err(|error| refuse(error.kind.to_string(), Some(error.column)))?;
            let series = board
                .numeric(symbol, timeframe, &number)
                .map_err(|error| refuse(error.to_string(), None))?;
            compiled.push((overlay, series));
        }
        Ok(Self { symbol, board, wanted: compiled })
    }

    fn lead_bars(&self) -> usize {
        let reach = self.board.reaches().map(|(_, reach)| reach).max().unwrap_or_default();
        (reach * SETTLING).min(MOST_LEAD_BARS)
    }

    /// A value for each bar from the `shown`th on.
    fn values(&mut self, bars: &[Bar], shown: usize) -> Vec<IndicatorLine> {
        let mut lines: Vec<_> = self
            .wanted
            .iter()
            .map(|(overlay, series)| {
                let Overlay { expression, on_price, .. } = overlay.clone();
                (*series, IndicatorLine { expression, on_price, values: Vec::new() })
            })
            .collect();
        if lines.is_empty() {
            return Vec::new();
        }
        let symbol = self.symbol;
        for (place, bar) in bars.iter().enumerate() {
            let mut told = false;
            // Bars of the past are in order; one that were not would be left out of the lines.
            let _ = self.board.push(symbol, bar, |frame| {
                let Some(row) = frame.row(symbol).filter(|_| place >= shown) else { return };
                told = true;
                for (series, line) in &mut lines {
                    let value = row.value(*series);
                    line.values.push(value.is_finite().then_some(value));
                }
            });
            if place >= shown && !told {
                lines.iter_mut().for_each(|(_, line)| line.values.push(None));
            }
        }
        lines.into_iter().map(|(_, line)| line).collect()
    }
}

fn candle(bar: &Bar, timeframe: Timeframe) -> Candle {
    let price = |price: ballast_domain::Price| decimal(price.get());
    Candle {
        open_time: timeframe.open_of(bar.close_time),
        open: price(bar.open),
        high: price(bar.high),
        low: price(bar.low),
        close: price(bar.close),
        volume: decimal(bar.volume.get()),
    }
}

fn missing(field: &str) -> Problem {
    Problem::invalid_field(field, "is missing")
}

fn before(instant: Timestamp, timeframe: Timeframe, bars: usize) -> Timestamp {
    let length = timeframe.nanos().unwrap_or(MONTH_NANOS);
    let bars = i64::try_from(bars).unwrap_or(i64::MAX);
    instant.saturating_add_nanos(-length.saturating_mul(bars))
}
