//! Tests that cross the rooms; what they share stands here.
