//! smart-tenders.
