//! A config compiled on a board, and what it makes of the bars of one instrument.

use std::sync::Arc;

use ballast_domain::{Decision, Direction, Evaluation, Timeframe};

use crate::fixture::{PROFILE, bar, config, goog, hour, read};
use crate::market::{Board, Row};
use crate::strategy::{Choice, ConfigFault, Plan, Standing};

pub(super) struct Scene {
    board: Board,
    pub(super) plan: Plan,
    hours: i64,
    /// The row of the latest frame.
    pub(super) row: Row,
}

pub(super) const FLAT: Standing = Standing { position: None, order_working: false };
pub(super) const LONG: Standing =
    Standing { position: Some(Direction::Long), order_working: false };
pub(super) const SHORT: Standing =
    Standing { position: Some(Direction::Short), order_working: false };

pub(super) fn compile(edit: &str) -> Result<(Plan, Board), Vec<ConfigFault>> {
    let mut board = Board::new(read("paper"), Timeframe::H1);
    let plan = Plan::compile(Arc::new(config(edit)), &mut board)?;
    Ok((plan, board))
}

/// The scene of a config, see [`config`], before the first bar.
pub(super) fn scene(edit: &str) -> Scene {
    let (plan, board) = compile(edit).unwrap();
    Scene { board, plan, hours: 0, row: Row::new(goog()) }
}

impl Scene {
    /// Bars close at these prices.
    pub(super) fn closes(&mut self, prices: &[&str]) -> &mut Self {
        for price in prices {
            self.hours += 1;
            let bar = bar(hour(self.hours), &[*price; 4].join(" "));
            let row = &mut self.row;
            let take = |frame: &crate::market::Frame| *row = frame.row(goog()).unwrap().clone();
            self.board.push(goog(), &bar, take).unwrap();
        }
        self
    }

    pub(super) fn decide(&self, standing: Standing) -> Choice {
        self.plan.decide(&self.plan.lanes()[0], &self.row, standing)
    }

    pub(super) fn decision(&self, standing: Standing) -> Decision {
        self.decide(standing).decision
    }

    pub(super) fn explain(&self, standing: Standing) -> String {
        self.explain_as(self.decision(standing), standing)
    }

    pub(super) fn explain_as(&self, decision: Decision, standing: Standing) -> String {
        let evaluation = Evaluation {
            profile: PROFILE,
            symbol: goog(),
            close_time: hour(self.hours),
            held: standing.position,
            decision,
            rules: self.plan.outcomes(&self.plan.lanes()[0], &self.row),
        };
        self.plan.explain(&evaluation)
    }
}
