//! What people and machines do with the `ballast` binary, from outside.

mod crash;
