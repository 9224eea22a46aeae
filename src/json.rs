//! Reading JSON text without building a tree.
