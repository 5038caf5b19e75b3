// The body of the common ID's request to store a customer link.
import { z } from 'zod';

const text = z.string().min(1).max(200);
const date = z.iso.date();

const linkedVehicle = z.object({
  vin: z
    .string()
    .regex(/^[A-Z0-9-]{6,20}$/, 'A vehicle identification or chassis number: 6 to 20 capital letters, digits and hyphens'),
  registration_number: text.optional(),
  model: text.optional(),
  /** `YYYY-MM` or `YYYY-MM-DD`. */
  first_registered: z
    .string()
    .regex(/^\d{4}-\d{2}(-\d{2})?$/, 'YYYY-MM or YYYY-MM-DD')
    .optional(),
});

const linkedCustomer = z.object({
  /** The pairwise subject of the customer for this dealer (OpenID Connect Core 8.1). */
  sub: text,
  name: text,
  /** Empty or missing if the customer has not given it. */
  kana: z.string().max(200).optional(),
  /** E.164. */
  phone_number: z
    .string()
    .regex(/^\+[1-9]\d{6,14}$/, 'E.164, as +819012345678')
    .optional(),
  email: z.email().max(254),
  address: z
    .object({
      postal_code: text.optional(),
      region: text.optional(),
      locality: text.optional(),
      street_address: text.optional(),
      building: text.optional(),
      formatted: z.string().max(500).optional(),
    })
    .optional(),
  birthdate: date.optional(),
});

export const linkBody = z.object({
  customer: linkedCustomer,
  customer_number: text.optional(),
  vehicles: z.array(linkedVehicle).max(50).optional(),
  /** A JWT signed by the common ID, with `typ` `consent-receipt+jwt`. */
  consent_receipt: z.string().min(1).max(8192),
});

export type LinkedVehicle = z.infer<typeof linkedVehicle>;
export type LinkedCustomer = z.infer<typeof linkedCustomer>;
export type LinkBody = z.infer<typeof linkBody>;
