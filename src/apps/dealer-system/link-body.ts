// The body of the common ID's request to store a customer link.
import { z } from 'zod';

const text = z.string().min(1).max(200);
const date = z.iso.date();

/** A vehicle identification number (ISO 3779) or a Japanese chassis number, such as ZVW30-1234567. */
export const vehicleNumber = z
  .string()
  .regex(/^[A-Z0-9-]{5,25}$/, 'A vehicle identification or chassis number: 5 to 25 capital letters, digits and hyphens');

const linkedVehicle = z.object({
  vin: vehicleNumber,
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
  // The common ID has checked the address. Some carriers' addresses come in quotes: `"taro..t"@docomo.ne.jp` (RFC 5322).
  email: z
    .string()
    .max(254)
    .regex(/^[^\s@]+@[^\s@]+$/, 'An e-mail address'),
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
