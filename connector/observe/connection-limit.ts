import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/**
 * Keeps at most `max` connections of a server open. Past that the connection that has been idle longest (no request of it is being
 * answered) is given up for the new one; where none is idle, the one that has been answered longest. A server that refuses the new
 * one instead can be shut by connections that send nothing, or slowly.
 */
export function limitConnections(server: Server, max: number): void {
  // In the order in which they came here.
  const idle = new Set<Socket>();
  const answering = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    if (idle.size + answering.size >= max) {
      const [oldest] = idle.size > 0 ? idle : answering;
      if (oldest !== undefined) giveUp(oldest);
    }
    idle.add(socket);
    socket.once('close', () => forget(socket));
  });
  server.on('request', ({ socket }: IncomingMessage, response: ServerResponse) => {
    idle.delete(socket);
    answering.add(socket);
    response.once('close', () => {
      answering.delete(socket);
      if (!socket.destroyed) idle.add(socket);
    });
  });

  function giveUp(socket: Socket): void {
    forget(socket);
    socket.destroy();
  }

  function forget(socket: Socket): void {
    idle.delete(socket);
    answering.delete(socket);
  }
}
