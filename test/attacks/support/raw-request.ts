// One HTTP request of any bytes on its own connection, which the server has to answer and to end.
import { connect } from 'node:net';

export type RawAnswer = { status: number; head: string; body: string };

/**
 * Sends the bytes, and reads until the server ends the connection.
 * @param address a loopback address to send from
 * @throws {Error} if the connection stays open for too long
 */
export async function exchange(port: number, address: string, bytes: Buffer, withinMs: number): Promise<RawAnswer> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', localAddress: address });
    const chunks: Buffer[] = [];
    const timer = setTimeout(() => {
      socket.destroy();
      reject(new Error(`left hanging for ${withinMs} ms after ${Buffer.concat(chunks).length} bytes`));
    }, withinMs);
    const end = (): void => {
      clearTimeout(timer);
      const text = Buffer.concat(chunks).toString();
      const [head = '', ...body] = text.split('\r\n\r\n');
      resolve({ status: Number(/^HTTP\/1\.1 (\d{3})/.exec(head)?.[1] ?? 0), head, body: body.join('\r\n\r\n') });
    };
    socket.on('data', (chunk) => chunks.push(chunk));
    // A server that refuses a body early ends the connection while we still write.
    socket.on('error', (error: NodeJS.ErrnoException) => {
      if (['EPIPE', 'ECONNRESET'].includes(error.code ?? '')) return;
      clearTimeout(timer);
      reject(error);
    });
    socket.on('close', end);
    socket.write(bytes);
  });
}
