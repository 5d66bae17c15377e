import type { RequestEntry } from '../sandbox/journal/request-entry.ts';
import type { Sandbox } from '../sandbox/sandbox.ts';

/** What must hold of all requests that the sandbox ever saw, however often the connector was killed. Throws with the first breach. */
export function checkDeliveries(sandbox: Sandbox): { readonly requests: number; readonly repeats: number } {
  const entries = allRequests(sandbox);
  const bodies = new Map<string, string>();
  const bizDates = new Map<string, number>();
  let repeats = 0;
  for (const entry of entries) {
    const { sequence, requestId, digest, merchantBizNo, bizDate, inFlight } = entry;
    const where = `request ${sequence} of order ${merchantBizNo}`;
    if (inFlight > 1) throw new Error(`${where}: ${inFlight} of this order in flight at once`);
    if (requestId === null || digest === null || merchantBizNo === null || bizDate === null)
      throw new Error(`${where}: unreadable`);
    const known = bodies.get(requestId);
    if (known !== undefined && known !== digest) throw new Error(`${where}: requestId ${requestId} with another body`);
    if (known !== undefined) repeats++;
    bodies.set(requestId, digest);
    if (!tookEffect(entry)) continue;
    const last = bizDates.get(merchantBizNo);
    if (last !== undefined && bizDate <= last) throw new Error(`${where}: bizDate ${bizDate} after ${last}`);
    bizDates.set(merchantBizNo, bizDate);
  }
  return { requests: entries.length, repeats };
}

/** The journal's entries, all or those after a sequence number. */
export function allRequests(sandbox: Sandbox, after = 0): readonly RequestEntry[] {
  return sandbox.requests.list({ after, limit: 1_000_000 });
}

/** True if the request changed what the customer sees. */
export function tookEffect({ outcome }: RequestEntry): boolean {
  return outcome === 'created' || outcome === 'updated' || outcome === 'ended';
}

/** A request that was repeated although its first answer said that it was accepted. */
export interface NeedlessRepeat {
  readonly accepted: RequestEntry;
  readonly repeat: RequestEntry;
}

/** All that were repeated after a sequence number: whoever repeated did not know of the answer. */
export function needlessRepeats(sandbox: Sandbox, after = 0): readonly NeedlessRepeat[] {
  const acceptances = new Map<string, RequestEntry>();
  const found: NeedlessRepeat[] = [];
  for (const entry of allRequests(sandbox)) {
    const { requestId, fault, resultCode, answered } = entry;
    if (requestId === null) continue;
    const accepted = acceptances.get(requestId);
    if (accepted !== undefined) {
      if (entry.sequence > after) found.push({ accepted, repeat: entry });
    } else if (fault === null && resultCode === 'SUCCESS' && answered) acceptances.set(requestId, entry);
  }
  return found;
}

/**
 * Requests for changes that the card shows already: it took no effect, or its bizDate had to be raised above the one before (the
 * shop's own changes of an order are at least 4 ms apart).
 */
export function needlessRequests(sandbox: Sandbox, after: number): readonly string[] {
  const shown = new Map<string, number>();
  return allRequests(sandbox).flatMap(entry => {
    const { merchantBizNo, bizDate, sequence, outcome } = entry;
    const before = shown.get(merchantBizNo ?? '') ?? 0;
    if (tookEffect(entry)) shown.set(merchantBizNo ?? '', bizDate ?? 0);
    const isNeedless = outcome === 'outdated' || outcome === 'ignored' || (bizDate ?? 0) === before + 1;
    return isNeedless && sequence > after ? [`#${sequence} ${merchantBizNo} ${outcome}`] : [];
  });
}
