/**
 * Everything on the device's disk is sealed with AES-256-GCM under the data key (`keys.ts`), which scripts cannot read out. Against
 * somebody who holds the unlocked phone it does nothing.
 *
 * A sealed value is 12 random bytes, then the ciphertext with its 16 bytes of authentication. The label says where the value
 * belongs, so that one cannot be put in another's place.
 */
const IV_BYTES = 12;

export type Sealed = Uint8Array<ArrayBuffer>;

const encoder = new TextEncoder();
const decoder = new TextDecoder();

export async function seal(key: CryptoKey, label: string, plain: BufferSource): Promise<Sealed> {
  const iv = crypto.getRandomValues(new Uint8Array(IV_BYTES));
  const ciphertext = await crypto.subtle.encrypt({ name: 'AES-GCM', iv, additionalData: encoder.encode(label) }, key, plain);
  const sealed = new Uint8Array(IV_BYTES + ciphertext.byteLength);
  sealed.set(iv);
  sealed.set(new Uint8Array(ciphertext), IV_BYTES);
  return sealed;
}

/** What was sealed, or null where it was damaged, moved, or sealed with a key that is lost. */
export async function unseal(key: CryptoKey, label: string, sealed: Sealed): Promise<Uint8Array<ArrayBuffer> | null> {
  const iv = sealed.subarray(0, IV_BYTES);
  const algorithm = { name: 'AES-GCM', iv, additionalData: encoder.encode(label) };
  try {
    return new Uint8Array(await crypto.subtle.decrypt(algorithm, key, sealed.subarray(IV_BYTES)));
  } catch {
    return null;
  }
}

export function sealJson(key: CryptoKey, label: string, value: unknown): Promise<Sealed> {
  return seal(key, label, encoder.encode(JSON.stringify(value)));
}

/** The caller names the type: what is sealed under a label was written by this app. */
export async function unsealJson<T>(key: CryptoKey, label: string, sealed: Sealed): Promise<T | null> {
  const plain = await unseal(key, label, sealed);
  return plain && (JSON.parse(decoder.decode(plain)) as T);
}
