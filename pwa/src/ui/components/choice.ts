/** One of several things to choose from: the word that is stored, and what it is called. */
export interface Choice<Word extends string = string> {
  value: Word;
  label: string;
  /** The language of the label where it is not the page's, for its letters and its voice. */
  lang?: string;
}
