// The variables of the environment and of the .env file.
import type { Mode } from '../problems/web-url.ts';
import type { SettingName } from './settings.ts';

export type Environment = Record<string, string | undefined>;

/** All variables and their sources. */
export type Variables = {
  mode: Mode;
  /** The environment over the .env file. An empty value counts as not set. */
  values: Environment;
  /** The source of a variable, for reports: `environment` or `.env`. */
  sourceOf: (name: string) => string;
  /** The variable that gave a setting its value: the setting's name, or `NAME_FILE` for a secret in a file. */
  givenBy: (name: SettingName) => string;
  /** The names that the .env file sets. */
  inFile: string[];
};
