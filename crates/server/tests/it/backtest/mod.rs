//! `ballast backtest`.

mod arguments;
mod data;
mod idle;
mod output;
mod several;
