/** The code that somebody chooses: digits, since a door needs a thumb on a keypad; what makes a code too easy to guess. */

export const PIN_DIGITS_MIN = 6;
export const PIN_DIGITS_MAX = 12;

/** What people choose most where no rule stops them, beyond rows and repetitions. */
const USUAL = ['112233', '123321', '147258', '159357', '159753', '789456', '456123', '246810', '102030', '010203', '112358'];

/** The digits of what was typed; those of Arabic and Persian keypads are the same digits. */
export function digitsOf(typed: string): string {
  return typed
    .replaceAll(/[\u0660-\u0669]/g, (sign) => String(sign.charCodeAt(0) - 0x0660))
    .replaceAll(/[\u06f0-\u06f9]/g, (sign) => String(sign.charCodeAt(0) - 0x06f0))
    .replaceAll(/\D/g, '')
    .slice(0, PIN_DIGITS_MAX);
}

/** Why such a code is not taken, as a stable code of the app; null where it is. `pin` holds digits only. */
export function pinProblem(pin: string): 'pin.short' | 'pin.easy' | null {
  if (pin.length < PIN_DIGITS_MIN) return 'pin.short';
  return isEasy(pin) ? 'pin.easy' : null;
}

/** Whether such digits are the first that somebody would try. */
export function isEasy(digits: string): boolean {
  return isRow(digits) || isRepetition(digits) || USUAL.includes(digits);
}

/** 123456, 987654, 890123, 000000: each digit follows from the one before by the same small step. */
function isRow(pin: string): boolean {
  const steps = new Set(Array.from(pin.slice(1), (digit, n) => (Number(digit) - Number(pin[n]) + 10) % 10));
  return steps.size === 1 && [0, 1, 9].some((step) => steps.has(step));
}

/** 121212, 123123, 12341234: a few digits, again and again. */
function isRepetition(pin: string): boolean {
  for (let length = 1; length <= pin.length / 2; length += 1) {
    if (pin === pin.slice(0, length).repeat(Math.ceil(pin.length / length)).slice(0, pin.length)) return true;
  }
  return false;
}
