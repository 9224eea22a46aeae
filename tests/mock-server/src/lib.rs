//! A small research server for tests and the demo.
