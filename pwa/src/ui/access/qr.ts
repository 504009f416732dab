/** A QR code as one path of squares, each of one unit. */
export interface Drawing {
  /** Of the whole drawing, its quiet border included. */
  size: number;
  path: string;
}

/** Without it some cameras do not find the code. In modules. */
const QUIET_BORDER = 4;

/** Draws a link. What encodes it is loaded only now: few people invite. */
export async function drawQr(text: string): Promise<Drawing> {
  const { encode } = await import('uqr');
  const { data, size } = encode(text, { border: QUIET_BORDER, ecc: 'M' });
  const squares = data.flatMap((row, y) => row.map((dark, x) => (dark ? `M${x} ${y}h1v1h-1z` : '')));
  return { size, path: squares.join('') };
}
