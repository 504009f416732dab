//! The goals of sustainable development (ODD) by their numbers.
import { m } from '../../i18n';
import type { Choice } from '../components';

const GOALS = [
  m.goal_1, m.goal_2, m.goal_3, m.goal_4, m.goal_5, m.goal_6, m.goal_7, m.goal_8, m.goal_9,
  m.goal_10, m.goal_11, m.goal_12, m.goal_13, m.goal_14, m.goal_15, m.goal_16, m.goal_17,
];

/** '6 Eau propre et assainissement' */
export const goalText = (number: number): string => `${number} ${GOALS[number - 1]?.() ?? ''}`.trim();

export const goalChoices = (): Choice[] => GOALS.map((_, n) => ({ value: String(n + 1), label: goalText(n + 1) }));

/** The goals that a sector mostly serves, to be offered first. Ours, after the sectors of the programme. */
export const GOALS_OF: Record<string, readonly number[]> = {
  health: [3],
  education: [4],
  water: [6],
  environment: [7, 13, 15],
  economy: [8, 5, 9],
  rural: [2, 15],
  social: [1, 5, 10],
  climate: [13],
  digital: [9],
};
