/** Signs of an invite's code: twelve, in three groups (`InviteCode` of the server). */
const CODE_SIGNS = 12;
const GROUP_SIGNS = 4;

/** Digits and the letters that nobody takes for a digit. */
const ALPHABET = /[^0-9A-HJKMNP-TV-Z]/g;

/**
 * The code in what was typed or pasted, as `XXXX-XXXX-XXXX`: any case, with or without dashes, O for 0, I or L for 1, or the whole link.
 * Shorter while it is being typed.
 */
export function tidyCode(typed: string): string {
  const fromLink = /#\/?join\/([^\s?&#]+)/i.exec(typed)?.[1] ?? typed;
  const signs = fromLink.toUpperCase().replaceAll('O', '0').replaceAll(/[IL]/g, '1').replaceAll(ALPHABET, '').slice(0, CODE_SIGNS);
  return signs.replaceAll(new RegExp(`(.{${GROUP_SIGNS}})(?=.)`, 'g'), '$1-');
}

export function isWholeCode(tidy: string): boolean {
  return tidy.replaceAll('-', '').length === CODE_SIGNS;
}
