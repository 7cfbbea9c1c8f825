//! The words for how far a figure can be trusted.

/// The words that say how far a figure can be trusted, the best first, each with what it means.
pub const CONFIDENCE: [(&str, &str); 8] = [
    ("reported", "stands so in a primary source"),
    ("cited", "stands so in the act, schedule or publication that the row names"),
    ("secondary", "stands so in a source that quotes another"),
    ("derived", "follows from reported figures by a stated rule without judgement"),
    ("general", "general knowledge that was not read again: check before you publish"),
    ("estimated", "a stated rule on reported figures, with judgement in it"),
    ("assumed", "taken, not found: vary it"),
    ("invented", "made up for teaching or tests"),
];
