import type { IncomingMessage } from 'node:http';

/** A request's body: its bytes, or why there are none. */
export type ReadBody =
  | { readonly kind: 'read'; readonly bytes: Uint8Array }
  | { readonly kind: 'too-large' }
  /** The client went away before the end. */
  | { readonly kind: 'aborted' };

/** Reads a body of at most `bytesMax`. What comes after is thrown away, so that the client lives to read the answer. */
export function readBody(request: IncomingMessage, bytesMax: number): Promise<ReadBody> {
  return new Promise(resolve => {
    const chunks: Uint8Array[] = [];
    let length = 0;
    request.on('data', (chunk: Uint8Array) => {
      length += chunk.length;
      if (length <= bytesMax) chunks.push(chunk);
      else resolve({ kind: 'too-large' });
    });
    request.on('end', () => {
      const [first] = chunks;
      resolve({ kind: 'read', bytes: chunks.length === 1 && first !== undefined ? first : Buffer.concat(chunks) });
    });
    request.on('error', () => resolve({ kind: 'aborted' }));
    request.on('close', () => resolve({ kind: 'aborted' })); // Does nothing where the end has come.
  });
}
