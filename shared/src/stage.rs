//! The stages of a dossier and the moves between them (M9), after the life cycle of `domain.md` section 1.

/// From a stage to those that may follow it. A move back is one step: the visa asked for changes, the report came back.
const MOVES: &[(&str, &[&str])] = &[
    ("", &["idea", "accompaniment", "writing"]),
    ("idea", &["accompaniment", "closed"]),
    ("accompaniment", &["idea", "writing", "closed"]),
    ("writing", &["accompaniment", "visa", "closed"]),
    ("visa", &["writing", "filed", "closed"]),
    ("filed", &["visa", "instruction"]),
    ("instruction", &["filed", "granted", "refused", "deferred"]),
    ("granted", &["instruction", "agreed", "closed"]),
    ("refused", &["instruction", "writing", "closed"]),
    ("deferred", &["instruction", "writing", "closed"]),
    ("agreed", &["granted", "running", "closed"]),
    ("running", &["agreed", "interim_report", "final_report", "closed"]),
    ("interim_report", &["running", "final_report", "closed"]),
    ("final_report", &["running", "interim_report", "closed"]),
    ("closed", &["final_report"]),
];

/// The stages that may follow this one; none where there is no such stage.
#[must_use]
pub fn moves_from(stage: &str) -> &'static [&'static str] {
    MOVES.iter().find(|(from, _)| *from == stage).map_or(&[], |(_, to)| to)
}

/// Whether a dossier may move there from one of the stages that stand now: several do where people disagree, and settling on
/// one of these is no move.
#[must_use]
pub fn may_move(from: &[&str], to: &str) -> bool {
    if from.is_empty() {
        return moves_from("").contains(&to);
    }
    from.iter().any(|stage| *stage == to || moves_from(stage).contains(&to))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::field::STAGES;

    #[test]
    fn m9_every_stage_is_in_the_table_and_can_be_reached_from_an_idea() {
        let mut reached = vec!["idea"];
        let mut n = 0;
        while let Some(stage) = reached.get(n) {
            for next in moves_from(stage) {
                assert!(STAGES.contains(next), "{next} is a stage");
                if !reached.contains(next) {
                    reached.push(next);
                }
            }
            n += 1;
        }
        reached.sort_by_key(|stage| STAGES.iter().position(|other| other == stage));
        assert_eq!(reached, STAGES);
    }

    #[test]
    fn m9_a_jump_is_no_move() {
        assert!(!may_move(&["idea"], "granted"));
        assert!(!may_move(&[], "filed"));
        assert!(may_move(&["writing", "visa"], "filed"), "settles two moves made apart by going on from one of them");
        assert!(may_move(&["writing", "visa"], "writing"));
    }
}
