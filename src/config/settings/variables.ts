// The variables of the environment and of the .env file.
import type { Mode } from '../problems/web-url.ts';
import type { SettingName } from './settings.ts';

export type Environment = Record<string, string | undefined>;

/** Every variable, and where it comes from. */
export type Variables = {
  mode: Mode;
  /** The environment over the .env file; what is empty counts as not said. */
  values: Environment;
  /** Where a variable that somebody may have set is told: `environment` or `.env`. */
  sourceOf: (name: string) => string;
  /** Which variable gave the value of a setting: its own, or for a secret in a file `NAME_FILE`. */
  givenBy: (name: SettingName) => string;
  /** The names that the .env file sets. */
  inFile: string[];
};
