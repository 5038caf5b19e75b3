// jest's globalTeardown: ends the MongoDB that the suites shared, if one of them asked for it.
import { shared } from './shared-mongo.ts';

// jest wants a default export here.
// oxlint-disable-next-line no-default-export
export default async function closeDesk(): Promise<void> {
  const { desk, mongo } = shared.sharedMongo ?? {};
  await (await mongo?.catch(() => undefined))?.stop();
  desk?.closeAllConnections();
  await new Promise((resolve) => (desk ? desk.close(resolve) : resolve(undefined)));
}
