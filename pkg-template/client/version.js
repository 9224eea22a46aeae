// The version of the package: tabs that have loaded different ones share nothing. A test holds it to Cargo.toml.

export const VERSION = "0.2.0";
