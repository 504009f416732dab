//! Why the server did not do what was asked.
import { m } from '../../i18n';
import { exchangeText } from '../../i18n/exchange';

/** The lists are on the server alone: without it there is nothing to show. */
export const failureText = (code: string): string => (code === 'server.unreachable' ? m.sync_access_offline() : exchangeText(code));

/** Six digits as they are read aloud: '123 456'. */
export const codeText = (code: string): string => `${code.slice(0, 3)} ${code.slice(3)}`;
