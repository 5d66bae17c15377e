import { createServer } from 'node:net';

// Below every system's range for outgoing connections (Linux 32768, macOS 49152), so that no client takes a port
// between the moment it is chosen here and the moment a part binds it.
const lowest = 20_000;
const highest = 32_000;

const handedOut = new Set<number>();

/** Chooses ports of 127.0.0.1 that nobody listens on and that this process has not handed out before. Throws when there are none. */
export async function choosePorts(count: number): Promise<number[]> {
  const ports: number[] = [];
  for (let attempt = 0; attempt < 1000 && ports.length < count; attempt++) {
    const port = lowest + Math.floor(Math.random() * (highest - lowest));
    if (handedOut.has(port) || !(await canBind(port))) continue;
    handedOut.add(port);
    ports.push(port);
  }
  if (ports.length < count) throw new Error(`no free port on 127.0.0.1 between ${lowest} and ${highest}`);
  return ports;
}

function canBind(port: number): Promise<boolean> {
  return new Promise(resolve => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => server.close(() => resolve(true)));
  });
}
