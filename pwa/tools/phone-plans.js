/**
 * Keeps the numbering plans of the countries whose numbers are written here, a quarter of what the phone-number library brings for
 * the whole world. A number of another country is kept as it was typed.
 */

/** France and its overseas regions, Morocco, their neighbours, and where else families live. */
const COUNTRIES = new Set(
  'FR GP MQ GF RE YT MA DZ TN MR SN ML CI ES PT IT BE LU NL DE CH GB IE SE CA US AE SA QA'.split(' '),
);

/** @typedef {{ country_calling_codes: Record<string, string[]>, countries: Record<string, unknown> }} Plans */

/** @returns {import('vite').Plugin} */
export function phonePlans() {
  return {
    name: 'tiwizi:phone-plans',
    transform: {
      filter: { id: /libphonenumber-js\/metadata\.min\.json\.js$/ },
      handler(code) {
        /** @type {Plans} */
        const plans = JSON.parse(code.slice(code.indexOf('{'), code.lastIndexOf('}') + 1));
        const codes = Object.entries(plans.country_calling_codes)
          .map(([code, countries]) => /** @type {const} */ ([code, countries.filter((country) => COUNTRIES.has(country))]))
          .filter(([, countries]) => countries.length > 0);
        const kept = {
          ...plans,
          country_calling_codes: Object.fromEntries(codes),
          countries: Object.fromEntries(Object.entries(plans.countries).filter(([country]) => COUNTRIES.has(country))),
          nonGeographic: {},
        };
        return { code: `export default ${JSON.stringify(kept)}`, map: null };
      },
    },
  };
}
