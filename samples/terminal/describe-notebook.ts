// Shows the claims that the maintenance notebook uses.
import { customerClaims, type CustomerClaims } from '../../src/apps/maintenance-notebook/customer-claims.ts';

/** @throws {Error} if they are not claims of the common ID */
export const readClaims = (userInfo: object): CustomerClaims => customerClaims.parse(userInfo);

/** Describes the person, their vehicles and their dealer, in lines. */
export function describeNotebook({ name, email, migration, dealer_links: links }: CustomerClaims): string {
  const vehicles = migration?.vehicles ?? [];
  const cars = vehicles.map(({ model, registration_number: plate, vin }) => [model, plate, vin].filter(Boolean).join(' · '));
  const dealers = (links ?? []).map(({ dealer_name: dealer, status }) => `${dealer} (${status})`);
  return [
    `  Signed in   ${[name, email && `<${email}>`].filter(Boolean).join(' ')}`,
    ...(cars.length > 0 ? cars : ['none that the common ID knows of']).map(
      (car, index) => `  ${index === 0 ? 'Vehicles' : '        '}    ${car}`,
    ),
    `  Dealer      ${dealers.join(', ') || 'none linked'}`,
  ].join('\n');
}
