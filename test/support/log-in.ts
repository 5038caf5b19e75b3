// One whole login at the maintenance notebook, as a browser without JavaScript: authorization request, password, code, tokens, page.
import { createHttpDriver } from '../journeys/http-driver.ts';
import { createTraveller, DEMO_PASSWORD } from '../journeys/traveller.ts';
import type { World } from './world.ts';

/** @throws if the person does not arrive, with the page that was shown instead */
export async function logIn(world: World, email = 'yamada@example.jp', from?: string): Promise<void> {
  const person = createTraveller(createHttpDriver(from === undefined ? {} : { from }), world);
  await person.open(`${world.origins.notebook}/login`);
  await person.signIn(email, DEMO_PASSWORD);
  if ((await person.heading()).startsWith('ご利用されるサービスに必要な情報の確認')) await person.confirmRequired();
  await person.arrivesAt(world.origins.notebook);
}
