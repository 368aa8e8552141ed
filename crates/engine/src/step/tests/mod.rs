//! What each input brings: a line a step, with the events and the actions that it must bring.

mod absurd;
mod commands;
mod corporate;
mod corrections;
mod excursions;
mod fees;
mod flatten;
mod frames;
mod growth;
mod late;
mod limits;
mod manual;
mod orders;
mod pairs;
mod script;
mod stops;
mod store;
mod targets;
mod venue;
