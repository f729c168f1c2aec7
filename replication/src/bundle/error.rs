//! Why a bundle is not made, or not taken in.

use crate::code;
use crate::codec::FrameError;

/// A bundle is not made, or not taken in.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{detail}; {step}", step = code::next_step(.code))]
pub struct BundleError {
    /// Stable code, one of those in the `code` module, such as `bundle-tampered`.
    pub code: &'static str,
    /// What exactly is wrong.
    pub detail: String,
}

impl BundleError {
    /// What is wrong, by its code.
    pub fn new(code: &'static str, detail: impl Into<String>) -> Self {
        Self { code, detail: detail.into() }
    }

    /// What a person can do about it.
    pub fn next_step(&self) -> &'static str {
        code::next_step(self.code)
    }
}

impl From<FrameError> for BundleError {
    fn from(error: FrameError) -> Self {
        Self { code: error.code, detail: error.detail }
    }
}
