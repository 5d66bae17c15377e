import { Accounts, type AccountsParts } from '../../../connector/flow/accounts.ts';
import { Lanes } from '../../../connector/flow/lane/lanes.ts';
import { OrderBook } from '../../../connector/flow/memory/order-book.ts';
import { ParkedOrders } from '../../../connector/flow/parked/parked.ts';
import { Parking, type ParkingOptions } from '../../../connector/flow/parked/parking.ts';
import { Load } from '../../../connector/flow/partition/load.ts';
import type { Journal } from '../../../connector/flow/ports.ts';
import { RecordingMeter, SteppedClock } from '../../support/flow-world.ts';

/** A journal that has every entry at once. */
const acknowledging: Journal = { append: async () => {}, forget: async () => {} };

/** What the flow keeps, with accounts and parking over it; each part may be given. Failures are thrown. */
export function keptWith(given: Partial<AccountsParts & ParkingOptions> = {}) {
  const parts: AccountsParts = {
    clock: new SteppedClock(),
    book: new OrderBook(100),
    load: new Load({ recordsMax: 100, bytesMax: 1e6 }),
    lanes: new Lanes(),
    parked: new ParkedOrders(),
    meter: new RecordingMeter(),
    journal: acknowledging,
    onProgress: () => {},
    fail: error => {
      throw error;
    },
    ...given,
  };
  const limits = { parkFromMs: 30_000, parkedMax: 100, waitingMax: 100, inFlightMax: 4 };
  const options = { ...limits, retryDelaysMs: [2_000, 600_000], ...given };
  const accounts = new Accounts(parts);
  return { ...parts, accounts, parking: new Parking(options, { ...parts, accounts }) };
}
