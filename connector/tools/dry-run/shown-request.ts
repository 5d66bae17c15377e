import { requestTimes } from '../../delivery/headers.ts';
import { type Address, addressOf, signedFor, unsignedFor } from '../../delivery/outgoing.ts';
import { maskKnown } from '../../kernel/mask.ts';
import { openKeyRing, type SigningKey } from '../../keys/key-ring.ts';
import { customerIdsOf } from '../../order/customer-ids.ts';
import type { CardRequest } from '../../order/decide.ts';
import type { Settings } from '../../settings/settings.ts';
import { systemClock } from '../../system-clock.ts';

/** A request as it would go out, to be looked at. */
export interface ShownRequest {
  readonly method: 'POST';
  readonly url: string;
  /** As they would be sent, but for a secret; without `signature` where it is not signed. */
  readonly headers: Readonly<Record<string, string>>;
  /** The bytes as text; with ids masked, no longer those that are signed. */
  readonly body: string;
}

/** Makes requests as the connector sends them. */
export interface RequestWriter {
  write(request: CardRequest, masks: boolean): Promise<ShownRequest>;
}

/** Opens a writer; signs with the key of the settings where `signs` says so. Throws a Fault KEY_INVALID for one that cannot be used. */
export function openRequestWriter(platform: Settings['platform'], signs: boolean): RequestWriter {
  const address = addressOf({ ...platform, agentToken: platform.agentToken ?? null });
  const key = signs ? openKeyRing(platform.keys).signing : null;
  const timeOf = requestTimes();
  return {
    write: async (request, masks) => {
      const { headers, body } = await outgoing(address, key, timeOf(systemClock.now()), request.body);
      const text = body.toString('utf8');
      const isSecret = 'agent-token' in headers ? { 'agent-token': '[secret]' } : {};
      return {
        method: 'POST',
        url: address.origin + address.sentPath,
        headers: { ...headers, ...isSecret },
        body: masks ? maskKnown(text, idsIn(request)) : text,
      };
    },
  };
}

function outgoing(address: Address, key: SigningKey | null, time: string, body: string) {
  return key === null ? unsignedFor(address, time, body) : signedFor(address, key, time, body);
}

/** Also as JSON writes them. */
function idsIn({ change }: CardRequest): readonly string[] {
  const ids = customerIdsOf(change);
  return [...ids, ...ids.map(id => JSON.stringify(id).slice(1, -1))];
}
