//! Purposes of aid as the OECD's committee (DAC) codes them, by the sectors of the programme. The mapping is ours.
import { m } from '../../i18n';
import type { Choice } from '../components';

const CODES: Record<string, () => string> = {
  '11120': m.dac_11120,
  '11220': m.dac_11220,
  '11230': m.dac_11230,
  '11330': m.dac_11330,
  '12220': m.dac_12220,
  '12230': m.dac_12230,
  '12261': m.dac_12261,
  '13020': m.dac_13020,
  '14030': m.dac_14030,
  '14031': m.dac_14031,
  '14032': m.dac_14032,
  '14050': m.dac_14050,
  '15150': m.dac_15150,
  '15170': m.dac_15170,
  '15190': m.dac_15190,
  '16010': m.dac_16010,
  '16020': m.dac_16020,
  '16061': m.dac_16061,
  '22040': m.dac_22040,
  '23231': m.dac_23231,
  '24050': m.dac_24050,
  '31120': m.dac_31120,
  '31140': m.dac_31140,
  '31161': m.dac_31161,
  '31163': m.dac_31163,
  '31166': m.dac_31166,
  '31194': m.dac_31194,
  '32130': m.dac_32130,
  '32140': m.dac_32140,
  '41010': m.dac_41010,
  '41030': m.dac_41030,
  '41081': m.dac_41081,
  '43040': m.dac_43040,
  '99820': m.dac_99820,
};

const OF_SECTOR: Record<string, readonly string[]> = {
  health: ['12220', '12230', '12261', '13020'],
  education: ['11220', '11230', '11330', '11120'],
  water: ['14031', '14032', '14030', '14050'],
  environment: ['41010', '41030', '41081', '23231'],
  economy: ['32130', '16020', '32140', '31194'],
  rural: ['31120', '31140', '31161', '31163', '31166', '43040'],
  social: ['16010', '15170', '16061'],
  climate: ['41010', '23231', '41030'],
  digital: ['22040'],
};

export const dacText = (code: string): string => `${code} ${CODES[code]?.() ?? ''}`.trim();

/** What a sector is coded as; all where none is chosen, and whatever is chosen already. */
export function dacChoices(sector: string, chosen: string): Choice[] {
  const codes = OF_SECTOR[sector] ?? Object.keys(CODES);
  const all = chosen && !codes.includes(chosen) ? [...codes, chosen] : codes;
  return all.map((code) => ({ value: code, label: dacText(code) }));
}
