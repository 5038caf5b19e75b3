// A reverse proxy in front of several nodes: each request goes to the next node, so no session sticks to a node. Like a load balancer, it skips
// a node that accepts no connection.
import { createServer, request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http';

export type RoundRobin = {
  /** The number of requests that each node has received. */
  counts: number[];
  /** Ports of nodes that get no new requests. */
  resting: Set<number>;
  close(): Promise<void>;
};

/** @param ports of the nodes; a later change of the array takes effect */
export async function startRoundRobin(port: number, ports: readonly number[]): Promise<RoundRobin> {
  const counts = ports.map(() => 0);
  const resting = new Set<number>();
  let turn = 0;

  function next(): number {
    for (let passed = 0; passed < ports.length && resting.has(ports[turn % ports.length] as number); passed += 1) turn += 1;
    return turn++ % ports.length;
  }

  function forward(incoming: IncomingMessage, body: Buffer, outgoing: ServerResponse, triesLeft: number): void {
    const node = next();
    let connected = false;
    const { method, url } = incoming;
    const headers = { ...incoming.headers, 'x-forwarded-for': incoming.socket.remoteAddress, connection: 'close' };
    const passed = httpRequest({ host: '127.0.0.1', port: ports[node], method, path: url, headers, agent: false }, (answer) => {
      counts[node] = (counts[node] ?? 0) + 1;
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(outgoing);
    });
    passed.on('socket', (socket) => socket.once('connect', () => (connected = true)));
    passed.on('error', () => {
      // A request that was sent may have been carried out. Only one that never arrived goes to another node.
      if (!connected && triesLeft > 0) forward(incoming, body, outgoing, triesLeft - 1);
      else if (!outgoing.headersSent) outgoing.writeHead(502).end('no node answers');
    });
    passed.end(body);
  }

  const server = createServer((incoming, outgoing) => {
    const chunks: Buffer[] = [];
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
    incoming.on('end', () => forward(incoming, Buffer.concat(chunks), outgoing, ports.length * 2));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  return {
    counts,
    resting,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
