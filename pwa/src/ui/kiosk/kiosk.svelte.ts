//! A phone that is handed round: who lent it, where it stands, and how it is taken back.
import { isLanguage, type Language, language, setLanguage } from '../../i18n';
import { store } from '../../store';
import { NO_TRIES, renoted, tried, type Tries, waitMs } from '../../store/patience';
import { PIN_DIGITS_MIN } from '../../store/pin';
import { isCode, type KeptCode, keptCode } from './code';
import { handed } from './handed.svelte';
import { fillScreen, leaveScreen } from './screen';
import { after, atRest, changesInMs, type Happening, type Kiosk, type Step } from './steps';

/** What survives a reload: nothing that names a person, and of the code a salted hash. */
interface Kept extends KeptCode, Tries {
  /** What is signed, as the screen that lent the phone calls it: ids, no names. */
  context: string;
  /** The volunteer's own. */
  language: Language;
}

/** Why the phone is not taken back. */
export type Refusal = 'pin.wrong' | 'pin.wait' | 'lock';

class HandedPhone {
  #kept: Kept | null = $derived(read(handed.kept));
  #kiosk: Kiosk = $state.raw(atRest(Date.now()));

  /** What is signed while the phone is handed round; null while it is not. Reactive. */
  readonly context: string | null = $derived(this.#kept?.context ?? null);
  readonly step: Step = $derived(this.#kiosk.step);
  /** Until then no code is tried, by this device's clock; 0 is now. */
  readonly waitEndsMs: number = $derived.by(() => {
    if (!this.#kept) return 0;
    const nowMs = Date.now();
    const wait_ms = waitMs(this.#kept, nowMs);
    return wait_ms > 0 ? nowMs + wait_ms : 0;
  });

  constructor() {
    // What cannot be understood must not keep anybody in.
    if (!this.#kept) handed.keep(null);
  }

  /** Hands it out. Must follow from a touch, for the whole screen. */
  async handOut(code: string, context: string): Promise<void> {
    fillScreen();
    this.#kiosk = atRest(Date.now());
    this.#keep({ context, language: language(), ...NO_TRIES, ...(await keptCode(code)) });
  }

  happened(happening: Happening): void {
    const before = this.#kiosk.step;
    this.#kiosk = after(this.#kiosk, happening, Date.now());
    // The next person begins in the language in which the phone was lent.
    if (this.step.at !== before.at && (this.step.at === 'rest' || before.at === 'thanks')) this.#ownLanguage();
  }

  /** In how long time alone changes something, in ms; null while it does not. */
  changesInMs(): number | null {
    return changesInMs(this.#kiosk, Date.now());
  }

  /** Takes it back with the code it was lent with, or with the one that opens this phone. */
  async takeBack(typed: string): Promise<Refusal | null> {
    const kept = this.#kept;
    if (!kept) return null;
    const nowMs = Date.now();
    if (waitMs(kept, nowMs) > 0) {
      this.#keep({ ...kept, ...renoted(kept, nowMs) });
      return 'pin.wait';
    }
    // Noted before it is tried: loading the page anew gains nothing.
    const noted = { ...kept, ...tried(kept, nowMs) };
    this.#keep(noted);
    if ((await isCode(typed, kept)) || (await opensPhone(typed))) {
      this.#end(kept);
      return null;
    }
    // The wait begins when the person hears of it, not when a slow phone began to look.
    this.#keep({ ...noted, notedMs: Date.now() });
    return 'pin.wrong';
  }

  /** Takes it back with the finger or the face that opens this phone. */
  async takeBackByPasskey(): Promise<Refusal | null> {
    const kept = this.#kept;
    if (!kept) return null;
    const outcome = await store.lock.unlock('passkey');
    if (!outcome.ok) return 'lock';
    this.#end(kept);
    return null;
  }

  #end({ language: own }: Kept): void {
    this.#keep(null);
    this.#kiosk = atRest(Date.now());
    if (language() !== own) setLanguage(own);
    leaveScreen();
  }

  #ownLanguage(): void {
    if (this.#kept && language() !== this.#kept.language) setLanguage(this.#kept.language);
  }

  #keep(next: Kept | null): void {
    handed.keep(next && JSON.stringify(next));
  }
}

/** A wrong code counts there too, as everywhere: the phone's own waits protect it from being guessed here. */
async function opensPhone(typed: string): Promise<boolean> {
  if (store.lock.kind !== 'pin' || typed.length < PIN_DIGITS_MIN) return false;
  return (await store.lock.unlock({ pin: typed })).ok;
}

function read(text: string | null): Kept | null {
  if (text === null) return null;
  try {
    const kept = JSON.parse(text) as Kept;
    const texts = [kept.context, kept.salt, kept.hash].every((part) => typeof part === 'string');
    return texts && isLanguage(kept.language) && [kept.wrong, kept.notedMs].every(Number.isFinite) ? kept : null;
  } catch {
    return null;
  }
}

export const kiosk = new HandedPhone();
