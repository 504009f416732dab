//! Why somebody could not come in. Most come in at once: the words are loaded when they are needed.
import { errorText, m } from '../../i18n';

export const failureText = (code: string): string => (code === 'server.unreachable' ? m.welcome_unreachable() : errorText(code));
