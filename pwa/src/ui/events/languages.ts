//! The languages in which an event is held. They are kept as one text, so that whatever is spoken can be written: codes of the usual
//! ones, which each phone names in its own language, then whatever was typed.

export const USUAL = ['fr', 'ar', 'shi'] as const;

export type Usual = (typeof USUAL)[number];

const isUsual = (word: string): word is Usual => (USUAL as readonly string[]).includes(word);

export interface Spoken {
  usual: Usual[];
  others: string;
}

export function readLanguages(text: string): Spoken {
  const words = text.split(',').map((word) => word.trim()).filter(Boolean);
  return { usual: USUAL.filter((code) => words.includes(code)), others: words.filter((word) => !isUsual(word)).join(', ') };
}

export function writeLanguages({ usual, others }: Spoken): string {
  const typed = others.split(',').map((word) => word.trim()).filter((word) => word && !isUsual(word));
  return [...USUAL.filter((code) => usual.includes(code)), ...typed].join(', ');
}
