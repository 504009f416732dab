// Instant search: the page's twin of the engine's `names::fold_search` and `names::matches`, because no keystroke waits for
// the engine. Both sides are tested with shared/vectors/search.json.

/** Letters that decomposition leaves, and what they are searched as. */
const LETTERS: Record<string, string> = {
  œ: 'oe',
  Œ: 'oe',
  æ: 'ae',
  Æ: 'ae',
  ß: 'ss',
  ẞ: 'ss',
  ø: 'o',
  Ø: 'o',
  ł: 'l',
  Ł: 'l',
  đ: 'd',
  Đ: 'd',
  ħ: 'h',
  Ħ: 'h',
  ı: 'i',
  // Letters of the Arabic script that people exchange.
  ٱ: 'ا',
  ة: 'ه',
  ہ: 'ه',
  ە: 'ه',
  ى: 'ي',
  ی: 'ي',
  ݣ: 'ك',
  ڭ: 'ك',
  گ: 'ك',
  ک: 'ك',
};
for (const zero of [0x660, 0x6f0]) {
  for (let digit = 0; digit < 10; digit++) LETTERS[String.fromCharCode(zero + digit)] = String(digit);
}

const PLAIN = /^[a-z0-9 ]*$/;
const APOSTROPHE = /['’‘‛ʼʻʿʾ′`´＇]/u;
// Combining marks; tatweel, soft hyphen, joiners and marks of direction.
const UNSEEN = /[\p{M}\u0640\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]/u;
const WORD = /[\p{Alphabetic}\p{N}]/u;

/** Words of small letters and ASCII digits with one space between them; see the engine's `fold_search`. */
export function foldSearch(text: string): string {
  let folded = '';
  let apostrophe = false;
  for (const character of text) {
    if (APOSTROPHE.test(character)) {
      apostrophe = true;
      continue;
    }
    const letters = foldCharacter(character);
    if (letters === '') continue;
    // d'Agadir is two words; M'hamed is one.
    if (apostrophe && /(^| )(l|d|qu)$/.test(folded)) folded += ' ';
    apostrophe = false;
    folded += letters;
  }
  return folded.split(' ').filter(Boolean).join(' ');
}

function foldCharacter(character: string): string {
  if (PLAIN.test(character)) return character;
  let folded = '';
  for (const part of character.normalize('NFKD')) {
    const letter = LETTERS[part];
    if (letter !== undefined) folded += letter;
    else if (!UNSEEN.test(part)) folded += WORD.test(part) ? part.toLowerCase() : ' ';
  }
  return folded;
}

/** Most words of a query that may together be one word of the text. */
const GLUED_WORDS_MAX = 3;

/** Whether every word of a folded query begins some word of a folded text, in any order. */
export function matches(queryFolded: string, textFolded: string): boolean {
  return matcher(queryFolded)(textFolded);
}

/** The same for many texts: the query is made into patterns once. */
export function matcher(queryFolded: string): (textFolded: string) => boolean {
  const words = queryFolded.split(' ').filter(Boolean);
  // For each number of words from the beginning: the runs of words that may end there.
  const endings = words.map((_, last) =>
    Array.from({ length: Math.min(GLUED_WORDS_MAX, last + 1) }, (_, glued) => {
      const from = last - glued;
      return { from, begins: beginning(words.slice(from, last + 1).join('')) };
    }),
  );
  return (text) => {
    const found = [true];
    for (const runs of endings) found.push(runs.some((run) => found[run.from] && run.begins.test(text)));
    return found[words.length] === true;
  };
}

/**
 * Letters at the beginning of a word, from where they may run on over spaces; an Arabic word may have its article before
 * them. Folded text has no sign that means something in a pattern.
 */
function beginning(letters: string): RegExp {
  return new RegExp(`(?:^| )(?:ال(?=[^ ]{3}))?${[...letters].join(' ?')}`, 'u');
}
