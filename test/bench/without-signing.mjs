// Loaded before the connector (`node --import`) where a run is to leave out the cost of signing. The connector is the one that
// users run, and has no such switch: OpenSSL's part in it is replaced from outside, by a signature that is always the same.
// Plain JavaScript: what strips types at run time would be in the connector's memory.
import crypto from 'node:crypto';
import { syncBuiltinESMExports } from 'node:module';

const signature = Buffer.alloc(256, 0xa5);
const { sign } = crypto;

crypto.sign = (...args) => {
  const callback = args.at(-1);
  // So the key itself is checked, once, at the start.
  if (typeof callback !== 'function') return sign(...args);
  setImmediate(() => callback(null, signature));
  return undefined;
};
syncBuiltinESMExports();
