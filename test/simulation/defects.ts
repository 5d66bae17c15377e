import { type Defect, lost, misled, unleased } from './defect.ts';
import { outerDefects } from './outer-defects.ts';

// Defects in the connector's own code, each a few words of it that are others, by the room that they are in. What the code promises at
// that place stands in its comments; `breaks` is what is seen of it from outside.

const memory: Readonly<Record<string, Defect>> = {
  'forgets while a journal is read': {
    file: 'connector/flow/memory/forget.ts',
    replace: { 'for (const { restored } of partitions.values()) if (!restored) return;': '' },
    breaks: misled,
    elusive: true,
  },
  'forgets what is not committed': {
    file: 'connector/flow/memory/forget.ts',
    replace: { 'isCommitted(through, partitions) && !isBusy(order)': '!isBusy(order)' },
    breaks: misled,
    elusive: true,
  },
  'forgets without a watermark in the journal': {
    file: 'connector/flow/memory/forget.ts',
    replace: { 'withPartition(partition, ({ signal }) => journal.append(entry, signal));': '' },
    breaks: misled,
    elusive: true,
  },
  'makes cards of changes below the watermark': {
    file: 'connector/order/decide.ts',
    replace: {
      'return source === null && forgotten !== null && !isCopy(change) && isOlder(change.source, forgotten);':
        'return false;',
    },
    breaks: misled,
    elusive: true,
  },
  'takes an evicted order for a new one': {
    file: 'connector/order/decide.ts',
    replace: { 'return evicted !== null && !(creates && isOlder(evicted.source, source));': 'return false;' },
    breaks: misled,
  },
};

const positions: Readonly<Record<string, Defect>> = {
  'takes an equal position for an older one': {
    file: 'connector/order/source-position.ts',
    replace: { 'compareBinlog(one, other) >= 0': 'compareBinlog(one, other) > 0' },
    breaks: misled,
  },
  'compares LSNs without the last commit': {
    file: 'connector/order/source-position.ts',
    replace: {
      'const isBefore = one.commitLsn === other.commitLsn ? one.lsn < other.lsn : one.commitLsn < other.commitLsn;':
        'const isBefore = one.lsn < other.lsn;',
    },
    breaks: misled,
    elusive: true,
  },
  "compares a snapshot's row with a change": {
    file: 'connector/order/source-position.ts',
    replace: {
      "if (one.kind !== 'time' || other.kind !== 'time') return false;": '',
      'return one.snapshot !== true && other.snapshot !== true && one.committedAt < other.committedAt;':
        'return one.committedAt < other.committedAt;',
    },
    breaks: misled,
  },
  'forgets its position in the log for a record without one': {
    file: 'connector/order/source-position.ts',
    replace: { 'return rankOf(next) > rankOf(known) ? next : known;': 'return next;' },
    breaks: misled,
    elusive: true,
  },
  "moves its position back with an earlier record's": {
    file: 'connector/order/state.ts',
    replace: { '? source : lastOf(event.source, source);': '? event.source : event.source;' },
    breaks: misled,
  },
  'takes the offsets of a recreated topic for handled': {
    file: 'connector/order/decide.ts',
    replace: { "return source === null || own.kind === 'time' || !isBeyond(own, source);": 'return true;' },
    breaks: lost,
  },
};

const requests: Readonly<Record<string, Defect>> = {
  "names no card's digest in the requestId": {
    file: 'connector/order/decide.ts',
    replace: { '`card/${change.card.hash}`,': '' },
    breaks: /two bodies|has the requestId of/,
  },
  'sends the bizDate of the last change again': {
    file: 'connector/order/decide.ts',
    replace: { 'Math.max(bizDate, state.bizDate + 1)': 'Math.max(bizDate, state.bizDate)' },
    breaks: /bizDate no higher/,
  },
  'updates a card that has ended': {
    file: 'connector/order/decide.ts',
    replace: { "case 'ended':\n      return 'SEND';": "case 'ended':\n      return 'UPDATE';" },
    breaks: lost,
  },
  'does not end a card of which it is not known what it shows': {
    file: 'connector/order/decide.ts',
    replace: { 'return state.bizDate !== null || !change.creates;': 'return false;' },
    breaks: lost,
  },
  'takes a copy for stale behind its own origin': {
    file: 'connector/order/decide.ts',
    replace: { 'return through.offset > origin;': 'return through.offset >= origin;' },
    breaks: /not sent again/,
  },
  'counts two unconfirmed deliveries as one': {
    file: 'connector/flow/lane/doubt.ts',
    replace: { 'earlier.bizDate + later.count': 'earlier.bizDate', 'count: earlier.count + later.count,': 'count: 1,' },
    breaks: misled,
    elusive: true,
  },
  'gives up an end while a SEND may take effect': {
    file: 'connector/order/decide.ts',
    replace: { "unsettled: state.kind === 'unknown' && state.bizDate !== null,": 'unsettled: false,' },
    breaks: lost,
    elusive: true,
  },
  'lets an end take the place of an unsettled SEND': {
    file: 'connector/flow/lane/lane.ts',
    replace: { "return next.card.ends && attempts > 0 && pending?.request.command === 'SEND';": 'return false;' },
    breaks: lost,
    elusive: true,
  },
  'takes no change for one that may have been sent': {
    file: 'connector/flow/dispatcher.ts',
    replace: {
      'const mayBeRepeat = partition.repeatsBelow !== null && record.offset < partition.repeatsBelow;':
        'const mayBeRepeat = false;',
    },
    breaks: misled,
    elusive: true,
  },
};

const lanes: Readonly<Record<string, Defect>> = {
  'sends before the journal has whose place it took': {
    file: 'connector/flow/dispatcher.ts',
    replace: { 'entry.noted === null ? send() : entry.noted.then(send)': 'send()' },
    breaks: misled,
    elusive: true,
  },
  'hands over before the journal is written': {
    file: 'connector/flow/dispatcher.ts',
    replace: { 'await this.#accounts.written();': '' },
    breaks: /is repeated/,
    elusive: true,
  },
  'heals without a lease': {
    file: 'connector/flow/lane/lane-worker.ts',
    replace: {
      "if (!isOurs()) return { ...attempted, verdict: { kind: 'not-ours' } };": '',
      'deliver(current.request, signal, isOurs, trace)':
        'deliver(current.request, signal, () => current.heals > 0 || isOurs(), trace)',
    },
    breaks: unleased,
    elusive: true,
  },
  'does not ask for the lease before the first byte': {
    file: 'connector/flow/lane/lane-worker.ts',
    replace: {
      'deliver(current.request, signal, isOurs, trace)': 'deliver(current.request, signal, () => true, trace)',
    },
    breaks: unleased,
  },
  'keeps the changes of partitions that are lost': {
    file: 'connector/flow/pipeline.ts',
    replace: { 'this.#dispatcher.forgetRevoked();': '' },
    breaks: /./,
    elusive: true,
  },
  'lets an older change take the place of a newer one': {
    file: 'connector/flow/lane/lane.ts',
    replace: { "if (!follows(entry.change, last.change)) return { kind: 'stale' };": '' },
    breaks: misled,
    elusive: true,
  },
  'forgets what may have been sent before': {
    file: 'connector/flow/dispatcher.ts',
    replace: { 'this.#accounts.inherit(entry);': '' },
    breaks: misled,
  },
  'takes what a former owner may have sent for unsent': {
    file: 'connector/flow/accounts.ts',
    replace: { '|| (repeatsBelow !== null && older.record.offset < repeatsBelow)': '' },
    breaks: misled,
  },
  'writes down no doubt of what is in flight': {
    file: 'connector/flow/accounts.ts',
    replace: { 'const doubt = lanes.doubtOf(order);': 'const doubt = null;' },
    breaks: misled,
  },
  'gives up in the midst of an outage': {
    file: 'connector/flow/lane/follow-up.ts',
    replace: { 'if (outage) return this.#wait(lane, tillOutageEnds);': '' },
    breaks: /given up for an outage/,
    elusive: true,
  },
  'starts more than may be in flight': {
    file: 'connector/flow/limit/admission.ts',
    replace: { "if (this.#inFlight >= this.#limit.value) return 'no';": '' },
    breaks: /in flight/,
  },
  'counts no request towards the rate': {
    file: 'connector/flow/limit/admission.ts',
    replace: { 'this.#bucket?.take(now, 1);': '' },
    breaks: /more than its rate/,
    elusive: true,
  },
};

const parked: Readonly<Record<string, Defect>> = {
  'commits before the journal has what is parked': {
    file: 'connector/flow/accounts.ts',
    replace: {
      'if (!(await this.#write(entry, note, owed))) return true;':
        'void this.#write(entry, note, owed).catch(() => undefined);',
    },
    breaks: lost,
  },
  'sends what is parked before its partition is read up': {
    file: 'connector/flow/parked/parking.ts',
    replace: { '!lanes.has(order) && partition.isReadUp': '!lanes.has(order)' },
    breaks: misled,
    elusive: true,
  },
  'sends what is parked over a later change': {
    file: 'connector/flow/parked/parking.ts',
    replace: { 'if (source !== null && isOlder(change.source, source)) {': 'if (false) {' },
    breaks: misled,
    elusive: true,
  },
  'lets a duplicate take the place of what is parked': {
    file: 'connector/flow/parked/parking.ts',
    replace: {
      "return !isCopy(change) && decision.reason !== 'duplicate' && decision.reason !== 'stale';":
        'return !isCopy(change);',
    },
    breaks: lost,
    elusive: true,
  },
};

const partitions: Readonly<Record<string, Defect>> = {
  'commits past what is not accounted for': {
    file: 'connector/flow/partition/frontier.ts',
    replace: { 'for (const offset of this.#unsettled.keys()) return offset;': '' },
    breaks: lost,
  },
  'takes in again what is read again after a join': {
    file: 'connector/flow/partition/frontier.ts',
    replace: { 'if (this.#highest !== null && offset <= this.#highest) return false;': '' },
    breaks: /./,
  },
  'does not count down what it holds': {
    file: 'connector/flow/partition/load.ts',
    replace: { 'this.#records--;': '' },
    breaks: /^stuck|stays paused/,
  },
};

/** By name. */
export const defects: Readonly<Record<string, Defect>> = {
  ...outerDefects,
  ...memory,
  ...positions,
  ...requests,
  ...lanes,
  ...parked,
  ...partitions,
};
