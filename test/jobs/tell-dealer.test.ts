// The reason of a failed delivery, as operators read it.
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Dealer } from '../../src/config/config.ts';
import { NO_TRACES } from '../../src/telemetry/traces.ts';
import { tellDealer } from '../../src/jobs/tell-dealer.ts';
import { sampleDealerLink } from '../storage/conformance/samples.ts';
import { freePorts } from '../support/free-ports.ts';

const deps = {
  config: { issuer: 'https://id.example' },
  clock: Date.now,
  keys: { sign: async () => 'token' },
  traces: NO_TRACES,
};

let server: Server;
let origin: string;
beforeAll(async () => {
  server = createServer((request, answer) => {
    const accepted = JSON.stringify({ link_id: 'l', status: 'active' });
    if (request.url?.startsWith('/well')) answer.end(accepted);
    else if (request.url?.startsWith('/large')) answer.end(accepted + ' '.repeat(65_536));
    else if (request.url?.startsWith('/gzip')) answer.writeHead(200, { 'Content-Encoding': 'gzip' }).end(gzipSync(accepted));
    else answer.writeHead(302, { Location: 'http://elsewhere.invalid/' }).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  origin = `127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

const tell = async (resource: string): Promise<void> =>
  tellDealer(deps as never, {
    method: 'PUT',
    call: 'job',
    link: sampleDealerLink('l'),
    dealer: { resource } as Dealer,
    signal: new AbortController().signal,
  });

test('an unreachable system is named with its address and the reason', async () => {
  const [port] = await freePorts(1);
  await expect(tell(`http://127.0.0.1:${port}`)).rejects.toThrow(`does not answer: connect ECONNREFUSED 127.0.0.1:${port}`);
  // A name may have two addresses.
  await expect(tell(`http://localhost:${port}`)).rejects.toThrow(/does not answer: .*ECONNREFUSED/);
});

test('a redirect is not followed, and the reason says so', async () => {
  await expect(tell(`http://${origin}`)).rejects.toThrow(/does not answer: .*redirect/);
});

test('S114 a compressed or too long answer: not an acceptance', async () => {
  await tell(`http://${origin}/well`);
  await expect(tell(`http://${origin}/large`)).rejects.toThrow('the answer is longer than 65536 bytes');
  await expect(tell(`http://${origin}/gzip`)).rejects.toThrow('the answer is encoded (gzip)');
});
