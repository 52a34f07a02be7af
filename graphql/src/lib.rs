//! graphql.
