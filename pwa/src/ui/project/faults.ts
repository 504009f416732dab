//! What of a dossier's texts and structured parts does not hold, in words.
import type { DossierView } from '../../generated/DossierView';
import type { PlanFault } from '../../generated/PlanFault';
import type { Table } from '../../generated/Table';
import { isolate, m, number, wordLabel } from '../../i18n';
import { sectionTitle } from '../dossier/sections';
import { goalText } from './goals';

export function faultText(fault: PlanFault, dossier: DossierView): string {
  const [is, should] = [isolate(number(fault.is)), isolate(number(fault.should))];
  const about = isolate(typeof fault.about === 'number' ? goalText(fault.about) : (fault.about ?? ''));
  const section = () => sectionOf(fault, dossier);
  switch (fault.code) {
    case 'g1_none':
      return m.fault_g1_none();
    case 'g1_several':
      return m.fault_g1_several({ goal: about });
    case 'g2':
      return m.fault_g2({ is, should });
    case 'g3':
      return m.fault_g3({ goal: about });
    case 'g4':
      return m.fault_g4({ goal: about });
    case 'k1':
      return m.fault_k1({ activity: about });
    case 'k2':
      return m.fault_k2({ activity: about, is, should });
    case 'k3':
      return m.fault_k3({ activity: about });
    case 's1':
      return m.fault_s1({ section: section() });
    case 's2':
      return m.fault_s2({ section: section(), is, should });
    case 'd1_short':
      return m.fault_d1_short({ is, should });
    case 'd1_long':
      return m.fault_d1_long({ is, should });
    case 'd2':
      return m.fault_d2({ sector: isolate(wordLabel('sector', String(fault.about))) });
  }
}

/** What the text is called that a fault is about. */
export function sectionOf({ about }: PlanFault, { sections }: DossierView): string {
  const known = sections.find((section) => section.about.key === about);
  return isolate(sectionTitle(known?.about ?? String(about)));
}

/** The table that a fault leads to, or none where it is about a text or a figure. */
export function tableOf({ code }: PlanFault): Table | null {
  if (code.startsWith('g')) return 'goal';
  return code.startsWith('k') ? 'activity' : null;
}
