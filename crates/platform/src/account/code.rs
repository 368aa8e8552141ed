//! The refusals of the identity service.

use crate::problem_codes;

problem_codes! {
    /// What the routes of accounts, sessions and products may answer besides what any route may.
    ACCOUNT_CODES;
    CREDENTIALS_INVALID = 401 "credentialsInvalid":
        "E-mail or password is wrong",
        "Check both, or reset the password.";
    REFRESH_TOKEN_INVALID = 401 "refreshTokenInvalid":
        "The refresh token is not accepted",
        "Sign in again.";
    REFRESH_TOKEN_REUSED = 401 "refreshTokenReused":
        "The refresh token was used before, so the session was ended",
        "Sign in again. If it was not you who used it twice, change the password.";
    ACCOUNT_DISABLED = 403 "accountDisabled":
        "The account is disabled",
        "Ask an administrator.";
    EMAIL_NOT_VERIFIED = 403 "emailNotVerified":
        "The e-mail address is not confirmed yet",
        "Follow the link in the message that was sent to it.";
    REGISTRATION_CLOSED = 403 "registrationClosed":
        "Nobody can register here by themself",
        "Ask an administrator for an account.";
    LAST_ADMINISTRATOR = 409 "lastAdministrator":
        "It would leave nobody who can administer",
        "Make somebody else an administrator first.";
    EMAIL_TAKEN = 409 "emailTaken":
        "Another account has this e-mail address",
        "Use another address, or that account.";
    LINK_INVALID = 410 "linkInvalid":
        "The link is not good, or no longer",
        "Ask for a new one.";
    SIGN_IN_LOCKED = 429 "signInLocked":
        "There were too many wrong passwords",
        "Wait for the time in the header Retry-After, or reset the password.";
    AUDIT_UNAVAILABLE = 503 "auditUnavailable":
        "It cannot be recorded, and it is not done unrecorded",
        "Nothing was done. Try again in a moment.";
}
