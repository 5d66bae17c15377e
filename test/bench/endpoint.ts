// A process of its own that answers every request after a set latency, as cheaply as Node can: what is left of the cores is
// the connector's. It also counts what must not happen: two requests of one order at once.
import { createServer } from 'node:http';
import { parseArgs } from 'node:util';

const { values } = parseArgs({ options: { latency: { type: 'string', default: '20' } } });
const latencyMs = Number(values.latency);

const answer = Buffer.from('{"result":{"resultStatus":"S","resultCode":"SUCCESS","resultMessage":"success"}}');
const inFlight = new Set<string>();
const stats = { requests: 0, overlaps: 0, firstAt: 0, lastAt: 0 };

const server = createServer((request, response) => {
  if (request.method === 'GET') {
    response.end(JSON.stringify(stats));
    return;
  }
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    const order = orderIn(chunks.length === 1 ? (chunks[0]?.toString() ?? '') : Buffer.concat(chunks).toString());
    if (inFlight.has(order)) stats.overlaps++;
    inFlight.add(order);
    const reply = () => {
      inFlight.delete(order);
      stats.requests++;
      stats.lastAt = Date.now();
      stats.firstAt ||= stats.lastAt;
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': answer.length });
      response.end(answer);
    };
    if (latencyMs > 0) setTimeout(reply, latencyMs);
    else reply();
  });
});

function orderIn(body: string): string {
  const start = body.indexOf('"merchantBizNo":"') + 17;
  return body.slice(start, body.indexOf('"', start));
}

server.keepAliveTimeout = 60_000;
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  process.stdout.write(
    `${JSON.stringify({ url: `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}` })}\n`,
  );
});
process.on('disconnect', () => process.exit(0));
