/** Passkeys in this browser: adding one, and proving by one that it is really oneself. */
import { signedFetch } from './signed';

/** Null when all went well, else a stable code: the server's, `server.unreachable`, `passkey.cancelled` or `passkey.unavailable`. */
export type Outcome = string | null;

/** The JSON of the server's questions; bytes are base64url in it. */
interface Creation {
  publicKey: Omit<PublicKeyCredentialCreationOptions, 'challenge' | 'user' | 'excludeCredentials'> & {
    challenge: string;
    user: Omit<PublicKeyCredentialUserEntity, 'id'> & { id: string };
    excludeCredentials?: Descriptor[];
  };
}
interface Proof {
  publicKey: Omit<PublicKeyCredentialRequestOptions, 'challenge' | 'allowCredentials'> & {
    challenge: string;
    allowCredentials?: Descriptor[];
  };
}
type Descriptor = Omit<PublicKeyCredentialDescriptor, 'id'> & { id: string };

export const passkeysExist = (): boolean => 'PublicKeyCredential' in globalThis;

/** Adds a passkey to one's own account. */
export async function addPasskey(label: string): Promise<Outcome> {
  const asked = await post<Creation>('/api/passkeys/add', {});
  if ('code' in asked) return asked.code;
  const { publicKey } = asked.value;
  try {
    const made = (await navigator.credentials.create({
      publicKey: {
        ...publicKey,
        challenge: bytesOf(publicKey.challenge),
        user: { ...publicKey.user, id: bytesOf(publicKey.user.id) },
        excludeCredentials: (publicKey.excludeCredentials ?? []).map(described),
      },
    })) as PublicKeyCredential | null;
    if (!made) return 'passkey.cancelled';
    const { attestationObject, clientDataJSON } = made.response as AuthenticatorAttestationResponse;
    const response = { attestationObject: textOf(attestationObject), clientDataJSON: textOf(clientDataJSON) };
    const added = await post('/api/passkeys/added', { label, credential: credentialOf(made, response) });
    return 'code' in added ? added.code : null;
  } catch (error) {
    return codeOf(error);
  }
}

/** Proves by one of the account's passkeys that it is oneself: for some minutes, and for a session that has ended. */
export async function provePasskey(): Promise<Outcome> {
  const asked = await post<Proof>('/api/passkeys/prove', {});
  if ('code' in asked) return asked.code;
  const { publicKey } = asked.value;
  try {
    const got = (await navigator.credentials.get({
      publicKey: {
        ...publicKey,
        challenge: bytesOf(publicKey.challenge),
        allowCredentials: (publicKey.allowCredentials ?? []).map(described),
      },
    })) as PublicKeyCredential | null;
    if (!got) return 'passkey.cancelled';
    const said = got.response as AuthenticatorAssertionResponse;
    const response = {
      authenticatorData: textOf(said.authenticatorData),
      clientDataJSON: textOf(said.clientDataJSON),
      signature: textOf(said.signature),
      userHandle: said.userHandle && textOf(said.userHandle),
    };
    const proved = await post('/api/passkeys/proved', { credential: credentialOf(got, response) });
    return 'code' in proved ? proved.code : null;
  } catch (error) {
    return codeOf(error);
  }
}

async function post<T>(path: string, body: unknown): Promise<{ value: T } | { code: string }> {
  try {
    const headers = { 'content-type': 'application/json' };
    const response = await signedFetch(path, { method: 'POST', headers, body: JSON.stringify(body), cache: 'no-store' });
    if (response.status === 204) return { value: undefined as T };
    const said = (await response.json()) as T & { code?: string };
    return response.ok ? { value: said } : { code: said.code ?? 'server.failed' };
  } catch {
    return { code: 'server.unreachable' };
  }
}

function credentialOf(credential: PublicKeyCredential, response: object): object {
  return { id: credential.id, rawId: textOf(credential.rawId), type: credential.type, extensions: {}, response };
}

const described = ({ id, ...rest }: Descriptor): PublicKeyCredentialDescriptor => ({ ...rest, id: bytesOf(id) });

/** Browsers say little: that nobody answered, that somebody refused and that time ran out are all the same to them. */
function codeOf(error: unknown): string {
  if (!(error instanceof DOMException)) return 'passkey.unavailable';
  if (error.name === 'InvalidStateError') return 'passkey.known';
  return error.name === 'NotAllowedError' || error.name === 'AbortError' ? 'passkey.cancelled' : 'passkey.unavailable';
}

function bytesOf(text: string): Uint8Array<ArrayBuffer> {
  const plain = atob(text.replaceAll('-', '+').replaceAll('_', '/'));
  return Uint8Array.from(plain, (letter) => letter.charCodeAt(0));
}

function textOf(bytes: ArrayBuffer): string {
  const plain = String.fromCharCode(...new Uint8Array(bytes));
  return btoa(plain).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}
