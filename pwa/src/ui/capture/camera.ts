//! The camera at the back of the phone, and what may be in the way.

/** Why there is no picture. */
export type CameraTrouble =
  /** This device has none. */
  | 'missing'
  /** The person, or the phone, said no. */
  | 'refused'
  /** Another app holds it. */
  | 'busy';

/** Enough for a code at arm's length, and little to compute. */
const WIDTH_PX = 1280;
const HEIGHT_PX = 720;

/** Throws what the browser says, for `troubleOf`. */
export async function openCamera(): Promise<MediaStream> {
  // Absent on an address that is not safe, and in some apps that show web pages.
  if (!navigator.mediaDevices) throw new DOMException('no camera', 'NotFoundError');
  return navigator.mediaDevices.getUserMedia({
    audio: false,
    video: { facingMode: { ideal: 'environment' }, width: { ideal: WIDTH_PX }, height: { ideal: HEIGHT_PX } },
  });
}

export function troubleOf(error: unknown): CameraTrouble {
  const { name } = error as { name?: string };
  if (name === 'NotAllowedError' || name === 'SecurityError') return 'refused';
  return name === 'NotFoundError' || name === 'OverconstrainedError' ? 'missing' : 'busy';
}

/** Whether this camera has a lamp. */
export function hasLamp(track: MediaStreamTrack): boolean {
  const abilities = track.getCapabilities?.() as { torch?: boolean } | undefined;
  return abilities?.torch === true;
}

/** Says whether it is on now. */
export async function light(track: MediaStreamTrack, on: boolean): Promise<boolean> {
  try {
    await track.applyConstraints({ advanced: [{ torch: on } as MediaTrackConstraintSet] });
    return on;
  } catch {
    return false;
  }
}

/** Whose settings have to be explained. */
export function phoneKind(): 'android' | 'iphone' | 'other' {
  const { userAgent, maxTouchPoints } = navigator;
  if (/Android/.test(userAgent)) return 'android';
  // An iPad calls itself a Macintosh.
  return /iPhone|iPad|iPod/.test(userAgent) || (/Macintosh/.test(userAgent) && maxTouchPoints > 1) ? 'iphone' : 'other';
}
