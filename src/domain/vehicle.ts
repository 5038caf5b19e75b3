// A vehicle as the legacy site describes it.

export type Vehicle = {
  vin: string;
  registration_number?: string;
  model?: string;
  /** `YYYY-MM` or `YYYY-MM-DD`. */
  first_registered?: string;
};
