import type { KeyRing } from './keys/key-ring.ts';
import { type WatchedKeys, watchKeys } from './keys/key-watch.ts';
import type { Metrics } from './observe/exposition.ts';
import type { Logger } from './observe/log.ts';
import { readSmallFileAsync } from './read-file.ts';
import type { Settings } from './settings/settings.ts';
import { systemClock } from './system-clock.ts';

/** Opens the keys of the settings and exchanges them when their files change, telling metrics and log. Throws a Fault KEY_INVALID. */
export function openWatchedKeys({ platform }: Settings, { meter }: Metrics, logger: Logger): WatchedKeys {
  const keys = watchKeys(platform.keys, {
    clock: systemClock,
    read: readSmallFileAsync,
    intervalMs: platform.keyCheckIntervalMs,
    onTaken: ring => {
      meter.keysReloaded(true);
      logger.info('the keys were exchanged', { event: 'keys', ...describe(ring) });
    },
    onRefused: fault => {
      meter.keysReloaded(false);
      logger.error('the key files hold what cannot be used; the keys stay as they are', { fault });
    },
  });
  logger.info('the keys can be used', { event: 'keys', ...describe(keys.current) });
  return keys;
}

function describe({ signing, verifying }: KeyRing) {
  return { signing: describeOne(signing), verifying: verifying.map(describeOne) };
}

function describeOne({ algorithm, version, description }: KeyRing['signing'] | KeyRing['verifying'][number]) {
  return { algorithm, keyVersion: version, kind: description };
}
