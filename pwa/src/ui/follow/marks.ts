//! The marks of a diagnosis, in words.
import { m } from '../../i18n';
import type { Choice } from '../components';

export const choicesOfMarks = (): Choice[] => [
  { value: '0', label: m.list_mark_0() },
  { value: '1', label: m.list_mark_1() },
  { value: '2', label: m.list_mark_2() },
  { value: '3', label: m.list_mark_3() },
  { value: '4', label: m.list_mark_4() },
];
