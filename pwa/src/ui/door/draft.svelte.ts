//! What is being typed about a walk-in. It stays in memory when one looks something up elsewhere or when saving fails, and goes with
//! the app: a stranger's name is no business of the browser's own storage.
import type { DocumentId } from '../../generated/DocumentId';
import type { Edit } from '../../generated/Edit';
import type { NamedDocument } from '../../generated/NamedDocument';
import type { Phone } from '../../generated/Phone';
import { newDocumentId, newRowId } from '../../store';
import type { Home } from './phone';

const ARABIC = /\p{Script=Arabic}/u;

export class Draft {
  // Made once: however often saving is tried, the person is registered once.
  readonly person = newDocumentId();
  readonly mark = newRowId();
  readonly newAssociation = newDocumentId();

  given = $state('');
  family = $state('');
  nameAr = $state('');
  sex = $state('');
  ageBand = $state('');
  /** The one that was chosen from the directory. */
  association: NamedDocument | null = $state.raw(null);
  /** What is typed to find it, or the title of a new one. */
  associationTitle = $state('');
  phone = $state('');
  country: Home | 'unknown' | '' = $state('');
  noticeRead = $state(false);
  /** Never assumed: both begin as no. */
  photoConsent = $state(false);
  messagesConsent = $state(false);

  /** Begins with what was searched for in vain. */
  constructor(sought: string) {
    const words = sought.trim().split(/\s+/);
    if (ARABIC.test(sought)) this.nameAr = words.join(' ');
    else [this.given = '', this.family = ''] = [words[0] ?? '', words.slice(1).join(' ')];
  }

  get named(): boolean {
    return [this.given, this.family, this.nameAr].some((name) => name.trim() !== '');
  }

  get name(): string {
    return [this.given.trim(), this.family.trim()].filter(Boolean).join(' ') || this.nameAr.trim();
  }

  edit(event: DocumentId, slot: string, phone: Phone | null): Edit {
    const title = this.association ? '' : this.associationTitle.trim();
    return {
      do: 'register_walk_in',
      event,
      slot,
      person: this.person,
      mark: this.mark,
      new: {
        given: this.given.trim(),
        family: this.family.trim(),
        name_ar: this.nameAr.trim(),
        sex: this.sex,
        age_band: this.ageBand,
        commune: '',
        commune_code: '',
        association: this.association?.document ?? null,
        photo_consent: this.photoConsent,
        // To be reached where nobody can be is no consent.
        messages_consent: this.messagesConsent && phone !== null,
      },
      new_association: title ? { association: this.newAssociation, title } : null,
      phone,
      notice_read: this.noticeRead,
    };
  }
}

const drafts = new Map<DocumentId, Draft>();

/** The draft of an event, or a new one. */
export function draftFor(event: DocumentId, sought: string): Draft {
  let draft = drafts.get(event);
  if (!draft?.named) drafts.set(event, (draft = new Draft(sought)));
  return draft;
}

/** It has been saved. */
export function finishDraft(event: DocumentId): void {
  drafts.delete(event);
  aside.delete(event);
}

/** What was typed before somebody who was known was taken instead: should that have been the wrong one, it is not typed again. */
const aside = new Map<DocumentId, Draft>();

export function setAside(event: DocumentId, draft: Draft): void {
  finishDraft(event);
  aside.set(event, draft);
}

/** What was set aside last at an event, if nobody was registered there since. */
export const setAsideOf = (event: DocumentId): Draft | undefined => aside.get(event);
