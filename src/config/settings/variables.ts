// The variables of the environment and of the .env file.
import type { Mode } from '../problems/web-url.ts';
import type { SettingName } from './settings.ts';

export type Environment = Record<string, string | undefined>;

/** All variables, and their sources. */
export type Variables = {
  mode: Mode;
  /** Whether this is a shared test installation; see the setting SANDBOX. */
  isSandbox: boolean;
  /** The environment, completed by the .env file. An empty variable counts as not set. */
  values: Environment;
  /** Returns the source of a variable for messages: `environment` or `.env`. */
  sourceOf: (name: string) => string;
  /** Returns the variable that gave the value of a setting: its own, or `NAME_FILE` for a secret in a file. */
  givenBy: (name: SettingName) => string;
  /** The names that the .env file sets. */
  inFile: string[];
};
