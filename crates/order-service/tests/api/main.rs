//! Black-box tests of this service alone.
