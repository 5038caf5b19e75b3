// Generates .env.example from the table of settings.
import { SETTING_SECTIONS, type Setting } from '../../src/config/settings/setting.ts';
import { secretFileName } from '../../src/config/settings/secret-names.ts';
import { SECRET_NAMES } from '../../src/config/settings/settings-having.ts';
import { SETTINGS } from '../../src/config/settings/settings.ts';

const WIDTH = 132;

const HEAD = `# Every setting with its default. Copy this file to .env and change what you need; the real environment overrides .env.
# npm run generate writes this file from src/config/settings/settings.ts.
#
# In development nothing needs to be set. With NODE_ENV=production the defaults of development do not apply: set the settings
# marked [production] for the apps that use them (npm start -- id | owners-site | notebook | dealer | console).
# Client apps, dealers, services, terms and the policy are in config/, not here.

# development or production.
#NODE_ENV=development
`;

/** The names of secrets as `NAME_FILE`, in a sentence. */
function secretFiles(): string {
  const [first = '', ...others] = SECRET_NAMES.filter((name) => name !== 'HMAC_KEY')
    .toReversed()
    .map(secretFileName);
  return `${others.toReversed().join(', ')} and ${first}`;
}

/** What a section begins with. */
const INTRODUCTIONS: Partial<Record<keyof typeof SETTING_SECTIONS, string>> = {
  secrets: `Every secret may stand in a file instead: HMAC_KEY_FILE=/run/secrets/hmac, and likewise ${secretFiles()}. Only its owner may read the file. Relative paths begin at the project's root. The file is read at the start.`,
};

/** @returns the file: each setting with what it does and its default, commented out */
export function envExample(): string {
  const settings = Object.entries<Setting<unknown>>(SETTINGS);
  const sections = Object.entries(SETTING_SECTIONS).map(([section, title]) => {
    const introduction = INTRODUCTIONS[section as keyof typeof SETTING_SECTIONS];
    const entries = settings
      .filter(([, setting]) => setting.section === section)
      .map(([name, setting]) => describeSetting(name, setting));
    const heading = `# --- ${title} `.padEnd(WIDTH - 4, '-');
    return [heading, ...(introduction === undefined ? [] : [comment(introduction)]), ...entries].join('\n\n');
  });
  return `${[HEAD.trimEnd(), ...sections].join('\n\n')}\n`;
}

function describeSetting(name: string, setting: Setting<unknown>): string {
  const { about, default: value = '', productionDefault, neededBy, neededByClientFiles } = setting;
  const isNeeded = productionDefault === undefined && (neededBy.length > 0 || neededByClientFiles === true);
  return `${comment(isNeeded ? `[production] ${about}` : about)}\n#${name}=${value}`;
}

/** Breaks a text into lines of comment. */
function comment(text: string): string {
  const lines = [''];
  for (const word of text.split(' ')) {
    const line = lines.at(-1) ?? '';
    if (line.length + word.length + 3 > WIDTH) lines.push(word);
    else lines[lines.length - 1] = line === '' ? word : `${line} ${word}`;
  }
  return lines.map((line) => `# ${line}`).join('\n');
}
