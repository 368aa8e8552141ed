//! Bringing one profile to what is configured, and saying what came of it.

use ballast_domain::{ProfileDocument, ProfileId, ProfileStatus, Symbol, TenantId};
use ballast_engine::state::Profile;
use ballast_engine::step::{Answer, Command};

use super::super::health::Position;
use super::{CONFIGURED, ConfiguredProfile, TenantError, TenantWorld, Way};

/// What is to be done about one configured profile. Each part of it can be done again: the process
/// may end between any two.
pub(super) struct Errand<'a> {
    pub(super) profile: ProfileId,
    pub(super) configured: &'a ConfiguredProfile,
    /// What the profile is to be.
    pub(super) document: ProfileDocument,
    /// What the journal has of it.
    pub(super) known: Option<ProfileDocument>,
    /// Whether it was never started: from then on, stopping it is up to people.
    pub(super) start: bool,
    pub(super) situation: Situation,
}

impl Errand<'_> {
    /// The journal first, so that the venue has no account that nobody knows.
    pub(super) async fn run(mut self, way: &Way, world: &TenantWorld) -> Result<(), TenantError> {
        let (profile, by) = (self.profile, CONFIGURED);
        let mut runs = true;
        if self.known.as_ref() != Some(&self.document) {
            let document = Box::new(self.document.clone());
            let plan = Box::new(self.configured.plan.clone());
            let (by, expected_version) = (by.to_owned(), None);
            let put = Command::PutProfile { profile, document, plan, expected_version, by };
            let answer = way.ask(put, None).await?;
            self.say_what_changes(&world.id, &answer);
            let refused = (answer != Answer::Done).then(|| answer.to_string());
            world.health.change_answered(profile, refused);
            if answer != Answer::Done {
                let Some(known) = self.known.take() else { return Ok(()) };
                runs = known.strategy == self.document.strategy || world.has_plan(profile);
                self.document = known;
            }
        }
        let cash = self.document.capital.money();
        way.broker.open_account(profile, cash, self.document.instruments.clone()).await?;
        if self.start {
            let (status, reason, by) = (ProfileStatus::Running, String::new(), by.to_owned());
            let acknowledge = false;
            way.ask(Command::SetStatus { profile, status, acknowledge, reason, by }, None).await?;
            self.situation.status = ProfileStatus::Running;
        }
        self.say_what_it_does(&world.id, runs);
        Ok(())
    }

    /// Says that a change was taken over, or why it was not.
    fn say_what_changes(&self, tenant: &TenantId, answer: &Answer) {
        let profile = &self.document.name;
        let changes = self.known.as_ref().map(|known| changes(known, &self.document));
        match (answer, &changes) {
            // Of a new profile all that there is to say follows.
            (Answer::Done, None) => {}
            (Answer::Done, Some(changes)) => {
                tracing::info!(%tenant, profile, changes, "changed as configured");
            }
            (why, None) => tracing::warn!(%tenant, profile, %why, "the profile was not made"),
            (why, Some(changes)) => tracing::warn!(
                %tenant,
                profile,
                changes,
                %why,
                "the profile stays as it was and trades as before; remove the cause and start the \
                 server again"
            ),
        }
    }

    /// Says how the profile goes on, and with what.
    fn say_what_it_does(&self, tenant: &TenantId, runs: bool) {
        let ProfileDocument { name: profile, capital, strategy, .. } = &self.document;
        let Situation { status, holds, orders } = &self.situation;
        let symbols: Vec<_> = strategy.symbols.iter().map(Symbol::as_str).collect();
        let does = match (runs, status) {
            (false, _) => "does not trade",
            (true, ProfileStatus::Running) => "trades on paper",
            (true, ProfileStatus::Stopped) => "is stopped: it enters nothing",
            (true, ProfileStatus::UnderReview) => "is under review: it enters nothing",
        };
        tracing::info!(
            %tenant,
            profile,
            timeframe = %strategy.timeframe,
            symbols = symbols.join(", "),
            capital = %capital.money(),
            holds,
            orders,
            "{does}"
        );
    }
}

/// What a profile was doing when the server started, in words.
#[derive(Default)]
pub(super) struct Situation {
    status: ProfileStatus,
    /// What it holds; `None` when that is nothing.
    holds: Option<String>,
    /// Which orders of it may still fill.
    orders: Option<String>,
}

impl Situation {
    pub(super) fn of(profile: &Profile) -> Self {
        let list = |texts: Vec<String>| (!texts.is_empty()).then(|| texts.join("; "));
        let holds = profile.trades.values().map(|trade| Position::from(trade).to_string());
        let orders = profile.working.values().map(|order| {
            let (side, symbol) = (order.terms.side.as_str(), order.terms.symbol);
            format!("{side} {} {symbol}", order.open_quantity())
        });
        let status = profile.status;
        Self { status, holds: list(holds.collect()), orders: list(orders.collect()) }
    }
}

/// What differs between two documents of a profile, in words.
fn changes(before: &ProfileDocument, after: &ProfileDocument) -> String {
    let (from, to) = (before.capital.money(), after.capital.money());
    let parts = [
        (before.strategy != after.strategy, "strategy".to_owned()),
        (from != to, format!("capital from {from} to {to}")),
        (before.limits != after.limits, "limits".to_owned()),
        (before.instruments != after.instruments, "instruments".to_owned()),
        (before.fees != after.fees, "fees".to_owned()),
    ];
    let changed = parts.into_iter().filter_map(|(differs, what)| differs.then_some(what));
    changed.collect::<Vec<_>>().join(", ")
}
