/**
 * A passkey that opens this phone: the authenticator (the fingerprint, the face, a security key) answers a salt with 32 bytes that
 * are always the same and never leave it otherwise (WebAuthn's `prf` extension). No server has any part in it.
 */
import { newSalt } from './new_keys';

/** The person may take as long as they like to lay a finger on it, and no longer. */
const ANSWER_MS_MAX = 120_000;

export interface Passkey {
  credential: Uint8Array<ArrayBuffer>;
  salt: Uint8Array<ArrayBuffer>;
}

/** `passkey.unable`: this browser or authenticator has no `prf`. `passkey.refused`: the person or the browser broke it off. */
export type PasskeyProblem = 'passkey.unable' | 'passkey.refused';

/** Whether it is worth offering. Some browsers say only when it is tried. */
export async function mayHavePasskey(): Promise<boolean> {
  const Asked = globalThis.PublicKeyCredential as typeof PublicKeyCredential | undefined;
  if (!Asked) return false;
  try {
    const able = await Asked.getClientCapabilities?.();
    if (able?.['extension:prf'] === false) return false;
    return await Asked.isUserVerifyingPlatformAuthenticatorAvailable();
  } catch {
    return false;
  }
}

/** Makes a new one and has it answer once. */
export async function newPasskey(): Promise<{ passkey: Passkey; answer: Uint8Array<ArrayBuffer> } | PasskeyProblem> {
  const salt = newSalt();
  const random = () => crypto.getRandomValues(new Uint8Array(32));
  try {
    const made = (await navigator.credentials.create({
      publicKey: {
        rp: { name: 'Tiwizi' },
        // Nobody's name: some authenticators keep it in a list that others read, or in a cloud.
        user: { id: random(), name: 'Tiwizi', displayName: 'Tiwizi' },
        challenge: random(),
        pubKeyCredParams: [
          { type: 'public-key', alg: -7 },
          { type: 'public-key', alg: -257 },
        ],
        authenticatorSelection: { residentKey: 'preferred', userVerification: 'required' },
        timeout: ANSWER_MS_MAX,
        extensions: { prf: { eval: { first: salt } } },
      },
    })) as PublicKeyCredential | null;
    if (!made) return 'passkey.refused';
    const { prf } = made.getClientExtensionResults();
    if (!prf?.enabled && !prf?.results) return 'passkey.unable';
    const passkey = { credential: new Uint8Array(made.rawId), salt };
    // Many answer only when they are asked, not when they are made.
    const answer = answerOf(made) ?? (await askPasskey(passkey));
    return typeof answer === 'string' ? answer : { passkey, answer };
  } catch {
    return 'passkey.refused';
  }
}

/** Has it answer: 32 bytes. */
export async function askPasskey({ credential, salt }: Passkey): Promise<Uint8Array<ArrayBuffer> | PasskeyProblem> {
  try {
    const got = (await navigator.credentials.get({
      publicKey: {
        challenge: crypto.getRandomValues(new Uint8Array(32)),
        allowCredentials: [{ type: 'public-key', id: credential }],
        userVerification: 'required',
        timeout: ANSWER_MS_MAX,
        extensions: { prf: { eval: { first: salt } } },
      },
    })) as PublicKeyCredential | null;
    return got ? (answerOf(got) ?? 'passkey.unable') : 'passkey.refused';
  } catch {
    return 'passkey.refused';
  }
}

function answerOf(credential: PublicKeyCredential): Uint8Array<ArrayBuffer> | null {
  const first = credential.getClientExtensionResults().prf?.results?.first;
  if (!first) return null;
  return first instanceof ArrayBuffer ? new Uint8Array(first) : new Uint8Array(first.buffer as ArrayBuffer, first.byteOffset, first.byteLength);
}
