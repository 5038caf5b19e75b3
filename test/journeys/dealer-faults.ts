// Makes a dealer's system fail, as its back office page does for demonstrations.
import type { World } from '../support/world.ts';
import { createHttpDriver } from './http-driver.ts';

export async function setFault(
  world: World,
  dealer: string,
  fault: 'none' | 'down' | 'slow' | 'garbage' | 'reset',
): Promise<void> {
  const staff = createHttpDriver();
  await staff.open(`${world.origins.dealerSystem}/`);
  const form = staff.forms().find(({ action }) => action.endsWith('/faults'));
  if (!form) throw new Error(`no form for faults`);
  await staff.send(form, { ...form.fields, dealer, fault });
}
