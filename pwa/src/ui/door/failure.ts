//! Why somebody could not come in. Most come in at once: the words are loaded when they are needed.
export { errorText as failureText } from '../../i18n';
