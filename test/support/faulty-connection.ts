// A TCP proxy that can lose the other side: it goes on listening, and nothing gets through in either direction.
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

export type FaultyConnection = {
  port: number;
  /** From now on nothing gets through, and nobody is told. */
  blackHole(): void;
  /** New connections get through again; the old ones are cut. */
  heal(): void;
  close(): Promise<void>;
};

export async function startFaultyConnection(targetPort: number): Promise<FaultyConnection> {
  const sockets = new Set<Socket>();
  let isDark = false;
  const server = createServer((client) => {
    sockets.add(client);
    const target = connect(targetPort, '127.0.0.1');
    sockets.add(target);
    for (const [from, to] of [
      [client, target],
      [target, client],
    ] as const) {
      from.on('data', (chunk: Buffer) => {
        if (!isDark) to.write(chunk);
      });
      from.on('error', () => undefined);
      from.on('close', () => {
        sockets.delete(from);
        if (!isDark) to.destroy();
      });
    }
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const cut = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    port: (server.address() as AddressInfo).port,
    blackHole() {
      isDark = true;
    },
    heal() {
      cut();
      isDark = false;
    },
    async close() {
      cut();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
