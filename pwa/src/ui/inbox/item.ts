//! What stands in the inbox, wherever it comes from: Questions of documents, changes that were set aside, lists that were not taken.
import type { AccountId } from '../../generated/AccountId';
import type { AskedQuestion } from '../../generated/AskedQuestion';
import type { DocumentId } from '../../generated/DocumentId';
import type { Kind } from '../../generated/Kind';
import type { Group as Change } from './aside/changes';
import type { Left } from './aside/lists';
import type { Desk } from './choices';
import type { Word } from './deciding.svelte';
import type { Group } from './groups';

/** One way to settle something. */
export interface Answer {
  label: string;
  /** What its button says, where that is not to keep something. */
  action?: string;
  /** A text too long for a line. */
  quoted?: string;
  /** Who said so, and when. */
  notes: readonly string[];
  /** When it was last given, by the clocks of those who gave it: milliseconds since 1970; 0 where nothing tells. */
  at_ms: number;
  /** What pages show until somebody has decided. */
  shown?: boolean;
  word: Word;
  /** What is said when it is done, where that is more than that it was noted. */
  said?: string;
}

export interface Item {
  id: string;
  group: Group;
  level: AskedQuestion['level'];
  kind: Kind;
  /** None where it is about a list that was brought. */
  document: DocumentId | null;
  /** What that is called. */
  name: string;
  /** When the newest word of it was said, or came. Milliseconds since 1970. */
  at_ms: number;
  assigned: readonly AccountId[];
  /** It was decided before. */
  again: boolean;
  title: () => string;
  /** What else tells it from others, in its row. */
  details: () => string[];
  answers: () => readonly Answer[];
  assign: (account: AccountId | null) => Promise<void>;
  /** What a document asks. */
  asked?: AskedQuestion;
  /** What was not allowed. */
  change?: Change;
  /** What was not taken. */
  list?: Left;
}

/** What shows one that no document asks. */
export interface PanelProps {
  item: Item;
  desk: Desk;
  /** The answers have keys, and one of them is chosen. */
  keyed: boolean;
  chosen: number;
  onassign: () => void;
  /** Puts it off for this time. */
  onlater: () => void;
}

/** What shows one gives the keyboard. */
export interface Panel {
  settleChosen(): void;
  countChoices(): number;
}

/** Something that was decided lately. */
export interface Settled {
  id: string;
  at_ms: number;
  /** About what, in words. */
  where: string;
  /** What it was about, for the name of its button. */
  of: string;
  chose: string;
  who: string;
  reason: string;
  back: Word;
}
