//! Numbers that an independent program of exact fractions computed, compared field by field.

use super::*;
use serde::Deserialize;
use std::collections::BTreeMap;

/// A case with its numbers.
#[derive(Deserialize)]
struct Case {
    name: String,
    proposals: Vec<CaseProposal>,
    /// Ballot by ballot, proposal by proposal.
    ballots: Vec<Vec<Vec<u32>>>,
    expected: Expected,
}

#[derive(Deserialize)]
struct CaseProposal {
    key: String,
    price: String,
    sheet: Vec<u32>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Expected {
    solvent: Vec<String>,
    scores: BTreeMap<String, ExpectedScore>,
    ranking: BTreeMap<String, Vec<String>>,
    ties: BTreeMap<String, bool>,
    outlier_cells: Vec<u32>,
}

#[derive(Deserialize)]
struct ExpectedScore {
    technical: u32,
    economic: u32,
    results: BTreeMap<String, ExpectedResult>,
}

#[derive(Deserialize)]
struct ExpectedResult {
    social: u32,
    total: u32,
}

impl Case {
    fn evaluate(&self) -> Evaluated {
        let mask = |place| Mask::at(place).unwrap();
        let of_proposal = |(place, it): (usize, &CaseProposal)| ScoredProposal {
            mask: mask(place),
            technical: it.sheet.iter().sum(),
            price: Money::mxn(it.price.parse().unwrap()).unwrap(),
        };
        let of_ballot = |(place, it): (usize, &Vec<Vec<u32>>)| CountedBallot {
            pseudonym: pseudonym(&format!("EV-{place:03}")),
            proposals: (0..)
                .zip(it)
                .map(|(place, scores)| BallotScores { mask: mask(place), scores: scores.clone() })
                .collect(),
        };
        let proposals: Vec<_> = self.proposals.iter().enumerate().map(of_proposal).collect();
        let ballots: Vec<_> = self.ballots.iter().enumerate().map(of_ballot).collect();
        evaluate(&tender_published(), &proposals, &ballots).unwrap()
    }

    fn key(&self, mask: &Mask) -> &str {
        let place = (0..Mask::COUNT).find(|place| Mask::at(*place).as_ref() == Some(mask)).unwrap();
        &self.proposals[place].key
    }

    fn check(&self) {
        let Evaluated { scores, outliers, .. } = self.evaluate();
        let mut solvent: Vec<&str> = scores.iter().map(|score| self.key(&score.mask)).collect();
        solvent.sort_unstable();
        assert_eq!(solvent, self.expected.solvent, "{}", self.name);
        for score in &scores {
            let expected = &self.expected.scores[self.key(&score.mask)];
            assert_eq!(score.technical, expected.technical, "{}", self.name);
            assert_eq!(score.economic, expected.economic, "{}", self.name);
            assert_eq!(score.results.len(), expected.results.len(), "{}", self.name);
            for result in &score.results {
                let expected = &expected.results[result.aggregation.as_str()];
                assert_eq!(result.social, expected.social, "{} {}", self.name, score.mask);
                assert_eq!(result.total, expected.total, "{} {}", self.name, score.mask);
            }
        }
        for (way, expected) in &self.expected.ranking {
            let rank = |score: &ProposalScore| {
                let of_way = score.results.iter().find(|it| it.aggregation.as_str() == way);
                of_way.unwrap().rank
            };
            let mut ranked: Vec<(u32, &str)> =
                scores.iter().map(|score| (rank(score), self.key(&score.mask))).collect();
            ranked.sort_unstable();
            let ties = ranked.windows(2).any(|two| two[0].0 == two[1].0);
            let order: Vec<&str> = ranked.into_iter().map(|(_, key)| key).collect();
            assert_eq!(
                (&order, ties),
                (&expected.iter().map(String::as_str).collect(), self.expected.ties[way])
            );
        }
        let cells = |place: usize| {
            let of = |it: &&Outliers| it.pseudonym.as_str() == format!("EV-{place:03}");
            outliers.iter().find(of).map_or(0, |it| it.cells)
        };
        let cells: Vec<u32> = (0..self.ballots.len()).map(cells).collect();
        assert_eq!(cells, self.expected.outlier_cells, "{}", self.name);
    }
}

#[test]
fn every_field_is_as_an_independent_program_computes_it() {
    let cases: Vec<Case> =
        serde_json::from_str(include_str!("../../../tests/data/scoring.json")).unwrap();
    assert_eq!(cases.len(), 18);
    assert!(cases.iter().any(|case| case.expected.ties.values().any(|tie| *tie)));
    cases.iter().for_each(Case::check);
}
