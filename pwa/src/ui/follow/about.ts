//! The part of a dossier that somebody speaks of, in words: see the engine's `Field::About`.
import type { DossierView } from '../../generated/DossierView';
import { m } from '../../i18n';
import { textIn } from '../dossier/line';
import { sectionTitle } from '../dossier/sections';

export function aboutText(about: string, dossier: DossierView): string {
  const [kind = '', of = ''] = about.split('/');
  switch (kind) {
    case 'section': {
      const section = dossier.sections.find((one) => one.about.key === of);
      return sectionTitle(section?.about ?? of);
    }
    case 'line': {
      const line = dossier.lines.find((one) => one.line === of);
      return textIn(line?.fields ?? [], 'label') || m.about_line_gone();
    }
    case 'attachment': {
      const piece = dossier.rows.find(({ row }) => row === of);
      return textIn(piece?.fields ?? [], 'label') || m.about_piece_gone();
    }
    default:
      return m.about_whole();
  }
}
