//! The codes that trading adds to those of every route.

use ballast_platform::problem_codes;

problem_codes! {
    /// What trading's routes may answer.
    CODES;
    NOT_POSSIBLE = 409 "notPossible":
        "It is not possible now",
        "The detail says what stands in the way.";
    REFUSED = 422 "refused":
        "The risk gate refuses this",
        "The detail says why; 'refusal' has the code and the numbers.";
    STRATEGY_INVALID = 422 "strategyInvalid":
        "The strategy config has faults",
        "Correct what 'errors' lists; nothing was changed.";
    LIVE_UNAVAILABLE = 422 "liveUnavailable":
        "This deployment trades paper only",
        "Use mode 'paper' and venue 'paper'.";
    FEATURE_OFF = 404 "featureOff":
        "This is not switched on here",
        "Ask an administrator to switch the feature on.";
    ANSWER_LATE = 504 "answerLate":
        "Trading did not answer in time",
        "What was asked for may have been done: look before you try again.";
}
