// Builds a small database of networks in the MaxMind DB format, version 2.0.
import ipaddr from 'ipaddr.js';

type Value = string | number | Value[] | { [key: string]: Value };
type Node = [Node | number | undefined, Node | number | undefined];

/** @param networks in CIDR notation, each with its record; none may contain another */
export function buildMmdb(networks: Record<string, Value>): Buffer {
  const root: Node = [undefined, undefined];
  const data: Buffer[] = [];
  let written = 0;
  for (const [network, record] of Object.entries(networks)) {
    let node = root;
    const bits = bitsOf(network);
    for (const bit of bits.slice(0, -1)) {
      const next = (node[bit] ??= [undefined, undefined]);
      if (typeof next === 'number') throw new Error(`${network} is in another network`);
      node = next;
    }
    const bytes = encode(record);
    node[bits.at(-1) ?? 0] = written;
    data.push(bytes);
    written += bytes.length;
  }
  const nodes = nodesBelow(root);
  const place = new Map(nodes.map((node, index) => [node, index]));
  const tree = Buffer.alloc(nodes.length * 6);
  for (const [index, node] of nodes.entries()) {
    for (const [side, child] of node.entries()) {
      const known = typeof child === 'number' ? nodes.length + 16 + child : child && place.get(child);
      tree.writeUIntBE(known ?? nodes.length, index * 6 + side * 3, 3);
    }
  }
  const metadata = {
    binary_format_major_version: 2,
    binary_format_minor_version: 0,
    build_epoch: 1,
    database_type: 'Test-City',
    description: { en: 'Test' },
    ip_version: 6,
    languages: ['en'],
    node_count: nodes.length,
    record_size: 24,
  };
  return Buffer.concat([
    tree,
    Buffer.alloc(16),
    ...data,
    Buffer.from('\u00ab\u00cd\u00efMaxMind.com', 'latin1'),
    encode(metadata),
  ]);
}

/** IPv4 networks stand at ::/96. */
function bitsOf(network: string): (0 | 1)[] {
  const [address, prefix] = ipaddr.parseCIDR(network);
  const isV4 = address.kind() === 'ipv4';
  const bytes = [...(isV4 ? Array.from({ length: 12 }, () => 0) : []), ...address.toByteArray()];
  const bits = bytes.flatMap((byte) => [7, 6, 5, 4, 3, 2, 1, 0].map((shift): 0 | 1 => ((byte >> shift) & 1 ? 1 : 0)));
  return bits.slice(0, prefix + (isV4 ? 96 : 0));
}

function nodesBelow(root: Node): Node[] {
  return [root, ...root.flatMap((child) => (Array.isArray(child) ? nodesBelow(child) : []))];
}

/** Encodes unsigned numbers, texts of up to 284 bytes, lists and maps. */
function encode(value: Value): Buffer {
  if (typeof value === 'number') {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32BE(value);
    return Buffer.concat([Buffer.from([(6 << 5) | 4]), bytes]);
  }
  if (typeof value === 'string') {
    const bytes = Buffer.from(value);
    return Buffer.concat([head(2, bytes.length), bytes]);
  }
  if (Array.isArray(value)) return Buffer.concat([Buffer.from([value.length, 4]), ...value.map(encode)]);
  const entries = Object.entries(value);
  return Buffer.concat([head(7, entries.length), ...entries.flatMap(([key, one]) => [encode(key), encode(one)])]);
}

const head = (type: number, size: number): Buffer =>
  Buffer.from(size < 29 ? [(type << 5) | size] : [(type << 5) | 29, size - 29]);
