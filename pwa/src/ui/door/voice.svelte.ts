//! Reading aloud, for those who do not read. Only with voices that are on the device: others would send the words to a stranger.
import { createSubscriber } from 'svelte/reactivity';
import { type Language } from '../../i18n';

class Voice {
  speaking = $state(false);
  // Some browsers have no speech at all, and most name their voices some time after the start.
  #speech: SpeechSynthesis | undefined = globalThis.speechSynthesis;
  #subscribe = createSubscriber((changed) => {
    this.#speech?.addEventListener('voiceschanged', changed);
    return () => this.#speech?.removeEventListener('voiceschanged', changed);
  });

  /** A voice of this device in that language. Reactive. */
  of(language: Language): SpeechSynthesisVoice | undefined {
    this.#subscribe();
    const voices = this.#speech?.getVoices() ?? [];
    return voices.find((voice) => voice.localService && voice.lang.toLowerCase().split(/[-_]/)[0] === language);
  }

  /** One sentence after the other: a long text is cut off by some voices. */
  say(sentences: readonly string[], language: Language): void {
    const voice = this.of(language);
    if (!voice || !this.#speech) return;
    this.stop();
    this.speaking = true;
    sentences.forEach((sentence, n) => {
      const spoken = new SpeechSynthesisUtterance(sentence);
      spoken.voice = voice;
      spoken.lang = voice.lang;
      // Slower than a screen reader: it is heard once, in a noisy hall.
      spoken.rate = 0.9;
      if (n === sentences.length - 1) spoken.onend = () => (this.speaking = false);
      spoken.onerror = () => (this.speaking = false);
      this.#speech?.speak(spoken);
    });
  }

  stop(): void {
    this.#speech?.cancel();
    this.speaking = false;
  }
}

export const voice = new Voice();
