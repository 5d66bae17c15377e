// A process of its own that answers every POST after a set latency, as cheaply as Node can: what is left of the cores is the
// connector's. It also counts what must not happen (two requests of one order at once) and, where asked to, notes when each
// change arrived. It reads no more of HTTP than the connector writes: a head with a content-length, then the body.
import { createServer, type Socket } from 'node:net';
import { parseArgs } from 'node:util';

const { values } = parseArgs({
  options: { latency: { type: 'string', default: '20' }, arrivals: { type: 'boolean', default: false } },
});
const latencyMs = Number(values.latency);

const inFlight = new Set<string>();
const arrivals: Record<string, number> = {};
const stats = { requests: 0, overlaps: 0, firstAt: 0, lastAt: 0 };
const answer = answerWith('{"result":{"resultStatus":"S","resultCode":"SUCCESS","resultMessage":"success"}}');

const server = createServer({ noDelay: true }, socket => {
  let unread = '';
  socket.setEncoding('latin1');
  socket.on('data', (text: string) => {
    unread += text;
    for (let size = requestSize(unread); size !== null; size = requestSize(unread)) {
      receive(socket, unread.slice(0, size));
      unread = unread.slice(size);
    }
  });
  socket.on('error', () => socket.destroy());
});

/** How many characters (latin1: bytes) the first request has; null while it is not whole. */
function requestSize(text: string): number | null {
  const headEnd = text.indexOf('\r\n\r\n');
  if (headEnd === -1) return null;
  const [, length = '0'] = /\r\ncontent-length: *(\d+)/i.exec(text.slice(0, headEnd)) ?? [];
  const size = headEnd + 4 + Number(length);
  return text.length < size ? null : size;
}

function receive(socket: Socket, request: string): void {
  if (request.startsWith('GET')) {
    socket.write(answerWith(JSON.stringify(request.startsWith('GET /arrivals') ? arrivals : stats)));
    return;
  }
  const order = textOf(request, '"merchantBizNo":"');
  const now = performance.timeOrigin + performance.now();
  if (inFlight.has(order)) stats.overlaps++;
  inFlight.add(order);
  if (values.arrivals) arrivals[`${order}/${textOf(request, '"bizDate":').slice(0, 13)}`] ??= now;
  const reply = () => {
    inFlight.delete(order);
    stats.requests++;
    stats.lastAt = Date.now();
    stats.firstAt ||= stats.lastAt;
    socket.write(answer, 'latin1');
  };
  if (latencyMs > 0) setTimeout(reply, latencyMs);
  else reply();
}

function answerWith(json: string): string {
  return `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ${json.length}\r\n\r\n${json}`;
}

/** What stands between `before` and the next quotation mark. */
function textOf(request: string, before: string): string {
  const start = request.indexOf(before) + before.length;
  return request.slice(start, request.indexOf('"', start));
}

server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  process.stdout.write(
    `${JSON.stringify({ url: `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}` })}\n`,
  );
});
process.on('disconnect', () => process.exit(0));
